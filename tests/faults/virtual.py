"""A clock that is moved → a connection whose waits pass on that clock: ten minutes of silence in no time."""

from __future__ import annotations

import io
import socket
from collections import deque
from dataclasses import dataclass, field

from pipeline.adapters.clock import SimulatedClock

#: An answer that never comes.
NEVER = float("inf")


@dataclass
class SlowServer:
    """A submission server in memory: each stage answers after so many seconds of the clock."""

    clock: SimulatedClock
    #: Seconds until the answer of a stage: ``CONNECT EHLO AUTH MAIL RCPT DATA DOT``; answered at once by default.
    delays: dict[str, deque[float]] = field(default_factory=dict)
    #: Answers instead of the good ones.
    replies: dict[str, deque[str]] = field(default_factory=dict)
    #: No connection comes about: the network is down.
    down: bool = False
    accepted: list[bytes] = field(default_factory=list)
    #: When a connection was asked for, and how long each wait was that ended in a time-out.
    dialled: list[float] = field(default_factory=list)
    gave_up_after: list[float] = field(default_factory=list)

    def dial(self, _address: tuple[str, int], timeout: float) -> socket.socket:
        """As ``socket.create_connection``."""
        self.dialled.append(self.clock.now().timestamp())
        if self.down:
            raise ConnectionRefusedError(111, "Connection refused")
        return _SlowSocket(self, timeout)  # type: ignore[return-value]  # the few methods that smtplib uses


class _SlowSocket:
    def __init__(self, server: SlowServer, timeout: float) -> None:
        self._server = server
        self._timeout = timeout
        self._said = b""
        self._text = False
        #: Answers under way: (seconds, line).
        self._coming: deque[tuple[float, bytes]] = deque()
        self._answer("CONNECT", "220 slow")

    def settimeout(self, seconds: float) -> None:
        """As a socket's."""
        self._timeout = seconds

    def close(self) -> None:
        """As a socket's."""

    def makefile(self, _mode: str) -> io.BufferedReader:
        """Its reading side."""
        return _Lines(self)  # type: ignore[return-value]  # readline and close are all that smtplib calls

    def sendall(self, data: bytes) -> None:
        """What the client says; an answer sets out for every whole line."""
        self._said += data
        while b"\r\n" in self._said:
            line, _, self._said = self._said.partition(b"\r\n")
            self._line(line)

    def _line(self, line: bytes) -> None:
        word = line.upper().split(b" ")[0].decode("ascii", "replace")
        if self._text:
            if line == b".":
                self._text = False
                if self._answer("DOT", "250 taken"):
                    self._server.accepted.append(b"")
            return
        match word:
            case "EHLO":
                self._answer("EHLO", "250-slow\r\n250 AUTH PLAIN")
            case "AUTH":
                self._answer("AUTH", "235 welcome")
            case "DATA":
                self._text = self._answer("DATA", "354 go on")
            case "QUIT" | "NOOP":
                self._answer(word, "250 ok")
            case _:
                self._answer(word, "250 ok")

    def _answer(self, stage: str, text: str) -> bool:
        waits, said = self._server.delays.get(stage), self._server.replies.get(stage)
        reply = said.popleft() if said else text
        self._coming.append((waits.popleft() if waits else 0.0, f"{reply}\r\n".encode()))
        return reply == text

    def read_line(self) -> bytes:
        """The next line of the server, or the end of patience; both take their time on the clock."""
        if not self._coming:
            return b""
        seconds, lines = self._coming.popleft()
        if seconds > self._timeout:
            self._server.clock.sleep(self._timeout)
            self._server.gave_up_after.append(self._timeout)
            raise TimeoutError("timed out")
        self._server.clock.sleep(seconds)
        line, _, rest = lines.partition(b"\r\n")
        if rest:
            self._coming.appendleft((0.0, rest))
        return line + b"\r\n"


class _Lines:
    def __init__(self, sock: _SlowSocket) -> None:
        self._sock = sock

    def readline(self, _most: int = -1) -> bytes:
        """As a file's."""
        return self._sock.read_line()

    def close(self) -> None:
        """As a file's."""
