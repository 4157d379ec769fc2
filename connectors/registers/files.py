"""Spreadsheets of an office, sent on the desk, by a command, or put into a folder. There is nobody to ask.

Guarantee: a file in the folder is taken when it is complete (unchanged for `STABLE` seconds, or renamed from a name
that is never taken) and moves to `done/` only when it is safe in the database; one that is seen twice changes nothing.
What cannot be used at all moves to `refused/`, with a text that says why. The account needs to write and rename there.
"""

import asyncio
import fnmatch
import os
import stat
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Literal

from proactive.errors import Unreachable, Unusable
from proactive.ports.inbox import Arrived, Inbox
from proactive.ports.register import RegisterSource
from proactive.sheets import Limits
from proactive.sources import ConnectedSource
from rules.base import Rule

ONLY_PUSHES = True

STABLE = 10.0
"""Seconds without a change after which a file is complete."""
UNFINISHED = (".tmp", ".part", ".crdownload", ".filepart")
AT_ONCE = 5


class SourceSettings(Rule):
    """`folder`: where the office puts its files; without it they come by the desk and by command only."""

    folder: Path | None = None


class RegisterSettings(Rule):
    """`files`: which names are this register's; `listing`: whether they hold everything there is."""

    files: str = "*"
    listing: Literal["full", "additions"] = "additions"


async def open(source: ConnectedSource, *, shift: timedelta = timedelta()) -> list[RegisterSource]:
    """No source: nobody there can be asked, and files are collected by the worker."""
    return []


def inboxes(source: ConnectedSource) -> list[Inbox]:
    """The folder, a register at a time. Raises `Unusable` where it cannot be used."""
    folder = source.own(SourceSettings).folder
    if folder is None:
        return []
    folder = folder if folder.is_absolute() else source.folder / folder
    try:
        for name in ("done", "refused"):
            (folder / name).mkdir(exist_ok=True)
    except OSError as error:
        raise Unusable(f"{source.place}: the folder {folder} cannot be used: {error.strerror}.") from error
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        raise Unusable(f"{source.place}: our account may not read and rename files in {folder}.")
    found: list[Inbox] = []
    for name, register in source.registers.items():
        own = register.settings if isinstance(register.settings, RegisterSettings) else RegisterSettings()
        found.append(Folder(folder, register=name, own=own, sender=source.name))
    return found


class Folder(Inbox):
    """One register's files in a folder."""

    def __init__(self, folder: Path, *, register: str, own: RegisterSettings, sender: str) -> None:
        self.register, self.listing, self.sender = register, own.listing, sender
        self._folder, self._pattern = folder, own.files

    async def arrived(self) -> Sequence[Arrived]:
        try:
            return await asyncio.to_thread(self._complete)
        except OSError as error:
            raise Unreachable(f"The folder of {self.sender} cannot be looked into: {error.strerror}.") from error

    async def put_away(self, file: Arrived, *, why: str | None = None, errors: tuple[str, bytes] | None = None) -> None:
        try:
            await asyncio.to_thread(self._put_away, file, why, errors)
        except OSError as error:
            raise Unreachable(f"A file of {self.sender} cannot be put away: {error.strerror}.") from error

    def _complete(self) -> list[Arrived]:
        before = time.time() - STABLE
        found = []
        with os.scandir(self._folder) as entries:
            for entry in entries:
                about = entry.stat(follow_symlinks=False)
                if stat.S_ISREG(about.st_mode) and self._ours(entry.name) and about.st_mtime <= before:
                    found.append((about.st_mtime, entry.name))
        return [Arrived(name, self._read(name)) for _, name in sorted(found)[:AT_ONCE]]

    def _ours(self, name: str) -> bool:
        if name.startswith((".", "~")) or name.lower().endswith(UNFINISHED):
            return False
        return fnmatch.fnmatchcase(name, self._pattern)

    def _read(self, name: str) -> bytes:
        with (self._folder / name).open("rb") as file:
            return file.read(Limits().size + 1)

    def _put_away(self, file: Arrived, why: str | None, errors: tuple[str, bytes] | None) -> None:
        to = self._folder / ("done" if why is None else "refused")
        place = _free(to / file.name)
        if why is not None:
            place.with_name(f"{place.name}.txt").write_text(why + "\n", encoding="utf-8")
        if errors is not None:
            place.with_name(f"{place.name}.can-sua.{errors[0]}").write_bytes(errors[1])
        try:
            (self._folder / file.name).rename(place)
        except FileNotFoundError:
            return  # another worker has put it away


def _free(place: Path) -> Path:
    """This name, or one like it that is not taken yet: files of every month are called the same."""
    number = 1
    found = place
    while found.exists():
        number += 1
        found = place.with_name(f"{place.stem}-{number}{place.suffix}")
    return found
