"""`proactive up`: everything on this machine, under one supervisor."""

import asyncio
from datetime import datetime
from typing import Annotated

import typer
from rich.console import Console

from proactive.embedded.supervisor import Supervisor
from proactive.installation import Installation, Rehearsal
from proactive.logs import begin_logging
from proactive.rehearsal import OFFICER, employ, password
from proactive.settings import Settings, read
from proactive.store.store import opened
from rules import load


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
        begin_logging()
        rehearsal = Rehearsal(people=people, seed=seed, today=today.date() if today else None)
        asyncio.run(stay(read(), rehearsal))


async def stay(settings: Settings, rehearsal: Rehearsal) -> None:
    console = Console(stderr=True)
    async with Supervisor(settings.data_dir, tell=console.log) as supervisor:
        running = await Installation(settings, supervisor, tell=console.log).start(rehearsal)
        if running.source_owner_url is not None:
            async with opened(str(running.settings.database_url), size=1, application="proactive up") as store:
                await supervisor.while_running(employ(store, running, load()))
            console.print(f"  desk: {OFFICER} / {password(running)}")
        for words in running.stood_in:
            console.print(f"  [dim]stood in for[/dim] {words}")
        if running.phones_url is not None:
            console.print(f"  phones: {running.phones_url}/phones")
        console.print(f"Ready: {running.settings.public_url}/ (Ctrl-C ends everything)")
        await supervisor.run()
