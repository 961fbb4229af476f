#!/usr/bin/env bash
# demo.sh: runs examples/tour on the engine that this machine has, or on one that it installs, starts and stops again.
# ENGINE is docker, podman for Docker's API on Podman, or podman-libpod for Podman's own. DOCKER_HOST or DOCKER_CONTEXT, for
# podman-libpod CONTAINER_HOST or CONTAINER_CONNECTION, name an engine, by a socket, TCP, TLS or ssh. REGISTRY, REGISTRY_USER
# and REGISTRY_PASSWORD name a registry to use.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/engines/lib.sh

# What the tour speaks, what is started for it, and the variables that name an engine to both: its address, and an entry
# of the command line's files.
api=${ENGINE:-docker}
case $api in
docker) engine=docker variable=DOCKER_HOST entry=DOCKER_CONTEXT ;;
podman) engine=podman variable=DOCKER_HOST entry=DOCKER_CONTEXT api=docker ;;
podman-libpod) engine=podman variable=CONTAINER_HOST entry=CONTAINER_CONNECTION ;;
*) die "ENGINE is docker, podman or podman-libpod, not $api" ;;
esac

# found_engine prints the URL of an engine that answers.
found_engine() {
	local run=${XDG_RUNTIME_DIR:-/run/user/$(id -u)} named=${!variable-} socket sockets
	if [ -n "$named" ]; then
		# Whether an engine is behind ssh or TLS only the tour can tell.
		case $named in unix://*) pings "$named" || die "$variable is $named, where no engine answers" ;; esac
		printf '%s\n' "$named"
		return
	fi
	case $engine in
	docker) sockets=(/var/run/docker.sock "$run/docker.sock" "${HOME:-/root}/.docker/run/docker.sock") ;;
	podman) sockets=(/run/podman/podman.sock "$run/podman/podman.sock") ;;
	esac
	for socket in "${sockets[@]}"; do
		if pings "unix://$socket"; then
			printf 'unix://%s\n' "$socket"
			return
		fi
	done
}

host='' named_by=''
if [ -z "${!variable-}" ] && [ "${!entry:-default}" != default ]; then
	named_by="that $entry names, ${!entry}"
else
	host=$(found_engine)
fi
if [ -n "${REGISTRY-}" ]; then
	export TOUR_REGISTRY=$REGISTRY TOUR_REGISTRY_USER=${REGISTRY_USER-} TOUR_REGISTRY_PASSWORD=${REGISTRY_PASSWORD-}
fi
have go || die "Go is not installed"

if [ -n "$host$named_by" ]; then
	[ -z "$host" ] || export "$variable=$host"
	say "using the engine ${named_by:-at $host}"
	[ -n "${REGISTRY-}" ] || [ "$(id -u)" != 0 ] || scripts/engines/install.sh registry || true
	exec go run ./examples/tour -engine "$api"
fi

[ "$(id -u)" = 0 ] || die "no $engine runs here, and only root can install and start one: start one, or set $variable"
scripts/engines/install.sh "$engine"
[ -n "${REGISTRY-}" ] || scripts/engines/install.sh registry

dir=$(mktemp -d /tmp/gantry.XXXXXX)
cleanup() {
	trap '' INT TERM HUP
	scripts/engines/stop.sh --remove "$dir/registry" "$dir/engine" || true
	rm -rf --one-file-system "$dir"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
export GANTRY_WATCH=$$

host=$(scripts/engines/start.sh "$engine" "$dir/engine")
export "$variable=$host"
say "started a private $engine at $host"
if [ -z "${REGISTRY-}" ]; then
	REGISTRY_USER=${REGISTRY_USER:-alice} REGISTRY_PASSWORD=${REGISTRY_PASSWORD:-$(od -An -N12 -tx1 /dev/urandom | tr -d ' ')}
	export REGISTRY_USER REGISTRY_PASSWORD
	TOUR_REGISTRY=$(scripts/engines/registry.sh "$dir/registry" auto "$dir/engine")
	export TOUR_REGISTRY TOUR_REGISTRY_USER=$REGISTRY_USER TOUR_REGISTRY_PASSWORD=$REGISTRY_PASSWORD
	say "started a private registry at $TOUR_REGISTRY"
fi
go run ./examples/tour -engine "$api"
