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
    working_days: Annotated[float, typer.Option(min=0, max=2000, help="How many working days; halves are possible.")],
    asked: Annotated[str | None, typer.Option(metavar="MOMENT", help="When the citizen was asked for more.")] = None,
    given: Annotated[str | None, typer.Option(metavar="MOMENT", help="When the citizen gave it.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Say at the end of which day it is due: weekends, public holidays, swapped days and the hour count."""
    from rules import calendar
    from rules.calendar.pausing import Pause, due_paused

    moment = _moment("--received", received)
    if given is not None and asked is None:
        raise Unusable("--given says when the citizen answered; say with --asked when they were asked.")
    pauses = [Pause(asked=_moment("--asked", asked), given=_moment("--given", given))] if asked and given else []
    try:
        counted, due = calendar.received_on(moment), due_paused(moment, working_days, pauses)
    except (ValueError, OverflowError) as error:
        raise Unusable(str(error)) from error
    if due is None or (asked and not given):
        due_text = {"due": None, "waits_for": "citizen"}
        typer.echo(json.dumps(due_text) if as_json else "Thời hạn đang tạm dừng, chờ người dân bổ sung.")
        return
    for year in sorted({counted.year, due.year} - set(calendar.announced())):
        typer.echo(f"The days off of {year} are not announced yet: swapped days may still move this day.", err=True)
    if as_json:
        typer.echo(json.dumps({"due": due.isoformat()}))
        return
    typer.echo(f"Tính từ ngày {counted:%d/%m/%Y}, hạn cuối ngày {due:%d/%m/%Y}.")


def _moment(option: str, text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise Unusable(f"{option} {text} is no moment. Write it like 2026-02-13T15:30.") from error
    if "T" not in text.upper() and " " not in text:
        raise Unusable(f"{option} {text} has no hour, and the hour decides. Write it like 2026-02-13T15:30.")
    return moment
