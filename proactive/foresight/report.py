"""Forecasts for people: a table in the terminal, and a chart."""

from collections import Counter
from collections.abc import Mapping
from datetime import date

from rich.table import Table

from proactive.foresight.chart import Bar, grouped, svg
from proactive.foresight.expected import Expected, Place, Sum
from rules.offices import offices

DAYS_SHOWN = 62
"""A longer period is told month by month."""


def by_day(expected: Expected) -> bool:
    """Whether the period is short enough to be told day by day."""
    return (expected.last - expected.first).days < DAYS_SHOWN


def table(expected: Expected, titles: Mapping[str, str]) -> Table:
    """Day or month, service, office, and what it comes to; what was due before stands first."""
    made = Table(title=_title(expected), title_justify="left", caption=_caption(expected), caption_justify="left")
    made.add_column("Ngày" if by_day(expected) else "Tháng")
    made.add_column("Dịch vụ")
    made.add_column("Cơ quan")
    for name in ("Việc đến hạn", "Tin nhắn", "Chi phí tin nhắn (đồng)", "Giờ cán bộ"):
        made.add_column(name, justify="right")
    for place in expected.before():
        made.add_row("đã đến hạn", titles.get(place.service, place.service), _office(place.office), *_numbers(
            expected.sum([place])
        ))  # fmt: skip
    for when, service, office, places in _rows(expected):
        made.add_row(when, titles.get(service, service), _office(office), *_numbers(expected.sum(places)))
    made.add_section()
    made.add_row("Tổng trong kỳ", "", "", *_numbers(expected.sum(expected.by_day())), style="bold")
    return made


def chart(expected: Expected, titles: Mapping[str, str]) -> str:
    """The same as a picture (SVG), by day or month and service. What was due before is told in words."""
    short = by_day(expected)
    labels: dict[str, Counter[str]] = {}
    for day in _days(expected):
        labels.setdefault(_label(day, short), Counter())
    for place in expected.by_day():
        if place.day is not None:
            labels[_label(place.day, short)][place.service] += expected.counts[place]
    total, before = expected.sum(expected.by_day()), expected.sum(expected.before())
    told = f"Từ {expected.first:%d/%m/%Y} đến {expected.last:%d/%m/%Y}: {grouped(total.occasions)} việc đến hạn"
    if before.occasions:
        told += f"; {grouped(before.occasions)} việc đã đến hạn từ trước"
    bars = [Bar(label, numbers) for label, numbers in labels.items()]
    return svg("Dịch vụ công chủ động: việc đến hạn", f"{told}.", bars, titles, others="Các dịch vụ khác")


def _days(expected: Expected) -> list[date]:
    return [date.fromordinal(n) for n in range(expected.first.toordinal(), expected.last.toordinal() + 1)]


def _label(day: date, short: bool) -> str:
    return f"{day:%d/%m}" if short else f"{day:%m/%Y}"


def _rows(expected: Expected) -> list[tuple[str, str, str, list[Place]]]:
    if by_day(expected):
        return [(f"{p.day:%d/%m/%Y}", p.service, p.office, [p]) for p in expected.by_day()]
    return [
        (f"{month[5:]}/{month[:4]}", service, office, places)
        for (month, service, office), places in expected.by_month().items()
    ]


def _title(expected: Expected) -> str:
    return f"Việc đến hạn từ {expected.first:%d/%m/%Y} đến {expected.last:%d/%m/%Y}"


def _caption(expected: Expected) -> str:
    told = [
        f"{one.says}: {grouped(one.value)} {one.unit} ({one.reference}; độ chắc chắn {one.confidence.value})"
        for one in expected.reckoned.values()
    ]
    least = "Ít nhất: chỉ tin đầu tiên. Nhiều nhất: mọi bậc nhắc, một mã xác thực, mọi hồ sơ đều được quyết định."
    return "\n".join(["Chi phí và giờ làm là ước tính theo giả định:", *told, least])


def _office(code: str) -> str:
    found = offices().get(code)
    return found.name if found else code


def _numbers(sum: Sum) -> tuple[str, str, str, str]:
    return (
        grouped(sum.occasions),
        _span(sum.messages_least, sum.messages_most),
        _span(sum.vnd_least, sum.vnd_most),
        grouped(int(sum.officer_hours)) + f",{round(sum.officer_hours * 10) % 10}",
    )


def _span(least: int, most: int) -> str:
    return grouped(least) if least == most else f"{grouped(least)} – {grouped(most)}"
