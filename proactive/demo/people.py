"""Invented people and what the registers hold about them: seeded, repeatable, made one after the other.

The first of them are the awkward cases (`cases.py`), the others ordinary; the same seed, number and day give the same
rows on every machine. A person's id, phone and licence number come from the running number, so they are never shared.

Phones lie in +84 599 000 000 to 599 999 999: valid to every check, in a range no operator has handed out to anybody
(general knowledge, which is why the demo's only telephone network is the one beside this file).
"""

from collections.abc import Iterator
from datetime import date, timedelta
from random import Random

from proactive.demo import cases
from proactive.demo.licences import licences_of
from proactive.demo.moments import Moments, day, plus_years
from proactive.demo.names import name, one
from proactive.demo.places import Places
from proactive.demo.rows import HealthCertificate, Licence, Life, Resident, Violation
from proactive.errors import Unusable

MOST = 1_000_000
"""Ids and phones have six digits of their own."""

FIRST_DAY, LAST_DAY = date(2025, 3, 1), date(2050, 12, 31)
"""On both sides of the present classes of Law 36/2024/QH15, which some people must already hold."""

_BORN_AT = tuple(["048"] * 55 + ["049"] * 33 + ["046"] * 3 + ["051"] * 3 + ["040", "038", "001", "079", "064", "052"])
_GROUP = {"A1": "1", "A": "2", "A2": "2", "B1": "2", "B2": "2", "B": "2"}


class People:
    """A population. `today` is the day in Da Nang that everything is placed around."""

    def __init__(self, *, number: int, seed: int, today: date) -> None:
        if not 0 < number <= MOST:
            raise Unusable(f"The demo can invent 1 to {MOST:,} people, not {number:,}.")
        if not FIRST_DAY <= today <= LAST_DAY:
            raise Unusable(f"The demo can be played on a day from {FIRST_DAY} to {LAST_DAY}, not on {today}.")
        self.number = number
        self.today = today
        self.moments = Moments(today)
        self._seed = seed
        self._places = Places()
        shifts = Random(f"numbers {seed}")  # noqa: S311 -- invented people, not secrets
        self._id_shift, self._phone_shift = shifts.randrange(MOST), shifts.randrange(MOST)
        each = max(3, number // 5000) if number >= 500 else 1
        self._awkward = len(cases.CASES) * each

    def lives(self) -> Iterator[Life]:
        """Everybody, in order."""
        for index in range(self.number):
            if index % 1000 == 0:  # a new lot now and then: any thousand can be made without the ones before it
                rng = Random(f"people {self._seed} {index}")  # noqa: S311 -- invented people, not secrets
            if index < self._awkward:
                yield self._awkward_life(rng, index)
            else:
                yield self._ordinary_life(rng, index)

    def _awkward_life(self, rng: Random, index: int) -> Life:
        """Somebody whose one licence is due in 30 days, changed in one respect."""
        resident = self._resident(rng, index, age=29 + index % 25)
        life = Life(resident._replace(died_on=None, phone=self._phone(index)))
        cases.CASES[index % len(cases.CASES)].make(cases.Draft(life, index, self.today, self.moments))
        return life

    def _ordinary_life(self, rng: Random, index: int) -> Life:
        age = int(rng.random() * 18) if rng.random() < 0.15 else 18 + int(rng.random() ** 1.35 * 70)
        resident = self._resident(rng, index, age=age)
        life = Life(resident)
        if age >= 19 and rng.random() < (0.78 if age < 65 else 0.55):
            life.licences = licences_of(rng, resident, index, today=self.today, moments=self.moments)
            if rng.random() < 0.05:
                life.violations.append(self._violation(rng, resident, index))
            timed = [licence for licence in life.licences if licence.expires_on is not None]
            if timed and rng.random() < 0.4:
                life.certificates.append(self._certificate(rng, timed[-1], index))
        return life

    def _resident(self, rng: Random, index: int, *, age: int) -> Resident:
        female = rng.random() < 0.505
        born = day(self.today, -(age * 1461 // 4) - int(rng.random() * 365) - 1)
        century = (0 if born.year < 2000 else 2) + female
        own = (index * 387_461 + self._id_shift) % MOST
        unit, address = self._places.draw(rng)
        died = day(self.today, -1 - int(rng.random() * 900)) if rng.random() < 0.008 and age >= 18 else None
        return Resident(
            personal_id=f"{one(rng, _BORN_AT)}{century}{born.year % 100:02d}{own:06d}",
            full_name=name(rng, female=female),
            date_of_birth=born,
            sex="F" if female else "M",
            unit_code=unit,
            address=address,
            phone=self._phone(index) if age >= 14 and rng.random() < 0.93 else None,
            died_on=died,
            updated_at=self.moments.draw(rng, since=died or born),
        )

    def _phone(self, index: int) -> str:
        """The same number as registers write it: mostly as it is dialled at home."""
        own = f"{(index * 618_033 + self._phone_shift) % MOST:06d}"
        if index % 6 == 5:
            return f"+84599{own}"
        return f"0599.{own[:3]}.{own[3:]}" if index % 17 == 3 else f"0599{own}"

    def _violation(self, rng: Random, resident: Resident, index: int) -> Violation:
        occurred = day(self.today, -3 - int(rng.random() * 600))
        settled = occurred + timedelta(days=2 + int(rng.random() * 40))
        resolved = settled if rng.random() < 0.8 and settled < self.today else None
        return Violation(
            violation_no=f"VP{occurred:%y%m}-{index:07d}",
            personal_id=resident.personal_id,
            occurred_on=occurred,
            resolved_on=resolved,
            updated_at=self.moments.draw(rng, since=resolved or occurred),
        )

    def _certificate(self, rng: Random, licence: Licence, index: int) -> HealthCertificate:
        issued = day(self.today, -2 - int(rng.random() * 500))
        return HealthCertificate(
            certificate_no=f"KSK{issued:%y}-{index:07d}",
            personal_id=licence.personal_id,
            health_group=_GROUP.get(licence.class_, "3") if rng.random() < 0.95 else "1",
            issued_on=issued,
            valid_until=plus_years(issued, 1),
            updated_at=self.moments.draw(rng, since=issued),
        )
