"""`proactive connector run` and what belongs to it: the connector of a site, in place of this process."""

import os
import sys
from pathlib import Path
from typing import Annotated, Never

import typer

SiteFile = Annotated[Path, typer.Argument(help="The site's settings, as docs/site-connector.md shows them.")]


def register(app: typer.Typer) -> None:
    connectors = _group(app)

    @connectors.command("run")
    def run(
        site: SiteFile,
        once: Annotated[bool, typer.Option("--once", help="End when everything is told; 1 when that failed.")] = False,
    ) -> None:
        """Watch a site's database and push its changes to the platform, until a signal comes."""
        _become("run", site, "--once" * once)

    @connectors.command("status")
    def status(
        site: SiteFile,
        as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
    ) -> None:
        """Say how a site's connector stands: what waits, since when, what was acknowledged last, what went wrong."""
        _become("status", site, "--json" * as_json)

    @connectors.command("rejected")
    def rejected(
        site: SiteFile,
        as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
        retry: Annotated[bool, typer.Option("--retry", help="Send them once more.")] = False,
        discard: Annotated[bool, typer.Option("--discard", help="Forget them.")] = False,
    ) -> None:
        """List a site's events that the platform refused, with its answers; nothing waits for them."""
        _become("rejected", site, "--json" * as_json, "--retry" * retry, "--discard" * discard)

    @connectors.command("tell-again")
    def tell_again(
        site: SiteFile, register: Annotated[str, typer.Argument(help="The register, as rules/registers calls it.")]
    ) -> None:
        """Read and tell one register from its beginning, for a platform that has lost some of it."""
        _become("tell-again", site, register)


def _group(app: typer.Typer) -> typer.Typer:
    """The commands of connectors, which another file may have begun."""
    for group in app.registered_groups:
        if group.name == "connector" and group.typer_instance is not None:
            return group.typer_instance
    made = typer.Typer(help="Connectors of other people's data centres.", no_args_is_help=True)
    app.add_typer(made, name="connector")
    return made


def _become(command: str, site: Path, *words: str) -> Never:
    # The connector is above us and small: we do not import it, we become it, and leave nothing of ours in its memory.
    arguments = [command, str(site), *filter(None, words)]
    os.execv(sys.executable, [sys.executable, "-m", "connectors.site", *arguments])  # noqa: S606  # our own interpreter
