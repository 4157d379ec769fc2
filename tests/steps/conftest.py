"""A town for each test, on the tests' morning."""

import pytest

from proactive.facts import Facts
from proactive.ports.clock import SetClock
from proactive.store.store import Store
from rules import Catalogue
from tests.steps.town import Town


@pytest.fixture
async def town(store: Store, database_url: str, catalogue: Catalogue, facts: Facts, clock: SetClock) -> Town:
    """Sources, a channel and an intake that only remember, around a store of its own."""
    made = Town(store=store, database_url=database_url, catalogue=catalogue, facts=facts, clock=clock)
    await made.ready()
    return made
