"""Open figures: what is told of people reconciles with the store and cannot be taken apart again."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from proactive.ports.clock import SetClock
from proactive.steps.indicators import Month
from proactive.steps.open_data import DATASETS, ROUNDED_TO, as_csv, dataset, keep_open, month_of, protected
from proactive.store.store import Store
from tests.steps.test_casework import ready, walks_in

COUNTED = """
SELECT receiving, count(*) FROM intake_case
WHERE to_char(received_at AT TIME ZONE 'Asia/Ho_Chi_Minh', 'YYYY-MM') = :month GROUP BY receiving
"""


@pytest.mark.parametrize(("number", "told"), [(0, None), (4, None), (5, 5), (9, 5), (10, 10), (1234, 1230)])
def test_under_five_is_not_told_and_the_rest_is_rounded_down(number: int, told: int | None) -> None:
    assert protected(number) == told


@given(st.integers(0, 60), st.integers(0, 60))
def test_no_difference_of_two_figures_says_how_many_a_few_people_are(whole: int, part: int) -> None:
    """Whoever knows two published numbers, of which one is a part of the other, still takes several to be possible."""
    part = min(part, whole)
    told = protected(whole), protected(part)

    possible = {w - p for w, p in product(range(70), range(70)) if p <= w and (protected(w), protected(p)) == told}

    assert len(possible) >= ROUNDED_TO


async def test_what_is_published_is_what_the_store_counts_rounded(store: Store, clock: SetClock) -> None:
    await ready(store)
    for _ in range(7):
        await walks_in(store, clock)
    async with store.engine.connect() as connection:
        month = f"{clock.today():%Y-%m}"
        rows = await connection.execute(text(COUNTED), {"month": month})
        counted = {str(office): int(number) for office, number in rows}

    await keep_open(store=store, clock=clock)

    told = (await dataset("receipts", store=store, clock=clock))["rows"]
    assert {row["office"]: row["received"] for row in told} == {
        office: number - number % 5 if number >= 5 else None for office, number in counted.items()
    }
    assert sum(counted.values()) == 7 and [row["received"] for row in told] == [5]


async def test_a_month_is_counted_once_a_day_and_no_more_when_it_is_over(store: Store, clock: SetClock) -> None:
    assert await keep_open(store=store, clock=clock) == 13
    clock.forward(hours=23)
    assert await keep_open(store=store, clock=clock) == 0
    clock.forward(hours=2)
    assert await keep_open(store=store, clock=clock) == 1
    assert await keep_open(store=store, clock=clock, at_once=True) == 1


async def test_exact_numbers_of_people_are_never_kept(store: Store, clock: SetClock) -> None:
    await ready(store)
    for _ in range(6):
        await walks_in(store, clock)

    told = await month_of(Month(clock.today().replace(day=1), None), store=store)

    assert [row["received"] for row in told["receipts"]] == [5]


def test_every_column_is_defined_and_under_five_is_an_empty_cell() -> None:
    what = DATASETS["receipts"]
    table = as_csv(what.columns, [{"month": "2026-11", "office": "centre-20242", "received": None}]).decode("utf-8-sig")

    assert table == "month,office,received\r\n2026-11,centre-20242,\r\n"
    assert all(words.vi and words.en for one in DATASETS.values() for words in one.columns.values())
