"""The long runs begin with the first test that looks at one: beside them nothing else ends within its time."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.walk.commands import Ended
from tests.walk.test_kills import RUNS, Victims, disturbed

Runs = dict[str, asyncio.Task[tuple[Ended, Victims]]]


@pytest.fixture(scope="package")
async def runs(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Runs]:
    """The demo left alone and the demo with its parts killed, where the tests that ask for them are run at all."""
    wanted = any("test_kills.py" in item.nodeid for item in request.session.items)
    tasks = {name: asyncio.create_task(disturbed(name, tmp_path_factory.mktemp(name))) for name in RUNS if wanted}
    yield tasks
    for task in tasks.values():
        task.cancel()
    await asyncio.gather(*tasks.values(), return_exceptions=True)
