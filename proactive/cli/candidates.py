"""`proactive candidates`: which procedures should become proactive next, and what departments propose."""

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from proactive.cli._sheet import read_sheet
from proactive.cli._signed import SignedBy, signed
from proactive.errors import Unusable

if TYPE_CHECKING:
    from proactive.steps.candidates import Line

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    candidates = typer.Typer(help="Which procedures should become proactive next.", invoke_without_command=True)
    app.add_typer(candidates, name="candidates")
    candidates.callback()(show)
    candidates.command("import")(import_file)
    candidates.command("document")(document)


def show(
    context: typer.Context,
    department: Annotated[str, typer.Option(help="Only those of this office, or of `unit`: the communes.")] = "",
    source: Annotated[
        Path | None,
        typer.Option("--from", metavar="FILE", help="Rank this .csv or .xlsx file instead; nothing of it is kept."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Rank the list: points that are sure, points at most, and why; and what each department has proposed.

    With `--from` no database is needed; where there is none, nothing counts as connected or measured. Lines of the file
    that cannot be used are left out and named.
    """
    if context.invoked_subcommand is not None:
        return
    found = asyncio.run(_ranking(source))
    for wrong in found.get("wrong", ()):
        for problem in wrong["problems"]:
            typer.echo(f"line {wrong['line']} ({wrong['id']}): {problem['where']}: {problem['why']}", err=True)
    found["candidates"] = [one for one in found["candidates"] if department in ("", one["department"])]
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False))
        return
    if found["sample"]:
        typer.echo("No list was imported; this is the sample. See `proactive candidates import`.")
    for one in found["candidates"]:
        place = one["place"] if one["place"] is not None else "-"
        proposed = f"  [{one['proposal']['state']}]" if one["proposal"] else ""
        typer.echo(f"{place:>3}  {one['least']:>5} to {one['most']:>5}  {one['name']['vi']}{proposed}")
        for name, score in one["scores"].items():
            points = "   ?" if score["points"] is None else f"{score['points']:>4}"
            typer.echo(f"       {name:<8} {points} x {score['weight']:>2} %  {score['says']['vi']}")
    for line in found["departments"]:
        if line["asked"]:
            typer.echo(
                f"{line['office']:<22} proposed {line['proposed']}, accepted {line['accepted']}, "
                f"declined {line['declined']}, still asked for {line['missing']}"
            )


def import_file(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="A .csv or .xlsx file.", dir_okay=False)],
    by: SignedBy,
    document: Annotated[str, typer.Option(help="The number of the document with the list.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what is in it and what is wrong.")] = False,
    as_json: AsJson = False,
) -> None:
    """Import a list. Lines that cannot be used are named with why; ends with 1 if there are any."""
    lines, kept = asyncio.run(_import(path, by, document, dry_run=dry_run))
    wrong = [line for line in lines if line.problems]
    if as_json:
        typer.echo(json.dumps({"lines": len(lines), "kept": kept, "wrong": _wrong(lines)}, ensure_ascii=False))
    else:
        for line in wrong:
            for problem in line.problems:
                typer.echo(f"line {line.number} ({line.id}): {problem}", err=True)
        typer.echo(f"{len(lines)} lines, {kept} new or changed, {len(wrong)} that cannot be used.")
    if wrong:
        raise typer.Exit(1)


def document(
    department: Annotated[str, typer.Argument(help="The office's id, or `unit`.")],
    to: Annotated[Path, typer.Option("--to", metavar="FILE", help="A .pdf or .docx file to write.")],
) -> None:
    """Write a department's proposal document: what it proposed, or the best of its candidates as a suggestion."""
    kind = to.suffix.removeprefix(".")
    if kind not in {"pdf", "docx"}:
        raise Unusable(f"{to} is neither a .pdf nor a .docx file.")
    content = asyncio.run(_document(department, kind))
    to.write_bytes(content)
    typer.echo(f"{to}: {len(content)} bytes.")


def _wrong(lines: list["Line"]) -> list[dict[str, Any]]:
    return [
        {"line": line.number, "id": line.id, "problems": [{"where": p.where, "why": p.why} for p in line.problems]}
        for line in lines
        if line.problems
    ]


async def _ranking(source: Path | None) -> dict[str, Any]:
    from proactive.cli._stored import stored
    from proactive.steps.candidates import ranking, ranking_by_rules, read
    from proactive.steps.candidates_told import told

    if source is None:
        async with stored("candidates") as here:
            return told(await ranking(catalogue=here.folder, store=here.store, clock=here.clock))
    lines = await read_sheet(source, read)
    listed = [line.candidate for line in lines if line.candidate is not None]
    try:
        async with stored("candidates") as here:
            found = await ranking(catalogue=here.folder, store=here.store, clock=here.clock, listed=listed)
    except Unusable as error:
        from rules import sound

        typer.echo(f"{error} Nothing counts as connected, measured or proposed.", err=True)
        found = ranking_by_rules(listed, catalogue=sound()[0])
    return {**told(found), "wrong": _wrong(lines)}


async def _document(department: str, kind: str) -> bytes:
    from proactive.cli._stored import stored
    from proactive.papers.proposals import document
    from proactive.steps.candidates import ranking
    from proactive.steps.proposing import words
    from rules.offices import offices

    if department not in {"unit", *offices()}:
        raise Unusable(f"There is no office '{department}'. See `proactive office list`.")
    async with stored("candidates") as here:
        found = await ranking(catalogue=here.folder, store=here.store, clock=here.clock)
        return await document(kind, words(found, department, here.clock.today()))


async def _import(path: Path, by: str, document: str, *, dry_run: bool) -> tuple[list["Line"], int]:
    from proactive.steps import candidates

    lines = await read_sheet(path, candidates.read)
    if dry_run:
        return lines, 0
    async with signed(by) as here:
        return lines, await candidates.keep(lines, by=by, document=document, store=here.store, clock=here.clock)
