"""What providers say beyond yes and no: stop, not before a moment, and our own reference given back."""

from datetime import datetime, timedelta

from notifiers.memory import Trouble
from proactive.domain.dossier import State
from proactive.domain.notice import Sending
from proactive.ports.notifier import Failure, Outcome, Outgoing, Receipt, Rejected
from rules.grammar import Rung
from tests.steps.people import driver
from tests.steps.town import Channel, Town


async def test_whoever_told_the_provider_to_stop_is_not_tried_on_that_channel_again(town: Town) -> None:
    town.sms.troubles.append(Trouble.OPTED_OUT)

    dossier = await town.told(driver())

    assert await town.store.addressees.opted_out(dossier.subject) == {(dossier.service, "sms")}
    assert await town.sendings(dossier) == [Sending.REJECTED]


class Quota(Channel):
    """A channel that takes nothing before a moment."""

    until: datetime

    async def send(self, message: Outgoing) -> Outcome:
        self.called.append(message)
        return Rejected(Failure.TEMPORARY, "-144", "the quota of the day is used up", self.until)


async def test_a_used_up_quota_is_waited_for_while_that_is_of_use(town: Town) -> None:
    town.sms = Quota()
    town.sms.until = town.clock.now() + timedelta(days=1)
    dossier = await town.told(driver())

    for _ in range(3):
        town.clock.forward(hours=1)
        await town.offer()

    assert len(town.sms.called) == 1
    assert await town.sendings(dossier) == [Sending.PLANNED]


async def test_where_waiting_for_a_quota_is_too_late_the_next_channel_tells_today(town: Town) -> None:
    town.ladder_of("driver_licence_renewal", (Rung(name="first", offset_days=-60, channels=("sms", "viettel_sms")),))
    town.sms, town.second = Quota(), Channel(name="viettel_sms")
    town.sms.until = town.clock.now() + timedelta(days=365)
    dossier = await town.told(driver())

    await town.offer()

    assert [message.reference for _, message in town.second.taken] != []
    assert {n.channel: n.state for n in await town.notices(dossier)} == {
        "sms": Sending.REJECTED, "viettel_sms": Sending.ACCEPTED,
    }  # fmt: skip


async def test_a_receipt_with_our_own_reference_explains_a_notice_in_doubt(town: Town) -> None:
    town.sms.troubles.append(Trouble.TAKES_AND_TIMES_OUT)
    dossier = await town.told(driver())
    [notice] = await town.notices(dossier)
    said = Receipt("sms", "never-heard", "delivered", Sending.DELIVERED, reference=notice.id)
    town.sms.silent = True

    await town.store.notices.receive([said], now=town.clock.now())
    await town.reconcile()

    assert notice.state is Sending.UNKNOWN
    assert await town.sendings(dossier) == [Sending.DELIVERED]


async def test_a_ladder_of_channels_that_are_not_set_up_holds_and_says_so(town: Town) -> None:
    town.ladder_of("driver_licence_renewal", (Rung(name="first", offset_days=-60, channels=("zalo",)),))
    dossier = await town.drafted(driver())

    await town.offer()

    held = await town.again(dossier)
    assert held.state is State.DRAFTED
    assert held.held_because is not None
    assert "zalo" in held.held_because
