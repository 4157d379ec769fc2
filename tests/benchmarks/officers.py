"""Two hundred officers at 94 centres receive, hand over and return, at a steady rate, against the pages over HTTP.

    python -m tests.benchmarks.officers --rate 50 --seconds 60

The pages run in a process of their own; officers are signed in beforehand. An action is one form sent, with the page
that it leads to not counted. Prints one JSON object.
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
from datetime import timedelta
from multiprocessing import get_context
from pathlib import Path

import httpx
import uvicorn

import rules
from proactive.domain.keys import Keys
from proactive.embedded.postgres import EmbeddedPostgres
from proactive.ports.clock import SystemClock
from proactive.store.migrate import migrate
from proactive.store.people import Officer, Session
from proactive.store.store import opened
from rules.offices import units
from tests.web.conftest import build
from tests.web.test_procedures import published

OFFICERS = 200
PDF = b"%PDF-1.7 a result"


def serve(url: str, port: int) -> None:
    """The pages, until the process ends."""

    async def run() -> None:
        async with opened(url, size=16) as store:
            house = build(store, rules.load(), public_url=f"http://127.0.0.1:{port}")
            house.parts.clock.at = SystemClock(timedelta()).now()  # type: ignore[attr-defined]  # a clock that is set
            await published(house)
            config = uvicorn.Config(house.app, "127.0.0.1", port, log_level="critical", access_log=False, ws="none")
            await uvicorn.Server(config).serve()

    asyncio.run(run())


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


async def measure(rate: float, seconds: float) -> dict[str, object]:
    with tempfile.TemporaryDirectory(prefix="proactive-officers-") as folder:
        os.chmod(folder, 0o711)  # noqa: PTH101  the server's account must pass through
        server = EmbeddedPostgres(Path(folder))
        url = await server.start()
        try:
            await migrate(url)
            with socket.socket() as free:
                free.bind(("127.0.0.1", 0))
                port = int(free.getsockname()[1])
            pages = get_context("spawn").Process(target=serve, args=(url, port), daemon=True)
            pages.start()
            try:
                async with httpx.AsyncClient(
                    base_url=f"http://127.0.0.1:{port}", timeout=30, limits=httpx.Limits(max_connections=100)
                ) as client:
                    await _answers(client)
                    desks = await _seated(url, client)
                    draw = random.Random(94)
                    await journeys(desks, min(rate, 20), 3, draw)
                    return await journeys(desks, rate, seconds, draw)
            finally:
                pages.terminate()
                pages.join()
        finally:
            await server.stop()


async def _answers(client: httpx.AsyncClient) -> None:
    for _ in range(240):
        try:
            if "9.900002" in (await client.get("/procedures.json")).text:
                return
        except httpx.HTTPError:
            pass
        await asyncio.sleep(0.5)
    raise RuntimeError("The pages did not start.")


async def _seated(url: str, client: httpx.AsyncClient) -> dict[str, list[Desk]]:
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
            desks[office].append(Desk(client, name, office, token, csrf))
    return desks


def main() -> int:
    options = argparse.ArgumentParser()
    options.add_argument("--rate", type=float, default=50)
    options.add_argument("--seconds", type=float, default=60)
    asked = options.parse_args()
    sys.stdout.write(json.dumps(asyncio.run(measure(asked.rate, asked.seconds))) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
