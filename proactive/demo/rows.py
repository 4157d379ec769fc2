"""The rows of the four registers of issue 2, in the order of their columns."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NamedTuple


class Resident(NamedTuple):
    personal_id: str
    full_name: str
    date_of_birth: date | None
    sex: str | None
    unit_code: str | None
    address: str | None
    phone: str | None
    died_on: date | None
    updated_at: datetime | None


class Licence(NamedTuple):
    licence_no: str
    personal_id: str
    full_name: str
    date_of_birth: date | None
    class_: str
    scheme: str
    issued_on: date
    expires_on: date | str | None
    issued_by: str | None
    status: str
    updated_at: datetime | None


class Violation(NamedTuple):
    violation_no: str
    personal_id: str
    occurred_on: date
    resolved_on: date | None
    updated_at: datetime | None


class HealthCertificate(NamedTuple):
    certificate_no: str
    personal_id: str
    health_group: str
    issued_on: date
    valid_until: date
    updated_at: datetime | None


@dataclass
class Life:
    """One invented person, and what the registers hold about them."""

    resident: Resident
    licences: list[Licence] = field(default_factory=list)
    violations: list[Violation] = field(default_factory=list)
    certificates: list[HealthCertificate] = field(default_factory=list)
