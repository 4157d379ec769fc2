"""An application: the approved dossier as it goes to the intake, under a reference reserved beforehand."""

from datetime import datetime
from uuid import UUID

from pydantic import field_validator

from proactive.domain.base import Value
from proactive.domain.change import keepable


class Applicant(Value):
    personal_id: str
    full_name: str
    phone: str | None = None


class Paper(Value):
    """A document that the citizen added: for which need, and the SHA-256 of its content by which it can be checked."""

    need: str
    hash: str
    kind: str
    size: int
    pages: int


class Application(Value):
    """What the intake receives. `reference` is ours, unique for ever, and makes a repeated hand-over harmless."""

    reference: str
    dossier_id: UUID
    procedure_code: str
    procedure_name: str
    variant: str
    applicant: Applicant
    receiving_office: str
    competent_office: str
    returning_office: str
    post_address: str | None = None
    """Where the result is posted to; None where it is collected at the returning office."""
    fields: dict[str, str | None]
    needs: tuple[str, ...] = ()
    documents: tuple[Paper, ...] = ()
    approved_by: str
    approved_at: datetime
    content_hash: str


class Arrived(Value):
    """One message of a topic of applications: an application, or what is wrong with it (`raw` is as it came)."""

    reference: str
    content_hash: str
    body: str | None = None
    why: str | None = None
    raw: bytes | None = None


class Progress(Value):
    """One status of an application in the intake: `code` 1 to 10 of the national portal's list."""

    reference: str
    code: int
    at: datetime
    office: str | None = None
    note: str | None = None

    @field_validator("reference", "office", "note", mode="after")
    @classmethod
    def _keepable(cls, said: str | None) -> str | None:
        """What others wrote is kept without what no database keeps."""
        return None if said is None else keepable(said)


STATUS_WORDS: dict[int, tuple[str, str]] = {
    1: ("Mới đăng ký", "Submitted"),
    2: ("Được tiếp nhận", "Received"),
    3: ("Không được tiếp nhận", "Not received"),
    4: ("Đang xử lý", "Being processed"),
    5: ("Yêu cầu bổ sung giấy tờ", "More documents asked for"),
    6: ("Yêu cầu thực hiện nghĩa vụ tài chính", "Payment asked for"),
    7: ("Công dân yêu cầu rút hồ sơ", "Withdrawn by the citizen"),
    8: ("Dừng xử lý", "Stopped"),
    9: ("Đã xử lý xong", "Result ready"),
    10: ("Đã trả kết quả", "Result returned"),
}
"""Statuses of the national public-service portal (three independent public code bases agree; not an official text)."""
