#!/usr/bin/env bash
# Makes a machine ready for Workbench: system packages, the environment .venv, locked dependencies, the project itself.
#
#   packaging/setup.sh [run]     what the program needs
#   packaging/setup.sh test      and what the tests need
#   packaging/setup.sh bench     and the programs that the benchmarks compare with
#   packaging/setup.sh packages run|test|bench     only the system packages of it, as root
#
# packaging/run and packaging/test source this file and call set_up. A second call finds everything in place and
# returns at once: the stamp in .venv holds a key over the lock files, pyproject.toml, the Python and the folders.
#
#   WORKBENCH_PYTHON     the Python to build .venv with (default: python3.11, else the newest that is 3.11 or later)
#   WORKBENCH_VENV       another place for the environment
#   WORKBENCH_STATE      another place for logs and the demonstration case (default: .state)
#   WORKBENCH_NO_SYSTEM  set to 1: do not look at system packages
#
# Plain bash 3.2, which is what macOS has.

set -u

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
VENV=${WORKBENCH_VENV:-$ROOT/.venv}
STATE=${WORKBENCH_STATE:-$ROOT/.state}
STAMP=$VENV/workbench-setup
LOG=$STATE/setup.log

# What Qt needs to draw at all, to open a window under X11 and Wayland, and to show Chinese and Korean.
RUN_PACKAGES="libglib2.0-0 libgl1 libegl1 libfontconfig1 libxkbcommon0 libdbus-1-3
  libxcb-cursor0 libxcb-icccm4 libxcb-image0 libxcb-keysyms1 libxcb-render-util0 libxcb-shape0 libxcb-xkb1
  libxkbcommon-x11-0 libwayland-cursor0 libwayland-egl1 fonts-noto-cjk"
# A display that nobody sees, with a window manager and hands; servers to be watched, and the peers that watch them.
TEST_PACKAGES="xvfb xauth openbox xdotool
  nginx apache2-bin lighttpd vsftpd caddy rclone wget aria2"
# What of these would serve on a fixed port from now on, if nobody prevented it.
SERVICES="nginx lighttpd vsftpd caddy"
POLICY=/usr/sbin/policy-rc.d
# The peers that tests/bench measures against.
BENCH_PACKAGES="goaccess libvips-tools"

say() { printf '%s\n' "$*"; }

fail() {
  printf '%s\n' "$*" >&2
  exit 1
}

# step TEXT COMMAND...: says TEXT, runs COMMAND quietly, shows the end of its output only when it fails.
step() {
  say "$1"
  shift
  if ! "$@" >>"$LOG" 2>&1 9>&-; then
    tail -n 15 "$LOG" >&2
    fail "This step did not work. The whole output is in $LOG. Running the same command again continues here."
  fi
}

checksum() {
  if command -v sha256sum >/dev/null; then sha256sum; else shasum -a 256; fi | cut -d ' ' -f 1
}

# --- system packages -------------------------------------------------------------------------------------------------

packages_for() {
  printf '%s ' "$RUN_PACKAGES"
  case $1 in
    test) printf '%s ' "$TEST_PACKAGES" ;;
    bench) printf '%s %s ' "$TEST_PACKAGES" "$BENCH_PACKAGES" ;;
  esac
  if [ ! -e "$STAMP" ]; then venv_package; fi
}

# Debian ships Python without the part that makes environments; a Python from elsewhere has it.
venv_package() {
  local python
  python=$(find_python) || return 0
  "$python" -c 'import ensurepip, venv' 2>/dev/null && return 0
  "$python" -c 'import sys; print(f"python{sys.version_info[0]}.{sys.version_info[1]}-venv")'
}

# One call for all of them; Provides counts, because later releases renamed some (libglib2.0-0t64).
missing_packages() {
  local installed package
  # shellcheck disable=SC2016  # the braces are dpkg-query's own fields
  installed=$(dpkg-query --show --showformat='${db:Status-Status} ${Package} ${Provides}\n' 2>/dev/null |
    sed -n 's/^installed //p' | tr ',\n' '  ')
  for package in $1; do
    case " $installed " in
      *" $package "*) ;;
      *) printf '%s ' "$package" ;;
    esac
  done
}

# An installation that was cut off earlier is finished first.
install_packages() {
  export DEBIAN_FRONTEND=noninteractive
  # shellcheck disable=SC2086  # a list of words on purpose
  dpkg --configure -a &&
    apt-get -o DPkg::Lock::Timeout=300 update &&
    without_services apt-get -o DPkg::Lock::Timeout=300 install -y --no-install-recommends $1 &&
    disable_services "$1"
}

# Debian starts a service as soon as it is installed, unless a policy says 101. Ours lies there only meanwhile, and is
# known by its words when a set-up was killed; a policy of the machine's own stays, and stays in force.
without_services() (
  if [ ! -e "$POLICY" ] || grep -qs "while Workbench installs" "$POLICY"; then
    trap 'rm -f "$POLICY"' EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
    printf '#!/bin/sh\n# No service starts while Workbench installs packages for its tests.\nexit 101\n' >"$POLICY"
    chmod 755 "$POLICY"
  fi
  "$@"
)

# Nor at the next start of the machine: the tests start servers of their own. One that was installed before is somebody's.
disable_services() {
  local service
  for service in $SERVICES; do
    case " $1 " in
      *" $service "*) if command -v update-rc.d >/dev/null; then update-rc.d "$service" disable; fi ;;
    esac
  done
  return 0
}

# missing_for PURPOSE
missing_for() {
  local missing
  missing=$(missing_packages "$(packages_for "$1")")
  printf '%s' "${missing% }"
}

prepare_packages() {
  local missing
  missing=$(missing_for "$1")
  if [ -n "$missing" ]; then install_packages "$missing"; fi
}

# The command that somebody without root is told. Packages with services are left to this script.
command_for() {
  local command service
  command="apt-get update && apt-get install -y --no-install-recommends $2"
  for service in $SERVICES; do
    case " $2 " in *" $service "*) command="\"$ROOT/packaging/setup.sh\" packages $1" ;; esac
  done
  if command -v sudo >/dev/null; then say "sudo sh -c '$command'"; else say "su -c '$command'"; fi
}

prepare_system() {
  local missing
  if [ "${WORKBENCH_NO_SYSTEM:-}" = 1 ] || [ "$(uname -s)" != Linux ]; then return 0; fi
  if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    if [ ! -e "$STAMP" ]; then
      say "This is not Debian or Ubuntu, so nothing is installed into the system. If the window does not open, add what" \
        "these Debian packages hold: $(packages_for "$1" | tr -s ' \n' ' ')"
    fi
    return 0
  fi
  missing=$(missing_for "$1")
  if [ -z "$missing" ]; then return 0; fi
  if [ "$(id -u)" != 0 ]; then
    fail "System packages are missing: $missing
This one command installs them; run this again after it:
  $(command_for "$1" "$missing")"
  fi
  step "Installing system packages: $missing" install_packages "$missing"
}

# --- environment -----------------------------------------------------------------------------------------------------

is_new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

# Prints the Python to build with; fails when there is none.
find_python() {
  local python
  for python in ${WORKBENCH_PYTHON:-python3.11 python3 python3.14 python3.13 python3.12}; do
    if command -v "$python" >/dev/null && is_new_enough "$python"; then
      command -v "$python"
      return 0
    fi
  done
  return 1
}

venv_version() { "$VENV/bin/python" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null; }

environment_key() {
  { say "1 $VENV $(venv_version)" && cat "$ROOT/packaging/requirements-build.txt" "$ROOT/packaging/requirements.txt"; } | checksum
}

development_key() { { environment_key && cat "$ROOT/packaging/requirements-dev.txt"; } | checksum; }

project_key() { { environment_key && say "$ROOT" && cat "$ROOT/pyproject.toml"; } | checksum; }

stamped() { grep -qsx "$1 $2" "$STAMP"; }

# A part is stamped only after it is complete; an interrupted one is done again.
stamp() {
  { grep -v "^$1 " "$STAMP"; say "$1 $2"; } >"$STAMP.new" && mv "$STAMP.new" "$STAMP"
}

# Versions are never changed in place: the Qt wheels share one folder and an upgrade can leave it half old. The old
# environment goes away by one rename and the new one is marked ours before anything is in it, so that a set-up that was
# killed leaves nothing that looks finished. An environment that somebody else made is filled, not replaced.
create_environment() {
  local python
  if [ ! -e "$STAMP" ] && venv_version >/dev/null; then
    say "made by somebody else, filled by packaging/setup.sh" >"$STAMP"
    return 0
  fi
  python=$(find_python) || fail "Python 3.11 or later is needed and was not found (on Debian: apt-get install python3)."
  rm -rf "$STATE/old-environment"
  if [ -e "$VENV" ]; then mv "$VENV" "$STATE/old-environment"; fi
  mkdir -p "$VENV" && say "made by packaging/setup.sh" >"$STAMP"
  step "Making the environment $VENV with $("$python" --version)" "$python" -m venv "$VENV"
  rm -rf "$STATE/old-environment"
}

pip_install() { "$VENV/bin/python" -m pip --disable-pip-version-check --no-input install "$@"; }

install_locked() {
  pip_install --require-hashes --only-binary :all: -r "$ROOT/packaging/requirements-build.txt" &&
    pip_install --require-hashes --only-binary :all: -r "$ROOT/packaging/requirements.txt"
}

# bagit exists only as source; it is built with the locked tools of requirements-build.txt.
install_locked_development() {
  pip_install --require-hashes --only-binary :all: --no-binary bagit --no-build-isolation \
    -r "$ROOT/packaging/requirements-dev.txt"
}

install_project() { pip_install --no-index --no-deps --no-build-isolation --editable "$ROOT"; }

prepare_environment() {
  if ! stamped environment "$(environment_key)"; then
    create_environment
    step "Installing the locked dependencies (the first time some 150 MB are fetched)" install_locked
    stamp environment "$(environment_key)"
  fi
  if [ "$1" != run ] && ! stamped development "$(development_key)"; then
    step "Installing the locked development tools" install_locked_development
    stamp development "$(development_key)"
  fi
  if ! stamped project "$(project_key)"; then
    step "Installing Workbench itself, editable" install_project
    stamp project "$(project_key)"
  fi
}

# set_up run|test|bench. Two at the same time wait for each other.
set_up() {
  mkdir -p "$STATE" || fail "The folder $STATE cannot be made. Set WORKBENCH_STATE to a folder that can be written."
  (
    if command -v flock >/dev/null && ! flock -n 9; then
      say "Waiting for another set-up to end"
      flock 9
    fi
    prepare_system "$1"
    prepare_environment "$1"
  ) 9>"$STATE/setup.lock" || exit $?
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then
  case ${1:-run} in
    run | test | bench) set_up "${1:-run}" ;;
    packages) prepare_packages "${2:-run}" ;;
    *) fail "Use: packaging/setup.sh [packages] [run|test|bench]" ;;
  esac
fi
