"""The command line. Every file here adds its own command by `register(app)`; being in the folder is being registered.

What a command needs it imports when it runs: to say `--help` nobody waits for the database driver.

A mistake of the operator's, a missing setting or an unreachable server ends a command with one sentence.
"""

import importlib
import pkgutil
import sys

import typer

from proactive.errors import ProactiveError


def application(only: str | None = None) -> typer.Typer:
    """All commands, or where a file is called like the one that is wanted, that file's: a command over a small file of
    records does not wait for the libraries of the others."""
    app = typer.Typer(
        name="proactive",
        help="Public services that come to people before they ask.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    app.callback()(lambda: None)
    files = sorted(module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_"))
    name = "" if only is None else only.replace("-", "_")
    wanted = [file for file in files if file == name or file.startswith(f"{name}_")] if name in files else files
    for file in wanted:
        importlib.import_module(f"{__name__}.{file}").register(app)
    return app


def main() -> None:
    try:
        application(next(iter(sys.argv[1:]), None))()
    except ProactiveError as error:
        sys.stderr.write(f"proactive: {error}\n")
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
