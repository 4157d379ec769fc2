"""Notices, what providers say about them, and who does not want any."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncEngine

from proactive.domain.notice import OUTCOME, Notice
from proactive.domain.vault import Vault
from proactive.ports.notifier import Receipt
from proactive.store import bulk, sealed
from proactive.store.statement import text
from proactive.store.tables import notices as notices_tables

FIELDS = ", ".join(f'n."{name}"' for name in Notice.model_fields)


def read(row: RowMapping, vault: Vault | None) -> Notice:
    return Notice.model_validate(sealed.notice_values(vault, row, Notice.model_fields))


class Notices:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def of(self, dossier_ids: Sequence[UUID]) -> dict[UUID, list[Notice]]:
        """The notices of each dossier, oldest first."""
        found: dict[UUID, list[Notice]] = {dossier_id: [] for dossier_id in dossier_ids}
        async with self._engine.connect() as connection:
            rows = await connection.execute(
                text(f"SELECT {FIELDS} FROM notice n WHERE dossier_id = ANY(:ids) ORDER BY created_at, id"),
                {"ids": list(dossier_ids)},
            )
            for row in rows.mappings():
                notice = read(row, sealed.vault_of(connection))
                found[notice.dossier_id].append(notice)
        return found

    async def drop_planned(self, *, now: datetime) -> None:
        """Plans that nobody will carry out: the dossier waits for no notice any more, or its ladder has gone on."""
        async with self._engine.begin() as connection:
            await connection.execute(
                text(
                    "UPDATE notice n SET state = 'rejected', why = 'no longer needed', settled_at = :now "
                    "FROM dossier d WHERE n.state = 'planned' AND d.id = n.dossier_id "
                    "AND (d.state NOT IN ('drafted', 'offered', 'unreached') OR d.rung <> n.rung)"
                ),
                {"now": now},
            )

    async def claim_unclear(self, *, now: datetime, until: datetime, limit: int) -> list[Notice]:
        """Notices whose outcome nobody knows: unknown, or claimed by a worker whose lease is over."""
        async with self._engine.begin() as connection:
            rows = await connection.execute(
                text(
                    "WITH c AS (SELECT id FROM notice WHERE state IN ('claimed', 'unknown') AND lease_until <= :now "
                    "AND carried_by IS NULL ORDER BY lease_until LIMIT :limit FOR UPDATE SKIP LOCKED) "
                    f"UPDATE notice n SET lease_until = :until FROM c WHERE n.id = c.id RETURNING {FIELDS}"
                ),
                {"now": now, "until": until, "limit": limit},
            )
            return [read(row, sealed.vault_of(connection)) for row in rows.mappings()]

    async def receive(self, receipts: Sequence[Receipt], *, now: datetime) -> None:
        """Write receipts down as they come; the same one again changes nothing."""
        async with self._engine.begin() as connection:
            await bulk.insert(
                connection,
                notices_tables.Receipt,
                [
                    {
                        "channel": receipt.channel,
                        "provider_ref": receipt.provider_ref,
                        "status": receipt.status,
                        "sending": receipt.sending,
                        "error_code": receipt.error_code,
                        "reference": receipt.reference,
                        "received_at": now,
                        "applied": receipt.sending is None,
                    }
                    for receipt in receipts
                ],
            )

    async def receipts_to_apply(self, *, limit: int) -> list[tuple[int, Notice, str, str | None]]:
        """Receipts that settle a notice which is known to us by now: (receipt id, notice, sending, error code)."""
        async with self._engine.connect() as connection:
            rows = await connection.execute(
                text(
                    "SELECT r.id AS receipt_id, r.sending, "
                    "CASE WHEN r.channel = 'call_list' AND r.status = 'withdrawn' THEN r.status ELSE r.error_code END "
                    f"AS receipt_code, {FIELDS} "
                    "FROM receipt r CROSS JOIN LATERAL ("
                    "SELECT * FROM notice p WHERE p.channel = r.channel AND p.provider_ref = r.provider_ref UNION "
                    "SELECT * FROM notice q WHERE q.id = r.reference AND q.channel = r.channel "
                    "AND q.state NOT IN ('planned', 'claimed')) n WHERE NOT r.applied ORDER BY r.id LIMIT :limit"
                ),
                {"limit": limit},
            )
            return [
                (
                    row["receipt_id"],
                    read(row, sealed.vault_of(connection)),
                    row["sending"],
                    row["receipt_code"],
                )
                for row in rows.mappings()
            ]

    async def settle(self, notices: Sequence[Notice]) -> None:
        """Write down what a provider said in the end, where that is still open. The dossier itself does not change, so
        nobody who has it on their page is told that it did."""
        async with self._engine.begin() as connection:
            await bulk.update(
                connection,
                notices_tables.Notice,
                [bulk.part(notice, OUTCOME) for notice in notices],
                guard="old.fence = new.fence AND old.state IN ('accepted', 'unknown', 'lost')",
            )

    async def carried_by(self, ids: Sequence[UUID]) -> dict[UUID, list[Notice]]:
        """The notices that share the message of these."""
        found: dict[UUID, list[Notice]] = {}
        async with self._engine.connect() as connection:
            rows = await connection.execute(
                text(f"SELECT {FIELDS} FROM notice n WHERE carried_by = ANY(:ids) ORDER BY id"), {"ids": list(ids)}
            )
            for row in rows.mappings():
                notice = read(row, sealed.vault_of(connection))
                assert notice.carried_by is not None  # it was asked for
                found.setdefault(notice.carried_by, []).append(notice)
        return found

    async def settle_carried(self, ids: Sequence[UUID]) -> list[Notice]:
        """What became of these became of the notices that share their messages; gives those that changed by it."""
        async with self._engine.begin() as connection:
            rows = await connection.execute(
                text(
                    "UPDATE notice n SET state = c.state, error_code = c.error_code, settled_at = c.settled_at, "
                    "lease_until = NULL FROM notice c WHERE n.carried_by = c.id AND c.id = ANY(:ids) "
                    "AND c.state IN ('delivered', 'undelivered') AND n.state IN ('accepted', 'unknown', 'lost') "
                    f"RETURNING {FIELDS}"
                ),
                {"ids": list(ids)},
            )
            return [read(row, sealed.vault_of(connection)) for row in rows.mappings()]

    async def forget_receipts(self, *, before: datetime) -> None:
        """Lay receipts aside that no notice has claimed for long: those of one-time codes, and of nobody we know."""
        async with self._engine.begin() as connection:
            await connection.execute(
                text("UPDATE receipt SET applied = true WHERE NOT applied AND received_at < :before"),
                {"before": before},
            )

    async def receipts_applied(self, ids: Sequence[int]) -> None:
        async with self._engine.begin() as connection:
            await connection.execute(text("UPDATE receipt SET applied = true WHERE id = ANY(:ids)"), {"ids": list(ids)})

    async def unwanted(self, subjects: Sequence[str]) -> tuple[set[tuple[str, str]], set[tuple[str, str]]]:
        """Opt-outs as (subject, service; empty for all) and wrong phones as (subject, phone) of these people."""
        async with self._engine.connect() as connection:
            values = {"subjects": list(subjects)}
            out = await connection.execute(
                text("SELECT subject, service FROM opt_out WHERE subject = ANY(:subjects) AND channel = ''"), values
            )
            wrong = await connection.execute(
                text("SELECT subject, phone FROM wrong_phone WHERE subject = ANY(:subjects)"), values
            )
            return {(s, v) for s, v in out}, {(s, p) for s, p in wrong}
