"""Registers whose owner pushes events to `POST /v1/events` : nothing is opened or read here.

Guarantee: what was answered with 202 is in the ledger, and from there it comes; see relay. A source
of this kind names the registers and how often their owner promises to be heard from (`promised_hours`).
"""

from datetime import timedelta

from proactive.ports.register import RegisterSource
from proactive.sources import ConnectedSource

ONLY_PUSHES = True


async def open(source: ConnectedSource, *, shift: timedelta = timedelta()) -> list[RegisterSource]:
    """No source: nobody there can be asked, and events come by themselves."""
    return []
