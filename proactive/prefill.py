"""Prefill: a service's form, filled in from what the registers say; every value with its register, column and day."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime

from proactive.domain.dossier import Field, Reason
from rules import Service, Verdict

Row = Mapping[str, object]
Fields = tuple[Field, ...]


def prefill(service: Service, record: Row, known: Mapping[str, Sequence[Row]], on: date, *, as_of: datetime) -> Fields:
    """The form's fields in their order. A value that no register has stays empty and is asked of the citizen.

    `as_of` is when the registers were read; a row that says when it was last changed is believed in that.
    """
    return tuple(
        Field(
            name=filled.field.name,
            value=None if filled.value is None else text(filled.value),
            register_name=filled.register_name,
            column=filled.column,
            as_of=_said(filled.record, as_of) if filled.register_name else None,
            options=tuple(option.code for option in filled.options),
        )
        for filled in service.fill(record, known, on)
    )


def reasons(verdict: Verdict) -> tuple[Reason, ...]:
    """The rule engine's trace, as the dossier keeps it."""
    return tuple(
        Reason(condition=b.condition, condition_en=b.condition_en, holds=b.holds, value=b.value, reference=b.reference)
        for b in verdict.because
    )


def text(value: object) -> str:
    """A value as the form stores it: days as YYYY-MM-DD."""
    return value.isoformat() if isinstance(value, date) else str(value)


def _said(row: Row | None, as_of: datetime) -> datetime:
    updated = row.get("updated_at") if row is not None else None
    return updated.astimezone(UTC) if isinstance(updated, datetime) else as_of
