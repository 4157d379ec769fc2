"""The awkward people: each case is a person whose car licence is due in 30 days, changed in one respect.

At 500 people and more each case occurs at least three times; the first people of a population are these.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from proactive.demo.licences import NEW_LAW, TERMS, licence
from proactive.demo.moments import Moments, day, leap_day, plus_years
from proactive.demo.rows import HealthCertificate, Licence, Life, Violation

_VALID = "valid"
_NOW = {"B2": "B", "E": "D"}
"""What classes of the old law are called where the licence was given under the new one."""


class Draft:
    """A life in the making: what a case may change."""

    def __init__(self, life: Life, index: int, today: date, moments: Moments) -> None:
        self.life = life
        self.today = today
        self._index = index
        self._moments = moments
        self._rng = Random(f"case {index} {today}")  # noqa: S311 -- invented people, not secrets

    def holds(self, class_: str, *, expires: date | None = None, term: int | None = None, issued: date | None = None,
              status: str = _VALID) -> Licence:  # fmt: skip
        """Give the person a licence; without `issued` it ran its full term."""
        if issued is None:
            kind = {"B1": "B", "B2": "B", "B": "B", "E": "D"}.get(class_, class_[:1])
            issued = plus_years(expires or self.today, -(term or TERMS.get(kind, 5)))
        if issued >= NEW_LAW:
            class_ = _NOW.get(class_, class_)
        resident, nth = self.life.resident, len(self.life.licences)
        given = licence(
            self._rng, resident, self._index, nth, class_, issued, expires, self._moments, status
        )  # fmt: skip
        self.life.licences.append(given)
        return given

    def due(self, days: int = 30) -> None:
        """The ordinary car licence, expiring in so many days (negative: that many days ago)."""
        self.holds("B2", expires=day(self.today, days))

    def under_new_law(self, days_ago: int) -> date:
        """So many days ago, but not before the classes of today."""
        return max(NEW_LAW, day(self.today, -days_ago))

    def is_(self, **changes: object) -> None:
        """Change the resident; the row was then changed lately."""
        changed = self._moments.draw(self._rng, since=day(self.today, -10))
        self.life.resident = self.life.resident._replace(updated_at=changed, **changes)  # type: ignore[arg-type] # by name

    def violated(self, *, days_ago: int, resolved: bool) -> None:
        occurred = day(self.today, -days_ago)
        settled = occurred + timedelta(days=days_ago // 2) if resolved else None
        self.life.violations.append(
            Violation(
                f"VP{occurred:%y%m}-{self._index:07d}",
                self.life.resident.personal_id,
                occurred,
                settled,
                self._moments.draw(self._rng, since=settled or occurred),
            )
        )

    def examined(self, group: str, *, days_ago: int) -> None:
        """A health certificate of twelve months."""
        issued = day(self.today, -days_ago)
        self.life.certificates.append(
            HealthCertificate(
                f"KSK{issued:%y}-{self._index:07d}",
                self.life.resident.personal_id,
                group,
                issued,
                plus_years(issued, 1),
                self._moments.draw(self._rng, since=issued),
            )
        )


@dataclass(frozen=True)
class Case:
    """One way to be awkward."""

    name: str
    make: Callable[[Draft], None]
    due: int | None = 1
    """How many of the person's licences are due on the day of the demo; None: that depends on the day."""


def _dead(draft: Draft) -> None:
    draft.due()
    draft.is_(died_on=day(draft.today, -20))


def _newer(draft: Draft) -> None:
    draft.holds("C", issued=draft.under_new_law(600), expires=day(draft.today, 25))
    draft.holds("C", issued=day(draft.today, -10), expires=plus_years(day(draft.today, -10), 5))


def _status(status: str) -> Callable[[Draft], None]:
    def make(draft: Draft) -> None:
        draft.holds("B2", expires=day(draft.today, 30), status=status)

    return make


def _phone(phone: str | None) -> Callable[[Draft], None]:
    def make(draft: Draft) -> None:
        draft.due()
        draft.is_(phone=phone)

    return make


def _late(days: int) -> Callable[[Draft], None]:
    return lambda draft: draft.due(-days)


def _violation(*, resolved: bool, expires_in: int = 30) -> Callable[[Draft], None]:
    def make(draft: Draft) -> None:
        draft.due(expires_in)
        draft.violated(days_ago=40, resolved=resolved)

    return make


def _leap_expiry(*, after: bool) -> Callable[[Draft], None]:
    return lambda draft: _none(draft.holds("B2", expires=leap_day(draft.today, after=after)))


def _leap_birthday(draft: Draft) -> None:
    draft.is_(date_of_birth=date(1984, 2, 29))
    draft.due()


def _never(class_: str, days_ago: int) -> Callable[[Draft], None]:
    return lambda draft: _none(draft.holds(class_, issued=draft.under_new_law(days_ago)))


def _health(group: str, days_ago: int, class_: str = "B2") -> Callable[[Draft], None]:
    def make(draft: Draft) -> None:
        draft.holds(class_, expires=day(draft.today, 30))
        draft.examined(group, days_ago=days_ago)

    return make


def _two(draft: Draft) -> None:
    draft.holds("A1", issued=date(2012, 5, 7))
    draft.due()


def _two_due(draft: Draft) -> None:
    draft.holds("B2", expires=day(draft.today, 40))
    draft.holds("C", expires=day(draft.today, 12))


def _short_print(draft: Draft) -> None:
    draft.holds("D", issued=draft.under_new_law(500), expires=day(draft.today, 30))


def _old_b1(draft: Draft) -> None:
    expires = day(draft.today, 45)
    draft.holds("B1", issued=min(plus_years(expires, -10), day(NEW_LAW, -30)), expires=expires)


def _old_a1(draft: Draft) -> None:
    draft.holds("A1", issued=date(2014, 8, 19))


def _none(_: object) -> None:
    return None


CASES: tuple[Case, ...] = (
    Case("due in 30 days", Draft.due),
    Case("dead", _dead, due=0),
    Case("newer licence of the same class", _newer, due=0),
    Case("withdrawn", _status("withdrawn"), due=0),
    Case("suspended", _status("suspended"), due=0),
    Case("reported lost", _status("lost"), due=0),
    Case("no phone", _phone(None)),
    Case("dead landline of Da Nang", _phone("0511388188")),
    Case("dead landline of Quang Nam", _phone("0510385123")),
    Case("landline of today", _phone("02363822000")),
    Case("unresolved violation", _violation(resolved=False)),
    Case("unresolved violation and late", _violation(resolved=False, expires_in=-15)),
    Case("resolved violation", _violation(resolved=True)),
    Case("expired on the last 29 February", _leap_expiry(after=False), due=None),
    Case("expires on the next 29 February", _leap_expiry(after=True), due=None),
    Case("born on 29 February", _leap_birthday),
    *(Case(f"expired {days} days ago", _late(days)) for days in (1, 29, 30, 364, 365, 366, 730)),
    Case("expired 731 days ago", _late(731), due=0),
    Case("expires today", _late(0)),
    Case("expires in exactly 60 days", _late(-60)),
    Case("expires in exactly 61 days", _late(-61), due=0),
    Case("A1 of 2008 never expires", _old_a1, due=0),
    Case("A of 2024 never expires", _never("A", 400), due=0),
    Case("B1 of 2024 is a three-wheeler and never expires", _never("B1", 300), due=0),
    Case("B1 of 2008 is a car", _old_b1),
    Case("health certificate valid", _health("2", 60)),
    Case("health certificate expired", _health("2", 400)),
    Case("health certificate of the wrong group", _health("1", 60, "C")),
    Case("two licences, one due", _two),
    Case("two licences, both due", _two_due, due=2),
    Case("printed date shorter than the class runs", _short_print),
)
