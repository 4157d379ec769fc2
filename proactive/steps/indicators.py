"""The indicators of Decision 766/QĐ-TTg and the two proactive ones, from what happened to cases, per unit and month.

Each says what it counts, from which source, and how sure we are of that; what nobody has told us is not measured, and
says why. Shares are given as part and whole, so that months and units can be added up.
"""

import csv
import io
from calendar import monthrange
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TypedDict

from proactive.domain.procedure import Stage
from proactive.ports.clock import DA_NANG
from proactive.steps.catalogue import said
from proactive.store.steering import NOTHING, Counts, Spanned
from proactive.store.store import Store
from rules.procedures import Proactive, Procedure, ServiceLevel


@dataclass(frozen=True)
class Figure:
    """So many of so many; `of` 0: nothing to count."""

    part: int
    of: int

    @property
    def exact(self) -> float | None:
        """From 0 to 1."""
        return self.part / self.of if self.of else None

    @property
    def share(self) -> float | None:
        """In percent, to two places."""
        return round(100 * self.part / self.of, 2) if self.of else None


@dataclass(frozen=True)
class Definition:
    """What an indicator counts."""

    group: str
    vi: str
    en: str
    source: str
    confidence: str
    unmeasured: str | None = None
    """Why there is no figure."""
    unmeasured_en: str | None = None


KIND = "indicators"
FRESH = timedelta(minutes=30)
"""How old figures of a month that still runs may be."""
R766 = "Quyết định 766/QĐ-TTg ngày 23/06/2022"
DEFINITIONS: dict[str, Definition] = {
    "openness": Definition(
        "openness", "Thủ tục công khai đủ thời hạn, thành phần hồ sơ, quy trình, căn cứ", "Procedures published with "
        "time limit, components, process and basis", f"{R766}, nhóm 1; cách tính của hệ thống", "K",
    ),
    "on_time": Definition(
        "progress", "Hồ sơ giải quyết trước hoặc đúng hạn; trừ thời gian người dân bổ sung; chưa xong cuối kỳ thì tính "
        "đến cuối kỳ", "Cases done by their due day; the citizen's time is subtracted; an unfinished one counts by the "
        "end of the month", f"{R766}, nhóm 2", "V2",
    ),
    "digital_dossiers": Definition(
        "digitisation", "Hồ sơ tiếp nhận đã số hóa toàn bộ thành phần", "Cases received whose parts are all digital",
        f"{R766}, nhóm 3", "V2",
    ),
    "digital_results": Definition(
        "digitisation", "Hồ sơ xong có kết quả điện tử", "Cases done with a digital result", f"{R766}, nhóm 3", "V2",
    ),
    "reuse": Definition(
        "digitisation", "Hồ sơ có thành phần dùng lại dữ liệu đã có", "Cases in which data that was there took the "
        "place of a paper", f"{R766}, nhóm 3", "V2",
    ),
    "online_procedures": Definition(
        "online", "Thủ tục cung cấp trực tuyến toàn trình hoặc một phần", "Procedures that can be done online, wholly "
        "or partly", f"{R766}, nhóm 4", "V2",
    ),
    "online_used": Definition(
        "online", "Thủ tục trực tuyến có phát sinh hồ sơ", "Online procedures that had a case", f"{R766}, nhóm 4", "V2",
    ),
    "online_filed": Definition("online", "Hồ sơ nộp trực tuyến", "Cases filed online", f"{R766}, nhóm 4", "V2"),
    "online_paid": Definition(
        "online", "Hồ sơ thanh toán trực tuyến", "Cases paid online", f"{R766}, nhóm 4", "V2",
        "Hệ thống chỉ ghi số tiền đã nộp, không ghi cách nộp.", "What was paid is recorded, not how.",
    ),
    "satisfaction": Definition(
        "satisfaction", "Mức độ hài lòng", "Satisfaction", f"{R766}, nhóm 5", "V",
        "Chưa có nguồn khảo sát nào được kết nối.", "No source of surveys is connected yet.",
    ),
    **{
        f"proactive_procedures_{level}": Definition(
            "proactive", f"Thủ tục cung cấp dịch vụ công trực tuyến chủ động, mức {level}",
            f"Procedures provided proactively, level {level}", "Chỉ tiêu 2026 về dịch vụ công chủ động", "V2",
        )
        for level in (1, 2, 3)
    },
    **{
        f"proactive_dossiers_{level}": Definition(
            "proactive", f"Hồ sơ dịch vụ công chủ động, mức {level}", f"Proactive cases, level {level}",
            "Chỉ tiêu 2026 về dịch vụ công chủ động", "V2",
        )
        for level in (1, 2, 3)
    },
}  # fmt: skip


@dataclass(frozen=True)
class Month:
    """A month in Da Nang: from its first moment up to the first of the next."""

    first: date
    now: datetime | None = None
    """Until when there can be figures, while the month still runs: what is not yet due is not late."""

    @property
    def name(self) -> str:
        return f"{self.first:%Y-%m}"

    @property
    def whole_until(self) -> datetime:
        """The moment from which on what is counted of the month stays: a day after it is over."""
        over = self.starts + timedelta(days=monthrange(self.first.year, self.first.month)[1])
        return over + timedelta(days=1)

    @property
    def starts(self) -> datetime:
        return datetime(self.first.year, self.first.month, 1, tzinfo=DA_NANG)

    @property
    def ends(self) -> datetime:
        over = self.starts + timedelta(days=monthrange(self.first.year, self.first.month)[1])
        return over if self.now is None else min(over, self.now + timedelta(microseconds=1))


def figures(found: Spanned, published: Sequence[Procedure]) -> dict[str, Figure]:
    """Every indicator of the city that can be counted, of the cases of a span and of these procedures."""
    online = [one for one in published if one.level is not ServiceLevel.INFORMATION]
    levels = (Proactive.REMINDS, Proactive.PREPARES, Proactive.RECOMMENDS)
    return {
        "openness": Figure(sum(_complete(one) for one in published), len(published)),
        **_worked(found.city),
        **_received(found.city),
        "online_procedures": Figure(len(online), len(published)),
        "online_used": Figure(sum(found.procedure.get(one.code, NOTHING).came > 0 for one in online), len(online)),
        **{
            f"proactive_procedures_{int(level)}": Figure(
                sum(one.proactive == level for one in published), len(published)
            )
            for level in levels
        },
    }


def _worked(one: Counts) -> dict[str, Figure]:
    return {
        "on_time": Figure(one.on_time, one.worked),
        "digital_results": Figure(one.with_result, one.ready),
    }


def _received(one: Counts) -> dict[str, Figure]:
    return {
        "digital_dossiers": Figure(one.digital, one.came),
        "reuse": Figure(one.reused, one.came),
        "online_filed": Figure(one.online, one.came),
        "proactive_dossiers_1": Figure(one.reminded, one.came),
        "proactive_dossiers_2": Figure(one.prepared, one.came),
        "proactive_dossiers_3": Figure(one.recommended, one.came),
    }


def _complete(one: Procedure) -> bool:
    return one.working_days is not None and bool(one.components) and bool(one.process) and bool(one.reference)


class Indicators(TypedDict):
    """A month's indicators, as they are printed. `city` and each unit: indicator -> part, whole and share."""

    month: str
    definitions: dict[str, dict[str, object]]
    city: dict[str, dict[str, object]]
    units: dict[str, dict[str, dict[str, object]]]


async def indicators(month: Month, *, store: Store) -> Indicators:
    """All of it for a month: the city, each unit that received or decided, and the definitions."""
    return (await indicators_of([month], store=store))[0]


async def indicators_of(months: Sequence[Month], *, store: Store) -> list[Indicators]:
    """The same for each of these months, which are counted in one pass over the cases."""
    published = [said(entry) for entry in await store.procedures.all(Stage.PUBLISHED)]
    found = await store.steering.cases([(month.starts, month.ends) for month in months])
    return [
        {
            "month": month.name,
            "definitions": {name: one.__dict__ for name, one in DEFINITIONS.items()},
            "city": _told(figures(of, published)),
            "units": {unit: _told(_of_unit(unit, of)) for unit in sorted({*of.receiving, *of.competent})},
        }
        for month, of in zip(months, found, strict=True)
    ]


async def indicators_kept(month: Month, *, store: Store) -> Indicators:
    """The same as it was last kept, if that was not long ago; a month that is over does not change much any more."""
    kept = (await store.kept.get(KIND, [month.name])).get(month.name)
    if kept is not None and (kept[1] > month.whole_until or (month.now is not None and kept[1] > month.now - FRESH)):
        return kept[0]  # type: ignore[no-any-return]  # as it was kept by the same function
    return await indicators(month, store=store)


async def trend(months: Sequence[Month], unit: str, *, store: Store) -> dict[date, Mapping[str, Figure]]:
    """The figures of these months, in their order, of one unit or, where it is "", of the city."""
    where = ("units", unit) if unit else ("city",)
    kept = await store.kept.get(KIND, [month.name for month in months], within=where)
    places = {name: place or {} for name, (place, _) in kept.items()}
    if missing := [month for month in months if month.name not in places]:
        for month, told in zip(missing, await indicators_of(missing, store=store), strict=True):
            places[month.name] = told["units"].get(unit, {}) if unit else told["city"]
    return {
        month.first: {
            name: Figure(int(str(one["part"])), int(str(one["of"]))) for name, one in places[month.name].items()
        }
        for month in months
    }


def _of_unit(unit: str, found: Spanned) -> dict[str, Figure]:
    """Time is the competent office's, what was received is the receiving one's; procedures are the city's."""
    return _worked(found.competent.get(unit, NOTHING)) | _received(found.receiving.get(unit, NOTHING))


def _told(found: Mapping[str, Figure]) -> dict[str, dict[str, object]]:
    return {name: {"part": one.part, "of": one.of, "share": one.share} for name, one in found.items()}


def as_csv(told: Indicators) -> bytes:
    """The same as a table: a line for each unit and indicator."""
    made = io.StringIO(newline="")
    writer = csv.writer(made, lineterminator="\r\n")
    writer.writerow(["Tháng", "Đơn vị", "Nhóm", "Chỉ tiêu", "Tử số", "Mẫu số", "Tỷ lệ (%)", "Nguồn"])
    for place, found in {"Thành phố": told["city"], **told["units"]}.items():
        for name, one in found.items():
            what = DEFINITIONS[name]
            writer.writerow(
                [told["month"], place, what.group, what.vi, one["part"], one["of"], one["share"], what.source]
            )
    return b"\xef\xbb\xbf" + made.getvalue().encode()
