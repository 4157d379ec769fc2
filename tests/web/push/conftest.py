"""The push API over a store of its own, and a connector that may tell of two registers."""

from collections.abc import AsyncIterator

import httpx
import pytest
from sqlalchemy import text

from proactive.domain.keys import Keys
from proactive.ports.clock import SystemClock
from proactive.store.store import Store
from proactive.web.push.endpoint import Push
from rules import Catalogue
from tests.web.push.sender import Sender

KEYS = Keys("a secret of more than thirty-two characters")
OURS = ("driver_licences", "residents")


@pytest.fixture
def push(store: Store, catalogue: Catalogue) -> Push:
    return Push(store=store, keys=KEYS, clock=SystemClock(), catalogue=catalogue, told=OURS, rate=1_000_000)


@pytest.fixture
async def client(push: Push) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(push), base_url="http://push") as made:
        yield made


@pytest.fixture
async def sender(client: httpx.AsyncClient, store: Store) -> Sender:
    async with store.engine.begin() as connection:
        await connection.execute(text("TRUNCATE event, connector, push_request, hearing, watch_position"))
    await store.connectors.make("con_csgt", name="CSGT", registers=OURS, now=SystemClock().now())
    return Sender(client, "con_csgt", (KEYS.connector_secret("con_csgt", 1),))
