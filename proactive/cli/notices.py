"""`proactive notices`: what was sent to whom and what came of it, and who was not told and why; numbers masked."""

import asyncio
import json
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

import typer

from proactive.cli._refused import AsJson, masked
from proactive.cli._stored import FIRST_DAY, day, named
from proactive.domain.keys import read_code
from proactive.domain.sent import SHORTEST_PHONE, Sent, Standing, Untold, Which
from proactive.errors import Unusable
from proactive.ports.clock import DA_NANG


def register(app: typer.Typer) -> None:
    group = typer.Typer(help="What was sent to citizens, and what was not and why.", no_args_is_help=True)
    app.add_typer(group, name="notices")
    group.command("list")(listed)
    group.command("show")(show)


def listed(
    service: Annotated[str | None, typer.Option("--service", help="Only of this service.")] = None,
    state: Annotated[str | None, typer.Option("--state", help=f"Only these: {', '.join(Standing)}.")] = None,
    on: Annotated[str | None, typer.Option("--on", metavar="YYYY-MM-DD", help="Only of this day.")] = None,
    code: Annotated[str | None, typer.Option("--code", help="Only of the dossier with this check code.")] = None,
    phone: Annotated[str | None, typer.Option("--phone", help="Only to this number, or registered with it.")] = None,
    limit: Annotated[int, typer.Option(help="How many, the newest first.", min=1, max=10_000)] = 50,
    as_json: AsJson = False,
) -> None:
    """List notices, the newest first, and who waits to be told and why (`--state waiting`, or of somebody)."""
    said = asyncio.run(_listed(service, state, on, code, phone, limit))
    if as_json:
        typer.echo(json.dumps(said, ensure_ascii=False))
        return
    for one in said["notices"]:
        at, about = one["sent_at"] or one["created_at"], f"{one['service']}/{one['rung']}"
        why = f"  {one['why']}" if one["why"] else ""
        typer.echo(f"{one['id']}  {at[:16]}  {one['channel']}  {one['to']}  {about}  {one['state']}{why}")
    for one in said["not_told"]:
        why = one["not_told_because"] or one["held_because"]
        typer.echo(f"{one['dossier']}  not told until {one['until'][:16]}  {one['phone']}  {one['service']}  {why}")
    if not said["notices"] and not said["not_told"]:
        typer.echo("None.", err=True)


def show(
    notice: Annotated[UUID, typer.Argument(metavar="ID", help="Its id in the list.")], as_json: AsJson = False
) -> None:
    """Show one notice: its text with the check code masked, its price, every receipt, and what waits after it."""
    said = asyncio.run(_show(notice))
    if as_json:
        typer.echo(json.dumps(said, ensure_ascii=False))
        return
    for name, value in said.items():
        if name != "receipts":
            typer.echo(f"{name}: {'–' if value is None else value}")
    for one in said["receipts"]:
        typer.echo(f"receipt: {one['received_at'][:19]}  {one['status']}  {one['error_code'] or ''}".rstrip())


async def _listed(
    service: str | None, state: str | None, on: str | None, code: str | None, phone: str | None, limit: int
) -> dict[str, Any]:
    from proactive.cli._stored import stored

    which = _which(service, state, on, code, phone)
    async with stored("notices") as here:
        if service is not None:
            named(here.folder, service)
        waiting = which.standing is Standing.WAITING
        sent = [] if waiting else await here.store.sent.found(which, limit=limit)
        untold = await here.store.sent.untold(which, limit=limit) if waiting or which.of_somebody else []
        return {"notices": [_sent(one) for one in sent], "not_told": [_untold(one) for one in untold]}


def _which(service: str | None, state: str | None, on: str | None, code: str | None, phone: str | None) -> Which:
    """What the options mean. Raises `Unusable`."""
    if state is not None and state not in set(Standing):
        raise Unusable(f"There is no state '{state}'. Use one of: {', '.join(Standing)}.")
    if code is not None and (code := read_code(code)) is None:
        raise Unusable("That is no check code. Write its eight characters.")
    digits = "".join(letter for letter in phone or "" if letter.isascii() and letter.isdigit())
    if phone is not None and len(digits) < SHORTEST_PHONE:
        raise Unusable(f"That is no phone number. Write at least {SHORTEST_PHONE} digits.")
    the_day: date | None = day(on, FIRST_DAY, "--on") if on is not None else None
    return Which(
        office=None, service=service, standing=Standing(state) if state else None, day=the_day, code=code,
        phone=digits or None,
    )  # fmt: skip


async def _show(notice_id: UUID) -> dict[str, Any]:
    from proactive.cli._stored import stored

    async with stored("notices") as here:
        sent = await here.store.sent.get(notice_id, office=None)
        if sent is None:
            raise Unusable(f"There is no notice {notice_id}. See `proactive notices list`.")
        notice = sent.notice
        carrier = await here.store.sent.get(notice.carried_by, office=None) if notice.carried_by else None
        handed = carrier.notice if carrier is not None else notice
        dossier = await here.store.dossiers.get(notice.dossier_id)
        words = await here.store.sent.words(handed.channel, handed.provider_ref) if handed.provider_ref else []
        return {
            **_sent(sent),
            "text": _without_code(notice.body, dossier.code if dossier is not None else ""),
            "provider_ref": handed.provider_ref,
            "next_not_told_because": dossier.not_told_because if dossier is not None else None,
            "receipts": [
                {"received_at": _local(one.received_at), "status": one.status, "error_code": one.error_code}
                for one in words
            ],
        }


def _without_code(body: str, code: str) -> str:
    """The text without its check code: it opens the citizen's page, together with proof of who they are."""
    for written in (f"{code[:4]} {code[4:]}", code):
        body = body.replace(written, "••••") if code else body
    return body


def _sent(one: Sent) -> dict[str, Any]:
    notice = one.notice
    return {
        "id": str(notice.id),
        "dossier": str(notice.dossier_id),
        "service": one.service,
        "office": one.office,
        "rung": notice.rung,
        "channel": notice.channel,
        "to": masked(notice.to),
        "state": str(notice.state),
        "why": notice.why,
        "error_code": notice.error_code,
        "vnd": notice.vnd,
        "carried_by": str(notice.carried_by) if notice.carried_by else None,
        "created_at": _local(notice.created_at),
        "sent_at": _local(notice.sent_at) if notice.sent_at else None,
        "settled_at": _local(notice.settled_at) if notice.settled_at else None,
    }


def _untold(one: Untold) -> dict[str, Any]:
    return {
        "dossier": str(one.dossier_id),
        "service": one.service,
        "state": one.state,
        "phone": masked(one.phone) if one.phone else None,
        "not_told_because": one.not_told_because,
        "held_because": one.held_because,
        "until": _local(one.tell_after),
    }


def _local(moment: datetime) -> str:
    return moment.astimezone(DA_NANG).isoformat()
