#!/usr/bin/env bash
# supervise.sh docker|podman DIR ENGINE_HOME [FLAG...]     (called by start.sh)
#
# Runs one engine in namespaces of its own: processes, mounts, network, control groups. So nothing of it can
# touch, or be touched by, another engine of the machine: no bridge, firewall rule, docker0 or /run/docker is shared,
# names and subnets repeat freely, and when the first process of the namespace ends, the kernel ends every
# containerd, conmon, docker-proxy and container with it and drops the mounts, bridges and rules.
# What remains are empty control groups, which this script clears.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/lib.sh"

engine=$1 dir=$2
shift

# Any mount made from here on is private to this process and what it starts.
if [ "${GANTRY_STAGE-}" != supervisor ]; then
	GANTRY_STAGE=supervisor exec unshare -m --propagation private bash "$0" "$engine" "$@"
fi
unset GANTRY_STAGE

# One group per hierarchy in use, each mounted once more where it cannot be confused with the machine's own.
# A machine with controllers in version 1 is hybrid at most: its version 2 side, which crun refuses when it holds a
# controller, is left out of the engine's view. Podman 6 wants nothing but version 2: ENGINE_CGROUPS=2 gives it that, with
# the few controllers that the machine has there.
groups=()
make_group() { # NAME TYPE OPTIONS
	local at=$dir/cgroup/$1 group=gantry-$$ f
	mkdir -p "$at"
	mount -t "$2" -o "$3" cgroup "$at" 2>/dev/null && mkdir "$at/$group" 2>/dev/null || return 0
	# A new cpuset has no processor and no memory, and takes no process until it has.
	for f in cpuset.cpus cpuset.mems; do
		[ "$2" = cgroup2 ] || [ ! -f "$at/$f" ] || cat "$at/$f" >"$at/$group/$f"
	done
	groups+=("$at/$group")
}
: >"$dir/controllers"
[ "${ENGINE_CGROUPS-}" = 2 ] || controllers_v1 >"$dir/controllers"
while read -r name options; do make_group "$name" cgroup "$options"; done <"$dir/controllers"
[ -s "$dir/controllers" ] || make_group unified cgroup2 rw

# In the root of version 2 groups Podman 6 moves every process that it finds there, which would be the machine's.
[ -s "$dir/controllers" ] || [ "$engine" != podman ] || [ ${#groups[@]} -gt 0 ] || die "no control group of its own for $engine"

clear_groups() {
	local g n left
	for ((n = 0; n < 100; n++)); do
		left=
		for g in "${groups[@]}"; do
			[ ! -d "$g" ] || find "$g" -depth -type d -exec rmdir {} + 2>/dev/null || true
			[ ! -d "$g" ] || left=$g
		done
		[ -n "$left" ] || return 0
		sleep 0.05
	done
	say "$left stays"
}

(
	for g in "${groups[@]}"; do echo 0 >"$g/cgroup.procs"; done
	exec unshare -C -n -m --propagation private bash "$here/inside.sh" enter "$engine" "$@"
) &
child=$!

end() { # KILL or TERM, to the first process of the namespace
	local init
	init=$(recall "$dir/init.pid") || init=$child
	kill "-$1" "$init" 2>/dev/null || true
}
stop() {
	end TERM
	# dockerd waits ten seconds for a container whose program ignores the request, and its data need no care.
	{ gone "$child" 3 || end KILL; } &
}
orphaned=
mind "$child" stop || orphaned=yes
clear_groups
rm -f "$dir/init.pid" "$dir/supervisor.pid"
if [ -n "$orphaned" ] && umount -l "$dir"/cgroup/*; then rm -rf --one-file-system "$dir"; fi
