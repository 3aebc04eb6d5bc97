"""A letter to a unit at the second of sending: as it was queued while that holds, in other words where it does not."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from pipeline.adapters.clock import SimulatedClock
from pipeline.adapters.durable import rehearsal
from pipeline.adapters.home import init_home
from pipeline.adapters.source import MemorySource
from pipeline.app import Work, make_desk
from pipeline.flows import review
from pipeline.flows.desk import Desk
from pipeline.flows.simulate import FolderTransport
from pipeline.flows.tick import tick
from pipeline.mail.parse import parse
from pipeline.model import Action, Decision, LetterState, NoticeKind
from tests.hostile.generators.material import plain

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


def _strangers(seed: int) -> bytes:
    """A good report of a unit from an address that nobody knows."""
    return plain(Random(seed), sender=b"x%d@elsewhere.example" % seed)  # noqa: S311 - a seeded draw


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
    assert isinstance(desk.clock, SimulatedClock)
    # Two days on which no other step is due.
    desk.clock.set(TODAY - timedelta(days=3))
    tick(desk)
    queued = {letter.key: letter for letter in desk.ledger.letters(kinds=(NoticeKind.REMINDER,), with_data=True)}
    stop.unlink()
    desk.clock.set(TODAY - timedelta(days=2))
    tick(desk)
    left = {letter.key: letter for letter in desk.ledger.letters(kinds=(NoticeKind.REMINDER,), with_data=True)}
    assert queued
    for key, before in queued.items():
        was, now = (parse(one.data, digest="0" * 64) for one in (before, left[key]))
        assert (was.message_id, was.date) == (now.message_id, now.date)
        assert ("距截止日还有7天" in was.body, "距截止日还有6天" in now.body) == (True, True)
    assert len(desk.ledger.events(kind="letter.reworded")) == len(queued)
    desk.ledger.close()


def test_steps_released_together_are_one_letter(desk: Desk) -> None:
    """先审后发: two reminders were held for days, then both released. Each unit gets the later one, once."""
    office = desk.home / "config" / "office.yaml"
    text = office.read_text(encoding="utf-8")
    office.write_text(re.sub(r"review_until: \S+", "review_until: 2022-09-30", text), encoding="utf-8")
    assert isinstance(desk.clock, SimulatedClock)
    for day in (TODAY - timedelta(days=3), TOMORROW):
        desk.clock.set(day)
        tick(desk)
    held = desk.ledger.letters(kinds=(NoticeKind.REMINDER,))
    assert {letter.state for letter in held} == {LetterState.HELD}
    numbers = sorted({letter.key.rpartition(":")[2] for letter in held})
    assert len(numbers) == 2
    assert reminders(desk) == []
    Work(desk).move_letter("all", "release", by="")
    tick(desk)
    after = {letter.key: letter.state for letter in desk.ledger.letters(kinds=(NoticeKind.REMINDER,))}
    assert {state for key, state in after.items() if key.endswith(f":{numbers[0]}")} == {LetterState.DROPPED}
    assert {state for key, state in after.items() if key.endswith(f":{numbers[1]}")} == {LetterState.SENT}
    desk.ledger.close()


def test_a_question_answered_before_its_letter_left_is_not_asked(desk: Desk) -> None:
    """Stopped for a while, the office answered in the list: the letter about it does not leave afterwards."""
    (desk.home / "STOP").touch()
    tick(desk)
    assert isinstance(desk.source, MemorySource)
    assert isinstance(desk.clock, SimulatedClock)
    for seed in (1, 2):
        desk.source.deliver(_strangers(seed), received_at=desk.now())
    desk.clock.set(TODAY + timedelta(minutes=10))
    tick(desk)
    first, second = desk.ledger.letters(kinds=(NoticeKind.QUESTION,))
    review.decide(desk, Decision(desk.now(), Action.REFUSE, first.key.partition(":")[2]))
    (desk.home / "STOP").unlink()
    desk.clock.set(TODAY + timedelta(minutes=20))
    tick(desk)
    states = {letter.key: letter.state for letter in desk.ledger.letters(kinds=(NoticeKind.QUESTION,))}
    assert states == {first.key: LetterState.DROPPED, second.key: LetterState.SENT}
    desk.ledger.close()
