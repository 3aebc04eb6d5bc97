"""One contract for every mail source: in memory, Maildir, folder of files, 163, QQ and a real Dovecot."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from pipeline.adapters.codec import dump, load
from pipeline.adapters.source import Cursor
from pipeline.model import RawMessage
from tests.support.servers import START, WORLDS, World, digest, letter


@pytest.fixture(
    params=[pytest.param(name, marks=pytest.mark.dovecot) if name == "dovecot" else name for name in WORLDS]
)
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    """Each mailbox in turn."""
    with WORLDS[request.param](tmp_path) as made:
        yield made


def ignore(_: RawMessage) -> None:
    """Take a mail and forget it."""


def fill(world: World, count: int, *, first: int = 1) -> list[bytes]:
    """Deliver some mails a minute apart, every tenth into the junk folder."""
    mails = []
    for number in range(first, first + count):
        mails.append(letter(number))
        world.deliver(mails[-1], START + timedelta(minutes=number), junk=number % 10 == 0)
    return mails


def test_every_mail_comes_once_byte_for_byte(world: World) -> None:
    """Each mail of inbox and junk is handed over once, with its bytes, digest, folder and time of receipt."""
    mails = fill(world, 60)
    got: list[RawMessage] = []
    result = world.source.poll(Cursor(), keep=got.append)
    assert sorted(raw.data for raw in got) == sorted(mails)
    assert {raw.digest for raw in got} == {digest(mail) for mail in mails}
    assert {raw.received_at for raw in got} == {START + timedelta(minutes=number) for number in range(1, 61)}
    assert {raw.data for raw in got if raw.folder == world.junk} == set(mails[9::10])
    assert (result.kept, result.listed, result.not_fetched, result.complete) == (60, 60, (), True)


def test_second_poll_brings_only_what_is_new(world: World) -> None:
    """A poll after the first hands over what arrived since, and nothing else."""
    fill(world, 12)
    cursor = world.source.poll(Cursor(), keep=ignore).cursor
    got: list[RawMessage] = []
    cursor = world.source.poll(cursor, keep=got.append).cursor
    assert got == []
    new = fill(world, 3, first=100)
    world.source.poll(cursor, keep=got.append)
    assert {raw.data for raw in got} == set(new)


def test_full_comparison_brings_nothing_twice(world: World) -> None:
    """Comparing all mails finds nothing new in a mailbox that did not change."""
    fill(world, 12)
    cursor = world.source.poll(Cursor(), keep=ignore).cursor
    got: list[RawMessage] = []
    assert world.source.poll(cursor, keep=got.append, full=True).kept == 0
    assert got == []


def test_cursor_survives_storage(world: World) -> None:
    """A cursor comes back from JSON as it went in, and works."""
    fill(world, 5)
    cursor = world.source.poll(Cursor(), keep=ignore).cursor
    again = load(dump(cursor, Cursor), Cursor)
    assert again == cursor
    assert world.source.poll(again, keep=ignore).kept == 0


def test_oldest_comes_first_within_a_folder(world: World) -> None:
    """Within a folder mails come in the order of receipt."""
    fill(world, 25)
    got: list[RawMessage] = []
    world.source.poll(Cursor(), keep=got.append)
    times = [raw.received_at for raw in got if raw.folder != world.junk]
    assert times == sorted(times)


def test_mail_that_was_not_kept_comes_again(world: World) -> None:
    """When the archive fails in the middle, the poll ends there, and the next one brings the rest."""
    mails = fill(world, 9)
    kept: list[bytes] = []
    stored = [Cursor()]

    def keep(raw: RawMessage) -> None:
        if len(kept) == 4:
            raise OSError(28, "No space left on device")
        kept.append(raw.data)

    with pytest.raises(OSError, match="No space"):
        world.source.poll(Cursor(), keep=keep, moved=stored.append)
    again: list[bytes] = []
    world.source.poll(stored[-1], keep=lambda raw: again.append(raw.data))
    assert set(kept) | set(again) == set(mails)
    assert len(kept) == 4


def test_reading_changes_nothing(world: World) -> None:
    """Flags, names, files and the server's list of changing commands are as before."""
    fill(world, 11)
    before = world.state()
    cursor = world.source.poll(Cursor(), keep=ignore).cursor
    world.source.poll(cursor, keep=ignore, full=True)
    world.source.find_sent("<nobody@nowhere.example>")
    assert world.state() == before


def test_large_mail_is_listed_and_fetched_when_allowed(world: World) -> None:
    """A mail over the limit is on the visible list at every poll, the others come, and it comes with a higher limit."""
    fill(world, 3)
    large = letter(50, size=40_000)
    world.deliver(large, START + timedelta(minutes=50))
    fill(world, 2, first=60)
    source = world.limited(20_000)
    cursor = Cursor()
    for kept in (5, 0):
        result = source.poll(cursor, keep=ignore)
        cursor = result.cursor
        assert (result.kept, len(result.not_fetched)) == (kept, 1)
        assert result.not_fetched[0].size >= 40_000
        assert "超过上限" in result.not_fetched[0].reason
    got: list[RawMessage] = []
    result = world.source.poll(cursor, keep=got.append)
    assert [raw.data for raw in got] == [large]
    assert result.not_fetched == ()


def test_mail_of_many_parts_comes_whole(world: World) -> None:
    """A mail of ten megabytes comes byte for byte."""
    large = letter(1, size=10 * 1024 * 1024)
    world.deliver(large, START + timedelta(minutes=1))
    got: list[RawMessage] = []
    world.source.poll(Cursor(), keep=got.append)
    assert [raw.digest for raw in got] == [digest(large)]


def test_same_mail_twice_is_one_identity(world: World) -> None:
    """Two copies of one mail carry the same digest; counting once is the archive's part."""
    mail = letter(1)
    world.deliver(mail, START + timedelta(minutes=1))
    world.deliver(mail, START + timedelta(minutes=1), junk=True)
    got: list[RawMessage] = []
    world.source.poll(Cursor(), keep=got.append)
    assert [raw.digest for raw in got] == [digest(mail)] * 2
    assert {raw.folder for raw in got} == {"INBOX", world.junk}


def test_mail_deleted_between_polls_does_no_harm(world: World) -> None:
    """A clerk deletes a mail; the next poll brings what is new and the cursor forgets the old number."""
    fill(world, 4)
    cursor = world.source.poll(Cursor(), keep=ignore).cursor
    world.remove_oldest()
    new = fill(world, 1, first=70)
    got: list[RawMessage] = []
    result = world.source.poll(cursor, keep=got.append)
    assert [raw.data for raw in got] == new
    assert sum(len(mark.known) for mark in result.cursor.marks) == 4


def test_interrupted_first_run_goes_on(world: World) -> None:
    """A first run over many mails that breaks off goes on near the place where it stood."""
    mails = fill(world, 230)
    stored = [Cursor()]
    count = 0

    class Unplugged(Exception):
        pass

    def keep(raw: RawMessage) -> None:
        nonlocal count
        count += 1
        if count == 160:
            raise Unplugged

    with pytest.raises(Unplugged):
        world.source.poll(Cursor(), keep=keep, moved=stored.append)
    again: set[bytes] = set()
    world.source.poll(stored[-1], keep=lambda raw: again.add(raw.data))
    assert len(again) < 140
    assert len(mails) == 230


def test_message_id_that_was_never_sent_is_not_found(world: World) -> None:
    """Looking for a letter that nobody sent finds nothing."""
    fill(world, 3)
    assert world.source.find_sent("<never@demo.example>") is False


def test_empty_mailbox_is_no_trouble(world: World) -> None:
    """A mailbox without mails gives none."""
    result = world.source.poll(Cursor(), keep=ignore)
    assert (result.kept, result.listed, result.complete) == (0, 0, True)


def test_odd_times_are_kept(world: World) -> None:
    """Mails from 2001 and of a leap day keep their time of receipt."""
    times = [datetime.fromisoformat("2001-02-28T23:59:59+08:00"), datetime.fromisoformat("2024-02-29T00:00:00+08:00")]
    for number, at in enumerate(times):
        world.deliver(letter(number, at=at), at)
    got: list[RawMessage] = []
    world.source.poll(Cursor(), keep=got.append)
    assert {raw.received_at for raw in got} == set(times)
