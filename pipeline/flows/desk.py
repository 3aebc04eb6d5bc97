"""What every flow works with: one home's configuration, memory, archive, mailbox and clock, handed in ready-made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from pipeline.adapters.archive import Archive
from pipeline.adapters.clock import Clock
from pipeline.adapters.journal import Journal
from pipeline.adapters.ledger.ledger import Ledger
from pipeline.adapters.settings import LiveSettings
from pipeline.adapters.smtp import Transport
from pipeline.adapters.source import MailSource
from pipeline.digest.foreign import one_line
from pipeline.digest.render import Templates
from pipeline.model import CalendarDay, Filing, Letter, Opened, QuestionKind, Settings
from pipeline.workdays import calendar


@dataclass(slots=True)
class Desk:
    """The handles of one home. Made only by :mod:`pipeline.app`; tests make it there too, with other handles."""

    home: Path
    live: LiveSettings
    clock: Clock
    ledger: Ledger
    journal: Journal
    archive: Archive
    #: Opens one mail in a limited child process: bytes and digest in, everything readable out.
    open_mail: Callable[[bytes, str], Opened]
    source: MailSource
    transport: Transport
    #: Template name (``mail/receipt.txt.j2``) → source text.
    templates: Mapping[str, str]
    #: Chinese font file for charts; ``None`` draws them in HTML only.
    font: str | None = None
    #: Draws a pause between two letters, in seconds, from (least, most).
    pause: Callable[[int, int], float] = lambda least, most: (least + most) / 2
    #: Calls back with a line for people while long work runs.
    say: Callable[[str], None] = lambda _line: None
    #: Set when the service is told to stop: no further letter is begun.
    stopping: bool = False
    _calendars: dict[str, Callable[[Any], CalendarDay]] = field(default_factory=dict)
    _compiled: Templates | None = None

    @property
    def settings(self) -> Settings:
        """The configuration in force now."""
        return self.live.current()

    @property
    def calendar(self) -> Callable[[Any], CalendarDay]:
        """The office's calendar under the configuration in force."""
        settings = self.settings
        if settings.digest not in self._calendars:
            self._calendars.clear()
            self._calendars[settings.digest] = calendar(settings.holidays)
        return self._calendars[settings.digest]

    @property
    def compiled(self) -> Templates:
        """The letter templates, compiled once."""
        if self._compiled is None:
            self._compiled = Templates(self.templates)
        return self._compiled

    def now(self) -> datetime:
        """The time."""
        return self.clock.now()

    def write_journal(self) -> None:
        """Bring the journal file up to the ledger's events; safe to repeat after any crash."""
        if not self.ledger.unjournaled():
            return
        with self.ledger.atomic():
            events = self.ledger.unjournaled()
            self.journal.append(events)
            self.ledger.mark_journaled(events[-1][0])


def head(letter: Letter, filing: Filing) -> dict[str, str]:
    """What the audit keeps of a letter's head: addresses and subject on one line; of a sealed mail no subject."""
    sealed = any(asked.kind == QuestionKind.SECRET for asked in filing.questions)
    return {
        "message_id": letter.message_id,
        "sender": letter.sender.addr if letter.sender else "",
        "subject": "（已隔离，不引用）" if sealed else one_line(letter.subject, 200),
    }
