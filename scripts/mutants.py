"""The mutants of rules/ or proactive/domain/: each place in a function that can be changed, and what is known of it."""

from __future__ import annotations

import ast
import hashlib
import json
import random
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build" / "mutation"

SWAPPED: dict[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.And: ast.Or, ast.Or: ast.And,
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.FloorDiv, ast.FloorDiv: ast.Mult, ast.Mod: ast.FloorDiv,
    ast.BitOr: ast.BitAnd, ast.BitAnd: ast.BitOr, ast.Break: ast.Continue, ast.Continue: ast.Break,
}  # fmt: skip

UNSEEN = ("annotation", "returns", "decorator_list", "type_comment", "type_params")
"""Fields that a running function never looks at."""


@dataclass(frozen=True)
class Target:
    """What is changed, and the tests that are to notice. `whole` compare every word: they are asked before others."""

    folder: Path
    package: str
    tests: tuple[str, ...]
    results: Path
    whole: tuple[str, ...] = ()


TARGETS = {
    "rules": Target(
        ROOT / "rules", "rules", ("tests/rules",), BUILD / "results.jsonl",
        ("tests/rules/test_said.py", "tests/rules/test_spoilt.py", "tests/rules/test_begun.py"),
    ),
    "domain": Target(
        ROOT / "proactive" / "domain", "proactive.domain", ("tests/domain", "tests/steps/test_moves.py"),
        BUILD / "domain.jsonl",
    ),
}  # fmt: skip
aimed = [TARGETS["rules"]]
"""At which of them we aim: the last one."""


def target() -> Target:
    return aimed[-1]


@dataclass(frozen=True)
class Mutant:
    """One change in one function. `text` names the contents of the function, so that an edited one is tried again."""

    module: str
    function: str
    text: str
    index: int
    line: int
    change: str

    @property
    def name(self) -> str:
        """The same for as long as the function stays as it is, wherever it stands."""
        return f"{self.module}:{self.function}:{self.text}:{self.index}"


@dataclass(frozen=True)
class Result:
    """What came of a mutant: `killed`, `timeout` (killed as well), `survived`, `untested`, or `same`: no change at all.

    `first` is what came of it when it was first tried: tests that were written afterwards knew of it.
    """

    name: str
    status: str
    first: str
    at: str
    by: str | None = None


@dataclass(frozen=True)
class Point:
    """One place in a function, and how to change it there and back."""

    line: int
    change: str
    do: Callable[[], None]
    undo: Callable[[], None]


def modules() -> dict[str, Path]:
    """Every module of the target by its name: `day`, `conditions.late`, `calendar`."""
    found = {}
    for path in sorted(target().folder.rglob("*.py")):
        parts = path.relative_to(target().folder).with_suffix("").parts
        if name := ".".join(part for part in parts if part != "__init__"):
            found[name] = path
    return found


@cache
def parsed(module: str) -> tuple[ast.Module, dict[str, tuple[str, list[Point]]]]:
    """A module's tree, and of each function by its name: what its contents are called, and its points."""
    tree = ast.parse(modules()[module].read_text(encoding="utf-8"))
    found = {}
    for name, node in functions(tree):
        text = hashlib.sha1(ast.dump(node).encode(), usedforsecurity=False).hexdigest()[:12]
        found[name] = text, list(points(node))
    return tree, found


def mutants(named: list[str]) -> list[Mutant]:
    """Every mutant of these modules, in the order of the text."""
    return [
        Mutant(module, function, text, index, point.line, point.change)
        for module in named
        for function, (text, found) in parsed(module)[1].items()
        for index, point in enumerate(found)
    ]


def shuffled(every: list[Mutant], seed: int) -> list[Mutant]:
    """The same in an order that only the seed decides: as far as a run comes, it is a fair sample."""
    order = sorted(every, key=lambda one: one.name)
    random.Random(seed).shuffle(order)  # noqa: S311  nobody gains by guessing it
    return order


def functions(tree: ast.AST) -> Iterator[tuple[str, ast.FunctionDef]]:
    """The functions of a module and the methods of its classes, with their names."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef):
            yield node.name, node
        elif isinstance(node, ast.ClassDef):
            yield from ((f"{node.name}.{name}", method) for name, method in functions(node))


def points(function: ast.FunctionDef) -> Iterator[Point]:
    """Every change there is within a function's body, but for docstrings, annotations and the type of a cast."""
    for statement in range(len(function.body)):
        yield from _within(function, "body", statement, function.body[statement])


def _within(parent: ast.AST, field: str, index: int | None, child: ast.AST) -> Iterator[Point]:
    if _is_told_only(parent, field, index, child):
        return
    for change, other in _changes(parent, field, child):
        yield _point(parent, field, index, child, change, other)
    for name, value in ast.iter_fields(child):
        if name in UNSEEN:
            continue
        for number, one in enumerate(value) if isinstance(value, list) else ((None, value),):
            if isinstance(one, ast.AST):
                yield from _within(child, name, number, one)


def _is_told_only(parent: ast.AST, field: str, index: int | None, child: ast.AST) -> bool:
    docstring = isinstance(parent, ast.Expr) and isinstance(child, ast.Constant)
    cast = isinstance(parent, ast.Call) and isinstance(parent.func, ast.Name) and parent.func.id == "cast"
    return docstring or (cast and field == "args" and index == 0)


def _changes(parent: ast.AST, field: str, child: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    if (other := SWAPPED.get(type(child))) is not None:
        yield f"{type(child).__name__} -> {other.__name__}", other()
    elif isinstance(child, ast.UnaryOp) and isinstance(child.op, ast.Not):
        yield "not x -> x", child.operand
    elif isinstance(child, ast.Constant):
        yield from _constants(child)
    elif isinstance(child, ast.expr) and _may_be_none(parent, field):
        yield f"{ast.unparse(child)[:60]} -> None", ast.Constant(None)


def _constants(child: ast.Constant) -> Iterator[tuple[str, ast.AST]]:
    if isinstance(child.value, bool):
        yield f"{child.value} -> {not child.value}", ast.Constant(not child.value)
    elif isinstance(child.value, int):
        yield f"{child.value} -> {child.value + 1}", ast.Constant(child.value + 1)
    elif isinstance(child.value, str):
        yield f"{child.value[:40]!r} -> XX", ast.Constant(f"XX{child.value}XX")


def _may_be_none(parent: ast.AST, field: str) -> bool:
    """Arguments, what is returned or given, and what is kept under a name."""
    return (isinstance(parent, ast.Call) and field in ("args", "keywords")) or (
        field == "value" and isinstance(parent, ast.Return | ast.Assign | ast.keyword | ast.Yield)
    )


def _point(parent: ast.AST, field: str, index: int | None, child: ast.AST, change: str, other: ast.AST) -> Point:
    place = child if hasattr(child, "lineno") else parent
    ast.fix_missing_locations(ast.copy_location(other, place))

    def put(what: ast.AST) -> None:
        if index is None:
            setattr(parent, field, what)
        else:
            getattr(parent, field)[index] = what

    return Point(getattr(place, "lineno", 0), change, lambda: put(other), lambda: put(child))


def known() -> dict[str, Result]:
    """What is known of each mutant by its name: the last line counts."""
    if not target().results.exists():
        return {}
    lines = (json.loads(line) for line in target().results.read_text("utf-8").splitlines() if line)
    return {line["name"]: Result(**line) for line in lines}


def keep(result: Result, before: Result | None) -> None:
    """One more line; an interrupted run loses nothing."""
    if before is not None:
        result = replace(result, first=before.first)
    target().results.parent.mkdir(parents=True, exist_ok=True)
    with target().results.open("a", encoding="utf-8") as file:
        file.write(json.dumps(asdict(result), ensure_ascii=False) + "\n")
