#!/bin/sh
# Gets Stoplight Prism (an independent mock of any OpenAPI document) and Twilio's OpenAPI document, as the npm package
# of Twilio's own command line carries it (MIT; the document itself Apache-2.0), into build/prism, once. Never fails:
# without Node.js the test that our requests are Twilio's is skipped, and it says so loudly.
set -u
cd "$(dirname "$0")/.."
into=build/prism
cli=@twilio/cli-core@8.3.2
sum=6ae83443de5882462b5fba9eddd9080a0ba52ff9cfa579d8bac9f4cf43ee4409

skipped() {
    printf '%s\n' \
        '********************************************************************************' \
        "*** No Prism: $1" \
        '*** THE TEST OF OUR REQUESTS AGAINST TWILIO'"'"'S OPENAPI DOCUMENT WILL BE SKIPPED.' \
        '*** Install Node.js 18 or newer with npm and run make test again.' \
        '********************************************************************************' >&2
    exit 0
}

wanted=$(cat scripts/prism/package-lock.json scripts/prism.sh | cksum)
[ "$(cat "$into/complete" 2>/dev/null || true)" = "$wanted" ] && exit 0
command -v node >/dev/null && command -v npm >/dev/null || skipped "there is no Node.js with npm."
echo "prism: getting Prism and Twilio's OpenAPI document with npm" >&2
rm -rf "$into"
mkdir -p "$into"
cp scripts/prism/package.json scripts/prism/package-lock.json "$into"
(cd "$into" && npm ci --silent --no-audit --no-fund --ignore-scripts >&2) || skipped "npm could not install it."
(cd "$into" && npm pack --silent "$cli" >/dev/null) || skipped "npm could not get $cli."
echo "$sum  $into/twilio-cli-core-8.3.2.tgz" | sha256sum -c --quiet >&2 || skipped "$cli is not what it was."
tar -xzf "$into/twilio-cli-core-8.3.2.tgz" -C "$into" package/src/services/twilio-api/twilio_api_v2010.json package/LICENSE ||
    skipped "$cli holds no OpenAPI document."
mv "$into/package/src/services/twilio-api/twilio_api_v2010.json" "$into/twilio_api_v2010.json"
echo "$wanted" >"$into/complete"
