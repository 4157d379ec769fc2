"""What an earlier run of ours may have left when it was killed: a server that is still ending, a file that names it.

Called with the folder's lock held, which proves that no living process of ours owns the cluster.
"""

import asyncio
import os
import signal
import time
from pathlib import Path

from proactive.errors import Unusable

_PATIENCE_SECONDS = 2.0  # when its parent died the system already told it to end
_BOUND_SECONDS = 30.0


async def await_leftovers(cluster: Path) -> None:
    """Wait until no process works in `cluster`; one that doesn't end by itself is asked to, as its owner would.

    Raises Unusable when it still runs after 30 seconds.
    """
    began = time.monotonic()
    asked = False
    while found := _working_in(cluster):
        waited = time.monotonic() - began
        if waited > _BOUND_SECONDS:
            raise Unusable(
                f"An earlier PostgreSQL (process {found[0]}) still works in {cluster} and doesn't end; "
                f"look at it and end it with `kill -INT {found[0]}`."
            )
        if waited > _PATIENCE_SECONDS and not asked:
            asked = True
            postmaster = _named_in(cluster)
            for pid in [postmaster] if postmaster in found else found:
                _ask_to_end(pid)
        await asyncio.sleep(0.02)


def forget_dead_postmaster(cluster: Path) -> None:
    """Remove the file of a server that was killed when its process id is another program's by now.

    PostgreSQL itself recognises a dead id, but takes a living one for its own predecessor and refuses to start.
    Only where the system shows which processes work in the cluster, so that it is certain that none does.
    """
    pid = _named_in(cluster)
    if pid is not None and _can_see_processes() and not _working_in(cluster) and _lives(pid):
        (cluster / "postmaster.pid").unlink(missing_ok=True)


def _named_in(cluster: Path) -> int | None:
    file = cluster / "postmaster.pid"
    first = file.read_text().partition("\n")[0].strip() if file.exists() else ""
    return int(first) if first.isdigit() else None


def _can_see_processes() -> bool:
    return Path("/proc/self/cwd").exists()


def _working_in(cluster: Path) -> list[int]:
    """Processes whose working folder is the cluster, as that of every PostgreSQL process is."""
    if not _can_see_processes():
        return []
    wanted = str(cluster)
    found = []
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            try:
                folder = os.readlink(f"/proc/{entry.name}/cwd")  # noqa: PTH115 - hundreds of times in a loop
            except OSError:
                continue  # ended meanwhile, or another user's
            if folder == wanted:
                found.append(int(entry.name))
    return found


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _ask_to_end(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGINT)
    except ProcessLookupError:
        return  # it ended by itself
