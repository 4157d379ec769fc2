"""Template messages: a provider approves the text beforehand, and is sent its values only.

`messages/<channel>.yaml` of a service lists the parameters under the names that the provider knows; the text beside it,
`messages/<channel>.vi.j2`, is what is handed in for approval. Under which id it was approved is the installation's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path

import jinja2
from jinja2 import nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment
from pydantic import Field, ValidationError

from rules import source
from rules.base import Name, Rule
from rules.channels import Channel

Fault = tuple[str, str]


class Parameter(Rule):
    """One parameter: which name of the text it carries, and its kind, which says how long it may be."""

    value: Name
    kind: Name


class Template(Rule):
    parameters: Mapping[Name, Parameter] = Field(min_length=1)

    def given(self, values: Mapping[str, object]) -> dict[str, str]:
        """The values under the names that the provider knows."""
        return {name: str(values.get(one.value, "")) for name, one in self.parameters.items()}


@lru_cache(maxsize=256)
def read(folder: Path, channel: str) -> Template | None:
    """The parameters of a service for a channel; None where it has no such file. Raises ValueError."""
    path = folder / f"{channel}.yaml"
    if not path.is_file():
        return None
    text, problems = source.read(path, path.name)
    if text is None or problems:
        raise ValueError("; ".join(map(str, problems)))
    try:
        return Template.model_validate(text.data)
    except ValidationError as error:
        said = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
        raise ValueError(said) from error


def faults(folder: Path, channel: Channel, values: Mapping[str, str]) -> Iterator[Fault]:
    """What is wrong with the parameters of a service, tried with the longest values they can get."""
    if not channel.parameters:
        return
    try:
        template = read(folder, channel.name)
    except ValueError as error:
        yield f"It cannot be used: {error}", "Write `parameters: {name: {value: expires_on, kind: time}}`."
        return
    if template is None:
        yield f"The ladder uses {channel.name}, but its parameters are missing.", "List them in messages/."
        return
    for name, one in template.parameters.items():
        most = channel.parameters.get(one.kind)
        if most is None:
            yield f"{name}: there is no kind {one.kind}.", f"Use one of: {', '.join(channel.parameters)}."
        elif one.value not in values:
            yield f"{name}: no text has a value {one.value}.", f"Use one of: {', '.join(values)}."
        elif len(values[one.value]) > most:
            yield f"{name}: {len(values[one.value])} characters, and a {one.kind} has {most}.", "Choose another kind."
    carried = {one.value for one in template.parameters.values()}
    for language in ("vi", "en"):
        path = folder / f"{channel.name}.{language}.j2"
        if not path.is_file():
            continue
        try:
            shown, chosen = _used(path)
        except (jinja2.TemplateError, UnicodeDecodeError):  # told where the text itself is looked at
            continue
        for name in sorted(shown - carried):
            yield f"{path.name} shows {name}, which is no parameter.", "Add it: the provider fills in parameters only."
        for name in sorted(chosen - {"variant"}):
            yield f"{path.name} chooses its words by {name}.", "An approved text is one text: choose by variant only."


def _used(path: Path) -> tuple[set[str], set[str]]:
    """The names whose values a text shows, and those by which it chooses its sentences."""
    tree = ImmutableSandboxedEnvironment().parse(path.read_text(encoding="utf-8"))
    shown = {name.name for output in tree.find_all(nodes.Output) for name in output.find_all(nodes.Name)}
    chosen = {name.name for one in tree.find_all(nodes.If) for name in one.test.find_all(nodes.Name)}
    chosen |= {one.test.name for one in tree.find_all(nodes.If) if isinstance(one.test, nodes.Name)}
    return shown, chosen
