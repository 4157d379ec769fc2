"""DUPLICATED: something that may exist once is there twice."""

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator
from typing import Any

from tests.faults.checker.world import World, codes

Found = Iterator[tuple[str, str]]
HANDED_OVER = ("accepted", "delivered", "undelivered", "unknown", "claimed", "lost")


def _more_than_once(things: Iterable[Hashable]) -> list[Any]:
    return [thing for thing, count in Counter(things).items() if count > 1]


def texts(world: World) -> Found:
    """A dossier's code went out in at most as many texts as it has notices of its own."""
    sent = Counter(code for text in world.texts for code in codes(text["body"]))
    notices = Counter(str(one["dossier_id"]) for one in world.store["notice"] if one["state"] in HANDED_OVER)
    for code, number in sent.items():
        dossier = world.by_code.get(code)
        if dossier is not None and number > max(1, notices[str(dossier["id"])]):
            yield f"a citizen got {number} texts of one matter", str(dossier["id"])


def one_time_codes(world: World) -> Found:
    bodies = [(one["to"], one["body"]) for one in world.texts if not codes(one["body"])]
    for to, _ in _more_than_once(bodies):
        yield "one one-time code was sent twice", f"a phone ending {str(to)[-2:]}"


def applications(world: World) -> Found:
    for reference in _more_than_once(one["reference"] for one in world.applications):
        yield "the intake took one reference twice", str(reference)
    for dossier in _more_than_once(one["dossier_id"] for one in world.applications):
        yield "the intake has two applications of one dossier", str(dossier)
    people = ((one["procedure_code"], one["applicant"]["personal_id"], _licence(one)) for one in world.applications)
    for _, _, licence in _more_than_once(people):
        yield "the intake has two applications of one matter", str(licence)


def _licence(application: dict[str, object]) -> str:
    fields = application["fields"]
    assert isinstance(fields, dict)
    return str(fields.get("licence_no"))


def dossiers(world: World) -> Found:
    for service, _, cycle in _more_than_once((d["service"], d["subject"], d["cycle"]) for d in world.store["dossier"]):
        yield f"two dossiers of one occasion of {service}", str(cycle)


def occasions(world: World) -> Found:
    for service, _, cycle in _more_than_once((o["service"], o["subject"], o["cycle"]) for o in world.store["occasion"]):
        yield f"two occasions of {service} in one cycle", str(cycle)


def notices(world: World) -> Found:
    rungs = ((str(one["dossier_id"]), one["rung"], one["channel"]) for one in world.store["notice"])
    for dossier, rung, channel in _more_than_once(rungs):
        yield f"two notices of the rung {rung} on {channel}", str(dossier)


def messages(world: World) -> Found:
    for reference in _more_than_once(one["provider_ref"] for one in world.store["notice"] if _carries(one)):
        yield "two notices claim one message of the provider", str(reference)


def _carries(notice: dict[str, object]) -> bool:
    return notice["provider_ref"] is not None and notice["carried_by"] is None


def references(world: World) -> Found:
    for reference in _more_than_once(one["reference"] for one in world.store["handover"]):
        yield "two hand-overs under one reference", str(reference)
    for reference in _more_than_once(d["reference"] for d in world.store["dossier"] if d["reference"]):
        yield "two dossiers with one reference", str(reference)


def statuses(world: World) -> Found:
    heard = Counter((one["reference"], one["code"]) for one in world.store["progress"])
    for (reference, code), number in heard.items():
        if number > max(1, world.reached.get(reference, []).count(code)):
            yield f"status {code} was written down {number} times", reference


def effects(world: World) -> Found:
    """One press of a button moves a dossier once, however often it was pressed."""
    for id, dossier in world.dossiers.items():
        moves = world.moves(id)
        pressed = world.told(dossier)
        for what, states in (("answers", ("confirmed", "disputed", "declined")), ("approvals", ("approved",))):
            by = [one for one in moves if one["to_state"] in states and one["actor"] not in ("system", "intake")]
            tried = {
                (one["who"], one["what"])
                for one in pressed
                if (what == "approvals") == (one["what"] == "approve") and one["what"] != "prepare"
            }
            after = moves[moves.index(by[0]) :] if by else []
            back = sum(one["to_state"] in ("offered", "returned", "confirmed") for one in after if one not in by)
            if len(by) > len(tried) + back:
                yield f"{len(by)} {what} were kept of {len(tried)} that were given", id


RULES = (
    texts, one_time_codes, applications, dossiers, occasions, notices, messages, references, statuses, effects,
)  # fmt: skip
