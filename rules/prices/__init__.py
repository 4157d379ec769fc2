"""What messages cost, as dated data: the one place that budgets, previews and forecasts reckon with."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cache, lru_cache
from pathlib import Path

from pydantic import TypeAdapter

from rules import source
from rules.channels import Channel
from rules.dated import Dated
from rules.texts import size

FILE = Path(__file__).with_name("prices.yaml")


@cache
def dated() -> Mapping[str, Dated]:
    """Every price by name, period by period. Raises ValueError where the file cannot be used."""
    text, problems = source.read(FILE, "rules/prices/prices.yaml")
    if text is None or problems:
        raise ValueError("\n".join(map(str, problems)))
    return TypeAdapter(dict[str, Dated]).validate_python(text.data)


def cost(channel: Channel, text: str, day: date) -> int | None:
    """VND for a text on a day: by the segment where the channel counts them, else by the message; None: nobody bills.

    Raises ValueError where the channel's price has no period for that day.
    """
    if channel.price is None:
        return None
    each = _each(channel.price, day)
    return each if channel.most_segments is None else each * size(text).segments


@lru_cache(maxsize=64)
def _each(name: str, day: date) -> int:
    period = found.at(day) if (found := dated().get(name)) is not None else None
    if period is None or not isinstance(period.value, int):
        raise ValueError(f"rules/prices/prices.yaml has no whole number for {name} on {day}. Add a period.")
    return period.value
