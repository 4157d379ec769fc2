"""Who used a citizen's data, when and for what: one list, made from what was written down when it happened."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from proactive.domain.dossier import Dossier, State
from proactive.domain.notice import Notice
from proactive.store.desk import LEFT_US
from proactive.store.readings import What
from proactive.web.site import Site
from rules.base import Words


class Kind(StrEnum):
    DRAFTED = "drafted"
    TOLD = "told"
    ANSWERED = "answered"
    ASSISTED = "assisted"
    OPENED = "opened"
    MESSAGE = "message"
    READ = "read"
    DOCUMENT = "document"
    PAPER = "paper"
    DECIDED = "decided"
    TICKET = "ticket"
    FORWARDED = "forwarded"


@dataclass(frozen=True)
class Use:
    """`office` is whose officer it was, where it was one; `what` names values or a channel."""

    at: datetime
    kind: Kind
    office: str | None = None
    what: tuple[Words, ...] = ()
    detail: str | None = None


@dataclass(frozen=True)
class Taken:
    """A register that the dossier was drafted from: which values came out of it; none where it was only looked into."""

    register: Words
    values: tuple[Words, ...]
    as_of: datetime | None


async def uses(site: Site, dossier: Dossier) -> list[Use]:
    """Every use that was written down, the newest first. Steps that only kept a state are no use of data."""
    store = site.store
    history = await store.dossiers.history(dossier.id)
    notices = (await store.notices.of([dossier.id]))[dossier.id]
    offices = await _offices(site, {line["actor"] for line in history})
    found = [Use(dossier.created_at, Kind.DRAFTED)]
    found += [_told(notice) for notice in notices if notice.state in LEFT_US]
    for line in history:
        office = offices.get(line["actor"])
        if line["verb"] == "show" and str(line["note"]).startswith("paper "):
            found.append(Use(line["at"], Kind.PAPER, office))
        elif line["verb"] == "show":
            found.append(Use(line["at"], Kind.ASSISTED if line["note"] == ASSISTED else Kind.READ, office))
        elif line["verb"] == "decide" and office is not None:
            found.append(Use(line["at"], Kind.DECIDED, office))
        elif line["to_state"] == State.FORWARDED and line["from_state"] != State.FORWARDED:
            found.append(Use(line["at"], Kind.FORWARDED, dossier.return_to))
    for reading in await store.readings.of_dossier(dossier.id):
        if reading["what"] == What.DOSSIER:
            found.append(Use(reading["at"], Kind.OPENED, reading["office"]))
        elif reading["what"] == What.NOTICE:
            found.append(Use(reading["at"], Kind.MESSAGE, reading["office"]))
        elif reading["what"] == What.DOCUMENT:
            found.append(Use(reading["at"], Kind.DOCUMENT, reading["office"]))
    found += [Use(one.at, Kind.ANSWERED) for one in await store.acted.of(dossier.id)]
    registers = site.wording.registers()
    for ticket in await store.tickets.of_dossier(dossier.id):
        schema = registers.get(ticket.register_name)
        found.append(Use(ticket.opened_at, Kind.TICKET, what=(schema.title,) if schema else ()))
    return sorted(found, key=lambda use: use.at)[::-1]


ASSISTED = "assisted"
"""What the history says of an officer who opened a dossier to file for the person present."""


def _told(notice: Notice) -> Use:
    return Use(notice.sent_at or notice.created_at, Kind.TOLD, detail=notice.to[-4:], what=())


async def _offices(site: Site, actors: set[str]) -> Mapping[str, str]:
    """The office of each actor who is an officer."""
    found = {actor: await site.store.officers.get(actor) for actor in actors}
    return {actor: officer.office for actor, officer in found.items() if officer is not None}


def taken(site: Site, dossier: Dossier) -> list[Taken]:
    """The registers that this dossier was made from."""
    service = site.wording.of(dossier)
    names = [service.register, *service.text.registers.others] if service else []
    registers = site.wording.registers()
    found = []
    for schema in (registers[name] for name in names if name in registers):
        own = [field for field in dossier.fields if field.register_name == schema.name]
        titles = [schema.columns[field.column].title for field in own if field.column in schema.columns]
        moments = [field.as_of for field in own if field.as_of]
        found.append(Taken(schema.title, tuple(titles), max(moments, default=None)))
    return found
