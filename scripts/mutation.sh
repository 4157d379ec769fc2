#!/bin/sh
# Mutation testing of rules/: one thing is changed at a time, and we see whether a test notices.
#
#   scripts/mutation.sh [NAMES...]      which mutants, as mutmut names them ('rules.day*'); see FOCUS below
#   SECONDS_AT_MOST=900                 when to stop; what was not reached is counted as not run
#
# It works on a copy below build/ and in an environment of its own, because the tool wants other versions than we do.
# The copy holds the services whose words the tests name, and leaves out tests that take seconds each.
set -eu
cd "$(dirname "$0")/.."
root=$(pwd -P)
place=$root/build/mutation
work=$place/work
most=${SECONDS_AT_MOST:-900}
FOCUS="rules.window* rules.dated* rules.day.* rules.conditions*"
SERVICES="driver_licence_renewal identity_card_renewal child_health_insurance_end military_registration passport_expiry social_pension food_safety_certificate"
TESTS="__init__ conftest test_another_service test_cases test_conditions test_dated_and_windows test_driver_licence_renewal test_loader test_vocabulary"

if [ ! -x "$place/venv/bin/mutmut" ]; then
    python3 -m venv "$place/venv"
    "$place/venv/bin/pip" install --quiet --disable-pip-version-check --no-input \
        mutmut==3.3.1 pytest==8.4.2 pytest-asyncio==1.1.0 pytest-timeout==2.4.0
    # What the product needs it takes from the project's own environment.
    for ours in "$root"/.venv/lib/python3.*/site-packages; do
        for theirs in "$place"/venv/lib/python3.*/site-packages; do echo "$ours" >"$theirs/zz_ours.pth"; done
    done
fi

rm -rf "$work"
mkdir -p "$work/tests/rules"
cp -r rules proactive "$work/"
for folder in "$work"/rules/*/; do
    name=$(basename "$folder")
    if [ -f "$folder/service.yaml" ]; then
        case " $SERVICES " in *" $name "*) ;; *) rm -rf "$folder" ;; esac
    fi
done
touch "$work/tests/__init__.py"
for name in $TESTS; do
    # mutmut hands test names on by the command line: no blanks or colons in them.
    if [ -f "tests/rules/$name.py" ]; then
        sed 's/, ids=str//; /^ *ids=.*,$/d' "tests/rules/$name.py" >"$work/tests/rules/$name.py"
    fi
done
cat >"$work/tests/conftest.py" <<'PYTHON'
import hashlib


def pytest_make_parametrize_id(config, val, argname):
    return f"{argname}-{hashlib.sha256(repr(val).encode()).hexdigest()[:8]}"
PYTHON
printf '[pytest]\nasyncio_mode = auto\nasyncio_default_fixture_loop_scope = session\naddopts = -q -p no:cacheprovider\n' >"$work/pytest.ini"
printf '[mutmut]\npaths_to_mutate=rules\ntests_dir=tests/rules\nalso_copy=\n    proactive\n    tests\n    pytest.ini\n' >"$work/setup.cfg"

cd "$work"
# shellcheck disable=SC2086 -- the names are meant to be several words
timeout "$most" "$place/venv/bin/mutmut" run --max-children "${CHILDREN:-2}" ${*:-$FOCUS} >"$place/run.log" 2>&1 ||
    echo "stopped after $most seconds or with a failure; see build/mutation/run.log" >&2
"$place/venv/bin/mutmut" results --all true >"$place/results.txt" 2>/dev/null || true
awk -F': ' '{ gsub(/ /, "", $1); split($1, part, "__mutmut_"); split(part[1], name, /\.x/); count[name[1] " " $2]++ }
    END { for (key in count) print count[key], key }' "$place/results.txt" | grep -v 'not checked' | sort -k2
echo "Each mutant: build/mutation/results.txt; one of them: (cd build/mutation/work && ../venv/bin/mutmut show NAME)" >&2
