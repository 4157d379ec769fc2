#!/bin/sh
# Apache Kafka on this machine, one broker or three, until Ctrl-C: scripts/kafka.sh [--brokers 3] [--dir .data]
set -eu
cd "$(dirname "$0")/.."
scripts/setup.sh
scripts/jars.sh
exec .venv/bin/python -m proactive.embedded.kafka "$@"
