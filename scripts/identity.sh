#!/bin/sh
# Gets a certified OpenID provider (npm oidc-provider) into build/identity, once, for the tests of signing in.
# Never fails: without Node.js 20 those tests are skipped, and it says so loudly.
set -u
cd "$(dirname "$0")/.."
into=build/identity

skipped() {
    printf '%s\n' \
        '********************************************************************************' \
        "*** No OpenID provider: $1" \
        '*** THE TESTS OF SIGNING IN AT A REAL PROVIDER WILL BE SKIPPED. Install Node.js 20 or newer with npm' \
        '*** and run make test again.' \
        '********************************************************************************' >&2
    exit 0
}

wanted=$(cat scripts/identity/package-lock.json scripts/identity.sh | cksum)
[ "$(cat "$into/complete" 2>/dev/null || true)" = "$wanted" ] && exit 0
command -v node >/dev/null || skipped "there is no Node.js."
command -v npm >/dev/null || skipped "there is no npm."
[ "$(node -p 'process.versions.node.split(".")[0]')" -ge 20 ] 2>/dev/null || skipped "Node.js is older than 20."
echo "identity: getting the OpenID provider of the tests with npm" >&2
rm -rf "$into"
mkdir -p "$into"
cp scripts/identity/package.json scripts/identity/package-lock.json "$into/"
npm ci --prefix "$into" --silent --no-audit --no-fund --ignore-scripts >&2 || skipped "npm could not get it."
echo "$wanted" >"$into/complete"
