#!/usr/bin/env bash
# Runs the tests of crates/sha256d on an emulated processor that has every instruction set the crate has a backend for,
# so that none goes untested where the real processor lacks it. Bochs emulates the whole PC: a Debian kernel boots and
# runs the test programs in place of a system. Arguments go to the test programs (a filter).
#
#   HASHWATCH_EMULATE=1   every backend, also those that this processor has and `make unit` has run already
#   HASHWATCH_EMULATE=0   never
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

# Random cases in the guest, and seconds until it is given up: an emulated processor takes its time.
cases=8
limit=600

skip() {
  printf 'emulated: skipped, %s\n' "$*"
  exit 0
}
[ "${HASHWATCH_EMULATE:-}" != 0 ] || skip "as HASHWATCH_EMULATE=0 says"
[ "$(uname -sm)" = "Linux x86_64" ] || skip "as the emulator's parts are for Linux on x86-64"

# The backends that `make unit` could not run on this processor.
has() { grep -qw "$1" /proc/cpuinfo; }
missing=
{ has avx512f && has avx512bw && has avx512vl; } || missing+=,avx512
{ has sha_ni && has sse4_1; } || missing+=,sha-ni
has avx2 || missing+=,avx2
[ "${HASHWATCH_EMULATE:-}" != 1 ] || missing=,avx512,sha-ni,avx2,portable
[ -n "$missing" ] || skip "as this processor has all that there is a backend for (HASHWATCH_EMULATE=1 runs them all the same)"

here=$PWD/tests/emulated
parts=$(tests/emulated/fetch.sh)
work=$(mktemp -d)
emulator=
finish() {
  status=$?
  if [ -n "$emulator" ]; then kill "$emulator" 2>/dev/null || true; fi
  rm -rf "$work"
  exit "$status"
}
trap finish EXIT

mkdir -p "$work"/guest/{dev,proc,tests} "$work/cd"
# The very programs of `make unit`, and the libraries they are linked with.
cargo test --locked --no-run --workspace --message-format=json-render-diagnostics |
  sed -n '/crates\/sha256d#/s/.*"name":"\([^"]*\)".*"executable":"\([^"]*\)".*/\1 \2/p' >"$work/programs"
[ -s "$work/programs" ] || { echo "emulated: cargo named no test program"; exit 1; }
while read -r name program; do
  cp "$program" "$work/guest/tests/$name"
  ldd "$program" | grep -o '/[^ ]*' | xargs cp -L --parents -t "$work/guest"
done <"$work/programs"

cp "$here/init" "$parts/root/usr/bin/busybox" "$work/guest"
cat >"$work/guest/settings" <<SETTINGS
export HASHWATCH_EXPECT_BACKENDS=${missing#,} PROPTEST_CASES=$cases
ARGUMENTS="$*"
SETTINGS
(cd "$work/guest" && find . | "$parts/run" busybox cpio -o -H newc) >"$work/cd/initramfs" 2>"$work/cpio.log" ||
  { cat "$work/cpio.log"; exit 1; }
cp "$here/isolinux.cfg" "$parts/vmlinuz" "$parts/root/usr/lib/ISOLINUX/isolinux.bin" \
  "$parts/root/usr/lib/syslinux/modules/bios/ldlinux.c32" "$work/cd"
"$parts/run" xorriso -report_about FAILURE -as mkisofs -quiet -o "$work/boot.iso" -b isolinux.bin -c boot.cat \
  -no-emul-boot -boot-load-size 4 -boot-info-table "$work/cd" 2>"$work/xorriso.log" || { cat "$work/xorriso.log"; exit 1; }

# Debian's Bochs has its debugger built in, which waits for "continue". A guest that turns itself off ends Bochs with
# status 1, as a failure does: what counts is what the guest wrote last.
echo c >"$work/continue"
: >"$work/serial"
(cd "$work" && TERM=vt100 exec timeout --kill-after=5 "$limit" \
  "$parts/run" bochs-bin -q -f "$here/bochsrc" -rc continue </dev/null >screen 2>&1) &
emulator=$!
status=0
wait "$emulator" || status=$?
emulator=
tr -d '\r' <"$work/serial" | tee "$work/said"
if ! grep -qx 'emulated: 0 failed' "$work/said"; then
  case $status in
  124 | 137) echo "emulated: given up after $limit seconds" ;;
  *) echo "--- the emulator's log" && tail -n 5 "$work/bochs.log" "$work/screen" | strings ;;
  esac
  exit 1
fi
