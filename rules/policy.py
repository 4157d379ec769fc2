"""Reads a file of the city's policy: one model, its problems with their lines, and its dated numbers on a day."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from rules.base import Rule
from rules.dated import flaws
from rules.problem import Problem, Unpublishable
from rules.source import Source, read

R = TypeVar("R", bound=Rule)


def policy(model: type[R], path: Path, name: str) -> R:
    """What stands in the file; `name` is how problems call it. Raises `Unpublishable` where it cannot be used."""
    return _policy(model, path, name)[0]


def dated_policy(model: type[R], path: Path, name: str) -> R:
    """The same of a file every part of which is dated. Raises `Unpublishable`, also for gaps and overlaps."""
    text, source, problems = _policy(model, path, name)
    for field in model.model_fields:
        problems += [source.problem(*flaw) for flaw in flaws(getattr(text, field).periods, (field, "periods"))]
    if problems:
        raise Unpublishable(problems)
    return text


def numbers_on(day: date, text: Rule, name: str, *, least: int, most: int) -> dict[str, int]:
    """The whole numbers of a dated policy that are in force. Raises `Unpublishable` where one is not."""
    found = dict[str, int]()
    for field in type(text).model_fields:
        period = getattr(text, field).at(day)
        if period is None or not isinstance(period.value, int) or not least <= period.value <= most:
            why = f"No whole number from {least} to {most} is in force on {day}."
            raise Unpublishable([Problem(field, why, "Add a period with one.", name, 1)])
        found[field] = period.value
    return found


def _policy(model: type[R], path: Path, name: str) -> tuple[R, Source, list[Problem]]:
    source, problems = read(path, name)
    if source is None:
        raise Unpublishable(problems)
    try:
        return model.model_validate(source.data), source, problems
    except ValidationError as error:
        raise Unpublishable(
            [source.problem(one["loc"], f"{one['msg']}.", "Correct it.") for one in error.errors(include_url=False)]
        ) from error
