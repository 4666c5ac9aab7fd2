# Sourced by what needs Python packages: `venv NAME REQUIREMENTS` makes .parts/NAME, a virtual environment with just these, unless
# it is there. Two runs at once do not install over each other.
venv() {
  local home=.parts/$1 wanted=$2
  mkdir -p .parts
  if command -v flock >/dev/null; then
    exec 9>".parts/$1.lock"
    flock 9
  fi
  cmp -s "$wanted" "$home/installed" && return
  rm -rf "$home"
  python3 -m venv "$home" || {
    echo "$1: python3 makes no virtual environment (on Debian: apt install python3-venv)" >&2
    exit 1
  }
  "$home/bin/pip" install --quiet --disable-pip-version-check --requirement "$wanted"
  cp "$wanted" "$home/installed"
}
