"""Whatever the SMTP server does at whatever stage, the server has at most one copy of a letter, and nobody is lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from pipeline.adapters.embedded import (
    ACCEPT_AND_DROP,
    ACCEPT_AND_SILENCE,
    DROP,
    NETEASE,
    SILENCE,
    EmbeddedImap,
    EmbeddedSmtp,
)
from pipeline.adapters.imap import ImapSource
from pipeline.adapters.smtp import MemoryTransport, SmtpTransport
from pipeline.adapters.source import MemorySource
from pipeline.errors import NetworkError
from pipeline.flows.deliver import DEAD_ADDRESSES, deliver
from pipeline.flows.outbox import move, post
from pipeline.flows.tick import tick
from pipeline.flows.watch import state_of
from pipeline.model import LetterState, Notice, NoticeKind, SendResult, SendVerdict
from tests.faults.desks import desk_in
from tests.faults.invariants import message_id
from tests.faults.month import CODE, MAILBOX, at, mail
from tests.faults.scale import RELEASE

#: What servers say; NetEase's own words among them.
REPLIES = (
    "421 HL:ICC 163 smtp5",
    "450 MI:DMC too many",
    "451 MI:SFQ 163 smtp7",
    "451 DT:SPM please try again",
    "452 insufficient storage",
    "500 syntax error",
    "535 Error: authentication failed",
    "550 User not found",
    "552 mail size exceeded",
    "554 DT:SPM 163 smtp3",
    DROP,
    SILENCE,
)
STAGES = ("CONNECT", "EHLO", "AUTH", "NOOP", "MAIL", "RCPT", "DATA", "DOT")


@pytest.fixture
def mailbox() -> Iterator[EmbeddedImap]:
    """A mailbox whose folder of sent mails fills."""
    with EmbeddedImap(NETEASE, user=MAILBOX, password=CODE) as server:
        yield server


def notice(number: int) -> Notice:
    """A plain notice to the office."""
    return Notice(
        f"digest:test-{number}", NoticeKind.DIGEST, "2022-08", "", ("boss@demo.example",), (), f"情况{number}",
        "正文\n", "<p>正文</p>",
    )  # fmt: skip


def carrier(server: EmbeddedSmtp, *, patience: float = 1.0) -> SmtpTransport:
    """A transport whose time-outs are seconds instead of minutes."""
    return SmtpTransport(
        server.host, server.port, MAILBOX, CODE, security="none", timeout=patience, timeout_after_dot=patience
    )


@pytest.mark.parametrize("reply", REPLIES)
@pytest.mark.parametrize("stage", STAGES)
def test_a_fault_at_any_stage_makes_no_second_copy(
    tmp_path: Path, mailbox: EmbeddedImap, stage: str, reply: str
) -> None:
    """F7: three wake-ups through the fault and behind it; each Message-ID was accepted at most once, and is settled."""
    source = ImapSource("127.0.0.1", mailbox.port, MAILBOX, CODE, security="none", silence=5)
    with EmbeddedSmtp(user=MAILBOX, password=CODE, mailbox=mailbox) as server:
        server.say(stage, reply)  # type: ignore[arg-type]
        transport = carrier(server, patience=0.4)
        with desk_in(tmp_path, at(8), source=source, transport=transport) as desk:
            for number in (1, 2):
                assert post(desk, notice(number))
            for hours in (0, 1, 25):
                desk.clock.sleep(hours * 3600)
                deliver(desk, recheck=lambda _desk, letter: (letter.subject, letter.data))
            rows = {letter.message_id: letter for letter in desk.ledger.letters()}
        transport.close()
        copies = Counter(message_id(one.data) for one in server.accepted)
    assert [one for one, count in copies.items() if count > 1] == []
    for one, row in rows.items():
        if row.state == LetterState.SENT:
            assert copies[one] == 1
        else:
            # Refused or held for good, unsure with nothing accepted, or waiting for its hour: a person sees it.
            assert copies[one] == 0
            assert row.state != LetterState.SENDING


def chosen() -> list[tuple[str, str]]:
    """Every stage with every reply before a release; at every change one reply a stage."""
    return [
        (stage, reply)
        for row, stage in enumerate(STAGES)
        for column, reply in enumerate(REPLIES)
        if RELEASE or column == (5 * row + 1) % len(REPLIES)
    ]


@pytest.mark.parametrize(("stage", "reply"), chosen())
def test_a_fault_that_stays_is_told_before_the_due_day(
    tmp_path: Path, mailbox: EmbeddedImap, stage: str, reply: str
) -> None:
    """F7: a server that says so for days: pauses of half an hour and more, no letter taken twice, and it is told."""
    source = ImapSource("127.0.0.1", mailbox.port, MAILBOX, CODE, security="none", silence=5)
    with EmbeddedSmtp(user=MAILBOX, password=CODE, mailbox=mailbox) as server:
        server.say(stage, *(reply for _ in range(500)))  # type: ignore[arg-type]
        transport = carrier(server, patience=0.2)
        with desk_in(tmp_path, at(8), source=source, transport=transport) as desk:
            for number in (1, 2):
                assert post(desk, notice(number))
            for hours in (0, 0.25, 0.25, 0.5, 1, 2, 4, 17, 24, 26):
                desk.clock.sleep(hours * 3600)
                before = {letter.key: letter.attempts for letter in desk.ledger.letters()}
                deliver(desk, recheck=lambda _desk, letter: (letter.subject, letter.data))
                for letter in desk.ledger.letters(states=(LetterState.QUEUED,)):
                    if letter.attempts > max(1, before[letter.key]):
                        assert letter.not_before - desk.now() >= timedelta(minutes=30)
            rows = {letter.message_id: letter for letter in desk.ledger.letters()}
            state = state_of(desk)
        transport.close()
        copies = Counter(message_id(one.data) for one in server.accepted)
    assert [one for one, count in copies.items() if count > 1] == []
    assert all(row.state == LetterState.SENT for one, row in rows.items() if copies[one])
    if any(row.state != LetterState.SENT for row in rows.values()):
        assert state["kinds"] or state["notes"]


@pytest.mark.parametrize("reply", [ACCEPT_AND_DROP, ACCEPT_AND_SILENCE])
def test_taken_without_an_answer_is_found_in_sent(tmp_path: Path, mailbox: EmbeddedImap, reply: str) -> None:
    """I7: the server took it and said nothing (or 250 and RST): unsure, found in 已发送, one copy."""
    source = ImapSource("127.0.0.1", mailbox.port, MAILBOX, CODE, security="none", silence=5)
    with EmbeddedSmtp(user=MAILBOX, password=CODE, mailbox=mailbox) as server:
        server.say("DOT", reply)
        transport = carrier(server)
        with desk_in(tmp_path, at(8), source=source, transport=transport) as desk:
            assert tick(desk).delivered.unsure == 1
            first = {letter.state for letter in desk.ledger.letters()}
            desk.clock.sleep(3600)
            tick(desk)
            second = {letter.state for letter in desk.ledger.letters()}
        transport.close()
        copies = Counter(message_id(one.data) for one in server.accepted)
    assert LetterState.UNSURE in first
    assert second == {LetterState.SENT}
    assert set(copies.values()) == {1}


@dataclass
class Deaf(MemorySource):
    """A mailbox whose folder of sent mails cannot be read."""

    def find_sent(self, message_id: str) -> bool:
        """Never."""
        raise NetworkError(f"连不上，{message_id} 没有核对。")


def unsure_desk(home: Path, source: MemorySource, transport: MemoryTransport) -> None:
    """Leave one letter unsure."""
    transport.answers.append(SendResult(SendVerdict.UNSURE, 0, "", "没有等到答复"))
    with desk_in(home, at(8), source=source, transport=transport) as desk:
        tick(desk)


def test_unsure_is_never_sent_again_by_itself(tmp_path: Path) -> None:
    """A letter found nowhere waits a week for a person; told that it was not sent, it goes under its old name."""
    source, transport = MemorySource(), MemoryTransport()
    unsure_desk(tmp_path, source, transport)
    first = message_id(transport.accepted[0].data)
    for day in (9, 10, 13):
        with desk_in(tmp_path, at(day), source=source, transport=transport) as desk:
            tick(desk)
    assert [message_id(one.data) for one in transport.accepted].count(first) == 1
    with desk_in(tmp_path, at(14), source=source, transport=transport) as desk:
        (letter,) = desk.ledger.letters(states=(LetterState.UNSURE,))
        move(desk, letter.key, LetterState.QUEUED, only_from=(LetterState.UNSURE,), by="张三")
        tick(desk)
        again = desk.ledger.letter(letter.key)
    assert again is not None
    assert again.state == LetterState.SENT
    assert [message_id(one.data) for one in transport.accepted].count(first) == 2


def test_a_silent_mailbox_does_not_stop_sending(tmp_path: Path) -> None:
    """While 已发送 cannot be read an unsure letter stays unsure, and the other letters leave."""
    source, transport = Deaf(), MemoryTransport()
    unsure_desk(tmp_path, source, transport)
    with desk_in(tmp_path, at(9), source=source, transport=transport) as desk:
        done = tick(desk)
        assert done.delivered.sent > 0
        assert len(desk.ledger.letters(states=(LetterState.UNSURE,))) == 1


def test_an_address_refused_for_good_gives_way_to_the_next(tmp_path: Path) -> None:
    """A reminder refused as unknown buries the address; the next letter goes to the unit's next contact."""
    with EmbeddedSmtp(user=MAILBOX, password=CODE) as server:
        server.refused["wlj@unit.example"] = "550 User not found"
        transport = carrier(server)
        for day in (8, 9, 13):
            with desk_in(tmp_path, at(day), transport=transport) as desk:
                tick(desk)
                dead = desk.ledger.fact(DEAD_ADDRESSES)
        transport.close()
        receivers = {address for one in server.accepted for address in one.recipients}
    assert dead == "wlj@unit.example"
    assert "wlj2@unit.example" in receivers


def test_a_mail_from_a_dead_address_brings_it_back(tmp_path: Path) -> None:
    """Who writes can be written to."""
    source = MemorySource()
    with desk_in(tmp_path, at(8), source=source) as desk:
        with desk.ledger.atomic():
            desk.ledger.set_fact(DEAD_ADDRESSES, "x@y.example wlj@unit.example")
        source.deliver(mail(1, at(8), sender="wlj@unit.example", subject="8月报告", body="见附件"), received_at=at(8))
        tick(desk)
        assert desk.ledger.fact(DEAD_ADDRESSES) == "x@y.example"
