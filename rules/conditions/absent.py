"""The same subject has no row in a register for which all of this holds."""

from __future__ import annotations

from typing import ClassVar

from rules.condition import Scope, Test
from rules.conditions.exists import Exists


class Absent(Exists):
    """The same subject has no such row there; a register that knows nothing of the subject has none."""

    wanted: ClassVar[bool] = False

    def holds(self, scope: Scope) -> Test:
        find = self.find(scope)
        return lambda row, asked, records, anchor: find(asked, records, anchor) is None
