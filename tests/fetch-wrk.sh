#!/usr/bin/env bash
# Makes wrk, which puts a server under load, available to the benches as .parts/wrk/wrk, and prints its path. Nothing is installed
# on the host, and no root is needed.
#
#   $WRK set     that program is used
#   otherwise    Debian sid's package and the libraries it needs, unpacked into .parts/wrk as bitcoind is
set -euo pipefail

parts=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)/.parts
home=$parts/wrk

die() {
  printf 'fetch-wrk: %s\n' "$*" >&2
  printf 'fetch-wrk: To use a wrk of your own instead, set WRK=/path/to/wrk.\n' >&2
  exit 1
}

. "$(dirname "${BASH_SOURCE[0]}")/debian.sh"

# it ends with 1 where it says its version
runs() { [[ $("$1" --version 2>&1) == *"wrk "* ]]; }

if [ -n "${WRK:-}" ]; then
  runs "$WRK" || die "\$WRK is set to '$WRK', which is no wrk."
  command -v "$WRK"
  exit 0
fi
mkdir -p "$parts"
if ! { [ -x "$home/wrk" ] && runs "$home/wrk"; }; then
  architecture=$(dpkg --print-architecture)
  prepare_apt sid "$architecture" wrk
  own_apt update || die "apt could not read Debian sid's index from the mirror it is configured with."
  own_apt install --download-only --yes --no-install-recommends wrk || die "apt could not fetch wrk from Debian sid."
  unpack_programs wrk
  runs "$work/new/wrk" || die "the fetched wrk does not run."
  rm -rf "$home"
  mv "$work/new" "$home"
fi
echo "$home/wrk"
