"""LOST: somebody was told that it is done, or it was committed at the source, and the store knows nothing of it."""

from collections.abc import Iterator

from tests.faults.checker.world import World, codes, due

ANSWERED = {
    "confirm": "confirmed", "wrong": "disputed", "not_now": "declined", "already_done": "declined",
    "not_me": "declined", "never": "declined",
}  # fmt: skip
DECIDED = {"approve": "approved", "return": "returned", "refuse": "refused"}
GONE = ("moot", "ended")

Found = Iterator[tuple[str, str]]


def rows_not_kept(world: World) -> Found:
    kept = {(one["register"], one["key"]) for one in world.store["record"]}
    for place, line in world.newest.items():
        if place not in kept and line["row"] is not None:
            yield "a row of the source was never kept", "/".join(place)


def bad_rows_not_put_aside(world: World) -> Found:
    aside = {(one["register"], one["key"]) for one in world.store["rejected_change"]}
    for line in world.source:
        if line.get("bad") and (line["register"], line["key"]) not in aside:
            yield "a row that nobody can use is not among the refused ones", f"{line['register']}/{line['key']}"


def people_never_drafted(world: World) -> Found:
    drafted = {(one["subject"], one["record_key"]) for one in world.store["dossier"]}
    for subject in {line["subject"] for line in world.source}:
        for key in due(world, subject):
            if (subject, key) not in drafted:
                yield "somebody's licence is due and there is no dossier", key


def people_never_told(world: World) -> Found:
    """Whom we could reach has a text, or a notice that says why there is none."""
    told = {code for text in world.texts for code in codes(text["body"])}
    explained = {str(one["dossier_id"]) for one in world.store["notice"] if one["state"] == "rejected" and one["why"]}
    for one in world.store["dossier"]:
        phones = [row["phone"] for row in world.rows("residents", one["subject"])]
        if one["state"] in GONE or one["code"] in told or str(one["id"]) in explained or not any(phones):
            continue
        if one["record_key"] in due(world, one["subject"]):
            yield "somebody's licence is due and no text was ever handed over", str(one["id"])


def answers_not_kept(world: World) -> Found:
    for line in world.people:
        if line.get("code") and line["told"] == "ok" and line["what"] in ANSWERED:
            dossier = world.by_code.get(line["code"])
            if dossier is None:
                yield "a citizen's answer belongs to no dossier", line["code"]
            elif ANSWERED[line["what"]] not in {
                move["to_state"] for move in world.moves(str(dossier["id"])) if move["actor"] == "citizen"
            }:
                yield f"a citizen was told that the answer '{line['what']}' is kept", str(dossier["id"])


def decisions_not_kept(world: World) -> Found:
    for line in world.people:
        if line.get("dossier") and line["told"] == "ok" and line["what"] in DECIDED:
            moves = [(one["actor"], one["to_state"]) for one in world.moves(line["dossier"])]
            if (line["who"], DECIDED[line["what"]]) not in moves:
                yield f"an officer was told that '{line['what']}' is kept", line["dossier"]


def approvals_not_handed_over(world: World) -> Found:
    there = {one["dossier_id"] for one in world.applications}
    for id, dossier in world.dossiers.items():
        if dossier["state"] in ("approved", "forwarded", "closed") and id not in there:
            yield "an approved dossier never came to the intake", id


def statuses_not_heard(world: World) -> Found:
    heard = {(one["reference"], one["code"]) for one in world.store["progress"]}
    for reference, reached in world.reached.items():
        if reached and (reference, reached[-1]) not in heard:
            yield f"the intake reached status {reached[-1]} and we never heard", reference


def refusals_to_be_told(world: World) -> Found:
    """Whoever said 'never' is on the list of those who are told nothing."""
    listed = {one["subject"] for one in world.store["opt_out"]}
    for line in world.people:
        dossier = world.by_code.get(line.get("code", ""))
        said = dossier is not None and line["what"] == "never" and line["told"] == "ok"
        if dossier is not None and said and dossier["subject"] not in listed:
            yield "somebody who wants no more of these is not on the list", str(dossier["id"])


def pushes_not_in_the_ledger(world: World) -> Found:
    ledger = {one["event_id"] for one in world.store["event"]}
    for line in world.pushed:
        if line["told"] == 202 and line["id"] not in ledger:
            yield "an event was answered with 202 and is not in the ledger", line["id"]


def changes_without_a_leaf(world: World) -> Found:
    """What the audit log must have seen: each dossier, each notice, each line of history."""
    leaves = {(one["place"], str(one["row_key"])) for one in world.store["audit_leaf"]}
    for place in ("dossier", "notice", "history"):
        for one in world.store[place]:
            if (place, str(one["id"])) not in leaves:
                yield f"no leaf of the audit log for a {place}", str(one["id"])


RULES = (
    rows_not_kept, bad_rows_not_put_aside, people_never_drafted, people_never_told, answers_not_kept,
    decisions_not_kept, approvals_not_handed_over, statuses_not_heard, refusals_to_be_told, pushes_not_in_the_ledger,
    changes_without_a_leaf,
)  # fmt: skip
