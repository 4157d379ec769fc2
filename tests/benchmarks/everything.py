"""Runs the benchmarks of scale one after another, keeps what each prints, and writes docs/performance.md anew.

    make bench                                  # small: proves that the scripts work, about five minutes in all
    make bench ARGS="--size large --only due_day"   # one of them as it is meant, for a calm machine
    make bench ARGS="--only none"               # the page alone, from what is kept

What is kept is docs/performance/NAME.json: the script's own JSON with the machine, the load before, the day and the
command. A small run does not replace a large one that is kept, unless `--replace` is given.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

from tests.benchmarks.page import KEPT, RUNS, write

ROOT = Path(__file__).parents[2]
LONGEST = 3600


def machine() -> dict[str, Any]:
    """What it ran on, as far as it matters."""
    return {
        "cores": os.cpu_count(), "memory_gb": round(psutil.virtual_memory().total / 2**30), "system": platform.system(),
        "architecture": platform.machine(), "python": platform.python_version(),
    }  # fmt: skip


def run(name: str, size: str) -> dict[str, Any]:
    """One script in a process of its own. Raises SystemExit where it fails: nothing is kept then."""
    command = ["-m", f"tests.benchmarks.{name}", *RUNS[name][size]]
    load, began = os.getloadavg()[0], time.perf_counter()
    ran = subprocess.run(
        [sys.executable, *command], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False, timeout=LONGEST
    )
    if ran.returncode:
        raise SystemExit(f"{name} ended with status {ran.returncode}; nothing was kept of it.")
    return {
        "name": name, "size": size, "at": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "command": f"python {' '.join(command)}", "took_s": round(time.perf_counter() - began),
        "load_before": round(load, 1), "load_after": round(os.getloadavg()[0], 1), "machine": machine(),
        "measured": json.loads(ran.stdout.splitlines()[-1]),
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", choices=("small", "large"), default="small")
    parser.add_argument("--only", nargs="*", choices=(*RUNS, "none"), default=list(RUNS))
    parser.add_argument("--replace", action="store_true", help="let a small run replace a large one")
    given = parser.parse_args()
    KEPT.mkdir(exist_ok=True)
    for name in given.only:
        if name == "none":
            continue
        made, file = run(name, given.size), KEPT / f"{name}.json"
        sys.stdout.write(json.dumps(made) + "\n")
        kept = json.loads(file.read_text())["size"] if file.exists() else given.size
        if (given.size, kept) == ("small", "large") and not given.replace:
            sys.stderr.write(f"{file.name} holds a large run and stays as it is (--replace would replace it).\n")
            continue
        file.write_text(json.dumps(made, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    write()


if __name__ == "__main__":
    main()
