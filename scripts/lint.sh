#!/usr/bin/env bash
# lint.sh [format]: vets and lints every module, or formats it. The linter is built once, into the cache.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/engines/lib.sh
. scripts/modules.sh

version=v2.15.0
tools=${GANTRY_TOOLS:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/gantry/tools}
linter=$tools/golangci-lint-$version/golangci-lint
if [ ! -x "$linter" ]; then
	say "building golangci-lint $version into $tools"
	GOBIN=$(dirname "$linter") go install "github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$version"
fi
config=$PWD/.golangci.yml

status=0
for module in $(modules); do
	cd "$module"
	if [ "${1-}" = format ]; then
		"$linter" fmt --config "$config"
	else
		say "$module"
		"$linter" fmt --config "$config" --diff || status=1
		go vet ./... || status=1
		"$linter" run --config "$config" ./... || status=1
	fi
	cd "$OLDPWD"
done
exit $status
