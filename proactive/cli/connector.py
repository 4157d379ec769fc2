"""`proactive connector`: who may push events to us, of which registers."""

import asyncio
import json
import secrets
from datetime import datetime, timedelta
from typing import Annotated, Any

import typer

from proactive.cli._database import database_url
from proactive.errors import Unusable
from proactive.settings import Settings, read

AS_JSON = typer.Option("--json", help="One JSON document and nothing else.")


def register(app: typer.Typer) -> None:
    connectors = typer.Typer(help="Connectors: who may push events, of which registers.", no_args_is_help=True)
    app.add_typer(connectors, name="connector")

    @connectors.command("new")
    def new(
        name: Annotated[str, typer.Argument(help="What people call it.")],
        registers: Annotated[list[str], typer.Option("--register", help="A register it may tell of; may be repeated.")],
        as_json: Annotated[bool, AS_JSON] = False,
    ) -> None:
        """Make a connector and print its id and its secret, once."""
        id = asyncio.run(_new(name, registers))
        _show({"id": id, "secret": _secret(id, 1), "registers": registers}, as_json)

    @connectors.command("rotate")
    def rotate(
        name: Annotated[str, typer.Argument(help="Its name or id.")],
        overlap_hours: Annotated[float, typer.Option(help="How long the secret before stays good.", min=0)] = 24.0,
        as_json: Annotated[bool, AS_JSON] = False,
    ) -> None:
        """Print a new secret; the one before stays good for a day, and any older one ends now."""
        until = _now() + timedelta(hours=overlap_hours)
        id, generation = asyncio.run(_rotate(name, until))
        _show({"id": id, "secret": _secret(id, generation), "previous_until": until.isoformat()}, as_json)

    @connectors.command("revoke")
    def revoke(
        name: Annotated[str, typer.Argument(help="Its name or id.")],
        as_json: Annotated[bool, AS_JSON] = False,
    ) -> None:
        """End it: from the next request on nothing of it is taken. What it told stays."""
        _show({"id": asyncio.run(_revoke(name)), "revoked": True}, as_json)

    @connectors.command("caught-up")
    def caught_up(
        register: Annotated[str, typer.Argument(help="A register that tells us.")],
        as_json: Annotated[bool, AS_JSON] = False,
    ) -> None:
        """Say in its owner's place that all of a register was told: from now on people are judged by it."""
        _show({"register": register, "columns": asyncio.run(_caught_up(register))}, as_json)

    @connectors.command("list")
    def show(as_json: Annotated[bool, AS_JSON] = False) -> None:
        """List connectors with their registers, when each was last heard of and whether it was told to its end."""
        found = asyncio.run(_all())
        if as_json:
            typer.echo(json.dumps(found, ensure_ascii=False))
            return
        for one in found:
            typer.echo(f"{one['id']}  {one['name']}  {'revoked' if one['revoked_at'] else one['previous_until'] or ''}")
            for told in one["registers"]:
                end = "told to its end" if told["caught_up_at"] else "NOT told to its end"
                typer.echo(f"    {told['register']:<28} last heard {told['heard_at'] or 'never'}; {end}")


def _show(found: dict[str, Any], as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False))
        return
    for name, value in found.items():
        typer.echo(f"{name:<15} {', '.join(value) if isinstance(value, list) else value}")


def _now() -> datetime:
    from proactive.ports.clock import SystemClock

    return SystemClock(read().shift).now()


def _secret(id: str, generation: int) -> str:
    from proactive.domain.keys import Keys
    from proactive.parts import SHORTEST_SECRET

    settings = read()
    secret = settings.secret.get_secret_value() or _kept(settings)
    if len(secret) < SHORTEST_SECRET:
        raise Unusable("PROACTIVE_SECRET is not set. Set it as for `proactive web`: connectors' secrets come from it.")
    return Keys(secret).connector_secret(id, generation)


def _kept(settings: Settings) -> str:
    """The secret that `proactive up` keeps in its data folder."""
    place = settings.data_dir / "secret"
    return place.read_text(encoding="utf-8").strip() if place.exists() else ""


async def _new(name: str, registers: list[str]) -> str:
    from proactive.store.store import opened
    from rules import sound

    known = sound()[0].registers
    if unknown := [one for one in registers if one not in known]:
        raise Unusable(f"There is no register {', '.join(unknown)}. Use one of: {', '.join(sorted(known))}.")
    if not name.strip() or not name.isprintable():
        raise Unusable("The name must have letters that can be printed.")
    id = f"con_{secrets.token_hex(10)}"
    _secret(id, 1)  # so that nothing is made whose secret cannot be shown
    async with opened(database_url(), size=1, application="proactive connector") as store:
        await store.connectors.make(id, name=name, registers=sorted(set(registers)), now=_now())
    return id


async def _rotate(name: str, until: datetime) -> tuple[str, int]:
    from proactive.store.store import opened

    _secret("", 1)
    async with opened(database_url(), size=1, application="proactive connector") as store:
        return await store.connectors.rotate(name, previous_until=until)


async def _revoke(name: str) -> str:
    from proactive.store.store import opened

    async with opened(database_url(), size=1, application="proactive connector") as store:
        return await store.connectors.revoke(name, now=_now())


async def _caught_up(register: str) -> list[str]:
    from proactive.cli._stored import stored

    async with stored("connector") as here:
        if register not in here.book.catalogue.registers:
            raise Unusable(f"The register {register} is not connected here.")
        columns = sorted(here.book.catalogue.columns_needed(register))
        await here.store.positions.catch_up(register, columns=",".join(columns), now=here.clock.now())
        return columns


async def _all() -> list[dict[str, Any]]:
    from proactive.store.store import opened

    async with opened(database_url(), size=1, application="proactive connector") as store:
        lines = await store.connectors.all()
    found: dict[str, dict[str, Any]] = {}
    for line in lines:
        named = ("id", "name", "generation", "previous_until", "made_at", "revoked_at")
        one = found.setdefault(line["id"], {**{name: _plain(line[name]) for name in named}, "registers": []})
        one["registers"].append({name: _plain(line[name]) for name in ("register", "heard_at", "caught_up_at")})
    return list(found.values())


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value
