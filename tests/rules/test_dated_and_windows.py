"""Periods of law, the span of a window, and a day that remembers what it has said."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

import rules.day
import rules.explained
from rules import Service, Verdict, load_service
from rules.dated import Dated, InForce, flaws, in_force, uncovered
from rules.register import RegisterSchema
from rules.vocabulary import AnyWindow
from tests.rules.conftest import LICENCE, PERSON, ROOT
from tests.rules.test_conditions import BOTH, SCOPE, dated, person


def period(since: str, to: str | None = None) -> InForce:
    return InForce.model_validate({"from": since, "to": to, "reference": "law", "confidence": "V"})


def wrong(*spans: tuple[str, str | None]) -> list[tuple[tuple[str | int, ...], str, str]]:
    return list(flaws([period(*span) for span in spans], ("values", "x", "periods")))


@pytest.mark.parametrize(
    ("value", "kept"),
    [(3, 3), ("3", "3"), ([1, 2], (1, 2)), (["1", "2"], ("1", "2")), ([], ()), ({"a": ["b"]}, {"a": ("b",)})],
)
def test_a_value_is_kept_as_what_it_is_written_as(value: object, kept: object) -> None:
    assert dated(value).periods[0].value == kept


@pytest.mark.parametrize("value", [True, False, 1.5, None, [True], [1, "2"], {"a": "b"}, {"a": [1]}])
def test_neither_yes_nor_no_nor_a_mixture_is_a_value(value: object) -> None:
    with pytest.raises(ValidationError):
        dated(value)


def test_periods_in_order_without_gaps_are_sound() -> None:
    assert wrong(("2024-01-01", "2024-12-31"), ("2025-01-01", "2025-01-01"), ("2025-01-02", None)) == []


@pytest.mark.parametrize(
    ("spans", "where", "why", "mend"),
    [
        (
            [("2024-01-02", "2024-01-01")], (0, "to"), "It ends on 2024-01-01, before it begins.",
            "Correct `from` or `to`.",
        ),
        (
            [("2024-01-01", "2024-12-31"), ("2024-01-01", None)], (1, "from"),
            "It begins on 2024-01-01, not after the period before it.", "Put the periods in order.",
        ),
        (
            [("2024-01-01", None), ("2025-01-01", None)], (1, "from"),
            "From 2025-01-01 it overlaps the period before it, which runs to further notice.",
            "End the period before it on 2024-12-31.",
        ),
        (
            [("2024-01-01", "2025-01-01"), ("2025-01-01", None)], (1, "from"),
            "From 2025-01-01 it overlaps the period before it, which runs to 2025-01-01.",
            "End the period before it on 2024-12-31.",
        ),
        (
            [("2024-01-01", "2024-12-30"), ("2025-01-01", None)], (1, "from"),
            "No rule is in force between 2024-12-30 and 2025-01-01.",
            "Begin it on 2024-12-31, or add the period that is missing.",
        ),
        (
            [("2023-01-01", "2023-12-31"), ("2024-01-01", "2024-12-31"), ("2025-02-01", None)], (2, "from"),
            "No rule is in force between 2024-12-31 and 2025-02-01.",
            "Begin it on 2025-01-01, or add the period that is missing.",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_with_periods_is_told_at_its_place(
    spans: list[tuple[str, str | None]], where: tuple[int, str], why: str, mend: str
) -> None:
    assert wrong(*spans) == [(("values", "x", "periods", *where), why, mend)]


def test_a_period_is_in_force_on_its_first_and_last_day() -> None:
    first, second = period("2024-01-01", "2024-12-31"), period("2025-01-01")

    assert [in_force([first, second], date.fromisoformat(day)) for day in (
        "2023-12-31", "2024-01-01", "2024-12-31", "2025-01-01", "2099-01-01",
    )] == [None, first, first, second, second]  # fmt: skip


@pytest.mark.parametrize(
    ("inner", "outer", "span"),
    [
        ([("2024-01-01", None)], [("2024-01-01", None)], None),
        ([("2023-01-01", None)], [("2024-01-01", None)], None),
        ([("2024-01-02", None)], [("2024-01-01", None)], (date(2024, 1, 1), date(2024, 1, 1))),
        ([("2024-01-01", "2024-12-31")], [("2024-01-01", "2024-12-31")], None),
        ([("2024-01-01", "2024-12-30")], [("2024-01-01", "2024-12-31")], (date(2024, 12, 31), date(2024, 12, 31))),
        ([("2024-01-01", "2024-12-31")], [("2024-01-01", None)], (date(2025, 1, 1), None)),
        ([("2024-01-01", "2025-12-31")], [("2024-01-01", "2024-12-31")], None),
        (
            [("2024-01-01", "2024-06-30"), ("2024-07-01", None)],
            [("2024-01-01", "2024-02-01"), ("2024-02-02", None)],
            None,
        ),
        ([], [("2024-01-01", None)], None),
        ([("2024-01-01", None)], [], None),
    ],
)
def test_what_is_not_covered(
    inner: list[tuple[str, str | None]], outer: list[tuple[str, str | None]], span: tuple[date, date | None] | None
) -> None:
    assert uncovered([period(*one) for one in inner], [period(*one) for one in outer]) == span


@pytest.mark.parametrize(
    ("written", "value"),
    [(3, 3), ("text", "text"), ([14, 25], (14, 25)), (["a"], ("a",)), ([], ()), ({"a": ["b"]}, {"a": ("b",)})],
)
def test_a_value_is_a_number_a_text_a_list_or_a_table(written: object, value: object) -> None:
    said = {"from": "2024-01-01", "value": written, "reference": "law", "confidence": "V"}

    found = Dated.model_validate({"says": BOTH, "periods": [said]}).at(date(2024, 1, 1))

    assert found is not None and found.value == value


def test_a_window_says_its_anchor_and_its_span() -> None:
    written = {"falls_due": {"anchor": "born", "lead_days": "sixty", "stop_after_days": "two"}}
    window = AnyWindow.model_validate({**written, "says": BOTH, "reference": "law"}).window

    assert window.span(SCOPE) == (timedelta(days=60), timedelta(days=2))
    assert window.shows(SCOPE)(person(), person(), {}, date(2027, 3, 15)) == "15/03/2027 (14/01/2027 – 17/03/2027)"


@pytest.mark.parametrize("written", [{}, {"falls_due": None}])
def test_a_window_names_exactly_one_word(written: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"It names 0 windows, not one\. Write one of: falls_due, "):
        AnyWindow.model_validate({**written, "says": BOTH, "reference": "law"})


@pytest.fixture(scope="module")
def registers() -> dict[str, RegisterSchema]:
    return dict(rules.loader._registers(ROOT, []))


@pytest.fixture(scope="module")
def service(registers: dict[str, RegisterSchema]) -> Service:
    """The licences' service alone."""
    return load_service(Path(ROOT) / "driver_licence_renewal", registers)


def test_a_day_says_the_same_when_it_has_to_forget(
    service: Service, registers: dict[str, RegisterSchema], monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [
        registers["driver_licences"].take({**LICENCE, "class": c, "scheme": s, "expires_on": e, "status": status})
        for s, c in (("2024", "B"), ("2008", "B2"), ("2024", "A"), ("2024", "C"))
        for e in ("2027-01-01", "2026-11-01", "2026-01-05", "2024-01-01", None)
        for status in ("valid", "lost")
    ]
    on = date(2026, 11, 23)

    def told() -> list[object]:
        fresh = Service(service.text, service.form, registers, folder=service.folder, version="x")
        return [fresh.evaluate(row, {"driver_licences": [row]}, on) for row in (*rows, *rows)]

    remembered = told()
    monkeypatch.setattr(rules.day, "REMEMBERED", 1)
    monkeypatch.setattr(rules.explained, "REMEMBERED", 1)

    assert told() == remembered


def test_a_record_without_an_anchor_is_explained_and_never_due(
    service: Service, registers: dict[str, RegisterSchema]
) -> None:
    row = registers["driver_licences"].take({**LICENCE, "expires_on": None})

    said = service.evaluate(row, {"driver_licences": [row]}, date(2026, 11, 23))

    assert (said.due, said.due_on, said.ends_on, said.anchor, said.cycle, said.variant) == (False, *[None] * 5)
    assert (said.blocked_by, said.needs) == (None, ())
    assert [(one.holds, one.value) for one in said.because] == [
        (False, None), (True, "valid"), (True, "2024 B"), (True, "2024 B"), (True, None), (True, None),
    ]  # fmt: skip


def test_a_record_without_an_anchor_is_asked_as_of_the_day(registers: dict[str, RegisterSchema]) -> None:
    cards = load_service(Path(ROOT) / "identity_card_renewal", registers)
    resident = registers["residents"].take(
        {"personal_id": PERSON, "full_name": "AN", "updated_at": "2026-11-20T08:00:00Z"}
    )
    card = registers["identity_cards"].take(
        {name: _some(column.type) for name, column in registers["identity_cards"].columns.items() if column.required}
        | {"personal_id": PERSON, "issued_on": "2026-05-01"}
    )

    said = cards.evaluate(resident, {"residents": [resident], "identity_cards": [card]}, date(2026, 11, 23))

    assert not said.due
    assert said.cycle is None


def _some(kind: str) -> object:
    return {"date": "2026-05-01", "timestamp": "2026-11-20T08:00:00Z", "personal_id": PERSON}.get(kind, "x1")


def test_the_reasons_of_a_due_record_stand_in_the_order_of_the_rules(
    service: Service, registers: dict[str, RegisterSchema]
) -> None:
    row = registers["driver_licences"].take({**LICENCE, "expires_on": "2026-12-01"})
    violation = registers["violations"].take(
        {"violation_no": "VP-2026-0009", "personal_id": PERSON, "updated_at": "2026-11-20T08:00:00Z"}
    )

    said = service.evaluate(row, {"driver_licences": [row], "violations": [violation]}, date(2026, 11, 23))

    assert (said.due, said.due_on, said.ends_on) == (True, date(2026, 10, 2), date(2028, 11, 30))
    assert (said.variant, said.blocked_by) == ("settle_violation_first", "unresolved_violation")
    assert [(one.holds, one.value) for one in said.because][5:] == [
        (True, None), (True, "Cơ sở dữ liệu vi phạm giao thông: ***0009"), (True, "01/12/2026"),
    ]  # fmt: skip
    assert said.because[-1].reference == "Thông tư 108/2026/TT-BCA, Điều 22"


def test_on_a_day_without_law_it_says_so(service: Service, registers: dict[str, RegisterSchema]) -> None:
    row = registers["driver_licences"].take(LICENCE)

    said = service.evaluate(row, {"driver_licences": [row]}, date(2024, 5, 6))

    assert said == Verdict(False, None, None, None, None, None, None, (), said.because)
    assert [(one.holds, one.value, one.reference) for one in said.because] == [(False, None, None)]
    assert [one.condition for one in said.because] == [
        "Ngày 06/05/2024 không có quy định nào đang có hiệu lực cho: Số ngày nhắc trước ngày hết hạn"
    ]
    assert said.because[0].condition_en.startswith("On 06/05/2024 no rule is in force for: Days of notice")
    assert service.owed({"driver_licences": [row]}, date(2024, 5, 6)) == []
