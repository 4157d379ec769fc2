"""What the platform may answer to a batch, by the contract of docs/connectors.md, and what each means for the spool.

Only an answer that is surely the platform's own counts as a yes or a no: a proxy in between that answers 200 or 400 in
its own words must not cost a single event.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar

import httpx
import msgspec

STATUSES: dict[int, str] = {
    202: "taken",
    400: "refused",  # the events that it names cannot be read
    409: "refused",  # the events that it names came before with other content
    413: "too large",  # or, where it names events, nested too deeply
    408: "later",
    425: "later",
    429: "later",
    500: "later",
    502: "later",
    503: "later",
    504: "later",
}
"""HTTP statuses, and what they are about. Any other says that this is not the platform, or not for us: shut out."""

_LONGEST = 500

T = TypeVar("T")


@dataclass(frozen=True)
class Taken:
    """It keeps all of them. `snapshot` are the registers that it wants to be told from the beginning."""

    snapshot: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Refused:
    """Some of them cannot be taken as they are, and nothing of the batch was.

    `events` says why by the ids; empty when the answer does not tell which.
    """

    why: str
    events: Mapping[str, str]


@dataclass(frozen=True)
class TooLarge:
    """Less at a time, please."""

    why: str = "It is too large for the platform."


@dataclass(frozen=True)
class Later:
    """Nothing is known of them, or it cannot take them now: the same ones again, after `seconds` if it said so."""

    why: str
    seconds: float | None = None


@dataclass(frozen=True)
class ShutOut:
    """Nothing can be sent until somebody mends something: the key, the address, the clock, a certificate."""

    why: str


Answer = Taken | Refused | TooLarge | Later | ShutOut


class _Accepted(msgspec.Struct):
    accepted: int
    known: int
    snapshot: list[str] = []


class _Fault(msgspec.Struct):
    why: str
    where: str = ""
    mend: str = ""
    event: int | None = None
    id: str | None = None


class _Problem(msgspec.Struct):
    type: str
    title: str = ""
    detail: str = ""
    problems: list[_Fault] = []

    def said(self) -> str:
        return (self.detail or self.title or self.type)[:_LONGEST]


def read(answer: httpx.Response, ids: list[str], *, now: datetime) -> Answer:
    """What this answer means for the events of these ids, in the order in which they were sent."""
    match STATUSES.get(answer.status_code):
        case "taken":
            accepted = _as(answer, _Accepted)
            if accepted is not None and accepted.accepted + accepted.known == len(ids):
                return Taken(frozenset(accepted.snapshot))
        case "later":
            return Later(f"The platform answered HTTP {answer.status_code}.", _retry_after(answer, now))
        case "too large":
            problem = _as(answer, _Problem)
            named = {} if problem is None else _named(problem, ids)
            if problem is None:
                return TooLarge()
            return Refused(problem.said(), named) if named else TooLarge(problem.said())
        case "refused":
            if (problem := _as(answer, _Problem)) is not None:
                return Refused(problem.said(), _named(problem, ids))
    return ShutOut(_shut_out(answer, now))


def _named(problem: _Problem, ids: list[str]) -> dict[str, str]:
    found: dict[str, list[str]] = {}
    for fault in problem.problems:
        id = fault.id if fault.id in ids else None
        if id is None and fault.event is not None and 0 <= fault.event < len(ids):
            id = ids[fault.event]
        if id is not None:
            found.setdefault(id, []).append(f"{fault.where}: {fault.why} {fault.mend}".strip(": "))
    return {id: " ".join(said)[:_LONGEST] for id, said in found.items()}


def _shut_out(answer: httpx.Response, now: datetime) -> str:
    problem = _as(answer, _Problem)
    said = f"HTTP {answer.status_code}" + (f", {problem.said()}" if problem else ", not in the platform's words")
    theirs = _moment(answer.headers.get("date", ""))
    if theirs is not None and abs((theirs - now).total_seconds()) > 120:
        said += f" The clock of this machine is {(now - theirs).total_seconds():+.0f} s off the platform's: set it."
    return f"The platform does not let us in ({answer.request.url.host}): {said}"


def _retry_after(answer: httpx.Response, now: datetime) -> float | None:
    text = answer.headers.get("retry-after", "")
    if text.isascii() and text.isdigit():
        return float(text)
    moment = _moment(text)
    return None if moment is None else max(0.0, (moment - now).total_seconds())


def _moment(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _as(answer: httpx.Response, kind: type[T]) -> T | None:
    try:
        return msgspec.json.decode(answer.content, type=kind)
    except (msgspec.MsgspecError, UnicodeError):
        return None
