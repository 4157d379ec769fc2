"""How the connector stands, for an engineer's eyes and for a monitor: no value of any row is in it."""

from datetime import datetime
from typing import Any

from connectors.site.settings import Site
from connectors.site.state import State
from proactive.ports.clock import Clock


def as_json(site: Site, state: State, *, clock: Clock) -> dict[str, Any]:
    """One document. Moments are ISO 8601 in UTC, ages are seconds, sizes bytes."""
    return {
        "connector": site.platform.connector,
        "running": state.running is not None,
        "process": state.running,
        "spooled": state.spooled,
        "oldest_seconds": None if state.oldest_at is None else round((clock.now() - state.oldest_at).total_seconds()),
        "used_bytes": state.used_bytes,
        "most_bytes": site.spool.most_bytes,
        "full_since": _iso(state.full_at),
        "last_acknowledged": _iso(state.acknowledged_at),
        "last_error": None if state.error is None else {"at": _iso(state.error.at), "why": state.error.value},
        "aside": state.aside_in_all,
        "registers": [
            {
                "register": register,
                "telling": reading.telling,
                "position": reading.position.mark,
                "moved_at": _iso(reading.moved_at),
                "read_to_the_end": _iso(reading.read_at),
                "told_to_the_end": _iso(reading.told_at),
            }
            for register, reading in state.readings.items()
        ],
    }


def in_words(site: Site, state: State, *, clock: Clock) -> str:
    """The same in lines."""
    lines = [
        f"connector      {site.platform.connector} -> {site.platform.endpoint}",
        f"running        {'no' if state.running is None else f'yes, process {state.running}'}",
        f"spooled        {state.spooled:,} events{_age(state.oldest_at, clock)}",
        f"on disk        {state.used_bytes / 1_048_576:,.1f} of {site.spool.most_mb:,} MB"
        + (f", FULL since {_iso(state.full_at)}: the source is not read" if state.full_at else ""),
        f"acknowledged   {_iso(state.acknowledged_at) or 'nothing yet'}",
        f"last error     {f'{_iso(state.error.at)}  {state.error.value}' if state.error else 'none since then'}",
        f"put aside      {state.aside_in_all:,}",
    ]
    for register, reading in state.readings.items():
        told = f"told to its end {_iso(reading.told_at)}" if reading.told_at else "not yet told to its end"
        again = f" (telling {reading.telling})" if reading.telling > 1 else ""
        lines.append(f"register       {register}: {told}{again}; last change read {_iso(reading.moved_at)}")
    return "\n".join(lines)


def _age(oldest: datetime | None, clock: Clock) -> str:
    if oldest is None:
        return ""
    seconds = (clock.now() - oldest).total_seconds()
    for unit, length in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if seconds >= 2 * length:
            return f", the oldest for {seconds / length:.0f} {unit}"
    return f", the oldest for {seconds:.0f} seconds"


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(timespec="seconds")
