"""What the commands that look ahead share: the period, the costs, the table, the chart."""

import json
import sys
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from pathlib import Path

import typer
from rich.console import Console

from proactive.cli._stored import day
from proactive.errors import Unusable
from proactive.foresight.assumptions import assumptions
from proactive.foresight.costs import cost
from proactive.foresight.expected import Expected
from proactive.foresight.report import chart, table
from rules import Service

YEAR = timedelta(days=364)
LONGEST = timedelta(days=3660)
WIDEST = 160


def expecting(
    services: Iterable[Service],
    first: str | None,
    last: str | None,
    *,
    today: date,
    assumed: Path | None,
    instead: Mapping[str, int | None],
) -> Expected:
    """An empty forecast of a period with what it reckons with. Raises `Unusable`."""
    begins = day(first, today, "--from")
    ends = day(last, begins + YEAR, "--to")
    if not timedelta() <= ends - begins <= LONGEST:
        raise Unusable(f"From {begins} to {ends} is no period of at most ten years. Write an earlier --from.")
    reckoned = assumptions(begins, assumed, instead=instead)
    return Expected(begins, ends, {one.name: cost(one, reckoned) for one in services}, reckoned)


def show(
    expected: Expected,
    titles: Mapping[str, str],
    file: Path | None,
    *,
    as_json: bool,
    more: Mapping[str, object] | None = None,
) -> None:
    """Print it, and write its chart. Raises `Unusable` where the chart cannot be written."""
    if file is not None:
        kind = file.suffix.lower()
        if kind not in (".svg", ".png"):
            raise Unusable(f"{file.name} is no chart: name a .svg, which pages and Word take, or a .png.")
        drawn = chart(expected, titles)
        try:
            file.write_bytes(_pixels(drawn) if kind == ".png" else drawn.encode())
        except OSError as error:
            raise Unusable(f"{file} cannot be written: {error.strerror}.") from error
    if as_json:
        typer.echo(json.dumps({**expected.asdict(), **(more or {})}, ensure_ascii=False))
        return
    console = Console(file=sys.stdout)
    if not console.is_terminal:
        console.width = WIDEST
    console.print(table(expected, titles))


def _pixels(drawn: str) -> bytes:
    from proactive.foresight.picture import png  # its library is large, and most ask for no picture

    return png(drawn)
