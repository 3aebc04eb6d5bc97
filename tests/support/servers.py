"""Mail worlds for the contract suites: a mailbox to fill on one side, the source that reads it on the other."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime
from pathlib import Path
from typing import Protocol

from pipeline.adapters.embedded import NETEASE, QQ, EmbeddedImap
from pipeline.adapters.emlfolder import EmlFolder
from pipeline.adapters.imap import ImapSource
from pipeline.adapters.maildir import MaildirSource
from pipeline.adapters.source import MailSource, MemorySource
from tests.support.dovecot import dovecot

CHINA = timezone(timedelta(hours=8))
#: Time of the first mail in tests.
START = datetime(2022, 9, 8, 9, 0, tzinfo=CHINA)


def letter(
    number: int,
    *,
    at: datetime | None = None,
    size: int = 0,
    sender: str = "liaison@wenlv.xia.example",
    body: bytes = b"",
) -> bytes:
    """A plain mail that arrived at ``at``, as its topmost Received line says, of at least ``size`` bytes."""
    received = format_datetime(at or START + timedelta(minutes=number))
    head = (
        f"Received: from out.example by mx.collector.example with SMTP id {number};\r\n"
        f"\t{received}\r\n"
        f"Received: from desk.example by out.example; Mon, 1 Aug 2022 00:00:00 +0800\r\n"
        f"From: <{sender}>\r\nTo: <office@demo.example>\r\n"
        f"Message-ID: <{number}@wenlv.xia.example>\r\n"
        f"Date: Mon, 1 Aug 2022 08:00:00 +0800\r\n"
        f"Subject: =?utf-8?B?5pyI5oql?= {number}\r\n"
        "Content-Type: text/plain; charset=gbk\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
    ).encode()
    text = body or f"文旅局八月工作第{number}封。\r\n".encode("gbk")
    lines = max(0, size - len(head) - len(text)) // 78 + 1 if size else 0
    return head + text + (b"0123456789" * 7 + b"abcdef\r\n") * lines


def digest(data: bytes) -> str:
    """Identity of a mail."""
    return hashlib.sha256(data).hexdigest()


class Deliver(Protocol):
    """Puts a mail into the mailbox."""

    def __call__(self, data: bytes, at: datetime, *, junk: bool = False) -> None:
        """Deliver ``data`` as received at ``at``."""
        ...


@dataclass(frozen=True)
class World:
    """A mailbox under test."""

    name: str
    source: MailSource
    deliver: Deliver
    #: Everything about the mailbox that reading must not change.
    state: Callable[[], object]
    #: Name under which junk is seen.
    junk: str
    #: A source over the same mailbox with another size limit.
    limited: Callable[[int], MailSource]
    #: Delete the oldest mail of the inbox.
    remove_oldest: Callable[[], object]


@contextmanager
def memory_world(_: Path) -> Iterator[World]:
    """The source that ships with the program."""
    source = MemorySource()

    def deliver(data: bytes, at: datetime, *, junk: bool = False) -> None:
        source.deliver(data, received_at=at, folder="垃圾邮件" if junk else "INBOX")

    def limited(size: int) -> MailSource:
        return MemorySource(max_mail=size, mails=source.mails)

    yield World(
        "memory",
        source,
        deliver,
        lambda: dict(source.mails),
        "垃圾邮件",
        limited,
        lambda: source.mails.pop(min(source.mails)),
    )


def _snapshot(root: Path) -> object:
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


@contextmanager
def maildir_world(tmp_path: Path) -> Iterator[World]:
    """A Maildir++ with a junk folder, half of its mails already seen by another program."""
    root = tmp_path / "Maildir"
    junk_root = root / ".&V4NXPpCuTvY-"
    for place in (root, junk_root):
        for part in ("tmp", "new", "cur"):
            (place / part).mkdir(parents=True)
    count = iter(range(10**6))

    def deliver(data: bytes, at: datetime, *, junk: bool = False) -> None:
        number = next(count)
        place = junk_root if junk else root
        name = f"{int(at.timestamp())}.M{number}P1.host"
        path = place / "cur" / f"{name}:2,S" if number % 2 else place / "new" / name
        path.write_bytes(data)
        os.utime(path, (at.timestamp(), at.timestamp()))

    def remove_oldest() -> None:
        paths = [path for part in ("new", "cur") for path in (root / part).iterdir()]
        min(paths, key=lambda path: path.stat().st_mtime).unlink()

    source = MaildirSource(root)
    yield World(
        "maildir",
        source,
        deliver,
        lambda: _snapshot(root),
        "垃圾邮件",
        lambda size: replace(source, max_mail=size),
        remove_oldest,
    )


@contextmanager
def eml_world(tmp_path: Path) -> Iterator[World]:
    """A folder of .eml files whose names say nothing about their order."""
    root = tmp_path / "mails"
    (root / "垃圾邮件").mkdir(parents=True)
    times: dict[Path, datetime] = {}

    def deliver(data: bytes, at: datetime, *, junk: bool = False) -> None:
        name = hashlib.sha256(data + str(len(times)).encode()).hexdigest()[:12] + ".eml"
        path = (root / "垃圾邮件" if junk else root) / name
        path.write_bytes(data)
        times[path] = at

    def remove_oldest() -> None:
        oldest = min((path for path in times if path.exists() and path.parent == root), key=lambda path: times[path])
        oldest.unlink()

    source = EmlFolder(root)
    yield World(
        "emlfolder",
        source,
        deliver,
        lambda: _snapshot(root),
        "垃圾邮件",
        lambda size: replace(source, max_mail=size),
        remove_oldest,
    )


@contextmanager
def netease_world(_: Path) -> Iterator[World]:
    """The 163 imitation."""
    with EmbeddedImap(NETEASE) as server:
        yield _imap_world("163", server, "垃圾邮件")


@contextmanager
def qq_world(_: Path) -> Iterator[World]:
    """The QQ imitation."""
    with EmbeddedImap(QQ) as server:
        yield _imap_world("qq", server, "Junk")


def imap_source(server: EmbeddedImap) -> ImapSource:
    """A source that reads an embedded server."""
    return ImapSource(server.host, server.port, server.user, server.password, security="none", silence=10)


def _imap_world(name: str, server: EmbeddedImap, junk_name: str) -> World:
    source = imap_source(server)
    uids: list[int] = []

    def deliver(data: bytes, at: datetime, *, junk: bool = False) -> None:
        uid = server.deliver(data, received_at=at, folder=junk_name if junk else "INBOX")
        if not junk:
            uids.append(uid)

    return World(
        name,
        source,
        deliver,
        lambda: (server.mails(), server.mails(junk_name), tuple(server.changes)),
        junk_name,
        lambda size: replace(source, max_mail=size),
        lambda: server.remove(uids.pop(0)),
    )


@contextmanager
def dovecot_world(_: Path) -> Iterator[World]:
    """A real Dovecot."""
    with dovecot() as server:
        source = ImapSource(server.host, server.port, server.user, server.password, security="none", silence=20)

        def state() -> object:
            with server.client() as client:
                seen = []
                for folder in ("INBOX", "垃圾邮件"):
                    client.select_folder(folder, readonly=True)
                    uids = client.search("ALL")
                    answers = client.fetch(uids, ["FLAGS", "RFC822.SIZE"])
                    # \Recent belongs to the session that looks, not to the mail.
                    seen += [(uid, set(answers[uid][b"FLAGS"]) - {b"\\Recent"}) for uid in uids]
                return seen

        def remove_oldest() -> None:
            with server.client() as client:
                client.select_folder("INBOX")
                client.delete_messages(client.search("ALL")[:1])
                client.expunge()

        yield World(
            "dovecot",
            source,
            lambda data, at, *, junk=False: server.deliver(
                data, received_at=at, folder="垃圾邮件" if junk else "INBOX"
            ),
            state,
            "垃圾邮件",
            lambda size: replace(source, max_mail=size),
            remove_oldest,
        )


WORLDS = {
    "memory": memory_world,
    "maildir": maildir_world,
    "emlfolder": eml_world,
    "163": netease_world,
    "qq": qq_world,
    "dovecot": dovecot_world,
}

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
