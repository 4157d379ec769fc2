"""A pilot's report to be taken along: a table as CSV, and a paper as PDF. What is too small to be shown is left out."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from proactive.domain.effect import Share
from proactive.domain.few import few, hidden
from proactive.papers.figures import FEW, LEFT_OUT, grouped, worded
from proactive.papers.printing import printed
from proactive.pilots import words
from proactive.pilots.report import MEASURES, REASONS, OfUnit, Report
from proactive.ports.clock import DA_NANG
from proactive.sheets.writing import listed
from rules.base import Words

HEADING = (
    Words(vi="Phần", en="Part"),
    Words(vi="Chỉ số", en="Figure"),
    Words(vi="Nhóm được báo", en="Told"),
    Words(vi="Tỷ lệ nhóm được báo", en="Share of told"),
    Words(vi="Nhóm đối chứng", en="Held out"),
    Words(vi="Tỷ lệ nhóm đối chứng", en="Share of held out"),
)
SHARE = Words(vi="Tỷ lệ", en="Share")
SETTLED = Words(vi="Đã xong", en="Settled")
ON_PAPER = {
    "journey": (HEADING[1], Words(vi="Được báo", en="Told"), SHARE, Words(vi="Đối chứng", en="Held out"), SHARE),
    "units": (Words(vi="Xã, phường", en="Commune"), HEADING[2], SETTLED, HEADING[4], SETTLED),
}
"""The headings of the two parts that are tables on paper."""

PARTS = {
    "plan": Words(vi="Kế hoạch", en="Plan"),
    "journey": Words(vi="Kết quả", en="Results"),
    "effect": Words(vi="So sánh", en="Comparison"),
    "cost": Words(vi="Chi phí", en="Cost"),
    "criteria": Words(vi="Tiêu chí", en="Criteria"),
    "units": Words(vi="Theo xã, phường", en="By commune"),
}
TITLE = Words(vi="BÁO CÁO THÍ ĐIỂM DỊCH VỤ CÔNG CHỦ ĐỘNG", en="REPORT OF A PILOT OF A PROACTIVE SERVICE")


@dataclass(frozen=True)
class Row:
    """One line of the table, in words."""

    part: str
    label: str
    told: str = ""
    told_share: str = ""
    held: str = ""
    held_share: str = ""


def rows(told: Report, *, title: str, language: str) -> Iterator[Row]:
    """The whole report as lines of text."""
    yield from _plan(told, title, language)
    away = {
        "told": hidden({name: told.told(name) for name in REASONS}),
        "held": hidden({name: told.held(name) for name in REASONS}),
    }
    for name, line in told.lines.items():
        cells = [
            *_cells(line.told, name in away["told"], language), *_cells(line.held, name in away["held"], language)
        ]  # fmt: skip
        yield Row("journey", worded(MEASURES[name], language), *cells)
    settled = told.lines["settled"]
    if few(settled.told.part) or few(settled.held.part):
        yield Row("effect", worded(words.NOT_SHOWN, language))
    else:
        yield Row("effect", worded(words.effect_sentence(told), language))
        yield Row("effect", worded(words.days_sentence(told), language))
    yield from _cost(told, language)
    for one in told.judged:
        found = LEFT_OUT if few(one.found.part) else _percent(one.found, language)
        label = worded(words.criterion(one), language)
        yield Row("criteria", label, worded(words.MET[one.met], language), found)
    yield Row("criteria", worded(words.suggestion(told), language))
    yield from _units(told.units, language)


def as_csv(told: Report, *, title: str, language: str) -> bytes:
    """UTF-8 with its mark, as Excel wants it; nothing in it is a formula."""
    lines = [
        [worded(PARTS[row.part], language), row.label, row.told, row.told_share, row.held, row.held_share]
        for row in rows(told, title=title, language=language)
    ]
    return listed([worded(one, language) for one in HEADING], [*lines, [worded(words.NOT_SHOWN, language)]])


async def as_pdf(told: Report, *, title: str, language: str) -> bytes:
    """The same on paper."""
    parts: dict[str, list[Row]] = {}
    for row in rows(told, title=title, language=language):
        parts.setdefault(row.part, []).append(row)
    data: Mapping[str, Any] = {
        "lang": language,
        "title": worded(TITLE, language),
        "parts": [
            {
                "title": worded(PARTS[part], language),
                "heading": [worded(one, language) for one in ON_PAPER.get(part, ())],
                "rows": [[row.label, row.told, row.told_share, row.held, row.held_share] for row in lines],
            }
            for part, lines in parts.items()
        ],
        "notes": [worded(one, language) for one in (words.SOURCE, words.NOT_SHOWN, words.NOT_DECIDED)],
        "foot": f"{told.at.astimezone(DA_NANG):%H:%M, %d/%m/%Y}",
    }  # fmt: skip
    return await printed("pilot", data)


def _plan(told: Report, title: str, language: str) -> Iterator[Row]:
    pilot = told.pilot
    everybody = {"vi": "mọi người", "en": "everybody"}[language]
    cohort = [words.place(code) for code in pilot.cohort.units]
    cohort += [*pilot.cohort.variants, *(f"{name}: {' | '.join(some)}" for name, some in pilot.cohort.fields.items())]
    lines = (
        (Words(vi="Dịch vụ", en="Service"), title),
        (Words(vi="Phiên bản quy định", en="Version of the rules"), pilot.service_version),
        (Words(vi="Văn bản", en="Document"), pilot.document),
        (Words(vi="Lý do", en="Reason"), pilot.reason),
        (Words(vi="Trạng thái", en="State"), worded(words.STATES[pilot.state], language)),
        (Words(vi="Thời gian", en="Days"), f"{pilot.starts_on:%d/%m/%Y} – {pilot.ends_on:%d/%m/%Y}"),
        (Words(vi="Đối tượng", en="Cohort"), ", ".join(cohort) or everybody),
        (Words(vi="Giới hạn (một ngày / cả đợt)", en="Caps (a day / in all)"), f"{pilot.a_day} / {pilot.total}"),
        (Words(vi="Nhóm đối chứng (%)", en="Held out (%)"), str(pilot.hold_out)),
        (Words(vi="Số liệu lúc", en="Figures as of"), f"{told.at.astimezone(DA_NANG):%H:%M, %d/%m/%Y}"),
        *([(words.CONCLUDED_BY, told.concluded_by)] if told.concluded_by else []),
    )
    for label, value in lines:
        yield Row("plan", worded(label, language), value)


def _cost(told: Report, language: str) -> Iterator[Row]:
    cost, dong = told.cost, {"vi": " đồng", "en": " VND"}[language]
    yield Row("cost", worded(Words(vi="Tin đã gửi", en="Messages"), language), grouped(cost.messages, language))
    yield Row("cost", worded(Words(vi="Chi phí tin", en="Messages cost"), language), grouped(cost.vnd, language) + dong)
    for label, value, count in (
        (Words(vi="Cho một người xác nhận", en="For one confirmation"), cost.vnd_per_confirmed, told.told("confirmed")),
        (Words(vi="Cho một kết quả", en="For one result"), cost.vnd_per_issued, told.told("issued")),
    ):
        said = LEFT_OUT if value is None or few(count) else grouped(round(value), language) + dong
        yield Row("cost", worded(label, language), said)
    few_decided = few(told.told("approved")) or few(told.told("refused"))
    hours = LEFT_OUT if few_decided else _decimal(cost.officer_hours, language)
    yield Row("cost", worded(Words(vi="Giờ cán bộ (giả định)", en="Officers' hours (assumed)"), language), hours)


def _units(units: Sequence[OfUnit], language: str) -> Iterator[Row]:
    """A line a commune: members of both groups, and beside each how many of them have settled their matter."""
    columns = ("told", "settled", "held", "held_settled")
    away = {name: hidden({str(one.unit): getattr(one, name) for one in units}) for name in columns}
    for one in units:
        cells = []
        for name in columns:
            shown = str(one.unit) not in away[name]
            cells.append(grouped(getattr(one, name), language) if shown else LEFT_OUT)
        yield Row("units", words.place(one.unit), *cells)


def _cells(share: Share, away: bool, language: str) -> tuple[str, str]:
    if away:
        return LEFT_OUT, LEFT_OUT
    if few(share.part):
        return worded(FEW, language), LEFT_OUT
    return grouped(share.part, language), _percent(share, language)


def _percent(share: Share, language: str) -> str:
    if share.value is None:
        return LEFT_OUT
    said = _decimal(100 * share.value, language)
    return f"{said} %" if language == "vi" else f"{said}%"


def _decimal(value: float, language: str) -> str:
    return f"{value:.1f}".replace(".", "," if language == "vi" else ".")
