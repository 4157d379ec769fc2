#!/bin/sh
# What checks deploy/ and docker-compose.yml: schemas of Kubernetes and Compose in build/manifests, once (about 25 MB).
# Never fails: where they cannot be had, the test that needs them is skipped, and it says so.
set -u
cd "$(dirname "$0")/.."
place=build/manifests
made="kubernetes-validate==1.37.0 check-jsonschema==0.39.0"
[ "$(cat "$place/made" 2>/dev/null)" = "$made" ] && exit 0
rm -rf "$place"
# shellcheck disable=SC2086
"${PYTHON:-python3}" -m venv "$place" && "$place/bin/pip" install --quiet --disable-pip-version-check $made &&
    echo "$made" >"$place/made" || echo "*** No schemas of Kubernetes: THE TEST OF deploy/ WILL BE SKIPPED." >&2
exit 0
