"""Violations to plant into a sound world: in the store by SQL, or in what driver and stand-ins wrote down."""

from collections.abc import Callable
from copy import deepcopy
from itertools import pairwise
from typing import Any

from tests.faults.checker.world import World

YES, SILENT, NEVER = "048168000001", "048168000002", "048168000003"
"""One who goes all the way, one who does not answer, one who wants no more of these."""

ONE = f"(SELECT id FROM dossier WHERE subject = '{YES}')"
QUIET = f"(SELECT id FROM dossier WHERE subject = '{SILENT}')"
REFUSES = f"(SELECT id FROM dossier WHERE subject = '{NEVER}')"
NOBODY = "00000000-0000-0000-0000-00000000000f"

Plant = str | Callable[[World], object]


def again(table: str, where: str, **other: str) -> str:
    """A second row like one that is there, but for these columns (JSON); unique keys of the table stand aside."""
    change = ", ".join(f"'{name}', {value}" for name, value in other.items())
    return f"""
        DO $$ DECLARE c record; BEGIN
          FOR c IN SELECT conname FROM pg_constraint WHERE contype = 'u' AND conrelid = 'public.{table}'::regclass LOOP
            EXECUTE format('ALTER TABLE public.{table} DROP CONSTRAINT %I', c.conname);
          END LOOP;
        END $$;
        DO $$ DECLARE names text; BEGIN
          SELECT string_agg(quote_ident(attname), ', ') INTO names FROM pg_attribute
            WHERE attrelid = 'public.{table}'::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = '';
          EXECUTE format('INSERT INTO public.{table} (%s) SELECT %s FROM jsonb_populate_record(NULL::public.{table}, '
            '(SELECT to_jsonb(t) || jsonb_build_object({change.replace("'", "''")}) FROM public.{table} t
              WHERE {where.replace("'", "''")} LIMIT 1))', names, names);
        END $$
    """


def of(lines: list[dict[str, Any]], kind: str) -> dict[str, Any]:
    """The first line of this kind in a journal."""
    return next(line[kind] for line in lines if kind in line)


def _text(world: World, **change: Any) -> None:
    """One more text at the provider, like the first one."""
    world.phones.append({"taken": {**deepcopy(of(world.phones, "taken")), "sid": "planted", **change}})


def _application(world: World, **change: Any) -> None:
    world.intake.append({"taken": {**deepcopy(of(world.intake, "taken")), **change}})


def _source(world: World, **change: Any) -> None:
    world.source.append({**deepcopy(world.source[0]), **change})


def _pressed(world: World, **change: Any) -> None:
    line = next(one for one in world.people if one.get("code"))
    world.people.append({**deepcopy(line), **change})


def _decided(world: World, **change: Any) -> None:
    line = next(one for one in world.people if one.get("dossier"))
    world.people.append({**deepcopy(line), **change})


def _forgets(kind: str, log: str) -> Callable[[World], object]:
    """The journal of a stand-in does not hold it."""

    def plant(world: World) -> None:
        lines: list[dict[str, Any]] = getattr(world, log)
        lines[:] = [line for line in lines if kind not in line]

    return plant


def _unpressed(what: str) -> Callable[[World], object]:
    def plant(world: World) -> None:
        world.people[:] = [line for line in world.people if line["what"] != what]

    return plant


def _dies(world: World) -> None:
    line = next(one for one in world.source if one["register"] == "residents" and one["subject"] == SILENT)
    long_ago = "2026-11-01T00:00:00+00:00"
    row = {**line["row"], "died_on": "2026-11-01"}
    world.source.append({**line, "at": long_ago, "row": row, "version": line["version"]})


def _logged(word: str) -> Callable[[World], object]:
    def plant(world: World) -> None:
        row = next(one["row"] for one in world.source if one["register"] == "residents")
        world.written["worker.log"] = f'{{"event": "x", "who": "{row.get(word, word)}"}}'

    return plant


def _on_topic(topic: str, *, key: str = "", value: str = "") -> Callable[[World], object]:
    line = {"topic": topic, "key": key.encode().hex(), "value": value.encode().hex()}
    return lambda world: world.kafka.append(line)


def _moved(*states: str) -> Callable[[World], object]:
    """The dossier of the one who goes all the way was moved by us through these states after the citizen confirmed."""

    def plant(world: World) -> None:
        id = _dossier(world, YES)["id"]
        [answer] = [o for o in world.store["history"] if o["dossier_id"] == id and o["actor"] == "citizen"]
        for n, (before, after) in enumerate(pairwise(("confirmed", *states))):
            world.store["history"].append(
                {**answer, "id": 9000 + n, "actor": "system", "from_state": before, "to_state": after}
            )

    return plant


PLANTED: dict[str, tuple[str, Plant]] = {
    "a record is gone": ("LOST", f"DELETE FROM record WHERE subject = '{YES}' AND register = 'residents'"),
    "a refused row is gone": ("LOST", "DELETE FROM rejected_change"),
    "a dossier was never made": ("LOST", lambda w: w.store["dossier"].remove(_dossier(w, SILENT))),
    "nobody told her": ("LOST", _forgets("taken", "phones")),
    "an answer is gone": ("LOST", f"DELETE FROM history WHERE dossier_id = {ONE} AND actor = 'citizen'"),
    "an answer to nothing": ("LOST", lambda w: _pressed(w, code="ZZZZZZZZ")),
    "a decision is gone": ("LOST", f"DELETE FROM history WHERE dossier_id = {ONE} AND actor = 'lan'"),
    "another decision was told": ("LOST", lambda w: _decided(w, what="refuse")),
    "an application is gone": ("LOST", _forgets("taken", "intake")),
    "a status is gone": ("LOST", "DELETE FROM progress WHERE code = 10"),
    "a wish to be told nothing is gone": ("LOST", "DELETE FROM opt_out"),
    "a pushed event is gone": ("LOST", lambda w: w.pushed.append({"id": "e1", "told": 202})),
    "a leaf of the audit log is gone": ("LOST", "DELETE FROM audit_leaf WHERE place = 'dossier'"),
    "a text twice": ("DUPLICATED", _text),
    "a one-time code twice": ("DUPLICATED", lambda w: [_text(w, body="ma xac thuc 123 456") for _ in "12"]),
    "one reference taken twice": ("DUPLICATED", _application),
    "one dossier handed over twice": ("DUPLICATED", lambda w: _application(w, reference="H17-000000-0001")),
    "one matter handed over twice": ("DUPLICATED", lambda w: _application(w, dossier_id=NOBODY)),
    "two dossiers of one occasion": (
        "DUPLICATED", again("dossier", f"id = {QUIET}", id=f"'{NOBODY}'", code="'ZZZZZZZZ'"),
    ),
    "two occasions": ("DUPLICATED", again("occasion", f"subject = '{SILENT}'", id=f"'{NOBODY}'")),
    "two notices of one rung": ("DUPLICATED", again("notice", f"dossier_id = {QUIET}", id=f"'{NOBODY}'")),
    "one message for two notices": (
        "DUPLICATED", again("notice", f"dossier_id = {QUIET}", id=f"'{NOBODY}'", rung="'another'"),
    ),
    "two hand-overs": ("DUPLICATED", again("handover", "true", dossier_id=f"'{NOBODY}'")),
    "a status twice": ("DUPLICATED", again("progress", "code = 10", id="9999", at="'2026-11-24T00:00:00Z'")),
    "an answer kept twice": (
        "DUPLICATED", again("history", f"dossier_id = {REFUSES} AND actor = 'citizen'", id="9999"),
    ),
    "a record of nobody": ("PHANTOM", again("record", f"subject = '{YES}'", key="'999'")),
    "a version that never was": ("PHANTOM", f"UPDATE record SET version = version + 7 WHERE subject = '{YES}'"),
    "a dossier that is not due": ("PHANTOM", f"UPDATE dossier SET record_key = '480999999999' WHERE id = {QUIET}"),
    "a text of nothing": ("PHANTOM", lambda w: _text(w, body="Xin chao")),
    "a text with a strange code": ("PHANTOM", lambda w: _text(w, body="x. Ma kiem tra: ZZZZ ZZZZ")),
    "a text to somebody else": ("PHANTOM", lambda w: _text(w, to="+84599999999")),
    "a text after never": ("PHANTOM", lambda w: _again(w, NEVER)),
    "a text to the dead": ("PHANTOM", _dies),
    "a citizen is asked again for nothing": ("PHANTOM", _moved("offered")),
    "an answer is forgotten": ("PHANTOM", _moved("moot", "drafted")),
    "a text that was never sent": ("PHANTOM", "UPDATE notice SET provider_ref = 'invented'"),
    "an application of nothing": ("PHANTOM", lambda w: _application(w, dossier_id=NOBODY, reference="H17-1")),
    "an application that nobody approved": ("PHANTOM", _unpressed("approve")),
    "an application of other content": ("PHANTOM", lambda w: w.applications[0].update(content_hash="00")),
    "an answer that nobody gave": ("PHANTOM", _unpressed("never")),
    "a decision that nobody took": ("PHANTOM", lambda w: [one.update(who="an") for one in w.people]),
    "one officer for both": ("PHANTOM", lambda w: _dossier(w, YES).update(prepared_by="lan", decided_by="lan")),
    "a status of nobody": ("PHANTOM", "UPDATE progress SET code = 5 WHERE code = 4"),
    "silenced for nothing": ("PHANTOM", f"UPDATE opt_out SET subject = '{YES}'"),
    "an older row stands": (
        "REORDERED", lambda w: _source(w, version=w.source[0]["version"] + 1_000_000),
    ),
    "a leap in the history": (
        "REORDERED", f"UPDATE history SET from_state = 'drafted' WHERE dossier_id = {ONE} AND to_state = 'approved'",
    ),
    "a state without a move": ("REORDERED", f"UPDATE dossier SET state = 'unreached' WHERE id = {QUIET}"),
    "an older status is shown": ("REORDERED", f"UPDATE dossier SET intake_status = 4 WHERE id = {ONE}"),
    "handed over before it was approved": (
        "REORDERED", lambda w: of(w.intake, "submission").update(at="2026-11-01T00:00:00+00:00"),
    ),
    "an older name is shown": (
        "REORDERED",
        f"UPDATE dossier SET fields = replace(fields::text, 'NGUYỄN', 'NGUYEN')::jsonb WHERE id = {QUIET}",
    ),
    "a personal id in a log": ("LEAKED", _logged(YES)),
    "a name in a log": ("LEAKED", _logged("full_name")),
    "an address in a log": ("LEAKED", _logged("address")),
    "a personal id in a key": ("LEAKED", _on_topic("proactive.changes", key=YES)),
    "a licence number in word of a dossier": ("LEAKED", _on_topic("proactive.dossiers", value="480160000001")),
    "a licence number in a text": (
        "LEAKED", lambda w: of(w.phones, "taken").update(body=of(w.phones, "taken")["body"] + " 480160000001"),
    ),
    "a personal id in an address": ("LEAKED", lambda w: of(w.phones, "taken").update(callback=f"http://x/{YES}")),
    "a personal id in the audit log": (
        "LEAKED", f"UPDATE audit_leaf SET row_key = '{YES}' WHERE place = 'record' OR id = 1",
    ),
    "a notice in doubt": ("UNEXPLAINED", f"UPDATE notice SET state = 'unknown' WHERE dossier_id = {QUIET}"),
    "a notice that denies": (
        "UNEXPLAINED", f"UPDATE notice SET state = 'rejected', why = 'x' WHERE dossier_id = {QUIET}",
    ),
    "a text without a notice": ("UNEXPLAINED", f"DELETE FROM notice WHERE dossier_id = {QUIET}"),
    "a hand-over in doubt": ("UNEXPLAINED", "UPDATE handover SET state = 'unknown'"),
    "a dossier that waits for us": ("UNEXPLAINED", f"UPDATE dossier SET state = 'drafted' WHERE id = {QUIET}"),
    "a dossier that is held": ("UNEXPLAINED", f"UPDATE dossier SET held_because = 'x' WHERE id = {QUIET}"),
    "a good row was refused": ("UNEXPLAINED", lambda w: [one.update(bad=False) for one in w.source]),
    "word that was never passed on": ("UNEXPLAINED", "UPDATE news SET published_at = NULL"),
    "a receipt that nobody looked at": ("UNEXPLAINED", "UPDATE receipt SET applied = false"),
}  # fmt: skip


def _dossier(world: World, subject: str) -> dict[str, Any]:
    return next(one for one in world.store["dossier"] if one["subject"] == subject)


def _again(world: World, subject: str) -> None:
    """Another text of this person's matter, a day later."""
    code = _dossier(world, subject)["code"]
    line = next(one["taken"] for one in world.phones if "taken" in one and code[:4] in one["taken"]["body"])
    world.phones.append({"taken": {**line, "sid": "planted", "created": "2026-11-24T03:00:00+00:00"}})
