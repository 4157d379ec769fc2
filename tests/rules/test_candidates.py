"""Candidates: what is unknown is never a number, every point is explained, and the ranking follows what is known."""

import csv
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError

from rules.base import Words
from rules.candidates import SAMPLE, Candidate, Criteria, Law, criteria
from rules.candidates.rows import columns, read
from rules.candidates.scoring import Known, ranked
from rules.offices import office, offices

SOURCE = Words(vi="nguồn", en="source")


def line(**cells: str) -> dict[str, str]:
    return {"id": "a-b", "name_vi": "Tên", "field": "Đất đai", "department": "unit", "reference": "Luật",
            "confidence": "K", **cells}  # fmt: skip


def made(id: str = "a-b", **cells: str) -> Candidate:
    candidate, problems = read(line(id=id, **cells))
    assert candidate is not None, problems
    return candidate


def test_every_line_of_the_sample_can_be_read_says_so_and_claims_no_number_of_dossiers() -> None:
    rows = list(csv.reader(SAMPLE.read_text(encoding="utf-8").splitlines()))
    places = columns(rows[0])
    found = [read({name: row[place] for place, name in places.items()}) for row in rows[1:]]

    assert [problems for _, problems in found if problems] == []
    assert all(one.sample and one.volume is None and one.prefill is None for one, _ in found if one)
    assert len(found) == 17


@pytest.mark.parametrize(
    ("cells", "where"),
    [
        ({"volume": "nhiều", "volume_source": "x"},
         "volume: Input should be a valid integer, unable to parse string as an integer."),
        ({"department": "so-khong-co"},
         "row: There is no office 'so-khong-co'; use an id or name of rules/offices, or unit."),
        ({"law": "maybe"}, "law: Input should be 'draft', 'remind', 'forbidden' or 'unknown'."),
        ({"prefill": "101"}, "prefill: Input should be less than or equal to 100."),
        ({"name_vi": ""}, "name: Input should be a valid dictionary or instance of Words."),
        ({"id": "có dấu"}, "id: String should match pattern '^[A-Za-z0-9][A-Za-z0-9._-]{0,60}$'."),
    ],
)  # fmt: skip
def test_a_line_that_cannot_be_used_says_where_and_why(cells: dict[str, str], where: str) -> None:
    candidate, problems = read(line(**cells))

    assert candidate is None and list(map(str, problems)) == [f"{where} Correct this cell."]


def test_a_number_of_dossiers_needs_the_source_that_says_so() -> None:
    with pytest.raises(ValidationError, match="needs the source"):
        Candidate.model_validate(made().model_dump(by_alias=True) | {"volume": 5})


def test_a_line_needs_a_name_a_field_and_a_department_and_nothing_else() -> None:
    found, problems = read({"name_vi": "Cấp giấy phép xây dựng", "field": "Xây dựng", "department": "Sở Xây dựng"})

    assert problems == [] and found is not None
    assert (found.id, found.department, found.confidence) == ("cap-giay-phep-xay-dung", "so-xay-dung-da-nang", "K")
    assert (found.reference, found.law, found.harm) == ("theo danh sách được nhập", "unknown", "unknown")


@pytest.mark.parametrize(
    ("cells", "name", "read_as"),
    [
        ({"department": "SỞ Y TẾ thành phố Đà Nẵng"}, "department", "so-y-te-da-nang"),
        ({"department": "UBND cấp xã"}, "department", "unit"),
        ({"procedure": "1.004194.000.00.00.H17"}, "procedure", "1.004194.H17"),
        ({"procedure": "1.004194.H17"}, "procedure", "1.004194.H17"),
        ({"id": "", "procedure": "1.004194"}, "id", "1.004194"),
        ({"volume": "12,500"}, "volume", 12500),
        ({"volume": "12.500"}, "volume_source", "theo danh sách được nhập"),
        ({"prefill": "60 %"}, "prefill", 60),
        ({"law": "Nhắc và soạn sẵn"}, "law", "draft"),
        ({"law": "FORBIDDEN"}, "law", "forbidden"),
        ({"harm": "Lớn"}, "harm", "high"),
        ({"confidence": "v2"}, "confidence", "V2"),
    ],
)
def test_words_and_numbers_are_taken_as_offices_write_them(cells: dict[str, str], name: str, read_as: object) -> None:
    found, problems = read(line(**cells))

    assert problems == [] and getattr(found, name) == read_as


def test_of_two_headings_for_the_same_the_first_counts() -> None:
    assert columns(["Tên TTHC", "Tên thủ tục", "Cơ quan thực hiện", "Số lượng hồ sơ"]) == {
        0: "name_vi", 2: "department", 3: "volume",
    }  # fmt: skip


def test_a_whole_line_is_read_cell_by_cell() -> None:
    cells = line(
        procedure=" 1.001193 ", name_en="Name", department="so-tu-phap-da-nang", lists="25, 982", volume="1 200",
        volume_source="Báo cáo", register="residents", service="birth_bundle", prefill="60", law="remind",
        law_why_vi="Cần có mặt", harm="low", harm_why_vi="Ít", harm_why_en="Little", sample="Có",
    )  # fmt: skip

    assert read(cells) == (
        Candidate.model_validate({
            "id": "a-b", "procedure": "1.001193", "name": {"vi": "Tên", "en": "Name"}, "field": "Đất đai",
            "department": "so-tu-phap-da-nang", "lists": ("25", "982"), "volume": 1200, "volume_source": "Báo cáo",
            "register": "residents", "service": "birth_bundle", "prefill": 60, "law": "remind",
            "law_why": {"vi": "Cần có mặt", "en": "Cần có mặt"}, "harm": "low",
            "harm_why": {"vi": "Ít", "en": "Little"}, "reference": "Luật", "confidence": "K", "sample": True,
        }),
        [],
    )  # fmt: skip


def test_what_a_line_leaves_open_nobody_has_told_us() -> None:
    one = made()

    assert (one.name.en, one.lists, one.sample) == ("Tên", (), False)
    assert (one.law, one.harm, one.law_why, one.harm_why) == ("unknown", "unknown", None, None)
    assert (one.volume, one.prefill, one.procedure, one.register_name, one.service) == (None,) * 5


@pytest.mark.parametrize(("written", "sample"), [("x", True), ("TRUE", True), ("1", True), ("no", False), ("", False)])
def test_a_sample_says_so_in_one_of_a_few_words(written: str, sample: bool) -> None:
    assert made(sample=written).sample is sample


def test_headings_are_known_by_our_names_and_the_vietnamese_ones_however_they_are_written() -> None:
    assert columns(["ID", "tên THỦ TỤC", None, "Ghi chú", "volume", "Co so du lieu bao truoc", 7]) == {
        0: "id", 1: "name_vi", 4: "volume", 5: "register",
    }  # fmt: skip


def test_a_number_is_read_as_people_here_write_it() -> None:
    assert made(volume="12.500", volume_source="Báo cáo 2025").volume == 12500


def test_what_is_unknown_has_no_points_and_might_have_them_all() -> None:
    (one,) = ranked([(made(), Known(level="none"))], criteria())

    assert one.scores["volume"].points is None and "Chưa rõ" in one.scores["volume"].says.vi
    assert (one.least, one.most) == (0.0, 80.0)  # the trigger is known to be missing: 20 of 100 are lost


def test_points_are_weighed_and_each_is_said_in_words() -> None:
    known = Known(
        level="connected", volume=5000, volume_source=SOURCE, quality=0.909, quality_of=SOURCE, prefill=0.5,
        prefill_of=(3, 6),
    )  # fmt: skip

    (one,) = ranked([(made(law="draft", harm="high"), known)], criteria())

    points = {name: score.points for name, score in one.scores.items()}
    assert points == {"volume": 75, "trigger": 100, "quality": 90, "prefill": 50, "law": 100, "harm": 100}
    assert one.least == one.most == pytest.approx(0.25 * 75 + 20 + 0.15 * 90 + 0.15 * 50 + 15 + 10, abs=0.05)
    assert "5.000 hồ sơ" in one.scores["volume"].says.vi and "3 trong 6" in one.scores["prefill"].says.vi


@pytest.mark.parametrize(("volume", "points"), [(0, 0), (99, 0), (100, 20), (4999, 50), (20000, 100), (9**9, 100)])
def test_a_step_is_reached_from_its_number_on(volume: int, points: int) -> None:
    assert criteria().criteria["volume"].reached(volume) == points


def test_what_the_law_forbids_stands_last_whatever_its_points_and_has_no_place() -> None:
    good = Known(level="connected", volume=10**6, volume_source=SOURCE)

    found = ranked([(made("a1", law=Law.FORBIDDEN), good), (made("b1"), Known(level="none"))], criteria())

    assert [(one.candidate.id, one.place) for one in found] == [("b1", 1), ("a1", None)]


def scores(known: Known, **cells: str) -> dict[str, tuple[int | None, str, str]]:
    (one,) = ranked([(made(**cells), known)], criteria())
    return {name: (score.points, score.says.vi, score.says.en) for name, score in one.scores.items()}


NOBODY = (None, "Chưa rõ: chưa ai cho biết, nên không tính điểm.", "Unknown: nobody has told us, so no points.")


def test_what_nobody_knows_is_said_of_each_criterion() -> None:
    assert scores(Known(level="none")) == {
        "volume": NOBODY,
        "trigger": (0, "Chưa biết dữ liệu nào báo trước.", "No register is known that tells in advance."),
        "quality": (None, "Chưa đo được: dữ liệu chưa kết nối.", "Not measured: the data is not connected."),
        "prefill": NOBODY,
        "law": NOBODY,
        "harm": NOBODY,
    }


def test_what_is_known_is_said_in_whole_sentences() -> None:
    known = Known(
        level="described", register_title=Words(vi="Dân cư", en="Residents"), volume=12_500, volume_source=SOURCE,
        quality=0.29, quality_of=Words(vi="đủ", en="complete"), prefill=0.376, prefill_of=(3, 8),
    )  # fmt: skip

    assert scores(known, law="remind", law_why_vi="Cần có mặt.", law_why_en="Presence.", harm="low") == {
        "volume": (75, "12.500 hồ sơ một năm (nguồn).", "12,500 dossiers a year (source)."),
        "trigger": (40, "Dân cư: đã mô tả, chưa kết nối.", "Residents: described, not connected."),
        "quality": (28, "Mức thấp nhất là «đủ»: 28 %.", "Lowest is “complete”: 28%."),
        "prefill": (38, "3 trong 8 mục của mẫu đơn có sẵn trong dữ liệu.", "3 of 8 fields are in registers."),
        "law": (60, "Chỉ được nhắc. Cần có mặt.", "Reminders only. Presence."),
        "harm": (20, "Nhỏ.", "Low."),
    }


def test_a_share_of_the_form_may_come_from_a_list() -> None:
    found = scores(Known(level="connected", prefill=0.6), law="draft", harm="medium")

    assert found["prefill"] == (60, "60 % mẫu đơn, theo danh sách.", "60% of the form, as the list says.")
    assert found["trigger"][1:] == ("Đã kết nối và đọc hết một lần.", "Connected and read through once.")
    assert found["law"] == (100, "Được nhắc và soạn sẵn.", "Reminders and prepared drafts.")
    assert found["harm"] == (60, "Vừa.", "Medium.")


@pytest.mark.parametrize(
    "known",
    [
        Known(level="none", volume=500),
        Known(level="none", volume_source=SOURCE),
        Known(level="none", quality=0.5),
        Known(level="none", quality_of=SOURCE),
    ],
)
def test_half_of_what_is_needed_is_not_known(known: Known) -> None:
    found = scores(known)

    assert (found["volume"][0], found["quality"][0]) == (None, None)


def test_ranks_go_by_sure_points_then_by_possible_ones_then_by_name() -> None:
    sure, perhaps, less = Known(level="connected"), Known(level="connected"), Known(level="described")
    found = [
        (made("less"), less),
        (made("b1", harm="low"), Known(level="described")),
        (made("z1"), sure),
        (made("a1"), perhaps),
        (made("worse", law="forbidden", harm="high"), sure),
        (made("full", harm="high", law="draft"), sure),
    ]

    assert [(one.place, one.candidate.id, one.least, one.most) for one in ranked(found, criteria())] == [
        (1, "full", 45.0, 100.0), (2, "a1", 20.0, 100.0), (3, "z1", 20.0, 100.0), (4, "b1", 10.0, 80.0),
        (5, "less", 8.0, 88.0), (None, "worse", 30.0, 85.0),
    ]  # fmt: skip


def test_of_those_with_the_same_sure_points_the_one_that_might_have_more_comes_first() -> None:
    law_says = made("z1", law="remind", harm="low")  # 9 and 2 points, and no register
    volume_says = Known(level="none", volume=400, volume_source=SOURCE, quality=0.4, quality_of=SOURCE)  # 5 and 6

    found = ranked([(made("b1"), volume_says), (law_says, Known(level="none"))], criteria())

    assert [(one.candidate.id, one.least, one.most) for one in found] == [("z1", 11.0, 66.0), ("b1", 11.0, 51.0)]


def test_offices_that_are_asked_for_proposals() -> None:
    least = criteria().least_a_department
    asked = least.departments()

    assert least.number == 2
    assert "vp-ubnd-da-nang" not in asked and "csgt-da-nang" in asked and "so-tu-phap-da-nang" in asked
    assert {office(one).kind for one in asked} == {"department", "police", "social_insurance"}
    assert {one.id for one in offices().values() if one.kind in least.kinds} - set(asked) == {"vp-ubnd-da-nang"}


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda all_of: all_of.pop("harm"), "The criteria are volume, trigger, quality, prefill, law and harm."),
        (lambda all_of: all_of["law"].update(weight=16), "The weights must make 100."),
        (lambda all_of: all_of["volume"].update({"from": {1: 0}}), "The steps of volume begin at 0."),
    ],
)
def test_criteria_that_do_not_fit_are_refused(spoil: Callable[[dict[str, Any]], object], why: str) -> None:
    data = criteria().model_dump(by_alias=True)
    spoil(data["criteria"])

    with pytest.raises(ValidationError) as refused:
        Criteria.model_validate(data)

    assert [one["msg"] for one in refused.value.errors()] == [f"Value error, {why}"]
