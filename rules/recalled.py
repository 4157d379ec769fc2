"""People of whom all is the same that a service looks at get the same answer: it is worked out once, and recalled.

What differs from person to person, the key of a record and whose it is, seldom decides anything. So people are told
apart by which rows there are of them, by which of these are about the subject asked about, and by the values of those
columns that were in fact looked at in finding the answer. Where an answer says the key of a row aloud, it holds for
that person only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from operator import attrgetter
from typing import Any, Generic, NoReturn, TypeVar

from rules.day import cycle_text
from rules.kinds import ColumnType, Row
from rules.person import Rows
from rules.register import RegisterSchema

T = TypeVar("T")
Pick = Callable[[Any], object]

KEPT = 65_536
"""How many different answers are kept before all are forgotten; what comes in is never bounded, what is kept is."""

TRIED = 8192
"""Each time that so many answers were worked out it is asked whether recalling is worth its while: as many must have
been recalled meanwhile, or nothing is recalled any more. Watching what is looked at doubles the work."""


class Likeness:
    """What is to be known of a service's registers to tell which people are alike.

    `hangs_on` are the columns whose values its conditions use, by register; the key and the subject of a row are seldom
    among them, and are hidden then.
    """

    def __init__(
        self,
        main: str,
        registers: Mapping[str, RegisterSchema],
        hangs_on: Mapping[str, set[str]],
        cycle: Sequence[str],
    ) -> None:
        self.main, self.cycle = main, tuple(cycle)
        self.registers = registers
        self.hidden = {
            name: frozenset({one.key, one.subject.column} - hangs_on.get(name, set()))
            for name, one in registers.items()
        }
        types = [column.type for schema in registers.values() for column in schema.columns.values()]
        whose = [schema.columns[schema.subject.column].type for schema in registers.values()]
        self.exact = ColumnType.TIMESTAMP not in types and ColumnType.CODE not in whose
        """Not where a value is written in many ways, as the same moment is: then nobody is taken to be like anybody."""
        self.said_in_cycle = sum(name in self.hidden[main] for name in self.cycle)


class Recall(Generic[T]):
    """Answers that were given before, for one service on one day, about people as `PersonReader.decode` gives them."""

    def __init__(self, likeness: Likeness) -> None:
        self._like, self._main, self._names = likeness, likeness.main, likeness.cycle
        registers = likeness.registers
        self._given = _all_of(list(registers))
        self._parts = [
            (2 * index, attrgetter(schema.subject.column)) for index, schema in enumerate(registers.values(), start=1)
        ]
        self._base = 2 * len(registers) + 2
        self._rows_asked = attrgetter(likeness.main)
        self._mine = attrgetter(registers[likeness.main].subject.column)
        self._said = [name for name in likeness.cycle if name in likeness.hidden[likeness.main]]
        self._aloud = [attrgetter(name) for name in self._said]
        self._shapes: dict[int, _Alike[T]] = {}
        self._kept = self._made = self._recalled = 0
        self.trying = likeness.exact

    def known(self, people: Sequence[Any]) -> list[tuple[T, Any] | None]:
        """What was answered for somebody alike, and the row asked about; None where that is not known, a row is not
        sound, or nobody is given."""
        found: list[tuple[T, Any] | None] = [None] * len(people)
        if not self.trying:
            return found
        for shape, (numbers, rows) in self._placed(people).items():
            alike = self._shapes.get(shape)
            if alike is None:
                continue
            for number, answer, placed in zip(numbers, alike.recalled(rows), rows, strict=True):
                if answer is not None:
                    found[number] = answer, placed[0]
                    self._recalled += 1
        return found

    def learn(self, person: Any, known: Rows, make: Callable[[Rows], tuple[T, bool]]) -> T:
        """The answer that `make` gives for these rows, and whether it has a cycle; kept for all who are alike."""
        found = self._place(person) if self.trying else None
        if found is None:
            return make(known)[0]
        looked = Looked()
        hidden = self._like.hidden
        answer, has_cycle = make(
            {name: [_Watched(name, row, hidden[name], looked) for row in rows] for name, rows in known.items()}
        )
        said_in_cycle = self._like.said_in_cycle if has_cycle else 0
        if looked.said == said_in_cycle:
            self._keep(*found, looked.columns, answer)
        self._made += 1
        if self._made == TRIED:
            self.trying = self._recalled >= TRIED
            self._made = self._recalled = 0
        return answer

    def around(self, record: Row, anchor: date) -> list[str]:
        """What stands before, between and after the hidden values in the cycle of the record asked about."""
        pieces, bar = [""], ""
        for name in self._names:
            if name in self._said:
                pieces[-1] += bar
                pieces.append("")
            else:
                pieces[-1] += bar + cycle_text([anchor if name == "anchor" else record[name]])
            bar = "|"
        return pieces

    def asked(self, person: Any) -> Any:
        """The decoded row asked about: the first of its register; None where there is none."""
        rows = self._rows_asked(person)
        if rows.__class__ is list:
            return rows[0] if rows else None
        return rows

    def aloud(self, asked: Any) -> list[str]:
        """The hidden values that stand in the cycle of the decoded row asked about, in their order."""
        values = [get(asked) for get in self._aloud]
        return [value if value.__class__ is str else cycle_text([value]) for value in values]

    def _placed(self, people: Sequence[Any]) -> dict[int, tuple[list[int], list[list[Any]]]]:
        """Which of them are of each shape, by their places, and the rows of each."""
        shapes: dict[int, tuple[list[int], list[list[Any]]]] = {}
        for number, person in enumerate(people):
            found = None if person is None else self._place(person)
            if found is None:
                continue
            numbers, rows = shapes.setdefault(found[0], ([], []))
            numbers.append(number)
            rows.append(found[1])
        return shapes

    def _place(self, person: Any) -> tuple[int, list[Any]] | None:
        """Which rows there are, the one asked about first, and which are about its subject; None where there is none."""
        asked = self.asked(person)
        if asked is None:
            return None
        whose, base, shape = self._mine(asked), self._base, 1
        placed: list[Any] = []
        for (index, subject), given in zip(self._parts, self._given(person), strict=True):
            if given is None:
                continue
            if given.__class__ is not list:
                given = (given,)  # noqa: PLW2901  one record may be written without its brackets
            for row in given:
                shape = shape * base + index + (subject(row) == whose)
                placed.append(row)
        return shape, placed

    def _rows(self, shape: int) -> list[tuple[RegisterSchema, bool]]:
        """The register of each row of a shape, and whether the row is about the subject asked about."""
        schemas, found = list(self._like.registers.values()), list[tuple[RegisterSchema, bool]]()
        while shape > 1:
            shape, index = divmod(shape, self._base)
            found.append((schemas[index // 2 - 1], index % 2 == 1))
        return found[::-1]

    def _keep(self, shape: int, rows: list[Any], columns: set[tuple[str, str]], answer: T) -> None:
        if self._kept >= KEPT:
            self._shapes.clear()
            self._kept = 0
        alike = self._shapes.get(shape)
        if alike is None:
            alike = self._shapes[shape] = _Alike(self._rows(shape))
        alike.widen(columns)
        alike.keep(rows, answer)
        self._kept += 1


class Looked:
    """What was looked at in working out an answer: the columns, and how often a hidden value was said."""

    def __init__(self) -> None:
        self.columns: set[tuple[str, str]] = set()
        self.said = 0


class _Alike(Generic[T]):
    """People of one shape: which of their columns decide, as far as that is known, and what was answered."""

    def __init__(self, rows: list[tuple[RegisterSchema, bool]]) -> None:
        self._rows = rows
        self._columns: set[tuple[str, str]] | None = None
        self._picks: list[Pick] = []
        self.asked: list[tuple[int, Pick, Callable[[Any], bool]]] = []
        """What must be true of a row beside what tells people apart: for those whose answer is kept it was true."""
        self.answers: dict[object, T] = {}

    def recalled(self, people: list[list[Any]]) -> list[T | None]:
        """What was answered for those who are like these people, given by their rows; column by column, which is three
        times as fast as person by person."""
        places = list(zip(*people, strict=True))
        told = zip(*[map(pick, rows) for pick, rows in zip(self._picks, places, strict=True)], strict=True)
        answers = [*map(self.answers.get, told)]
        for place, get, sound in self.asked:
            good = [*map(sound, map(get, places[place]))]
            if not all(good):
                answers = [answer if fine else None for answer, fine in zip(answers, good, strict=True)]
        return answers

    def keep(self, rows: list[Any], answer: T) -> None:
        """For all who are like the person of these rows."""
        self.answers[tuple([pick(row) for pick, row in zip(self._picks, rows, strict=True)])] = answer

    def widen(self, columns: set[tuple[str, str]]) -> None:
        """From now on these are looked at too; what was answered without looking at them is forgotten."""
        if self._columns is not None and columns <= self._columns:
            return
        looked = self._columns = columns | (self._columns or set())
        self.answers.clear()
        self._picks, self.asked = [], []
        spelled: object = None
        for place, (schema, about_asked) in enumerate(self._rows):
            used = {column for name, column in looked if name == schema.name}
            self._picks.append(_values_of(sorted(used)))
            for asked, sound in schema.reader.asked:
                if used.issuperset(asked):
                    continue
                if about_asked and asked == (schema.subject.column,):
                    if sound is spelled:
                        continue  # the same subject was looked at already
                    spelled = sound
                self.asked.append((place, _values_of(asked), sound if len(asked) == 1 else _starred(sound)))


def _starred(sound: Callable[..., bool]) -> Callable[[Any], bool]:
    return lambda values: sound(*values)


def _values_of(columns: Sequence[str]) -> Pick:
    """Reads these columns of a decoded row: one as its value, several as a tuple; of none what kind of row it is."""
    return attrgetter(*columns) if columns else type


def _all_of(columns: Sequence[str]) -> Callable[[Any], tuple[Any, ...]]:
    """Reads these of something decoded, as a tuple even where it is one."""
    get = attrgetter(*columns)
    return get if len(columns) > 1 else lambda one: (get(one),)


class _Watched(dict[str, object]):
    """A row that is empty until a column is looked at, and notes which; of hidden ones only that they are said."""

    def __init__(self, register: str, row: Mapping[str, object], hidden: frozenset[str], looked: Looked) -> None:
        super().__init__()
        self._register, self._row, self._hidden, self._looked = register, row, hidden, looked

    def __missing__(self, column: str) -> object:
        value = self._row[column]
        if column in self._hidden:
            value = _Hidden.of(value, self._looked)
        else:
            self._looked.columns.add((self._register, column))
        self[column] = value
        return value

    def get(self, column: str, default: object = None) -> object:
        return self[column] if column in self._row else default

    def __iter__(self) -> NoReturn:
        raise TypeError("what a condition looks at is named by its columns, one by one")


class _Hidden(str):
    """A key or a subject, which notes each time that it is said; being compared tells nobody what it is."""

    __slots__ = ("_looked",)
    _looked: Looked

    @classmethod
    def of(cls, value: object, looked: Looked) -> _Hidden:
        made = cls(value)
        made._looked = looked
        return made

    def _said(self) -> str:
        self._looked.said += 1
        return str.__str__(self)

    def __str__(self) -> str:
        return self._said()

    def __format__(self, how: str) -> str:
        return format(self._said(), how)

    def __getitem__(self, place: Any) -> str:
        return self._said()[place]

    def __eq__(self, other: object) -> bool:
        return str.__eq__(self, other)

    def __hash__(self) -> int:
        return hash(self._said())
