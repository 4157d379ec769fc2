"""`proactive compare`: how far the registers were compared with their sources, and letting through what was held."""

import asyncio
import json
from typing import Annotated, Any

import typer

from proactive.cli._database import database_url
from proactive.errors import Unusable


def register(app: typer.Typer) -> None:
    compare = typer.Typer(help="Records that their source has deleted without saying so.", no_args_is_help=True)
    app.add_typer(compare, name="compare")

    @compare.command("list")
    def show(
        as_json: Annotated[bool, typer.Option("--json", help="Print one JSON array.")] = False,
    ) -> None:
        """How each register stands: when it was compared last, how many records were missing, what is held and why."""
        lines = asyncio.run(_all())
        if as_json:
            typer.echo(json.dumps(lines, ensure_ascii=False))
            return
        for line in lines:
            when = line["done_at"] or "not yet to its end"
            typer.echo(f"{line['register']}: {line['missing']} of {line['compared']} missing; compared: {when}")
            if line["held_because"]:
                typer.echo(f"    held: {line['held_because']}")

    @compare.command("release")
    def release(
        register: Annotated[str, typer.Argument(help="The register whose missing records are believed.")],
        by: Annotated[str, typer.Option("--by", help="Who has looked into the source.")],
    ) -> None:
        """Believe that what is missing now was deleted: it is told at the next pass, however much it is."""
        if not asyncio.run(_release(register, by)):
            raise Unusable(f"Nothing of {register} is held. See `proactive compare list`.")
        typer.echo(f"What is missing of {register} will be told as deleted at the next pass.")


async def _all() -> list[dict[str, Any]]:
    from proactive.store.store import opened

    async with opened(database_url(), size=1, application="proactive compare") as store:
        lines = await store.comparisons.all()
    times = ("started_at", "done_at", "released_at")
    return [{name: str(value) if value and name in times else value for name, value in line.items()} for line in lines]


async def _release(register: str, by: str) -> bool:
    from proactive.ports.clock import SystemClock
    from proactive.settings import read
    from proactive.store.store import opened

    async with opened(database_url(), size=1, application="proactive compare") as store:
        return await store.comparisons.release(register, by=by, now=SystemClock(read().shift).now())
