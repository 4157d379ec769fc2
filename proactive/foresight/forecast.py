"""forecast: how many of the stored occasions fall due in a period, of all services in force."""

from collections.abc import Iterable

from proactive.foresight.expected import Expected, Place
from proactive.store.expectations import Expectations
from rules import Service
from rules.offices import centre_of


async def forecast(services: Iterable[Service], expected: Expected, *, expectations: Expectations) -> None:
    """Count into `expected` what is owed and not yet drafted. What has been drafted is on a desk already."""
    for service in services:
        unit = service.decision.unit
        found = await expectations.due(
            service.name, first=expected.first, last=expected.last,
            unit=(unit.register_name, unit.column) if unit is not None else None,
        )  # fmt: skip
        for due in found:
            centre = centre_of(due.unit) if due.unit else None
            office = centre.id if centre is not None else service.decision.office
            expected.counts[Place(due.day, service.name, office)] += due.occasions
