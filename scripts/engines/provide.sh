#!/usr/bin/env bash
# provide.sh: fetches the engines that GANTRY_TEST_ENGINES names, "docker-sid podman-sid podman-sid-rootless", and installs
# what those without root need.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/lib.sh"

for engine in ${GANTRY_TEST_ENGINES-}; do
	case $engine in *-rootless) "$here/install.sh" rootless ;; esac
	engine=${engine%-rootless}
	[ "${engine#*-}" = "$engine" ] || "$here/fetch.sh" "${engine%%-*}" "${engine#*-}" >/dev/null
done
