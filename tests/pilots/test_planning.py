"""A plan that cannot be is refused with everything that is wrong with it."""

from datetime import date
from typing import Any

import pytest

from proactive.errors import Unusable
from proactive.pilots.planning import planned
from rules import Catalogue
from tests.steps.mannerly import SERVICE

PLAN = {
    "service": SERVICE, "reason": "thử", "document": "1/QĐ", "a_day": 5, "total": 9, "starts_on": date(2026, 11, 23),
    "ends_on": date(2026, 12, 23), "today": date(2026, 11, 23),
}  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"service": "x"}, "no published service x"),
        ({"units": ["99999"]}, "no commune 99999"),
        ({"variants": ["x"]}, "no variant x"),
        ({"where": ["nothing=1"]}, "is no condition"),
        ({"where": ["licence_class"]}, "is no condition"),
        ({"document": " "}, "number of the paper"),
        ({"hold_out": 80}, "from 0 to 50"),
        ({"a_day": 10}, "no more a day than in all"),
        ({"starts_on": date(2026, 11, 22)}, "from today on"),
        ({"ends_on": date(2027, 11, 22)}, "at most 180 days"),
    ],
)
def test_each_mistake_is_named(catalogue: Catalogue, changes: dict[str, Any], says: str) -> None:
    with pytest.raises(Unusable, match=says):
        planned(catalogue.services, **{**PLAN, **changes})


def test_a_plan_is_for_the_rules_in_force(catalogue: Catalogue) -> None:
    where = ["licence_class=B1|B2", "date_of_birth=1960-01-01..1980-12-31"]

    made = planned(catalogue.services, **PLAN, units=["20242"], where=where)

    assert made.service_version == catalogue.services[SERVICE].version
    assert made.cohort.fields == {"licence_class": ("B1", "B2"), "date_of_birth": ("1960-01-01..1980-12-31",)}
