"""A walk is through an installation as it is run: pseudonyms stand for personal ids."""

from collections.abc import AsyncIterator

import pytest

from proactive.store.store import Store, opened
from tests.conftest import PSEUDONYMS, VAULT


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[Store]:
    """The store over a fresh database, as the processes of the walk open it."""
    async with opened(database_url, size=10, application="test", vault=VAULT, pseudonyms=PSEUDONYMS) as made:
        yield made
