"""The whole way on pages without JavaScript: the citizen's two minutes and the officer's decision."""

from proactive.domain.dossier import State
from tests.web.conftest import House
from tests.web.people import UNIT


async def test_a_citizen_confirms_and_an_officer_approves(house: House) -> None:
    dossier = await house.people.dossier()
    citizen = await house.citizen(dossier)
    assert "NGUYỄN THỊ HOÀNG ANH" in citizen.text

    await citizen.sends("/dossier", {"answer": "confirm", "choice-new_class": "C1", "return_to": f"centre-{UNIT}"})

    confirmed = await house.people.again(dossier.id)
    assert confirmed.state is State.CONFIRMED and confirmed.choices == {"new_class": "C1"}
    assert "Đã nhận xác nhận của ông/bà" in citizen.text

    officer = await house.officer()
    assert "NGUYỄN THỊ HOÀNG ANH" in officer.text
    await officer.opens(f"/desk/dossiers/{dossier.id}")
    await officer.sends(f"/desk/dossiers/{dossier.id}/review", decision="approve", note="")
    await officer.sends(f"/desk/dossiers/{dossier.id}/decide")

    approved = await house.people.again(dossier.id)
    assert approved.state is State.APPROVED and approved.decided_by == "lan"
