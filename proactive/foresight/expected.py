"""What is expected to fall due: counted by day, service and office, and what that comes to."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from proactive.foresight.assumptions import Assumption
from proactive.foresight.costs import Cost


class Place(NamedTuple):
    """Whose work it is, and when it falls due. `day` is None for what was due before the period began."""

    day: date | None
    service: str
    office: str


@dataclass(frozen=True)
class Sum:
    """A number of occasions and what it comes to."""

    occasions: int
    messages_least: int
    messages_most: int
    vnd_least: int
    vnd_most: int
    officer_hours: float

    def asdict(self) -> dict[str, object]:
        """As programs read it."""
        return {
            "occasions": self.occasions,
            "messages": {"least": self.messages_least, "most": self.messages_most},
            "cost_vnd": {"least": self.vnd_least, "most": self.vnd_most},
            "officer_hours": self.officer_hours,
        }


@dataclass
class Expected:
    """Occasions of a period, both days included."""

    first: date
    last: date
    costs: Mapping[str, Cost]
    reckoned: Mapping[str, Assumption]
    counts: Counter[Place] = field(default_factory=Counter)
    people: int = 0
    """People looked at; 0 where stored occasions were counted."""
    unreadable: int = 0
    """People of whom a stored record cannot be read under these rules."""

    def sum(self, places: Iterable[Place]) -> Sum:
        """What these come to together."""
        numbers = [(self.costs[place.service], self.counts[place]) for place in places]
        return Sum(
            occasions=sum(n for _, n in numbers),
            messages_least=sum(n * cost.messages_least for cost, n in numbers),
            messages_most=sum(n * cost.messages_most for cost, n in numbers),
            vnd_least=sum(n * cost.vnd_least for cost, n in numbers),
            vnd_most=sum(n * cost.vnd_most for cost, n in numbers),
            officer_hours=round(sum(n * cost.officer_minutes for cost, n in numbers) / 60, 1),
        )

    def by_day(self) -> list[Place]:
        """What falls due in the period, in order."""
        return sorted(place for place in self.counts if place.day is not None)

    def before(self) -> list[Place]:
        """What was due already when the period began, and is not over."""
        return sorted((place for place in self.counts if place.day is None), key=lambda place: place[1:])

    def by_month(self) -> dict[tuple[str, str, str], list[Place]]:
        """The same by month ('2027-01'), service and office."""
        found: dict[tuple[str, str, str], list[Place]] = {}
        for place in self.by_day():
            found.setdefault((f"{place.day:%Y-%m}", place.service, place.office), []).append(place)
        return dict(sorted(found.items()))

    def asdict(self) -> dict[str, object]:
        """As programs read it: days are YYYY-MM-DD, money is in VND."""
        return {
            "from": self.first.isoformat(),
            "to": self.last.isoformat(),
            "assumptions": [
                {
                    "name": one.name, "value": one.value, "unit": one.unit, "reference": one.reference,
                    "confidence": one.confidence.value,
                }
                for one in self.reckoned.values()
            ],
            "people": self.people,
            "unreadable": self.unreadable,
            "totals": self.sum(self.by_day()).asdict(),
            "already_due": [_said(place, self) for place in self.before()],
            "days": [_said(place, self) for place in self.by_day()],
        }  # fmt: skip


def _said(place: Place, expected: Expected) -> dict[str, object]:
    day = {} if place.day is None else {"day": place.day.isoformat()}
    return {**day, "service": place.service, "office": place.office, **expected.sum([place]).asdict()}
