"""`proactive worker`: one worker of this installation, in place of this process."""

import os
import sys

import typer


def register(app: typer.Typer) -> None:
    @app.command()
    def worker() -> None:
        """Run one worker; start more of them on other machines for more speed."""
        # The worker is above us: we do not import it, we become it.
        os.execv(sys.executable, [sys.executable, "-m", "triggers.worker"])  # noqa: S606  # our own interpreter
