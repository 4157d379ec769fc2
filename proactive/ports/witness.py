"""Where checkpoints of the audit log are copied to: a place that whoever runs our database cannot write."""

import asyncio
import json
import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Protocol

from proactive.domain.audit import Checkpoint
from proactive.errors import Unreachable


class Witness(Protocol):
    name: str

    async def last(self) -> Checkpoint | None:
        """The newest checkpoint it holds. Raises `Unreachable`."""

    async def add(self, checkpoints: Sequence[Checkpoint]) -> None:
        """Keep these behind what it holds. Raises `Unreachable`."""


class FileWitness:
    """A file that lines are added to: on a share of the City Office, say, whose server lets nobody change a line."""

    def __init__(self, path: Path) -> None:
        self.name = str(path)
        self._path = path

    async def last(self) -> Checkpoint | None:
        return await asyncio.to_thread(self._last)

    async def add(self, checkpoints: Sequence[Checkpoint]) -> None:
        await asyncio.to_thread(self._add, checkpoints)

    def _last(self) -> Checkpoint | None:
        try:
            with self._path.open("rb") as file:
                size = file.seek(0, os.SEEK_END)
                file.seek(max(0, size - 4096))
                lines = [line for line in file.read().split(b"\n") if line]
        except FileNotFoundError:
            return None
        except OSError as error:
            raise Unreachable(f"The witness {self.name} cannot be read: {error.strerror}.") from error
        try:
            return _read(lines[-1]) if lines else None
        except (ValueError, KeyError, TypeError) as error:
            raise Unreachable(
                f"The last line of the witness {self.name} is no checkpoint. Look who wrote it; "
                "when it was cut off by a full disk, delete that line."
            ) from error

    def _add(self, checkpoints: Sequence[Checkpoint]) -> None:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with self._path.open("ab") as file:
                file.write(b"".join(_written(one) for one in checkpoints))
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise Unreachable(f"The witness {self.name} cannot be written: {error.strerror}.") from error


def _written(one: Checkpoint) -> bytes:
    said = {
        "upto": one.upto, "chain": one.chain.hex(), "at": one.at.isoformat(), "key": one.key,
        "signature": one.signature.hex(),
    }  # fmt: skip
    return json.dumps(said).encode() + b"\n"


def _read(line: bytes) -> Checkpoint:
    said = json.loads(line)
    return Checkpoint(
        upto=said["upto"], chain=bytes.fromhex(said["chain"]), at=datetime.fromisoformat(said["at"]), key=said["key"],
        signature=bytes.fromhex(said["signature"]),
    )  # fmt: skip
