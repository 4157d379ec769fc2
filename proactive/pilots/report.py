"""What a pilot came to: every figure of both groups, their difference, what it cost, and whether that was good enough.

Figures are counts of people who came in, by what the store says of the matter by which they came in. The two groups
came in under the same conditions on the same days, so what differs later is what telling changed. It decides nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from proactive.domain.effect import FEWEST, Effect, Share, Verdict, effect
from proactive.domain.pilot import Arm, Pilot
from proactive.foresight.assumptions import assumptions
from proactive.ports.clock import DA_NANG
from proactive.store.pilots import PilotCounts
from proactive.store.store import Store
from rules.base import Words

MEASURES: dict[str, Words] = {
    "members": Words(vi="Số người trong nhóm", en="People in the group"),
    "handed": Words(vi="Đã gửi tin", en="Told"),
    "reached": Words(vi="Tin đã đến máy", en="Reached"),
    "opened": Words(vi="Đã mở hồ sơ", en="Opened the dossier"),
    "confirmed": Words(vi="Đã xác nhận", en="Confirmed"),
    "corrected": Words(vi="Báo sai dữ liệu", en="Said that a value is wrong"),
    "declined": Words(vi="Từ chối", en="Declined"),
    "declined_not_now": Words(vi="– chưa phải lúc này", en="– not now"),
    "declined_already_done": Words(vi="– đã làm rồi", en="– already done"),
    "declined_not_me": Words(vi="– không phải tôi", en="– not me"),
    "declined_never": Words(vi="– không nhận nữa", en="– no more of these"),
    "approved": Words(vi="Được phê duyệt", en="Approved"),
    "refused": Words(vi="Bị từ chối giải quyết", en="Refused"),
    "issued": Words(vi="Đã trả kết quả", en="Result returned"),
    "issued_by_day": Words(vi="– trước hoặc đúng ngày mốc của việc", en="– by the day that counts for the matter"),
    "kept_promise": Words(vi="– trước hoặc đúng ngày hẹn trả", en="– by the day promised on the receipt"),
    "settled": Words(vi="Việc đã xong, dù làm ở đâu", en="Matter settled, wherever it was done"),
    "over": Words(vi="Không còn cần vì lý do khác", en="No longer needed for another reason"),
    "complained": Words(vi="Phản ánh (một trong ba điều dưới)", en="Complained (any of the three below)"),
    "not_me": Words(vi="– nhắn nhầm người", en="– told the wrong person"),
    "opted_out": Words(vi="– không muốn nhận tin", en="– wants no messages"),
    "wrong_phone": Words(vi="– số điện thoại của người khác", en="– somebody else's phone"),
    "ticket": Words(vi="Phiếu đề nghị sửa dữ liệu", en="Correction tickets"),
}
"""Every count, in the order in which it is read."""

REASONS = tuple(name for name in MEASURES if name.startswith("declined_"))
OF_ISSUED = frozenset({"issued_by_day"})
OF_PROMISED = frozenset({"kept_promise"})


class Met(StrEnum):
    MET = "met"
    MISSED = "missed"
    TOO_FEW = "too_few"


@dataclass(frozen=True)
class Line:
    """One count of both groups, each with what it is a part of."""

    name: str
    told: Share
    held: Share


@dataclass(frozen=True)
class Judged:
    """One criterion of the plan: what was asked, in percent, and what it came to."""

    name: str
    asked: int
    found: Share
    met: Met


@dataclass(frozen=True)
class Cost:
    """What telling has cost so far. Money by list prices; hours by the assumption of the forecast."""

    messages: int
    vnd: int
    vnd_per_confirmed: float | None
    vnd_per_issued: float | None
    officer_hours: float


@dataclass(frozen=True)
class OfUnit:
    unit: str | None
    told: int
    confirmed: int
    issued: int
    settled: int
    held: int
    held_settled: int


@dataclass(frozen=True)
class Report:
    pilot: Pilot
    at: datetime
    lines: Mapping[str, Line]
    effect: Effect | None
    """How much more often a matter was settled among those told than among those held out."""
    days_earlier: float | None
    """By how many days the median of those told was settled earlier than that of those held out, before the day that
    counts; None where either group has too few."""
    days_of_work: float | None
    """The median from the citizen's yes to the result."""
    cost: Cost
    judged: Sequence[Judged]
    units: Sequence[OfUnit]
    days: Sequence[tuple[date, int, int]]
    """How many came in on which day: told, held out."""
    concluded_by: str | None = None
    """Who concluded the pilot on these figures, at that moment; None: they are those of now and may change."""

    def told(self, name: str) -> int:
        return self.lines[name].told.part

    def held(self, name: str) -> int:
        return self.lines[name].held.part


async def report(pilot: Pilot, *, store: Store, now: datetime) -> Report:
    """The report, counted now; of a pilot that is concluded: as it was concluded."""
    return drawn_up(pilot, await store.pilots.concluded(pilot.id) or await store.pilots.count(pilot.id, now=now))


def drawn_up(pilot: Pilot, counts: PilotCounts) -> Report:
    """The report of these counts, by the assumptions of their day."""
    told, held = ({**counts.arms.get(arm, {})} for arm in (Arm.TOLD, Arm.HELD))
    for arm in (told, held):
        arm["declined"] = sum(arm.get(name, 0) for name in REASONS)
    lines = {name: Line(name, _share(name, told), _share(name, held)) for name in MEASURES}
    differs = effect(lines["settled"].told, lines["settled"].held)
    day = counts.at.astimezone(DA_NANG).date()
    minutes = assumptions(day, names=("officer_minutes_per_dossier",))["officer_minutes_per_dossier"].value
    return Report(
        pilot=pilot,
        at=counts.at,
        lines=lines,
        effect=differs,
        days_earlier=_earlier(told, held),
        days_of_work=told.get("median_work"),
        cost=_cost(told, minutes),
        judged=_judged(pilot, lines),
        units=_units(counts),
        days=counts.days,
        concluded_by=counts.by,
    )


def _units(counts: PilotCounts) -> list[OfUnit]:
    """Where the most were told first."""
    found = []
    for unit, arms in counts.units.items():
        told, held = ({**arms.get(arm, {})} for arm in (Arm.TOLD, Arm.HELD))
        parts = {name: int(told.get(name, 0)) for name in ("confirmed", "issued", "settled")}
        members, away = int(told.get("members", 0)), int(held.get("members", 0))
        found.append(OfUnit(unit, told=members, held=away, held_settled=int(held.get("settled", 0)), **parts))
    return sorted(found, key=lambda one: (-one.told, one.unit or "~"))


def _share(name: str, arm: Mapping[str, float]) -> Share:
    whole = "issued" if name in OF_ISSUED else "promised" if name in OF_PROMISED else "members"
    return Share(int(arm.get(name, 0)), int(arm.get(whole, 0)))


def _earlier(told: Mapping[str, float], held: Mapping[str, float]) -> float | None:
    if min(told.get("settled", 0), held.get("settled", 0)) < FEWEST:
        return None
    return round(told["median_lead"] - held["median_lead"], 1)


def _cost(told: Mapping[str, float], minutes: int) -> Cost:
    vnd, confirmed, issued = (int(told.get(name, 0)) for name in ("vnd", "confirmed", "issued"))
    hours = round(minutes * (told.get("approved", 0) + told.get("refused", 0)) / 60, 1)
    return Cost(
        messages=int(told.get("messages", 0)),
        vnd=vnd,
        vnd_per_confirmed=round(vnd / confirmed) if confirmed else None,
        vnd_per_issued=round(vnd / issued) if issued else None,
        officer_hours=hours,
    )


def _judged(pilot: Pilot, lines: Mapping[str, Line]) -> list[Judged]:
    handed = lines["handed"].told.part
    promised = lines["kept_promise"].told
    on_time = promised if promised.of else lines["issued_by_day"].told
    asked = (
        ("confirmed_at_least", pilot.criteria.confirmed_at_least, Share(lines["confirmed"].told.part, handed), True),
        ("on_time_at_least", pilot.criteria.on_time_at_least, on_time, True),
        ("complaints_at_most", pilot.criteria.complaints_at_most, Share(lines["complained"].told.part, handed), False),
    )
    return [
        Judged(name, percent, found, _met(percent, found, least=least))
        for name, percent, found, least in asked
        if percent is not None
    ]


def _met(percent: int, found: Share, *, least: bool) -> Met:
    if found.of < FEWEST or found.value is None:
        return Met.TOO_FEW
    good = found.part * 100 >= percent * found.of if least else found.part * 100 <= percent * found.of
    return Met.MET if good else Met.MISSED


def suggests(told: Report) -> str:
    """What the figures speak for: `go`, `no_go` or `unclear`. People decide."""
    found = {one.met for one in told.judged}
    worse = told.effect is not None and told.effect.verdict is Verdict.LESS
    if Met.MISSED in found or worse:
        return "no_go"
    if not found or Met.TOO_FEW in found or told.effect is None or told.effect.verdict is not Verdict.MORE:
        return "unclear"
    return "go"
