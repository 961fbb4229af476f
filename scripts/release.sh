#!/usr/bin/env bash
# release.sh VERSION: has the nested modules require the root's at VERSION, and prints the tags that make a release of it.
# Nothing is committed, tagged or pushed.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/modules.sh

version=${1-}
[[ $version =~ ^v[0-9]+\.[0-9]+\.[0-9]+$ ]] || { echo "usage: scripts/release.sh v1.2.3" >&2; exit 2; }
grep -q "^## ${version#v}\b" CHANGELOG.md || { echo "CHANGELOG.md has no section \"## ${version#v}\"" >&2; exit 1; }

root=$(go list -m)
tags=("$version")
for module in $(modules); do
	[ "$module" != . ] || continue
	if grep -q "^\(require\)\?[[:space:]]*$root v" "$module/go.mod"; then
		go -C "$module" mod edit -require="$root@$version"
	fi
	case $module in
	./internal/*) ;; # users cannot import it
	*) tags+=("${module#./}/$version") ;;
	esac
done
cat <<END
Commit what has changed, run make check, and then, on the commit of the release:

  for tag in ${tags[*]}; do git tag -a -m "\$tag" "\$tag"; done
  git push --atomic origin HEAD ${tags[*]}
END
