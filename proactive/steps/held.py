"""held: everything that we hold of one person, for them to read: what, where it came from, since when."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from proactive.domain.base import Value
from proactive.domain.dossier import Dossier, State
from proactive.domain.rights import Right
from proactive.store.store import Store
from rules import Catalogue

HEADING = ("Nơi giữ", "Mục", "Giá trị", "Nguồn", "Từ lúc")


STATES = {
    State.DRAFTED: "mới lập", State.OFFERED: "đã báo", State.UNREACHED: "chưa báo được", State.CONFIRMED: "đã xác nhận",
    State.DISPUTED: "báo có sai", State.RETURNED: "cần bổ sung", State.APPROVED: "đã duyệt",
    State.FORWARDED: "đã chuyển nơi tiếp nhận", State.CLOSED: "đã trả kết quả", State.DECLINED: "không làm lúc này",
    State.REFUSED: "từ chối", State.MOOT: "không còn hiệu lực", State.ENDED: "đã dừng",
}  # fmt: skip
RIGHTS = {
    Right.SEE: "xem dữ liệu", Right.CORRECT: "sửa dữ liệu", Right.STOP: "ngừng nhắc việc", Right.ERASE: "xóa dữ liệu",
}  # fmt: skip


class Piece(Value):
    """One value. `place` and `name` are for people, in Vietnamese."""

    place: str
    name: str
    value: str
    source: str
    since: datetime | None = None


async def held(dossiers: Sequence[Dossier], *, store: Store, catalogue: Catalogue) -> list[Piece]:
    """Of the person whose dossiers these are: their records, dossiers, messages, documents, wishes and requests."""
    found: list[Piece] = []
    for subject in sorted({dossier.subject for dossier in dossiers}):
        found += await _records(subject, store, catalogue)
        found += await _wishes(subject, store)
    for dossier in dossiers:
        found += await _dossier(dossier, store, catalogue)
    return found


async def _records(subject: str, store: Store, catalogue: Catalogue) -> list[Piece]:
    found = []
    for record in (await store.records.of([subject]))[subject]:
        schema = catalogue.registers.get(record.register)
        place, owner = (schema.title.vi, schema.owner.vi) if schema else (record.register, "")
        for name, value in msgspec.json.decode(record.body, type=dict[str, object]).items():
            column = schema.columns.get(name) if schema else None
            if value is not None:
                title = column.title.vi if column else name
                said = store.pseudonyms.shown(str(value))
                found.append(Piece(place=place, name=title, value=said, source=owner, since=record.kept_at))
    return found


async def _wishes(subject: str, store: Store) -> list[Piece]:
    place, own = "Cách nhận tin", "Ông/bà cung cấp"
    told = {"Thư điện tử": await store.addressees.email(subject), "Ngôn ngữ": await store.addressees.language(subject)}
    found = [Piece(place=place, name=name, value=value, source=own) for name, value in told.items() if value]
    for service, channel in sorted(await store.addressees.opted_out(subject)):
        said = " / ".join((service or "mọi dịch vụ", channel or "mọi kênh"))
        found.append(Piece(place=place, name="Không nhận tin", value=said, source=own))
    return found


async def _dossier(dossier: Dossier, store: Store, catalogue: Catalogue) -> list[Piece]:
    service = catalogue.services.get(dossier.service)
    place = f"Hồ sơ: {service.title.vi if service else dossier.service}"
    system, own = "Hệ thống lập", "Ông/bà cung cấp"
    personal_id = store.pseudonyms.open(dossier.subject)
    found = [
        Piece(place=place, name="Tình trạng", value=STATES[dossier.state], source=system, since=dossier.updated_at),
        Piece(place=place, name="Mã kiểm tra", value=dossier.code, source=system, since=dossier.created_at),
        Piece(place=place, name="Số định danh cá nhân", value=personal_id, source=system, since=dossier.created_at),
    ]
    if dossier.phone:
        found.append(Piece(place=place, name="Số điện thoại", value=dossier.phone, source=system))
    titles = {one.name: one.label.vi for one in service.form.fields} if service else {}
    for field in dossier.fields:
        title, schema = titles.get(field.name, field.name), catalogue.registers.get(field.register_name or "")
        if field.value is not None:
            source = schema.title.vi if schema else system
            found.append(Piece(place=place, name=title, value=field.value, source=source, since=field.as_of))
        if field.claim is not None:
            found.append(Piece(place=place, name=f"{title} (ông/bà báo)", value=field.claim, source=own))
    if dossier.post_to:
        found.append(Piece(place=place, name="Địa chỉ nhận kết quả", value=dossier.post_to, source=own))
    for name, chosen in dossier.choices.items():
        found.append(Piece(place=place, name=titles.get(name, name), value=chosen, source=own))
    for name, note in (("Ghi chú của ông/bà", dossier.answer_note), ("Ghi chú của cán bộ", dossier.decision_note)):
        if note:
            found.append(
                Piece(place=place, name=name, value=note, source=own if note == dossier.answer_note else system)
            )
    for notice in (await store.notices.of([dossier.id]))[dossier.id]:
        said = f"{notice.to}: {notice.body}"
        found.append(
            Piece(place=place, name=f"Tin đã gửi ({notice.channel})", value=said, source=system, since=notice.sent_at)
        )
    for document in await store.documents.of(dossier.id):
        size = f"{document.kind}, {document.size} byte"
        found.append(Piece(place=place, name="Giấy tờ", value=size, source=own, since=document.added_at))
    found += [
        Piece(place=place, name="Câu trả lời", value=answered.answer, source=own, since=answered.at)
        for answered in await store.acted.of(dossier.id)
    ]
    for reading in await store.readings.of_dossier(dossier.id):
        said = f"{reading['office']}: {reading['what']}, {reading['purpose']}"
        found.append(Piece(place=place, name="Ai đã xem", value=said, source=system, since=reading["at"]))
    for request in await store.rights.of_dossier(dossier.id):
        said = RIGHTS[request.right]
        found.append(Piece(place=place, name="Yêu cầu về dữ liệu", value=said, source=own, since=request.asked_at))
    return found
