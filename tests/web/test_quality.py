"""Scores on the desk: words beside colours, the worst rows masked, and looking at one is written down."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import text

from proactive.store.people import Role
from tests.steps.holdings import Rows, invented, licence, resident
from tests.web.browsing import Person
from tests.web.conftest import House
from tests.web.measured import hold, look_over

ONE = "/desk/quality/driver_licences"


async def steward(house: House) -> Person:
    return await house.officer("minh", role=Role.DATA)


def bad() -> Rows:
    return {
        "residents": [resident(n) for n in range(3)],
        "driver_licences": [licence(0), licence(1, date_of_birth="1991-01-01"), licence(2, expires_on=None)],
    }


async def test_every_officer_sees_scores_in_words_and_which_services_wait(house: House) -> None:
    await hold(house, bad())
    await look_over(house)
    officer = await house.officer()

    await officer.opens("/desk/quality")

    assert "66,6 %" in officer.text and "ít nhất 85,0 %" in officer.text
    assert "Dưới mức tối thiểu" in officer.text and "Đạt" in officer.text and "Chưa đo" in officer.text
    assert "Cơ sở dữ liệu giấy phép lái xe mới đạt 66,6 % mức «Đúng»" in officer.text
    await officer.opens("/desk/quality?lang=en")
    assert "Driving licences has only 66.6% for “Correct”; at least 85.0% is needed." in officer.text


async def test_the_queue_says_why_nothing_new_comes(house: House) -> None:
    await hold(house, bad())
    await look_over(house)

    officer = await house.officer()

    assert "1 dịch vụ đang chờ dữ liệu" in officer.text
    assert "Đổi giấy phép lái xe khi đến hạn" in officer.text


async def test_a_register_nobody_has_measured_says_so(house: House) -> None:
    officer = await house.officer()

    await officer.opens("/desk/quality/passports")

    assert "Chưa đo: nguồn chưa được đọc hết lần đầu." in officer.text
    assert (await officer.opens("/desk/quality/khong-co")).status_code == 404


async def test_the_trend_is_a_drawing_with_its_figures_beside_it(house: House) -> None:
    await hold(house, invented(1))
    await look_over(house, times=4)
    officer = await house.officer()

    await officer.opens(ONE)

    assert len(re.findall(r'<polyline class="trend__points" points="([\d., ]+)"', officer.text)) == 4
    assert 'role="img" aria-label="Đúng: từ' in officer.text
    assert re.search(r"<td>23/11/2026</td><td>\d+,\d %</td><td>\d+ / 120</td>", officer.text)


async def test_rows_are_for_those_who_look_after_the_data(house: House) -> None:
    await hold(house, bad())
    await look_over(house)
    officer = await house.officer()

    await officer.opens(ONE)

    assert "Những bản ghi kém nhất" not in officer.text
    posted = await officer.posts(f"{ONE}/show", {"row": "x", "csrf": officer.hidden("/desk/sign-out")["csrf"]})
    assert posted.status_code == 403


async def test_a_row_is_masked_until_somebody_asks_and_asking_is_written_down(house: House) -> None:
    await hold(house, bad())
    await look_over(house)
    person = await steward(house)

    await person.opens(ONE)
    masked = person.text
    await person.sends(f"{ONE}/show#shown")

    wrong = licence(1)["licence_no"]
    assert wrong not in masked and "•••• 0001" in masked and "1991" not in masked
    assert wrong in person.text and "01/01/1991" in person.text
    async with house.store.engine.connect() as connection:
        [look] = (await connection.execute(text("SELECT actor, register, key FROM look"))).all()
    assert tuple(look) == ("minh", "driver_licences", wrong)


async def test_a_row_that_was_mended_meanwhile_is_not_shown(house: House) -> None:
    await hold(house, bad())
    await look_over(house)
    person = await steward(house)
    await person.opens(ONE)
    await hold(house, {"driver_licences": [licence(1), licence(2)]}, version=2)
    await look_over(house, every=timedelta(minutes=10))

    answer = await person.sends(f"{ONE}/show#shown")

    assert answer.status_code == 409


async def test_a_ticket_is_opened_from_a_row(house: House) -> None:
    await hold(house, bad())
    await look_over(house)
    person = await steward(house)
    await person.opens(ONE)
    await person.sends(f"{ONE}/show#shown")

    empty = await person.sends(f"{ONE}/wrong", column="date_of_birth", claimed="", note="")
    await person.sends(f"{ONE}/wrong", column="date_of_birth", claimed="06/05/1990", note="theo dữ liệu dân cư")

    assert empty.status_code == 400
    [ticket] = await house.store.tickets.owed_to(["driver_licences"], ["open"])  # type: ignore[list-item]  # as stored
    assert (ticket.column, ticket.held, ticket.claimed, ticket.said_by) == (
        "date_of_birth", "1991-01-01", "06/05/1990", "minh",
    )  # fmt: skip
    assert "Mới mở, chưa gửi" in person.text


@pytest.mark.parametrize("path", ["/desk/quality", ONE, "/desk/tickets"])
async def test_nobody_sees_them_signed_out(house: House, path: str) -> None:
    visitor = house.person()

    await visitor.opens(path)

    assert "Đăng nhập" in visitor.text and "Chất lượng dữ liệu" not in visitor.text
