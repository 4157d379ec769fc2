"""A proactive service, ready to be asked: what is owed, whether a record is due and why, and its form and ladder."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import msgspec

from rules.base import Confidence, Words
from rules.condition import Condition, NotInForce, Records, Scope
from rules.day import Day, silence
from rules.expected import Dimension
from rules.grammar import Budget, Closing, Contact, Decision, Form, FormField, Need, Option, Rung, ServiceText, Variant
from rules.kinds import Row, day_text
from rules.ladder import rung_days
from rules.ladder import useful_until as _useful_until
from rules.offices import centre_of
from rules.person import PersonReader
from rules.recalled import Likeness
from rules.register import RegisterSchema
from rules.verdict import Owed, Verdict

_DAYS_KEPT = 1024


class Filled(msgspec.Struct, frozen=True):
    """A field of the application with the value the registers have for it, and where the value comes from.

    Where the citizen must choose, `value` is None and `options` are the answers (none for a list kept elsewhere).
    """

    field: FormField
    value: object = None
    register_name: str | None = None
    column: str | None = None
    record: Row | None = None
    options: tuple[Option, ...] = ()


class Service:
    """One folder of `rules/`. All of its answers depend only on what is given: records, in any order, and a day.

    Rows must come from `RegisterSchema.read` or `.take`, whole or cut to `columns_needed`.
    """

    def __init__(
        self, text: ServiceText, form: Form, registers: Mapping[str, RegisterSchema], *, folder: Path, version: str
    ) -> None:
        self.text = text
        self.form = form
        self.folder = folder
        self.version = version
        self.name = text.name
        self.title = text.title
        self.level = text.level
        self.published = text.status == "published"
        self.register = text.registers.main
        self.registers: tuple[str, ...] = (text.registers.main, *text.registers.others)
        self.messages_dir = folder / "messages"
        self._schemas = registers
        self._day = lru_cache(maxsize=_DAYS_KEPT)(self._make_day)

    @cached_property
    def judged(self) -> Mapping[str, RegisterSchema]:
        """The watched registers, each cut to what decides whether a record is due and how, and to what letters name."""
        wanted: dict[str, set[str]] = {register: set() for register in self.registers}
        named = {fact.field for fact in self.text.letters.values()}
        origins = [origin for field in self.form.fields if field.name in named for origin in field.sources]
        for register, column in (*self.columns_judged(), *((o.register_name, o.column) for o in origins)):
            wanted[register].add(column)
        return {register: self._schemas[register].cut(columns) for register, columns in wanted.items()}

    @cached_property
    def people(self) -> PersonReader:
        """Reads all that a line says of one person, as far as it decides whether a record is due."""
        return PersonReader(self.judged)

    @property
    def ladder(self) -> tuple[Rung, ...]:
        """The steps on which the citizen is told, by their days around the anchor."""
        return self.text.ladder

    @property
    def decision(self) -> Decision:
        """Who decides."""
        return self.text.decision

    @property
    def closing(self) -> Closing:
        """When a dossier is over."""
        return self.text.closing

    @property
    def contact(self) -> Contact:
        """Where the citizen's phone number stands."""
        return self.text.contact

    def least(self, on: date) -> dict[tuple[str, Dimension], int]:
        """The least that it accepts on a day, in percent, by register and dimension."""
        found: dict[tuple[str, Dimension], int] = {}
        for one in self.text.quality:
            period = self.text.values[one.least].at(on)
            if period is not None and isinstance(period.value, int):
                found[one.register_name, one.dimension] = period.value
        return found

    @property
    def needs(self) -> Mapping[str, Need]:
        """What may be needed from the citizen, by name."""
        return {need.name: need for need in self.text.needs}

    @property
    def variants(self) -> Mapping[str, Variant]:
        """The ways the service can go, by name."""
        return self.text.variants

    def confidence(self, reference: str) -> Confidence:
        """How sure we are of an article the service stands on; officers see it. Raises KeyError for one it does not."""
        return {basis.reference: basis.confidence for basis in self.text.legal_basis}[reference]

    def owed(self, records: Records, on: date) -> list[Owed]:
        """All occasions that one subject owes on this day or later, given all known records of that subject."""
        day = self._day(on)
        return day.owed(records) if isinstance(day, Day) else []

    def evaluate(self, record: Row, records: Records, on: date) -> Verdict:
        """What one record of the main register means on a day, with every reason.

        `due_on`, `ends_on` and `cycle` are given wherever the record has an anchor, due or not.
        """
        day = self._day(on)
        return day.evaluate(record, records) if isinstance(day, Day) else day

    def asked_on(self, on: date) -> Callable[[Row, Records], Verdict]:
        """The same for many records on one day."""
        day = self._day(on)
        if isinstance(day, Day):
            return day.evaluate
        return lambda record, records: day

    def fill(self, record: Row, records: Records, on: date) -> Iterator[Filled]:
        """The fields of the form that apply to this record, in order, each with the value the registers have."""
        scope = self._scope(on)
        for field in self.form.fields:
            if field.when is None or field.when.condition.holds(scope)(record, record, records, on):
                yield self._filled(field, record, records, scope)

    def deciding_office(self, records: Records) -> str:
        """The office that decides about one subject: the centre of the commune, where each decides for itself."""
        unit = self.decision.unit
        for row in records.get(unit.register_name, ()) if unit is not None else ():
            code = row.get(unit.column) if unit is not None else None
            if code is not None and (centre := centre_of(str(code))) is not None:
                return centre.id
        return self.decision.office

    @property
    def short(self) -> Words:
        """What it is called in a message that speaks of several matters."""
        return self.text.short or self.title

    def rung(self, *, anchor: date, today: date) -> tuple[Rung, date | None]:
        """The rung that is open on a day (the first before any has opened), and the day of the next one, if any."""
        days = rung_days(self.ladder, anchor)
        opened = sum(day <= today for day in days)
        later = days[max(1, opened) :]
        return self.ladder[max(0, opened - 1)], later[0] if later else None

    def useful_until(self, *, anchor: date, rung: Rung, ends_on: date) -> date:
        """The last day on which a message of this rung is of use: then the next rung speaks, or the anchor has come."""
        index = next(n for n, one in enumerate(self.ladder) if one.name == rung.name)
        return min(_useful_until(self.ladder, index, anchor), ends_on)

    def letter_values(self, key: str, fields: Mapping[str, str | None]) -> dict[str, str]:
        """What the service's messages may name, out of a dossier's record key and its fields (days as YYYY-MM-DD)."""
        return {
            name: _shown(key if fact.field == "key" else fields.get(fact.field), fact.shown)
            for name, fact in self.text.letters.items()
        }

    @property
    def budget(self) -> Budget:
        """What its messages may use a day, as far as it says so itself."""
        return self.text.budget or Budget()

    def columns(self) -> Iterator[tuple[str, str]]:
        """Every column that its rules and its form read, with its register."""
        yield from self.columns_judged()
        yield self.contact.register_name, self.contact.column
        if self.decision.unit is not None:
            yield self.decision.unit.register_name, self.decision.unit.column
        scope = self._scope(date.min)
        for field in self.form.fields:
            yield from ((origin.register_name, origin.column) for origin in field.sources)
            if field.lookup is not None:
                yield from ((self.register, column) for column in field.lookup.by)
            if field.when is not None:
                yield from field.when.condition.columns(scope)

    def columns_judged(self) -> Iterator[tuple[str, str]]:
        """The columns that decide whether it is due, and how."""
        text, scope = self.text, self._scope(date.min)
        yield self.register, self._schemas[self.register].key
        for register in self.registers:
            yield register, self._schemas[register].subject.column
        yield from ((self.register, name) for name in text.cycle if name != "anchor")
        for condition in self._conditions():
            yield from condition.columns(scope)

    @cached_property
    def likeness(self) -> Likeness:
        """Tells which people are alike in all that decides, so that what was said of one can be said of the other."""
        hangs_on: dict[str, set[str]] = {}
        for condition in self._conditions():
            for register, column in condition.hangs_on(self._scope(date.min)):
                hangs_on.setdefault(register, set()).add(column)
        return Likeness(self.register, self.judged, hangs_on, self.text.cycle)

    def _conditions(self) -> Iterator[Condition]:
        text = self.text
        clauses = [*text.owed, *(block.when for block in text.blocked_by)]
        clauses += [choice.when for regime in text.regimes for choice in regime.variants if choice.when is not None]
        clauses += [need.when for need in text.needs if need.when is not None]
        yield text.window.window
        yield from (clause.condition for clause in clauses)

    def _scope(self, on: date) -> Scope:
        return Scope(self._schemas, self.register, self.register, self.text.values, on)

    def _make_day(self, on: date) -> Day | Verdict:
        try:
            day = Day(self.text, self._scope(on))
        except NotInForce as why:
            return silence(self.text, why, on)
        return day if day.in_force else silence(self.text, None, on)

    def _filled(self, field: FormField, record: Row, records: Records, scope: Scope) -> Filled:
        if field.fixed is not None:
            return Filled(field, field.fixed)
        if field.lookup is not None:
            period = self.text.values[field.lookup.table].at(scope.day)
            table: Any = {} if period is None else period.value
            key = [record.get(column) for column in field.lookup.by]
            listed: Sequence[str] = () if None in key else table.get(" ".join(map(str, key)), ())
            if len(listed) == 1:
                return Filled(field, listed[0])
            return Filled(field, options=tuple(option for option in field.choose or () if option.code in listed))
        for origin in field.sources:
            rows: Sequence[Row] = (
                (record,) if origin.register_name == self.register else records.get(origin.register_name, ())
            )
            for row in rows:
                if (value := row.get(origin.column)) not in (None, ""):
                    return Filled(field, value, origin.register_name, origin.column, row)
        return Filled(field, options=field.choose or ())


def _shown(value: str | None, shown: str) -> str:
    text = value or ""
    if shown == "last4":
        return text[-4:]
    return day_text(date.fromisoformat(text)) if shown == "date" and text else text
