#!/usr/bin/env bash
# fetch.sh docker|podman SUITE [DIR]
#
# Unpacks the engine of another Debian suite (trixie, sid; for Podman also experimental) into DIR, installing nothing, and
# prints DIR, which start.sh takes as ENGINE_HOME. DIR is by default below the cache, see GANTRY_ENGINES in lib.sh.
# Fetched already, it prints the same. DEBIAN_MIRROR is the mirror if it shall not be this system's.
#
# Docker 29, which no suite has, is the suite 29: go builds it of its modules. That takes up to ten minutes, or seconds
# where the go command's caches have it, and a C compiler and libseccomp, which are installed where they are missing.
#
# Docker's programs of these suites need no newer libc than Debian 12's and use the installed runc. Podman's do, so it
# comes with a /usr of its own, which start.sh mounts over the machine's for the engine alone.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/lib.sh"

engine=${1-} suite=${2-}
case $engine in docker | podman) ;; *) die "usage: fetch.sh docker|podman SUITE [DIR]" ;; esac
[ -n "$suite" ] || die "no suite given"
dir=${3:-$(cache_dir)/$engine-$suite}
if [ -f "$dir/fetched" ]; then
	(cd "$dir" && pwd -P)
	exit 0
fi
mkdir -p "$(dirname "$dir")"
work=$(mktemp -d "$dir.XXXXXX")
trap 'rm -rf "$work"' EXIT
mkdir "$work/new"

# finish puts what was fetched in its place and prints where that is.
finish() {
	touch "$work/new/fetched"
	rm -rf "$dir"
	mv "$work/new" "$dir"
	(cd "$dir" && pwd -P)
}

# build runs go install, outside of any module and for this machine.
build() { # CGO_ENABLED ARGUMENT...
	if ! (cd "$work" && env -u GOFLAGS -u GOOS -u GOARCH GOWORK=off CGO_ENABLED="$1" GOBIN="$work/new/bin" go install "${@:2}") >"$work/log" 2>&1; then
		cat "$work/log" >&2
		die "go install ${*:2} failed"
	fi
}

if [ "$engine-$suite" = docker-29 ]; then
	have go || die "Go is not installed"
	"$here/install.sh" seccomp
	moby=v2.0.0-beta.24 containerd=v2.4.2 runc=v1.5.2
	say "building Docker $suite, which takes minutes"
	build 0 -ldflags "-s -w -X github.com/moby/moby/v2/dockerversion.Version=29.0.0+$moby" github.com/moby/moby/v2/cmd/dockerd@$moby
	build 0 -ldflags "-s -w" github.com/moby/moby/v2/cmd/docker-proxy@$moby
	build 0 -ldflags "-s -w" github.com/containerd/containerd/v2/cmd/{containerd,containerd-shim-runc-v2}@$containerd
	# An older runc does not know the time namespace of this containerd.
	build 1 -ldflags "-s -w" -tags seccomp github.com/opencontainers/runc@$runc
	finish
	exit
fi

have apt-get || die "no apt-get here"
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
[ -f $keyring ] || die "$keyring is missing: install debian-archive-keyring"

mirror=${DEBIAN_MIRROR-}
# shellcheck disable=SC2016
[ -n "$mirror" ] || mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Identifier: Packages' 2>/dev/null | grep -m1 '/debian/*$' || true)
mirror=${mirror:-http://deb.debian.org/debian}

mkdir -p "$work/lists/partial" "$work/cache/archives/partial"
: >"$work/status"
suites=("$suite")
[ "$suite" != experimental ] || suites=(sid experimental)
for s in "${suites[@]}"; do echo "deb [signed-by=$keyring] $mirror $s main"; done >"$work/sources.list"

get() {
	apt-get -q -y -o Dir::Etc::sourcelist="$work/sources.list" -o Dir::Etc::sourceparts=/dev/null \
		-o Dir::Etc::preferences=/dev/null -o Dir::Etc::preferencesparts=/dev/null \
		-o Dir::State::Lists="$work/lists" -o Dir::State::status="$work/status" -o Dir::Cache="$work/cache" \
		-o APT::Sandbox::User=root -o APT::Install-Recommends=false -o Dpkg::Use-Pty=0 "$@" </dev/null >>"$work/log" 2>&1 && return
	cat "$work/log" >&2
	die "apt-get $1 failed"
}
get update

case $engine in
docker)
	(cd "$work/cache" && get download docker.io containerd)
	for f in "$work"/cache/*.deb; do dpkg-deb -x "$f" "$work/unpacked"; done
	mkdir "$work/new/bin"
	cp "$work"/unpacked/usr/sbin/{dockerd,docker-proxy} "$work"/unpacked/usr/bin/{containerd,containerd-shim-runc-v2} "$work/new/bin/"
	;;
podman)
	packages=(podman netavark crun runc aardvark-dns passt conmon catatonit nftables iptables criu libcriu2 uidmap)
	# What the engine calls, or a shell in the same /usr.
	packages+=(dash bash coreutils tar gzip sed grep util-linux mount procps)
	if [ "$suite" = experimental ]; then
		packages+=(podman/experimental netavark/experimental golang-github-containers-common/experimental
			libc6/experimental libc-gconv-modules-extra/experimental libc-bin/experimental)
		: >"$work/new/cgroups2" # start.sh gives Podman 6 no others
	fi
	# With an empty status file apt works out the whole closure.
	get install --download-only "${packages[@]}"
	for f in "$work"/cache/archives/*.deb; do dpkg-deb -x "$f" "$work/new"; done
	# update-alternatives would make these.
	for f in iptables ip6tables iptables-save ip6tables-save iptables-restore ip6tables-restore; do
		ln -sf xtables-nft-multi "$work/new/usr/sbin/$f"
	done
	;;
esac
finish
