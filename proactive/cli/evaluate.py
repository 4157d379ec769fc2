"""`proactive evaluate`: what a service says of people given as lines of JSON, with every reason; no database needed."""

from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from proactive.cli.services import opened
from rules import BadRow, Because, Problem, Service, Verdict

FIRST_DAY, LAST_DAY = date(1950, 1, 1), date(2150, 12, 31)
_WRITTEN_AT_ONCE = 512
_REMEMBERED = 65_536
_NONE: tuple[()] = ()

_encode = msgspec.json.Encoder().encode


class _Because(msgspec.Struct, gc=False):
    condition: str
    holds: bool
    value: str | None
    reference: str | None


class _Answer(msgspec.Struct, gc=False):
    """What is printed of a verdict, in this order."""

    due: bool
    due_on: date | None
    cycle: str | None
    variant: str | None
    blocked_by: str | None
    needs: tuple[str, ...]
    because: tuple[()]
    """Put in as text, at the end."""


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
    catalogue = opened(rules)
    service = catalogue.services.get(service_name) or catalogue.drafts.get(service_name)
    if service is None:
        known = ", ".join([*catalogue.services, *catalogue.drafts])
        typer.echo(f"There is no service '{service_name}'. Name one of: {known}.", err=True)
        raise typer.Exit(2)
    day = _day(on)
    out, bad = typer.get_binary_stream("stdout"), 0
    try:
        with records.open("rb") as lines:
            waiting: list[bytes] = []
            for answer, sound in answers(lines, service, day):
                bad += not sound
                waiting.append(answer)
                if len(waiting) == _WRITTEN_AT_ONCE:
                    out.write(b"".join(waiting))
                    waiting.clear()
            out.write(b"".join(waiting))
            out.flush()
    except OSError as error:
        typer.echo(
            f"The file {records} cannot be read: {error.strerror}. Name a file with one JSON object a line.", err=True
        )
        raise typer.Exit(2) from error
    if bad:
        raise typer.Exit(1)


def answers(lines: Iterable[bytes], service: Service, day: date) -> Iterator[tuple[bytes, bool]]:
    """One line of JSON for each line given, and whether that line could be used."""
    read, main, printed = service.people.read, service.register, Printed()
    for number, line in enumerate(lines, start=1):
        try:
            known = read(line)
            if not known.get(main):
                raise BadRow([Problem(main, "No record of it is given.", "Give the record that is asked about.")])
        except BadRow as error:
            yield _encode({"error": _said(number, error.problems)}) + b"\n", False
        else:
            yield printed.line(service.evaluate(known[main][0], known, day)), True


class Printed:
    """Prints verdicts. The same reasons come again and again: printed once, they are only copied."""

    def __init__(self) -> None:
        self._texts: dict[int, bytes] = {}
        self._kept: list[Because] = []
        """Whose texts those are: while one is here, nothing else can have its id."""

    def line(self, verdict: Verdict) -> bytes:
        """One line of JSON."""
        known, make = self._texts.get, self._make
        reasons = b",".join([known(id(one)) or make(one) for one in verdict.because])
        head = _encode(
            _Answer(
                verdict.due, verdict.due_on, verdict.cycle, verdict.variant, verdict.blocked_by, verdict.needs, _NONE
            )
        )
        return head[:-2] + reasons + b"]}\n"

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


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = date.min
    if not FIRST_DAY <= day <= LAST_DAY:
        typer.echo(f"'{text}' is no day from {FIRST_DAY} to {LAST_DAY}. Write --on YYYY-MM-DD.", err=True)
        raise typer.Exit(2)
    return day
