"""The texts of a service: each must render for every variant and rung, and be what its channel allows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import product
from pathlib import Path

import jinja2
from jinja2.sandbox import ImmutableSandboxedEnvironment

from rules import templates
from rules.channels import Channel, channels
from rules.grammar import Fact, Form, ServiceText
from rules.groups import spelt_out
from rules.register import RegisterSchema

LANGUAGES = ("vi", "en")
_GIVEN = ("variant", "days_late", "code", "rung")
_DAYS_LATE = (0, 1, 730)

Fault = tuple[str, str, str]
"""The template's file name, why it cannot go out, how to mend it."""


def template(path: Path) -> jinja2.Template:
    """A text, ready to be rendered; an unknown name is an error. Raises jinja2.TemplateError and UnicodeDecodeError."""
    return _compiled(path.read_text(encoding="utf-8"))


@lru_cache(maxsize=256)
def _compiled(text: str) -> jinja2.Template:
    environment = ImmutableSandboxedEnvironment(undefined=jinja2.StrictUndefined, autoescape=False)  # plain text
    return environment.from_string(text)


def render(text: jinja2.Template, values: Mapping[str, object], channel: Channel) -> str:
    """The text as it goes out on a channel. Raises jinja2.TemplateError."""
    return channel.laid_out(filled_in(text, values))


def filled_in(text: jinja2.Template, values: Mapping[str, object]) -> str:
    """The text with its values, as it is written. Raises jinja2.TemplateError, also where it reckons with words: what
    Python says of that comes out of a template as it is."""
    try:
        return text.render(**values)
    except (TypeError, ValueError, ArithmeticError, LookupError, AttributeError) as error:
        raise jinja2.TemplateRuntimeError(f"{type(error).__name__}: {error}") from error


def faults(folder: Path, text: ServiceText, form: Form, registers: Mapping[str, RegisterSchema]) -> Iterator[Fault]:
    """What is wrong with the texts of the ladder's channels, and with any others there are, tried with the longest
    values they can get."""
    letters = {name: sample(fact, form, registers) for name, fact in text.letters.items()}
    needed = {name for rung in text.ladder for name in spelt_out(rung.channels)}
    written = {path.name.split(".")[0] for path in (folder / "messages").glob("*.j2")} & set(channels())
    for name in sorted(needed | written):
        channel = channels().get(name)
        if channel is None:
            why = f"The ladder uses {name}, and nothing says what a text on it may be."
            yield f"{name}.vi.j2", why, f"Write rules/channels/{name}.yaml, or use one of: {', '.join(channels())}."
            continue
        values = {**letters, **dict.fromkeys(_GIVEN, "X" * 20), "code": "WXYZ WXYZ", "days_late": "730"}
        yield from ((f"{name}.yaml", why, mend) for why, mend in templates.faults(folder / "messages", channel, values))
        for language in LANGUAGES:
            path = folder / "messages" / channel.template(language)
            if not path.is_file():
                yield path.name, f"The ladder uses {name}, but this text is missing.", "Write it into messages/."
                continue
            for why, mend in _told(path, channel, text, letters):
                yield path.name, why, mend


def _told(path: Path, channel: Channel, text: ServiceText, letters: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Each kind of fault once for each variant."""
    told: set[tuple[str, str]] = set()
    may_use = f"It may use: {', '.join((*letters, *_GIVEN))}."
    try:
        ready = template(path)
    except (jinja2.TemplateError, UnicodeDecodeError) as error:
        yield f"It cannot be rendered: {error}.", may_use
        return
    for variant, rung, days in product(text.variants, text.ladder, _DAYS_LATE):
        values = {**letters, "variant": variant, "rung": rung.name, "days_late": days, "code": "WXYZ WXYZ"}
        try:
            said = render(ready, values, channel)
        except jinja2.TemplateError as error:
            yield f"It cannot be rendered: {error}.", may_use
            return
        for why, mend in channel.faults(said):
            if (variant, mend) not in told:
                told.add((variant, mend))
                yield f"For {variant}: {why}", mend


def sample(fact: Fact, form: Form, registers: Mapping[str, RegisterSchema]) -> str:
    """As long a value as a text can get of this fact."""
    if fact.shown == "date":
        return "29/02/2028"
    if fact.shown == "last4":
        return "4567"
    for field in form.fields:
        if field.name == fact.field and field.source is not None and field.source.register_name in registers:
            column = registers[field.source.register_name].columns.get(field.source.column)
            if column is not None and (codes := column.kind(field.name).codes):
                return max(codes, key=len)
    return "X" * 20
