"""What the pages of steering show in the demo: a catalogue published step by step, proposals, an obstacle. All made up.

Everything goes through the steps that people would take, with moments of the past, so that the figures have a history.
"""

from datetime import date, datetime, time, timedelta
from uuid import uuid4

from proactive.domain.obstacle import ObstacleState, moved, reported
from proactive.domain.procedure import Signed, Stage
from proactive.domain.proposal import Standing, Step
from proactive.ports.clock import DA_NANG, Clock
from proactive.steps import candidates, catalogue
from proactive.store.store import Store
from rules.calendar import add_working_days
from rules.candidates import criteria
from rules.plan import plan
from rules.procedures import CATALOGUE

FIRST = date(2025, 8, 4)
BETWEEN = timedelta(days=35)
OFFICE, JUSTICE, BUILDING, UNIT = (
    criteria().decided_by.office,
    "so-tu-phap-da-nang",
    "so-xay-dung-da-nang",
    "centre-20410",
)
STAGES = ((Stage.REVIEWED, JUSTICE), (Stage.APPROVED, OFFICE), (Stage.PUBLISHED, OFFICE))


async def furnish(store: Store, clock: Clock) -> None:
    """Make it up, once: a store that has procedures already is left as it is."""
    if await store.procedures.all():
        return
    lines = catalogue.read(CATALOGUE.read_bytes())
    start = datetime.combine(FIRST, time(9), DA_NANG)
    proposal = Signed(by="mau-de-xuat", office="centre-city", document="01/DS (mẫu)", at=start)
    for place, entry in enumerate(await catalogue.propose(lines, signed=proposal, store=store)):
        at = min(start + place * BETWEEN, clock.now())
        for stage, office in STAGES:
            step = Signed(by="mau-ky", office=office, document=f"{place + 1}/QĐ (mẫu)", at=at)
            await catalogue.take(entry.code, entry.version, stage, signed=step, store=store)
    await _proposals(store, clock)
    await _obstacles(store, clock)


async def _proposals(store: Store, clock: Clock) -> None:
    at, reason = clock.now() - timedelta(days=10), "Đã nhắc thử, cấp lại đúng hạn (dữ liệu mẫu)."
    step = Step(by="mau-xay-dung", office=BUILDING, at=at, document="12/TTr-SXD (mẫu)", note=reason)
    made = await candidates.propose("transport-badge", step, store=store)
    decision = Step(by="mau-van-phong", office=OFFICE, at=at + timedelta(days=3), document="45/QĐ (mẫu)")
    await candidates.decide(made, Standing.ACCEPTED, decision, store=store)
    step = Step(by="mau-y-te", office="so-y-te-da-nang", at=at, document="7/TTr-SYT (mẫu)", note=reason)
    await candidates.propose("food-safety", step, store=store)


async def _obstacles(store: Store, clock: Clock) -> None:
    days = plan().obstacles.answered_within_working_days
    late = clock.now() - timedelta(days=21)
    for title, detail, at in (
        ("Máy quét không gửi được tệp lớn", "Hồ sơ trên 20 trang phải quét hai lần (dữ liệu mẫu).", late),
        ("Chưa có tài khoản cho cán bộ mới", "Ba cán bộ mới chưa vào được hệ thống (dữ liệu mẫu).", clock.now()),
        ("Hai đơn vị hiểu khác nhau về nơi trả kết quả", "Cần hướng dẫn thống nhất (dữ liệu mẫu).", late),
    ):
        one = reported(
            uuid4(), title=title, detail=detail, kind="system", procedure=None, office=UNIT, by="mau-hoi-an",
            owner=OFFICE, at=at, working_days=days,
        )  # fmt: skip
        await store.obstacles.report(one)
    done_at = datetime.combine(add_working_days(late.date(), 2), time(9), DA_NANG)
    done = moved(
        one, ObstacleState.RESOLVED, by="mau-van-phong", office=OFFICE, at=done_at, note="Đã có hướng dẫn (mẫu).",
        working_days=days,
    )  # fmt: skip
    await store.obstacles.move(one, done, office=OFFICE, note="Đã có hướng dẫn (mẫu).")
