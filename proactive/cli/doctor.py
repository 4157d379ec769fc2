"""`proactive doctor`: every configured source is looked at live, against what its file says of it."""

import asyncio
import json
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("doctor")(doctor)


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Look at every source: reachable, rights, tables, codes, indexes, rows, clock. Exit 1 on a problem."""
    from proactive.checkup import examined
    from proactive.settings import read

    found = asyncio.run(examined(read()))
    if as_json:
        typer.echo(json.dumps(found.plain(), ensure_ascii=False))
    else:
        for one in found.findings:
            typer.echo(str(one))
        for service, missing in found.services.items():
            typer.echo(f"service {service}: " + (f"waits for {', '.join(missing)}" if missing else "all connected"))
        typer.echo(found.words, err=True)
    if not found.healthy:
        raise typer.Exit(1)
