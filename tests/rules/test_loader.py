"""A rule that cannot be used stops publication; every problem is told with its file, line, why and how to mend it."""

from collections.abc import Callable
from pathlib import Path
from shutil import copytree

import pytest

import rules
from rules import Problem, Unpublishable
from rules.loader import load_registers, load_unproved
from tests.rules.conftest import ROOT

SERVICE = "driver_licence_renewal/service.yaml"
FORM = "driver_licence_renewal/form.yaml"
CASES = "driver_licence_renewal/cases.yaml"
LICENCES = "registers/driver_licences.yaml"

Spoil = Callable[..., list[Problem]]


@pytest.fixture
def spoilt(rulebook: Path) -> Spoil:
    """The problems that are found once a piece of a file is replaced; the piece must be there."""

    def spoil(file: str, *changes: tuple[str, str]) -> list[Problem]:
        path = rulebook / file
        text = path.read_text(encoding="utf-8")
        for old, new in changes:
            assert old in text, f"{old!r} is not in {file}"
            text = text.replace(old, new, 1)
        path.write_text(text, encoding="utf-8")
        return rules.check(rulebook)

    return spoil


def line_of(rulebook: Path, file: str, text: str) -> int:
    lines = (rulebook / file).read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, start=1) if text in line)


def test_the_rule_book_as_it_stands_can_be_published(rulebook: Path) -> None:
    assert rules.check() == []
    assert rules.check(rulebook) == []


@pytest.mark.parametrize(
    ("file", "old", "new", "marker", "why"),
    [
        (SERVICE, "level: 2", "levle: 2", "levle: 2", "There is no key 'levle'"),
        (SERVICE, "level: 2", "level: 4", "level: 4", "Input should be 1, 2 or 3"),
        (SERVICE, "name: driver_licence_renewal", "name: licence", "name: licence", "the folder is"),
        (SERVICE, "status: published", "status: draft", "name: driver", "A draft says why"),
        (SERVICE, "  - equals: {column: status, value: valid}", "  - equal: {column: status, value: valid}",
         "- equal:", "There is no key 'equal'"),
        (SERVICE, "value: valid}", "value: valide}", "value: valide}", "'valide' is no code of 'status'"),
        (SERVICE, "column: status", "column: state", "column: state", "has no column 'state'"),
        (SERVICE, "register: violations\n", "register: fines\n", "register: fines", "no register 'fines'"),
        (SERVICE, "others: [residents, violations, health_certificates]", "others: [residents, health_certificates]",
         "when:", "'violations', which is not watched"),
        (SERVICE, "others: [residents, ", "others: [people, residents, ", "others: [people", "no register 'people'"),
        (SERVICE, "to: 2026-06-30\n", "to: 2026-06-29\n", "- from: 2026-07-01", "No rule is in force between"),
        (SERVICE, "to: 2026-06-30\n", "to: 2026-07-01\n", "- from: 2026-07-01", "it overlaps the period before it"),
        (SERVICE, "- from: 2025-03-01\n    to: 2026-06-30", "- from: 2026-08-01\n    to: 2026-06-30", "to: 2026-06-30",
         "before it begins"),
        (SERVICE, "- {from: 2025-03-01, value: 60,", "- {from: 2026-03-01, value: 60,", "lead_days:",
         "not in force from 2025-03-01 to 2026-02-28"),
        (SERVICE, "- {from: 2025-03-01, value: 60,", "- {from: 2025-03-01, to: 2027-12-31, value: 60,", "lead_days:",
         "not in force from 2028-01-01 to further notice"),
        (SERVICE, "value: 60,", "value: sixty,", "falls_due:", "'lead_days' is not a whole number"),
        (SERVICE, "value: 60,", "value: 30,", "value: 30,", "The first rung is 60 days ahead"),
        (SERVICE, "lead_days: lead_days", "lead_days: leed_days", "leed_days", "no dated value 'leed_days'"),
        (SERVICE, "{lead_days} ngày", "{lead} ngày", "{lead} ngày", "no dated value"),
        (SERVICE, "value: 730, reference: Chính sách nhắc của thành phố, confidence: K",
         "value: 730, reference: Chính sách nhắc của thành phố, confidence: CONFLICT", "value: 730",
         "Sources disagree"),
        (SERVICE, "value: 730, reference: Chính sách nhắc của thành phố", "value: 730, reference: Luật X", "Luật X",
         "is not in `legal_basis`"),
        (SERVICE, "    reference: Luật 36/2024/QH15, Điều 62.2\n  - none_of", "  - none_of", "- equals:",
         "cites no law"),
        (SERVICE, "2008 A4]", "2024 A4]", "listed_in: classes_that_become", "does not exist: class A4 is unknown"),
        (SERVICE, "2008 C: [2008 C, 2024 C]", "2008 C: [2008 C, C]", "listed:", "has not 2 parts"),
        (SERVICE, "2008 C: [2008 C, 2024 C]", "2008 C: [2008 C, 2024]", "2008 C: [2008 C, 2024]", "valid string"),
        (SERVICE, "      - variant: full_test\n", "      - variant: whole_test\n", "whole_test",
         "no variant 'whole_test'"),
        (SERVICE, "offset_days: -30", "offset_days: -61", "offset_days: -61", "not after the rung before it"),
        (SERVICE, "decision: {office: csgt-da-nang", "decision: {office: csgt", "decision:",
         "There is no office 'csgt'"),
        (SERVICE, 'code: "3.000347"', 'code: ""', "code:", "nobody knows the code of their procedure"),
        (SERVICE, "two_people: true}", "of_unit: residents.unit, two_people: true}", "of_unit:",
         "'residents.unit' is no column of a watched register"),
        (SERVICE, "two_people: true}", "of_unit: weather.unit_code, two_people: true}", "of_unit:",
         "no column of a watched register"),
        (SERVICE, "cycle: [licence_no, expires_on]", "cycle: [licence_no, expires]", "cycle:", "no column 'expires'"),
        (SERVICE, "cycle: [licence_no, expires_on]", "cycle: [expires_on]", "cycle:", "tell one record from another"),
        (SERVICE, "subject: personal_id", "subject: licence_no", "subject:", "is about 'personal_id'"),
        (SERVICE, "level: 2", "level: 2\nlevel: 3", "level: 3", "written twice"),
        (SERVICE, "level: 2", "level: [2", "procedure:", "not YAML"),
        (SERVICE, "column: phone}", "column: fax}", "contact:", "no column of a watched register"),
        (SERVICE, "fee:\n  value: fee_vnd", "fee:\n  value: fee", "value: fee", "no dated value 'fee'"),
        (SERVICE, "late: {column: expires_on, under_days: 30}", "late: {column: expires_on}",
         "late: {column: expires_on}",
         "Write exactly one of"),
        (SERVICE, "  - reference: Thông tư 36/2024/TT-BYT\n", "  - reference: Thông tư 154/2025/TT-BTC\n",
         "reference: Thông tư 154", "listed twice"),
        (FORM, "residents.address", "residents.street", "residents.street", "no column of a watched register"),
        (FORM, "section: addressee", "section: top", "section: top", "no section 'top'"),
        (FORM, "    fixed: Theo", "    choose_from: commune_centres\n    fixed: Theo", "name: reason",
         "one thing fills it"),
        (FORM, "    fixed: Theo", "    asked: true\n    fixed: Theo", "name: reason", "one thing fills it"),
        (FORM, "    fixed: Theo", "    or_posted: true\n    fixed: Theo", "or_posted", "may be posted instead"),
        (FORM, "table: exchanged_for", "table: exchanged", "lookup:", "no dated value 'exchanged'"),
        (FORM, "- code: C1", "- code: C2", "name: new_class", "a choice whose words are not written"),
        (FORM, "name: licence_class", "name: class_of_licence", "fields:", "which is no field"),
        (FORM, "name: reason", "name: phone", "name: phone", ""),
        (CASES, "variant: full_test", "variant: renew", "expect: {due: true, variant: renew}", "variant is full_test"),
        (CASES, "status: valid", "status: good", "driver_licences:", "status: 'good' is not a code"),
        (CASES, "due: false", "deu: false", "deu: false", "There is no key 'deu'"),
        (LICENCES, "type: date", "type: day", "type: day", "Input should be"),
        (LICENCES, "key: licence_no", "key: number", "key: number", "no column 'number'"),
        (LICENCES, "codes_by: {class: scheme}", "codes_by: {status: scheme}", "codes_by:", "has no codes by"),
        (LICENCES, "not_before: {expires_on: issued_on", "not_before: {expires_on: status", "not_before:",
         "no date column"),
    ],
    ids=lambda value: str(value)[:40],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_line(
    spoilt: Spoil, rulebook: Path, file: str, old: str, new: str, marker: str, why: str
) -> None:
    problems = spoilt(file, (old, new))

    found = [problem for problem in problems if why in problem.why]
    assert found, "\n".join(map(str, problems))
    assert all(problem.why and problem.mend and problem.where for problem in problems)
    assert any(problem.file == f"rules/{file}" for problem in found)
    lines = (rulebook / file).read_text(encoding="utf-8").splitlines()
    if why:
        assert any(marker in lines[(problem.line or 1) - 1] for problem in found), [p.line for p in found]


def test_a_near_miss_is_named(spoilt: Spoil) -> None:
    (problem,) = spoilt(SERVICE, ("level: 2", "leve: 2"), ("leve: 2", "leve: 2\nlevel: 2"))

    assert problem.mend == "Did you mean `level`?"


def test_all_problems_are_listed_and_not_the_first(spoilt: Spoil, rulebook: Path) -> None:
    (rulebook / FORM).write_text("title: 3\n", encoding="utf-8")
    (rulebook / "driver_licence_renewal/messages/sms.en.j2").unlink()
    problems = spoilt(
        SERVICE,
        ("column: status", "column: state"),
        ("to: 2026-06-30\n", "to: 2026-06-28\n"),
        ("offset_days: -30", "offset_days: -61"),
    )

    assert {problem.file for problem in problems} == {f"rules/{SERVICE}", f"rules/{FORM}"}
    assert len([problem for problem in problems if problem.file == f"rules/{SERVICE}"]) == 3
    with pytest.raises(Unpublishable) as stopped:
        rules.load(rulebook)
    assert list(stopped.value.problems) == problems
    assert str(problems[0]) in str(stopped.value)


def test_values_that_nothing_uses_are_told(spoilt: Spoil) -> None:
    extra = "values:\n  spare:\n    says: {vi: a, en: b}\n    periods: [{from: 2025-01-01, value: 1, reference: " \
            "Chính sách nhắc của thành phố, confidence: K}]\n"  # fmt: skip
    (problem,) = spoilt(SERVICE, ("values:\n", extra))

    assert problem.why == "Nothing uses it."


@pytest.mark.parametrize("missing", ["form.yaml", "cases.yaml", "service.yaml", "messages/sms.vi.j2"])
def test_a_missing_file_is_told(rulebook: Path, missing: str) -> None:
    (rulebook / "driver_licence_renewal" / missing).unlink()

    problems = rules.check(rulebook)

    assert any(missing in str(problem) for problem in problems)


def test_too_few_cases_stop_publication(rulebook: Path) -> None:
    path = rulebook / CASES
    head = path.read_text(encoding="utf-8").split("- name:")[:4]
    path.write_text("- name:".join(head), encoding="utf-8")

    (problem,) = rules.check(rulebook)

    assert problem.why == "It holds 3 cases; a service has at least 8."


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("Giấy phép {{ last4 }}", "not plain GSM-7"),
        ("{{ full_name }}", "'full_name' is undefined"),
        ("{% if %}", "cannot be rendered"),
        ("{{ variant - 1 }}", "cannot be rendered: TypeError: unsupported operand"),
        ("{{ days_late // 0 }}", "cannot be rendered: ZeroDivisionError"),
        ("x" * 307, "it takes 3 segments (307 characters)"),
        ("Xem danang.gov.vn", "looks like a link"),
        ("Goi 0900000001", "looks like a number"),
        ("{% if variant == 'renew' %}x{% endif %}", "it says nothing"),
    ],
)
def test_a_message_that_cannot_go_out_stops_publication(rulebook: Path, text: str, why: str) -> None:
    (rulebook / "driver_licence_renewal/messages/sms.vi.j2").write_text(text, encoding="utf-8")

    assert any(why in problem.why for problem in rules.check(rulebook)), rules.check(rulebook)


def test_a_draft_is_checked_but_not_published(spoilt: Spoil, rulebook: Path) -> None:
    assert spoilt(SERVICE, ("status: published", "status: draft\ndraft_because: No sure source")) == []

    catalogue = rules.load(rulebook)

    assert not catalogue.services
    assert list(catalogue.drafts) == ["driver_licence_renewal"]
    assert not catalogue.services_watching("driver_licences")
    assert catalogue.columns_needed("driver_licences") == {"licence_no", "personal_id", "updated_at"}


def test_the_version_changes_with_any_file_of_the_folder_and_with_nothing_else(rulebook: Path) -> None:
    before = rules.load(rulebook).services["driver_licence_renewal"].version
    again = rules.load(rulebook).services["driver_licence_renewal"].version
    path = rulebook / "driver_licence_renewal/messages/sms.en.j2"
    path.write_text(path.read_text(encoding="utf-8") + " ", encoding="utf-8")

    assert before == again == rules.load().services["driver_licence_renewal"].version
    assert rules.load(rulebook).services["driver_licence_renewal"].version != before


def test_an_empty_folder_is_no_rule_book(tmp_path: Path) -> None:
    (problem,) = rules.check(tmp_path)

    assert problem.why == "It holds no service."


def test_what_is_sound_is_used_and_what_is_not_is_told_and_stops_no_other(rulebook: Path) -> None:
    other = rulebook / "passport_expiry"
    copytree(ROOT / "passport_expiry", other)
    assert list(rules.sound(rulebook)[0].services) == ["driver_licence_renewal", "passport_expiry"]
    (other / "form.yaml").unlink()
    (rulebook / "registers" / "violations.yaml").write_text("title: 3\n", encoding="utf-8")

    catalogue, problems = rules.sound(rulebook)

    assert not catalogue.services and "violations" not in catalogue.registers and "residents" in catalogue.registers
    assert problems == rules.check(rulebook)
    assert {problem.file for problem in problems} == {
        "rules/registers/violations.yaml", f"rules/{SERVICE}", "rules/passport_expiry/form.yaml",
    }  # fmt: skip


def test_a_service_whose_cases_fail_may_be_asked_but_is_not_used(rulebook: Path) -> None:
    path = rulebook / CASES
    path.write_text(path.read_text(encoding="utf-8").replace("due: true", "due: false", 1), encoding="utf-8")
    place, registers = path.parent, load_registers(rulebook)

    service, problems = rules.examine(place, registers)

    assert service is not None and service.name == "driver_licence_renewal"
    assert problems == rules.check(rulebook) != []
    assert not rules.sound(rulebook)[0].services
    with pytest.raises(Unpublishable) as refused:
        rules.load_service(place, registers)
    assert list(refused.value.problems) == problems
    asked = load_unproved(place, registers)
    assert (asked.name, asked.version, asked.folder) == (service.name, service.version, place)


def test_a_service_that_cannot_be_asked_is_none(rulebook: Path) -> None:
    (rulebook / FORM).unlink()
    place, registers = (rulebook / FORM).parent, load_registers(rulebook)

    service, problems = rules.examine(place, registers)

    assert service is None and [problem.file for problem in problems] == [f"rules/{FORM}"]
    with pytest.raises(Unpublishable) as refused:
        load_unproved(place, registers)
    assert list(refused.value.problems) == problems


def test_registers_that_cannot_be_read_are_told(rulebook: Path) -> None:
    assert list(load_registers(rulebook)) == sorted(load_registers(rulebook)) == sorted(load_registers(ROOT))
    (rulebook / LICENCES).write_text("title: 3\n", encoding="utf-8")

    with pytest.raises(Unpublishable) as refused:
        load_registers(rulebook)

    assert {problem.file for problem in refused.value.problems} == {f"rules/{LICENCES}"}
