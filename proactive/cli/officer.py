"""`proactive officer`: who may sit at the desk, and for which office."""

import asyncio
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
    ) -> None:
        """Add an officer, or change one; the password is read from standard input, never from the command line."""
        password = _password()
        asyncio.run(_put(username, office, full_name, password, active=active))
        typer.echo(f"{username} sits at the desk of {office}." if active else f"{username} is inactive.")

    @officers.command("list")
    def show() -> None:
        """List officers with their offices."""
        for line in asyncio.run(_all()):
            typer.echo(f"{line['username']:<20} {line['office']:<20} {'' if line['active'] else 'inactive'}")


def _password() -> str:
    if sys.stdin.isatty():
        return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))
    given = sys.stdin.readline().rstrip("\n")
    if len(given) < SHORTEST:
        raise Unusable(f"The password on standard input must have at least {SHORTEST} characters.")
    return given


async def _put(username: str, office: str, full_name: str, password: str, *, active: bool) -> None:
    from proactive.store.people import Officer
    from proactive.store.store import opened
    from proactive.web.passwords import hashed
    from rules.offices import offices

    if office not in offices():
        raise Unusable(f"There is no office {office}. Use csgt-da-nang, centre-city, or centre-<unit code>.")
    async with opened(database_url(), size=1, application="proactive officer") as store:
        await store.officers.put(
            Officer(
                username=username, full_name=full_name, office=office, password_hash=hashed(password), active=active
            )
        )


async def _all() -> list[dict[str, object]]:
    from proactive.store.store import opened

    async with opened(database_url(), size=1, application="proactive officer") as store:
        return [dict(line) for line in await store.officers.all()]
