"""What surrounds every page: strict headers, logs without anybody's data, and failures that say what to do."""

import json
import re
from collections.abc import Iterator

import pytest
import structlog
from structlog.testing import capture_logs

from proactive import metrics
from proactive.web.forms import MOST_BYTES
from tests.web.browsing import HERE
from tests.web.conftest import House
from tests.web.people import UNIT, person_of


@pytest.fixture
def logged() -> Iterator[list[dict[str, object]]]:
    structlog.reset_defaults()
    with capture_logs() as lines:
        yield lines  # type: ignore[misc]  # mappings of words to values


async def test_every_page_keeps_browsers_strict(house: House) -> None:
    citizen, officer = await house.citizen(await house.people.dossier()), await house.officer()

    for person, path in (
        (citizen, "/"),
        (citizen, "/dossier"),
        (citizen, "/check"),
        (officer, "/desk"),
        (citizen, "/x"),
    ):
        headers = (await person.opens(path)).headers
        policy = headers["content-security-policy"]
        assert "frame-ancestors 'none'" in policy and "unsafe" not in policy and "default-src 'none'" in policy
        assert headers["cache-control"] == "no-store" and headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"


async def test_scripts_are_ours_and_carry_the_nonce_of_the_page(house: House) -> None:
    page = await house.person().opens("/")

    nonces = set(re.findall(r'nonce="([^"]+)"', page.text))
    inline = re.findall(r"<script(?![^>]*\bsrc=)[^>]*>", page.text)

    assert len(nonces) == 1 and f"'nonce-{nonces.pop()}'" in page.headers["content-security-policy"]
    assert all("nonce=" in script for script in inline) and " style=" not in page.text and "onclick" not in page.text


async def test_pages_say_their_language(house: House) -> None:
    person = house.person()

    vietnamese = await person.opens("/")
    english = await person.opens("/check?lang=en")
    still = await person.opens("/")
    neither = await person.opens("/?lang=xx")

    assert '<html lang="vi"' in vietnamese.text and '<html lang="en"' in english.text
    assert "Did the city send this message?" in english.text
    assert '<html lang="en"' in still.text and '<html lang="en"' in neither.text


async def test_no_log_line_holds_anybodys_data(house: House, logged: list[dict[str, object]]) -> None:
    dossier = await house.people.dossier()
    citizen = await house.citizen(dossier)
    await citizen.opens("/dossier?name=NGUYEN&code=" + dossier.code)
    await citizen.sends("/dossier", {"answer": "confirm", "choice-new_class": "B", "return_to": f"centre-{UNIT}"})
    officer = await house.officer()
    await officer.opens(f"/desk/dossiers/{dossier.id}")
    await officer.opens("/nowhere/" + person_of(dossier))

    written = json.dumps(logged, ensure_ascii=False, default=str)

    private = (dossier.code, person_of(dossier), str(dossier.id), "NGUY", "0901234567", dossier.record_key, "lang=")
    assert not [value for value in private if value in written]
    assert "/desk/dossiers/{id}" in written and "(none)" in written


async def test_a_failure_is_a_page_that_says_what_to_do(
    house: House, logged: list[dict[str, object]], monkeypatch: pytest.MonkeyPatch
) -> None:
    citizen = await house.citizen(await house.people.dossier())

    async def broken(*_: object) -> None:
        raise RuntimeError("secret 0901234567")

    monkeypatch.setattr(house.pages.dossiers, "get", broken)

    answer = await citizen.opens("/dossier")

    assert answer.status_code == 500 and "Chưa lưu được, xin thử lại" in answer.text and "1022" in answer.text
    assert "0901234567" not in answer.text + json.dumps(logged, default=str)
    assert any(line["event"] == "page.failed" and "test_guard.py" in str(line["at"]) for line in logged)


async def test_an_unknown_page_and_an_unknown_method_are_designed_too(house: House) -> None:
    person = house.person()

    unknown, method = await person.opens("/khong-co"), await person.client.request("PUT", "/")

    assert unknown.status_code == 404 and "Không có trang này" in unknown.text
    assert method.status_code == 405 and "Không có trang này" in method.text


@pytest.mark.parametrize(
    "asked", ["/048157731946", "//other.example/x", "/procedures/048157731946", "/desk/048157731946"]
)
async def test_an_error_page_says_nothing_back_of_what_was_asked_for(house: House, asked: str) -> None:
    answer = await house.person().client.get(f"{HERE}{asked}", follow_redirects=True)

    assert answer.status_code == 404
    assert not [part for part in ("048157731946", "other.example") if part in answer.text]


async def test_nobody_makes_new_figures_by_calling_with_words_of_their_own(house: House) -> None:
    person = house.person()
    for word in ("BREW", "WHEN", "POKE"):
        await person.client.request(word, f"/{word}")

    told = {
        (sample.labels["method"], sample.labels["route"])
        for one in metrics.PAGE.collect()
        for sample in one.samples
        if sample.name.endswith("_count")
    }
    assert ("other", "(none)") in told
    assert not [one for one in told if {*one} & {"BREW", "WHEN", "POKE", "/BREW", "/WHEN", "/POKE"}]


@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [
        ("application/json", b"{}", 415),
        ("multipart/form-data; boundary=x", b"--x--", 415),
        ("application/x-www-form-urlencoded", b"code=" + b"x" * MOST_BYTES, 413),
        ("application/x-www-form-urlencoded", b"&".join(b"a%d=1" % i for i in range(300)), 400),
        ("application/x-www-form-urlencoded", b"code=\xff\xfe", 400),
        ("application/x-www-form-urlencoded", b"code=%ff%fe", 400),
        ("application/x-www-form-urlencoded", b"code=%00%0d%0a", 403),
    ],
)
async def test_a_form_that_no_page_of_ours_sends_is_refused(house: House, kind: str, body: bytes, status: int) -> None:
    answer = await house.person().client.post("/", content=body, headers={"content-type": kind})

    assert (answer.status_code == status and "1022" in answer.text) or status == 413


async def test_a_first_visit_is_light(house: House) -> None:
    person = house.person()
    page = await person.opens("/")

    weight = len(page.content)
    files = set(re.findall(r"(/static/[^\"?]+)\?v=", page.text))
    stylesheet = (await person.client.get("/static/site.css")).text
    files |= {f"/static/{name}" for name in re.findall(r"url\(([a-z0-9-]+\.woff2)\)", stylesheet)}
    files.add("/static/govuk-frontend.js")
    for file in files:
        async with person.client.stream("GET", file, headers={"accept-encoding": "gzip"}) as answer:
            weight += sum([len(part) async for part in answer.aiter_raw()])

    assert len(files) == 9 and weight < 150_000, weight


async def test_static_files_are_kept_by_browsers_and_nothing_else_can_be_asked_for(house: House) -> None:
    person = house.person()

    await person.opens("/")
    named = re.findall(r"/static/site\.css\?v=\w+", person.text)[0]
    css, bare = await person.client.get(named), await person.client.get("/static/site.css")
    again = await person.client.get("/static/site.css", headers={"if-none-match": css.headers["etag"]})

    assert "immutable" in css.headers["cache-control"] and again.status_code == 304
    assert "immutable" not in bare.headers["cache-control"] and bare.content == css.content
    for path in (
        "/static/../app.py",
        "/static/%2e%2e%2fapp.py",
        "/static/",
        "/static/nothing.css",
        "/docs",
        "/openapi.json",
    ):
        assert (await person.client.get(path)).status_code == 404


async def test_health_tells_whether_the_database_answers(house: House) -> None:
    person = house.person()

    health, ready = await person.client.get("/health"), await person.client.get("/ready")

    assert health.json() == {"status": "ok", "database": True} and health.status_code == 200
    assert ready.status_code == 204


async def test_a_silent_database_is_told_and_nothing_passes(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    async def silent(*_: object, **__: object) -> None:
        raise OSError("no database")

    monkeypatch.setattr(house.pages.figures, "alive", silent)
    monkeypatch.setattr(house.pages.counters, "next", silent)
    person = house.person()
    await person.opens("/")

    health = await person.client.get("/health")
    answer = await person.sends("/", code="K7Q4M2XD")

    assert health.status_code == 503 and health.json() == {"status": "failing", "database": False}
    assert answer.status_code == 503 and "Hệ thống đang tạm nghỉ" in person.text
