"""The queue of the officer's own office: what waits for a decision first, the oldest first, with how long it may wait.

A page goes on after the last line of the one before (`after`), so that the thousandth page costs as much as the first.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from proactive.domain.dossier import State
from proactive.steps.approve import Outcome, doubt, sampled
from proactive.steps.overview import Waiting, waiting_for
from proactive.store.people import Officer
from proactive.store.queue import COUNTED, Key, Looked, Narrowed, Waits
from proactive.web import forms
from proactive.web.desk import bulk
from proactive.web.desk.sign_in import officer_at
from proactive.web.formats import local_day
from proactive.web.pages import to
from proactive.web.site import Site
from rules import Service, calendar, desk
from rules.desk import DeskRules

SIZES = (50, 200, 500)
TABS: dict[str, tuple[State, ...]] = {
    "decide": (State.CONFIRMED, State.DISPUTED),
    "held": (),
    "returned": (State.RETURNED,),
    "approved": (State.APPROVED,),
    "forwarded": (State.FORWARDED,),
    "unreached": (State.UNREACHED,),
    "closed": (State.CLOSED,),
    "stopped": (State.REFUSED, State.ENDED),
}
"""The filters of the queue by the states they show; `held` cuts across states."""

FIRST: Key = (datetime(2000, 1, 1, tzinfo=UTC), UUID(int=0))
LONGEST_NAME = 60


@dataclass(frozen=True)
class Tab:
    name: str
    count: int
    more: bool
    """There are more than were counted."""
    current: bool


@dataclass(frozen=True)
class Asked:
    """What of the queue somebody wants to see, as their address says."""

    show: str
    service: str
    late: bool
    mine: bool
    size: int
    after: Key

    def query(self, *, after: Key | None = None) -> str:
        """The same as an address, going on after a line."""
        said: dict[str, object] = {"show": self.show}
        said |= {"service": self.service} if self.service else {}
        said |= {name: 1 for name in ("late", "mine") if getattr(self, name)}
        said |= {"size": self.size} if self.size != SIZES[0] else {}
        said |= {"after": f"{after[0].isoformat()}~{after[1]}"} if after else {}
        return urlencode(said)

    @property
    def narrowed(self) -> bool:
        return bool(self.service or self.late or self.mine)


class Queue:
    def __init__(self, site: Site) -> None:
        self._site = site
        self.routes = [
            Route("/desk", self.show, methods=["GET"]),
            Route("/desk/filters", self.save, methods=["POST"]),
            Route("/desk/filters/drop", self.drop, methods=["POST"]),
        ]

    async def show(self, request: Request) -> Response:
        session, officer = await officer_at(self._site, request)
        asked = read(request.query_params)
        rules = desk.on(self._site.clock.today())
        looked = await self._look(officer, asked, rules)
        rows = looked.rows
        last = rows[-1] if rows and looked.more else None
        return self._site.pages.show(
            request,
            "desk/queue.html",
            session=session,
            officer=officer,
            office=self._site.wording.office(officer.office),
            asked=asked,
            here=asked.query(),
            first=asked.after == FIRST,
            next=asked.query(after=(last.since, last.id)) if last else None,
            sizes=SIZES,
            tabs=_tabs(looked.tally, asked),
            rows=[{**line(self._site, one, rules), **tick(self._site, officer, one, rules)} for one in rows],
            two_people=any(one.case.two_people for one in rows),
            together=asked.show == "decide",
            picked=request.query_params.get("pick") == "all",
            services=self._site.wording.services,
            filters=looked.filters,
            waiting=await self._waiting(officer.office) if asked.show in {"decide", "held"} else (),
            schemas=self._site.wording.registers(),
            simulated=looked.tally.get("simulated", 0),
        )

    async def _look(self, officer: Officer, asked: Asked, rules: DeskRules) -> Looked:
        narrowed = Narrowed(
            service=asked.service or None,
            before=rules.late_before(self._site.clock.today()) if asked.late else None,
            holder=officer.username if asked.mine else None,
        )
        return await self._site.store.queue.look(
            officer, states=None if asked.show == "held" else TABS[asked.show], narrowed=narrowed, after=asked.after,
            limit=asked.size, purpose=f"queue {asked.show}", now=self._site.clock.now(),
        )  # fmt: skip

    async def _waiting(self, office: str) -> list[Waiting]:
        """Services of this office that tell nobody new, because a register is not good enough."""
        site = self._site
        ours = [s.name for s in site.catalogue.services.values() if _decides(s, office)]
        return await waiting_for(ours, catalogue=site.catalogue, store=site.store, clock=site.clock)

    async def save(self, request: Request) -> Response:
        """Keep what is shown under a name of the officer's own."""
        session, officer = await officer_at(self._site, request)
        form = await forms.read(request)
        self._site.door.check(request, form, session)
        query = read(forms.query(form.text("query", most=500))).query()
        if name := form.text("name", most=LONGEST_NAME):
            await self._site.store.queue.save_filter(officer.username, name, query)
        return to(f"/desk?{query}")

    async def drop(self, request: Request) -> Response:
        session, officer = await officer_at(self._site, request)
        form = await forms.read(request)
        self._site.door.check(request, form, session)
        await self._site.store.queue.drop_filter(officer.username, form.text("name", most=LONGEST_NAME))
        return to("/desk")


def _tabs(tally: Mapping[str, int], asked: Asked) -> list[Tab]:
    found = []
    for name, states in TABS.items():
        number = sum(tally.get(state, 0) for state in states or ("held",))
        found.append(Tab(name, min(number, COUNTED), number > COUNTED, name == asked.show))
    return found


def _decides(service: Service, office: str) -> bool:
    of_each_commune = service.decision.unit is not None and office.startswith("centre-")
    return office == service.decision.office or of_each_commune


def line(site: Site, waits: Waits, rules: DeskRules) -> dict[str, object]:
    """A line of the queue in words, with its clock."""
    wording = site.wording
    told = clock(waits.case.state, waits.since, rules=rules, today=site.clock.today())
    due = told["due"]
    return {
        "id": waits.id,
        "case": waits.case,
        "state": waits.case.state,
        "subject": waits.subject,
        "anchor": waits.anchor,
        "applicant": waits.applicant,
        "service": wording.service(waits.service),
        "service_name": waits.service,
        "variant": wording.variant_named(waits.service, waits.service_version, waits.variant),
        "holder": waits.holder,
        "since": waits.since,
        "when": due or local_day(waits.since),
        **told,
    }


def tick(site: Site, officer: Officer, waits: Waits, rules: DeskRules) -> dict[str, object]:
    """Whether the line may be approved together with others; if so, our signed word that it was seen like this."""
    case = waits.case
    if case.state not in TABS["decide"]:
        return {}
    drawn = sampled(case.id, percent=rules.sample_percent, keys=site.keys)
    why = doubt(case, officer, holder=waits.holder, drawn=drawn)
    if why is Outcome.UNPREPARED:
        why = doubt(case, officer, holder=waits.holder, drawn=drawn, preparing=True)
    return {"why": why} if why else {"seen": bulk.seen(site.keys, officer, case.id, case.version)}


def clock(state: State, since: datetime, *, rules: DeskRules, today: date) -> Mapping[str, Any]:
    """Until when an officer should have looked at it, and how many working days are left or over."""
    if state not in TABS["decide"]:
        return {"due": None}
    return _clock(rules.due(since), today)


@lru_cache(maxsize=1000)
def _clock(due: date, today: date) -> Mapping[str, Any]:
    return {"due": due, "left": calendar.working_days(today, due), "over": calendar.working_days(due, today)}


def read(said: Mapping[str, str]) -> Asked:
    """What an address asks for; what cannot be meant is left out."""
    show, size = said.get("show", ""), said.get("size", "")
    return Asked(
        show=show if show in TABS else "decide",
        service=said.get("service", "")[:100],
        late=said.get("late") == "1",
        mine=said.get("mine") == "1",
        size=next((one for one in SIZES if str(one) == size), SIZES[0]),
        after=_key(said.get("after", "")),
    )


def _key(said: str) -> Key:
    moment, _, id = said.partition("~")
    try:
        since = datetime.fromisoformat(moment)
        return (since if since.tzinfo else since.replace(tzinfo=UTC), UUID(id))
    except ValueError:
        return FIRST
