"""What a text may be forbidden to hold: a few shapes that are looked for here, and the phrases of `wording.yaml`.

Each check gives why the text may not go out and how to mend it. Texts are compared as a reader sees them: in one
form of Unicode, without accents, in small letters.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

import yaml
from pydantic import Field, TypeAdapter

from rules.base import Name, Rule, Text, Words
from rules.texts import plain

Fault = tuple[str, str]
Check = Callable[[str], Iterator[Fault]]

_ENDINGS = "vn|gov|com|net|org|info|top|xyz|cc|io|me|ly|app|site|online|shop|club"
_LINK = re.compile(
    rf"h[tx]{{2}}ps?\b|\bwww\b|[a-z0-9]\.[a-z]{{2,}}|[a-z0-9][ [(]*(?:dot|cham|\.)[ )\]]*(?:{_ENDINGS})\b"
)
_MAYBE_LINK = re.compile(rf"h[tx]{{2}}p|www|\.[a-z]{{2}}|(?:dot|cham|\.)[ )\]]*(?:{_ENDINGS})\b")
"""In every link, and found in a tenth of the time: it begins with one of five characters."""
_PHONE = re.compile(r"(?<![\w/])\+?[(]?[0-9](?:[ .()-]?[0-9]){6,}")
_LONG = re.compile(r"[0-9]{5,}")
_CLAUSE = re.compile(r"[.,;:!?\n]+")
_DENIED = re.compile(r"\b(?:khong|chua|dung|never|not|no)\b")


class Group(Rule):
    """Phrases of one kind. `unless_denied`: in a clause that says "không" they may stand."""

    says: Words
    mend: Text
    unless_denied: bool = False
    phrases: tuple[Text, ...] = Field(min_length=1)


@lru_cache(maxsize=16)
def seen(text: str) -> str:
    """The text as it is compared."""
    return " ".join(plain(unicodedata.normalize("NFKC", text)).lower().split())


def _links(text: str) -> Iterator[Fault]:
    whole = seen(text)
    if _MAYBE_LINK.search(whole) and (match := _LINK.search(whole)):
        yield f"'{match[0]}' looks like a link.", "Take it out: a message with a link looks like a fraud."


def _phone_numbers(text: str) -> Iterator[Fault]:
    if match := _PHONE.search(seen(text)):
        yield f"'{match[0]}' looks like a number to call.", "Name only the short number 1022."


def _long_numbers(text: str) -> Iterator[Fault]:
    if match := _LONG.search(seen(text)):
        why = f"it has {len(match[0])} digits in a row, which looks like a number somebody could misuse."
        yield why, "Show at most the last four digits."


def _control_characters(text: str) -> Iterator[Fault]:
    if text.isprintable():
        return
    if any(unicodedata.category(letter) in {"Cc", "Cf", "Co", "Cs", "Zl", "Zp"} for letter in text):
        yield "it has line breaks or characters that cannot be seen.", "Take them out."


def _phrases(group: Group) -> Check:
    """Looks for the phrases of a group as whole words."""
    phrases = [seen(phrase) for phrase in sorted(group.phrases, key=len, reverse=True)]
    pattern = re.compile(rf"(?<![\w])(?:{'|'.join(map(re.escape, phrases))})(?![\w])")

    def check(text: str) -> Iterator[Fault]:
        whole = seen(text)
        if not any(phrase in whole for phrase in phrases):  # nearly always, and 20 times as quick as the pattern
            return
        for clause in _CLAUSE.split(whole) if group.unless_denied else [whole]:
            match = pattern.search(clause)
            if match and not (group.unless_denied and _DENIED.search(clause)):
                yield f"'{match[0]}' is {group.says.en} ({group.says.vi}).", group.mend
                return

    return check


@dataclass(frozen=True)
class Prohibition:
    """What a channel can forbid: how it is called, and what looks for it."""

    says: Words
    check: Check


def _shape(vi: str, en: str, check: Check) -> Prohibition:
    return Prohibition(Words(vi=vi, en=en), check)


@cache
def prohibitions() -> Mapping[str, Prohibition]:
    """Everything that a channel can forbid, by name."""
    path = Path(__file__).with_name("wording.yaml")
    groups = TypeAdapter(dict[Name, Group]).validate_python(yaml.safe_load(path.read_text(encoding="utf-8")))
    return {
        "links": _shape("đường dẫn", "links", _links),
        "phone_numbers": _shape("số điện thoại", "phone numbers", _phone_numbers),
        "long_numbers": _shape("dãy từ năm chữ số", "five digits or more in a row", _long_numbers),
        "control_characters": _shape("ký tự không nhìn thấy", "characters that cannot be seen", _control_characters),
        **{name: Prohibition(group.says, _phrases(group)) for name, group in groups.items()},
    }
