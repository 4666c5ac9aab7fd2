#!/usr/bin/env bash
# Makes a real bitcoind and bitcoin-cli available to the tests as .parts/bitcoind/bitcoind and bitcoin-cli,
# and prints the path of the former. Nothing is installed on the host, and no root is needed.
#
#   $BITCOIND set    that program is used (bitcoin-cli: $BITCOIN_CLI, or the one beside it)
#   otherwise        Debian sid's bitcoin-knots and the libraries it needs, unpacked into .parts/bitcoind/root and
#                    run through the dynamic linker that came with them
#
# apt does the fetching, from the mirror it is configured with (only the suite is changed) and with its own checks of
# signatures and hashes, but on lists, cache and status kept in .parts. The version is the one indexed today: sid
# keeps no old ones, so a pin would break within weeks.
set -euo pipefail

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
parts=$repository/.parts
home=$parts/bitcoind
package=bitcoin-knots

say() { printf 'fetch-bitcoind: %s\n' "$*" >&2; }
die() {
  say "$*"
  say "To use a bitcoind of your own instead, set BITCOIND=/path/to/bitcoind."
  exit 1
}

. "$(dirname "${BASH_SOURCE[0]}")/debian.sh"

runs() { "$1" --version >/dev/null 2>&1; }

if [ -n "${BITCOIND:-}" ]; then
  runs "$BITCOIND" || die "\$BITCOIND is set to '$BITCOIND', but '$BITCOIND --version' fails."
  command -v "$BITCOIND"
  exit 0
fi

# Two runs at once (two checkouts never share .parts) must not unpack over each other.
mkdir -p "$parts"
if command -v flock >/dev/null; then
  exec 9>"$parts/bitcoind.lock"
  flock 9
fi

if runs "$home/bitcoind" && runs "$home/bitcoin-cli"; then
  echo "$home/bitcoind"
  exit 0
fi

architecture=$(dpkg --print-architecture)
prepare_apt sid "$architecture" bitcoind

say "fetching $package from Debian sid into .parts/bitcoind (nothing is installed)"
own_apt update || die "apt could not read Debian sid's index from the mirror it is configured with."
own_apt install --download-only --yes --no-install-recommends "$package" ||
  die "apt could not fetch $package from Debian sid for $architecture (a transition in sid passes within days)."

unpack_programs bitcoind bitcoin-cli

"$work/new/bitcoind" --version >/dev/null || die "the fetched bitcoind does not run (its message is above)."
rm -rf "$home"
mv "$work/new" "$home"
say "$("$home/bitcoind" --version | head -n 1)"
echo "$home/bitcoind"
