"""Shares between providers: gradual, never to and fro, and each is always tried."""

import math
import random
from collections import Counter
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from proactive.domain.providers import CAUTION, Seen, moved, order, rests

EVEN = rests({"a": 1, "b": 1})

counts = st.integers(0, 10_000)
seen = st.builds(
    lambda given, bad, settled, undelivered: Seen(given, min(given, bad), settled, min(settled, undelivered)),
    counts, counts, counts, counts,
)  # fmt: skip


@st.composite
def towns(draw: st.DrawFn) -> tuple[dict[str, float], dict[str, Seen], dict[str, float]]:
    """Shares as they could be, what was seen, and where they rest, for two to four providers."""
    names = "abcd"[: draw(st.integers(2, 4))]
    weights = {name: draw(st.integers(1, 100)) for name in names}
    now = {name: draw(st.integers(1, 100)) for name in names}
    return rests(now), {name: draw(seen) for name in names}, rests(weights)


@given(towns())
def test_shares_always_sum_to_one_keep_a_share_to_be_tried_by_and_move_little(
    town: tuple[dict[str, float], dict[str, Seen], dict[str, float]],
) -> None:
    shares, outcomes, resting = town

    after = moved(shares, outcomes, resting)

    assert math.isclose(sum(after.values()), 1)
    assert all(share >= CAUTION.floor - 1e-9 for share in after.values())
    assert all(abs(after[name] - share) <= CAUTION.most + 1e-9 for name, share in shares.items())


@given(st.integers(CAUTION.least, 5_000), st.floats(0, 1), st.floats(0.1, 0.9))
def test_where_both_are_slow_or_failing_alike_no_share_leaves_the_one_for_the_other(
    given_: int, rate: float, share: float
) -> None:
    bad = round(given_ * rate)
    shares = {"a": share, "b": 1 - share}

    after = moved(shares, {"a": Seen(given_, bad), "b": Seen(given_, bad)}, shares)

    assert after == shares


@given(st.integers(CAUTION.least, 2_000), st.integers(CAUTION.least, 2_000), st.floats(0.05, 0.95))
def test_whoever_takes_nothing_is_at_the_floor_after_five_looks(dead: int, well: int, share: float) -> None:
    shares = {"a": share, "b": 1 - share}
    outcomes = {"a": Seen(dead, dead), "b": Seen(well, 0)}

    for _ in range(5):
        shares = moved(shares, outcomes, EVEN)

    assert math.isclose(shares["a"], CAUTION.floor)


@given(towns())
def test_shares_go_back_to_where_they_rest_step_by_step_and_stay_there(
    town: tuple[dict[str, float], dict[str, Seen], dict[str, float]],
) -> None:
    shares, _, resting = town
    well = {name: Seen(500, 5) for name in shares}

    for _ in range(40):
        after = moved(shares, well, resting)
        assert all(abs(after[name] - share) <= CAUTION.back + 1e-9 for name, share in shares.items())
        for name, share in shares.items():  # it only comes nearer
            assert abs(after[name] - resting[name]) <= abs(share - resting[name]) + 1e-9
        shares = after

    assert all(math.isclose(shares[name], resting[name], abs_tol=1e-9) for name in shares)


@given(towns())
def test_nothing_moves_on_too_little(town: tuple[dict[str, float], dict[str, Seen], dict[str, float]]) -> None:
    shares, _, resting = town
    little = CAUTION.least - 1

    assert moved(shares, {name: Seen(little, little, little, little) for name in shares}, resting) == shares
    assert moved(shares, {}, resting) == shares


@given(st.integers(0, 400), st.integers(0, 400))
def test_one_that_never_tells_of_arrivals_is_not_compared_by_them(settled: int, undelivered: int) -> None:
    tells = Seen(400, 4, settled, min(settled, undelivered))

    after = moved(EVEN, {"a": tells, "b": Seen(400, 4)}, EVEN)

    assert after == EVEN


def test_one_whose_messages_do_not_arrive_gives_way_to_one_whose_do() -> None:
    after = moved(EVEN, {"a": Seen(400, 0, 300, 120), "b": Seen(400, 0, 300, 15)}, EVEN)

    assert after["a"] < EVEN["a"]


def chance(rates: dict[str, float], looks: int, *, seed: int, start: dict[str, float]) -> list[dict[str, float]]:
    """Shares over many looks, 200 messages each, with outcomes by chance and evidence kept until shares move."""
    lot = random.Random(seed)
    shares, kept, history = start, {name: [0, 0] for name in start}, [start]
    for look in range(looks):
        for nth in range(200):
            name = order(f"{seed}:{look}:{nth}", shares)[0]
            kept[name][0] += 1
            kept[name][1] += lot.random() < rates[name]
        after = moved(shares, {name: Seen(n, bad) for name, (n, bad) in kept.items()}, EVEN)
        if after != shares:
            kept = {name: [0, 0] for name in start}
        shares = after
        history.append(shares)
    return history


def turns(history: list[float]) -> int:
    """How often a share changed its direction."""
    signs = [math.copysign(1, b - a) for a, b in pairwise(history) if abs(b - a) > 1e-9]
    return sum(a != b for a, b in pairwise(signs))


def test_two_that_both_fail_half_of_the_time_do_not_take_turns() -> None:
    for seed in range(10):
        shares = [one["a"] for one in chance({"a": 0.5, "b": 0.5}, 60, seed=seed, start=EVEN)]

        assert turns(shares) <= 1
        assert max(shares) - min(shares) <= 0.1


def test_one_that_dies_and_comes_back_goes_down_once_and_up_once() -> None:
    for seed in range(5):
        down = chance({"a": 1.0, "b": 0.02}, 12, seed=seed, start=EVEN)
        up = chance({"a": 0.02, "b": 0.02}, 120, seed=seed + 100, start=down[-1])

        shares = [one["a"] for one in down + up]
        assert math.isclose(min(shares), CAUTION.floor)
        assert shares[4] <= 0.2  # within a thousand messages most of it is gone
        assert math.isclose(shares[-1], 0.5)
        assert turns(shares) == 1


def test_a_draw_is_always_the_same_and_follows_the_shares() -> None:
    shares = {"a": 0.05, "b": 0.95}

    firsts = Counter(order(f"key {n}", shares)[0] for n in range(20_000))

    assert order("key", shares) == order("key", shares)
    assert sorted(order("key", shares)) == ["a", "b"]
    assert abs(firsts["a"] / 20_000 - 0.05) < 0.01
