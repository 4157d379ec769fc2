"""The audit log over the real journey and a real PostgreSQL: complete, sealed once, and nobody touches it unseen."""

import ast
import asyncio
from collections.abc import Iterable, Sequence
from pathlib import Path

import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from proactive import journey, verifier
from proactive.domain.audit import Signer
from proactive.domain.dossier import Answer, Decision, Dossier
from proactive.errors import Temporary
from proactive.ports.witness import FileWitness
from proactive.store.engine import libpq
from proactive.store.store import Store
from proactive.store.tables import METADATA
from proactive.verifier import Finding
from tests.steps.people import driver
from tests.steps.town import Town

OURS = Signer(Ed25519PrivateKey.from_private_bytes(b"o" * 32))


@pytest.fixture
def witness(tmp_path: Path) -> FileWitness:
    return FileWitness(tmp_path / "office" / "checkpoints.jsonl")


async def sealed(town: Town, *witnesses: FileWitness) -> None:
    while await journey.seal(signer=OURS, witnesses=witnesses, store=town.store, clock=town.clock):
        pass


def verified(url: str, witnesses: Iterable[FileWitness] = ()) -> list[Finding]:
    with psycopg.connect(libpq(url)) as connection:
        return verifier.verify(connection, keys=[OURS.public], witnesses=[one.name for one in witnesses])


def lines(witness: FileWitness) -> list[str]:
    return Path(witness.name).read_text(encoding="utf-8").splitlines()


async def run(store: Store, *statements: str) -> None:
    """As whoever owns the database, with every guard switched off."""
    async with store.engine.begin() as connection:
        await connection.execute(text("SET LOCAL session_replication_role = replica"))
        for statement in statements:
            await connection.execute(text(statement))


async def leaves(store: Store) -> Sequence[tuple[str, str, str]]:
    async with store.engine.connect() as connection:
        rows = await connection.execute(text("SELECT place, verb, actor FROM audit_leaf ORDER BY id"))
        return [(place, verb, actor) for place, verb, actor in rows]


async def whole_journey(town: Town) -> Dossier:
    dossier = await town.forwarded(driver())
    await sealed(town)
    return dossier


# -- What is in it


async def test_every_move_of_a_journey_is_in_the_log_once_and_by_whom(town: Town) -> None:
    await town.forwarded(driver())

    async with town.store.engine.connect() as connection:
        moves = await connection.execute(text("SELECT 'history', 'insert', actor FROM history ORDER BY id"))
        told = [tuple(row) for row in moves]
    found = await leaves(town.store)
    assert len(told) >= 5
    assert sorted(told) == sorted(one for one in found if one[0] == "history")
    assert {"dossier", "notice", "handover", "history"} <= {place for place, _, _ in found}


async def test_a_move_that_was_rolled_back_left_no_leaf(town: Town) -> None:
    await town.forwarded(driver())
    before = await leaves(town.store)

    with pytest.raises(RuntimeError):
        async with town.store.engine.begin() as connection:
            await connection.execute(text("UPDATE dossier SET phone = '1'"))
            raise RuntimeError

    assert await leaves(town.store) == before


async def test_a_claim_is_no_change_to_anybody(town: Town) -> None:
    await town.drafted(driver())
    before = await leaves(town.store)

    async with town.store.engine.begin() as connection:
        await connection.execute(text("UPDATE dossier SET rest_until = now(), stale = NOT stale"))

    assert await leaves(town.store) == before


async def test_no_leaf_holds_anything_of_a_person(town: Town) -> None:
    dossier = await town.told(driver())
    await town.answer(dossier, Answer.NOT_ME)

    async with town.store.engine.connect() as connection:
        rows = await connection.execute(text("SELECT l::text FROM audit_leaf l"))
        said = "\n".join(row[0] for row in rows)
    assert dossier.phone is not None
    personal = [dossier.subject, dossier.phone, dossier.phone.lstrip("0"), dossier.record_key, "Nguyễn"]
    assert [one for one in personal if one in said] == []


# -- Sealing


async def test_a_sealed_log_is_whole_and_goes_on(town: Town, database_url: str, witness: FileWitness) -> None:
    await town.told(driver(1))
    await sealed(town, witness)
    await town.told(driver(2))
    await sealed(town, witness)

    assert verified(database_url, [witness]) == []
    held = await witness.last()
    assert held is not None
    assert held == await town.store.audit.newest()
    assert len(lines(witness)) == 2


async def test_sealers_at_once_number_each_leaf_once(town: Town, database_url: str) -> None:
    await town.forwarded(driver())

    async def one() -> None:
        for _ in range(5):
            await journey.seal(signer=OURS, witnesses=[], store=town.store, clock=town.clock)

    await asyncio.gather(*(one() for _ in range(6)))
    await sealed(town)

    assert verified(database_url) == []
    async with town.store.engine.connect() as connection:
        found = await connection.execute(text("SELECT count(*), max(number), count(DISTINCT number) FROM audit_leaf"))
        assert len(set(found.one())) == 1


async def test_a_witness_that_was_away_is_told_everything_afterwards(town: Town, tmp_path: Path) -> None:
    blocked = tmp_path / "blocked"
    blocked.write_text("in the way of a folder")
    witness = FileWitness(blocked / "checkpoints.jsonl")
    for number in (1, 2):
        await town.told(driver(number))
        await sealed(town, witness)

    blocked.unlink()
    await sealed(town, witness)

    assert len(lines(witness)) == 2


async def test_a_log_that_is_not_the_witnesss_is_not_put_behind_it(town: Town, witness: FileWitness) -> None:
    await town.told(driver(1))
    stranger = Signer(Ed25519PrivateKey.from_private_bytes(b"s" * 32))
    await witness.add([stranger.sign(upto=1, chain=bytes(32), at=town.clock.now())])
    before = lines(witness)

    await sealed(town, witness)

    assert lines(witness) == before


async def test_nothing_is_approved_or_forwarded_while_nobody_has_sealed_for_an_hour(town: Town) -> None:
    confirmed, approved = await town.confirmed(driver(1)), await town.approved(driver(2))
    await sealed(town)
    async with town.store.engine.begin() as connection:
        await connection.execute(
            text(
                "INSERT INTO audit_leaf (at, actor, role, place, verb, row_key, digest) "
                "VALUES (clock_timestamp() - interval '61 minutes', '', '', 'dossier', 'forget', '', '')"
            )
        )

    with pytest.raises(Temporary, match="niêm phong"):
        await town.decide(confirmed, Decision.APPROVE)
    with pytest.raises(Temporary, match="niêm phong"):
        await town.forward()

    await sealed(town)
    await town.decide(await town.again(confirmed), Decision.APPROVE)
    assert (await town.again(approved)).reference is not None


# -- Tampering with the database itself


@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        ("UPDATE audit_leaf SET actor = 'nobody' WHERE number = 7", "changed"),
        ("UPDATE audit_leaf SET digest = sha256('') WHERE number = 7", "changed"),
        ("DELETE FROM audit_leaf WHERE number = 7", "missing"),
        ("UPDATE audit_leaf SET number = 100000 WHERE number = 7", "missing"),
        ("DELETE FROM audit_leaf WHERE number >= 7", "truncated"),
    ],
)
async def test_a_leaf_that_was_touched_is_named(town: Town, database_url: str, statement: str, kind: str) -> None:
    await whole_journey(town)

    await run(town.store, statement)

    first = verified(database_url)[0]
    assert (first.kind, first.line) == (kind, 7)


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("UPDATE dossier SET office = 'elsewhere'", "does not hold"),
        ("UPDATE history SET actor = 'nobody' WHERE verb = 'decide'", "does not hold"),
        ("UPDATE notice SET body = body || '.'", "does not hold"),
        ("DELETE FROM progress; DELETE FROM history WHERE verb = 'decide'", "is gone and no leaf tells of it"),
        ("INSERT INTO history (dossier_id, at, actor, verb) SELECT id, now(), 'lan', 'decide' FROM dossier",
         "no leaf tells of it"),
        ("UPDATE audit_leaf SET salt = NULL", "salt of its newest leaf is gone"),
        ("UPDATE audit_watched SET left_out = left_out || '{office}'::text[] WHERE place = 'dossier'", "does not hold"),
    ],
)  # fmt: skip
async def test_a_row_that_was_changed_behind_the_log_is_named(
    town: Town, database_url: str, statement: str, says: str
) -> None:
    await whole_journey(town)

    await run(town.store, *statement.split("; "))

    found = verified(database_url)
    assert found
    assert {one.kind for one in found} == {"content"}
    assert any(says in one.says for one in found)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_leaf SET chain = NULL", "UPDATE audit_seal SET chain = ''", "UPDATE audit_leaf SET salt = ''",
        "DELETE FROM audit_leaf", "DELETE FROM audit_seal",
        "TRUNCATE audit_leaf", "TRUNCATE audit_seal",
    ],
)  # fmt: skip
async def test_the_log_is_added_to_and_never_changed(town: Town, statement: str) -> None:
    """Salts alone may go, when a person is forgotten: the verifier names those that nobody spoke of."""
    await whole_journey(town)

    with pytest.raises(DBAPIError, match="added to and never changed"):
        async with town.store.engine.begin() as connection:
            await connection.execute(text(statement))


async def test_who_is_forgotten_leaves_the_chain_whole_and_no_hash_that_says_anything(
    town: Town, database_url: str
) -> None:
    dossier = await whole_journey(town)
    async with town.store.engine.begin() as connection:
        await connection.execute(text("UPDATE dossier SET phone = NULL, fields = '[]'"))
        await connection.execute(text("SELECT audit_forget('dossier', :id)"), {"id": str(dossier.id)})
    await sealed(town)

    assert verified(database_url) == []
    async with town.store.engine.connect() as connection:
        salts = await connection.scalar(
            text("SELECT count(salt) FROM audit_leaf WHERE place = 'dossier' AND row_key = :id"),
            {"id": str(dossier.id)},
        )
    assert salts == 1


def test_the_verifier_stands_alone() -> None:
    tree = ast.parse(Path(verifier.__file__).read_text(encoding="utf-8"))
    names = {
        name.partition(".")[0]
        for node in ast.walk(tree)
        for name in (
            [one.name for one in node.names] if isinstance(node, ast.Import)
            else [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        )
    }  # fmt: skip
    assert not names & {"proactive", "rules", "triggers", "connectors", "notifiers", "sqlalchemy", "sqlmodel"}


# -- What is watched


NOT_WATCHED = {
    "rows that registers tell us, which can be asked for again": {
        "record", "occasion", "rejected_change", "rejected_history", "watch_position", "hearing", "event",
        "push_request", "comparison", "missing_record", "office_file", "office_file_row", "office_file_history",
        "quality_score", "quality_measure",
    },
    "turns, counters and what is gone in minutes": {
        "addressee", "allowance", "counter", "news", "passcode", "session", "sign_in_attempt", "sign_on", "rework",
        "case_signal", "application_queue", "status_out", "intake_report", "provider_minute", "provider_share",
        "provider_token", "obstacle_reminder", "kept_figures", "held_rules", "portal_case",
    },
    "its lines are in guest_log": {"guest"},
    "what an officer chose for their own page, and answers to a press of theirs": {"saved_filter", "bulk_run"},
    "what is in a document, whose hash is in the watched line beside it": {"document_content"},
    "the name of a key": {"lookup_key"},
    "the log itself": {"audit_leaf", "audit_seal"},
}  # fmt: skip


async def test_every_table_is_watched_or_it_is_said_why_not(store: Store) -> None:
    async with store.engine.connect() as connection:
        watched = set((await connection.execute(text("SELECT place FROM audit_watched"))).scalars())
    unwatched = set().union(*NOT_WATCHED.values())

    assert watched & unwatched == set()
    assert watched | unwatched == set(METADATA.tables)
