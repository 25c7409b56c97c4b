#!/usr/bin/env bash
# Installs what is missing: the Debian packages of debian.txt, and the Python packages of requirements.lock into .venv.
# Says nothing and changes nothing where all is there. PYTHON names the Python to use (python3 unless set).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

PYTHON=${PYTHON:-python3}
VENV=.venv
STAMP=$VENV/requirements.stamp

say() { printf 'setup: %s\n' "$*" >&2; }
fail() { say "$@"; exit 1; }

# The names in debian.txt that no installed package bears or provides (libasound2 is libasound2t64 from Debian 13 on).
missing_debian() {
    local wanted installed
    wanted=$(sed 's/#.*//' resources/debian.txt | tr -s '[:space:]' '\n' | sed '/^$/d' | sort -u)
    installed=$(dpkg-query -W -f='${db:Status-Status}|${Package}|${Provides}\n' |
        sed -n 's/^installed|//p' | sed 's/([^)]*)//g' | tr -s '|, ' '\n' | sort -u)
    comm -23 <(printf '%s\n' "$wanted") <(printf '%s\n' "$installed")
}

# A name as this Debian has it: NAME, or NAMEt64 where only that can be installed.
name_here() {
    local candidate
    candidate=$(apt-cache policy "$1" "$1t64" 2>/dev/null |
        awk '/^[^ ]/ { name = $1; sub(/:$/, "", name) } /Candidate:/ && $2 != "(none)" { print name; exit }')
    printf '%s\n' "${candidate:-$1}"
}

go_on_without() {
    say "$1 These Debian packages are missing, and what needs them will not work:"
    say "    ${*:2}"
    say "To install them: apt-get install ${*:2}"
}

install_debian() {
    local missing name as_root=() names=()
    if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
        say "This is not a Debian system (no apt-get): going on. The packages listed in resources/debian.txt are needed;"
        say "please install what this system calls them."
        return
    fi
    mapfile -t missing < <(missing_debian)
    [ ${#missing[@]} -gt 0 ] || return 0
    if [ "$(id -u)" -ne 0 ]; then
        as_root=(sudo)
        [ -t 0 ] || as_root=(sudo -n)
        if ! command -v sudo >/dev/null; then
            go_on_without "Not root, and no sudo here." "${missing[@]}"
            return
        fi
        say "Missing Debian packages: ${missing[*]}"
        say "Installing them with apt-get through sudo, which may ask for your password."
        if ! "${as_root[@]}" true; then
            go_on_without "sudo was not permitted." "${missing[@]}"
            return
        fi
    else
        say "Missing Debian packages: ${missing[*]}"
        say "Installing them with apt-get."
    fi
    as_root+=(env DEBIAN_FRONTEND=noninteractive)
    "${as_root[@]}" apt-get update -q >&2 || say "apt-get could not refresh its lists: trying with those it has."
    for name in "${missing[@]}"; do names+=("$(name_here "$name")"); done
    "${as_root[@]}" apt-get install -q -y --no-install-recommends "${names[@]}" >&2 </dev/null ||
        go_on_without "apt-get could not install them." "${names[@]}"
}

# Prints "3.11" for a Python that runs, and nothing for one that does not.
minor_of() { "$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null || true; }

check_python() {
    case $(minor_of "$PYTHON") in
        3.11 | 3.12 | 3.13) ;;
        '') fail "$PYTHON does not run. Python 3.11, 3.12 or 3.13 is needed: make PYTHON=/path/to/python3.11 ..." ;;
        *) fail "$PYTHON is Python $(minor_of "$PYTHON"). Python 3.11, 3.12 or 3.13 is needed: make PYTHON=python3.11 ..." ;;
    esac
}

make_venv() {
    [ "$(minor_of $VENV/bin/python)" != "$(minor_of "$PYTHON")" ] || return 0
    say "Making $VENV with $PYTHON ($(minor_of "$PYTHON"))."
    "$PYTHON" -m venv --clear $VENV >&2 || {
        rm -rf $VENV
        fail "$PYTHON could not make $VENV. On Debian the package python3-venv (or python3.x-venv) is needed."
    }
}

install_python() {
    local stamp
    stamp="$(sha256sum <requirements.lock | cut -d' ' -f1) $($VENV/bin/python -c 'import sys; print(sys.version.split()[0])')"
    [ "$stamp" != "$(cat $STAMP 2>/dev/null || true)" ] || return 0
    say "Installing the Python packages of requirements.lock into $VENV; the first time, this downloads a few hundred MB."
    $VENV/bin/python -m pip install --quiet --disable-pip-version-check --no-input --require-hashes \
        -r requirements.lock >&2 || fail "pip could not install requirements.lock (its words are above)."
    printf '%s\n' "$stamp" >$STAMP
}

install_debian
check_python
make_venv
install_python
