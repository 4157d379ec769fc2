"""What forecasts reckon with: dated assumptions, prices of messages, and the days on which the rules change."""

from datetime import date
from pathlib import Path

import pytest

import rules
from proactive.errors import Unusable
from proactive.foresight.assumptions import assumptions
from proactive.foresight.costs import cost
from proactive.foresight.simulate import turning_days
from rules import Service
from rules.base import Confidence

DAY = date(2026, 11, 23)


@pytest.fixture(scope="module")
def licences() -> Service:
    return rules.sound()[0].services["driver_licence_renewal"]


def test_assumptions_are_dated_and_say_that_nobody_has_checked_them() -> None:
    reckoned = assumptions(DAY)

    assert {one.confidence for one in reckoned.values()} == {Confidence.K}
    assert all(one.value > 0 and one.reference for one in reckoned.values())


def test_an_own_file_counts_from_its_days(tmp_path: Path) -> None:
    file = tmp_path / "own.yaml"
    file.write_text(
        """
sms_segment_vnd:
  says: {vi: Giá, en: Price}
  periods:
    - {from: 2026-01-01, to: 2026-12-31, value: 700, reference: Hợp đồng 1, confidence: V}
    - {from: 2027-01-01, value: 750, reference: Hợp đồng 2, confidence: V}
officer_minutes_per_dossier:
  says: {vi: Phút, en: Minutes}
  periods: [{from: 2026-01-01, value: 9, reference: Số đo, confidence: V}]
""",
        encoding="utf-8",
    )

    assert assumptions(DAY, file)["sms_segment_vnd"].value == 700
    assert assumptions(date(2027, 1, 1), file)["sms_segment_vnd"].value == 750
    with pytest.raises(Unusable, match="no whole number for sms_segment_vnd on 2025-12-31"):
        assumptions(date(2025, 12, 31), file)


def test_a_licence_costs_one_message_at_least_and_every_rung_with_a_code_at_most(licences: Service) -> None:
    found = cost(licences, assumptions(DAY, instead={"sms_segment_vnd": 1000, "officer_minutes_per_dossier": 20}))

    assert (found.messages_least, found.messages_most) == (1, len(licences.ladder) + 1)
    assert found.vnd_least == found.segments_least * 1000
    assert found.segments_least <= 2
    assert found.segments_most <= 2 * len(licences.ladder) + 1
    assert found.officer_minutes == 20


def test_a_service_that_only_reminds_costs_no_officer_time() -> None:
    reminders = [one for one in rules.sound()[0].services.values() if one.level == 1]

    assert all(cost(one, assumptions(DAY)).officer_minutes == 0 for one in reminders)


def test_the_rules_are_asked_anew_on_each_day_on_which_they_change(licences: Service) -> None:
    assert turning_days(licences, date(2026, 6, 1), date(2026, 8, 1)) == [date(2026, 6, 1), date(2026, 7, 1)]
    assert turning_days(licences, date(2026, 7, 1), date(2026, 8, 1)) == [date(2026, 7, 1)]
