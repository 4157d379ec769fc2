"""Who a server runs as when we are root: an ordinary account that still reaches its files."""

import os
import pwd
import shutil
import stat
import sys
from dataclasses import dataclass, replace
from enum import IntEnum
from pathlib import Path

from proactive.errors import Unusable

_ACCOUNTS = ("postgres", "nobody")
_OVERFLOW = 65534  # what Linux calls nobody where no account has that name
_CHOWN, _SETGID, _SETUID, _SETPCAP = 0, 6, 7, 8  # what root needs to hand a server over to an account


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
    Raises Unusable for a root that may not hand anything to another account, as in some containers.
    """
    if os.geteuid() != 0:
        return None
    if not _holds(_CHOWN, _SETGID, _SETUID):
        raise Unusable("This root may not change to another account, as the embedded servers need; start as one.")
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
    for capability in Capability if sys.platform == "linux" else ():
        if _holds(capability, _SETPCAP):
            return replace(identity, capability=capability)
    raise Unusable(
        f"{closed} is closed to the account (uid {identity.uid}) that the embedded servers run as; open it with "
        f"`chmod o+x {closed}`, set PROACTIVE_DATA_DIR to a folder outside it, or start as an ordinary user."
    )


@dataclass(frozen=True, kw_only=True)
class Programs:
    """Programs as they were installed: `parts` are the folders of `tree` that hold them and what they need."""

    tree: Path
    parts: tuple[str, ...]
    needed: tuple[str, ...]
    """The programs themselves, relative to the tree."""


def runnable_by(identity: Identity | None, programs: Programs, *, spare_in: Path) -> Path:
    """The tree that this account can run the programs from: their own, or a copy below `spare_in`.

    An installation made by root under umask 077 needs the copy. A newer installation gets a new one.
    """
    seen = [(programs.tree / name).stat() for name in programs.needed]
    if identity is None or all(program.st_mode & stat.S_IXOTH for program in seen):
        return programs.tree
    spare = spare_in / f"programs-{seen[0].st_size}-{int(seen[0].st_mtime)}"
    if not spare.exists():
        unfinished = spare_in / "programs.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        for part in programs.parts:
            shutil.copytree(programs.tree / part, unfinished / part, symlinks=True)
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


def _holds(*capabilities: int) -> bool:
    """Whether this process, as root, may do all of these; yes where the system has no such thing."""
    status = Path("/proc/self/status")
    if not status.exists():
        return True
    permitted = next(int(line.split()[1], 16) for line in status.read_text().splitlines() if line.startswith("CapPrm:"))
    return all(permitted >> capability & 1 for capability in capabilities)
