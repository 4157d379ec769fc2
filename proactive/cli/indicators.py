"""`proactive indicators`: Decision 766 and the two proactive indicators of a month."""

import asyncio
import json
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from proactive.cli._signed import signed
from proactive.errors import Unusable

if TYPE_CHECKING:
    from proactive.steps.indicators import Indicators


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("indicators")(indicators)


def indicators(
    month: Annotated[str, typer.Option(metavar="YYYY-MM", help="The month, in Da Nang.")],
    to: Annotated[Path | None, typer.Option("--to", metavar="FILE", help="Write a CSV file.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object, with the definitions.")] = False,
) -> None:
    """Say the indicators of a month for the city and each unit."""
    from proactive.steps.indicators import DEFINITIONS, as_csv

    try:
        first = date.fromisoformat(f"{month}-01")
    except ValueError as error:
        raise Unusable(f"--month {month} is no month. Write it like 2026-10.") from error
    told = asyncio.run(_told(first))
    if to is not None:
        to.write_bytes(as_csv(told))
    if as_json:
        typer.echo(json.dumps(told, ensure_ascii=False))
        return
    for name, what in DEFINITIONS.items():
        one = told["city"].get(name)
        shown = f"{one['part']} / {one['of']}  {one['share']} %" if one else f"not measured: {what.unmeasured}"
        typer.echo(f"{what.group:<13} {what.vi}: {shown}")


async def _told(first: date) -> "Indicators":
    from proactive.steps.indicators import Month
    from proactive.steps.indicators import indicators as of

    async with signed(None) as here:
        return await of(Month(first, here.clock.now()), store=here.store)
