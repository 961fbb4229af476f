#!/usr/bin/env bash
# demo.sh: runs examples/tour on the engine that this machine has, or on one that it installs, starts and stops again.
# ENGINE is docker or podman. REGISTRY, REGISTRY_USER and REGISTRY_PASSWORD name a registry to use.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/engines/lib.sh

engine=${ENGINE:-docker}
case $engine in docker | podman) ;; *) die "ENGINE is docker or podman, not $engine" ;; esac

# found_engine prints the URL of an engine that answers.
found_engine() {
	local run=${XDG_RUNTIME_DIR:-/run/user/$(id -u)} socket sockets
	if [ -n "${DOCKER_HOST-}" ]; then
		# Whether an engine is behind ssh only the tour can tell.
		case $DOCKER_HOST in ssh://*) ;; *) pings "$DOCKER_HOST" || die "DOCKER_HOST is $DOCKER_HOST, where no engine answers" ;; esac
		printf '%s\n' "$DOCKER_HOST"
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

DOCKER_HOST=$(found_engine)
export DOCKER_HOST
if [ -n "${REGISTRY-}" ]; then
	export TOUR_REGISTRY=$REGISTRY TOUR_REGISTRY_USER=${REGISTRY_USER-} TOUR_REGISTRY_PASSWORD=${REGISTRY_PASSWORD-}
fi
have go || die "Go is not installed"

if [ -n "$DOCKER_HOST" ]; then
	say "using the engine at $DOCKER_HOST"
	[ -n "${REGISTRY-}" ] || [ "$(id -u)" != 0 ] || scripts/engines/install.sh registry || true
	exec go run ./examples/tour
fi

[ "$(id -u)" = 0 ] || die "no $engine runs here, and only root can install and start one: start one, or set DOCKER_HOST"
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

DOCKER_HOST=$(scripts/engines/start.sh "$engine" "$dir/engine")
say "started a private $engine at $DOCKER_HOST"
if [ -z "${REGISTRY-}" ]; then
	REGISTRY_USER=${REGISTRY_USER:-alice} REGISTRY_PASSWORD=${REGISTRY_PASSWORD:-$(od -An -N12 -tx1 /dev/urandom | tr -d ' ')}
	export REGISTRY_USER REGISTRY_PASSWORD
	TOUR_REGISTRY=$(scripts/engines/registry.sh "$dir/registry" auto "$dir/engine")
	export TOUR_REGISTRY TOUR_REGISTRY_USER=$REGISTRY_USER TOUR_REGISTRY_PASSWORD=$REGISTRY_PASSWORD
	say "started a private registry at $TOUR_REGISTRY"
fi
go run ./examples/tour
