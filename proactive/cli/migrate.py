"""`proactive migrate`: bring the database's tables to this version."""

import asyncio

import typer

from proactive.errors import Unusable
from proactive.settings import read


def register(app: typer.Typer) -> None:
    @app.command()
    def migrate() -> None:
        """Bring the database named by PROACTIVE_DATABASE_URL to this version's tables."""
        from proactive.store.migrate import migrate as run

        settings = read()
        if settings.database_url is None:
            raise Unusable(
                "PROACTIVE_DATABASE_URL is not set. `proactive up` migrates the embedded database by itself."
            )
        asyncio.run(run(settings.database_url))
        typer.echo("The database has the tables of this version.")
