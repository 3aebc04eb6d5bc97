"""Clocks that jump and machines that sleep: each step once, one letter to catch up, none on doubt."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from pipeline.adapters.smtp import MemoryTransport
from pipeline.adapters.source import MemorySource
from pipeline.errors import NetworkError
from pipeline.flows.tick import tick
from pipeline.model import NoticeKind, OutgoingLetter
from tests.faults.desks import desk_in
from tests.faults.month import ZONE, at

CHASING = {NoticeKind.REMINDER, NoticeKind.OVERDUE, NoticeKind.ESCALATION}


def live(home: Path, *moments: datetime, source: MemorySource | None = None) -> tuple[OutgoingLetter, ...]:
    """Wake the service up at these moments; every letter that left or may have."""
    mailbox, transport = source or MemorySource(), MemoryTransport()
    for moment in moments:
        with desk_in(home, moment, source=mailbox, transport=transport) as desk:
            tick(desk)
            found = desk.ledger.letters()
    ids = Counter(one.data for one in transport.accepted)
    assert [count for count in ids.values() if count > 1] == []
    return found


def chased(letters: tuple[OutgoingLetter, ...]) -> list[str]:
    """Keys of the letters that chase."""
    return sorted(letter.key for letter in letters if letter.kind in CHASING)


def test_each_step_once_however_often_the_clock_strikes(tmp_path: Path) -> None:
    """Woken ten times on the day of a reminder: one reminder a unit."""
    keys = chased(live(tmp_path, at(1), *(at(8, 9, minute) for minute in range(0, 50, 5))))
    assert keys == [f"remind:2022-08:{unit}:1" for unit in sorted(("县商务局", "县文旅局", "县财政局"))]


@pytest.mark.parametrize("days", [-40, 40])
def test_a_jump_and_back_repeats_nothing(tmp_path: Path, days: int) -> None:
    """F10: the clock jumps 40 days away for a round and back: the step of the day leaves once all the same."""
    still = live(tmp_path / "still", at(1), at(8), at(8, 10))
    jumped = live(tmp_path / "jumped", at(1), at(8), at(8) + timedelta(days=days), at(8, 10))
    september = [key for key in chased(jumped) if ":2022-08:" in key]
    assert september == chased(still)


def test_asleep_over_the_due_day_makes_one_catch_up(tmp_path: Path) -> None:
    """F11: off from the 5th to the 14th: at most one letter that chases a unit, none for the steps slept through."""
    letters = live(tmp_path, at(1), at(14), at(14, 11))
    assert max(Counter(letter.unit for letter in letters if letter.kind in CHASING).values()) == 1


def test_asleep_for_forty_days_chases_nobody_for_the_old_month(tmp_path: Path) -> None:
    """F11: off for forty days: the old month is over, the new one goes on by itself."""
    letters = live(tmp_path, at(1), at(1) + timedelta(days=42))
    assert [key for key in chased(letters) if key.startswith("remind:2022-08")] == []


def test_no_reminder_without_a_recent_poll(tmp_path: Path) -> None:
    """The mailbox was down for days: the office's own trouble is nobody's default."""
    source, transport = MemorySource(), MemoryTransport()
    with desk_in(tmp_path, at(1), source=source, transport=transport) as desk:
        tick(desk)
    source.trouble = NetworkError("连不上。")
    with desk_in(tmp_path, at(8), source=source, transport=transport) as desk:
        tick(desk)
        assert chased(desk.ledger.letters()) == []
    with desk_in(tmp_path, at(8, 10), source=source, transport=transport) as desk:
        tick(desk)
        assert len(chased(desk.ledger.letters())) == 3


def test_a_deadline_on_a_holiday(tmp_path: Path) -> None:
    """12 February 2023 is a Sunday: the last reminder leaves on the working day before it, once."""
    days = [datetime(2023, 2, day, 9, tzinfo=ZONE) for day in range(1, 14)]
    letters = live(tmp_path, *days)
    last = [letter for letter in letters if letter.key.startswith("remind:2023-01") and letter.key.endswith(":2")]
    assert {letter.queued_at.astimezone(ZONE).date().isoformat() for letter in last} == {"2023-02-10"}
    assert len(last) == 3


def test_the_turn_of_the_year(tmp_path: Path) -> None:
    """31 December to 2 January: nothing fails, nothing is chased twice."""
    moments = [datetime(2022, 12, 31, 23, 59, 50, tzinfo=ZONE) + timedelta(hours=12 * step) for step in range(6)]
    keys = chased(live(tmp_path, *moments))
    assert len(keys) == len(set(keys))
