"""`proactive impact`: what edited rules would change for the people who are stored. Nothing is written."""

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from proactive.errors import Unusable

if TYPE_CHECKING:
    from proactive.foresight.impact import Impact

SAID = {
    "newly_due": "mới đến lượt",
    "no_longer_due": "không còn đến lượt",
    "other_day": "đổi ngày",
    "other_variant": "đổi cách giải quyết (tính đến ngày được hỏi)",
}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("impact")(impact)


def impact(
    edited: Annotated[
        Path,
        typer.Option(
            "--services-from", metavar="DIR", help="A folder of services, or of one.", exists=True, file_okay=False
        ),
    ],
    on: Annotated[str | None, typer.Option("--on", metavar="YYYY-MM-DD", help="The day asked; today.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Compare edited services with those in force, person by person: who would newly be due, and who no longer."""
    found = asyncio.run(_impact(_services(edited), on))
    if as_json:
        typer.echo(json.dumps({"services": [one.asdict() for one in found]}, ensure_ascii=False))
        return
    if not found:
        typer.echo("Không dịch vụ nào khác với bản đang áp dụng. / No service differs from what is in force.")
    for one in found:
        _tell(one)


def _tell(one: "Impact") -> None:
    from proactive.foresight.chart import grouped

    typer.echo(f"{one.service}: {one.before or '(mới)'} → {one.after}")
    typer.echo(f"  {grouped(one.people)} người được xem lại; {grouped(one.unchanged)} việc giữ nguyên")
    for effect, tally in one.effects.items():
        typer.echo(
            f"  {SAID[effect.value]}: {grouped(tally.occasions)} việc; trong đó {grouped(tally.due_now)} việc "
            f"đang đến hạn; {grouped(tally.told)} việc đã có hồ sơ (giữ theo bản cũ)"
        )
        for sample in tally.samples:
            shown = sample.masked()
            typer.echo(f"    {shown['record']}: {shown['before'] or '–'} → {shown['after'] or '–'}")
    if one.unreadable:
        typer.echo(f"  {grouped(one.unreadable)} người không đọc được bản ghi theo quy định mới")
    if one.not_kept:
        typer.echo(f"  Chưa lưu các cột {', '.join(one.not_kept)}: kết quả trên chưa tính đến chúng.")


def _services(folder: Path) -> list[Path]:
    found = [folder] if (folder / "service.yaml").exists() else [one.parent for one in folder.glob("*/service.yaml")]
    if not found:
        raise Unusable(f"There is no service in {folder}. Name a folder like rules/, or one that holds service.yaml.")
    return sorted(one.resolve() for one in found)


async def _impact(places: list[Path], on: str | None) -> list["Impact"]:
    from proactive.cli._progress import progress
    from proactive.cli._stored import Stored, day, stored
    from proactive.foresight.impact import Impact, impact
    from proactive.store.population import population
    from rules import Service, examine

    def compare(here: Stored, after: Service, before: Service | None, asked: str | None) -> Impact:
        with population(here.url) as everybody, progress(after.name, everybody.size(after.register)) as bar:
            return impact(
                before, after, on=day(asked, here.clock.today(), "--on"), catalogue=here.book.catalogue,
                population=everybody, pseudonyms=here.store.pseudonyms, seen=lambda: bar(1),
            )  # fmt: skip

    async with stored("impact") as here:
        catalogue, found = here.book.catalogue, []
        for place in places:
            after, problems = examine(place, catalogue.registers)
            for problem in problems:
                typer.echo(str(problem), err=True)
            if after is None:
                raise Unusable(f"{place} cannot be asked as it stands; mend what is listed above.")
            before = catalogue.services.get(after.name)
            if before is None or before.version != after.version:
                found.append(await asyncio.to_thread(compare, here, after, before, on))
        return found
