"""The time-outs and waits of sending as shipped, on a clock that is moved: hours and a week pass in no time."""

from __future__ import annotations

from collections import deque
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from pipeline.adapters.clock import SimulatedClock
from pipeline.adapters.smtp import SmtpTransport
from pipeline.adapters.source import MemorySource
from pipeline.flows.deliver import deliver
from pipeline.flows.desk import Desk
from pipeline.flows.outbox import post
from pipeline.model import LetterState, SendVerdict
from tests.faults.desks import desk_in
from tests.faults.month import CODE, MAILBOX, at
from tests.faults.test_outbox import notice
from tests.faults.virtual import NEVER, SlowServer

LETTER = b"Subject: x\r\nMessage-ID: <1@demo.example>\r\n\r\ntext\r\n"
STAGES = ("CONNECT", "EHLO", "AUTH", "MAIL", "RCPT", "DATA")


def over(server: SlowServer) -> SmtpTransport:
    """A transport with the time-outs as shipped."""
    return SmtpTransport("127.0.0.1", 25, MAILBOX, CODE, security="none", dial=server.dial)


def send(transport: SmtpTransport) -> SendVerdict:
    """One letter."""
    return transport.send(LETTER, sender=MAILBOX, recipients=("a@unit.example",)).verdict


@pytest.mark.parametrize("seconds", [0, 59, 300, 590, 599])
def test_a_late_answer_to_the_dot_is_waited_for(seconds: float) -> None:
    """F7: the server takes up to 9 min 59 s to say 250: accepted, and sent once."""
    server = SlowServer(SimulatedClock(at(8)), {"DOT": deque([seconds])})
    assert send(over(server)) is SendVerdict.ACCEPTED
    assert server.clock.now() == at(8) + timedelta(seconds=seconds)


def test_no_answer_to_the_dot_is_unsure_after_ten_minutes() -> None:
    """F7: silence after the final dot ends after 600 s, and is neither a failure nor a success."""
    server = SlowServer(SimulatedClock(at(8)), {"DOT": deque([NEVER])})
    assert send(over(server)) is SendVerdict.UNSURE
    assert server.gave_up_after == [600.0]


@pytest.mark.parametrize("stage", STAGES)
def test_silence_before_the_dot_ends_within_a_minute(stage: str) -> None:
    """F7: at every stage before the final dot silence ends after 60 s, and nobody has the letter."""
    server = SlowServer(SimulatedClock(at(8)), {stage: deque([NEVER])})
    assert send(over(server)) in (SendVerdict.LATER, SendVerdict.OFFLINE)
    assert server.gave_up_after == [60.0]
    assert server.accepted == []


def live(desk: Desk, hours: float) -> None:
    """Let the service deliver every ten minutes for so long."""
    until = desk.now() + timedelta(hours=hours)
    while desk.now() < until:
        deliver(desk, recheck=lambda _desk, letter: (letter.subject, letter.data))
        desk.clock.sleep(600)


@pytest.mark.parametrize("days", [1, 7])
def test_a_network_that_is_down_for_days_costs_nothing(tmp_path: Path, days: int) -> None:
    """The network is gone for a day or a week: no letter is given up, all leave once within the hour it is back."""
    clock = SimulatedClock(at(5))
    server = SlowServer(clock, down=True)
    with desk_in(tmp_path, at(5), source=MemorySource(), transport=over(server)) as desk:
        desk.clock = clock
        for number in (1, 2, 3):
            assert post(desk, notice(number))
        live(desk, 24 * days)
        assert {letter.state for letter in desk.ledger.letters()} == {LetterState.QUEUED}
        # Not three connections a round: the first that fails speaks for all.
        assert len(server.dialled) <= 2 * 24 * days + 3
        server.down = False
        live(desk, 1)
        assert {letter.state for letter in desk.ledger.letters()} == {LetterState.SENT}
    assert len(server.accepted) == 3


def test_a_server_that_puts_off_is_asked_ever_rarer_and_given_up_within_a_day(tmp_path: Path) -> None:
    """F7: one quick try more, then half an hour and more; a person is told within a day, not after five."""
    clock = SimulatedClock(at(5))
    tries: list[float] = []
    server = SlowServer(clock, replies={"MAIL": deque(["451 MI:DMC later"] * 50)})
    with desk_in(tmp_path, at(5), source=MemorySource(), transport=over(server)) as desk:
        desk.clock = clock
        assert post(desk, notice(1))
        live(desk, 24)
        (letter,) = desk.ledger.letters()
        tries = server.dialled
    gaps = [later - earlier for earlier, later in pairwise(tries)]
    assert letter.state == LetterState.HELD
    assert min(gaps[1:]) >= 1800
    assert len(tries) == 8
    assert server.accepted == []


def test_a_clock_set_back_does_not_stop_the_queue(tmp_path: Path) -> None:
    """F10: the server said "tomorrow" while the clock was 40 days ahead: once it is right again, letters leave."""
    server = SlowServer(SimulatedClock(at(5) + timedelta(days=40)), replies={"MAIL": deque(["550 MI:STC"])})
    with desk_in(tmp_path, at(5), source=MemorySource(), transport=over(server)) as desk:
        desk.clock = server.clock
        assert post(desk, notice(1))
        live(desk, 0.1)
        server.clock.set(at(5))
        live(desk, 0.5)
        assert {letter.state for letter in desk.ledger.letters()} == {LetterState.SENT}
