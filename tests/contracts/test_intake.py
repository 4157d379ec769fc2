"""What every intake must keep, asked of the double and of the real client against an intake that remembers alike."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Protocol

import pytest

from connectors.intakes.memory import MemoryIntake, Trouble
from proactive.demo.intake import IntakeSettings, app
from proactive.demo.receiver import Receiver
from proactive.domain.application import Progress
from proactive.errors import Forged, Unreachable
from proactive.ports.intake import Intake, Refused, Taken, Unanswered
from proactive.ports.notifier import Hook
from tests.connectors.intakes.world import SECRET, application, opened
from tests.demo.servers import Catcher, serving, until


class World(Protocol):
    """An intake, and the hands of those who work in it."""

    @property
    def intake(self) -> Intake: ...

    def drop_next_answer(self) -> None: ...

    async def reach(self, reference: str, code: int) -> Hook: ...

    def taken(self) -> int: ...


class Memory:
    def __init__(self) -> None:
        self.intake = self._memory = MemoryIntake()

    def drop_next_answer(self) -> None:
        self._memory.troubles.append(Trouble.TAKES_WITHOUT_ANSWER)

    async def reach(self, reference: str, code: int) -> Hook:
        return self._memory.report(reference, code, at=datetime.now(UTC), office="centre-20242")

    def taken(self) -> int:
        return len(self._memory.taken)


class Http:
    def __init__(self, intake: Intake, catcher: Catcher, receiver: Receiver) -> None:
        self.intake = intake
        self._catcher = catcher
        self._receiver = receiver

    def drop_next_answer(self) -> None:
        self._receiver.drop = 1

    async def reach(self, reference: str, code: int) -> Hook:
        """It gets there by itself."""
        said = f'"reference":"{reference}","code":{code},'.encode()
        await until(lambda: any(said in hook.body for hook in self._catcher.hooks))
        return next(hook for hook in self._catcher.hooks if said in hook.body)

    def taken(self) -> int:
        return len(self._receiver.applications)


@pytest.fixture(params=["memory", "http"])
async def world(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    if request.param == "memory":
        yield Memory()
        return
    catcher = Catcher()
    async with catcher.listening() as public:
        made = app(IntakeSettings(secret=SECRET, callback=f"{public}/hooks/intake", step=0.01))
        async with serving(made) as url:
            intake = await opened(monkeypatch, url)
            yield Http(intake, catcher, made.state.receiver)
            await intake.close()


async def test_an_application_is_taken_and_found_under_its_reference(world: World) -> None:
    given = application()

    assert await world.intake.submit(given) == Taken(given.reference)
    assert await world.intake.find(given.reference)
    assert not await world.intake.find("H17.48-261123-999999")


async def test_handed_over_again_it_exists_once(world: World) -> None:
    given = application()

    outcomes = [await world.intake.submit(given) for _ in range(3)]

    assert outcomes == [Taken(given.reference)] * 3
    assert world.taken() == 1


async def test_an_answer_that_got_lost_leaves_one_application_that_can_be_found(world: World) -> None:
    given = application()
    world.drop_next_answer()

    outcome = await world.intake.submit(given)

    assert isinstance(outcome, Unanswered)
    assert await world.intake.find(given.reference)
    assert await world.intake.submit(given) == Taken(given.reference)
    assert world.taken() == 1


async def test_another_content_under_the_same_reference_is_refused(world: World) -> None:
    await world.intake.submit(application())

    outcome = await world.intake.submit(application(content_hash="b" * 64))

    assert isinstance(outcome, Refused)
    assert outcome.why
    assert world.taken() == 1


async def test_each_status_is_called_back_and_can_be_asked_for(world: World) -> None:
    given = application()
    await world.intake.submit(given)

    told: list[Progress] = []
    for code in (1, 2, 4, 9, 10):
        told.extend(world.intake.news(await world.reach(given.reference, code)))

    assert [progress.code for progress in told] == [1, 2, 4, 9, 10]
    assert list(await world.intake.progress(given.reference)) == told
    assert told[-1].office == "centre-20242"


async def test_news_that_was_changed_on_the_way_is_forged(world: World) -> None:
    given = application()
    await world.intake.submit(given)
    hook = await world.reach(given.reference, 1)

    for wrong in (
        Hook(hook.url, hook.headers, hook.body.replace(b'"code":1', b'"code":8')),
        Hook(hook.url, {}, hook.body),
    ):
        with pytest.raises(Forged):
            world.intake.news(wrong)


async def test_an_intake_that_does_not_answer_is_unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    for intake in (MemoryIntake(silent=True), await opened(monkeypatch, "http://127.0.0.1:1")):
        with pytest.raises(Unreachable):
            await intake.find("R-1")
        with pytest.raises(Unreachable):
            await intake.progress("R-1")
        await intake.close()
