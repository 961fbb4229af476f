#!/usr/bin/env bash
# install.sh docker|podman|registry|ssh|proxy|compiler|seccomp|rootless|all ...
#
# Installs the distribution's packages of an engine, of the registry, of OpenSSH, of proxies (all: of these), of a C compiler, of what
# fetch.sh needs to build Docker 29, or of what a Podman needs to run without root, with apt-get, where their programs are
# missing; what is there already, from whatever source, stays as it is. No service is started.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/lib.sh"

# present tells whether a program is on the PATH or in one of the folders where engines look for their helpers.
present() {
	local d
	have "$1" && return 0
	for d in /usr/lib/podman /usr/libexec/podman /usr/local/libexec/podman; do [ ! -x "$d/$1" ] || return 0; done
	return 1
}

want=()
need() { # PROGRAM PACKAGE
	present "$1" || want+=("$2")
}

for what in "${@:-all}"; do
	case $what in docker | podman | registry | ssh | proxy | compiler | seccomp | rootless | all) ;; *) die "usage: install.sh docker|podman|registry|ssh|proxy|compiler|seccomp|rootless|all ..." ;; esac
	case $what in docker | all)
		need dockerd docker.io
		need containerd containerd
		need docker-proxy docker.io
		;;
	esac
	case $what in podman | all)
		need podman podman
		need conmon conmon
		need netavark netavark
		need aardvark-dns aardvark-dns
		need catatonit catatonit
		;;
	esac
	case $what in docker | podman | all)
		need runc runc
		need iptables iptables
		# Its static binary is the content of test images, and it can set a link up where there is no iproute2.
		need busybox busybox-static
		;;
	esac
	case $what in registry | all)
		need docker-registry docker-registry
		need htpasswd apache2-utils
		;;
	esac
	case $what in ssh | all) need sshd openssh-server; need ssh-agent openssh-client ;; esac
	case $what in proxy | all)
		need tinyproxy tinyproxy-bin
		need microsocks microsocks
		# Debian has it in /usr/sbin, which a user's PATH may lack.
		[ -x /usr/sbin/squid ] || need squid squid
		need openssl openssl
		;;
	esac
	# Go's race detector is linked by a C compiler.
	case $what in compiler | seccomp)
		need gcc gcc
		[ -e /usr/include/stdlib.h ] || want+=(libc6-dev)
		;;
	esac
	if [ "$what" = seccomp ]; then
		need pkg-config pkg-config
		[ -e /usr/include/seccomp.h ] || want+=(libseccomp-dev)
	fi
	if [ "$what" = rootless ]; then
		need newuidmap uidmap
		need slirp4netns slirp4netns
	fi
done
[ ${#want[@]} -gt 0 ] || exit 0
need_root
have apt-get || die "no apt-get here: install ${want[*]} by other means"

log=$(mktemp)
policy=/usr/sbin/policy-rc.d made=
cleanup() {
	[ -z "$made" ] || rm -f "$policy"
	rm -f "$log"
}
trap cleanup EXIT
# Packages start their services; this file is how an administrator forbids it.
if [ ! -e "$policy" ]; then
	printf '#!/bin/sh\nexit 101\n' >"$policy"
	chmod 755 "$policy"
	made=yes
fi

get() {
	DEBIAN_FRONTEND=noninteractive apt-get -q -y -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300 "$@" </dev/null >>"$log" 2>&1
}
say "installing ${want[*]}"
# The lists of packages are often there and recent enough, and fetching them takes longer than many an install.
if ! get install --no-install-recommends "${want[@]}"; then
	: >"$log"
	if ! { get update && get install --no-install-recommends "${want[@]}"; }; then
		cat "$log" >&2
		die "apt-get failed"
	fi
fi
