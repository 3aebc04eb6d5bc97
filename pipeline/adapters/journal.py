"""Events → an append-only file of lines, each chained to the one before by its hash. Contains no business logic.

The journal is what a replay needs besides the archive: what people decided and what left the house. A line is
``{"seq", "at", "kind", "data", "prev", "hash"}`` with ``hash = SHA-256(prev + canonical JSON of the rest)``.
A torn last line (power cut) is set aside in ``journal.torn`` and never counted; any other damage is reported.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.adapters.durable import sync, sync_folder
from pipeline.adapters.failpoints import failpoint
from pipeline.errors import LedgerError

GENESIS = "0" * 64
#: Before it versions until 0.1 left numbers out.
_SKIPS = "ledger.rebuilt"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the journal."""

    seq: int
    at: str
    kind: str
    data: dict[str, Any]
    prev: str
    hash: str


@dataclass(frozen=True, slots=True)
class JournalTrouble:
    """One broken link: which line, and what is wrong with it."""

    line: int
    message: str


@dataclass(frozen=True, slots=True)
class Place:
    """A line of the file as it was once found: where it begins, and what it is known by. Place() is the beginning."""

    line: int = 0
    start: int = 0
    seq: int = 0
    hash: str = GENESIS


@dataclass(frozen=True, slots=True)
class Followed:
    """One line, met on the way along the chain."""

    place: Place
    entry: Entry
    #: What is wrong with it; empty when it holds.
    troubles: tuple[JournalTrouble, ...] = ()


def _hash(seq: int, at: str, kind: str, data: dict[str, Any], *, prev: str) -> str:
    """Hash of a line's content chained to the hash before it."""
    body = json.dumps([seq, at, kind, data], ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(f"{prev}{body}".encode()).hexdigest()


def _entry(line: bytes) -> Entry:
    """A line as it was written.

    Raises:
        ValueError, TypeError: it was not written by us.
    """
    entry = Entry(**json.loads(line))
    if type(entry.seq) is not int or not isinstance(entry.prev, str) or not isinstance(entry.hash, str):
        raise TypeError(entry)
    return entry


def _sound(entry: Entry, line: bytes) -> bool:
    """Whether a line says what it was written to say.

    What was written is canonical already: taken as it stands, its hash costs a third of writing it out anew. A line
    in another spelling is written out.
    """
    at, kind = (json.dumps(word, ensure_ascii=False) for word in (entry.at, entry.kind))
    try:
        head = f'{{"seq":{entry.seq},"at":{at},"kind":{kind},"data":'.encode()
        tail = f',"prev":"{entry.prev}","hash":"{entry.hash}"}}\n'.encode()
        if line.startswith(head) and line.endswith(tail):
            chained = hashlib.sha256(f"{entry.prev}[{entry.seq},{at},{kind},".encode())
            chained.update(memoryview(line)[len(head) : len(line) - len(tail)])
            chained.update(b"]")
            if chained.hexdigest() == entry.hash:
                return True
        return _hash(entry.seq, entry.at, entry.kind, entry.data, prev=entry.prev) == entry.hash
    except UnicodeEncodeError:
        return False  # half a character, which nobody wrote


class Journal:
    """The file ``journal.jsonl`` of one home. One writer at a time: the caller holds the process lock."""

    def __init__(self, path: Path) -> None:
        self.path = path
        #: (file size, last seq, last hash) as of our own last look; another process may have written since.
        self._seen: tuple[int, int, str] | None = None

    def append(self, events: tuple[tuple[int, str, str, dict[str, Any]], ...]) -> None:
        """Add events ``(seq, at, kind, data)`` durably; those already there (by seq) are left out."""
        self._heal()
        last_seq, last_hash = self._tail()
        lines = []
        for seq, at, kind, data in events:
            if seq <= last_seq:
                continue
            digest = _hash(seq, at, kind, data, prev=last_hash)
            entry = {"seq": seq, "at": at, "kind": kind, "data": data, "prev": last_hash, "hash": digest}
            lines.append(json.dumps(entry, ensure_ascii=False, separators=(",", ":")) + "\n")
            last_seq, last_hash = seq, digest
        if not lines:
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        failpoint("journal.before_append")
        fresh = not self.path.exists()
        binary = getattr(os, "O_BINARY", 0)  # without it Windows writes other line ends
        handle = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | binary, 0o600)
        start = os.fstat(handle).st_size
        try:
            rest = memoryview("".join(lines).encode())
            while rest:  # a nearly full disk takes a part and says so only the next time
                rest = rest[os.write(handle, rest) :]
            failpoint("journal.before_fsync")
            sync(handle)
        except OSError:
            # After a failed fsync the pages may be gone whatever is read back: take the lines away and write anew.
            self._seen = None
            with contextlib.suppress(OSError):
                os.ftruncate(handle, start)
            raise
        finally:
            os.close(handle)
        failpoint("journal.after_fsync")
        if fresh:
            sync_folder(self.path.parent)
        failpoint("journal.after_append")
        self._seen = (self.path.stat().st_size, last_seq, last_hash)

    def entries(self) -> Iterator[Entry]:
        """Every whole line in order; the chain is not checked here. Reading changes nothing: another may be writing."""
        return (entry for _, entry, _ in self._lines())

    def _lines(self, *, start: int = 0, number: int = 0) -> Iterator[tuple[Place, Entry, bytes]]:
        """Whole lines from a byte on, which begins the line after this number."""
        if not self.path.exists():
            return
        with self.path.open("rb") as lines:
            lines.seek(start)
            for line in lines:
                number += 1
                if not line.endswith(b"\n"):
                    return
                try:
                    entry = _entry(line)
                except (ValueError, TypeError) as error:
                    raise LedgerError(
                        f"日志文件 {self.path.name} 第 {number} 行已损坏。"
                        "请从备份恢复该文件，再执行 yuebao audit verify。"
                    ) from error
                yield Place(number, start, entry.seq, entry.hash), entry, line
                start += len(line)

    def verify(self) -> tuple[JournalTrouble, ...]:
        """Follow the chain from its start; an empty tuple means that nothing was altered."""
        return tuple(trouble for met in self.follow() for trouble in met.troubles)

    def follow(self, after: Place = Place()) -> Iterator[Followed]:
        """Every whole line behind a place with what is wrong with it; from a place only where :meth:`holds` says so."""
        previous, last = after.hash, after.seq
        lines = self._lines(start=after.start, number=max(after.line - 1, 0))
        if after.line:
            next(lines, None)
        for place, entry, line in lines:
            found = []
            if entry.prev != previous:
                found.append("与上一行衔接不上：中间有行被删除、插入或改动")
            elif entry.seq != last + 1 and entry.kind != _SKIPS:
                # A file that lost its end, or was begun anew, and went on.
                found.append(f"序号由 {last} 跳到 {entry.seq}：这一行之前的记录已被截去")
            if not _sound(entry, line):
                found.append("内容与校验值不符：本行被改动")
            yield Followed(place, entry, tuple(JournalTrouble(place.line, message) for message in found))
            previous, last = entry.hash, entry.seq

    def holds(self, place: Place) -> bool:
        """Whether the file's own line at this place is still the one that it was."""
        if not place.line:
            return True
        try:
            with self.path.open("rb") as lines:
                # A place within a line is none: what stands before it would hang together with nothing.
                lines.seek(max(place.start - 1, 0))
                if place.start and lines.read(1) != b"\n":
                    return False
            found = next(self._lines(start=place.start), None)
        except (OSError, LedgerError):
            return False
        if found is None:
            return False
        _, entry, line = found
        return (entry.seq, entry.hash) == (place.seq, place.hash) and _sound(entry, line)

    @property
    def last_seq(self) -> int:
        """Sequence number of the last whole line, 0 for an empty journal."""
        return self._tail()[0]

    def _heal(self) -> None:
        """Set a torn last line aside, so that the next event follows the last whole one. Only for the writer."""
        size = self.path.stat().st_size if self.path.exists() else 0
        if size == 0 or (self._seen is not None and self._seen[0] == size):
            return
        data = self.path.read_bytes()
        if data.endswith(b"\n"):
            return
        whole = data.rfind(b"\n") + 1
        with self.path.with_suffix(".torn").open("ab") as torn:
            torn.write(data[whole:] + b"\n")
            torn.flush()
            sync(torn.fileno())
        failpoint("journal.torn_set_aside")
        with self.path.open("r+b") as handle:
            handle.truncate(whole)
            failpoint("journal.torn_cut")
            sync(handle.fileno())

    def _tail(self) -> tuple[int, str]:
        """Sequence number and hash of the last whole line."""
        size = self.path.stat().st_size if self.path.exists() else 0
        if size == 0:
            return (0, GENESIS)
        if self._seen is not None and self._seen[0] == size:
            return self._seen[1:]
        data = self.path.read_bytes()
        data = data[: data.rfind(b"\n") + 1]
        if not data:
            return (0, GENESIS)
        try:
            last = json.loads(data[data.rfind(b"\n", 0, -1) + 1 :])
            seen = (len(data), int(last["seq"]), str(last["hash"]))
        except (ValueError, KeyError, TypeError) as error:
            message = f"日志文件 {self.path.name} 最后一行已损坏。请从备份恢复该文件，再执行 yuebao audit verify。"
            raise LedgerError(message) from error
        self._seen = seen
        return seen[1:]
