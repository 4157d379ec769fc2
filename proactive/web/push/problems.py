"""What is wrong with a request, as RFC 9457 says it: `application/problem+json`, with where, why and how to mend it."""

from collections.abc import Mapping, Sequence
from typing import Annotated

import msgspec

KIND = "urn:proactive:problem:"


class Fault(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One thing that is wrong."""

    event: Annotated[int, msgspec.Meta(ge=0, description="Place of the event in the request, from 0.")] | None = None
    id: Annotated[str, msgspec.Meta(description="The event's id, where it has one.")] | None = None
    where: Annotated[str, msgspec.Meta(description="The field, header or place in the text.")]
    why: str
    mend: str


class ProblemDetails(msgspec.Struct, frozen=True, kw_only=True):
    """The body of every answer that is not 202."""

    type: Annotated[str, msgspec.Meta(description="What kind of problem: docs/connectors.md lists them.")]
    title: str
    status: Annotated[int, msgspec.Meta(ge=400, le=599)]
    detail: str
    problems: Sequence[Fault] = ()


TITLES: Mapping[str, tuple[int, str]] = {
    "malformed": (400, "The request cannot be read."),
    "unauthorised": (401, "It is not known who sends this."),
    "not-yours": (403, "This connector may not tell of this register."),
    "not-found": (404, "There is nothing here."),
    "not-allowed": (405, "This cannot be done here."),
    "slow": (408, "The request took too long to arrive."),
    "id-reused": (409, "An id came before with other content."),
    "too-large": (413, "The request is too large."),
    "too-many": (413, "There are too many events in one request."),
    "too-deep": (413, "The request is nested too deep."),
    "unsupported": (415, "This kind of content is not understood."),
    "too-fast": (429, "Too much is sent at once."),
    "failed": (500, "Something went wrong on our side; nothing was kept."),
    "unavailable": (503, "We cannot take it just now."),
}
"""Kind -> status and title."""


class Problem(Exception):
    """The request is refused; nothing of it is kept."""

    def __init__(
        self, kind: str, *faults: Fault, headers: Mapping[str, str] | None = None, event_count: int = 0
    ) -> None:
        super().__init__(kind)
        self.kind, self.faults, self.headers = kind, faults, dict(headers or {})
        self.event_count = event_count

    @property
    def status(self) -> int:
        return TITLES[self.kind][0]

    @property
    def body(self) -> bytes:
        status, title = TITLES[self.kind]
        detail = "; ".join(_line(fault) for fault in self.faults[:3]) or title
        return msgspec.json.encode(
            ProblemDetails(type=KIND + self.kind, title=title, status=status, detail=detail, problems=self.faults)
        )


def refused(kind: str, where: str, why: str, mend: str, **headers: str) -> Problem:
    """A problem of the whole request."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Problem(kind, Fault(where=where, why=why, mend=mend), headers=named)


def _line(fault: Fault) -> str:
    place = "" if fault.event is None else f"Event {fault.event}: "
    return f"{place}{fault.where}: {fault.why} {fault.mend}" if fault.where else f"{place}{fault.why} {fault.mend}"
