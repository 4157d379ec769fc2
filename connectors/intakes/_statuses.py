"""The statuses of an application as the national portal numbers them, and what an intake tells of one."""

from datetime import UTC, datetime

import msgspec
import structlog

from proactive.domain.application import Progress

STATUSES: dict[str, int] = {
    "1": 1,  # Mới đăng ký
    "2": 2,  # Được tiếp nhận
    "3": 3,  # Không được tiếp nhận
    "4": 4,  # Đang xử lý
    "5": 5,  # Yêu cầu bổ sung giấy tờ
    "6": 6,  # Yêu cầu thực hiện nghĩa vụ tài chính
    "7": 7,  # Công dân yêu cầu rút hồ sơ
    "8": 8,  # Dừng xử lý
    "9": 9,  # Đã xử lý xong
    "10": 10,  # Đã trả kết quả
}
"""The national portal's codes, as text or number on the wire, and ours. Another (11 was seen in one place) is logged
and passed over."""

log = structlog.get_logger()


class Status(msgspec.Struct):
    code: int | str
    at: datetime
    office: str | None = None
    note: str | None = None


class News(Status, kw_only=True):
    reference: str


def known(code: object) -> int | None:
    """Our number for a code of theirs; None, and a line in the log, for one that we do not know."""
    found = STATUSES.get(str(code))
    if found is None:
        log.warning("intake.unknown_status", code=str(code)[:20])
    return found


def progress(reference: str, status: Status) -> Progress | None:
    """What it says, where we know its code; a moment without a zone is UTC."""
    code = known(status.code)
    if code is None:
        return None
    at = status.at if status.at.tzinfo else status.at.replace(tzinfo=UTC)
    return Progress(reference=reference, code=code, at=at, office=status.office, note=status.note)


def news(value: bytes) -> Progress | None:
    """What a message about one application says; None, and a line in the log, where it cannot be read."""
    try:
        said = msgspec.json.decode(value, type=News)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        log.error("intake.unreadable_news")
        return None
    return progress(said.reference, said)
