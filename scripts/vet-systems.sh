#!/usr/bin/env bash
# vet-systems.sh: vets the code for the systems that the tests do not run on. Of the generated packages, which have nothing
# of any system in them, the newest version of each engine stands for all.
set -uo pipefail
cd "$(dirname "$0")/.." || exit
. scripts/engines/lib.sh

have go || die "Go is not installed"
generated='/(docker|podman)/v[0-9]+(/|$)'
newest=()
for engine in docker podman; do
	newest+=("./$(printf '%s\n' "$engine"/v[0-9]* | sort -V | tail -1)/...")
done
# Modules of their own that are for users; those of internal and cmd are for this project.
mapfile -t nested < <(find transport -mindepth 2 -name go.mod -printf '%h\n' | sort)

export CGO_ENABLED=0 # there is no C compiler for the others
status=0
mapfile -t ours < <(go list ./... | grep -vE "$generated")
[ ${#ours[@]} -gt 0 ] || status=1
for system in windows darwin; do
	say "vet for $system"
	GOOS=$system go vet "${ours[@]}" "${newest[@]}" || status=1
	for module in "${nested[@]}"; do (cd "$module" && GOOS=$system go vet ./...) || status=1; done
done
exit $status
