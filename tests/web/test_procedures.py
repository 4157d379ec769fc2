"""The public list of procedures: what is published is found, in both languages and by other programs."""

import csv
import io
from datetime import timedelta
from pathlib import Path

import rules.procedures
from proactive.domain.procedure import Signed, Stage
from proactive.steps import catalogue
from tests.web.conftest import House

FILE = Path(rules.procedures.__file__).with_name("catalogue.csv")


async def published(house: House) -> None:
    """Every procedure of the sample file, through all of its stages."""
    now = house.clock.now()
    proposal = Signed(by="de-xuat", office="centre-city", document="1/TTr", at=now)
    entries = await catalogue.propose(catalogue.read(FILE.read_bytes()), signed=proposal, store=house.store)
    for entry in entries:
        for days, (stage, office) in enumerate(
            [
                (Stage.REVIEWED, "so-tu-phap-da-nang"),
                (Stage.APPROVED, "vp-ubnd-da-nang"),
                (Stage.PUBLISHED, "vp-ubnd-da-nang"),
            ]
        ):
            signed = Signed(by=f"ky-{days}", office=office, document=f"{days}/QD", at=now + timedelta(days=days))
            await catalogue.take(entry.code, entry.version, stage, signed=signed, store=house.store)


async def test_only_what_is_published_is_shown(house: House) -> None:
    proposal = Signed(by="a", office="centre-city", document="1", at=house.clock.now())
    await catalogue.propose(catalogue.read(FILE.read_bytes()), signed=proposal, store=house.store)
    person = house.person()

    await person.opens("/procedures")

    assert "Chưa có thủ tục nào được công bố" in person.text
    assert (await person.opens("/procedures/3.000347")).status_code == 404
    assert (await person.opens("/procedures.json")).json() == {"procedures": []}


async def test_it_is_found_without_accents_and_filtered(house: House) -> None:
    await published(house)
    person = house.person()

    await person.opens("/procedures?q=giay%20phep%20LAI")
    assert "Đổi giấy phép lái xe" in person.text and "1 thủ tục" in person.text
    await person.opens("/procedures?boundary=bound")
    assert "chỉ tiếp nhận tại nơi cư trú" in person.text and "1 thủ tục" in person.text
    await person.opens("/procedures?q=khong-co-dau")
    assert "Không có thủ tục nào như vậy" in person.text


async def test_a_fee_that_sources_disagree_on_is_never_told_as_a_number(house: House) -> None:
    await published(house)
    person = house.person()

    await person.opens("/procedures/3.000347?lang=en")

    assert "As listed on the National Public Service Portal" in person.text
    assert "3.5 working days" in person.text
    assert "135,000" not in person.text and "115,000" not in person.text
    assert "Reviewed by the Department of Justice" in person.text and "0/QD" in person.text


async def test_what_is_made_up_says_so(house: House) -> None:
    await published(house)
    person = house.person()

    await person.opens("/procedures/9.900001")

    assert "không có giá trị pháp lý" in person.text
    assert "2.000 đồng" in person.text


async def test_the_csv_can_be_imported_again_and_the_json_says_the_same(house: House) -> None:
    await published(house)
    person = house.person()

    file = await person.opens("/procedures.csv")
    told = (await person.opens("/procedures.json")).json()["procedures"]

    lines = catalogue.read(file.content)
    assert [line.problems for line in lines] == [()] * len(told)
    rows = list(csv.reader(io.StringIO(file.content.decode("utf-8-sig"))))
    assert sorted(row[0] for row in rows[1:]) == sorted(one["code"] for one in told)
    again = Signed(by="b", office="centre-city", document="2", at=house.clock.now())
    assert await catalogue.propose(lines, signed=again, store=house.store) == []
