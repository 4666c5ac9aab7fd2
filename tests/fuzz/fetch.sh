#!/usr/bin/env bash
# Makes what fuzzing needs beyond Rust available in .parts, and prints assignments for the shell that runs it: where the machine has
# no C++ compiler (libFuzzer is C++), Debian's.
#
#   $CXX set    that compiler is used
#   otherwise   `c++` or `g++` on PATH; if there is neither, the g++ of the host's own suite, which is made for the C compiler
#               and library that Rust links with there, unpacked into .parts/cxx. Nothing is installed on the host, and
#               no root is needed.
set -euo pipefail

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
parts=$repository/.parts
home=$parts/cxx

say() { printf 'fuzz: %s\n' "$*" >&2; }
die() {
  say "$*"
  say "libFuzzer is C++: install a compiler (Debian: apt-get install g++), or set CXX=/path/to/c++."
  exit 1
}

. "$(dirname "${BASH_SOURCE[0]}")/../debian.sh"

# A compiler that finds its own headers.
compiles() { echo '#include <vector>' | "$1" -x c++ -c -o /dev/null - >/dev/null 2>&1; }

# Two runs at once must not unpack over each other.
mkdir -p "$parts"
if command -v flock >/dev/null; then
  exec 9>"$parts/fuzz.lock"
  flock 9
fi

fetch_cxx() {
  local suite
  suite=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
  [ -n "$suite" ] || die "there is no C++ compiler, and /etc/os-release names no suite of Debian to fetch one from."
  prepare_apt "$suite" "$(dpkg --print-architecture)" cxx
  say "fetching g++ from Debian $suite into .parts/cxx (nothing is installed)"
  own_apt update || die "apt could not read Debian $suite's index from the mirror it is configured with."
  own_apt install --download-only --yes --no-install-recommends g++ || die "apt could not fetch g++ from Debian $suite."
  for archive in "$work"/cache/archives/*.deb; do
    dpkg-deb -x "$archive" "$work/new/root"
  done
  cat >"$work/new/c++" <<'WRAPPER'
#!/bin/sh
# Written by tests/fuzz/fetch.sh. The compiler finds its own parts beside itself.
exec "$(dirname "$(readlink -f "$0")")/root/usr/bin/g++" "$@"
WRAPPER
  chmod +x "$work/new/c++"
  compiles "$work/new/c++" || die "the fetched g++ does not compile: $(echo | "$work/new/c++" -x c++ -c -o /dev/null - 2>&1 | head -n 3)"
  rm -rf "$home"
  mv "$work/new" "$home"
}

if [ -n "${CXX:-}" ]; then
  compiles "$CXX" || die "\$CXX is set to '$CXX', but that does not compile C++."
elif ! compiles c++; then
  if compiles g++; then
    echo "export CXX=g++"
  else
    compiles "$home/c++" || fetch_cxx
    # where the C compiler, which Rust links with, looks for libstdc++
    library=$(dirname "$("$home/c++" -print-file-name=libstdc++.so)")
    echo "export CXX='$home/c++' LIBRARY_PATH='$library'\${LIBRARY_PATH:+:\$LIBRARY_PATH}"
  fi
fi
