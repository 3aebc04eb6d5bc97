"""Bytes → a file that survives a power cut, whole or not at all. Contains no business logic."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

_REHEARSING: ContextVar[bool] = ContextVar("rehearsing", default=False)


@contextmanager
def rehearsal() -> Iterator[None]:
    """Wait for no disk inside: a simulated year need not outlive a power cut."""
    token = _REHEARSING.set(True)
    try:
        yield
    finally:
        _REHEARSING.reset(token)


def rehearsing() -> bool:
    """Whether nothing waits for the disk now."""
    return _REHEARSING.get()


def sync(handle: int) -> None:
    """Bring an open file to the disk, but in a rehearsal."""
    if not rehearsing():
        os.fsync(handle)


def sync_folder(folder: Path) -> None:
    """Bring a folder's names to the disk; Windows does that by itself and cannot open folders."""
    if os.name == "nt" or rehearsing():
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_whole(path: Path, data: bytes) -> None:
    """Write a file durably, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.tmp")
    with temporary.open("wb") as handle:
        handle.write(data)
        handle.flush()
        sync(handle.fileno())
    if rehearsing():
        # Whatever takes another file's place is brought to the disk by some file systems (ext4) unasked.
        path.unlink(missing_ok=True)
    _replace(temporary, path)
    sync_folder(path.parent)


def _replace(temporary: Path, path: Path) -> None:
    """Give a file its name; on Windows not while somebody reads the old one, be it a virus scanner: wait a bit."""
    for wait in _WAITS if os.name == "nt" else ():
        try:
            temporary.replace(path)
        except PermissionError:
            time.sleep(wait)
        else:
            return
    temporary.replace(path)


#: Seconds between tries, about two together.
_WAITS = (0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 0.6)
