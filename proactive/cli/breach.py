"""`proactive breach`: who is concerned, since when, and which fields."""

import asyncio
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    @app.command("breach")
    def breach(
        since: Annotated[str, typer.Option(help="From when on, YYYY-MM-DD or YYYY-MM-DDTHH:MM, in Da Nang.")],
        until: Annotated[str, typer.Option(help="Until when.")],
        to: Annotated[Path, typer.Option("--to", metavar="FILE", help="A .csv file, readable by you only.")],
        reader: Annotated[str | None, typer.Option(help="Only what was shown to this officer's account.")] = None,
        office: Annotated[str | None, typer.Option(help="Only dossiers of this office.")] = None,
        service: Annotated[str | None, typer.Option(help="Only dossiers of this service.")] = None,
    ) -> None:
        """Write whom a breach concerns into a file: a line a dossier, with its person, the times and the fields."""
        count = asyncio.run(_written(_moment(since), _moment(until), to, reader, office, service))
        typer.echo(f"{count} dossiers are in {to}.")


def _moment(said: str) -> datetime:
    from proactive.errors import Unusable
    from proactive.ports.clock import DA_NANG

    try:
        found = datetime.fromisoformat(said)
    except ValueError as error:
        raise Unusable(f"'{said}' is no moment. Write YYYY-MM-DD or YYYY-MM-DDTHH:MM.") from error
    return found if found.tzinfo else found.replace(tzinfo=DA_NANG)


async def _written(
    since: datetime, until: datetime, to: Path, reader: str | None, office: str | None, service: str | None
) -> int:
    from proactive.cli._private import write_private
    from proactive.cli._stored import stored
    from proactive.sheets.writing import listed
    from proactive.steps.breach import HEADING, concerned
    from proactive.store.concerned import Span

    async with stored("breach") as here:
        span = Span(since, until, office=office, service=service, reader=reader)
        lines = [line async for line in concerned(span, store=here.store, catalogue=here.folder)]
    await asyncio.to_thread(write_private, to, listed(HEADING, lines))
    return len(lines)
