"""Versions of captured changes: whatever the log's places, a record comes to the state that it was left in.

A made-up database runs transactions side by side, is read in snapshots while they run, crashes and is moved; what
Debezium would put on one partition is put there. The record that is kept is the one with the greatest version.
"""

import json
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.registers._debezium_change import Message, Part
from connectors.registers._debezium_order import BASE, STEP
from proactive.domain.change import Change, Op
from tests.connectors.registers.captures import SHAPES, captured, row, told


@dataclass
class Transaction:
    id: int
    writes: list[tuple[int, str, str, int]] = field(default_factory=list)
    """(place, op, key, value)"""


@dataclass
class Database:
    """Rows with locks, a log with places, and a partition that Debezium fills in the order of commits."""

    place: int = 1000
    committed: int | None = None
    rows: dict[str, int] = field(default_factory=dict)
    locks: dict[str, Transaction] = field(default_factory=dict)
    topic: list[Message] = field(default_factory=list)
    transactions: int = 0
    values: int = 0
    sequence: bool = True
    tombstones_only: bool = False

    def begin(self) -> Transaction:
        self.transactions += 1
        return Transaction(self.transactions)

    def write(self, one: Transaction, key: str, *, delete: bool) -> None:
        """A row is locked by who wrote it last, until that one commits."""
        if self.locks.setdefault(key, one) is not one:
            return
        own = [w for w in one.writes if w[2] == key]
        there = own[-1][1] != "d" if own else key in self.rows
        if delete and not there:
            return
        self.place += 40
        self.values += 1
        one.writes.append((self.place, "d" if delete else "u" if there else "c", key, self.values))

    def commit(self, one: Transaction) -> None:
        before, self.place = self.committed, self.place + 40
        for place, op, key, value in one.writes:
            if op == "d":
                self.rows.pop(key, None)
            else:
                self.rows[key] = value
            self._put(op, key, value, place=place, before=before, transaction=one.id)
        self.committed = self.place
        self.locks = {key: holder for key, holder in self.locks.items() if holder is not one}

    def snapshot(self) -> None:
        """All rows as they are now, under one place; what runs meanwhile is not in it, and comes later."""
        self.place += 1
        for key, value in self.rows.items():
            self._put("r", key, value, place=self.place, before=self.committed, transaction=0)

    def crash(self, back: int) -> None:
        """The connector tells again what it had not yet noted as told."""
        self.topic += self.topic[len(self.topic) - back :] if back else []

    def _put(self, op: str, key: str, value: int, *, place: int, before: int | None, transaction: int) -> None:
        row = {"licence_no": key, "citizen_id": "048090001234", "points": value}
        sequence = json.dumps([None if before is None else str(before), str(place)]) if self.sequence else None
        source: dict[str, Any] = {"lsn": place, "sequence": sequence, "txId": transaction, "snapshot": None}
        body = {"before": None, "after": None if op == "d" else row, "op": op, "source": source}
        told_key = json.dumps({"licence_no": key}).encode()
        if op != "d" or not self.tombstones_only:
            self.topic.append(Message(told_key, json.dumps(body).encode()))
        if op == "d":
            self.topic.append(Message(told_key, None))


def kept(changes: list[Change]) -> dict[str, int]:
    """What the store would hold after all of them, in whatever order they came."""
    newest: dict[str, Change] = {}
    for change in changes:
        before = newest.get(change.key)
        if before is None or _rank(change) > _rank(before):
            newest[change.key] = change
    return {key: row(change)["points"] for key, change in newest.items() if change.op is Op.UPSERT}


def _rank(change: Change) -> tuple[int, bool, int, bytes]:
    body = bytes(change.record)
    return change.version, change.op is Op.DELETE, len(body), body


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["write", "write", "write", "delete", "commit", "snapshot", "crash"]),
        st.integers(0, 3),
        st.sampled_from("AB"),
    ),
    max_size=40,
)


def history(database: Database, steps: list[tuple[str, int, str]]) -> Database:
    running: dict[int, Transaction] = {}
    for what, who, key in steps:
        if what == "snapshot":
            database.snapshot()
        elif what == "crash":
            database.crash(min(who * 3, len(database.topic)))
        else:
            one = running.setdefault(who, database.begin())
            if what == "commit":
                database.commit(running.pop(who))
            else:
                database.write(one, key, delete=what == "delete")
    for one in running.values():
        database.commit(one)
    return database


@settings(max_examples=400, deadline=None)
@given(STEPS, st.booleans(), st.booleans(), st.randoms())
def test_a_record_comes_to_the_state_it_was_left_in_in_whatever_order_changes_are_kept(
    steps: list[tuple[str, int, str]], sequence: bool, tombstones_only: bool, chance: Any
) -> None:
    database = history(Database(sequence=sequence, tombstones_only=tombstones_only), steps)

    changes = told(database.topic)

    chance.shuffle(changes)
    assert kept(changes) == database.rows
    assert kept(changes + changes[: len(changes) // 2]) == database.rows


@settings(max_examples=150, deadline=None)
@given(STEPS)
def test_all_told_again_from_the_beginning_changes_nothing(steps: list[tuple[str, int, str]]) -> None:
    database = history(Database(), steps)

    first, again = told(database.topic), told(database.topic)

    assert [change.version for change in first] == [change.version for change in again]


@settings(max_examples=150, deadline=None)
@given(STEPS, STEPS)
def test_a_topic_made_anew_and_filled_by_a_new_snapshot_goes_on_where_the_old_one_was(
    steps: list[tuple[str, int, str]], later: list[tuple[str, int, str]]
) -> None:
    database = history(Database(), steps)
    before = told(database.topic, part := Part())
    gone = set(database.rows)
    database.topic.clear()
    database.snapshot()
    history(database, later)

    part.order.floor = 0
    after = told(database.topic, Part(order=part.order))

    found = kept(before + after)
    assert {key: value for key, value in found.items() if key in database.rows} == database.rows
    assert found.keys() - database.rows.keys() <= gone, "a row deleted while nobody listened is not told"


def test_a_source_that_was_moved_to_a_new_server_goes_on_though_its_log_begins_anew() -> None:
    old = Database(place=10**12)
    old.commit(one := old.begin())
    old.write(one := old.begin(), "A", delete=False)
    old.commit(one)
    before = told(old.topic, part := Part())
    moved = Database(place=50, rows={"A": 70}, values=70)
    moved.snapshot()
    moved.write(one := moved.begin(), "A", delete=False)
    moved.commit(one)

    after = told(moved.topic, part)

    assert kept(before + after) == moved.rows


def test_a_record_deleted_and_made_again_by_one_who_had_written_first_is_there() -> None:
    """Its unique key let the second wait, so the place of what it wrote is the lower one."""
    database = Database(rows={"A": 1}, values=1)
    database._put("d", "A", 1, place=1140, before=1100, transaction=7)
    database._put("c", "A", 2, place=1120, before=1180, transaction=8)

    changes = told(database.topic)

    assert kept(changes[::-1]) == {"A": 2}


def test_where_only_a_tombstone_tells_of_a_delete_what_is_told_twice_behind_it_stands() -> None:
    database = Database(tombstones_only=True)
    for delete in (False, True, False):
        database.write(one := database.begin(), "A", delete=delete)
        database.commit(one)
    database.crash(2)

    changes = told(database.topic)

    assert kept(changes[::-1]) == database.rows == {"A": 3}


def test_rows_of_one_snapshot_share_their_version_and_are_above_everything_polled() -> None:
    database = Database(rows={"A": 1, "B": 2})
    database.snapshot()

    versions = {change.version for change in told(database.topic)}

    assert versions == {BASE + database.place * STEP}
    assert min(versions) > 2_000_000_000_000_000, "microseconds since 1970"


@pytest.mark.parametrize("shape", SHAPES)
def test_the_captured_story_ends_the_same_in_any_order(shape: str) -> None:
    changes = [change for change in told(captured(shape)) if not change.faults]

    assert kept(changes) == kept(changes[::-1]) == {"790999999999": 8}


def test_other_databases_are_ordered_by_the_millisecond_of_their_commit_and_the_partition() -> None:
    def change(value: int, ms: int, op: str = "u") -> Message:
        body = {
            "op": op,
            "after": {"licence_no": "A", "points": value},
            "source": {"connector": "mysql", "ts_ms": ms, "snapshot": "false"},
        }
        return Message(b'{"licence_no": "A"}', json.dumps(body).encode())

    changes = told([change(1, 1_795_309_496_999, "r"), change(2, 1_795_309_496_999), change(3, 1_795_309_496_999)])

    assert kept(changes[::-1]) == {"A": 3}
