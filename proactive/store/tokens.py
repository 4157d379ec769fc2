"""Tokens of providers: sealed pairs, one successor for each, and one asker at a time.

A pair is written only over the one that it was bought with (`generation`), whoever has the claim by then: the successor
of a pair is worth keeping even when it comes late, and there is only one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncEngine

from proactive.domain.token import RENEWED_AFTER, Kept
from proactive.store.statement import text

SETTLED = timedelta(minutes=10)
"""A pair this fresh that is refused all the same is not mended by buying another."""

FIELDS = ", ".join(Kept.model_fields)


@dataclass(frozen=True)
class SealedPair:
    """A pair about to be written, or as it was."""

    kept: Kept
    sealed: bytes


class ProviderTokens:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def get(self, provider: str, account: str) -> SealedPair | None:
        async with self._engine.connect() as connection:
            rows = await connection.execute(
                text(f"SELECT {FIELDS}, sealed FROM provider_token WHERE provider = :provider AND account = :account"),
                {"provider": provider, "account": account},
            )
            row = rows.mappings().one_or_none()
        return None if row is None else _pair(dict(row))

    async def all(self) -> Sequence[Kept]:
        async with self._engine.connect() as connection:
            rows = await connection.execute(text(f"SELECT {FIELDS} FROM provider_token ORDER BY provider, account"))
            return [Kept.model_validate(dict(row)) for row in rows.mappings()]

    async def claim(self, provider: str, account: str, *, now: datetime, until: datetime) -> SealedPair | None:
        """Take it upon us to ask for the next pair, where one is due and nobody else is at it. `tries` counts us in."""
        async with self._engine.begin() as connection:
            rows = await connection.execute(
                text(
                    "UPDATE provider_token SET claimed_until = :until, tries = tries + 1 "
                    "WHERE provider = :provider AND account = :account AND lost_at IS NULL "
                    "AND (issued_at <= :old OR (wanted_at IS NOT NULL AND issued_at <= :settled)) "
                    f"AND (claimed_until IS NULL OR claimed_until <= :now) RETURNING {FIELDS}, sealed"
                ),
                {
                    "provider": provider, "account": account, "now": now, "until": until, "old": now - RENEWED_AFTER,
                    "settled": now - SETTLED,
                },
            )  # fmt: skip
            row = rows.mappings().one_or_none()
        return None if row is None else _pair(dict(row))

    async def keep(self, pair: SealedPair) -> bool:
        """Write the successor over the pair that it was bought with; False where that one is no longer the newest."""
        async with self._engine.begin() as connection:
            done = await connection.scalar(
                text(
                    "UPDATE provider_token SET generation = :generation, former = sealed, sealed = :sealed, "
                    "issued_at = :issued_at, access_until = :access_until, refresh_until = :refresh_until, "
                    "wanted_at = NULL, claimed_until = NULL, tries = 0, lost_at = NULL, why = NULL "
                    "WHERE provider = :provider AND account = :account AND generation = :generation - 1 RETURNING 1"
                ),
                {**pair.kept.model_dump(), "sealed": pair.sealed},
            )
        return done is not None

    async def begin(self, pair: SealedPair) -> bool:
        """Write a pair that an administrator has permitted; False where somebody else wrote one meanwhile."""
        async with self._engine.begin() as connection:
            done = await connection.scalar(
                text(
                    "INSERT INTO provider_token AS t (provider, account, generation, sealed, issued_at, access_until, "
                    "refresh_until, tries) VALUES (:provider, :account, :generation, :sealed, :issued_at, "
                    ":access_until, :refresh_until, 0) ON CONFLICT (provider, account) DO UPDATE SET "
                    "generation = EXCLUDED.generation, former = t.sealed, sealed = EXCLUDED.sealed, "
                    "issued_at = EXCLUDED.issued_at, access_until = EXCLUDED.access_until, "
                    "refresh_until = EXCLUDED.refresh_until, wanted_at = NULL, claimed_until = NULL, tries = 0, "
                    "lost_at = NULL, why = NULL WHERE t.generation = EXCLUDED.generation - 1 RETURNING 1"
                ),
                {**pair.kept.model_dump(), "sealed": pair.sealed},
            )
        return done is not None

    async def rest(self, kept: Kept, *, until: datetime, why: str, asked: bool) -> None:
        """Nobody asks before then. `asked`: the provider may have heard us, so the try stays counted."""
        await self._note(kept, "claimed_until = :at, why = :why, tries = tries - :uncount", until, why, not asked)

    async def lose(self, kept: Kept, *, why: str, now: datetime) -> None:
        """It can't be renewed any more. Its successor, should somebody bring it late, is kept all the same."""
        await self._note(kept, "lost_at = :at, why = :why, claimed_until = NULL, tries = tries - :uncount", now, why)

    async def _note(self, kept: Kept, what: str, at: datetime, why: str, uncount: bool = False) -> None:
        values = {"at": at, "why": why, "uncount": int(uncount)}
        async with self._engine.begin() as connection:
            await connection.execute(
                text(
                    f"UPDATE provider_token SET {what} "
                    "WHERE provider = :provider AND account = :account AND generation = :generation"
                ),
                {**values, **kept.model_dump(include={"provider", "account", "generation"})},
            )

    async def want(self, provider: str, account: str, *, generation: int, now: datetime) -> None:
        """The provider refuses this one: it is due."""
        async with self._engine.begin() as connection:
            await connection.execute(
                text(
                    "UPDATE provider_token SET wanted_at = coalesce(wanted_at, :now) "
                    "WHERE provider = :provider AND account = :account AND generation = :generation"
                ),
                {"provider": provider, "account": account, "generation": generation, "now": now},
            )


def _pair(row: dict[str, object]) -> SealedPair:
    sealed = row.pop("sealed")
    assert isinstance(sealed, bytes)  # the column's kind
    return SealedPair(Kept.model_validate(row), sealed)
