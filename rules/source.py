"""YAML that remembers on which line everything stands, so that a problem can point at it.

Only the YAML 1.2 scalars are recognised: `on`, `yes` and `no` are text, numbers with leading zeros are text, and
dates without a time are dates.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import yaml

from rules.problem import Problem

try:
    from yaml import CSafeLoader as _Base  # ten times as fast
except ImportError:  # PyYAML built without libyaml
    from yaml import SafeLoader as _Base  # type: ignore[assignment]  # the same methods

Loc = tuple[str | int, ...]
T = TypeVar("T")
MOST_PARTS = 50_000
"""Of one file, with what it repeats by name: ours have a thousand or two."""


class _Loader(_Base):
    """A safe loader with fewer surprises than YAML 1.1."""

    yaml_implicit_resolvers = {}  # noqa: RUF012 -- the base class declares it so; filled below, never changed after


_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), list("tf"))
_Loader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"^(?:null|~|)$"), ["n", "~", ""])
_Loader.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"^-?(?:0|[1-9][0-9]*)$"), list("-0123456789"))
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:timestamp", re.compile(r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"), list("0123456789")
)


@dataclass(frozen=True, slots=True)
class Source:
    """A parsed file: its data, and the line of each of its parts."""

    file: str
    data: Any
    lines: dict[Loc, int]

    def line(self, loc: Loc) -> int:
        """The line of this part, or of the nearest part around it that is written down."""
        for end in range(len(loc), -1, -1):
            if (line := self.lines.get(loc[:end])) is not None:
                return line
        return 1

    def named(self, name: str) -> Source:
        """The same with its `name` in it, for what is called as its file is and does not say so itself."""
        return Source(self.file, {**self.data, "name": name}, self.lines) if isinstance(self.data, dict) else self

    def problem(self, loc: Loc, why: str, mend: str) -> Problem:
        """A problem with this part of the file."""
        return Problem(".".join(map(str, loc)) or "file", why, mend, self.file, self.line(loc))


def each(folder: Path, read: Callable[[Path], tuple[T | None, list[Problem]]]) -> tuple[dict[str, T], list[Problem]]:
    """What stands in each YAML file of a folder, by the file's name, and all that is wrong with them."""
    found: dict[str, T] = {}
    problems: list[Problem] = []
    for path in sorted(folder.glob("*.yaml")):
        one, wrong = read(path)
        problems += wrong
        if one is not None:
            found[path.stem] = one
    return found, problems


def read(path: Path, name: str) -> tuple[Source | None, list[Problem]]:
    """Read a YAML file; `name` is how problems call it. Without a usable file there is no source."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        return None, [Problem("file", f"It cannot be read: {error}.", "Put a UTF-8 text file there.", name, 1)]
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        lines: dict[Loc, int] = {}
        problems: list[Problem] = []
        if node is None:
            return None, [Problem("file", "It is empty.", "Write the rules into it.", name, 1)]
        _walk(node, (), lines, problems, name)
        data = loader.construct_document(node)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        why = f"It is not YAML: {error.problem or error}."
        return None, [Problem("file", why, "Check indentation, quotes and colons there.", name, line)]
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        return None, [Problem("file", f"It is not YAML: {error}.", "Check its characters and dates.", name, 1)]
    finally:
        loader.dispose()
    return Source(name, data, lines), problems


def _walk(node: yaml.Node, loc: Loc, lines: dict[Loc, int], problems: list[Problem], file: str) -> None:
    lines.setdefault(loc, node.start_mark.line + 1)
    if len(lines) > MOST_PARTS:
        raise yaml.YAMLError("it repeats itself without end")
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            name, line = str(key.value), key.start_mark.line + 1
            if name in seen:
                why = f"The key '{name}' is written twice, so one of the two would be silently lost."
                problems.append(Problem(".".join(map(str, (*loc, name))), why, "Keep one of them.", file, line))
            seen.add(name)
            lines[(*loc, name)] = line
            _walk(value, (*loc, name), lines, problems, file)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            _walk(value, (*loc, index), lines, problems, file)
