"""Receipts in any order, late, doubled and mixed: the end is the one that the right order would have come to.

`make receipts N=200000` is the long form; the figure is printed.
"""

import os
import random
import time
from collections.abc import Sequence
from datetime import timedelta

import pytest
from sqlalchemy import text

from notifiers.sms import STATUSES
from proactive.domain.notice import Sending
from proactive.ports.notifier import Receipt
from proactive.steps.reconcile import reconcile
from tests.steps.people import driver
from tests.steps.town import ABSENT_AFTER, Town

NUMBER = int(os.environ.get("N", "5000"))
BATCH = 1000
ENDINGS = ("delivered", "undelivered", "failed", None)
"""What comes of a message in the end; None: nobody ever says."""
COPY = """
INSERT INTO notice (id, dossier_id, service, office, rung, channel, "to", body, state, fence, asked, resent, vnd,
                    created_at, sent_at, provider_ref)
SELECT gen_random_uuid(), d.id, d.service, d.office, 'copy-' || n, 'sms', '+84599000000', '', 'accepted', 1, 0, 0, 0,
       now(), now(), 'SM' || n
FROM generate_series(1, :number) n, (SELECT * FROM dossier LIMIT 1) d
"""


def told(number: int, chance: random.Random) -> list[Receipt]:
    """What a provider says of so many messages, each in its right order."""
    said = []
    for one in range(1, number + 1):
        ending = chance.choice(ENDINGS)
        for status in ("queued", "sent", *([ending] if ending else [])):
            code = "30003" if STATUSES[status] is Sending.UNDELIVERED else None
            said.append(Receipt("sms", f"SM{one}", status, STATUSES[status], code))
    return said


async def applied(town: Town, receipts: Sequence[Receipt]) -> dict[str, tuple[str, str | None]]:
    """Reference -> how its notice stands once all of these have come, in this order."""
    for start in range(0, len(receipts), BATCH):
        await town.store.notices.receive(receipts[start : start + BATCH], now=town.clock.now())
        if start % (7 * BATCH) == 0:  # some are applied while others are still coming
            await reconciled(town)
        town.clock.forward(milliseconds=10)
    while await reconciled(town):
        pass
    async with town.store.engine.connect() as connection:
        rows = await connection.execute(
            text("SELECT provider_ref, state, error_code FROM notice WHERE rung LIKE 'copy-%'")
        )
        return {ref: (state, code) for ref, state, code in rows}


async def reconciled(town: Town) -> int:
    """As a worker does it, a thousand at once."""
    return await reconcile(
        notifiers=town.notifiers, store=town.store, clock=town.clock, absent_after=ABSENT_AFTER, limit=1000
    )


async def town_with(town: Town, number: int) -> None:
    await town.told(driver(1))
    async with town.store.engine.begin() as connection:
        await connection.execute(text(COPY), {"number": number})


@pytest.mark.parametrize("seed", [2026])
async def test_any_order_and_doubles_come_to_what_the_right_order_comes_to(
    town: Town, seed: int, capsys: pytest.CaptureFixture[str]
) -> None:
    chance = random.Random(seed)
    number = max(10, NUMBER * 10 // 33)
    ordered = told(number, chance)
    expected = {
        one.provider_ref: (str(one.sending), one.error_code) if one.sending else ("accepted", None) for one in ordered
    }
    mixed = [*ordered, *chance.choices(ordered, k=max(0, NUMBER - len(ordered)) + len(ordered) // 10)]
    chance.shuffle(mixed)
    await town_with(town, number)

    began = time.perf_counter()
    found = await applied(town, mixed)
    took = time.perf_counter() - began

    assert found == expected
    with capsys.disabled():
        print(f"\n{len(mixed):,} receipts in any order, {len(mixed) - len(ordered):,} of them doubles: {took:.1f} s, "
              f"{len(mixed) / took:,.0f} a second, {number:,} notices as in the right order")  # fmt: skip


async def test_a_receipt_that_comes_before_we_know_the_message_waits_for_it(town: Town) -> None:
    await town.store.notices.receive(
        [Receipt("sms", "SM1", "delivered", Sending.DELIVERED)], now=town.clock.now() - timedelta(minutes=1)
    )
    await town.reconcile()

    await town_with(town, 1)
    await town.reconcile()

    async with town.store.engine.connect() as connection:
        assert await connection.scalar(text("SELECT state FROM notice WHERE rung = 'copy-1'")) == "delivered"
