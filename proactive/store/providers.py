"""What became of messages by provider, counted by the minute for all workers together, and the shares they get."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncEngine

from proactive.domain.providers import Seen
from proactive.store.statement import text

KEPT = timedelta(days=1)
"""How long counts are evidence: what is older says nothing about a provider today."""


@dataclass(frozen=True)
class Shares:
    """How a group's messages are shared out since `moved_at`."""

    of: Mapping[str, float]
    moved_at: datetime


class Providers:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def count(self, seen: Mapping[str, Seen], *, now: datetime) -> None:
        """Add to what became of each channel's messages in this minute."""
        if not seen:
            return
        ordered = sorted(seen.items())  # two workers never wait for each other in a circle
        async with self._engine.begin() as connection:
            await connection.execute(
                text(
                    "INSERT INTO provider_minute AS m (channel, minute, given, bad, settled, undelivered) "
                    "SELECT channel, :minute, given, bad, settled, undelivered FROM unnest(CAST(:channels AS text[]), "
                    "CAST(:given AS int[]), CAST(:bad AS int[]), CAST(:settled AS int[]), CAST(:undelivered AS int[])) "
                    "AS w(channel, given, bad, settled, undelivered) ON CONFLICT (channel, minute) DO UPDATE SET "
                    "given = m.given + excluded.given, bad = m.bad + excluded.bad, "
                    "settled = m.settled + excluded.settled, undelivered = m.undelivered + excluded.undelivered"
                ),
                {
                    "minute": now.replace(second=0, microsecond=0),
                    "channels": [name for name, _ in ordered],
                    "given": [one.given for _, one in ordered],
                    "bad": [one.bad for _, one in ordered],
                    "settled": [one.settled for _, one in ordered],
                    "undelivered": [one.undelivered for _, one in ordered],
                },
            )

    async def seen(self, channels: Sequence[str], *, after: datetime, now: datetime) -> dict[str, Seen]:
        """What became of these channels' messages in the whole minutes after a moment, and at most a day ago."""
        async with self._engine.connect() as connection:
            rows = await connection.execute(
                text(
                    "SELECT channel, sum(given), sum(bad), sum(settled), sum(undelivered) FROM provider_minute "
                    "WHERE channel = ANY(:channels) AND minute > :after GROUP BY channel"
                ),
                {"channels": list(channels), "after": max(after, now - KEPT)},
            )
            return {channel: Seen(*map(int, counts)) for channel, *counts in rows}

    async def shares(self) -> dict[str, Shares]:
        """The shares of every group that has moved ever, by group."""
        async with self._engine.connect() as connection:
            rows = await connection.execute(text("SELECT channel_group, channel, share, moved_at FROM provider_share"))
            found: dict[str, dict[str, float]] = {}
            when: dict[str, datetime] = {}
            for group, channel, share, at in rows:
                found.setdefault(group, {})[channel] = share
                when[group] = at
        return {group: Shares(of, when[group]) for group, of in found.items()}

    async def move(self, group: str, to: Mapping[str, float], *, since: datetime | None, now: datetime) -> bool:
        """Keep new shares, unless they were moved since (None: there were none yet); whether it was done."""
        async with self._engine.begin() as connection:
            await connection.execute(
                text("SELECT pg_advisory_xact_lock(hashtext('provider_share'), hashtext(:group))"), {"group": group}
            )
            moved_at = await connection.scalar(
                text("SELECT max(moved_at) FROM provider_share WHERE channel_group = :group"), {"group": group}
            )
            if moved_at != since:
                return False
            await connection.execute(text("DELETE FROM provider_share WHERE channel_group = :group"), {"group": group})
            await connection.execute(
                text(
                    "INSERT INTO provider_share (channel_group, channel, share, moved_at) SELECT :group, channel, "
                    "share, :now FROM unnest(CAST(:channels AS text[]), CAST(:shares AS float8[])) AS w(channel, share)"
                ),
                {"group": group, "now": now, "channels": list(to), "shares": list(to.values())},
            )
            return True

    async def tidy(self, *, before: datetime) -> None:
        """Forget the counts of before a moment."""
        async with self._engine.begin() as connection:
            await connection.execute(text("DELETE FROM provider_minute WHERE minute < :before"), {"before": before})
