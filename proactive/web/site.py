"""Everything that a page may use, made once by `app.create`."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from proactive.domain.keys import Keys
from proactive.ports.clock import Clock
from proactive.ports.intake import Intake
from proactive.ports.notifier import Notifier
from proactive.settings import Settings
from proactive.sources import ConnectedRegister
from proactive.store.desk import Desk
from proactive.store.store import Store
from proactive.web.door import Door
from proactive.web.identity.relying_party import RelyingParty
from proactive.web.pages import Pages
from proactive.web.passwords import Passwords
from proactive.web.ports import Steps
from proactive.web.wording import Wording
from rules import Catalogue
from rules.manners import Manners
from rules.privacy import Privacy


@dataclass(frozen=True, kw_only=True)
class Site:
    store: Store
    desk: Desk
    keys: Keys
    clock: Clock
    settings: Settings
    catalogue: Catalogue
    wording: Wording
    steps: Steps
    notifiers: Mapping[str, Notifier]
    intake: Intake
    door: Door
    pages: Pages
    identity: RelyingParty
    passwords: Passwords
    manners: Manners
    privacy: Privacy
    files: Mapping[str, ConnectedRegister] = field(default_factory=dict)
    """The registers that files of offices may fill."""
