"""How the citizen wants to be told: the language of the messages and the channels, for this person and this service."""

from sqlalchemy import text

from proactive.web.citizen.own_dossier import ANSWERABLE
from tests.web.conftest import House
from tests.web.people import SERVICE


async def test_the_language_and_the_channels_are_kept_for_this_person(house: House) -> None:
    dossier = await house.people.dossier()
    citizen = await house.citizen(dossier)

    await citizen.opens("/dossier/messages")
    await citizen.sends("/dossier/messages", language="en", **{"without-sms": "1"})

    assert await house.store.addressees.language(dossier.subject) == "en"
    assert await house.store.addressees.opted_out(dossier.subject) == {(SERVICE, "sms")}
    await citizen.opens("/dossier/messages")
    await citizen.sends("/dossier/messages", language="vi")
    assert await house.store.addressees.language(dossier.subject) == "vi"
    assert await house.store.addressees.opted_out(dossier.subject) == set()


async def test_a_language_or_channel_that_nobody_offers_is_not_kept(house: House) -> None:
    dossier = await house.people.dossier()
    citizen = await house.citizen(dossier)

    await citizen.opens("/dossier/messages")
    await citizen.sends("/dossier/messages", language="xx", **{"without-pigeon": "1"})

    assert await house.store.addressees.language(dossier.subject) == "vi"
    assert await house.store.addressees.opted_out(dossier.subject) == set()


async def test_taking_back_a_channel_does_not_take_back_never(house: House) -> None:
    dossier = await house.people.dossier()
    citizen = await house.citizen(dossier)
    await citizen.sends("/dossier", answer="never")

    await citizen.opens("/dossier/messages")
    await citizen.sends("/dossier/messages", language="vi")

    assert await house.store.addressees.opted_out(dossier.subject) == {(SERVICE, "")}
    assert dossier.state in ANSWERABLE


async def test_a_simulated_number_in_a_live_service_is_an_alarm_in_health_and_on_the_desk(house: House) -> None:
    dossier = await house.people.dossier()
    officer = await house.officer("lan")
    assert "alarms" not in (await house.person().client.get("/health")).json()
    async with house.store.engine.begin() as connection:
        alarm = text("UPDATE dossier SET not_told_because = 'simulated_number' WHERE id = :id")
        await connection.execute(alarm, {"id": dossier.id})

    await officer.opens("/desk")

    assert (await house.person().client.get("/health")).json()["alarms"] == ["simulated_number"]
    assert "số điện thoại giả lập" in officer.text

    async with house.store.engine.begin() as connection:
        await connection.execute(text("UPDATE dossier SET state = 'moot' WHERE id = :id"), {"id": dossier.id})
    assert "alarms" not in (await house.person().client.get("/health")).json()
