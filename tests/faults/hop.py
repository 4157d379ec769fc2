"""A hop between two processes, over TCP on loopback, whose wire can be made bad in a few ways."""

import asyncio
import contextlib
from collections.abc import Coroutine
from enum import StrEnum

LOOPBACK = "127.0.0.1"


class Wire(StrEnum):
    GOOD = "good"
    REFUSES = "refuses"  # connections are closed as soon as they are made
    SWALLOWS = "swallows"  # what is sent never arrives, and nobody is told
    LOSES_ANSWERS = "loses_answers"  # requests arrive; the answer breaks off
    ANSWERS_LATE = "answers_late"  # answers wait
    TRICKLES = "trickles"  # a few bytes at a time
    REPEATS = "repeats"  # what a connection sent is sent once more over another one, its answer is thrown away


class Hop:
    """Listens on `port` and passes on to `target`. `hits` counts how often a bad wire did something to somebody."""

    def __init__(self, name: str, *, port: int, target: int) -> None:
        self.name, self.port, self.target = name, port, target
        self.wire = Wire.GOOD
        self.late = 1.5
        self.hits = 0
        self.connected = 0
        self._open: set[asyncio.Task[None]] = set()
        self._sent: dict[int, bytearray] = {}
        """What each open connection has sent while the wire repeats."""
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._accept, LOOPBACK, self.port)

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
        self.cut()
        await asyncio.gather(*self._open, return_exceptions=True)

    def cut(self) -> int:
        """Break every open connection off; how many there were."""
        number = len(self._open)
        for task in tuple(self._open):
            task.cancel()
        self.hits += number
        return number

    def heal(self) -> None:
        """The wire is good again; what was made over the bad one is cut, so that nothing comes out of it later."""
        if self.wire is not Wire.GOOD:
            self.wire = Wire.GOOD
            for task in tuple(self._open):
                task.cancel()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        self.connected += 1
        try:
            await self._pass_on(reader, writer)
        except (OSError, asyncio.CancelledError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.transport.abort()
            self._open.discard(task)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.wire is Wire.REFUSES:
            self.hits += 1
            return
        # From the address that the other side came from: the pages count tries by it.
        host, _ = writer.get_extra_info("peername")
        up_reader, up_writer = await asyncio.open_connection(LOOPBACK, self.target, local_addr=(host, 0))
        sent = bytearray()
        self._sent[id(sent)] = sent
        try:
            pumps = (self._requests(reader, up_writer, sent), self._answers(up_reader, writer))
            await _first_of(*pumps)
        finally:
            up_writer.transport.abort()
            del self._sent[id(sent)]
        if self.wire is Wire.REPEATS and sent:
            await self._once_more(bytes(sent))

    async def repeat(self) -> None:
        """Send once more what was sent over connections that are still open: a busy one may never end by itself."""
        await asyncio.gather(*(self._once_more(bytes(sent)) for sent in self._sent.values() if sent))

    async def _requests(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, sent: bytearray) -> None:
        while data := await reader.read(1 << 16):
            if self.wire is Wire.SWALLOWS:
                self.hits += 1
                continue
            if self.wire is Wire.REPEATS:
                sent += data
            await self._write(writer, data)

    async def _answers(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(1 << 16):
            if self.wire is Wire.SWALLOWS:
                self.hits += 1
                continue
            if self.wire is Wire.LOSES_ANSWERS:
                self.hits += 1
                return
            if self.wire is Wire.ANSWERS_LATE:
                self.hits += 1
                await asyncio.sleep(self.late)
            await self._write(writer, data)

    async def _write(self, writer: asyncio.StreamWriter, data: bytes) -> None:
        if self.wire is not Wire.TRICKLES:
            writer.write(data)
            await writer.drain()
            return
        self.hits += 1
        for start in range(0, len(data), 7):
            writer.write(data[start : start + 7])
            await writer.drain()
            await asyncio.sleep(0.001 if start < 500 else 0)

    async def _once_more(self, sent: bytes) -> None:
        await asyncio.sleep(0.1)
        with contextlib.suppress(OSError, TimeoutError):
            reader, writer = await asyncio.open_connection(LOOPBACK, self.target)
            try:
                writer.write(sent)
                await writer.drain()
                self.hits += 1
                await asyncio.wait_for(reader.read(1 << 16), 2)
            finally:
                writer.transport.abort()


async def _first_of(*pumps: Coroutine[None, None, None]) -> None:
    """Until the first of them ends."""
    tasks = [asyncio.ensure_future(pump) for pump in pumps]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for one in done:
            with contextlib.suppress(OSError):
                one.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
