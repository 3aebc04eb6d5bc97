"""A change of the configuration with many mails there: understood anew round by round, while the office goes on."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from pipeline.adapters.source import MemorySource
from pipeline.app import Work
from pipeline.flows import anew, replay
from pipeline.flows.desk import Desk
from pipeline.flows.tick import tick
from pipeline.model import Filing, LetterState, NoticeKind, Opened
from tests.faults.desks import desk_in
from tests.faults.month import at, mail

REPORT = "县文旅局2022年8月服务业工作报告\n1. 发展乡村旅游：8月新建民宿{}家，累计建成民宿18家。\n"
MAILS = 8
#: Of the stopwatch: a look at it takes so many seconds, so that a round is over after a few mails.
LOOK = 30.0


class Understood(Counter[str]):
    """Which mails were understood, by subject."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._meaning, desk.understand = desk.understand, self

    def __call__(self, opened: Opened, **words: Any) -> Filing:
        """As the guard; counted."""
        self[opened.letter.subject] += 1
        return self._meaning(opened, **words)


@contextmanager
def desk_after(
    home: Path, source: MemorySource, when: datetime, *, slow: bool = True
) -> Iterator[tuple[Desk, Understood]]:
    """The home at a moment; with ``slow`` a round has time for a few mails only."""
    with desk_in(home, when, source=source) as desk:
        if slow:
            looks = count()
            desk.stopwatch = lambda: LOOK * next(looks)
        yield desk, Understood(desk)


def filled(home: Path) -> MemorySource:
    """A home that has filed its mails."""
    source = MemorySource()
    for number in range(MAILS):
        data = mail(
            number, at(7, 10), sender="wlj@unit.example", subject=f"8月报告{number}", body=REPORT.format(number)
        )
        source.deliver(data, received_at=at(7, 10, number))
    with desk_in(home, at(7, 12), source=source) as desk:
        tick(desk)
    return source


def edit(home: Path, *, old: str = "aliases: [", new: str = "aliases: [文广旅局, ") -> None:
    """Change the directory."""
    units = home / "config" / "units.yaml"
    text = units.read_text(encoding="utf-8")
    assert old in text
    units.write_text(text.replace(old, new, 1), encoding="utf-8")


def in_force(desk: Desk) -> int:
    """How often a change was told to be in force."""
    return len(desk.ledger.events(kind="config.in_force"))


def agrees(desk: Desk) -> bool:
    """Whether the ledger follows from archive, configuration and decisions."""
    return replay.check(desk).differences == ()


def test_a_change_is_followed_round_by_round(tmp_path: Path) -> None:
    """A round understands some mails and says how many are left; each is understood once, and all agree at the end."""
    source, rounds = filled(tmp_path), []
    edit(tmp_path)
    with desk_after(tmp_path, source, at(8, 9)) as (desk, understood):
        known = in_force(desk)
        while not rounds or rounds[-1]:
            done = tick(desk)
            rounds.append(done.ingested.left)
            told = json.loads((tmp_path / "status.json").read_text(encoding="utf-8"))["understood_anew"]
            assert told == rounds[-1]
            assert any(f"还有 {told} 封" in line for line in done.lines()) is bool(told)
            assert any(f"还有 {told} 封" in line for line in Work(desk).status(period=None, at=None)[1]) is bool(told)
            assert in_force(desk) == known + (not told)
        assert len(rounds) > 2
        assert rounds == sorted(rounds, reverse=True)
        assert set(understood.values()) == {1}
        assert agrees(desk)


def test_the_office_goes_on_meanwhile(tmp_path: Path) -> None:
    """A mail that comes while others are understood anew is filed and answered in that very round."""
    source = filled(tmp_path)
    edit(tmp_path)
    with desk_after(tmp_path, source, at(8, 9)) as (desk, understood):
        data = mail(99, at(8, 9), sender="wlj@unit.example", subject="8月补充报告", body=REPORT.format(99))
        source.deliver(data, received_at=at(8, 9))
        done = tick(desk)
        assert done.ingested.left > 0
        assert len(done.ingested.new) == 1
        receipts = desk.ledger.letters(kinds=(NoticeKind.RECEIPT,))
        assert [letter.state for letter in receipts][-1] == LetterState.SENT
        while done.ingested.left:
            done = tick(desk)
        # It leaned on mails that were not understood anew yet: it comes last, once more.
        assert understood.pop("8月补充报告") == 2
        assert set(understood.values()) == {1}
        assert agrees(desk)


@pytest.mark.parametrize("struck", range(1, MAILS + 1))
def test_a_kill_loses_the_transaction_in_hand_and_no_more(tmp_path: Path, struck: int) -> None:
    """Killed at any mail, the next start goes on from what was committed."""
    source = filled(tmp_path)
    edit(tmp_path)
    total: Counter[str] = Counter()
    with desk_after(tmp_path, source, at(8, 9)) as (desk, understood):
        looks = count()
        # Two mails a transaction.
        desk.stopwatch = lambda: 0.4 * next(looks)
        meaning = desk.understand

        def killed(opened: Opened, **words: Any) -> Filing:
            if understood.total() == struck:
                raise KeyboardInterrupt
            return meaning(opened, **words)

        desk.understand = killed
        try:
            tick(desk)
        except KeyboardInterrupt:
            assert desk.ledger.fact("anew")
        total += understood
    with desk_after(tmp_path, source, at(8, 10), slow=False) as (desk, understood):
        tick(desk)
        total += understood
        assert max(total.values()) <= 2
        assert len([subject for subject, times in total.items() if times == 2]) <= 2
        assert anew.left(desk) == 0
        assert agrees(desk)


def test_another_change_meanwhile_begins_anew(tmp_path: Path) -> None:
    """What was understood under a configuration that was in force for a while is understood under the last one."""
    source = filled(tmp_path)
    edit(tmp_path)
    with desk_after(tmp_path, source, at(8, 9)) as (desk, understood):
        known = in_force(desk)
        done = tick(desk)
        first = understood.total()
        assert 0 < first < MAILS
        edit(tmp_path, old="文广旅局, ", new="")
        while tick(desk).ingested.left:
            pass
        assert (done.ingested.left, understood.total()) == (MAILS - first, MAILS + first)
        assert in_force(desk) == known + 1
        assert agrees(desk)


def test_a_mail_that_came_late_meanwhile(tmp_path: Path) -> None:
    """An older mail that teaches something has those behind it understood once more, round by round too."""
    source = filled(tmp_path)
    edit(tmp_path)
    with desk_after(tmp_path, source, at(8, 9)) as (desk, understood):
        tick(desk)
        first = understood.total()
        early = mail(98, at(7, 9), sender="wlj@unit.example", subject="8月报告", body=REPORT.format(98))
        source.deliver(early, received_at=at(7, 9))
        done = tick(desk)
        # The early one itself, then all once more.
        assert understood.total() <= 2 * first + 1
        while done.ingested.left:
            done = tick(desk)
        assert agrees(desk)


def test_what_no_mail_means_anything_else_by_costs_nothing(tmp_path: Path) -> None:
    """Another limit of sending is in force at once; no mail is understood again for it."""
    source = filled(tmp_path)
    office = tmp_path / "config" / "office.yaml"
    text = office.read_text(encoding="utf-8")
    office.write_text(text.replace("stale_hours:", "stale_hours: 30 # "), encoding="utf-8")
    assert office.read_text(encoding="utf-8") != text
    with desk_after(tmp_path, source, at(8, 9)) as (desk, understood):
        known = in_force(desk)
        assert tick(desk).ingested.left == 0
        assert understood == {}
        assert in_force(desk) == known + 1
        assert agrees(desk)


def test_a_service_told_to_stop_stops_there(tmp_path: Path) -> None:
    """The mail in hand is finished; the rest is for the next start."""
    source = filled(tmp_path)
    edit(tmp_path)
    with desk_after(tmp_path, source, at(8, 9), slow=False) as (desk, understood):
        looks = count()
        # One mail a transaction.
        desk.stopwatch = lambda: 0.9 * next(looks)
        desk.say = lambda _line: setattr(desk, "stopping", True)
        assert tick(desk).ingested.left == MAILS - understood.total() > 0
    with desk_after(tmp_path, source, at(8, 9) + timedelta(minutes=1), slow=False) as (desk, _understood):
        assert tick(desk).ingested.left == 0
        assert agrees(desk)
