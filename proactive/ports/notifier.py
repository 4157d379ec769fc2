"""A channel on which a citizen can be told something.

What came of a sending is a value, not an exception: accepted, rejected or unknown. A notifier never retries by itself.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from proactive.domain.addressee import Addressee
from proactive.domain.change import keepable
from proactive.domain.notice import Sending


class Failure(StrEnum):
    """What to do about a rejection."""

    TEMPORARY = "temporary"  # the provider did not take it and may later: plan it again
    PERMANENT = "permanent"  # this person cannot be reached on this channel: next channel
    TECHNICAL = "technical"  # our account, text or set-up is at fault: tell the operator
    OPTED_OUT = "opted_out"  # the person told the provider to stop


@dataclass(frozen=True)
class Content:
    """What a message says, for a channel that sends a template its provider approved, with values in place of a text.

    `values` are the names a text of the service may use, each as it would stand in the text: `code`, `expires_on`
    (29/02/2028), `days_late`, `rung`, `variant` and the service's `letters`; four digits of a number at most.
    """

    service: str
    variant: str | None
    language: str
    values: Mapping[str, str]
    parameters: Mapping[str, str] = field(default_factory=dict)
    """The values under the names that the provider approved: the service's `messages/<channel>.yaml`, if it has one."""


@dataclass(frozen=True)
class Outgoing:
    """A message about to be sent. `reference` is the notice's id; `since` is when it was claimed."""

    reference: str
    to: str
    body: str
    since: datetime
    content: Content | None = None
    """None: several matters in one text, a one-time code, or only a question about a message. A channel that cannot
    send a bare text refuses it as `TECHNICAL`."""


@dataclass(frozen=True)
class Accepted:
    provider_ref: str


@dataclass(frozen=True)
class Rejected:
    failure: Failure
    code: str
    why: str
    until: datetime | None = None
    """For a temporary one: it makes no sense before then, for instance because a quota is used up."""


@dataclass(frozen=True)
class Unknown:
    """The provider may have it: the call broke off after the first byte may have left."""

    why: str


Outcome = Accepted | Rejected | Unknown


@dataclass(frozen=True)
class Receipt:
    """What the provider later says became of a message."""

    channel: str
    provider_ref: str
    status: str
    sending: Sending | None
    """The state it means for the notice; None: on its way, nothing to decide."""
    error_code: str | None = None
    reference: UUID | None = None
    """Our own reference, where the provider gives it back: so it settles a notice that is in doubt, too."""

    def __post_init__(self) -> None:
        """What others wrote is kept without what no database keeps."""
        for name in ("provider_ref", "status", "error_code"):
            if (said := getattr(self, name)) is not None:
                object.__setattr__(self, name, keepable(said))


@dataclass(frozen=True)
class Explanation:
    """What a provider's code means, for staff."""

    vi: str
    en: str


@dataclass(frozen=True)
class Hook:
    """A request that a provider made to us, with everything that its signature covers."""

    url: str
    """The public address as configured, path and query included: behind a proxy the received one would not verify."""
    headers: Mapping[str, str]
    body: bytes


class Notifier(Protocol):
    name: str
    """The channel's name; also the name of its file, its templates and its hook."""

    by_people: bool = False
    """Work for people, such as a list of whom to call: there is no provider, and everybody can be reached."""

    def reachable(self, addressee: Addressee) -> str | None:
        """The address in the form that this channel wants, or None where it cannot reach them.

        An address that it gave leads to itself: `reachable(Addressee.at(address)) == address`. A channel `by_people`
        always gives one, be it the empty one.
        """

    async def send(self, message: Outgoing) -> Outcome: ...

    async def find(self, message: Outgoing) -> Accepted | None:
        """Ask the provider whether it has this message; nothing is sent.

        Raises `Unreachable` when it does not answer, and `Unanswerable` where it keeps nothing that can be asked about.
        """

    def receipts(self, hook: Hook) -> Sequence[Receipt]:
        """The receipts in a verified request. Raises `Forged` when the signature does not hold."""

    def explain(self, code: str) -> Explanation | None:
        """What a code of this provider, in an answer or a receipt, means; None where nobody knows."""
        return None

    async def close(self) -> None: ...
