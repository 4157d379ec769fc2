"""What nobody answers for as long as the service says is given up."""

from datetime import date, timedelta

from proactive.domain.dossier import State
from proactive.steps.tidy import tidy
from tests.steps.mannerly import MORNING, SERVICE
from tests.steps.people import driver
from tests.steps.town import Town


async def test_what_nobody_answers_for_as_long_as_the_service_says_is_given_up(town: Town) -> None:
    dossier = await town.told(driver().with_licence(expires_on=date(2026, 11, 10)))
    days = town.catalogue.services[SERVICE].closing.drop_unanswered_after_days

    async def tidied(after: timedelta) -> State:
        town.clock.at = MORNING + after
        await tidy(catalogue=town.catalogue, store=town.store, clock=town.clock)
        return (await town.again(dossier)).state

    assert await tidied(timedelta(days=days)) is State.OFFERED
    assert await tidied(timedelta(days=days, minutes=1)) is State.MOOT
    last = (await town.store.dossiers.history(dossier.id))[-1]
    assert (last["verb"], last["note"]) == ("tidy", f"Không có trả lời trong {days} ngày.")


async def test_a_dossier_whose_ladder_goes_on_is_not_given_up(town: Town) -> None:
    dossier = await town.told(driver())
    town.clock.forward(days=400)

    await tidy(catalogue=town.catalogue, store=town.store, clock=town.clock)

    assert (await town.again(dossier)).state is State.OFFERED
