"""Publishing: the contents of a service's folder are frozen and are in force from a day on."""

from dataclasses import dataclass
from datetime import date, datetime

from proactive.errors import Unusable
from proactive.store.published import Published, PublishedVersions, in_force
from rules import Catalogue, Service, archive


@dataclass(frozen=True)
class Publication:
    """What came of it. `fresh` is False where the same contents were in force on that day anyway."""

    published: Published
    fresh: bool
    before: str | None
    """The version that would have been in force on that day."""
    not_kept: tuple[str, ...] = ()
    """Columns it looks at that no service in force needs: workers that start anew read them again from the source."""


async def publish(
    service: Service,
    *,
    since: date,
    by: str,
    catalogue: Catalogue,
    versions: PublishedVersions,
    today: date,
    now: datetime,
    told_again: bool = False,
) -> Publication:
    """Freeze a service's folder. Raises `Unusable`, saying why not and what to do instead."""
    if not service.published:
        raise Unusable(
            f"{service.name} is a draft ({service.text.draft_because}) and can't be published. Settle that first."
        )
    published = await versions.all()
    before = in_force(published, service.name, since)
    _allowed_day(service.name, since, today, before)
    if before is not None and before.version == service.version:
        return Publication(before, False, before.version)
    standing = catalogue.versions.get((service.name, before.version)) if before is not None else None
    if standing is not None and not told_again:
        _same_occasions(standing, service)
    made = Published(name=service.name, version=service.version, active_from=since, published_at=now, published_by=by)
    await versions.add(made, archive.pack(service.folder))
    missing = {(register, column) for register, column in service.columns()}
    not_kept = sorted(f"{r}.{c}" for r, c in missing if c not in catalogue.columns_needed(r))
    return Publication(made, True, before.version if before else None, tuple(not_kept))


async def withdraw(
    name: str, *, since: date, by: str, versions: PublishedVersions, today: date, now: datetime
) -> Publication:
    """From a day on nobody new is told by this service; dossiers that run go on. Raises `Unusable`."""
    published = await versions.all()
    before = in_force(published, name, since)
    if before is None:
        raise Unusable(f"{name} was never published. Write `status: draft` into its folder, or remove the folder.")
    _allowed_day(name, since, today, before)
    if before.withdrawn:
        return Publication(before, False, None)
    made = Published(name=name, version="", active_from=since, published_at=now, published_by=by)
    await versions.add(made, {})
    return Publication(made, True, before.version)


def _allowed_day(name: str, since: date, today: date, before: Published | None) -> None:
    if since < today:
        raise Unusable(f"{since} is past: people were told by another version then. Write --from {today} or later.")
    if before is None and since > today:
        raise Unusable(
            f"Nothing of {name} is published yet, so its folder counts as it is, today. First publish what is in force "
            f"now (without --from), then the changed folder --from {since}."
        )


def _same_occasions(standing: Service, service: Service) -> None:
    """An occasion is known by its cycle: who was told under the old one would be told again under another."""
    old, new = standing.text, service.text
    bound = {"lead_days", "stop_after_days"}
    moved = "anchor" in new.cycle and (
        old.window.word != new.window.word
        or old.window.window.model_dump(exclude=bound) != new.window.window.model_dump(exclude=bound)
    )
    if old.cycle != new.cycle or moved:
        raise Unusable(
            f"This version of {service.name} tells occasions apart in another way ({', '.join(old.cycle)} before, "
            f"{', '.join(new.cycle)} now, or by another anchor): people who were told would be told again. "
            "Keep `cycle` and the anchor, or say --told-again."
        )
