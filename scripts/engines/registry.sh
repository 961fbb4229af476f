#!/usr/bin/env bash
# registry.sh DIR PORT|auto [ENGINE_DIR...]
#
# Starts a private image registry with a password and prints its address, 127.0.0.1:PORT. It serves on this machine's
# loopback and, because an engine of start.sh has a loopback of its own, also within each ENGINE_DIR, the same images at
# the same address. Run again, it adds the engines that it does not serve yet. stop.sh DIR ends all of it.
# User and password are REGISTRY_USER and REGISTRY_PASSWORD (alice, s3cret), and kept in DIR/credentials.
# It speaks TLS where DIR has certificate.pem and key.pem; on the loopback Docker takes any certificate.
# GANTRY_WATCH is as for start.sh. Podman takes the ports 5000 and 25000 to 25063 without TLS, or with any certificate; auto finds a free one of the latter.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/lib.sh"

# serve runs one server till it is told to end.
serve() { # DIR ENGINE_DIR|here
	local dir=$1 enter=() init
	if [ "$2" != here ]; then
		init=$(recall "$2/init.pid") || die "no engine runs in $2"
		enter=(nsenter --net="/proc/$init/ns/net")
	fi
	"${enter[@]}" docker-registry serve "$dir/config.yml" &
	server=$!
	# shellcheck disable=SC2016
	mind "$server" 'kill -TERM "$server"' || rm -rf "$dir"
}
if [ "${1-}" = serve ]; then
	shift
	serve "$@"
	exit
fi

dir=${1-} port=${2-}
[ -n "$dir" ] && [ -n "$port" ] || die "usage: registry.sh DIR PORT|auto [ENGINE_DIR...]"
shift 2
have docker-registry && have htpasswd || die "docker-registry is not installed: install.sh registry"
mkdir -p "$dir/data"
dir=$(cd "$dir" && pwd -P)
: >"$dir/gantry-engine"

# launch starts a server and waits till it listens, which its log tells: a loopback elsewhere cannot be asked from here.
launch() { # NAME ENGINE_DIR|here
	local pidfile=$dir/registry-$1.pid log=$dir/registry-$1.log pid n
	[ -z "$(recall "$pidfile")" ] || return 0
	: >"$log"
	setsid bash "$here/registry.sh" serve "$dir" "$2" </dev/null >"$log" 2>&1 &
	pid=$!
	remember "$pidfile" "$pid"
	for ((n = 0; n < 200; n++)); do
		! grep -q 'listening on' "$log" || return 0
		kill -0 "$pid" 2>/dev/null || break
		sleep 0.05
	done
	kill "$pid" 2>/dev/null || true
	gone "$pid" 5 || true
	rm -f "$pidfile"
	return 1
}

configure() { # PORT
	local tls=""
	[ ! -e "$dir/certificate.pem" ] || tls=", tls: {certificate: $dir/certificate.pem, key: $dir/key.pem}"
	cat >"$dir/config.yml" <<-END
		version: 0.1
		log: {level: info, accesslog: {disabled: true}}
		storage: {filesystem: {rootdirectory: $dir/data}, delete: {enabled: true}}
		http: {addr: "127.0.0.1:$1", secret: $(sha256sum <"$dir/htpasswd" | cut -d" " -f1)$tls}
		auth: {htpasswd: {realm: gantry, path: $dir/htpasswd}}
	END
	printf '127.0.0.1:%s\n' "$1" >"$dir/address"
}

if [ -z "$(recall "$dir/registry-here.pid")" ]; then
	user=${REGISTRY_USER:-alice} password=${REGISTRY_PASSWORD:-s3cret}
	(
		umask 077
		htpasswd -Bbn "$user" "$password" >"$dir/htpasswd"
		printf '%s %s\n' "$user" "$password" >"$dir/credentials"
	)
	started=
	[ "$port" != auto ] || port=$(registry_ports)
	for p in $port; do
		! { : <"/dev/tcp/127.0.0.1/$p"; } 2>/dev/null || continue
		configure "$p"
		if launch here here; then
			started=yes
			break
		fi
	done
	if [ -z "$started" ]; then
		cat "$dir"/registry-here.log >&2 2>/dev/null || true
		die "docker-registry did not start on port ${port//$'\n'/ }"
	fi
fi
for engine in "$@"; do
	engine=$(cd "$engine" && pwd -P)
	name=$(printf '%s' "$engine" | sha256sum)
	if ! launch "${name:0:12}" "$engine"; then
		cat "$dir/registry-${name:0:12}.log" >&2
		die "docker-registry did not start for $engine"
	fi
done
cat "$dir/address"
