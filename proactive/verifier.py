"""Verify the audit log of a proactive-service installation. Stands alone: run this one file anywhere, by anybody.

    python verifier.py --database postgresql://auditor@host/name --key HEX [--key HEX] [--witness checkpoints.jsonl]

It needs psycopg and cryptography, a database role that may read, the public keys as they were told on paper, and the
checkpoints that the witness kept. It shares no code with what it verifies. Every finding is a line; exit status 1.

Leaf `n` is chained: chain(n) = SHA-256(chain(n-1) + JSON array of [n, id, microseconds since 1970, actor, role, place,
verb, row_key, digest in hex], without spaces, ASCII). chain(0) is 32 zero bytes. A seal signs, with Ed25519, the text
"proactive audit", number, chain in hex and microseconds, a line each. digest = SHA-256(salt + the row's content).
"""

import argparse
import hashlib
import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from psycopg.rows import TupleRow
from psycopg.sql import SQL, Identifier

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LATE = timedelta(minutes=10)
_BATCH = 10_000

FORGOTTEN = "forget"


@dataclass(frozen=True)
class Line:
    """A leaf as it is stored."""

    number: int
    chain: bytes
    id: int
    at: datetime
    actor: str
    role: str
    place: str
    verb: str
    row_key: str
    digest: bytes


@dataclass(frozen=True)
class Seal:
    upto: int
    chain: bytes
    at: datetime
    key: str
    signature: bytes


@dataclass(frozen=True)
class Finding:
    """`line` is the number of the first leaf that is not as it was; None where it is not about one leaf."""

    kind: str
    line: int | None
    says: str


def keys_by_name(keys: Iterable[str]) -> Mapping[str, Ed25519PublicKey]:
    """The public keys that are believed, by the name that seals call them."""
    raw = [bytes.fromhex(key) for key in keys]
    return {hashlib.sha256(one).hexdigest()[:16]: Ed25519PublicKey.from_public_bytes(one) for one in raw}


def verify_chain(
    lines: Iterable[Line], seals: Sequence[Seal], witnessed: Sequence[Seal], keys: Mapping[str, Ed25519PublicKey]
) -> Iterator[Finding]:
    """Everything that is wrong with the log, up to the first broken leaf: behind it nothing can be said."""
    good = []
    for where, given in (("the database", seals), ("the witness", witnessed)):
        for seal in given:
            if not _signed(seal, keys):
                yield Finding(
                    "signature", seal.upto, f"the seal at {seal.upto} in {where} is not signed by a known key"
                )
            else:
                good.append((seal.upto, where, seal))
    waiting = sorted(good, key=lambda one: one[0])
    chain, number = bytes(32), 0
    for line in lines:
        if line.number != number + 1:
            yield Finding("missing", number + 1, f"leaf {number + 1} is missing; {line.number} follows {number}")
            return
        chain, number = _link(chain, line), line.number
        if chain != line.chain:
            yield Finding("changed", number, f"leaf {number} is not what was chained: {line.verb} of {line.place}")
            return
        while waiting and waiting[0][0] == number:
            _, where, seal = waiting.pop(0)
            if seal.chain != chain:
                yield Finding("rewritten", number, f"the chain at {number} is not the one that {where} holds signed")
                return
    if waiting:
        yield Finding("truncated", number + 1, f"the log ends at {number}; {waiting[-1][1]} knows {waiting[-1][0]}")
    elif number and (not seals or max(seal.upto for seal in seals) != number):
        yield Finding("unsigned", number, f"leaf {number} is numbered and under no seal")


def _link(before: bytes, line: Line) -> bytes:
    at = (line.at - _EPOCH) // timedelta(microseconds=1)
    told = [
        line.number, line.id, at, line.actor, line.role, line.place, line.verb, line.row_key, line.digest.hex()
    ]  # fmt: skip
    return hashlib.sha256(before + json.dumps(told, separators=(",", ":")).encode("ascii")).digest()


def _signed(seal: Seal, keys: Mapping[str, Ed25519PublicKey]) -> bool:
    key = keys.get(seal.key)
    if key is None:
        return False
    at = (seal.at - _EPOCH) // timedelta(microseconds=1)
    try:
        key.verify(seal.signature, f"proactive audit\n{seal.upto}\n{seal.chain.hex()}\n{at}\n".encode())
    except InvalidSignature:
        return False
    return True


def witnessed_in(path: str) -> list[Seal]:
    """The checkpoints in a witness's file."""
    said = [json.loads(line) for line in Path(path).read_text(encoding="utf-8").splitlines() if line.strip()]
    return [
        Seal(one["upto"], bytes.fromhex(one["chain"]), datetime.fromisoformat(one["at"]), one["key"],
             bytes.fromhex(one["signature"]))
        for one in said
    ]  # fmt: skip


def verify(
    connection: psycopg.Connection[TupleRow], *, keys: Iterable[str], witnesses: Iterable[str] = ()
) -> list[Finding]:
    """Everything that is wrong: with the chain, then with what the rows hold, then with how long leaves wait."""
    connection.execute("SET timezone = 'UTC'")
    connection.execute("SET bytea_output = 'hex'")
    connection.execute("SET extra_float_digits = 1")
    connection.execute("SET default_transaction_read_only = on")
    connection.commit()
    with connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        witnessed = [seal for path in witnesses for seal in witnessed_in(path)]
        found = list(verify_chain(_lines(connection), _seals(connection), witnessed, keys_by_name(keys)))
        found += _contents(connection)
        found += _waiting(connection)
    return found


def _lines(connection: psycopg.Connection[TupleRow]) -> Iterator[Line]:
    with connection.cursor(name="lines") as cursor:
        cursor.itersize = _BATCH
        cursor.execute(
            "SELECT number, chain, id, at, actor, role, place, verb, row_key, digest FROM audit_leaf "
            "WHERE number IS NOT NULL ORDER BY number"
        )
        for row in cursor:
            yield Line(*row)


def _seals(connection: psycopg.Connection[TupleRow]) -> list[Seal]:
    rows = connection.execute("SELECT upto, chain, at, key, signature FROM audit_seal ORDER BY upto")
    return [Seal(*row) for row in rows]


def _contents(connection: psycopg.Connection[TupleRow]) -> Iterator[Finding]:
    """What each watched row holds, against the newest leaf about it."""
    for place, keys, left_out in connection.execute("SELECT place, keys, left_out FROM audit_watched").fetchall():
        query = SQL("""
            WITH newest AS (
              SELECT DISTINCT ON (row_key) row_key, id, number, verb, digest, salt FROM audit_leaf
              WHERE place = {place} AND verb <> {forgotten} ORDER BY row_key, id DESC
            ), held AS (
              SELECT jsonb_strip_nulls(to_jsonb(t) - {left_out}::text[]) AS body FROM {table} t
            ), named AS (
              SELECT (SELECT string_agg(body ->> k.name, '|' ORDER BY k.at)
                      FROM unnest({keys}::text[]) WITH ORDINALITY AS k (name, at)) AS row_key, body::text FROM held
            )
            SELECT coalesce(n.row_key, h.row_key), h.body, n.number, n.verb, n.digest, n.salt, n.id, EXISTS (
                     SELECT FROM audit_leaf f WHERE f.place = {place} AND f.row_key = n.row_key
                       AND f.verb = {forgotten} AND f.id > n.id)
            FROM named h FULL JOIN newest n USING (row_key)
        """).format(
            place=str(place),
            forgotten=FORGOTTEN,
            left_out=list(left_out),
            keys=list(keys),
            table=Identifier(str(place)),
        )
        with connection.cursor(name="contents") as cursor:
            cursor.itersize = _BATCH
            cursor.execute(query)
            for row_key, body, number, verb, digest, salt, leaf, forgotten in cursor:
                says = _content(f"{place} {row_key}", body, verb, digest, salt, forgotten=bool(forgotten))
                if says is not None:
                    yield Finding("content", number, says if leaf is None else f"{says} (leaf id {leaf})")


def _content(
    row: str, body: str | None, verb: str | None, digest: bytes, salt: bytes | None, *, forgotten: bool
) -> str | None:
    if verb is None:
        return f"{row} is there and no leaf tells of it"
    if verb == "delete":
        return None if body is None else f"{row} is there although it was deleted"
    if body is None:
        return f"{row} is gone and no leaf tells of it"
    if salt is None:
        return None if forgotten else f"{row}: the salt of its newest leaf is gone and nobody said so"
    if hashlib.sha256(salt + body.encode()).digest() != digest:
        return f"{row} does not hold what the newest leaf says"
    return None


def _waiting(connection: psycopg.Connection[TupleRow]) -> Iterator[Finding]:
    since, now, count = connection.execute(
        "SELECT min(at), clock_timestamp(), count(*) FROM audit_leaf WHERE number IS NULL"
    ).fetchone() or (None, None, 0)
    if isinstance(since, datetime) and isinstance(now, datetime) and now - since > _LATE:
        yield Finding("late", None, f"{count} leaves are not sealed; the oldest waits since {since.isoformat()}")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--database", required=True, help="postgresql://..., with a role that may read")
    parser.add_argument("--key", action="append", default=[], required=True, help="a public key, in hexadecimal digits")
    parser.add_argument("--witness", action="append", default=[], help="a file of checkpoints")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    given = parser.parse_args(arguments)
    with psycopg.connect(given.database) as connection:
        found = verify(connection, keys=given.key, witnesses=given.witness)
    if given.json:
        said = json.dumps({"sound": not found, "findings": [vars(one) for one in found]})
    else:
        end = "The audit log is broken." if found else "The audit log is whole."
        said = "\n".join([*(f"{one.kind}: {one.says}" for one in found), end])
    sys.stdout.write(f"{said}\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
