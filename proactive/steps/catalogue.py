"""The catalogue of procedures: read from a spreadsheet as proposals, taken from stage to stage, and looked up."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

import msgspec

from proactive.domain.procedure import Entry, Signed, Stage, advance
from proactive.errors import Overtaken, Permanent
from proactive.sheets import Unreadable, opened
from proactive.store.store import Store
from rules.offices.resolving import folded
from rules.problem import Problem
from rules.procedures import Procedure
from rules.procedures.rows import HEADINGS, columns
from rules.procedures.rows import read as read_row

LOOKED_AT = 20
"""Lines within which the headings must stand."""


@dataclass(frozen=True)
class Line:
    """A line of the file: the procedure in it, or what is wrong with it."""

    number: int
    code: str
    procedure: Procedure | None
    problems: tuple[Problem, ...]


def read(content: bytes) -> list[Line]:
    """Every line of a CSV or XLSX file. Raises `Unreadable` where it is no table of procedures."""
    found: list[Line] = []
    places: Mapping[int, str] = {}
    for number, cells in enumerate(opened(content).rows, 1):
        if not places:
            places = columns(cells)
            if "code" not in places.values():
                places = {}
                if number >= LOOKED_AT:
                    break
                continue
            if missing := [name for name in HEADINGS if name not in places.values()]:
                raise Unreadable(f"Columns are missing: {', '.join(missing)}.", "Add them, also where they are empty.")
            continue
        row = {name: _text(cells[place]) for place, name in places.items() if place < len(cells)}
        if any(row.values()):
            made, problems = read_row(row)
            found.append(Line(number, row.get("code", ""), made, tuple(problems)))
    if not places:
        raise Unreadable("No line has the headings of procedures.", f"Begin with: {', '.join(HEADINGS)}.")
    codes = [line.code for line in found]
    twice = {code for code in codes if codes.count(code) > 1}
    return [_once(line) if line.code in twice else line for line in found]


def _once(line: Line) -> Line:
    problem = Problem("code", f"{line.code} stands in several lines.", "Keep one of them.")
    return Line(line.number, line.code, None, (*line.problems, problem))


def _text(cell: object) -> str:
    return "" if cell is None else (f"{cell:g}" if isinstance(cell, float) else str(cell)).strip()


async def propose(lines: list[Line], *, signed: Signed, store: Store) -> list[Entry]:
    """Keep what can be used as proposals; what says the same as the living version changes nothing."""
    kept = []
    for line in lines:
        if line.procedure is not None:
            body = line.procedure.model_dump(mode="json", by_alias=True)
            if (entry := await store.procedures.propose(line.procedure.code, body, signed)) is not None:
                kept.append(entry)
    return kept


async def take(code: str, version: int | None, to: Stage, *, signed: Signed, store: Store) -> Entry:
    """Take a version (the newest, where none is named) to its next stage.

    Raises `Permanent`, `OutOfTurn`, or `Overtaken` where somebody else took a step meanwhile.
    """
    before = await store.procedures.get(code, version)
    if before is None:
        raise Permanent(f"There is no such version of procedure {code}. See `proactive procedures list`.")
    after = advance(before, to, signed)
    if not await store.procedures.keep(before, after, signed):
        raise Overtaken(f"Somebody else changed version {before.version} of {code} meanwhile. Look again.")
    return after


@dataclass(frozen=True)
class Listed:
    """A version with what it says."""

    entry: Entry
    procedure: Procedure


def said(entry: Entry) -> Procedure:
    """What a version says."""
    return read_body(msgspec.json.encode(entry.body))


@lru_cache(maxsize=8192)
def read_body(body: bytes | str) -> Procedure:
    """What the same text says is read once a process."""
    return Procedure.model_validate(msgspec.json.decode(body))


def search(listed: list[Listed], words: str) -> Iterator[Listed]:
    """Those whose code, name, field or authority holds every word; marks and capitals do not matter."""
    wanted = folded(words).split()
    for one in listed:
        p = one.procedure
        text = folded(f"{p.code} {p.name.vi} {p.name.en} {p.field} {p.authority} {p.reference}")
        if all(word in text for word in wanted) and (not words.strip() or wanted):
            yield one
