"""The desk's forecast: numbers only, for officers only, counted at most once in five minutes."""

from datetime import timedelta

import pytest

from tests.web.conftest import House


@pytest.fixture
async def owed(house: House) -> House:
    """Three people due in ten days."""
    await house.people.owed([house.clock.today() + timedelta(days=10)] * 3)
    return house


async def test_an_officer_sees_what_falls_due_as_a_table_and_as_a_picture(owed: House) -> None:
    officer = await owed.officer()

    page = await officer.opens("/desk/forecast")

    due = owed.clock.today() + timedelta(days=10)
    assert page.status_code == 200
    assert "<svg" in page.text
    assert f"{due:%d/%m/%Y}" in page.text
    assert "04809" not in page.text


async def test_what_is_chosen_is_cut_out_and_nonsense_is_passed_over(owed: House) -> None:
    officer = await owed.officer()

    other = await officer.opens("/desk/forecast?service=social_pension&office=&days=365")
    nonsense = await officer.opens("/desk/forecast?service=<b>&office=%00&days=-1")

    assert "Không có việc nào đến hạn" in other.text
    assert nonsense.status_code == 200
    assert "<svg" in nonsense.text
    assert "<b>" not in nonsense.text


async def test_nobody_else_sees_it(house: House) -> None:
    answer = await house.person().opens("/desk/forecast")

    assert "<svg" not in answer.text
