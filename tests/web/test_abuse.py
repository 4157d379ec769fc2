"""Abuse cases of docs/threats.md that no other test holds: each fails when its control is taken out."""

import ast
import json
import re
import time
from pathlib import Path

import jinja2
import pytest
import structlog
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from notifiers import sms
from proactive.errors import Unusable
from proactive.logs import begin_logging
from proactive.parts import strong
from proactive.ports.clock import SystemClock
from proactive.settings import Settings
from proactive.web.guard import Guard
from rules.messages import template
from rules.source import read
from tests.docs.reading import ROOT
from tests.fuzz import ENVIRONMENT, PUBLIC, Hook, RequestValidator
from tests.web.browsing import Person
from tests.web.conftest import House
from tests.web.people import OFFICE

MOUTHS = {"httpx", "aiohttp", "requests", "urllib.request", "aiosmtplib", "socket"}
"""Libraries that a program calls out with."""


async def guarded(*, https: bool) -> Person:
    async def page(_: object) -> PlainTextResponse:
        return PlainTextResponse("x")

    app = Starlette(routes=[Route("/", page)])
    return Person(Guard(app, failed=lambda *_: PlainTextResponse("!"), https=https), address="192.0.2.1")


async def test_browsers_are_told_to_come_by_https_alone_where_we_have_it() -> None:
    by_https, plain = await guarded(https=True), await guarded(https=False)

    assert "max-age=31536000" in (await by_https.client.get("/")).headers["strict-transport-security"]
    assert "strict-transport-security" not in (await plain.client.get("/")).headers


async def test_a_forged_host_changes_no_address_that_we_write(house: House) -> None:
    person = house.person()
    dossier = await house.people.dossier()
    await person.opens("/")

    for path in ("/", "/check", "/dossier", "/desk", "/khong-co"):
        answer = await person.client.get(path, headers={"host": "evil.example", "x-forwarded-host": "evil.example"})
        assert "evil.example" not in answer.text + str(answer.headers.raw), path
    assert dossier.office == OFFICE


async def test_an_answer_by_text_message_consents_to_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    channel = await sms.open(public_url=PUBLIC, clock=SystemClock())
    form = {"AccountSid": ENVIRONMENT["TWILIO_ACCOUNT_SID"], "From": "%2B84599000100", "Body": "DONG+Y"}
    said = {name: value.replace("+", " ").replace("%2B", "+") for name, value in form.items()}
    validator = RequestValidator(ENVIRONMENT["TWILIO_AUTH_TOKEN"])  # type: ignore[no-untyped-call]  # untyped
    signature = validator.compute_signature(f"{PUBLIC}/hooks/sms", said)  # type: ignore[no-untyped-call]  # untyped
    body = "&".join(f"{name}={value}" for name, value in form.items()).encode()

    assert channel.receipts(Hook(f"{PUBLIC}/hooks/sms", {"x-twilio-signature": signature}, body)) == ()
    await channel.close()


@pytest.mark.parametrize(
    "hostile",
    ["{{ ''.__class__.__mro__ }}", "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
     "{% set x = lipsum.__globals__ %}{{ x }}", "{{ '%s'.__format__ }}", "{{ code.__init__.__globals__ }}"],
)  # fmt: skip
def test_a_text_of_a_rule_author_reaches_nothing_of_the_program(hostile: str, tmp_path: Path) -> None:
    (tmp_path / "sms.vi.j2").write_text(hostile, encoding="utf-8")

    with pytest.raises(jinja2.TemplateError):
        template(tmp_path / "sms.vi.j2").render(code="WXYZ WXYZ")


LAUGHS = "a: &a [x, x, x, x]\n" + "".join(
    f"{b}: &{b} [{', '.join([f'*{a}'] * 5)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    "hostile", ["a: !!python/object/apply:os.system ['id']", "a: !!python/name:os.system", "a: &x [*x]", LAUGHS]
)
def test_a_rule_file_makes_no_object_and_repeats_nothing(hostile: str, tmp_path: Path) -> None:
    (tmp_path / "rules.yaml").write_text(hostile, encoding="utf-8")

    source, problems = read(tmp_path / "rules.yaml", "rules.yaml")

    assert source is None and problems


def test_one_event_is_one_line_whatever_stands_in_it(capsys: pytest.CaptureFixture[str]) -> None:
    begin_logging()
    for hostile in ("a\nb", '\r\n{"event": "forged"}', "\x1b[31mred", "\u2028next", "\x00"):
        structlog.get_logger().warning("abuse", why=hostile)

    lines = capsys.readouterr().err.split("\n")[:-1]
    assert len(lines) == 5 and {json.loads(line)["event"] for line in lines} == {"abuse"}
    assert not [line for line in lines if re.search(r"[\x00-\x1f]", line)]


def test_no_page_and_no_step_calls_an_address_that_somebody_wrote() -> None:
    """Who calls out are the adapters, each to an address of its settings; pages do so at sign-in, to the provider's."""
    called = set()
    for folder in ("proactive/web", "proactive/steps", "proactive/domain", "proactive/store", "rules"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
                names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
                if any(name == one or name.startswith(f"{one}.") for name in names for one in MOUTHS):
                    called.add(path.relative_to(ROOT).as_posix())

    assert {one for one in called if not one.startswith("proactive/web/identity/")} == set()


def test_a_package_whose_hash_is_not_pinned_is_not_installed() -> None:
    for name in ("requirements.lock", "scripts/setup.lock"):
        lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
        pinned = [number for number, line in enumerate(lines) if re.match(r"[a-z0-9].*==", line)]
        assert pinned and all("--hash=sha256:" in lines[number + 1] for number in pinned), name
    assert "--require-hashes" in (ROOT / "scripts/setup.sh").read_text(encoding="utf-8")


@pytest.mark.parametrize("secret", ["", "short", "a" * 64, "changeme" * 8, "0123" * 20])
def test_a_secret_that_anybody_can_guess_is_refused(secret: str) -> None:
    with pytest.raises(Unusable, match="openssl rand"):
        strong(Settings(secret=SecretStr(secret)))


def test_nobody_can_make_us_read_for_long_by_what_they_type() -> None:
    """Twice as long takes about twice as long, not four times."""
    from proactive.domain.keys import read_code
    from rules.texts import plain

    def took(length: int) -> float:
        began = time.process_time()
        for _ in range(20):
            plain("Nguyễn " * length)
            read_code("A" * length)
        return time.process_time() - began

    took(1000)
    assert took(40_000) < 30 * max(took(4_000), 1e-3)
