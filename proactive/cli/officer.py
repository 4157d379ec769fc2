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
            str, typer.Option(help="officer, or data: who also looks after the registers' data.")
        ] = "officer",
    ) -> None:
        """Add an officer, or change one; the password is read from standard input, never from the command line."""
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


def _password() -> str:
    if sys.stdin.isatty():
        return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))
    given = sys.stdin.readline().rstrip("\n")
    if len(given) < SHORTEST:
        raise Unusable(f"The password on standard input must have at least {SHORTEST} characters.")
    return given


async def _put(username: str, office: str, full_name: str, password: str, *, active: bool, role: str) -> None:
    from proactive.store.people import Officer, Role
    from proactive.store.store import opened
    from proactive.web.passwords import hashed
    from rules.offices import offices

    if office not in offices():
        raise Unusable(f"There is no office {office}. Use csgt-da-nang, centre-city, or centre-<unit code>.")
    if role not in set(Role):
        raise Unusable(f"There is no role '{role}'. Use one of: {', '.join(Role)}.")
    officer = Officer(
        username=username,
        full_name=full_name,
        office=office,
        password_hash=hashed(password),
        active=active,
        role=Role(role),
    )
    async with opened(database_url(), size=1, application="proactive officer") as store:
        await store.officers.put(officer)


async def _all() -> list[dict[str, object]]:
    from proactive.store.store import opened

    async with opened(database_url(), size=1, application="proactive officer") as store:
        return [dict(line) for line in await store.officers.all()]
