"""Prefill: a service's form, filled in from what the registers say; every value with its register, column and day."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime

from proactive.domain.dossier import Field, Reason
from rules import Service, Verdict

Row = Mapping[str, object]


def prefill(service: Service, record: Row, known: Mapping[str, Sequence[Row]], *, as_of: datetime) -> tuple[Field, ...]:
    """The form's fields in their order. A value that no register has stays empty and is asked of the citizen.

    `as_of` is when the registers were read; a row that says when it was last changed is believed in that.
    """
    found = []
    for field in service.form.fields:
        if field.source is None:
            found.append(Field(name=field.name, value=field.fixed))
            continue
        register, column = field.source.register_name, field.source.column
        rows = [record] if register == service.register else list(known.get(register, ()))
        row = next((row for row in rows if row.get(column) is not None), None)
        found.append(
            Field(
                name=field.name,
                value=None if row is None else text(row[column]),
                register_name=register,
                column=column,
                as_of=_said(row, as_of),
            )
        )
    return tuple(found)


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
