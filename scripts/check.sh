#!/usr/bin/env bash
# check.sh: what has to hold before a commit. All of it is run, and it fails if a part does.
set -uo pipefail
cd "$(dirname "$0")/.." || exit
. scripts/engines/lib.sh
. scripts/modules.sh

failed=()
scripts/lint.sh || failed+=(lint)
say "generated packages"
go run -C cmd/specgen . check || failed+=("generated packages: make generate")
for module in $(modules); do
	say "go mod tidy in $module"
	go -C "$module" mod tidy -diff || failed+=("go mod tidy in $module")
done
scripts/test.sh || failed+=(tests)
for part in "${failed[@]}"; do say "failed: $part"; done
[ ${#failed[@]} = 0 ]
