"""`proactive report`: the weekly report on the plan, drafted from stored figures; and figures counted at once."""

import asyncio
import json
from pathlib import Path
from typing import Annotated, Any

import typer

from proactive.errors import Unusable

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    reports = typer.Typer(help="Reports on the plan.", no_args_is_help=True)
    app.add_typer(reports, name="report")
    reports.command("weekly")(weekly)
    reports.command("progress")(progress)
    reports.command("count")(count)


def weekly(
    week: Annotated[
        str | None, typer.Option(metavar="YYYY-Www", help="The week, like 2026-W48; else this one.")
    ] = None,
    as_json: AsJson = False,
    pdf: Annotated[Path | None, typer.Option("--pdf", metavar="FILE", help="Write the draft as PDF.")] = None,
) -> None:
    """Print the report of a week as the worker drafted it, or as far as it has come: Vietnamese first, then English."""
    told = asyncio.run(_weekly(week, pdf))
    if as_json:
        typer.echo(json.dumps(told, ensure_ascii=False))
        return
    for language in ("vi", "en"):
        typer.echo(f"{told['week']}  {told['from']} – {told['to']}")
        for section in told["sections"]:
            typer.echo(f"\n{section['title'][language]}")
            for line in section["lines"]:
                typer.echo(f"- {line[language]}")
        typer.echo("")


def progress(
    on: Annotated[str | None, typer.Option(metavar="YYYY-MM-DD", help="As it was at the end of this day.")] = None,
    as_json: AsJson = False,
) -> None:
    """Say how far the plan has come: boundary-free procedures, digitisation, quality, obstacles."""
    told = asyncio.run(_progress(on))
    if as_json:
        typer.echo(json.dumps(told, ensure_ascii=False))
        return
    city = told["boundary_free"]["city"]
    typer.echo(f"{told['day']}  boundary-free {city['part']} of {city['of']}  {city['share']} %")
    for target in told["boundary_free"]["targets"]:
        typer.echo(f"  {target['percent']} % by {target['by']}: {'reached' if target['reached'] else 'not reached'}")
    for group in ("departments", "fields"):
        for name, one in told["boundary_free"][group].items():
            typer.echo(f"  {name:<28} {one['part']} of {one['of']}")
    for name, one in told["digitisation"].items():
        typer.echo(f"  {name:<28} {one['part']} of {one['of']}")


def count() -> None:
    """Count at once what pages show as of a moment; the worker does it every ten minutes."""
    typer.echo(f"{asyncio.run(_count())} figures are counted and kept.")


async def _weekly(name: str | None, pdf: Path | None) -> dict[str, Any]:
    from proactive.cli._stored import stored
    from proactive.papers.printing import printed
    from proactive.steps.weekly import Week, paper, weekly_kept

    async with stored("report") as here:
        week = Week.named(name) if name else Week.of(here.clock.today())
        told, _ = await weekly_kept(week, catalogue=here.folder, store=here.store, clock=here.clock)
        if pdf is not None:
            await asyncio.to_thread(pdf.write_bytes, await printed("weekly", paper(told, here.clock.today())))
        return told


async def _progress(on: str | None) -> dict[str, Any]:
    from proactive.cli._stored import day, stored
    from proactive.steps.progress import progress as found

    async with stored("report") as here:
        asked = day(on, here.clock.today(), "--on")
        if asked > here.clock.today():
            raise Unusable(f"{asked} has not come yet.")
        return await found(asked, catalogue=here.folder, store=here.store, clock=here.clock)


async def _count() -> int:
    from proactive.cli._stored import stored
    from proactive.foresight.year import look_ahead
    from proactive.steps.tally import tally

    async with stored("report") as here:
        counted = await tally(catalogue=here.folder, store=here.store, clock=here.clock, at_once=True)
        return counted + await look_ahead(
            catalogue=here.book.catalogue, store=here.store, clock=here.clock, at_once=True
        )
