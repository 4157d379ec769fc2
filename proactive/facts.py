"""Facts: what the registers say of people, as rows that the rules can read.

A register is kept cut down to the columns that services need; here is the one place that knows how.
"""

from collections.abc import Iterable, Mapping, Sequence

from proactive.domain.change import Change, Op
from proactive.domain.pseudonym import PLAIN, Pseudonyms
from proactive.store.records import Kept
from rules import BadRow, Catalogue, Problem, RegisterSchema
from rules.kinds import ColumnType

Row = Mapping[str, object]
PersonFacts = dict[str, list[Row]]
"""Register name -> rows of one person; the order never matters."""


class Facts:
    """Reads rows of every register of a catalogue, whole as they come and cut down as they are kept.

    In a row that the product works with, pseudonyms stand for personal ids, wherever it was read from.
    """

    def __init__(self, catalogue: Catalogue, pseudonyms: Pseudonyms = PLAIN) -> None:
        self.pseudonyms = pseudonyms
        self._ids = {
            name: tuple(n for n, column in schema.columns.items() if column.type is ColumnType.PERSONAL_ID)
            for name, schema in catalogue.registers.items()
        }
        self.registers: Mapping[str, RegisterSchema] = catalogue.registers
        self.services_watching = catalogue.services_watching
        self.kept_beside = catalogue.kept_beside
        self._catalogue = catalogue
        self._pages = (catalogue.edition, self._made())

    def body(self, register: str, row: Row) -> str:
        """A sound row as it is kept: only the columns that a service needs."""
        return self._cut()[register].encode(row).decode()

    def hide(self, register: str, row: dict[str, object]) -> dict[str, object]:
        """A row as its owner has it, in place: with pseudonyms from here on."""
        if self.pseudonyms.hides:
            for name in self._ids[register]:
                if (value := row[name]) is not None:
                    row[name] = self.pseudonyms.of(str(value))
        return row

    def whose(self, register: str, row: Row) -> str:
        """Whom a hidden row is about, as a pseudonym whatever its register names them by."""
        column = self.registers[register].subject.column
        said = str(row[column])
        return said if column in self._ids[register] else self.pseudonyms.of(said)

    def read(self, register: str, body: str) -> Row:
        """A kept row. Raises `BadRow` where what was kept under older rules is no longer enough."""
        return self._cut()[register].read(body)

    def of_kept(self, kept: Iterable[Kept]) -> PersonFacts:
        """What the store knows of one person."""
        found: PersonFacts = {name: [] for name in self.registers}
        for one in kept:
            if one.register in found:
                found[one.register].append(self.read(one.register, one.body))
        return found

    def of_changes(self, changes: Sequence[Change]) -> PersonFacts:
        """What the sources say of one person right now. Raises `BadRow` where a row of theirs cannot be used."""
        found: PersonFacts = {name: [] for name in self.registers}
        for change in changes:
            if change.op is Op.UPSERT and change.register in found:
                if change.faults:
                    raise BadRow([Problem(fault.where, fault.why, fault.mend) for fault in change.faults])
                row = self.registers[change.register].read(bytes(change.record))
                found[change.register].append(self.hide(change.register, row))
        return found

    def _cut(self) -> Mapping[str, RegisterSchema]:
        """The registers cut down to what the present edition needs; made anew when another version is activated."""
        edition, cut = self._pages
        if edition is not self._catalogue.edition:
            self._pages = edition, cut = self._catalogue.edition, self._made()
        return cut

    def _made(self) -> Mapping[str, RegisterSchema]:
        needed = self._catalogue.columns_needed
        return {name: schema.cut(needed(name)) for name, schema in self.registers.items()}
