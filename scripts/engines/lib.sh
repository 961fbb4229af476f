# Shared by the scripts of this folder; sourced, never run.
# shellcheck shell=bash

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }
die() {
	say "$@"
	exit 1
}
have() { command -v "$1" >/dev/null 2>&1; }
need_root() { [ "$(id -u)" = 0 ] || die "needs root"; }

# The administrators' folders are not on everybody's PATH, and engines call what is in them.
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

# cache_dir is where fetched engines are kept.
cache_dir() { printf '%s\n' "${GANTRY_ENGINES:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/gantry/engines}"; }

# identity PID tells a process from a later one with the same number.
identity() {
	local stat
	{ read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 1
	# The second field is a name in parentheses that may hold anything; the 20th after it is the start time.
	# shellcheck disable=SC2086
	set -- "$1" ${stat##*) }
	[ "$2" != Z ] || return 1
	shift 20
	printf '%s\n' "$1"
}

# remember FILE PID notes a process that stop.sh may end.
remember() { printf '%s %s\n' "$2" "$(identity "$2")" >"$1"; }

# recall FILE prints the noted process if it is still the one that was noted.
recall() {
	local pid start
	[ -f "$1" ] && read -r pid start <"$1" && [ -n "$start" ] && [ "$(identity "$pid")" = "$start" ] && printf '%s\n' "$pid"
}

# gone PID SECONDS waits for the end of a process.
gone() {
	local start n
	start=$(identity "$1") || return 0
	for ((n = $2 * 20; n > 0; n--)); do
		[ "$(identity "$1")" = "$start" ] || return 0
		sleep 0.05
	done
	return 1
}

# mind PID STOP waits for a child. When this process is told to end, or the process GANTRY_WATCH has ended, it calls STOP once.
# It succeeds unless nobody is left who would use what the child had.
mind() {
	local child=$1 stop=$2 watcher='' watched=''
	# shellcheck disable=SC2064
	trap "trap '' TERM; $stop" TERM
	trap '' INT HUP
	if [ -n "${GANTRY_WATCH-}" ]; then
		watched=$(identity "$GANTRY_WATCH") || watched=gone
		(
			trap - TERM
			while [ "$(identity "$GANTRY_WATCH")" = "$watched" ]; do sleep 1; done
			kill -TERM $$
		) &
		watcher=$!
	fi
	# wait returns early when a signal was handled.
	while kill -0 "$child" 2>/dev/null; do wait "$child" || true; done
	[ -n "$watcher" ] || return 0
	kill "$watcher" 2>/dev/null || true
	[ "$(identity "$GANTRY_WATCH")" = "$watched" ]
}

# pings URL asks an engine whether it is there. Only perl is on every Debian.
pings() {
	local url=$1
	case $url in
	unix://*)
		[ -S "${url#unix://}" ] || return 1
		if have curl; then
			curl -fsS -o /dev/null --max-time 5 --unix-socket "${url#unix://}" http://engine/_ping 2>/dev/null
		else
			# shellcheck disable=SC2016
			perl -MIO::Socket::UNIX -e '
				alarm 5; my $s = IO::Socket::UNIX->new(Peer => shift) or exit 1;
				print $s "GET /_ping HTTP/1.0\r\nHost: engine\r\n\r\n"; $s->flush;
				exit(<$s> =~ m{^HTTP/1.. 200 } ? 0 : 1)' "${url#unix://}" 2>/dev/null
		fi
		;;
	tcp://*) have curl && curl -fsS -o /dev/null --max-time 5 "http://${url#tcp://}/_ping" 2>/dev/null ;;
	http://* | https://*) have curl && curl -fsS -o /dev/null --max-time 5 "$url/_ping" 2>/dev/null ;;
	*) return 1 ;;
	esac
}

# controllers_v1 prints the version 1 hierarchies of control groups that this machine uses, as name and mount options;
# nothing on a machine whose controllers are all in version 2.
controllers_v1() {
	local number controllers lines=() found=
	while IFS=: read -r number controllers _; do
		case $number:$controllers in
		0:*) ;;
		*:name=*) lines+=("${controllers#name=} none,$controllers") ;;
		*) lines+=("$controllers $controllers") found=yes ;;
		esac
	done </proc/self/cgroup
	[ -z "$found" ] || printf '%s\n' "${lines[@]}"
}

# registry_ports are those that registry.sh may be asked for.
registry_ports() { seq 25000 25063; }
