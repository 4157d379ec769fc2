"""Changes that registers sent and that were refused, for the pages about them."""

import asyncio
from collections.abc import Mapping

import msgspec

from proactive.domain.change import Change, encode
from proactive.domain.rejected import Refused, Which
from proactive.steps.recognise import recognise
from proactive.store.recognition import RecognitionStore
from tests.steps.changes import licence
from tests.steps.people import driver
from tests.web.conftest import House

BAD: Mapping[int, Mapping[str, object]] = {
    1: {"class": "Z9"},
    2: {"issued_on": "2027-01-05"},
    3: {"personal_id": "48168000003", "issued_by": None},
    4: {"expires_on": "23/12/2026", "status": "het han"},
    5: {"scheme": None, "class": "B2", "expires_on": "2016-01-01"},
}
"""Driver -> what is wrong with their licence."""


async def refuse(house: House, *values: bytes, also: int = 0) -> list[Refused]:
    """What is given comes and is refused; without it, some of each kind (and `also` as many more)."""
    rows = values or (
        *(_licence(number, but) for number, but in BAD.items()),
        *(_licence(number, {"class": "Z9"}) for number in range(10, 10 + also)),
    )
    store = RecognitionStore(house.store.engine.url.render_as_string(hide_password=False))
    try:
        await asyncio.to_thread(recognise, rows, facts=house.parts.facts, store=store, clock=house.clock)
    finally:
        store.close()
    return await house.store.rejected.found(Which(), limit=1000)


def _licence(number: int, but: Mapping[str, object]) -> bytes:
    told = licence(driver(number))
    row = {**msgspec.json.decode(bytes(told.record)), **but}
    changed: Change = msgspec.structs.replace(told, record=msgspec.Raw(msgspec.json.encode(row)))
    return encode(changed)
