from collections.abc import AsyncIterator

import pytest

from proactive.embedded.postgres import EmbeddedPostgres
from tests.demo.servers import postgres


@pytest.fixture(scope="session")
async def server() -> AsyncIterator[EmbeddedPostgres]:
    async with postgres() as started:
        yield started
