"""Raises worker, pages and stand-ins: imports everything once, then forks, so that one is up in tens of milliseconds.

    python -m tests.faults.nursery PAGE

Each child is a process of its own, in a session of its own, and dies by signals as any other. It runs its module as
`python -m` would. The one thing that is not the machine's is its clock: SystemClock is moved by the doubles in the
file PAGE, the first for all and another for the child alone, so that clocks jump while processes run.
"""

import contextlib
import ctypes
import importlib
import json
import mmap
import os
import random
import runpy
import select
import signal
import struct
import sys
import traceback
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from proactive.ports.clock import SystemClock

GROWN_UP = (
    "triggers.worker", "proactive.cli", "proactive.cli._web", "proactive.cli.web", "proactive.web.app",
    "proactive.demo.phones", "proactive.demo.intake", "proactive.parts", "notifiers.sms", "connectors.intakes.http",
    "connectors.registers.sql", "twilio.rest", "uvicorn.lifespan.on", "uvicorn.protocols.http.auto",
    "uvicorn.loops.auto", "proactive.store.store",
)  # fmt: skip
SLOTS = 8
_SET_DEATH_SIGNAL = 1


def main() -> None:
    page = Path(sys.argv[1])
    for name in GROWN_UP:
        with contextlib.suppress(ModuleNotFoundError):
            importlib.import_module(name)
    preload()
    tell({"ready": os.getpid()})
    buffer = b""
    while True:
        readable, _, _ = select.select([0], [], [], 0.02)
        if readable:
            read = os.read(0, 1 << 16)
            if not read:
                return
            buffer += read
            *lines, buffer = buffer.split(b"\n")
            for line in lines:
                order = json.loads(line)
                tell({"started": order["id"], "pid": born(order, page)})
        with contextlib.suppress(ChildProcessError):
            while (ended := os.waitpid(-1, os.WNOHANG))[0]:
                tell({"ended": ended[0], "status": os.waitstatus_to_exitcode(ended[1])})


def preload() -> None:
    """What each of them reads from files as it starts."""
    from proactive.parts import rule_book

    rule_book()


def tell(what: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def born(order: dict[str, Any], page: Path) -> int:
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        os.setsid()
        ctypes.CDLL(None).prctl(_SET_DEATH_SIGNAL, signal.SIGKILL)
        log = os.open(order["log"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.dup2(log, 1)
        os.dup2(log, 2)
        os.environ.clear()
        os.environ.update(order["env"])
        random.seed()
        _move_clock(page, order["slot"])
        sys.argv = [order["module"], *order["arguments"]]
        runpy.run_module(order["module"], run_name="__main__", alter_sys=True)
        status = 0
    except SystemExit as leaving:
        status = leaving.code if isinstance(leaving.code, int) else 1 if leaving.code else 0
        if isinstance(leaving.code, str):
            sys.stderr.write(leaving.code + "\n")
    except BaseException:
        traceback.print_exc()
    finally:
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(status)


def _move_clock(page: Path, slot: int) -> None:
    with page.open("r+b") as file:
        shared = mmap.mmap(file.fileno(), SLOTS * 8)
    machine = SystemClock.now

    def now(self: SystemClock) -> datetime:
        (everybody,), (own,) = struct.unpack_from("d", shared, 0), struct.unpack_from("d", shared, 8 * slot)
        return machine(self) + timedelta(seconds=everybody + (own if slot else 0))

    SystemClock.now = now  # type: ignore[method-assign] # the port is there to be stood in for


if __name__ == "__main__":
    main()
