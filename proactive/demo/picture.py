"""The live picture of the journey in the terminal: how many are where, and what happened last. No personal data."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from proactive.ports.clock import DA_NANG
from proactive.store.figures import Counts

STATIONS = (
    ("watch", "changes"),
    ("recognise", "occasions"),
    ("draft", "dossiers"),
    ("offer", "notices"),
    ("confirm", "confirmed"),
    ("decide", "approved"),
    ("forward", "forwarded"),
    ("follow", "closed"),
)
"""Each step with the figure that shows it."""


def picture(
    counts: Counts,
    states: Mapping[str, int],
    latest: Sequence[Mapping[str, object]],
    *,
    day: str,
    addresses: Sequence[tuple[str, str]],
) -> RenderableType:
    """One frame. `latest` are lines of history, newest first; `addresses` are printed as they are."""
    numbers = counts.asdict()
    line = Table.grid(padding=(0, 1))
    most = max(numbers["dossiers"], 1)
    for step, figure in STATIONS:
        value = numbers[figure]
        share = min(1.0, value / most) if figure not in {"changes", "occasions"} else 1.0
        line.add_row(
            Text(step, style="bold"), Text(f"{value:>9,}", style="cyan"), Text(figure, style="dim"),
            Text("█" * round(28 * share) if value else "", style="green"),
        )  # fmt: skip
    asides = "   ".join(f"{name} {count:,}" for name, count in sorted(states.items()))
    events = Table.grid(padding=(0, 2))
    for entry in latest:
        at = entry["at"]
        clock = at.astimezone(DA_NANG).strftime("%H:%M:%S") if isinstance(at, datetime) else ""
        events.add_row(
            Text(clock, style="dim"), str(entry["verb"]), f"→ {entry['to_state']}" if entry["to_state"] else "",
            Text(str(entry["variant"] or ""), style="dim"),
        )  # fmt: skip
    where = Table.grid(padding=(0, 2))
    for title, address in addresses:
        where.add_row(Text(title, style="dim"), address)
    rejected = f"{numbers['rejected_changes']:,} changes refused, each with where, why and how to mend it"
    return Group(
        Panel(line, title=f"The journey on {day}", title_align="left"),
        Text(f"  dossiers now: {asides}", style="dim"),
        Text(f"  {rejected}", style="dim"),
        Panel(events, title="Latest", title_align="left"),
        Panel(where, title="Look", title_align="left"),
    )
