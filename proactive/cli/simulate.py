"""`proactive simulate`: what one service would find in the stored records, as its folder says now, published or not."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from proactive.foresight.expected import Expected


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("simulate")(simulate)


def simulate(
    service_name: Annotated[str, typer.Argument(metavar="SERVICE", help="A service of the folder, a draft too.")],
    first: Annotated[str | None, typer.Option("--from", metavar="YYYY-MM-DD", help="First day; today.")] = None,
    last: Annotated[str | None, typer.Option("--to", metavar="YYYY-MM-DD", help="Last day; after a year.")] = None,
    file: Annotated[Path | None, typer.Option("--chart", metavar="FILE.svg|png", help="Write a chart.")] = None,
    segment_vnd: Annotated[int | None, typer.Option(min=0, help="VND for one SMS segment.")] = None,
    officer_minutes: Annotated[int | None, typer.Option(min=0, help="Minutes of an officer for one dossier.")] = None,
    assumptions: Annotated[Path | None, typer.Option(help="Your own file of such numbers.", dir_okay=False)] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    rules: Annotated[Path | None, typer.Option("--rules", help="Another folder of rules.", file_okay=False)] = None,
) -> None:
    """Say how many would fall due a day by this folder, and what that costs. Nothing is written."""
    from proactive.cli._foresight import show

    expected, titles, missing = asyncio.run(
        _simulate(
            service_name, first, last, rules, assumptions,
            sms_segment_vnd=segment_vnd, officer_minutes_per_dossier=officer_minutes,
        )
    )  # fmt: skip
    show(expected, titles, file, as_json=as_json, more={"service": service_name, "columns_not_kept": missing})
    if missing:
        typer.echo(f"Nothing is kept of {', '.join(missing)}: no service in force needs it, so look twice.", err=True)
    if expected.unreadable:
        typer.echo(f"{expected.unreadable} people were left out: their records lack what it needs.", err=True)


async def _simulate(
    name: str, first: str | None, last: str | None, rules: Path | None, assumed: Path | None, **instead: int | None
) -> tuple["Expected", dict[str, str], list[str]]:
    from proactive.cli._foresight import expecting
    from proactive.cli._progress import progress
    from proactive.cli._stored import named, stored
    from proactive.foresight.simulate import simulate
    from proactive.store.population import population

    async with stored("simulate", rules) as here:
        service = named(here.folder, name)
        expected = expecting([service], first, last, today=here.clock.today(), assumed=assumed, instead=instead)

        def count() -> list[str]:
            with population(here.url) as everybody, progress(name, everybody.size(service.register)) as bar:
                return simulate(
                    service, expected, catalogue=here.book.catalogue, population=everybody, seen=lambda: bar(1)
                )

        return expected, {name: service.title.vi}, await asyncio.to_thread(count)
