"""A piece of work in a fork of this process, under limits; bytes of known length over a pipe.

:func:`forked` forks for one piece of work. :class:`Standing` forks once and answers one request after another, each
under limits of its own: a fork of a large process costs more than a small piece of work. Contains no business logic.
"""

from __future__ import annotations

import contextlib
import gc
import os
import select
import signal
import struct
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO

from pipeline.adapters import limits
from pipeline.adapters.limits import Limits


def forked(work: Callable[[], bytes], allowed: Limits, *, most: Limits | None = None) -> tuple[bytes | None, str]:
    """Do a piece of work in a fork of this process, under limits.

    Args:
        work: Runs in the fork only.
        allowed: Its limits.
        most: What a fork of the fork may be given; see :func:`pipeline.adapters.limits.apply`.

    Returns:
        Its answer and ``""``, or ``None`` and why: ``late`` (time on the clock), ``long`` (answer too long), ``spent``
        (processor time used up), ``dead`` (crashed, or ended without an answer).
    """
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            # A hostile reader must not speak into the pipes above it: those of the mail, those of the service.
            _close_but(writing)
            os.setpgid(0, 0)
            limits.die_with_parent()
            limits.adopt_orphans()
            limits.apply(allowed, most=most)
            answer = work()
            with os.fdopen(writing, "wb") as stream:
                stream.write(b"+" + answer)
            code = 0
        except BaseException:  # noqa: BLE001 - a fork must never return into its parent's code
            code = 1
        finally:
            os._exit(code)
    os.close(writing)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.setpgid(pid, pid)
    chunks: list[bytes] = []
    total = 0
    end = time.monotonic() + allowed.wall
    why = ""
    try:
        while True:
            left = end - time.monotonic()
            if left <= 0:
                why = "late"
                break
            ready, _, _ = select.select([reading], [], [], left)
            if not ready:
                why = "late"
                break
            chunk = os.read(reading, 1 << 20)
            if not chunk:
                break
            total += len(chunk)
            if total > allowed.output:
                why = "long"
                break
            chunks.append(chunk)
    finally:
        os.close(reading)
        limits.kill_family(pid)
        _, status = os.waitpid(pid, 0)
    answer = b"".join(chunks)
    if why:
        return None, why
    if answer[:1] != b"+" or (not os.WIFEXITED(status) and not os.WIFSIGNALED(status)):
        return None, _ended(status)
    return answer[1:], ""


class Standing:
    """A fork of this process as it is now, which answers requests until it fails or is closed.

    It keeps nothing of this process open, neither the home's lock nor a connection, and ends with it.
    """

    def __init__(self, work: Callable[[bytes], bytes], allowed: Limits) -> None:
        """Fork.

        Args:
            work: Request to answer; runs in the fork only, and keeps there what it remembers.
            allowed: Limits of each request; ``memory`` comes on top of what the fork has when it is asked.
        """
        self._allowed = allowed
        asked, self._to = os.pipe()
        self._from, answered = os.pipe()
        self._parent = os.getpid()
        self.pid = os.fork()
        if self.pid == 0:
            try:
                _stand(work, allowed, asked, answered, parent=self._parent)
            finally:
                os._exit(1)
        os.close(asked)
        os.close(answered)
        os.set_blocking(self._to, False)
        #: Resident bytes after the first answer.
        self._least = 0
        #: Requests that were answered.
        self.answered = 0

    def ask(self, request: bytes) -> tuple[bytes | None, str]:
        """Have one request answered; without an answer the fork is gone.

        Returns:
            The answer and ``""``, or ``None`` and why, as :func:`forked`; ``spent`` where it died of its limit of
            processor time.
        """
        answer, why = self._exchange(request)
        if answer is None:
            status = self.close()
            if why == "dead":
                why = _ended(status)
        else:
            self.answered += 1
            self._least = self._least or limits.resident(self.pid)
        return answer, why

    def grown(self) -> int:
        """Resident bytes more than after the first answer."""
        return limits.resident(self.pid) - self._least

    def ours(self) -> bool:
        """Whether this very process forked it; a fork of ours must not speak into the same pipes."""
        return os.getpid() == self._parent

    def close(self) -> int:
        """End the fork; returns how it ended, as ``waitpid`` tells it."""
        for handle in (self._to, self._from):
            with contextlib.suppress(OSError):
                os.close(handle)
        self._to = self._from = -1
        if not self.ours():
            return 0
        limits.kill_family(self.pid)
        with contextlib.suppress(ChildProcessError):
            return os.waitpid(self.pid, 0)[1]
        return 0

    def _exchange(self, request: bytes) -> tuple[bytes | None, str]:
        if select.select([self._from], [], [], 0)[0]:
            # It is gone, or has said more than it was asked: that must not be taken for this answer.
            return None, "dead"
        waiting = memoryview(struct.pack(">Q", len(request)) + request)
        answer = bytearray()
        end = time.monotonic() + self._allowed.wall
        while True:
            left = end - time.monotonic()
            readable, writable, _ = select.select([self._from], [self._to] if waiting else [], [], max(0.0, left))
            if left <= 0 or not (readable or writable):
                return None, "late"
            if writable:
                try:
                    waiting = waiting[os.write(self._to, waiting) :]
                except BrokenPipeError:
                    return None, "dead"
            if not readable:
                continue
            chunk = os.read(self._from, 1 << 20)
            if not chunk:
                return None, "dead"
            answer += chunk
            if len(answer) < 8:
                continue
            length = struct.unpack_from(">Q", answer)[0]
            if length > self._allowed.output:
                return None, "long"
            if len(answer) >= 8 + length:
                return bytes(answer[8 : 8 + length]), ""


def _ended(status: int) -> str:
    """Why a fork is gone: ``spent`` where it died of its limit of processor time, else ``dead``."""
    return "spent" if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGXCPU else "dead"


def _stand(work: Callable[[bytes], bytes], allowed: Limits, asked: int, answered: int, *, parent: int) -> None:
    """Answer requests in the fork until the pipe ends."""
    quiet = os.open(os.devnull, os.O_RDWR)
    for handle in (0, 1, 2):
        os.dup2(quiet, handle)
    _close_but(asked, answered)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    os.setpgid(0, 0)
    limits.die_with_parent()
    limits.adopt_orphans()
    if os.getppid() != parent:
        return
    # What was here before the fork is not looked through for garbage: that would copy its pages, and close what is
    # another's by its number here.
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    with os.fdopen(asked, "rb") as requests, os.fdopen(answered, "wb") as answers:
        limits.steady(allowed)
        while True:
            try:
                request = get(requests, 1 << 32)
            except EOFError:
                return
            limits.anew(allowed)
            put(answers, work(request))
            answers.flush()


def _close_but(*kept: int) -> None:
    """Close every open file of this process except the first three and some."""
    least = 3
    for one in sorted(kept):
        os.closerange(least, one)
        least = one + 1
    os.closerange(least, _most_handles())


def _most_handles() -> int:
    """No open file of this process has so high a number."""
    with contextlib.suppress(OSError, ValueError):
        return max(int(one.name) for one in Path("/proc/self/fd").iterdir()) + 1
    return min(os.sysconf("SC_OPEN_MAX"), 65_536)


def put(stream: IO[bytes], data: bytes) -> None:
    """Write a message with its length before it."""
    stream.write(struct.pack(">Q", len(data)))
    stream.write(data)


def get(stream: IO[bytes], most: int) -> bytes:
    """Read a message.

    Raises:
        EOFError: the stream ended, or the message is longer than ``most``.
    """
    head = stream.read(8)
    if len(head) < 8:
        raise EOFError
    length = struct.unpack(">Q", head)[0]
    if length > most:
        raise EOFError
    data = bytes(stream.read(length))
    if len(data) < length:
        raise EOFError
    return data
