"""`proactive office`: which office of today an old address, a code or an id means."""

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rules.offices import Office
    from rules.offices.resolving import Match


def register(app: typer.Typer) -> None:
    """Add the commands."""
    office = typer.Typer(help="Offices, and where old addresses lead today.", no_args_is_help=True)
    app.add_typer(office, name="office")

    @office.command("resolve")
    def resolve(
        asked: Annotated[str, typer.Argument(metavar="ADDRESS|CODE|ID", help="As people write it, marks or not.")],
        as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    ) -> None:
        """Say which unit and offices it is today. Ends with 1 where nothing fits."""
        from rules.offices.resolving import resolve as find

        found = find(asked)
        if as_json:
            typer.echo(json.dumps(_told(found), ensure_ascii=False))
        elif found.office is not None:
            typer.echo(f"{found.office.id}  {found.office.name}")
        for match in found.matches if not as_json and found.office is None else ():
            was = f"  ({match.was.kind.vi} {match.was.name}, {match.was.district}; {match.share})" if match.was else ""
            typer.echo(f"{match.unit.code}  {match.unit.full_name}  {match.centre.id}{was}")
        if not found.matches and found.office is None:
            typer.echo("Nothing fits. Write the ward or commune, and the former district if you know it.", err=True)
            raise typer.Exit(1)

    @office.command("list")
    def show(as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False) -> None:
        """List every office with how sure its name is."""
        from rules.offices import offices

        if as_json:
            typer.echo(json.dumps({"offices": [_office(one) for one in offices().values()]}, ensure_ascii=False))
            return
        for one in offices().values():
            typer.echo(f"{one.id:<22} {one.confidence:<3} {'sample ' if one.sample else ''}{one.name}")


def _told(found: Any) -> dict[str, Any]:
    return {
        "asked": found.asked,
        "by": found.by,
        "certain": found.certain,
        "office": _office(found.office) if found.office else None,
        "matches": [_match(one) for one in found.matches],
    }


def _match(one: "Match") -> dict[str, Any]:
    return {
        "unit": one.unit.code,
        "name": one.unit.full_name,
        "centre": one.centre.id,
        "police_points": [office.id for office in one.police_points],
        "was": one.was.model_dump(mode="json") if one.was else None,
        "share": str(one.share),
    }


def _office(one: "Office") -> dict[str, Any]:
    return one.model_dump(mode="json")
