"""`proactive rework`: looks at everybody again under the versions in force, now; the worker does so by itself."""

import asyncio
import json
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("rework")(rework)


def rework(
    service_name: Annotated[str | None, typer.Option("--service", help="Only this one.")] = None,
    again: Annotated[bool, typer.Option("--again", help="Also where everybody was looked at already.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    rules: Annotated[Path | None, typer.Option("--rules", help="Another folder of rules.", file_okay=False)] = None,
) -> None:
    """Work out anew what is owed and not yet drafted. It may be broken off, and goes on where it was."""
    done = asyncio.run(_rework(service_name, again=again, rules=rules))
    if as_json:
        typer.echo(json.dumps(done, ensure_ascii=False))
        return
    for name, one in done.items():
        numbers = ", ".join(f"{number:,} {what}" for what, number in one.items() if what != "version")
        typer.echo(f"{name} {one['version']}: {numbers}")


async def _rework(name: str | None, *, again: bool, rules: Path | None) -> dict[str, dict[str, object]]:
    from proactive.cli._progress import progress
    from proactive.cli._stored import Stored, named, stored
    from proactive.memory_use import calm_memory
    from proactive.steps.rework import Reworked, over_everybody
    from proactive.store.population import population
    from proactive.store.reworking import reworking
    from rules import Service

    def go_over(here: Stored, service: Service) -> Reworked:
        total, clock = Reworked(), here.clock
        with population(here.url) as everybody:
            size = everybody.size(service.register)
        if again:
            with reworking(here.url) as work:
                work.forget(service.name, service.version)
        with progress(service.name, size) as bar:
            for done in over_everybody(service, url=here.url, clock=clock, linger=timedelta()):
                total.add(done)
                bar(done.people)
        return total

    async with stored("rework", rules) as here:
        calm_memory()
        catalogue = here.book.catalogue
        services = [named(catalogue, name)] if name is not None else list(catalogue.services.values())
        return {
            one.name: {"version": one.version, **vars(await asyncio.to_thread(go_over, here, one))}
            for one in services
            if one.published
        }
