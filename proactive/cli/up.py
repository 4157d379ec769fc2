"""`proactive up`: everything on this machine, under one supervisor."""

import asyncio
from datetime import datetime
from typing import Annotated

import typer

from proactive.logs import begin_logging
from proactive.settings import read


def register(app: typer.Typer) -> None:
    @app.command()
    def up(
        people: Annotated[int, typer.Option(help="How many people to make up where no source is set.")] = 20_000,
        seed: Annotated[int, typer.Option(help="The same seed makes up the same people.")] = 1,
        today: Annotated[
            datetime | None, typer.Option(help="Run as if it were this day.", formats=["%Y-%m-%d"])
        ] = None,
    ) -> None:
        """Start database, broker, worker and pages; what no setting names is embedded or stood in for."""
        from proactive.cli._up import Rehearsal, stay

        begin_logging()
        rehearsal = Rehearsal(people=people, seed=seed, today=today.date() if today else None)
        asyncio.run(stay(read(), rehearsal))
