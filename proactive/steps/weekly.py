"""The weekly report on the plan, drafted from stored figures only: Vietnamese first, English second.

Each sentence is one figure with its words. Whoever signs the report reads it first; the draft says that it is one. The
worker drafts a week that is over once, on the first working day after it, and that draft stays.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

import structlog

from proactive.errors import Permanent
from proactive.ports.clock import DA_NANG, Clock
from proactive.steps.candidates import DIMENSIONS
from proactive.steps.indicators import FRESH, Figure
from proactive.steps.progress import in_force, share
from proactive.store.store import Store
from rules import Catalogue, Dimension, calendar
from rules.base import Words
from rules.candidates import criteria
from rules.offices import offices
from rules.plan import plan

log = structlog.get_logger()

KIND = "week"
AT = time(7)
"""Before the offices open, so that the draft lies there when they do."""
LOOK_BACK = 8
"""Weeks that are drafted late where no worker ran for long."""
MOVED = {
    "drafted": Words(vi="hồ sơ được soạn sẵn", en="dossiers drafted"),
    "offered": Words(vi="người đã được báo", en="people told"),
    "confirmed": Words(vi="người đã xác nhận", en="people confirmed"),
    "declined": Words(vi="người đã từ chối", en="people declined"),
    "approved": Words(vi="hồ sơ được duyệt", en="dossiers approved"),
    "closed": Words(vi="kết quả đã trả", en="results given"),
}


@dataclass(frozen=True)
class Week:
    """A week of ISO 8601 in Da Nang, Monday to Sunday."""

    monday: date

    @classmethod
    def named(cls, name: str) -> "Week":
        """From `2026-W48`. Raises `Permanent`."""
        year, mark, number = name.partition("-W")
        try:
            return cls(date.fromisocalendar(int(year), int(number), 1)) if mark else cls.named("-W")
        except (ValueError, RecursionError) as error:
            raise Permanent(f"{name[:20]} is no week. Write it like 2026-W48.") from error

    @classmethod
    def of(cls, day: date) -> "Week":
        return cls(day - timedelta(days=day.weekday()))

    @property
    def name(self) -> str:
        year, number, _ = self.monday.isocalendar()
        return f"{year}-W{number:02d}"

    @property
    def before(self) -> "Week":
        return Week(self.monday - timedelta(days=7))

    @property
    def starts(self) -> datetime:
        return datetime(self.monday.year, self.monday.month, self.monday.day, tzinfo=DA_NANG)

    @property
    def ends(self) -> datetime:
        return self.starts + timedelta(days=7)

    @property
    def drafted_from(self) -> datetime:
        """Its report is drafted from this moment on: the morning of the first working day after it."""
        return datetime.combine(calendar.next_working(self.monday + timedelta(days=6)), AT, DA_NANG)


async def weekly(week: Week, *, catalogue: Catalogue, store: Store, clock: Clock) -> dict[str, Any]:
    """The report of a week, of one that still runs up to now. `figures` are the numbers, `sections` the sentences."""
    now = clock.now()
    if week.starts > now:
        raise Permanent(f"{week.name} has not begun.")
    span = _Until(week.starts, min(week.ends, now + timedelta(microseconds=1)))
    last = min(week.monday + timedelta(days=6), clock.today())
    lives = await store.procedures.lives()
    (cases,) = await store.steering.cases([(span.starts, span.ends)])
    receipts = await store.steering.receipts(since=span.starts, until=span.ends)
    found: dict[str, Any] = {
        "before": _figure(share(in_force(lives, week.monday - timedelta(days=1)))),
        "after": _figure(share(in_force(lives, last))),
        "received": sum(number for _, number, _ in receipts),
        "elsewhere": sum(elsewhere for _, _, elsewhere in receipts),
        "on_time": _figure(Figure(cases.city.on_time, cases.city.worked)),
        "digital": _figure(Figure(cases.city.digital, cases.city.came)),
        "moves": await store.steering.moves(since=span.starts, until=span.ends),
        "obstacles": await store.obstacles.in_span(span.starts, span.ends),
        "proposals": await store.steering.steps(since=span.starts, until=span.ends),
        "quality": [
            {"register": register, "dimension": dimension, "score": score}
            for register, dimension, score in await store.steering.scores_before(
                since=span.ends - timedelta(days=7), until=span.ends
            )
        ],
    }
    return {
        "week": week.name,
        "from": f"{week.monday:%Y-%m-%d}",
        "to": f"{week.monday + timedelta(days=6):%Y-%m-%d}",
        "until": span.ends.isoformat(),
        "running": week.ends > now,
        "figures": found,
        "sections": [
            {"title": title.model_dump(), "lines": [line.model_dump() for line in lines]}
            for title, lines in _sections(found, last, catalogue)
        ],
    }


async def weekly_kept(
    week: Week, *, catalogue: Catalogue, store: Store, clock: Clock
) -> tuple[dict[str, Any], datetime]:
    """The same with the moment of it: as it was drafted; of a week whose draft is not due yet, as it was last kept, if
    that was not long ago. Raises `Permanent`."""
    now = clock.now()
    kept = (await store.kept.get(KIND, [week.name])).get(week.name)
    if kept is not None and (kept[1] >= week.drafted_from or kept[1] > now - FRESH):
        return kept
    if week.drafted_from > now:
        return await weekly(week, catalogue=catalogue, store=store, clock=clock), now
    await _draft(week, catalogue=catalogue, store=store, clock=clock)
    return (await store.kept.get(KIND, [week.name]))[week.name]


async def keep_weeks(*, catalogue: Catalogue, store: Store, clock: Clock) -> int:
    """Count the week that runs anew, and draft those that are over and were not; gives how many.

    Drafted is the last week, and what lies between it and the newest draft there is. Of several workers that do it at
    the same moment the first one's draft stays.
    """
    now, this = clock.now(), Week.of(clock.today())
    told = await weekly(this, catalogue=catalogue, store=store, clock=clock)
    await store.kept.keep(KIND, this.name, told, at=now)
    counted = 1
    for week in await _owed(this.before, now, store):
        counted += await _draft(week, catalogue=catalogue, store=store, clock=clock)
    return counted


async def drafted(weeks: Sequence[Week], store: Store) -> set[Week]:
    """Those of which the draft is there, and not only a count of before."""
    kept = await store.kept.moments(KIND, [week.name for week in weeks])
    return {week for week in weeks if week.name in kept and kept[week.name] >= week.drafted_from}


async def _owed(last: Week, now: datetime, store: Store) -> list[Week]:
    """The weeks to be drafted now, the oldest first."""
    weeks = [last]
    for _ in range(LOOK_BACK - 1):
        weeks.append(weeks[-1].before)
    known = await drafted(weeks, store)
    done = [place for place, week in enumerate(weeks) if week in known]
    owed = weeks[: done[0]] if done else weeks[:1]
    return [week for week in reversed(owed) if week.drafted_from <= now]


async def _draft(week: Week, *, catalogue: Catalogue, store: Store, clock: Clock) -> bool:
    """Draft a week that is over; False where another worker was first: its draft stays."""
    told = await weekly(week, catalogue=catalogue, store=store, clock=clock)
    new = await store.kept.keep_first(KIND, week.name, told, at=clock.now(), since=week.drafted_from)
    if new:
        log.info("weekly.drafted", week=week.name)
    return new


def paper(told: dict[str, Any], today: date) -> dict[str, Any]:
    """The words of the form `weekly`."""
    first, last = (date.fromisoformat(told[name]) for name in ("from", "to"))
    return {
        "week": told["week"],
        "agency": offices()[criteria().decided_by.office].name,
        "place": f"Đà Nẵng, ngày {today.day} tháng {today.month} năm {today.year}",
        "span": f"Từ {first:%d/%m/%Y} đến {last:%d/%m/%Y}",
        "note": f"Bản nháp lập từ số liệu đang lưu, về {plan().reference}; người ký kiểm tra trước khi gửi.",
        "sections": told["sections"],
        "foot": f"Dịch vụ công chủ động Đà Nẵng, {told['week']}",
    }


@dataclass(frozen=True)
class _Until:
    starts: datetime
    ends: datetime


def _figure(one: Figure) -> dict[str, Any]:
    return {"part": one.part, "of": one.of, "share": one.share}


def _sections(found: dict[str, Any], last: date, catalogue: Catalogue) -> list[tuple[Words, list[Words]]]:
    return [
        (Words(vi="Thủ tục phi địa giới", en="Boundary-free procedures"), _boundary(found, last)),
        (Words(vi="Tiếp nhận và giải quyết", en="Received and decided"), _cases(found)),
        (Words(vi="Dịch vụ công chủ động", en="Proactive services"), _moves(found, catalogue)),
        (Words(vi="Chất lượng dữ liệu", en="Data quality"), _quality(found, catalogue)),
        (Words(vi="Vướng mắc và đề xuất", en="Obstacles and proposals"), _obstacles(found)),
    ]


def _share(one: dict[str, Any]) -> tuple[str, str]:
    """`5 trong 6 (83,3 %)`, and the same in English."""
    if not one["of"]:
        return "chưa có gì để tính", "nothing to count"
    percent = f"{int(1000 * one['part'] / one['of'] + 1e-9) / 10:.1f}"
    return (
        f"{_n(one['part'])} trong {_n(one['of'])} ({percent.replace('.', ',')} %)",
        f"{one['part']:,} of {one['of']:,} ({percent}%)",
    )


def _n(number: int) -> str:
    return f"{number:,}".replace(",", ".")


def _boundary(found: dict[str, Any], last: date) -> list[Words]:
    (before, before_en), (after, after_en) = _share(found["before"]), _share(found["after"])
    lines = [
        Words(
            vi=f"Cuối tuần: {after}; cuối tuần trước: {before}.",
            en=f"End of the week: {after_en}; of the week before: {before_en}.",
        )
    ]
    now = found["after"]
    for target in plan().targets:
        reached, late = bool(now["of"]) and now["part"] * 100 >= target.percent * now["of"], (last - target.by).days
        past, days = late > 0, abs(late)
        vi = "đã đạt" if reached else f"chưa đạt, {'quá' if past else 'còn'} {_n(days)} ngày"
        en = "reached" if reached else f"not reached, {days:,} days {'past' if past else 'left'}"
        lines.append(
            Words(
                vi=f"Mục tiêu {target.percent} % đến {target.by:%d/%m/%Y}: {vi}.",
                en=f"Target {target.percent}% by {target.by:%Y-%m-%d}: {en}.",
            )
        )
    return lines


def _cases(found: dict[str, Any]) -> list[Words]:
    (on_time, on_time_en), (digital, digital_en) = _share(found["on_time"]), _share(found["digital"])
    received, elsewhere = found["received"], found["elsewhere"]
    return [
        Words(
            vi=f"Tiếp nhận {_n(received)} hồ sơ, trong đó {_n(elsewhere)} của người cư trú ở đơn vị khác.",
            en=f"{received:,} cases received, {elsewhere:,} of them of people who live in another unit.",
        ),
        Words(
            vi=f"Đúng hạn: {on_time}. Số hóa toàn bộ: {digital}.",
            en=f"On time: {on_time_en}. All digital: {digital_en}.",
        ),
    ]


def _moves(found: dict[str, Any], catalogue: Catalogue) -> list[Words]:
    lines = []
    for name, moves in found["moves"].items():
        service = catalogue.services.get(name) or catalogue.drafts.get(name)
        title = service.title if service is not None else Words(vi=name, en=name)
        said_vi = ", ".join(f"{_n(moves[state])} {words.vi}" for state, words in MOVED.items() if moves.get(state))
        said_en = ", ".join(f"{moves[state]:,} {words.en}" for state, words in MOVED.items() if moves.get(state))
        if said_vi:
            lines.append(Words(vi=f"{title.vi}: {said_vi}.", en=f"{title.en}: {said_en}."))
    return lines or [Words(vi="Không có hồ sơ nào chuyển bước.", en="No dossier moved.")]


def _quality(found: dict[str, Any], catalogue: Catalogue) -> list[Words]:
    worst: dict[str, dict[str, Any]] = {}
    for one in found["quality"]:
        if one["register"] not in worst or one["score"] < worst[one["register"]]["score"]:
            worst[one["register"]] = one
    lines = []
    for name, one in worst.items():
        schema = catalogue.registers.get(name)
        title = schema.title if schema is not None else Words(vi=name, en=name)
        mark = DIMENSIONS[Dimension(one["dimension"])]
        percent = f"{int(one['score'] * 1000) / 10:.1f}"
        lines.append(
            Words(
                vi=f"{title.vi}: thấp nhất là «{mark.vi}», {percent.replace('.', ',')} %.",
                en=f"{title.en}: lowest is “{mark.en}”, {percent}%.",
            )
        )
    return lines or [Words(vi="Chưa có dữ liệu nào được đo trong tuần.", en="No register was measured in the week.")]


def _obstacles(found: dict[str, Any]) -> list[Words]:
    new, removed, still, late = (found["obstacles"][name] for name in ("reported", "resolved", "open", "late"))
    proposed, accepted, declined = (found["proposals"].get(name, 0) for name in ("proposed", "accepted", "declined"))
    return [
        Words(
            vi=f"Vướng mắc: {new} mới, {removed} đã tháo gỡ; cuối tuần còn {still}, trong đó {late} quá hạn.",
            en=f"Obstacles: {new} new, {removed} removed; {still} open at the end, {late} of them late.",
        ),
        Words(
            vi=f"Đề xuất thí điểm: {proposed} mới, {accepted} được đồng ý, {declined} không được đồng ý.",
            en=f"Proposals: {proposed} new, {accepted} accepted, {declined} declined.",
        ),
    ]


__all__ = ["KIND", "Week", "keep_weeks", "paper", "weekly", "weekly_kept"]
