"""The page of indicators: what the command says, for officers, without anybody's data."""

import csv
import io

from tests.web.conftest import House
from tests.web.test_cases import HAI_CHAU, HOI_AN, received
from tests.web.test_procedures import published


async def test_figures_of_the_city_and_of_a_unit_with_their_definitions(house: House) -> None:
    await published(house)
    hoi_an = await house.officer("hoa", office=HOI_AN)
    await received(house, hoi_an)

    city = await hoi_an.opens("/desk/indicators")
    assert "Hồ sơ tiếp nhận đã số hóa toàn bộ thành phần" in city.text and "1 / 1" in city.text
    assert "Quyết định 766/QĐ-TTg" in city.text and "Chưa có nguồn khảo sát nào" in city.text
    unit = await hoi_an.opens(f"/desk/indicators?unit={HAI_CHAU}")
    assert "phường Hải Châu, 11/2026" in unit.text and "Chưa có nguồn khảo sát nào" not in unit.text


async def test_the_same_as_json_and_csv_and_nobodys_data(house: House) -> None:
    await published(house)
    hai_chau = await house.officer("chau", office=HAI_CHAU)
    await received(house, await house.officer("hoa", office=HOI_AN))

    told = (await hai_chau.opens("/desk/indicators.json?month=2026-11")).json()
    table = await hai_chau.opens("/desk/indicators.csv?month=2026-11")

    assert told["month"] == "2026-11" and told["units"][HOI_AN]["digital_dossiers"]["of"] == 1
    assert told["city"]["digital_dossiers"] == {"part": 1, "of": 1, "share": 100.0}
    rows = list(csv.DictReader(io.StringIO(table.text.lstrip("\ufeff"))))
    assert any(row["Đơn vị"] == HOI_AN and row["Mẫu số"] == "1" for row in rows)
    for said in (str(told), table.text):
        assert "048180123456" not in said and "Thu Hà" not in said


async def test_only_officers_and_only_months_of_the_last_year(house: House) -> None:
    assert "Đăng nhập" in (await house.person().opens("/desk/indicators.json")).text
    hoi_an = await house.officer("hoa", office=HOI_AN)
    for month in ("2024-01", "2026-12", "x"):
        assert (await hoi_an.opens(f"/desk/indicators?month={month}")).status_code == 404
