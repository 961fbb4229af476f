# How `podman system service` is run; sourced by inside.sh, which has made the namespaces.
# shellcheck shell=bash disable=SC2154

serve_podman() {
	# Since 5.4 or so Debian's packages need a newer libc: they come with a /usr of their own.
	[ -z "$home" ] || mount --bind "$home/usr" /usr
	if [ -n "${ENGINE_ROOTLESS-}" ]; then
		serve_rootless "$@"
	fi
	configure "$dir" "$dir/home" "$dir/data" /run/containers/storage
	mkdir -p "$dir/net"
	podman_service "$dir/data" /run/containers/storage /run/libpod "$dir/net" "$dir/podman.sock" "$@"
}

# podman_service becomes the service, or runs it in the words of AS.
podman_service() { # DATA RUNROOT TMPDIR NETWORKS SOCKET [FLAG...]
	local data=$1 runroot=$2 tmp=$3 net=$4 socket=$5
	shift 5
	exec "${as[@]}" podman --root "$data" --runroot "$runroot" --tmpdir "$tmp" \
		--network-config-dir "$net" --volumepath "$data/volumes" --log-level warn \
		system service -t 0 "$@" "unix://$socket"
}
as=()

# serve_rootless runs the service as a user whom only these namespaces know: the files that tell of users are private,
# as is /run, below which this user finds all that is needed, whatever folders DIR lies in.
serve_rootless() {
	local uid=42001 name=gantry first=2000000 f node
	for f in passwd group subuid subgid; do
		{ [ ! -f "/etc/$f" ] || cat "/etc/$f"; } >"$dir/$f"
		[ -e "/etc/$f" ] || : >"/etc/$f"
	done
	echo "$name:x:$uid:$uid::/run/gantry/home:/bin/sh" >>"$dir/passwd"
	echo "$name:x:$uid:" >>"$dir/group"
	echo "$name:$first:65536" | tee -a "$dir/subuid" >>"$dir/subgid"
	for f in passwd group subuid subgid; do mount --bind "$dir/$f" "/etc/$f"; done

	mkdir -p "$dir/net" /run/gantry/{home,data,dev,tmp} "/run/user/$uid/net"
	for f in home data tmp; do mount --bind "$dir/$f" "/run/gantry/$f"; done
	# Where Podman 4 sets networks up, it sees of /run only what is the user's.
	mount --bind "$dir/net" "/run/user/$uid/net"
	chown "$uid:$uid" /run/gantry/{home,data,tmp} "/run/user/$uid"{,/net}
	chmod 700 "/run/user/$uid"
	ln -sf "run/user/$uid/podman.sock" "$dir/podman.sock"

	# These are root's alone on many a machine.
	mount -t tmpfs -o mode=755 dev /run/gantry/dev
	for node in net/tun:10:200 fuse:10:229; do
		IFS=: read -r f major minor <<<"$node"
		[ -e "/dev/$f" ] || continue
		mknod -m 666 "/run/gantry/dev/${f##*/}" c "$major" "$minor"
		mount --bind "/run/gantry/dev/${f##*/}" "/dev/$f"
	done
	# Where groups are of version 2, this one is the user's.
	[ -s "$dir/controllers" ] || chown "$uid:$uid" /sys/fs/cgroup /sys/fs/cgroup/cgroup.{procs,subtree_control,threads} /sys/fs/cgroup/init{,/cgroup.procs}

	configure /run/gantry /run/gantry/home /run/gantry/data "/run/user/$uid/storage"
	chown -R "$uid:$uid" "$dir/home"
	export HOME=/run/gantry/home TMPDIR=/run/gantry/tmp XDG_RUNTIME_DIR=/run/user/$uid
	cd /
	as=(setpriv --reuid "$uid" --regid "$uid" --clear-groups)
	podman_service /run/gantry/data "/run/user/$uid/storage" "/run/user/$uid/libpod" "/run/user/$uid/net" "/run/user/$uid/podman.sock" "$@"
}

# configure writes what Podman reads and names it to it.
configure() { # FOLDER HOME DATA RUNROOT
	local limits="" pids="" runtime=crun port driver=overlay
	# Podman raises its containers' limits, which takes a capability that some virtual machines withhold, and users.
	{ [ -z "${ENGINE_ROOTLESS-}" ] && can_raise_limits; } || limits='default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]'
	# A version 2 group below one with processes, as in a container, gets no controllers, and the default limit needs one.
	[ -s "$dir/controllers" ] || grep -qw pids /sys/fs/cgroup/cgroup.subtree_control || pids='pids_limit = 0'
	! have runc || runtime=runc
	overlay_works || driver=vfs

	cat >"$1/containers.conf" <<-END
		[containers]
		$limits
		$pids
		log_driver = "k8s-file"
		[engine]
		cgroup_manager = "cgroupfs"
		events_logger = "file"
		runtime = "$runtime"
		[network]
		network_backend = "netavark"
	END
	cat >"$1/storage.conf" <<-END
		[storage]
		driver = "$driver"
		graphroot = "$3"
		runroot = "$4"
	END
	# Docker takes any loopback registry without TLS; Podman wants each named. registry.sh has one of these ports.
	{
		echo 'unqualified-search-registries = ["docker.io"]'
		echo 'short-name-mode = "permissive"'
		for port in 5000 $(registry_ports); do
			printf '[[registry]]\nlocation = "127.0.0.1:%s"\ninsecure = true\n' "$port"
		done
	} >"$1/registries.conf"
	mkdir -p "$2/.config/containers"
	echo '{"default": [{"type": "insecureAcceptAnything"}]}' >"$2/.config/containers/policy.json"
	export CONTAINERS_CONF=$1/containers.conf CONTAINERS_STORAGE_CONF=$1/storage.conf CONTAINERS_REGISTRIES_CONF=$1/registries.conf
}

# can_raise_limits looks for CAP_SYS_RESOURCE, bit 24.
can_raise_limits() {
	local name value
	while read -r name value; do
		[ "$name" != CapEff: ] || return $(((16#$value >> 24 & 1) == 0))
	done </proc/self/status
	return 1
}
