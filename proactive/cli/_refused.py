"""How refused changes are chosen and written on the command line."""

import json
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any

import typer

from proactive.cli._stored import FIRST_DAY, LAST_DAY, day
from proactive.domain.rejected import Deed, Refused, Standing, Which
from proactive.errors import Unusable
from proactive.ports.clock import DA_NANG

Register = Annotated[str | None, typer.Option("--register", help="Only of this register.")]
Since = Annotated[str | None, typer.Option("--since", metavar="YYYY-MM-DD", help="Refused on this day or later.")]
Until = Annotated[str | None, typer.Option("--until", metavar="YYYY-MM-DD", help="Refused on this day or earlier.")]
Column = Annotated[str | None, typer.Option("--problem", metavar="COLUMN", help="Only where this column is wrong.")]
KeyEnds = Annotated[str | None, typer.Option("--key-ends", help="Only keys that end so: 4 characters are enough.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
By = Annotated[str | None, typer.Option("--by", help="Who does it; your account's name.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]
Everything = Annotated[bool, typer.Option("--all", help="Yes, whatever waits, of every register.")]
Ids = Annotated[list[int] | None, typer.Argument(metavar="[ID]...", help="These; the list shows their ids.")]


def chosen(
    *,
    ids: list[int] | None = None,
    register: str | None = None,
    since: str | None = None,
    until: str | None = None,
    problem: str | None = None,
    key_ends: str | None = None,
    standing: str | None = None,
) -> Which:
    """What the options mean. Raises `Unusable`."""
    if standing is not None and standing not in set(Standing):
        raise Unusable(f"There is no state '{standing}'. Use one of: {', '.join(Standing)}.")
    return Which(
        ids=tuple(ids) if ids else None,
        register_name=register,
        since=_midnight(day(since, FIRST_DAY, "--since")) if since else None,
        until=_midnight(day(until, LAST_DAY, "--until") + timedelta(days=1)) if until else None,
        problem=problem,
        key_ends=key_ends,
        standing=Standing(standing) if standing else None,
    )


def _midnight(of: date) -> datetime:
    return datetime.combine(of, time(), DA_NANG)


def shown(one: Refused, *, reveal: bool = False) -> dict[str, Any]:
    """A refused change as JSON; its key by the last four characters unless all of it is asked for."""
    return {
        "id": one.id,
        "register": one.register_name,
        "key": one.key if reveal else masked(one.key),
        "version": one.version,
        "state": str(one.standing),
        "rejected_at": one.rejected_at.isoformat(),
        "problems": [fault.model_dump() for fault in one.problems],
    }


def masked(key: str) -> str:
    return f"…{key[-4:]}" if len(key) > 4 else key


def line(one: Refused) -> str:
    head = f"{one.id:>8}  {one.register_name}  {masked(one.key)}  {one.rejected_at.astimezone(DA_NANG):%Y-%m-%d %H:%M}"
    faults = (f"          {fault.where}: {fault.why} {fault.mend}" for fault in one.problems)
    return "\n".join([f"{head}  {one.standing}", *faults])


def deed(one: Deed) -> str:
    return f"{one.at.astimezone(DA_NANG):%Y-%m-%d %H:%M}  {one.actor}  {one.verb}{f': {one.note}' if one.note else ''}"


def written(document: object) -> None:
    typer.echo(json.dumps(document, ensure_ascii=False))
