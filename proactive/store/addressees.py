"""People as we speak to them: in which language, on which channels, of which services, and when they were told."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime

from sqlalchemy.ext.asyncio import AsyncEngine

from proactive.domain.manners import Allowance, Kind
from proactive.store import ground, sealed
from proactive.store.ground import Ground
from proactive.store.statement import text


class Addressees:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def ground(self, subjects: Sequence[str], allowances: Iterable[Allowance], *, today: date) -> Ground:
        """What manners stand on for these people, without any lock."""
        async with self._engine.connect() as connection:
            return await ground.read(connection, subjects=subjects, allowances=allowances, today=today)

    async def left_this_second(self, channels: Iterable[str], *, most: int, now: datetime) -> int:
        """How many more messages some channel may be handed in this second, as far as is known without any lock."""
        asked = text(
            "SELECT coalesce(max(:most - coalesce(a.used, 0)), :most) FROM unnest(CAST(:channels AS text[])) c(name) "
            "LEFT JOIN allowance a ON (a.kind, a.name, a.since) = (:kind, c.name, :since)"
        )
        values = {
            "most": most, "channels": sorted(channels), "kind": str(Kind.CHANNEL_SECOND),
            "since": now.replace(microsecond=0),
        }  # fmt: skip
        async with self._engine.connect() as connection:
            return int(await connection.scalar(asked, values) or 0)

    async def language(self, subject: str) -> str | None:
        """The language that this person chose, if they did."""
        async with self._engine.connect() as connection:
            chosen = text("SELECT language FROM addressee WHERE subject = :subject")
            found: str | None = await connection.scalar(chosen, {"subject": subject})
            return found

    async def email(self, subject: str) -> str | None:
        """The e-mail address that this person proved to read."""
        async with self._engine.connect() as connection:
            kept = text("SELECT email FROM addressee WHERE subject = :subject")
            found: str | None = await connection.scalar(kept, {"subject": subject})
            return sealed.opened(sealed.vault_of(connection), found, "addressee.email", subject)

    async def keep_email(self, subject: str, address: str | None) -> None:
        """From now on this is their address, or none is."""
        async with self._engine.begin() as connection:
            await ground.lock_people(connection, [subject])
            kept = text("UPDATE addressee SET email = :email WHERE subject = :subject")
            email = sealed.seal(sealed.vault_of(connection), address, "addressee.email", subject)
            await connection.execute(kept, {"subject": subject, "email": email})

    async def opted_out(self, subject: str) -> set[tuple[str, str]]:
        """(service, channel) of which this person wants nothing; empty words mean all."""
        async with self._engine.connect() as connection:
            rows = await connection.execute(
                text("SELECT service, channel FROM opt_out WHERE subject = :subject"), {"subject": subject}
            )
            return {(s, c) for s, c in rows}

    async def wish(
        self,
        subject: str,
        *,
        language: str,
        service: str,
        without: Iterable[str],
        channels: Iterable[str],
        now: datetime,
    ) -> None:
        """Keep how this person wants to be told: the language, and of the service no message on channels in `without`.

        Whether they want anything of the service at all is an answer to a dossier and is not touched here.
        """
        async with self._engine.begin() as connection:
            await ground.lock_people(connection, [subject])
            values = {"subject": subject, "service": service, "language": language, "now": now}
            await connection.execute(text("UPDATE addressee SET language = :language WHERE subject = :subject"), values)
            await connection.execute(
                text(
                    "DELETE FROM opt_out WHERE subject = :subject AND service = :service AND channel = ANY(:channels)"
                ),
                {**values, "channels": sorted(set(channels) - {""})},
            )
            await connection.execute(
                text(
                    "INSERT INTO opt_out (subject, service, channel, at) "
                    "SELECT :subject, :service, unnest(CAST(:without AS text[])), :now ON CONFLICT DO NOTHING"
                ),
                {**values, "without": sorted(set(without) - {""})},
            )

    async def stop(self, subject: str, *, now: datetime) -> None:
        """Nothing more of anything is told to this person."""
        async with self._engine.begin() as connection:
            await ground.lock_people(connection, [subject])
            await connection.execute(
                text(
                    "INSERT INTO opt_out (subject, service, channel, at) VALUES (:subject, '', '', :now) "
                    "ON CONFLICT DO NOTHING"
                ),
                {"subject": subject, "now": now},
            )

    async def in_flight(self, subject: str, *, now: datetime) -> bool:
        """Whether a message to this person may be on its way to a provider at this moment."""
        async with self._engine.connect() as connection:
            return bool(
                await connection.scalar(text("SELECT told_just_now(:subject, :now)"), {"subject": subject, "now": now})
            )

    async def take(self, shares: Iterable[tuple[Allowance, int, int]]) -> Allowance | None:
        """Use all of these, or none: then gives what there is not enough of. Whoever else asks at once waits."""
        async with self._engine.begin() as connection:
            return await ground.take(connection, list(shares))

    async def shut(self, most: Mapping[Kind, int], *, since: datetime) -> list[tuple[Kind, str]]:
        """What of these kinds is used up in the span that began at `since`: (kind, name)."""
        asked = text(
            "SELECT a.kind, a.name FROM allowance a JOIN unnest(CAST(:kinds AS text[]), CAST(:most AS bigint[])) "
            "AS w(kind, most) USING (kind) WHERE a.since = :since AND a.used >= w.most ORDER BY 1, 2 LIMIT 100"
        )
        values = {"kinds": [str(kind) for kind in most], "most": list(most.values()), "since": since}
        async with self._engine.connect() as connection:
            return [(Kind(kind), name) for kind, name in await connection.execute(asked, values)]

    async def alarms(self) -> int:
        """How many dossiers of live services wait because the citizen's registered phone is a simulated number."""
        async with self._engine.connect() as connection:
            return int(await connection.scalar(text("SELECT simulated_numbers()")) or 0)

    async def tidy(self, *, before: datetime) -> None:
        """Forget what was used up before a moment."""
        async with self._engine.begin() as connection:
            await connection.execute(text("DELETE FROM allowance WHERE since < :before"), {"before": before})
