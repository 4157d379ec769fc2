"""What every condition can do: check itself, name the columns it reads, and become a fast test for one day."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import ClassVar

from pydantic import GetJsonSchemaHandler, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from rules.base import Rule, Text, Words
from rules.dated import Dated, Flaw, Value
from rules.kinds import ColumnType, Row
from rules.register import Column, RegisterSchema
from rules.verdict import Because

Records = Mapping[str, Sequence[Row]]
"""All that is known of one subject, by register."""

Test = Callable[[Row, Row, Records, date], bool]
"""Does it hold, of this row, for the record asked about, among these records, for this anchor?"""

Show = Callable[[Row, Row, Records, date], str | None]
"""What was looked at, fit to be shown to people."""

Look = Callable[[Row, Row, Records, date], tuple[bool, str | None]]
"""Both at once: whether it holds, and what was looked at."""

Trace = Callable[[Row, Row, Records, date], list[Because]]


class NotInForce(LookupError):
    """A dated value is not in force on the day asked."""

    def __init__(self, name: str, dated: Dated) -> None:
        self.name, self.dated = name, dated
        super().__init__(name)


@dataclass(frozen=True, slots=True)
class Scope:
    """What a condition may refer to: the registers, whose row it looks at, the dated values, and the day asked."""

    registers: Mapping[str, RegisterSchema]
    register: str
    asked: str
    values: Mapping[str, Dated]
    day: date = date.min

    def over(self, register: str) -> Scope:
        """The same, looking at the rows of another register."""
        return replace(self, register=register)

    @property
    def schema(self) -> RegisterSchema:
        """The register whose row is looked at."""
        return self.registers[self.register]

    def value(self, name: str) -> Value:
        """A dated value on the day asked. Raises NotInForce."""
        period = self.values[name].at(self.day)
        if period is None:
            raise NotInForce(name, self.values[name])
        return period.value

    def number(self, name: str) -> int:
        """A dated value that is a whole number. Raises NotInForce; the loader has made sure it is one."""
        value = self.value(name)
        if not isinstance(value, int):
            raise TypeError(f"the dated value {name} is no number")
        return value

    def spoken(self) -> dict[str, int | str]:
        """The dated values of the day as they stand in a sentence."""
        found = {name: period.value for name, dated in self.values.items() if (period := dated.at(self.day))}
        return {
            name: ", ".join(map(str, value)) if isinstance(value, tuple | dict) else value
            for name, value in found.items()
        }

    def told(self, words: Words) -> tuple[str, str]:
        """A sentence in Vietnamese and English, with the dated values of the day. Raises NotInForce."""
        try:
            return words.told(self.spoken())
        except KeyError as missing:
            name = str(missing.args[0])
            raise NotInForce(name, self.values[name]) from missing

    def words_flaws(self, words: Words, *field: str | int) -> Iterator[Flaw]:
        """What stands in braces in a sentence must be a dated value."""
        for language, sentence in (("vi", words.vi), ("en", words.en)):
            try:
                sentence.format_map(dict.fromkeys(self.values, 0))
            except (KeyError, ValueError, IndexError, AttributeError):
                why = "It names in braces something that is no dated value."
                yield (*field, language), why, f"Use one of: {', '.join(self.values) or 'none'}."

    def shows(self, column: str) -> Show:
        """Reads a column of the row as people may see it."""
        show = self.schema.shower(column)
        return lambda row, asked, records, anchor: show(row)

    def column_flaws(self, column: str, field: str, *types: ColumnType, asked: bool = False) -> Iterator[Flaw]:
        """The column must exist and, where types are named, be of one of them."""
        register = self.asked if asked else self.register
        columns = self.registers[register].columns
        known: Column | None = columns.get(column)
        if known is None:
            yield (field,), f"The register {register} has no column '{column}'.", f"Use one of: {', '.join(columns)}."
        elif types and known.type not in types:
            yield (field,), f"'{column}' is {known.type}, not {' or '.join(types)}.", "Name a column of that type."

    def value_flaws(self, name: str, field: str, kind: type) -> Iterator[Flaw]:
        """The dated value must exist and be of this kind in every period."""
        dated = self.values.get(name)
        if dated is None:
            known = ", ".join(self.values) or "none yet"
            yield (field,), f"There is no dated value '{name}'.", f"Add it under `values`, or use one of: {known}."
        elif not all(isinstance(period.value, kind) for period in dated.periods):
            nouns = {int: "a whole number", tuple: "a list", dict: "a table", str: "a text"}
            yield (field,), f"The dated value '{name}' is not {nouns[kind]} in every period.", "Correct its periods."


class Condition(ABC):
    """A word of the closed vocabulary. Its module's name is the word; being in the folder is being known."""

    @abstractmethod
    def flaws(self, scope: Scope) -> Iterator[Flaw]:
        """What is wrong with it in this scope; a condition with a flaw is never published."""

    @abstractmethod
    def columns(self, scope: Scope) -> Iterator[tuple[str, str]]:
        """The columns it reads, each with its register."""

    def hangs_on(self, scope: Scope) -> Iterator[tuple[str, str]]:
        """The columns whose values decide: not what only says whose a row is, or names the row that was found."""
        return self.columns(scope)

    @abstractmethod
    def holds(self, scope: Scope) -> Test:
        """The fast test for the scope's day. Raises NotInForce where a value it needs is not."""

    def shows(self, scope: Scope) -> Show:
        """What it looked at, for people; nothing unless the condition says otherwise."""
        return lambda row, asked, records, anchor: None

    def looks(self, scope: Scope) -> Look:
        """Both at once, for the trace."""
        test, show = self.holds(scope), self.shows(scope)
        return lambda row, asked, records, anchor: (
            test(row, asked, records, anchor),
            show(row, asked, records, anchor),
        )

    def alone(self) -> bool:
        """Whether on one day it depends on nothing but what the columns it reads hold in the row it looks at."""
        return False

    def looks_into(self) -> str | None:
        """The register whose rows it looks through, if one: where it has none of the person, one answer serves all."""
        return None

    def inner(self) -> Sequence[Clause]:
        """The clauses inside it that look at the same row and explain themselves."""
        return ()

    def dated(self) -> Iterator[str]:
        """The dated values it looks up."""
        return iter(())


def one_word(schema: JsonSchemaValue, handler: GetJsonSchemaHandler, words: Sequence[str]) -> JsonSchemaValue:
    """The JSON Schema of a clause, saying that exactly one word of the vocabulary stands in it."""
    handler.resolve_ref_schema(schema)["oneOf"] = [{"required": [word]} for word in words]
    return schema


class Clause(Rule):
    """One condition in a rule, what it says in words, and the law it stands on.

    In `says`, `{name}` stands for the dated value of that name on the day asked.
    """

    vocabulary: ClassVar[tuple[str, ...]] = ()

    says: Words | None = None
    reference: Text | None = None

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return one_word(handler(core), handler, cls.vocabulary)

    @model_validator(mode="after")
    def _exactly_one(self) -> Clause:
        written = [word for word in self.vocabulary if getattr(self, word) is not None]
        if len(written) != 1:
            said = f"It holds {len(written)} conditions ({', '.join(written)})" if written else "It holds no condition"
            raise ValueError(f"{said}, not one. Write exactly one of: {', '.join(self.vocabulary)}")
        return self

    @cached_property
    def word(self) -> str:
        """Which word of the vocabulary it uses."""
        return next(word for word in self.vocabulary if getattr(self, word) is not None)

    @cached_property
    def condition(self) -> Condition:
        """The condition itself."""
        condition: Condition = getattr(self, self.word)
        return condition

    def flaws(self, scope: Scope) -> Iterator[Flaw]:
        """What is wrong with it in this scope."""
        for loc, why, mend in self.condition.flaws(scope):
            yield (self.word, *loc), why, mend
        if self.says is not None:
            yield from scope.words_flaws(self.says, "says")

    def trace(self, scope: Scope) -> Trace:
        """Says of a row whether it holds and why, with the clauses inside that speak for themselves."""
        look = self.condition.looks(scope)
        inner = [clause.trace(scope) for clause in self.condition.inner() if clause.says is not None]
        if self.says is None:
            return lambda row, asked, records, anchor: [b for one in inner for b in one(row, asked, records, anchor)]
        vi, en, reference = *self.words(scope), self.reference

        def trace(row: Row, asked: Row, records: Records, anchor: date) -> list[Because]:
            found = [Because(vi, en, *look(row, asked, records, anchor), reference)]
            for one in inner:
                found += one(row, asked, records, anchor)
            return found

        return trace

    def words(self, scope: Scope) -> tuple[str, str]:
        """What it says, in Vietnamese and English, with the dated values of the day."""
        if self.says is None:
            return "", ""
        return scope.told(self.says)
