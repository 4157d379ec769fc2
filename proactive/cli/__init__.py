"""The command line. Every file here adds its own command by `register(app)`; being in the folder is being registered.

What a command needs it imports when it runs: to say `--help` nobody waits for the database driver.

A mistake of the operator's, a missing setting or an unreachable server ends a command with one sentence.
"""

import importlib
import pkgutil
import sys

import typer

from proactive.errors import ProactiveError


def application() -> typer.Typer:
    app = typer.Typer(
        name="proactive",
        help="Public services that come to people before they ask.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda module: module.name):
        if not module.name.startswith("_"):
            importlib.import_module(f"{__name__}.{module.name}").register(app)
    return app


def main() -> None:
    try:
        application()()
    except ProactiveError as error:
        sys.stderr.write(f"proactive: {error}\n")
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
