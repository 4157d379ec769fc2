"""What commands about the stored people share: the store, the rules in force, and days as they are written."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import psycopg
import sqlalchemy
import typer

from proactive.cli._database import database_url
from proactive.errors import Unusable
from proactive.logs import begin_logging
from proactive.parts import connected, pseudonyms, vault
from proactive.ports.clock import Clock, SystemClock
from proactive.settings import Settings, read
from proactive.store.engine import told_when_lost
from proactive.store.hiding import require_one_form
from proactive.store.store import Store, opened
from proactive.versions import Book
from rules import Catalogue, Service, sound

FIRST_DAY, LAST_DAY = date(1950, 1, 1), date(2150, 12, 31)


@dataclass(frozen=True)
class Stored:
    """The store of this installation, and the rule book brought to today."""

    settings: Settings
    url: str
    store: Store
    clock: Clock
    folder: Catalogue
    """What the folder says."""
    book: Book
    """What is in force, of the services whose registers are connected."""


@asynccontextmanager
async def stored(command: str, rules: Path | None = None, *, anyhow: bool = False) -> AsyncIterator[Stored]:
    """Open it. Raises `Unusable` with one sentence where there is no database, or an older one, or one whose personal
    ids are kept otherwise than ours; `anyhow`: even then."""
    begin_logging(logging.WARNING)
    settings = read()
    url, clock = database_url(), SystemClock(settings.shift)
    folder, problems = sound(rules)
    for problem in problems:
        typer.echo(f"left out: {problem}", err=True)
    async with opened(
        url, size=2, application=f"proactive {command}", vault=vault(settings),
        pseudonyms=pseudonyms(settings, folder.registers),
    ) as store:  # fmt: skip
        book = Book(connected(folder, settings), store=store, place=settings.data_dir / "versions")
        try:
            with told_when_lost("The database no longer answers. Start it, then run the command again."):
                if not anyhow:
                    await require_one_form(store.engine)
                await book.turn(clock.today())
                yield Stored(settings, url, store, clock, folder, book)
        except (sqlalchemy.exc.ProgrammingError, psycopg.errors.UndefinedTable) as error:
            raise Unusable("The database has older tables. Run `proactive migrate` or `proactive up`.") from error


def day(text: str | None, otherwise: date, option: str) -> date:
    """A day of the command line. Raises `Unusable`."""
    if text is None:
        return otherwise
    try:
        found = date.fromisoformat(text)
    except ValueError:
        found = date.min
    if not FIRST_DAY <= found <= LAST_DAY:
        raise Unusable(f"'{text}' is no day from {FIRST_DAY} to {LAST_DAY}. Write {option} YYYY-MM-DD.")
    return found


def named(catalogue: Catalogue, name: str) -> Service:
    """The service of this name, a draft too. Raises `Unusable`, naming what there is."""
    service = catalogue.services.get(name) or catalogue.drafts.get(name)
    if service is None:
        known = ", ".join([*catalogue.services, *catalogue.drafts])
        raise Unusable(f"There is no service '{name}' that can be used. Name one of: {known}.")
    return service
