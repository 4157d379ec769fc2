"""REORDERED, LEAKED and UNEXPLAINED: in the wrong order, in the wrong place, or with no end."""

import json
from collections.abc import Iterator
from itertools import pairwise

from tests.faults.checker.world import World, codes, moment

Found = Iterator[tuple[str, str]]

OURS_TO_MOVE = ("drafted", "approved", "forwarded")
OPEN = ("drafted", "offered", "unreached")
NOTHING_PERSONAL = ("dossiers", "statuses")
"""Topics whose very values hold nobody's data, by the last part of their name."""


def older_records(world: World) -> Found:
    for one in world.store["record"]:
        newest = world.newest.get((one["register"], one["key"]))
        if newest is not None and one["version"] < newest["version"]:
            yield "an older version of a row stands in the store", f"{one['register']}/{one['key']}"


def broken_histories(world: World) -> Found:
    for id, dossier in world.dossiers.items():
        moves = world.moves(id)
        for before, after in pairwise(moves):
            if before["to_state"] != after["from_state"]:
                yield f"the history goes from {before['to_state']} on with {after['from_state']}", id
        if moves and moves[-1]["to_state"] != dossier["state"]:
            yield f"the history ends with {moves[-1]['to_state']} and the dossier is {dossier['state']}", id


def older_statuses(world: World) -> Found:
    for id, dossier in world.dossiers.items():
        reached = world.reached.get(dossier["reference"] or "", [])
        heard = {one["code"] for one in world.store["progress"] if one["reference"] == dossier["reference"]}
        if reached and reached[-1] in heard and dossier["intake_status"] != reached[-1]:
            yield f"the intake is at {reached[-1]} and the dossier shows {dossier['intake_status']}", id


def applications_too_early(world: World) -> Found:
    for line in world.intake:
        if "submission" not in line:
            continue
        one = line["submission"]
        presses = [p for p in world.people if p.get("dossier") == one["dossier_id"] and p["what"] == "approve"]
        pressed = [p.get("since", p["at"]) for p in presses]
        if pressed and moment(one["at"]) < min(map(moment, pressed)):
            yield "an application was handed over before anybody approved it", one["reference"]


def older_values(world: World) -> Found:
    """Whoever still waits for an answer is shown the newest values."""
    for id, dossier in world.dossiers.items():
        if dossier["state"] not in OPEN or isinstance(dossier["fields"], str):
            continue  # sealed values are nobody's to read; the machine's worlds are stored as they are
        for field in dossier["fields"]:
            rows = [
                row
                for row in world.rows(field["register_name"] or "", dossier["subject"])
                if "licence_no" not in row or row["licence_no"] == dossier["record_key"]
            ]
            values = {str(row[field["column"]]) for row in rows if row.get(field["column"]) is not None}
            if field["column"] in ("full_name", "phone") and values and str(field["value"]) not in values:
                yield f"a dossier shows an older value of {field['name']}", id


def _canaries(world: World) -> dict[str, str]:
    """What must not be read where nobody has to: each person's own words."""
    found: dict[str, str] = {}
    for line in world.source:
        row = line["row"] or {}
        found[line["subject"]] = "a personal id"
        for column in ("full_name", "address", "licence_no"):
            if row.get(column):
                found[row[column]] = column
                found[json.dumps(row[column])[1:-1]] = column
        if phone := row.get("phone"):
            found[phone[1:]] = "a phone number"
    return {word: what for word, what in found.items() if len(word) >= 8}


def words_in_logs(world: World) -> Found:
    for name, text in world.written.items():
        for word, what in _canaries(world).items():
            if word in text:
                yield f"{what} is in a log", name


def words_on_topics(world: World) -> Found:
    canaries = {word.encode(): what for word, what in _canaries(world).items()}
    for line in world.kafka:
        value = line["value"] if line["topic"].rpartition(".")[2] in NOTHING_PERSONAL else ""
        bare = bytes.fromhex(line["key"]) + b"\n" + bytes.fromhex(value)
        for what in {what for word, what in canaries.items() if word in bare}:
            yield f"{what} is in a message's key or in one that holds no data", line["topic"]


def words_in_texts(world: World) -> Found:
    canaries = _canaries(world)
    for one in world.texts:
        place = f"{one['body']}\n{one['callback']}"
        for what in {what for word, what in canaries.items() if word in place}:
            yield f"{what} is in a text", one["sid"]


def words_in_the_audit_log(world: World) -> Found:
    canaries = _canaries(world)
    for one in world.store["audit_leaf"]:
        if one["row_key"] in canaries:
            yield f"{canaries[one['row_key']]} is in the audit log", one["place"]


def ids_in_the_store(world: World) -> Found:
    for table, column in world.unhidden:
        yield "a personal id stands in the store as it is", f"{table}.{column}"


def open_notices(world: World) -> Found:
    for one in world.store["notice"]:
        if one["state"] in ("planned", "claimed", "unknown"):
            yield f"a notice is still {one['state']}", str(one["id"])


def notices_that_deny(world: World) -> Found:
    """The store says that nothing was sent, and the provider has it."""
    sent = {(one["to"], code) for one in world.texts for code in codes(one["body"])}
    for dossier in world.store["dossier"]:
        own = [one for one in world.store["notice"] if one["dossier_id"] == dossier["id"]]
        denied = all(one["state"] in ("rejected", "lost") for one in own)
        if denied and any((one["to"], dossier["code"]) in sent for one in own):
            yield "a notice says that nothing was sent, and it was", str(dossier["id"])


def texts_without_a_notice(world: World) -> Found:
    told = {str(one["dossier_id"]) for one in world.store["notice"]}
    for one in world.texts:
        for code in codes(one["body"]):
            if code in world.by_code and str(world.by_code[code]["id"]) not in told:
                yield "a text of which no notice tells", one["sid"]


def open_handovers(world: World) -> Found:
    for one in world.store["handover"]:
        if one["state"] in ("claimed", "unknown"):
            yield f"a hand-over is still {one['state']}", one["reference"]


def dossiers_that_rest_with_us(world: World) -> Found:
    for id, one in world.dossiers.items():
        if one["state"] in OURS_TO_MOVE and one["not_told_because"] is None:
            yield f"a dossier is still {one['state']}", id
        elif one["held_because"] is not None and one["state"] not in ("moot", "ended", "closed"):
            yield "a dossier is still held", id


def refused_rows(world: World) -> Found:
    bad = {(line["register"], line["key"]) for line in world.source if line.get("bad")}
    for one in world.store["rejected_change"]:
        place = (one["register"], one["key"])
        if place in world.newest and place not in bad:  # nonsense from elsewhere is of no row that we know
            yield "a good row was refused", f"{one['register']}/{one['key']}"


def untold_news(world: World) -> Found:
    for place, column in (("news", "published_at"), ("event", "settled_at")):
        if number := sum(one[column] is None for one in world.store[place]):
            yield f"{number} lines were never passed on", place


def unheard_receipts(world: World) -> Found:
    known = {one["provider_ref"] for one in world.store["notice"]}
    for one in world.store["receipt"]:
        if not one["applied"] and one["provider_ref"] in known:
            yield "what the provider said of a message was never looked at", one["provider_ref"]


REORDERED = (older_records, broken_histories, older_statuses, applications_too_early, older_values)
LEAKED = (words_in_logs, words_on_topics, words_in_texts, words_in_the_audit_log, ids_in_the_store)
UNEXPLAINED = (
    open_notices, notices_that_deny, texts_without_a_notice, open_handovers, dossiers_that_rest_with_us, refused_rows,
    untold_news, unheard_receipts,
)  # fmt: skip
