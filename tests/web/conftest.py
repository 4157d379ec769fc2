"""The pages on a real PostgreSQL with the real rules and the journey's own steps; one server a run."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import SecretStr
from sqlalchemy import text
from starlette.applications import Starlette

import rules
from connectors.intakes.memory import MemoryIntake
from connectors.registers.memory import MemoryRegister
from notifiers.memory import MemoryNotifier
from proactive.domain.addressee import Addressee
from proactive.domain.audit import Signer
from proactive.domain.dossier import Dossier
from proactive.domain.keys import Keys
from proactive.facts import Facts
from proactive.journeys import Journeys
from proactive.parts import Parts
from proactive.ports.clock import SetClock
from proactive.settings import Settings
from proactive.sources import ConnectedRegister
from proactive.steps.ask import Registers
from proactive.steps.seal import seal
from proactive.store.engine import pool
from proactive.store.people import Officer, Role
from proactive.store.scope import DatabaseRole
from proactive.store.store import Store, opened
from proactive.web.app import create
from proactive.web.citizen import entrance
from proactive.web.identity.grammar import Client
from proactive.web.passwords import hashed
from rules import Catalogue, manners
from tests.conftest import PSEUDONYMS, VAULT
from tests.databases import RESTORE, Databases
from tests.web.browsing import HERE, Person
from tests.web.people import MORNING, OFFICE, People, person_of

KEYS = Keys("a secret of more than thirty-two characters")
SEALER = Signer(Ed25519PrivateKey.from_private_bytes(b"w" * 32))
RECEIVING = "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
PASSWORD = "mot mat khau dai de thu"


class Letters(MemoryNotifier):
    """E-mail that is only remembered."""

    def reachable(self, addressee: Addressee) -> str | None:
        return addressee.email if "@" in (addressee.email or "") else None


@dataclass
class House:
    """The pages with all that stands behind them."""

    app: Starlette
    parts: Parts
    store: Store
    people: People
    clock: SetClock
    keys: Keys
    sms: MemoryNotifier
    email: MemoryNotifier
    intake: MemoryIntake
    registers: dict[str, MemoryRegister]
    visitors: list[Person]
    pages: Store
    """The store as the pages have it: in their role."""

    def person(self, *, address: str = "192.0.2.1") -> Person:
        """Somebody new at a browser."""
        visitor = Person(self.app, address=address)
        self.visitors.append(visitor)
        return visitor

    async def passcode(self, dossier: Dossier) -> str:
        """What the newest one-time code for this dossier says."""
        newest = await self.store.passcodes.latest(dossier.id)
        assert newest is not None
        return self.keys.passcode(newest.id)

    async def citizen(self, dossier: Dossier, *, address: str = "192.0.2.1") -> Person:
        """Somebody who has proved to be the citizen of this dossier, with its page open."""
        person = self.person(address=address)
        await person.opens("/")
        await person.sends("/", code=dossier.code.lower())
        await person.sends("/identify", digits=person_of(dossier)[-4:])
        await person.sends("/passcode", passcode=await self.passcode(dossier))
        return person

    async def officer(self, username: str = "lan", *, office: str = OFFICE, role: Role = Role.OFFICER) -> Person:
        """An officer of this office, signed in, with the queue open."""
        await self.store.officers.put(
            Officer(
                username=username, full_name="Trần Thị Lan", office=office, password_hash=_hash(PASSWORD), active=True,
                role=role,
            )
        )  # fmt: skip
        person = self.person(address="192.0.2.77")
        await person.opens("/desk/sign-in")
        await person.sends("/desk/sign-in", username=username, password=PASSWORD)
        return person

    async def counts(self) -> dict[str, tuple[int, str]]:
        """Rows and a fingerprint of their content, table by table: what a page has changed."""
        found = {}
        async with self.store.engine.connect() as connection:
            tables = (
                await connection.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"))
            ).all()
            for table in sorted(tables):
                content = "coalesce(md5(string_agg(t::text, '|' ORDER BY t::text)), '')"
                row = await connection.execute(text(f'SELECT count(*), {content} FROM "{table}" t'))
                found[table] = tuple(row.one())
        return found


def _hash(password: str, known: dict[str, str] = {}) -> str:  # noqa: B006  made once a run: it is slow on purpose
    if password not in known:
        known[password] = hashed(password)
    return known[password]


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    return rules.load()


@pytest.fixture(scope="module")
async def store(databases: Databases) -> AsyncIterator[Store]:
    """An empty database of the module's own."""
    async with databases.lent() as url, opened(url, size=8, vault=VAULT, pseudonyms=PSEUDONYMS) as found:
        yield found


@pytest.fixture(scope="module")
async def built(store: Store, catalogue: Catalogue) -> AsyncIterator[House]:
    """The application, with its templates read once a module."""
    async with build(store, catalogue, public_url=HERE) as house:
        yield house


@pytest.fixture
async def house(built: House, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    """The same on another morning: nothing has happened yet, and nobody has tried anything."""
    monkeypatch.setattr(entrance, "SAME_TIME", 0.01)  # hundreds of sign-ins; one test looks at the real pause
    built.clock.at, built.people.count = MORNING, 0
    built.sms.taken.clear()
    built.intake.statuses.clear()
    for register in built.registers.values():
        register.rows.clear()
        register.silent = False
    await emptied(built.store)
    yield built
    while built.visitors:
        await built.visitors.pop().client.aclose()


async def emptied(store: Store) -> None:
    """A database in which nothing has happened."""
    async with store.engine.begin() as connection:
        await connection.execute(text(RESTORE))
    # The first rows are as old as the run by now, and what waited long for its seal is an alarm.
    await seal(signer=SEALER, witnesses=[], store=store, clock=SetClock(MORNING))


@asynccontextmanager
async def build(
    store: Store, catalogue: Catalogue, *, public_url: str, clients: Sequence[Client] = ()
) -> AsyncIterator[House]:
    """The pages over this store, in a role of their own."""
    url = store.engine.url.render_as_string(hide_password=False)
    with_keys = {"vault": VAULT, "pseudonyms": store.pseudonyms}
    pages = Store(pool(url, size=8, application="pages", role=DatabaseRole.WEB, **with_keys))
    clock = SetClock(MORNING)
    keys = KEYS
    registers = {name: MemoryRegister(name) for name in catalogue.registers}
    facts = Facts(catalogue, store.pseudonyms)
    sms, intake = MemoryNotifier(name="sms", public_url=public_url), MemoryIntake(public_url=public_url)
    email = Letters(name="email", public_url=public_url)
    settings = Settings(
        public_url=public_url,
        secret=SecretStr("a secret of more than thirty-two characters"),
        receiving_secret=SecretStr(RECEIVING),
    )
    parts = Parts(
        settings=settings,
        catalogue=catalogue,
        facts=facts,
        store=pages,
        keys=keys,
        clock=clock,
        registers=Registers(list(registers.values()), facts),
        notifiers={"sms": sms, "email": email},
        intake=intake,
        manners=manners.load(),
    )
    app = create(
        store=pages,
        keys=keys,
        clock=clock,
        settings=settings,
        catalogue=catalogue,
        steps=Journeys(parts),
        notifiers={"sms": sms, "email": email},
        intake=intake,
        manners=parts.manners,
        files={"violations": ConnectedRegister(catalogue.registers["violations"])},
        clients=clients,
    )
    people = People(store=store, catalogue=catalogue, clock=clock, registers=registers)
    yield House(app, parts, store, people, clock, keys, sms, email, intake, registers, [], pages)
    await pages.engine.dispose()
