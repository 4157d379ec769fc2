#!/bin/sh
# Sees to a Chromium for the browser tests. Never fails: without one those tests are skipped, and it says so loudly.
set -u

works() {
    for name in chromium chromium-browser google-chrome google-chrome-stable; do
        if path=$(command -v "$name") && timeout 20 "$path" --version >/dev/null 2>&1; then
            return 0
        fi
    done
    return 1
}

skipped() {
    printf '%s\n' \
        '********************************************************************************' \
        "*** No Chromium: $1" \
        '*** THE BROWSER TESTS WILL BE SKIPPED. Install Chromium and run make test again.' \
        '********************************************************************************' >&2
    exit 0
}

works && exit 0
[ "$(id -u)" = 0 ] || skipped "none is installed, and only root may install the distribution's."
command -v apt-get >/dev/null || skipped "none is installed, and this system has no apt-get to install it with."
echo "browser: installing the distribution's Chromium" >&2
export DEBIAN_FRONTEND=noninteractive
timeout 120 apt-get update -qq >&2 || echo "browser: the list of packages could not be renewed; trying with the old one" >&2
timeout 400 apt-get install -y -qq --no-install-recommends chromium >/dev/null || skipped "apt-get could not install it."
works || skipped "what apt-get installed does not run."
