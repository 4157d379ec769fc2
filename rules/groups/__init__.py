"""Groups of channels that a ladder may name as one: providers of the same kind, of which each message takes one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from pydantic import Field, PositiveInt

from rules import source
from rules.base import Name, Rule, Words
from rules.channels import channels
from rules.parsing import keys_of, parse
from rules.problem import Problem


class Group(Rule):
    """Channels that say the same to the same address. `either`: how messages are shared out where all is well."""

    name: Name
    title: Words
    either: Mapping[Name, PositiveInt] = Field(min_length=2)


@cache
def groups() -> Mapping[str, Group]:
    """Every group, by name. Raises ValueError listing all problems where a file cannot be used."""
    found, problems = source.each(Path(__file__).parent, read)
    if problems:
        raise ValueError("\n".join(map(str, problems)))
    return found


def read(path: Path) -> tuple[Group | None, list[Problem]]:
    """The group of one file, or all that is wrong with it."""
    text, problems = source.read(path, f"rules/groups/{path.name}")
    if text is None or problems:
        return None, problems
    group, problems = parse(Group, text.named(path.stem), keys=lambda: keys_of(Group))
    if group is not None:
        if group.name in channels():
            problems.append(text.problem((), f"{group.name} is a channel.", "Give the group another name."))
        mend = f"Name channels: {', '.join(channels())}."
        problems += [
            text.problem(("either", name), f"There is no channel '{name}'.", mend)
            for name in group.either
            if name not in channels()
        ]
        if len({channels()[name].template("vi") for name in group.either if name in channels()}) > 1:
            mend = "Let one use the texts of the other (`texts_of`)."
            problems.append(text.problem(("either",), "Its channels do not say the same.", mend))
    return (None if problems else group), problems


def members(name: str) -> tuple[str, ...]:
    """The channels that a word of a ladder stands for."""
    group = groups().get(name)
    return (name,) if group is None else tuple(group.either)


def spelt_out(names: Iterable[str]) -> list[str]:
    """All channels that these words of a ladder stand for, in their order."""
    return [channel for name in names for channel in members(name)]


def title(name: str) -> Words | None:
    """What a word of a ladder is called."""
    found = groups().get(name) or channels().get(name)
    return found.title if found is not None else None
