"""Who is at the door: one-time codes, sessions, officers, and how often somebody may try."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncEngine

from proactive.domain.base import Value
from proactive.domain.vault import Vault
from proactive.errors import TooMany
from proactive.store import sealed
from proactive.store.statement import text


class Passcode(Value):
    """A request for a one-time code. The code itself is made from `id`, see `Keys.passcode`."""

    id: UUID
    dossier_id: UUID
    channel: str
    to: str
    state: str
    tries: int
    requested_at: datetime
    expires_at: datetime


class Session(Value):
    kind: str
    holder: str
    csrf: str
    expires_at: datetime


class Awake(Value):
    """One place where somebody is signed in; `expires_at` is when it falls asleep if nothing is done there."""

    token_hash: str
    created_at: datetime
    expires_at: datetime


class Role(StrEnum):
    """What an officer is there for."""

    OFFICER = "officer"
    """Decides the dossiers of their own office."""
    DATA = "data"
    """Looks after the registers' data for the whole city besides: what was refused, files, quality."""


class Officer(Value):
    username: str
    full_name: str
    office: str
    password_hash: str
    active: bool
    role: Role = Role.OFFICER


PASSCODE = ", ".join(f'p."{name}"' for name in Passcode.model_fields)


def _passcode(row: RowMapping, vault: Vault | None) -> Passcode:
    return Passcode.model_validate(dict(row) | {"to": sealed.opened(vault, row["to"], "passcode.to", row["id"])})


class Passcodes:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def request(self, passcode: Passcode) -> None:
        async with self._engine.begin() as connection:
            await connection.execute(
                text(
                    'INSERT INTO passcode (id, dossier_id, channel, "to", state, tries, requested_at, expires_at) '
                    "VALUES (:id, :dossier_id, :channel, :to, :state, :tries, :requested_at, :expires_at)"
                ),
                passcode.model_dump()
                | {"to": sealed.seal(sealed.vault_of(connection), passcode.to, "passcode.to", passcode.id)},
            )

    async def claim(self, *, now: datetime, limit: int) -> list[Passcode]:
        """Requested codes, taken for sending. One whose sending breaks off is not sent again: ask for a new one."""
        async with self._engine.begin() as connection:
            rows = await connection.execute(
                text(
                    "WITH c AS (SELECT id FROM passcode WHERE state = 'requested' AND expires_at > :now "
                    "ORDER BY requested_at LIMIT :limit FOR UPDATE SKIP LOCKED) UPDATE passcode p "
                    f"SET state = 'claimed' FROM c WHERE p.id = c.id RETURNING {PASSCODE}"
                ),
                {"now": now, "limit": limit},
            )
            vault = sealed.vault_of(connection)
            return [_passcode(row, vault) for row in rows.mappings()]

    async def settle(self, passcode_id: UUID, *, state: str, why: str | None = None, channel: str) -> None:
        """Keep what came of sending it, and on which channel that was."""
        async with self._engine.begin() as connection:
            await connection.execute(
                text(
                    "UPDATE passcode SET state = :state, why = :why, channel = :channel "
                    "WHERE id = :id AND state = 'claimed'"
                ),
                {"state": state, "why": why, "id": passcode_id, "channel": channel},
            )

    async def latest(self, dossier_id: UUID, *, channel: str | None = None) -> Passcode | None:
        """The newest request of this dossier, on one channel or on any."""
        async with self._engine.connect() as connection:
            rows = await connection.execute(
                text(
                    f"SELECT {PASSCODE} FROM passcode p WHERE dossier_id = :id "
                    "AND channel = coalesce(:channel, channel) ORDER BY requested_at DESC LIMIT 1"
                ),
                {"id": dossier_id, "channel": channel},
            )
            row = rows.mappings().first()
            return _passcode(row, sealed.vault_of(connection)) if row else None

    async def attempt(self, passcode_id: UUID, *, right: bool, now: datetime, most: int = 5) -> bool:
        """Count one try. True: it was right, in time, not used before and not tried too often; it is used up now."""
        async with self._engine.begin() as connection:
            row = await connection.scalar(
                text(
                    "UPDATE passcode SET tries = tries + 1, state = CASE WHEN :right THEN 'used' ELSE state END "
                    "WHERE id = :id AND expires_at > :now AND tries < :most AND state <> 'used' RETURNING 1"
                ),
                {"id": passcode_id, "right": right, "now": now, "most": most},
            )
            return bool(row) and right


class Sessions:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def begin(self, token_hash: str, session: Session, *, now: datetime) -> None:
        async with self._engine.begin() as connection:
            await connection.execute(
                text(
                    "INSERT INTO session (token_hash, kind, holder, csrf, created_at, expires_at) "
                    "VALUES (:token_hash, :kind, :holder, :csrf, :now, :expires_at)"
                ),
                {"token_hash": token_hash, "now": now, **session.model_dump()},
            )

    async def find(self, token_hash: str, *, now: datetime) -> Session | None:
        async with self._engine.connect() as connection:
            rows = await connection.execute(
                text("SELECT kind, holder, csrf, expires_at FROM session WHERE token_hash = :h AND expires_at > :now"),
                {"h": token_hash, "now": now},
            )
            row = rows.mappings().first()
            return Session.model_validate(dict(row)) if row else None

    async def end(self, token_hash: str) -> None:
        async with self._engine.begin() as connection:
            await connection.execute(text("DELETE FROM session WHERE token_hash = :h"), {"h": token_hash})

    async def of(self, kind: str, holder: str, *, now: datetime) -> list[Awake]:
        """Where somebody is signed in now, the newest first."""
        async with self._engine.connect() as connection:
            rows = await connection.execute(
                text(
                    "SELECT token_hash, created_at, expires_at FROM session "
                    "WHERE kind = :kind AND holder = :holder AND expires_at > :now ORDER BY created_at DESC"
                ),
                {"kind": kind, "holder": holder, "now": now},
            )
            return [Awake.model_validate(dict(row)) for row in rows.mappings()]

    async def revoke(self, kind: str, holder: str, *, but: str = "") -> int:
        """End every session of somebody, at once; `but` is the token hash of one that may stay. Gives how many."""
        async with self._engine.begin() as connection:
            ended = await connection.execute(
                text("DELETE FROM session WHERE kind = :kind AND holder = :holder AND token_hash <> :but"),
                {"kind": kind, "holder": holder, "but": but},
            )
            return ended.rowcount

    async def sweep(self, *, now: datetime) -> None:
        """Forget sessions and counters that are over."""
        async with self._engine.begin() as connection:
            await connection.execute(text("DELETE FROM session WHERE expires_at <= :now"), {"now": now})
            await connection.execute(text("DELETE FROM counter WHERE expires_at <= :now"), {"now": now})


class Officers:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def get(self, username: str) -> Officer | None:
        async with self._engine.connect() as connection:
            rows = await connection.execute(
                text(
                    "SELECT username, full_name, office, password_hash, active, role FROM officer WHERE username = :u"
                ),
                {"u": username},
            )
            row = rows.mappings().first()
            return Officer.model_validate(dict(row)) if row else None

    async def put(self, officer: Officer) -> None:
        async with self._engine.begin() as connection:
            await connection.execute(
                text(
                    "INSERT INTO officer (username, full_name, office, password_hash, active, role) "
                    "VALUES (:username, :full_name, :office, :password_hash, :active, :role) "
                    "ON CONFLICT (username) DO UPDATE SET full_name = excluded.full_name, office = excluded.office, "
                    "password_hash = excluded.password_hash, active = excluded.active, role = excluded.role"
                ),
                officer.model_dump(),
            )

    async def all(self) -> list[RowMapping]:
        async with self._engine.connect() as connection:
            rows = await connection.execute(
                text("SELECT username, full_name, office, active, role FROM officer ORDER BY 1")
            )
            return list(rows.mappings())


class Counters:
    """Running numbers that every process shares."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def next(self, name: str, *, step: int = 1, expires_at: datetime | None = None) -> int:
        """Raise the counter and give its new value."""
        async with self._engine.begin() as connection:
            value = await connection.scalar(
                text(
                    "INSERT INTO counter (name, value, expires_at) VALUES (:name, :step, :expires_at) "
                    "ON CONFLICT (name) DO UPDATE SET value = counter.value + :step RETURNING value"
                ),
                {"name": name, "step": step, "expires_at": expires_at},
            )
            return int(value or 0)

    async def throttle(self, name: str, *, most: int, per: timedelta, now: datetime) -> None:
        """Let `most` pass in each window of length `per`. Raises `TooMany`; without a database nothing passes."""
        seconds = int(per.total_seconds())
        key, into = _window(name, per, now)
        if await self.next(key, expires_at=now + 2 * per) > most:
            raise TooMany(seconds=seconds - into)

    async def give_back(self, names: Sequence[str], *, per: timedelta, now: datetime) -> None:
        """One of each that passed in this window of length `per` counts no more."""
        async with self._engine.begin() as connection:
            await connection.execute(
                text("UPDATE counter SET value = value - 1 WHERE name = ANY(:names) AND value > 0"),
                {"names": [_window(name, per, now)[0] for name in names]},
            )


def _window(name: str, per: timedelta, now: datetime) -> tuple[str, int]:
    """The counter of the window of length `per` that this moment is in, and the seconds that it has lasted."""
    window, into = divmod(int(now.timestamp()), int(per.total_seconds()))
    return f"throttle:{name}:{window}", into
