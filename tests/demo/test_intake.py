"""The stand-in for the intake goes through the portal's statuses, calls back, and remembers over a restart."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from standardwebhooks import Webhook

from proactive.demo.intake import IntakeSettings, app
from proactive.domain.application import Applicant, Application, Progress
from tests.connectors.intakes.world import SECRET, application
from tests.demo.servers import Catcher, serving, until


def settings(public: str = "http://127.0.0.1:1", **changes: Any) -> IntakeSettings:
    return IntakeSettings(**{"secret": SECRET, "callback": f"{public}/hooks/intake", "step": 0.01, **changes})


class Client(httpx.AsyncClient):
    """Signs what it sends."""

    def __init__(self, url: str) -> None:
        super().__init__(base_url=url, trust_env=False)

    async def ask(self, method: str, reference: str, body: str = "") -> httpx.Response:
        now = datetime.now(UTC)
        headers = {
            "webhook-id": reference,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": Webhook(SECRET).sign(reference, now, body),
        }
        return await self.request(method, f"/v1/applications/{reference}", content=body, headers=headers)

    async def put(self, given: Application) -> httpx.Response:  # type: ignore[override] # what these tests put
        return await self.ask("PUT", given.reference, given.model_dump_json())


async def test_an_application_ends_where_the_citizen_wanted_its_result() -> None:
    catcher = Catcher()
    async with catcher.listening() as public, serving(app(settings(public))) as url, Client(url) as intake:
        answer = await intake.put(application(returning_office="centre-20332"))
        await until(lambda: len(catcher.hooks) == 5)
        course = (await intake.ask("GET", application().reference)).json()["statuses"]

    assert answer.status_code == 201
    assert [status["code"] for status in course] == [1, 2, 4, 9, 10]
    assert [status["office"] for status in course] == ["csgt-da-nang"] * 3 + ["centre-20332"] * 2
    assert "xã Hòa Tiến" in course[-1]["note"]
    told = sorted(Progress.model_validate_json(hook.body).code for hook in catcher.hooks)
    assert told == [1, 2, 4, 9, 10]
    for hook in catcher.hooks:
        Webhook(SECRET).verify(hook.body, dict(hook.headers))


async def test_call_backs_are_tried_again_and_may_be_told_twice() -> None:
    catcher = Catcher()
    catcher.answers = [500, 503]
    async with catcher.listening() as public, serving(app(settings(public, twice=True))) as url, Client(url) as intake:
        await intake.put(application())
        await until(lambda: len(catcher.hooks) == 12)

    ids = [hook.headers["webhook-id"] for hook in catcher.hooks]
    assert len(set(ids)) == 5


@pytest.mark.parametrize(
    ("changes", "status", "says"),
    [
        ({"returning_office": "nowhere"}, 422, "nowhere"),
        ({"applicant": Applicant(personal_id="0481", full_name="A")}, 422, "12 chữ số"),
        ({"applicant": Applicant(personal_id="048180123456", full_name=" ")}, 422, "họ và tên"),
    ],
)
async def test_what_it_cannot_take_it_refuses_with_a_reason(changes: Any, status: int, says: str) -> None:
    async with serving(app(settings())) as url, Client(url) as intake:
        answer = await intake.put(application(**changes))

    assert answer.status_code == status
    assert says in answer.json()["reason"]


async def test_a_wrong_body_a_wrong_place_and_a_stranger_are_refused() -> None:
    async with serving(app(settings())) as url, Client(url) as intake:
        unreadable = await intake.ask("PUT", "R-1", '{"reference": "R-1"}')
        elsewhere = await intake.ask("PUT", "R-2", application().model_dump_json())
        stranger = await intake.request("PUT", "/v1/applications/R-1", content=application().model_dump_json())
        asking = await intake.get("/v1/applications/R-1")

    assert [answer.status_code for answer in (unreadable, elsewhere, stranger, asking)] == [400, 400, 401, 401]


async def test_every_second_answer_can_be_dropped() -> None:
    async with serving(app(settings(drop=2))) as url, Client(url) as intake:
        assert (await intake.put(application("R-1"))).status_code == 201
        with pytest.raises(httpx.RemoteProtocolError):
            await intake.put(application("R-2"))
        assert (await intake.put(application("R-2"))).status_code == 200
        log = (await intake.get("/log.json")).json()

    assert [(entry["reference"], entry["answer"]) for entry in log] == [("R-1", 201), ("R-2", 0), ("R-2", 200)]
    assert {entry["dossier_id"] for entry in log} == {str(application().dossier_id)}


async def test_any_status_can_be_played_until_it_is_closed() -> None:
    async with serving(app(settings(step=30.0))) as url, Client(url) as intake:
        await intake.put(application())
        answers = [(await intake.post(f"/play/{application().reference}/{code}")).status_code for code in (5, 8, 9)]
        course = (await intake.ask("GET", application().reference)).json()["statuses"]

    assert answers == [200, 200, 409]
    assert [status["code"] for status in course] == [1, 5, 8]


async def test_after_a_restart_it_still_knows_everything_and_goes_on(tmp_path: Path) -> None:
    keep = tmp_path / "kept.jsonl"
    async with serving(app(settings(keep=keep, step=30.0))) as url, Client(url) as intake:
        await intake.put(application())
        await asyncio.sleep(0.05)

    catcher = Catcher()
    async with catcher.listening() as public, serving(app(settings(public, keep=keep))) as url, Client(url) as intake:
        assert (await intake.put(application())).status_code == 200
        await until(lambda: len(catcher.hooks) == 4)
        course = (await intake.ask("GET", application().reference)).json()["statuses"]
        log = (await intake.get("/log.json")).json()

    assert [status["code"] for status in course] == [1, 2, 4, 9, 10]
    assert [entry["answer"] for entry in log] == [201, 200]


async def test_the_page_lists_applications_and_escapes_everything() -> None:
    async with serving(app(settings())) as url, Client(url) as intake:
        empty = (await intake.get("/")).text
        hostile = Applicant(personal_id="048180123456", full_name="<script>alert(1)</script>")
        await intake.put(application(applicant=hostile))
        page = (await intake.get("/")).text

    assert "Chưa có hồ sơ nào" in empty
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "Trung tâm Phục vụ hành chính công phường Hải Châu" in page
    assert "048180123456" not in page
    assert "***456" in page
