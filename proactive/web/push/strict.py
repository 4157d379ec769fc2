"""JSON read strictly: whatever PostgreSQL, Kafka or a reader after us could not hold or would misread is refused.

The standard library's decoder with a hook for pairs is the cheapest that sees a doubled key: measured on a batch of 100
events of 660 bytes, 0.9 ms, where msgspec takes 0.3 ms and keeps the last of two keys in silence. One look over the
result for numbers and nesting, and one in C for characters (only where something was escaped), make it 1.2 ms.
"""

import json
from collections.abc import Iterator
from typing import Any

import msgspec

DEEPEST = 16
LEAST, MOST = -(2**63), 2**63 - 1


class Malformed(Exception):
    """The text is not JSON that everybody reads alike: where, why, how to mend it."""

    def __init__(self, where: str, why: str, mend: str) -> None:
        super().__init__(why)
        self.where, self.why, self.mend = where, why, mend


class TooDeep(Malformed):
    """It is nested deeper than anything that a register holds."""


def text_of(body: bytes) -> str:
    """The bytes as text. Raises `Malformed` where they are not UTF-8."""
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Malformed(f"byte {error.start}", "It is not UTF-8.", "Send UTF-8.") from error


def read(body: bytes) -> Any:
    """What this JSON text says. Raises `Malformed`."""
    text = text_of(body)
    if text.startswith("\N{ZERO WIDTH NO-BREAK SPACE}"):
        raise Malformed("byte 0", "It begins with a byte order mark.", "Leave the mark out.")
    try:
        value = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        raise Malformed(f"character {error.pos}", f"It is not JSON: {error.msg}.", "Send valid JSON.") from error
    except RecursionError as error:
        raise _too_deep("") from error
    except ValueError as error:  # digits beyond what Python reads at all
        raise Malformed("", "A number has thousands of digits.", "Send numbers of at most 64 bits.") from error
    _fits(value)
    if "\\u" in text:
        _characters(value)
    return value


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise Malformed(twice[:100], "The key is there twice.", "Send each key once.")
    return found


def _constant(name: str) -> None:
    raise Malformed(name, f"{name} is no number of JSON.", "Send null where there is no value.")


_DECODER = json.JSONDecoder(object_pairs_hook=_pairs, parse_constant=_constant)


def _fits(value: Any) -> None:
    """Raises where something is nested too deep or a number does not fit."""
    level, depth = [value], 0
    while level:
        below: list[Any] = []
        for one in level:
            kind = one.__class__
            if kind is dict:
                below.extend(one.values())
            elif kind is list:
                below.extend(one)
            elif kind is int and not LEAST <= one <= MOST:
                raise Malformed("", "A whole number does not fit in 64 bits.", "Send it as text, if it is a name.")
            elif kind is float and one - one != 0:
                raise Malformed("", "A number is too large.", "Send numbers that a double holds.")
        level, depth = below, depth + 1
        if below and depth > DEEPEST + 3:  # the batch, its events and their data are not counted
            raise _too_deep("")


def _too_deep(where: str) -> TooDeep:
    return TooDeep(where, f"It is nested deeper than {DEEPEST}.", "Send the values of a row, not a tree.")


def _characters(value: Any) -> None:
    """Raises where a string holds a NUL or half of a surrogate pair, which only an escape can have brought in."""
    try:
        if b"\\u0000" not in msgspec.json.encode(value):
            return
    except UnicodeEncodeError as error:
        where = next((path for path, text in _texts(value, "") if any("\ud800" <= c <= "\udfff" for c in text)), "")
        raise Malformed(where, "It holds half of a surrogate pair.", "Send whole characters.") from error
    for path, text in _texts(value, ""):
        if "\x00" in text:
            raise Malformed(path, "It holds a NUL character.", "Remove it in the source.")


def _texts(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for name, below in value.items():
            shown = name.encode("ascii", "backslashreplace").decode()[:100]
            yield f"{path}.{shown}", name
            yield from _texts(below, f"{path}.{shown}")
    elif isinstance(value, list):
        for place, below in enumerate(value):
            yield from _texts(below, f"{path}[{place}]")
