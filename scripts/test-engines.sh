#!/usr/bin/env bash
# test-engines.sh: calls the same operations on every engine that this kind of machine can have, with the package of the
# engine's own API version and with the oldest that it accepts, and prints a line for each. It fetches what is missing,
# which takes five to ten minutes the first time, for Docker 29 is built. GANTRY_TEST_ENGINES names fewer engines.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/engines/lib.sh

have go || die "Go is not installed"
every="docker-trixie docker-sid docker-29 podman-trixie podman-sid podman-experimental"
every+=" podman-rootless podman-trixie-rootless podman-sid-rootless podman-experimental-rootless"
export CI=true GANTRY_TEST_ENGINES="${GANTRY_TEST_ENGINES-$every}"
unset GANTRY_TEST_DOCKER GANTRY_TEST_PODMAN GANTRY_TEST_REGISTRY DOCKER_HOST CONTAINER_HOST
scripts/engines/install.sh docker podman
scripts/engines/provide.sh

status=0
for engine in docker podman; do
	# In its own folder, go test shows what a test reports, and when it does.
	(cd $engine/smoke && go test -count=1 -timeout 20m -run '^(TestDocker|TestPodman|TestEffects)$') || status=1
done
say "what is left of an engine that ends"
go test -count=1 -timeout 10m -run '^TestNothingLeft$' ./internal/enginetest || status=1
exit $status
