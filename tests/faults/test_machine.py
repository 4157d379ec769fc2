"""Promises 1 to 6 over any order of events: a machine drives the journey through the real steps and a real store.

Changes come doubled and in any order, receipts and statuses too; workers die between the act and keeping it; sources,
provider and intake fail. At every moment nothing may be there twice, and in the end the checker must find nothing.
`FAULTS_EXAMPLES=500` plays so many, each time others; without it four are played, always the same.
"""

import asyncio
import contextlib
import os
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from typing import Any

import psycopg
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from psycopg.rows import dict_row

from connectors.intakes.memory import Trouble as IntakeTrouble
from notifiers.memory import Trouble
from proactive.domain.addressee import Addressee
from proactive.domain.change import Change
from proactive.domain.dossier import Answer, Decision, State
from proactive.errors import ProactiveError
from proactive.facts import Facts
from proactive.ports.clock import SetClock
from proactive.store.store import Store, opened
from rules import Catalogue
from tests.conftest import MORNING
from tests.databases import RESTORE
from tests.faults.checker import twice
from tests.faults.checker.verdict import judge
from tests.faults.checker.world import codes
from tests.faults.witnessed import Provider, Receiver, Witnessed
from tests.steps.people import Person, driver
from tests.steps.town import BrokeOff

EXAMPLES = int(os.environ.get("FAULTS_EXAMPLES", "0"))
ALWAYS = 4
STEPS = 25
PEOPLE = st.integers(1, 4)
MOMENTS = st.sampled_from(["never", "before", "after"])
"""When the worker dies: not at all, before the act, or after it and before it is kept."""
TROUBLES = (Trouble.TAKES_AND_TIMES_OUT, Trouble.TIMES_OUT, Trouble.TEMPORARY)
TURNS = ("another name", "another day", "renews", "dies")


class Journey(RuleBasedStateMachine):
    """What may happen, in any order."""

    url: str
    catalogue: Catalogue
    facts: Facts
    runner: asyncio.Runner

    def __init__(self) -> None:
        super().__init__()
        self.clock = SetClock(MORNING)
        self.people: dict[int, Person] = {}
        self.changes: list[Change] = []
        self.versions = 0

    def run(self, work: Awaitable[Any]) -> Any:
        async def doing() -> Any:
            return await work

        return self.runner.run(doing())

    @initialize(
        days=st.lists(st.integers(1, 58), min_size=4, max_size=4),
        turns=st.lists(st.sampled_from(TURNS), min_size=2, max_size=2),
        troubles=st.lists(st.tuples(PEOPLE, st.sampled_from(TROUBLES)), max_size=2),
    )
    def four_people_are_known_and_two_have_changed(
        self, days: list[int], turns: list[str], troubles: list[tuple[int, Trouble]]
    ) -> None:
        """Where most of it begins, so that a run of few steps still has something to go wrong."""
        self.nothing_has_happened()
        for n, day in enumerate(days, start=1):
            self.somebody_appears(n, day)
        for n, turn in enumerate(turns, start=1):
            self.something_changes(n, turn)
        self.run(self.town.told_by_sources(self.changes[::-1]))
        self.draft()
        for n, trouble in troubles:
            self.provider_fails_once(n, trouble)
        self.offer(dies="never")
        for dossier in self.dossiers(State.OFFERED)[:2]:
            self.run(self.town.answer(dossier, Answer.CONFIRM, choices={"new_class": "B"}))

    def nothing_has_happened(self) -> None:
        self.looking = psycopg.connect(self.url, row_factory=dict_row)
        self.looking.execute(RESTORE)
        self.looking.commit()
        self.opening = opened(self.url, size=4, application="machine")
        store: Store = self.run(self.opening.__aenter__())
        self.town = Witnessed(
            store=store, database_url=self.url, catalogue=self.catalogue, facts=self.facts, clock=self.clock
        )
        self.run(self.town.ready())

    # -- the registers

    @rule(n=PEOPLE, days=st.integers(1, 58))
    def somebody_appears(self, n: int, days: int) -> None:
        if n not in self.people:
            person = driver(n).with_licence(expires_on=MORNING.date() + timedelta(days=days))
            self.says(n, person)

    @precondition(lambda self: self.people)
    @rule(n=PEOPLE, turn=st.sampled_from(TURNS))
    def something_changes(self, n: int, turn: str) -> None:
        person = self.people.get(n)
        if person is None or len(person.licences) > 1:
            return
        if turn == "dies":
            person = person.but(died_on=date(2026, 11, 22))
        elif turn == "renews":
            newer = person.licences[0]
            newer = type(newer)(**{**vars(newer), "number": f"49016{n:07d}", "expires_on": date(2036, 1, 1)})
            person = person.but(licences=(*person.licences, newer))
        elif turn == "another name":
            person = person.but(full_name="TRẦN THỊ THU HÀ")
        else:
            person = person.with_licence(expires_on=date(2026, 12, 1) + timedelta(days=self.versions % 20))
        self.says(n, person)

    @precondition(lambda self: self.people)
    @rule(n=PEOPLE)
    def a_register_takes_back_and_gives_again(self, n: int) -> None:
        if (person := self.people.get(n)) is not None:
            before = len(self.changes)
            for status in ("withdrawn", "valid"):
                self.says(n, person.with_licence(status=status))
                self.run(self.town.told_by_sources(self.changes[before:]))

    def says(self, n: int, person: Person) -> None:
        self.versions += 1
        at = person.updated_at + timedelta(seconds=self.versions)
        licences = tuple(type(one)(**{**vars(one), "updated_at": at}) for one in person.licences)
        self.people[n] = person.but(updated_at=at, licences=licences)
        self.changes += self.town.says(self.people[n])
        self.people[n] = self.people[n].but(updated_at=person.updated_at)

    @precondition(lambda self: self.changes)
    @rule(data=st.data())
    def changes_come(self, data: st.DataObject) -> None:
        """Some of all that there ever were, in any order, some of them twice."""
        numbers = st.lists(st.integers(0, len(self.changes) - 1), min_size=1, max_size=8)
        self.run(self.town.told_by_sources([self.changes[n] for n in data.draw(numbers)]))

    # -- the worker, who may die at it

    def step(self, work: Callable[[], Awaitable[Any]], dies: str) -> None:
        victims: tuple[Provider | Receiver, ...] = (self.town.sms, self.town.intake)
        for victim in victims:
            victim.dies_before, victim.dies_after = dies == "before", dies == "after"
        with contextlib.suppress(BrokeOff, AssertionError if dies == "after" else BrokeOff):
            self.run(self.to_its_end(work()))
        for victim in victims:
            victim.dies_before = victim.dies_after = False

    async def to_its_end(self, work: Awaitable[Any]) -> Any:
        """Whoever dies does so at all that it has in hand; nothing of it goes on while something else is played."""
        try:
            return await work
        finally:
            others = asyncio.all_tasks() - {asyncio.current_task()}
            await asyncio.gather(*others, return_exceptions=True)

    @rule()
    def draft(self) -> None:
        self.run(self.town.draft())

    @rule(dies=MOMENTS)
    def offer(self, dies: str) -> None:
        self.step(self.town.offer, dies)

    @rule()
    def reconcile(self) -> None:
        self.run(self.town.reconcile())

    @rule(dies=MOMENTS)
    def forward(self, dies: str) -> None:
        self.step(self.town.forward, dies)

    @rule()
    def follow(self) -> None:
        self.run(self.town.follow())

    @rule(minutes=st.sampled_from([1, 1, 3, 20]))
    def time_passes(self, minutes: int) -> None:
        if self.clock.now() - MORNING < timedelta(hours=8):
            self.clock.forward(minutes=minutes)

    # -- others fail

    @rule(n=PEOPLE, trouble=st.sampled_from(TROUBLES))
    def provider_fails_once(self, n: int, trouble: Trouble) -> None:
        number = self.town.sms.reachable(Addressee(phone=driver(n).phone))
        self.town.sms.ahead.setdefault(str(number), []).append(trouble)

    @rule(n=PEOPLE, trouble=st.sampled_from([IntakeTrouble.NO_ANSWER, IntakeTrouble.TAKES_WITHOUT_ANSWER]))
    def intake_fails_once(self, n: int, trouble: IntakeTrouble) -> None:
        self.town.intake.ahead.setdefault(driver(n).personal_id, []).append(trouble)

    @rule(silent=st.booleans())
    def sources_are_silent(self, silent: bool) -> None:
        for source in self.town.sources.values():
            source.silent = silent

    # -- what is said later, over and over

    @precondition(lambda self: self.town.sms.taken)
    @rule(data=st.data())
    def receipts_come(self, data: st.DataObject) -> None:
        taken = sorted(self.town.sms.taken, key=lambda one: (one[1].to, one[1].since))
        for reference, _ in data.draw(st.lists(st.sampled_from(taken), max_size=4)):
            for status in data.draw(st.permutations(["sent", "delivered"])):
                self.run(self.town.receipt(reference, status))

    @precondition(lambda self: self.town.intake.taken)
    @rule(data=st.data(), code=st.sampled_from([1, 4, 10]))
    def statuses_come(self, data: st.DataObject, code: int) -> None:
        reference = data.draw(st.sampled_from(sorted(self.town.intake.taken)))
        told = self.town.intake.statuses[reference]
        if not told or told[-1].code < code:
            self.clock.forward(seconds=1)
            self.run(self.town.reports(reference, code))
        else:
            self.run(self.town.store.intake.receive(told, now=self.clock.now()))

    # -- people

    def dossiers(self, *states: State) -> list[Any]:
        with self.looking.transaction():
            rows = self.looking.execute(
                "SELECT id FROM dossier WHERE state = ANY(%s)", [[str(state) for state in states]]
            ).fetchall()
        found = self.run(self.town.store.dossiers.many([row["id"] for row in rows]))
        return sorted(found, key=lambda one: (one.subject, one.cycle))  # the same ones in the same order, each time

    @rule(data=st.data(), answer=st.sampled_from([Answer.CONFIRM] * 5 + [Answer.WRONG, Answer.NEVER, Answer.NOT_NOW]))
    def somebody_answers(self, data: st.DataObject, answer: Answer) -> None:
        """Whoever was told; twice, as when the first press seemed to do nothing."""
        told = {code for _, message in self.town.sms.taken for code in codes(message.body)}
        waiting = [one for one in self.dossiers(State.OFFERED, State.UNREACHED) if one.code in told]
        if waiting:
            dossier = data.draw(st.sampled_from(waiting))
            for _ in range(data.draw(st.integers(1, 2))):
                with contextlib.suppress(ProactiveError):
                    note = "sai" if answer is Answer.WRONG else None
                    choices = {"new_class": "B"} if answer is Answer.CONFIRM else {}
                    self.run(self.town.answer(dossier, answer, note=note, choices=choices))

    @rule(data=st.data(), decision=st.sampled_from([Decision.APPROVE] * 4 + [Decision.REFUSE]))
    def an_officer_decides(self, data: st.DataObject, decision: Decision) -> None:
        if waiting := self.dossiers(State.CONFIRMED):
            dossier = data.draw(st.sampled_from(waiting))
            for _ in range(data.draw(st.integers(1, 2))):
                with contextlib.suppress(ProactiveError):
                    self.run(self.town.decide(dossier, decision, note="vì"))

    # -- what must hold

    @invariant()
    def nothing_is_there_twice(self) -> None:
        if hasattr(self, "town"):
            world = self.town.world(self.looking)
            self.looking.rollback()
            assert [found for one in twice.RULES for found in one(world)] == []

    def teardown(self) -> None:
        if not hasattr(self, "town"):
            return
        try:
            self.heals()
            self.looking.execute("UPDATE news SET published_at = at")  # there is no broker here
            world = self.town.world(self.looking)
            assert [(one.word, one.what, one.where) for one in judge(world).findings] == []
        finally:
            self.looking.close()
            self.run(self.opening.__aexit__(None, None, None))

    def heals(self) -> None:
        """Everybody answers again, every change is told, and time passes until nothing is left to do."""
        self.town.sms.ahead.clear()
        self.town.intake.ahead.clear()
        self.sources_are_silent(silent=False)
        if self.changes:
            self.run(self.town.told_by_sources(self.changes))
            oldest: dict[tuple[str, str], Change] = {}
            for change in self.changes:
                oldest.setdefault((change.register, change.key), change)
            self.run(self.town.told_by_sources(list(oldest.values())))  # and the oldest once more, last of all
        for _ in range(8):
            self.clock.forward(minutes=7)
            for work in (self.town.draft, self.town.offer, self.town.reconcile, self.town.forward, self.town.follow):
                self.run(work())
            for dossier in self.dossiers(State.CONFIRMED):
                with contextlib.suppress(ProactiveError):
                    self.run(self.town.decide(dossier, Decision.APPROVE))
        for reference in self.town.intake.taken:
            told = self.town.intake.statuses[reference]
            if not told or told[-1].code != 10:
                self.clock.forward(seconds=1)
                self.run(self.town.reports(reference, 10))
        self.clock.forward(hours=1)
        self.run(self.town.follow())


def test_any_order_of_events_and_deaths_comes_to_a_sound_end(
    database_url: str, catalogue: Catalogue, facts: Facts
) -> None:
    with asyncio.Runner() as runner:
        made = type("Played", (Journey,), {"url": database_url, "catalogue": catalogue, "facts": facts})
        made.runner = runner  # type: ignore[attr-defined]
        run_state_machine_as_test(
            made,
            settings=settings(
                max_examples=EXAMPLES or ALWAYS, stateful_step_count=STEPS, deadline=None, derandomize=not EXAMPLES,
                suppress_health_check=list(HealthCheck),
            ),
        )  # fmt: skip
