"""A letter to a unit at the second of sending: as it was queued while that holds, in other words where it does not."""

from __future__ import annotations

import hashlib
from datetime import datetime
from pathlib import Path

import pytest

from pipeline.adapters.clock import SimulatedClock
from pipeline.adapters.durable import rehearsal
from pipeline.adapters.home import init_home
from pipeline.adapters.source import MemorySource
from pipeline.app import make_desk
from pipeline.flows.desk import Desk
from pipeline.flows.simulate import FolderTransport
from pipeline.flows.tick import tick
from pipeline.mail.parse import parse
from pipeline.model import NoticeKind

#: A day on which units are reminded, and the working day behind it.
TODAY, TOMORROW = (datetime.fromisoformat(f"2022-09-{day}T08:35:00+08:00") for day in ("08", "09"))


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """An office on the morning of a reminder, with an empty mailbox."""
    home, clock = tmp_path / "home", SimulatedClock(TODAY)
    list(init_home(home))
    with rehearsal():
        made = make_desk(
            home, source=MemorySource(), transport=FolderTransport(tmp_path / "letters", clock), clock=clock
        )
    made.pause = lambda _least, _most: 60.0
    return made


def reminders(desk: Desk) -> list[bytes]:
    """The reminders that left, as they left."""
    transport = desk.transport
    assert isinstance(transport, FolderTransport)
    letters = [path.read_bytes() for _at, path, _to in transport.sent]
    kinds = {letter.message_id: letter.kind for letter in desk.ledger.letters()}
    read = [(data, parse(data, digest=hashlib.sha256(data).hexdigest())) for data in letters]
    return [data for data, letter in read if kinds[letter.message_id] == NoticeKind.REMINDER]


def test_a_letter_leaves_as_it_was_queued_while_nothing_changed(desk: Desk) -> None:
    """Minutes later, in the pace of the office, each leaves with the bytes that it was queued with."""
    tick(desk)
    sent = reminders(desk)
    assert len(sent) > 20
    assert all(b"+0800\r\n" in data for data in sent)
    assert not desk.ledger.events(kind="letter.reworded")
    desk.ledger.close()


def test_a_letter_that_waited_for_another_day_says_what_is_true_then(desk: Desk) -> None:
    """Held up by STOP until the next morning, it counts the days from there, under the same Date and Message-ID."""
    stop = desk.home / "STOP"
    stop.touch()
    tick(desk)
    queued = {letter.key: letter for letter in desk.ledger.letters(kinds=(NoticeKind.REMINDER,), with_data=True)}
    stop.unlink()
    assert isinstance(desk.clock, SimulatedClock)
    desk.clock.set(TOMORROW)
    tick(desk)
    left = {letter.key: letter for letter in desk.ledger.letters(kinds=(NoticeKind.REMINDER,), with_data=True)}
    assert queued
    for key, before in queued.items():
        was, now = (parse(one.data, digest="0" * 64) for one in (before, left[key]))
        assert (was.message_id, was.date) == (now.message_id, now.date)
        assert ("距截止日还有4天" in was.body, "距截止日还有3天" in now.body) == (True, True)
    assert len(desk.ledger.events(kind="letter.reworded")) == len(queued)
    desk.ledger.close()
