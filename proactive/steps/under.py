"""Under which version of its service a dossier stands: the one it was made under, as long as that is at hand."""

import structlog

from proactive.domain.dossier import Dossier
from rules import Catalogue, Service

log = structlog.get_logger()


def made_under(dossier: Dossier, *, catalogue: Catalogue) -> Service | None:
    """The service as it was when this dossier was drafted; the present one where that version was never published.

    None where there is neither. Whoever saves the dossier afterwards writes down the version that this gave.
    """
    service = catalogue.under(dossier.service, dossier.service_version)
    if service is not None and service.version != dossier.service_version:
        log.info("version.not_at_hand", service=dossier.service, wanted=dossier.service_version, used=service.version)
    return service
