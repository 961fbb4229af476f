#!/usr/bin/env bash
# test-engines.sh: calls the same operations on every engine that this kind of machine can have, with the package of the
# engine's own API version and with the oldest that it accepts. It fetches what is missing.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/engines/lib.sh

have go || die "Go is not installed"
scripts/engines/install.sh docker podman
export CI=true GANTRY_TEST_ENGINES="docker-trixie docker-sid podman-trixie podman-sid"
for engine in $GANTRY_TEST_ENGINES; do scripts/engines/fetch.sh "${engine%%-*}" "${engine#*-}" >/dev/null; done
# In its own folder, go test shows what a test reports that passes.
cd docker/smoke
go test -count=1 -timeout 20m -run '^TestMatrix$'
