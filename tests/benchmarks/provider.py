"""A stand-in for Twilio that does nothing but take messages, late: for measuring, in a process of its own.

    python -m tests.benchmarks.provider --port 9100 --latency 0.1 --log FILE

Each message is written to the file before it is answered, so that a kill in between leaves what a provider leaves: a
message that was taken and never acknowledged. Started again on the same file it still has all of them.
"""

import argparse
import asyncio
import hashlib
import json
import signal
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from typing import TextIO
from urllib.parse import parse_qsl

import uvloop
from aiohttp import web


@dataclass(frozen=True)
class Taken:
    to: str
    body: str
    at: float

    @property
    def sid(self) -> str:
        return "SM" + hashlib.sha256(f"{self.to}{self.body}{self.at}".encode()).hexdigest()[:32]

    def shape(self) -> dict[str, object]:
        """The fields of Twilio's message that are read."""
        made = format_datetime(datetime.fromtimestamp(self.at, UTC))
        return {"sid": self.sid, "to": self.to, "body": self.body, "status": "accepted", "date_created": made}


@dataclass
class Provider:
    latency: float
    log: TextIO
    taken: dict[str, list[Taken]] = field(default_factory=dict)

    def remember(self, one: Taken) -> None:
        self.taken.setdefault(one.to, []).append(one)

    async def create(self, request: web.Request) -> web.Response:
        form = dict(parse_qsl((await request.read()).decode()))
        one = Taken(form["To"], form["Body"], time.time())
        self.remember(one)
        self.log.write(json.dumps([one.to, one.body, one.at]) + "\n")
        self.log.flush()
        await asyncio.sleep(self.latency)
        return web.json_response(one.shape(), status=201)

    async def find(self, request: web.Request) -> web.Response:
        await asyncio.sleep(self.latency)
        found = self.taken.get(request.query["To"], [])
        return web.json_response({"messages": [one.shape() for one in found], "next_page_uri": None})

    async def told(self, request: web.Request) -> web.Response:
        """When each message was taken, in order, and how many of them say the same to the same number."""
        every = [one for some in self.taken.values() for one in some]
        doubled = len(every) - len({(one.to, one.body) for one in every})
        when = {one.sid: one.at for one in every}
        return web.json_response({"at": sorted(when.values()), "when": when, "doubled": doubled})


async def serve(port: int, provider: Provider) -> None:
    app = web.Application()
    messages = "/2010-04-01/Accounts/{account}/Messages.json"
    app.add_routes(
        [web.post(messages, provider.create), web.get(messages, provider.find), web.get("/told", provider.told)]
    )
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port, backlog=1024).start()
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await stop.wait()
    await runner.cleanup()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--latency", type=float, default=0.1)
    parser.add_argument("--log", type=Path, required=True)
    given = parser.parse_args()
    given.log.touch()
    with given.log.open("r+", encoding="utf-8") as log:
        provider = Provider(given.latency, log)
        for line in log:
            if line.endswith("\n"):  # a kill may have cut the last one
                provider.remember(Taken(*json.loads(line)))
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as loop:
            loop.run(serve(given.port, provider))


if __name__ == "__main__":
    main()
