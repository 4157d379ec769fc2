"""How the messages of a group are shared out between its providers, and what moves the shares.

All workers go by the same shares and counts, which are in the store; each looks after a batch that it handed over.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog

from proactive.domain import providers
from proactive.domain.notice import Notice, Sending
from proactive.domain.providers import Seen
from proactive.ports.notifier import Accepted, Failure, Outcome, Rejected
from proactive.steps.telling.rungs import FAILED
from proactive.store.store import Store
from rules.grammar import Rung
from rules.groups import groups, members

log = structlog.get_logger()

SLOW = 5.0
"""Seconds after which an answer is as bad as none: at a hundred messages a second, such a provider holds all up."""
A_MINUTE = timedelta(minutes=1)
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)

Shares = Mapping[str, Mapping[str, float]]


@dataclass(frozen=True)
class Handed:
    """One message that a provider was given: what it said, and after how many seconds."""

    channel: str
    outcome: Outcome
    seconds: float


async def shares_of(store: Store) -> Shares:
    """The shares of every group as they are; where none was ever moved, as the group rests."""
    kept = await store.providers.shares()
    return {
        name: kept[name].of if name in kept and set(kept[name].of) == set(one.either) else providers.rests(one.either)
        for name, one in groups().items()
    }


def drawn(rung: Rung, told: Mapping[str, Notice], *, shares: Shares, key: str) -> Rung:
    """The rung with one channel in place of each group, or several in turn where the first may still fail.

    A group that has told, or may have, is the channel it told on: nothing of it follows a notice in doubt.
    """
    if not any(name in shares for name in rung.channels):
        return rung
    channels: list[str] = []
    for name in rung.channels:
        if name not in shares:
            channels.append(name)
            continue
        may_have = [one for one in members(name) if one in told and told[one].state not in {*FAILED, Sending.PLANNED}]
        channels += may_have[:1] or sorted(
            providers.order(f"{key}:{rung.name}", shares[name]),
            key=lambda one: told[one].fence if one in told and told[one].state is Sending.PLANNED else 0,
        )
    return rung.model_copy(update={"channels": tuple(channels)})


async def count(handed: Sequence[Handed], *, store: Store, now: datetime) -> None:
    """Remember how the providers did with what they were given."""
    await store.providers.count(
        {
            name: Seen(given=len(own), bad=sum(_bad(one) for one in own))
            for name in {one.channel for one in handed}
            if (own := [one for one in handed if one.channel == name])
        },
        now=now,
    )


async def count_settled(notices: Sequence[Notice], *, store: Store, now: datetime) -> None:
    """Remember which messages arrived and which did not, as their providers said."""
    told = [n for n in notices if n.error_code != "simulated" and n.state in {Sending.DELIVERED, Sending.UNDELIVERED}]
    await store.providers.count(
        {
            name: Seen(settled=len(own), undelivered=sum(one.state is Sending.UNDELIVERED for one in own))
            for name in {one.channel for one in told}
            if (own := [one for one in told if one.channel == name])
        },
        now=now,
    )


async def balance(*, store: Store, now: datetime) -> None:
    """Move the shares of each group where its providers did not do alike; at most once a minute."""
    kept = await store.providers.shares()
    for name, group in groups().items():
        resting = providers.rests(group.either)
        known = kept.get(name)
        since = known.moved_at if known is not None else None
        if since is not None and now - since < A_MINUTE:
            continue
        before = known.of if known is not None and set(known.of) == set(resting) else resting
        seen = await store.providers.seen(list(resting), after=since or LONG_AGO, now=now)
        after = providers.moved(before, seen, resting)
        if after != before and await store.providers.move(name, after, since=since, now=now):
            log.info("balance.moved", group=name, shares={one: round(share, 3) for one, share in after.items()})


def _bad(one: Handed) -> bool:
    """Whether the provider is to blame; that somebody's number is none is not its fault."""
    match one.outcome:
        case Accepted():
            return one.seconds > SLOW
        case Rejected(failure):
            return failure in {Failure.TEMPORARY, Failure.TECHNICAL}
        case _:
            return True
