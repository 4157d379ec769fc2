"""`proactive rejected`: the changes that were refused, with where, why and how to mend it."""

import asyncio
import json
from typing import Annotated, Any

import typer

from proactive.cli._database import database_url


def register(app: typer.Typer) -> None:
    rejected = typer.Typer(help="Changes of registers that were refused.", no_args_is_help=True)
    app.add_typer(rejected, name="rejected")

    @rejected.command("list")
    def show(
        limit: Annotated[int, typer.Option(help="How many, the newest first.", min=1, max=10_000)] = 50,
        as_json: Annotated[bool, typer.Option("--json", help="One JSON object a change.")] = False,
    ) -> None:
        """List refused changes: register, key, and for each problem where, why and how to mend it."""
        for line in asyncio.run(_newest(limit)):
            if as_json:
                typer.echo(json.dumps({**line, "rejected_at": str(line["rejected_at"])}, ensure_ascii=False))
                continue
            typer.echo(f"{line['register']} {line['key'] or '(no key)'}")
            for problem in line["problems"]:
                typer.echo(f"    {problem['where']}: {problem['why']} {problem['mend']}")


async def _newest(limit: int) -> list[dict[str, Any]]:
    from proactive.store.store import opened

    async with opened(database_url(), size=1, application="proactive rejected") as store:
        return [dict(line) for line in await store.records.rejected(limit=limit)]
