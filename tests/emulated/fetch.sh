#!/usr/bin/env bash
# Makes an emulated PC of Debian's parts available as .parts/emulated, and prints that path. Nothing is installed on the
# host, and no root is needed.
#
#   root/      Bochs, xorriso, isolinux, busybox and the libraries they need
#   vmlinuz    a kernel made for virtual machines
#   run        starts a program of root/ through the dynamic linker that came with it
#
# As for bitcoind, apt does the fetching, from the mirror it is configured with (only the suite is changed) and with its
# own checks of signatures and hashes, but on lists, cache and status kept in .parts. The suite is trixie: a release
# changes no more than it must. Bookworm's Bochs is ten times slower, and no Bochs boots bookworm's kernel.
set -euo pipefail

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
parts=$repository/.parts
home=$parts/emulated
suite=trixie
packages=(bochs bochs-term bochsbios vgabios ncurses-base xorriso isolinux syslinux-common busybox-static)
kernel=linux-image-cloud-amd64
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

say() { printf 'fetch: %s\n' "$*" >&2; }
die() {
  say "$*"
  say "To go without the emulated tests, set HASHWATCH_EMULATE=0."
  exit 1
}

runs() { [ -r "$home/vmlinuz" ] && "$home/run" busybox true && "$home/run" xorriso -version; } >/dev/null 2>&1

# Two runs at once must not unpack over each other.
mkdir -p "$parts"
if command -v flock >/dev/null; then
  exec 9>"$parts/emulated.lock"
  flock 9
fi

if runs; then
  echo "$home"
  exit 0
fi

for tool in apt-get dpkg dpkg-deb; do
  command -v "$tool" >/dev/null || die "$tool is missing: the automatic fetch needs Debian's apt and dpkg."
done
[ -r "$keyring" ] || die "$keyring is missing (package debian-archive-keyring): the index could not be verified."

# Debian's main archive as apt is configured with it; see fetch-bitcoind.sh.
mirror=$(
  apt-get indextargets --no-release-info --format '$(COMPONENT) $(RELEASE) $(REPO_URI)' 'Created-By: Packages' |
    awk '$1 == "main" && $2 ~ /^(bullseye|bookworm|trixie|forky|duke|sid|oldoldstable|oldstable|stable|testing|unstable)$/ { print $3; exit }'
)
[ -n "$mirror" ] || die "apt's sources name no Debian archive (suite of a release, component main)."

work=$(mktemp -d "$parts/emulated.XXXXXX")
trap 'rm -rf "$work"' EXIT
mkdir -p "$work"/state/lists/partial "$work"/cache/archives/partial "$work"/etc/none "$work"/new/root "$work"/kernel
: >"$work/state/status"
echo "deb [arch=amd64 target=Packages signed-by=$keyring] $mirror $suite main" >"$work/etc/sources.list"

# Given with -c, this is read after the host's configuration. The host's hooks are dropped: they would act on its own
# cache and lists.
cat >"$work/apt.conf" <<CONFIGURATION
#clear APT::Update;
#clear DPkg::Pre-Install-Pkgs;
#clear DPkg::Post-Invoke;
#clear APT::Default-Release;
Dir::State "$work/state";
Dir::State::lists "$work/state/lists";
Dir::State::status "$work/state/status";
Dir::State::extended_states "$work/state/extended_states";
Dir::Cache "$work/cache";
Dir::Cache::archives "$work/cache/archives";
Dir::Log "$work";
Dir::Etc::sourcelist "$work/etc/sources.list";
Dir::Etc::sourceparts "$work/etc/none";
Dir::Etc::preferences "$work/etc/preferences";
Dir::Etc::preferencesparts "$work/etc/none";
APT::Sandbox::User "$(id -un)";
APT::Keep-Downloaded-Packages "true";
APT::Get::AllowUnauthenticated "false";
Acquire::AllowInsecureRepositories "false";
Acquire::Languages "none";
Acquire::Retries "3";
Debug::NoLocking "true";
CONFIGURATION
own_apt() { apt-get -qq -c "$work/apt.conf" "$@" >&2; }

say "fetching an emulated PC from Debian $suite into .parts/emulated (nothing is installed)"
own_apt update || die "apt could not read Debian $suite's index from the mirror it is configured with."
own_apt install --download-only --yes --no-install-recommends "${packages[@]}" ||
  die "apt could not fetch ${packages[*]} from Debian $suite."

# The kernel alone: what its package would be installed with is of no use here.
image=$(apt-cache -c "$work/apt.conf" depends "$kernel" | awk '$1 == "Depends:" && $2 ~ /^linux-image-/ { print $2; exit }')
[ -n "$image" ] || die "Debian $suite's $kernel names no image."
(cd "$work/kernel" && own_apt download "$image") || die "apt could not fetch $image from Debian $suite."

for archive in "$work"/cache/archives/*.deb; do
  dpkg-deb -x "$archive" "$work/new/root"
done
dpkg-deb --fsys-tarfile "$work"/kernel/*.deb | tar -x -C "$work/kernel" ./boot
mv "$work"/kernel/boot/vmlinuz-* "$work/new/vmlinuz"
find "$work/new/root/usr/share" -mindepth 1 -maxdepth 1 \
  ! -name bochs ! -name vgabios ! -name terminfo -exec rm -rf {} +

cat >"$work/new/run" <<'WRAPPER'
#!/bin/sh
# Written by tests/emulated/fetch.sh: runs a program on the libraries it was fetched with.
root=$(dirname "$(readlink -f "$0")")/root
libraries=$root/usr/lib/x86_64-linux-gnu
program=$1
shift
export BXSHARE="$root/usr/share/bochs" LTDL_LIBRARY_PATH="$libraries/bochs/plugins"
export TERMINFO_DIRS="$root/usr/share/terminfo:$root/usr/lib/terminfo:$root/lib/terminfo"
exec "$libraries/ld-linux-x86-64.so.2" --library-path "$libraries" "$root/usr/bin/$program" "$@"
WRAPPER
chmod +x "$work/new/run"

rm -rf "$home"
mv "$work/new" "$home"
runs || die "what was fetched does not run: $("$home/run" xorriso -version 2>&1 | head -n 3)"
echo "$home"
