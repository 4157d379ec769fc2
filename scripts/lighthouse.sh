#!/bin/sh
# Measures the citizen's pages with Lighthouse on a simulated mid-range phone with slow 4G. `make lighthouse`; not part of
# `make test`. Needs Node.js 20 and Chromium; gets Lighthouse (12.8, the last for Node.js 20) into build/lighthouse once.
set -eu
cd "$(dirname "$0")/.."
version=12.8.2
into=build/lighthouse

command -v npm >/dev/null || { echo "lighthouse: npm is needed and was not found; install Node.js 20 or newer" >&2; exit 1; }
if [ "$(cat "$into/complete" 2>/dev/null || true)" != "$version" ]; then
    echo "lighthouse: getting it with npm" >&2
    rm -rf "$into"
    mkdir -p "$into"
    npm install "lighthouse@$version" --prefix "$into" --no-save --silent --no-audit --no-fund --ignore-scripts >&2
    echo "$version" >"$into/complete"
fi
exec .venv/bin/python scripts/lighthouse.py "$into/node_modules/.bin/lighthouse" "$@"
