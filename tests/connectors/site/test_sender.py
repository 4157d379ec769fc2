"""What is sent is kept until the platform says yes, whatever else it says."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from connectors.site.answers import Later, Refused, ShutOut, Taken, TooLarge, read
from connectors.site.events import Writer
from connectors.site.platform import Platform
from connectors.site.sender import Sender
from connectors.site.settings import Platform as Settings
from connectors.site.settings import Secret
from connectors.site.spool import Spool
from connectors.site.state import look
from proactive.ports.clock import SetClock, SystemClock
from tests.conftest import MORNING
from tests.connectors.site.receiver import CONNECTOR, LATE, SECRET, Receiver, is_bad, moody
from tests.connectors.site.test_spool import PLENTY, change, ids, keep, written


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    made = Receiver()
    async with made.listening():
        yield made


@pytest.fixture
async def spool(tmp_path: Path, clock: SetClock) -> AsyncIterator[Spool]:
    async with Spool(tmp_path / "spool", most_bytes=PLENTY, clock=clock) as opened:
        yield opened


@pytest.fixture
async def line(receiver: Receiver, tmp_path: Path) -> AsyncIterator[Platform]:
    secret = tmp_path / "secret"
    secret.write_text(SECRET)
    secret.chmod(0o600)
    settings = Settings(url=receiver.url, connector=CONNECTOR, secret=Secret(file=secret), timeout_seconds=LATE / 2)
    made = Platform(settings, clock=SystemClock())
    yield made
    await made.close()


@pytest.fixture
def sender(spool: Spool, line: Platform, clock: SetClock) -> Sender:
    return Sender(spool, line, clock=clock)


async def empty(sender: Sender) -> list[float]:
    """Send until nothing is left, without resting; the rests that were wanted."""
    rests = []
    while (rest := await sender.step()) is not None:
        rests.append(rest)
        assert len(rests) < 1000
    return rests


async def test_everything_goes_out_in_order_and_leaves_the_spool(
    spool: Spool, sender: Sender, receiver: Receiver
) -> None:
    events = written(*(change(number % 7, version=number) for number in range(1, 251)))
    await keep(spool, *events)

    await empty(sender)

    assert list(receiver.kept) == [event.id for event in events]
    assert receiver.did["take"] == 3
    assert sender.sent == 250
    [first] = [event for event in receiver.changes if event["id"] == events[0].id]
    assert first == {
        "specversion": "1.0", "id": events[0].id, "source": "urn:proactive:connector:c1",
        "type": "proactive.register.changed", "subject": "P1", "datacontenttype": "application/json",
        "data": {"register": "papers", "op": "upsert", "version": 1, "record": {"no": "P1"}},
    }  # fmt: skip


@pytest.mark.parametrize("seed", range(4))
async def test_on_a_bad_line_every_change_counts_once_and_keeps_its_order(
    spool: Spool, sender: Sender, receiver: Receiver, seed: int
) -> None:
    receiver.mood = moody(seed)
    events = written(*(change(number % 7, version=number) for number in range(1, 701)))
    await keep(spool, *events)

    await empty(sender)

    assert len(set(receiver.did)) > 4, "a line that never was bad shows nothing"
    assert list(receiver.kept) == [event.id for event in events]
    assert {len(bodies) for bodies in receiver.bodies.values()} == {1}
    assert await ids(spool) == []


@pytest.mark.parametrize("mood", ["names", "names_none"])
async def test_a_refused_event_is_put_aside_with_the_answer_and_stops_no_neighbour(
    spool: Spool, sender: Sender, receiver: Receiver, tmp_path: Path, mood: str
) -> None:
    receiver.mood = lambda _: mood
    bad = {3, 50, 51, 120}
    events = written(*(change(number, **{"class": "BAD" if number in bad else "B2"}) for number in range(150)))
    await keep(spool, *events)

    await empty(sender)

    state = look(tmp_path / "spool")
    assert list(receiver.kept) == [event.id for number, event in enumerate(events) if number not in bad]
    assert {one.id for one in state.aside} == {events[number].id for number in bad}
    said = "data.record.class: It is bad. No." if mood == "names" else "Something cannot be read."
    assert {one.answer for one in state.aside} == {said}


async def test_who_is_not_let_in_keeps_everything_says_so_and_goes_on_with_the_new_secret(
    spool: Spool, sender: Sender, receiver: Receiver, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("whsec_ISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+P0A=")
    await keep(spool, *written(change(1)))
    receiver.mood = lambda _: "shut"
    first = await sender.step()
    note = look(tmp_path / "spool").error
    receiver.mood = lambda _: "take"
    second = await sender.step()
    secret.write_text(SECRET)
    third = await sender.step()
    last = await sender.step()

    assert (first, second, third, last) == (60.0, 60.0, 60.0, 0.0)
    assert note is not None
    assert "HTTP 401" in note.value
    assert look(tmp_path / "spool").error is None
    assert len(receiver.kept) == 1


@pytest.mark.parametrize("mood", ["stranger", "strange_no"])
async def test_a_stranger_in_between_costs_no_event(
    spool: Spool, sender: Sender, receiver: Receiver, mood: str
) -> None:
    receiver.mood = lambda _: mood
    await keep(spool, *written(change(1), change(2)))

    rest = await sender.step()

    assert rest == 60.0
    assert len(await ids(spool)) == 2


async def test_a_platform_that_is_away_is_asked_ever_more_slowly(spool: Spool, clock: SetClock) -> None:
    await keep(spool, *written(change(1)))
    sender = Sender(spool, Away(), clock=clock)

    rests = [await sender.step() for _ in range(9)]

    assert rests == [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0, 60.0]
    assert len(await ids(spool)) == 1


class Away:
    async def push(self, events: object) -> Later:
        return Later("The platform could not be reached.")


async def test_a_register_is_told_anew_when_the_platform_wants_it_again_and_not_while_it_still_works_on_it(
    spool: Spool, sender: Sender, receiver: Receiver, clock: SetClock
) -> None:
    writer = Writer(CONNECTOR, salt=spool.salt)

    async def told(number: int, wanted: list[str], telling: int = 1) -> int:
        receiver.wanted = wanted
        clock.forward(hours=2)
        end = writer.caught_up("papers", at=MORNING, telling=telling)
        await keep(spool, *written(change(number)), mark=str(number), telling=telling, end=end)
        await empty(sender)
        return (await spool.reading("papers")).telling

    at_work = [await told(number, ["papers", "others"]) for number in (1, 2, 3)]
    content = [await told(number, []) for number in (4, 5)]
    wants_again = await told(6, ["papers"])
    told_anew = [await told(number, ["papers"], telling=2) for number in (7, 8)]

    assert (at_work, content, wants_again, told_anew) == ([1, 1, 1], [1, 1], 2, [2, 2])


async def test_a_register_that_the_platform_wants_for_more_than_a_day_is_told_anew(
    spool: Spool, sender: Sender, receiver: Receiver, clock: SetClock
) -> None:
    receiver.wanted = ["papers"]
    await keep(spool, end=Writer(CONNECTOR, salt=spool.salt).caught_up("papers", at=MORNING, telling=1))
    await empty(sender)
    clock.forward(hours=25)
    await keep(spool, *written(change(1)), mark="2")
    await empty(sender)

    reading = await spool.reading("papers")
    assert (reading.telling, reading.position.mark, reading.told_at) == (2, "", None)


async def test_after_something_too_large_batches_grow_again(
    spool: Spool, sender: Sender, receiver: Receiver, tmp_path: Path
) -> None:
    events = written(*(change(number, **{"class": "BAD" if number == 50 else "B2"}) for number in range(3000)))
    receiver.mood = lambda batch: "large" if any(map(is_bad, batch)) else "take"
    for start in range(0, 3000, 500):
        await keep(spool, *events[start : start + 500], mark=str(start))

    await empty(sender)

    assert len(receiver.kept) == 2999
    assert [one.answer for one in look(tmp_path / "spool").aside] == ["Nested too deep."]
    assert receiver.did["large"] < 10
    assert receiver.did["take"] < 120


def answer(status: int, body: object = None, **headers: str) -> httpx.Response:
    request = httpx.Request("POST", "https://platform.example/v1/events")
    return httpx.Response(status, json=body, headers=headers, request=request)


@pytest.mark.parametrize(
    ("given", "means"),
    [
        (answer(202, {"accepted": 1, "known": 1}), Taken()),
        (answer(202, {"accepted": 1, "known": 1, "snapshot": ["papers"]}), Taken(frozenset({"papers"}))),
        (answer(202, {"accepted": 1, "known": 0}), ShutOut),
        (answer(200, {"accepted": 1, "known": 1}), ShutOut),
        (answer(204), ShutOut),
        (answer(302, {}, location="https://elsewhere.example/"), ShutOut),
        (answer(400, {"type": "x", "detail": "Event 1.", "problems": [{"event": 1, "why": "no"}]}),
         Refused("Event 1.", {"b": "no"})),
        (answer(400, {"type": "x", "detail": "d", "problems": [{"event": 7, "id": "z", "why": "no"}]}),
         Refused("d", {})),
        (answer(400), ShutOut),
        (answer(409, {"type": "x", "detail": "d", "problems": [{"id": "a", "why": "other content"}]}),
         Refused("d", {"a": "other content"})),
        (answer(413), TooLarge()),
        (answer(413, {"type": "x", "detail": "d", "problems": [{"id": "a", "why": "too deep"}]}),
         Refused("d", {"a": "too deep"})),
        (answer(429, None, **{"retry-after": "7"}), Later("The platform answered HTTP 429.", 7.0)),
        (answer(503, None, **{"retry-after": "Mon, 23 Nov 2026 02:00:09 GMT"}),
         Later("The platform answered HTTP 503.", 9.0)),
        (answer(503, None, **{"retry-after": "soon"}), Later("The platform answered HTTP 503.", None)),
        (answer(500), Later("The platform answered HTTP 500.", None)),
        (answer(403, {"type": "x"}), ShutOut),
        (answer(404), ShutOut),
        (answer(410), ShutOut),
    ],
)  # fmt: skip
def test_only_the_platforms_own_words_are_a_yes_or_a_no(given: httpx.Response, means: object) -> None:
    found = read(given, ["a", "b"], now=MORNING)

    assert found == means if not isinstance(means, type) else isinstance(found, means)


def test_a_clock_that_is_off_is_named() -> None:
    found = read(answer(401, None, date="Mon, 23 Nov 2026 02:10:00 GMT"), ["a"], now=MORNING - timedelta(seconds=1))

    assert isinstance(found, ShutOut)
    assert "-601 s off" in found.why
