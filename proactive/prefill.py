"""Prefill: a service's form, filled in from what the registers say; every value with its register, column and day."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from proactive.domain.dossier import Field, Reason
from proactive.domain.pseudonym import Pseudonyms
from rules import Service, Verdict
from rules.base import Confidence, Words

Row = Mapping[str, object]
Fields = tuple[Field, ...]


def prefill(
    service: Service,
    record: Row,
    known: Mapping[str, Sequence[Row]],
    on: date,
    *,
    as_of: datetime,
    pseudonyms: Pseudonyms,
) -> Fields:
    """The form's fields in their order. A value that no register has stays empty and is asked of the citizen.

    A form is read by people, so pseudonyms are opened here.

    `as_of` is when the registers were read; a row that says when it was last changed is believed in that.
    """
    return tuple(
        Field(
            name=filled.field.name,
            value=None if filled.value is None else pseudonyms.shown(text(filled.value)),
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


@dataclass(frozen=True)
class Why:
    """One line of the citizen's "why am I being told this?". `caution` says how sure that is, where it is not sure."""

    says: Words
    value: str | None
    reference: str | None
    caution: Words | None


UNSURE = Words(
    vi="Theo thông tin hiện có; cán bộ sẽ đối chiếu lại với văn bản trước khi quyết định.",
    en="As far as is known; an officer will compare it with the text of the law before deciding.",
)
DISPUTED = Words(
    vi="Về điểm này các nguồn chưa thống nhất, nên chưa thể nói chắc; cán bộ sẽ kiểm tra trước khi quyết định.",
    en="On this point sources disagree, so nothing certain can be said; an officer will check before deciding.",
)


def why(because: Sequence[Reason], service: Service | None) -> tuple[Why, ...]:
    """What of a dossier's trace the citizen is told: what holds, and never as certain what is not.

    Where sources disagree only that is said. Officers see the whole trace, each line with its confidence.
    """
    sure = {basis.reference: basis.confidence for basis in service.text.legal_basis} if service is not None else {}
    return tuple(_told(reason, sure.get(reason.reference or "")) for reason in because if reason.holds)


def _told(reason: Reason, confidence: Confidence | None) -> Why:
    if confidence is Confidence.CONFLICT:
        return Why(DISPUTED, None, reason.reference, None)
    says = Words(vi=reason.condition, en=reason.condition_en or reason.condition)
    caution = UNSURE if reason.reference and confidence is not Confidence.V else None
    return Why(says, reason.value, reason.reference, caution)


def text(value: object) -> str:
    """A value as the form stores it: days as YYYY-MM-DD."""
    return value.isoformat() if isinstance(value, date) else str(value)


def _said(row: Row | None, as_of: datetime) -> datetime:
    updated = row.get("updated_at") if row is not None else None
    return updated.astimezone(UTC) if isinstance(updated, datetime) else as_of
