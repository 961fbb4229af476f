#!/usr/bin/env bash
# stop.sh [--remove] DIR...
#
# Stops what start.sh or registry.sh started in each DIR, by the process numbers that they noted there, and nothing else.
# Mounts, bridges and child processes go with the engine's namespaces. With --remove DIR is deleted too.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/lib.sh"

remove=
if [ "${1-}" = --remove ]; then
	remove=yes
	shift
fi
[ $# -gt 0 ] || die "usage: stop.sh [--remove] DIR..."

end() { # FILE SIGNAL SECONDS
	local pid
	pid=$(recall "$1") || return 0
	kill "-$2" "$pid" 2>/dev/null || true
	gone "$pid" "$3"
}

status=0
for dir in "$@"; do
	[ -d "$dir" ] || continue
	dir=$(cd "$dir" && pwd -P)
	if [ ! -f "$dir/gantry-engine" ]; then
		say "$dir is not a folder of start.sh or registry.sh"
		status=1
		continue
	fi
	for pidfile in "$dir"/registry*.pid; do
		[ ! -f "$pidfile" ] || end "$pidfile" TERM 5 || end "$pidfile" KILL 5 || status=1
		rm -f "$pidfile"
	done
	# The supervisor asks the engine, ends it by force when it is slow, and clears up.
	end "$dir/supervisor.pid" TERM 15 || end "$dir/init.pid" KILL 5 || true
	end "$dir/supervisor.pid" KILL 5 || status=1
	end "$dir/init.pid" KILL 5 || status=1
	rm -f "$dir"/{supervisor,init}.pid "$dir"/{docker,podman}.sock
	if [ -n "$remove" ] && [ $status = 0 ]; then rm -rf --one-file-system "$dir"; fi
done
exit $status
