"""The national portal's stand-in is shown cases of our own intake, whatever it answers in between."""

from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import text

from connectors.portals.npsp import NpspPortal, Settings
from proactive.demo.npsp import ACCOUNT, HTML, Portal, app
from proactive.domain.case import Act, Case, Line
from proactive.ports.clock import SetClock
from proactive.steps.casework import act
from proactive.steps.portal import PAUSES, show_cases
from proactive.store.store import Store
from tests.demo.servers import serving
from tests.steps.receiving import procedure_of
from tests.steps.test_casework import HERE, PDF, THERE, asked, ready, walks_in


@pytest.fixture
def stand_in() -> Portal:
    return Portal()


@pytest.fixture
async def portal(stand_in: Portal) -> AsyncIterator[NpspPortal]:
    async with serving(app(stand_in)) as url:
        account = {"username": ACCOUNT["username"], "password": SecretStr(ACCOUNT["password"])}
        made = NpspPortal(Settings(url=url, dstcode="VN:GOV:1", unit="H17", timeout=2, **account))
        yield made
        await made.close()


async def does(verb: Act, case: Case, office: str, store: Store, clock: SetClock, **more: Any) -> Case:
    """Somebody does this an hour later."""
    clock.forward(hours=1)
    current = await store.cases.get(case.reference)
    assert current is not None
    done = act(current, asked(verb, office, clock.now(), **more), await procedure_of(case, store=store))
    assert await store.cases.keep(current, done.case, done.lines, done.result)
    return done.case


async def erase(case: Case, store: Store, clock: SetClock) -> None:
    async with store.engine.begin() as connection:
        await connection.execute(
            text("UPDATE intake_case SET erased_at = :now WHERE reference = :it"),
            {"now": clock.now(), "it": case.reference},
        )


def steps(stand_in: Portal) -> list[str]:
    return [step["TrangThai"] for step in stand_in.steps]


def kept(stand_in: Portal, case: Case, *names: str) -> list[str]:
    there: Mapping[str, str] = stand_in.dossiers[case.reference]
    return [there[name] for name in names]


async def test_a_case_is_followed_from_the_counter_to_the_citizens_hands(
    portal: NpspPortal, stand_in: Portal, store: Store, clock: SetClock
) -> None:
    await ready(store)
    case = await walks_in(store, clock)
    assert await show_cases(portal=portal, store=store, clock=clock, limit=10) == 1
    assert kept(stand_in, case, "TrangThaiHoSo", "KenhThucHien", "ChuHoSo") == ["2", "1", "Nguyễn Thị Thu Hà"]
    assert kept(stand_in, case, "NgayTiepNhan", "NgayHenTra", "NgayTra") == ["20261123090000", "20261127170000", ""]

    await does(Act.HAND_OVER, case, THERE, store, clock)
    await does(Act.FINISH, case, HERE, store, clock, document=PDF)
    await show_cases(portal=portal, store=store, clock=clock, limit=10)
    await does(Act.RETURN, case, THERE, store, clock)
    await show_cases(portal=portal, store=store, clock=clock, limit=10)

    assert steps(stand_in) == ["1", "2", "4", "9", "10"]
    assert kept(stand_in, case, "TrangThaiHoSo", "NgayKetThucXuLy", "NgayTra") == [
        "10", "20261123110000", "20261123120000",
    ]  # fmt: skip
    assert await show_cases(portal=portal, store=store, clock=clock, limit=10) == 0, "nothing is shown twice"


async def test_what_is_not_answered_is_shown_later_and_later_and_no_step_is_left_out(
    portal: NpspPortal, stand_in: Portal, store: Store, clock: SetClock
) -> None:
    await ready(store)
    case = await walks_in(store, clock)
    stand_in.next_answers.extend(["00", "00", "00", HTML])  # found, put, one step, and then no answer

    assert await show_cases(portal=portal, store=store, clock=clock, limit=10) == 1
    assert await show_cases(portal=portal, store=store, clock=clock, limit=10) == 0, "it rests for a while"
    clock.forward(seconds=PAUSES[0].total_seconds())
    stand_in.next_answers.append(HTML)
    assert await show_cases(portal=portal, store=store, clock=clock, limit=10) == 1
    clock.forward(seconds=PAUSES[0].total_seconds())
    assert await show_cases(portal=portal, store=store, clock=clock, limit=10) == 0, "and longer the second time"
    clock.forward(seconds=PAUSES[1].total_seconds())
    assert await show_cases(portal=portal, store=store, clock=clock, limit=10) == 1

    assert steps(stand_in) == ["1", "2", "2"], "what was taken without an answer may stand there twice"
    assert kept(stand_in, case, "TrangThaiHoSo") == ["2"]
    clock.forward(hours=3)
    assert await show_cases(portal=portal, store=store, clock=clock, limit=10) == 0


async def test_what_is_refused_waits_for_news_and_stops_no_other(
    portal: NpspPortal, stand_in: Portal, store: Store, clock: SetClock
) -> None:
    await ready(store)
    case = await walks_in(store, clock)
    stand_in.next_answers.extend(["00", "12"])
    assert await show_cases(portal=portal, store=store, clock=clock, limit=10) == 1
    clock.forward(hours=5)
    other = await walks_in(store, clock)

    assert await show_cases(portal=portal, store=store, clock=clock, limit=10) == 1
    assert list(stand_in.dossiers) == [other.reference]
    await does(Act.HAND_OVER, case, THERE, store, clock)
    assert await show_cases(portal=portal, store=store, clock=clock, limit=10) == 1
    assert kept(stand_in, case, "TrangThaiHoSo") == ["4"]


async def test_a_look_is_no_step_and_what_was_erased_is_shown_to_nobody(
    portal: NpspPortal, stand_in: Portal, store: Store, clock: SetClock
) -> None:
    await ready(store)
    case, erased = await walks_in(store, clock), await walks_in(store, clock)
    looked = Line(
        reference=case.reference, at=clock.now() + timedelta(minutes=1), actor="hoa", office=THERE, act="show",
        status=case.status, held_by=case.held_by,
    )  # fmt: skip
    await store.cases.looked(looked)
    await erase(erased, store, clock)

    assert await show_cases(portal=portal, store=store, clock=clock, limit=10) == 1

    assert list(stand_in.dossiers) == [case.reference] and steps(stand_in) == ["1", "2"]
    await store.cases.looked(looked)
    assert await show_cases(portal=portal, store=store, clock=clock, limit=10) == 0


async def test_what_is_erased_while_it_waits_is_not_shown_any_more(
    portal: NpspPortal, stand_in: Portal, store: Store, clock: SetClock
) -> None:
    await ready(store)
    case = await walks_in(store, clock)
    stand_in.next_answers.append(HTML)
    assert await show_cases(portal=portal, store=store, clock=clock, limit=10) == 1
    await erase(case, store, clock)
    clock.forward(hours=3)

    assert await show_cases(portal=portal, store=store, clock=clock, limit=10) == 0
    assert stand_in.dossiers == {}
