"""What a text may be on each channel, as data: one file a channel, each prohibition with the ground it stands on.

The file's name is the channel's, as `notifiers/` and a service's ladder know it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from functools import cache
from pathlib import Path

from pydantic import Field

from rules import source
from rules.base import Confidence, Name, Rule, Text, Words
from rules.forbidden import prohibitions
from rules.parsing import keys_of, parse
from rules.problem import Problem
from rules.texts import odd_letters, size


class Script(StrEnum):
    """How Vietnamese is written on a channel."""

    PLAIN = "plain"  # without accents, in the letters of GSM-7
    ACCENTED = "accented"


class Ground(Rule):
    """What a prohibition stands on."""

    reference: Text
    confidence: Confidence
    note: Text | None = None


class Channel(Rule):
    """What a text may be on one channel. `price` names the assumption that says what one segment or message costs."""

    name: Name
    title: Words
    script: Script
    most_segments: int | None = Field(default=None, ge=1)
    most_characters: int | None = Field(default=None, ge=1)
    texts_of: Name | None = None
    """The channel whose texts it uses; its own where nothing stands here."""
    price: Name | None = None
    paragraphs: bool = False
    """A text keeps its paragraphs, with an empty line between; the first is the subject. Otherwise it is one line."""
    carries_codes: bool = False
    """One-time codes to the registered phone may go by it."""
    tells_delivery: bool = True
    """Whether somebody says when a message arrived. Where nobody does, no rung waits for that word."""
    parameters: Mapping[Name, int] = Field(default_factory=dict)
    """Kinds of parameters and their most characters, where templates are approved beforehand (rules/templates.py)."""
    forbids: Mapping[Name, Ground]

    def template(self, language: str) -> str:
        """The file of a text for it, in the messages of a service."""
        return f"{self.texts_of or self.name}.{language}.j2"

    def laid_out(self, text: str) -> str:
        """What a template gave, as it goes out on this channel."""
        if not self.paragraphs:
            return " ".join(text.split())
        return "\n\n".join(" ".join(one.split()) for one in text.split("\n\n") if one.strip())

    def faults(self, text: str) -> Iterator[tuple[str, str]]:
        """Why this text may not go out on this channel, and how to mend it; nothing where it may."""
        if not text:
            yield "it says nothing.", "Write a text for this variant."
        if self.script is Script.PLAIN and (odd := odd_letters(text)):
            yield f"it has characters that are not plain GSM-7: {' '.join(odd)}.", "Write Vietnamese without accents."
        elif self.most_segments is not None and (segments := size(text).segments) > self.most_segments:
            why = f"it takes {segments} segments ({len(text)} characters), and {self.most_segments} may be."
            yield why, "Shorten it."
        if self.most_characters is not None and len(text) > self.most_characters:
            yield f"it has {len(text)} characters, and {self.most_characters} may be.", "Shorten it."
        if self.paragraphs and "\n\n" not in text:
            yield "it has no subject.", "Begin it with a subject and an empty line."
        seen = text.replace("\n\n", " ") if self.paragraphs else text
        for name in self.forbids:
            yield from prohibitions()[name].check(seen)


@cache
def channels() -> Mapping[str, Channel]:
    """Every channel, by name. Raises ValueError listing all problems where a file cannot be used."""
    found, problems = source.each(Path(__file__).parent, read)
    for one in found.values():
        if one.texts_of is not None and (one.texts_of not in found or found[one.texts_of].texts_of is not None):
            mend = "Name a channel with texts of its own."
            problems.append(Problem("texts_of", f"It is {one.texts_of}.", mend, file=f"rules/channels/{one.name}.yaml"))
    if problems:
        raise ValueError("\n".join(map(str, problems)))
    return found


def read(path: Path) -> tuple[Channel | None, list[Problem]]:
    """The channel of one file, or all that is wrong with it."""
    text, problems = source.read(path, f"rules/channels/{path.name}")
    if text is None or problems:
        return None, problems
    channel, problems = parse(Channel, text.named(path.stem), keys=lambda: keys_of(Channel))
    if channel is not None:
        unknown = [name for name in channel.forbids if name not in prohibitions()]
        mend = f"Forbid one of: {', '.join(prohibitions())}; phrases are listed in rules/wording.yaml."
        problems += [text.problem(("forbids", name), f"Nobody knows what '{name}' forbids.", mend) for name in unknown]
    return (None if problems else channel), problems
