"""The national public service portal behind the province's adapter (LGSP): dossiers are put and looked up there.

    POST {url}{auth}          {"username", "password"} -> {"session", "error_code"}
    POST {url}{integration}   {"session", "madonvi", "service": "DongBoHoSoMC", "isUpdating", "data": [{...}]}
    POST {url}{lookup path}   {"session", "madonvi", "service": "TraCuuHoSo", "data": [{"MaHoSo"}]}

There is no public specification: the shape is put together from public programs (docs/adr/0045). Every path, service
name, code and date format is a setting, so that the official guide needs no change here. Never run against the portal.

Guarantee: a write is an upsert by the dossier code, which is looked up first, so a repeated hand-over is harmless;
under another content it is refused here. `Taken` only for a code of success, `Refused` only for a code that is an
answer about the dossier; everything else is `Unanswered`. A session that ended is renewed once.
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import httpx
import msgspec
import structlog
from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from connectors.intakes._statuses import known
from proactive.domain.application import Application, Progress
from proactive.errors import Forged, Unreachable
from proactive.ports.clock import DA_NANG
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

ONLINE, CITIZEN, PERSONAL_ID = "2", "1", "1"
"""KenhThucHien trực tuyến; LoaiDoiTuong cá nhân; LoaiDinhDanh CCCD."""

OURS = "proactive:"
"""What ThongTinKhac begins with where we have put a dossier there; the hash of its content follows."""

log = structlog.get_logger()


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="PROACTIVE_NPSP_", env_ignore_empty=True)

    url: str = Field(pattern=r"^https?://[^?#]+$", description="Where the province's adapter is.")
    username: str = Field(description="The agency's account at the adapter.")
    password: SecretStr = Field(description="Its password.")
    dstcode: str = Field(description="Header dstcode: where the adapter passes calls on to.")
    unit: str = Field(description="madonvi: the code of the agency that sends.")
    auth_path: str = Field("/auth", description="Path that gives a session.")
    integration_path: str = Field("/integration", description="Path that takes dossiers.")
    lookup: str = Field("TraCuuHoSo", description="Service that looks a dossier up.")
    lookup_path: str = Field("/share", description="Path of that service.")
    upsert: str = Field("DongBoHoSoMC", description="Service that makes or changes a dossier.")
    progress: str = Field("CapNhatTienDoHoSoMC", description="Service that adds a step of progress.")
    date_format: str = Field("%Y%m%d%H%M%S", description="How moments are written, in Da Nang's time.")
    session_codes: str = Field("401,-401", description="error_code of a session that ended, with commas between.")
    busy_codes: str = Field("500,502,503,-1", description="error_code that says nothing of the dossier itself.")
    timeout: float = Field(60.0, gt=0, le=120, description="Most seconds that one call may take.")


class NoAnswer(Exception):
    """Nobody knows what became of the call."""


class Answered(Exception):
    """The portal answered with an error about what was sent."""


async def open() -> Intake:
    """The intake, set up from the environment. Raises `Unusable`."""
    return NpspIntake(from_environment(Settings, "The national portal can't be used"))


class NpspIntake(Intake):
    """The intake `npsp`."""

    name = "npsp"

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._client = httpx.AsyncClient(base_url=settings.url.rstrip("/"), timeout=settings.timeout)
        self._session: str | None = None
        self._turn = asyncio.Lock()

    async def submit(self, application: Application) -> Taken | Refused | Unanswered:
        try:
            there = await self._lookup(application.reference)
            if there is not None and _hash(there) not in {None, application.content_hash}:
                return Refused("Mã hồ sơ này đã được dùng cho một hồ sơ khác.")
            if there is not None and _hash(there) == application.content_hash:
                return Taken(application.reference)
            item = dossier(application, self._moment(application.approved_at))
            updating = "False" if there is None else "True"
            await self._ask(self._settings.integration_path, self._settings.upsert, item, isUpdating=updating)
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
        dates = (self._read(there.get(name)) for name in (*WHEN.get(code, ()), "NgayTiepNhan", "NgayNopHoSo"))
        at = next(filter(None, dates), None)
        if at is None:
            log.warning("intake.unreadable_news")
            return ()
        return (Progress(reference=reference, code=code, at=at, office=there.get("DonViXuLy") or None),)

    async def append_progress(
        self, reference: str, *, by: str, office: str, what: str, code: int, at: datetime
    ) -> None:
        """Add a step to a dossier that is there already. Raises `Unreachable`."""
        step = {
            "MaHoSo": reference, "NguoiXuLy": by[:50], "ChucDanh": "", "ThoiDiemXuLy": self._moment(at),
            "PhongBanXuLy": office, "NoiDungXuLy": what, "TrangThai": str(code), "NgayBatDau": self._moment(at),
            "NgayKetThucTheoQuyDinh": "",
        }  # fmt: skip
        try:
            await self._ask(self._settings.integration_path, self._settings.progress, step, isUpdating="False")
        except (NoAnswer, Answered) as error:
            raise Unreachable(f"The portal did not take a step of progress: {error}.") from error

    async def listed(self, since: datetime, until: datetime) -> Mapping[str, Listed]:
        raise Unreachable("The national portal has no list to compare with; each dossier is looked up by itself.")

    def news(self, hook: Hook) -> Sequence[Progress]:
        raise Forged("The national portal does not call back.")

    async def close(self) -> None:
        await self._client.aclose()

    async def _known(self, reference: str) -> Mapping[str, Any] | None:
        try:
            return await self._lookup(reference)
        except (NoAnswer, Answered) as error:
            raise Unreachable(f"The portal cannot be asked: {error}.") from error

    async def _lookup(self, reference: str) -> Mapping[str, Any] | None:
        found = await self._ask(self._settings.lookup_path, self._settings.lookup, {"MaHoSo": reference})
        items = found if isinstance(found, list) else []
        return next((one for one in items if isinstance(one, dict) and one.get("MaHoSo") == reference), None)

    async def _ask(self, path: str, service: str, item: Mapping[str, Any], **more: str) -> object:
        """What a service answers. Raises `NoAnswer` or `Answered`."""
        for again in (True, False):
            session = await self._signed_in()
            body = {"session": session, "madonvi": self._settings.unit, "service": service, **more, "data": [item]}
            answer = await self._post(path, body)
            code = _code(answer)
            if code == "0":
                return answer.get("result")
            if code in _codes(self._settings.session_codes):
                self._session = None
                if again:
                    continue
            if code is None or code in _codes(self._settings.busy_codes) | _codes(self._settings.session_codes):
                raise NoAnswer(f"it answered with error_code {code or 'that is missing'}")
            raise Answered(str(answer.get("error_message") or f"error_code {code}")[:300])
        raise AssertionError  # the second turn never goes on

    async def _signed_in(self) -> str:
        async with self._turn:
            if self._session is None:
                account = {
                    "username": self._settings.username, "password": self._settings.password.get_secret_value(),
                }  # fmt: skip
                answer = await self._post(self._settings.auth_path, account)
                if _code(answer) != "0" or not answer.get("session"):
                    raise NoAnswer("the adapter does not let us in: check PROACTIVE_NPSP_USERNAME and _PASSWORD")
                self._session = str(answer["session"])
            return self._session

    async def _post(self, path: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        headers = {"accept": "application/json", "charset": "utf-8", "dstcode": self._settings.dstcode}
        try:
            answer = await self._client.post(path, json=body, headers=headers)
            answer.raise_for_status()
            return msgspec.json.decode(answer.content, type=dict[str, Any])
        except httpx.TimeoutException as error:
            raise NoAnswer("it did not answer in time") from error
        except httpx.HTTPStatusError as error:
            raise NoAnswer(f"it answered HTTP {error.response.status_code}") from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise NoAnswer(f"the call broke off ({type(error).__name__})") from error
        except (msgspec.MsgspecError, UnicodeError) as error:
            raise NoAnswer("its answer can't be read") from error

    def _moment(self, at: datetime) -> str:
        return at.astimezone(DA_NANG).strftime(self._settings.date_format)

    def _read(self, said: object) -> datetime | None:
        try:
            return datetime.strptime(str(said), self._settings.date_format).replace(tzinfo=DA_NANG).astimezone(UTC)
        except ValueError:
            return None


def dossier(application: Application, filed: str) -> dict[str, Any]:
    """The application as `DongBoHoSoMC` has it: texts only, empty where there is nothing to say."""
    person = application.applicant
    return {
        "MaHoSo": application.reference, "MaTTHC": application.procedure_code, "TenTTHC": application.procedure_name,
        "KenhThucHien": ONLINE, "ChuHoSo": person.full_name, "LoaiDoiTuong": CITIZEN, "MaDoiTuong": "",
        "ThongTinKhac": f"{OURS}{application.content_hash}", "Email": "", "Fax": "", "SoDienThoai": person.phone or "",
        "TrichYeuHoSo": application.procedure_name[:1000], "NgayTiepNhan": "", "NgayHenTra": "", "NgayTra": "",
        "NgayKetThucXuLy": "", "NgayTuChoi": "", "NgayNopHoSo": filed, "TrangThaiHoSo": "1", "ThongTinTra": "",
        "HinhThuc": "0", "DonViXuLy": application.competent_office, "GhiChu": "", "TaiLieuNop": [],
        "DanhSachLePhi": [], "DanhSachTepDinhKemKhac": [], "DanhSachHoSoBoSung": [], "DanhSachGiayToKetQua": [],
        "NoiNopHoSo": "2", "HoSoCoThanhPhanSoHoa": "1",
        "DinhDanhCHS": [{"LoaiDinhDanh": PERSONAL_ID, "SoDinhDanh": person.personal_id}], "DSKetNoiCSDL": [],
    }  # fmt: skip


def _hash(known: Mapping[str, Any]) -> str | None:
    said = str(known.get("ThongTinKhac") or "")
    return said.removeprefix(OURS) if said.startswith(OURS) else None


def _code(answer: Mapping[str, Any]) -> str | None:
    """`"00"`, `"0"` and 0 are the same; None where it says none."""
    said = answer.get("error_code")
    try:
        return str(int(str(said)))
    except ValueError:
        return None if said is None or said == "" else str(said)


def _codes(listed: str) -> frozenset[str]:
    return frozenset(one.strip() for one in listed.split(",") if one.strip())
