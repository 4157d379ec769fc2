"""The ground all rule values stand on: frozen, and an unknown key is an error."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]


class Rule(BaseModel):
    """A part of the law as data."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Words(Rule):
    """The same sentence in Vietnamese and in English."""

    vi: Text
    en: Text

    def told(self, values: Mapping[str, int | str]) -> tuple[str, str]:
        """Both sentences, `{name}` being the value of that name; large numbers are grouped as each language does.

        Raises KeyError where a name has no value.
        """
        return (
            self.vi.format_map({name: _grouped(value, ".") for name, value in values.items()}),
            self.en.format_map({name: _grouped(value, ",") for name, value in values.items()}),
        )


UNGROUPED = 9_999
"""Years and days stay as they are; sums of money are grouped."""


def _grouped(value: int | str, by: str) -> str:
    return f"{value:,}".replace(",", by) if isinstance(value, int) and value > UNGROUPED else str(value)


class Confidence(StrEnum):
    """How sure we are of a fact of law: read in the text or the press (V), seen only in public code or notes (V2),
    general knowledge (K), or sources that disagree (CONFLICT: never told to a citizen as a certainty)."""

    V = "V"
    V2 = "V2"
    K = "K"
    CONFLICT = "CONFLICT"
