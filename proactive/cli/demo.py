"""`proactive demo`: the whole journey on made-up people, by itself."""

import asyncio
import json
import sys
from datetime import datetime
from typing import Annotated

import typer

from proactive.logs import begin_logging
from proactive.settings import read

FEWEST, MOST = 50, 1_000_000


def register(app: typer.Typer) -> None:
    @app.command()
    def demo(
        people: Annotated[int, typer.Option(help="How many people to make up.", min=FEWEST, max=MOST)] = 20_000,
        today: Annotated[
            datetime | None, typer.Option(help="Play as if it were this day.", formats=["%Y-%m-%d"])
        ] = None,
        seed: Annotated[int, typer.Option(help="The same seed makes up the same people.")] = 1,
        leave: Annotated[
            bool, typer.Option("--exit", help="End when every dossier rests, instead of staying up.")
        ] = False,
        as_json: Annotated[
            bool, typer.Option("--json", help="Print the counts as one JSON object at the end.")
        ] = False,
    ) -> None:
        """Watch licences that are about to expire become applications in the intake, on real parts."""
        from proactive.cli._demo import Rehearsal, play

        begin_logging()
        rehearsal = Rehearsal(people=people, seed=seed, today=today.date() if today else None, fresh=True)
        ended = asyncio.run(play(read(), rehearsal, leave=leave, quiet=as_json))
        if ended is None:
            return
        if as_json:
            sys.stdout.write(json.dumps(ended.asdict()) + "\n")
        elif leave:
            for name, value in ended.asdict().items():
                typer.echo(f"{name:>18}  {value}")
        if leave and not ended.complete:
            raise typer.Exit(1)
