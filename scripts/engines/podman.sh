# How `podman system service` is run; sourced by inside.sh, which has made the namespaces.
# shellcheck shell=bash disable=SC2154

serve_podman() {
	local limits="" pids="" runtime port driver=overlay
	# Since 5.4 or so Debian's packages need a newer libc: they come with a /usr of their own.
	[ -z "$home" ] || mount --bind "$home/usr" /usr

	# Podman raises its containers' limits, which takes a capability that some virtual machines withhold.
	can_raise_limits || limits='default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]'
	# A version 2 group below one with processes, as in a container, gets no controllers, and the default limit needs one.
	[ -s "$dir/controllers" ] || grep -qw pids /sys/fs/cgroup/cgroup.subtree_control || pids='pids_limit = 0'
	runtime=crun
	! have runc || runtime=runc
	overlay_works || driver=vfs

	cat >"$dir/containers.conf" <<-END
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
	cat >"$dir/storage.conf" <<-END
		[storage]
		driver = "$driver"
		graphroot = "$dir/data"
		runroot = "/run/containers/storage"
	END
	# Docker takes any loopback registry without TLS; Podman wants each named. registry.sh has one of these ports.
	{
		echo 'unqualified-search-registries = ["docker.io"]'
		echo 'short-name-mode = "permissive"'
		for port in 5000 $(registry_ports); do
			printf '[[registry]]\nlocation = "127.0.0.1:%s"\ninsecure = true\n' "$port"
		done
	} >"$dir/registries.conf"
	mkdir -p "$dir/home/.config/containers" "$dir/net"
	echo '{"default": [{"type": "insecureAcceptAnything"}]}' >"$dir/home/.config/containers/policy.json"

	export CONTAINERS_CONF=$dir/containers.conf CONTAINERS_STORAGE_CONF=$dir/storage.conf CONTAINERS_REGISTRIES_CONF=$dir/registries.conf
	exec podman --root "$dir/data" --runroot /run/containers/storage --tmpdir /run/libpod \
		--network-config-dir "$dir/net" --volumepath "$dir/data/volumes" --log-level warn \
		system service -t 0 "$@" "unix://$dir/podman.sock"
}

# can_raise_limits looks for CAP_SYS_RESOURCE, bit 24.
can_raise_limits() {
	local name value
	while read -r name value; do
		[ "$name" != CapEff: ] || return $(((16#$value >> 24 & 1) == 0))
	done </proc/self/status
	return 1
}
