"""The whole story on real parts: the worker's own process, PostgreSQL, a broker, the Twilio library, pages, intake.

Two of the providers' failures are in it (a refusal for now, and a time-out after taking), the intake leaves every
second hand-over unanswered and calls back twice, and every Kafka message is told twice.
"""

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from uuid import UUID

import psutil  # type: ignore[import-untyped] # it ships no types
import pytest
from sqlalchemy import text

from proactive.domain.dossier import Dossier, State
from proactive.domain.notice import Notice, Sending
from proactive.domain.rejected import Which
from proactive.embedded.postgres import EmbeddedPostgres
from proactive.installation import shift_to
from proactive.store.people import Officer
from proactive.store.store import Store
from proactive.web.passwords import hashed
from tests.conftest import PSEUDONYMS
from tests.dumped import tables_with
from tests.notifiers.mail import SENDER, Relay
from tests.steps.people import Person, Violation, driver
from tests.walk import canaries
from tests.walk.echo import Echo
from tests.walk.people_at_work import Citizen, Watched, decide
from tests.walk.stage import Source, Stage, playing, source_of
from tests.walk.waiting import until

TODAY = date(2026, 11, 23)
PASSWORD = "mot mat khau de thu"

YES = canaries.PERSON
MAY_HOLD_IDS = {"rejected_change"}
"""Tables whose rows wait for somebody and are kept as they were sent (ADR 0062)."""
BUSY = driver(2, phone="0599000295")
BROKEN_OFF = driver(3, phone="0599000396")
DEAD = driver(4, died_on=date(2026, 9, 1))
NO_PHONE = driver(5, phone=None)
BLOCKED = driver(6, violations=(Violation(number="VP2610-0000006"),))
NEVER = driver(7)
REFUSED = driver(8)
MANGLED = driver(9).with_licence(class_="ZZ")
LATER = driver(10).with_licence(expires_on=date(2027, 8, 1))

WHO = {
    "yes": YES, "busy": BUSY, "broken_off": BROKEN_OFF, "dead": DEAD, "no_phone": NO_PHONE, "blocked": BLOCKED,
    "never": NEVER, "refused": REFUSED, "mangled": MANGLED, "later": LATER,
}  # fmt: skip
TOLD = ("yes", "busy", "broken_off", "blocked", "never", "refused")


@dataclass
class Walk:
    stage: Stage
    source: Source
    store: Store
    echo: Echo
    citizens: dict[str, Citizen]
    mail: Relay
    postgres_log: Path
    database_url: str

    async def dossier(self, name: str) -> Dossier | None:
        async with self.store.engine.connect() as connection:
            found = await connection.scalar(
                text("SELECT id FROM dossier WHERE subject = :subject"),
                {"subject": PSEUDONYMS.of(WHO[name].personal_id)},
            )
        return await self.store.dossiers.get(found) if found else None

    async def rests(self, name: str, *states: State) -> Dossier:
        """The dossier, once it is in one of these states."""

        async def there() -> Dossier | None:
            dossier = await self.dossier(name)
            return dossier if dossier is not None and dossier.state in states else None

        return await until(there, what=f"{name} -> {' or '.join(states)}")


def _e164(person: Person) -> str:
    return f"+84{(person.phone or '0000')[1:]}"


@pytest.fixture
async def walk(
    tmp_path: Path, servers_folder: Path, database_server: EmbeddedPostgres, database_url: str, store: Store,
    kafka: str, topic_prefix: str,
) -> AsyncIterator[Walk]:  # fmt: skip
    more = {
        "PROACTIVE_CLOCK_SHIFT": str(shift_to(TODAY).total_seconds()),
        "PROACTIVE_ABSENT_AFTER": "10",
        "PROACTIVE_FOLLOW_SECONDS": "5",
    }
    for username, full_name in (("binh", "Nguyễn Văn Bình"), ("mai", "Lê Thị Mai")):
        await store.officers.put(
            Officer(
                username=username, full_name=full_name, office="csgt-da-nang", password_hash=hashed(PASSWORD),
                active=True,
            )
        )  # fmt: skip
    service = {"reason": "a walk", "ends_on": TODAY + timedelta(days=30)}
    await store.live.propose("driver_licence_renewal", **service, by="an", now=datetime.now(UTC))
    await store.live.approve("driver_licence_renewal", by="binh", now=datetime.now(UTC))
    mail = Relay()
    async with AsyncExitStack() as stack:
        port = await stack.enter_async_context(mail.listening())
        more |= {"EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": str(port), "EMAIL_LINE": "plain", "EMAIL_SENDER": SENDER}
        source = await stack.enter_async_context(source_of(database_server))
        for person in WHO.values():
            await source.put(person.rows())
        stage = await stack.enter_async_context(
            playing(
                tmp_path, database_url=database_url, kafka=kafka, prefix=topic_prefix,
                source_url=source.addresses.reader, more=more,
            )
        )  # fmt: skip
        echo = stack.enter_context(Echo(kafka, [f"{topic_prefix}.changes", f"{topic_prefix}.dossiers"]))
        citizens = {}
        for number, (name, person) in enumerate(WHO.items()):
            browser = await stack.enter_async_context(Watched(stage, number=number))
            citizens[name] = Citizen(stage, _e164(person), person.personal_id, browser)
        postgres_log = servers_folder / "database" / "logs" / "postgres.log"
        yield Walk(stage, source, store, echo, citizens, mail, postgres_log, database_url)


async def test_a_licence_about_to_expire_becomes_one_notice_and_one_application_however_often_kafka_tells_it(
    walk: Walk,
) -> None:
    async def says_yes(name: str) -> None:
        citizen = walk.citizens[name]
        await citizen.answer("confirm", await citizen.enter())

    async def is_approved(name: str) -> None:
        await says_yes(name)
        if name == "yes":
            await _names_an_address(walk)
        dossier = await walk.rests(name, State.CONFIRMED)
        await decide(walk.stage, dossier.id, "approve", note="", username="binh", password=PASSWORD)
        await walk.rests(name, State.CLOSED)

    async def is_refused(name: str) -> None:
        await says_yes(name)
        dossier = await walk.rests(name, State.CONFIRMED)
        await decide(walk.stage, dossier.id, "refuse", note="Ảnh không rõ.", username="binh", password=PASSWORD)
        await walk.rests(name, State.REFUSED)

    async def declines_for_ever(name: str) -> None:
        citizen = walk.citizens[name]
        await citizen.answer("never", await citizen.enter())
        await walk.rests(name, State.DECLINED)

    async def settles_the_violation_first(name: str) -> None:
        page = await walk.citizens[name].enter()
        assert "giải quyết" in page.text
        now = datetime.now(UTC) + shift_to(TODAY)
        settled = replace(WHO[name].violations[0], resolved_on=date(2026, 11, 22), updated_at=now)
        await walk.source.put(WHO[name].but(violations=(settled,)).rows())

        async def free() -> bool:
            dossier = await walk.dossier(name)
            return dossier is not None and dossier.blocked_by is None

        await until(free, what="the settled violation")
        citizen = walk.citizens[name]
        await citizen.answer("confirm", await citizen.browser.get("/dossier"))
        dossier = await walk.rests(name, State.CONFIRMED)
        await decide(walk.stage, dossier.id, "approve", note="", username="binh", password=PASSWORD)
        await walk.rests(name, State.CLOSED)

    await asyncio.gather(
        is_approved("yes"), is_approved("busy"), is_approved("broken_off"), is_refused("refused"),
        declines_for_ever("never"), settles_the_violation_first("blocked"), walk.rests("no_phone", State.OFFERED),
    )  # fmt: skip
    await asyncio.sleep(1.5)  # whatever an echo might still set off

    _every_message_was_told_twice(walk)
    await _one_notice_each(walk)
    await _one_application_each(walk)
    await _nothing_personal_is_where_nobody_may_read_it(walk)
    _the_worker_listens_for_prometheus_alone(walk)
    counts = (await walk.store.figures.counts()).asdict()
    assert counts == {
        "changes": 10 + 10 + 1 + 1, "records": 10 + 9 + 1, "occasions": 8, "dossiers": 7, "notices": 7, "confirmed": 5,
        "declined": 1, "approved": 4, "refused": 1, "forwarded": 4, "closed": 4, "rejected_changes": 1,
    }  # fmt: skip
    [rejected] = await walk.store.rejected.found(Which(), limit=10)
    assert (rejected.register_name, rejected.key) == ("driver_licences", MANGLED.licences[0].number)
    assert rejected.problems[0].where == "class"
    assert await walk.dossier("dead") is None
    assert await walk.dossier("later") is None


def _every_message_was_told_twice(walk: Walk) -> None:
    changes, dossiers = sorted(walk.echo.repeated)
    assert walk.echo.repeated == walk.echo.heard
    assert walk.echo.repeated[changes] >= 22
    assert walk.echo.repeated[dossiers] >= 7 + 6 + 5 + 4 + 4 + 4


async def _delivered(walk: Walk, dossier_id: UUID) -> Notice | None:
    """The only notice of a dossier once its provider has said that it arrived, which is behind what was answered."""
    [notice] = (await walk.store.notices.of([dossier_id]))[dossier_id]
    return notice if notice.state is Sending.DELIVERED else None


async def _one_notice_each(walk: Walk) -> None:
    offers = [entry for entry in await walk.stage.texts() if "Ma kiem tra" in entry["body"]]
    assert Counter(entry["to"] for entry in offers) == {walk.citizens[name].phone: 1 for name in TOLD}
    attempts = Counter(e["to"] for e in await walk.stage.attempts() if "Ma kiem tra" in e["body"])
    assert attempts == {walk.citizens[name].phone: 2 if name == "busy" else 1 for name in TOLD}
    for name in TOLD:
        dossier = await walk.dossier(name)
        assert dossier is not None
        notice = await until(partial(_delivered, walk, dossier.id), what=f"the receipt of {name}")
        assert (notice.rung, notice.channel) == ("second", "sms"), name
        assert not re.search(r"[0-9]{5,}|https?:", notice.body)


async def _one_application_each(walk: Walk) -> None:
    submissions = await walk.stage.submissions()
    references = {entry["reference"]: entry["dossier_id"] for entry in submissions}
    closed = [await walk.dossier(name) for name in ("yes", "busy", "broken_off", "blocked")]
    assert Counter(references.values()) == {str(dossier.id): 1 for dossier in closed if dossier}
    assert {dossier.reference for dossier in closed if dossier} == set(references)
    assert [entry["answer"] for entry in submissions].count(0) == 2, "two hand-overs were taken and never answered"
    for dossier in closed:
        assert dossier is not None
        assert dossier.intake_status == 10


async def _names_an_address(walk: Walk) -> None:
    """The canary's e-mail address, proved by the code that is sent to it."""
    browser = walk.citizens["yes"].browser
    page = await browser.get("/dossier/email")
    page = await browser.send("/dossier/email", {**page.form(), "email": canaries.EMAIL})
    [sent] = await until(lambda: asyncio.sleep(0, walk.mail.kept), what="a code by e-mail")
    code = re.search(r"\b([0-9]{3}) ([0-9]{3})\b", str(sent.content))
    assert code is not None and sent.rcpt_tos == [canaries.EMAIL]
    page = await browser.send("/dossier/email/code", {**page.form(), "passcode": "".join(code.groups())})
    assert page.path == "/dossier/messages" and canaries.EMAIL in page.text


async def _nothing_personal_is_where_nobody_may_read_it(walk: Walk) -> None:
    changes, dossiers = sorted(walk.echo.keys)
    errors = await canaries.errors(walk.stage, YES)
    folder = walk.stage.logs.parent
    written = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert b"worker.ready" in written["logs/worker.log"]
    assert b'"route": "/dossier"' in written["logs/web.log"]
    places = {
        "keys": b"\n".join(walk.echo.keys[changes] + walk.echo.keys[dossiers]),
        "headers": b"\n".join(walk.echo.headers),
        "news": b"\n".join(walk.echo.values[dossiers]),
        "metrics": await walk.stage.figures(),
        "addresses": "\n".join(walk.stage.addresses).encode(),
        "error pages": errors,
        "the database's log": walk.postgres_log.read_bytes(),
        **written,
    }
    assert len(places["news"]) > 1000 and len(walk.stage.addresses) > 100
    assert b"proactive_page_seconds" in places["metrics"] and b"proactive_step_seconds" in places["metrics"]
    read = {"what may be read": b"\n".join(walk.echo.values[changes]) + canaries.EMAIL.encode()}
    assert all(canary.seen_in(read) for canary in canaries.of(YES, email=canaries.EMAIL)), "a canary never flew"
    found = [
        seen
        for name, person in WHO.items()
        for canary in canaries.of(person, email=canaries.EMAIL if name == "yes" else None)
        for seen in canary.seen_in(places)
    ]
    assert found == []
    ids = [person.personal_id for person in WHO.values()]
    assert tables_with(walk.database_url, ids) <= MAY_HOLD_IDS, "places that ADR 0062 does not list"


def _the_worker_listens_for_prometheus_alone(walk: Walk) -> None:
    [worker] = [one for one in psutil.Process().children() if "triggers.worker" in one.cmdline()]
    everything = [worker, *worker.children(recursive=True)]
    listening = [c.laddr for one in everything for c in one.net_connections("all") if c.status == psutil.CONN_LISTEN]
    assert [f"http://{place.ip}:{place.port}" for place in listening] == [walk.stage.metrics[0]]
    assert worker.net_connections("tcp"), "it talks to others"
