"""Who a server runs as when we are root: an ordinary account that still reaches its files."""

import os
import pwd
import shutil
import stat
from dataclasses import dataclass, replace
from enum import IntEnum
from pathlib import Path

from proactive.errors import Unusable

_ACCOUNTS = ("postgres", "nobody")
_OVERFLOW = 65534  # what Linux calls nobody where no account has that name


class Capability(IntEnum):
    """The two Linux capabilities that let a process enter folders closed to it, the narrower first."""

    DAC_READ_SEARCH = 2
    DAC_OVERRIDE = 1


@dataclass(frozen=True, kw_only=True)
class Identity:
    """An unprivileged account, with at most one capability."""

    uid: int
    gid: int
    capability: Capability | None = None


def unprivileged(owner_of: Path) -> Identity | None:
    """The account to run a server as, or None when we are not root and simply run it as ourselves.

    The owner of `owner_of` where that exists and is not root's, so that a folder once begun keeps its owner.
    """
    if os.geteuid() != 0:
        return None
    if owner_of.exists() and (kept := owner_of.stat()).st_uid != 0:
        return Identity(uid=kept.st_uid, gid=kept.st_gid)
    for name in _ACCOUNTS:
        try:
            account = pwd.getpwnam(name)
        except KeyError:
            continue
        if account.pw_uid != 0:
            return Identity(uid=account.pw_uid, gid=account.pw_gid)
    return Identity(uid=_OVERFLOW, gid=_OVERFLOW)


def reaching(identity: Identity, *paths: Path) -> Identity:
    """The same account, with the capability it needs where a folder above one of `paths` is closed to it.

    Raises Unusable where one is needed and this root has none to give.
    """
    closed = next(
        (folder for path in paths for folder in path.resolve().parents if not _enters(identity, folder)), None
    )
    if closed is None:
        return identity
    held = _held_capabilities()
    for capability in Capability:
        if held >> capability & 1:
            return replace(identity, capability=capability)
    raise Unusable(
        f"{closed} is closed to the account (uid {identity.uid}) that the embedded servers run as; open it with "
        f"`chmod o+x {closed}`, set PROACTIVE_DATA_DIR to a folder outside it, or start as an ordinary user."
    )


def runnable_by(identity: Identity | None, programs: Path, *, spare: Path, needed: tuple[str, ...]) -> Path:
    """The folder tree `programs` itself, or a copy at `spare` where an account may not execute its programs.

    `needed` are the programs, relative to the tree. An installation made under umask 077 needs the copy.
    """
    if identity is None or all((programs / name).stat().st_mode & stat.S_IXOTH for name in needed):
        return programs
    if not spare.exists():
        unfinished = spare.with_name(spare.name + ".new")
        shutil.rmtree(unfinished, ignore_errors=True)
        shutil.copytree(programs, unfinished, symlinks=True)
        for folder, _, files in os.walk(unfinished):
            Path(folder).chmod(0o755)
            for file in files:
                if not (copy := Path(folder, file)).is_symlink():
                    copy.chmod(0o755 if copy.stat().st_mode & stat.S_IXUSR else 0o644)
        unfinished.rename(spare)
    return spare


def _enters(identity: Identity, folder: Path) -> bool:
    seen = folder.stat()
    if seen.st_uid == identity.uid:
        return bool(seen.st_mode & stat.S_IXUSR)
    if seen.st_gid == identity.gid:
        return bool(seen.st_mode & stat.S_IXGRP)
    return bool(seen.st_mode & stat.S_IXOTH)


def _held_capabilities() -> int:
    """The permitted set of this process as a bit mask; empty where the system has no such thing."""
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return next((int(line.split()[1], 16) for line in lines if line.startswith("CapPrm:")), 0)
