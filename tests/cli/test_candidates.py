"""`proactive candidates --json` over lists that are not ours: every number follows from what stands beside it."""

import json
import random
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Run
from tests.cli.test_live_and_guests import officers
from tests.cli.test_live_and_guests import run as typed
from tests.sheets.files import workbook

__all__ = ["officers"]
HEAD = ["Mã TTHC", "Tên thủ tục hành chính", "Lĩnh vực", "Cơ quan thực hiện", "Số lượng hồ sơ", "Pháp luật",
        "Thiệt hại", "Cơ sở dữ liệu báo trước", "Phần điền sẵn (%)"]  # fmt: skip
OFFICES = ("Sở Y tế", "Sở Công Thương thành phố Đà Nẵng", "UBND cấp xã", "so-xay-dung-da-nang", "unit")


def listed(chance: random.Random, number: int) -> list[list[object]]:
    """Lines of a list as somebody else might write it, each cell drawn, many of them empty."""
    return [
        [f"{1 + place % 3}.{900000 + place}" + chance.choice(["", ".000.00.00.H17", ".H17"]), f"Thủ tục số {place}",
         "Lĩnh vực", chance.choice(OFFICES), chance.choice([None, "", 0, 99, 12500.0, "1.200", "20,000", 1234567.0]),
         chance.choice(["", "draft", "Chỉ được nhắc", "không được", "chưa rõ"]),
         chance.choice(["", "lớn", "vừa", "low"]),
         chance.choice(["", "residents", "driver_licences", "khong_co"]), chance.choice(["", "60 %", 0, 100])]
        for place in range(number)
    ]  # fmt: skip


def checked(found: dict[str, Any]) -> list[dict[str, Any]]:
    """Every number is what the words, points and weights beside it make."""
    weights = {name: one["weight"] for name, one in found["criteria"].items()}
    assert sum(weights.values()) == 100
    ranked = [one for one in found["candidates"] if one["place"] is not None]
    assert [one["place"] for one in ranked] == list(range(1, len(ranked) + 1))
    assert found["candidates"][: len(ranked)] == ranked
    assert {one["law"] for one in found["candidates"][len(ranked) :]} <= {"forbidden"}
    for one in found["candidates"]:
        scores = one["scores"]
        assert list(scores) == list(weights)
        earned = sum(score["earned"] or 0 for score in scores.values())
        unknown = sum(weights[name] for name, score in scores.items() if score["points"] is None)
        assert (one["least"], one["most"]) == (round(earned, 1), round(earned + unknown, 1))
        for name, score in scores.items():
            assert score["says"]["vi"].strip() and score["says"]["en"].strip()
            assert score["points"] is None or 0 <= score["points"] <= 100
            assert (score["earned"] is None) == (score["points"] is None)
            if score["points"] is not None:
                assert score["earned"] == score["points"] * weights[name] / 100
    assert ranked == sorted(ranked, key=lambda one: (-one["least"], -one["most"], one["id"]))
    return list(found["candidates"])


async def test_another_list_is_ranked_as_it_stands_and_nothing_of_it_is_kept(run: Run, tmp_path: Path) -> None:
    file, rows = tmp_path / "other.xlsx", listed(random.Random(11), 60)
    file.write_bytes(workbook([HEAD, *rows]))

    found = (await run("candidates", "--from", str(file), "--json")).json

    assert (len(checked(found)), found["wrong"], found["sample"]) == (60, [], False)
    ids = [one["id"] for one in found["candidates"]]
    random.Random(3).shuffle(rows)
    file.write_bytes(workbook([HEAD, *rows]))
    assert [one["id"] for one in (await run("candidates", "--from", str(file), "--json")).json["candidates"]] == ids
    assert (await run("candidates", "--json")).json["sample"]


async def test_without_a_database_a_list_is_ranked_by_what_it_says_itself(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "other.csv"
    file.write_text("Tên thủ tục;Lĩnh vực;Đơn vị;Số hồ sơ;Pháp luật\nA;X;Sở Y tế;500;draft\nB;X;Sở Y tế;50.000;draft\n")
    monkeypatch.delenv("PROACTIVE_DATABASE_URL", raising=False)
    monkeypatch.setenv("PROACTIVE_DATA_DIR", str(tmp_path / "nothing"))

    said = await run("candidates", "--from", str(file), "--json")

    assert [one["name"]["vi"] for one in checked(said.json)] == ["B", "A"]
    assert "Nothing counts as connected" in said.err
    assert "There is no database yet" in (await run("candidates", "--json")).refused


async def test_a_code_is_enough_to_find_the_service_that_there_is_for_it(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "codes.csv"
    file.write_text(
        "STT,Mã TTHC,Tên thủ tục,Lĩnh vực,Cơ quan\n1,1.999999,Khác,X,Sở Y tế\n"
        "2,3.000347.000.00.00.H17,Đổi giấy phép lái xe,X,Sở Y tế\n"
    )

    first, other = checked((await run("candidates", "--from", str(file), "--json")).json)

    assert (first["service"], first["register"]) == ("driver_licence_renewal", "driver_licences")
    assert first["scores"]["trigger"]["points"] == 40 and first["scores"]["prefill"]["points"] > 0
    assert (other["service"], other["scores"]["trigger"]["points"]) == (None, 0)


async def test_lines_that_cannot_be_used_are_named_and_the_others_are_ranked(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "other.csv"
    file.write_text("Tên thủ tục,Lĩnh vực,Đơn vị,Số hồ sơ\nA,X,Sở Y tế,5\nB,X,Sở Lạ,5\nC,X,Sở Y tế,nhiều\nA,X,unit,\n")

    said = await run("candidates", "--from", str(file), "--json")

    assert [one["name"]["vi"] for one in checked(said.json)] == ["A"]
    assert [(one["line"], one["problems"][0]["where"]) for one in said.json["wrong"]] == [
        (3, "row"), (4, "volume"), (5, "id"),
    ]  # fmt: skip
    assert "line 3" in said.err and "Sở Lạ" in said.err


async def test_the_sample_and_each_department_s_part_of_it(run: Run) -> None:
    whole = (await run("candidates", "--json")).json
    part = (await run("candidates", "--department", "unit", "--json")).json
    printed = (await run("candidates")).out

    assert len(checked(whole)) == 17 and all(one["sample"] for one in whole["candidates"])
    assert {one["department"] for one in part["candidates"]} == {"unit"}
    assert {one["asked"] for one in whole["departments"]} == {2} and len(whole["departments"]) == 14
    assert all(
        one["missing"] == max(0, one["asked"] - one["proposed"] - one["accepted"]) for one in whole["departments"]
    )
    assert json.dumps(whole) and "No list was imported" in printed


async def test_a_list_is_imported_by_an_officer_and_its_documents_are_written(
    run: Run, officers: None, tmp_path: Path
) -> None:
    file = tmp_path / "city.csv"
    file.write_text("Tên thủ tục,Lĩnh vực,Đơn vị,Số hồ sơ\nA,X,Sở Y tế,5\nB,X,Sở Lạ,5\n")
    importing = ("candidates", "import", str(file), "--by", "an", "--document", "12/UBND")

    looked = await typed(*importing, "--dry-run", "--json")
    kept = await typed(*importing, "--json")
    refused = await typed(*importing, password="sai")
    for kind, begins in (("pdf", b"%PDF"), ("docx", b"PK")):
        paper = tmp_path / f"x.{kind}"
        await run("candidates", "document", "so-y-te-da-nang", "--to", str(paper))
        assert paper.read_bytes().startswith(begins)

    assert [json.loads(one.stdout)["kept"] for one in (looked, kept)] == [0, 1]
    assert {one.exit_code for one in (looked, kept)} == {1} and "password is wrong" in str(refused.exception)
    found = (await run("candidates", "--json")).json
    assert (found["sample"], [one["id"] for one in checked(found)]) == (False, ["a"])
    assert "neither a .pdf nor" in (await run("candidates", "document", "unit", "--to", "x.txt")).refused
    assert "no office" in (await run("candidates", "document", "nowhere", "--to", "x.pdf")).refused
