"""Two reminders of one matter: not on each other's heels, whatever put the first one off, and nobody goes untold."""

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proactive.domain.manners import Wait, opens
from proactive.ports.clock import DA_NANG
from proactive.steps.telling.gaps import LeftOut, free_on, too_soon
from rules import Service, load, manners
from tests.steps.people import driver
from tests.steps.town import Town

SERVICES = sorted(load().services)
POLICY = manners.load().on(date(2026, 1, 1))
DAY = timedelta(days=1)
ANCHORS = st.dates(date(2026, 1, 1), date(2027, 12, 1))


@cache
def services() -> dict[str, Service]:
    return dict(load().services)


def told_by_day(service: Service, anchor: date, first: date, put_off: dict[int, int]) -> list[tuple[date, str]]:
    """On which day each rung tells, looked at every day; of some days something else takes so many more away."""
    told: dict[str, date] = {}
    found: list[tuple[date, str]] = []
    left_out: set[str] = set()
    day, busy_until = first, first
    while day <= anchor + 120 * DAY:
        rung, _ = service.rung(anchor=anchor, today=day)
        now = datetime.combine(day, time(9), DA_NANG)
        if rung.name not in told and rung.name not in left_out and opens(now, POLICY) == now and day >= busy_until:
            said = too_soon(
                service, told, anchor=anchor, ends_on=anchor + 400 * DAY, untold=not told, policy=POLICY, now=now,
                today=day,
            )  # fmt: skip
            if isinstance(said, LeftOut):
                left_out.add(rung.name)
            elif said is None:
                away = put_off.pop(len(told), 0)
                if away:
                    busy_until = day + away * DAY
                else:
                    told[rung.name] = day
                    found.append((day, rung.name))
            else:
                assert isinstance(said, Wait) and said.until > now
        day += DAY
    return found


@pytest.mark.parametrize("name", SERVICES)
@settings(deadline=None, max_examples=20)
@given(anchor=ANCHORS, late=st.integers(0, 80), put_off=st.dictionaries(st.integers(0, 3), st.integers(1, 20)))
def test_no_rung_follows_on_the_heels_of_another_and_somebody_is_told(
    name: str, anchor: date, late: int, put_off: dict[int, int]
) -> None:
    service = services()[name]
    offsets = {rung.name: rung.offset_days for rung in service.ladder}
    first = anchor + service.ladder[0].offset_days * DAY + late * DAY

    found = told_by_day(service, anchor, first, dict(put_off))

    assert found, "nobody was told at all"
    for (earlier, one), (later, other) in pairwise(found):
        assert (later - earlier).days >= min(POLICY.rung_gap_days, offsets[other] - offsets[one])
    spoke = [one for _, one in found]
    assert spoke == [rung.name for rung in service.ladder if rung.name in spoke]


@pytest.mark.parametrize("name", SERVICES)
@settings(deadline=None, max_examples=10)
@given(anchor=ANCHORS)
def test_a_ladder_that_nothing_puts_off_is_not_thinned(name: str, anchor: date) -> None:
    """Away from Tet, weekends alone never cost a rung its turn."""
    service = services()[name]
    first = anchor + service.ladder[0].offset_days * DAY
    span = [first + n * DAY for n in range((anchor - first).days + 70)]
    if any(sum(not POLICY.is_working(day + n * DAY) for n in range(5)) > 2 for day in span):
        return  # a long holiday is in it

    found = told_by_day(service, anchor, first, {})

    assert [name for _, name in found] == [rung.name for rung in service.ladder]


def test_the_gap_is_never_longer_than_the_ladders_own() -> None:
    ladder = services()["driver_licence_renewal"].ladder
    last_day, expired = ladder[-2], ladder[-1]
    on = date(2026, 2, 23)

    assert free_on(ladder, expired, {last_day.name: on}, least=5) == date(2026, 2, 25)
    assert free_on(ladder, last_day, {ladder[-3].name: on}, least=5) == date(2026, 2, 28)
    assert free_on(ladder, last_day, {"of_an_older_ladder": on}, least=5) == date(2026, 2, 28)
    assert free_on(ladder, last_day, {last_day.name: on}, least=5) is None


async def test_a_rung_that_tet_put_off_is_not_followed_a_day_later(town: Town) -> None:
    """The licence expires on Tuesday 24 February 2026, the second day after Tet: D-1 is the 23rd, D+1 the 25th."""
    town.clock.at = datetime(2026, 2, 23, 1, 0, tzinfo=UTC)
    dossier = await town.told(driver().with_licence(expires_on=date(2026, 2, 23)))
    assert [notice.rung for notice in await town.notices(dossier)] == ["last_day"]

    town.clock.at = datetime(2026, 2, 24, 1, 0, tzinfo=UTC)
    await town.offer()
    waiting = await town.again(dossier)
    assert (len(town.sms.called), waiting.not_told_because) == (1, "too_soon")
    assert waiting.tell_after == datetime(2026, 2, 25, 0, 0, tzinfo=UTC)

    town.clock.at = waiting.tell_after
    await town.offer()
    assert [notice.rung for notice in await town.notices(dossier)] == ["last_day", "expired"]


async def test_a_rung_that_would_come_too_late_is_left_out_with_the_reason(town: Town) -> None:
    """Told at D-3, because it was drafted then: D-1 would be two days later and is of no use on D+2."""
    town.clock.at = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
    dossier = await town.told(driver().with_licence(expires_on=date(2026, 11, 26)))

    town.clock.at = datetime(2026, 11, 25, 2, 0, tzinfo=UTC)
    await town.offer()

    waiting = await town.again(dossier)
    assert (len(town.sms.called), waiting.not_told_because) == (1, "too_soon")
    town.clock.at = datetime(2026, 11, 27, 2, 0, tzinfo=UTC)
    await town.offer()
    assert len(town.sms.called) == 1
    town.clock.at = datetime(2026, 11, 30, 2, 0, tzinfo=UTC)
    await town.offer()
    assert [notice.rung for notice in await town.notices(dossier)] == ["third", "expired"]
