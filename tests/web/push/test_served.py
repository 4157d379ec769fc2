"""The web process as it is run: killed under load, nothing of what it acknowledged is missing."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import psutil
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from proactive.ports.clock import SystemClock
from proactive.store.store import Store, opened
from proactive.web.push.endpoint import Push
from rules import Catalogue
from tests.web.push.conftest import KEYS
from tests.web.push.sender import BATCH, Sender, changed, licence
from tests.web.push.served import Served, serving

LIVES = 2
ENDLESS = 64 * 1024 * 1024


async def test_under_attack_and_killed_it_loses_nothing_that_it_acknowledged(database_url: str, tmp_path: Path) -> None:
    """One test, since to start the process costs more than all the rest."""
    async with serving(database_url, tmp_path) as (served, sender), opened(database_url, size=1) as store:
        await an_endless_body_is_not_held(served, sender)
        await pages_are_beside(served, sender)
        acknowledged: set[str] = set()
        cut_off = 0
        for life in range(LIVES):
            if life:
                await served.start()
            telling = [asyncio.create_task(tell(sender, acknowledged, life * 10 + lane)) for lane in range(4)]
            at_least = len(acknowledged) + 200
            for _ in range(600):
                if len(acknowledged) >= at_least:
                    break
                await asyncio.sleep(0.02)
            await served.kill()
            cut_off += sum(await asyncio.gather(*telling))

        kept = await ids(store)

    assert cut_off > 0, "the fault happened: some requests were under way"
    assert len(acknowledged) >= 200 * LIVES
    assert acknowledged - kept == set()


async def an_endless_body_is_not_held(served: Served, sender: Sender) -> None:
    assert served.process is not None
    web = psutil.Process(served.process.pid)
    before = web.memory_info().rss

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(ENDLESS // 65_536):
            yield b" " * 65_536

    try:
        answer = await sender.client.post("/v1/events", content=endless(), headers=sender.headers(b"", BATCH))
        assert answer.status_code == 413
    except httpx.HTTPError:
        pass  # the connection was shut while we were still sending

    assert web.memory_info().rss - before < ENDLESS // 4


async def pages_are_beside(served: Served, sender: Sender) -> None:
    page, document = await sender.client.get("/check"), await sender.client.get("/v1/openapi.json")

    assert (page.status_code, document.status_code) == (200, 200)
    assert "set-cookie" not in document.headers
    assert sender.secrets[0] not in (served.folder / "web.log").read_text()


async def tell(sender: Sender, acknowledged: set[str], lane: int) -> int:
    """Batches of ten without end, until the process is gone; gives how many requests were cut off."""
    for number in range(10_000):
        events = [changed(licence(lane * 100_000 + number * 10 + i)) for i in range(10)]
        try:
            answer = await sender.send(events)
        except httpx.HTTPError:
            return 1
        assert answer.status_code == 202, answer.text
        acknowledged.update(event["id"] for event in events)
    return 0


async def ids(store: Store) -> set[str]:
    async with store.engine.connect() as connection:
        return set((await connection.execute(text("SELECT event_id FROM event"))).scalars())


async def test_a_database_that_is_away_is_answered_with_503_and_when_to_come_back(catalogue: Catalogue) -> None:
    engine = create_async_engine("postgresql+psycopg://nobody@127.0.0.1:9/nowhere", connect_args={"connect_timeout": 2})
    push = Push(store=Store(engine), keys=KEYS, clock=SystemClock(), catalogue=catalogue, told=(), rate=1000)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(push), base_url="http://push") as client:
        answer = await Sender(client, "con_csgt", (KEYS.connector_secret("con_csgt", 1),)).send([changed()])
    await engine.dispose()

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
    assert answer.json()["type"] == "urn:proactive:problem:unavailable"
