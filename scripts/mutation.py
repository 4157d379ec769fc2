"""Mutation testing of rules/ and proactive/domain/: one thing is changed at a time, and we see whether a test notices.

    .venv/bin/python scripts/mutation.py [MODULE...]          all of rules/ unless named (day, conditions.late)
    .venv/bin/python scripts/mutation.py --of domain          all of proactive/domain/, with any of the below
    .venv/bin/python scripts/mutation.py --minutes 60         as far as it comes; asked again, it goes on from there
    .venv/bin/python scripts/mutation.py --sample 1500        so many more
    .venv/bin/python scripts/mutation.py --again              once more those that survived
    .venv/bin/python scripts/mutation.py --report [--left]    the table of what is known; and what survived

The order is shuffled over all modules (`--seed`), so that a part of the run is a fair sample of the whole. The tests
are collected once. For each mutant a child is forked in which the code of one function is exchanged in place; it runs
the tests that were seen to enter that function until one fails: first those that have noticed the most there, then the
quickest. The same tests are then run with nothing changed: one that fails all the same has noticed nothing, is named,
and is asked no more. What is found stands in build/mutation/results.jsonl, a line a mutant; an edited function is
tried again.
"""

from __future__ import annotations

import argparse
import gc
import hashlib
import importlib
import json
import os
import signal
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from types import CodeType, FrameType, FunctionType
from typing import Any

import pytest
from _pytest.runner import runtestprotocol
from mutants import ROOT, TARGETS, Mutant, Result, aimed, keep, known, modules, mutants, parsed, shuffled, target
from mutation_report import report

sys.path.insert(0, str(ROOT))
import rules

_BOOK: dict[str, Callable[..., rules.Catalogue]] = {}
"""How tests come to the whole rule book: `ready`, read before the change; and only if nobody notices, `read` anew."""

LONGEST = 9.0
"""Seconds of processor time that the tests of one mutant get; whatever nobody noticed by then survived."""


class Mutation:
    """A pytest plugin that runs mutants where pytest would run its tests."""

    def __init__(self, todo: list[Mutant], *, sample: int | None, minutes: float | None) -> None:
        self._todo, self._sample = todo, sample
        self._until = None if minutes is None else time.monotonic() + 60 * minutes
        self._known = known()
        self._noticed: dict[str, Counter[str]] = defaultdict(Counter)
        self._unsure: set[str] = set()
        """Tests that failed with nothing changed."""
        self._worked_out: list[Any] = []
        for result in self._known.values():  # who noticed most before is asked first again
            if result.by is not None:
                module, function, *_ = result.name.split(":")
                self._note(module, function, result.by)

    def _note(self, module: str, function: str, by: str) -> None:
        for place in ("", module, f"{module}:{function}"):
            self._noticed[place][by] += 1

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        from hypothesis import Phase, settings  # pytest wants to rewrite it first

        for item in session.items:  # fewer examples, always the same, and none made smaller
            function = getattr(item, "obj", None)
            if (used := getattr(function, "_hypothesis_internal_use_settings", None)) is not None:
                few = settings(
                    used, max_examples=12, derandomize=True, database=None, deadline=None,
                    phases=[Phase.explicit, Phase.generate],
                )  # fmt: skip
                getattr(function, "__func__", function)._hypothesis_internal_use_settings = few
        for module in modules():  # what a command imports when it runs must be here before the fork
            importlib.import_module(f"{target().package}.{module}")
        items = {item.nodeid: item for item in session.items}
        seen = _seen(items)
        seconds = {test: one["seconds"] for test, one in seen.items()}
        entered: dict[str, list[str]] = defaultdict(list)
        for test in sorted(seen, key=seconds.__getitem__):
            for function in seen[test]["entered"]:
                entered[function].append(test)
        live: dict[tuple[str, str], list[FunctionType]] = defaultdict(list)
        for one in gc.get_objects():
            if type(one) is FunctionType and one.__code__.co_filename.startswith(str(target().folder)):
                live[one.__code__.co_filename, one.__code__.co_qualname].append(one)
        read, whole = rules.load, rules.load()
        _BOOK.update(read=read, ready=lambda *given, **named: read(*given, **named) if given or named else whole)
        self._worked_out = [one for one in gc.get_objects() if _remembers(one)]
        gc.collect()
        gc.freeze()
        using = {item.nodeid for item in session.items if "catalogue" in getattr(item, "fixturenames", ())}
        count: Counter[str] = Counter()
        for number, mutant in enumerate(self._todo):
            if number == self._sample or (self._until is not None and time.monotonic() > self._until):
                break
            path = str(modules()[mutant.module])
            tests = self._in_order(mutant, entered[_name(path, mutant.function)])
            on_the_book = [test for test in tests if test in using]
            loads = len(on_the_book) == len(using)
            status, by = self._tried(
                mutant,
                live[path, mutant.function],
                [items[test] for test in tests],
                [items[test] for test in on_the_book if loads],
            )
            if by is not None:
                self._note(mutant.module, mutant.function, by)
            count[status] += 1
            at = datetime.now(UTC).isoformat(timespec="seconds")
            keep(Result(mutant.name, status, status, at, by), self._known.get(mutant.name))
            if not (number + 1) % 50:
                sys.stderr.write(f"{number + 1} of {len(self._todo)}: {dict(count)}\n")
        return True

    def _in_order(self, mutant: Mutant, tests: list[str]) -> list[str]:
        """The tests that noticed the most in this function, then in its module, then those that compare every word,
        then the tests that noticed the most anywhere, then the quickest."""
        places = (f"{mutant.module}:{mutant.function}", mutant.module, "")
        here, near, anywhere = (self._noticed[place] for place in places)
        whole = target().whole
        return sorted(tests, key=lambda test: (-here[test], -near[test], not test.startswith(whole), -anywhere[test]))

    def _tried(
        self, mutant: Mutant, live: list[FunctionType], tests: list[pytest.Item], reading: list[pytest.Item]
    ) -> tuple[str, str | None]:
        code = _changed(mutant)
        if not live:
            return "untested", None
        if code is None or any(code.co_freevars != one.__code__.co_freevars for one in live):
            return "same", None
        if _alike(code, live[0].__code__):
            return "same", None
        if not tests:
            return "untested", None

        def run(book: str, tests: list[pytest.Item], code: CodeType) -> str | None:
            rules.load = _BOOK[book]
            for function in live:
                function.__code__ = code
            _forget(self._worked_out)
            started = time.process_time()
            for index, item in enumerate(tests):
                if _fails(item, tests[index + 1] if index + 1 < len(tests) else None):
                    return item.nodeid
                if time.process_time() - started > LONGEST:
                    return None
            return None

        def noticed(book: str, tests: list[pytest.Item]) -> str | None:
            asked = [item for item in tests if item.nodeid not in self._unsure]
            while (by := _in_a_child(partial(run, book, asked, code), seconds=2 * LONGEST)) is not None:
                until = next(number for number, item in enumerate(asked, 1) if item.nodeid == by)
                anyway = _in_a_child(partial(run, book, asked[:until], unchanged), seconds=4 * LONGEST)
                if anyway is None:
                    return str(by)
                sys.stderr.write(f"{anyway} fails with nothing changed in {mutant.function}: it is asked no more\n")
                self._unsure.add(anyway)
                asked = [item for item in asked if item.nodeid != anyway]
            return None

        unchanged = live[0].__code__
        try:
            by = noticed("ready", tests)
            if by is None and reading:  # those that stand on the rule book, with one that the mutant has read
                by = noticed("read", reading)
        except TimeoutError:
            return "timeout", None
        except ChildProcessError:
            return "killed", None
        return ("killed", by) if by else ("survived", None)


def _changed(mutant: Mutant) -> CodeType | None:
    """The code of the function with this one change, or None where it can't be changed so."""
    tree, found = parsed(mutant.module)
    point = found[mutant.function][1][mutant.index]
    point.do()
    try:
        whole = compile(tree, str(modules()[mutant.module]), "exec", dont_inherit=True)
    except (SyntaxError, ValueError, TypeError):
        return None
    finally:
        point.undo()
    return next((one for one in _codes(whole) if one.co_qualname == mutant.function), None)


def _codes(code: CodeType) -> list[CodeType]:
    """The code objects of a module's functions and methods, not those within them."""
    found = [const for const in code.co_consts if isinstance(const, CodeType)]
    return [one for one in found if "<" not in one.co_qualname] + [deep for one in found for deep in _codes(one)]


def _alike(one: object, other: object) -> bool:
    """Whether two functions do the same, whatever lines they stand on."""
    if isinstance(one, CodeType) and isinstance(other, CodeType):
        return (
            (one.co_code, one.co_names, one.co_varnames) == (other.co_code, other.co_names, other.co_varnames)
            and len(one.co_consts) == len(other.co_consts)
            and all(map(_alike, one.co_consts, other.co_consts))
        )
    return type(one) is type(other) and one == other


def _seen(items: dict[str, pytest.Item]) -> dict[str, dict[str, Any]]:
    """Of each test which functions it enters and how long it takes; only those in changed files are looked at again."""
    kept = target().results.with_suffix(".watched.json")
    before = json.loads(kept.read_text("utf-8")) if kept.exists() else {}
    texts = {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in {item.path for item in items.values()}}
    seen = {test: before[test] for test, item in items.items() if before.get(test, {}).get("file") == texts[item.path]}
    new = [item for test, item in items.items() if test not in seen]
    if new:
        for test, one in _in_a_child(lambda: _watched(new)).items():
            seen[test] = {**one, "file": texts[items[test].path]}
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(json.dumps(seen), encoding="utf-8")
    sys.stderr.write(f"{len(items)} tests take {sum(one['seconds'] for one in seen.values()):.0f} s while watched\n")
    return seen


def _watched(items: list[pytest.Item]) -> dict[str, Any]:
    """What was worked out is forgotten before each test, so that each is seen to do all that it stands on; the
    rule book itself is read by the first of each file. A test that fails as things are is named and left out."""
    found: set[CodeType] = set()

    def profile(frame: FrameType, event: str, _: object) -> None:
        if event == "call":
            found.add(frame.f_code)

    seen: dict[str, Any] = {}
    worked_out: list[Any] = []
    loading: set[str] = set()
    file, known_for = None, 0
    for index, item in enumerate(items):
        if item.path != file or known_for < 2:
            worked_out, known_for = [one for one in gc.get_objects() if _remembers(one)], known_for + 1
        if item.path != file:
            file, known_for = item.path, 0
        _forget(worked_out)
        found.clear()
        started = time.process_time()
        sys.setprofile(profile)
        failed = _fails(item, items[index + 1] if index + 1 < len(items) else None)
        sys.setprofile(None)
        if failed:
            sys.stderr.write(f"{item.nodeid} fails as things are, and is left out\n")
            continue
        ours = {_name(c.co_filename, c.co_qualname) for c in found if c.co_filename.startswith(str(target().folder))}
        if "catalogue" in getattr(item, "fixturenames", ()):
            loading = loading or ours  # the first of them reads the rule book, and the others stand on it
            ours |= loading
        seen[item.nodeid] = {"seconds": round(time.process_time() - started, 4), "entered": sorted(ours)}
    return seen


def _name(file: str, function: str) -> str:
    return f"{Path(file).relative_to(target().folder)}:{function.partition('.<locals>')[0]}"


def _fails(item: pytest.Item, following: pytest.Item | None) -> bool:
    return any(report.failed for report in runtestprotocol(item, nextitem=following, log=False))


CACHED = ("judged", "people", "kinds", "reader")


def _remembers(one: object) -> bool:
    kind = type(one)
    if kind.__name__ == "_lru_cache_wrapper":
        return str(getattr(one, "__module__", "")).startswith(("rules", "tests"))
    return kind.__name__ in ("Service", "RegisterSchema") and kind.__module__.startswith("rules.")


def _forget(worked_out: list[Any]) -> None:
    """What was worked out before is worked out anew."""
    for one in worked_out:
        if hasattr(one, "cache_clear"):
            one.cache_clear()
            continue
        for name in CACHED:
            one.__dict__.pop(name, None)
        if (remembered := one.__dict__.get("_day")) is not None:
            remembered.cache_clear()


def _in_a_child(work: Callable[[], Any], seconds: float = 0) -> Any:
    """What the work gives, done in a fork with so much processor time. Raises TimeoutError and ChildProcessError."""
    reading, writing = os.pipe()
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        signal.signal(signal.SIGPROF, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_PROF, seconds)
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
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGPROF:
        raise TimeoutError
    if status:
        raise ChildProcessError(status)
    return json.loads(body)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("modules", nargs="*")
    parser.add_argument("--of", choices=TARGETS, default="rules")
    parser.add_argument("--seed", type=int, default=20261129)
    parser.add_argument("--sample", type=int)
    parser.add_argument("--minutes", type=float)
    parser.add_argument("--again", action="store_true")
    parser.add_argument("--report", action="store_true")
    parser.add_argument("--left", action="store_true")
    given = parser.parse_args()
    aimed.append(TARGETS[given.of])
    if unknown := set(given.modules) - set(modules()):
        sys.exit(f"There is no {', '.join(sorted(unknown))} in {given.of}. Name some of: {', '.join(modules())}.")
    every = mutants(given.modules or list(modules()))
    if given.report:
        report(every, left=given.left)
        return
    results = known()
    todo = [one for one in shuffled(every, given.seed) if (one.name in results) == given.again]
    if given.again:
        todo = [one for one in todo if results[one.name].status in ("survived", "untested")]
    sys.stderr.write(f"{len(every)} mutants, {len(todo)} to do\n")
    words = [*target().tests, "-p", "no:cacheprovider", "-p", "no:randomly", "--timeout=0", "-m", "not slow"]
    os.chdir(ROOT)
    plugin = Mutation(todo, sample=given.sample, minutes=given.minutes)
    sys.exit(pytest.main([*words, "--tb=native"], plugins=[plugin]))


if __name__ == "__main__":
    main()
