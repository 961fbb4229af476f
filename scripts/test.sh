#!/usr/bin/env bash
# test.sh: vets and tests every module, with real engines, and vets what it can for other systems. Tests start engines
# themselves, one of each kind per test binary, and they end with it; this script installs and fetches them, and CI=true
# makes a test fail that cannot have its engine. GANTRY_TEST_ENGINES are the engines of other Debian suites that are
# fetched and tried: `make test-engines` tries more of them.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/engines/lib.sh
. scripts/modules.sh

have go || die "Go is not installed"
scripts/engines/install.sh all compiler
export CI=true CGO_ENABLED=1 GANTRY_TEST_ENGINES="${GANTRY_TEST_ENGINES-docker-sid podman-sid}"
scripts/engines/provide.sh
unset GANTRY_TEST_DOCKER GANTRY_TEST_PODMAN GANTRY_TEST_REGISTRY DOCKER_HOST CONTAINER_HOST

# What tests report is shown in the end, by those of all packages.
GANTRY_TEST_REPORT=$(mktemp)
export GANTRY_TEST_REPORT
trap 'rm -f "$GANTRY_TEST_REPORT"' EXIT

status=0
for module in $(modules); do
	say "$module"
	(cd "$module" && go vet ./... && go test -race -timeout 25m ./...) || status=1
done
say "every operation, each with all hostile arguments" # the race detector leaves time for some of them alone
go test -count=1 -run '^TestNoRequestIsAnotherOperations$' ./catalog || status=1
scripts/vet-systems.sh || status=1
sort -u "$GANTRY_TEST_REPORT"
exit $status
