"""Only the provider and the intake themselves can tell us something; what they tell is kept once."""

from sqlalchemy import text

from proactive.domain.dossier import State
from proactive.ports.notifier import Hook
from proactive.web.forms import MOST_BYTES
from tests.web.conftest import House


async def posted(house: House, hook: Hook, **changes: object) -> int:
    person = house.person()
    path = hook.url.removeprefix("http://pages.test")
    answer = await person.client.post(
        str(changes.get("path", path)), content=changes.get("body", hook.body), headers=dict(hook.headers)  # type: ignore[arg-type]  # bytes
    )  # fmt: skip
    return answer.status_code


async def kept(house: House, table: str) -> int:
    async with house.store.engine.connect() as connection:
        return int(await connection.scalar(text(f"SELECT count(*) FROM {table}")) or 0)


async def test_a_receipt_is_kept_once_however_often_it_comes(house: House) -> None:
    hook = house.sms.receipt("memory-1", "delivered")

    answers = [await posted(house, hook) for _ in range(3)]

    assert answers == [200] * 3 and await kept(house, "receipt") == 1


async def test_a_forged_receipt_is_refused_and_not_kept(house: House) -> None:
    hook = house.sms.receipt("memory-1", "delivered")

    answers = [
        await posted(house, hook, body=hook.body.replace(b"delivered", b"undelivered")),
        await posted(house, hook, path="/hooks/sms?notice=2"),
        await posted(house, Hook(hook.url, {}, hook.body)),
    ]

    assert answers == [403] * 3 and await kept(house, "receipt") == 0


async def test_the_signature_covers_the_address_as_it_is_configured(house: House) -> None:
    hook = house.sms.receipt("memory-1", "delivered")
    person = house.person()

    answer = await person.client.post("/hooks/sms", content=hook.body, headers={**hook.headers, "host": "10.0.0.7"})

    assert answer.status_code == 200


async def test_news_of_the_intake_is_kept(house: House) -> None:
    dossier = await house.people.dossier()
    for state in (State.CONFIRMED, State.APPROVED, State.FORWARDED):
        dossier = await house.people.moved(dossier, state, reference="H17-261123-0001")
    house.intake.statuses["H17-261123-0001"] = []
    hook = house.intake.report("H17-261123-0001", 4, at=house.clock.now())

    answers = [await posted(house, hook), await posted(house, hook)]

    assert answers == [204, 204] and await kept(house, "progress") == 1
    assert await posted(house, hook, body=hook.body + b" ") == 403


async def test_an_unknown_channel_and_an_endless_body_are_refused(house: House) -> None:
    hook = house.sms.receipt("memory-1", "delivered")

    assert await posted(house, hook, path="/hooks/pigeon") == 404
    assert await posted(house, hook, body=b"x" * (MOST_BYTES + 1)) == 413
