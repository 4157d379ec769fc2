"""A line of scores as the points of a small drawing: time from left to right, 0 at the bottom and 1 at the top."""

from collections.abc import Sequence

from proactive.domain.quality import Score

WIDTH, HEIGHT, EDGE = 240, 80, 4


def points(scores: Sequence[Score]) -> str:
    """The points of a polyline, oldest first; one score makes a level line."""
    if not scores:
        return ""
    first, last = scores[0].at, scores[-1].at
    span = (last - first).total_seconds()
    places = [
        (EDGE + (WIDTH - 2 * EDGE) * ((one.at - first).total_seconds() / span if span else 0), _height(one.score))
        for one in scores
    ]
    if len(places) == 1:
        places.append((WIDTH - EDGE, places[0][1]))
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in places)


def _height(score: float) -> float:
    return EDGE + (HEIGHT - 2 * EDGE) * (1 - score)


def level(percent: int | None) -> float | None:
    """How high the line of the least is drawn."""
    return None if percent is None else round(_height(percent / 100), 1)
