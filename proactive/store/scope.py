"""For whom a page asks the database: PostgreSQL shows and takes only what lies within it (row-level security).

A web process works as the role `proactive_web`. What it may see is said anew in every transaction, from the scope of
the request at hand, and is forgotten with the transaction; whoever says nothing sees nothing. The scope is kept beside
the request (a context variable) and not handed from function to function: a hand-over that somebody forgets would be a
leak in code, and is only an empty page here. See ADR 0030.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import astuple, dataclass, fields
from enum import StrEnum

from sqlalchemy import Connection, event
from sqlalchemy.ext.asyncio import AsyncEngine


class DatabaseRole(StrEnum):
    """What a process is in the database; `proactive migrate` makes both."""

    WEB = "proactive_web"
    WORKER = "proactive_worker"


@dataclass(frozen=True, kw_only=True)
class Scope:
    """Each part opens something of its own; empty parts open nothing."""

    actor: str = ""
    """The officer's user name."""
    office: str = ""
    """All dossiers of this office."""
    role: str = ""
    """The officer's role: `data` opens tickets and records of all offices."""
    dossier: str = ""
    """One dossier, by its id: the citizen who proved to be its owner."""
    subject: str = ""
    """All dossiers of one person: the citizen who signed in as themselves."""
    code: str = ""
    """One dossier, by the check code that somebody has typed."""
    references: str = ""
    """Applications that the intake tells news of, or that somebody hands over or asks about; with commas between."""
    partner: str = ""
    """Not empty: somebody who hands applications over asks for the list of what was received."""
    caller: str = ""
    """The last nine digits of a caller's phone: what was sent to them, for the role `data` alone. While this is said,
    nothing of any dossier is written."""
    notice: str = ""
    """One message, by its id, with the same bounds."""


NOBODY = Scope()
_NAMES = [field.name for field in fields(Scope)]
_SAY = "SELECT " + ", ".join(f"set_config('proactive.{name}', %s, true)" for name in _NAMES)
_present: ContextVar[Scope] = ContextVar("scope", default=NOBODY)


def enter(scope: Scope) -> None:
    """From here on, and until the request is over, the database shows this much."""
    _present.set(scope)


@contextmanager
def within(scope: Scope) -> Iterator[None]:
    """The same for one block."""
    token = _present.set(scope)
    try:
        yield
    finally:
        _present.reset(token)


def say_in_every_transaction(engine: AsyncEngine) -> None:
    """Let every transaction of this pool begin by saying for whom it is."""

    @event.listens_for(engine.sync_engine, "begin")
    def say(connection: Connection) -> None:
        if (scope := _present.get()) != NOBODY:  # what the transaction before said has gone with it
            connection.exec_driver_sql(_SAY, astuple(scope))
