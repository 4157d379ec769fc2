"""A rehearsal: an installation on made-up people, who answer by themselves until every dossier rests."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, timedelta

import httpx
import sqlalchemy
import structlog

from proactive.demo.play import Play, ToTry, duplicates, source_rows
from proactive.domain.keys import Keys
from proactive.domain.manners import Mode
from proactive.domain.pilot import Criteria, PilotState, Verb
from proactive.errors import ProactiveError, Unusable
from proactive.installation import Running
from proactive.pilots.planning import planned
from proactive.ports.clock import SystemClock
from proactive.store.figures import Counts
from proactive.store.people import Officer
from proactive.store.store import Store
from proactive.web.passwords import hashed
from rules import Catalogue, Service

log = structlog.get_logger()

OFFICER = "csgt"
COLLEAGUE = "csgt2"
"""Of the same office: prepares what the officer approves, where a service asks for two people."""
OTHER_OFFICER = "haichau"
OTHER_OFFICE = "centre-20242"
PILOTED = "driver_licences"
"""The register of the service that is piloted."""
HOLD_OUT = 10
EVERYBODY = 1_000_000
LOOK_EVERY = 0.5
ARRIVES_WITHIN = timedelta(seconds=20)
"""How long a text that the provider has may be on its way; what takes longer is not waited for."""
STUCK_AFTER = 180.0
"""Seconds without anything moving after which a rehearsal gives up."""

WAITS_FOR_US = frozenset({"drafted", "confirmed", "approved", "forwarded"})


@dataclass(frozen=True)
class Ended:
    """How a rehearsal came out."""

    counts: Counts
    duplicates: int
    seconds: float
    complete: bool
    """Every dossier that could close has closed, and nobody was told and nothing was filed twice."""

    def asdict(self) -> dict[str, object]:
        return {**self.counts.asdict(), "duplicates": self.duplicates, "seconds": round(self.seconds, 1)}


def password(running: Running) -> str:
    """The demo officers' password of this data folder."""
    return Keys(running.settings.secret.get_secret_value()).digest("demo", "officer").hex()[:10]


async def employ(store: Store, running: Running, catalogue: Catalogue) -> None:
    """Two officers of the office that decides, and one of a commune centre who must not see its dossiers."""
    office = next(iter(catalogue.services.values())).decision.office
    secret = hashed(password(running))
    for name, full_name, place in (
        (OFFICER, "Nguyễn Văn Bình", office),
        (COLLEAGUE, "Lê Thị Mai", office),
        (OTHER_OFFICER, "Trần Thị Hoa", OTHER_OFFICE),
    ):
        await store.officers.put(
            Officer(username=name, full_name=full_name, office=place, password_hash=secret, active=True)
        )


async def go_live(store: Store, running: Running, catalogue: Catalogue) -> list[str]:
    """The two made-up officers begin a pilot of the service about licences, which the made-up people have, and switch
    every other service live: one proposes, the other approves. Gives what to say of it.

    Without this only guests would be told, here as everywhere.
    """
    clock = SystemClock(running.settings.shift)
    today, said = clock.today(), []
    modes = await store.live.modes(today=today)
    piloted = {one.service for one in await store.pilots.all() if one.state is not PilotState.CONCLUDED}
    for service in catalogue.services:
        if modes.get(service) is Mode.LIVE or service in piloted:
            continue
        if catalogue.services[service].register == PILOTED:
            said.append(await _begin_pilot(store, catalogue.services[service], clock))
            continue
        ends_on = today + timedelta(days=30)
        await store.live.propose(service, reason="a rehearsal", ends_on=ends_on, by=OFFICER, now=clock.now())
        await store.live.approve(service, by=OTHER_OFFICER, now=clock.now())
        said.append(f"{service} is live: proposed by {OFFICER}, approved by {OTHER_OFFICER}, both made up")
    return said


async def _begin_pilot(store: Store, service: Service, clock: SystemClock) -> str:
    """One in ten is not told, so that the report has somebody to compare with."""
    now, today = clock.now(), clock.today()
    plan = planned(
        {service.name: service}, service=service.name, reason="Báo trước có giúp người dân đổi giấy phép đúng hạn?",
        document="00/KH-UBND (dữ liệu giả)", a_day=EVERYBODY, total=EVERYBODY, hold_out=HOLD_OUT, starts_on=today,
        ends_on=today + timedelta(days=30), today=today,
        criteria=Criteria(confirmed_at_least=30, on_time_at_least=90, complaints_at_most=10),
    )  # fmt: skip
    number = await store.pilots.propose(plan, by=OFFICER, now=now)
    for verb, by in ((Verb.APPROVE, OTHER_OFFICER), (Verb.START, OFFICER)):
        await store.pilots.step(number, verb, by=by, now=now, today=today)
    return (
        f"{service.name} is in a pilot: proposed by {OFFICER}, approved by {OTHER_OFFICER}; {HOLD_OUT} percent are not "
        f"told. What it comes to: /desk/pilots/{number}"
    )


class Rehearse:
    """Lets the made-up people play and tells when everything rests."""

    def __init__(self, running: Running, store: Store, *, seed: int, hold_back: int) -> None:
        if running.phones_url is None or running.intake_url is None or running.source_owner_url is None:
            raise Unusable(
                "A demo plays with made-up people only. Unset TWILIO_ACCOUNT_SID, PROACTIVE_INTAKE_URL and "
                "PROACTIVE_SOURCE_URL, or use `proactive up`."
            )
        self._intake = running.intake_url
        self._owner = running.source_owner_url
        self._store = store
        self._clock = SystemClock(running.settings.shift)
        self._began = time.monotonic()
        self._play = Play(
            pages=running.settings.public_url, phones=running.phones_url, store=store, seed=seed,
            officer=(OFFICER, password(running)), colleague=(COLLEAGUE, password(running)), hold_back=hold_back,
        )  # fmt: skip
        self.first_text: float | None = None

    @property
    def to_try(self) -> list[ToTry]:
        """The citizens who wait for whoever tries the demo."""
        return list(self._play.played.held_back.values())

    @property
    def today(self) -> date:
        return self._clock.today()

    async def run(self, show: Callable[[], Awaitable[None]]) -> Ended:
        """Play until all rests; `show` is called now and then. What does not answer for a while is asked again."""
        moved, last = time.monotonic(), ""
        try:
            while True:
                state = ""
                try:
                    playing = await self._play.citizens()
                    decided = await self._play.officer()
                    if self.first_text is None and await self._play.messages():
                        self.first_text = time.monotonic() - self._began
                    state = await self._state()
                    if not playing and not decided and await self._rests():
                        return await self._ended(complete=True)
                    await show()
                except (ProactiveError, httpx.HTTPError, sqlalchemy.exc.DBAPIError) as error:
                    state = last  # a part is being restarted: look again
                    log.warning("rehearsal.looks_again", error=type(error).__name__)
                if state != last:
                    moved, last = time.monotonic(), state
                elif time.monotonic() - moved > STUCK_AFTER:
                    return await self._ended(complete=False)
                await asyncio.sleep(LOOK_EVERY)
        finally:
            await self._play.close()

    async def _state(self) -> str:
        counts = await self._store.figures.counts()
        return f"{counts}{await self._store.figures.states()}{len(self._play.played.answered)}"

    async def _rests(self) -> bool:
        """Everything in the source is known, everything due is drafted, and nobody but a citizen has to move."""
        counts = await self._store.figures.counts()
        if counts.records + counts.rejected_changes < await source_rows(self._owner):
            return False
        states = await self._store.figures.states()
        states["drafted"] = states.get("drafted", 0) - await self._store.figures.held_out()
        if any(states.get(state) for state in WAITS_FOR_US):
            return False
        if await self._store.figures.unfinished(today=self._clock.today()):
            return False
        if await self._store.figures.on_their_way(since=self._clock.now() - ARRIVES_WITHIN):
            return False
        return len(self._play.played.answered) + len(self.to_try) >= await self._store.figures.reached()

    async def _ended(self, *, complete: bool) -> Ended:
        counts = await self._store.figures.counts()
        twice = await duplicates(self._intake, await self._play.taken())
        could_close = counts.approved
        return Ended(
            counts=counts, duplicates=twice, seconds=time.monotonic() - self._began,
            complete=complete and twice == 0 and counts.closed == could_close == counts.forwarded,
        )  # fmt: skip
