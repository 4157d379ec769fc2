"""Every notice on the desk: found by code or by a caller's phone, masked, with what the provider said of it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import RowMapping, text

from proactive.domain.dossier import Dossier
from proactive.domain.manners import Why
from proactive.domain.notice import Sending
from proactive.ports.notifier import Receipt
from proactive.store.people import Role
from proactive.store.scope import Scope, within
from tests.web.browsing import Person
from tests.web.conftest import House
from tests.web.people import person_of

LIST = "/desk/notices"


async def asks(house: House, typed: str, *, username: str = "lan", role: Role = Role.OFFICER) -> Person:
    person = await house.officer(username, role=role)
    await person.opens(LIST)
    await person.sends(f"{LIST}/find", typed=typed)
    return person


async def page_of(house: House, dossier: Dossier) -> str:
    [notice] = (await house.store.notices.of([dossier.id]))[dossier.id]
    return f"{LIST}/{notice.id}"


async def test_the_desk_can_see_what_was_sent_to_a_caller(house: House) -> None:
    mine = await house.people.dossier()
    await house.people.dossier(phone="0907654321", told=False)

    spaced = f"{mine.code[:4]} {mine.code[4:]}"
    for typed in ("0901234567", "+84 901 234 567", "84901234567", mine.code.lower(), spaced):
        person = await asks(house, typed)

        assert person.text.count(await page_of(house, mine)) == 1
        assert "•••• 4567" in person.text and "0901234567" not in person.text.replace(f'value="{typed}"', "")


async def test_nothing_that_names_somebody_stands_in_an_address(house: House) -> None:
    await house.people.dossier()

    person = await asks(house, "0901234567")

    assert person.page is not None and str(person.page.url).endswith("/desk/notices/find")


@pytest.mark.parametrize("typed", ["", "123", "Nguyễn Văn A", "H17-26", "090123456x"])
async def test_what_is_neither_code_nor_phone_is_said_to_be_so(house: House, typed: str) -> None:
    person = await asks(house, typed)

    assert person.page is not None and person.page.status_code == 400
    assert "Nhập mã kiểm tra 8 ký tự" in person.text


async def test_a_caller_of_whom_nothing_is_known_is_warned_of_forgery(house: House) -> None:
    person = await asks(house, "0912345678")

    assert "không phải do hệ thống này gửi" in person.text


async def test_another_offices_notice_is_as_if_it_were_not_there(house: House) -> None:
    dossier = await house.people.dossier(office="csgt-dien-ban")
    path = await page_of(house, dossier)

    for typed in (dossier.code, "0901234567"):
        other = await asks(house, typed)

        assert path not in other.text and (await other.opens(path)).status_code == 404


async def test_the_citys_desk_sees_what_any_office_sent_to_a_caller_and_that_is_written_down(house: House) -> None:
    dossier = await house.people.dossier(office="csgt-dien-ban")
    stranger = await house.people.dossier(office="csgt-dien-ban", phone="0907654321", told=False)
    path = await page_of(house, dossier)

    for typed in ("0901 234 567", dossier.code):
        steward = await asks(house, typed, username="minh", role=Role.DATA)
        assert path in steward.text and "0901234567" not in steward.text.replace("+84", "0")
    assert (await steward.opens(path)).status_code == 200
    assert dossier.code[:4] in steward.text and "•••• 4567" in steward.text and person_of(dossier) not in steward.text

    assert [(one["actor"], one["what"]) for one in await readings(house, dossier)] == [
        ("minh", "search"), ("minh", "search"), ("minh", "notice"),
    ]  # fmt: skip
    assert await readings(house, stranger) == []


async def test_the_citys_desk_has_no_list_of_the_city_and_no_dossier_and_no_whole_number(house: House) -> None:
    dossier = await house.people.dossier(office="csgt-dien-ban")
    path = await page_of(house, dossier)
    steward = await asks(house, "0901234567", username="minh", role=Role.DATA)

    assert (await steward.opens(f"/desk/dossiers/{dossier.id}")).status_code == 404
    assert path not in (await steward.opens(LIST)).text
    await steward.opens(path)
    assert f"{path}/show" not in steward.text


async def test_what_a_steward_is_shown_of_other_offices_cannot_be_written(house: House) -> None:
    dossier = await house.people.dossier(office="csgt-dien-ban")
    scope = Scope(actor="minh", office="csgt-da-nang", role="data", caller="901234567")
    with within(scope):
        async with house.pages.engine.begin() as connection:
            seen = await connection.scalar(text("SELECT count(*) FROM dossier"))
            changed = await connection.execute(text("UPDATE dossier SET held_because = 'x'"))
            changed_too = await connection.execute(text("UPDATE notice SET why = 'x'"))
    with within(replace(scope, role="officer")):
        async with house.pages.engine.begin() as connection:
            assert await connection.scalar(text("SELECT count(*) FROM notice")) == 0
    assert (seen, changed.rowcount, changed_too.rowcount) == (1, 0, 0)
    assert (await house.store.dossiers.many([dossier.id]))[0].held_because is None


async def readings(house: House, dossier: Dossier) -> Sequence[RowMapping]:
    asked = text("SELECT actor, what FROM reading WHERE :id = ANY(dossiers || dossier_id) ORDER BY id")
    async with house.store.engine.connect() as connection:
        return (await connection.execute(asked, {"id": dossier.id})).mappings().all()


async def test_receipts_are_shown_in_the_order_in_which_they_came(house: House) -> None:
    dossier = await house.people.dossier()
    async with house.store.engine.begin() as connection:
        await connection.execute(text("UPDATE notice SET provider_ref = 'SM1', vnd = 1600"))
    for status, sending in (("sent", None), ("queued", None), ("undelivered", Sending.UNDELIVERED)):
        await house.store.notices.receive(
            [Receipt("sms", "SM1", status, sending, "30003" if sending else None)], now=house.clock.now()
        )
        house.clock.at += timedelta(seconds=2)
    person = await house.officer()

    await person.opens(await page_of(house, dossier))

    places = [person.text.index(f"<strong>{status}</strong>") for status in ("sent", "queued", "undelivered")]
    assert places == sorted(places) and "30003" in person.text
    assert "SM1" in person.text and "1.600 VND" in person.text and "2 · GSM-7" in person.text
    assert dossier.code[:4] in person.text and "•••• 4567" in person.text and "+84901234567" not in person.text


async def test_looking_at_the_whole_number_is_written_into_the_dossiers_history(house: House) -> None:
    dossier = await house.people.dossier()
    person = await house.officer()
    path = await page_of(house, dossier)
    await person.opens(path)

    await person.sends(f"{path}/show")

    assert "+84901234567" in person.text
    newest = (await house.store.dossiers.history(dossier.id))[-1]
    assert (newest["actor"], newest["verb"], newest["note"]) == ("lan", "show", "phone")


@pytest.mark.parametrize(
    ("why", "says"),
    [
        (Why.QUIET_HOURS, "giờ yên tĩnh"), (Why.PERSON_CAP, "đã nhận đủ số tin"), (Why.BUDGET_SPENT, "ngân sách"),
        (Why.TRIAL, "chạy thử"),
    ],
)  # fmt: skip
async def test_who_waits_to_be_told_is_shown_with_the_reason(house: House, why: Why, says: str) -> None:
    dossier = await house.people.dossier(told=False)
    await house.people.moved(dossier, not_told_because=why, tell_after=house.clock.now() + timedelta(hours=3))
    person = await house.officer()

    await person.opens(f"{LIST}?state=waiting")
    waiting = person.text
    await person.opens(f"/desk/dossiers/{dossier.id}")

    assert says in waiting and f"/desk/dossiers/{dossier.id}" in waiting
    assert says in person.text


async def test_every_reason_of_the_manners_has_vietnamese_words(house: House) -> None:
    dossier = await house.people.dossier(told=False)
    person = await house.officer()
    for why in Why:
        dossier = await house.people.moved(dossier, not_told_because=why, tell_after=house.clock.now())

        await person.opens(f"{LIST}?state=waiting")

        assert f">{why}<" not in person.text


async def test_pages_go_on_behind_the_last_one_whatever_comes_meanwhile(house: House) -> None:
    for _ in range(60):
        await house.people.dossier()
        house.clock.at += timedelta(seconds=1)
    person = await house.officer()
    await person.opens(LIST)
    first = set(links(person.text))
    older = person.text.partition(f'href="{LIST}?before=')[2].partition('"')[0]
    await house.people.dossier()

    await person.opens(f"{LIST}?before={older}")

    assert len(first) == 50 and len(links(person.text)) == 10 and not first & links(person.text)


async def test_state_service_and_day_narrow_the_list(house: House) -> None:
    dossier = await house.people.dossier()
    path, person = await page_of(house, dossier), await house.officer()

    for query, there in (
        ("state=arrived", True), ("state=failed", False), ("day=2026-11-23", True), ("day=2026-11-22", False),
        ("service=driver_licence_renewal", True), ("service=passport_expiry", False), ("before=x", True),
        ("state=nonsense&day=nonsense&service=nonsense", True),
    ):  # fmt: skip
        await person.opens(f"{LIST}?{query}")
        assert (path in person.text) is there, query


def links(page: str) -> set[str]:
    return {part.partition('"')[0] for part in page.split(f'href="{LIST}/')[1:]}
