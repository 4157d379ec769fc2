"""The database that a command means: the one the settings name, or the running embedded one."""

from proactive.errors import Unusable
from proactive.settings import read


def database_url() -> str:
    """Raises `Unusable` where there is none."""
    settings = read()
    if settings.database_url is not None:
        return settings.database_url
    from proactive.embedded.postgres import EmbeddedPostgres

    server = EmbeddedPostgres(settings.data_dir)
    if not server.made:
        raise Unusable(
            "There is no database yet. Start one with `proactive up` or `make demo`, or set PROACTIVE_DATABASE_URL."
        )
    return server.url("proactive")
