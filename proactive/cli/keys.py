"""`proactive keys`: which keys stored values stand under, and bringing them under the newest."""

import asyncio
import json
from typing import Annotated

import typer

JSON = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


def register(app: typer.Typer) -> None:
    keys = typer.Typer(help="The keys that stored values are sealed under.", no_args_is_help=True)
    app.add_typer(keys, name="keys")

    @keys.command("status")
    def status(as_json: JSON = False) -> None:
        """Count stored values by the key they are sealed under; a key under which none stands may be thrown away."""
        names, found = asyncio.run(_status())
        if as_json:
            typer.echo(json.dumps({"keys": names, "values": found}))
            return
        typer.echo(f"Keys, the newest first: {', '.join(names)}")
        for place, counts in found.items():
            typer.echo(f"{place:<28} {', '.join(f'{key} {count}' for key, count in sorted(counts.items())) or '-'}")

    @keys.command("rotate")
    def rotate(
        limit: Annotated[int, typer.Option(min=1, max=10_000, help="Most values in one transaction.")] = 500,
        as_json: JSON = False,
    ) -> None:
        """Bring every stored value under the first key of PROACTIVE_ENCRYPTION_KEYS, in batches, while all goes on.

        Put the new key first and keep the old one after it; restart every process; then run this; then the old key
        can go. Values that are not sealed yet are sealed.
        """
        done = asyncio.run(_rotated(limit))
        typer.echo(json.dumps({"values": done}) if as_json else f"{done} values are under the newest key now.")


async def _status() -> tuple[list[str], dict[str, dict[str, int]]]:
    from proactive.cli._stored import stored
    from proactive.parts import vault

    async with stored("keys") as here:
        return list(vault(here.settings).names), await here.store.resealing.counted()


async def _rotated(limit: int) -> int:
    from proactive.cli._stored import stored

    total = 0
    async with stored("keys") as here:
        while done := await here.store.resealing.once(limit=limit):
            total += done
    return total
