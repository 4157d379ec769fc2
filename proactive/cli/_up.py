"""What `proactive up` does."""

from rich.console import Console

from proactive.embedded.supervisor import Supervisor
from proactive.installation import Installation, Rehearsal
from proactive.parts import connected, rule_book
from proactive.rehearsal import COLLEAGUE, OFFICER, employ, go_live, password
from proactive.settings import Settings
from proactive.store.store import opened

__all__ = ["Rehearsal", "stay"]


async def stay(settings: Settings, rehearsal: Rehearsal) -> None:
    console = Console(stderr=True, log_path=False)
    async with Supervisor(settings.data_dir, tell=console.log) as supervisor:
        running = await Installation(settings, supervisor, tell=console.log).start(rehearsal)
        if running.source_owner_url is not None:
            async with opened(str(running.settings.database_url), size=1, application="proactive up") as store:
                catalogue = connected(rule_book(), running.settings)
                await supervisor.while_running(employ(store, running, catalogue))
                for words in await supervisor.while_running(go_live(store, running, catalogue)):
                    console.log(words)
            console.print(f"  desk: {COLLEAGUE} prepares, {OFFICER} approves; both / {password(running)}")
        for words in running.stood_in:
            console.print(f"  [dim]stood in for[/dim] {words}")
        if running.phones_url is not None:
            console.print(f"  phones: {running.phones_url}/phones")
        console.print(f"Ready: {running.settings.public_url}/ (Ctrl-C ends everything)")
        await supervisor.run()
