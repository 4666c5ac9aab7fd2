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

say() { printf 'fetch: %s\n' "$*" >&2; }
die() {
  say "$*"
  say "To go without the emulated tests, set HASHWATCH_EMULATE=0."
  exit 1
}

. "$(dirname "${BASH_SOURCE[0]}")/../debian.sh"

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

prepare_apt "$suite" amd64 emulated
mkdir -p "$work/kernel"

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
