"""The province's adapter (LGSP) to the national public service portal: a session, and calls of its services.

    POST {url}{auth}          {"username", "password"} -> {"session", "error_code"}
    POST {url}{integration}   {"session", "madonvi", "service": "DongBoHoSoMC", "isUpdating", "data": [{...}]}
    POST {url}{lookup path}   {"session", "madonvi", "service": "TraCuuHoSo", "data": [{"MaHoSo"}]}

There is no public specification: the shape is put together from public programs (docs/adr/0045). Every path, service
name, code and date format is a setting, so that the official guide needs no change here. Never run against the portal.
A session that ended is renewed once.
"""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import httpx
import msgspec
from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from proactive.ports.clock import DA_NANG

CITIZEN, PERSONAL_ID = "1", "1"
"""LoaiDoiTuong cá nhân; LoaiDinhDanh CCCD."""

OURS = "proactive:"
"""What ThongTinKhac begins with where we have put a dossier there; the hash of its content follows."""

LISTS = ("TaiLieuNop", "DanhSachLePhi", "DanhSachTepDinhKemKhac", "DanhSachHoSoBoSung", "DanhSachGiayToKetQua",
         "DinhDanhCHS", "DSKetNoiCSDL")  # fmt: skip
TEXTS = ("MaHoSo", "MaTTHC", "TenTTHC", "KenhThucHien", "ChuHoSo", "MaDoiTuong", "ThongTinKhac", "Email", "Fax",
         "SoDienThoai", "TrichYeuHoSo", "NgayTiepNhan", "NgayHenTra", "NgayTra", "NgayKetThucXuLy", "NgayTuChoi",
         "NgayNopHoSo", "TrangThaiHoSo", "ThongTinTra", "DonViXuLy", "GhiChu")  # fmt: skip
"""What `DongBoHoSoMC` has of a dossier."""


def item(**said: str | list[dict[str, str]]) -> dict[str, Any]:
    """A dossier as `DongBoHoSoMC` has it: texts only, empty where there is nothing to say."""
    empty: dict[str, Any] = dict.fromkeys(TEXTS, "") | {name: [] for name in LISTS}
    return empty | {"LoaiDoiTuong": CITIZEN, "HinhThuc": "0", "NoiNopHoSo": "2", "HoSoCoThanhPhanSoHoa": "0"} | said


def holder(personal_id: str) -> dict[str, str]:
    """Whose dossier it is."""
    return {"LoaiDinhDanh": PERSONAL_ID, "SoDinhDanh": personal_id}


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


class Adapter:
    """One account at the adapter."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._client = httpx.AsyncClient(base_url=settings.url.rstrip("/"), timeout=settings.timeout)
        self._session: str | None = None
        self._turn = asyncio.Lock()

    async def put(self, item: Mapping[str, Any], *, there: bool) -> None:
        """Make a dossier, or change the one that is `there`. Raises `NoAnswer` or `Answered`."""
        await self.ask(
            self._settings.integration_path, self._settings.upsert, item, isUpdating="True" if there else "False"
        )

    async def add(self, step: Mapping[str, Any]) -> None:
        """Add a step of progress to a dossier that is there. Raises `NoAnswer` or `Answered`."""
        await self.ask(self._settings.integration_path, self._settings.progress, step, isUpdating="False")

    async def close(self) -> None:
        await self._client.aclose()

    async def lookup(self, reference: str) -> Mapping[str, Any] | None:
        found = await self.ask(self._settings.lookup_path, self._settings.lookup, {"MaHoSo": reference})
        items = found if isinstance(found, list) else []
        return next((one for one in items if isinstance(one, dict) and one.get("MaHoSo") == reference), None)

    async def ask(self, path: str, service: str, item: Mapping[str, Any], **more: str) -> object:
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

    def moment(self, at: datetime) -> str:
        return at.astimezone(DA_NANG).strftime(self._settings.date_format)

    def read(self, said: object) -> datetime | None:
        try:
            return datetime.strptime(str(said), self._settings.date_format).replace(tzinfo=DA_NANG).astimezone(UTC)
        except ValueError:
            return None


def _code(answer: Mapping[str, Any]) -> str | None:
    """`"00"`, `"0"` and 0 are the same; None where it says none."""
    said = answer.get("error_code")
    try:
        return str(int(str(said)))
    except ValueError:
        return None if said is None or said == "" else str(said)


def _codes(listed: str) -> frozenset[str]:
    return frozenset(one.strip() for one in listed.split(",") if one.strip())
