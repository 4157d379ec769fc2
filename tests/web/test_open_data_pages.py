"""The public pages: which services come by themselves, what is done with data, and open figures as files."""

from proactive.steps.tally import tally
from tests.web.conftest import House
from tests.web.test_procedures import published


async def test_figures_for_everybody_with_definitions(house: House) -> None:
    await published(house)
    for _ in range(6):
        await house.people.dossier()
    house.clock.forward(days=3)
    await tally(catalogue=house.parts.catalogue, store=house.store, clock=house.clock, at_once=True)
    person = house.person()

    page = await person.opens("/open-data")
    assert "dưới 5" in page.text and "83,3 %" in page.text
    told = (await person.opens("/open-data/services.json")).json()
    assert told["rounded_down_to"] == 5 and told["null_means"] == "0-4" and set(told["columns"]) == set(told["rows"][0])
    assert all(number is None or number % 5 == 0 for row in told["rows"] for number in list(row.values())[2:])
    free = (await person.opens("/open-data/boundary-free.csv")).text
    assert free.lstrip("\ufeff").startswith("day,field,boundary_free,published") and ",,5,6" in free
    assert (await person.opens("/open-data/people.json")).status_code == 404


async def test_what_is_said_of_data_is_what_the_rules_read(house: House) -> None:
    person = house.person()
    service = house.parts.catalogue.services["driver_licence_renewal"]

    await person.opens("/services")
    assert service.title.vi in person.text and "60 ngày trước" in person.text
    await person.opens("/your-data")
    for register, column in service.columns():
        assert house.parts.catalogue.registers[register].columns[column].title.vi in person.text
