"""Signing in at providers of electronic identities: attempts that are used up once, and how a session came to be."""

from datetime import datetime

import msgspec
from sqlalchemy.ext.asyncio import AsyncEngine

from proactive.domain.acting import Acting
from proactive.domain.base import Value
from proactive.store.statement import text


class SignInAttempt(Value):
    """Somebody was sent to a provider. `state_hash` and `browser` are keyed hashes; see the table."""

    state_hash: str
    provider: str
    audience: str
    browser: str
    nonce: str
    verifier: str
    expires_at: datetime


class SignOns:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def begin(self, attempt: SignInAttempt, *, now: datetime) -> None:
        """Remember the attempt; forgets those that are over, too."""
        async with self._engine.begin() as connection:
            await connection.execute(text("DELETE FROM sign_in_attempt WHERE expires_at <= :now"), {"now": now})
            await connection.execute(
                text(
                    "INSERT INTO sign_in_attempt (state_hash, provider, audience, browser, nonce, verifier, "
                    "expires_at) VALUES (:state_hash, :provider, :audience, :browser, :nonce, :verifier, :expires_at)"
                ),
                attempt.model_dump(),
            )

    async def take(self, state_hash: str, *, browser: str, audience: str, now: datetime) -> SignInAttempt | None:
        """The attempt of this browser, used up by this; None where there is none (any more)."""
        async with self._engine.begin() as connection:
            rows = await connection.execute(
                text(
                    "DELETE FROM sign_in_attempt WHERE state_hash = :state_hash AND browser = :browser "
                    "AND audience = :audience AND expires_at > :now RETURNING *"
                ),
                {"state_hash": state_hash, "browser": browser, "audience": audience, "now": now},
            )
            row = rows.mappings().first()
            return SignInAttempt.model_validate(dict(row)) if row else None

    async def note(self, token_hash: str, acting: Acting) -> None:
        """Write down how this session came to be."""
        async with self._engine.begin() as connection:
            await connection.execute(
                text("INSERT INTO sign_on (token_hash, acting) VALUES (:h, CAST(:acting AS jsonb))"),
                {"h": token_hash, "acting": msgspec.json.encode(acting.model_dump()).decode()},
            )

    async def acting(self, token_hash: str) -> Acting:
        """Who acts in this session; by the check code and a one-time code where nothing else was written down."""
        async with self._engine.connect() as connection:
            found = await connection.scalar(text("SELECT acting FROM sign_on WHERE token_hash = :h"), {"h": token_hash})
            return Acting.model_validate(found) if found else Acting()
