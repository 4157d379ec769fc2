"""The connector to the national portal, against a stand-in that follows what is known of the wire."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from pydantic import SecretStr

from connectors.intakes._statuses import STATUSES
from connectors.intakes.npsp import NpspIntake, Settings, dossier
from proactive.demo.npsp import ACCOUNT, HTML, SILENCE, Portal, app
from proactive.domain.application import STATUS_WORDS
from proactive.errors import Forged, Unreachable
from proactive.ports.intake import Refused, Taken, Unanswered
from proactive.ports.notifier import Hook
from tests.connectors.intakes.world import application
from tests.demo.servers import serving

GIVEN = application("000.00.15.H17-261122-0042")


@pytest.fixture
def portal() -> Portal:
    return Portal()


@pytest.fixture
async def intake(portal: Portal) -> AsyncIterator[NpspIntake]:
    async with serving(app(portal)) as url:
        settings = Settings(
            url=url, username=ACCOUNT["username"], password=SecretStr(ACCOUNT["password"]), dstcode="VN:GOV:1",
            unit="000.00.15.H17", timeout=1.0,
        )  # fmt: skip
        made = NpspIntake(settings)
        yield made
        await made.close()


async def test_it_is_looked_up_first_and_put_there_once(portal: Portal, intake: NpspIntake) -> None:
    outcomes = [await intake.submit(GIVEN) for _ in range(3)]

    assert outcomes == [Taken(GIVEN.reference)] * 3
    assert [call["service"] for call in portal.calls] == ["TraCuuHoSo", "DongBoHoSoMC", "TraCuuHoSo", "TraCuuHoSo"]
    assert portal.calls[1]["isUpdating"] == "False" and portal.calls[1]["madonvi"] == "000.00.15.H17"
    assert portal.begun == 1
    kept = portal.dossiers[GIVEN.reference]
    assert kept["NgayNopHoSo"] == "20261123090000" and kept["DinhDanhCHS"][0]["SoDinhDanh"] == "048180123456"
    assert await intake.find(GIVEN.reference) and not await intake.find("H17-261122-0001")


def test_a_dossier_is_texts_and_lists_of_texts_only() -> None:
    item = dossier(GIVEN, "20261123090000")

    assert all(isinstance(value, str | list) for value in item.values())
    assert item["KenhThucHien"] == "2" and item["LoaiDoiTuong"] == "1" and item["TrangThaiHoSo"] == "1"


async def test_another_content_under_its_code_is_refused_and_not_written_over(
    portal: Portal, intake: NpspIntake
) -> None:
    await intake.submit(GIVEN)

    outcome = await intake.submit(GIVEN.model_copy(update={"content_hash": "b" * 64}))

    assert isinstance(outcome, Refused)
    assert portal.dossiers[GIVEN.reference]["ThongTinKhac"].endswith("a" * 64)


async def test_a_dossier_that_was_born_there_is_changed_and_not_made_anew(portal: Portal, intake: NpspIntake) -> None:
    portal.dossiers[GIVEN.reference] = {"MaHoSo": GIVEN.reference, "ThongTinKhac": "", "TrangThaiHoSo": "1"}

    assert await intake.submit(GIVEN) == Taken(GIVEN.reference)
    assert portal.calls[-1]["isUpdating"] == "True"


@pytest.mark.parametrize("success", ["00", "0", 0])
async def test_success_is_written_in_three_ways(portal: Portal, intake: NpspIntake, success: object) -> None:
    portal.success = success

    assert await intake.submit(GIVEN) == Taken(GIVEN.reference)


@pytest.mark.parametrize(
    ("said", "kind"),
    [("12", Refused), (7, Refused), ("-1", Unanswered), (None, Unanswered), (HTML, Unanswered), (SILENCE, Unanswered)],
)
async def test_an_error_about_the_dossier_refuses_and_anything_else_is_no_answer(
    portal: Portal, intake: NpspIntake, said: object, kind: type
) -> None:
    portal.next_answers.extend(["00", said])

    assert isinstance(await intake.submit(GIVEN), kind)


async def test_what_was_taken_without_an_answer_is_found_before_it_is_handed_over_again(
    portal: Portal, intake: NpspIntake
) -> None:
    portal.next_answers.extend(["00", HTML])
    first = await intake.submit(GIVEN)

    assert isinstance(first, Unanswered) and await intake.find(GIVEN.reference)
    assert await intake.submit(GIVEN) == Taken(GIVEN.reference)
    assert len(portal.dossiers) == 1


async def test_a_session_that_ended_is_begun_again_once(portal: Portal, intake: NpspIntake) -> None:
    await intake.submit(GIVEN)
    portal.sessions.clear()

    assert await intake.find(GIVEN.reference)
    assert portal.begun == 2


async def test_a_wrong_account_is_no_answer(portal: Portal, intake: NpspIntake) -> None:
    intake._settings.password = SecretStr("wrong")

    outcome = await intake.submit(GIVEN)

    assert isinstance(outcome, Unanswered) and "check PROACTIVE_NPSP_USERNAME" in outcome.why
    with pytest.raises(Unreachable):
        await intake.find(GIVEN.reference)


async def test_the_status_is_read_with_its_day_and_an_unknown_one_is_passed_over(
    portal: Portal, intake: NpspIntake
) -> None:
    await intake.submit(GIVEN)
    kept = portal.dossiers[GIVEN.reference]
    assert [one.code for one in await intake.progress(GIVEN.reference)] == [1]

    kept |= {"TrangThaiHoSo": "10", "NgayTra": "20261127170000"}
    [returned] = await intake.progress(GIVEN.reference)
    kept["TrangThaiHoSo"] = "11"

    assert (returned.code, returned.at) == (10, datetime(2026, 11, 27, 10, tzinfo=UTC))
    assert await intake.progress(GIVEN.reference) == ()
    assert await intake.progress("H17-261122-0001") == ()
    assert sorted(STATUSES.values()) == sorted(STATUS_WORDS)


async def test_it_neither_lists_nor_calls_back(intake: NpspIntake) -> None:
    with pytest.raises(Unreachable):
        await intake.listed(GIVEN.approved_at, GIVEN.approved_at)
    with pytest.raises(Forged):
        intake.news(Hook("http://127.0.0.1", {}, b""))
