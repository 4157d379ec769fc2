"""A procedure by itself: who may receive it and return it, who decides, its steps and fees, and what does not fit."""

from datetime import date
from typing import Any

import pytest

from rules.offices import Office, office
from rules.procedures import Procedure

HERE, ELSEWHERE = "20242", "20320"
CENTRE, OTHER_CENTRE = f"centre-{HERE}", f"centre-{ELSEWHERE}"
TRAFFIC_POLICE, CITY_CENTRE = "csgt-da-nang", "centre-city"


def step(name: str, hours: float = 4, at: str = "receiving") -> dict[str, Any]:
    return {"name": name, "title": {"vi": name, "en": name}, "at": at, "role": "Cán bộ", "hours": hours}


def fee(since: str, to: str | None = None, vnd: int = 1000) -> dict[str, Any]:
    return {"from": since, "to": to, "vnd": vnd, "reference": "Luật", "confidence": "V"}


def procedure(**changes: Any) -> Procedure:
    whole = {
        "code": "1.000001", "name": {"vi": "Tên", "en": "Name"}, "field": "Hộ tịch", "authority": "unit",
        "level": "full", "boundary_free": True, "boundary_why": "Luật", "received_at": ["commune_centre"],
        "returned_at": ["commune_centre"], "process": [step("receive"), step("examine", at="competent")],
        "reference": "Luật", "confidence": "K",
    }  # fmt: skip
    return Procedure.model_validate({**whole, **changes})


def offices(*ids: str) -> list[Office]:
    return [office(one) for one in ids]


def test_a_kind_of_office_or_one_by_its_id_may_receive_and_return() -> None:
    one = procedure(received_at=["commune_centre", TRAFFIC_POLICE], returned_at=[CITY_CENTRE])
    asked = offices(CENTRE, OTHER_CENTRE, TRAFFIC_POLICE, CITY_CENTRE, "pc06-da-nang")

    assert [one.may_receive(office) for office in asked] == [True, True, True, False, False]
    assert [one.may_return(office) for office in asked] == [False, False, False, True, False]


@pytest.mark.parametrize(
    ("boundary_free", "at", "lives_in", "may"),
    [
        (True, CENTRE, ELSEWHERE, True),
        (True, CENTRE, None, True),
        (False, CENTRE, HERE, True),
        (False, CENTRE, ELSEWHERE, False),
        (False, CENTRE, None, True),  # nobody knows yet where the applicant lives
        (False, TRAFFIC_POLICE, ELSEWHERE, True),  # an office of the whole city
        (False, CITY_CENTRE, HERE, False),  # no place for it at all
        (True, CITY_CENTRE, HERE, False),
    ],
)
def test_what_is_not_boundary_free_is_received_where_the_applicant_lives(
    boundary_free: bool, at: str, lives_in: str | None, may: bool
) -> None:
    one = procedure(boundary_free=boundary_free, received_at=["commune_centre", TRAFFIC_POLICE])

    assert one.may_receive(office(at), lives_in) is may


def test_the_centre_of_the_applicants_unit_decides_or_the_one_office_that_is_named() -> None:
    assert procedure().competent(HERE) == office(CENTRE)
    assert procedure().competent(None) is None
    assert procedure(authority=TRAFFIC_POLICE).competent(HERE) == office(TRAFFIC_POLICE)
    assert procedure(authority="gone").competent(HERE) is None


def test_steps_are_found_by_their_names_and_follow_each_other() -> None:
    one = procedure(process=[step("receive"), step("examine"), step("give_back")])
    names = [None, "receive", "examine", "give_back"]
    after = [one.after(name) for name in names]

    assert [found and found.name for found in after] == ["receive", "examine", "give_back", None]
    assert [found and found.name for found in map(one.step, [*names, "sign"])] == [*names, None]
    assert one.after("no such step") == one.process[0]


@pytest.mark.parametrize(
    ("day", "vnd"),
    [("2024-12-31", None), ("2025-01-01", 1), ("2025-06-30", 1), ("2025-07-01", None), ("2025-08-01", 2),
     ("2099-01-01", 2)],
)  # fmt: skip
def test_a_fee_is_in_force_from_its_first_day_up_to_its_last(day: str, vnd: int | None) -> None:
    one = procedure(fees=[fee("2025-01-01", "2025-06-30", vnd=1), fee("2025-08-01", vnd=2)])

    found = one.fee(date.fromisoformat(day))

    assert (found.vnd if found else None) == vnd


KINDS = "commune_centre, city_centre, police, police_point, department, social_insurance"
PLACES = "receiving, competent, returning"


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, []),
        ({"authority": TRAFFIC_POLICE, "received_at": [CENTRE, "police"], "process": [step("a", at="returning")]}, []),
        ({"process": [step("a", at=CITY_CENTRE)]}, []),
        ({"authority": "mayor"},
         [("authority", "There is no office 'mayor'.", "Use an id of rules/offices, or unit.")]),
        ({"received_at": ["commune_centre", "market"]},
         [("received_at", "'market' is no office and no kind of office.", f"Use {KINDS} or an id.")]),
        ({"returned_at": ["market", "harbour"]},
         [("returned_at", "'market' is no office and no kind of office.", f"Use {KINDS} or an id."),
          ("returned_at", "'harbour' is no office and no kind of office.", f"Use {KINDS} or an id.")]),
        ({"process": [step("sign", at="market")]},
         [("process", "Step 'sign' is at 'market'.", f"Use {PLACES} or an office's id.")]),
        ({"process": [step("sign"), step("print"), step("sign")]},
         [("process", "Two steps have the same name.", "Rename one of them.")]),
        ({"process": [step("sign", 8), step("print", 8)], "working_days": 2}, []),
        ({"process": [step("sign", 8), step("print", 8.5)], "working_days": 2},
         [("process", "Its steps take 16.5 working hours; the time limit has 16.",
           "Shorten a step, or correct the time limit.")]),
        ({"process": [step("sign", 400)], "working_days": None}, []),
        ({"fees": [fee("2025-01-01", "2025-06-30"), fee("2025-07-01")]}, []),
        ({"fees": [fee("2025-07-01"), fee("2025-01-01", "2025-07-01")]},
         [("fees", "Two fees are in force on 2025-07-01.", "End the earlier one the day before.")]),
        ({"fees": [fee("2025-01-01"), fee("2025-07-01", "2025-12-31"), fee("2026-01-01")]},
         [("fees", "Two fees are in force on 2025-07-01.", "End the earlier one the day before.")]),
    ],
)  # fmt: skip
def test_what_does_not_fit_together_is_told_in_whole_sentences(
    changes: dict[str, Any], told: list[tuple[str, str, str]]
) -> None:
    assert list(procedure(**changes).flaws()) == told
