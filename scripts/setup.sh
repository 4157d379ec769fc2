#!/bin/sh
# Makes .venv with everything that the lock file names, and the command .venv/bin/proactive.
# Changes nothing, within a moment, when it was made from the same files before.
set -eu
cd "$(dirname "$0")/.."
root=$(pwd -P)

say() { printf '%s\n' "$*" >&2; }
refuse() { say "setup: $*"; exit 1; }

recent_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

find_python() {
    for candidate in ${PYTHON:-python3 python3.13 python3.12 python3.11}; do
        if recent_enough "$candidate"; then
            echo "$candidate"
            return
        fi
    done
    refuse "Python 3.11 or newer is needed and was not found; install it, or name it: make setup PYTHON=/path/to/python3"
}

# What .venv was made from; the folder too, because a virtual environment can't be moved.
state() {
    { echo "$root"; cat requirements.lock scripts/setup.lock scripts/setup.sh pyproject.toml; } | cksum
}

# A distribution may ship Python without the part that makes virtual environments.
add_venv_module() {
    version=$("$1" -c 'import sys; print("python%d.%d" % sys.version_info[:2])')
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        say "setup: $1 can't make virtual environments yet; installing $version-venv"
        apt-get update -qq >&2 || say "setup: the list of packages could not be renewed; trying with the old one"
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$version-venv" >&2 ||
            DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends python3-venv >&2 ||
            refuse "$version-venv could not be installed; install it and try again"
    else
        refuse "$1 can't make virtual environments; install $version-venv (Debian, Ubuntu: apt-get install $version-venv)"
    fi
}

make_venv() {
    python=$(find_python)
    "$python" -c 'import ensurepip, venv' 2>/dev/null || add_venv_module "$python"
    say "setup: making .venv with $("$python" --version)"
    rm -rf .venv
    "$python" -m venv .venv || refuse "$python could not make .venv in $root"
}

# uv doesn't read pip's configuration; hand it the index that pip has been given.
use_pips_index() {
    index=$(.venv/bin/python -m pip config get global.index-url 2>/dev/null || .venv/bin/python -m pip config get :env:.index-url 2>/dev/null || true)
    if [ -n "$index" ] && [ -z "${UV_DEFAULT_INDEX:-}${UV_INDEX_URL:-}" ]; then
        UV_DEFAULT_INDEX=$index
        export UV_DEFAULT_INDEX
    fi
}

install_locked() {
    quiet="--quiet --disable-pip-version-check --no-input"
    # shellcheck disable=SC2086 # options, not one word
    .venv/bin/python -m pip install $quiet --require-hashes -r scripts/setup.lock ||
        refuse "the package index could not be reached or has not what scripts/setup.lock names; see above"
    use_pips_index
    certificates=
    [ -f /etc/ssl/certs/ca-certificates.crt ] && certificates=--system-certs # an office's own authority may be there
    # shellcheck disable=SC2086
    if ! .venv/bin/uv pip sync --quiet --compile-bytecode $certificates --python .venv/bin/python --link-mode "${UV_LINK_MODE:-copy}" \
        --require-hashes requirements.lock; then
        say "setup: uv could not install the packages; trying with pip, which takes longer"
        # shellcheck disable=SC2086
        .venv/bin/python -m pip install $quiet --require-hashes -r requirements.lock ||
            refuse "the packages of requirements.lock could not be installed; see above"
    fi
    # The builder is in .venv already, so that building downloads nothing.
    # shellcheck disable=SC2086
    .venv/bin/python -m pip install $quiet --no-deps --no-build-isolation --no-index --editable . ||
        refuse "the project itself could not be installed into .venv; see above"
    # Where PYTHONDONTWRITEBYTECODE is set, every command would compile all of it anew, for seconds.
    .venv/bin/python -m compileall -q proactive rules triggers connectors notifiers || true
}

wanted=$(state)
stamp=.venv/.made-from
if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ] && [ -x .venv/bin/proactive ] && recent_enough .venv/bin/python; then
    exit 0
fi
if ! recent_enough .venv/bin/python || ! .venv/bin/python -m pip --version >/dev/null 2>&1 ||
    [ "$(sed -n 1p .venv/.made-in 2>/dev/null || true)" != "$root" ]; then
    make_venv
    echo "$root" >.venv/.made-in
fi
say "setup: installing what requirements.lock names (the first time about 500 MB and a minute or two)"
rm -f "$stamp"
install_locked
echo "$wanted" >"$stamp"
say "setup: done; the command line is .venv/bin/proactive"
