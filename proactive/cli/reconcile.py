"""`proactive reconcile`: compare what we handed over with what the intake has."""

import asyncio
import json
from datetime import timedelta
from typing import Annotated, Any

import typer


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("reconcile")(reconcile)


def reconcile(
    days: Annotated[int, typer.Option(min=1, max=400, help="How far back.")] = 35,
    last: Annotated[bool, typer.Option("--last", help="Show the newest report instead of comparing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Compare both sides now and keep the report, as each night does. Ends with 1 on a difference."""
    told = asyncio.run(_told(days, last=last))
    if as_json:
        typer.echo(json.dumps(told, ensure_ascii=False, default=str))
    else:
        typer.echo(f"ours {told['ours']}, theirs {told['theirs']}, differences {len(told['differences'])}")
        for one in told["differences"]:
            typer.echo(f"  {one['reference']}  {one['kind']}  ours {one['ours']}  theirs {one['theirs']}")
    if told["differences"]:
        raise typer.Exit(1)


async def _told(days: int, *, last: bool) -> dict[str, Any]:
    from proactive.cli._signed import signed
    from proactive.errors import Unusable
    from proactive.parts import adapter
    from proactive.settings import read
    from proactive.steps.reconcile_intake import reconcile_intake

    async with signed(None) as here:
        if not last:
            intake = await adapter("connectors.intakes", read().intake).open()
            try:
                await reconcile_intake(intake=intake, store=here.store, clock=here.clock, span=timedelta(days=days))
            finally:
                await intake.close()
        report = await here.store.intake_queue.last_report()
        if report is None:
            raise Unusable("Nothing was compared yet. Run `proactive reconcile` without --last.")
        return dict(report)
