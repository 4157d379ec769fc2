"""`proactive demo`: the whole journey on made-up people, by itself."""

import asyncio
import json
import sys
from datetime import datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.live import Live

from proactive.demo.picture import picture
from proactive.embedded.supervisor import Supervisor
from proactive.errors import Unusable
from proactive.installation import Installation, Rehearsal, Running, free_port_for_nobody
from proactive.logs import begin_logging
from proactive.rehearsal import OFFICER, OTHER_OFFICER, Ended, Rehearse, employ, password
from proactive.settings import Settings, read
from proactive.store.store import opened
from rules import load

FEWEST, MOST = 50, 2_000_000
NOBODY_WAITS = {"absent_after": 10.0, "follow_seconds": 5.0, "poll_seconds": 0.5}
"""A rehearsal does not sit out the patience that real providers deserve."""


def register(app: typer.Typer) -> None:
    @app.command()
    def demo(
        people: Annotated[int, typer.Option(help="How many people to make up.", min=FEWEST, max=MOST)] = 20_000,
        today: Annotated[
            datetime | None, typer.Option(help="Play as if it were this day.", formats=["%Y-%m-%d"])
        ] = None,
        seed: Annotated[int, typer.Option(help="The same seed makes up the same people.")] = 1,
        leave: Annotated[
            bool, typer.Option("--exit", help="End when every dossier rests, instead of staying up.")
        ] = False,
        as_json: Annotated[
            bool, typer.Option("--json", help="Print the counts as one JSON object at the end.")
        ] = False,
    ) -> None:
        """Watch licences that are about to expire become applications in the intake, on real parts."""
        begin_logging()
        rehearsal = Rehearsal(people=people, seed=seed, today=today.date() if today else None, fresh=True)
        ended = asyncio.run(play(read(), rehearsal, leave=leave, quiet=as_json))
        if ended is None:
            return
        if as_json:
            sys.stdout.write(json.dumps(ended.asdict()) + "\n")
        elif leave:
            for name, value in ended.asdict().items():
                typer.echo(f"{name:>18}  {value}")
        if leave and not ended.complete:
            raise typer.Exit(1)


async def play(given: Settings, rehearsal: Rehearsal, *, leave: bool, quiet: bool) -> Ended | None:
    """Start everything, let the people play, and stay up unless we shall leave. None: stopped by a signal."""
    settings = _demo_settings(given, leave=leave)
    console = Console(stderr=True, quiet=quiet and leave)
    ended: Ended | None = None
    async with Supervisor(settings.data_dir, tell=console.log) as supervisor:
        running = await Installation(settings, supervisor, tell=console.log).start(rehearsal)
        async with opened(str(running.settings.database_url), size=4, application="proactive demo") as store:
            catalogue = load()
            await supervisor.while_running(employ(store, running, catalogue))
            rehearse = Rehearse(running, store, seed=rehearsal.seed, hold_back=0 if leave else 3)
            with Live(console=console, refresh_per_second=4, transient=leave) as live:

                async def show() -> None:
                    figures = store.figures
                    live.update(
                        picture(
                            await figures.counts(),
                            await figures.states(),
                            [dict(line) for line in await figures.latest()],
                            day=rehearse.today.strftime("%d/%m/%Y"),
                            addresses=_addresses(running, rehearse),
                        )
                    )

                ended = await supervisor.while_running(rehearse.run(show))
                if rehearse.first_text is not None:
                    console.log(f"First text message after {rehearse.first_text:.1f} s.")
                if not leave:
                    await show()
                    live.stop()
                    for words in running.stood_in:
                        console.print(f"  [dim]stood in for[/dim] {words}")
                    console.print("Everything rests now; three citizens wait for you. Ctrl-C ends it all.")
                    await supervisor.run()
    return ended


def _addresses(running: Running, rehearse: Rehearse) -> list[tuple[str, str]]:
    pages = running.settings.public_url
    found = [
        ("citizen", f"{pages}/"),
        ("officer", f"{pages}/desk   {OFFICER} / {password(running)}   (another office: {OTHER_OFFICER})"),
        ("phones", f"{running.phones_url}/phones"),
        ("intake", f"{running.intake_url}/"),
    ]
    if rehearse.to_try:
        found.append(("codes to try", "  ".join(f"{code[:4]} {code[4:]}" for code in rehearse.to_try)))
    return found


def _demo_settings(given: Settings, *, leave: bool) -> Settings:
    """A demo has a folder of its own in the data folder, and its own topics: it never meets real work."""
    if given.database_url is not None:
        raise Unusable(
            "A demo makes its database anew each time, so it plays on the embedded one only. Unset "
            "PROACTIVE_DATABASE_URL, or use `proactive up`."
        )
    update: dict[str, object] = {"data_dir": given.data_dir.resolve() / "demo"}
    update |= {name: value for name, value in NOBODY_WAITS.items() if name not in given.model_fields_set}
    if leave and "web_port" not in given.model_fields_set:
        update["web_port"] = free_port_for_nobody(given.web_port)
    if given.kafka_bootstrap is not None and "topic_prefix" not in given.model_fields_set:
        update["topic_prefix"] = f"demo-{datetime.now().astimezone():%y%m%d%H%M%S}"
    return given.model_copy(update=update)
