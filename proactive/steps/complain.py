"""complain: what somebody says is wrong becomes a correction ticket to the owner of the register.

Which record it is about is not asked of anybody: it is the one that the dossier's value was taken from.
"""

from collections.abc import Mapping, Sequence
from uuid import UUID, uuid4

import msgspec

from proactive.domain.dossier import Dossier, Field
from proactive.domain.pseudonym import Pseudonyms
from proactive.domain.ticket import CITIZEN, Ticket
from proactive.errors import Permanent
from proactive.ports.clock import Clock
from proactive.prefill import text
from proactive.store.records import Kept
from proactive.store.store import Store
from rules import Catalogue, RegisterSchema

LONGEST_CLAIM = 300
LONGEST_NOTE = 1000


async def tickets_for(
    dossier: Dossier,
    claims: Mapping[str, str],
    *,
    note: str | None,
    said_by: str = CITIZEN,
    catalogue: Catalogue,
    store: Store,
    clock: Clock,
) -> tuple[Ticket, ...]:
    """A ticket for each claim (field -> what it should say) about a value of a register. Nothing is stored yet."""
    pointed = [field for field in dossier.fields if field.name in claims and field.register_name and field.column]
    if not pointed:
        return ()
    kept = (await store.records.of([dossier.subject]))[dossier.subject]
    service = catalogue.under(dossier.service, dossier.service_version)
    found = []
    for field in pointed:
        schema = catalogue.registers.get(field.register_name or "")
        main = service is not None and service.register == field.register_name
        origin = _origin(dossier, field, schema, kept, main=main, pseudonyms=store.pseudonyms) if schema else None
        if origin is None:
            continue
        key, version = origin
        found.append(
            Ticket(
                id=uuid4(), register_name=str(field.register_name), key=key, subject=dossier.subject,
                column=str(field.column), held=field.value, claimed=claims[field.name][:LONGEST_CLAIM],
                said_by=said_by, office=dossier.office, dossier_id=dossier.id, field=field.name, note=note,
                record_version=version, opened_at=clock.now(), changed_at=clock.now(),
            )
        )  # fmt: skip
    return tuple(found)


def _origin(
    dossier: Dossier, field: Field, schema: RegisterSchema, kept: Sequence[Kept], *, main: bool, pseudonyms: Pseudonyms
) -> tuple[str, int | None] | None:
    """Key and version of the record that a value of a dossier was taken from; None where nobody can tell."""
    ours = [one for one in kept if one.register == schema.name]
    if main:
        same = [one for one in ours if one.key == dossier.record_key]
        return (same[0].key, same[0].version) if same else (dossier.record_key, None)
    if same := [one for one in ours if _says(one, field, pseudonyms)] or ours:
        return same[0].key, same[0].version
    return (dossier.subject, None) if schema.key == schema.subject.column else None


def _says(one: Kept, field: Field, pseudonyms: Pseudonyms) -> bool:
    value = msgspec.json.decode(one.body).get(field.column)
    return value is not None and pseudonyms.shown(text(value)) == field.value


async def complain(
    dossier_id: UUID,
    *,
    field: str,
    claimed: str,
    note: str,
    officer: str,
    office: str,
    catalogue: Catalogue,
    store: Store,
    clock: Clock,
) -> Ticket:
    """An officer says that a value in a dossier is wrong. Raises `Permanent` with a sentence for them."""
    dossier = await store.dossiers.get(dossier_id)
    if dossier is None or dossier.office != office:
        raise Permanent("Không tìm thấy hồ sơ.")
    claimed, note = " ".join(claimed.split()), note.strip()[:LONGEST_NOTE]
    if not claimed and not note:
        raise Permanent("Xin ghi giá trị đúng, hoặc căn cứ cho thấy giá trị đang ghi là sai.")
    tickets = await tickets_for(
        dossier, {field: claimed}, note=note or None, said_by=officer, catalogue=catalogue, store=store, clock=clock
    )
    if not tickets:
        raise Permanent("Mục này không lấy từ cơ sở dữ liệu nào, nên không có nơi để đề nghị sửa.")
    if not await store.tickets.open(tickets, now=clock.now()):
        raise Permanent("Đã có một phiếu như vậy đang chờ cơ quan quản lý.")
    return tickets[0]


async def complain_of_record(
    register: str,
    key: str,
    *,
    column: str,
    claimed: str,
    note: str,
    officer: str,
    office: str,
    catalogue: Catalogue,
    store: Store,
    clock: Clock,
) -> Ticket:
    """An officer says that a value of a kept record is wrong. Raises `Permanent` with a sentence for them."""
    schema = catalogue.registers.get(register)
    record = await store.quality.record(register, key)
    if schema is None or record is None or column not in catalogue.columns_needed(register):
        raise Permanent("Không tìm thấy bản ghi.")
    claimed, note = " ".join(claimed.split())[:LONGEST_CLAIM], note.strip()[:LONGEST_NOTE]
    if not claimed and not note:
        raise Permanent("Xin ghi giá trị đúng, hoặc căn cứ cho thấy giá trị đang ghi là sai.")
    value = msgspec.json.decode(record.body).get(column)
    ticket = Ticket(
        id=uuid4(), register_name=register, key=key, subject=record.subject, column=column,
        held=None if value is None else text(value), claimed=claimed, said_by=officer, office=office,
        note=note or None, record_version=record.version, opened_at=clock.now(), changed_at=clock.now(),
    )  # fmt: skip
    if not await store.tickets.open([ticket], now=clock.now()):
        raise Permanent("Đã có một phiếu như vậy đang chờ cơ quan quản lý.")
    return ticket
