"""What not every machine can show: a full disk (a small file system of its own, for root), and three brokers."""

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import psutil  # type: ignore[import-untyped] # it ships no types
import psycopg

from proactive.embedded.java import found
from proactive.embedded.kafka import ApacheKafka
from proactive.embedded.process import Process

if TYPE_CHECKING:
    from tests.faults.stack import Stack

DISK = "384m"
FULL_SECONDS = 4.0


class ThreeBrokers(ApacheKafka):
    """Apache Kafka with every topic on three brokers, of which a write needs two."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder / "kafka", java=found(), brokers=3, heap="160m")

    @property
    def pid(self) -> int | None:
        return self.pids[0] if self.pids else None

    async def lose(self, number: int) -> int:
        """kill -9 of one broker; its process id."""
        process = self._processes[number]
        os.kill(process.pid, signal.SIGKILL)
        await process.wait()
        return process.pid

    async def back(self, number: int) -> None:
        node = number + 1
        self._processes[number] = await Process.spawn(self._command(node, "kafka.Kafka", self._file(node)))


async def one_of_three_lost(stack: "Stack", chance: Random) -> str:
    """kill -9 of one broker of three, which comes back later with what it had."""
    brokers = stack.broker
    assert isinstance(brokers, ThreeBrokers)
    number = chance.randrange(3)
    pid = await brokers.lose(number)
    assert not psutil.pid_exists(pid)
    await asyncio.sleep(chance.uniform(3, 8))
    await brokers.back(number)
    return f"broker {number + 1} of 3 ({pid}) was gone"


class SmallDisk:
    """A file system in memory of its own for the database; only root can make one."""

    def __init__(self, place: Path) -> None:
        self.place = place

    def mount(self) -> None:
        self.place.mkdir(mode=0o711)
        options = f"size={DISK},mode=0711"
        subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(self.place)], check=True)

    def unmount(self) -> None:
        subprocess.run(["umount", "--lazy", str(self.place)], check=False)

    def fill(self) -> int:
        """Write until nothing more goes in; how many bytes that took."""
        with (self.place / "ballast").open("wb", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(bytes(1 << 20))
        left = shutil.disk_usage(self.place).free
        with (self.place / "ballast2").open("wb", buffering=0) as file, contextlib.suppress(OSError):
            while left > 0:
                file.write(bytes(4096))
        assert shutil.disk_usage(self.place).free == 0
        return (self.place / "ballast").stat().st_size

    def free(self) -> None:
        for name in ("ballast", "ballast2"):
            (self.place / name).unlink(missing_ok=True)


async def disk_full(stack: "Stack", chance: Random) -> str:
    """The database's disk is full for a while: writes fail, or the server itself gives up; then there is room again."""
    disk = stack.disk
    assert disk is not None
    log = stack.folder / "logs" / "postgres.log"
    before = log.read_text(errors="replace").count("No space left on device")
    refused = 0
    filled = await asyncio.to_thread(disk.fill)
    try:
        loop = asyncio.get_running_loop()
        until = loop.time() + FULL_SECONDS * chance.uniform(0.7, 1.3)
        while loop.time() < until:
            with contextlib.suppress(psycopg.OperationalError):
                async with await psycopg.AsyncConnection.connect(stack.url, connect_timeout=2) as connection:
                    try:
                        await connection.execute(
                            "CREATE TEMP TABLE grows AS SELECT repeat('x', 9000) FROM generate_series(1, 99)"
                        )
                    except psycopg.errors.DiskFull:
                        refused += 1
            await asyncio.sleep(0.2)
    finally:
        await asyncio.to_thread(disk.free)
    said = log.read_text(errors="replace").count("No space left on device") - before
    assert refused or said, "nobody met the full disk"
    if stack.database.pid is None:
        await stack.database.stop()
        await stack.database.start()
    return f"{filled >> 20} MB of ballast; {refused} writes of ours were refused, {said} lines in the server's log"
