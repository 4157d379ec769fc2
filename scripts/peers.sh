#!/bin/sh
# An environment of its own for each peer of `make bench-recognise`, under build/peers: their pins would not go together.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
python=${PYTHON:-python3}
common="psycopg[binary]==3.3.9"

peer() {
    place="$root/build/peers/$1"
    shift
    made="$* $common"
    [ "$(cat "$place/made" 2>/dev/null)" = "$made" ] && return 0
    rm -rf "$place"
    "$python" -m venv "$place"
    # shellcheck disable=SC2086
    "$place/bin/pip" install --quiet --disable-pip-version-check "$@" $common
    echo "$made" >"$place/made"
}

peer quixstreams quixstreams==3.28.1 confluent-kafka==2.12.2 pydantic==2.13.5
peer bytewax bytewax==0.21.1 confluent-kafka==2.16.1 pydantic==2.14.3
peer faust_idiomatic faust-streaming==0.15.3 aiokafka[lz4]==0.14.0 setuptools==80.9.0 pydantic==2.14.3
