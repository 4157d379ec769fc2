"""Files on the desk: only for those who look after the data, and looked at before anything changes."""

import re
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import text

from proactive.domain.files import FileState
from proactive.sheets import opened
from proactive.store.people import Role
from tests.sheets.files import delimited
from tests.steps.test_office_files import HEADINGS, row
from tests.web import office
from tests.web.browsing import Person
from tests.web.conftest import House

HERE = "/desk/files"


async def steward(house: House) -> Person:
    person = await house.officer("minh", role=Role.DATA)
    await person.opens(HERE)
    return person


async def sends(
    person: Person, content: bytes, *, listing: str = "additions", name: str = "vi-pham.csv", **more: str
) -> httpx.Response:
    """Send a file by the form, and look at where that leads."""
    await person.opens(HERE)
    fields = {**person.hidden(HERE), "register": "violations", "listing": listing, **more}
    answer = await person.client.post(HERE, data=fields, files={"file": (name, content, "text/csv")})
    if answer.status_code == 303:
        await person.opens(answer.headers["location"])
    else:
        person.page = answer
    return answer


async def kept(house: House) -> dict[str, bool]:
    async with house.store.engine.connect() as connection:
        rows = await connection.execute(text("SELECT key, deleted FROM record"))
        return {row[0]: row[1] for row in rows}


async def test_from_a_file_over_what_is_wrong_with_it_to_the_records(house: House) -> None:
    person = await steward(house)
    sent = await sends(person, delimited([HEADINGS, row(1), row(2, day="khi nào")]))
    place = sent.headers["location"]
    waiting = person.page
    await office.works(house)
    await person.opens(place)
    preview = person.text
    before = await kept(house)
    answer = await person.client.post(f"{place}/errors", data={**person.hidden(f"{place}/errors"), "kind": "csv"})
    await person.sends(f"{place}/apply")
    await office.works(house)
    await person.opens(place)
    applied = person.text

    heading, wrong = list(opened(answer.content).rows)
    corrected = [*wrong[:2], "02/10/2026", *wrong[3:]]
    again = await sends(person, delimited([heading, corrected]))
    await office.works(house)
    await person.opens(again.headers["location"])
    await person.sends(f"{again.headers['location']}/apply")
    await office.works(house)

    assert waiting is not None and waiting.headers["refresh"] == "2"
    assert "Cập nhật 1 bản ghi" in preview and "không phải là ngày ghi đủ ngày/tháng/năm" in preview
    assert before == {}
    assert "Đã cập nhật 1 bản ghi." in applied
    assert wrong[-2:] == [
        "Ngày vi phạm: 'khi nào' không phải là ngày ghi đủ ngày/tháng/năm.",
        "Sửa lại thành ngày/tháng/năm, ví dụ 05/01/2026.",
    ]
    assert await kept(house) == {"VP00001": False, "VP00002": False}
    [second, first], _ = await house.store.files.newest(limit=5)
    assert [deed.actor for deed in await house.store.files.history(first.id) if deed.verb == "take_errors"] == ["minh"]
    assert second.by == "minh"


async def test_an_officer_of_another_role_may_neither_look_nor_send(house: House) -> None:
    officer = await house.officer()

    looked = await officer.opens(HERE)
    sent = await officer.client.post(HERE, data={"csrf": "x"}, files={"file": ("a.csv", b"x")})

    assert (looked.status_code, sent.status_code) == (403, 403)
    assert HERE not in (await officer.opens("/desk")).text


@pytest.mark.parametrize(
    "name", ['a"\r\nX-Bad: 1\r\n.csv', "../../etc/passwd", "<script>alert(1)</script>.csv", "", "ngũ hành.csv"]
)
async def test_the_name_of_a_file_is_shown_and_used_for_nothing(house: House, name: str) -> None:
    person = await steward(house)
    sent = await sends(person, delimited([HEADINGS, row(1, day="?")]), name=name)
    if sent.status_code == 400:
        return
    place = sent.headers["location"]
    await office.works(house)
    await person.opens(place)

    answer = await person.client.post(f"{place}/errors", data={**person.hidden(f"{place}/errors"), "kind": "xlsx"})

    assert re.fullmatch(r"/desk/files/[0-9a-f-]{36}", place)
    assert answer.headers["content-disposition"] == 'attachment; filename="can-sua-20261123.xlsx"'
    assert "x-bad" not in answer.headers and "<script>alert" not in person.text
    assert answer.content.startswith(b"PK")


async def test_what_is_missing_is_said_and_what_is_too_large_is_not_read(house: House) -> None:
    person = await steward(house)

    nothing = await sends(person, b"")
    choice = await sends(person, delimited([HEADINGS, row(1)]), listing="")
    register = await sends(person, delimited([HEADINGS, row(1)]), register="residents")
    large = await sends(person, b"x" * (20 * 2**20 + 70_000))
    forged = await sends(person, delimited([HEADINGS, row(1)]), csrf="0")
    strange = await person.client.post(
        HERE, content=b"--x\r\nnonsense", headers={"content-type": "multipart/form-data; boundary=x"}
    )
    plain = await person.posts(HERE, {"csrf": "x"})

    assert [one.status_code for one in (nothing, choice, register, large, forged)] == [400, 400, 400, 413, 403]
    assert "Chọn một tệp có dữ liệu" in nothing.text
    assert strange.status_code in (400, 403) and plain.status_code == 415
    assert (await house.store.files.newest(limit=5))[1] == 0


async def test_half_a_list_is_not_believed_until_its_number_is_typed(house: House) -> None:
    person = await steward(house)
    for content, listing in ((office.FIRST, "full"), (office.HALF, "full")):
        place = (await sends(person, content, listing=listing)).headers["location"]
        await office.works(house)
        await person.opens(place)
        if content is office.FIRST:
            await person.sends(f"{place}/apply")
            await office.works(house)

    unsure = await person.sends(f"{place}/apply", vanish="3")
    [file, _], _ = await house.store.files.newest(limit=2)
    sure = await person.sends(f"{place}/apply", vanish="30")
    await office.works(house)

    assert (unsure.status_code, file.state, sure.status_code) == (400, FileState.PREVIEWED, 303)
    assert sum(not deleted for deleted in (await kept(house)).values()) == 10


async def test_nothing_personal_is_on_the_preview(house: House) -> None:
    person = await steward(house)
    place = (await sends(person, office.FIRST)).headers["location"]
    await office.works(house)
    await person.opens(place)
    await person.sends(f"{place}/apply")
    await office.works(house)
    place = (await sends(person, office.SECOND)).headers["location"]
    await office.works(house)
    await person.opens(place)

    assert "•••• 0001" in person.text and "05/11/2026" in person.text
    assert not re.search(r"048168|48168|VP000", person.text)


async def test_a_file_that_is_not_there_is_not_found(house: House) -> None:
    person = await steward(house)

    for path in (f"{HERE}/{uuid4()}", f"{HERE}/khong-co"):
        assert (await person.opens(path)).status_code == 404
