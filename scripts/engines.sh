#!/usr/bin/env bash
# engines.sh [stop]: starts a private dockerd, Podman and registry that stay, and prints the environment in which tests
# use them: eval "$(make -s engines)". Run again, it prints the same.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/engines/lib.sh
need_root

dir=${TMPDIR:-/tmp}/gantry-engines
if [ "${1-}" = stop ]; then
	scripts/engines/stop.sh --remove "$dir"/{registry,docker,podman}
	[ ! -d "$dir" ] || rmdir "$dir"
	exit
fi
scripts/engines/install.sh all
[ -d "$dir" ] || mkdir -m 700 "$dir"
[ -O "$dir" ] || die "$dir belongs to somebody else"
unset GANTRY_WATCH
docker=$(scripts/engines/start.sh docker "$dir/docker")
podman=$(scripts/engines/start.sh podman "$dir/podman")
registry=$(scripts/engines/registry.sh "$dir/registry" auto "$dir/docker" "$dir/podman")
read -r user password <"$dir/registry/credentials"
cat <<END
export GANTRY_TEST_DOCKER=$docker
export GANTRY_TEST_PODMAN=$podman
export GANTRY_TEST_REGISTRY=$registry GANTRY_TEST_REGISTRY_USER=$user GANTRY_TEST_REGISTRY_PASSWORD=$password
END
say "started; make engines-stop ends them"
