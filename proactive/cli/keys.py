"""`proactive keys`: which keys stored values stand under, bringing them under the newest, and hiding personal ids."""

import asyncio
import json
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from proactive.store.hiding import Tell

JSON = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


def register(app: typer.Typer) -> None:
    keys = typer.Typer(help="The keys that stored values are sealed under.", no_args_is_help=True)
    app.add_typer(keys, name="keys")

    @keys.command("status")
    def status(as_json: JSON = False) -> None:
        """Count stored values by the key they are sealed under, and rows that still hold a personal id as it is.

        A key under which nothing stands may be thrown away.
        """
        names, found, plain, lookup = asyncio.run(_status())
        if as_json:
            typer.echo(json.dumps({"keys": names, "values": found, "lookup_key": lookup, "personal_ids": plain}))
            return
        typer.echo(f"Keys, the newest first: {', '.join(names)}")
        for place, counts in found.items():
            typer.echo(f"{place:<28} {', '.join(f'{key} {count}' for key, count in sorted(counts.items())) or '-'}")
        typer.echo(f"Look-up key: {lookup or 'none'}; rows that hold a personal id without a pseudonym:")
        typer.echo(", ".join(f"{table} {number}" for table, number in plain.items() if number) or "none")

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

    @keys.command("hide")
    def hide(
        limit: Annotated[int, typer.Option(min=1, max=50_000, help="Most rows in one transaction.")] = 2000,
        as_json: JSON = False,
    ) -> None:
        """Turn the personal ids of a database from before into pseudonyms, in batches, while everything is stopped.

        Take a backup first. It may be broken off and run again; nothing starts before it has come to its end.
        """

        def tell(table: str, done: int) -> None:
            if not as_json:
                typer.echo(f"{table}: {done}", err=True)

        done = asyncio.run(_hidden(limit, tell))
        typer.echo(json.dumps({"rows": done}) if as_json else f"{done} rows were changed. Start everything again.")


async def _status() -> tuple[list[str], dict[str, dict[str, int]], dict[str, int], str]:
    from proactive.cli._stored import stored
    from proactive.parts import vault
    from proactive.steps.hide import still_plain

    async with stored("keys", anyhow=True) as here:
        names, counted = list(vault(here.settings).names), await here.store.resealing.counted()
        plain = await still_plain(store=here.store, catalogue=here.folder)
        return names, counted, plain, here.store.pseudonyms.name


async def _hidden(limit: int, tell: "Tell") -> int:
    from proactive.cli._stored import stored
    from proactive.steps.hide import hide

    async with stored("keys", anyhow=True) as here:
        return await hide(store=here.store, catalogue=here.folder, limit=limit, tell=tell)


async def _rotated(limit: int) -> int:
    from proactive.cli._stored import stored

    total = 0
    async with stored("keys") as here:
        while done := await here.store.resealing.once(limit=limit):
            total += done
    return total
