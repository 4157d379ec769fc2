"""What the law says of one record on one day, and why."""

from __future__ import annotations

from datetime import date

import msgspec


class Because(msgspec.Struct, frozen=True, gc=False):
    """One condition, whether it holds, what was looked at (personal values masked) and the law it stands on."""

    condition: str
    condition_en: str
    holds: bool
    value: str | None = None
    reference: str | None = None


class Owed(msgspec.Struct, frozen=True, gc=False):
    """An occasion a subject owes: due from `due_on` to `ends_on`, both included; the ladder counts from `anchor`."""

    cycle: str
    key: str
    due_on: date
    ends_on: date
    anchor: date


class Verdict(msgspec.Struct, frozen=True, gc=False):
    """Whether a record is due on a day. `variant` and `blocked_by` are None where it is not."""

    due: bool
    due_on: date | None
    ends_on: date | None
    anchor: date | None
    cycle: str | None
    variant: str | None
    blocked_by: str | None
    needs: tuple[str, ...]
    because: tuple[Because, ...]
