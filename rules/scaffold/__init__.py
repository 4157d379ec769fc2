"""Begins a service: its folder with form, texts and cases at the edges, and a register if there is none yet."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path

import jinja2

from rules.kinds import ColumnType
from rules.register import RegisterSchema

HERE = Path(__file__).parent
NAME = re.compile(r"^[a-z][a-z0-9_]*$")
PEOPLE = "residents"
AGE, LEAD, STOP = 18, 30, 90
ANCHOR = date(2027, 5, 15)
PERSON, OTHER = "048090000001", "048090000002"

Row = dict[str, object]


class Taken(ValueError):
    """The name cannot be used; the message says why and what to do."""


def begin(name: str, root: Path, registers: Mapping[str, RegisterSchema], register: str | None = None) -> list[Path]:
    """Write a service into `root`, watching `register` (made new where there is none of that name), or residents.

    Gives what was written; nothing is written over. Raises `Taken`.
    """
    _usable(name, root)
    written: dict[Path, str] = {}
    watched = registers.get(register or PEOPLE)
    if watched is None:
        values = _new_register(str(register), registers)
        written[root / "registers" / f"{register}.yaml"] = _filled("register.yaml.j2", values)
    else:
        values = _known_register(watched)
    values |= {"name": name, "cases": _cases(values)}
    for file in ("service.yaml", "form.yaml", "cases.yaml"):
        written[root / name / file] = _filled(f"{file}.j2", values)
    for text in sorted((HERE / "messages").glob("*.j2")):
        written[root / name / "messages" / text.name] = text.read_text(encoding="utf-8")
    for path, body in written.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(body, encoding="utf-8")
    return list(written)


def _usable(name: str, root: Path) -> None:
    if not NAME.match(name):
        raise Taken(f"'{name}' is no name: write small letters, digits and underscores, beginning with a letter.")
    for place in (root / name, root / f"{name}.py", HERE.parent / name, HERE.parent / f"{name}.py"):
        if place.exists():
            raise Taken(f"There is a {place.parent.name}/{place.name} already. Choose another name, or edit that.")


def _new_register(register: str, registers: Mapping[str, RegisterSchema]) -> dict[str, object]:
    if not NAME.match(register):
        raise Taken(f"'{register}' is no name for a register: write small letters, digits and underscores.")
    if PEOPLE not in registers:
        raise Taken(f"The rules have no register '{PEOPLE}', where phone numbers and deaths stand. Add it first.")
    return {
        "register": register, "others": f"[{PEOPLE}]", "subject": "personal_id", "key": "record_no",
        "cycle": "[record_no, expires_on]", "anchor": "expires_on", "age": None, "optional": True,
        "key_title": {"vi": "Số hồ sơ gốc", "en": "Record number"},
    }  # fmt: skip


def _known_register(register: RegisterSchema) -> dict[str, object]:
    people, subject = register.name == PEOPLE, register.subject.column
    anchor = "date_of_birth" if people else _due_column(register)
    key = register.columns[register.key]
    return {
        "register": register.name, "others": "[]" if people else f"[{PEOPLE}]", "subject": subject,
        "key": register.key, "cycle": f"[{register.key}, anchor]", "anchor": anchor, "age": AGE if people else None,
        "optional": not register.columns[anchor].required, "key_title": key.title.model_dump(),
    }  # fmt: skip


def _due_column(register: RegisterSchema) -> str:
    days = [name for name, column in register.columns.items() if column.type is ColumnType.DATE]
    if not days:
        raise Taken(f"The register {register.name} has no date from which something could fall due. Name another.")
    likely = [name for name in days if re.search(r"expire|until|ends|valid", name)]
    return (likely or days)[0]


def _cases(values: Mapping[str, object]) -> list[dict[str, object]]:
    """The days on both sides of both ends, no date, a death, and somebody else's death."""
    day = timedelta(days=1)
    opens, ends = ANCHOR - LEAD * day, ANCHOR + STOP * day
    alone = {str(values["register"]): [_row(values, ANCHOR)]}
    found = [
        _case(f"{LEAD + 1} days before nobody is told", opens - day, alone, f"{{due: false, due_on: {opens}}}"),
        _case(f"{LEAD} days before it falls due", opens, alone, f"{{due: true, variant: due, due_on: {opens}}}"),
        _case("on the day itself it is due", ANCHOR, alone, "{due: true, variant: due}"),
        _case(f"{STOP} days after it is still due", ends, alone, f"{{due: true, ends_on: {ends}}}"),
        _case(f"{STOP + 1} days after it is over", ends + day, alone, "{due: false}"),
        _case("nobody is told who has died", ANCHOR, _with_death(values, PERSON), "{due: false}"),
        _case("somebody else's death changes nothing", ANCHOR, _with_death(values, OTHER), "{due: true}"),
        _case("a year before nobody is told", ANCHOR.replace(year=ANCHOR.year - 1), alone, "{due: false}"),
    ]
    if values["optional"]:
        undated = {str(values["register"]): [_row(values, None)]}
        found.append(_case("without the date it never falls due", ANCHOR, undated, "{due: false, cycle: null}"))
    return found


def _case(name: str, on: date, records: Mapping[str, list[Row]], expect: str) -> dict[str, object]:
    return {"name": name, "on": on.isoformat(), "records": records, "expect": expect}


def _row(values: Mapping[str, object], anchor: date | None) -> Row:
    day = anchor.replace(year=anchor.year - AGE) if anchor is not None and values["age"] else anchor
    return {
        str(values["key"]): "A-0001", str(values["subject"]): PERSON,
        str(values["anchor"]): None if day is None else day.isoformat(),
    }  # fmt: skip


def _with_death(values: Mapping[str, object], who: str) -> dict[str, list[Row]]:
    mine = _row(values, ANCHOR)
    death: Row = {"personal_id": who, "died_on": "2026-12-31"}
    if values["register"] != PEOPLE:
        return {str(values["register"]): [mine], PEOPLE: [death]}
    return {PEOPLE: [mine | death] if who == PERSON else [mine, death]}


def _filled(template: str, values: Mapping[str, object]) -> str:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE), undefined=jinja2.StrictUndefined, autoescape=False,  # noqa: S701  YAML
        block_start_string="[%", block_end_string="%]", variable_start_string="[[", variable_end_string="]]",
        comment_start_string="[#", comment_end_string="#]", trim_blocks=True, keep_trailing_newline=True,
    )  # fmt: skip
    environment.policies["json.dumps_kwargs"] = {"ensure_ascii": False, "sort_keys": False}
    return environment.get_template(template).render(**values)
