"""Made-up requests for the push API: whatever comes, it is answered by the contract and no neighbour is lost.

    make fuzz-push N=100000

Requests are made from sound ones by mutations that people, programs and attackers make: of the bytes, of the JSON, of
the rows and of the headers; nearly all are signed well. After each lot, everything that was accepted goes the way that
it would go in a worker: each event must have become a record or a rejected change, and sound rows must be there. Prints
one JSON object; ends with 1 where anything failed.
"""

import argparse
import asyncio
import json
import random
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import msgspec
import psycopg
from sqlalchemy import text

import rules
from proactive.cli._progress import progress
from proactive.domain.change import Change, encode
from proactive.domain.keys import Keys
from proactive.embedded.postgres import EmbeddedPostgres
from proactive.facts import Facts
from proactive.ports.clock import SystemClock
from proactive.steps.relay import relay
from proactive.store.migrate import migrate
from proactive.store.store import Store, opened
from proactive.web.push.endpoint import Push
from tests.web.push.sender import BATCH, BINARY, STRUCTURED, Sender, changed, licence, word
from triggers.recognise import Lanes

DOCUMENTED = {202, 400, 401, 403, 404, 408, 409, 413, 415}
KEYS = Keys("a secret of more than thirty-two characters")
LOT = 500

STRANGE: list[Any] = [
    None, True, False, 0, -1, 1, 2**31, 2**63 - 1, 2**63, -(2**63), -(2**63) - 1, 2**200, 0.1, 1e308, -0.0, "", " ",
    "\x00", "\x1f", "\x7f", "\u2028", "\u202e", "\ufeff", "\uffff", "\U0010ffff", "\ud800", "\udfff", "e\u0301",
    "Đà Nẵng 100%",
    "a" * 201, "a" * 5000, "048168000001", "٠٤٨", "2026-02-30", "9999-12-31", "2026-11-25T24:00:00Z", "NaN", "{{7*7}}",
    "'; DROP TABLE event; --", "../../etc/passwd", "\r\nx: y", [], {}, [[]], {"a": {"b": {}}}, {"": 1}, ["x"] * 50,
    "driver_licences", "residents", "violations", "proactive.register.heartbeat", "upsert", "delete",
]  # fmt: skip
PARTS = [
    b"NaN", b"Infinity", b"-Infinity", b"1e400", b"-1e999", b"\x00", b"\\u0000", b"\\ud800", b"\\udc00", b"\xff",
    b"\xed\xa0\x80", b"\xef\xbb\xbf", b"[" * 50, b"{" * 50, b'{"a":' * 40, b"]" * 20, b'"id":"x",', b",", b":", b'"',
    b"\\", b"//", b"9" * 400, b"0123", b"1.", b"tru", b"null",
]  # fmt: skip

HEADERS = ["connector-id", "webhook-id", "webhook-timestamp", "webhook-signature", "ce-id"]


@dataclass
class Result:
    requests: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    accepted: int = 0
    kept: int = 0
    rejected: int = 0
    faults: list[str] = field(default_factory=list)


class Fuzz:
    """Makes requests from a seed, sends them, and lets what was accepted go its way."""

    def __init__(self, store: Store, url: str, sender: Sender, seed: int) -> None:
        self.chance = random.Random(seed)
        self.result = Result()
        self._store, self._sender = store, sender
        self._catalogue = rules.load()
        self._lanes = Lanes(url, facts=Facts(self._catalogue), clock=SystemClock())
        self._number = 0
        self._sound: dict[str, int] = {}
        """Key -> version of sound rows that were accepted."""

    async def run(self, number: int) -> Result:
        try:
            with progress("Requests", number) as more:
                while (lot := min(LOT, number - self.result.requests)) > 0:
                    for _ in range(lot):
                        await self._one()
                    await self._goes_its_way()
                    more(lot)
        finally:
            self._lanes.close()
        return self.result

    def _event(self) -> dict[str, Any]:
        self._number += 1
        if self.chance.random() < 0.1:
            return word(self.chance.choice(["caught_up", "heartbeat"]))
        return changed(licence(self._number), version=self.chance.randint(1, 2**40))

    async def _one(self) -> None:
        sound = [self._event() for _ in range(self.chance.choice([0, 1, 1, 2, 3, 8]))]
        events: Any = list(sound)
        for _ in range(self.chance.choice([0, 0, 1, 1, 2])):
            self._mutate(events)
        mode, body = BATCH, _text(events)
        headers: dict[str, str] = {}
        if events and self.chance.random() < 0.2:
            mode, body = STRUCTURED, _text(events[0])
        elif events and isinstance(events[0], dict) and self.chance.random() < 0.2:
            mode, body = BINARY, _text(events[0].get("data"))
            headers = {
                f"ce-{name}": _header(value)
                for name, value in events[0].items()
                if name != "data" and _header(name) == name
            }
        for _ in range(self.chance.choice([0, 0, 0, 1, 3])):
            body = self._bytes(body)
        if self.chance.random() < 0.1:
            headers[self.chance.choice(HEADERS)] = self.chance.choice(
                ["", "x", "\xff", "v1,", "v1,a,b", "1e9", "9" * 30]
            )
        if self.chance.random() < 0.05:
            mode = self.chance.choice(["", "text/plain", "application/cloudevents", f"{BATCH};charset=utf-16", ";;;"])
        await self._send(body, mode, headers, sound)

    async def _send(self, body: bytes, mode: str, headers: dict[str, str], sound: list[dict[str, Any]]) -> None:
        signed = {**self._sender.headers(body, mode), **headers}
        raw = [(name.encode("latin-1", "replace"), text.encode("latin-1", "replace")) for name, text in signed.items()]
        answer = await self._sender.client.post("/v1/events", content=body, headers=raw)
        self.result.requests += 1
        self.result.statuses[answer.status_code] += 1
        if answer.status_code not in DOCUMENTED:
            self.result.faults.append(f"{answer.status_code} for {body[:300]!r} {mode}")
        elif answer.status_code == 202:
            self.result.accepted += answer.json()["accepted"]
            if body == _text(sound):
                self._sound |= {
                    one["subject"]: one["data"]["version"] for one in sound if one["type"].endswith("changed")
                }
        elif not answer.json()["problems"]:
            self.result.faults.append(f"{answer.status_code} without a word why")

    def _mutate(self, events: list[Any]) -> None:
        if not events:
            events.append(self.chance.choice(STRANGE))
            return
        place = self.chance.randrange(len(events))
        if self.chance.random() < 0.1:
            events[place] = self.chance.choice(STRANGE)
            return
        where: Any = json.loads(json.dumps(events[place]))
        events[place] = where
        while isinstance(where, dict) and where:
            name = self.chance.choice(list(where))
            if isinstance(where[name], dict) and self.chance.random() < 0.8:
                where = where[name]
                continue
            if self.chance.random() < 0.3:
                del where[name]
            else:
                where[name if self.chance.random() < 0.5 else self._name()] = self.chance.choice(STRANGE)
            return

    def _name(self) -> str:
        found = self.chance.choice([one for one in STRANGE if isinstance(one, str)])
        return str(found)

    def _bytes(self, body: bytes) -> bytes:
        at, to = sorted(self.chance.randrange(len(body) + 1) for _ in range(2))
        return self.chance.choice(
            [
                lambda: body[:at],
                lambda: body[:at] + self.chance.choice(PARTS) + body[at:],
                lambda: body[:at] + self.chance.randbytes(2) + body[at + 2 :],
                lambda: body[:at] + body[to:],
                lambda: body[:to] + body[at:],
            ]
        )()

    async def _goes_its_way(self) -> None:
        """As a worker would: told, recognised, settled."""
        told: list[Change] = []

        async def publish(changes: Any) -> None:
            told.extend(changes)

        clock = SystemClock()
        while await relay(catalogue=self._catalogue, store=self._store, publish=publish, clock=clock, limit=5000):
            messages = [Message(encode(one)) for one in told]
            told.clear()
            outcome = await asyncio.to_thread(self._lanes.take, messages)  # type: ignore[arg-type]  # what it needs of one
            self.result.kept += outcome.kept
            self.result.rejected += outcome.rejected
        for _ in range(2):  # settles what was kept, then heeds the words that waited for it
            await relay(catalogue=self._catalogue, store=self._store, publish=publish, clock=clock, limit=5000)
        async with self._store.engine.connect() as connection:
            open_ = await connection.scalar(text("SELECT count(*) FROM event WHERE settled_at IS NULL"))
            rows = await connection.execute(
                text("SELECT key, version FROM record WHERE key = ANY(:keys)"), {"keys": list(self._sound)}
            )
            kept = {row.key: row.version for row in rows}
        if open_:
            self.result.faults.append(f"{open_} events came to nothing")
        lost = [key for key, version in self._sound.items() if kept.get(key, 0) < version]
        if lost:
            self.result.faults.append(f"{len(lost)} sound rows are lost")
        self._sound.clear()


@dataclass(frozen=True)
class Message:
    """As much of a Kafka message as the lanes look at."""

    body: bytes

    def value(self) -> bytes:
        return self.body

    def partition(self) -> int:
        return 0


def _text(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=True).encode()


def _header(value: Any) -> str:
    return "".join(letter for letter in str(value) if letter.isprintable() and letter.isascii())[:300] or "x"


async def fuzz(store: Store, url: str, number: int, seed: int) -> Result:
    """So many requests against the application over this store."""
    catalogue = rules.load()
    ours = ("driver_licences", "residents")
    await store.connectors.make(f"con_fuzz{seed}", name=f"fuzz {seed}", registers=ours, now=SystemClock().now())
    push = Push(store=store, keys=KEYS, clock=SystemClock(), catalogue=catalogue, told=ours, rate=1e9)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(push), base_url="http://push") as client:
        id = f"con_fuzz{seed}"
        return await Fuzz(store, url, Sender(client, id, (KEYS.connector_secret(id, 1),)), seed).run(number)


async def main(number: int, seed: int) -> Result:
    with tempfile.TemporaryDirectory(prefix="proactive-fuzz-") as place:
        folder = Path(place)
        folder.chmod(0o711)  # noqa: ASYNC240  # before anything runs
        server = EmbeddedPostgres(folder / "database")
        admin = await server.start()
        try:
            async with await psycopg.AsyncConnection.connect(admin, autocommit=True) as connection:
                await connection.execute("CREATE DATABASE fuzz")
            await migrate(server.url("fuzz"))
            async with opened(server.url("fuzz")) as store:
                return await fuzz(store, server.url("fuzz"), number, seed)
        finally:
            await server.stop()


if __name__ == "__main__":
    import structlog

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    found = asyncio.run(main(asked.n, asked.seed))
    print(msgspec.json.format(msgspec.json.encode(vars(found))).decode())
    sys.exit(1 if found.faults else 0)
