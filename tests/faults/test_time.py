"""Clocks that jump and machines that sleep: each step once, one letter to catch up, none on doubt."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipeline.adapters.smtp import MemoryTransport
from pipeline.adapters.source import MemorySource, PollResult
from pipeline.errors import NetworkError
from pipeline.flows import replay
from pipeline.flows.ingest import ingest
from pipeline.flows.remind import queue_due
from pipeline.flows.tick import tick
from pipeline.model import LetterState, NoticeKind, OutgoingLetter
from tests.faults.desks import desk_in
from tests.faults.month import ZONE, at, mail
from tests.faults.scale import RELEASE

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
    """Woken five times on the day of a reminder: one reminder a unit."""
    keys = chased(live(tmp_path, at(1), *(at(8, 9, minute) for minute in range(0, 50, 10))))
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


class HalfRead(MemorySource):
    """A mailbox of which one folder refuses."""

    def poll(self, *words: Any, **named: Any) -> PollResult:
        """All but that folder."""
        return replace(super().poll(*words, **named), complete=False)


@pytest.mark.parametrize("queued", [False, True])
@pytest.mark.parametrize("kind", [MemorySource, HalfRead])
def test_asleep_mailbox_chases_nobody(tmp_path: Path, kind: type[MemorySource], *, queued: bool) -> None:
    """F11: read an hour ago and not (wholly) readable now: no reminder is queued, and none that was queued leaves."""
    transport, awake, asleep = MemoryTransport(), MemorySource(), kind()
    with desk_in(tmp_path, at(1), source=awake, transport=transport) as desk:
        tick(desk)
    with desk_in(tmp_path, at(8, 8, 40), source=awake, transport=transport) as desk:
        ingest(desk)
        if queued:
            queue_due(desk)
    asleep.trouble = NetworkError("连不上。") if kind is MemorySource else None
    with desk_in(tmp_path, at(8, 9), source=asleep, transport=transport) as desk:
        done = tick(desk)
        assert chased(desk.ledger.letters(states=(LetterState.SENT,))) == []
        assert [step.key for step in done.queued.queued if step.kind in CHASING] == []
        assert len(done.queued.withheld) == (0 if queued else 3)
    with desk_in(tmp_path, at(8, 9, 10), source=awake, transport=transport) as desk:
        tick(desk)
        assert len(chased(desk.ledger.letters(states=(LetterState.SENT,)))) == 3


def test_a_deadline_on_a_holiday(tmp_path: Path) -> None:
    """12 February 2023 is a Sunday: the last reminder leaves on the working day before it, once."""
    days = [datetime(2023, 2, day, 9, tzinfo=ZONE) for day in range(1, 14)]
    letters = awake(tmp_path, *days)
    last = [letter for letter in letters if letter.key.startswith("remind:2023-01") and letter.key.endswith(":2")]
    assert {letter.queued_at.astimezone(ZONE).date().isoformat() for letter in last} == {"2023-02-10"}
    assert len(last) == 3


def test_the_turn_of_the_year(tmp_path: Path) -> None:
    """31 December to 2 January: nothing fails, nothing is chased twice."""
    moments = [datetime(2022, 12, 31, 23, 59, 50, tzinfo=ZONE) + timedelta(hours=12 * step) for step in range(6)]
    keys = chased(live(tmp_path, *moments))
    assert len(keys) == len(set(keys))


# ----------------------------------------------------------------- one desk that stays awake, for many moments


def awake(home: Path, *moments: datetime, source: MemorySource | None = None) -> tuple[OutgoingLetter, ...]:
    """As :func:`live`, by one service whose clock is set to each moment."""
    transport = MemoryTransport()
    with desk_in(home, moments[0], source=source or MemorySource(), transport=transport) as desk:
        for moment in moments:
            desk.clock.set(moment)  # type: ignore[attr-defined]  # a simulated clock
            tick(desk)
        letters = desk.ledger.letters()
    ids = Counter(one.data for one in transport.accepted)
    assert [count for count in ids.values() if count > 1] == []
    assert len({letter.key for letter in letters}) == len(letters)
    return letters


def of_august(letters: tuple[OutgoingLetter, ...]) -> set[str]:
    """Keys of the letters that chase for the month in hand."""
    return {key for key in chased(letters) if ":2022-08:" in key}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Every letter that may chase for the month: awake on each of its days."""
    days = [at(1) + timedelta(days=day) for day in range(20)]
    return of_august(awake(tmp_path_factory.mktemp("whole"), *days))


JUMPS = [timedelta(days=-40), timedelta(days=-1), timedelta(hours=-1), timedelta(hours=1), timedelta(days=1),
         timedelta(days=40)]  # fmt: skip


@pytest.mark.parametrize("day", [8, 9, 13] if RELEASE else [8])
@pytest.mark.parametrize("jump", JUMPS if RELEASE else JUMPS[2:5], ids=str)
def test_the_clock_jumps_in_mid_run(tmp_path: Path, whole: set[str], jump: timedelta, day: int) -> None:
    """F10: an hour, a day, forty days away for a round and back: every step once, none lost, none invented."""
    still = of_august(awake(tmp_path / "still", at(1), at(day), at(day, 10)))
    jumped = of_august(awake(tmp_path / "jumped", at(1), at(day), at(day) + jump, at(day, 10)))
    assert still <= jumped <= whole


@pytest.mark.parametrize("start", [at(1) - timedelta(days=400), at(1) + timedelta(days=400)], ids=["past", "future"])
def test_a_start_with_a_wrong_clock(tmp_path: Path, start: datetime) -> None:
    """F10: the first start of all with a clock a year off, then the right time: the month goes as ever."""
    right = of_august(awake(tmp_path / "right", at(1), at(8)))
    assert of_august(awake(tmp_path / "wrong", start, at(1), at(8))) == right


def test_a_clock_that_stands_still(tmp_path: Path) -> None:
    """F10: fifty rounds in one second of the 8th: one reminder a unit."""
    keys = [key for key in chased(awake(tmp_path, at(1), *[at(8)] * 50)) if key.startswith("remind")]
    assert len(keys) == 3


@pytest.mark.parametrize(
    ("year", "month"),
    [(2023, 2), (2024, 10), (2026, 12), (2022, 10), (2022, 11), (2023, 8), (2023, 11), (2024, 2), (2024, 3), (2025, 1)][
        : 10 if RELEASE else 1
    ],
)
def test_a_whole_month_wherever_its_twelfth_falls(tmp_path: Path, year: int, month: int) -> None:
    """F10: 12ths on days off and make-up days, 29 February, an unpublished year: working days only, each step once."""
    days = [datetime(year, month, 1, 9, 30, tzinfo=ZONE) + timedelta(days=day) for day in range(20)]
    letters = awake(tmp_path, *days)
    steps = Counter((letter.unit, letter.kind, letter.key) for letter in letters if letter.kind in CHASING)
    assert max(steps.values()) == 1
    reminders = [letter for letter in letters if letter.kind == NoticeKind.REMINDER]
    assert len(reminders) == 6
    with desk_in(tmp_path, days[-1]) as desk:
        assert all(desk.calendar(letter.queued_at.astimezone(ZONE).date()).working for letter in reminders)


@pytest.mark.parametrize("zone", ["America/New_York", "UTC", "Pacific/Kiritimati"][: 3 if RELEASE else 1])
def test_a_machine_in_another_zone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, zone: str) -> None:
    """F10: the machine's own zone, daylight saving included, changes neither steps nor days."""
    if not hasattr(time, "tzset"):
        pytest.skip("this system cannot change a process's zone")
    home = of_august(awake(tmp_path / "home", at(1), at(8), at(9), at(13)))
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        away = of_august(awake(tmp_path / "away", at(1), at(8), at(9), at(13)))
    finally:
        monkeypatch.delenv("TZ")
        time.tzset()
    assert away == home


@pytest.mark.parametrize(
    "date",
    ["Thu, 01 Jan 1970 00:00:00 +0000", "Thu, 31 Dec 2099 23:59:59 +0800", "Sat, 31 Dec 2016 23:59:60 +0000",
     "Mon, 30 Feb 2022 25:61:61 +9999", "gestern"],
)  # fmt: skip
def test_the_date_of_a_mail_is_not_believed(tmp_path: Path, date: str) -> None:
    """F10: mails dated 1970, 2099, in a leap second or never: they count from their receipt, for the right month."""
    source = MemorySource()
    body = "县文旅局2022年8月服务业工作报告\n1. 发展乡村旅游：8月新建民宿3家，累计建成民宿18家。\n"
    data = mail(1, at(7), sender="wlj@unit.example", subject="报告", body=body)
    head, _, rest = data.partition(b"\r\nDate: ")
    source.deliver(head + b"\r\nDate: " + date.encode() + rest[rest.index(b"\r\n") :], received_at=at(7))
    with desk_in(tmp_path, at(6), source=MemorySource()) as desk:
        tick(desk)
    with desk_in(tmp_path, at(7, 10), source=source) as desk:
        tick(desk)
        ((message, filing),) = desk.ledger.filings()
    assert (message.received_at.astimezone(UTC), filing.period, filing.unit) == (
        at(7).astimezone(UTC),
        "2022-08",
        "县文旅局",
    )


@pytest.mark.parametrize(
    ("sleeps", "wakes"),
    [
        (at(7), at(9, 10)), (at(7), at(10)), (at(8, 12), at(13)), (at(9, 12), at(13)), (at(11), at(13)),
        (at(12), at(13)), (at(1), at(19)), (at(7), at(7) + timedelta(days=40)),
    ],
    ids=lambda moment: f"{moment:%m-%d}",
)  # fmt: skip
def test_asleep(tmp_path: Path, sleeps: datetime, wakes: datetime) -> None:
    """F11: off over a step or several: one letter to catch up for who owes, none for who had reported meanwhile."""
    source, transport = MemorySource(), MemoryTransport()
    with desk_in(tmp_path, at(1), source=source, transport=transport) as desk:
        tick(desk)
        desk.clock.set(sleeps)  # type: ignore[attr-defined]  # a simulated clock
        tick(desk)
        before = set(chased(desk.ledger.letters()))
    body = "县商务局2022年8月服务业工作报告\n2. 建设电商服务站：8月建成电商服务站2个，累计建成12个，培训60人次。\n"
    data = mail(1, sleeps + timedelta(hours=1), sender="swj@unit.example", subject="8月报告", body=body)
    source.deliver(data, received_at=sleeps + timedelta(hours=1))
    source.trouble = NetworkError("连不上。")
    with desk_in(tmp_path, wakes, source=source, transport=transport) as desk:
        tick(desk)
        stale = wakes - sleeps > timedelta(hours=24)
        # Before the mailbox could be read nobody is chased; within a day of the last look one may be.
        assert not stale or set(chased(desk.ledger.letters())) == before
        desk.clock.sleep(600)
        tick(desk)
        desk.clock.sleep(600)
        tick(desk)
        after = [letter for letter in desk.ledger.letters() if letter.kind in CHASING and letter.key not in before]
        august = [letter for letter in after if letter.period == "2022-08"]
        assert not stale or [letter.unit for letter in august if letter.unit == "县商务局"] == []
        assert max(Counter(letter.unit for letter in august).values(), default=0) <= 1
        assert replay.check(desk).differences == ()
        assert desk.journal.verify() == ()
