"""`proactive new-service`: begins a service, as a draft that passes `proactive check`."""

import json
from pathlib import Path
from typing import Annotated

import typer

from proactive.errors import Unusable


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("new-service")(new_service)


def new_service(
    name: Annotated[str, typer.Argument(help="Small letters, digits and underscores; the folder gets this name.")],
    watched: Annotated[
        str | None, typer.Option("--register", help="The register that falls due; written if there is none so named.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    rules: Annotated[Path | None, typer.Option("--rules", help="Another folder of rules.", file_okay=False)] = None,
) -> None:
    """Write a folder with rules, form, texts and cases to begin with. It is a draft: nobody is told anything."""
    import rules as package
    from rules import examine, sound
    from rules.scaffold import Taken, begin

    root = rules or Path(package.__file__).parent
    if not (root / "registers").is_dir():
        raise Unusable(f"{root} is no folder of rules: it has no registers/. Name a folder like the package's rules/.")
    try:
        written = begin(name, root, sound(root)[0].registers, watched)
    except Taken as error:
        raise Unusable(str(error)) from error
    problems = examine(root / name, sound(root)[0].registers)[1]
    if as_json:
        said = {"written": [str(path) for path in written], "problems": [str(problem) for problem in problems]}
        typer.echo(json.dumps(said, ensure_ascii=False))
    else:
        for path in written:
            typer.echo(str(path))
        typer.echo("Now write the law into service.yaml, with its sources, and see `proactive check`.", err=True)
    for problem in problems:
        typer.echo(str(problem), err=True)
    if problems:
        raise typer.Exit(1)
