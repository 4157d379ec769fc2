"""Refused changes on the desk: only for those who look after the data, masked, and never done without a second look."""

import re

import pytest

from proactive.domain.change import encode
from proactive.domain.rejected import Standing, Which
from proactive.store.people import Role
from tests.steps.changes import licence
from tests.steps.people import driver
from tests.web.browsing import Person
from tests.web.conftest import House
from tests.web.refusing import refuse


async def steward(house: House) -> Person:
    return await house.officer("minh", role=Role.DATA)


async def standings(house: House) -> set[Standing]:
    return {one.standing for one in await house.store.rejected.found(Which(), limit=1000)}


@pytest.mark.parametrize("path", ["/desk/rejected", "/desk/rejected/1"])
async def test_an_officer_of_another_role_is_told_no_and_the_bar_does_not_name_it(house: House, path: str) -> None:
    officer = await house.officer()

    assert "/desk/rejected" not in officer.text
    assert (await officer.opens(path)).status_code == 403


async def test_every_refused_change_says_in_vietnamese_why_and_how_to_mend_it(house: House) -> None:
    await refuse(house)
    person = await steward(house)

    await person.opens("/desk/rejected")

    assert "'Z9' không phải là mã được dùng ở cột này." in person.text
    assert "***0001" not in person.text and "•••• 0001" in person.text
    assert "không phải là một ngày có thật" in person.text
    assert not re.search(r"\b(Send|It is|is not)\b", person.text)
    await person.opens("/desk/rejected?lang=en")
    assert "'Z9' is not a code we know." in person.text


async def test_nothing_personal_is_on_the_pages_before_somebody_asks_and_asking_is_written_down(house: House) -> None:
    [*_, one] = await refuse(house)
    person = await steward(house)

    await person.opens(f"/desk/rejected/{one.id}")
    masked = person.text
    await person.sends(f"/desk/rejected/{one.id}/show")

    assert "048168000001" not in masked and "NGUYỄN" not in masked and "***0001" in masked
    assert "048168000001" in person.text and "NGUYỄN THỊ HOÀNG ANH" in person.text
    [deed] = await house.store.rejected.history(one.id)
    assert (deed.actor, deed.verb) == ("minh", "show")


async def test_the_filters_and_the_end_of_a_key_choose(house: House) -> None:
    await refuse(house, also=60)
    person = await steward(house)

    await person.opens("/desk/rejected?problem=status")
    one = len(re.findall(r"/desk/rejected/[0-9]+", person.text))
    await person.opens("/desk/rejected")
    first = set(re.findall(r"/desk/rejected/[0-9]+", person.text))
    [older] = re.findall(r'href="(/desk/rejected\?[^"]*before=[0-9]+)"', person.text)
    await person.opens(older)
    second = set(re.findall(r"/desk/rejected/[0-9]+", person.text))
    await person.opens("/desk/rejected")
    await person.sends("/desk/rejected/find", key_ends="0004")
    found = len(re.findall(r"/desk/rejected/[0-9]+", person.text))
    await person.opens("/desk/rejected?since=2026-11-24")

    assert (one, len(first), len(second), first & second, found) == (1, 50, 15, set(), 1)
    assert "Không có bản ghi nào như vậy." in person.text


async def test_a_replay_says_first_what_it_would_come_to(house: House) -> None:
    await refuse(house, also=3)
    person = await steward(house)
    await person.opens("/desk/rejected?problem=class")

    await person.sends("/desk/rejected/review", do="replay")
    before, looked = await standings(house), person.text
    await person.sends("/desk/rejected/do", do="replay")

    assert "Nhận lại 4 bản ghi?" in looked and "Vẫn bị từ chối" in looked
    assert before == {Standing.WAITING}
    assert "4 bản ghi đang được nhận lại." in person.text
    assert (await house.store.rejected.tally(Which()))[Standing.REPLAYING] == 4


async def test_what_came_after_the_second_look_is_not_meant(house: House) -> None:
    await refuse(house)
    person = await steward(house)
    await person.opens("/desk/rejected")
    await person.sends("/desk/rejected/review", do="replay")
    await refuse(house, encode(licence(driver(50), register="unknown")))

    await person.sends("/desk/rejected/do", do="replay")

    tally = await house.store.rejected.tally(Which())
    assert (tally[Standing.REPLAYING], tally[Standing.WAITING]) == (5, 1)


async def test_dropping_asks_why_and_keeps_it(house: House) -> None:
    [one, *_] = await refuse(house)
    person = await steward(house)
    await person.opens(f"/desk/rejected/{one.id}")

    without = await person.sends("/desk/rejected/review", do="discard")
    await person.sends("/desk/rejected/review", do="discard", note="Dòng nhập thử")
    await person.sends("/desk/rejected/do", do="discard")

    assert without.status_code == 400
    assert "Dòng nhập thử" in person.text and "Đã bỏ qua" in person.text
    tally = await house.store.rejected.tally(Which())
    assert (tally[Standing.DISCARDED], tally[Standing.WAITING]) == (1, 4)


async def test_a_form_from_elsewhere_and_one_without_a_bound_do_nothing(house: House) -> None:
    await refuse(house)
    person = await steward(house)
    await person.opens("/desk/rejected")
    csrf = person.hidden("/desk/rejected/review")["csrf"]

    forged = await person.posts("/desk/rejected/do", {"csrf": "x", "do": "replay", "upto": "99"})
    unbound = await person.posts("/desk/rejected/do", {"csrf": csrf, "do": "replay"})
    unknown = await person.posts("/desk/rejected/do", {"csrf": csrf, "do": "delete", "upto": "99"})

    assert [forged.status_code, unbound.status_code, unknown.status_code] == [403, 400, 400]
    assert await standings(house) == {Standing.WAITING}


@pytest.mark.parametrize(
    "value",
    [
        b"\xff",
        b'{"register":"driver_licences"}',
        b"[]",
        encode(licence(driver(1), register="<script>alert(1)</script>")),
    ],
)
async def test_whatever_was_refused_can_be_looked_at(house: House, value: bytes) -> None:
    [one] = await refuse(house, value)
    person = await steward(house)

    listed = await person.opens("/desk/rejected")
    opened = await person.opens(f"/desk/rejected/{one.id}")
    shown = await person.opens("/desk/rejected/99999999999999999999999")

    assert (listed.status_code, opened.status_code, shown.status_code) == (200, 200, 404)
    assert "<script>alert" not in opened.text + listed.text
