"""Every service against the law written a second time: random people, on random days and next to every turning day."""

import json
from collections.abc import Callable
from datetime import date, timedelta
from random import Random

import pytest

import rules
from proactive.cli.evaluate import answers
from rules import Service
from tests.rules import oracle
from tests.rules.oracle import Expected, Person, Row

CATALOGUE = rules.load()
EVERY: dict[str, Service] = {**CATALOGUE.services, **CATALOGUE.drafts}
ME, STRANGER = "048090000001", "049090000002"
DAYS = timedelta(days=1)


class Chance(Random):
    """Random values as registers hold them, with every kind of gap."""

    def day(self, low: int, high: int) -> date:
        if self.random() < 0.06:
            return date(self.choice([year for year in range(1904, 2100, 4) if low <= year <= high] or [2024]), 2, 29)
        found = date(low, 1, 1) + DAYS * self.randrange((date(high, 12, 31) - date(low, 1, 1)).days + 1)
        if self.random() < 0.1:  # ends of months
            found = (found.replace(day=1) + DAYS * 32).replace(day=1) - DAYS
        return found

    def maybe(self, value: object, chance: float = 0.5) -> object:
        return value if self.random() < chance else self.choice([None, None, None])

    def who(self) -> str:
        return ME if self.random() < 0.8 else STRANGER

    def some(self, make: Callable[[int], Row], most: int = 3) -> list[Row]:
        return [make(number) for number in range(self.randrange(most + 1))]


def residents(chance: Chance, low: int, high: int) -> list[Row]:
    born = chance.day(low, high)
    first: Row = {
        "personal_id": ME, "date_of_birth": chance.maybe(str(born), 0.97), "sex": chance.choice(["M", "M", "F", None]),
        "died_on": chance.maybe(str(born + DAYS * 20_000), 0.08), "full_name": "NGUYỄN VĂN AN", "unknown": [1, {}],
    }  # fmt: skip
    return [first, {**first, "personal_id": STRANGER, "died_on": "2026-01-01"}][: chance.randrange(1, 3)]


def licence(chance: Chance, number: int) -> Row:
    scheme = chance.choice(["2008", "2024"])
    old, new = "A1 A2 A3 A4 B1 B2 C D E FB2 FC FD FE", "A1 A B1 B C1 C D1 D2 D BE C1E CE D1E D2E DE"
    letters = old if scheme == "2008" else new
    if chance.random() < 0.7:
        letters = "B1 B2 C D" if scheme == "2008" else "B C1 C D2"
    issued = chance.day(2014, 2027)
    return {
        "licence_no": f"48000000000{chance.randrange(3)}", "personal_id": ME if number == 0 else chance.who(),
        "class": chance.choice(letters.split()), "scheme": scheme if chance.random() < 0.7 else int(scheme),
        "issued_on": str(issued), "expires_on": chance.maybe(str(max(issued, chance.day(2024, 2029))), 0.95),
        "status": chance.choice(["valid"] * 8 + ["lost", "withdrawn", "suspended"]),
    }  # fmt: skip


def paper(chance: Chance, number: int, key: str, subject: str, statuses: list[str]) -> Row:
    issued = chance.day(2020, 2026)
    return {
        key: f"G{chance.randrange(3)}", subject: ME if number == 0 else chance.who(), "issued_on": str(issued),
        "expires_on": chance.maybe(str(max(issued, chance.day(2025, 2030))), 0.95),
        "status": chance.choice(["valid"] * 6 + statuses),
    }  # fmt: skip


def people(name: str, chance: Chance) -> Person:
    """Somebody whom this service may concern."""
    born = {"identity_card_renewal": (1963, 2015), "social_pension": (1945, 1962)}
    born["military_registration"] = (2007, 2013)
    known: Person = {"residents": residents(chance, *born.get(name, (1950, 2005)))}
    if name == "driver_licence_renewal":
        known["driver_licences"] = [licence(chance, number) for number in range(chance.choice([1, 1, 2, 3]))]
        known["violations"] = chance.some(
            lambda n: {
                "violation_no": f"V{n}", "personal_id": chance.who(), "resolved_on": chance.maybe("2026-05-01", 0.7),
            }, 2,
        )  # fmt: skip
        known["health_certificates"] = chance.some(
            lambda n: {
                "certificate_no": f"H{n}", "personal_id": chance.who(), "health_group": chance.choice(["1", "2", 3]),
                "valid_until": str(chance.day(2025, 2028)),
            }
        )  # fmt: skip
    elif name == "identity_card_renewal":
        known["identity_cards"] = chance.some(
            lambda n: {"card_no": f"C{n}", "personal_id": chance.who(), "issued_on": str(chance.day(2008, 2028))}, 2
        )
        turns = oracle.moved(date.fromisoformat(str(known["residents"][0]["date_of_birth"] or "1990-01-01")), years=25)
        if chance.random() < 0.4 and turns.year > 1980:
            issued = oracle.moved(turns, years=-2) + DAYS * chance.randint(-2, 2)
            known["identity_cards"].append({"card_no": "C9", "personal_id": ME, "issued_on": str(issued)})
    elif name == "social_pension":
        known["poor_households"] = chance.some(
            lambda n: {
                "member_no": f"P{n}", "personal_id": chance.who(), "kind": "poor",
                "valid_until": str(chance.day(2024, 2032)),
            }, 2,
        )  # fmt: skip
        known["social_insurance"] = chance.some(
            lambda n: {
                "benefit_no": f"B{n}", "personal_id": chance.who(), "ended_on": chance.maybe("2026-02-01", 0.3),
                "monthly_vnd": chance.choice([None, 0, 499_999, 499_999, 500_000, 500_001]),
            }, 1,
        )  # fmt: skip
        known["social_pensions"] = chance.some(
            lambda n: {"decision_no": f"D{n}", "personal_id": chance.who(), "ended_on": chance.maybe("2026-02-01")}, 1
        )
    elif name in ("birth_bundle", "death_bundle"):
        happened = chance.day(2025, 2028)
        row: Row = {
            "signed_on": chance.maybe(str(happened + DAYS), 0.9),
            "registered_on": chance.maybe(str(happened + DAYS * 9), 0.1),
        }
        if name == "birth_bundle":
            row |= {"certificate_no": "S1", "mother_id": ME, "born_on": str(happened)}
            row["child_died_on"] = chance.maybe(str(happened), 0.1)
            known["birth_certificates"] = [row]
        else:
            known["death_notices"] = [row | {"notice_no": "T1", "relative_id": ME, "died_on": str(happened)}]
    elif name == "child_health_insurance_end":
        child = chance.day(2018, 2024)
        known["health_insurance_cards"] = [
            {
                "card_no": f"T{n}", "personal_id": ME if n == 0 else chance.who(),
                "kind": chance.choice(["under_6"] * 5 + ["pupil"]), "date_of_birth": chance.maybe(str(child), 0.97),
                "valid_from": str(child + DAYS * chance.choice([0, 1, 400])),
            }
            for n in range(chance.choice([1, 1, 1, 2]))
        ]  # fmt: skip
    elif name == "temporary_residence_extension":
        known["temporary_residences"] = [
            {
                "residence_no": f"R{chance.randrange(2)}", "personal_id": ME if n == 0 else chance.who(),
                "ends_on": str(chance.day(2025, 2028)), "closed_on": chance.maybe("2026-01-01", 0.15),
            }
            for n in range(chance.choice([1, 1, 2]))
        ]  # fmt: skip
    elif name == "military_registration":
        known["military_registrations"] = chance.some(
            lambda n: {"registration_no": f"M{n}", "personal_id": chance.who()}, 1
        )
    elif name == "passport_expiry":
        known["passports"] = [
            paper(chance, n, "passport_no", "personal_id", ["lost", "cancelled"])
            | {"date_of_birth": chance.maybe(str(chance.day(1980, 2019)))}
            for n in range(chance.choice([1, 1, 2]))
        ]
    else:
        register, key, subject = {
            "food_safety_certificate": ("food_safety_certificates", "certificate_no", "establishment_no"),
            "transport_badge": ("transport_badges", "badge_no", "plate_no"),
            "retail_liquor_licence": ("liquor_licences", "licence_no", "business_no"),
        }[name]
        known[register] = [paper(chance, n, key, subject, ["withdrawn"]) for n in range(chance.choice([1, 1, 2]))]
    return known


def written(service: Service, person: Person, chance: Chance) -> bytes:
    """The person as a line: registers in any order, alone or in lists, some that hold nothing left out or null."""
    line: dict[str, object] = {"weather": [{"sun": True}]}
    for register in chance.sample(list(person), len(person)):
        rows: list[Row] = person[register]
        if len(rows) == 1 and chance.random() < 0.5:
            line[register] = rows[0]
        elif rows or chance.random() < 0.7:
            line[register] = rows or chance.choice([[], None])
    return json.dumps(line, ensure_ascii=chance.random() < 0.5).encode() + chance.choice([b"\n", b"\r\n"])


def compare(name: str, number: int, seed: int) -> None:
    """So many people, each on a random day, next to where an answer may change, and about when it falls due."""
    service, chance, expected = EVERY[name], Chance(f"{name} {seed}"), dict[date, list[tuple[bytes, Expected]]]()
    for _ in range(number):
        person = people(name, chance)
        turning = sorted(set(oracle.turning_days(name, _typed(person))))
        near = chance.choice(turning) + DAYS * chance.randint(-1, 1)
        opens = oracle.ANSWERS[name](_typed(person), date(2026, 11, 25)).due_on
        first = date.fromisoformat(opens or "2026-11-25") + DAYS * chance.choice([-1, 0, 0, 1, 10])
        for wanted in (chance.day(2025, 2030), near, first):
            on = min(max(wanted, date(1950, 1, 1)), date(2150, 12, 31))
            line = written(service, person, chance)
            expected.setdefault(on, []).append((line, oracle.ANSWERS[name](_typed(person), on)))
    due = 0
    for on, asked in expected.items():
        found = [one for some, _ in answers([line for line, _ in asked], service, on) for one in some]
        for (line, right), answer in zip(asked, found, strict=True):
            told = json.loads(answer)
            assert "error" not in told, (line, answer)
            got = Expected(**{key: told[key] for key in ("due", "due_on", "cycle", "variant", "blocked_by")},
                           needs=tuple(told["needs"]))  # fmt: skip
            assert got == right, f"{name} on {on}: {line.decode()}"
            due += got.due
    assert due > number / 20, "hardly anybody is due, so this compares little"


def _typed(person: Person) -> Person:
    """Codes that came as numbers are text."""
    return {
        register: [
            {column: str(value) if column in ("scheme", "health_group") else value for column, value in row.items()}
            for row in rows
        ]
        for register, rows in person.items()
    }


@pytest.mark.parametrize("name", sorted(EVERY))
def test_a_service_answers_as_the_law_written_a_second_time(name: str) -> None:
    compare(name, 250, 1)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(EVERY))
@pytest.mark.parametrize("seed", range(2, 6))
def test_a_service_answers_so_for_tens_of_thousands(name: str, seed: int) -> None:
    compare(name, 5_000, seed)
