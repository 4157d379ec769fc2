"""Our own intake as forward meets it, over the store of a town."""

from types import SimpleNamespace
from typing import Any

from pydantic import SecretStr
from starlette.applications import Starlette

from proactive.settings import Settings
from proactive.web.receiving.endpoint import Receiving
from tests.steps.town import Town

RECEIVING = "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def receiver(town: Town) -> Starlette:
    """The contract alone, without the pages around it."""
    site: Any = SimpleNamespace(
        store=town.store, clock=town.clock, settings=Settings(receiving_secret=SecretStr(RECEIVING))
    )
    return Starlette(routes=Receiving(site).routes)
