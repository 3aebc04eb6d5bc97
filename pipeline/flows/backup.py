"""one home, in use or not -> a copy of everything that cannot be made again, and back; with a drill that proves it.

A backup folder holds one archive, shared by all backups made into it (mails never change, so only new ones are
copied), and one generation a run::

    DIR/inbox_archive/YYYY/MM/<sha256>.eml
    DIR/20220912T093000/  ledger.db  journal.jsonl  index.jsonl  config/  templates/  manifest.json

The order keeps it consistent while the service works: the ledger first (SQLite's backup API gives one instant),
then the journal up to the last event of that ledger, then the mails, of which a running service can only have more.
A generation has its name from the moment its manifest is on the disk; one without is an accident, and is passed over.
After a restore sending is off until a person has looked, and what was waiting to leave is first looked for in 已发送.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from pipeline.adapters.archive import Archive
from pipeline.adapters.durable import sync_folder, write_whole
from pipeline.adapters.journal import Journal
from pipeline.adapters.ledger.ledger import Ledger
from pipeline.errors import LedgerError, YuebaoError
from pipeline.model import LetterState

#: What the last drill found wrong, in :meth:`Ledger.fact`; empty when it held. And when that was.
DRILL_FAILED, DRILLED = "drill_failed", "last_drill"
LEDGER = "ledger.db"
JOURNAL = "journal.jsonl"
ARCHIVE = "inbox_archive"
_INDEX = "index.jsonl"
_MANIFEST = "manifest.json"
#: Folders of a home that go into every generation whole.
_FOLDERS = ("config", "templates")


@dataclass(frozen=True, slots=True)
class BackedUp:
    """What one run copied."""

    #: Folder of the generation.
    generation: Path
    #: Mails that the copy knows, and how many of them were new in this run.
    mails: int
    new_mails: int
    #: Bytes that the generation and the new mails take.
    size: int


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore brought back."""

    made_at: datetime
    mails: int
    letters_waiting: int


def backup(home: Path, target: Path, *, now: datetime) -> BackedUp:
    """Copy a home into a backup folder; safe while the service is at work.

    Args:
        home: The home; without a ledger only configuration, archive and journal are copied.
        target: The backup folder, made where it is missing; not inside the home's own archive.
        now: The moment, aware: names the generation.

    Raises:
        YuebaoError: there is nothing to copy, the folder cannot be written, or what was written does not prove sound.
    """
    if not (home / "config").is_dir():
        raise YuebaoError(f"{home} 不是工作文件夹（没有 config/）。请用 --home 指明。")
    if target.resolve().is_relative_to((home / ARCHIVE).resolve()):
        raise YuebaoError("备份不能放在邮件存档里面。请换一个文件夹，最好在另一块磁盘上。")
    generation = target / now.strftime("%Y%m%dT%H%M%S")
    if generation.exists():
        raise YuebaoError(f"{generation} 已存在。请稍后再备份一次。")
    unfinished = target / f".{generation.name}.unfinished"
    try:
        for folder in (target, unfinished, target / ARCHIVE):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        last_event = _copy_ledger(home / LEDGER, unfinished / LEDGER)
        _copy_journal(home / JOURNAL, unfinished / JOURNAL, upto=last_event)
        mails, index, new_mails, grown = _copy_mails(Archive(home / ARCHIVE), target / ARCHIVE)
        _write(unfinished / _INDEX, index)
        for name in _FOLDERS:
            if (home / name).is_dir():
                _copy_folder(home / name, unfinished / name)
        files: dict[str, dict[str, str | int]] = {
            path.relative_to(unfinished).as_posix(): {"size": path.stat().st_size, "sha256": _sha256(path)}
            for path in sorted(unfinished.rglob("*"))
            if path.is_file()
        }
        size = grown + sum(path.stat().st_size for path in unfinished.rglob("*") if path.is_file())
        manifest = {"made_at": now.isoformat(), "files": files, "mails": sorted(mails)}
        write_whole(unfinished / _MANIFEST, json.dumps(manifest, ensure_ascii=False, indent=1).encode())
        unfinished.rename(generation)
        sync_folder(target)
    except OSError as error:
        raise YuebaoError(
            f"备份没有完成（{error.strerror or error}：{error.filename or target}）。请检查磁盘空间和权限后再试。"
        ) from error
    if problems := verify(generation):
        raise YuebaoError(f"备份写完后核对不符：{problems[0]}请换一块磁盘再备份。")
    remember(home, {"last_backup": now.isoformat(), "last_backup_at": str(target)})
    return BackedUp(generation, mails=len(mails), new_mails=new_mails, size=size)


def generations(source: Path) -> tuple[Path, ...]:
    """The complete generations of a backup folder, oldest first; a generation itself gives itself."""
    if (source / _MANIFEST).is_file():
        return (source,)
    if not source.is_dir():
        return ()
    return tuple(sorted(path for path in source.iterdir() if path.name[:1] != "." and (path / _MANIFEST).is_file()))


def verify(source: Path) -> tuple[str, ...]:
    """Hash every file of the newest generation and every mail that it knows; Chinese sentences, none when sound."""
    found = generations(source)
    if not found:
        return (f"{source} 里没有完整的备份。",)
    generation = found[-1]
    manifest = _manifest(generation)
    problems = []
    for name, facts in manifest["files"].items():
        path = generation / name
        if not path.is_file():
            problems.append(f"备份缺少文件 {name}。")
        elif _sha256(path) != facts["sha256"]:
            problems.append(f"备份文件 {name} 的内容与备份时不同。")
    for digest in manifest["mails"]:
        kept = _mail(generation.parent / ARCHIVE, digest)
        if kept is None:
            problems.append(f"备份缺少邮件 {digest[:12]}…。")
        elif _sha256(kept) != digest:
            problems.append(f"备份中的邮件 {kept.name[:12]}… 已损坏。")
    return (*problems, *_sound_inside(generation, frozenset(manifest["mails"])))


def _sound_inside(generation: Path, mails: frozenset[str]) -> Iterator[str]:
    """Whether ledger and journal of a generation open, and the ledger knows no mail that is not there."""
    try:
        troubles = Journal(generation / JOURNAL).verify()
    except YuebaoError as error:
        yield error.message
    else:
        yield from (f"备份的日志第 {trouble.line} 行：{trouble.message}。" for trouble in troubles)
    if not (generation / LEDGER).exists():
        return
    try:
        place = f"{(generation / LEDGER).absolute().as_uri()}?mode=ro&immutable=1"
        with closing(sqlite3.connect(place, uri=True)) as db:
            verdict = db.execute("PRAGMA integrity_check").fetchone()[0]
            known = {row[0] for row in db.execute("SELECT digest FROM messages")}
    except sqlite3.DatabaseError as error:
        yield f"备份的台账打不开（{error}）。"
        return
    if verdict != "ok":
        yield f"备份的台账已损坏（{verdict}）。"
    if lost := known - mails:
        yield f"台账登记的邮件有 {len(lost)} 封不在备份里。"


def restore(source: Path, home: Path, *, now: datetime) -> Restored:
    """Bring the newest generation of a backup folder (or the generation named) back into an empty home.

    Sending stays off (``sending_off``), and letters that may have left after the backup are looked for in 已发送
    before they leave (``restored_at``).

    Raises:
        YuebaoError: no complete generation, one that does not prove sound, or a home that is not empty.
    """
    found = generations(source)
    if not found:
        raise YuebaoError(f"{source} 里没有完整的备份。请指明 yuebao backup 写入的文件夹。")
    generation = found[-1]
    taken = [name for name in (LEDGER, JOURNAL, "config") if (home / name).exists()]
    if taken or _has_mails(home / ARCHIVE):
        held = "、".join(taken) or ARCHIVE
        raise YuebaoError(f"{home} 里已有 {held}，恢复不覆盖任何东西。请恢复到一个空文件夹，再把它作为工作文件夹。")
    if problems := verify(generation):
        raise YuebaoError(f"这份备份不完整，没有恢复：{problems[0]}可指明更早的一份：{source}/日期。")
    manifest = _manifest(generation)
    made_at = datetime.fromisoformat(manifest["made_at"])
    archive = home / ARCHIVE
    try:
        archive.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name in manifest["files"]:
            if name not in {LEDGER, _INDEX}:
                _copy_file(generation / name, home / name)
        for digest in manifest["mails"]:
            kept = _mail(generation.parent / ARCHIVE, digest)
            if kept is not None:
                _copy_file(kept, archive / kept.relative_to(generation.parent / ARCHIVE))
        _copy_file(generation / _INDEX, archive / _INDEX)
        if LEDGER not in manifest["files"]:
            return Restored(made_at, mails=len(manifest["mails"]), letters_waiting=0)
        # The ledger comes last and under another name until sending is off in it: no service can start half-way.
        fresh = home / f"{LEDGER}.restoring"
        _copy_file(generation / LEDGER, fresh)
        waiting = _switch_off(fresh, home=home, made_at=made_at, now=now)
        fresh.rename(home / LEDGER)
        sync_folder(home)
    except OSError as error:
        raise YuebaoError(
            f"恢复没有完成（{error.strerror or error}：{error.filename or home}）。请清空 {home}，检查磁盘后再试。"
        ) from error
    return Restored(made_at, mails=len(manifest["mails"]), letters_waiting=waiting)


def _switch_off(path: Path, *, home: Path, made_at: datetime, now: datetime) -> int:
    """Close sending in a restored ledger, and let its next event follow the journal; letters that wait to leave."""
    ledger = Ledger(path)
    try:
        waiting = len(ledger.letters(states=(LetterState.QUEUED, LetterState.SENDING)))
        because = (
            f"{now:%Y-%m-%d %H:%M} 由 {made_at:%Y-%m-%d %H:%M} 的备份恢复；此后收发的信这里没有记录，"
            "请核对 yuebao status、yuebao outbox list 和邮箱的已发送"
        )
        with ledger.atomic():
            ledger.set_fact("sending_off", because)
            ledger.set_fact("restored_at", now.isoformat())
            ledger.continue_events_after(Journal(home / JOURNAL).last_seq)
            ledger.note("home.restored", at=now, data={"made_at": made_at.isoformat()})
        # Back into one file: only that one is renamed.
        ledger.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        ledger.db.execute("PRAGMA journal_mode = DELETE")
    finally:
        ledger.close()
    return waiting


def remember(home: Path, facts: dict[str, str]) -> None:
    """Note how a backup or a drill went, for doctor and watch; a ledger that is busy for seconds is not waited for."""
    if not (home / LEDGER).exists():
        return
    try:
        ledger = Ledger(home / LEDGER)
    except LedgerError:
        return
    try:
        with ledger.atomic():
            for name, value in facts.items():
                ledger.set_fact(name, value)
    except sqlite3.OperationalError:
        return
    finally:
        ledger.close()


# --------------------------------------------------------------------------- copying


def _copy_ledger(source: Path, target: Path) -> int | None:
    """One instant of the ledger; the number of its last event, ``None`` where there is no ledger."""
    if not source.exists():
        return None
    try:
        os.close(os.open(target, os.O_CREAT | os.O_RDWR, 0o600))
        with closing(sqlite3.connect(source, timeout=30)) as live, closing(sqlite3.connect(target)) as copy:
            live.backup(copy)
            # A single file without -wal beside it, which verify may open read-only.
            copy.execute("PRAGMA journal_mode = DELETE")
            last = copy.execute("SELECT coalesce(max(id), 0) FROM events").fetchone()[0]
    except sqlite3.DatabaseError as error:
        raise YuebaoError(f"台账备份失败（{error}）。请运行 yuebao doctor 检查台账。") from error
    # For writing: Windows syncs no handle that may only read.
    with target.open("rb+") as file:
        os.fsync(file.fileno())
    return int(last)


def _copy_journal(source: Path, target: Path, *, upto: int | None) -> None:
    """The journal's whole lines up to one event: what is younger than the ledger would take its numbers."""
    kept = []
    for line in _whole_lines(source).splitlines(keepends=True):
        try:
            seq = int(json.loads(line)["seq"])
        except (ValueError, KeyError, TypeError):
            # A damaged line is copied as it is: the check of the chain names it.
            kept.append(line)
            continue
        if upto is not None and seq > upto:
            break
        kept.append(line)
    _write(target, b"".join(kept))


def _copy_mails(source: Archive, target: Path) -> tuple[frozenset[str], bytes, int, int]:
    """Copy the mails that the backup does not hold yet.

    Returns:
        Digests of all mails, the index that tells their receipt, how many mails were new, and their bytes.
    """
    lines: list[str] = []
    mails: set[str] = set()
    count = size = 0
    for sighting in source.sightings():
        path = source.path(sighting.digest)
        if path is None:
            # Written into the index, not yet published: the next poll of a restored home fetches it again.
            continue
        lines.append(sighting.line())
        copy = target / path.relative_to(source.root)
        if sighting.digest not in mails and not copy.exists():
            _copy_file(path, copy)
            count += 1
            size += copy.stat().st_size
        mails.add(sighting.digest)
    return frozenset(mails), "".join(lines).encode("utf-8", "backslashreplace"), count, size


def _copy_folder(source: Path, target: Path) -> None:
    for path in sorted(source.rglob("*")):
        if path.is_file() and not path.name.startswith("."):
            _copy_file(path, target / path.relative_to(source))


def _copy_file(source: Path, target: Path) -> None:
    """Copy a file durably, whole or not at all, for the owner alone."""
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name}.tmp")
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0), 0o600)
    with source.open("rb") as reading, os.fdopen(handle, "wb") as writing:
        shutil.copyfileobj(reading, writing, 1 << 20)
        writing.flush()
        os.fsync(writing.fileno())
    temporary.replace(target)


def _write(path: Path, data: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0), 0o600)
    with os.fdopen(handle, "wb") as writing:
        writing.write(data)
        writing.flush()
        os.fsync(writing.fileno())


# --------------------------------------------------------------------------- looking


def _whole_lines(path: Path) -> bytes:
    """A file up to its last newline: the rest is being written."""
    data = path.read_bytes() if path.exists() else b""
    return data[: data.rfind(b"\n") + 1]


def _mail(archive: Path, digest: str) -> Path | None:
    if not digest.isalnum():
        return None
    return next(archive.glob(f"[0-9][0-9][0-9][0-9]/[0-9][0-9]/{digest}.eml"), None)


def _has_mails(archive: Path) -> bool:
    return archive.is_dir() and len(Archive(archive)) > 0


def _manifest(generation: Path) -> Any:  # noqa: ANN401 - plain JSON
    try:
        manifest = json.loads((generation / _MANIFEST).read_text(encoding="utf-8"))
        datetime.fromisoformat(manifest["made_at"])
        list(manifest["files"].items())
        list(manifest["mails"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise YuebaoError(f"备份清单 {generation / _MANIFEST} 已损坏，请用另一份备份。") from error
    return manifest


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
