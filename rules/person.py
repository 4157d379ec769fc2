"""Reads all that is known of one person from one line of JSON: {register: record or [records]}."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from rules.problem import BadRow, Problem
from rules.register import RegisterSchema
from rules.rows import may_hold_nul

Rows = dict[str, list[dict[str, object]]]

_BROKEN = (msgspec.MsgspecError, UnicodeError, RecursionError)


class PersonReader:
    """Reads lines in one go; only a line that is not sound is read again, row by row, to say what is wrong with it."""

    def __init__(self, registers: Mapping[str, RegisterSchema]) -> None:
        self._registers = dict(registers)
        fields: list[tuple[str, Any, Any]] = []
        for name, schema in registers.items():
            row = schema.reader.struct
            fields.append((name, list[row] | row | None, None))  # type: ignore[valid-type]  # made from the columns
        self._person = msgspec.json.Decoder(msgspec.defstruct("Person", fields, frozen=True, gc=False))
        self._sound = tuple((name, schema.reader.sound) for name, schema in registers.items())
        self._parts = msgspec.json.Decoder(dict[str, msgspec.Raw])
        self._list = msgspec.json.Decoder(list[msgspec.Raw])

    def read(self, line: bytes) -> Rows:
        """The sound rows by register; unknown registers and columns are ignored. Raises BadRow with all problems."""
        return self.rows(self._one(line), line)

    def decode(self, lines: Sequence[bytes]) -> list[Any]:
        """What stands in each line, with no row looked at as a whole; None where it must be read row by row."""
        between = b"" if lines[0].endswith(b"\n") else b"\n"
        text = between.join(lines)
        # with as many breaks between objects as between lines, and as many objects, each line holds just one
        if text.startswith(b"{") and text.count(b"}\n{") == len(lines) - 1 and not may_hold_nul(text):
            try:
                people = self._person.decode_lines(text)
            except _BROKEN:
                people = []  # which line it is, is found by reading them one by one
            if len(people) == len(lines):
                return people
        return [self._one(line) for line in lines]

    def rows(self, person: Any, line: bytes) -> Rows:
        """The sound rows of a line that was decoded. Raises BadRow with all problems."""
        if person is None:
            return self._slowly(line)
        found: Rows = {}
        for name, sound in self._sound:
            given: Any = getattr(person, name)
            if given is None:
                continue
            rows = found[name] = []
            for one in given if given.__class__ is list else (given,):
                row = sound(one)
                if row is None:
                    return self._slowly(line)
                rows.append(row)
        return found

    def _one(self, line: bytes) -> Any:
        try:
            person = self._person.decode(line)
        except _BROKEN:
            return None
        return None if may_hold_nul(line) else person

    def _slowly(self, line: bytes) -> Rows:
        if not line.strip():
            raise BadRow([Problem("line", "It is empty.", "Write one person a line, or take the line out.")])
        try:
            given = self._parts.decode(line)
        except _BROKEN as error:
            why = f"It is not a JSON object in UTF-8 ({error})."
            raise BadRow([Problem("line", why, "Write {register: record or [records]}.")]) from error
        found: Rows = {}
        problems: list[Problem] = []
        for name, schema in self._registers.items():
            body = bytes(given.get(name, b"null")).strip()
            try:
                parts = self._list.decode(body) if body.startswith(b"[") else () if body == b"null" else (body,)
            except _BROKEN as error:
                problems.append(Problem(name, f"It is not a list of records ({error}).", "Write records as objects."))
                continue
            rows = []
            for part in parts:
                try:
                    rows.append(schema.read(bytes(part)))
                except BadRow as bad:
                    problems += [Problem(f"{name}.{one.where}", one.why, one.mend) for one in bad.problems]
            if body != b"null":
                found[name] = rows
        if problems:
            raise BadRow(problems)
        return found
