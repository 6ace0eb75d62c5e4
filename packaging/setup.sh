# Everything a computer needs before `mydata` or its tests can start. Sourced by `run` and `test`.
#
# Each step looks first and does nothing when there is nothing to do, so a second run starts at
# once. What cannot be put right is said in one sentence that names what to install.
# shellcheck shell=sh

here=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
environment=$here/.venv

say() { printf '%s\n' "$*" >&2; }

stop() {
    say "$*"
    exit 5
}

# --- Which Python ---------------------------------------------------------------------------------

python_fits() {
    command -v "$1" >/dev/null 2>&1 &&
        "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))' 2>/dev/null
}

find_python() {
    for python in python3 python3.14 python3.13 python3.12 python3.11; do
        if python_fits "$python"; then
            return
        fi
    done
    stop "Python 3.11 to 3.14 is needed: please install it (on Debian and Ubuntu: apt-get install python3)."
}

# --- System libraries and fonts -------------------------------------------------------------------

on_linux() { [ "$(uname -s)" = Linux ]; }

has_display() {
    [ "$(uname -s)" = Darwin ] || [ -n "${DISPLAY:-}" ] || [ -n "${WAYLAND_DISPLAY:-}" ]
}

# Prints the Debian package of each Qt library that the loader does not find. $1 as below.
missing_libraries() {
    wanted='libGL.so.1 libgl1
libEGL.so.1 libegl1
libglib-2.0.so.0 libglib2.0-0
libxkbcommon.so.0 libxkbcommon0
libfontconfig.so.1 libfontconfig1
libdbus-1.so.3 libdbus-1-3
libgssapi_krb5.so.2 libgssapi-krb5-2'
    if [ "$1" = window ] && has_display; then
        wanted="$wanted
libxcb-cursor.so.0 libxcb-cursor0
libxcb-icccm.so.4 libxcb-icccm4
libxcb-keysyms.so.1 libxcb-keysyms1
libxcb-shape.so.0 libxcb-shape0
libxcb-xkb.so.1 libxcb-xkb1
libxkbcommon-x11.so.0 libxkbcommon-x11-0"
    fi
    printf '%s\n' "$wanted" | "$python" -c '
import ctypes, sys
for line in sys.stdin:
    library, package = line.split()
    try:
        ctypes.CDLL(library)
    except OSError:
        print(package, end=" ")
'
}

# Prints the packages that bring a Korean font, or nothing where there is one already.
missing_font() {
    if command -v fc-list >/dev/null 2>&1; then
        [ -n "$(fc-list :lang=ko family 2>/dev/null)" ] || printf 'fonts-nanum '
    elif command -v apt-get >/dev/null 2>&1; then
        printf 'fontconfig fonts-nanum '
    fi
}

# Prints the package that lets the interpreter make a virtual environment, where one must be made.
missing_venv() {
    if ! python_fits "$environment/bin/python" &&
        ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        "$python" -c 'import sys; print("python%d.%d-venv " % sys.version_info[:2])'
    fi
}

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    else
        sudo -n "$@"
    fi
}

can_install() {
    command -v apt-get >/dev/null 2>&1 || return 1
    [ "$(id -u)" = 0 ] || sudo -n true >/dev/null 2>&1
}

# Installs the named Debian packages, or fails with the installer's last complaint in $complaint.
install_packages() {
    complaint=
    can_install || return 1
    say "Installing system packages: $*"
    log=$(mktemp)
    if as_root apt-get update >"$log" 2>&1 &&
        as_root env DEBIAN_FRONTEND=noninteractive \
            apt-get install -y --no-install-recommends "$@" >"$log" 2>&1; then
        rm -f "$log"
        return 0
    fi
    complaint=$(sed -n 's/^E: //p' "$log" | tail -n 1)
    rm -f "$log"
    return 1
}

# Puts right what is missing outside the virtual environment. $1 says what the program will draw:
# "window", "pictures" (the same pages without a screen) or "nothing" (the command line alone).
set_up_system() {
    on_linux || return 0
    venv=$(missing_venv)
    libraries=
    font=
    if [ "$1" != nothing ]; then
        libraries=$(missing_libraries "$1")
        font=$(missing_font)
    fi
    # Splitting is meant: each word is one package.
    # shellcheck disable=SC2086
    set -- $venv $libraries $font
    if [ $# -eq 0 ] || install_packages "$@"; then
        return 0
    fi
    advice="please install these (Debian's names; yours may differ): $*${complaint:+. The installer said: $complaint}"
    if [ -n "$venv" ]; then
        stop "Python cannot make a virtual environment here; $advice."
    elif [ -n "$libraries" ]; then
        stop "The window needs system libraries that are not here; $advice."
    fi
    say "No Korean font was found, so Korean may be drawn as boxes; $advice."
}

# Puts in place what only the checks use: a real secret store, to try remembering a vault with. The
# tests that need it are skipped, and say so, where it cannot be installed.
set_up_test_services() {
    on_linux && command -v apt-get >/dev/null 2>&1 || return 0
    set --
    command -v dbus-daemon >/dev/null 2>&1 || set -- dbus
    command -v gnome-keyring-daemon >/dev/null 2>&1 || set -- "$@" gnome-keyring
    if [ $# -ne 0 ] && ! install_packages "$@"; then
        say "Without $* the tests against a real secret store are skipped${complaint:+. The installer said: $complaint}."
    fi
}

# --- Virtual environment and locked packages ------------------------------------------------------

# What an installed environment was made from: the lock, the interpreter and the place.
stamp_of() {
    printf '%s\n%s\n' "$here" "$("$environment/bin/python" -VV 2>/dev/null | tr '\n' ' ')"
    cksum <"$here/packaging/setup.sh"
    cksum <"$1"
}

make_environment() {
    if python_fits "$environment/bin/python"; then
        return
    fi
    say "Making a virtual environment in .venv"
    "$python" -m venv --clear "$environment" >/dev/null 2>&1 ||
        stop "A virtual environment could not be made in $environment; check that the disk is not full and the folder may be written to."
}

# Makes the working copy importable and puts the `mydata` command beside its interpreter.
# A path file does what an editable install does, without a build step or a build tool.
install_project() {
    "$environment/bin/python" - "$here" <<'END'
import pathlib, shlex, sys, sysconfig

place = sys.argv[1]
pathlib.Path(sysconfig.get_path("purelib"), "mydata-vault.pth").write_text(place + "\n", "utf-8")
command = pathlib.Path(sysconfig.get_path("scripts"), "mydata")
# Isolated: a folder named "app" where the person stands must not be run instead.
python = shlex.quote(f"{sys.prefix}/bin/python")
command.write_text(f'#!/bin/sh\nexec {python} -I -m app "$@"\n', encoding="utf-8")
command.chmod(0o755)
END
}

# Compiles the program, as the installer does its packages: Python would only at the first start, and
# where it is told to keep no bytecode or may not write here, anew at every one.
compile_project() {
    # What is not compiled runs all the same.
    "$environment/bin/python" -m compileall -q "$here/app" "$here/connectors" >/dev/null 2>&1 || true
}

# $1 is the lock file to install.
set_up_packages() {
    lock=$here/packaging/$1
    stamp=$environment/.installed-$1
    if [ -x "$environment/bin/python" ] && [ -f "$stamp" ] &&
        [ "$(stamp_of "$lock")" = "$(cat "$stamp")" ]; then
        return
    fi
    make_environment
    rm -f "$stamp"
    say "Installing Python packages from packaging/$1 (once; this can take a few minutes)"
    log=$environment/install.log
    if ! "$environment/bin/python" -m pip install --disable-pip-version-check --no-input \
        --only-binary :all: --require-hashes -r "$lock" >"$log" 2>&1; then
        complaint=$(sed -n 's/^ERROR: //p' "$log" | head -n 1)
        stop "The Python packages could not be installed${complaint:+ ($complaint)}; check the network connection and the free disk space, then run this again."
    fi
    install_project
    compile_project
    stamp_of "$lock" >"$stamp"
}
