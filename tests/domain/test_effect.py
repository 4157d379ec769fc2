"""Intervals as the literature has them, and silence where there are too few."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proactive.domain.effect import Share, Verdict, effect, wilson

# Newcombe, Statistics in Medicine 17 (1998), tables I and II; rounded to four places there.
SINGLE = [
    ((81, 263), (0.2553, 0.3662)),
    ((15, 148), (0.0624, 0.1605)),
    ((0, 20), (0.0, 0.1611)),
    ((1, 29), (0.0061, 0.1718)),
]
PAIRS = [
    ((56, 70), (48, 80), (0.0524, 0.3339)),
    ((9, 10), (3, 10), (0.1705, 0.8090)),
    ((10, 10), (0, 20), (0.6791, 1.0)),
    ((0, 10), (0, 20), (-0.1611, 0.2775)),
]


@pytest.mark.parametrize(("share", "interval"), SINGLE)
def test_wilsons_interval_is_the_published_one(share: tuple[int, int], interval: tuple[float, float]) -> None:
    assert wilson(Share(*share)) == pytest.approx(interval, abs=5e-5)


@pytest.mark.parametrize(("one", "other", "interval"), PAIRS)
def test_newcombes_interval_is_the_published_one(
    one: tuple[int, int], other: tuple[int, int], interval: tuple[float, float]
) -> None:
    found = effect(Share(*one), Share(*other))

    assert found is not None and (found.low, found.high) == pytest.approx(interval, abs=5e-5)


def test_it_says_more_less_nothing_seen_or_too_few() -> None:
    said = [
        effect(Share(80, 100), Share(40, 100)), effect(Share(40, 100), Share(80, 100)),
        effect(Share(41, 100), Share(40, 100)), effect(Share(29, 29), Share(0, 100)), effect(Share(0, 0), Share(1, 2)),
    ]  # fmt: skip

    assert [one and one.verdict for one in said] == [
        Verdict.MORE, Verdict.LESS, Verdict.NOT_SEEN, Verdict.TOO_FEW, None,
    ]  # fmt: skip


@given(st.integers(1, 400), st.integers(1, 400), st.data())
def test_the_difference_lies_in_its_interval_and_turns_with_the_groups(n: int, m: int, data: st.DataObject) -> None:
    one, other = Share(data.draw(st.integers(0, n)), n), Share(data.draw(st.integers(0, m)), m)

    there, back = effect(one, other), effect(other, one)

    assert there is not None and back is not None
    assert -1 <= there.low <= there.difference <= there.high <= 1
    assert (there.low, there.high) == pytest.approx((-back.high, -back.low))
