"""How days, moments, numbers and codes are written for people."""

import re
from datetime import date, datetime

from proactive.domain.quality import percent as percent_of
from proactive.ports.clock import DA_NANG

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def local_day(value: datetime) -> date:
    """The day that a moment is in Da Nang."""
    return value.astimezone(DA_NANG).date()


def day(value: date | datetime) -> str:
    """dd/mm/yyyy."""
    return f"{local_day(value) if isinstance(value, datetime) else value:%d/%m/%Y}"


def moment(value: datetime) -> str:
    """14:05, 23/11/2026 in Da Nang."""
    return f"{value.astimezone(DA_NANG):%H:%M, %d/%m/%Y}"


def written(value: str) -> str:
    """A form's value: days are kept as YYYY-MM-DD and read as dd/mm/yyyy."""
    if not _DAY.fullmatch(value):
        return value
    try:
        return day(date.fromisoformat(value))
    except ValueError:
        return value


def last4(value: str) -> str:
    """A number of which only the end may be seen."""
    return f"•••• {value[-4:]}"


def percent(score: float) -> str:
    """91,2 %"""
    return percent_of(score)


def percent_en(score: float) -> str:
    """91.2%"""
    return percent_of(score).replace(",", ".").replace(" ", "")


def number(value: float) -> str:
    """1.234.567 or 12,5"""
    return number_en(value).translate(str.maketrans(",.", ".,"))


def number_en(value: float) -> str:
    """1,234,567 or 12.5"""
    return f"{value:,.1f}".removesuffix(".0")


def days_between(earlier: date, later: date) -> int:
    return (later - earlier).days
