"""`proactive web`: the pages, the API and the providers' hooks."""

import asyncio

import typer

from proactive.logs import begin_logging
from proactive.settings import read


def register(app: typer.Typer) -> None:
    @app.command()
    def web() -> None:
        """Serve the pages on PROACTIVE_WEB_HOST and PROACTIVE_WEB_PORT."""
        import uvloop

        from proactive import metrics
        from proactive.cli._web import serve
        from proactive.embedded.ports import require_free

        begin_logging()
        settings = read()
        require_free(settings.web_port, what="the pages", setting="PROACTIVE_WEB_PORT")
        with metrics.told(settings), asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(serve(settings))
