"""Mutation testing of rules/: one thing is changed at a time, and we see whether a test notices.

    .venv/bin/python scripts/mutation.py [MODULE...]     all of rules/*.py unless named (day, conditions.late)
    .venv/bin/python scripts/mutation.py --report        the table and what survived, of the last runs

The tests are collected once. For each mutant a child is forked in which the code of one function is exchanged in
place; it runs the tests that were seen to enter that function, the quickest first, until one fails. What is found
stands in build/mutation/results.jsonl, a line a mutant; a module that is asked for again is done again.
"""

from __future__ import annotations

import ast
import gc
import json
import os
import signal
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from types import CodeType, FrameType, FunctionType
from typing import Any

import pytest
from _pytest.runner import runtestprotocol

ROOT = Path(__file__).resolve().parent.parent
RULES = ROOT / "rules"
RESULTS = ROOT / "build" / "mutation" / "results.jsonl"
WATCHED = RESULTS.with_name("watched.json")
LONGEST = 60.0
"""Seconds that a mutant which nobody notices may take."""

SWAPPED: dict[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.And: ast.Or, ast.Or: ast.And,
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.FloorDiv, ast.FloorDiv: ast.Mult, ast.Mod: ast.FloorDiv,
    ast.BitOr: ast.BitAnd, ast.BitAnd: ast.BitOr, ast.Break: ast.Continue, ast.Continue: ast.Break,
}  # fmt: skip


@dataclass(frozen=True)
class Result:
    """What came of one mutant: `killed`, `timeout` (killed as well), `survived`, or `untested`."""

    module: str
    function: str
    line: int
    change: str
    status: str
    by: str | None = None


@dataclass(frozen=True)
class Point:
    """One place in a function, and how to change it there and back."""

    node: ast.AST
    change: str
    do: Callable[[], None]
    undo: Callable[[], None]


def points(function: ast.AST) -> Iterator[Point]:
    """Every change there is, but for docstrings and annotations."""
    for parent in ast.walk(function):
        for field, value in ast.iter_fields(parent):
            if field in ("annotation", "returns", "decorator_list", "type_comment"):
                continue
            for index, child in enumerate(value) if isinstance(value, list) else ((None, value),):
                if not isinstance(child, ast.AST) or _told_apart(parent, child):
                    continue
                for change, other in _changes(parent, field, child):
                    yield _point(parent, field, index, child, change, other)


def _told_apart(parent: ast.AST, child: ast.AST) -> bool:
    docstring = isinstance(parent, ast.Expr) and isinstance(child, ast.Constant)
    return docstring or (isinstance(parent, ast.Subscript | ast.AnnAssign) and isinstance(child, ast.Name))


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
    ast.fix_missing_locations(ast.copy_location(other, child if hasattr(child, "lineno") else parent))

    def put(what: ast.AST) -> None:
        if index is None:
            setattr(parent, field, what)
        else:
            getattr(parent, field)[index] = what

    return Point(child if hasattr(child, "lineno") else parent, change, lambda: put(other), lambda: put(child))


def functions(tree: ast.AST) -> Iterator[tuple[str, ast.FunctionDef]]:
    """The functions of a module and the methods of its classes, with their names."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef):
            yield node.name, node
        elif isinstance(node, ast.ClassDef):
            yield from ((f"{node.name}.{name}", method) for name, method in functions(node))


def codes(code: CodeType) -> Iterator[CodeType]:
    """The code objects of a module's functions and methods, not those within them."""
    for const in code.co_consts:
        if isinstance(const, CodeType):
            if "<" not in const.co_qualname:
                yield const
            yield from codes(const)


class Mutation:
    """A pytest plugin that runs mutants where pytest would run its tests."""

    def __init__(self, modules: list[str]) -> None:
        self._modules = modules
        self._entered: dict[str, set[int]] = defaultdict(set)
        self._seconds: list[float] = []
        self._live: list[FunctionType] = []
        self._worked_out: list[Any] = []

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        from hypothesis import settings  # pytest wants to rewrite it first

        items = session.items
        for item in items:  # fewer examples, always the same
            function = getattr(item, "obj", None)
            if (used := getattr(function, "_hypothesis_internal_use_settings", None)) is not None:
                few = settings(used, max_examples=12, derandomize=True, database=None, deadline=None)
                getattr(function, "__func__", function)._hypothesis_internal_use_settings = few
        WATCHED.parent.mkdir(parents=True, exist_ok=True)
        ids = [item.nodeid for item in items]
        seen = json.loads(WATCHED.read_text("utf-8")) if WATCHED.exists() else {}
        if seen.get("ids") != ids:
            seen = {"ids": ids, **_in_a_child(lambda: self._watch(items))}
            WATCHED.write_text(json.dumps(seen), encoding="utf-8")
        sys.stderr.write(f"{len(items)} tests take {sum(seen['seconds']):.0f} s while they are watched\n")
        self._live = [one for one in gc.get_objects() if type(one) is FunctionType and _ours(one)]
        self._worked_out = [one for one in gc.get_objects() if _remembers(one)]
        self._seconds = seen["seconds"]
        self._entered.update({name: set(tests) for name, tests in seen["entered"].items()})
        for module in self._modules:
            self._module(module, items)
        return True

    def _watch(self, items: list[pytest.Item]) -> dict[str, Any]:
        """Which test enters which function, and how long it takes. A test that fails as things are ends the run."""
        entered: dict[str, list[int]] = defaultdict(list)
        found: set[CodeType] = set()

        def profile(frame: FrameType, event: str, _: object) -> None:
            if event == "call":
                found.add(frame.f_code)

        seconds = []
        _forget([one for one in gc.get_objects() if _remembers(one)])
        for index, item in enumerate(items):
            found.clear()
            started = time.perf_counter()
            sys.setprofile(profile)
            failed = _fails(item, items[index + 1] if index + 1 < len(items) else None)
            sys.setprofile(None)
            seconds.append(time.perf_counter() - started)
            if failed:
                raise SystemExit(f"{item.nodeid} fails as things are")
            for code in found:
                if code.co_filename.startswith(str(RULES)):
                    entered[_name(code.co_filename, code.co_qualname)].append(index)
        return {"seconds": seconds, "entered": entered}

    def _module(self, module: str, items: list[pytest.Item]) -> None:
        path = RULES / f"{module.replace('.', '/')}.py"
        tree = ast.parse(path.read_text(encoding="utf-8"))
        results = []
        for name, node in functions(tree):
            tests = sorted(self._entered[_name(str(path), name)], key=lambda index: self._seconds[index])
            live = [one for one in self._live if _is_function(one, str(path), name)]
            for point in points(node):
                point.do()
                try:
                    code = compile(tree, str(path), "exec", dont_inherit=True)
                except (SyntaxError, ValueError, TypeError):
                    code = None
                finally:
                    point.undo()
                new = next((one for one in codes(code) if one.co_qualname == name), None) if code else None
                if new is None or not live or any(new.co_freevars != one.__code__.co_freevars for one in live):
                    continue
                status, by = self._tried(new, live, [items[index] for index in tests])
                line = getattr(point.node, "lineno", node.lineno)
                results.append(Result(module, name, line, point.change, status, by))
        _keep(module, results)

    def _tried(self, code: CodeType, live: list[FunctionType], tests: list[pytest.Item]) -> tuple[str, str | None]:
        if not tests:
            return "untested", None

        def run() -> str | None:
            for function in live:
                function.__code__ = code
            _forget(self._worked_out)
            started = time.perf_counter()
            for index, item in enumerate(tests):
                if _fails(item, tests[index + 1] if index + 1 < len(tests) else None):
                    return item.nodeid
                if time.perf_counter() - started > LONGEST:
                    return None
            return None

        try:
            by = _in_a_child(run, seconds=int(2 * LONGEST))
        except TimeoutError:
            return "timeout", None
        except ChildProcessError:
            return "killed", "the process died"
        return ("killed", by) if by else ("survived", None)


def _name(file: str, function: str) -> str:
    return f"{file}:{function.partition('.<locals>')[0]}"


def _is_function(one: object, file: str, name: str) -> bool:
    return type(one) is FunctionType and one.__code__.co_filename == file and one.__code__.co_qualname == name


def _fails(item: pytest.Item, following: pytest.Item | None) -> bool:
    return any(report.failed for report in runtestprotocol(item, nextitem=following, log=False))


CACHED = ("judged", "people", "kinds", "reader")


def _ours(function: FunctionType) -> bool:
    return function.__code__.co_filename.startswith(str(RULES))


def _remembers(one: object) -> bool:
    kind = type(one)
    if kind.__name__ == "_lru_cache_wrapper":
        return str(getattr(one, "__module__", "")).startswith(("rules", "tests"))
    return kind.__name__ in ("Service", "RegisterSchema") and kind.__module__.startswith("rules.")


def _forget(worked_out: list[Any]) -> None:
    """What was worked out before the fork is worked out anew."""
    for one in worked_out:
        if hasattr(one, "cache_clear"):
            one.cache_clear()
            continue
        for name in CACHED:
            one.__dict__.pop(name, None)
        if (remembered := one.__dict__.get("_day")) is not None:
            remembered.cache_clear()


def _in_a_child(work: Callable[[], Any], seconds: int = 0) -> Any:
    """What the work gives, done in a fork. Raises TimeoutError and ChildProcessError."""
    reading, writing = os.pipe()
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        signal.alarm(seconds)
        devnull = os.open(os.devnull, os.O_WRONLY)
        os.dup2(devnull, 1)
        try:
            body = json.dumps(work())
        except BaseException as error:
            os.write(2, f"{type(error).__name__}: {error}\n".encode()[:500])
            os._exit(3)
        with os.fdopen(writing, "w") as pipe:
            pipe.write(body)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        body = pipe.read()
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGALRM:
        raise TimeoutError
    if status:
        raise ChildProcessError(status)
    return json.loads(body)


def _keep(module: str, results: list[Result]) -> None:
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    others = [line for line in _kept() if line["module"] != module]
    lines = [json.dumps(one, ensure_ascii=False) for one in (*others, *map(asdict, results))]
    RESULTS.write_text("\n".join(lines) + "\n", encoding="utf-8")
    count = Counter(one.status for one in results)
    sys.stderr.write(f"{module}: {len(results)} mutants, {dict(count)}\n")


def _kept() -> list[dict[str, Any]]:
    return [json.loads(line) for line in RESULTS.read_text("utf-8").splitlines() if line] if RESULTS.exists() else []


def report() -> None:
    """The table of docs/mutation.md, and then every mutant that nobody noticed."""
    by_module: dict[str, Counter[str]] = defaultdict(Counter)
    for line in _kept():
        by_module[line["module"]][line["status"]] += 1
    print("| module | mutants | killed | survived | untested | killed % |\n|---|---:|---:|---:|---:|---:|")
    for module, count in [*sorted(by_module.items()), ("**all**", sum(by_module.values(), Counter()))]:
        every, killed = sum(count.values()), count["killed"] + count["timeout"]
        share = 100 * killed / every if every else 100
        print(f"| {module} | {every} | {killed} | {count['survived']} | {count['untested']} | {share:.1f} |")
    print()
    for line in _kept():
        if line["status"] in ("survived", "untested"):
            place = f"rules/{line['module'].replace('.', '/')}.py:{line['line']}"
            print(f"{line['status']}: {place} {line['function']}: {line['change']}")


def main() -> None:
    if "--report" in sys.argv:
        report()
        return
    found = [path.relative_to(RULES).with_suffix("") for path in [*RULES.glob("*.py"), *RULES.glob("conditions/*.py")]]
    every = sorted(".".join(one.parts) for one in found if one.name != "__init__")
    modules = sys.argv[1:] or every
    if unknown := set(modules) - set(every):
        sys.exit(f"There is no {', '.join(sorted(unknown))} in rules/. Name some of: {', '.join(every)}.")
    words = ["tests/rules", "-p", "no:cacheprovider", "-p", "no:randomly", "--timeout=0", "-m", "not slow"]
    os.chdir(ROOT)
    sys.path.insert(0, str(ROOT))
    sys.exit(pytest.main(words, plugins=[Mutation(modules)]))


if __name__ == "__main__":
    main()
