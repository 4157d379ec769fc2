#!/bin/sh
# Every test: those that are quick in two processes, a file in one of them, then the walk alone, because it needs the whole
# machine, then the faults on three stacks. With arguments (-x -k notice) what they select, in one process.
set -eu
cd "$(dirname "$0")/.."
python=.venv/bin/python
export PYTHONDONTWRITEBYTECODE= # where it is set, hundreds of commands would each compile everything anew

if [ $# -gt 0 ]; then
    exec "$python" -m pytest "$@"
fi
"$python" -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder --ignore tests/walk \
    --ignore tests/faults/test_faults.py
"$python" -m pytest tests/walk
"$python" -m pytest --numprocesses 3 --dist load tests/faults/test_faults.py
