"""The matters of one person share a message, and what becomes of it becomes of each."""

import pytest

from notifiers.memory import Trouble
from proactive.domain.dossier import State
from proactive.domain.manners import Kind
from proactive.domain.notice import Sending
from tests.steps.mannerly import all_dossiers, all_notices, holder, several_drafted, used
from tests.steps.town import ABSENT_AFTER, BrokeOff, Town


async def test_the_matters_of_one_person_share_a_message_and_keep_a_notice_each(town: Town) -> None:
    await several_drafted(town, 1, holder)

    await town.offer()

    [(_, message)] = town.sms.taken
    notices = await all_notices(town)
    dossiers = await all_dossiers(town)
    assert len(notices) == len(dossiers) == 2
    assert all(f"{one.code[:4]} {one.code[4:]}" in message.body for one in dossiers)
    assert {one.state for one in dossiers} == {State.OFFERED}
    [carrier] = [one for one in notices if one.carried_by is None]
    assert [one.carried_by for one in notices if one is not carrier] == [carrier.id]
    assert [(one.provider_ref, one.vnd > 0) for one in notices if one is carrier] == [("memory-1", True)]
    assert await used(town, Kind.SERVICE_MESSAGES) == 1


async def test_a_message_names_three_matters_at_most_and_a_fourth_has_its_own(town: Town) -> None:
    await several_drafted(town, 1, lambda n: holder(n, licences=4))

    await town.offer()

    drafted = await all_dossiers(town)
    bodies = [message.body for message in town.sms.called]
    named = [sum(f"{one.code[:4]} {one.code[4:]}" in body for one in drafted) for body in bodies]
    assert sorted(named, reverse=True) == [min(3, len(drafted)), *([1] if len(drafted) == 4 else [])]


@pytest.mark.parametrize("status", ["delivered", "undelivered"])
async def test_what_becomes_of_the_message_becomes_of_every_matter_in_it(town: Town, status: str) -> None:
    await several_drafted(town, 1, holder)
    await town.offer()

    await town.receipt("memory-1", status)
    await town.reconcile()
    await town.offer()

    assert {one.state for one in await all_notices(town)} == {Sending(status)}
    expected = State.OFFERED if status == "delivered" else State.UNREACHED
    assert {one.state for one in await all_dossiers(town)} == {expected}
    assert len(town.sms.called) == 1


async def test_a_shared_message_in_doubt_is_asked_about_once_and_settles_every_matter(town: Town) -> None:
    await several_drafted(town, 1, holder)
    town.sms.troubles.append(Trouble.TAKES_AND_TIMES_OUT)

    await town.offer()
    assert {one.state for one in await all_notices(town)} == {Sending.UNKNOWN}
    town.clock.forward(seconds=5)
    assert await town.reconcile() == 1
    await town.offer()

    assert {one.state for one in await all_notices(town)} == {Sending.ACCEPTED}
    assert len(town.sms.called) == 1


async def test_a_shared_message_that_never_was_there_is_sent_once_more_for_all(town: Town) -> None:
    await several_drafted(town, 1, holder)
    town.sms.troubles.append(Trouble.TIMES_OUT)

    await town.offer()
    town.clock.forward(seconds=5)
    await town.reconcile()
    town.clock.at += ABSENT_AFTER
    await town.reconcile()
    await town.offer()

    assert {one.state for one in await all_notices(town)} == {Sending.ACCEPTED}
    assert len(town.sms.taken) == 1


async def test_a_worker_that_died_over_a_shared_message_leaves_all_of_it_to_be_asked_about(town: Town) -> None:
    await several_drafted(town, 1, holder)
    town.sms.dies_after = True
    with pytest.raises(BrokeOff):  # the worker is gone
        await town.offer()
    town.sms.dies_after = False
    town.clock.forward(seconds=46)

    await town.offer()
    await town.reconcile()
    town.clock.forward(seconds=10)
    await town.reconcile()
    await town.offer()

    assert {one.state for one in await all_notices(town)} == {Sending.ACCEPTED}
    assert {one.state for one in await all_dossiers(town)} == {State.OFFERED}
    assert len(town.sms.called) == 1
