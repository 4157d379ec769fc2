"""The kill switch of a pilot reaches the list of calls too: nobody is called for a pilot that is paused or stopped."""

from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from sqlalchemy import text

from proactive.domain.dossier import Dossier, State
from proactive.domain.notice import Sending
from proactive.domain.pilot import Outcome, Pilot, Plan, Verb
from tests.web.conftest import House
from tests.web.test_calls import NEAR, settled, taken, work


async def piloted(house: House, dossier: Dossier) -> Callable[..., Coroutine[Any, Any, Pilot]]:
    """A pilot of the dossier's service runs; gives what moves it on."""
    now, today, service = house.clock.now(), house.clock.today(), dossier.service
    async with house.store.engine.begin() as connection:
        await connection.execute(text("TRUNCATE live_switch"))
    plan = Plan(
        service=service, service_version=dossier.service_version, reason="x", document="1", a_day=9, total=9,
        starts_on=today, ends_on=today,
    )  # fmt: skip
    pilot = await house.store.pilots.propose(plan, by="an", now=now)

    async def steps(*verbs: Verb, by: str, outcome: Outcome | None = None) -> Pilot:
        for verb in verbs:
            found = await house.store.pilots.step(
                pilot, verb, by=by, now=house.clock.now(), today=today, outcome=outcome
            )
        return found

    await steps(Verb.APPROVE, Verb.START, by="binh")
    return steps


async def test_while_a_pilot_is_paused_nobody_is_called_for_it(house: House) -> None:
    dossier, id = await work(house)
    steps = await piloted(house, dossier)
    officer = await house.officer()
    await officer.opens(f"/desk/calls/{id}")
    page = officer.hidden(f"/desk/calls/{id}/take")

    await steps(Verb.PAUSE, by="chi")

    assert (await house.store.calls.page(office=NEAR, limit=5)) == ([], 0)
    assert (await officer.posts(f"/desk/calls/{id}/take", page)).status_code == 404
    taken_late: dict[str, Any] = {
        "officer": "lan",
        "now": house.clock.now(),
        "until": house.clock.now(),
        "verb": "show",
    }
    assert not await house.store.calls.take(id, **taken_late)  # it was open in another window
    await steps(Verb.RESUME, by="an")
    assert [one.notice_id for one in (await house.store.calls.page(office=NEAR, limit=5))[0]] == [id]
    assert await house.store.calls.take(id, **taken_late)


async def test_the_kill_switch_withdraws_the_calls_that_wait(house: House) -> None:
    dossier, id = await work(house)
    steps = await piloted(house, dossier)

    house.clock.forward(seconds=1)
    await steps(Verb.STOP, by="chi")

    after, sendings = await settled(house, dossier)
    assert sendings == [Sending.UNDELIVERED] and after.state is State.OFFERED
    assert [(one["actor"], one["verb"]) for one in await house.store.calls.lines(id)] == [("chi", "withdrawn")]
    async with house.store.engine.connect() as connection:
        kept = (await connection.execute(text("SELECT outcome, closed_at FROM call"))).one()
    assert tuple(kept) == ("withdrawn", house.clock.now())
    await steps(Verb.CONCLUDE, by="an", outcome=Outcome.AGAIN)
    assert (await house.store.calls.page(office=NEAR, limit=5)) == ([], 0)


@pytest.mark.parametrize("says", ["told", None])
async def test_whoever_is_on_the_telephone_when_a_pilot_is_stopped_says_what_came_of_it(
    house: House, says: str | None
) -> None:
    dossier, id = await work(house)
    steps = await piloted(house, dossier)
    officer = await taken(house, id)

    await steps(Verb.STOP, by="chi")

    await officer.opens("/desk/calls")
    assert "Không có ai cần gọi" in officer.text
    await officer.opens(f"/desk/calls/{id}")
    if says:
        await officer.sends(f"/desk/calls/{id}/outcome", outcome=says)
    await steps(Verb.CONCLUDE, by="an", outcome=Outcome.GO)
    after, sendings = await settled(house, dossier)
    assert sendings == [Sending.DELIVERED if says else Sending.UNDELIVERED] and after.state is State.OFFERED


async def test_the_desk_says_that_a_service_is_stopped_why_and_by_whom(house: House) -> None:
    dossier, id = await work(house)
    officer = await house.officer()
    await officer.opens(f"/desk/calls/{id}")
    page = officer.hidden(f"/desk/calls/{id}/take")

    await house.store.live.stop(
        dossier.service, because="Sai ngày trong lời nhắn", by="chi", now=house.clock.now(), today=house.clock.today()
    )

    await officer.opens("/desk/calls")
    for said in ("đã dừng, không gọi ai nữa", "1 cuộc gọi đã được rút", "Sai ngày trong lời nhắn", "chi"):
        assert said in officer.text
    assert (await officer.posts(f"/desk/calls/{id}/take", page)).status_code == 409
    assert (await officer.opens(f"/desk/calls/{id}")).status_code == 200
    assert "Cuộc gọi đã rút" in officer.text and "Sai ngày trong lời nhắn" in officer.text
    assert (await (await house.officer("tu", office="centre-20257")).opens(f"/desk/calls/{id}")).status_code == 404


async def test_the_desk_says_that_a_pilot_is_paused(house: House) -> None:
    dossier, _ = await work(house)
    steps = await piloted(house, dossier)
    officer = await house.officer()

    await steps(Verb.PAUSE, by="chi")

    await officer.opens("/desk/calls")
    assert "đang tạm dừng, chưa gọi ai" in officer.text and "1 cuộc gọi đang đợi" in officer.text
