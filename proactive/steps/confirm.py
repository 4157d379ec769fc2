"""confirm: the citizen answers; six equal answers, each with what it changes. Called by the citizen's page."""

import asyncio
from collections.abc import Mapping
from uuid import UUID

import structlog

from proactive.domain.acting import Acting
from proactive.domain.dossier import ANSWERED, Answer, Dossier, Field, State, move
from proactive.errors import OutOfTurn, Overtaken, Permanent
from proactive.ports.clock import Clock
from proactive.steps.complain import LONGEST_CLAIM, LONGEST_NOTE, tickets_for
from proactive.steps.under import made_under
from proactive.store.keeping import Move
from proactive.store.store import Store
from rules import Catalogue
from rules.offices import offices

log = structlog.get_logger()

REMIND_ONLY = 1
"""The level of services that tell, and prepare nothing to be handed in: the law asks for presence, or leaves it so."""

HANDED_OVER_WITHIN, LOOK_EVERY = 5.0, 0.05
"""Seconds for which an answer waits for messages that are just being handed over, and how often it looks."""


async def confirm(
    dossier_id: UUID,
    *,
    answer: Answer,
    note: str | None = None,
    claims: Mapping[str, str] | None = None,
    choices: Mapping[str, str] | None = None,
    return_to: str | None = None,
    post_to: str | None = None,
    expected_version: int,
    actor: str,
    acting: Acting | None = None,
    catalogue: Catalogue,
    store: Store,
    clock: Clock,
) -> Dossier:
    """Keep the citizen's answer, with who gave it. `claims` are what fields should say instead; values themselves are
    never taken. The result goes to the office `return_to`, or by post to the address `post_to`.

    Raises `OutOfTurn` (the state does not wait for the citizen), `Overtaken` (the dossier is not what the page showed)
    and `Permanent` with a sentence for the citizen where the answer itself cannot be taken.
    """
    dossier = await store.dossiers.get(dossier_id)
    if dossier is None:
        raise Permanent("Không tìm thấy hồ sơ.")
    if dossier.version != expected_version:
        raise Overtaken("Hồ sơ đã thay đổi từ khi ông/bà mở trang. Xin xem lại rồi trả lời.")
    if answer is Answer.CONFIRM:
        dossier_after = _confirmed(dossier, choices or {}, return_to, post_to, catalogue=catalogue)
    elif answer is Answer.WRONG:
        dossier_after = dossier.model_copy(update={"fields": _claimed(dossier.fields, claims or {}, note)})
    else:
        dossier_after = dossier.model_copy(update={"tell_on": None})
    note = (note or "").strip()[:LONGEST_NOTE] or None
    wrong = _said(claims or {}) if answer is Answer.WRONG else {}
    tickets = await tickets_for(dossier, wrong, note=note, catalogue=catalogue, store=store, clock=clock)
    after = move(dossier_after, ANSWERED[answer], answer=answer, answer_note=note, held_because=None)
    done = await store.dossiers.keep(
        [
            Move(
                before=dossier,
                after=after,
                actor=actor,
                verb="confirm",
                note=str(answer),
                opt_out_of=dossier.service if answer is Answer.NEVER else None,
                wrong_phone=dossier.phone if answer is Answer.NOT_ME else None,
                tickets=tickets,
                acting=acting,
            )
        ],
        now=clock.now(),
    )
    if not done:
        raise Overtaken("Hồ sơ vừa thay đổi. Xin xem lại rồi trả lời.")
    if answer is Answer.NEVER:
        await _nothing_in_flight(dossier, store=store, clock=clock)
    return after.model_copy(update={"version": dossier.version + 1})


async def _nothing_in_flight(dossier: Dossier, *, store: Store, clock: Clock) -> None:
    """Wait until no message to this person is being handed over any more: none begins after we have said so. Whoever
    claims one from now on sees that nothing is wanted."""
    for _ in range(int(HANDED_OVER_WITHIN / LOOK_EVERY)):
        if not await store.addressees.in_flight(dossier.subject, now=clock.now()):
            return
        await asyncio.sleep(LOOK_EVERY)
    log.warning("confirm.still_in_flight", dossier=str(dossier.id))


def _confirmed(
    dossier: Dossier, choices: Mapping[str, str], return_to: str | None, post_to: str | None, *, catalogue: Catalogue
) -> Dossier:
    if dossier.state is State.CONFIRMED:
        raise OutOfTurn("Ông/bà đã xác nhận hồ sơ này.")
    if dossier.blocked_by is not None:
        raise Permanent("Chưa thể nộp hồ sơ này: còn việc phải giải quyết trước, xem phần «Cần làm trước».")
    service = made_under(dossier, catalogue=catalogue)
    if service is None:
        raise Permanent("Dịch vụ này không còn được cung cấp. Xin liên hệ tổng đài 1022.")
    if service.level == REMIND_ONLY:
        raise Permanent("Việc này thành phố chỉ nhắc: ông/bà làm trực tiếp tại cơ quan có thẩm quyền.")
    chosen = dict(dossier.choices)
    labels = {field.name: field.label.vi for field in service.form.fields}
    for field in dossier.fields:
        if field.options:
            picked = choices.get(field.name, chosen.get(field.name, ""))
            if picked not in field.options:
                raise Permanent(f"Xin chọn một mục: {labels.get(field.name, field.name)}.")
            chosen[field.name] = picked
    centre = return_to or dossier.return_to
    if centre is None or centre not in offices():
        raise Permanent("Xin chọn nơi nhận kết quả trong danh sách.")
    if post_to is not None and not any(field.or_posted for field in service.form.fields):
        raise Permanent("Kết quả của thủ tục này không gửi qua bưu chính. Xin chọn nơi nhận kết quả.")
    return dossier.model_copy(update={"choices": chosen, "return_to": centre, "post_to": post_to, "tell_on": None})


def _claimed(fields: tuple[Field, ...], claims: Mapping[str, str], note: str | None) -> tuple[Field, ...]:
    said = _said(claims)
    unknown = set(said) - {field.name for field in fields}
    if unknown:
        raise Permanent("Mục được báo sai không có trong hồ sơ.")
    if not said and not (note or "").strip():
        raise Permanent("Xin cho biết mục nào chưa đúng, hoặc ghi vào ô nội dung.")
    return tuple(field.model_copy(update={"claim": said.get(field.name, field.claim)}) for field in fields)


def _said(claims: Mapping[str, str]) -> dict[str, str]:
    """The claims that say something, on one line each."""
    return {name: " ".join(text.split())[:LONGEST_CLAIM] for name, text in claims.items() if text.strip()}
