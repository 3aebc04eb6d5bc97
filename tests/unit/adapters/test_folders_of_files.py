"""Maildirs and folders of .eml files as other programs leave them."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline.adapters.emlfolder import EmlFolder
from pipeline.adapters.maildir import MaildirSource
from pipeline.adapters.source import Cursor, MailSource
from pipeline.errors import SourceError
from pipeline.model import RawMessage
from tests.support.servers import START, letter


def poll(source: MailSource, cursor: Cursor | None = None) -> tuple[list[RawMessage], Cursor]:
    """What a poll brings, and the cursor after it."""
    got: list[RawMessage] = []
    return got, source.poll(cursor or Cursor(), keep=got.append).cursor


def maildir(root: Path, *folders: str) -> Path:
    """An empty Maildir."""
    for place in (root, *(root / f".{name}" for name in folders)):
        for part in ("tmp", "new", "cur"):
            (place / part).mkdir(parents=True)
    return root


def test_flag_does_not_make_a_mail_new(tmp_path: Path) -> None:
    """Another program reads a mail: its file moves to cur and gets flags; it is the same mail."""
    root = maildir(tmp_path)
    (root / "new" / "1.M1.h").write_bytes(letter(1))
    _, cursor = poll(MaildirSource(root))
    (root / "new" / "1.M1.h").rename(root / "cur" / "1.M1.h:2,RS")
    assert poll(MaildirSource(root), cursor)[0] == []


def test_half_written_mail_is_not_read(tmp_path: Path) -> None:
    """What is still in tmp is no mail yet."""
    root = maildir(tmp_path)
    (root / "tmp" / "1.M1.h").write_bytes(letter(1)[:50])
    assert poll(MaildirSource(root))[0] == []


def test_junk_folders_by_both_encodings(tmp_path: Path) -> None:
    """Junk is found under its modified UTF-7 and its UTF-8 name; sent and drafted mails are not read."""
    root = maildir(tmp_path, "&V4NXPpCuTvY-", "广告邮件", "Sent", "&g0l6P3ux-")
    for number, place in enumerate((".&V4NXPpCuTvY-", ".广告邮件", ".Sent", ".&g0l6P3ux-")):
        (root / place / "cur" / f"{number}.h:2,S").write_bytes(letter(number))
    got, _ = poll(MaildirSource(root))
    assert {raw.folder for raw in got} == {"垃圾邮件", "广告邮件"}


def test_sent_mail_is_found_in_a_maildir(tmp_path: Path) -> None:
    """A Message-ID is looked for in Sent and in the inbox."""
    root = maildir(tmp_path, "Sent")
    (root / ".Sent" / "cur" / "1.h:2,S").write_bytes(letter(5))
    source = MaildirSource(root)
    assert [source.find_sent(f"<{number}@wenlv.xia.example>") for number in (5, 6)] == [True, False]


def test_wrong_path_is_told(tmp_path: Path) -> None:
    """A folder that is no Maildir, or is not there, is an error with its path."""
    with pytest.raises(SourceError, match="Maildir"):
        poll(MaildirSource(tmp_path))
    with pytest.raises(SourceError, match="nowhere"):
        poll(EmlFolder(tmp_path / "nowhere"))


def test_eml_files_come_by_time_whatever_their_names(tmp_path: Path) -> None:
    """Order is by the topmost Received line, then Date, then the file's time."""
    (tmp_path / "c.eml").write_bytes(letter(1))
    (tmp_path / "b.EML").write_bytes(b"Date: Thu, 8 Sep 2022 09:00:30 +0800\r\n\r\nx\r\n")
    (tmp_path / "a.eml").write_bytes(b"Subject: no time\r\n\r\nx\r\n")
    os.utime(tmp_path / "a.eml", (START.timestamp() + 90,) * 2)
    (tmp_path / "notes.txt").write_text("x", encoding="utf-8")
    got, _ = poll(EmlFolder(tmp_path))
    assert [raw.origin for raw in got] == ["b.EML", "c.eml", "a.eml"]
    assert got[2].received_at == datetime.fromtimestamp(START.timestamp() + 90, UTC)


def test_changed_file_is_another_mail(tmp_path: Path) -> None:
    """A file that is replaced is read again."""
    path = tmp_path / "x.eml"
    path.write_bytes(letter(1))
    _, cursor = poll(EmlFolder(tmp_path))
    path.write_bytes(letter(2, size=900))
    assert [raw.data for raw in poll(EmlFolder(tmp_path), cursor)[0]] == [letter(2, size=900)]


def test_empty_and_unreadable_files_are_listed(tmp_path: Path) -> None:
    """An empty file is on the visible list and comes when it is filled; the others come at once."""
    (tmp_path / "empty.eml").write_bytes(b"")
    (tmp_path / "good.eml").write_bytes(letter(1))
    got, cursor = poll(EmlFolder(tmp_path))
    assert [raw.origin for raw in got] == ["good.eml"]
    assert "是空的" in cursor.pending[0].reason
    (tmp_path / "empty.eml").write_bytes(letter(2))
    got, cursor = poll(EmlFolder(tmp_path), cursor)
    assert ([raw.origin for raw in got], cursor.pending) == (["empty.eml"], ())
