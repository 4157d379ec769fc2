"""What each service must answer, written a second time in plain Python: no rule, condition or library of ours is used.

A person is what stands on a line of `proactive evaluate`: registers with their rows, days as text. Days and numbers are
those of the law and of the city's policy as the sources say them; the service folders must come to the same.
"""

import calendar
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

Row = dict[str, object]
Person = dict[str, list[Row]]

COMMUNES_SINCE = date(2025, 7, 1)
LICENCES_SINCE = date(2025, 3, 1)
LATE_RULES_SINCE = date(2026, 7, 1)


@dataclass(frozen=True)
class Expected:
    """What `evaluate` says, but for its reasons."""

    due: bool
    due_on: str | None = None
    cycle: str | None = None
    variant: str | None = None
    blocked_by: str | None = None
    needs: tuple[str, ...] = ()


SILENT = Expected(False)
Answer = Callable[[Person, date], Expected]


def day(value: object) -> date | None:
    return date.fromisoformat(str(value)) if value else None


def days(number: int) -> timedelta:
    return timedelta(days=number)


def moved(start: date, *, years: int = 0, months: int = 0) -> date:
    """So many calendar months on; where that month is too short, its last day."""
    ordinal = start.year * 12 + start.month - 1 + years * 12 + months
    year, month = divmod(ordinal, 12)
    return date(year, month + 1, min(start.day, calendar.monthrange(year, month + 1)[1]))


def mine(person: Person, register: str, subject: object) -> list[Row]:
    return [row for row in person.get(register, []) if row.get("personal_id") == subject]


def dead(person: Person, subject: object) -> bool:
    return any(row.get("died_on") for row in mine(person, "residents", subject))


def newer(rows: list[Row], asked: Row, *columns: str) -> bool:
    """Whether a row is later than the one asked about: by the first column that differs, and never by an unknown."""
    for row in rows:
        for column in columns:
            one, other = day(row.get(column)), day(asked.get(column))
            if one is None or other is None or one < other:
                break
            if one > other:
                return True
    return False


def said(on: date, opens: date, ends: date, holds: bool, cycle: str, variant: str, *needs: str) -> Expected:
    due = holds and opens <= on <= ends
    return Expected(due, str(opens), cycle, variant if due else None, None, needs if due else ())


TIMED = {
    "2008": ["B1", "B2", "C", "D", "E", "FB2", "FC", "FD", "FE"],
    "2024": ["B", "C1", "C", "D1", "D2", "D", "BE", "C1E", "CE", "D1E", "D2E", "DE"],
}
BECOMES = {"B1": "B C1", "B2": "B C1", "C": "C", "D": "D2", "E": "D", "FB2": "BE", "FC": "CE", "FD": "D2E", "FE": "DE"}


def driver_licence_renewal(person: Person, on: date) -> Expected:
    licence = person["driver_licences"][0]
    expires, subject = day(licence.get("expires_on")), licence["personal_id"]
    if on < LICENCES_SINCE or expires is None:
        return SILENT
    scheme, letters = licence["scheme"], str(licence["class"])
    heirs = {("2024", one) for one in BECOMES[letters].split()} if scheme == "2008" and letters in BECOMES else set()
    heirs.add((str(scheme), letters))
    others = [
        row for row in mine(person, "driver_licences", subject)
        if row["status"] == "valid" and (row["scheme"], row["class"]) in heirs
    ]  # fmt: skip
    holds = (
        licence["status"] == "valid" and letters in TIMED[str(scheme)] and not dead(person, subject)
        and not newer(others, licence, "issued_on", "expires_on")
    )  # fmt: skip
    late = (on - expires).days
    if late <= 0:
        variant = "renew"
    elif on >= LATE_RULES_SINCE and late <= 29:
        variant = "reissue_no_test"
    else:
        variant = "theory_test" if on < moved(expires, years=1) else "full_test"
    choice = scheme == "2008" and letters in ("B1", "B2")
    groups = ("2", "3") if choice else ("2",) if (scheme, letters) == ("2024", "B") else ("3",)
    healthy = any(
        row["health_group"] in groups and (day(row["valid_until"]) or on) >= on
        for row in mine(person, "health_certificates", subject)
    )
    needs = [name for name, asked in (("health_certificate", not healthy), ("choose_new_class", choice)) if asked]
    found = said(
        on, expires - days(60), expires + days(730), holds, f"{licence['licence_no']}|{expires}", variant,
        *needs, "choose_returning_centre",
    )  # fmt: skip
    if found.due and any(not row.get("resolved_on") for row in mine(person, "violations", subject)):
        return Expected(True, found.due_on, found.cycle, "settle_violation_first", "unresolved_violation", found.needs)
    return found


def open_birthday(born: date, ages: list[int], on: date, lead: int, stop: int) -> tuple[date, date, date]:
    """The birthday that is open or comes next (the last where all are over), with its first and last day."""
    spans = []
    for index, age in enumerate(ages):
        ends = moved(born, years=age) + days(stop)
        if index + 1 < len(ages):
            ends = min(ends, moved(born, years=ages[index + 1]) - days(lead + 1))
        spans.append((moved(born, years=age), moved(born, years=age) - days(lead), ends))
    return next((span for span in spans if span[2] >= on), spans[-1])


def identity_card_renewal(person: Person, on: date) -> Expected:
    resident = person["residents"][0]
    born, subject = day(resident.get("date_of_birth")), resident["personal_id"]
    if on < COMMUNES_SINCE or born is None:
        return SILENT
    turns, opens, ends = open_birthday(born, [14, 25, 40, 60], on, 30, 365)
    since = moved(turns, years=-2)
    fresh = any((day(row["issued_on"]) or on) >= since for row in mine(person, "identity_cards", subject))
    holds = not resident.get("died_on") and not fresh
    return said(on, opens, ends, holds, f"{subject}|{turns}", "exchange", "presence")


def social_pension(person: Person, on: date) -> Expected:
    resident = person["residents"][0]
    born, subject = day(resident.get("date_of_birth")), resident["personal_id"]
    if on < COMMUNES_SINCE or born is None:
        return SILENT
    turns, opens, ends = open_birthday(born, [70, 75], on, 30, 14610)
    poor = any((day(row["valid_until"]) or on) >= on for row in mine(person, "poor_households", subject))
    paid = False
    for row in mine(person, "social_insurance", subject):
        amount = row.get("monthly_vnd")
        if not row.get("ended_on") and not (isinstance(amount, int) and amount < 500_000):
            paid = True
    granted = any(not row.get("ended_on") for row in mine(person, "social_pensions", subject))
    holds = not resident.get("died_on") and not paid and not granted and (poor or turns == moved(born, years=75))
    variant = "poor_70" if poor and on < moved(born, years=75) else "age_75"
    return said(on, opens, ends, holds, f"{subject}|{turns}", variant, "written_request", "choose_payment")


def bundle(
    register: str, key: str, subject: str, anchor: str, first: int, term: int, last: int, needs: tuple[str, ...]
) -> Answer:
    def answer(person: Person, on: date) -> Expected:
        paper = person[register][0]
        happened = day(paper[anchor])
        if on < COMMUNES_SINCE or happened is None:
            return SILENT
        holds = bool(paper.get("signed_on")) and not paper.get("registered_on") and not paper.get("child_died_on")
        holds = holds and not dead(person, paper[subject])
        variant = "in_time" if on <= happened + days(term) else "later"
        return said(on, happened + days(first), happened + days(last), holds, str(paper[key]), variant, *needs)

    return answer


def child_health_insurance_end(person: Person, on: date) -> Expected:
    card = person["health_insurance_cards"][0]
    born, subject = day(card.get("date_of_birth")), card["personal_id"]
    if on < COMMUNES_SINCE or born is None:
        return SILENT
    if born.month < 10:
        ends = date(born.year + 6, 9, 30)
    else:
        ends = date(born.year + 6, born.month, calendar.monthrange(born.year + 6, born.month)[1])
    holds = (
        card["kind"] == "under_6" and not dead(person, subject)
        and not newer(mine(person, "health_insurance_cards", subject), card, "valid_from")
    )  # fmt: skip
    return said(on, ends - days(60), ends + days(30), holds, str(card["card_no"]), "new_card", "ask_school")


def temporary_residence_extension(person: Person, on: date) -> Expected:
    stay = person["temporary_residences"][0]
    ends, subject = day(stay["ends_on"]), stay["personal_id"]
    if on < COMMUNES_SINCE or ends is None:
        return SILENT
    running = [row for row in mine(person, "temporary_residences", subject) if not row.get("closed_on")]
    holds = not stay.get("closed_on") and not newer(running, stay, "ends_on") and not dead(person, subject)
    return said(on, ends - days(15), ends, holds, f"{stay['residence_no']}|{ends}", "extend", "declaration_ct01")


def military_registration(person: Person, on: date) -> Expected:
    resident = person["residents"][0]
    born, subject = day(resident.get("date_of_birth")), resident["personal_id"]
    if on < COMMUNES_SINCE or born is None:
        return SILENT
    january = date(born.year + 17, 1, 1)
    holds = resident.get("sex") == "M" and not resident.get("died_on")
    holds = holds and not mine(person, "military_registrations", subject)
    return said(
        on, january, january + days(119), holds, f"{subject}|{january}", "register_in_april", "health_declaration"
    )


def passport_expiry(person: Person, on: date) -> Expected:
    passport = person["passports"][0]
    expires, subject = day(passport.get("expires_on")), passport["personal_id"]
    if on < COMMUNES_SINCE or expires is None:
        return SILENT
    others = [row for row in mine(person, "passports", subject) if row["status"] == "valid"]
    holds = passport["status"] == "valid" and not newer(others, passport, "issued_on", "expires_on")
    holds = holds and not dead(person, subject)
    born = day(passport.get("date_of_birth"))
    variant = "child" if born is not None and on < moved(born, years=14) else "adult"
    cycle = f"{passport['passport_no']}|{expires}"
    return said(on, expires - days(180), expires, holds, cycle, variant, "presence")


def printed(register: str, key: str, subject: str, lead: int, stop: int, months: int, ways: tuple[str, str]) -> Answer:
    """A paper of a business that ends on its printed day; `months` before that day is the last one to file."""

    def answer(person: Person, on: date) -> Expected:
        paper = person[register][0]
        expires = day(paper.get("expires_on"))
        if on < COMMUNES_SINCE or expires is None:
            return SILENT
        others = [row for row in person[register] if row[subject] == paper[subject] and row["status"] == "valid"]
        holds = paper["status"] == "valid" and not newer(others, paper, "issued_on", "expires_on")
        last = moved(expires, months=-months)
        variant = ways[0] if on <= expires else ways[1]
        return said(on, last - days(lead), last + days(stop), holds, f"{paper[key]}|{expires}", variant)

    return answer


ANSWERS: dict[str, Answer] = {
    "driver_licence_renewal": driver_licence_renewal,
    "identity_card_renewal": identity_card_renewal,
    "social_pension": social_pension,
    "birth_bundle": bundle(
        "birth_certificates", "certificate_no", "mother_id", "born_on", 3, 60, 365, ("child_name", "choose_bundle")
    ),
    "death_bundle": bundle(
        "death_notices", "notice_no", "relative_id", "died_on", 5, 15, 60, ("choose_bundle", "relatives_agree")
    ),
    "child_health_insurance_end": child_health_insurance_end,
    "temporary_residence_extension": temporary_residence_extension,
    "military_registration": military_registration,
    "passport_expiry": passport_expiry,
    "food_safety_certificate": printed(
        "food_safety_certificates", "certificate_no", "establishment_no", 30, 0, 6, ("reissue", "reissue")
    ),
    "transport_badge": printed(
        "transport_badges", "badge_no", "plate_no", 15, 30, 0, ("before_expiry", "expired")
    ),
    "retail_liquor_licence": printed(
        "liquor_licences", "licence_no", "business_no", 30, 0, 0, ("ask_anew", "ask_anew")
    ),
}  # fmt: skip


def turning_days(name: str, person: Person) -> Iterator[date]:
    """Days on or next to which an answer may change."""
    yield from (COMMUNES_SINCE, LICENCES_SINCE, LATE_RULES_SINCE)
    for rows in person.values():
        for row in rows:
            for column, value in row.items():
                if found := day(value) if column.endswith("_on") or "date" in column or "valid" in column else None:
                    yield from _around(name, found)


def _around(name: str, found: date) -> Iterator[date]:
    offsets = {0, 3, 5, 15, 29, 30, 60, 119, 365, 730, -15, -30, -60, -180}
    yield from (found + days(offset) for offset in offsets)
    yield from (moved(found, years=1), moved(found, months=-6), moved(found, months=-6) - days(30))
    ages = {"identity_card_renewal": [14, 25, 40, 60], "social_pension": [70, 75], "passport_expiry": [14],
            "military_registration": [17], "child_health_insurance_end": [6]}.get(name, [])  # fmt: skip
    for age in ages:
        turns = moved(found, years=age)
        yield from (turns, turns - days(30), turns + days(365), date(turns.year, 1, 1), date(turns.year, 9, 30))
        yield from (date(turns.year, 1, 1) + days(119), date(turns.year, 8, 1), date(turns.year, 10, 30))
