"""What can be wrong with a whole file. The sentences are English; `rules/vietnamese.py` has each in Vietnamese."""

from __future__ import annotations

from rules.problem import Problem, Problems


class Unreadable(Problems):
    """A file cannot be used at all."""

    said = "This file cannot be used"

    def __init__(self, why: str, mend: str) -> None:
        super().__init__([Problem("file", why, mend)])
