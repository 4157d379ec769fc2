"""The parts of an installation, put together once for each process, from the settings.

Adapters are found by name: the file `notifiers/sms.py` is the channel `sms`. So the core never imports them.
"""

import contextlib
import importlib
import importlib.util
import os
import pkgutil
from base64 import b64encode
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from secrets import token_bytes
from types import ModuleType
from urllib.parse import urlsplit

import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from proactive.domain.audit import Signer
from proactive.domain.keys import Keys
from proactive.domain.pseudonym import MAKE_KEY as MAKE_LOOKUP_KEY
from proactive.domain.pseudonym import PLAIN, Pseudonyms, read_key
from proactive.domain.vault import KEY_BYTES, Vault, ring
from proactive.domain.vault import MAKE_KEY as MAKE_VAULT_KEY
from proactive.errors import Unusable
from proactive.facts import Facts
from proactive.ports.clock import Clock, SystemClock
from proactive.ports.inbox import Inbox
from proactive.ports.intake import Intake
from proactive.ports.notifier import Notifier
from proactive.ports.portal import Portal
from proactive.ports.register import Readable, RegisterSource, Told
from proactive.ports.tokens import Authority
from proactive.ports.witness import FileWitness, Witness
from proactive.restored import asked_first
from proactive.settings import Settings
from proactive.sources import ConnectedRegister, ConnectedSource, offered, plainly, require_one_each, told_plainly
from proactive.sources import load as load_sources
from proactive.sources.grammar import Deletes, Seen
from proactive.steps.ask import Registers
from proactive.steps.renew import KeptTokens
from proactive.steps.told import ToldRegisters
from proactive.store.hiding import require_one_form
from proactive.store.migrate import require_tables
from proactive.store.scope import DatabaseRole
from proactive.store.store import Store, opened
from proactive.versions import Book
from rules import Catalogue, RegisterSchema, Unpublishable, manners, privacy, sound
from rules.channels import channels as channel_rules
from rules.groups import spelt_out
from rules.manners import Manners
from rules.privacy import Privacy

log = structlog.get_logger()

SHORTEST_SECRET, FEWEST_LETTERS = 32, 8
MAKE_KEY = "openssl genpkey -algorithm ed25519 -out audit.pem"


@dataclass(frozen=True, kw_only=True)
class Parts:
    settings: Settings
    catalogue: Catalogue
    facts: Facts
    store: Store
    keys: Keys
    clock: Clock
    registers: Registers
    notifiers: Mapping[str, Notifier]
    intake: Intake
    manners: Manners
    privacy: Privacy = field(default_factory=privacy.load)
    files: Mapping[str, ConnectedRegister] = field(default_factory=dict)
    """The registers that files of offices may fill."""
    book: Book | None = None
    """Brings the catalogue to what is in force; None where it stays as it was read."""
    portal: Portal | None = None
    """Who is shown the cases of our own intake; None: nobody."""
    authorities: Sequence[Authority] = ()
    """Who gives out tokens that have to be renewed."""
    compared: Mapping[str, Deletes] = field(default_factory=dict)
    """The registers whose deleted rows are found by comparing keys, and how that is done."""


def adapter(package: str, name: str) -> ModuleType:
    """The module of one adapter. Raises `Unusable` naming what there is."""
    try:
        return importlib.import_module(f"{package}.{name}")
    except ModuleNotFoundError as error:
        if error.name not in {package, f"{package}.{name}"}:
            raise
        raise Unusable(f"There is no {package.replace('.', '/')}/{name}.py. Put it there or name another.") from error


def authority(channel: str, *, clock: Clock) -> Authority | None:
    """Who gives out the tokens of this channel's provider, where it gives any: `notifiers/_<channel>_access.py`.

    Raises `Unusable`.
    """
    name = f"notifiers._{channel}_access"
    if importlib.util.find_spec(name) is None:
        return None
    found: Authority = importlib.import_module(name).authority(clock=clock)
    return found


def rule_book() -> Catalogue:
    """The published services. One that cannot be used is left out and said aloud; it stops no other.

    Raises `Unusable` with every problem where nothing is left.
    """
    catalogue, problems = sound()
    for problem in problems:
        log.error("rules.left_out", problem=str(problem))
    if problems and not catalogue.services:
        raise Unusable("No service can be used:\n" + "\n".join(f"  {problem}" for problem in problems))
    return catalogue


def configured(settings: Settings, schemas: Mapping[str, RegisterSchema]) -> list[ConnectedSource]:
    """Every source that is set, read and checked, none of them opened. Raises `Unusable` with every problem.

    PROACTIVE_SOURCES is a folder of them; PROACTIVE_SOURCE_URL is short for one more, with tables called as ours, and
    PROACTIVE_TOLD_REGISTERS for one that pushes.
    """
    found = [] if settings.sources is None else load_sources(settings.sources, schemas, adapter=connector)
    if settings.source_url is not None:
        offers = {name: schemas[name] for name in _named("PROACTIVE_SOURCE_REGISTERS", settings.connected, schemas)}
        told_only = bool(getattr(connector(settings.source_kind), "ONLY_PUSHES", False))
        found.append(plainly(settings.source_url, kind=settings.source_kind, schemas=offers, only_pushes=told_only))
    if settings.told:
        offers = {name: schemas[name] for name in _named("PROACTIVE_TOLD_REGISTERS", settings.told, schemas)}
        found.append(told_plainly(offers))
    require_one_each(found)
    return found


def connected(catalogue: Catalogue, settings: Settings) -> Catalogue:
    """The services that can be judged here: those whose registers are all connected; the others wait."""
    if settings.sources is None and not settings.told:
        return catalogue.connected(_named("PROACTIVE_SOURCE_REGISTERS", settings.connected, catalogue.registers))
    return catalogue.connected(offered(configured(settings, catalogue.registers)))


def connector(kind: str) -> ModuleType:
    """The module that reads sources of this kind. Raises `Unusable` naming what there is."""
    return adapter("connectors.registers", kind)


def kinds() -> Mapping[str, ModuleType]:
    """Every kind of source that there is a connector for."""
    folder = importlib.import_module("connectors.registers").__path__
    return {one.name: connector(one.name) for one in pkgutil.iter_modules(folder) if not one.name.startswith("_")}


async def opened_sources(
    sources: Sequence[ConnectedSource], facts: Facts, told: ToldRegisters, *, shift: timedelta, stack: AsyncExitStack
) -> Registers:
    """Every register of every source, open; closed with the stack. Raises `Unusable`."""
    found: list[RegisterSource] = []
    logs: list[Readable] = []
    for source in sources:
        for register in await connector(source.kind).open(source, shift=shift):
            stack.push_async_callback(register.close)
            (logs if source.only_pushes else found).append(register)
    return Registers(found, facts, told, logs)


def telling(sources: Sequence[ConnectedSource], settings: Settings) -> list[Told]:
    """The registers that no source answers for, each with the longest silence that its owner has promised."""
    asked = offered([source for source in sources if not source.only_pushes])
    return [
        Told(name, timedelta(hours=hours) if (hours := one.mapping.promised_hours) else settings.told_rhythm)
        for source in sources
        for name, one in source.registers.items()
        if name not in asked
    ]


def comparing(sources: Sequence[ConnectedSource]) -> Mapping[str, Deletes]:
    """The registers whose deleted rows are found by comparing keys."""
    return {
        name: one.mapping.deletes
        for source in sources
        for name, one in source.registers.items()
        if one.mapping.deletes.seen is Seen.COMPARED
    }


def by_files(sources: Sequence[ConnectedSource]) -> Mapping[str, ConnectedRegister]:
    """The registers that files may fill: those that no source answers for. A file's headings are those of a source of
    the kind `files`, or our own names."""
    asked = offered([source for source in sources if not source.only_pushes])
    found: dict[str, ConnectedRegister] = {}
    for source in sources:
        for name, register in source.registers.items() if source.only_pushes else ():
            if name not in asked and (source.kind == "files" or name not in found):
                found[name] = register if source.kind == "files" else ConnectedRegister(register.schema)
    return found


def inboxes(settings: Settings, catalogue: Catalogue) -> list[Inbox]:
    """The folders in which offices put their files; for the process that collects them. Raises `Unusable`."""
    found: list[Inbox] = []
    for source in configured(settings, catalogue.registers):
        look: Callable[[ConnectedSource], list[Inbox]] = getattr(connector(source.kind), "inboxes", lambda _: [])
        found += look(source)
    return found


def _named(setting: str, names: Sequence[str], schemas: Mapping[str, RegisterSchema]) -> Sequence[str]:
    if unknown := ", ".join(sorted(set(names) - set(schemas))):
        raise Unusable(f"{setting} names {unknown}: there is no such file in rules/registers.")
    return names


def good_manners(settings: Settings) -> Manners:
    """The city's manners, or those of the file that the settings name. Raises `Unusable` with every problem."""
    try:
        return manners.load(settings.manners) if settings.manners is not None else manners.load()
    except Unpublishable as error:
        raise Unusable(f"The manners cannot be used: {error}") from error


def privacy_rules(settings: Settings) -> Privacy:
    """How long things are kept, or what the file says that the settings name. Raises `Unusable` with every problem."""
    try:
        return privacy.load(settings.privacy) if settings.privacy is not None else privacy.load()
    except Unpublishable as error:
        raise Unusable(f"The rules of retention cannot be used: {error}") from error


def vault(settings: Settings) -> Vault:
    """What stored values are sealed with: the keys of the settings; on one machine alone, a key that is made in the
    data folder. Raises `Unusable`."""
    if written := settings.encryption_keys.get_secret_value().strip():
        return Vault(ring(written), seals=settings.sealing)
    if in_production(settings):
        raise Unusable(
            "PROACTIVE_ENCRYPTION_KEYS is not set. What is stored of people is sealed under it; keep it where the "
            f"database's backups are not, the same for every process. Make one: {MAKE_VAULT_KEY}"
        )
    return Vault(ring(_made_once(settings.data_dir / "encryption-keys")), seals=settings.sealing)


def pseudonyms(settings: Settings, schemas: Mapping[str, RegisterSchema]) -> Pseudonyms:
    """What is kept instead of personal ids: made under the key of the settings; on one machine alone, under one that is
    made in the data folder. Raises `Unusable`."""
    if not settings.pseudonyms:
        return PLAIN
    written = settings.lookup_key.get_secret_value().strip()
    if not written and in_production(settings):
        raise Unusable(
            "PROACTIVE_LOOKUP_KEY is not set. Pseudonyms are kept instead of personal ids; it makes and opens them. "
            f"Keep it with PROACTIVE_ENCRYPTION_KEYS, the same for every process. Make one: {MAKE_LOOKUP_KEY}"
        )
    by_person = [name for name, schema in schemas.items() if schema.by_person]
    return Pseudonyms(read_key(written or _made_once(settings.data_dir / "lookup-key")), by_person=by_person)


def _made_once(place: Path) -> str:
    """The key in this file, which is made where there is none."""
    if not place.exists():
        place.parent.mkdir(parents=True, exist_ok=True)
        own = place.with_name(f"{place.name}.{os.getpid()}")
        own.touch(mode=0o600)
        own.write_text(b64encode(token_bytes(KEY_BYTES)).decode(), encoding="ascii")
        with contextlib.suppress(FileExistsError):  # several processes begin at once: the first has made the key
            os.link(own, place)
        own.unlink()
    return place.read_text(encoding="ascii")


def in_production(settings: Settings) -> bool:
    """Whether more than this machine takes part: others reach us, or the database is elsewhere."""
    host = urlsplit(settings.database_url or "").hostname
    return settings.public_url.startswith("https:") or host not in {None, "", "127.0.0.1", "localhost", "::1"}


def strong(settings: Settings) -> str:
    """The platform's secret. Raises `Unusable` where it is short, or one that anybody can guess."""
    secret = settings.secret.get_secret_value()
    if len(secret) < SHORTEST_SECRET:
        raise Unusable(
            f"PROACTIVE_SECRET must have at least {SHORTEST_SECRET} characters; make one with: openssl rand -hex 32"
        )
    if len(set(secret)) < FEWEST_LETTERS or "changeme" in secret.lower():
        raise Unusable("PROACTIVE_SECRET is one that anybody can guess; make one with: openssl rand -hex 32")
    return secret


def signer(settings: Settings) -> Signer:
    """Who seals the audit log: the key of the settings, or one derived from the secret. Raises `Unusable`."""
    if settings.audit_key is None:
        return Signer(Ed25519PrivateKey.from_private_bytes(Keys(settings.secret.get_secret_value()).derive("audit")))
    try:
        key = load_pem_private_key(settings.audit_key.read_bytes(), password=None)
    except (OSError, ValueError, TypeError) as error:
        raise Unusable(f"PROACTIVE_AUDIT_KEY cannot be read: {error}. Make one: {MAKE_KEY}") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise Unusable(f"PROACTIVE_AUDIT_KEY holds no Ed25519 key. Make one: {MAKE_KEY}")
    return Signer(key)


def witnesses(settings: Settings) -> list[Witness]:
    """Where the audit log's checkpoints are copied to."""
    return [FileWitness(path) for path in settings.witness_files]


def channels(catalogue: Catalogue) -> list[str]:
    """The channels that some service's ladder names."""
    rungs = [rung for service in catalogue.services.values() for rung in service.ladder]
    return sorted({name for rung in rungs for name in spelt_out(rung.channels)})


def _prefix(module: ModuleType) -> str:
    """How the names of a channel's settings begin; empty where it has none."""
    return str(module.Settings.model_config["env_prefix"]) if hasattr(module, "Settings") else ""


def _set_up(module: ModuleType) -> bool:
    """Whether any setting of a channel is given. One with none is left out; one that is half set up stops the start."""
    prefix = _prefix(module)
    return not prefix or any(name.startswith(prefix) and value for name, value in os.environ.items())


@asynccontextmanager
async def assembled(
    settings: Settings, *, application: str, role: DatabaseRole, connections: int = 10
) -> AsyncIterator[Parts]:
    """Everything a process needs, checked and open; closed when the block ends. Raises `Unusable`."""
    if settings.database_url is None:
        raise Unusable("PROACTIVE_DATABASE_URL is not set. Set it, or use `proactive up` for the embedded database.")
    if not settings.has_source:
        raise Unusable("No source is set. Set PROACTIVE_SOURCES (a folder) or PROACTIVE_SOURCE_URL.")
    secret = strong(settings)
    clock = SystemClock(settings.shift)
    rules = rule_book()
    catalogue = connected(rules, settings)
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(
            opened(
                settings.database_url,
                size=connections,
                application=application,
                role=role,
                vault=vault(settings),
                pseudonyms=pseudonyms(settings, rules.registers),
            )
        )
        await require_tables(store.engine)
        await require_one_form(store.engine)
        book = Book(catalogue, store=store, place=settings.data_dir / "versions")
        await book.turn(clock.today())
        facts = Facts(catalogue, store.pseudonyms)
        sources = configured(settings, catalogue.registers)
        told = ToldRegisters(telling(sources, settings), catalogue=catalogue, store=store, clock=clock)
        registers = await opened_sources(sources, facts, told, shift=settings.shift, stack=stack)
        keys = Keys(secret)
        notifiers, authorities, left_out = dict[str, Notifier](), list[Authority](), list[str]()
        for channel in channels(catalogue):
            module = adapter("notifiers", channel)
            if not _set_up(module):
                log.warning("channels.not_set_up", channel=channel, settings=_prefix(module))
                left_out.append(f"{channel} ({_prefix(module)}…)")
                continue
            given: dict[str, object] = {}
            if (gives := authority(channel, clock=clock)) is not None:
                stack.push_async_callback(gives.close)
                authorities.append(gives)
                given["tokens"] = KeptTokens(gives.provider, gives.account, store=store, keys=keys, clock=clock)
            if getattr(module, "NEEDS_CALLS", False):
                given["calls"] = store.calls
            notifiers[channel] = await module.open(public_url=settings.public_url, clock=clock, **given)
            stack.push_async_callback(notifiers[channel].close)
        if not any(one.carries_codes for name, one in channel_rules().items() if name in notifiers):
            unset = f" These have no settings: {', '.join(left_out)}." if left_out else ""
            raise Unusable(f"No channel that carries one-time codes (rules/channels: carries_codes) is set up.{unset}")
        intake = await adapter("connectors.intakes", settings.intake).open()
        stack.push_async_callback(intake.close)
        portal: Portal | None = None
        if settings.portal is not None and role is DatabaseRole.WORKER:
            portal = await adapter("connectors.portals", settings.portal).open()
            stack.push_async_callback(portal.close)
        if settings.restored_since is not None:
            notifiers, intake = asked_first(notifiers, intake, since=settings.restored_since, clock=clock)
        yield Parts(
            settings=settings, catalogue=catalogue, facts=facts, store=store, keys=keys, clock=clock,
            registers=registers, notifiers=notifiers, intake=intake, manners=good_manners(settings), book=book,
            privacy=privacy_rules(settings), compared=comparing(sources), files=by_files(sources),
            authorities=authorities, portal=portal,
        )  # fmt: skip
