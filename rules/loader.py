"""Reads the rule book from its folders, and lists everything that keeps it from being published."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import TypeVar

from rules import archive, expected, messages, source
from rules.base import Rule
from rules.cases import Cases, run
from rules.catalogue import Catalogue
from rules.dated import Flaw
from rules.form import form_flaws
from rules.grammar import Form, ServiceText
from rules.parsing import keys_of, parse
from rules.problem import Problem, Unpublishable
from rules.register import RegisterSchema
from rules.service import Service
from rules.soundness import service_flaws, unused_values
from rules.source import Source

FEWEST_CASES = 8
_FILES = ("service.yaml", "form.yaml", "cases.yaml")

R = TypeVar("R", bound=Rule)


def load(folder: Path | None = None) -> Catalogue:
    """The rule book of a folder (this package's own unless named). Raises Unpublishable with all problems."""
    services, registers, problems = _read(folder)
    if problems:
        raise Unpublishable(problems)
    return Catalogue(services, registers)


def load_registers(folder: Path | None = None) -> dict[str, RegisterSchema]:
    """The registers alone: who only carries rows reads no service. Raises Unpublishable with all problems."""
    problems: list[Problem] = []
    registers = dict(_registers(folder or Path(__file__).parent, problems))
    if problems:
        raise Unpublishable(problems)
    return registers


def sound(folder: Path | None = None) -> tuple[Catalogue, list[Problem]]:
    """The rule book without the services (and registers) that have a problem, and all the problems.

    For an installation: a service that cannot be used tells nobody anything, and stops no other.
    """
    services, registers, problems = _read(folder, only_sound=True)
    return Catalogue(services, registers), problems


def load_service(place: Path, registers: Mapping[str, RegisterSchema]) -> Service:
    """The service of one folder, among registers that are known already. Raises Unpublishable with all problems."""
    service, problems = _service(place, place.parent, registers)
    if problems or service is None:
        raise Unpublishable(problems)
    return service


def load_unproved(place: Path, registers: Mapping[str, RegisterSchema]) -> Service:
    """The service of one folder for who only asks whom it concerns and why: its messages and cases, which decide
    nothing of it and take three times as long, are not looked at. Raises Unpublishable with all problems of the rest.
    """
    text, form, problems = _decisive(place, place.parent, registers)
    if problems or not (text and form):
        raise Unpublishable(problems)
    return Service(text, form, registers, folder=place, version=archive.version(place))


def examine(place: Path, registers: Mapping[str, RegisterSchema]) -> tuple[Service | None, list[Problem]]:
    """The service of one folder as far as it can be asked, and its problems. It may be asked while cases fail."""
    return _service(place, place.parent, registers)


def check(folder: Path | None = None) -> list[Problem]:
    """All that keeps the rule book of a folder from being published."""
    return _read(folder)[2]


def _read(
    folder: Path | None, *, only_sound: bool = False
) -> tuple[dict[str, Service], dict[str, RegisterSchema], list[Problem]]:
    root = folder or Path(__file__).parent
    problems: list[Problem] = []
    registers = dict(_registers(root, problems))
    services = {}
    for place in sorted(path for path in root.iterdir() if path.is_dir() and any((path / f).exists() for f in _FILES)):
        service, found = _service(place, root, registers)
        problems += found
        if service is not None and not (only_sound and found):
            services[service.name] = service
    if not services and not problems:
        problems.append(Problem("folder", "It holds no service.", "Name a folder like rules/.", str(root), 1))
    return services, registers, problems


def _registers(root: Path, problems: list[Problem]) -> Iterator[tuple[str, RegisterSchema]]:
    written: dict[str, tuple[Source, RegisterSchema]] = {}
    for path in sorted((root / "registers").glob("*.yaml")):
        text = _source(path, root, problems)
        if text is None:
            continue
        text = text.named(path.stem)
        register = _parse(RegisterSchema, text, problems)
        if register is not None:
            flaws = _placed(text, register.flaws())
            problems += flaws
            if not flaws:
                written[register.name] = text, register
    registers = {name: register for name, (_, register) in written.items()}
    for name, (text, register) in written.items():
        flaws = _placed(text, expected.flaws(register, registers))
        problems += flaws
        if not flaws:
            yield name, register


def _decisive(
    place: Path, root: Path, registers: Mapping[str, RegisterSchema]
) -> tuple[ServiceText | None, Form | None, list[Problem]]:
    """What says whom a service concerns, and all that is wrong with it."""
    problems: list[Problem] = []
    about, form_text = (_source(place / name, root, problems) for name in ("service.yaml", "form.yaml"))
    text = _parse(ServiceText, about, problems) if about else None
    form = _parse(Form, form_text, problems) if form_text else None
    if about and text:
        problems += _placed(about, service_flaws(text, place.name, registers))
    if about and text and form_text and form and text.registers.main in registers:
        problems += _placed(form_text, form_flaws(form, text, registers))
        problems += _placed(about, unused_values(text, form))
    return text, form, problems


def _service(place: Path, root: Path, registers: Mapping[str, RegisterSchema]) -> tuple[Service | None, list[Problem]]:
    text, form, problems = _decisive(place, root, registers)
    cases_text = _source(place / "cases.yaml", root, problems)
    if cases_text is not None:
        cases_text = Source(
            cases_text.file,
            {"cases": cases_text.data},
            {(): 1} | {("cases", *loc): line for loc, line in cases_text.lines.items()},
        )
    cases = cases_text and _parse(Cases, cases_text, problems)
    if text and form and text.registers.main in registers:
        for name, why, mend in messages.faults(place, text, form, registers):
            problems.append(Problem("text", why, mend, f"{root.name}/{place.name}/messages/{name}", 1))
    if problems or not (text and form and cases_text and cases):
        return None, problems
    service = Service(text, form, registers, folder=place, version=archive.version(place))
    if len(cases.cases) < FEWEST_CASES:
        why = f"It holds {len(cases.cases)} cases; a service has at least {FEWEST_CASES}."
        problems.append(cases_text.problem((), why, "Add cases at the edges: the day before, the day, the day after."))
    for index, case in enumerate(cases.cases):
        problems += _placed(
            cases_text,
            ((("cases", index, *loc), f"Case '{case.name}': {why}", mend) for loc, why, mend in run(case, service)),
        )
    return service, problems


def _source(path: Path, root: Path, problems: list[Problem]) -> Source | None:
    text, found = source.read(path, f"{root.name}/{path.parent.name}/{path.name}")
    problems += found
    return text


def _placed(text: Source, flaws: Iterable[Flaw]) -> list[Problem]:
    return [text.problem(loc, why, mend) for loc, why, mend in flaws]


def _parse(model: type[R], text: Source, problems: list[Problem]) -> R | None:
    found, flaws = parse(model, text, keys=_known_keys)
    problems += flaws
    return found


@cache
def _known_keys() -> frozenset[str]:
    return keys_of(ServiceText, Form, Cases, RegisterSchema)
