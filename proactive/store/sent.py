"""Notices as staff look for them: paged by key, in an office's own order, fast however many there are."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncEngine

from proactive.domain.notice import Notice
from proactive.domain.sent import STANDS, Place, Sent, Untold, Which, Word
from proactive.domain.vault import Vault
from proactive.ports.clock import DA_NANG
from proactive.store import sealed
from proactive.store.notices import FIELDS
from proactive.store.statement import text

LAST_NINE = "right(regexp_replace({0}, '[^0-9]', '', 'g'), 9)"
"""A phone however it is written: registers and channels write the same one differently. Indexed in this very form."""

WAITS = (
    "d.state IN ('drafted', 'offered', 'unreached') AND (d.not_told_because IS NOT NULL OR d.held_because IS NOT NULL)"
)


class SentNotices:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def found(self, which: Which, *, limit: int, before: Place | None = None) -> list[Sent]:
        """The newest of these; `before` is where the page before ended."""
        tests, values = _about(which)
        if which.standing in STANDS:
            # Written out, not a parameter: so the small index of what has gone wrong can serve it.
            tests.append(f"n.state IN ({', '.join(repr(str(one)) for one in STANDS[which.standing])})")
        if which.day is not None:
            begins = datetime.combine(which.day, time(), DA_NANG)
            tests.append("n.created_at >= :since AND n.created_at < :until")
            values |= {"since": begins, "until": begins + timedelta(days=1)}
        if before is not None:
            tests.append("(n.created_at, n.id) < (:at, :id)")
            values |= before._asdict()
        return await self._select(" AND ".join(tests), "n.created_at DESC, n.id DESC", {**values, "limit": limit})

    async def untold(self, which: Which, *, limit: int, before: Place | None = None) -> list[Untold]:
        """Dossiers of which nobody hears just now; the one that is looked at again the latest comes first."""
        tests, values = _about_dossiers(which)
        if before is not None:
            tests.append("(d.tell_after, d.id) < (:at, :id)")
            values |= before._asdict()
        async with self._engine.connect() as connection:
            rows = await connection.execute(
                text(
                    "SELECT d.id AS dossier_id, d.service, d.state, d.phone, d.not_told_because, d.held_because, "
                    f"d.tell_after FROM dossier d WHERE {' AND '.join([WAITS, *tests])} "
                    "ORDER BY d.tell_after DESC, d.id DESC LIMIT :limit"
                ),
                {**values, "limit": limit},
            )
            return [Untold.model_validate(dict(row)) for row in rows.mappings()]

    async def get(self, notice_id: UUID, *, office: str | None) -> Sent | None:
        """One notice; of another office it is not there."""
        which = "n.id = :id" + ("" if office is None else " AND n.office = :office")
        found = await self._select(which, "n.id", {"id": notice_id, "office": office, "limit": 1})
        return found[0] if found else None

    async def sharing(self, notice: Notice) -> Sequence[Sent]:
        """The others that the same message told of."""
        carrier = notice.carried_by or notice.id
        return await self._select(
            "(n.carried_by = :carrier OR n.id = :carrier) AND n.id <> :id", "n.id",
            {"carrier": carrier, "id": notice.id, "limit": 20},
        )  # fmt: skip

    async def words(self, channel: str, provider_ref: str | None) -> list[Word]:
        """What the provider has said about a message, in the order in which it came."""
        async with self._engine.connect() as connection:
            rows = await connection.execute(
                text(
                    "SELECT status, sending, error_code, received_at FROM receipt "
                    "WHERE channel = :channel AND provider_ref = :ref ORDER BY id"
                ),
                {"channel": channel, "ref": provider_ref},
            )
            return [Word.model_validate(dict(row)) for row in rows.mappings()]

    async def _select(self, where: str, order: str, values: dict[str, Any]) -> list[Sent]:
        async with self._engine.connect() as connection:
            rows = await connection.execute(
                text(
                    f"SELECT {FIELDS}, n.service, n.office, d.reference FROM notice n "
                    f"LEFT JOIN dossier d ON d.id = n.dossier_id WHERE {where} ORDER BY {order} LIMIT :limit"
                ),
                values,
            )
            vault = sealed.vault_of(connection)
            return [_sent(row, vault) for row in rows.mappings()]


def _about(which: Which) -> tuple[list[str], dict[str, Any]]:
    """Conditions on a notice `n` and its dossier `d`."""
    tests, values = ["TRUE"], which.model_dump(include={"office", "service", "code", "reference", "phone"})
    tests += [f"n.{name} = :{name}" for name in ("office", "service") if values[name]]
    tests += [f"d.{name} = :{name}" for name in ("code", "reference") if values[name]]
    if which.phone:
        sent, registered = LAST_NINE.format('n."to"'), LAST_NINE.format("phone")
        ours = f"SELECT id FROM dossier WHERE {registered} = {LAST_NINE.format(':phone')}"
        theirs = f"SELECT n.id FROM notice n WHERE {sent} = {LAST_NINE.format(':phone')}"
        tests.append(f"(n.dossier_id = ANY(ARRAY({ours})) OR n.id = ANY(ARRAY({theirs})))")
    return tests, values


def _about_dossiers(which: Which) -> tuple[list[str], dict[str, Any]]:
    values = which.model_dump(include={"office", "service", "code", "reference", "phone"})
    tests = [f"d.{name} = :{name}" for name in ("office", "service", "code", "reference") if values[name]]
    if which.phone:
        tests.append(f"{LAST_NINE.format('d.phone')} = {LAST_NINE.format(':phone')}")
    return tests, values


def _sent(row: RowMapping, vault: Vault | None) -> Sent:
    own = sealed.notice_values(vault, row, Notice.model_fields)
    return Sent(
        notice=Notice.model_validate(own), service=row["service"], office=row["office"], reference=row["reference"]
    )
