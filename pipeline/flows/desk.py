"""What every flow works with: one home's configuration, memory, archive, mailbox and clock, handed in ready-made."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from time import monotonic
from typing import Any, TypeVar

from pipeline.adapters.archive import Archive
from pipeline.adapters.clock import Clock
from pipeline.adapters.guard import Understander, guarded
from pipeline.adapters.home import SHIPPED, load_templates
from pipeline.adapters.journal import Journal
from pipeline.adapters.ledger.ledger import Edition, Ledger
from pipeline.adapters.settings import LiveSettings
from pipeline.adapters.smtp import Transport
from pipeline.adapters.source import MailSource
from pipeline.digest.foreign import one_line
from pipeline.digest.render import TemplateError, Templates
from pipeline.model import CalendarDay, Filing, Letter, Opened, QuestionKind, Settings
from pipeline.workdays import calendar

T = TypeVar("T")


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
    #: Finds the Chinese font file for charts; ``None`` draws them in HTML only.
    font: Callable[[], str | None] = lambda: None
    #: Draws a pause between two letters, in seconds, from (least, most).
    pause: Callable[[int, int], float] = lambda least, most: (least + most) / 2
    #: Told which mails will be opened next, in order, each as a way to get its bytes: they may be opened ahead.
    expect: Callable[[Iterable[Callable[[], bytes]]], None] = lambda _mails: None
    #: Calls back with a line for people while long work runs.
    say: Callable[[str], None] = lambda _line: None
    #: Tells another program on the office's network of an alarm; only the service has one.
    push: Callable[[str, Mapping[str, Any]], None] = lambda _url, _told: None
    #: Tells what a mail means, within a budget of time and memory.
    understand: Understander = guarded
    #: Seconds that pass, for work that must not take up a whole round.
    stopwatch: Callable[[], float] = monotonic
    #: Set when the service is told to stop: no further letter is begun.
    stopping: bool = False
    _calendars: dict[str, Callable[[Any], CalendarDay]] = field(default_factory=dict)
    _compiled: KeptTemplates | None = None
    #: What was worked out from the ledger and the configuration, and of which editions of them.
    _worked_out: dict[object, Any] = field(default_factory=dict, init=False)
    _edition: tuple[Ledger, Edition, str] | None = field(default=None, init=False)

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
    def compiled(self) -> KeptTemplates:
        """The letter templates, compiled once."""
        if self._compiled is None:
            self._compiled = kept_templates(self.templates)
        return self._compiled

    def worked_out(self, key: object, make: Callable[[], T]) -> T:
        """What ``make`` gives, which follows from ledger and configuration alone, once until one of them changes."""
        edition = (self.ledger, self.ledger.edition, self.settings.digest)
        if self._edition != edition:
            self._worked_out.clear()
            self._edition = edition
        if key not in self._worked_out:
            self._worked_out[key] = make()
        found: T = self._worked_out[key]
        return found

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


class KeptTemplates(Templates):
    """Templates of which a broken one is replaced by the shipped one: an edit must not stop the service."""

    def __init__(self, sources: Mapping[str, str], shipped: Templates, *, trouble: str = "") -> None:
        super().__init__(sources)
        self._shipped = shipped
        #: What is wrong with the office's own templates, in Chinese; empty when nothing is.
        self.trouble = trouble

    def render(self, name: str, values: Mapping[str, object]) -> str:
        """As :meth:`Templates.render`; where the office's template fails, the shipped one speaks and it is remembered.

        Raises:
            TemplateError: the shipped template fails too.
        """
        try:
            return super().render(name, values)
        except TemplateError as error:
            if name not in self._shipped:
                raise
            text = self._shipped.render(name, values)
            self.trouble = error.message
            return text


def kept_templates(sources: Mapping[str, str]) -> KeptTemplates:
    """Compile the office's templates; when they do not compile, all shipped ones are used and the reason is kept."""
    shipped = load_templates(SHIPPED)
    fallback = Templates(shipped)
    try:
        return KeptTemplates(sources, fallback)
    except TemplateError as error:
        return KeptTemplates(shipped, fallback, trouble=error.message)


def head(letter: Letter, filing: Filing) -> dict[str, str]:
    """What the audit keeps of a letter's head: addresses and subject on one line; of a sealed mail no subject."""
    sealed = any(asked.kind == QuestionKind.SECRET for asked in filing.questions)
    return {
        "message_id": letter.message_id,
        "sender": letter.sender.addr if letter.sender else "",
        "subject": "（已隔离，不引用）" if sealed else one_line(letter.subject, 200),
    }
