"""`proactive procedures`: the catalogue of procedures, from a spreadsheet to the public page."""

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from proactive.cli._sheet import read_sheet
from proactive.cli._signed import SignedBy, signed
from proactive.errors import Unusable

if TYPE_CHECKING:
    from proactive.domain.procedure import Entry
    from proactive.steps.catalogue import Line

Code = Annotated[str, typer.Argument(help="The procedure's code, for example 3.000347.")]
Document = Annotated[str, typer.Option(help="The number of the document that says so.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    procedures = typer.Typer(help="The catalogue of procedures.", no_args_is_help=True)
    app.add_typer(procedures, name="procedures")
    procedures.command("import")(import_file)
    procedures.command("move")(move)
    procedures.command("list")(show)
    procedures.command("show")(one)


def import_file(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="A .csv or .xlsx file.", dir_okay=False)],
    by: SignedBy,
    document: Document,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what is in it and what is wrong.")] = False,
    as_json: AsJson = False,
) -> None:
    """Propose the procedures in a file. Lines that cannot be used are named with why; ends with 1 if there are any."""
    lines, kept = asyncio.run(_import(path, by, document, dry_run=dry_run))
    wrong = [line for line in lines if line.problems]
    if as_json:
        told = {"lines": len(lines), "proposed": [_told(entry) for entry in kept], "wrong": [_wrong(x) for x in wrong]}
        typer.echo(json.dumps(told, ensure_ascii=False))
    else:
        for entry in kept:
            typer.echo(f"{entry.code} version {entry.version} is proposed.")
        for line in wrong:
            for problem in line.problems:
                typer.echo(f"line {line.number} ({line.code}): {problem}", err=True)
        typer.echo(f"{len(lines)} lines, {len(kept)} proposed, {len(wrong)} that cannot be used.")
    if wrong:
        raise typer.Exit(1)


def move(
    code: Code,
    to: Annotated[str, typer.Argument(help="reviewed, approved, published or withdrawn.")],
    by: SignedBy,
    document: Document,
    version: Annotated[int | None, typer.Option(min=1, help="Which version; the newest if none is named.")] = None,
) -> None:
    """Take a version to its next stage: Justice reviews, the Office approves, publishes and withdraws."""
    entry = asyncio.run(_move(code, version, to, by, document))
    typer.echo(f"{entry.code} version {entry.version} is {entry.stage}.")


def show(
    stage: Annotated[str | None, typer.Option(help="Only those that are proposed, reviewed, ...")] = None,
    search: Annotated[str, typer.Option(help="Words of its code, name, field; marks do not matter.")] = "",
    as_json: AsJson = False,
) -> None:
    """List procedures, the newest version of each."""
    found = asyncio.run(_list(stage, search))
    if as_json:
        typer.echo(json.dumps({"procedures": found}, ensure_ascii=False))
        return
    for line in found:
        sample = "  (sample)" if line["sample"] else ""
        typer.echo(f"{line['code']:<12} v{line['version']:<3} {line['stage']:<10} {line['name']['vi']}{sample}")


def one(code: Code, version: Annotated[int | None, typer.Option(min=1)] = None, as_json: AsJson = False) -> None:
    """Say what a version says, and who signed each step of it."""
    found = asyncio.run(_one(code, version))
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False))
        return
    typer.echo(f"{found['code']} version {found['version']} ({found['stage']}): {found['name']['vi']}")
    for line in found["history"]:
        typer.echo(f"  {line['at']}  v{line['version']} {line['stage']} by {line['by']}, {line['document']}")


async def _import(path: Path, by: str, document: str, *, dry_run: bool) -> tuple[list["Line"], list["Entry"]]:
    from proactive.domain.procedure import Signed
    from proactive.steps import catalogue

    lines = await read_sheet(path, catalogue.read)
    if dry_run:
        return lines, []
    async with signed(by) as here:
        officer = await here.store.officers.get(by)
        assert officer is not None  # or `signed` had refused
        signature = Signed(by=by, office=officer.office, document=document, at=here.clock.now())
        return lines, await catalogue.propose(lines, signed=signature, store=here.store)


async def _move(code: str, version: int | None, to: str, by: str, document: str) -> "Entry":
    from proactive.domain.procedure import Signed, Stage
    from proactive.steps import catalogue

    if to not in set(Stage) - {Stage.PROPOSED}:
        raise Unusable(f"'{to}' is no stage to move to. Use reviewed, approved, published or withdrawn.")
    async with signed(by) as here:
        officer = await here.store.officers.get(by)
        assert officer is not None  # or `signed` had refused
        signature = Signed(by=by, office=officer.office, document=document, at=here.clock.now())
        return await catalogue.take(code, version, Stage(to), signed=signature, store=here.store)


async def _list(stage: str | None, words: str) -> list[dict[str, Any]]:
    from proactive.domain.procedure import Stage
    from proactive.steps.catalogue import Listed, said, search

    if stage is not None and stage not in set(Stage):
        raise Unusable(f"There is no stage '{stage}'. Use one of: {', '.join(Stage)}.")
    async with signed(None) as here:
        found = await here.store.procedures.all(Stage(stage) if stage else None)
        return [_told(one.entry) for one in search([Listed(entry, said(entry)) for entry in found], words)]


async def _one(code: str, version: int | None) -> dict[str, Any]:
    async with signed(None) as here:
        entry = await here.store.procedures.get(code, version)
        if entry is None:
            raise Unusable(f"There is no such version of procedure {code}. See `proactive procedures list`.")
        history = [dict(line) | {"at": line["at"].isoformat()} for line in await here.store.procedures.history(code)]
        return _told(entry) | {"history": history}


def _told(entry: "Entry") -> dict[str, Any]:
    return {"version": entry.version, "stage": str(entry.stage), **entry.body}


def _wrong(line: "Line") -> dict[str, Any]:
    problems = [{"where": p.where, "why": p.why, "mend": p.mend} for p in line.problems]
    return {"line": line.number, "code": line.code, "problems": problems}
