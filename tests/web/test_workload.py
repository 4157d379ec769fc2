"""Twelve months at the desk: figures that the store confirms, hours that offices say, files without the few."""

import csv
import io
from datetime import timedelta

from sqlalchemy import text

from proactive.foresight.year import look_ahead
from proactive.store.people import Role
from tests.web.conftest import House
from tests.web.people import OFFICE

HAI_CHAU = "centre-20242"


async def test_what_falls_due_is_what_the_store_says_and_hours_are_set_against_it(house: House) -> None:
    due = house.clock.today() + timedelta(days=40)
    await house.people.owed([due] * 24 + [due + timedelta(days=365)] * 3)
    officer = await house.officer()

    await officer.opens("/desk/forecast/year")
    await officer.sends("/desk/forecast/capacity", hours_a_week="x", from_day="2026-01-01")
    await officer.opens("/desk/forecast/year")
    await officer.sends("/desk/forecast/capacity", hours_a_week="1", from_day="2026-01-01", note="một người")
    page = await officer.opens("/desk/forecast/year")
    table = await officer.opens("/desk/forecast/year.csv")
    paper = await officer.opens("/desk/forecast/year.pdf")

    async with house.store.engine.connect() as connection:
        asked = text("SELECT count(*) FROM occasion WHERE state = 'owed' AND to_char(due_on, 'MM/YYYY') = :month")
        counted = int(await connection.scalar(asked, {"month": f"{due:%m/%Y}"}) or 0)
        said = (await connection.execute(text("SELECT office, hours_a_week, said_by FROM office_capacity"))).all()
    rows = list(csv.reader(io.StringIO(table.content.decode("utf-8-sig"))))
    [month] = [row for row in rows if row[:2] == [f"{due:%m/%Y}", "Toàn thành phố"]]
    assert counted == 24 == int(month[2])
    assert [tuple(one) for one in said] == [(OFFICE, 1, "lan")]
    assert "Quá tải" in page.text and "một người" in page.text
    for chart in ("den-han", "den-han-co-quan"):
        drawn = page.text.partition(f'id="{chart}"')[2].partition("</table>")[0]
        assert f'data-value="{counted}"' in drawn and f"{due:%m/%Y}" in drawn
    assert f"Tháng {due:%m/%Y} cần nhiều nhất so với ngân sách tin nhắn" in page.text
    assert paper.content.startswith(b"%PDF") and "04809" not in page.text + table.text


async def test_a_page_shows_what_the_worker_counted_and_as_of_when(house: House) -> None:
    due, catalogue = house.clock.today() + timedelta(days=40), house.parts.catalogue
    await house.people.owed([due] * 24)
    officer = await house.officer()

    async def shown() -> str:
        table = (await officer.opens("/desk/forecast/year.csv")).content.decode("utf-8-sig")
        [month] = [row for row in csv.reader(io.StringIO(table)) if row[:2] == [f"{due:%m/%Y}", "Toàn thành phố"]]
        return month[2]

    assert await look_ahead(catalogue=catalogue, store=house.store, clock=house.clock) > 0
    assert await look_ahead(catalogue=catalogue, store=house.store, clock=house.clock) == 0  # another worker, just now
    async with house.store.engine.begin() as connection:
        await connection.execute(text("UPDATE occasion SET due_on = due_on + 400, ends_on = ends_on + 400"))
    assert await shown() == "24"
    house.clock.forward(minutes=10)
    assert await look_ahead(catalogue=catalogue, store=house.store, clock=house.clock) == 0  # nothing is due any more
    assert await shown() == "0"


async def test_an_officer_speaks_for_their_own_office_only_and_files_hide_the_few(house: House) -> None:
    await house.people.owed([house.clock.today() + timedelta(days=40)] * 3)
    hoa = await house.officer("hoa", office=HAI_CHAU)
    await hoa.opens("/desk/forecast/year")

    other = await hoa.sends("/desk/forecast/capacity", office="csgt-da-nang", hours_a_week="1", from_day="2026-01-01")
    minh = await house.officer("minh", role=Role.DATA)
    await minh.opens("/desk/forecast/year")
    done = await minh.sends("/desk/forecast/capacity", office="csgt-da-nang", hours_a_week="9", from_day="2026-01-01")
    table = await hoa.opens("/desk/forecast/year.csv")

    assert (other.status_code, done.status_code) == (403, 303)
    assert "dưới 5" in table.text
    assert "Đăng nhập" in (await house.person().opens("/desk/forecast/year.csv")).text
