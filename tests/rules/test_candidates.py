"""Candidates: what is unknown is never a number, every point is explained, and the ranking follows what is known."""

import csv

import pytest
from pydantic import ValidationError

from rules.base import Words
from rules.candidates import SAMPLE, Candidate, Criteria, Law, columns, criteria, read
from rules.candidates.scoring import Known, ranked

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
        ({"volume": "12.500"}, "row"),
        ({"volume": "nhiều", "volume_source": "x"}, "volume"),
        ({"department": "so-khong-co"}, "row"),
        ({"law": "maybe"}, "law"),
        ({"id": "có dấu"}, "id"),
    ],
)
def test_a_line_that_cannot_be_used_says_where(cells: dict[str, str], where: str) -> None:
    candidate, problems = read(line(**cells))

    assert candidate is None and [problem.where for problem in problems] == [where]


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


def test_weights_that_do_not_make_a_hundred_are_refused() -> None:
    data = criteria().model_dump(by_alias=True)
    data["criteria"]["law"]["weight"] = 14

    with pytest.raises(ValidationError, match="must make 100"):
        Criteria.model_validate(data)
