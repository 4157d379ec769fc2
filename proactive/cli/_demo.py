"""What `proactive demo` does."""

from datetime import datetime

from rich.console import Console
from rich.live import Live

from proactive.demo.picture import picture
from proactive.demo.steering import furnish
from proactive.embedded.supervisor import Supervisor
from proactive.errors import Unusable
from proactive.installation import Installation, Rehearsal, Running, free_port_for_nobody
from proactive.parts import connected, pseudonyms, rule_book, vault
from proactive.ports.clock import SystemClock
from proactive.rehearsal import COLLEAGUE, OFFICER, OTHER_OFFICER, Ended, Rehearse, employ, go_live, password
from proactive.settings import Settings
from proactive.steps.tally import tally
from proactive.store.store import opened

__all__ = ["Rehearsal", "play"]

NOBODY_WAITS = {"absent_after": 10.0, "follow_seconds": 5.0, "poll_seconds": 0.5}
"""A rehearsal does not sit out the patience that real providers deserve."""


async def play(given: Settings, rehearsal: Rehearsal, *, leave: bool, quiet: bool) -> Ended | None:
    """Start everything, let the people play, and stay up unless we shall leave. None: stopped by a signal."""
    settings = _demo_settings(given, leave=leave)
    console = Console(stderr=True, quiet=quiet and leave, log_path=False)
    ended: Ended | None = None
    async with Supervisor(settings.data_dir, tell=console.log) as supervisor:
        running = await Installation(settings, supervisor, tell=console.log).start(rehearsal)
        rules = rule_book()
        async with opened(
            str(running.settings.database_url), size=4, application="proactive demo", vault=vault(running.settings),
            pseudonyms=pseudonyms(running.settings, rules.registers),
        ) as store:  # fmt: skip
            catalogue = connected(rules, running.settings)
            await supervisor.while_running(employ(store, running, catalogue))
            clock = SystemClock(running.settings.shift)
            await supervisor.while_running(furnish(store, clock))
            for words in await supervisor.while_running(go_live(store, running, catalogue)):
                console.log(words)
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
                await supervisor.while_running(tally(catalogue=catalogue, store=store, clock=clock, at_once=True))
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
        (
            "officer",
            f"{pages}/desk   {OFFICER} / {password(running)} ({COLLEAGUE} prepares, {OTHER_OFFICER} is elsewhere)",
        ),
        ("phones", f"{running.phones_url}/phones"),
        ("intake", f"{running.intake_url}/"),
    ]
    found += [
        ("try as a citizen", f"code {one.code[:4]} {one.code[4:]}, last digits {one.last_digits}, phone {one.phone}")
        for one in rehearse.to_try
    ]
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
