"""Through a receiver that drops, delays, doubles and answers late, each application exists exactly once."""

import asyncio

import pytest
from sqlalchemy import text

from proactive.ports.intake import Listed
from proactive.steps import catalogue
from proactive.steps.reconcile_intake import differences, nightly, reconcile_intake
from tests.connectors.intakes.world import opened
from tests.demo.servers import serving
from tests.steps.forwarding import Troubled, approve, forward_all
from tests.steps.receiving import RECEIVING, receiver
from tests.steps.test_catalogue import LINES, publish, sign
from tests.steps.town import FOLLOW_EVERY, Town

NUMBER = 80
"""`make bench-exactly-once` does it with 50,000."""


async def test_each_application_exists_exactly_once_and_none_is_missing(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    await catalogue.propose(LINES, signed=sign(), store=town.store)
    await publish(town.store)
    references = await approve(town, NUMBER)
    troubled = Troubled(receiver(town), late=0.3)

    async with serving(troubled) as url:  # type: ignore[arg-type]  # an ASGI application, which is all it needs
        intake = await opened(monkeypatch, url, SECRET=RECEIVING)
        await forward_all(town, intake)
        while troubled.running:
            await asyncio.wait(set(troubled.running))
        troubled.calm = True
        town.clock.forward(hours=2)
        report = await _compared(town, intake)
        await intake.close()

    async with town.store.engine.connect() as connection:
        cases = await connection.execute(text("SELECT reference, count(*) FROM intake_case GROUP BY 1"))
        lines = await connection.scalar(text("SELECT count(*) FROM case_line"))
        states = await connection.execute(text("SELECT state, count(*) FROM handover GROUP BY 1"))
        found = {row[0]: row[1] for row in cases}
        assert set(found) == references and len(references) == NUMBER
        assert set(found.values()) == {1} and lines == 3 * NUMBER
        assert {row[0]: row[1] for row in states} == {"taken": NUMBER}
    assert set(troubled.did) == {
        "well", "lost", "answer_lost", "late", "doubled",
    }  # fmt: skip
    assert report == []


async def _compared(town: Town, intake: object) -> list[object]:
    """What a night finds after follow has brought every status."""
    from proactive.steps.follow import follow

    for _ in range(10):
        if not await follow(
            intake=intake, store=town.store, clock=town.clock, every=FOLLOW_EVERY, limit=500  # type: ignore[arg-type]  # the client
        ):  # fmt: skip
            break
    return list(await reconcile_intake(intake=intake, store=town.store, clock=town.clock))  # type: ignore[arg-type]  # the client


def test_both_sides_are_compared_both_ways() -> None:
    ours = {"a": ("x", 4), "b": ("x", 4), "c": ("x", 4), "e": ("x", 10)}
    theirs = {"b": Listed("x", 9), "c": Listed("y", 4), "d": Listed("x", 2), "e": Listed("x", 10)}

    found = [(one.reference, one.kind, one.ours, one.theirs) for one in differences(ours, theirs)]

    assert found == [
        ("a", "missing_there", 4, None), ("b", "status", 4, 9), ("c", "content", 4, 4), ("d", "missing_here", None, 2),
    ]  # fmt: skip


async def test_a_night_is_compared_once_and_what_the_intake_lost_is_reported(town: Town) -> None:
    from tests.steps.people import driver

    dossier = await town.forwarded(driver())
    town.clock.forward(hours=2)
    await town.follow()
    town.intake.taken.clear()
    town.clock.forward(hours=22)

    assert await nightly(intake=town.intake, store=town.store, clock=town.clock) == 1
    assert await nightly(intake=town.intake, store=town.store, clock=town.clock) == 0

    report = await town.store.intake_queue.last_report()
    assert report is not None
    assert [(one["reference"], one["kind"]) for one in report["differences"]] == [(dossier.reference, "missing_there")]
