"""An attacker who knows many codes and digits cannot have us send to a range of numbers, and learns nothing by it."""

import time

import pytest
from sqlalchemy import text

from proactive.domain.dossier import Dossier
from proactive.domain.keys import new_code
from proactive.web.citizen import entrance
from tests.web.browsing import Person
from tests.web.conftest import House
from tests.web.people import person_of


async def asks_for_code(house: House, dossier: Dossier, address: str) -> tuple[int, str]:
    """What the page says to somebody who has the code and the last digits."""
    person = house.person(address=address)
    await person.opens("/")
    await person.sends("/", code=dossier.code)
    answer = await person.sends("/identify", digits=person_of(dossier)[-4:])
    return answer.status_code, answer.headers["location"]


async def requested(house: House) -> int:
    async with house.store.engine.connect() as connection:
        return int(await connection.scalar(text("SELECT count(*) FROM passcode")) or 0)


async def test_a_range_of_numbers_gets_only_so_many_codes_and_every_answer_is_the_same(house: House) -> None:
    most = house.parts.manners.on(house.clock.today()).codes_prefix_an_hour
    victims = [await house.people.dossier(phone=f"0599123{n:03d}") for n in range(most + 5)]
    elsewhere = await house.people.dossier(phone="0901234567")

    answers = [await asks_for_code(house, one, f"198.51.100.{n}") for n, one in enumerate(victims)]
    sent = await requested(house)
    await asks_for_code(house, elsewhere, "203.0.113.9")

    assert sent == most and await requested(house) == most + 1
    assert set(answers) == {(303, "/passcode")}
    health = await house.person().opens("/health")
    assert health.json()["alarms"] == ["prefix_shut"]
    officer = await house.officer()
    await officer.opens("/desk/notices")
    assert "+84599123" in officer.text and "Báo động" in officer.text
    house.clock.forward(hours=1)
    assert "alarms" not in (await house.person().opens("/health")).json()


async def test_one_number_gets_only_so_many_codes_a_day_from_all_its_dossiers(house: House) -> None:
    most = house.parts.manners.on(house.clock.today()).codes_destination_a_day
    dossiers = [await house.people.dossier() for _ in range(most + 3)]

    for number, one in enumerate(dossiers):
        await asks_for_code(house, one, f"198.51.100.{number}")

    assert await requested(house) == most


async def test_the_check_page_answers_every_code_alike_in_time_and_tells_nothing_of_anybody(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(entrance, "SAME_TIME", 0.3)
    dossier = await house.people.dossier()
    took, texts = [], []
    for code in (dossier.code, new_code()):
        person: Person = house.person(address=f"192.0.2.{len(took) + 7}")
        await person.opens("/check")
        began = time.perf_counter()
        answer = await person.sends("/check", code=code)
        took.append(time.perf_counter() - began)
        assert answer.status_code == 200
        texts.append(person.text)

    assert all(one >= 0.3 for one in took)
    for secret in ("HOÀNG ANH", person_of(dossier), dossier.record_key, "4567", dossier.phone or ""):
        assert not any(secret in text for text in texts)
