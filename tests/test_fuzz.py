"""The short form of `make fuzz`."""

import pytest

from tests.fuzz import ENVIRONMENT, fuzz


async def test_whatever_comes_is_taken_or_refused_by_name_and_what_is_taken_can_be_stored(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)  # and takes it back, for whoever comes next

    made = await fuzz(400, seed=20261130)

    assert made.faults == []
    assert min(made.counts[name] for name in made.targets) > 0
    taken = made.counts - made.refused
    assert sum(taken.values()) > 100
