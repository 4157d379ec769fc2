"""`proactive erase`: forget what is kept no longer, without a worker."""

import asyncio
import json
from collections import Counter
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    @app.command("erase")
    def erase(
        limit: Annotated[int, typer.Option(min=1, max=10_000, help="Most of each kind in one transaction.")] = 500,
        as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
    ) -> None:
        """Erase in batches what rules/privacy says is kept no longer, until nothing is left. Workers do so as well."""
        done = asyncio.run(_erased(limit))
        if as_json:
            typer.echo(json.dumps(dict(done)))
            return
        typer.echo(", ".join(f"{count} {what}" for what, count in sorted(done.items())) or "Nothing was to be erased.")


async def _erased(limit: int) -> Counter[str]:
    from proactive import journey
    from proactive.cli._stored import stored
    from proactive.parts import privacy_rules

    total = Counter[str]()
    async with stored("erase") as here:
        rules = privacy_rules(here.settings)
        while done := await journey.erase(privacy=rules, store=here.store, clock=here.clock, limit=limit):
            total += done
    return total
