"""What messages cost: every channel that somebody bills has a price on every day, and there is one place for it."""

from datetime import date, timedelta

import pytest

from proactive.foresight.assumptions import assumptions
from rules import manners
from rules.channels import channels
from rules.prices import cost, dated


@pytest.mark.parametrize("day", [date(2025, 3, 1), date(2026, 11, 29), date(2030, 1, 1)])
def test_every_channel_that_is_billed_has_a_price(day: date) -> None:
    billed = {name for name, channel in channels().items() if channel.price is not None}

    assert {"sms", "viettel_sms", "zalo"} <= billed
    assert all((cost(channels()[name], "a", day) or 0) > 0 for name in billed)


def test_sms_is_paid_by_the_segment_and_zalo_by_the_message() -> None:
    day = date(2026, 11, 29)
    short, long = "a" * 160, "a" * 161

    assert cost(channels()["sms"], long, day) == 2 * (cost(channels()["sms"], short, day) or 0)
    assert cost(channels()["zalo"], long, day) == cost(channels()["zalo"], short, day)
    assert cost(channels()["call_list"], long, day) is None


def test_a_forecast_reckons_with_the_same_price() -> None:
    day = date(2026, 11, 29)

    assert assumptions(day)["sms_segment_vnd"].value == cost(channels()["sms"], "a", day)


def test_before_any_period_it_is_said_what_is_missing() -> None:
    first = dated()["sms_segment_vnd"].periods[0].since

    before = first - timedelta(days=1)
    with pytest.raises(ValueError) as refused:
        cost(channels()["sms"], "a", before)

    assert str(refused.value) == (
        f"rules/prices/prices.yaml has no whole number for sms_segment_vnd on {before}. Add a period."
    )
    unknown = channels()["sms"].model_copy(update={"price": "pigeon_vnd"})
    with pytest.raises(ValueError, match="has no whole number for pigeon_vnd on"):
        cost(unknown, "a", first)


def test_prices_are_known_wherever_manners_are() -> None:
    first = manners.load()._text.person_days.periods[0].since

    assert cost(channels()["sms"], "a", first)
