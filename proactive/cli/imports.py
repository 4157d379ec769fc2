"""`proactive import`: a spreadsheet of an office into a register, after a look at what it would change."""

import asyncio
import getpass
import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from proactive.cli._sheet import contents
from proactive.errors import Unusable


def register(app: typer.Typer) -> None:
    app.command("import")(import_file)


def import_file(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="A .csv or .xlsx file.", dir_okay=False)],
    register: Annotated[str, typer.Option("--register", help="The register that it fills.")],
    full: Annotated[
        bool, typer.Option("--full/--additions", help="It holds everything there is, or what is new or changed.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what it would change.")] = False,
    vanish: Annotated[
        int | None, typer.Option("--vanish", help="Yes, so many records are gone; needed where that is suspicious.")
    ] = None,
    errors: Annotated[Path | None, typer.Option("--errors", help="Write the refused rows here, with why.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    by: Annotated[str | None, typer.Option("--by", help="Who does it; your account's name.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Read a spreadsheet, say what it would change, and have it applied by a worker.

    Headings are the register's columns or their titles, or those of a source of the kind `files`.
    """
    said = asyncio.run(
        _import(
            path, register, full=full, dry_run=dry_run, vanish=vanish, errors=errors, yes=yes,
            by=by or getpass.getuser(), tell=not as_json,
        )
    )  # fmt: skip
    if as_json:
        typer.echo(json.dumps(said, ensure_ascii=False))
    elif said["state"] == "applying":
        typer.echo("A worker applies it now.")
    if said["state"] == "refused":
        raise typer.Exit(1)


async def _import(
    path: Path, name: str, *, full: bool, dry_run: bool, vanish: int | None, errors: Path | None, yes: bool, by: str,
    tell: bool,
) -> dict[str, Any]:  # fmt: skip
    from proactive.cli._stored import stored
    from proactive.domain.files import Fate, Listing
    from proactive.facts import Facts
    from proactive.parts import by_files, configured
    from proactive.steps import office_files

    content = contents(path)
    async with stored("import") as here:
        registers = by_files(configured(here.settings, here.folder.registers))
        if name not in registers:
            known = ", ".join(registers) or "none (see PROACTIVE_TOLD_REGISTERS)"
            raise Unusable(f"No files are taken for the register '{name}'. Those that files may fill: {known}.")
        facts, store, clock = Facts(here.book.catalogue, here.store.pseudonyms), here.store, here.clock
        listing = Listing.FULL if full else Listing.ADDITIONS
        file = await office_files.receive(
            content, register=name, name=path.name, listing=listing, origin="command", by=by, ours=True, store=store,
            clock=clock,
        )  # fmt: skip
        await office_files.read_file(
            file, content, unasked=False, store=store, registers=registers, facts=facts, clock=clock
        )
        file = await store.files.get(file.id) or file
        if tell:
            _tell(file)
        if errors is not None and file.number(Fate.REFUSED):
            titles = {column: one.title.vi for column, one in registers[name].schema.columns.items()}
            wrong = await office_files.errors_of(file, kind=file.kind, titles=titles, store=store)
            await asyncio.to_thread(errors.write_bytes, wrong)
        if file.state == "previewed":
            wanted = not dry_run and _agreed(file, vanish=vanish, yes=yes)
            await store.files.decide(
                file.id, apply=wanted, agreed=file.number(Fate.VANISHES), actor=by, now=clock.now()
            )
        after = await store.files.get(file.id) or file
        return {
            "id": str(file.id), "register": name, "state": str(after.state), "listing": str(listing),
            "counts": {str(fate): file.number(fate) for fate in Fate}, "columns": file.columns,
            "unused": list(file.unused), "notes": [one.model_dump() for one in file.notes],
            "held": file.held, "why": file.why.model_dump() if file.why else None,
        }  # fmt: skip


def _agreed(file: Any, *, vanish: int | None, yes: bool) -> bool:
    """Whether it is to be applied. Raises `Unusable` where somebody must look first; the file is thrown away then."""
    from proactive.domain.files import Fate

    if file.held == "vanishing" and vanish != file.number(Fate.VANISHES):
        typer.echo(
            f"{file.number(Fate.VANISHES)} of {file.kept_before} records are not in this file: that looks like half a "
            f"file. If it is true, say --vanish {file.number(Fate.VANISHES)}.",
            err=True,
        )
        return False
    if yes or not file.moves:
        return True
    if not sys.stdin.isatty():
        typer.echo("Nobody is there to ask: say --yes, or --dry-run.", err=True)
        return False
    return typer.confirm(f"Apply it to {file.moves} records?", err=True)


def _tell(file: Any) -> None:
    if file.why is not None:
        typer.echo(f"{file.why.why} {file.why.mend}")
        return
    typer.echo("  ".join(f"{number} {fate}" for fate, number in file.counts.items() if number))
    for column, number in file.columns.items():
        typer.echo(f"    {column} changes in {number}")
    for one in file.notes:
        typer.echo(f"    {one.column or 'file'}: {one.what} ({one.number} times, first in line {one.line})")
    if file.unused:
        typer.echo(f"    not used: {', '.join(file.unused)}")
