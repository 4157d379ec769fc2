"""A new service touches one folder, and a new register one file: here one about birthdays, written from nothing."""

from datetime import date
from pathlib import Path

import pytest

import rules
from rules import Catalogue
from tests.rules.conftest import PERSON, RESIDENT, ROOT

REGISTER = """
title: {vi: Căn cước, en: Identity cards}
owner: {vi: Công an, en: Police}
key: card_no
updated: updated_at
subject: {column: personal_id}
columns:
  card_no: {type: text, required: true, personal: true, title: {vi: Số, en: Number}, why: {vi: Số, en: Number}}
  personal_id: {type: personal_id, required: true, title: {vi: Số, en: Number}, why: {vi: Số, en: Number}}
  issued_on: {type: date, title: {vi: Ngày cấp, en: Issued on}, why: {vi: Hai năm, en: Two years}}
  updated_at: {type: timestamp, required: true, title: {vi: Lúc, en: At}, why: {vi: Mới hơn, en: Newer}}
"""
SERVICE = """
name: card_renewal
title: {vi: Đổi thẻ căn cước, en: Card renewal}
status: published
level: 1
procedure: {code: "1.000000", name: {vi: Đổi thẻ, en: Exchange}, confidence: K}
offices: [{code: police, title: {vi: Công an, en: Police}, confidence: K}]
competent_office: police
legal_basis: [{reference: Luật 26/2023/QH15, title: Luật Căn cước, confidence: V}]
registers: {main: residents, others: [cards]}
subject: personal_id
cycle: [personal_id, anchor]
contact: {register: residents, column: phone}
values:
  ages:
    says: {vi: Tuổi, en: Ages}
    periods: [{from: 2024-07-01, value: [14, 25, 40, 60], reference: Luật 26/2023/QH15, confidence: V}]
  fresh_years:
    says: {vi: Số năm, en: Years}
    periods: [{from: 2024-07-01, value: 2, reference: Luật 26/2023/QH15, confidence: V}]
  lead:
    says: {vi: Trước, en: Before}
    periods: [{from: 2024-07-01, value: 30, reference: Luật 26/2023/QH15, confidence: K}]
  stop:
    says: {vi: Sau, en: After}
    periods: [{from: 2024-07-01, value: 365, reference: Luật 26/2023/QH15, confidence: K}]
window:
  reaches_age: {column: date_of_birth, ages: ages, lead_days: lead, stop_after_days: stop}
  says: {vi: 'Đủ tuổi {ages}', en: 'Reaches an age of {ages}'}
  reference: Luật 26/2023/QH15
owed:
  - absent:
      register: cards
      where:
        - happened_within: {column: issued_on, period: fresh_years, unit: years, before: anchor}
    says:
      vi: Thẻ không được cấp trong {fresh_years} năm trước đó
      en: No card was issued in {fresh_years} years before
    reference: Luật 26/2023/QH15
variants: {exchange: {title: {vi: Đổi thẻ, en: Exchange}, advice: {vi: Đến công an, en: Go there}}}
regimes:
  - from: 2024-07-01
    reference: Luật 26/2023/QH15
    confidence: V
    variants: [{variant: exchange, says: {vi: Đổi thẻ, en: Exchange}}]
needs: [{name: presence, kind: presence, title: {vi: Có mặt, en: Presence}, reference: Luật 26/2023/QH15}]
ladder: [{name: birthday, offset_days: 0, channels: [sms]}]
decision: {office: police, two_people: false}
closing: {intake_status: 10, drop_unanswered_after_days: 90}
"""
FORM = """
title: {vi: Đơn, en: Form}
sections: {who: {vi: Ai, en: Who}}
fields: [{name: full_name, section: who, label: {vi: Tên, en: Name}, from: residents.full_name}]
declaration: {vi: Cam đoan, en: I declare}
"""


@pytest.fixture
def catalogue(rulebook: Path) -> Catalogue:
    folder = rulebook / "card_renewal"
    (folder / "messages").mkdir(parents=True)
    (rulebook / "registers/cards.yaml").write_text(REGISTER, encoding="utf-8")
    (folder / "service.yaml").write_text(SERVICE, encoding="utf-8")
    (folder / "form.yaml").write_text(FORM, encoding="utf-8")
    for language in ("vi", "en"):
        (folder / f"messages/sms.{language}.j2").write_text("Doi the: {{ code }}", encoding="utf-8")
    person = f"{{residents: {{personal_id: '{PERSON}', date_of_birth: 2001-05-05}}}}"
    days = {"2026-04-04": False, "2026-04-05": True, "2026-05-05": True, "2027-05-05": True, "2027-05-06": False,
            "2024-06-30": False, "2015-05-05": False, "2041-04-05": True}  # fmt: skip
    cases = [
        f"- {{name: on {day}, on: {day}, records: {person}, expect: {{due: {str(due).lower()}}}}}\n"
        for day, due in days.items()
    ]
    (folder / "cases.yaml").write_text("".join(cases), encoding="utf-8")
    assert rules.check(rulebook) == []
    return rules.load(rulebook)


def test_it_stands_beside_the_other_and_is_watched_for(catalogue: Catalogue) -> None:
    assert list(catalogue.services) == ["card_renewal", "driver_licence_renewal"]
    assert len(catalogue.services_watching("residents")) == 2
    assert catalogue.columns_needed("cards") == {"card_no", "personal_id", "issued_on", "updated_at"}
    assert list(rules.load(ROOT).services) != list(catalogue.services)


def test_every_birthday_to_come_is_owed_once(catalogue: Catalogue) -> None:
    service = catalogue.services["card_renewal"]
    resident = catalogue.registers["residents"].take({**RESIDENT, "date_of_birth": "2000-02-29"})
    card = catalogue.registers["cards"].take(
        {"card_no": "c", "personal_id": PERSON, "issued_on": "2038-02-27", "updated_at": "2038-02-28T00:00:00Z"}
    )

    def cycles(on: date, *cards: dict[str, object]) -> list[str]:
        return [one.cycle for one in service.owed({"residents": [resident], "cards": cards}, on)]

    assert cycles(date(2025, 1, 1)) == [f"{PERSON}|2025-02-28", f"{PERSON}|2040-02-29", f"{PERSON}|2060-02-29"]
    assert cycles(date(2026, 2, 28)) == [f"{PERSON}|2025-02-28", f"{PERSON}|2040-02-29", f"{PERSON}|2060-02-29"]
    assert cycles(date(2026, 3, 1)) == [f"{PERSON}|2040-02-29", f"{PERSON}|2060-02-29"]
    assert cycles(date(2039, 1, 1), card) == [f"{PERSON}|2040-02-29", f"{PERSON}|2060-02-29"]
    later = {**card, "issued_on": date(2038, 2, 28)}
    assert cycles(date(2039, 1, 1), later) == [f"{PERSON}|2060-02-29"]


def test_it_says_why_in_the_words_of_the_day(catalogue: Catalogue) -> None:
    service = catalogue.services["card_renewal"]
    resident = catalogue.registers["residents"].take({**RESIDENT, "date_of_birth": "2001-05-05"})

    verdict = service.evaluate(resident, {"residents": [resident]}, date(2026, 5, 5))

    assert verdict.due
    assert verdict.needs == ("presence",)
    assert [because.condition_en for because in verdict.because] == [
        "Reaches an age of 14, 25, 40, 60", "No card was issued in 2 years before", "Exchange",
    ]  # fmt: skip
