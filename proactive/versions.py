"""Versions: keeps a rule book at what is in force, and older contents at hand for those who were told under them.

Of a service that was never published the contents of its folder are in force; once something was published of it,
only what is published counts, until it is withdrawn, and its folder is where the next version is written. Where
workers hold different folders, the store says which of them counts; whoever holds another leaves the service alone.
"""

import os
import tempfile
from datetime import date, datetime
from pathlib import Path

import structlog

from proactive.store.published import Published, PublishedVersions, in_force
from proactive.store.store import Store
from rules import Catalogue, Service, Unpublishable, archive, load_service

log = structlog.get_logger()


class Book:
    """Turns the pages of one catalogue. `place` is where published folders are unpacked; several processes share it."""

    def __init__(self, catalogue: Catalogue, *, store: Store, place: Path) -> None:
        self.catalogue = catalogue
        self._folder = {**catalogue.services, **catalogue.drafts}
        self._published = PublishedVersions(store.engine)
        self._held = store.held_rules
        self._by_folder: dict[str, str] = {}
        self._by_store: frozenset[str] = frozenset()
        self._place = place
        self._loaded: dict[tuple[str, str], Service | None] = {}
        self._seen: tuple[datetime | None, date] | None = None

    async def turn(self, today: date) -> bool:
        """Bring the catalogue to what is in force today; whether anything was to be done. Cheap to ask often."""
        seen = (await self._published.newest(), today)
        if seen == self._seen:
            return False
        published = await self._published.all() if seen[0] is not None else []
        for one in published:
            await self._load(one)
        names = {**self._folder, **dict.fromkeys(one.name for one in published)}
        services = {name: now for name in names if (now := self._current(name, published, today)) is not None}
        before = {name: one.version for name, one in self.catalogue.services.items()}
        self.catalogue.turn(services, [one for one in self._loaded.values() if one is not None])
        for name, service in self.catalogue.services.items():
            if before.get(name) != service.version:
                log.info("version.in_force", service=name, version=service.version, before=before.get(name))
        self._by_store = frozenset(name for name in names if in_force(published, name, today) is not None)
        self._by_folder = {n: one.version for n, one in self.catalogue.services.items() if n not in self._by_store}
        self._seen = seen
        return True

    async def stand(self) -> None:
        """Say which versions of folders this worker holds, and leave alone of what another one counts. Often."""
        counts = await self._held.hold(self._by_folder)
        ours, before = self._by_folder, self.catalogue.aside
        aside = {
            name: ours.get(name, "")
            for name, version in counts.items()
            if name not in self._by_store and ours.get(name) != version
        }
        self.catalogue.leave(aside)
        for name in aside.keys() - before.keys():
            log.warning("version.stands_aside", service=name, version=ours.get(name), counts=counts[name])
        for name in before.keys() - aside.keys():
            log.info("version.counts", service=name, version=ours.get(name))

    def _current(self, name: str, published: list[Published], today: date) -> Service | None:
        """What counts today. None where that cannot be used: better nobody is told than by a rule nobody published."""
        now = in_force(published, name, today)
        return self._folder.get(name) if now is None else self._loaded.get((name, now.version))

    async def _load(self, one: Published) -> None:
        key = (one.name, one.version)
        if key in self._loaded or one.withdrawn:
            return
        self._loaded[key] = None
        body = await self._published.body(*key)
        try:
            service = load_service(unpacked(body or {}, one, self._place), self.catalogue.registers)
        except (Unpublishable, ValueError, OSError) as error:
            # The grammar or the registers have changed since. Its dossiers go on under the version in force.
            log.error("version.unusable", service=one.name, version=one.version, why=str(error))
            return
        self._loaded[key] = service


def unpacked(body: archive.Files, one: Published, place: Path) -> Path:
    """The folder with these contents, made if it is not there; the last step is one rename, so nobody sees half of it.

    Raises ValueError where the contents are not those that were published.
    """
    folder = place / one.version / one.name
    if not (folder.is_dir() and archive.version(folder) == one.version):
        folder.parent.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=place, prefix=".unpacking-") as made:
            archive.unpack(body, Path(made) / "version" / one.name)
            try:
                os.rename(Path(made) / "version", folder.parent)  # noqa: PTH104  says that it must not be there yet
            except OSError:
                if not folder.is_dir():
                    raise
    if archive.version(folder) != one.version:
        raise ValueError(f"The contents of {folder} are not version {one.version}. Remove that folder.")
    return folder
