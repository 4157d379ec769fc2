"""`proactive guests`: the phones that are told while a service is in trial."""

import asyncio
import json
from typing import Annotated, Any

import typer

from proactive.cli._signed import SignedBy, signed
from proactive.errors import Unusable

Phone = Annotated[str, typer.Argument(help="A phone number, as people write it.")]
FEWEST_DIGITS = 9


def register(app: typer.Typer) -> None:
    guests = typer.Typer(help="Who is told while a service is in trial.", no_args_is_help=True)
    app.add_typer(guests, name="guests")

    @guests.command("add")
    def add(
        phone: Phone, by: SignedBy, note: Annotated[str, typer.Option(help="Whose it is, and why; it is kept.")]
    ) -> None:
        """Put a phone on the guest list. The password is asked for."""
        added = asyncio.run(_add(plain(phone), note, by))
        typer.echo("On the list." if added else "It was on the list already.")

    @guests.command("remove")
    def remove(phone: Phone, by: SignedBy) -> None:
        """Take a phone off the guest list."""
        removed = asyncio.run(_remove(plain(phone), by))
        typer.echo("Off the list." if removed else "It was not on the list.")

    @guests.command("list")
    def show(as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False) -> None:
        """Say who is on the list, and who put whom on it or took them off."""
        found = asyncio.run(_list())
        if as_json:
            typer.echo(json.dumps(found, ensure_ascii=False, default=str))
            return
        for line in found["guests"]:
            typer.echo(f"{line['phone']:<16} {line['note']} (by {line['added_by']})")
        for line in found["log"]:
            typer.echo(f"  {line['at']:%Y-%m-%d %H:%M} {line['actor']} {line['action']} ***{line['phone'][-3:]}")


def plain(phone: str) -> str:
    """The number in the one form that the list keeps. Raises `Unusable`."""
    digits = "".join(letter for letter in phone if letter.isascii() and letter.isdigit())
    if len(digits) < FEWEST_DIGITS or any(letter not in "0123456789+ .-()" for letter in phone):
        raise Unusable(f"{phone} is no phone number. Write it like 0905 123 456 or +84905123456.")
    return "0" + digits.removeprefix("84").lstrip("0")


async def _add(phone: str, note: str, by: str) -> bool:
    async with signed(by) as here:
        return await here.store.guests.add(phone, note=note, by=by, now=here.clock.now())


async def _remove(phone: str, by: str) -> bool:
    async with signed(by) as here:
        return await here.store.guests.remove(phone, by=by, now=here.clock.now())


async def _list() -> dict[str, Any]:
    async with signed(None) as here:
        return {
            "guests": [dict(line) for line in await here.store.guests.all()],
            "log": [dict(line) for line in await here.store.guests.log()],
        }
