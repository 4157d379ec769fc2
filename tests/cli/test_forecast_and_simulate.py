"""`proactive forecast` counts what is stored as owed; `proactive simulate` asks a folder's rules about the records."""

import re
import xml.etree.ElementTree as ElementTree
from datetime import date, timedelta
from pathlib import Path

import pytest
from PIL import Image

from tests.cli.conftest import LICENCES, Arrive, Run
from tests.steps.people import Person, driver

TODAY = date(2026, 11, 23)


def due_in(number: int, days: int) -> Person:
    """Somebody whose licence falls due so many days from the tests' morning."""
    return driver(number).with_licence(expires_on=TODAY + timedelta(days=60 + days))


async def test_a_day_has_its_number_office_messages_price_and_hours(run: Run, arrive: Arrive) -> None:
    await arrive(due_in(1, 3), due_in(2, 3), due_in(3, 10), due_in(4, 400))

    said = (await run("forecast", "--to", "2026-12-31", "--json")).json

    assert [(day["day"], day["service"], day["office"], day["occasions"]) for day in said["days"]] == [
        ("2026-11-26", LICENCES, "csgt-da-nang", 2),
        ("2026-12-03", LICENCES, "csgt-da-nang", 1),
    ]
    assert said["totals"]["occasions"] == 3
    assert said["totals"]["messages"] == {"least": 3, "most": 18}
    assert said["totals"]["officer_hours"] == 0.8
    assert {one["name"]: one["confidence"] for one in said["assumptions"]} == {
        "sms_segment_vnd": "K", "officer_minutes_per_dossier": "K",
    }  # fmt: skip


async def test_what_is_due_already_is_told_apart(run: Run, arrive: Arrive) -> None:
    await arrive(due_in(1, -20), due_in(2, 5))

    said = (await run("forecast", "--to", "2026-12-31", "--json")).json

    assert [one["occasions"] for one in said["already_due"]] == [1]
    assert [day["day"] for day in said["days"]] == ["2026-11-28"]


async def test_a_simulation_finds_in_the_records_what_is_stored_as_owed(run: Run, arrive: Arrive) -> None:
    await arrive(*(due_in(number, number * 9) for number in range(1, 30)))

    stored = (await run("forecast", "--to", "2027-06-30", "--json")).json
    simulated = (await run("simulate", LICENCES, "--to", "2027-06-30", "--json")).json

    assert simulated["people"] == 29
    assert simulated["days"] == stored["days"]
    assert simulated["columns_not_kept"] == []


async def test_a_rule_that_is_not_in_force_can_be_simulated(run: Run, arrive: Arrive, earlier: Path) -> None:
    await arrive(due_in(1, 15))

    now = (await run("simulate", LICENCES, "--json")).json
    then = (await run("simulate", LICENCES, "--rules", earlier, "--json")).json

    assert [day["day"] for day in now["days"]] == ["2026-12-08"]
    assert [day["day"] for day in then["days"]] == ["2026-11-23"]


async def test_own_numbers_take_the_place_of_the_assumed_ones(run: Run, arrive: Arrive) -> None:
    await arrive(due_in(1, 3))

    said = (await run("forecast", "--segment-vnd", "1000", "--officer-minutes", "60", "--json")).json

    assert said["totals"]["cost_vnd"]["least"] % 1000 == 0
    assert said["totals"]["officer_hours"] == 1.0
    assert {one["reference"] for one in said["assumptions"]} == {"given on the command line"}


async def test_people_read_a_table_with_vietnamese_numbers_and_the_assumptions(run: Run, arrive: Arrive) -> None:
    await arrive(*(due_in(number, 3) for number in range(1, 4)))

    said = await run("forecast", "--to", "2026-12-01")

    assert "26/11/2026" in said.out
    assert "Phòng Cảnh sát giao thông" in said.out
    assert re.search(r" 4\.800 – [0-9]{2}\.[0-9]{3} ", said.out)
    assert "Giả định" in said.out and "độ chắc chắn K" in said.out


async def test_a_chart_is_an_svg_that_says_its_numbers_in_words(run: Run, arrive: Arrive, tmp_path: Path) -> None:
    await arrive(*(due_in(number, number * 20) for number in range(1, 20)))
    file = tmp_path / "chart.svg"

    said = await run("forecast", "--chart", file)
    picture = ElementTree.parse(file).getroot()
    titles = [one.text or "" for one in picture.iter("{http://www.w3.org/2000/svg}title")]

    assert said.code == 0
    assert titles[0] == "Dịch vụ công chủ động: việc đến hạn"
    assert any(title.startswith("12/2026: 1 (Đổi giấy phép lái xe khi đến hạn 1)") for title in titles)


async def test_the_same_chart_is_drawn_in_pixels(run: Run, arrive: Arrive, tmp_path: Path) -> None:
    await arrive(*(due_in(number, number * 20) for number in range(1, 20)))
    file = tmp_path / "chart.png"

    said = await run("forecast", "--chart", file)

    assert said.code == 0
    with Image.open(file) as picture:
        assert picture.format == "PNG"
        assert picture.width == 2160  # 1080 points, twice as dense as a screen
        blue = sum(pixel[:3] == (0, 0x72, 0xB2) for pixel in picture.convert("RGB").get_flattened_data())
    assert blue > 1000, "the bars of the first service are drawn"


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--chart", "chart.gif"), "name a .svg, which pages and Word take, or a .png"),
        (("--from", "2026-13-01"), "'2026-13-01' is no day"),
        (("--from", "2026-12-01", "--to", "2026-11-01"), "is no period"),
        (("--assumptions", "nowhere.yaml"), "cannot be read"),
    ],
)
async def test_what_cannot_be_done_ends_with_one_sentence(run: Run, words: tuple[str, ...], why: str) -> None:
    said = await run("forecast", *words)

    assert said.code == 1
    assert why in said.refused
