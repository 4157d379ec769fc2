"""A register that tells us and cannot be asked is relied on while it is alive, and no longer."""

from datetime import timedelta

import pytest

from proactive.domain.dossier import State
from proactive.ports.register import Told
from tests.steps.people import Violation, driver
from tests.steps.town import Town

VIOLATIONS = Told("violations", rhythm=timedelta(hours=1))
ANH = driver(1)


@pytest.fixture
async def told(town: Town) -> Town:
    """The town where violations are pushed, told to their end and heard of just now."""
    town.told_of = (VIOLATIONS,)
    await told_to_its_end(town)
    await town.store.hearing.heard(["violations"], now=town.clock.now())
    return town


async def told_to_its_end(town: Town, columns: str | None = None) -> None:
    needed = ",".join(sorted(town.catalogue.columns_needed("violations")))
    await town.store.positions.catch_up("violations", columns=columns or needed, now=town.clock.now())


async def test_what_is_kept_of_it_is_its_answer(told: Town) -> None:
    await told.arrives(ANH.but(violations=(Violation(number="V1"),)))

    known = (await told.registers.ask([ANH.personal_id]))[ANH.personal_id]

    assert isinstance(known, dict)
    assert [row["violation_no"] for row in known["violations"]] == ["V1"]
    assert [row["licence_no"] for row in known["driver_licences"]] == [ANH.licences[0].number]


async def test_alive_it_holds_up_no_notice(told: Town) -> None:
    dossier = await told.told(ANH)

    assert (dossier.state, dossier.held_because) == (State.OFFERED, None)


async def test_silent_beyond_its_rhythm_it_holds_the_dossier_and_says_since_when(told: Town) -> None:
    dossier = await told.drafted(ANH)
    told.clock.forward(hours=1, seconds=1)

    await told.offer()

    held = await told.again(dossier)
    assert (held.state, told.sms.called) == (State.DRAFTED, [])
    assert held.held_because is not None
    assert held.held_because.startswith("The register violations cannot be relied on: nothing was heard of it since")


async def test_heard_of_again_it_lets_the_dossier_go_on(told: Town) -> None:
    dossier = await told.drafted(ANH)
    told.clock.forward(hours=1, seconds=1)
    await told.offer()
    await told.store.hearing.heard(["violations"], now=told.clock.now())
    told.clock.forward(minutes=2)

    await told.offer()

    assert (await told.again(dossier)).state is State.OFFERED


async def test_kept_with_other_columns_than_services_need_it_is_not_relied_on(told: Town) -> None:
    dossier = await told.drafted(ANH)
    await told_to_its_end(told, "personal_id,updated_at,violation_no")

    await told.offer()

    held = await told.again(dossier)
    assert held.held_because is not None
    assert "its owner must tell all of it again" in held.held_because
