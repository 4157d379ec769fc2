"""passcodes: a one-time code goes to the registered phone at most once, and only while it is good."""

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from notifiers.memory import Trouble
from proactive import journey
from proactive.domain.keys import Keys
from proactive.steps.telling.balance import LONG_AGO
from proactive.store.people import Passcode
from tests.steps.people import driver
from tests.steps.town import Channel, Town

KEYS = Keys("a secret of more than thirty-two characters")
GOOD_FOR = timedelta(minutes=10)


async def requested(town: Town, *, to: str = "0599000100", channel: str = "sms") -> Passcode:
    """Somebody has asked for a code on the page."""
    dossier = await town.drafted(driver(1))
    now = town.clock.now()
    asked = Passcode(
        id=uuid4(), dossier_id=dossier.id, channel=channel, to=to, state="requested", tries=0, requested_at=now,
        expires_at=now + GOOD_FOR,
    )  # fmt: skip
    await town.store.passcodes.request(asked)
    return asked


async def send(town: Town) -> int:
    return await journey.send_passcodes(
        notifiers=town.notifiers, store=town.store, keys=KEYS, clock=town.clock, limit=100
    )


async def state(town: Town, dossier: UUID) -> str:
    newest = await town.store.passcodes.latest(dossier)
    assert newest is not None
    return newest.state


async def test_a_code_that_was_asked_for_arrives_once_and_is_stored_nowhere(town: Town) -> None:
    asked = await requested(town)

    assert [await send(town), await send(town)] == [1, 0]

    [(_, message)] = town.sms.taken
    code = KEYS.passcode(asked.id)
    assert f"{code[:3]} {code[3:]}" in message.body
    assert await state(town, asked.dossier_id) == "sent"
    async with town.store.engine.connect() as connection:
        rows = await connection.exec_driver_sql("SELECT p::text FROM passcode p")
        assert code not in rows.scalar_one()


async def test_two_workers_at_once_send_one_code(town: Town) -> None:
    await requested(town)

    await asyncio.gather(*(send(town) for _ in range(4)))

    assert len(town.sms.called) == 1


@pytest.mark.parametrize("trouble", [Trouble.TIMES_OUT, Trouble.TAKES_AND_TIMES_OUT, Trouble.PERMANENT])
async def test_a_code_whose_sending_went_wrong_is_not_sent_again(town: Town, trouble: Trouble) -> None:
    asked = await requested(town)
    town.sms.troubles.append(trouble)

    await send(town)
    await send(town)

    assert len(town.sms.called) == 1
    assert await state(town, asked.dossier_id) == "failed"


async def test_a_code_nobody_sent_in_time_is_not_sent_late(town: Town) -> None:
    await requested(town)
    town.clock.forward(minutes=10)

    assert await send(town) == 0


async def test_a_phone_or_channel_that_cannot_be_reached_is_said_so(town: Town) -> None:
    asked = await requested(town, to="", channel="sms")
    await send(town)
    assert await state(town, asked.dossier_id) == "failed"

    pigeon = asked.model_copy(update={"id": uuid4(), "channel": "pigeon", "requested_at": town.clock.now()})
    await town.store.passcodes.request(pigeon)
    await send(town)
    assert await state(town, asked.dossier_id) == "failed"
    assert town.sms.called == []


async def test_a_code_opens_once_in_five_tries(town: Town) -> None:
    asked = await requested(town)
    passcodes, now = town.store.passcodes, town.clock.now()

    wrong = [await passcodes.attempt(asked.id, right=False, now=now) for _ in range(4)]
    right = [await passcodes.attempt(asked.id, right=True, now=now) for _ in range(2)]

    assert wrong + right == [False] * 4 + [True, False]


async def test_after_five_wrong_tries_even_the_right_code_is_wrong(town: Town) -> None:
    asked = await requested(town)
    passcodes, now = town.store.passcodes, town.clock.now()

    at_once = await asyncio.gather(*(passcodes.attempt(asked.id, right=False, now=now) for _ in range(8)))

    assert at_once == [False] * 8
    assert not await passcodes.attempt(asked.id, right=True, now=now)


async def several(town: Town, number: int) -> None:
    asked = await requested(town)
    for _ in range(number - 1):
        await town.store.passcodes.request(asked.model_copy(update={"id": uuid4()}))


async def test_codes_are_shared_out_between_two_providers_as_the_notices_are(town: Town) -> None:
    town.second = Channel(name="viettel_sms")
    await several(town, 60)

    await send(town)

    assert len(town.sms.called) + len(town.second.called) == 60
    assert min(len(town.sms.called), len(town.second.called)) >= 15


@pytest.mark.parametrize("trouble", [Trouble.TECHNICAL, Trouble.TEMPORARY])
async def test_a_code_that_one_provider_surely_did_not_take_goes_by_the_other(town: Town, trouble: Trouble) -> None:
    town.second = Channel(name="viettel_sms")
    await several(town, 20)
    town.sms.troubles.extend([trouble] * 20)

    await send(town)

    assert len(town.second.taken) == 20 and town.sms.called and not town.sms.taken
    seen = await town.store.providers.seen(["sms"], after=LONG_AGO, now=town.clock.now())
    assert seen["sms"].bad == len(town.sms.called)


@pytest.mark.parametrize("trouble", [Trouble.TIMES_OUT, Trouble.TAKES_AND_TIMES_OUT, Trouble.PERMANENT])
async def test_a_code_in_doubt_is_never_sent_by_the_other_provider_too(town: Town, trouble: Trouble) -> None:
    town.second = Channel(name="viettel_sms")
    await several(town, 20)
    for channel in (town.sms, town.second):
        channel.troubles.extend([trouble] * 20)

    await send(town)

    assert len(town.sms.called) + len(town.second.called) == 20
