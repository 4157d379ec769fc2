"""simulate: what one service, as its folder says now, would find in the stored records of a period."""

from collections.abc import Callable
from datetime import date

from proactive.foresight.expected import Expected, Place
from proactive.foresight.people import Reader
from proactive.store.population import Population
from rules import BadRow, Catalogue, Service


def simulate(
    service: Service,
    expected: Expected,
    *,
    catalogue: Catalogue,
    population: Population,
    seen: Callable[[], None] = lambda: None,
) -> list[str]:
    """Count into `expected` what falls due from its first to its last day; gives the columns that are not kept.

    The rules are asked on the first day and on every day on which one of their values changes.
    """
    reader = Reader([service], catalogue)
    days = turning_days(service, expected.first, expected.last)
    for _, known in population.people(reader.registers):
        seen()
        try:
            person = reader.read(known)
        except BadRow:
            expected.unreadable += 1
            continue
        expected.people += 1
        counted: set[str] = set()
        office = None
        for index, day in enumerate(days):
            until = days[index + 1] if index + 1 < len(days) else None
            for one in service.owed(person, day):
                starts = max(one.due_on, day)
                if one.cycle in counted or starts > expected.last or (until is not None and starts >= until):
                    continue
                counted.add(one.cycle)
                office = office or service.deciding_office(person)
                due = None if one.due_on < expected.first and index == 0 else starts
                expected.counts[Place(due, service.name, office)] += 1
    return reader.not_kept


def turning_days(service: Service, first: date, last: date) -> list[date]:
    """The first day, and every later one up to the last on which a value or the law changes."""
    text = service.text
    changes = {period.since for dated in text.values.values() for period in dated.periods}
    changes |= {regime.since for regime in text.regimes}
    return [first, *sorted(day for day in changes if first < day <= last)]
