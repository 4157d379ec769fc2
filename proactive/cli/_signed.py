"""Whoever does something in their own name says who they are, with the password they sit at the desk with."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from proactive.cli._database import database_url
from proactive.errors import Unusable

if TYPE_CHECKING:
    from proactive.ports.clock import Clock
    from proactive.store.store import Store

SignedBy = Annotated[str, typer.Option("--by", metavar="NAME", help="Your user name; the password is asked for.")]


@dataclass(frozen=True)
class Here:
    store: "Store"
    clock: "Clock"


@asynccontextmanager
async def signed(by: str | None) -> AsyncIterator[Here]:
    """The store, for an officer whose password was given; for None without one. Raises `Unusable`."""
    from proactive.ports.clock import SystemClock
    from proactive.settings import read
    from proactive.store.store import opened
    from proactive.web.passwords import Passwords

    async with opened(database_url(), size=1, application="proactive") as store:
        if by is not None:
            officer = await store.officers.get(by)
            right = await Passwords().right(officer.password_hash if officer else None, _password())
            if officer is None or not right or not officer.active:
                raise Unusable(f"{by} is no active officer, or the password is wrong. See `proactive officer list`.")
        yield Here(store, SystemClock(read().shift))


def _password() -> str:
    if sys.stdin.isatty():
        return str(typer.prompt("Password", hide_input=True))
    return sys.stdin.readline().rstrip("\n")
