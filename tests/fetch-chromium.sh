#!/usr/bin/env bash
# Makes a Chromium available to the browser tests, and prints its path.
#
#   $CHROMIUM set    that program is used
#   otherwise        `chromium` on PATH; if there is none, Debian's package is installed by apt-get (sudo if not root)
#
# A font is seen to as well: without one, Chromium draws no text and screenshots are empty boxes.
set -euo pipefail

say() { printf 'fetch-chromium: %s\n' "$*" >&2; }
die() {
  say "$*"
  say "To use a Chromium of your own instead, set CHROMIUM=/path/to/chromium."
  exit 1
}

runs() { "$1" --version >/dev/null 2>&1; }

if [ -n "${CHROMIUM:-}" ]; then
  runs "$CHROMIUM" || die "\$CHROMIUM is set to '$CHROMIUM', but '$CHROMIUM --version' fails."
  command -v "$CHROMIUM"
  exit 0
fi

missing=()
chromium=$(command -v chromium || true)
if [ -z "$chromium" ]; then
  missing+=(chromium)
elif ! runs "$chromium"; then
  die "'$chromium --version' fails."
fi
if ! find /usr/share/fonts /usr/local/share/fonts "${HOME:-/}/.local/share/fonts" -name '*.[to]tf' -print -quit 2>/dev/null | grep -q .; then
  missing+=(fonts-dejavu-core)
fi

if [ ${#missing[@]} -gt 0 ]; then
  command -v apt-get >/dev/null || die "${missing[*]} missing, and there is no apt-get to install it with."
  as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || die "${missing[*]} missing: install it as root (apt-get install ${missing[*]})."
    as_root=(sudo)
  fi
  say "installing ${missing[*]}"
  "${as_root[@]}" apt-get -qq update >&2 || die "apt-get update failed (its message is above)."
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq install --yes --no-install-recommends "${missing[@]}" >&2 ||
    die "apt-get could not install ${missing[*]} (its message is above)."
fi

chromium=$(command -v chromium) || die "the package was installed, but there is no chromium on PATH."
runs "$chromium" || die "'$chromium --version' fails."
say "$("$chromium" --version 2>/dev/null)"
echo "$chromium"
