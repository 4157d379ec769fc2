"""How far a register can be trusted: the score of one measurement in one dimension."""

from datetime import datetime, timedelta

from proactive.domain.base import Value

ScoreKey = tuple[str, str, str]
"""(register, service, dimension); the service is empty but where the score is for one service's columns."""

GROWN_OLD = timedelta(days=1)
"""A score that was measured longer ago says nothing about today."""


class Score(Value):
    """One measurement, from 0 to 1. `counted` rows were asked, `wrong` of them fall short; no row is no fault."""

    register_name: str
    service: str
    dimension: str
    at: datetime
    counted: int
    wrong: int
    score: float

    def grown_old(self, now: datetime) -> bool:
        return now - self.at > GROWN_OLD


def share(counted: int, wrong: int) -> float:
    """The share that is as expected."""
    return 1.0 if counted <= 0 else (counted - wrong) / counted


def freshness(age: timedelta, promised: timedelta) -> float:
    """1 within the promise, then falling to 0 at three times of it."""
    return max(0.0, min(1.0, 1.0 - (age - promised) / (2 * promised)))


def percent(score: float) -> str:
    """As it is written here, rounded down: what falls short by a hair does not look as if it did not."""
    tenths = int(score * 1000 + 1e-9)
    return f"{tenths // 10},{tenths % 10} %"
