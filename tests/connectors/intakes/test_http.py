"""The intake over HTTP: yes is taken, no is refused, and everything else is asked about before it is tried again."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from standardwebhooks import Webhook
from starlette.responses import JSONResponse, Response

from connectors.intakes import http
from connectors.intakes._statuses import STATUSES
from proactive.demo.stage import BreaksOff
from proactive.domain.application import STATUS_WORDS, Application
from proactive.errors import Forged, Unreachable, Unusable
from proactive.ports.intake import Intake, Refused, Taken, Unanswered
from proactive.ports.notifier import Hook
from tests.connectors.intakes.world import SECRET, Told, application, opened

NEWS = '{"reference": "R-1", "code": 9, "at": "2026-11-23T03:04:05Z", "office": "centre-20242", "note": null}'


def signed(body: str, *, secret: str = SECRET, at: datetime | None = None) -> Hook:
    moment = at or datetime.now(UTC)
    headers = {
        "Webhook-Id": "R-1.9",
        "Webhook-Timestamp": str(int(moment.timestamp())),
        "Webhook-Signature": Webhook(secret).sign("R-1.9", moment, body),
    }
    return Hook("https://app.example.gov.vn/hooks/intake", headers, body.encode())


@pytest.fixture
async def there() -> AsyncIterator[Told]:
    told = Told()
    async with told.listening():
        yield told


@pytest.fixture
async def intake(there: Told, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Intake]:
    made = await opened(monkeypatch, there.url)
    yield made
    await made.close()


@pytest.mark.parametrize("status", list(http.ANSWERS))
async def test_each_answer_of_the_table_means_what_the_table_says(intake: Intake, there: Told, status: int) -> None:
    there.answer = JSONResponse({"reason": "Thiếu ngày sinh."}, status)

    outcome = await intake.submit(application())

    if http.ANSWERS[status] is Taken:
        assert outcome == Taken(application().reference)
    else:
        assert outcome == Refused("Thiếu ngày sinh.")
    assert len(there.requests) == 1


@pytest.mark.parametrize(
    ("status", "kind"), [(200, Taken), (201, Taken), (202, Taken), (400, Refused), (409, Refused), (422, Refused)]
)
def test_the_table_of_answers_is_as_agreed(status: int, kind: type) -> None:
    assert http.ANSWERS[status] is kind


@pytest.mark.parametrize("status", [204, 301, 307, 401, 403, 404, 408, 413, 429, 500, 502, 503, 504])
async def test_any_other_answer_says_nothing_about_the_application(intake: Intake, there: Told, status: int) -> None:
    there.answer = Response(status_code=status, headers={"location": "/elsewhere"})

    outcome = await intake.submit(application())

    assert isinstance(outcome, Unanswered)
    assert str(status) in outcome.why
    assert len(there.requests) == 1


@pytest.mark.parametrize("body", [b"", b"[]", b"no json", b'{"reason": null}', b"\xff"])
async def test_a_refusal_without_words_is_told_as_such(intake: Intake, there: Told, body: bytes) -> None:
    there.answer = Response(body, 422)

    outcome = await intake.submit(application())

    assert outcome == Refused("it answered HTTP 422 without a reason")


async def test_a_refusal_s_reason_is_kept_short(intake: Intake, there: Told) -> None:
    there.answer = JSONResponse({"reason": "a" * 5000}, 400)

    outcome = await intake.submit(application())

    assert outcome == Refused("a" * 300)


async def test_a_broken_off_answer_leaves_it_open(intake: Intake, there: Told) -> None:
    there.answer = BreaksOff()

    assert isinstance(await intake.submit(application()), Unanswered)


async def test_a_late_answer_leaves_it_open(there: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    there.delay = 1.0
    impatient = await opened(monkeypatch, there.url, TIMEOUT="0.2")

    assert await impatient.submit(application()) == Unanswered("it did not answer in time")
    await impatient.close()


async def test_where_nobody_listens_it_is_left_open_and_questions_are_unreachable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lonely = await opened(monkeypatch, "http://127.0.0.1:1")

    assert await lonely.submit(application()) == Unanswered("it could not be reached")
    with pytest.raises(Unreachable):
        await lonely.find("R-1")
    with pytest.raises(Unreachable):
        await lonely.progress("R-1")
    await lonely.close()


async def test_what_is_handed_over_is_the_application_signed_under_its_reference(intake: Intake, there: Told) -> None:
    given = application("H17.48/26 1123?x")

    await intake.submit(given)

    [(method, path, headers, body)] = there.requests
    assert (method, path) == ("PUT", "/v1/applications/H17.48%2F26%201123%3Fx")
    assert Application.model_validate_json(body) == given
    Webhook(SECRET).verify(body, headers)


@pytest.mark.parametrize("written", [*STATUSES, *map(int, STATUSES)])
async def test_each_status_of_the_table_comes_as_text_and_as_number(
    intake: Intake, there: Told, written: str | int
) -> None:
    there.answer = JSONResponse({"reference": "R-1", "statuses": [{"code": written, "at": "2026-11-23T03:04:05"}]})

    [progress] = await intake.progress("R-1")

    assert progress.code == STATUSES[str(written)]
    assert progress.at == datetime(2026, 11, 23, 3, 4, 5, tzinfo=UTC)


def test_the_statuses_are_those_of_the_portal() -> None:
    assert {int(code): ours for code, ours in STATUSES.items()} == {code: code for code in STATUS_WORDS}


async def test_statuses_are_given_oldest_first_and_unknown_ones_are_passed_over(intake: Intake, there: Told) -> None:
    statuses = [
        {"code": "2", "at": "2026-11-23T03:00:00Z"},
        {"code": 11, "at": "2026-11-23T02:30:00Z"},
        {"code": 1, "at": "2026-11-23T02:00:00Z", "office": "csgt-da-nang", "note": "…", "more": 1},
    ]
    there.answer = JSONResponse({"reference": "R-1", "statuses": statuses})

    assert [progress.code for progress in await intake.progress("R-1")] == [1, 2]


async def test_an_application_that_is_not_there_is_not_found(intake: Intake, there: Told) -> None:
    there.answer = JSONResponse({"reason": "…"}, 404)

    assert not await intake.find("R-1")
    assert await intake.progress("R-1") == ()


@pytest.mark.parametrize(
    "answer", [Response("", 500), Response("", 401), Response("what"), JSONResponse([]), BreaksOff()]
)
async def test_an_answer_that_cannot_be_used_is_unreachable(intake: Intake, there: Told, answer: Response) -> None:
    there.answer = answer

    with pytest.raises(Unreachable):
        await intake.find("R-1")


async def test_signed_news_is_progress(intake: Intake) -> None:
    [progress] = intake.news(signed(NEWS))

    assert (progress.reference, progress.code, progress.office) == ("R-1", 9, "centre-20242")


@pytest.mark.parametrize("body", ['{"reference": "R-1", "code": 77, "at": "2026-11-23T03:04:05Z"}', "{}", "not json"])
async def test_signed_news_that_says_nothing_we_know_changes_nothing(intake: Intake, body: str) -> None:
    assert intake.news(signed(body)) == ()


@pytest.mark.parametrize(
    "hook",
    [
        Hook("u", {}, NEWS.encode()),
        Hook("u", {**signed(NEWS).headers, "Webhook-Signature": "v1"}, NEWS.encode()),
        Hook("u", {**signed(NEWS).headers, "Webhook-Signature": "v1,đ"}, NEWS.encode()),
        Hook("u", {**signed(NEWS).headers, "Webhook-Timestamp": "soon"}, NEWS.encode()),
        Hook("u", {**signed(NEWS).headers, "Webhook-Timestamp": "inf"}, NEWS.encode()),
        Hook("u", {**signed(NEWS).headers, "Webhook-Id": "R-1.10"}, NEWS.encode()),
        Hook("u", signed(NEWS).headers, b"\xff"),
        signed(NEWS, secret="whsec_" + "B" * 32),
        signed(NEWS, at=datetime.now(UTC) - timedelta(hours=6)),
        signed(NEWS, at=datetime.now(UTC) + timedelta(hours=6)),
    ],
    ids=range(10),
)
async def test_what_the_intake_did_not_sign_lately_is_forged(intake: Intake, hook: Hook) -> None:
    with pytest.raises(Forged):
        intake.news(hook)


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(place=st.integers(0, len(NEWS) - 1), byte=st.binary(max_size=2))
async def test_news_altered_by_a_byte_is_forged(intake: Intake, place: int, byte: bytes) -> None:
    hook = signed(NEWS)
    altered = hook.body[:place] + byte + hook.body[place + 1 :]

    if altered != hook.body:
        with pytest.raises(Forged):
            intake.news(Hook(hook.url, hook.headers, altered))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("URL", ""),
        ("URL", "intake"),
        ("SECRET", ""),
        ("SECRET", "too-short"),
        ("SECRET", "whsec_short"),
        ("TIMEOUT", "0"),
    ],
)
async def test_a_setting_that_cannot_be_used_is_named_and_its_value_is_not(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    with pytest.raises(Unusable) as refused:
        await opened(monkeypatch, **{"url": "http://127.0.0.1:1", name: value})

    assert f"PROACTIVE_INTAKE_{name}" in str(refused.value)
    assert "\n" not in str(refused.value)
    assert SECRET not in str(refused.value)
    assert "too-short" not in str(refused.value)
