"""Mails are opened before they are asked for, by a few children side by side, and what took long is kept.

Reading a scanned page takes seconds of one processor; what a mail's files say depends on nothing but its bytes. So the
next mails of a known row are already opened while one is filed. No threads: requests wait in the children's pipes.
Contains no business logic.
"""

from __future__ import annotations

import atexit
import contextlib
import hashlib
import os
import select
import sys
from collections import deque
from collections.abc import Callable, Iterable

from pipeline.adapters.child import Keeper, open_mail, opened_of
from pipeline.adapters.kept import Kept
from pipeline.errors import YuebaoError
from pipeline.model import Opened, Seal

#: More children want more memory than time: each may hold an OCR engine of a gigabyte.
_MOST_CHILDREN = 2
#: Formats that are read faster than they are fetched from where they would be kept.
_QUICK = frozenset({"text", "html", "docx", "xlsx", "csv"})


class Opening:
    """Opens mails: from what is kept, from what was opened ahead, or now."""

    def __init__(
        self,
        kept: Kept | None = None,
        *,
        children: int | None = None,
        now: Callable[[bytes, str], Opened] = open_mail,
    ) -> None:
        self._kept = kept
        self._now = now
        # Pipes cannot be waited for on Windows.
        most = 1 if sys.platform == "win32" else min(_MOST_CHILDREN, os.cpu_count() or 1)
        self._children = most if children is None else children
        self._expected: deque[Callable[[], bytes]] = deque()
        self._idle: list[Keeper] = []
        #: Digest of the mail that each child works at.
        self._busy: dict[Keeper, str] = {}
        self._ready: dict[str, Opened] = {}
        self._begun: set[str] = set()
        self._registered = False

    def expect(self, mails: Iterable[Callable[[], bytes]]) -> None:
        """Say which mails will be asked for next, in order; each is a way to get its bytes."""
        row = list(mails)
        if self._children > 1 and len(row) > 1:
            self._expected.extendleft(reversed(row))
            self._fill()

    def open(self, raw: bytes, digest: str) -> Opened:
        """As :func:`pipeline.adapters.child.open_mail`."""
        found = self._kept.get(digest) if self._kept is not None else None
        if found is None:
            while digest in self._busy.values():
                self._collect()
            found = self._ready.pop(digest, None)
        if found is None:
            found = self._now(raw, digest)
            self._keep(digest, found)
        self._fill()
        return found

    def close(self) -> None:
        """End the children."""
        for keeper in (*self._idle, *self._busy):
            keeper.close()
        self._idle.clear()
        self._busy.clear()
        self._expected.clear()

    def _keep(self, digest: str, opened: Opened) -> None:
        if self._kept is not None and costly(opened):
            self._kept.put(digest, opened)

    def _fill(self) -> None:
        """Give every free child the next expected mail; without any left the children end."""
        while self._expected and len(self._busy) < self._children and len(self._ready) < 4 * self._children:
            try:
                data = self._expected.popleft()()
            except (YuebaoError, OSError):
                continue
            digest = hashlib.sha256(data).hexdigest()
            if digest in self._begun or (self._kept is not None and self._kept.has(digest)):
                continue
            self._begun.add(digest)
            keeper = self._idle.pop() if self._idle else self._child()
            # A child that is gone is told by its answer, which never comes: the mail is then opened when asked for.
            with contextlib.suppress(OSError):
                keeper.begin("mail", data, digest=digest)
            self._busy[keeper] = digest
        if not self._expected:
            self._begun.clear()
            for keeper in self._idle:
                keeper.close()
            self._idle.clear()

    def _child(self) -> Keeper:
        if not self._registered:
            self._registered = True
            atexit.register(self.close)
        return Keeper()

    def _collect(self) -> None:
        """Wait for the next answers."""
        readable, _, _ = select.select(list(self._busy), [], [], 5.0)
        for keeper in readable or [keeper for keeper in self._busy if keeper.overdue()]:
            digest = self._busy.pop(keeper)
            try:
                self._ready[digest] = opened_of(keeper.finish(), digest)
            except (OSError, EOFError):
                keeper.close()
                continue
            self._idle.append(keeper)
            self._keep(digest, self._ready[digest])
        self._fill()


def costly(opened: Opened) -> bool:
    """Whether a mail holds what takes long to read: pages or pictures of text, seals, files to be converted."""
    return any(
        document.format not in _QUICK
        or document.scanned
        or document.scans
        or document.seal is not Seal.ABSENT
        or any(block.place.startswith("图片") for block in document.blocks)
        for document in opened.documents
    )
