"""Texts as they travel: without accents where a channel wants it so, and in how many parts."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import lru_cache

GSM7 = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM7_TWICE = frozenset("^{}\\[~]|€")
"""Letters that take the room of two."""


@dataclass(frozen=True)
class Size:
    """How a text travels as SMS: what a provider will count and bill."""

    encoding: str
    segments: int


def plain(text: str) -> str:
    """Vietnamese without accents, as brandname texts are written: Đà Nẵng -> Da Nang."""
    if text.isascii():
        return text
    bare = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    return unicodedata.normalize("NFC", "".join(c for c in bare if not unicodedata.combining(c)))


def odd_letters(text: str) -> list[str]:
    """The letters that GSM-7 has not; one of them triples the price of the whole text."""
    return sorted(set(text) - GSM7 - GSM7_TWICE)


@lru_cache(maxsize=16)  # it is asked of each text several times in a row
def size(text: str) -> Size:
    """GSM-7 with 160 characters (153 when in parts), otherwise UCS-2 with 70 (67)."""
    if not odd_letters(text):
        length = len(text) + sum(map(text.count, GSM7_TWICE))
        return Size("GSM-7", 1 if length <= 160 else -(-length // 153))
    length = len(text.encode("utf-16-be")) // 2
    return Size("UCS-2", 1 if length <= 70 else -(-length // 67))
