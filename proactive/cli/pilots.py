"""`proactive pilots`: two people agree on a pilot, one starts it, anybody stops it, and its report is printed."""

import asyncio
import json
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from proactive.cli._signed import SignedBy, signed
from proactive.errors import Unusable

if TYPE_CHECKING:
    from proactive.domain.pilot import Criteria, Outcome, Pilot, Verb
    from proactive.pilots.report import Report

Number = Annotated[int, typer.Argument(metavar="PILOT", help="The pilot's number.")]
Because = Annotated[str | None, typer.Option("--reason", help="Why; it is kept.")]
Paper = Annotated[str | None, typer.Option("--document", help="The number of the paper that says so.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
SIX_WEEKS = timedelta(days=42)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    pilots = typer.Typer(help="Services that tell some people first, to see whether it helps.", no_args_is_help=True)
    app.add_typer(pilots, name="pilots")
    pilots.command("list")(show_all)
    pilots.command("show")(show)
    pilots.command("propose")(propose)
    for verb, words in STEPS.items():
        pilots.command(verb, help=words)(_step(verb))
    pilots.command("conclude")(conclude)
    pilots.command("report")(report)


STEPS = {
    "approve": "Approve a proposed pilot. Whoever proposed it cannot.",
    "start": "Begin to tell its cohort.",
    "pause": "The kill switch: nothing of it goes out any more until somebody else lets it go on.",
    "resume": "Let a paused pilot go on. Whoever paused it cannot.",
    "stop": "End it for good: nothing of it goes out any more.",
    "withdraw": "Take a proposal back that has not begun.",
}


def show_all(as_json: AsJson = False) -> None:
    """Every pilot, the newest first."""
    found = asyncio.run(_all())
    if as_json:
        typer.echo(json.dumps([one.model_dump(mode="json") for one in found], ensure_ascii=False))
        return
    for one in found:
        typer.echo(f"{one.id:>4} {one.state:<10} {one.service} {one.starts_on} to {one.ends_on} ({one.document})")


def show(number: Number, as_json: AsJson = False) -> None:
    """The plan of a pilot, and everything that was done to it."""
    pilot, log = asyncio.run(_one(number))
    if as_json:
        typer.echo(json.dumps({**pilot.model_dump(mode="json"), "log": log}, ensure_ascii=False, default=str))
        return
    for name, value in pilot.model_dump(mode="json").items():
        typer.echo(f"{name:<16} {value}")
    for line in log:
        more = " ".join(str(line[name]) for name in ("document", "reason") if line[name])
        typer.echo(f"  {line['at']:%Y-%m-%d %H:%M} {line['actor']}: {line['verb']} {more}")


def propose(
    service: Annotated[str, typer.Argument(metavar="SERVICE", help="A published service.")],
    by: SignedBy,
    reason: Annotated[str, typer.Option(help="What is to be found out.")],
    document: Annotated[str, typer.Option(help="The number of the paper that orders it.")],
    a_day: Annotated[int, typer.Option(help="At most so many people told for the first time a day.")],
    total: Annotated[int, typer.Option(help="At most so many people told in all.")],
    hold_out: Annotated[int, typer.Option(help="Percent of the cohort who are not told, to compare with.")] = 20,
    unit: Annotated[list[str] | None, typer.Option(help="A commune's code; several times for several.")] = None,
    variant: Annotated[list[str] | None, typer.Option(help="A variant of the service; several times.")] = None,
    where: Annotated[list[str] | None, typer.Option(help="field=value|value, or field=a..b; all must hold.")] = None,
    guests: Annotated[bool, typer.Option(help="Tell the guest list as well.")] = True,
    first: Annotated[str | None, typer.Option("--from", metavar="YYYY-MM-DD", help="First day; today.")] = None,
    last: Annotated[str | None, typer.Option("--to", metavar="YYYY-MM-DD", help="Last day; after six weeks.")] = None,
    confirmed: Annotated[int | None, typer.Option(help="Good enough: percent of those told who confirm.")] = None,
    on_time: Annotated[int | None, typer.Option(help="Good enough: percent of results on time.")] = None,
    complaints: Annotated[int | None, typer.Option(help="Good enough: at most so many percent complain.")] = None,
) -> None:
    """Ask for a pilot; somebody else has to approve it. The password is asked for."""
    from proactive.domain.pilot import Criteria

    asked = {"service": service, "reason": reason, "document": document, "a_day": a_day, "total": total}
    more = {"hold_out": hold_out, "units": unit or [], "variants": variant or [], "where": where or []}
    enough = Criteria(confirmed_at_least=confirmed, on_time_at_least=on_time, complaints_at_most=complaints)
    made = asyncio.run(_propose(by, first, last, enough, {**asked, **more, "guests": guests}))
    typer.echo(f"pilot {made}: proposed; somebody else than {by} approves it.")


def _step(verb: str) -> Any:
    def step(number: Number, by: SignedBy, reason: Because = None, document: Paper = None) -> None:
        from proactive.domain.pilot import Verb

        after = asyncio.run(_move(number, Verb(verb), by, reason, document))
        typer.echo(f"pilot {number} of {after.service} is {after.state}.")

    return step


def conclude(
    number: Number,
    by: SignedBy,
    outcome: Annotated[str, typer.Option(help="go, no_go or again.")],
    document: Annotated[str, typer.Option(help="The number of the paper that says so.")],
    reason: Because = None,
) -> None:
    """Keep what was decided about a stopped pilot. The service is in trial again."""
    from proactive.domain.pilot import Outcome, Verb

    if outcome not in set(Outcome):
        raise Unusable(f"--outcome {outcome} is none of {', '.join(Outcome)}.")
    after = asyncio.run(_move(number, Verb.CONCLUDE, by, reason, document, Outcome(outcome)))
    typer.echo(f"pilot {number} of {after.service} is concluded: {outcome}.")


def report(
    number: Number,
    as_json: AsJson = False,
    table: Annotated[Path | None, typer.Option("--csv", metavar="FILE", help="Write a CSV file.")] = None,
    paper: Annotated[Path | None, typer.Option("--pdf", metavar="FILE", help="Write a PDF file.")] = None,
    language: Annotated[str, typer.Option(help="vi or en.")] = "vi",
) -> None:
    """What a pilot has come to so far. Files leave the office: counts under five are left out of them."""
    from proactive.pilots.report import suggests

    if language not in {"vi", "en"}:
        raise Unusable(f"--language {language}: write vi or en.")
    found, title = asyncio.run(_report(number, table, paper, language))
    if as_json:
        typer.echo(json.dumps({**told_json(found), "suggests": suggests(found), "service": title}, ensure_ascii=False))
        return
    from proactive.pilots.report import MEASURES
    from proactive.pilots.words import days_sentence, effect_sentence, suggestion

    for name, line in found.lines.items():
        label = getattr(MEASURES[name], language)
        typer.echo(f"{label:<44} {line.told.part:>7} / {line.told.of:<7} {line.held.part:>7} / {line.held.of}")
    for words in (effect_sentence(found), days_sentence(found), suggestion(found)):
        typer.echo(getattr(words, language))


def told_json(found: "Report") -> dict[str, Any]:
    """The report for programs: counts as they are, so not to be published as such."""
    from dataclasses import asdict

    values = asdict(found)
    values["pilot"] = found.pilot.model_dump(mode="json")
    values["at"] = found.at.isoformat()
    values["days"] = [[day.isoformat(), told, held] for day, told, held in found.days]
    return values


async def _all() -> list["Pilot"]:
    async with signed(None) as here:
        return await here.store.pilots.all()


async def _one(number: int) -> tuple["Pilot", list[dict[str, Any]]]:
    async with signed(None) as here:
        pilot = await here.store.pilots.get(number)
        if pilot is None:
            raise Unusable(f"There is no pilot {number}. See `proactive pilots list`.")
        return pilot, [dict(line) for line in await here.store.pilots.log(number)]


async def _propose(by: str, first: str | None, last: str | None, enough: "Criteria", asked: dict[str, Any]) -> int:
    from proactive.cli._stored import stored
    from proactive.pilots.planning import planned

    async with signed(by) as here, stored("pilots") as at:
        today = here.clock.today()
        starts_on = _day(first, today, "--from")
        plan = planned(
            at.book.catalogue.services, **asked, criteria=enough, starts_on=starts_on,
            ends_on=_day(last, starts_on + SIX_WEEKS, "--to"), today=today,
        )  # fmt: skip
        return await here.store.pilots.propose(plan, by=by, now=here.clock.now())


async def _move(
    number: int, verb: "Verb", by: str, reason: str | None, document: str | None, outcome: "Outcome | None" = None
) -> "Pilot":
    async with signed(by) as here:
        return await here.store.pilots.step(
            number, verb, by=by, now=here.clock.now(), today=here.clock.today(), reason=reason, document=document,
            outcome=outcome,
        )  # fmt: skip


async def _report(number: int, table: Path | None, paper: Path | None, language: str) -> tuple["Report", str]:
    from proactive.pilots.exporting import as_csv, as_pdf
    from proactive.pilots.report import report as of
    from rules import sound

    pilot, _ = await _one(number)
    service = sound()[0].services.get(pilot.service)
    title = getattr(service.title, language) if service else pilot.service
    async with signed(None) as here:
        found = await of(pilot, store=here.store, now=here.clock.now())
    _write(table, as_csv(found, title=title, language=language))
    if paper is not None:
        _write(paper, await as_pdf(found, title=title, language=language))
    return found, title


def _write(file: Path | None, content: bytes) -> None:
    if file is None:
        return
    try:
        file.write_bytes(content)
    except OSError as error:
        raise Unusable(f"{file} cannot be written: {error.strerror}.") from error


def _day(text: str | None, otherwise: date, option: str) -> date:
    from proactive.cli._stored import day

    return day(text, otherwise, option)
