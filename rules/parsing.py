"""A parsed file as a value of its grammar, or all that is wrong with it: each with its line and how to mend it."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from rules import source
from rules.problem import Problem
from rules.source import Source

M = TypeVar("M", bound=BaseModel)

LISTED_IN = "rules/schema"
"""Where the keys and values of every grammar are listed."""


def parse(
    model: type[M], text: Source, *, keys: Callable[[], Collection[str]], at: source.Loc = ()
) -> tuple[M | None, list[Problem]]:
    """The value, or all the problems. `keys` are the words a misspelt one is compared with.

    `at` is the part of the file that holds it, where it is not the whole file.
    """
    part = text.data
    for step in at:
        part = part[step]
    try:
        return model.model_validate(part), []
    except ValidationError as error:
        problems: list[Problem] = []
        seen: set[tuple[str, int | None]] = set()
        errors = error.errors(include_url=False, include_context=False)
        for one in errors:
            if one["type"] == "too_short" and any(_inside(other["loc"], one["loc"]) for other in errors):
                continue  # said only because the parts of the list are wrong, which is told by itself
            problem = _said(text, (*at, *one["loc"]), one["type"], one["msg"], str(one["input"]), keys)
            # A value that fits none of several types is reported once for each of them.
            if (problem.where, problem.line) not in seen:
                seen.add((problem.where, problem.line))
                problems.append(problem)
        return None, problems


def keys_of(*models: type[BaseModel]) -> frozenset[str]:
    """Every key that these grammars know, at any depth."""
    found: set[str] = set()
    for model in models:
        schema = model.model_json_schema()
        for part in (schema, *schema.get("$defs", {}).values()):
            found |= set(part.get("properties", {}))
    return frozenset(found)


def _said(
    text: Source, loc: source.Loc, kind: str, message: str, given: str, keys: Callable[[], Collection[str]]
) -> Problem:
    if kind == "missing":
        return text.problem(loc, "It is missing.", f"Write `{loc[-1]}` here.")
    if kind == "extra_forbidden":
        near = difflib.get_close_matches(str(loc[-1]), sorted(keys()), n=1)
        hint = f"Did you mean `{near[0]}`?" if near else f"Remove it; {LISTED_IN} lists the keys there are."
        return text.problem(loc, f"There is no key '{loc[-1]}' here.", hint)
    written: source.Loc = ()
    for part in loc:  # between the parts that are written pydantic names which of several types it tried
        written = (*written, part) if (*written, part) in text.lines else written
    why = f"{message.removeprefix('Value error, ')} (it is {given[:60]})."
    return text.problem(written, why, f"Correct it; {LISTED_IN} says what may stand here.")


def _inside(inner: source.Loc, outer: source.Loc) -> bool:
    return len(inner) > len(outer) and inner[: len(outer)] == outer
