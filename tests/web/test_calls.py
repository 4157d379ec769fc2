"""Calls: people whom no other channel reached, one officer a call, the number seen by whoever calls."""

import asyncio
import csv
import io
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from notifiers.call_list import CallList
from proactive.domain.addressee import Addressee
from proactive.domain.dossier import Dossier, State
from proactive.domain.notice import Notice, Sending, notice_id
from proactive.ports.notifier import Accepted, Outgoing
from proactive.steps.reconcile import reconcile
from proactive.store.keeping import Move
from tests.web.browsing import Person
from tests.web.conftest import House
from tests.web.people import person_of

NEAR = "centre-20242"
PHONE = "0901234567"


async def work(house: House, **person: object) -> tuple[Dossier, UUID]:
    """A citizen whom the ladder has come to call."""
    dossier = await house.people.dossier(**person)  # type: ignore[arg-type] # by name
    id = notice_id(dossier.id, "second", "call_list")
    now = house.clock.now()
    notice = Notice(
        id=id, dossier_id=dossier.id, rung="second", channel="call_list", to=PHONE, body="Chào ông/bà.\n\n=Xin chào.",
        state=Sending.ACCEPTED, fence=1, provider_ref=str(id), created_at=now, sent_at=now,
    )  # fmt: skip
    await house.store.dossiers.keep(
        [Move(before=dossier, after=dossier, actor="system", verb="offer", notices=(notice,))], now=now
    )
    channel = CallList(house.store.calls)
    message = Outgoing(str(id), PHONE, notice.body, now)
    assert await channel.find(message) is None
    for _ in range(2):
        assert await channel.send(message) == Accepted(str(id))
    assert await channel.find(message) == Accepted(str(id))
    return await house.people.again(dossier.id), id


async def taken(house: House, id: UUID, username: str = "lan") -> Person:
    officer = await house.officer(username)
    await officer.opens(f"/desk/calls/{id}")
    await officer.sends(f"/desk/calls/{id}/take")
    return officer


async def settled(house: House, dossier: Dossier) -> tuple[Dossier, list[Sending]]:
    await reconcile(notifiers={}, store=house.store, clock=house.clock, absent_after=timedelta(minutes=10), limit=10)
    told = await house.store.notices.of([dossier.id])
    again = await house.people.again(dossier.id)
    return again, [one.state for one in told[dossier.id] if one.channel == "call_list"]


async def test_the_number_is_seen_by_whoever_takes_the_call_and_that_is_written_down(house: House) -> None:
    dossier, id = await work(house)
    officer = await house.officer()
    await officer.opens("/desk/calls")
    listed = officer.text
    await officer.opens(f"/desk/calls/{id}")
    before = officer.text

    await officer.sends(f"/desk/calls/{id}/take")

    history = await house.store.dossiers.history(dossier.id)
    lines = await house.store.calls.lines(id)
    assert "NGUYỄN THỊ HOÀNG ANH" in listed
    assert PHONE not in listed + before
    assert PHONE in officer.text.replace(" ", "")
    assert [(line["actor"], line["verb"], line["note"]) for line in history][-1] == ("lan", "show", "phone")
    assert [(line["actor"], line["verb"]) for line in lines] == [("lan", "show")]


async def test_the_commune_where_they_live_sees_it_and_another_one_does_not(house: House) -> None:
    _, id = await work(house)
    near, far = await house.officer("mai", office=NEAR), await house.officer("tu", office="centre-20257")

    await near.opens("/desk/calls")
    away = await far.opens(f"/desk/calls/{id}")

    assert "NGUYỄN THỊ HOÀNG ANH" in near.text
    assert away.status_code == 404


async def test_two_officers_do_not_call_the_same_person(house: House) -> None:
    _, id = await work(house)
    first, second = await house.officer("lan"), await house.officer("hoa")
    for officer in (first, second):
        await officer.opens(f"/desk/calls/{id}")

    answers = await asyncio.gather(*(one.sends(f"/desk/calls/{id}/take") for one in (first, second)))

    assert sorted(answer.status_code for answer in answers) == [303, 409]
    house.clock.forward(minutes=11)
    await second.opens("/desk")  # at work all the time: a session sleeps after a quarter of an hour
    house.clock.forward(minutes=10)
    await second.opens(f"/desk/calls/{id}")
    assert (await second.sends(f"/desk/calls/{id}/take")).status_code == 303


async def test_who_no_longer_holds_the_call_says_nothing_about_it(house: House) -> None:
    dossier, id = await work(house)
    officer = await taken(house, id)
    fields = officer.hidden(f"/desk/calls/{id}/outcome")
    house.clock.forward(minutes=11)
    await officer.opens("/desk")
    house.clock.forward(minutes=10)

    answer = await officer.posts(f"/desk/calls/{id}/outcome", {**fields, "outcome": "told"})

    assert answer.status_code == 409
    assert await settled(house, dossier) == (dossier, [Sending.ACCEPTED])


async def test_whoever_was_told_counts_as_reached(house: House) -> None:
    dossier, id = await work(house)
    officer = await taken(house, id)

    await officer.sends(f"/desk/calls/{id}/outcome", outcome="told")

    after, sendings = await settled(house, dossier)
    assert (after.state, sendings) == (State.OFFERED, [Sending.DELIVERED])
    assert "Không có ai cần gọi" in officer.text


async def test_nobody_is_tried_more_than_three_times_nor_twice_in_a_row(house: House) -> None:
    dossier, id = await work(house)
    for number in range(3):
        officer = await taken(house, id, f"officer{number}")
        await officer.sends(f"/desk/calls/{id}/outcome", outcome="no_answer")
        await officer.opens(f"/desk/calls/{id}")
        if number < 2:
            assert "Gọi lại sau" in officer.text
            assert f"/desk/calls/{id}/take" not in officer.text
        house.clock.forward(hours=4, minutes=1)

    _, sendings = await settled(house, dossier)
    assert sendings == [Sending.UNDELIVERED]
    assert (await house.store.calls.page(office=dossier.office, limit=5))[1] == 0


async def test_a_wrong_number_is_never_used_for_this_person_again(house: House) -> None:
    dossier, id = await work(house)
    officer = await taken(house, id)

    await officer.sends(f"/desk/calls/{id}/outcome", outcome="wrong_number")

    _, sendings = await settled(house, dossier)
    _, wrong = await house.store.notices.unwanted([dossier.subject])
    assert sendings == [Sending.UNDELIVERED]
    assert wrong == {(dossier.subject, PHONE)}


async def test_the_family_of_somebody_who_is_gone_is_not_reminded(house: House) -> None:
    dossier, id = await work(house)
    officer = await taken(house, id)

    await officer.sends(f"/desk/calls/{id}/outcome", outcome="gone")

    after, sendings = await settled(house, dossier)
    assert sendings == [Sending.UNDELIVERED]
    assert after.tell_on is None


async def test_who_wants_nothing_more_is_not_told_of_this_again(house: House) -> None:
    dossier, id = await work(house)
    officer = await taken(house, id)

    await officer.sends(f"/desk/calls/{id}/outcome", outcome="refuses")

    after, _ = await settled(house, dossier)
    assert after.state is State.DECLINED
    assert (dossier.service, "") in await house.store.addressees.opted_out(dossier.subject)


async def test_an_outcome_must_be_chosen_and_counts_once(house: House) -> None:
    _, id = await work(house)
    officer = await taken(house, id)
    hidden = officer.hidden(f"/desk/calls/{id}/outcome")

    lacking = await officer.sends(f"/desk/calls/{id}/outcome")
    first = await officer.posts(f"/desk/calls/{id}/outcome", {**hidden, "outcome": "no_answer"})
    again = await officer.posts(f"/desk/calls/{id}/outcome", {**hidden, "outcome": "no_answer"})

    assert (lacking.status_code, first.status_code, again.status_code) == (400, 303, 409)
    assert (await house.store.calls.page(office="csgt-da-nang", limit=5))[0][0].tries == 1


@pytest.mark.parametrize("hours", [11.1, 24 * 5])
async def test_nobody_is_called_in_the_evening_or_on_a_day_off(house: House, hours: float) -> None:
    _, id = await work(house)
    house.clock.forward(hours=hours)
    officer = await house.officer()
    await officer.opens(f"/desk/calls/{id}")
    shown = officer.text

    answer = await officer.posts(f"/desk/calls/{id}/take", officer.hidden("/desk/sign-out"))

    assert "Chỉ gọi từ 8 giờ" in shown
    assert f"/desk/calls/{id}/take" not in shown
    assert answer.status_code == 409
    assert list(await house.store.calls.lines(id)) == []


async def test_who_has_answered_meanwhile_is_not_called(house: House) -> None:
    dossier, id = await work(house)
    officer = await house.officer()
    await house.people.moved(dossier, State.CONFIRMED)

    answer = await officer.opens(f"/desk/calls/{id}")

    assert answer.status_code == 404


async def test_the_file_for_those_who_call_from_paper_holds_no_formula_and_takes_the_calls(house: House) -> None:
    _, id = await work(house, name="=HYPERLINK(1)")
    officer = await house.officer()
    await officer.opens("/desk/calls")

    answer = await officer.sends("/desk/calls/export")

    [heading, line] = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))
    assert line[0] == "'=HYPERLINK(1)"
    assert line[1] == PHONE
    assert len(line) == len(heading)
    [call], _ = await house.store.calls.page(office="csgt-da-nang", limit=5)
    assert call.held_by("lan", house.clock.now())
    assert [(one["verb"]) for one in await house.store.calls.lines(id)] == ["export"]


async def test_everybody_can_be_put_on_the_list(house: House) -> None:
    channel = CallList(house.store.calls)

    assert channel.reachable(Addressee()) == ""
    assert channel.reachable(Addressee(phone="0511 3 822 000")) == "0511 3 822 000"
    assert channel.reachable(Addressee(phone=PHONE)) == "+84901234567"


async def test_no_page_or_file_of_calls_has_personal_data_in_its_address(house: House) -> None:
    dossier, id = await work(house)
    officer = await house.officer()
    await officer.opens("/desk/calls")

    assert str(id) in officer.text
    assert person_of(dossier) not in officer.text
    async with house.store.engine.connect() as connection:
        kept = str((await connection.execute(text("SELECT * FROM call_line"))).all())
    assert PHONE not in kept
