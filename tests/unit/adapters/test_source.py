"""Cursors, back-off, times of receipt and the choice of folders."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.adapters.folders import Listed, sent_folder, unwatched, watched
from pipeline.adapters.source import Cursor, Mark, MemorySource, arrival, backoff, message_id, stamp
from pipeline.errors import LoginError, NetworkError
from pipeline.model import NotFetched
from tests.support.servers import START, letter


def test_backoff_doubles_to_an_hour() -> None:
    """Half a minute, doubling, an hour at most; a refused account is let alone for an hour at once."""
    lost, refused = NetworkError("断线"), LoginError("授权码不对")

    assert [backoff(failures, lost).total_seconds() for failures in (1, 2, 3, 7, 8, 100)] == [
        30,
        60,
        120,
        1920,
        3600,
        3600,
    ]
    assert backoff(1, refused) == timedelta(hours=1)


def test_topmost_received_line_tells_the_time() -> None:
    """The collecting server's word counts, not the sender's Date nor a lower hop."""
    assert arrival(letter(7)) == START.replace(minute=7)


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b"Date: Thu, 8 Sep 2022 01:00:00 +0000", datetime(2022, 9, 8, 1, tzinfo=UTC)),
        (b"Received: by x; nonsense\nDate: Thu, 8 Sep 2022 01:00:00 -0000", datetime(2022, 9, 8, 1, tzinfo=UTC)),
        (b"Received: by x;\r\n\tThu, 8 Sep 2022 09:00:00 +0800 (CST)", datetime(2022, 9, 8, 1, tzinfo=UTC)),
        (b"DATE : 8 Sep 2022 09:00 +0800", datetime(2022, 9, 8, 1, tzinfo=UTC)),
        (b"Date: 2022-09-08 09:00:00", None),
        (b"Date: Thu, 99 Sep 9999999 01:00:00 +0000", None),
        (b"Subject: x\r\n\r\nDate: Thu, 8 Sep 2022 01:00:00 +0000", None),
        (b"", None),
    ],
)
def test_time_of_odd_headers(head: bytes, expected: datetime | None) -> None:
    """Folded, commented, missing and impossible dates are read or given up, never guessed."""
    assert arrival(head) == expected


@given(st.binary(max_size=300))
def test_any_bytes_have_a_time_or_none(data: bytes) -> None:
    """No bytes raise."""
    at = arrival(b"Date: " + data)
    assert at is None or at.tzinfo is not None
    assert isinstance(message_id(b"Message-ID: " + data), str)


def test_message_id_is_read_from_the_head_only() -> None:
    """Folded header, brackets kept, body ignored."""
    assert message_id(b"Subject: x\r\nMessage-Id:\r\n <a@b.example>\r\n\r\n") == "<a@b.example>"
    assert message_id(b"Subject: x\r\n\r\nMessage-ID: <a@b.example>\r\n") == ""


def test_cursor_forgets_one_mail() -> None:
    """A forgotten mail is fetched again, and is no longer waited for."""
    cursor = Cursor(
        (Mark("INBOX", 1, (("4", "a"), ("5", "b"))), Mark("Junk", 1, (("5", "c"),))),
        (NotFetched("INBOX", 5, 1, "x"), NotFetched("Junk", 5, 1, "x")),
    )
    after = cursor.forget("INBOX", "5")
    assert after.mark("INBOX", 1).known == (("4", "a"),)
    assert after.mark("Junk", 1).known == (("5", "c"),)
    assert after.pending == (NotFetched("Junk", 5, 1, "x"),)


def test_cursor_is_empty_under_another_validity() -> None:
    """A changed UIDVALIDITY makes every number unknown."""
    cursor = Cursor((Mark("INBOX", 1, (("4", "a"),)),))
    assert cursor.mark("INBOX", 2).known == ()
    assert (cursor.validity("INBOX"), cursor.validity("Junk")) == (1, None)


def test_stamp_tells_mails_apart() -> None:
    """Another size or another second is another stamp; another zone for the same instant is not."""
    stamps = {stamp(10, START), stamp(11, START), stamp(10, START.replace(second=1))}
    assert len(stamps) == 3
    assert stamp(10, START) == stamp(10, START.astimezone(UTC))


def test_memory_source_can_be_in_trouble_once() -> None:
    """The trouble that a test asks for comes once."""
    source = MemorySource(trouble=NetworkError("断网。"))
    with pytest.raises(NetworkError):
        source.poll(Cursor(), keep=lambda _: None)
    assert source.poll(Cursor(), keep=lambda _: None).complete


NETEASE = tuple(
    Listed(name, frozenset({use} if use else ()))
    for name, use in (
        ("INBOX", ""),
        ("草稿箱", "\\drafts"),
        ("已发送", "\\sent"),
        ("已删除", "\\trash"),
        ("垃圾邮件", "\\junk"),
        ("病毒文件夹", ""),
        ("广告邮件", ""),
        ("订阅邮件", ""),
        ("2022年报送", ""),
    )
)


def test_folders_of_163() -> None:
    """Inbox and the four kinds of junk are read; what people made is only told of."""
    assert watched(NETEASE) == ("INBOX", "垃圾邮件", "病毒文件夹", "广告邮件", "订阅邮件")
    assert (sent_folder(NETEASE), unwatched(NETEASE)) == ("已发送", ("2022年报送",))
    assert watched(NETEASE, extra=("2022年报送", "没有")) == (*watched(NETEASE), "2022年报送")


def test_special_use_wins_over_names() -> None:
    """A folder called 垃圾邮件 that is declared as Sent is not junk; one of any name declared as junk is."""
    odd = (Listed("INBOX"), Listed("垃圾邮件", frozenset({"\\sent"})), Listed("Quarantäne", frozenset({"\\junk"})))
    assert (watched(odd), sent_folder(odd)) == (("INBOX", "Quarantäne"), "垃圾邮件")


def test_names_below_inbox_count() -> None:
    """Servers that hang all folders below INBOX are understood."""
    dotted = tuple(Listed(name, delimiter=".") for name in ("INBOX", "INBOX.Junk", "INBOX.Sent Items", "INBOX.Trash"))
    assert (watched(dotted), sent_folder(dotted)) == (("INBOX", "INBOX.Junk"), "INBOX.Sent Items")
