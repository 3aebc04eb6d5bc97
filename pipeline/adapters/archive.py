"""Raw mails → write-once files named by their content, and back.

Contains no business logic. ``inbox_archive/YYYY/MM/<sha256>.eml`` holds the bytes, by the month in which the
mail was received; ``inbox_archive/index.jsonl`` gets one line a sighting (when received, in which folder, where
from), each with its own check, so that the archive alone is enough to replay. The order of steps is the promise:

1. the bytes go to ``tmp/<sha256>`` and to the disk (fsync),
2. the sighting goes to the index and to the disk,
3. the file gets its name by a hard link, which never overwrites, and the folder goes to the disk.

A crash after 1 leaves a temporary file without a line: it is thrown away, the mail is fetched again. A crash
after 2 leaves both: the next start finishes step 3. So a mail is whole and known with its true time of receipt,
or it is not there at all. Only after :meth:`Archive.keep` returned may a cursor move.
"""

from __future__ import annotations

import contextlib
import enum
import errno
import hashlib
import io
import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from pipeline.adapters.durable import sync, sync_folder
from pipeline.adapters.failpoints import failpoint
from pipeline.adapters.source import arrival
from pipeline.errors import ArchiveError
from pipeline.model import RawMessage

_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
#: File systems without hard links (FAT, some network shares) answer with one of these.
_NO_LINKS: Final = frozenset(
    {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK, errno.EINVAL, errno.EACCES}
)
_SAFE_MODE: Final = 0o600
#: Origin of a file that was found without a line in the index.
ADOPTED: Final = "adopted"


class TroubleKind(enum.StrEnum):
    """What can be wrong with an archive."""

    #: The content is not what the name says.
    DAMAGED = "damaged"
    #: The index has the mail, the file is gone.
    MISSING = "missing"
    #: The disk or its rights refuse the file; whether it is sound nobody knows, so it stays where it is.
    UNREADABLE = "unreadable"
    #: A line of the index whose check fails.
    INDEX = "index"
    #: A file that does not belong there.
    STRAY = "stray"


@dataclass(frozen=True, slots=True)
class ArchiveTrouble:
    """One thing wrong in the archive, with the remedy in Chinese."""

    kind: TroubleKind
    #: Path below the archive's folder.
    path: str
    #: The mail concerned; empty for a line of the index or a stray file.
    digest: str
    message: str


@dataclass(frozen=True, slots=True)
class Sighting:
    """When and where a mail was seen; the first one of a mail is its receipt."""

    digest: str
    received_at: datetime
    folder: str
    origin: str

    def line(self) -> str:
        """The sighting as one line of JSON with its check and newline."""
        fields = {
            "digest": self.digest,
            "received_at": self.received_at.isoformat(),
            "folder": self.folder,
            "origin": self.origin,
        }
        return json.dumps({**fields, "sum": _sum(fields)}, ensure_ascii=False) + "\n"

    @classmethod
    @lru_cache(maxsize=1 << 14)
    def from_line(cls, line: str) -> Sighting | None:
        """The sighting that a line holds; ``None`` when its check fails. The index is read again for every mail."""
        try:
            fields = json.loads(line)
            check = fields.pop("sum")
            if check != _sum(fields) or not _DIGEST.fullmatch(fields["digest"]):
                return None
            return cls(
                digest=fields["digest"],
                received_at=datetime.fromisoformat(fields["received_at"]),
                folder=fields["folder"],
                origin=fields["origin"],
            )
        except (ValueError, KeyError, TypeError, AttributeError):
            return None


def _sum(fields: dict[str, str]) -> str:
    text = json.dumps(fields, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


class Archive:
    """The archive of one home. One process writes at a time (the service holds the home's lock); any may read.

    Opening it changes nothing; the first :meth:`keep` heals what a crash left behind, see :meth:`heal`.
    """

    def __init__(self, root: Path, *, zone: tzinfo | None = None) -> None:
        """Open an archive; one that does not exist yet is empty.

        Args:
            root: The folder ``inbox_archive``.
            zone: Zone in which the month of a folder is taken; the office's.

        Raises:
            ArchiveError: The folder cannot be read.
        """
        self.root = root
        self._zone = zone or ZoneInfo("Asia/Shanghai")
        self._tmp = root / "tmp"
        self._index = root / "index.jsonl"
        #: First sighting of every mail, and every (digest, folder, origin) seen.
        self._first: dict[str, Sighting] = {}
        self._seen: set[tuple[str, str, str]] = set()
        self._paths: dict[str, Path] = {}
        self._healed = False
        #: Folders of months whose own names are on the disk for sure.
        self._firm: set[Path] = set()
        #: Inode, size and time of the index when it was read last, and what it said.
        self._read_lines: tuple[tuple[int, int, int], tuple[Sighting | None, ...]] | None = None
        with self._troubles("打开"):
            self._load()

    # ------------------------------------------------------------------ writing

    def keep(self, raw: RawMessage) -> bool:
        """Put a mail on disk for good.

        Returns:
            True for a new mail, False for one that is already there (a new sighting is noted all the same).

        Raises:
            ArchiveError: It is not on disk: full, read-only, broken. Nothing half-written is visible, and
                the cursor must not move.
        """
        if hashlib.sha256(raw.data).hexdigest() != raw.digest:
            raise ArchiveError("邮件内容与它的指纹不符，没有存档；这是程序错误，请把日志交给维护人员。")
        sighting = Sighting(raw.digest, raw.received_at, raw.folder, raw.origin)
        if not self._healed:
            self.heal()
        with self._troubles("存入"):
            if self._find(raw.digest) is not None:
                self._note(sighting)
                return False
            # What fails in here is finished, or dropped, before the next mail.
            self._healed = False
            temporary = self._write(raw)
            self._note(sighting)
            failpoint("archive.after_index")
            self._publish(temporary, self._first[raw.digest])
            self._healed = True
            return True

    def _write(self, raw: RawMessage) -> Path:
        temporary = self._tmp / raw.digest
        failpoint("archive.before_write")
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0), _SAFE_MODE)
        try:
            with os.fdopen(handle, "wb", buffering=0) as file:
                _write_all(file, raw.data)
                failpoint("archive.after_write")
                sync(file.fileno())
            failpoint("archive.after_fsync")
        except OSError:
            # After a failed fsync the pages are gone whatever a second one says: start over with the bytes.
            temporary.unlink(missing_ok=True)
            raise
        return temporary

    def _note(self, sighting: Sighting) -> None:
        place = (sighting.digest, sighting.folder, sighting.origin)
        if place in self._seen:
            return
        fresh = not self._index.exists()
        handle = os.open(self._index, os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0), _SAFE_MODE)
        with os.fdopen(handle, "ab", buffering=0) as file:
            start = file.seek(0, os.SEEK_END)
            line = sighting.line().encode("utf-8", "backslashreplace")
            try:
                _write_all(file, line)
                failpoint("archive.index_written")
                sync(file.fileno())
            except OSError:
                # Half a line must not stand before the next one.
                with contextlib.suppress(OSError):
                    file.truncate(start)
                raise
        if fresh:
            sync_folder(self.root)
        self._seen.add(place)
        self._first.setdefault(sighting.digest, sighting)

    def _publish(self, temporary: Path, sighting: Sighting) -> None:
        """Give a whole temporary file its name, in the month of its first sighting."""
        target = self.root / sighting.received_at.astimezone(self._zone).strftime("%Y/%m") / f"{sighting.digest}.eml"
        self._make_firm(target.parent)
        try:
            os.link(temporary, target)
        except FileExistsError:
            pass
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            if not target.exists():
                temporary.rename(target)
        failpoint("archive.after_link")
        sync_folder(target.parent)
        failpoint("archive.after_folder_sync")
        temporary.unlink(missing_ok=True)
        failpoint("archive.after_unlink")
        self._paths[sighting.digest] = target

    def _make_firm(self, folder: Path) -> None:
        """Have a month's folder on the disk; one that is there may be from a start that ended before its sync."""
        if folder in self._firm:
            return
        _make_folder(folder)
        sync_folder(self.root)
        sync_folder(folder.parent)
        self._firm.add(folder)

    def heal(self) -> None:
        """Cut a torn last line, finish or drop what was being written, note files that have no line.

        Only for the one process that writes.

        Raises:
            ArchiveError: The folder cannot be written.
        """
        with self._troubles("打开"):
            _make_folder(self._tmp)
            self._cut_torn_line()
            self._load()
            for path in sorted(self._tmp.iterdir()):
                first = self._first.get(path.name)
                if first is not None and path.name not in self._paths and _hash(path) == path.name:
                    self._publish(path, first)
                    continue
                if path.name in self._paths:
                    # It has its name, of which nobody knows whether it is on the disk.
                    self._make_firm(self._paths[path.name].parent)
                    sync_folder(self._paths[path.name].parent)
                path.unlink()
            for digest in sorted(self._paths):
                adopted = self._first[digest]
                if adopted.origin == ADOPTED:
                    self._note(adopted)
            self._healed = True

    # ------------------------------------------------------------------ reading

    def __len__(self) -> int:
        """Number of mails."""
        return len(self._paths)

    def __contains__(self, digest: str) -> bool:
        return self._find(digest) is not None

    def read(self, digest: str) -> RawMessage:
        """One mail as it was received.

        Raises:
            ArchiveError: It is not there, or its content has changed.
        """
        path = self._find(digest)
        if path is None:
            raise ArchiveError(f"存档里没有邮件 {digest[:12]}…，请运行 yuebao doctor 检查存档。")
        return self._read(path, digest)

    def walk(self) -> Iterator[RawMessage]:
        """Every mail in the order of receipt (received_at, digest), one at a time in memory.

        Raises:
            ArchiveError: A file has changed; :meth:`verify` names all of them at once.
        """
        known = ((self._first[digest].received_at, digest) for digest in self._paths)
        for _, digest in sorted(known):
            yield self._read(self._paths[digest], digest)

    def path(self, digest: str) -> Path | None:
        """Where a mail lies, for people who want to open it; ``None`` when it is not there."""
        return self._find(digest)

    def sightings(self) -> Iterator[Sighting]:
        """Every sighting in the order in which they were noted; last, files that have no line yet."""
        yield from (sighting for sighting in self._lines() if sighting is not None)
        for _, sighting in sorted(self._first.items()):
            if (sighting.digest, sighting.folder, sighting.origin) not in self._seen:
                yield sighting

    def verify(self) -> tuple[ArchiveTrouble, ...]:
        """Hash every file again and compare with the index; all that is wrong, by path."""
        found: list[ArchiveTrouble] = []
        lines = self._index.read_bytes().split(b"\n") if self._index.exists() else []
        # The piece behind the last newline is a line that is just being written, or nothing.
        for number, line in enumerate(lines[:-1], start=1):
            if Sighting.from_line(line.decode("utf-8", "replace")) is None:
                message = f"存档目录 index.jsonl 第 {number} 行已损坏，重放时将跳过；如有备份请恢复该文件。"
                found.append(ArchiveTrouble(TroubleKind.INDEX, f"index.jsonl:{number}", "", message))
        present: set[str] = set()
        for path in sorted(self.root.rglob("*")):
            place = path.relative_to(self.root).as_posix()
            if place == "index.jsonl" or place.startswith(("tmp/", "damaged/", ".")):
                continue
            named = re.fullmatch(r"\d{4}/\d\d/[0-9a-f]{64}\.eml", place)
            if path.is_dir() and not named:
                continue
            if not named:
                message = f"{place} 不是存档邮件，请移走；存档目录里不要放其他文件。"
                found.append(ArchiveTrouble(TroubleKind.STRAY, place, "", message))
                continue
            present.add(path.stem)
            try:
                # A folder, or a link to nothing, in a mail's place keeps it from being fetched again.
                sound = path.is_file() and _hash(path) == path.stem
            except OSError as error:
                # One bad sector, or a file that somebody took for himself, must not stop the round.
                message = (
                    f"存档邮件 {place} 读不出来（{error.strerror}），请检查磁盘和权限；"
                    "修不好就把它移走，邮箱里还在的将自动重新收取。"
                )
                found.append(ArchiveTrouble(TroubleKind.UNREADABLE, place, path.stem, message))
                continue
            if not sound:
                message = f"存档邮件 {place} 的内容已被改动或损坏，请从备份恢复；邮箱里还在的将自动重新收取。"
                found.append(ArchiveTrouble(TroubleKind.DAMAGED, place, path.stem, message))
        for digest in sorted(set(self._first) - present):
            first = self._first[digest]
            message = f"{first.received_at:%Y-%m-%d %H:%M} 收到的邮件（{first.origin}）的存档文件不见了，请从备份恢复。"
            found.append(ArchiveTrouble(TroubleKind.MISSING, "", digest, message))
        return tuple(found)

    def set_aside(self, trouble: ArchiveTrouble) -> None:
        """Move a damaged file to ``damaged/``, so that the mail can be kept again when it is fetched."""
        if trouble.kind is not TroubleKind.DAMAGED:
            return
        with self._troubles("移走"):
            place = self.root / "damaged"
            _make_folder(place)
            source = self.root / trouble.path
            target = place / source.name
            while os.path.lexists(target):
                # It was damaged before: both are kept.
                target = target.with_name(f"{target.name}-again")
            source.rename(target)
            sync_folder(source.parent)
            sync_folder(place)
            self._paths.pop(trouble.digest, None)

    # ------------------------------------------------------------------ inside

    def _find(self, digest: str) -> Path | None:
        path = self._paths.get(digest)
        if path is None and _DIGEST.fullmatch(digest):
            # Another process may have kept it since this one looked.
            path = next(self.root.glob(f"[0-9][0-9][0-9][0-9]/[0-9][0-9]/{digest}.eml"), None)
            if path is not None:
                self._paths[digest] = path
                if digest not in self._first:
                    self._load()  # its line was written before the file got its name
        return path

    def _read(self, path: Path, digest: str) -> RawMessage:
        try:
            data = path.read_bytes()
        except OSError as error:
            raise ArchiveError(
                f"存档邮件 {path.name} 读不出来：{error.strerror}。请检查磁盘，或从备份恢复。"
            ) from error
        if hashlib.sha256(data).hexdigest() != digest:
            raise ArchiveError(f"存档邮件 {path.name} 的内容已被改动或损坏，请从备份恢复。")
        first = self._first[digest]
        return RawMessage(
            digest=digest, data=data, received_at=first.received_at, folder=first.folder, origin=first.origin
        )

    def _lines(self) -> tuple[Sighting | None, ...]:
        """What the whole lines of the index say; read again when the file is another."""
        try:
            state = self._index.stat()
        except FileNotFoundError:
            return ()
        shape = (state.st_ino, state.st_size, state.st_mtime_ns)
        if self._read_lines is None or self._read_lines[0] != shape:
            with self._index.open("rb") as file:
                whole = [line for line in file if line.endswith(b"\n")]
            self._read_lines = shape, tuple(Sighting.from_line(line.decode("utf-8", "replace")) for line in whole)
        return self._read_lines[1]

    def _load(self) -> None:
        for sighting in self._lines():
            if sighting is not None:
                held = self._first.get(sighting.digest)
                # The first line counts for ever; a time guessed from a file counts until there is a line.
                if held is None or (held.digest, held.folder, held.origin) not in self._seen:
                    self._first[sighting.digest] = sighting
                self._seen.add((sighting.digest, sighting.folder, sighting.origin))
        for path in self.root.glob("[0-9][0-9][0-9][0-9]/[0-9][0-9]/*.eml"):
            if _DIGEST.fullmatch(path.stem):
                self._paths[path.stem] = path
                if path.stem not in self._first:
                    self._first[path.stem] = _adopted(path)

    def _cut_torn_line(self) -> None:
        if not self._index.exists():
            return
        size = self._index.stat().st_size
        with self._index.open("rb+") as file:
            # A line is a few hundred bytes; the last newline is near.
            file.seek(max(0, size - 65536))
            tail = file.read()
            if tail.endswith(b"\n") or not tail:
                return
            file.truncate(size - len(tail) + tail.rfind(b"\n") + 1)
            sync(file.fileno())

    @contextlib.contextmanager
    def _troubles(self, doing: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            remedy = {
                errno.ENOSPC: "磁盘已满，请清理出空间，程序会自动继续",
                errno.EDQUOT: "磁盘配额已用完，请清理出空间，程序会自动继续",
                errno.EROFS: "磁盘是只读的，请检查磁盘",
                errno.EACCES: "没有写入权限，请检查文件夹的所有者",
                errno.EMFILE: "打开的文件太多，请重新启动程序",
            }.get(error.errno or 0, "请检查磁盘")
            raise ArchiveError(f"{doing}邮件存档 {self.root} 失败（{error.strerror or error}）：{remedy}。") from error


def _adopted(path: Path) -> Sighting:
    """A sighting for a file that lies in the archive without a line: its headers know best when it came."""
    with path.open("rb") as file:
        at = arrival(file.read(64 * 1024))
    return Sighting(path.stem, at or datetime.fromtimestamp(int(path.stat().st_mtime), UTC), "INBOX", ADOPTED)


def _write_all(file: io.RawIOBase, data: bytes) -> None:
    """Write every byte, also where the system takes only a part at once."""
    view = memoryview(data)
    while view:
        view = view[file.write(view) or 0 :]


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _make_folder(path: Path) -> None:
    """Make a folder and its parents, open to the owner alone."""
    if path.is_dir():
        return
    _make_folder(path.parent)
    with contextlib.suppress(FileExistsError):
        path.mkdir(mode=0o700)
