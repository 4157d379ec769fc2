"""The spool's folder: its owner's alone, and used by one process at a time."""

import fcntl
import os
import stat
from pathlib import Path

from proactive.errors import Unusable

FILE = "spool.db"
LOCK = "lock"


def held(folder: Path) -> int:
    """The lock of the folder, made if it is not there; the system lets go of it when the process dies, however it dies.

    Raises `Unusable` when others may look into the folder or another process holds it.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        rights = folder.stat()
        if rights.st_uid != os.geteuid() or stat.S_IMODE(rights.st_mode) & 0o077:
            raise Unusable(
                f"The spool's folder {folder} is open to others, and holds personal data: give it to the account that "
                f"runs the connector and to nobody else (chown, then chmod 700 {folder})."
            )
        file = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise Unusable(f"The spool's folder {folder} can't be used: {error.strerror}.") from error
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        holder = os.pread(file, 20, 0).decode("ascii", "replace").strip() or "unknown"
        os.close(file)
        raise Unusable(f"The spool {folder} is in use by process {holder}; stop that one first.") from error
    os.ftruncate(file, 0)
    os.pwrite(file, f"{os.getpid()}\n".encode("ascii"), 0)
    return file


def holder(folder: Path) -> int | None:
    """The process that holds the folder; None when nobody does."""
    try:
        file = os.open(folder / LOCK, os.O_RDONLY)
    except OSError:
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        text = os.pread(file, 20, 0).decode("ascii", "replace").strip()
        return int(text) if text.isascii() and text.isdigit() else -1
    else:
        return None
    finally:
        os.close(file)


def make_private(place: Path) -> None:
    """The file, readable by its owner alone; SQLite gives the files that it puts beside it the same rights."""
    os.close(os.open(place, os.O_RDWR | os.O_CREAT, 0o600))
    place.chmod(0o600)
