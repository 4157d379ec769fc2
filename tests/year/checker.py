"""Was anybody told when they should not have been? Answered from what the provider took and plain SQL.

It shares no code with the manners: the days off of 2026 are written here once more, from the announcements.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from itertools import pairwise
from pathlib import Path

import psycopg
import yaml

import rules

DA_NANG = timezone(timedelta(hours=7))
OFF_2026 = {
    date(2026, 1, 1), date(2026, 1, 2),
    *(date(2026, 2, day) for day in range(14, 23)),  # Tet, with the weekends around it
    date(2026, 4, 26), date(2026, 4, 27), date(2026, 4, 30), date(2026, 5, 1),
    date(2026, 8, 31), date(2026, 9, 1), date(2026, 9, 2), date(2026, 11, 24),
}  # fmt: skip
WORKED_2026 = {date(2026, 1, 10), date(2026, 8, 22)}
"""Saturdays worked for days off in between."""

OUTCOMES = ("confirmed", "disputed", "declined", "refused", "approved", "forwarded", "closed", "ended", "moot")
OPEN = ("drafted", "offered", "unreached")


FEWEST_DAYS = 5
LADDERS: dict[str, dict[str, int]] = {
    text.parent.name: {
        rung["name"]: rung["offset_days"] for rung in yaml.safe_load(text.read_text(encoding="utf-8"))["ladder"]
    }
    for text in Path(rules.__file__).parent.glob("*/service.yaml")
}
"""On which day each rung of each service is planned, as its file says."""


@dataclass(frozen=True)
class Took:
    """A message that the provider was asked to send. `reference` is our notice's id."""

    at: datetime
    channel: str
    to: str
    body: str
    reference: str


def faults(url: str, took: Sequence[Took]) -> Counter[str]:
    """What went wrong, by kind; empty where nothing did."""
    wrong: Counter[str] = Counter()
    with psycopg.connect(url) as connection:
        named = connection.execute(
            "SELECT coalesce(n.carried_by, n.id)::text, d.id, d.subject, n.rung, n.channel, n.id "
            "FROM notice n JOIN dossier d ON d.id = n.dossier_id"
        ).fetchall()
        moves = connection.execute(
            "SELECT dossier_id, at, to_state FROM history WHERE from_state IS DISTINCT FROM to_state "
            "AND to_state IS NOT NULL ORDER BY dossier_id, at, id"
        ).fetchall()
        refused = connection.execute("SELECT subject, service, channel, at FROM opt_out").fetchall()
        failed_at = dict(
            connection.execute("SELECT id::text, settled_at FROM notice WHERE state = 'undelivered'").fetchall()
        )
        services = dict(connection.execute("SELECT id, service FROM dossier").fetchall())
    about, rungs = defaultdict(list), Counter[tuple[object, ...]]()
    for carrier, dossier, subject, rung, channel, notice in named:
        about[carrier].append((dossier, subject, str(notice), rung))
        rungs[dossier, rung, channel] += 1
    states = defaultdict(list)
    for dossier, at, state in moves:
        states[dossier].append((at, state))
    wrong["twice: two notices of one rung"] += sum(count > 1 for count in rungs.values())
    wrong["twice: one notice"] += sum(count > 1 for count in Counter(one.reference for one in took).values())
    # Rungs of one ladder may have one text: the same one on another day is a reminder.
    a_day = Counter((one.channel, one.to, one.body, one.at.astimezone(DA_NANG).date()) for one in took)
    wrong["twice: one text to one number on one day"] += sum(count > 1 for count in a_day.values())
    told, spoke = defaultdict(list), defaultdict(list)
    for one in took:
        local = one.at.astimezone(DA_NANG)
        wrong["in quiet hours"] += not 7 <= local.hour < 21
        wrong["on a day off"] += off(local.date())
        wrong["of nothing we know"] += not about[one.reference]
        for dossier, subject, notice, rung in about[one.reference]:
            spoke[dossier].append((one.at, rung, notice))
            before = [state for at, state in states[dossier] if at < one.at]
            wrong["after an outcome"] += bool(before) and before[-1] in OUTCOMES
            wrong["after opting out"] += any(
                who == subject and service in ("", services[dossier]) and channel in ("", one.channel) and at < one.at
                for who, service, channel, at in refused
            )
            if notice == one.reference:
                told[subject].append(one.at)
    for dossier, rungs_told in spoke.items():
        offsets = LADDERS[services[dossier]]
        for (earlier, rung, notice), (later, other, _) in pairwise(sorted(rungs_told)):
            if notice in failed_at and failed_at[notice] <= later:
                continue  # it surely did not arrive, and that was known
            days = (later.astimezone(DA_NANG).date() - earlier.astimezone(DA_NANG).date()).days
            least = min(FEWEST_DAYS, offsets[other] - offsets[rung])
            wrong["on the heels of another rung"] += rung != other and days < least
    for times in told.values():
        times.sort()
        wrong["over the cap"] += sum(
            later - first < timedelta(days=7) for first, later in zip(times, times[2:], strict=False)
        )
    return +wrong


def off(day: date) -> bool:
    """Whether offices were closed on this day of 2026."""
    return day in OFF_2026 or (day.weekday() >= 5 and day not in WORKED_2026)
