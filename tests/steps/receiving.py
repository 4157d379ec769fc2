"""Our own intake as forward meets it, over the store of a town."""

from types import SimpleNamespace
from typing import Any

from pydantic import SecretStr
from starlette.applications import Starlette

from proactive.domain.case import Case
from proactive.settings import Settings
from proactive.steps.catalogue import read_body
from proactive.store.store import Store
from proactive.web.receiving.endpoint import Receiving
from rules.procedures import Procedure
from tests.steps.town import Town

RECEIVING = "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def receiver(town: Town) -> Starlette:
    """The contract alone, without the pages around it."""
    site: Any = SimpleNamespace(
        store=town.store, clock=town.clock, settings=Settings(receiving_secret=SecretStr(RECEIVING))
    )
    return Starlette(routes=Receiving(site).routes)


async def procedure_of(case: Case, *, store: Store) -> Procedure:
    """The procedure in the version that the case keeps."""
    found = await store.cases.with_procedure(case.reference)
    assert found is not None
    return read_body(found[1])
