"""The catalogue of procedures: read from a spreadsheet as proposals, taken from stage to stage, and looked up."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import msgspec

from proactive.domain.procedure import Entry, Signed, Stage, advance
from proactive.errors import Overtaken, Permanent
from proactive.sheets import Unreadable
from proactive.sheets.naming import named_rows
from proactive.store.store import Store
from rules.offices.resolving import folded
from rules.problem import Problem
from rules.procedures import Procedure
from rules.procedures.rows import HEADINGS, columns
from rules.procedures.rows import read as read_row


@dataclass(frozen=True)
class Line:
    """A line of the file: the procedure in it, or what is wrong with it."""

    number: int
    code: str
    procedure: Procedure | None
    problems: tuple[Problem, ...]


def read(content: bytes) -> list[Line]:
    """Every line of a CSV or XLSX file. Raises `Unreadable` where it is no table of procedures."""
    rows = named_rows(
        content,
        columns=columns,
        known_by=["code"],
        needed={name: name for name in HEADINGS},
        mend="Add them, also where they are empty.",
        otherwise=Unreadable("No line has the headings of procedures.", f"Begin with: {', '.join(HEADINGS)}."),
    )
    found: list[Line] = []
    for number, row in rows:
        made, problems = read_row(row)
        found.append(Line(number, row.get("code", ""), made, tuple(problems)))
    codes = [line.code for line in found]
    twice = {code for code in codes if codes.count(code) > 1}
    return [_once(line) if line.code in twice else line for line in found]


def _once(line: Line) -> Line:
    problem = Problem("code", f"{line.code} stands in several lines.", "Keep one of them.")
    return Line(line.number, line.code, None, (*line.problems, problem))


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
