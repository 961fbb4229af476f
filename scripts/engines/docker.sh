# How dockerd is run; sourced by inside.sh, which has made the namespaces.
# shellcheck shell=bash disable=SC2154

serve_docker() {
	local flags=() table
	[ -z "$home" ] || PATH=$home/bin:$PATH
	PATH=$dir/bin:$PATH
	export PATH

	# iptables speaks nf_tables; an older kernel knows the former tables only, a bare one none.
	if ! iptables -t nat -S >/dev/null 2>&1; then
		if iptables-legacy -t nat -S >/dev/null 2>&1; then
			for table in iptables ip6tables; do ln -sf "$(command -v $table-legacy)" "$dir/bin/$table"; done
		else
			flags+=(--iptables=false --ip6tables=false --ip-masq=false)
		fi
	fi
	overlay_works || flags+=(--storage-driver vfs)
	exec dockerd --host "unix://$dir/docker.sock" \
		--data-root "$dir/data" --exec-root /run/docker --pidfile /run/docker.pid \
		--shutdown-timeout 3 "${flags[@]}" "$@"
}
