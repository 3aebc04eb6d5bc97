"""A trace of the system calls of one wake-up → the folder as a power cut leaves it: synced bytes, and luck.

What was synced is there. Of what was written later each write is there, is not, or is cut in the middle; of the names
that changed in a folder since it was synced the first few have, in their order (as journalling file systems keep it).
The name of a file that was itself synced counts as synced with it, as ext4, xfs and btrfs do it. What was written
before a sync that failed never comes to the disk, whatever a later one says: the system calls these pages clean.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, field
from pathlib import Path

#: Arguments for strace; the main thread alone writes, so no ``-f`` and no interleaved lines.
CALLS = ("openat,write,writev,pwrite64,lseek,ftruncate,fsync,fdatasync,rename,renameat,renameat2,link,linkat,unlink,"
         "unlinkat,sendto,close")  # fmt: skip
STRACE = ("-qq", "-y", "-xx", "-s", "33554432", "-e", f"trace={CALLS}")
#: Stands between the traces of two processes.
RESTART = "restart"
_LINE = re.compile(r"(\w+)\((.*)\)\s+= (-?\d+)")
_STRING = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')
_HANDLE = re.compile(r"^(\d+)(?:<([^>]*)>)?")


@dataclass
class Node:
    """Contents of one file: what is safe, and what was done to it since."""

    synced: bytes = b""
    pending: list[tuple[int, bytes | None]] = field(default_factory=list)
    size: int = 0

    def now(self) -> bytes:
        """All of it, as other programs see it."""
        return _applied(self.synced, self.pending)


@dataclass
class Handle:
    """An open file."""

    node: Node
    path: str
    append: bool
    at: int = 0


def _applied(data: bytes, changes: list[tuple[int, bytes | None]]) -> bytes:
    content = bytearray(data)
    for place, piece in changes:
        if piece is None:
            content = content[:place].ljust(place, b"\0")
        else:
            content.extend(b"\0" * (place - len(content)))
            content[place : place + len(piece)] = piece
    return bytes(content)


def _text(quoted: str) -> bytes:
    return bytes.fromhex(quoted.replace("\\x", ""))


class Disk:
    """The home while a trace is played."""

    def __init__(self, root: Path, before: Path) -> None:
        """Begin with all of ``before`` on the disk; the trace speaks of ``root``."""
        self._root = f"{root}/"
        self.names: dict[str, Node] = {}
        self._handles: dict[int, Handle] = {}
        #: Changes of names since the folder was synced: folder → (name, node or None).
        self._renamed: dict[str, list[tuple[str, Node | None]]] = {}
        for path in before.rglob("*"):
            if path.is_file():
                data = path.read_bytes()
                self.names[path.relative_to(before).as_posix()] = Node(data, [], len(data))
        self._durable = dict(self.names)
        #: Final dots that went over the wire: letters the server has.
        self.dots = 0

    def play(self, line: str) -> bool:
        """One line of the trace; whether it changed or synced anything of the home."""
        if line == RESTART:
            self._handles.clear()
        found = _LINE.search(line)
        if found is None:
            return False
        call, words, result = found[1], found[2], int(found[3])
        if result < 0:
            return call in ("fsync", "fdatasync") and self._lose(words)
        strings = [_text(text) for text in _STRING.findall(words)]
        match call:
            case "sendto":
                self.dots += strings[:1] == [b".\r\n"]
                return strings[:1] == [b".\r\n"]
            case "openat":
                return self._open(strings[0].decode("utf-8", "surrogateescape"), words, result)
            case "rename" | "renameat" | "renameat2" | "link" | "linkat":
                old, new = (self._inside(one.decode("utf-8", "surrogateescape")) for one in strings[:2])
                return self._name(old, new, keep=call.startswith("link"))
            case "unlink" | "unlinkat":
                gone = self._inside(strings[0].decode("utf-8", "surrogateescape"))
                if gone is None or gone not in self.names:
                    return False
                del self.names[gone]
                self._change(gone, None)
                return True
            case _:
                return self._with_handle(call, words, strings, result)

    def _with_handle(self, call: str, words: str, strings: list[bytes], result: int) -> bool:
        found = _HANDLE.match(words)
        number = int(found[1]) if found else -1
        if call == "close":
            self._handles.pop(number, None)
            return False
        if call in ("fsync", "fdatasync") and found:
            return self._sync(number, self._inside(_text(found[2]).decode("utf-8", "surrogateescape") + "/"))
        handle = self._handles.get(number)
        if handle is None:
            return False
        node = handle.node
        if call == "lseek":
            handle.at = result
            return False
        if call == "ftruncate":
            size = int(words.rpartition(", ")[2])
            node.pending.append((size, None))
            node.size = size
            return True
        data = b"".join(strings)[:result]
        if call == "pwrite64":
            place = int(words.rpartition(", ")[2])
        else:
            place = node.size if handle.append else handle.at
            handle.at = place + len(data)
        node.pending.append((place, data))
        node.size = max(node.size, place + len(data))
        return True

    def _inside(self, path: str) -> str | None:
        return path.removeprefix(self._root).rstrip("/") if path.startswith(self._root) else None

    def _open(self, path: str, words: str, handle: int) -> bool:
        name = self._inside(path)
        if name is None or "O_DIRECTORY" in words or not re.search(r"O_WRONLY|O_RDWR", words):
            return False
        fresh = name not in self.names
        node = self.names.setdefault(name, Node())
        if fresh:
            self._change(name, node)
        if "O_TRUNC" in words and node.size:
            node.pending.append((0, None))
            node.size = 0
        self._handles[handle] = Handle(node, name, "O_APPEND" in words)
        return fresh

    def _name(self, old: str | None, new: str | None, *, keep: bool) -> bool:
        if old is None or new is None or old not in self.names:
            return False
        node = self.names[old]
        self.names[new] = node
        self._change(new, node)
        if not keep:
            del self.names[old]
            self._change(old, None)
        return True

    def _change(self, name: str, node: Node | None) -> None:
        self._renamed.setdefault(name.rpartition("/")[0], []).append((name, node))

    def _sync(self, number: int, folder: str | None) -> bool:
        handle = self._handles.get(number)
        if handle is not None:
            node = handle.node
            node.synced, node.pending = node.now(), []
            if self.names.get(handle.path) is node:
                self._durable[handle.path] = node
            return True
        if folder is None:
            return False
        for name, changed in self._renamed.pop(folder, []):
            self._settle(self._durable, name, changed)
        return True

    def _lose(self, words: str) -> bool:
        """A sync failed: bytes are gone that every reader still sees; names, sizes are kept in the journal."""
        found = _HANDLE.match(words)
        handle = self._handles.get(int(found[1])) if found else None
        if handle is not None:
            handle.node.pending = [change for change in handle.node.pending if change[1] is None]
        return handle is not None

    @staticmethod
    def _settle(names: dict[str, Node], name: str, node: Node | None) -> None:
        if node is None:
            names.pop(name, None)
        else:
            names[name] = node

    def cut(self, target: Path, chance: random.Random) -> None:
        """Write the folder as it is after the power came back."""
        names = dict(self._durable)
        for changes in self._renamed.values():
            for name, node in changes[: chance.randint(0, len(changes))]:
                self._settle(names, name, node)
        for name, node in names.items():
            kept: list[tuple[int, bytes | None]] = []
            for place, data in node.pending:
                luck = chance.random()
                if luck < 0.45:
                    kept.append((place, data))
                elif luck < 0.6 and data:
                    kept.append((place, data[: chance.randint(0, len(data))]))
            path = target / name
            path.parent.mkdir(parents=True, exist_ok=True)
            # The shared memory of a WAL is no data: SQLite makes it anew after a cut.
            if not name.endswith("-shm"):
                path.write_bytes(_applied(node.synced, kept))
                path.chmod(0o600)
