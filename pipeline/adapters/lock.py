"""One process at a time works in a home. Contains no business logic."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from pipeline.adapters.failpoints import failpoint
from pipeline.errors import AlreadyRunning

if os.name == "nt":
    import msvcrt
else:
    import fcntl


#: The lock's file in a home.
LOCK = "service.lock"


@contextmanager
def process_lock(home: Path) -> Generator[None, None, None]:
    """Hold the home's lock for life; the system lets go of it when the process dies, however it dies.

    Raises:
        AlreadyRunning: another process holds it.
        OSError: the home cannot be written.
    """
    home.mkdir(parents=True, exist_ok=True)
    handle = os.open(home / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if not _grip(handle):
            raise AlreadyRunning(_refusal(handle))
        _sign(handle)
        yield
    finally:
        _let_go(handle)


def _sign(handle: int) -> None:
    """Write who holds it, for those that are refused; on a full disk it is held all the same."""
    with contextlib.suppress(OSError):
        failpoint("lock.held")
        os.ftruncate(handle, 0)
        os.lseek(handle, 0, os.SEEK_SET)
        os.write(handle, f"进程 {os.getpid()}，电脑 {socket.gethostname()}\n".encode())
        failpoint("lock.named")


def refuse_second(home: Path) -> None:
    """Say no at once where another process works in the home, before slow libraries are loaded; holds nothing.

    Raises:
        AlreadyRunning: another process holds the lock.
    """
    try:
        handle = os.open(home / LOCK, os.O_RDWR)
    except OSError:
        return  # never locked yet, or not ours to open: process_lock says what is wrong
    try:
        if not _grip(handle, shared=True):
            raise AlreadyRunning(_refusal(handle))
    finally:
        _let_go(handle)


def _let_go(handle: int) -> None:
    """Close an open file and give its lock back at once: Windows would take its time over a closed file's lock."""
    if os.name == "nt":
        os.lseek(handle, 4096, os.SEEK_SET)
        with contextlib.suppress(OSError, KeyError):
            msvcrt.locking(handle, msvcrt.LK_UNLCK, 1)  # type: ignore[attr-defined,unused-ignore]
    os.close(handle)


def _grip(handle: int, *, shared: bool = False) -> bool:
    """Take the system's lock on an open file without waiting; False when another process has it."""
    try:
        if os.name == "nt":
            # One byte far behind the text, so that the text stays readable for the others.
            os.lseek(handle, 4096, os.SEEK_SET)
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
        else:
            fcntl.flock(handle, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _refusal(handle: int) -> str:
    os.lseek(handle, 0, os.SEEK_SET)
    holder = os.read(handle, 200).decode(errors="replace").strip() or "另一个进程"
    return f"服务已在运行（{holder}）。同一工作文件夹只能运行一份；如需重启，请先停止它。"
