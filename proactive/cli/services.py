"""`proactive services`: the services there are, what they watch, and how sure we are of the law they stand on."""

import json
from pathlib import Path
from typing import Annotated

import typer

from rules import Catalogue, Service, Unpublishable, load


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("services")(services)


def services(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON array.")] = False,
    rules: Annotated[Path | None, typer.Option("--rules", help="Another folder of rules.", file_okay=False)] = None,
) -> None:
    """List the services, published ones first."""
    catalogue = opened(rules)
    every = [*catalogue.services.values(), *catalogue.drafts.values()]
    if as_json:
        typer.echo(json.dumps([described(service) for service in every], ensure_ascii=False))
        return
    for service in every:
        typer.echo(f"{service.name}  [{service.text.status}, mức {service.level}, {service.version}]")
        typer.echo(f"  {service.title.vi}\n  {service.title.en}\n  theo dõi / watches: {', '.join(service.registers)}")


def described(service: Service) -> dict[str, object]:
    """A service as programs may read it."""
    text = service.text
    return {
        "name": service.name,
        "title": text.title.model_dump(),
        "status": text.status.value,
        "level": text.level,
        "version": service.version,
        "procedure": text.procedure.model_dump(mode="json"),
        "competent_office": text.competent_office,
        "register": service.register,
        "registers": list(service.registers),
        "variants": {name: variant.title.model_dump() for name, variant in text.variants.items()},
        "ladder": [rung.model_dump(mode="json") for rung in text.ladder],
        "legal_basis": [basis.model_dump(mode="json") for basis in text.legal_basis],
    }


def opened(folder: Path | None) -> Catalogue:
    """The rule book, or the end of the command with one sentence."""
    if folder is not None and not folder.is_dir():
        typer.echo(f"There is no folder {folder}. Name a folder like the package's own rules/.", err=True)
        raise typer.Exit(2)
    try:
        return load(folder)
    except Unpublishable as error:
        typer.echo(f"The rules have {len(error.problems)} problems. See them with `proactive check`.", err=True)
        raise typer.Exit(1) from error
