"""`proactive forecast`: how much of what is stored falls due, of all services in force, and what that costs."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from proactive.foresight.expected import Expected


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("forecast")(forecast)


def forecast(
    first: Annotated[str | None, typer.Option("--from", metavar="YYYY-MM-DD", help="First day; today.")] = None,
    last: Annotated[str | None, typer.Option("--to", metavar="YYYY-MM-DD", help="Last day; after a year.")] = None,
    file: Annotated[Path | None, typer.Option("--chart", metavar="FILE.svg|png", help="Write a chart.")] = None,
    segment_vnd: Annotated[int | None, typer.Option(min=0, help="VND for one SMS segment.")] = None,
    officer_minutes: Annotated[int | None, typer.Option(min=0, help="Minutes of an officer for one dossier.")] = None,
    assumptions: Annotated[Path | None, typer.Option(help="Your own file of such numbers.", dir_okay=False)] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Say how many occasions fall due a day, office and service, with messages, their price and officers' hours."""
    from proactive.cli._foresight import show

    expected, titles = asyncio.run(
        _forecast(first, last, assumptions, sms_segment_vnd=segment_vnd, officer_minutes_per_dossier=officer_minutes)
    )
    show(expected, titles, file, as_json=as_json)


async def _forecast(
    first: str | None, last: str | None, assumed: Path | None, **instead: int | None
) -> tuple["Expected", dict[str, str]]:
    from proactive.cli._foresight import expecting
    from proactive.cli._stored import stored
    from proactive.foresight.forecast import forecast
    from proactive.store.expectations import Expectations

    async with stored("forecast") as here:
        services = list(here.book.catalogue.services.values())
        expected = expecting(services, first, last, today=here.clock.today(), assumed=assumed, instead=instead)
        await forecast(services, expected, expectations=Expectations(here.store.engine))
        return expected, {service.name: service.title.vi for service in services}
