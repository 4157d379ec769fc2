"""The short form of `make fuzz`."""

from tests.fuzz import fuzz


async def test_whatever_comes_is_taken_or_refused_by_name_and_what_is_taken_can_be_stored() -> None:
    made = await fuzz(400, seed=20261130)

    assert made.faults == []
    assert min(made.counts[name] for name in made.targets) > 0
    taken = made.counts - made.refused
    assert sum(taken.values()) > 100
