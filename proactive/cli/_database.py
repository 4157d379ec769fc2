"""The database that a command means: the one the settings name, or the running embedded one."""

from proactive.settings import read


def database_url() -> str:
    settings = read()
    if settings.database_url is not None:
        return settings.database_url
    from proactive.embedded.postgres import EmbeddedPostgres

    return EmbeddedPostgres(settings.data_dir).url("proactive")
