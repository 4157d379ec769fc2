"""When an occasion falls due and ends: so many days before and after an anchor, which comes from the record."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from typing import ClassVar

from pydantic import GetJsonSchemaHandler, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from rules.base import Name, Rule, Text, Words
from rules.condition import Condition, Records, Scope, Show, Test, one_word
from rules.dated import Flaw
from rules.kinds import Row, day_text

Anchors = Callable[[Row], Sequence[date]]
"""The days around which a record's occasions lie, in order; none where the record has none."""


class Window(Rule, Condition):
    """Open from `lead_days` before an anchor to `stop_after_days` after it, both days included (dated values)."""

    lead_days: Name
    stop_after_days: Name

    @abstractmethod
    def anchors(self, scope: Scope) -> Anchors:
        """How the anchors are read from a record. Raises NotInForce."""

    def flaws(self, scope: Scope) -> Iterator[Flaw]:
        yield from scope.value_flaws(self.lead_days, "lead_days", int)
        yield from scope.value_flaws(self.stop_after_days, "stop_after_days", int)

    def dated(self) -> Iterator[str]:
        yield self.lead_days
        yield self.stop_after_days

    def span(self, scope: Scope) -> tuple[timedelta, timedelta]:
        """How long before and after an anchor it is open. Raises NotInForce."""
        return timedelta(days=scope.number(self.lead_days)), timedelta(days=scope.number(self.stop_after_days))

    def holds(self, scope: Scope) -> Test:
        (lead, stop), day = self.span(scope), scope.day

        def holds(row: Row, asked: Row, records: Records, anchor: date) -> bool:
            return anchor - lead <= day <= anchor + stop

        return holds

    def shows(self, scope: Scope) -> Show:
        lead, stop = self.span(scope)

        def show(row: Row, asked: Row, records: Records, anchor: date) -> str:
            return f"{day_text(anchor)} ({day_text(anchor - lead)} – {day_text(anchor + stop)})"

        return show


class WindowClause(Rule):
    """The window of a service, what it says in words, and what it stands on. `{name}` is a dated value in `says`."""

    vocabulary: ClassVar[tuple[str, ...]] = ()

    says: Words
    reference: Text

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return one_word(handler(core), handler, cls.vocabulary)

    @model_validator(mode="after")
    def _exactly_one(self) -> WindowClause:
        written = [word for word in self.vocabulary if getattr(self, word) is not None]
        if len(written) != 1:
            raise ValueError(f"It names {len(written)} windows, not one. Write one of: {', '.join(self.vocabulary)}")
        return self

    @property
    def word(self) -> str:
        """Which window it uses."""
        return next(word for word in self.vocabulary if getattr(self, word) is not None)

    @property
    def window(self) -> Window:
        """The window itself."""
        window: Window = getattr(self, self.word)
        return window
