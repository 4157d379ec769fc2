"""Working together: taking, giving, taking over from who is away, notes; and what has changed since a drafting."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import text

from proactive.domain.dossier import Dossier, State
from proactive.store.scope import Scope, within
from tests.web.browsing import Person
from tests.web.conftest import House
from tests.web.people import OFFICE
from tests.web.test_desk import confirmed, opened

GROUND = "Luật 36/2024/QH15, Điều 62.4"


async def verbs(house: House, dossier: Dossier) -> list[tuple[str, str, str | None]]:
    history = await house.store.dossiers.history(dossier.id)
    return [(line["actor"], line["verb"], line["note"]) for line in history if line["verb"] not in {"draft", "offer"}]


async def holder(house: House, dossier: Dossier) -> str | None:
    return (await house.store.queue.holders([dossier.id])).get(dossier.id)


async def does(officer: Person, dossier: Dossier, what: str, **fields: str) -> int:
    """Press one of the buttons about whose hands it is in, on the page as it is now."""
    await officer.opens(f"/desk/dossiers/{dossier.id}")
    return (await officer.sends(f"/desk/dossiers/{dossier.id}/{what}", **fields)).status_code


async def test_taking_giving_back_and_giving_to_a_colleague_are_in_the_history(house: House) -> None:
    dossier = await confirmed(house)
    await house.officer("hoa")
    lan = await opened(house, dossier)

    await does(lan, dossier, "take")
    taken = await holder(house, dossier)
    await does(lan, dossier, "let-go")
    free = await holder(house, dossier)
    await does(lan, dossier, "give", to="hoa")

    assert (taken, free, await holder(house, dossier)) == ("lan", None, "hoa")
    assert [line[:2] for line in await verbs(house, dossier)][-3:] == [
        ("lan", "take"),
        ("lan", "let_go"),
        ("lan", "give"),
    ]


async def test_what_a_colleague_has_is_decided_after_taking_it_over_with_a_reason(house: House) -> None:
    dossier = await confirmed(house)
    hoa, lan = await house.officer("hoa"), await opened(house, dossier)
    stale = {**lan.hidden(f"/desk/dossiers/{dossier.id}/review"), "decision": "return", "note": "Thiếu giấy"}
    await does(hoa, dossier, "take")

    await lan.opens(f"/desk/dossiers/{dossier.id}")
    assert "hoa đang giữ" in lan.text and 'name="decision"' not in lan.text
    refused = await lan.posts(f"/desk/dossiers/{dossier.id}/decide", stale)
    await does(lan, dossier, "take", reason="")
    without = await holder(house, dossier)
    await does(lan, dossier, "take", reason="chị Hoa nhờ")

    assert refused.status_code == 409 and without == "hoa" and await holder(house, dossier) == "lan"
    assert (await verbs(house, dossier))[-1] == ("lan", "take_over", "hoa: chị Hoa nhờ")
    assert 'name="decision"' in (await lan.opens(f"/desk/dossiers/{dossier.id}")).text


async def test_from_who_is_away_all_that_waits_is_taken_over_at_once(house: House) -> None:
    waiting = [await confirmed(house, name=f"NGƯỜI {number}") for number in range(3)]
    hoa, lan = await house.officer("hoa"), await house.officer("lan")
    for dossier in waiting[:2]:
        await does(hoa, dossier, "take")
    await lan.opens("/desk/colleagues")
    early = await lan.posts("/desk/colleagues/take-over", {**lan.hidden("/desk/colleagues/away"), "whom": "hoa"})
    today = house.clock.today()
    await lan.sends("/desk/colleagues/away", whom="hoa", since=str(today), until=str(today + timedelta(days=3)))

    await lan.sends("/desk/colleagues/take-over")

    assert early.status_code == 400
    assert [await holder(house, dossier) for dossier in waiting] == ["lan", "lan", None]
    assert (await verbs(house, waiting[0]))[-1] == ("lan", "take_over", "hoa: vắng mặt")
    assert "NGƯỜI 0" in lan.text and "NGƯỜI 2" not in lan.text


@pytest.mark.parametrize(
    ("since", "until"), [("", ""), ("2026-11-25", "2026-11-23"), ("x", "2026-11-23"), ("2026-01-01", "2028-01-01")]
)
async def test_days_that_make_no_sense_are_said(house: House, since: str, until: str) -> None:
    lan = await house.officer("lan")
    await lan.opens("/desk/colleagues")

    answer = await lan.sends("/desk/colleagues/away", whom="lan", since=since, until=until)

    assert answer.status_code == 400 and "ngày cuối không trước ngày đầu" in lan.text


async def test_nothing_of_another_office_is_taken_given_or_noted(house: House) -> None:
    theirs, ours = await confirmed(house, office="centre-20194"), await confirmed(house)
    await house.officer("xa", office="centre-20194")
    lan = await opened(house, ours)
    csrf = lan.hidden(f"/desk/dossiers/{ours.id}/note")
    fields = {**csrf, "to": "xa", "note": "x", "reason": "x"}

    elsewhere = [(await lan.posts(f"/desk/dossiers/{theirs.id}/{what}", fields)).status_code for what in
                 ("take", "let-go", "give", "note")]  # fmt: skip
    stranger = await lan.posts(f"/desk/dossiers/{ours.id}/give", fields)
    colleague = await lan.posts(
        "/desk/colleagues/away", {**csrf, "whom": "xa", "since": "2026-11-23", "until": "2026-11-23"}
    )
    over = await lan.posts("/desk/colleagues/take-over", {**csrf, "whom": "xa"})

    assert elsewhere == [404] * 4 and (stranger.status_code, colleague.status_code, over.status_code) == (400, 400, 400)
    assert await holder(house, theirs) is None and await holder(house, ours) is None


async def test_two_who_take_at_once_do_not_both_have_it(house: House) -> None:
    dossier = await confirmed(house)
    now = house.clock.now()
    hands = house.store.hands

    first = await hands.hand([dossier.id], to="lan", by="lan", held_by=None, verb="take", note="lan", now=now)
    second = await hands.hand([dossier.id], to="hoa", by="hoa", held_by=None, verb="take", note="hoa", now=now)
    third = await hands.hand([dossier.id], to="hoa", by="hoa", held_by="nam", verb="take_over", note="x", now=now)

    assert (first, second, third) == (1, 0, 0) and await holder(house, dossier) == "lan"


async def test_notes_are_for_officers_of_the_office_alone(house: House) -> None:
    dossier = await confirmed(house)
    lan = await opened(house, dossier)

    await does(lan, dossier, "note", note="Đã gọi hỏi <b>mẹ</b> công dân.")

    assert "Đã gọi hỏi <b>mẹ</b> công dân." in lan.text and "<b>mẹ</b>" not in lan.page.text  # type: ignore[union-attr]
    assert "Đã gọi hỏi" not in (await house.citizen(dossier)).text
    shown = {}
    for name, scope in {
        "citizen": Scope(dossier=str(dossier.id)),
        "subject": Scope(subject=dossier.subject),
        "office": Scope(office=OFFICE),
        "other": Scope(office="centre-20194"),
    }.items():
        with within(scope):
            async with house.pages.engine.connect() as connection:
                shown[name] = await connection.scalar(text("SELECT count(*) FROM desk_note"))
    assert shown == {"citizen": 0, "subject": 0, "office": 1, "other": 0}


async def test_a_refusal_names_its_legal_ground_and_the_citizen_reads_it(house: House) -> None:
    dossier = await confirmed(house)
    lan = await opened(house, dossier)
    await lan.sends(f"/desk/dossiers/{dossier.id}/review", decision="refuse", note="Còn vi phạm chưa giải quyết.")
    assert "Chọn căn cứ pháp lý" in lan.text

    await lan.sends(f"/desk/dossiers/{dossier.id}/review", ground=GROUND, decision="refuse", note="Còn vi phạm.")
    await lan.sends(f"/desk/dossiers/{dossier.id}/decide")

    after = await house.people.again(dossier.id)
    assert after.state is State.REFUSED and after.decision_note == f"Còn vi phạm.\nCăn cứ: {GROUND}"
    assert GROUND in (await house.citizen(after)).text


async def test_what_the_registers_say_otherwise_is_shown_beside(house: House) -> None:
    dossier = await confirmed(house)
    async with house.store.engine.begin() as connection:
        for register, source in house.registers.items():
            for key, held in source.rows.items():
                row = json.loads(bytes(held.record))
                row |= {"address": "27 Trần Phú"} if register == "residents" else {}
                await connection.execute(
                    text(
                        "INSERT INTO record (register, key, subject, version, deleted, body, revision, kept_at) "
                        "VALUES (:register, :key, :subject, 1, false, CAST(:body AS json), 1, now())"
                    ),
                    {"register": register, "key": key, "subject": dossier.subject, "body": json.dumps(row)},
                )

    lan = await opened(house, dossier)

    assert "Dữ liệu nguồn đã đổi từ khi lập hồ sơ" in lan.text and "27 Trần Phú" in lan.text


async def test_two_people_on_the_page(house: House) -> None:
    dossier = await house.people.moved(await confirmed(house), two_people=True)
    hoa, lan = await house.officer("hoa"), await opened(house, dossier)
    assert 'value="prepare"' in lan.text and 'value="approve"' not in lan.text

    await lan.sends(f"/desk/dossiers/{dossier.id}/review", decision="prepare", note="")
    await lan.sends(f"/desk/dossiers/{dossier.id}/decide")
    mine = lan.text
    await hoa.opens(f"/desk/dossiers/{dossier.id}")
    theirs = hoa.text
    await hoa.sends(f"/desk/dossiers/{dossier.id}/review", decision="approve", note="")
    await hoa.sends(f"/desk/dossiers/{dossier.id}/decide")

    assert 'value="approve"' not in mine and "cần một cán bộ khác duyệt" in mine
    assert 'value="approve"' in theirs and "lan đã trình" in theirs
    after = await house.people.again(dossier.id)
    assert (after.state, after.prepared_by, after.decided_by) == (State.APPROVED, "lan", "hoa")
