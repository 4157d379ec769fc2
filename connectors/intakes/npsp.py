"""The national public service portal behind the province's adapter (LGSP): dossiers are put and looked up there.

Guarantee: a write is an upsert by the dossier code, which is looked up first, so a repeated hand-over is harmless;
under another content it is refused here. `Taken` only for a code of success, `Refused` only for a code that is an
answer about the dossier; everything else is `Unanswered`.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import structlog

from connectors._npsp import OURS, Adapter, Answered, NoAnswer, Settings, holder, item
from connectors.intakes._statuses import known
from proactive.domain.application import Application, Progress
from proactive.errors import Forged, Unreachable
from proactive.ports.intake import Intake, Listed, Refused, Taken, Unanswered
from proactive.ports.notifier import Hook
from proactive.settings import from_environment

WHEN: dict[int, tuple[str, ...]] = {
    1: ("NgayNopHoSo",),
    3: ("NgayTuChoi",),
    9: ("NgayKetThucXuLy",),
    10: ("NgayTra", "NgayKetThucXuLy"),
}
"""Which date of a dossier says since when it is in a status; without one, the day it was received."""

ONLINE = "2"
"""KenhThucHien trực tuyến."""

log = structlog.get_logger()


async def open() -> Intake:
    """The intake, set up from the environment. Raises `Unusable`."""
    return NpspIntake(from_environment(Settings, "The national portal can't be used"))


class NpspIntake(Intake):
    """The intake `npsp`."""

    name = "npsp"

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._adapter = Adapter(settings)

    async def submit(self, application: Application) -> Taken | Refused | Unanswered:
        try:
            there = await self._adapter.lookup(application.reference)
            if there is not None and _hash(there) not in {None, application.content_hash}:
                return Refused("Mã hồ sơ này đã được dùng cho một hồ sơ khác.")
            if there is not None and _hash(there) == application.content_hash:
                return Taken(application.reference)
            filed = self._adapter.moment(application.approved_at)
            await self._adapter.put(dossier(application, filed), there=there is not None)
        except NoAnswer as error:
            return Unanswered(str(error))
        except Answered as error:
            return Refused(str(error))
        return Taken(application.reference)

    async def find(self, reference: str) -> bool:
        return await self._known(reference) is not None

    async def progress(self, reference: str) -> Sequence[Progress]:
        """The one status that the portal shows now."""
        there = await self._known(reference)
        code = None if there is None else known(there.get("TrangThaiHoSo"))
        if there is None or code is None:
            return ()
        dates = (self._adapter.read(there.get(name)) for name in (*WHEN.get(code, ()), "NgayTiepNhan", "NgayNopHoSo"))
        at = next(filter(None, dates), None)
        if at is None:
            log.warning("intake.unreadable_news")
            return ()
        return (Progress(reference=reference, code=code, at=at, office=there.get("DonViXuLy") or None),)

    async def listed(self, since: datetime, until: datetime) -> Mapping[str, Listed]:
        raise Unreachable("The national portal has no list to compare with; each dossier is looked up by itself.")

    def news(self, hook: Hook) -> Sequence[Progress]:
        raise Forged("The national portal does not call back.")

    async def close(self) -> None:
        await self._adapter.close()

    async def _known(self, reference: str) -> Mapping[str, Any] | None:
        try:
            return await self._adapter.lookup(reference)
        except (NoAnswer, Answered) as error:
            raise Unreachable(f"The portal cannot be asked: {error}.") from error


def dossier(application: Application, filed: str) -> dict[str, Any]:
    """The application as `DongBoHoSoMC` has it."""
    person = application.applicant
    return item(
        MaHoSo=application.reference, MaTTHC=application.procedure_code, TenTTHC=application.procedure_name,
        KenhThucHien=ONLINE, ChuHoSo=person.full_name, SoDienThoai=person.phone or "",
        ThongTinKhac=f"{OURS}{application.content_hash}", TrichYeuHoSo=application.procedure_name[:1000],
        NgayNopHoSo=filed, TrangThaiHoSo="1", DonViXuLy=application.competent_office, HoSoCoThanhPhanSoHoa="1",
        DinhDanhCHS=[holder(person.personal_id)],
    )  # fmt: skip


def _hash(known: Mapping[str, Any]) -> str | None:
    said = str(known.get("ThongTinKhac") or "")
    return said.removeprefix(OURS) if said.startswith(OURS) else None
