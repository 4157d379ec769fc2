"""Many at once: only what was seen as it is, in the own office, and clear; two people where a service asks for them."""

import asyncio
from collections.abc import Mapping
from uuid import UUID, uuid4

import pytest
import sqlalchemy.exc
from sqlalchemy import text

from proactive.domain.dossier import Answer, Decision, Dossier, State
from proactive.errors import Permanent
from proactive.journeys import Journeys
from proactive.steps.approve import Outcome, sampled
from proactive.store.people import Officer
from proactive.store.scope import Scope, within
from tests.web.browsing import Person
from tests.web.conftest import House
from tests.web.people import OFFICE
from tests.web.test_desk import confirmed, opened

ELSEWHERE = "centre-20194"


async def clear(house: House, **person: object) -> Dossier:
    """A clear case that chance has not drawn."""
    dossier = await confirmed(house, **person)
    while sampled(dossier.id, percent=5, keys=house.keys):
        dossier = await confirmed(house, **person)
    return dossier


def rows(officer: Person) -> dict[str, str]:
    """The lines that may be ticked on the open page."""
    found = {}
    for part in officer.text.split('<input type="checkbox" name="row-')[1:]:
        id, rest = part.split('"', 1)
        found[f"row-{id}"] = rest.partition('value="')[2].partition('"')[0]
    return found


async def ticks(officer: Person, lines: Mapping[str, str]) -> None:
    await officer.sends("/desk/bulk/review", {"csrf": officer.hidden("/desk/bulk/review")["csrf"], **lines})


async def approves(officer: Person) -> None:
    await officer.sends("/desk/bulk/do")


async def test_what_was_ticked_is_approved_and_each_has_a_reference_of_its_own(house: House) -> None:
    waiting = [await clear(house, name=f"NGƯỜI {number}") for number in range(3)]
    officer = await house.officer()

    await ticks(officer, {line: word for line, word in rows(officer).items() if line != f"row-{waiting[2].id}"})
    await approves(officer)

    after = [await house.people.again(one.id) for one in waiting]
    assert [one.state for one in after] == [State.APPROVED, State.APPROVED, State.CONFIRMED]
    assert after[0].decided_by == "lan" and after[0].reference != after[1].reference and after[0].approved_hash
    assert "Đã duyệt 2 hồ sơ" in officer.text


async def test_whatever_somebody_should_think_about_is_left_with_its_reason(house: House) -> None:
    house.people.count = 100
    kinds: dict[str, Dossier] = {name: await clear(house, name=name) for name in ("ĐỔI", "HẾT", "KHÁC", "RÕ")}
    officer = await house.officer()
    await ticks(officer, rows(officer))
    await house.people.moved(kinds["ĐỔI"], needs=())
    house.registers["driver_licences"].rows.pop(kinds["HẾT"].record_key)
    home = house.registers["residents"]
    home.rows.clear()

    await approves(officer)

    states = {name: (await house.people.again(one.id)).state for name, one in kinds.items()}
    assert states["ĐỔI"] is State.CONFIRMED and states["HẾT"] is State.MOOT and State.APPROVED not in states.values()
    assert "Đã thay đổi từ khi ông/bà xem" in officer.text and "không còn cần nữa" in officer.text


async def test_a_silent_source_holds_them_all_and_loses_none(house: House) -> None:
    waiting = [await clear(house) for _ in range(2)]
    officer = await house.officer()
    await ticks(officer, rows(officer))
    house.registers["driver_licences"].silent = True

    await approves(officer)

    after = [await house.people.again(one.id) for one in waiting]
    assert all(one.state is State.CONFIRMED and one.held_because for one in after)
    assert officer.text.count("Cơ sở dữ liệu nguồn chưa trả lời") == 2


async def test_doubtful_lines_cannot_be_ticked(house: House) -> None:
    plain = await clear(house, name="RÕ RÀNG")
    noted = await clear(house, name="CÓ GHI")
    await house.people.moved(noted, answer_note="Tôi đã chuyển nhà.")
    held = await clear(house, name="BỊ GIỮ")
    await house.people.moved(held, held_because="x")
    disputed = await house.people.dossier(name="BÁO SAI")
    await house.people.moved(disputed, State.DISPUTED, verb="confirm", actor="citizen", answer=Answer.WRONG)

    officer = await house.officer()

    assert list(rows(officer)) == [f"row-{plain.id}"]


async def test_a_line_that_was_not_shown_to_this_officer_cannot_be_sent(house: House) -> None:
    await clear(house)
    theirs = await clear(house, office=ELSEWHERE)
    other, officer = await house.officer("hoa", office=ELSEWHERE), await house.officer()
    borrowed, own = rows(other), rows(officer)
    assert list(borrowed) == [f"row-{theirs.id}"]
    (line, word), form = next(iter(own.items())), officer.hidden("/desk/bulk/review")
    version, _, signature = word.partition(".")

    answers = []
    for wrong in (
        borrowed,
        {line: f"{int(version) + 1}.{signature}"},
        {f"row-{uuid4()}": word},
        {"row-x": word},
        {line: "1"},
        {f"row-{uuid4()}": word for _ in range(501)},
    ):
        for path in ("/desk/bulk/review", "/desk/bulk/do"):
            answer = await officer.posts(path, {"csrf": form["csrf"], "run": str(uuid4()), **wrong})
            answers.append(answer.status_code)

    assert set(answers) == {400} and (await house.people.again(theirs.id)) == theirs


async def test_even_the_step_takes_nothing_of_another_office(house: House) -> None:
    ours, theirs = await clear(house), await clear(house, office=ELSEWHERE)
    await house.officer()
    lan = await house.store.officers.get("lan")
    assert lan is not None
    asked: dict[UUID, int] = {one.id: one.version for one in (ours, theirs)} | {uuid4(): 0}

    with within(Scope(actor="lan", office=OFFICE, role="officer")):
        outcomes = await Journeys(house.parts).approve_many(asked, officer=lan)

    assert list(outcomes.values()) == [Outcome.DONE, Outcome.UNKNOWN, Outcome.UNKNOWN]
    assert (await house.people.again(theirs.id)) == theirs


async def test_pressing_twice_does_it_once_and_shows_the_same(house: House) -> None:
    dossier = await clear(house)
    officer = await house.officer()
    await ticks(officer, rows(officer))
    fields = officer.hidden("/desk/bulk/do")

    answers = await asyncio.gather(*(officer.posts("/desk/bulk/do", fields) for _ in range(3)))

    assert {answer.status_code for answer in answers} == {303}
    assert len({answer.headers["location"] for answer in answers}) == 1
    history = await house.store.dossiers.history(dossier.id)
    assert [line["verb"] for line in history].count("decide") == 1
    await officer.opens(answers[0].headers["location"])
    assert "Đã duyệt 1 hồ sơ" in officer.text


async def test_another_officers_result_is_not_there(house: House) -> None:
    await clear(house)
    officer, other = await house.officer(), await house.officer("hoa")
    await ticks(officer, rows(officer))
    await approves(officer)
    assert officer.page is not None

    answer = await other.opens(officer.page.url.path)

    assert answer.status_code == 404


async def test_nothing_ticked_and_nothing_without_the_token(house: House) -> None:
    dossier = await clear(house)
    officer = await house.officer()
    lines = rows(officer)

    forged = await officer.posts("/desk/bulk/do", {"run": str(uuid4()), **lines})
    await ticks(officer, {})

    assert forged.status_code == 403 and "Chưa chọn hồ sơ nào" in officer.text
    assert await house.people.again(dossier.id) == dossier


async def test_about_one_in_twenty_is_drawn_and_always_the_same(house: House) -> None:
    drawn = [sampled(UUID(int=number), percent=5, keys=house.keys) for number in range(4000)]
    again = [sampled(UUID(int=number), percent=5, keys=house.keys) for number in range(4000)]

    assert drawn == again and 140 < sum(drawn) < 260
    assert not any(sampled(UUID(int=number), percent=0, keys=house.keys) for number in range(100))
    assert all(sampled(UUID(int=number), percent=100, keys=house.keys) for number in range(100))


async def test_what_chance_has_drawn_is_approved_by_itself_only(house: House) -> None:
    dossier = await confirmed(house)
    while not sampled(dossier.id, percent=5, keys=house.keys):
        await house.people.moved(dossier, State.RETURNED, actor="hoa")
        dossier = await confirmed(house)
    officer = await house.officer()
    assert rows(officer) == {} and "Được rút ngẫu nhiên để xem riêng" in officer.text

    officer = await opened(house, dossier)
    await officer.sends(f"/desk/dossiers/{dossier.id}/review", decision="approve", note="")
    await officer.sends(f"/desk/dossiers/{dossier.id}/decide")

    assert (await house.people.again(dossier.id)).state is State.APPROVED


# -- Two people


async def two(house: House) -> tuple[Dossier, Officer, Officer]:
    dossier = await clear(house)
    dossier = await house.people.moved(dossier, two_people=True)
    found = []
    for name in ("lan", "hoa"):
        await house.officer(name)
        found.append(await house.store.officers.get(name))
    assert found[0] and found[1]
    return dossier, found[0], found[1]


def sits(officer: Officer) -> Scope:
    return Scope(actor=officer.username, office=officer.office, role=officer.role)


async def test_one_prepares_and_another_approves(house: House) -> None:
    dossier, lan, hoa = await two(house)
    steps = Journeys(house.parts)

    async def approve(officer: Officer) -> Dossier:
        version = (await house.people.again(dossier.id)).version
        with within(sits(officer)):
            return await steps.decide(
                dossier.id, decision=Decision.APPROVE, note=None, expected_version=version, officer=officer
            )

    with pytest.raises(Permanent, match="chưa được trình"):
        await approve(lan)
    with within(sits(lan)):
        await steps.prepare(dossier.id, expected_version=dossier.version, officer=lan)
    with pytest.raises(Permanent, match="không tự duyệt"):
        await approve(lan)
    approved = await approve(hoa)

    assert (approved.prepared_by, approved.decided_by, approved.state) == ("lan", "hoa", State.APPROVED)


async def test_prepared_of_another_content_is_void(house: House) -> None:
    dossier, lan, hoa = await two(house)
    with within(sits(lan)):
        prepared = await Journeys(house.parts).prepare(dossier.id, expected_version=dossier.version, officer=lan)
    changed = await house.people.moved(await house.people.again(prepared.id), choices={"new_class": "C1"})

    with pytest.raises(Permanent, match="chưa được trình"), within(sits(hoa)):
        await Journeys(house.parts).decide(
            changed.id, decision=Decision.APPROVE, note=None, expected_version=changed.version, officer=hoa
        )

    assert (await house.people.again(dossier.id)).state is State.CONFIRMED


@pytest.mark.parametrize(
    ("statement", "role"),
    [
        ("state = 'approved', decided_by = 'lan'", "owner"),
        ("state = 'approved', decided_by = 'lan', prepared_by = 'lan'", "owner"),
        ("state = 'approved', decided_by = NULL, prepared_by = 'lan'", "owner"),
        ("state = 'approved', decided_by = 'lan', prepared_by = 'hoa', prepared_hash = 'x'", "owner"),
        ("two_people = false", "pages"),
        ("prepared_by = 'hoa', prepared_hash = 'x'", "pages"),
        ("state = 'approved', decided_by = 'hoa', prepared_by = 'lan'", "pages"),
    ],
)
async def test_the_database_refuses_what_one_person_does_alone(house: House, statement: str, role: str) -> None:
    dossier, lan, _ = await two(house)
    engine = house.store.engine if role == "owner" else house.pages.engine

    with pytest.raises(sqlalchemy.exc.DBAPIError), within(sits(lan)):
        async with engine.begin() as connection:
            await connection.execute(text(f"UPDATE dossier SET {statement} WHERE id = :id"), {"id": dossier.id})

    assert await house.people.again(dossier.id) == dossier


async def test_many_are_prepared_at_once_and_approved_at_once_by_another(house: House) -> None:
    waiting = [await house.people.moved(await clear(house), two_people=True) for _ in range(3)]
    lan, hoa = await house.officer(), await house.officer("hoa")

    await lan.sends("/desk/bulk/review", {**rows(lan), "do": "prepare"})
    await approves(lan)
    prepared = lan.text
    await lan.opens("/desk")
    own = rows(lan)
    await hoa.opens("/desk")
    await ticks(hoa, rows(hoa))
    await approves(hoa)

    assert "Đã trình 3 hồ sơ" in prepared and own == {} and "Đã duyệt 3 hồ sơ" in hoa.text
    after = [await house.people.again(one.id) for one in waiting]
    assert {(one.state, one.prepared_by, one.decided_by) for one in after} == {(State.APPROVED, "lan", "hoa")}
