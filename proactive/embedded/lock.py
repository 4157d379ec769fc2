"""One owner per folder: a lock that the system itself lets go when its holder dies, however it dies."""

import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import Self

from proactive.errors import Unusable


class FolderLock:
    """Holds `folder` for this process, from `hold` to `release` or the process's end.

    Raises Unusable, naming the folder and the holder's process id, when another holds it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file: int | None = None

    def hold(self) -> None:
        """Take the lock, making the folder where there is none."""
        make_folder(self._folder)
        try:
            file = os.open(self._folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise Unusable(
                f"The data folder {self._folder} can't be written to ({error.strerror}); "
                "set PROACTIVE_DATA_DIR to a folder of your own."
            ) from error
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.pread(file, 20, 0).decode("ascii", "replace").strip() or "unknown"
            os.close(file)
            raise Unusable(
                f"The data folder {self._folder} is in use by process {holder}; "
                "stop that one first or set PROACTIVE_DATA_DIR to another folder."
            ) from error
        os.ftruncate(file, 0)
        os.pwrite(file, f"{os.getpid()}\n".encode("ascii"), 0)
        self._file = file

    def release(self) -> None:
        """Let go; nothing happens when it isn't held."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def __enter__(self) -> Self:
        self.hold()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def make_folder(folder: Path) -> None:
    """Make a folder that others can't list; as root, one that a server's own account can pass through."""
    try:
        folder.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise Unusable(
            f"The data folder {folder} can't be made ({error.strerror}); "
            "set PROACTIVE_DATA_DIR to a folder that this user can write to."
        ) from error
