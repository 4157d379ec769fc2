"""On which channel of today's rung to tell: the first that is open, and the next where one failed or stays silent."""

from collections.abc import Container, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from proactive.domain.addressee import Addressee
from proactive.domain.notice import Notice, Sending
from proactive.ports.notifier import Notifier
from rules.channels import channels
from rules.grammar import Rung

FAILED = frozenset({Sending.REJECTED, Sending.UNDELIVERED, Sending.LOST})
"""What surely did not reach the citizen. `unknown` is not among them: it is asked about, and nothing follows it."""


@dataclass(frozen=True)
class Try:
    """Tell on this channel; `notice` is the plan there is already."""

    channel: str
    address: str
    notice: Notice | None


@dataclass(frozen=True)
class Told:
    """The rung has told, or may have; with `until` the next channel is looked at then."""

    until: datetime | None = None


@dataclass(frozen=True)
class BrokenOff:
    """Whoever claimed it has died: it may have been sent. It is asked about, not sent."""

    notice: Notice


@dataclass(frozen=True)
class Unreached:
    why: str


def next_channel(
    rung: Rung,
    told: Mapping[str, Notice],
    addressee: Addressee,
    *,
    notifiers: Mapping[str, Notifier],
    closed: Container[str],
    now: datetime,
) -> Try | Told | BrokenOff | Unreached:
    """`told`: this rung's notices by channel; `closed`: channels opted out of."""
    why, reached = "Chưa có địa chỉ liên lạc.", False
    for channel in rung.channels:
        notice = told.get(channel)
        if notice is not None and notice.state in FAILED:
            why = notice.why or notice.state
            continue
        if notice is not None and notice.state is Sending.CLAIMED:
            return BrokenOff(notice)
        if notice is not None and notice.state is not Sending.PLANNED:
            falls_back = falls_back_at(rung, notice)
            if falls_back is None or falls_back > now:
                return Told(falls_back)
            reached = True
            continue
        if channel in closed:
            why = "Ông/bà đã chọn không nhận qua kênh này."
            continue
        notifier = notifiers.get(channel)
        if notifier is None:  # not set up here
            continue
        address = notifier.reachable(addressee)
        if address is not None:
            return Try(channel, address, notice)
        why = "Địa chỉ liên lạc không nhận được kênh này." if addressee.phone or addressee.email else why
    return Told() if reached else Unreached(why)


def falls_back_at(rung: Rung, notice: Notice) -> datetime | None:
    """When the channel after this notice's is used, if nothing more becomes known of it; None: never."""
    wait = rung.fall_back_after_hours
    if wait is None or notice.channel == rung.channels[-1] or notice.state is Sending.UNKNOWN:
        return None
    said = channels().get(notice.channel)
    arrived = notice.state is Sending.DELIVERED or (said is not None and not said.tells_delivery)
    hours = [one for one in ((None if arrived else wait.no_delivery), wait.no_reaction) if one is not None]
    return (notice.sent_at or notice.created_at) + timedelta(hours=min(hours)) if hours else None
