"""`python -m connectors.site`: what `proactive connector run`, `status`, `rejected` and `tell-again` become."""

import argparse
import asyncio
import json
import signal
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from connectors.site.settings import Site, load
from connectors.site.spool import Spool
from connectors.site.state import look
from proactive.errors import ProactiveError, Unusable
from proactive.ports.clock import SystemClock


def main(words: Sequence[str] | None = None) -> None:
    """Do what the words say (those of the command line). A mistake ends it with one sentence and the status 1."""
    asked = _arguments().parse_args(words)
    try:
        asked.does(asked)
    except ProactiveError as error:
        sys.stderr.write(f"proactive: {error}\n")
        sys.exit(1)


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m connectors.site")
    commands = parser.add_subparsers(required=True)
    for name, does in (("run", run), ("status", status), ("rejected", rejected), ("tell-again", tell_again)):
        command = commands.add_parser(name)
        command.add_argument("file", type=Path)
        command.set_defaults(does=does)
        if does is run:
            command.add_argument("--once", action="store_true")
        if does is status or does is rejected:
            command.add_argument("--json", action="store_true")
        if does is rejected:
            either = command.add_mutually_exclusive_group()
            either.add_argument("--retry", action="store_true")
            either.add_argument("--discard", action="store_true")
        if does is tell_again:
            command.add_argument("register")
    return parser


def run(asked: argparse.Namespace) -> None:
    """Read and tell until a signal comes; with `--once` until all is told."""
    left = asyncio.run(_run(asked.file, once=asked.once))
    if left is not None:
        raise Unusable(f"Not everything was told: {left} What waits is in the spool; the next run goes on there.")


async def _run(file: Path, *, once: bool) -> str | None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    from connectors.site.platform import Platform
    from connectors.site.run import Run
    from connectors.site.source import sources
    from proactive.logs import begin_logging

    begin_logging()
    site = load(file)
    found = sources(site, file)
    clock = SystemClock()
    line = Platform(site.platform, clock=clock)
    try:
        async with Spool(site.spool.folder, most_bytes=site.spool.most_bytes, clock=clock) as spool:
            begun = Run(site, spool, line, found, clock=clock, stop=stop, once=once)
            await begun.begin()
            return begun.left
    finally:
        await line.close()


def status(asked: argparse.Namespace) -> None:
    """Say how the spool stands, whether or not the connector runs."""
    from connectors.site.status import as_json, in_words

    site, clock = load(asked.file), SystemClock()
    state = look(site.spool.folder)
    if asked.json:
        print(json.dumps(as_json(site, state, clock=clock), ensure_ascii=False, indent=2))  # noqa: T201
    else:
        print(in_words(site, state, clock=clock))  # noqa: T201


def rejected(asked: argparse.Namespace) -> None:
    """List what the platform refused, or let it wait once more, or forget it."""
    site = load(asked.file)
    aside = look(site.spool.folder, asides=1000)
    if asked.retry or asked.discard:
        asyncio.run(_mend(site, Spool.again if asked.retry else Spool.discard))
        done = "wait to be sent once more" if asked.retry else "are forgotten"
        print(f"{aside.aside_in_all} events {done}.")  # noqa: T201
    elif asked.json:
        listed = [
            {"id": one.id, "register": one.register, "answer": one.answer, "at": one.at.isoformat()}
            for one in aside.aside
        ]
        print(json.dumps(listed, ensure_ascii=False, indent=2))  # noqa: T201
    else:
        for one in aside.aside:
            print(f"{one.at:%Y-%m-%d %H:%M} {one.register} {one.id}\n    {one.answer}")  # noqa: T201


def tell_again(asked: argparse.Namespace) -> None:
    """Tell a register from its beginning."""
    site = load(asked.file)
    if asked.register not in look(site.spool.folder).readings:
        raise Unusable(f"The register {asked.register} was never read here; `status` names those that were.")
    asyncio.run(_mend(site, lambda spool: spool.begin_anew(asked.register)))
    print(f"{asked.register} is read and told from its beginning.")  # noqa: T201


async def _mend(site: Site, what: Callable[[Spool], Awaitable[None]]) -> None:
    """Change something in the spool, also while the connector runs."""
    async with Spool(site.spool.folder, most_bytes=site.spool.most_bytes, clock=SystemClock(), alone=False) as spool:
        await what(spool)


if __name__ == "__main__":
    main()
