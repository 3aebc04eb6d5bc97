"""Looks over the shoulder of the reading children: memory, sockets in our network, processes and files left behind."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

_PROC = Path("/proc")


def children(pid: int) -> list[int]:
    """Process ids below one, at any depth."""
    found: list[int] = []
    waiting = [pid]
    while waiting:
        one = waiting.pop()
        with contextlib.suppress(OSError):
            for task in (_PROC / str(one) / "task").iterdir():
                below = [int(word) for word in (task / "children").read_text(encoding="ascii").split()]
                found += below
                waiting += below
    return found


def peak(pid: int) -> int:
    """Largest resident size a process ever had, bytes."""
    with contextlib.suppress(OSError, ValueError):
        for line in (_PROC / str(pid) / "status").read_text(encoding="ascii", errors="replace").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return 0


def _network(pid: int | str) -> str:
    with contextlib.suppress(OSError):
        return str((_PROC / str(pid) / "ns" / "net").readlink())
    return ""


def _sockets(pid: int) -> int:
    count = 0
    with contextlib.suppress(OSError):
        for handle in (_PROC / str(pid) / "fd").iterdir():
            with contextlib.suppress(OSError):
                count += str(handle.readlink()).startswith("socket:")
    return count


@dataclass(slots=True)
class Watch:
    """Samples every process below this one while it is open."""

    #: Seconds between two looks.
    every: float = 0.1
    largest: int = 0
    #: Largest resident size since :meth:`mark`.
    recent: int = 0
    samples: int = 0
    #: Samples of reading children that stood in a network of their own, and with a socket in ours.
    apart: int = 0
    connected: int = 0
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def mark(self) -> None:
        """Begin to remember anew."""
        self.recent = 0

    def _look(self) -> None:
        ours = _network("self")
        while not self._stop.wait(self.every):
            below = children(os.getpid())
            for pid in below:
                size = peak(pid)
                self.largest, self.recent = max(self.largest, size), max(self.recent, size)
                self.samples += 1
                network = _network(pid)
                if network and network != ours:
                    self.apart += 1
                elif network and _sockets(pid):
                    self.connected += 1


def left_folders(before: frozenset[str], *, folder: Path = Path("/tmp"), patience: float = 3.0) -> list[str]:  # noqa: S108 - the children's own folder
    """Folders of reading children that are new, that nobody works in, and that stay."""
    end = time.monotonic() + patience
    while True:
        used = set()
        for link in _PROC.glob("[0-9]*/cwd"):
            with contextlib.suppress(OSError):
                used.add(str(link.readlink()))
        found = [
            str(path)
            for path in folder.glob("yuebao-child-*")
            if str(path) not in before and not any(one.startswith(str(path)) for one in used)
        ]
        if not found or time.monotonic() > end:
            return found
        time.sleep(0.3)
