#!/bin/sh
# Copies what the pages need out of npm packages into proactive/web/static and tests/web/vendor; what it makes is committed,
# so that running and testing need no npm. Taken: the design system's stylesheet and script without its typeface, crest
# and crown (those are not ours to use), Be Vietnam Pro, what scripts/echarts.js names of ECharts, and axe for the tests;
# each with its licence.
set -eu
cd "$(dirname "$0")/.."

command -v npm >/dev/null || { echo "assets: npm is needed and was not found; install Node.js 20 or newer" >&2; exit 1; }
npm ci --silent --no-audit --no-fund --ignore-scripts

govuk=node_modules/govuk-frontend/dist/govuk
font=node_modules/@fontsource/be-vietnam-pro
static=proactive/web/static
vendor=tests/web/vendor
family='"Be Vietnam Pro","Noto Sans","Segoe UI",Roboto,Arial,sans-serif'
mkdir -p "$static" "$vendor"

sed -E \
    -e 's/@font-face\{[^}]*\}//g' \
    -e "s/GDS Transport,arial,sans-serif/$family/g" \
    -e 's#url\(/assets/images/govuk-crest\.svg\)#none#g' \
    -e 's#/\*\# sourceMappingURL=.*\*/##' \
    "$govuk/govuk-frontend.min.css" >"$static/govuk-frontend.css"
sed -E 's#^//\# sourceMappingURL=.*$##' "$govuk/govuk-frontend.min.js" >"$static/govuk-frontend.js"
if grep -q -e 'GDS Transport' -e '/assets/' "$static/govuk-frontend.css"; then
    echo "assets: the stylesheet still asks for a typeface or image that is not ours; adapt scripts/assets.sh" >&2
    exit 1
fi

for part in latin vietnamese; do
    for weight in 400 700; do
        cp "$font/files/be-vietnam-pro-$part-$weight-normal.woff2" "$static/be-vietnam-pro-$part-$weight.woff2"
    done
done
cp "$font/LICENSE" "$static/LICENSE-be-vietnam-pro.txt"

node_modules/.bin/esbuild scripts/echarts.js --bundle --minify --format=esm --target=es2020 --legal-comments=none \
    --banner:js="/* Apache ECharts with zrender and tslib: see LICENSE-echarts.txt */" \
    --log-level=warning --outfile="$static/echarts.js"
{ cat node_modules/echarts/LICENSE node_modules/echarts/NOTICE; printf '\n\nzrender, which ECharts draws with\n\n'
    cat node_modules/zrender/LICENSE; printf '\n\ntslib\n\n'; cat node_modules/tslib/LICENSE.txt; } >"$static/LICENSE-echarts.txt"

cp node_modules/axe-core/axe.min.js "$vendor/axe.min.js"
cp node_modules/axe-core/LICENSE "$vendor/LICENSE-axe-core.txt"
cp node_modules/axe-core/LICENSE-3RD-PARTY.txt "$vendor/LICENSE-axe-core-3RD-PARTY.txt"
echo "assets: $static and $vendor are up to date" >&2
