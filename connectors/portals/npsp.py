"""The national public service portal: the cases of our own intake are put there, and each step of theirs is added.

    TrangThaiHoSo   our statuses 1 to 10 are the portal's own
    KenhThucHien    1 in person, 2 online, 3 by post

Guarantee: the dossier is put before its steps are added, each step in its order and only after the one before was
taken. A call that nobody answered is made once more later: putting is harmless then; a step may stand there twice,
because the portal knows no key for it.
"""

from datetime import datetime, time

from connectors._npsp import OURS, Adapter, Answered, NoAnswer, Settings, holder, item
from proactive.domain.application import STATUS_WORDS
from proactive.domain.case import Line, ReturnBy, Status
from proactive.ports.clock import DA_NANG
from proactive.ports.intake import Refused, Taken, Unanswered
from proactive.ports.portal import Course, Portal, Reached
from proactive.settings import from_environment

END_OF_DAY = time(17)
"""NgayHenTra is a moment, our due date a day: the end of its office hours."""


async def open() -> Portal:
    """The portal, set up from the environment. Raises `Unusable`."""
    return NpspPortal(from_environment(Settings, "The national portal can't be used"))


class NpspPortal(Portal):
    """The portal `npsp`."""

    name = "npsp"

    def __init__(self, settings: Settings) -> None:
        self._adapter = Adapter(settings)

    async def show(self, course: Course) -> Reached:
        reference, upto = course.case.reference, course.upto
        try:
            there = await self._adapter.lookup(reference)
            await self._adapter.put(self._dossier(course), there=there is not None)
            for number, line in course.lines:
                if number > upto:
                    await self._adapter.add(self._step(line))
                    upto = number
        except NoAnswer as error:
            return Reached(upto, Unanswered(str(error)))
        except Answered as error:
            return Reached(upto, Refused(str(error)))
        return Reached(upto, Taken(reference))

    async def close(self) -> None:
        await self._adapter.close()

    def _dossier(self, course: Course) -> dict[str, object]:
        case = course.case
        since = {line.status: line.at for _, line in reversed(course.lines)}
        return item(
            MaHoSo=case.reference, MaTTHC=case.procedure, TenTTHC=course.procedure, TenLinhVuc=course.field,
            KenhThucHien=str(int(case.channel)), ChuHoSo=case.full_name, SoDienThoai=case.phone or "",
            ThongTinKhac=f"{OURS}{case.content_hash}", TrichYeuHoSo=course.procedure[:1000],
            NgayNopHoSo=self._moment(case.created_at), NgayTiepNhan=self._moment(case.received_at),
            NgayHenTra=self._moment(datetime.combine(case.target, END_OF_DAY, DA_NANG) if case.target else None),
            NgayTuChoi=self._moment(since.get(Status.NOT_RECEIVED)),
            NgayKetThucXuLy=self._moment(since.get(Status.READY)), NgayTra=self._moment(since.get(Status.RETURNED)),
            TrangThaiHoSo=str(int(case.status)), DonViXuLy=case.competent,
            HinhThuc="1" if case.return_by is ReturnBy.POST else "0",
            HoSoCoThanhPhanSoHoa="1" if any(paper.digital for paper in case.papers) else "0",
            DinhDanhCHS=[holder(case.personal_id)],
        )  # fmt: skip

    def _step(self, line: Line) -> dict[str, str]:
        return {
            "MaHoSo": line.reference, "NguoiXuLy": line.actor[:50], "ChucDanh": "",
            "ThoiDiemXuLy": self._moment(line.at), "PhongBanXuLy": line.office,
            "NoiDungXuLy": STATUS_WORDS[int(line.status)][0], "TrangThai": str(int(line.status)),
            "NgayBatDau": self._moment(line.at), "NgayKetThucTheoQuyDinh": "",
        }  # fmt: skip

    def _moment(self, at: datetime | None) -> str:
        return "" if at is None else self._adapter.moment(at)
