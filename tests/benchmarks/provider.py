"""A stand-in for Twilio that does nothing but take messages, late: for measuring, in a process of its own.

    python -m tests.benchmarks.provider --port 9100 --latency 0.1 --log FILE

Each message is written to the file before it is answered, so that a kill in between leaves what a provider leaves: a
message that was taken and never acknowledged. Started again on the same file it still has all of them.

It shares two cores with what is measured, and understands of HTTP only what Twilio's library says: so it costs little.
"""

import argparse
import asyncio
import hashlib
import json
import re
import signal
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from typing import TextIO, cast
from urllib.parse import parse_qsl

import uvloop


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

    def answer(self, method: str, target: str, body: bytes) -> tuple[int, object, float]:
        """Status, content, and after how many seconds."""
        path, _, query = target.partition("?")
        if path == "/told":
            return 200, self.told(), 0.0
        if method == "POST":
            return 201, self.create(dict(parse_qsl(body.decode()))), self.latency
        found = self.taken.get(dict(parse_qsl(query))["To"], [])
        return 200, {"messages": [one.shape() for one in found], "next_page_uri": None}, self.latency

    def create(self, form: Mapping[str, str]) -> dict[str, object]:
        one = Taken(form["To"], form["Body"], time.time())
        self.remember(one)
        self.log.write(json.dumps([one.to, one.body, one.at]) + "\n")
        self.log.flush()
        return one.shape()

    def told(self) -> dict[str, object]:
        """When each message was taken, in order, and how many of them say the same to the same number."""
        every = [one for some in self.taken.values() for one in some]
        doubled = len(every) - len({(one.to, one.body) for one in every})
        when = {one.sid: one.at for one in every}
        return {"at": sorted(when.values()), "when": when, "doubled": doubled}


class Line(asyncio.Protocol):
    """One connection: a request, its answer, the next request."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self._came = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._came += data
        while b"\r\n\r\n" in self._came:
            head, _, rest = self._came.partition(b"\r\n\r\n")
            length = LENGTH.search(head)
            size = int(length[1]) if length else 0
            if len(rest) < size:
                return
            self._came = rest[size:]
            method, target, _ = head.split(b"\r\n", 1)[0].decode().split(" ")
            status, content, after = self._provider.answer(method, target, rest[:size])
            text = json.dumps(content).encode()
            said = f"HTTP/1.1 {status} OK\r\nContent-Type: application/json\r\nContent-Length: {len(text)}\r\n\r\n"
            asyncio.get_running_loop().call_later(after, self._say, said.encode() + text)

    def _say(self, answer: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(answer)


LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]+)", re.IGNORECASE)


async def serve(port: int, provider: Provider) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Line(provider), "127.0.0.1", port, backlog=1024)
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    await stop.wait()
    server.close()


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
