"""Two hundred officers at 94 centres receive, hand over and return, at a steady rate, against the pages over HTTP.

    python -m tests.benchmarks.officers --rate 50 --seconds 60 --processes 2

The pages run in processes of their own, one a core; officers are signed in beforehand. An action is one form sent, with
the page that it leads to not counted. Processor time is told apart: of the pages, of the database, and of the officers'
side, which no deployment has. Prints one JSON object.
"""

import argparse
import asyncio
import json
import os
import random
import secrets
import socket
import sys
import tempfile
import time
from contextlib import AsyncExitStack
from datetime import timedelta
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path

import httpx
import psutil
import structlog
import uvicorn
import uvloop

import rules
from proactive.domain.keys import Keys
from proactive.embedded.postgres import EmbeddedPostgres
from proactive.memory_use import settle
from proactive.ports.clock import SystemClock
from proactive.store.migrate import migrate
from proactive.store.people import Officer, Session
from proactive.store.store import opened
from rules.offices import units
from tests.web.conftest import build
from tests.web.test_procedures import published

OFFICERS = 200
PDF = b"%PDF-1.7 a result"


def serve(url: str, port: int, first: bool) -> None:
    """The pages, until the process ends."""

    async def run() -> None:
        async with (
            opened(url, size=2) as store,
            build(store, rules.load(), public_url=f"http://127.0.0.1:{port}") as house,
        ):
            house.clock.at = SystemClock(timedelta()).now()
            if first:
                await published(house)
            config = uvicorn.Config(house.app, "127.0.0.1", port, log_level="critical", access_log=False, ws="none")
            settle()  # as `proactive web` does
            await uvicorn.Server(config).serve()

    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(run())


class Desk:
    """One officer at one centre, with a session."""

    def __init__(self, client: httpx.AsyncClient, name: str, office: str, token: str, csrf: str) -> None:
        self.client, self.name, self.office, self.csrf = client, name, office, csrf
        self.headers = {"cookie": f"officer={token}", "sec-fetch-site": "same-origin"}

    async def send(self, path: str, fields: dict[str, str], file: bytes | None = None) -> str:
        """Send a form; gives where it leads. Raises for any answer but 303."""
        form = {"csrf": self.csrf, **fields}
        files = {"document": ("a.pdf", file)} if file is not None else None
        answer = await self.client.post(path, data=form, files=files, headers=self.headers)
        if answer.status_code != 303:
            raise RuntimeError(f"{path} answered {answer.status_code}")
        return answer.headers["location"]


async def journeys(desks: dict[str, list[Desk]], rate: float, seconds: float, draw: random.Random) -> dict[str, object]:
    """Start whole cases so that `rate` actions happen each second, and note how long each took."""
    took: dict[str, list[float]] = {"receive": [], "hand_over": [], "finish": [], "return": []}
    failed: list[str] = []
    offices = list(desks)

    async def timed(name: str, work: object) -> str:
        began = time.perf_counter()
        found = await work  # type: ignore[misc]  # a coroutine of ours
        took[name].append(time.perf_counter() - began)
        return str(found)

    async def case() -> None:
        here, there, back = (draw.choice(offices) for _ in range(3))
        typed = {
            "procedure": "9.900002",
            "full_name": "Nguyễn Thị Thu Hà",
            "personal_id": f"048180{draw.randrange(10**6):06d}",
            "unit": there.removeprefix("centre-"),
            "returning": back,
            "return_by": "office",
            "paper-0": "electronic",
        }
        try:
            place = await timed("receive", draw.choice(desks[here]).send("/desk/cases", typed))
            for version, office in ((0, here), (1, there)):
                fields = {"version": str(version), "act": "hand_over"}
                await timed("hand_over", draw.choice(desks[office]).send(f"{place}/act", fields))
            await timed("finish", draw.choice(desks[there]).send(f"{place}/finish", {"version": "2"}, PDF))
            await timed("return", draw.choice(desks[back]).send(f"{place}/act", {"version": "3", "act": "return"}))
        except (RuntimeError, httpx.HTTPError) as error:
            failed.append(f"{type(error).__name__}: {error}")

    running, pause, began = set(), 5 / rate, time.perf_counter()
    for number in range(int(seconds / pause)):
        await asyncio.sleep(max(0.0, began + number * pause - time.perf_counter()))
        running.add(asyncio.create_task(case()))
    await asyncio.gather(*running)
    lasted = time.perf_counter() - began
    every = sorted(one for some in took.values() for one in some)
    return {
        "officers": sum(map(len, desks.values())), "centres": len(desks), "actions": len(every),
        "actions_a_second": round(len(every) / lasted, 1), "p50_ms": _at(every, 0.5), "p95_ms": _at(every, 0.95),
        "p99_ms": _at(every, 0.99), "by_action_p95_ms": {name: _at(sorted(some), 0.95) for name, some in took.items()},
        "failed": len(failed), "first_failure": failed[:1], "load": os.getloadavg()[0],
    }  # fmt: skip


def _at(found: list[float], share: float) -> float | None:
    return round(found[min(len(found) - 1, int(share * len(found)))] * 1000, 1) if found else None


async def measure(rate: float, seconds: float, processes: int) -> dict[str, object]:
    with tempfile.TemporaryDirectory(prefix="proactive-officers-") as folder:
        os.chmod(folder, 0o711)  # noqa: PTH101  the server's account must pass through
        server = EmbeddedPostgres(Path(folder))
        url = await server.start()
        try:
            await migrate(url)
            assert server.pid is not None
            async with AsyncExitStack() as stack:
                clients, pages = [], []
                for number in range(processes):
                    port = _free()
                    page = get_context("spawn").Process(target=serve, args=(url, port, number == 0), daemon=True)
                    page.start()
                    stack.callback(_end, page)
                    limits = httpx.Limits(max_connections=100)
                    client = httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30, limits=limits)
                    clients.append(await stack.enter_async_context(client))
                    await _answers(clients[-1])
                    pages.append(psutil.Process(page.pid))
                desks = await _seated(url, clients)
                draw = random.Random(94)
                await journeys(desks, min(rate, 20), 3, draw)
                before = _spent(pages, server.pid)
                found = await journeys(desks, rate, seconds, draw)
                spent = {name: after - before[name] for name, after in _spent(pages, server.pid).items()}
                actions = int(str(found["actions"])) or 1
                each = {name: round(1000 * one / actions, 1) for name, one in spent.items()}
                return {"processes": processes, **found, "cpu_ms_an_action": each}
        finally:
            await server.stop()


def _free() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _end(process: BaseProcess) -> None:
    process.terminate()
    process.join()


def _spent(pages: list[psutil.Process], postmaster: int) -> dict[str, float]:
    """Seconds of processor time so far: of the pages, of the database with all its sessions, and of our own side."""
    server = psutil.Process(postmaster)
    database = [server, *server.children(recursive=True)]
    return {"pages": sum(map(_of, pages)), "database": sum(map(_of, database)), "officers": _of(psutil.Process())}


def _of(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


async def _answers(client: httpx.AsyncClient) -> None:
    for _ in range(240):
        try:
            if "9.900002" in (await client.get("/procedures.json")).text:
                return
        except httpx.HTTPError:
            pass
        await asyncio.sleep(0.5)
    raise RuntimeError("The pages did not start.")


async def _seated(url: str, clients: list[httpx.AsyncClient]) -> dict[str, list[Desk]]:
    keys, now = Keys("a secret of more than thirty-two characters"), SystemClock(timedelta()).now()
    offices = [f"centre-{code}" for code in units()]
    desks: dict[str, list[Desk]] = {office: [] for office in offices}
    async with opened(url, size=2) as store:
        for number in range(OFFICERS):
            office, name = offices[number % len(offices)], f"can-bo-{number}"
            await store.officers.put(
                Officer(username=name, full_name=name, office=office, password_hash="", active=True)
            )  # fmt: skip
            token, csrf = secrets.token_urlsafe(32), secrets.token_urlsafe(24)
            session = Session(kind="officer", holder=name, csrf=csrf, expires_at=now + timedelta(hours=2))
            await store.sessions.begin(keys.token_hash(token), session, now=now)
            desks[office].append(Desk(clients[number % len(clients)], name, office, token, csrf))
    return desks


def main() -> int:
    options = argparse.ArgumentParser()
    options.add_argument("--rate", type=float, default=50)
    options.add_argument("--seconds", type=float, default=60)
    options.add_argument("--processes", type=int, default=2, help="Web processes; a deployment runs one a core.")
    asked = options.parse_args()
    sys.stdout.write(json.dumps(asyncio.run(measure(asked.rate, asked.seconds, asked.processes))) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
