"""What the checker looks at: the logs of the driver and the stand-ins, and the store's tables as plain rows."""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import psycopg
from psycopg.rows import dict_row

from tests.faults.checker.opening import opener, unhidden

Row = dict[str, Any]
Name = TypeVar("Name")

CODE = re.compile(r"\b([2-9A-HJ-NP-Z]{4}) ([2-9A-HJ-NP-Z]{4})\b")

TABLES = (
    "record", "rejected_change", "occasion", "dossier", "history", "notice", "receipt", "handover", "progress", "news",
    "passcode", "opt_out", "event",
)  # fmt: skip
LEAVES = "SELECT place, row_key, count(*) AS number FROM audit_leaf GROUP BY 1, 2"


@dataclass
class World:
    """One played-out story, from both sides."""

    today: date
    source: list[Row] = field(default_factory=list)
    people: list[Row] = field(default_factory=list)
    phones: list[Row] = field(default_factory=list)
    intake: list[Row] = field(default_factory=list)
    kafka: list[Row] = field(default_factory=list)
    pushed: list[Row] = field(default_factory=list)
    written: dict[str, str] = field(default_factory=dict)
    """Name of a log file -> all its text."""
    unhidden: list[tuple[str, str]] = field(default_factory=list)
    """(table, column) of the store that hold a personal id as it is, where pseudonyms should stand."""
    store: dict[str, list[Row]] = field(default_factory=lambda: {name: [] for name in (*TABLES, "audit_leaf")})

    @cached_property
    def newest(self) -> dict[tuple[str, str], Row]:
        """(register, key) -> the newest good row that was committed in the source."""
        found: dict[tuple[str, str], Row] = {}
        for line in self.source:
            place = (line["register"], line["key"])
            if not line.get("bad") and (place not in found or line["version"] >= found[place]["version"]):
                found[place] = line
        return found

    @cached_property
    def _rows(self) -> dict[tuple[str, str], list[Row]]:
        there = (((name, one["subject"]), one["row"]) for (name, _), one in self.newest.items())
        return _grouped((whose, row) for whose, row in there if row is not None)

    def rows(self, register: str, subject: str) -> list[Row]:
        """What the source holds of a person now."""
        return self._rows.get((register, subject), [])

    @cached_property
    def dossiers(self) -> dict[str, Row]:
        return {str(one["id"]): one for one in self.store["dossier"]}

    @cached_property
    def by_code(self) -> dict[str, Row]:
        return {one["code"]: one for one in self.store["dossier"]}

    @cached_property
    def texts(self) -> list[Row]:
        """What the provider took, in order."""
        return [line["taken"] for line in self.phones if "taken" in line]

    @cached_property
    def asked(self) -> list[Row]:
        """What the provider was asked to send, in order."""
        return [line["asked"] for line in self.phones if "asked" in line]

    @cached_property
    def applications(self) -> list[Row]:
        """What the intake took, in order."""
        return [line["taken"] for line in self.intake if "taken" in line]

    @cached_property
    def reached(self) -> dict[str, list[int]]:
        """Reference -> the statuses that the intake reached, in order."""
        found: dict[str, list[int]] = {}
        for line in self.intake:
            if "status" in line:
                found.setdefault(line["status"]["reference"], []).append(line["status"]["code"])
        return found

    @cached_property
    def _told(self) -> dict[str, list[Row]]:
        """By the dossier's id: a citizen's line names its code."""
        ids = {code: id for id, one in self.dossiers.items() for code in (one["code"], id)}
        whose = ((ids.get(one.get("code") or one.get("dossier", "")), one) for one in self.people)
        return _grouped((id, one) for id, one in whose if id is not None)

    def told(self, dossier: Row) -> list[Row]:
        """What was done to this dossier by people, in order."""
        return self._told.get(str(dossier["id"]), [])

    @cached_property
    def _moves(self) -> dict[str, list[Row]]:
        lines = sorted(self.store["history"], key=lambda row: int(row["id"]))
        moved = (one for one in lines if one["to_state"] is not None and one["from_state"] != one["to_state"])
        return _grouped((str(one["dossier_id"]), one) for one in moved)

    def moves(self, dossier: str) -> list[Row]:
        """The dossier's history without lines that only keep it where it is."""
        return self._moves.get(dossier, [])


def _grouped(rows: Iterable[tuple[Name, Row]]) -> dict[Name, list[Row]]:
    found: dict[Name, list[Row]] = {}
    for name, row in rows:
        found.setdefault(name, []).append(row)
    return found


def codes(body: str) -> list[str]:
    """The check codes in a text: two times four letters and digits, in a text that announces them."""
    return ["".join(halves) for halves in CODE.findall(body)] if "Ma kiem tra" in body else []


def moment(text: str | datetime) -> datetime:
    return text if isinstance(text, datetime) else datetime.fromisoformat(text)


def due(world: World, subject: str) -> list[str]:
    """The licences of a living person that their city should write about on this day: keys of records.

    The checker's own reading of the law, for the kinds of people that the driver makes up: a valid car or lorry
    licence of the old law from 60 days before to 730 days after the printed day, unless a newer one has come.
    """
    if not any(one["died_on"] is None for one in world.rows("residents", subject)):
        return []
    licences = [one for one in world.rows("driver_licences", subject) if one["status"] == "valid"]
    found = []
    for one in licences:
        ends = date.fromisoformat(one["expires_on"])
        if any(o["class"] == one["class"] and date.fromisoformat(o["expires_on"]) > ends for o in licences):
            continue
        if ends - timedelta(days=60) <= world.today <= ends + timedelta(days=730):
            found.append(str(one["licence_no"]))
    return found


def read(folder: Path, store: str, *, leaks: bool = True) -> World:
    """Everything, from the files and from the database, in one transaction that may only read.

    Without `leaks` what only tells of them is left out, which is most of the work: the processes' own logs, and where
    in the store somebody's id stands as it is.
    """
    logs = {name: list(_lines(folder / f"{name}.jsonl")) for name in ("source", "people", "phones", "intake")}
    more = {name: list(_lines(folder / f"{name}.jsonl")) for name in ("kafka", "pushed")}
    logs_of_ours = (folder / "logs").glob("*.log*") if leaks else ()
    written = {path.name: path.read_text(encoding="utf-8", errors="replace") for path in logs_of_ours}
    today = date.fromisoformat(json.loads((folder / "world.json").read_text(encoding="utf-8"))["today"])
    with psycopg.connect(store, row_factory=dict_row) as connection:
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        stored = tables(connection)
    amiss: list[tuple[str, str]] = []
    if (key := folder / "lookup-key").exists():
        amiss = unhidden(stored, {line["subject"] for line in logs["source"]}) if leaks else []
        stored = opener(key.read_text(encoding="ascii"))(stored)
    return World(today=today, **logs, **more, written=written, unhidden=amiss, store=stored)


def tables(connection: psycopg.Connection[Row]) -> dict[str, list[Row]]:
    """The store's rows as they are now."""
    found = {name: connection.execute(f'SELECT * FROM "{name}"').fetchall() for name in TABLES}
    return {**found, "audit_leaf": connection.execute(LEAVES).fetchall()}


def _lines(path: Path) -> Iterator[Row]:
    """The lines of a log; a last one that was cut off by a crash counts for nothing."""
    if path.exists():
        for line in path.read_text(encoding="utf-8").splitlines(keepends=True):
            if line.endswith("\n"):
                yield json.loads(line)
