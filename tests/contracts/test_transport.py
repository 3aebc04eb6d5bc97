"""One contract for every transport, and for real SMTP every stage at which a letter can fail."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from pipeline.adapters.embedded import (
    ACCEPT_AND_DROP,
    ACCEPT_AND_SILENCE,
    DROP,
    SILENCE,
    EmbeddedImap,
    EmbeddedSmtp,
)
from pipeline.adapters.smtp import Crash, MemoryTransport, SmtpTransport, Transport
from pipeline.adapters.smtpcodes import classify
from pipeline.errors import TransportError
from pipeline.model import SendVerdict
from tests.support.servers import imap_source

OFFICE = "office@demo.example"
LETTER = "Subject: 催报\r\nMessage-ID: <1@demo.example>\r\n\r\n.一行以点开头\r\n..两点\r\n末行".encode()
ON_THE_WIRE = LETTER + b"\r\n"


@dataclass(frozen=True)
class Wire:
    """A transport and what arrived at the other end."""

    transport: Transport
    accepted: Callable[[], list[tuple[str, tuple[str, ...], bytes]]]


@contextmanager
def memory_wire() -> Iterator[Wire]:
    """The transport that ships with the program."""
    transport = MemoryTransport()
    yield Wire(transport, lambda: [(mail.sender, mail.recipients, mail.data) for mail in transport.accepted])


@contextmanager
def smtp_wire() -> Iterator[Wire]:
    """Real SMTP to a server in this process."""
    with EmbeddedSmtp() as server:
        transport = over(server)
        yield Wire(transport, lambda: [(mail.sender, mail.recipients, mail.data) for mail in server.accepted])
        transport.close()


def over(server: EmbeddedSmtp, *, timeout: float = 5.0, after_dot: float = 5.0, **more: object) -> SmtpTransport:
    """A transport to an embedded server."""
    return SmtpTransport(
        server.host,
        server.port,
        server.user,
        server.password,
        security="none",
        timeout=timeout,
        timeout_after_dot=after_dot,
        **more,
    )


@pytest.fixture(params=[memory_wire, smtp_wire], ids=["memory", "smtp"])
def wire(request: pytest.FixtureRequest) -> Iterator[Wire]:
    """Each transport in turn."""
    with request.param() as made:
        yield made


def test_letter_arrives_as_it_was_frozen(wire: Wire) -> None:
    """Sender, recipients and bytes arrive; leading dots too."""
    result = wire.transport.send(LETTER, sender=OFFICE, recipients=("a@unit.example", OFFICE))
    assert result.verdict is SendVerdict.ACCEPTED
    ((sender, recipients, data),) = wire.accepted()
    assert (sender, recipients) == (OFFICE, ("a@unit.example", OFFICE))
    assert data.rstrip(b"\r\n") == LETTER


def test_many_letters_arrive_in_order(wire: Wire) -> None:
    """Twenty-five letters, one after the other, each once."""
    for number in range(25):
        letter = b"Subject: %d\r\n\r\nx\r\n" % number
        assert wire.transport.send(letter, sender=OFFICE, recipients=("a@unit.example",)).code == 250
    assert [data.split(b"\r\n")[0] for _, _, data in wire.accepted()] == [b"Subject: %d" % n for n in range(25)]


def test_closed_transport_works_again(wire: Wire) -> None:
    """Closing lets go of the connection only."""
    for _ in range(2):
        assert wire.transport.send(LETTER, sender=OFFICE, recipients=("a@unit.example",)).code == 250
        wire.transport.close()
    assert len(wire.accepted()) == 2


# --------------------------------------------------------------------------- real SMTP


@pytest.fixture
def server() -> Iterator[EmbeddedSmtp]:
    """A submission server."""
    with EmbeddedSmtp() as running:
        yield running


def send(transport: SmtpTransport, *recipients: str) -> tuple[SendVerdict, int]:
    """Send the letter; verdict and code."""
    try:
        result = transport.send(LETTER, sender=OFFICE, recipients=recipients or ("a@unit.example",))
    finally:
        transport.close()
    assert result.because.endswith(("。", "联系未收到的单位。"))
    return result.verdict, result.code


def test_ten_letters_a_connection(server: EmbeddedSmtp) -> None:
    """The eleventh letter gets a connection of its own."""
    transport = over(server)
    for _ in range(21):
        transport.send(LETTER, sender=OFFICE, recipients=("a@unit.example",))
    transport.close()
    assert (len(server.accepted), server.connections) == (21, 3)


STAGES = ("CONNECT", "EHLO", "AUTH", "MAIL", "RCPT", "DATA", "DOT")
REPLIES = {
    "421 HL:ICC 163 smtp, too many connections": SendVerdict.LATER,
    "451 MI:SFQ 163 smtp": SendVerdict.LATER,
    "554 MI:STC too many mails today": SendVerdict.STOP,
    "550 User has no permission": SendVerdict.STOP,
    "554 DT:SPM 163 smtp": SendVerdict.SPAM,
}


@pytest.mark.parametrize("reply", REPLIES)
@pytest.mark.parametrize("stage", STAGES)
def test_refusal_at_every_stage_is_classified(server: EmbeddedSmtp, stage: str, reply: str) -> None:
    """A refusal at any stage means what its words say, nobody gets the letter, and the next try works."""
    server.say(stage, reply)
    verdict, code = send(over(server))
    assert server.accepted == []
    assert code == int(reply[:3])
    # A login refused for good stops the queue whatever the words: trying on would lock the account.
    expected = SendVerdict.STOP if (stage, code) == ("AUTH", 554) else REPLIES[reply]
    assert verdict is expected
    assert send(over(server)) == (SendVerdict.ACCEPTED, 250)
    assert len(server.accepted) == 1


@pytest.mark.parametrize("way", [DROP, SILENCE])
@pytest.mark.parametrize("stage", STAGES[:-1])
def test_lost_before_the_dot_is_later(server: EmbeddedSmtp, stage: str, way: str) -> None:
    """A connection that ends or goes silent before the text is out: nobody has it, try again."""
    server.say(stage, way)
    verdict, code = send(over(server, timeout=1.0))
    # Before the login is through nobody was spoken to: the queue waits, and the letter was not tried.
    unspoken = stage in ("CONNECT", "EHLO", "AUTH")
    assert (verdict, code) == (SendVerdict.OFFLINE if unspoken else SendVerdict.LATER, 0)
    assert server.accepted == []


@pytest.mark.parametrize(("way", "copies"), [(DROP, 0), (SILENCE, 0), (ACCEPT_AND_DROP, 1), (ACCEPT_AND_SILENCE, 1)])
def test_silence_after_the_dot_is_unsure(server: EmbeddedSmtp, way: str, copies: int) -> None:
    """Without an answer to the final dot nobody knows: the same verdict whether the server took it or not."""
    server.say("DOT", way)
    assert send(over(server, after_dot=1.0)) == (SendVerdict.UNSURE, 0)
    assert len(server.accepted) == copies


def test_unsure_letter_is_found_among_the_sent() -> None:
    """A letter whose answer got lost is settled by its Message-ID in the server's own folder of sent mails."""
    with EmbeddedImap() as mailbox, EmbeddedSmtp(mailbox=mailbox) as server:
        server.say("DOT", ACCEPT_AND_DROP)
        assert send(over(server))[0] is SendVerdict.UNSURE
        assert imap_source(mailbox).find_sent("<1@demo.example>") is True
        assert imap_source(mailbox).find_sent("<2@demo.example>") is False


def test_slow_answer_after_the_dot_is_waited_for(server: EmbeddedSmtp) -> None:
    """The time-out after the dot is its own, longer than that of a step before."""

    class Slow(EmbeddedSmtp):
        def accept(self, mail: object) -> None:
            threading.Event().wait(2.0)
            super().accept(mail)  # type: ignore[arg-type]

    with Slow() as slow:
        assert send(over(slow, timeout=1.2, after_dot=20)) == (SendVerdict.ACCEPTED, 250)


def test_partial_refusal_names_the_refused(server: EmbeddedSmtp) -> None:
    """When one of two recipients does not exist the other gets the letter, and the result names the one."""
    server.refused["gone@unit.example"] = "550 User not found: gone@unit.example"
    transport = over(server)
    result = transport.send(LETTER, sender=OFFICE, recipients=("gone@unit.example", "a@unit.example"))
    transport.close()
    assert (result.verdict, result.refused) == (SendVerdict.ACCEPTED, ("gone@unit.example",))
    assert "gone@unit.example" in result.because
    assert [mail.recipients for mail in server.accepted] == [("a@unit.example",)]


def test_passing_refusal_of_one_recipient_holds_the_letter(server: EmbeddedSmtp) -> None:
    """When one recipient must wait, nobody gets the letter now: so nobody gets it twice."""
    server.refused["busy@unit.example"] = "451 RP:QRC too many recipients"
    assert send(over(server), "a@unit.example", "busy@unit.example") == (SendVerdict.LATER, 451)
    assert server.accepted == []


def test_all_recipients_refused_is_a_refusal(server: EmbeddedSmtp) -> None:
    """Nobody to send to: refused, with the reason."""
    server.refused["a@unit.example"] = "550 no such user"
    assert send(over(server)) == (SendVerdict.REFUSED, 550)


def test_wrong_code_stops_the_queue(server: EmbeddedSmtp) -> None:
    """A wrong 授权码 is told as such."""
    transport = SmtpTransport(server.host, server.port, OFFICE, "wrong", security="none", timeout=5)
    assert send(transport) == (SendVerdict.STOP, 535)
    assert transport.check().verdict is SendVerdict.STOP
    assert over(server).check().verdict is SendVerdict.ACCEPTED


def test_foreign_sender_stops_the_queue(server: EmbeddedSmtp) -> None:
    """The envelope sender must be the account."""
    transport = over(server)
    result = transport.send(LETTER, sender="other@demo.example", recipients=("a@unit.example",))
    transport.close()
    assert (result.verdict, result.code) == (SendVerdict.STOP, 553)


def test_nobody_listening_is_later() -> None:
    """A closed port and a name that does not exist are told in Chinese and tried again."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
        transport = SmtpTransport("127.0.0.1", port, OFFICE, "x", security="none", timeout=2)
        assert send(transport) == (SendVerdict.OFFLINE, 0)


@pytest.mark.parametrize(
    "address", ["", "no-at", "a b@unit.example", "a@unit.example\r\nRCPT TO:<b@x.example>", "张@x.example"]
)
def test_impossible_address_is_refused_before_the_wire(server: EmbeddedSmtp, address: str) -> None:
    """An address that could break out of its command never reaches the server."""
    assert send(over(server), address) == (SendVerdict.REFUSED, 0)
    assert server.connections == 0


def test_no_recipient_is_refused(server: EmbeddedSmtp) -> None:
    """A letter to nobody is refused."""
    assert over(server).send(LETTER, sender=OFFICE, recipients=()).verdict is SendVerdict.REFUSED


def test_password_never_goes_in_the_clear() -> None:
    """Without encryption only this machine is spoken to, and the password is not in the text of the transport."""
    with pytest.raises(TransportError, match="加密"):
        SmtpTransport("smtp.elsewhere.example", 25, OFFICE, "canary-code", security="none")
    assert "canary-code" not in repr(SmtpTransport("smtp.elsewhere.example", 465, OFFICE, "canary-code"))


def test_starttls_is_not_given_up(server: EmbeddedSmtp) -> None:
    """A server that does not offer STARTTLS where it is demanded gets no login."""
    transport = SmtpTransport(server.host, server.port, OFFICE, "demo-code", security="starttls", timeout=5)
    assert send(transport)[0] is SendVerdict.STOP


def test_hook_runs_just_before_the_dot(server: EmbeddedSmtp) -> None:
    """The hook that commits "from here on unsure" runs once per letter; when it fails nothing was sent."""
    seen: list[int] = []
    transport = over(server, before_dot=lambda: seen.append(len(server.accepted)))
    assert send(transport) == (SendVerdict.ACCEPTED, 250)
    assert seen == [0]

    def fail() -> None:
        raise RuntimeError("ledger is locked")

    with pytest.raises(RuntimeError, match="locked"):
        send(over(server, before_dot=fail))
    assert len(server.accepted) == 1


def test_memory_transport_dies_where_it_is_told() -> None:
    """Before the wire nobody has the letter, after the wire one copy is out."""
    for crash_at, copies in (("before_wire", 0), ("after_wire", 1)):
        transport = MemoryTransport(crash_at=crash_at, crash_on=2)
        transport.send(LETTER, sender=OFFICE, recipients=("a@unit.example",))
        with pytest.raises(Crash):
            transport.send(LETTER, sender=OFFICE, recipients=("b@unit.example",))
        assert len(transport.accepted) == 1 + copies


def test_memory_transport_says_what_it_is_told() -> None:
    """Scripted answers come in order; an unsure one leaves a copy, a refusal none."""
    transport = MemoryTransport(answers=[classify(451, "MI:SFQ"), classify(250, "ok")])
    verdicts = [transport.send(LETTER, sender=OFFICE, recipients=("a@unit.example",)).verdict for _ in range(3)]
    assert verdicts == [SendVerdict.LATER, SendVerdict.ACCEPTED, SendVerdict.ACCEPTED]
    assert len(transport.accepted) == 2
