"""What the registers tell of made-up people, and a recogniser to tell it to."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from proactive.domain.change import Change, Op, encode
from proactive.facts import Facts
from proactive.ports.clock import Clock
from proactive.steps.recognise import Outcome, recognise
from proactive.store.recognition import RecognitionStore
from tests.steps.people import Person

KEYS = {
    "residents": "personal_id",
    "driver_licences": "licence_no",
    "violations": "violation_no",
    "health_certificates": "certificate_no",
}
"""Register -> the column that names its rows."""

SERVICE = "driver_licence_renewal"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def version_at(moment: datetime) -> int:
    """The version of a polled row: microseconds of `updated_at`."""
    return (moment - EPOCH) // timedelta(microseconds=1)


def change(register: str, row: dict[str, Any], /, **but: Any) -> Change:
    """A row as its source tells it, changed in some respect of the envelope."""
    told = Change(
        register=register,
        key=row[KEYS[register]],
        subject=row["personal_id"],
        version=version_at(row["updated_at"]),
        record=msgspec.Raw(msgspec.json.encode(row)),
    )
    return msgspec.structs.replace(told, **but)


def changes(person: Person) -> list[Change]:
    """Everything the registers hold of this person."""
    return [change(register, row) for register, rows in person.rows().items() for row in rows]


def licence(person: Person, **but: Any) -> Change:
    """Their first licence."""
    return change("driver_licences", person.rows()["driver_licences"][0], **but)


def gone(told: Change, *, later: int = 1) -> Change:
    """The same row, deleted."""
    return msgspec.structs.replace(told, op=Op.DELETE, version=told.version + later, record=msgspec.Raw(b"{}"))


@dataclass
class Recogniser:
    """Takes changes as they travel."""

    facts: Facts
    store: RecognitionStore
    clock: Clock

    def take(self, *told: Change | bytes) -> Outcome:
        values = [one if isinstance(one, bytes) else encode(one) for one in told]
        return recognise(values, facts=self.facts, store=self.store, clock=self.clock)

    def knows(self, *people: Person) -> Outcome:
        return self.take(*(one for person in people for one in changes(person)))
