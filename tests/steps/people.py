"""Made-up people as the registers hold them: frozen values, to change one thing of."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any

UPDATED = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Licence:
    """A row of `driver_licences`: a car licence of the old law that expires in 30 days of the tests' morning."""

    number: str
    class_: str = "B2"
    scheme: str = "2008"
    issued_on: date = date(2016, 12, 23)
    expires_on: date | None = date(2026, 12, 23)
    status: str = "valid"
    updated_at: datetime = UPDATED


@dataclass(frozen=True, kw_only=True)
class Violation:
    """A row of `violations`, not settled."""

    number: str
    occurred_on: date = date(2026, 10, 2)
    resolved_on: date | None = None
    updated_at: datetime = UPDATED


@dataclass(frozen=True, kw_only=True)
class Health:
    """A row of `health_certificates` that serves for a car."""

    number: str
    group: str = "2"
    issued_on: date = date(2026, 6, 1)
    valid_until: date = date(2027, 6, 1)
    updated_at: datetime = UPDATED


Rows = Mapping[str, tuple[dict[str, Any], ...]]
"""Register -> rows, in the columns of issue 2."""


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody with what the registers hold about them."""

    personal_id: str
    full_name: str = "NGUYỄN THỊ HOÀNG ANH"
    date_of_birth: date = date(1968, 3, 4)
    sex: str = "F"
    unit_code: str = "20242"
    address: str = "12 Bạch Đằng, phường Hải Châu, thành phố Đà Nẵng"
    phone: str | None = "0599123400"
    died_on: date | None = None
    updated_at: datetime = UPDATED
    licences: tuple[Licence, ...] = ()
    violations: tuple[Violation, ...] = ()
    health: tuple[Health, ...] = field(default=())

    def but(self, **changes: Any) -> "Person":
        """The same person, changed in some respect."""
        return replace(self, **changes)

    def with_licence(self, **changes: Any) -> "Person":
        """The same person with their first licence changed."""
        return replace(self, licences=(replace(self.licences[0], **changes), *self.licences[1:]))

    def rows(self) -> Rows:
        """What each register holds of this person."""
        me = {"personal_id": self.personal_id}
        return {
            "residents": (
                {
                    **me, "full_name": self.full_name, "date_of_birth": self.date_of_birth, "sex": self.sex,
                    "unit_code": self.unit_code, "address": self.address, "phone": self.phone,
                    "died_on": self.died_on, "updated_at": self.updated_at,
                },
            ),
            "driver_licences": tuple(
                {
                    "licence_no": one.number, **me, "full_name": self.full_name, "date_of_birth": self.date_of_birth,
                    "class": one.class_, "scheme": one.scheme, "issued_on": one.issued_on,
                    "expires_on": one.expires_on, "issued_by": "Sở Giao thông vận tải thành phố Đà Nẵng",
                    "status": one.status, "updated_at": one.updated_at,
                }
                for one in self.licences
            ),
            "violations": tuple(
                {
                    "violation_no": one.number, **me, "occurred_on": one.occurred_on,
                    "resolved_on": one.resolved_on, "updated_at": one.updated_at,
                }
                for one in self.violations
            ),
            "health_certificates": tuple(
                {
                    "certificate_no": one.number, **me, "health_group": one.group, "issued_on": one.issued_on,
                    "valid_until": one.valid_until, "updated_at": one.updated_at,
                }
                for one in self.health
            ),
        }  # fmt: skip


def driver(number: int = 1, **changes: Any) -> Person:
    """The `number`-th driver: their licence expires in 30 days, their phone works, nothing stands in the way."""
    person = Person(
        personal_id=f"048168{number:06d}",
        phone=f"0599{number:04d}00",
        licences=(Licence(number=f"48016{number:07d}"),),
    )
    return person.but(**changes)
