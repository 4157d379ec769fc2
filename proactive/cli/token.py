"""`proactive token`: tokens of providers that give access for a while, and only to whom an administrator permits it."""

import asyncio
import hmac
import json
import secrets
import sys
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import parse_qs, urlsplit

import typer

from proactive.cli._database import database_url
from proactive.errors import Permanent, Unusable


def register(app: typer.Typer) -> None:
    tokens = typer.Typer(help="Access to providers that ends and is renewed.", no_args_is_help=True)
    app.add_typer(tokens, name="token")

    @tokens.command("authorise")
    def authorise(channel: Annotated[str, typer.Argument(help="The channel, for example zalo.")]) -> None:
        """Give us access to an account: an administrator of it opens an address and permits it."""
        asyncio.run(_authorise(channel))

    @tokens.command("list")
    def show(
        as_json: Annotated[bool, typer.Option("--json", help="One JSON document and nothing else.")] = False,
    ) -> None:
        """Say until when each provider gives us access, and what is wrong with it."""
        found = asyncio.run(_list())
        if as_json:
            typer.echo(json.dumps(found, ensure_ascii=False))
            return
        for one in found:
            typer.echo(f"{one['provider']:<10} {one['account']}  pair {one['generation']}, bought {one['issued_at']}")
            typer.echo(f"    good until {one['access_until']}; may be renewed until {one['refresh_until']}")
            if one["worry"] or one["why"]:
                typer.echo(f"    {_WORDS.get(one['worry'], 'Renewing it fails.')} {one['why'] or ''}".rstrip())


_WORDS = {
    "late": "It should have been renewed hours ago: is a worker running?",
    "ends": "It can be renewed for less than a month. Give access anew: proactive token authorise.",
    "lost": "It cannot be renewed any more. Give access anew: proactive token authorise.",
}


async def _authorise(channel: str) -> None:
    from proactive.domain.keys import Keys
    from proactive.parts import SHORTEST_SECRET, authority
    from proactive.ports.clock import SystemClock
    from proactive.settings import read
    from proactive.steps import renew
    from proactive.store.store import opened

    settings = read()
    secret = settings.secret.get_secret_value() or _kept(settings.data_dir / "secret")
    if len(secret) < SHORTEST_SECRET:
        raise Unusable("PROACTIVE_SECRET is not set. Set it as for `proactive web`: tokens are sealed under it.")
    clock = SystemClock(settings.shift)
    gives = authority(channel, clock=clock)
    if gives is None:
        raise Unusable(f"The channel {channel} needs no token.")
    try:
        async with opened(database_url(), size=1, application="proactive token") as store:
            verifier, state = gives.verifier(), secrets.token_urlsafe(24)
            typer.echo("Have an administrator of the account open this address and permit access:\n", err=True)
            typer.echo(gives.permission(challenge=renew.challenge(verifier), state=state))
            typer.echo("\nThen paste the address that they were brought to (it is good for ten minutes):", err=True)
            code = _code(await asyncio.to_thread(sys.stdin.readline), state)
            kept = await renew.authorise(
                code, verifier=verifier, authority=gives, store=store, keys=Keys(secret), clock=clock
            )
    finally:
        await gives.close()
    typer.echo(f"Access is given until {kept.access_until:%Y-%m-%d %H:%M} UTC; the workers renew it.")


def _code(pasted: str, state: str) -> str:
    """The code of an address. Raises `Permanent` where it is not the answer to our question."""
    asked = parse_qs(urlsplit(pasted.strip()).query)
    [code], [came_back] = asked.get("code", [""]), asked.get("state", [""])
    if not code:
        raise Permanent("There is no code in that address. Paste the whole address, from https:// to its end.")
    if not hmac.compare_digest(came_back, state):
        raise Permanent("That address answers another question (its state differs). Begin anew.")
    return code


def _kept(place: Any) -> str:
    """The secret that `proactive up` keeps in its data folder."""
    return str(place.read_text(encoding="utf-8").strip()) if place.exists() else ""


async def _list() -> list[dict[str, Any]]:
    from proactive.ports.clock import SystemClock
    from proactive.settings import read
    from proactive.store.store import opened

    now = SystemClock(read().shift).now()
    async with opened(database_url(), size=1, application="proactive token") as store:
        kept = await store.tokens.all()
    return [
        {
            name: value.isoformat() if isinstance(value, datetime) else value
            for name, value in {**one.model_dump(), "worry": one.worry(now)}.items()
        }
        for one in kept
    ]
