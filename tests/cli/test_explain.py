"""`proactive explain`: why a stored record is due or not, in Vietnamese sentences with their law."""

from datetime import date

from tests.cli.conftest import Arrive, Run
from tests.steps.people import driver

SERVICE = "driver_licence_renewal"


async def test_a_due_licence_is_explained_condition_by_condition_with_its_law(run: Run, arrive: Arrive) -> None:
    person = driver(7)
    await arrive(person)

    said = await run("explain", SERVICE, person.licences[0].number)

    assert said.code == 0
    assert "Bản ghi ***0007: ĐẾN LƯỢT (24/10/2026 – 22/12/2028)" in said.out
    assert "✓ đúng   Giấy phép không bị thu hồi, bị tước hoặc báo mất: valid" in said.out
    assert "Căn cứ: Luật 36/2024/QH15, Điều 62.2 (đã đọc trong văn bản hoặc báo chí)" in said.out
    assert "Căn cứ: Thông tư 108/2026/TT-BCA, Điều 22 (mới thấy trong nguồn thứ cấp, cần đối chiếu)" in said.out
    assert "Đã ghi: đến hạn 24/10/2026, đang chờ đến ngày" in said.out
    assert person.personal_id not in said.out and person.licences[0].number not in said.out


async def test_a_licence_that_is_not_due_says_which_condition_fails(run: Run, arrive: Arrive) -> None:
    person = driver(8).with_licence(status="withdrawn")
    await arrive(person)

    said = (await run("explain", SERVICE, person.licences[0].number, "--json")).json

    assert said["due"] is False
    assert [one["condition"] for one in said["because"] if not one["holds"]] == [
        "Giấy phép không bị thu hồi, bị tước hoặc báo mất"
    ]
    assert said["stored"] == []


async def test_it_can_be_asked_of_another_day(run: Run, arrive: Arrive) -> None:
    person = driver(9).with_licence(expires_on=date(2027, 6, 1))
    await arrive(person)

    today = (await run("explain", SERVICE, person.licences[0].number, "--json")).json
    later = (await run("explain", SERVICE, person.licences[0].number, "--on", "2027-06-02", "--json")).json

    assert (today["due"], today["due_on"]) == (False, "2027-04-02")
    assert (later["due"], later["variant"]) == (True, "reissue_no_test")
    assert today["stored"][0]["state"] == "owed"
    assert today["cycle"] == "***0009|2027-06-01"


async def test_an_unknown_key_or_service_ends_with_one_sentence(run: Run) -> None:
    key = await run("explain", SERVICE, "480000000000")
    service = await run("explain", "driver_license", "480000000000")

    assert key.code == 1 and "No record with this key is kept of driver_licences" in key.refused
    assert service.code == 1 and "There is no service 'driver_license'" in service.refused
