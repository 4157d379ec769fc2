"""Old addresses and codes lead to today's unit and its offices.

resolve("20236")                                       the code of a ward of before the merger
resolve("phường Thạch Thang, quận Hải Châu, Đà Nẵng")  an address as people still write it
resolve("police-20242")                                an office

Accents, capitals and the usual abbreviations do not matter. What fits several units is answered with all of them, and
is not `certain`: nobody is routed by a guess.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache

from rules.base import Rule
from rules.offices import Office, OfficeKind, Predecessor, Share, Unit, centre_of, offices, predecessors, units

SHORT = {
    "p": "phuong", "f": "phuong", "q": "quan", "h": "huyen", "x": "xa", "tt": "thi tran", "tx": "thi xa",
    "tp": "thanh pho",
}  # fmt: skip
"""Abbreviations in front of a name."""

SPACE = " ?"
"""Between the letters of a name whose spaces are not known."""


class Match(Rule):
    """A unit that the words may mean; `was` is the older unit that leads there, `share` how much of it went there."""

    unit: Unit
    was: Predecessor | None = None
    share: Share = Share.WHOLE

    @property
    def centre(self) -> Office:
        """Where it receives."""
        centre = centre_of(self.unit.code)
        assert centre is not None  # each unit has one
        return centre

    @property
    def police_points(self) -> tuple[Office, ...]:
        """Where its police receives, if a point is arranged there."""
        return tuple(o for o in offices().values() if o.unit == self.unit.code and o.kind is OfficeKind.POLICE_POINT)


class Resolved(Rule):
    """What was asked, and the units it can mean, the likeliest first."""

    asked: str
    by: str
    """code, office or address."""
    matches: tuple[Match, ...] = ()
    office: Office | None = None

    @property
    def certain(self) -> bool:
        """Whether there is exactly one answer."""
        return self.office is not None or len(self.matches) == 1


def resolve(asked: str) -> Resolved:
    """Today's unit or office for a code, an office's id or an address; without matches where nothing fits."""
    typed = asked.strip()
    if typed in offices():
        office = offices()[typed]
        found = (Match(unit=units()[office.unit]),) if office.unit else ()
        return Resolved(asked=asked, by="office", office=office, matches=found)
    if re.fullmatch("[0-9]{5}", typed):
        return Resolved(asked=asked, by="code", matches=tuple(_of_code(typed)))
    return Resolved(asked=asked, by="address", matches=tuple(_of_address(typed)))


def _of_code(code: str) -> Iterator[Match]:
    if code in units():
        yield Match(unit=units()[code])
        return
    for one in predecessors().get(code, ()):
        yield Match(unit=units()[one.unit], was=one, share=one.share)


def folded(text: str) -> str:
    """Small letters without marks, words with one space between."""
    plain = unicodedata.normalize("NFD", text.lower().replace("đ", "d"))
    return " ".join(re.findall("[a-z0-9]+", "".join(c for c in plain if not unicodedata.combining(c))))


def _of_address(text: str) -> list[Match]:
    parts = [_spelled(part) for part in re.split("[,;\n]| - ", text)]
    marked = unicodedata.normalize("NFC", text).lower()
    district = next((name for part in parts for name in _districts() if part == name), None)
    scored: list[tuple[int, int, Match]] = []
    for length, place, kind_word, match in _named(parts, district):
        score = 4 * kind_word + 2 * (place >= 0)
        score += 8 if match.was is not None and district is not None else 0
        score += 3 if match.was is None and district is None else 0
        score += 1 if (match.was or match.unit).name.lower() in marked else 0
        scored.append((score, length, match))
    return _best(scored)


def _named(parts: list[str], district: str | None) -> Iterator[tuple[int, int, bool, Match]]:
    """(length of the name, place among the parts, whether its kind stands before it, match), the longest names only."""
    for place, part in enumerate(parts):
        found = []
        for name, kind, match in _names():
            if match.was is not None and district not in (None, folded(match.was.district)):
                continue
            if re.search(rf"\b{kind} {name}\b", part):
                found.append((len(name.replace(SPACE, "")), place, True, match))
            elif part == name:
                found.append((len(name), place, False, match))
        longest = max((length for length, *_ in found), default=0)
        yield from (one for one in found if one[0] == longest)


def _best(scored: Iterable[tuple[int, int, Match]]) -> list[Match]:
    ranked = sorted(scored, key=lambda one: (-one[0], -one[1], list(Share).index(one[2].share)))
    best = [match for score, _, match in ranked if score == ranked[0][0]]
    kept: dict[str, Match] = {}
    for match in best:
        kept.setdefault(match.unit.code, match)
    return list(kept.values())


@cache
def _names() -> tuple[tuple[str, str, Match], ...]:
    """(folded name, folded kind, match) of all units, present and past, and of those merged into past ones before."""
    now = [(folded(unit.name), folded(unit.kind.vi), Match(unit=unit)) for unit in units().values()]
    before = []
    for lines in predecessors().values():
        for one in lines:
            match = Match(unit=units()[one.unit], was=one, share=one.share)
            before.append((folded(one.name), folded(one.kind.vi), match))
    return (*now, *before, *_earlier())


def _earlier() -> Iterator[tuple[str, str, Match]]:
    """Names of before 2025, which the table keeps without spaces."""
    for lines in predecessors().values():
        for one in lines:
            for name in (one.also or "").split():
                spaced = SPACE.join(name)
                for kind in ("phuong", "xa", "thi tran"):
                    yield spaced, kind, Match(unit=units()[one.unit], was=one, share=one.share)


@cache
def _districts() -> frozenset[str]:
    return frozenset(folded(one.district) for lines in predecessors().values() for one in lines)


def _spelled(part: str) -> str:
    """The part folded, its abbreviations written out: "P.Thạch Thang" is "phuong thach thang"."""
    words = folded(part).split()
    return " ".join(SHORT.get(word, word) if place < len(words) - 1 else word for place, word in enumerate(words))
