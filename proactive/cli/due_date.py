"""`proactive due-date`: on which day a time limit in working days is over."""

import json
from datetime import datetime
from typing import Annotated

import typer

from proactive.errors import Unusable


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("due-date")(due_date)


def due_date(
    received: Annotated[
        str, typer.Option(metavar="YYYY-MM-DDTHH:MM", help="When it arrived, in Vietnamese time or with an offset.")
    ],
    working_days: Annotated[int, typer.Option(min=0, max=2000, help="How many working days there are.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Say at the end of which day it is due: weekends, public holidays, swapped days and the hour count."""
    from rules import calendar

    try:
        moment = datetime.fromisoformat(received)
    except ValueError as error:
        raise Unusable(f"--received {received} is no moment. Write it like 2026-02-13T15:30.") from error
    if "T" not in received.upper() and " " not in received:
        raise Unusable(f"--received {received} has no hour, and the hour decides. Write it like 2026-02-13T15:30.")
    try:
        counted, due = calendar.received_on(moment), calendar.due(moment, working_days)
    except (ValueError, OverflowError) as error:
        raise Unusable(str(error)) from error
    for year in sorted({counted.year, due.year} - set(calendar.announced())):
        typer.echo(f"The days off of {year} are not announced yet: swapped days may still move this day.", err=True)
    if as_json:
        typer.echo(json.dumps({"due": due.isoformat()}))
        return
    typer.echo(f"Tính từ ngày {counted:%d/%m/%Y}, hạn cuối ngày {due:%d/%m/%Y}.")
