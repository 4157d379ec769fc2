#!/bin/sh
# Sees to a MariaDB server for the tests of SQL polling. Never fails: without one they are skipped, and it says so loudly.
set -u

works() {
    for name in mariadbd /usr/sbin/mariadbd; do
        if path=$(command -v "$name") && timeout 20 "$path" --version >/dev/null 2>&1; then
            return 0
        fi
    done
    return 1
}

skipped() {
    printf '%s\n' \
        '********************************************************************************' \
        "*** No MariaDB: $1" \
        '*** ITS TESTS WILL BE SKIPPED. Install mariadb-server and run make test again.' \
        '********************************************************************************' >&2
    exit 0
}

works && exit 0
[ "$(id -u)" = 0 ] || skipped "none is installed, and only root may install the distribution's."
command -v apt-get >/dev/null || skipped "none is installed, and this system has no apt-get to install it with."
echo "mariadb: installing the distribution's MariaDB; its own service is not started by us" >&2
export DEBIAN_FRONTEND=noninteractive
timeout 120 apt-get update -qq >&2 || echo "mariadb: the list of packages could not be renewed; trying with the old one" >&2
timeout 400 apt-get install -y -qq --no-install-recommends mariadb-server >/dev/null || skipped "apt-get could not install it."
works || skipped "what apt-get installed does not run."
