"""Letters: the text of a notice, from the service's template for its channel, and what it costs to send.

Templates are files reviewed with the service. Values in them are codes, dates and digits, never free text, so nobody
can speak to citizens in the city's name by having an odd name.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

import jinja2
from jinja2.sandbox import ImmutableSandboxedEnvironment

from proactive.errors import Permanent

GSM7 = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM7_TWICE = frozenset("^{}\\[~]|€")
MOST_SEGMENTS = 2
HOTLINE = "1022"

_LINKLIKE = re.compile(r"(https?:|www\.|[a-z0-9-]+\.(vn|com|net|org|top|info|xyz|me|io|ly|gov)\b)", re.IGNORECASE)
_LONG_NUMBER = re.compile(r"[0-9]{5,}")


@dataclass(frozen=True)
class Letter:
    """A text ready to be sent. `segments` is what an SMS provider will count and bill."""

    text: str
    encoding: str
    segments: int


def plain(text: str) -> str:
    """Vietnamese without accents, as brandname texts are written: Đà Nẵng -> Da Nang."""
    bare = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    return unicodedata.normalize("NFC", "".join(c for c in bare if not unicodedata.combining(c)))


def measure(text: str) -> Letter:
    """How the text travels: GSM-7 with 160 characters (153 when in parts), otherwise UCS-2 with 70 (67)."""
    if all(c in GSM7 or c in GSM7_TWICE for c in text):
        length = len(text) + sum(c in GSM7_TWICE for c in text)
        return Letter(text, "GSM-7", 1 if length <= 160 else -(-length // 153))
    length = len(text.encode("utf-16-be")) // 2
    return Letter(text, "UCS-2", 1 if length <= 70 else -(-length // 67))


def faults(letter: Letter) -> list[str]:
    """Why this text may not go out as an SMS; empty when it may."""
    found = []
    if letter.encoding != "GSM-7":
        odd = sorted({c for c in letter.text if c not in GSM7 and c not in GSM7_TWICE})
        found.append(f"it has characters that triple its price: {' '.join(odd)}")
    if letter.segments > MOST_SEGMENTS:
        found.append(f"it is {letter.segments} segments long; {MOST_SEGMENTS} are allowed")
    if match := _LINKLIKE.search(letter.text):
        found.append(f"it has what looks like a link: {match[0]}")
    if match := _LONG_NUMBER.search(letter.text):
        found.append(f"it has a number of {len(match[0])} digits; at most the last four of a number may be shown")
    if any(ord(c) < 32 for c in letter.text):
        found.append("it has line breaks or control characters")
    return found


def spaced(code: str) -> str:
    """A check code as people read it: K7Q4 M2XD."""
    return f"{code[:4]} {code[4:]}"


def day(value: date) -> str:
    return value.strftime("%d/%m/%Y")


def write(folder: Path, *, channel: str, language: str, values: Mapping[str, object]) -> Letter:
    """The letter of a service for a channel. Raises `Permanent` where the template or its result may not be used."""
    try:
        text = _environment(folder).get_template(f"{channel}.{language}.j2").render(**values)
    except jinja2.TemplateError as error:
        raise Permanent(
            f"The template {channel}.{language}.j2 of {folder.parent.name} cannot be used: {error}"
        ) from error
    letter = measure(" ".join(text.split()))
    if channel == "sms" and (wrong := faults(letter)):
        raise Permanent(f"The text {channel}.{language}.j2 of {folder.parent.name} may not go out: {'; '.join(wrong)}.")
    return letter


@lru_cache(maxsize=256)
def _environment(folder: Path) -> jinja2.Environment:
    return ImmutableSandboxedEnvironment(
        loader=jinja2.FileSystemLoader(folder),
        undefined=jinja2.StrictUndefined,
        autoescape=False,  # plain text
    )


def passcode_text(code: str) -> str:
    """The text that carries a one-time code; it says what it is for and what nobody will ask."""
    return measure(
        f"Dich vu cong Da Nang: ma xac thuc mot lan {code[:3]} {code[3:]}, dung trong 10 phut de mo ho so cua ong/ba. "
        "Khong doc ma nay cho bat ky ai, ke ca can bo."
    ).text
