"""What the registers say otherwise than a dossier does: what changed since it was filled in, as far as we heard."""

from proactive.domain.base import Value
from proactive.domain.dossier import Dossier
from proactive.facts import Facts
from proactive.ports.clock import Clock
from proactive.steps.ask import NoLonger, StillTrue, judge
from proactive.steps.draft import redraft
from proactive.store.store import Store
from rules import BadRow, Catalogue


class Difference(Value):
    """A field whose value is another one in the registers by now."""

    name: str
    was: str | None
    now: str | None


class Differences(Value):
    fields: tuple[Difference, ...] = ()
    over: str | None = None
    """Why the occasion is over by what we have heard."""


async def differences(
    dossier: Dossier, *, catalogue: Catalogue, facts: Facts, store: Store, clock: Clock
) -> Differences:
    """By the records that we keep; the sources themselves are asked when it is approved."""
    kept = (await store.records.of([dossier.subject]))[dossier.subject]
    if not kept:
        return Differences()
    try:
        person = facts.of_kept(kept)
    except BadRow:
        return Differences()
    truth = judge(dossier, person, catalogue=catalogue, today=clock.today())
    if isinstance(truth, NoLonger):
        return Differences(over=truth.why)
    if not isinstance(truth, StillTrue):
        return Differences()
    fresh = redraft(
        dossier, truth, catalogue=catalogue, today=clock.today(), as_of=clock.now(), pseudonyms=store.pseudonyms
    ).after
    after = {field.name: field.value for field in fresh.fields}
    return Differences(
        fields=tuple(
            Difference(name=field.name, was=field.value, now=after.get(field.name))
            for field in dossier.fields
            if field.value != after.get(field.name)
        )
    )
