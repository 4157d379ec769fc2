#!/bin/sh
# Looks for what should not be in the code or in what it is built from. Each tool runs in an environment of its own:
# none of them is a part of the product.
#   scripts/security.sh code    bandit, secrets: what `make test` and CI ask
#   scripts/security.sh         the same, and known holes of packages
#   scripts/security.sh sbom    build/sbom.json: everything that is installed, as CycloneDX
set -eu
cd "$(dirname "$0")/.."
tool() {
    package=$1
    shift
    UV_TOOL_DIR="$PWD/.venv/tools" .venv/bin/uv tool run --quiet --from "$package" "$@"
}

if [ "${1:-}" = sbom ]; then
    mkdir -p build
    tool cyclonedx-bom==7.5.0 cyclonedx-py environment .venv/bin/python --pyproject pyproject.toml \
        --output-reproducible --of JSON -o build/sbom.json
    echo "build/sbom.json: $(grep -c '"bom-ref"' build/sbom.json) parts"
    exit
fi

# B608: statements are put together from names of our own tables; B701 and B704: YAML, and our own pictures. Ruff asks
# for a reason at each of those lines (S608, S701, S704). B314: the answer of a gateway, looked at before it is parsed.
tool bandit==1.9.4 bandit --quiet --recursive --severity-level medium --skip B608,B701,B704,B314 \
    proactive notifiers connectors triggers rules
echo "bandit: nothing of medium severity or more"

tool detect-secrets==1.5.0 detect-secrets scan \
    --exclude-files '\.(lock|po|mo|csv)$|package-lock\.json|\.schema\.json$|^tests/|^proactive/web/static/|^docs/screenshots/' |
    .venv/bin/python scripts/secrets_found.py

[ "${1:-}" = code ] && exit

# A package that could not be looked up counts as not looked at: that is said, and is no "all is well".
tool pip-audit==2.10.1 pip-audit --requirement requirements.lock --require-hashes --disable-pip --strict \
    --progress-spinner off || {
    echo "packages: NOT LOOKED AT, or something was found (above). Run it where the advisories can be reached."
    exit 1
}
