"""A piece of work in a fork of this process, under limits; bytes of known length over a pipe.

Contains no business logic.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import struct
import time
from collections.abc import Callable
from typing import IO

from pipeline.adapters import limits
from pipeline.adapters.limits import Limits


def forked(work: Callable[[], bytes], allowed: Limits) -> tuple[bytes | None, str]:
    """Do a piece of work in a fork of this process, under limits.

    Returns:
        Its answer and ``""``, or ``None`` and why: ``late`` (time on the clock), ``long`` (answer too long), ``dead``
        (killed by a limit, crashed, or ended without an answer).
    """
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            os.close(reading)
            os.setpgid(0, 0)
            limits.die_with_parent()
            limits.apply(allowed)
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
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
    answer = b"".join(chunks)
    if why:
        return None, why
    if answer[:1] != b"+" or (not os.WIFEXITED(status) and not os.WIFSIGNALED(status)):
        return None, "dead"
    return answer[1:], ""


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
