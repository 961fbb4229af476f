#!/usr/bin/env bash
# fetch.sh docker|podman SUITE [DIR]
#
# Unpacks the engine of another Debian suite (trixie, sid; for Podman also experimental) into DIR, installing nothing, and
# prints DIR, which start.sh takes as ENGINE_HOME. DIR is by default below the cache, see GANTRY_ENGINES in lib.sh.
# Fetched already, it prints the same. DEBIAN_MIRROR is the mirror if it shall not be this system's.
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
have apt-get || die "no apt-get here"
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
[ -f $keyring ] || die "$keyring is missing: install debian-archive-keyring"

mirror=${DEBIAN_MIRROR-}
# shellcheck disable=SC2016
[ -n "$mirror" ] || mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Identifier: Packages' 2>/dev/null | grep -m1 '/debian/*$' || true)
mirror=${mirror:-http://deb.debian.org/debian}

mkdir -p "$(dirname "$dir")"
work=$(mktemp -d "$dir.XXXXXX")
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/lists/partial" "$work/cache/archives/partial" "$work/new"
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
	[ "$suite" != experimental ] || packages+=(podman/experimental netavark/experimental golang-github-containers-common/experimental
		libc6/experimental libc-gconv-modules-extra/experimental libc-bin/experimental)
	# With an empty status file apt works out the whole closure.
	get install --download-only "${packages[@]}"
	for f in "$work"/cache/archives/*.deb; do dpkg-deb -x "$f" "$work/new"; done
	# update-alternatives would make these.
	for f in iptables ip6tables iptables-save ip6tables-save iptables-restore ip6tables-restore; do
		ln -sf xtables-nft-multi "$work/new/usr/sbin/$f"
	done
	;;
esac
touch "$work/new/fetched"
rm -rf "$dir"
mv "$work/new" "$dir"
(cd "$dir" && pwd -P)
