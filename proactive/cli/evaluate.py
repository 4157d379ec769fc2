"""`proactive evaluate`: what a service says of people given as lines of JSON, with every reason; no database needed."""

import gc
import os
from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator
from datetime import date
from itertools import islice, repeat
from operator import mod
from pathlib import Path
from typing import Annotated, Any, cast

import msgspec
import typer

import rules as rules_package
from rules import BadRow, Because, Problem, Service, Unpublishable, Verdict
from rules.loader import load_registers, load_unproved
from rules.person import Rows
from rules.recalled import Recall

FIRST_DAY, LAST_DAY = date(1950, 1, 1), date(2150, 12, 31)
_AT_ONCE = 256
"""Few enough to stay near the processor from one look at them to the next."""
_MADE_BETWEEN = 50_000
"""Objects between two looks for what can be thrown away: a batch makes a thousand, and hardly ever leaves any."""
_REMEMBERED = 65_536

_encode = msgspec.json.Encoder().encode


class _Because(msgspec.Struct, gc=False):
    condition: str
    holds: bool
    value: str | None
    reference: str | None


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("evaluate")(evaluate)


def evaluate(
    service_name: Annotated[
        str, typer.Argument(metavar="SERVICE", help="A service, as `proactive services` lists it.")
    ],
    records: Annotated[Path, typer.Option("--records", help="A file with one JSON object a line.")],
    on: Annotated[str, typer.Option("--on", metavar="YYYY-MM-DD", help="The day asked.")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line; there is no other form.")] = True,
    rules: Annotated[Path | None, typer.Option("--rules", help="Another folder of rules.", file_okay=False)] = None,
) -> None:
    """Say of each line {register: record or [records]} whether it is due, and why; exit 1 where a line is bad."""
    service = _service(service_name, rules)
    day = _day(on)
    out, bad = typer.get_binary_stream("stdout"), 0
    gc.freeze()  # the rule book stays: nobody need look through it again for what can be thrown away
    gc.set_threshold(_MADE_BETWEEN)
    try:
        with records.open("rb") as lines:
            for some, unsound in answers(lines, service, day):
                out.write(b"".join(some))
                bad += unsound
            out.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), out.fileno())  # whoever read has seen enough
        raise typer.Exit(0) from None
    except OSError as error:
        typer.echo(
            f"The file {records} cannot be read: {error.strerror}. Name a file with one JSON object a line.", err=True
        )
        raise typer.Exit(2) from error
    if bad:
        raise typer.Exit(1)


def answers(lines: Iterable[bytes], service: Service, day: date) -> Iterator[tuple[list[bytes], int]]:
    """One line of JSON for each line given, many at a time, and how many of those lines could not be used."""
    asked, read = _Asked(service, day), 0
    for some in _batches(lines):
        yield asked.of(some, read)
        read += len(some)


Said = bytes
"""What is said to all who are alike, with %b where each has a value of their own."""


class _Asked:
    """A service on one day, asked of many people at once."""

    def __init__(self, service: Service, day: date) -> None:
        self._people, self._main = service.people, service.register
        self._ask, self._printed = service.asked_on(day), Printed().around
        self._recall = Recall[Said](service.likeness)

    def of(self, lines: list[bytes], before: int) -> tuple[list[bytes], int]:
        """What is said of each line, and how many are bad; `before` lines were read already."""
        people = self._people.decode(lines)
        texts, bad = self._known(people), 0
        for number in [number for number, text in enumerate(texts) if text is None]:
            try:
                texts[number] = self._anew(people[number], lines[number])
            except BadRow as error:
                texts[number] = _encode({"error": _said(before + number + 1, error.problems)}) + b"\n"
                bad += 1
        return cast(list[bytes], texts), bad

    def _known(self, people: list[Any]) -> list[bytes | None]:
        """What is said of those who are like somebody before."""
        texts: list[bytes | None] = [None] * len(people)
        for numbers, answers, asked in self._recall.known(people):
            whole = self._whole(answers, asked)
            if len(numbers) == len(texts):
                return [*whole]
            for number, text in zip(numbers, whole, strict=True):
                texts[number] = text
        return texts

    def _anew(self, person: Any, line: bytes) -> bytes:
        known = self._people.rows(person, line)
        if not known.get(self._main):
            raise BadRow([Problem(self._main, "No record of it is given.", "Give the record that is asked about.")])
        if person is not None and self._recall.trying:
            said, asked = self._recall.learn(person, known, self._make)
            return next(self._whole([said], [asked]))
        verdict = self._ask(known[self._main][0], known)
        begins, ends = self._printed(verdict)
        return b"".join((begins, _encode(verdict.cycle), ends))

    def _make(self, known: Rows) -> tuple[Said, bool]:
        record = known[self._main][0]
        verdict = self._ask(record, known)
        begins, ends = [text.replace(b"%", b"%%") for text in self._printed(verdict)]
        if verdict.anchor is None:
            return begins + b"null" + _NOTHING * self._recall.blanks + ends, False
        pieces = [_encode(text)[1:-1].replace(b"%", b"%%") for text in self._recall.around(record, verdict.anchor)]
        return b"".join((begins, b'"', b"%b".join(pieces), b'"', ends)), True

    def _whole(self, said: list[Said], asked: list[Any]) -> Iterator[bytes]:
        values = [_encoded(some) for some in self._recall.aloud(asked)]
        return map(mod, said, values[0] if len(values) == 1 else zip(*values, strict=True) if values else repeat(()))


_NOTHING = b"%.0b"
"""Takes a value, and shows nothing of it."""


def _encoded(texts: list[str]) -> list[bytes]:
    """Each text as it stands in JSON between its quotes; in there no quote stands bare, so they part where two do."""
    return _encode(texts)[2:-2].split(b'","')


def _batches(lines: Iterable[bytes]) -> Iterator[list[bytes]]:
    """More each time: what is worked out for one batch is known in the next, so the first ones are small."""
    rest, size = iter(lines), 1
    if some := [*islice(rest, size)]:
        some[0] = some[0].removeprefix(BOM_UTF8)  # some programs put it before the first line
    while some:
        yield some
        size = min(2 * size, _AT_ONCE)
        some = [*islice(rest, size)]


class Printed:
    """Prints verdicts. The same days, ways and reasons come again and again: printed once, they are only copied."""

    def __init__(self) -> None:
        self._texts: dict[int, bytes] = {}
        self._kept: list[Because] = []
        """Whose texts those are: while one is here, nothing else can have its id."""
        self._begins: dict[object, bytes] = {}
        self._goes: dict[object, bytes] = {}

    def around(self, verdict: Verdict) -> tuple[bytes, bytes]:
        """What stands before and after the cycle: {due, due_on, cycle, variant, blocked_by, needs, because}."""
        begins = self._begins.get((verdict.due, verdict.due_on)) or self._begin(verdict.due, verdict.due_on)
        way = verdict.variant, verdict.blocked_by, verdict.needs
        goes = self._goes.get(way) or self._go(*way)
        known, make = self._texts.get, self._make
        reasons = b",".join([known(id(one)) or make(one) for one in verdict.because])
        return begins, b"".join((goes, reasons, b"]}\n"))

    def _begin(self, due: bool, due_on: date | None) -> bytes:
        text = self._begins[due, due_on] = _encode({"due": due, "due_on": due_on})[:-1] + b',"cycle":'
        return text

    def _go(self, variant: str | None, blocked_by: str | None, needs: tuple[str, ...]) -> bytes:
        told = _encode({"variant": variant, "blocked_by": blocked_by, "needs": needs})
        text = self._goes[variant, blocked_by, needs] = b"," + told[1:-1] + b',"because":['
        return text

    def _make(self, one: Because) -> bytes:
        if len(self._kept) >= _REMEMBERED:
            self._texts.clear()
            self._kept.clear()
        self._kept.append(one)
        text = self._texts[id(one)] = _encode(_Because(one.condition, one.holds, one.value, one.reference))
        return text


def _said(number: int, problems: tuple[Problem, ...]) -> dict[str, object]:
    return {
        "line": number,
        "why": " ".join(f"{one.where}: {one.why}" for one in problems),
        "mend": " ".join(dict.fromkeys(one.mend for one in problems)),
        "problems": [{"where": one.where, "why": one.why, "mend": one.mend} for one in problems],
    }


def _service(name: str, folder: Path | None) -> Service:
    """The service of this name, a draft too, or the end of the command with one sentence.

    The other services are not read: what is wrong with them does not matter here.
    """
    root = folder or Path(rules_package.__file__).parent
    if not root.is_dir():
        typer.echo(f"There is no folder {root}. Name a folder like the package's own rules/.", err=True)
        raise typer.Exit(2)
    known = sorted(path.parent.name for path in root.glob("*/service.yaml"))
    if name not in known:
        typer.echo(f"There is no service '{name}'. Name one of: {', '.join(known)}.", err=True)
        raise typer.Exit(2)
    try:
        return load_unproved(root / name, load_registers(root))
    except Unpublishable as error:
        count = len(error.problems)
        typer.echo(f"The rules of {name} have {count} problems. See them with `proactive check`.", err=True)
        raise typer.Exit(1) from error


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = date.min
    if not FIRST_DAY <= day <= LAST_DAY:
        typer.echo(f"'{text}' is no day from {FIRST_DAY} to {LAST_DAY}. Write --on YYYY-MM-DD.", err=True)
        raise typer.Exit(2)
    return day
