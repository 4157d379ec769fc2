"""Twelve months ahead to be taken along: a table as CSV and a paper as PDF, without counts under five."""

from collections.abc import Iterator
from datetime import datetime

from proactive.domain.few import few, hidden
from proactive.foresight.expected import Sum
from proactive.foresight.workload import Load, Month, Year
from proactive.papers.figures import FEW, LEFT_OUT, grouped, worded
from proactive.papers.printing import printed
from proactive.ports.clock import DA_NANG
from proactive.sheets.writing import listed
from rules.base import Words
from rules.offices import offices

HEADING = (
    Words(vi="Tháng", en="Month"),
    Words(vi="Cơ quan", en="Office"),
    Words(vi="Việc đến hạn", en="Falls due"),
    Words(vi="Giờ cần", en="Hours needed"),
    Words(vi="Giờ có", en="Hours there"),
    Words(vi="Tin ít nhất", en="Messages at least"),
    Words(vi="Tin nhiều nhất", en="Messages at most"),
)
CITY = Words(vi="Toàn thành phố", en="The whole city")
TITLE = Words(vi="DỰ BÁO MƯỜI HAI THÁNG", en="TWELVE MONTHS AHEAD")
NOTE = Words(
    vi="Số dưới 5, và số có thể suy ra chúng, không ghi khi báo cáo ra khỏi cơ quan. Giờ cần tính theo giả định của dự "
    "báo; giờ có do cơ quan khai.",
    en="Numbers under 5, and those that would give them away, are left out. Hours needed by the assumption of the "
    "forecast; hours there as offices have said.",
)


def rows(found: Year, *, language: str) -> Iterator[list[str]]:
    """A line a month for the city, then a line a month and office."""
    for month in found.months:
        city = found.city[month]
        away = worded(FEW, language) if few(city.sum.occasions) else ""
        yield _row(month, worded(CITY, language), city, away=away, language=language)
    for month in found.months:
        left_out = hidden({office: loads[month].sum.occasions for office, loads in found.offices.items()})
        for office, loads in found.offices.items():
            if loads[month].sum.occasions or loads[month].hours:
                name = offices()[office].name if office in offices() else office
                away = LEFT_OUT if office in left_out else ""
                yield _row(month, name, loads[month], away=away, language=language)


def as_csv(found: Year, *, at: datetime, language: str) -> bytes:
    """UTF-8 with its mark, as Excel wants it; nothing in it is a formula."""
    note = f"{worded(NOTE, language)} {at.astimezone(DA_NANG):%H:%M, %d/%m/%Y}"
    return listed([worded(one, language) for one in HEADING], [*rows(found, language=language), [note]])


async def as_pdf(found: Year, *, at: datetime, language: str) -> bytes:
    """The same on paper."""
    data = {
        "lang": language,
        "title": worded(TITLE, language),
        "heading": [worded(one, language) for one in HEADING],
        "rows": list(rows(found, language=language)),
        "note": worded(NOTE, language),
        "foot": f"{at.astimezone(DA_NANG):%H:%M, %d/%m/%Y}",
    }
    return await printed("workload", data)


def _row(month: Month, place: str, load: Load, *, away: str, language: str) -> list[str]:
    """`away`: what is said instead of its numbers."""
    if away:
        said, messages = [away, LEFT_OUT], [LEFT_OUT, LEFT_OUT]
    else:
        said, messages = _numbers(load.sum, language)
    hours = LEFT_OUT if load.hours is None else _decimal(load.hours, language)
    return [month.name, place, *said, hours, *messages]


def _numbers(sum: Sum, language: str) -> tuple[list[str], list[str]]:
    return (
        [grouped(sum.occasions, language), _decimal(sum.officer_hours, language)],
        [grouped(sum.messages_least, language), grouped(sum.messages_most, language)],
    )


def _decimal(value: float, language: str) -> str:
    said = f"{value:,.1f}"
    return said.translate(str.maketrans(",.", ".,")) if language == "vi" else said
