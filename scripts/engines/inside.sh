#!/usr/bin/env bash
# inside.sh enter|init docker|podman DIR ENGINE_HOME [FLAG...]     (called by supervise.sh, within the namespaces)
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/lib.sh"

stage=$1 engine=$2 dir=$3 home=$4
shift 4

enter() {
	# /sys is mounted anew, so that it shows this network and these control groups, the engine's own as their roots.
	local name options link
	umount -l "$dir"/cgroup/* 2>/dev/null || true
	umount -R -l /sys
	mount -t sysfs sysfs /sys
	if [ -s "$dir/controllers" ]; then
		mount -t tmpfs -o mode=755 cgroup /sys/fs/cgroup
		while read -r name options; do
			mkdir "/sys/fs/cgroup/$name"
			mount -t cgroup -o "$options" cgroup "/sys/fs/cgroup/$name"
			for link in ${name//,/ }; do [ -e "/sys/fs/cgroup/$link" ] || ln -s "$name" "/sys/fs/cgroup/$link"; done
		done <"$dir/controllers"
	else
		# A version 2 group with processes hands no controller down, so the engine lives in a leaf.
		mount -t cgroup2 cgroup2 /sys/fs/cgroup
		if mkdir -p /sys/fs/cgroup/init && echo 0 >/sys/fs/cgroup/init/cgroup.procs; then
			for name in $(cat /sys/fs/cgroup/cgroup.controllers); do
				echo "+$name" >/sys/fs/cgroup/cgroup.subtree_control || true
			done
		fi
	fi
	exec unshare -f -p -m --kill-child --propagation private bash "$0" init "$engine" "$dir" "$home" "$@"
}

init() {
	local pid resolv
	# This /proc is still that of the namespace outside, so it knows this process by the number that stop.sh needs.
	read -r pid _ </proc/self/stat
	remember "$dir/init.pid" "$pid"
	mount -t proc proc /proc

	# A /run of its own hides the sockets and locks of other engines, and systemd, which engines would talk to.
	resolv=$(readlink -f /etc/resolv.conf || true)
	case $resolv in
	/run/*)
		mkdir -p "$dir$(dirname "$resolv")"
		cp "$resolv" "$dir$resolv"
		;;
	esac
	mkdir -p "$dir/run/lock"
	mount --bind "$dir/run" /run
	[ -L /var/run ] || mount --bind /run /var/run

	# These paths are fixed in the engines: without folders of its own it would read and write the machine's.
	shadow /etc/docker
	shadow /var/lib/containers
	shadow /var/cache/containers

	if have ip; then ip link set lo up; else busybox ip link set lo up; fi

	export HOME=$dir/home TMPDIR=$dir/tmp
	unset XDG_RUNTIME_DIR XDG_CONFIG_HOME XDG_DATA_HOME XDG_CACHE_HOME DOCKER_HOST DOCKER_CONFIG CONTAINER_HOST REGISTRY_AUTH_FILE
	# shellcheck source=/dev/null
	. "$here/$engine.sh"
	"serve_$engine" "$@" &
	serving=$!
	trap 'kill -TERM "$serving" 2>/dev/null || true' TERM
	while kill -0 "$serving" 2>/dev/null; do wait "$serving" || true; done
}

# shadow PATH puts an empty folder below DIR in the place of PATH, which has to exist for that.
shadow() {
	mkdir -p "$1" "$dir/shadow$1"
	mount --bind "$dir/shadow$1" "$1"
}

# overlay_works tells whether layers can be stacked below DIR; where DIR itself is such a stack, as in a container, they cannot.
overlay_works() {
	local d=$dir/tmp/overlay ok=1
	mkdir -p "$d/lower" "$d/upper" "$d/work" "$d/merged"
	if mount -t overlay overlay -o "lowerdir=$d/lower,upperdir=$d/upper,workdir=$d/work" "$d/merged" 2>/dev/null; then
		umount "$d/merged"
		ok=0
	fi
	rm -rf "$d"
	return $ok
}

"$stage" "$@"
