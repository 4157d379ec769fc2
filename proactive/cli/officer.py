"""`proactive officer`: who may sit at the desk, and for which office."""

import asyncio
import json
import sys
from typing import Annotated

import typer

from proactive.cli._database import database_url
from proactive.errors import Unusable

SHORTEST = 10


def register(app: typer.Typer) -> None:
    officers = typer.Typer(help="Officers and their offices.", no_args_is_help=True)
    app.add_typer(officers, name="officer")

    @officers.command("put")
    def put(
        username: Annotated[str, typer.Argument(help="The name to sign in with.")],
        office: Annotated[str, typer.Option(help="The office's id, for example csgt-da-nang or centre-20242.")],
        full_name: Annotated[str, typer.Option(help="The name as citizens may see it.")],
        active: Annotated[
            bool, typer.Option("--active/--inactive", help="An inactive officer cannot do anything.")
        ] = True,
        role: Annotated[
            str | None,
            typer.Option(help="officer, or data: who also looks after the registers' data. Without it: as it was."),
        ] = None,
    ) -> None:
        """Add an officer, or change one; the password is read from standard input, never from the command line.

        Whoever is signed in under that name is signed out.
        """
        password = _password()
        asyncio.run(_put(username, office, full_name, password, active=active, role=role))
        typer.echo(f"{username} sits at the desk of {office}." if active else f"{username} is inactive.")

    @officers.command("list")
    def show(as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False) -> None:
        """List officers with their offices and roles."""
        found = asyncio.run(_all())
        if as_json:
            typer.echo(json.dumps(found, ensure_ascii=False))
            return
        for line in found:
            inactive = "" if line["active"] else " inactive"
            typer.echo(f"{line['username']:<20} {line['office']:<20} {line['role']:<10}{inactive}".rstrip())

    @officers.command("sessions")
    def sessions(username: Annotated[str, typer.Argument(help="Whose.")]) -> None:
        """Say where an officer is signed in: since when, and until when if nothing is done there."""
        for since, until in asyncio.run(_sessions(username)):
            typer.echo(f"since {since}  until {until}")

    @officers.command("sign-out")
    def sign_out(username: Annotated[str, typer.Argument(help="Whom.")]) -> None:
        """End every session of an officer, at once. The account stays; `put --inactive` closes it."""
        typer.echo(f"{asyncio.run(_sign_out(username))} sessions of {username} ended.")


def _password() -> str:
    if sys.stdin.isatty():
        return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))
    given = sys.stdin.readline().rstrip("\n")
    if len(given) < SHORTEST:
        raise Unusable(f"The password on standard input must have at least {SHORTEST} characters.")
    return given


async def _put(username: str, office: str, full_name: str, password: str, *, active: bool, role: str | None) -> None:
    from proactive.store.people import Officer, Role
    from proactive.store.store import opened
    from proactive.web.door import OFFICER
    from proactive.web.passwords import hashed
    from rules.offices import offices

    if office not in offices():
        raise Unusable(f"There is no office {office}. Use csgt-da-nang, centre-city, or centre-<unit code>.")
    if role is not None and role not in set(Role):
        raise Unusable(f"There is no role '{role}'. Use one of: {', '.join(Role)}.")
    async with opened(database_url(), size=1, application="proactive officer") as store:
        present = await store.officers.get(username)
        officer = Officer(
            username=username,
            full_name=full_name,
            office=office,
            password_hash=hashed(password),
            active=active,
            role=Role(role) if role is not None else present.role if present is not None else Role.OFFICER,
        )
        await store.officers.put(officer)
        await store.sessions.revoke(OFFICER, username)


async def _all() -> list[dict[str, object]]:
    from proactive.store.store import opened

    async with opened(database_url(), size=1, application="proactive officer") as store:
        return [dict(line) for line in await store.officers.all()]


async def _sessions(username: str) -> list[tuple[str, str]]:
    from proactive.ports.clock import DA_NANG, SystemClock
    from proactive.settings import read
    from proactive.store.store import opened
    from proactive.web.door import OFFICER

    async with opened(database_url(), size=1, application="proactive officer") as store:
        found = await store.sessions.of(OFFICER, username, now=SystemClock(read().shift).now())
    return [
        (f"{one.created_at.astimezone(DA_NANG):%Y-%m-%d %H:%M}", f"{one.expires_at.astimezone(DA_NANG):%H:%M}")
        for one in found
    ]


async def _sign_out(username: str) -> int:
    from proactive.store.store import opened
    from proactive.web.door import OFFICER

    async with opened(database_url(), size=1, application="proactive officer") as store:
        return await store.sessions.revoke(OFFICER, username)
