"""A TCP proxy that cuts, stalls or drips after a given byte: the network at its worst, between any two programs."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import struct
import threading
from dataclasses import dataclass
from typing import Literal, Self

#: ``rst``: reset; ``fin``: polite end; ``silence``: nothing more, both ways; ``drip``: one byte at a time.
Way = Literal["rst", "fin", "silence", "drip"]


@dataclass
class Proxy:
    """Stands between a client and a server on the loopback; one fault, on the first connections only.

    Attributes:
        target: Port of the server.
        at: Bytes that pass before the fault strikes; negative: never.
        way: What happens then.
        direction: Which stream is counted: what the server says, or what the client says.
        times: Connections that meet the fault; later ones pass.
        pause: Seconds between two bytes of a drip.
    """

    target: int
    at: int = -1
    way: Way = "rst"
    direction: Literal["down", "up"] = "down"
    times: int = 1
    pause: float = 1.0
    #: Speak TLS to the client and plain text to the server.
    tls: ssl.SSLContext | None = None
    host: str = "127.0.0.1"
    port: int = 0
    #: Bytes that passed in the counted direction over all connections.
    passed: int = 0
    struck: int = 0

    def __enter__(self) -> Self:
        self._loop = asyncio.new_event_loop()
        self._tasks: set[asyncio.Task[None]] = set()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._start(), self._loop).result(10)
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _start(self) -> None:
        sock = socket.create_server((self.host, 0))
        self.port = sock.getsockname()[1]
        self._server = await asyncio.start_server(self._connected, sock=sock, ssl=self.tls)

    async def _stop(self) -> None:
        self._server.close()
        # A connection accepted in this very moment has no task of its own yet; nobody would close it.
        await asyncio.sleep(0.02)
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for _ in range(5):
            await asyncio.sleep(0)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
        try:
            await self._relay(reader, writer)
        except (OSError, asyncio.CancelledError):
            writer.transport.abort()
        finally:
            if task is not None:
                self._tasks.discard(task)

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection(self.host, self.target)
        for stream in (writer, far_writer):
            stream.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        down = asyncio.create_task(self._pump(far_reader, writer, far_writer, counted=self.direction == "down"))
        up = asyncio.create_task(self._pump(reader, far_writer, writer, counted=self.direction == "up"))
        try:
            await asyncio.gather(down, up)
        finally:
            for task in (down, up):
                task.cancel()
            await asyncio.gather(down, up, return_exceptions=True)
            for stream in (writer, far_writer):
                stream.transport.abort()

    async def _pump(
        self,
        source: asyncio.StreamReader,
        sink: asyncio.StreamWriter,
        other: asyncio.StreamWriter,
        *,
        counted: bool,
    ) -> None:
        here = 0
        while True:
            data = await source.read(65536)
            if not data:
                with contextlib.suppress(OSError):
                    sink.write_eof()
                return
            if counted:
                self.passed += len(data)
                if 0 <= self.at <= here + len(data) and self.struck < self.times:
                    sink.write(data[: self.at - here])
                    await sink.drain()
                    self.struck += 1
                    await self._strike(sink, other, data[self.at - here :], source)
                    return
                here += len(data)
            sink.write(data)
            await sink.drain()

    async def _strike(
        self, sink: asyncio.StreamWriter, other: asyncio.StreamWriter, rest: bytes, source: asyncio.StreamReader
    ) -> None:
        match self.way:
            case "silence":
                await asyncio.Event().wait()
            case "drip":
                while rest:
                    for number in range(len(rest)):
                        sink.write(rest[number : number + 1])
                        await sink.drain()
                        await asyncio.sleep(self.pause)
                    rest = await source.read(65536)
            case "rst" | "fin":
                # What was written must be out before the end, or the cut would come earlier than asked for.
                await asyncio.sleep(0.01)
                for stream in (sink, other):
                    if self.way == "rst":
                        linger = struct.pack("ii", 1, 0)
                        with contextlib.suppress(OSError):
                            stream.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                        stream.transport.abort()
                    else:
                        stream.close()
                raise ConnectionAbortedError
