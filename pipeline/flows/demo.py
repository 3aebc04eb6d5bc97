"""A month of the office over real IMAP and SMTP on this machine, with the clock moved by hand.

The mailbox behaves like 163.com; mails appear in it when their time has come, letters leave over SMTP and are filed in
已发送 by the server, as there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from pipeline.adapters.clock import SimulatedClock
from pipeline.adapters.embedded import Accepted, EmbeddedImap, EmbeddedSmtp
from pipeline.adapters.emlfolder import EmlFolder
from pipeline.adapters.imap import ImapSource
from pipeline.adapters.smtp import SmtpTransport
from pipeline.flows import simulate
from pipeline.flows.desk import Desk

#: The month that is played: reports on August 2022, due on the 12th of September, a holiday.
FIRST, LAST = date(2022, 9, 1), date(2022, 9, 15)


@dataclass(frozen=True, slots=True)
class Played:
    """What the servers saw."""

    letters: tuple[Accepted, ...]
    #: Commands that would have changed the mailbox; the promise is that there are none.
    changes: tuple[str, ...]
    connections: int


def play(
    mails: Path,
    *,
    mailbox: str,
    clock: SimulatedClock,
    desk_of: Callable[[ImapSource, SmtpTransport], Desk],
    answers: tuple[simulate.Answer, ...],
    log: Callable[[str], None],
) -> tuple[Desk, Played]:
    """Play the month; ``desk_of`` makes the desk once the servers listen."""
    held = sorted(EmlFolder(mails).listed(), key=lambda mail: (mail.received_at, mail.key))
    waiting = list(held)
    with (
        EmbeddedImap(user=mailbox) as imap,
        EmbeddedSmtp(user=mailbox, password=imap.password, mailbox=imap, clock=clock.now) as smtp,
    ):
        source = ImapSource(imap.host, imap.port, mailbox, imap.password, security="none")
        transport = SmtpTransport(smtp.host, smtp.port, mailbox, smtp.password, security="none")
        desk = desk_of(source, transport)

        def arrive(moment: datetime) -> None:
            while waiting and waiting[0].received_at <= moment:
                mail = waiting.pop(0)
                imap.deliver(mail.read(), received_at=mail.received_at, folder=mail.folder)

        try:
            simulate.play(
                desk,
                clock=clock,
                arrivals=tuple(mail.received_at for mail in held),
                answers=answers,
                digests=simulate.digests_of(held),
                since=FIRST,
                until=LAST,
                log=log,
                before=arrive,
            )
        finally:
            transport.close()
        return desk, Played(tuple(smtp.accepted), tuple(imap.changes), imap.connections)
