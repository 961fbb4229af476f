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

GANTRY_TEST_REPORT=$(mktemp)
export GANTRY_TEST_REPORT
trap 'rm -f "$GANTRY_TEST_REPORT"' EXIT

# One package after the other, so that no engine waits for what another one does.
status=0
go test -p 1 -count=1 -timeout 20m -run '^(TestDocker|TestPodman)$' ./docker/smoke ./podman/smoke || status=1
say "and what is left of an engine that ends"
go test -count=1 -timeout 10m -run '^TestNothingLeft$' ./internal/enginetest || status=1
grep ': [0-9]* operations in' "$GANTRY_TEST_REPORT" || true
exit $status
