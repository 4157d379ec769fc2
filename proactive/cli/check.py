"""`proactive check`: everything that keeps the rules from being published, with file, line, why and how to mend it."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from rules import check as problems_of
from rules import schema


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("check")(check)


def check(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    rules: Annotated[Path | None, typer.Option("--rules", help="Another folder of rules.", file_okay=False)] = None,
    write_schema: Annotated[bool, typer.Option("--schema", help="Write the JSON Schemas of the grammar.")] = False,
) -> None:
    """Say everything that keeps the rules from being published; exit 1 where anything does."""
    if write_schema:
        written = [str(path) for path in (*schema.write(), _source_schema())]
        typer.echo(json.dumps({"written": written}) if as_json else "\n".join(written))
        return
    if rules is not None and not rules.is_dir():
        typer.echo(f"There is no folder {rules}. Name a folder like the package's own rules/.", err=True)
        raise typer.Exit(2)
    problems = problems_of(rules)
    if as_json:
        listed = [
            {"file": one.file, "line": one.line, "where": one.where, "why": one.why, "mend": one.mend}
            for one in problems
        ]
        typer.echo(json.dumps({"publishable": not problems, "problems": listed}, ensure_ascii=False))
    else:
        for one in problems:
            typer.echo(str(one))
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        typer.echo(f"{count}; nothing can be published." if problems else "The rules can be published.", err=True)
    sys.stdout.flush()
    if problems:
        raise typer.Exit(1)


def _source_schema() -> Path:
    """The schema of a source's file, beside those of the rules: what each connector adds to it is in it."""
    from proactive.parts import kinds
    from proactive.sources import schema as sources

    path = schema.FOLDER / sources.FILE
    path.write_text(sources.text(kinds()), encoding="utf-8")
    return path
