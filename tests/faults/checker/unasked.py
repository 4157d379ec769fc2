"""PHANTOM: something is there, or went out, that nobody asked for or that must not be."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from tests.faults.checker.lost import ANSWERED
from tests.faults.checker.world import Row, World, codes, due, moment

Found = Iterator[tuple[str, str]]
OVER = ("moot", "ended", "closed", "refused", "forwarded")
"""What happens to a licence after that is another matter."""
FIRST_ROWS = 2
"""Of each person: one in the register of residents, one in that of licences."""
STANDS = ("confirmed", "disputed", "returned", "approved")
"""Where an answer of the citizen stands and somebody is to act on it."""
ON_ITS_WAY = timedelta(seconds=30)
"""A text that was claimed before the word came may still go out: a call takes so long at most, with its asking."""


def records(world: World) -> Found:
    committed = {(line["register"], line["key"], line["version"]) for line in world.source if not line.get("bad")}
    places = {(register, key) for register, key, _ in committed}
    for one in world.store["record"]:
        if (one["register"], one["key"]) not in places:
            yield "a record of no row of the source", f"{one['register']}/{one['key']}"
        elif (one["register"], one["key"], one["version"]) not in committed:
            yield f"a record of a version that never was ({one['version']})", f"{one['register']}/{one['key']}"


def dossiers(world: World) -> Found:
    """Open ones are of licences that are due; of those that are over, the licence was there at least."""
    for id, one in world.dossiers.items():
        if one["state"] not in OVER and one["record_key"] not in due(world, one["subject"]):
            yield f"a dossier that is {one['state']} of a licence that is not due", id


def texts(world: World) -> Found:
    for one in world.texts:
        found = codes(one["body"])
        if not found and "ma xac thuc" not in one["body"]:
            yield "a text that is neither an offer nor a one-time code", one["sid"]
        for code in found:
            dossier = world.by_code.get(code)
            if dossier is None:
                yield "a text with a code of no dossier", one["sid"]
            elif not _is_theirs(world, dossier["subject"], one["to"]):
                yield "a text on somebody else's phone", one["sid"]


def _is_theirs(world: World, subject: str, to: str) -> bool:
    phones = {line["row"].get("phone") for line in world.source if line["subject"] == subject and line["row"]}
    return any(phone and _digits(phone) == _digits(to) for phone in phones)


def _digits(phone: str) -> str:
    return "".join(letter for letter in phone if letter.isdigit())[-9:]


def texts_after_the_end(world: World) -> Found:
    """Nobody is told who has died, renewed, or said that they want no more."""
    for one in world.texts:
        asked = moment(one["created"])
        for code in codes(one["body"]):
            dossier = world.by_code.get(code)
            if dossier is None:
                continue
            for line in world.people:
                over = line.get("code") == code and line["told"] == "ok" and line["what"] in ANSWERED
                late = over and asked > moment(line["at"]) + ON_ITS_WAY
                if late and not _asked_again(world, dossier, moment(line["at"]), asked):
                    yield f"a text after the answer '{line['what']}'", str(dossier["id"])
            for line in world.source:
                dead = line["register"] == "residents" and line["row"] and line["row"].get("died_on")
                if dead and line["subject"] == dossier["subject"] and asked > moment(line["at"]) + ON_ITS_WAY:
                    yield "a text to somebody who has died", str(dossier["id"])


def _asked_again(world: World, dossier: Row, answered: datetime, before: datetime) -> bool:
    """Whether what the citizen had answered to was given back to them in between: the dossier waits for them again."""
    moves = world.moves(str(dossier["id"]))
    return any(
        one["from_state"] in STANDS and one["to_state"] == "offered" and answered <= one["at"] <= before
        for one in moves
    )


def given_back(world: World) -> Found:
    """A citizen's word is given back to them only where the registers have said something new of them since."""
    for id, one in world.dossiers.items():
        rows = {(o["register"], o["key"], o["version"]) for o in world.source if o["subject"] == one["subject"]}
        for move in world.moves(id):
            if move["from_state"] in STANDS and move["to_state"] == "offered" and len(rows) <= FIRST_ROWS:
                yield "a citizen is asked again, and nothing had changed", id
            if move["from_state"] == "moot" and move["to_state"] == "drafted" and _answer_before(world, id, move["id"]):
                yield "what a citizen had answered was forgotten", id


def _answer_before(world: World, id: str, line: int) -> bool:
    """Whether an answer stood when the dossier last became moot before this line of its history."""
    ends = [one for one in world.moves(id) if one["to_state"] == "moot" and one["id"] < line]
    return bool(ends) and ends[-1]["from_state"] in (*STANDS, "declined")


def texts_that_are_believed(world: World) -> Found:
    """What the store takes for sent is at the provider."""
    known = {one["sid"] for one in world.texts}
    for one in world.store["notice"]:
        carries = one["channel"] == "sms" and one["carried_by"] is None
        if carries and one["state"] in ("accepted", "delivered", "undelivered") and one["provider_ref"] not in known:
            yield "a notice counts as sent and the provider never had it", str(one["id"])


def applications(world: World) -> Found:
    pressed = {line["dossier"] for line in world.people if line["what"] == "approve" and line["told"] != "no"}
    for one in world.applications:
        dossier = world.dossiers.get(one["dossier_id"])
        if dossier is None or dossier["reference"] != one["reference"]:
            yield "an application of no dossier that we have", one["reference"]
        elif one["dossier_id"] not in pressed:
            yield "an application that no officer approved", one["reference"]
        elif dossier["approved_hash"] != one["content_hash"]:
            yield "an application of another content than was approved", one["reference"]


def answers(world: World) -> Found:
    for id, dossier in world.dossiers.items():
        given = {ANSWERED.get(one["what"]) for one in world.told(dossier) if one.get("code")}
        for one in world.moves(id):
            if one["actor"] == "citizen" and one["to_state"] not in given:
                yield f"an answer that no citizen gave: {one['to_state']}", id


def decisions(world: World) -> Found:
    for id, dossier in world.dossiers.items():
        officers = {one["who"] for one in world.told(dossier) if one.get("dossier")}
        for one in world.moves(id):
            if one["to_state"] in ("approved", "refused", "returned") and one["actor"] not in officers:
                yield f"a decision by {one['actor']}, who pressed nothing", id
        alone = dossier["prepared_by"] == dossier["decided_by"] is not None
        if dossier["two_people"] and dossier["state"] in ("approved", "forwarded", "closed") and alone:
            yield "one officer prepared and approved", id


def statuses(world: World) -> Found:
    for one in world.store["progress"]:
        if one["code"] not in world.reached.get(one["reference"], []):
            yield f"a status {one['code']} that the intake never reached", one["reference"]


def refusals(world: World) -> Found:
    said = {line["code"] for line in world.people if line["what"] == "never"}
    subjects = {world.by_code[code]["subject"] for code in said if code in world.by_code}
    stopped = [_digits(one["to"]) for one in world.asked if one["answer"] == 400]  # at the provider, by STOP
    subjects |= {
        line["subject"] for line in world.source if line["row"] and _digits(line["row"].get("phone") or "") in stopped
    }
    for one in world.store["opt_out"]:
        if one["subject"] not in subjects:
            yield "somebody is told nothing any more who never asked for it", str(one["id"])


RULES = (
    records, dossiers, texts, texts_after_the_end, given_back, texts_that_are_believed, applications, answers,
    decisions, statuses, refusals,
)  # fmt: skip
