"""The worker behind the pages about files: reads what was sent and applies what was said."""

import asyncio
from collections.abc import Sequence

from proactive import journey
from proactive.domain.change import Change, encode
from proactive.sources import ConnectedRegister
from proactive.steps.recognise import recognise
from proactive.store.recognition import RecognitionStore
from tests.sheets.files import workbook
from tests.steps.test_office_files import HEADINGS, row
from tests.web.conftest import House

REGISTER = "violations"
TITLES = ["Số vụ việc", "Số định danh cá nhân", "Ngày vi phạm", "Ngày giải quyết xong", "Ghi chú"]


async def works(house: House, *, times: int = 50, limit: int = 1000) -> None:
    """What a worker does until nothing moves (or so many times)."""
    store, clock, facts = house.store, house.clock, house.parts.facts
    registers = {REGISTER: ConnectedRegister(house.parts.catalogue.registers[REGISTER])}
    recognition = RecognitionStore(store.engine.url.render_as_string(hide_password=False))

    async def publish(changes: Sequence[Change]) -> None:
        values = [encode(one) for one in changes]
        await asyncio.to_thread(recognise, values, facts=facts, store=recognition, clock=clock)

    try:
        for _ in range(times):
            moved = await journey.read_files(store=store, registers=registers, facts=facts, clock=clock)
            moved += await journey.apply_files(
                store=store, registers=registers, publish=publish, columns=house.parts.catalogue.columns_needed,
                clock=clock, limit=limit,
            )  # fmt: skip
            if not moved:
                return
    finally:
        recognition.close()


def sheet(*rows: list[str]) -> bytes:
    """A workbook of violations as a ward would have it."""
    return workbook([["DANH SÁCH VI PHẠM", None], [], TITLES, *rows])


FIRST = sheet(*(row(number) for number in range(1, 41)))
SECOND = sheet(
    row(1, done="05/11/2026"), row(2, done="06/11/2026"), [*row(41)[:1], "48168000041", *row(41)[2:]],
    row(42, day="12/9/26"), ["VP00043", "4816800004", "02/10/2026", ""], *(row(number) for number in range(3, 41)),
)  # fmt: skip
HALF = sheet(*(row(number) for number in range(1, 11)))
__all__ = ["FIRST", "HALF", "HEADINGS", "REGISTER", "SECOND", "sheet", "works"]
