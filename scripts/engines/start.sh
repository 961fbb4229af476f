#!/usr/bin/env bash
# start.sh docker|podman DIR [ENGINE_HOME] [-- FLAG...]
#
# Starts a private engine whose data, runtime files, socket and log lie below DIR, and prints the URL of its
# socket when it answers. Started already, it prints the same again. ENGINE_HOME (or the variable of that name)
# is a folder made by fetch.sh; without it the installed engine runs. Flags go to dockerd or `podman system service`.
# With GANTRY_WATCH=PID the engine ends when that process does, and DIR is deleted.
#
# With ENGINE_CGROUPS=2 it sees control groups of version 2 alone, which Podman 6 insists on and gets from here. With
# ENGINE_ROOTLESS=yes Podman is run by a user that exists for it alone; install.sh rootless has what that needs.
# See supervise.sh for how it is kept apart from the rest of the machine.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/lib.sh"

engine=${1-} dir=${2-} home=${ENGINE_HOME-}
case $engine in docker | podman) ;; *) die "usage: start.sh docker|podman DIR [ENGINE_HOME] [-- FLAG...]" ;; esac
[ -n "$dir" ] || die "no folder given"
shift 2
if [ $# -gt 0 ] && [ "$1" != -- ]; then
	home=$1
	shift
fi
if [ $# -gt 0 ] && [ "$1" = -- ]; then shift; fi
need_root

mkdir -p "$dir"
dir=$(cd "$dir" && pwd -P)
[ -z "$home" ] || home=$(cd "$home" && pwd -P)
[ -z "$home" ] || [ ! -f "$home/cgroups2" ] || export ENGINE_CGROUPS=2
socket=$dir/$engine.sock
[ ${#socket} -lt 108 ] || die "$socket is too long for a socket (107 bytes at most): choose a shorter folder"
case $dir/ in /run/* | /proc/* | /sys/*) die "$dir: the engine gets its own /run, /proc and /sys" ;; esac

if [ -n "$(recall "$dir/supervisor.pid")" ]; then
	pings "unix://$socket" || die "an engine of $dir runs already but does not answer; stop.sh ends it"
	printf 'unix://%s\n' "$socket"
	exit 0
fi

case $engine in
docker) [ -n "$home" ] || have dockerd || die "dockerd is not installed: install.sh docker" ;;
podman) [ -n "$home" ] || have podman || die "podman is not installed: install.sh podman" ;;
esac

rm -rf "$dir/run" "$dir/tmp" "$socket"
mkdir -p "$dir/run" "$dir/tmp" "$dir/home" "$dir/data" "$dir/bin"
: >"$dir/gantry-engine"
: >"$dir/$engine.log"

setsid bash "$here/supervise.sh" "$engine" "$dir" "$home" "$@" </dev/null >>"$dir/$engine.log" 2>&1 &
pid=$!
remember "$dir/supervisor.pid" "$pid"

for ((n = 0; n < 1200; n++)); do
	if pings "unix://$socket"; then
		printf 'unix://%s\n' "$socket"
		exit 0
	fi
	kill -0 "$pid" 2>/dev/null || break
	sleep 0.05
done
say "$engine did not start; the end of $dir/$engine.log:"
tail -n 20 "$dir/$engine.log" >&2
"$here/stop.sh" "$dir" || true
exit 1
