"""`proactive applications`: those that our intake could not take, with why, and another look at them."""

import asyncio
import json
from typing import Annotated, Any

import typer

from proactive.cli._signed import SignedBy, signed
from proactive.errors import Unusable


def register(app: typer.Typer) -> None:
    """Add the commands."""
    applications = typer.Typer(help="Applications that our intake could not take.", no_args_is_help=True)
    app.add_typer(applications, name="applications")
    applications.command("list")(show)
    applications.command("replay")(replay)
    applications.command("discard")(discard)


Reference = Annotated[str, typer.Argument(help="As `proactive applications list` shows it.")]


def show(as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False) -> None:
    """Say which were refused, the newest first, and why. Nobody's data is shown."""
    found = asyncio.run(_list())
    if as_json:
        typer.echo(json.dumps({"refused": found}, ensure_ascii=False, default=str))
        return
    for one in found:
        typer.echo(f"{one['reference']}  {one['at']:%Y-%m-%d %H:%M}  {one['via']}  {one['why']}")
    typer.echo(f"{len(found)} refused.")


def replay(reference: Reference, by: SignedBy) -> None:
    """Let one be looked at again, for instance after its procedure was published."""
    asyncio.run(_settle(reference, by, state="queued"))
    typer.echo(f"{reference} is in the queue again.")


def discard(reference: Reference, by: SignedBy) -> None:
    """Put one away; its content is forgotten."""
    asyncio.run(_settle(reference, by, state="discarded"))
    typer.echo(f"{reference} is put away.")


async def _list() -> list[dict[str, Any]]:
    async with signed(None) as here:
        return [dict(row) for row in await here.store.intake_queue.refused(limit=500)]


async def _settle(reference: str, by: str, *, state: str) -> None:
    async with signed(by) as here:
        if not await here.store.intake_queue.again(reference, state=state, by=by, now=here.clock.now()):
            raise Unusable(f"No refused application {reference} can be {state}. See `proactive applications list`.")
