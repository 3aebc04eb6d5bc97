"""The largest memory of a process and of all that it starts, watched from outside."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path


class Peak:
    """Mebibytes at the highest, and how many processes were seen."""

    def __init__(self) -> None:
        self.mebibytes = 0.0
        self.seen: set[int] = set()


def _children() -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for place in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, ValueError, IndexError):
            # The name in brackets may hold blanks.
            parent = int(place.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[1])
            found.setdefault(parent, []).append(int(place.parent.name))
    return found


def _high(pid: int) -> float:
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    return 0.0


@contextlib.contextmanager
def watched(root: int, *, every: float = 0.02) -> Iterator[Peak]:
    """Watch the descendants of a process (itself left out) while the block runs."""
    peak, stop = Peak(), threading.Event()

    def watch() -> None:
        # One that was left behind by its parent stays watched.
        known: set[int] = set()
        while not stop.wait(every):
            children = _children()
            waiting = [root, *known]
            while waiting:
                fresh = [one for one in children.get(waiting.pop(), ()) if one not in known]
                known.update(fresh)
                waiting.extend(fresh)
            peak.seen |= known
            peak.mebibytes = max([peak.mebibytes, *map(_high, known)])

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield peak
    finally:
        stop.set()
        thread.join(10)
