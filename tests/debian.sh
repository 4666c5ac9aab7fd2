# Sourced by what fetches programs from a suite of Debian that the host does not have: apt does the fetching, from the mirror
# it is configured with and with its own checks of signatures and hashes, but on lists, cache and status of its own. The
# caller has `die` and $parts.

keyring=/usr/share/keyrings/debian-archive-keyring.gpg

# Sets $work, a folder below $parts that goes when the script ends, with new/root in it for what is unpacked, and
# defines own_apt. Arguments: the suite, the architecture, what is fetched.
prepare_apt() {
  local suite=$1 architecture=$2 what=$3 tool mirror
  for tool in apt-get dpkg dpkg-deb; do
    command -v "$tool" >/dev/null || die "$tool is missing: the automatic fetch needs Debian's apt and dpkg."
  done
  [ -r "$keyring" ] || die "$keyring is missing (package debian-archive-keyring): the index could not be verified."

  # Debian's main archive as apt is configured with it, whichever form its sources are written in. Security, updates and
  # backports are other suites, often on other hosts; third parties have components or suites of their own names.
  mirror=$(
    apt-get indextargets --no-release-info --format '$(COMPONENT) $(RELEASE) $(REPO_URI)' 'Created-By: Packages' |
      awk '$1 == "main" && $2 ~ /^(bullseye|bookworm|trixie|forky|duke|sid|oldoldstable|oldstable|stable|testing|unstable)$/ { print $3; exit }'
  )
  [ -n "$mirror" ] || die "apt's sources name no Debian archive (suite of a release, component main)."

  work=$(mktemp -d "$parts/$what.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  mkdir -p "$work"/state/lists/partial "$work"/cache/archives/partial "$work"/etc/none "$work"/new/root
  : >"$work/state/status"
  echo "deb [arch=$architecture target=Packages signed-by=$keyring] $mirror $suite main" >"$work/etc/sources.list"

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
}

own_apt() { apt-get -qq -c "$work/apt.conf" "$@" >&2; }

# Unpacks what was fetched into $work/new/root and writes a wrapper for each program named, in $work/new, that runs it on the libraries
# it came with, through their own dynamic linker. $architecture is what was fetched.
unpack_programs() {
  local archive linker libraries program
  for archive in "$work"/cache/archives/*.deb; do
    dpkg-deb -x "$archive" "$work/new/root"
  done
  linker=$(cd "$work/new" && find root -name 'ld-linux*.so.*' -type f | head -n 1)
  [ -n "$linker" ] || die "the fetched packages hold no dynamic linker for $architecture."
  libraries=$(cd "$work/new" && find root -name '*.so*' -path '*/lib/*' -printf '%h\n' | sort -u |
    grep -E '^root/(usr/)?lib(/[^/]*-linux-gnu[^/]*)?$' | sed 's|^|$here/|' | paste -sd:)
  for program in "$@"; do
    [ -x "$work/new/root/usr/bin/$program" ] || die "the packages brought no usr/bin/$program."
    cat >"$work/new/$program" <<WRAPPER
#!/bin/sh
# Written by a fetch script of tests/: runs $program on the libraries it was fetched with.
here=\$(dirname "\$(readlink -f "\$0")")
exec "\$here/$linker" --library-path "$libraries" "\$here/root/usr/bin/$program" "\$@"
WRAPPER
    chmod +x "$work/new/$program"
  done
}
