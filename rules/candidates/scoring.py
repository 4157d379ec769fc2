"""How a candidate does by each criterion, in points and in words, and its place among the others.

What is not known gets no points and is not taken for bad either: a candidate has the points it surely has (`least`)
and those it would have if all that is unknown turned out well (`most`). It is ranked by the first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from rules.base import Words
from rules.candidates import Candidate, Criteria, Harm, Law

LEVELS = {
    "connected": Words(vi="đã kết nối và đọc hết một lần", en="connected and read through once"),
    "described": Words(vi="đã mô tả, chưa kết nối", en="described, not connected"),
    "none": Words(vi="chưa biết dữ liệu nào báo trước", en="no register is known that tells in advance"),
}
LAWS = {
    Law.DRAFT: Words(vi="được nhắc và soạn sẵn", en="reminders and prepared drafts"),
    Law.REMIND: Words(vi="chỉ được nhắc", en="reminders only"),
    Law.FORBIDDEN: Words(vi="không được", en="not allowed"),
}
HARMS = {
    Harm.HIGH: Words(vi="lớn", en="high"),
    Harm.MEDIUM: Words(vi="vừa", en="medium"),
    Harm.LOW: Words(vi="nhỏ", en="low"),
}
UNKNOWN = Words(vi="Chưa rõ: chưa ai cho biết, nên không tính điểm.", en="Unknown: nobody has told us, so no points.")


@dataclass(frozen=True)
class Known:
    """What the store and the rules know of a candidate on a day."""

    level: str
    """connected, described or none: how far its register is there."""
    register_title: Words | None = None
    volume: int | None = None
    volume_source: Words | None = None
    quality: float | None = None
    """From 0 to 1: the lowest of the newest scores of its register."""
    quality_of: Words | None = None
    prefill: float | None = None
    """From 0 to 1."""
    prefill_of: tuple[int, int] | None = None
    """So many fields of so many."""


@dataclass(frozen=True)
class Score:
    """Points of 100 for one criterion, None where it is unknown, and why."""

    points: int | None
    says: Words


@dataclass(frozen=True)
class Ranked:
    """A candidate with its scores. `place` counts from 1; None where the law forbids it."""

    candidate: Candidate
    scores: Mapping[str, Score]
    least: float
    most: float
    place: int | None = None


def ranked(found: Iterable[tuple[Candidate, Known]], by: Criteria) -> list[Ranked]:
    """The best first; what the law forbids stands at the end, without a place."""
    scored = [_scored(candidate, known, by) for candidate, known in found]
    scored.sort(key=lambda one: (one.candidate.law is Law.FORBIDDEN, -one.least, -one.most, one.candidate.id))
    return [
        Ranked(one.candidate, one.scores, one.least, one.most, None if one.candidate.law is Law.FORBIDDEN else place)
        for place, one in enumerate(scored, 1)
    ]


def _scored(candidate: Candidate, known: Known, by: Criteria) -> Ranked:
    scores = {
        "volume": _volume(known, by),
        "trigger": Score(by.criteria["trigger"].points[known.level], _trigger(known)),
        "quality": _quality(known),
        "prefill": _prefill(known),
        "law": _listed(candidate.law, LAWS.get(candidate.law), candidate.law_why, by.criteria["law"].points),
        "harm": _listed(candidate.harm, HARMS.get(candidate.harm), candidate.harm_why, by.criteria["harm"].points),
    }
    weights = {name: one.weight for name, one in by.criteria.items()}
    least = sum(weights[name] * (one.points or 0) for name, one in scores.items()) / 100
    unknown = sum(weights[name] for name, one in scores.items() if one.points is None)
    return Ranked(candidate, scores, round(least, 1), round(least + unknown, 1))


def _volume(known: Known, by: Criteria) -> Score:
    if known.volume is None or known.volume_source is None:
        return Score(None, UNKNOWN)
    written = f"{known.volume:,}"
    vi, en = written.replace(",", "."), written
    return Score(
        by.criteria["volume"].reached(known.volume),
        Words(
            vi=f"{vi} hồ sơ một năm ({known.volume_source.vi}).", en=f"{en} dossiers a year ({known.volume_source.en})."
        ),
    )


def _trigger(known: Known) -> Words:
    level = LEVELS[known.level]
    title = known.register_title
    if title is None:
        return Words(vi=f"{level.vi[0].upper()}{level.vi[1:]}.", en=f"{level.en[0].upper()}{level.en[1:]}.")
    return Words(vi=f"{title.vi}: {level.vi}.", en=f"{title.en}: {level.en}.")


def _quality(known: Known) -> Score:
    if known.quality is None or known.quality_of is None:
        return Score(
            None, Words(vi="Chưa đo được: dữ liệu chưa kết nối.", en="Not measured: the data is not connected.")
        )
    points = int(known.quality * 100)
    return Score(
        points,
        Words(
            vi=f"Mức thấp nhất là «{known.quality_of.vi}»: {points} %.",
            en=f"Lowest is “{known.quality_of.en}”: {points}%.",
        ),
    )


def _prefill(known: Known) -> Score:
    if known.prefill is None:
        return Score(None, UNKNOWN)
    points = round(known.prefill * 100)
    if known.prefill_of is None:
        return Score(
            points, Words(vi=f"{points} % mẫu đơn, theo danh sách.", en=f"{points}% of the form, as the list says.")
        )
    part, of = known.prefill_of
    return Score(
        points,
        Words(
            vi=f"{part} trong {of} mục của mẫu đơn có sẵn trong dữ liệu.", en=f"{part} of {of} fields are in registers."
        ),
    )


def _listed(value: Law | Harm, told: Words | None, why: Words | None, points: Mapping[str, int]) -> Score:
    if told is None:
        return Score(None, UNKNOWN)
    vi, en = f"{told.vi[0].upper()}{told.vi[1:]}.", f"{told.en[0].upper()}{told.en[1:]}."
    return Score(points[value], Words(vi=f"{vi} {why.vi}", en=f"{en} {why.en}") if why else Words(vi=vi, en=en))


__all__ = ["Known", "Ranked", "Score", "ranked"]
