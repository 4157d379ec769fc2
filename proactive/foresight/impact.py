"""impact: what other rules of a service would change for the people who are stored, today and on the days to come."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum

from proactive.domain.pseudonym import PLAIN, Pseudonyms
from proactive.foresight.people import Reader, Rows
from proactive.store.population import Population
from rules import BadRow, Catalogue, Owed, Service

SAMPLES = 5
ASKED_AT_ONCE = 1000


class Effect(StrEnum):
    """How an occasion would change."""

    NEWLY_DUE = "newly_due"
    NO_LONGER_DUE = "no_longer_due"
    OTHER_DAY = "other_day"
    OTHER_VARIANT = "other_variant"


@dataclass(frozen=True)
class Change:
    """One occasion under both rules. `now`: it is due on the day asked, under the rules in which it is due at all."""

    effect: Effect
    subject: str
    cycle: str
    record: str
    now: bool
    before: str | None
    after: str | None

    def masked(self) -> dict[str, object]:
        """As it may be shown: the record by its last four characters."""
        return {"record": f"***{self.record[-4:]}", "due_now": self.now, "before": self.before, "after": self.after}


@dataclass
class Tally:
    """One effect, counted."""

    occasions: int = 0
    due_now: int = 0
    told: int = 0
    """A dossier exists already: it goes on under the version it was made under."""
    samples: list[Change] = field(default_factory=list)


@dataclass
class Impact:
    """What changes between two versions of one service."""

    service: str
    before: str | None
    after: str
    people: int = 0
    unchanged: int = 0
    unreadable: int = 0
    not_kept: list[str] = field(default_factory=list)
    effects: dict[Effect, Tally] = field(default_factory=lambda: {effect: Tally() for effect in Effect})

    def asdict(self) -> dict[str, object]:
        """As programs read it."""
        return {
            "service": self.service,
            "version_before": self.before,
            "version_after": self.after,
            "people": self.people,
            "unchanged_occasions": self.unchanged,
            "unreadable_people": self.unreadable,
            "columns_not_kept": self.not_kept,
            **{
                effect.value: {
                    "occasions": tally.occasions,
                    "due_now": tally.due_now,
                    "already_told": tally.told,
                    "samples": [one.masked() for one in tally.samples],
                }
                for effect, tally in self.effects.items()
            },
        }


def impact(
    before: Service | None,
    after: Service,
    *,
    on: date,
    catalogue: Catalogue,
    population: Population,
    pseudonyms: Pseudonyms = PLAIN,
    seen: Callable[[], None] = lambda: None,
) -> Impact:
    """Go over everybody once. `before` is None for a service that is not there yet. Samples are shown by the last of
    their key, so a pseudonym is opened for them."""
    found = Impact(after.name, before.version if before else None, after.version)
    reader = Reader([after] if before is None else [before, after], catalogue)
    found.not_kept = reader.not_kept
    waiting: list[Change] = []
    for subject, known in population.people(reader.registers):
        seen()
        try:
            person = reader.read(known)
        except BadRow:
            found.unreadable += 1
            continue
        found.people += 1
        changes, same = _changes(before, after, subject, person, on)
        found.unchanged += same
        waiting += changes
        if len(waiting) >= ASKED_AT_ONCE:
            _count(found, waiting, population, pseudonyms)
            waiting.clear()
    _count(found, waiting, population, pseudonyms)
    return found


def _changes(before: Service | None, after: Service, subject: str, person: Rows, on: date) -> tuple[list[Change], int]:
    old = {one.cycle: one for one in before.owed(person, on)} if before is not None else {}
    new = {one.cycle: one for one in after.owed(person, on)}
    both = old.keys() & new.keys()
    found = [
        *(_change(Effect.NEWLY_DUE, subject, one, on, None, _span(one)) for c, one in new.items() if c not in both),
        *(_change(Effect.NO_LONGER_DUE, subject, one, on, _span(one), None) for c, one in old.items() if c not in both),
        *(
            _change(Effect.OTHER_DAY, subject, new[cycle], on, _span(old[cycle]), _span(new[cycle]))
            for cycle in both
            if (old[cycle].due_on, old[cycle].ends_on) != (new[cycle].due_on, new[cycle].ends_on)
        ),
    ]
    if before is not None and both:
        found += _variants(before, after, subject, person, {c: new[c] for c in both if old[c].due_on <= on}, on)
    return found, len(both - {change.cycle for change in found})


def _variants(
    before: Service, after: Service, subject: str, person: Rows, due: dict[str, Owed], on: date
) -> Iterator[Change]:
    """Of what is due on the day asked under both rules: what would go another way."""
    for record in person[after.register] if due else ():
        then, now = before.evaluate(record, person, on), after.evaluate(record, person, on)
        if then.due and now.due and now.cycle in due and then.variant != now.variant:
            yield _change(Effect.OTHER_VARIANT, subject, due[now.cycle], on, then.variant, now.variant)


def _change(effect: Effect, subject: str, one: Owed, on: date, before: str | None, after: str | None) -> Change:
    return Change(effect, subject, one.cycle, one.key, one.due_on <= on, before, after)


def _span(one: Owed) -> str:
    return f"{one.due_on} .. {one.ends_on}"


def _count(found: Impact, changes: list[Change], population: Population, pseudonyms: Pseudonyms) -> None:
    told = population.told(found.service, [(one.subject, one.cycle) for one in changes]) if changes else set()
    for one in changes:
        tally = found.effects[one.effect]
        tally.occasions += 1
        tally.due_now += one.now
        tally.told += (one.subject, one.cycle) in told
        if len(tally.samples) < SAMPLES:
            tally.samples.append(replace(one, record=pseudonyms.open(one.record)))
