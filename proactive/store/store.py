"""The store as one thing to hand around: each part knows the tables of its own subject."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncEngine

from proactive.domain.pseudonym import PLAIN, Pseudonyms
from proactive.domain.vault import Vault
from proactive.store.acted import Acted
from proactive.store.addressees import Addressees
from proactive.store.audit import Audit
from proactive.store.backlog import Backlogs
from proactive.store.bulk_runs import BulkRuns
from proactive.store.calls import Calls
from proactive.store.capacity import Capacities
from proactive.store.cases import Cases
from proactive.store.comparing import Comparisons
from proactive.store.concerned import Breaches
from proactive.store.connectors import Connectors
from proactive.store.documents import Documents
from proactive.store.dossiers import Dossiers
from proactive.store.engine import connect
from proactive.store.erasing import Erasing
from proactive.store.figures import Figures
from proactive.store.file_rows import OfficeFileRows
from proactive.store.file_weighing import OfficeFileWeighing
from proactive.store.files import OfficeFiles
from proactive.store.hands import Hands
from proactive.store.hearing import Hearing
from proactive.store.held_rules import HeldRules
from proactive.store.hidden import pseudonyms_of
from proactive.store.hiding import Hiding
from proactive.store.intake import IntakeNews
from proactive.store.intake_queue import IntakeQueue
from proactive.store.kept import Kept
from proactive.store.ledger import Ledger
from proactive.store.live import Guests, Live
from proactive.store.news import News
from proactive.store.notices import Notices
from proactive.store.obstacles import Obstacles
from proactive.store.occasions import Occasions
from proactive.store.people import Counters, Officers, Passcodes, Sessions
from proactive.store.pilots import Pilots
from proactive.store.portal_cases import PortalCases
from proactive.store.procedures import Procedures
from proactive.store.providers import Providers
from proactive.store.quality import Quality
from proactive.store.queue import Queue
from proactive.store.readings import Readings
from proactive.store.records import Positions, Records
from proactive.store.rejected import RejectedChanges
from proactive.store.resealing import Resealing
from proactive.store.rights import Rights
from proactive.store.scope import DatabaseRole
from proactive.store.sent import SentNotices
from proactive.store.sign_ons import SignOns
from proactive.store.steering import Steering
from proactive.store.tickets import Tickets
from proactive.store.tokens import ProviderTokens


class Store:
    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine
        self.pseudonyms = pseudonyms_of(engine)
        self.records = Records(engine)
        self.positions = Positions(engine)
        self.rejected = RejectedChanges(engine)
        self.files = OfficeFiles(engine)
        self.file_rows = OfficeFileRows(engine)
        self.file_weighing = OfficeFileWeighing(engine)
        self.hearing = Hearing(engine)
        self.connectors = Connectors(engine)
        self.ledger = Ledger(engine)
        self.comparisons = Comparisons(engine)
        self.occasions = Occasions(engine)
        self.held_rules = HeldRules(engine)
        self.portal_cases = PortalCases(engine)
        self.dossiers = Dossiers(engine)
        self.documents = Documents(engine)
        self.notices = Notices(engine)
        self.calls = Calls(engine)
        self.sent = SentNotices(engine)
        self.live = Live(engine)
        self.guests = Guests(engine)
        self.pilots = Pilots(engine)
        self.capacities = Capacities(engine)
        self.addressees = Addressees(engine)
        self.audit = Audit(engine)
        self.intake = IntakeNews(engine)
        self.passcodes = Passcodes(engine)
        self.sessions = Sessions(engine)
        self.sign_ons = SignOns(engine)
        self.acted = Acted(engine)
        self.officers = Officers(engine)
        self.counters = Counters(engine)
        self.news = News(engine)
        self.backlogs = Backlogs(engine)
        self.figures = Figures(engine)
        self.quality = Quality(engine)
        self.cases = Cases(engine)
        self.intake_queue = IntakeQueue(engine)
        self.procedures = Procedures(engine)
        self.providers = Providers(engine)
        self.tickets = Tickets(engine)
        self.tokens = ProviderTokens(engine)
        self.readings = Readings(engine)
        self.rights = Rights(engine)
        self.erasing = Erasing(engine)
        self.breaches = Breaches(engine)
        self.resealing = Resealing(engine)
        self.hiding = Hiding(engine)
        self.queue = Queue(engine)
        self.hands = Hands(engine)
        self.bulk_runs = BulkRuns(engine)
        self.steering = Steering(engine)
        self.obstacles = Obstacles(engine)
        self.kept = Kept(engine)


@asynccontextmanager
async def opened(
    url: str,
    *,
    size: int = 10,
    application: str = "proactive",
    role: DatabaseRole | None = None,
    vault: Vault | None = None,
    pseudonyms: Pseudonyms = PLAIN,
) -> AsyncIterator[Store]:
    """A checked store, closed when the block ends. Raises `Unusable` with one clear sentence."""
    engine = await connect(url, size=size, application=application, role=role, vault=vault, pseudonyms=pseudonyms)
    try:
        yield Store(engine)
    finally:
        await engine.dispose()
