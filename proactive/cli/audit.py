"""`proactive audit`: is the log of everything that was done still what it was?"""

import asyncio
import json
from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    audit = typer.Typer(help="The audit log: verify it, or say the key it is sealed with.", no_args_is_help=True)
    app.add_typer(audit, name="audit")

    @audit.command("verify")
    def verify(
        key: Annotated[
            list[str] | None, typer.Option(help="A public key to believe; without it, that of these settings.")
        ] = None,
        witness: Annotated[
            list[Path] | None, typer.Option(help="A file of checkpoints; without it, those of these settings.")
        ] = None,
        as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
    ) -> None:
        """Read the whole log and say the first broken line, and every row that is not what the log says.

        An auditor runs proactive/verifier.py instead, which stands alone: on a machine, with keys and checkpoints,
        that whoever runs this platform has no hand in.
        """
        from proactive import verifier
        from proactive.cli._database import database_url
        from proactive.parts import signer
        from proactive.settings import read
        from proactive.store.engine import libpq

        settings = read()
        keys = key or [signer(settings).public]
        files = witness if witness is not None else [path for path in settings.witness_files if path.exists()]
        arguments = ["--database", libpq(database_url())]
        for one in keys:
            arguments += ["--key", one]
        for path in files:
            arguments += ["--witness", str(path)]
        raise typer.Exit(verifier.main([*arguments, *(["--json"] if as_json else [])]))

    @audit.command("key")
    def show_key() -> None:
        """Print the public key that the log is sealed with: to be told on paper to whoever verifies it."""
        from proactive.parts import signer
        from proactive.settings import read

        typer.echo(signer(read()).public)

    @audit.command("seal")
    def seal(as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False) -> None:
        """Seal what waits, without a worker: before a backup, or when the sealer was away."""
        sealed, waiting = asyncio.run(_seal())
        typer.echo(json.dumps({"upto": sealed, "waiting_seconds": waiting}) if as_json else f"Sealed up to {sealed}.")


async def _seal() -> tuple[int, float]:
    from proactive import journey
    from proactive.cli._database import database_url
    from proactive.parts import signer, witnesses
    from proactive.ports.clock import SystemClock
    from proactive.settings import read
    from proactive.store.store import opened

    settings = read()
    async with opened(database_url(), size=2, application="proactive audit seal") as store:
        clock = SystemClock(settings.shift)
        while await journey.seal(signer=signer(settings), witnesses=witnesses(settings), store=store, clock=clock):
            pass
        newest = await store.audit.newest()
        return newest.upto if newest else 0, (await store.audit.unsealed_for()).total_seconds()
