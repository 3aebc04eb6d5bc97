"""mailbox.poll | archive.keep | parse | screen | unpack | read | identify | extract | match | file.

What is on the server is first made safe in the archive; everything after that reads the archive, never the mailbox.
One mail's trouble is a value and stops nobody else.
"""

from __future__ import annotations

import logging
import sqlite3
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from pipeline.adapters import codec
from pipeline.adapters.failpoints import failpoint
from pipeline.adapters.ledger.ledger import StoredMessage
from pipeline.adapters.source import LONGEST_WAIT, Cursor, PollResult, backoff
from pipeline.errors import ArchiveError, SourceError, YuebaoError
from pipeline.flows import anew, facts
from pipeline.flows.anew import read_mail, refile
from pipeline.flows.deliver import bury, revive
from pipeline.flows.desk import Desk, head
from pipeline.flows.notices import question, receipt
from pipeline.flows.outbox import post
from pipeline.mail.screen import screen
from pipeline.model import (
    Filing,
    Letter,
    LetterState,
    Opened,
    RawMessage,
    Trouble,
    Unreadable,
    Verdict,
)

log = logging.getLogger(__name__)

#: Less than from one round of the service to the next.
_SOON = timedelta(minutes=5)
#: When a mailbox that failed is looked at again, in :meth:`Ledger.fact`.
POLL_AGAIN = "poll_again"


@dataclass(frozen=True, slots=True)
class Ingested:
    """What one round took in."""

    #: Mails seen for the first time.
    new: tuple[str, ...] = ()
    poll: PollResult | None = None
    #: Why the mailbox could not be read, or a mail not be kept, in Chinese; empty when all went well.
    trouble: str = ""
    #: The same where it is this machine that refused (a full disk), not the mailbox.
    refused: str = ""
    #: Mails that are still to be understood under the configuration of now.
    left: int = 0
    #: When a mailbox that failed is looked at again; ``None`` where it was looked at.
    rests_until: datetime | None = None


def ingest(desk: Desk, *, insist: bool = False) -> Ingested:
    """Poll the mailbox, archive what is new, and file everything that is archived and not filed yet.

    Args:
        desk: The home.
        insist: A person asks: poll also while a mailbox that failed is given time.
    """
    now = desk.now()
    if not desk.ledger.fact("born"):
        with desk.ledger.atomic():
            # Mail from before the first poll is back-fill: it is read and filed, and answers nothing.
            desk.ledger.set_fact("born", now.isoformat())
            desk.ledger.note("service.first_poll", at=now, data={"source": desk.source.name})
    failpoint("ingest.born")
    trouble = refused = ""
    polled: PollResult | None = None
    rests_until = None if insist else _rests(desk)
    try:
        polled = None if rests_until else poll(desk)
    except (SourceError, ArchiveError) as error:
        # A full disk too is tried again at the next tick: the cursor stands where the last kept mail was.
        trouble = error.message
        refused = trouble if isinstance(error, ArchiveError) else ""
        with desk.ledger.atomic():
            failures = int(desk.ledger.fact("failures", "0")) + 1
            desk.ledger.set_fact("failures", str(failures))
            desk.ledger.set_fact("last_look", now.isoformat())
            if isinstance(error, SourceError):
                desk.ledger.set_fact(POLL_AGAIN, (now + backoff(failures, error)).isoformat())
            desk.ledger.note("poll.failed", at=now, data={"because": error.message, "class": type(error).__name__})
    anew.follow_configuration(desk)
    new = file_archived(desk)
    desk.write_journal()
    return Ingested(
        new=new, poll=polled, trouble=trouble, refused=refused, left=anew.left(desk), rests_until=rests_until
    )


def _rests(desk: Desk) -> datetime | None:
    """Until when a mailbox that failed is given time; an edit of the configuration ends that, as a restart does."""
    again = desk.ledger.fact(POLL_AGAIN)
    if not again or desk.ledger.fact("failures", "0") == "0" or desk.ledger.fact("config") != desk.settings.digest:
        return None
    until = datetime.fromisoformat(again)
    # A wait that would be over before the next round is none, nor is one counted by a clock that was set back.
    return until if _SOON < until - desk.now() <= LONGEST_WAIT else None


def poll(desk: Desk) -> PollResult:
    """Bring the archive up to the mailbox.

    Raises:
        SourceError: the mailbox cannot be read now; what came before the trouble is safe.
    """
    text = desk.ledger.cursor(desk.source.name)
    cursor = codec.load(text, Cursor) if text else Cursor()

    def moved(reached: Cursor) -> None:
        failpoint("ingest.before_cursor")
        desk.ledger.set_cursor(desk.source.name, codec.dump(reached, Cursor))
        failpoint("ingest.after_cursor")

    failpoint("ingest.polling")
    result = desk.source.poll(cursor, keep=desk.archive.keep, moved=moved)
    failpoint("ingest.polled")
    now = desk.now()
    with desk.ledger.atomic():
        moved(result.cursor)
        desk.ledger.set_not_fetched(result.not_fetched)
        desk.ledger.set_fact("last_look", now.isoformat())
        if result.complete:
            desk.ledger.set_fact("last_poll", now.isoformat())
        if desk.ledger.fact("failures", "0") != "0":
            desk.ledger.set_fact("failures", "0")
            desk.ledger.note("poll.recovered", at=now, data={})
        for note in result.notes:
            desk.ledger.note("poll.note", at=now, data={"note": note})
        failpoint("ingest.closing_poll")
    failpoint("ingest.poll_closed")
    return result


def file_archived(desk: Desk, *, answer: bool = True, only: frozenset[str] | None = None) -> tuple[str, ...]:
    """File every archived mail (of ``only``, when given) that the ledger does not know, in order of receipt.

    Returns:
        Their digests.
    """
    arrived: dict[str, datetime] = {}
    taken_in = desk.ledger.digests()
    for sighting in desk.archive.sightings():
        if only is not None and sighting.digest not in only:
            continue
        if sighting.digest not in arrived and sighting.digest not in taken_in:
            arrived[sighting.digest] = sighting.received_at
    fresh = sorted(arrived, key=lambda digest: (arrived[digest], digest))
    if not fresh:
        return ()
    desk.expect([partial(_archived, desk, digest) for digest in fresh])
    for digest in fresh:
        try:
            raw = desk.archive.read(digest)
        except ArchiveError as error:
            # Damaged or gone before it was read: told by `audit verify` and fetched again; the others go on.
            log.warning("mail %s cannot be read from the archive: %s", digest, error.message)
            desk.say(error.message)
            continue
        desk.say(f"读信 {raw.received_at:%m-%d %H:%M}  {raw.origin}")
        take_in(desk, raw, answer=answer)
    # A mail that came late out of a junk folder changes what was known when later ones were read, if it says anything.
    late = next((digest for digest in fresh if facts.teaches(desk, digest)), None)
    if late is not None and not anew.rewind(desk, since=arrived[late]):
        refile(desk, since=arrived[late], but=frozenset(fresh))
    return tuple(fresh)


def _archived(desk: Desk, digest: str) -> bytes:
    return desk.archive.read(digest).data


def take_in(desk: Desk, raw: RawMessage, *, answer: bool = True) -> Filing:
    """Read one archived mail, file it, and queue what it calls for, in one transaction."""
    opened, trouble = _open(desk, raw)
    try:
        return _take_in(desk, raw, opened, answer=answer, trouble=trouble)
    except (YuebaoError, OSError, sqlite3.OperationalError):
        raise
    except Exception as error:  # what cannot even be stored (a value no column takes) stops nobody else
        log.exception("mail %s could not be stored as read", raw.digest)
        reason = f"邮件内容无法登记（{type(error).__name__}），已原样存档，请人工查看。"
        return _take_in(desk, raw, _closed_letter(raw, reason), answer=False, trouble=reason)


def _take_in(desk: Desk, raw: RawMessage, opened: Opened, *, answer: bool, trouble: str) -> Filing:
    """File what a mail's files said and queue what it calls for, in one transaction."""
    letter = opened.letter
    sent = desk.ledger.sent_letters(until=raw.received_at)
    ours = frozenset(one.message_id for one in sent if one.message_id == letter.message_id)
    screening = screen(letter, own=frozenset({desk.settings.office.mailbox}), own_ids=ours)
    born = datetime.fromisoformat(desk.ledger.fact("born", raw.received_at.isoformat()))
    message = StoredMessage(
        digest=raw.digest,
        received_at=raw.received_at,
        folder=raw.folder,
        origin=raw.origin,
        size=len(raw.data),
        message_id=letter.message_id,
        subject=letter.subject,
        sender=letter.sender.addr if letter.sender else "",
        screening=screening,
        answerable=answer and raw.received_at >= born,
        trouble=trouble,
    )
    filing = read_mail(desk, message, opened)
    failpoint("ingest.read")
    with desk.ledger.atomic():
        desk.ledger.add_message(message, opened)
        desk.ledger.put_filing(filing, config=desk.settings.digest)
        desk.ledger.note(
            "mail.filed",
            at=desk.now(),
            data={
                "digest": raw.digest,
                "received_at": raw.received_at.isoformat(),
                "verdict": screening.verdict,
                "kind": filing.kind,
                "other": filing.other,
                "unit": filing.unit,
                "period": filing.period,
                "questions": [question.key for question in filing.questions],
                **head(letter, filing),
            },
        )
        _settle_own(desk, message)
        _addresses(desk, message)
        failpoint("ingest.noted")
        if message.answerable:
            _respond_or_note(desk, message, letter)
        failpoint("ingest.responded")
    failpoint("ingest.filed")
    desk.write_journal()
    failpoint("ingest.journaled")
    return filing


def _respond_or_note(desk: Desk, message: StoredMessage, letter: Letter) -> None:
    """As :func:`respond`; a receipt that cannot be written is noted, and neither mail nor service waits for it."""
    try:
        respond(desk, message, letter)
    except (YuebaoError, OSError, sqlite3.Error):
        raise
    except Exception as error:  # names and subjects of strangers go into headers here
        log.exception("mail %s could not be answered", message.digest)
        data = {"digest": message.digest, "because": f"{type(error).__name__}: {error}"[:300]}
        desk.ledger.note("answer.failed", at=desk.now(), data=data)


def _addresses(desk: Desk, message: StoredMessage) -> None:
    """A permanent bounce buries an address, a mail from it brings it back to life."""
    failed = message.screening.failed_address
    if message.screening.verdict == Verdict.BOUNCE and message.screening.permanent and failed:
        ours = {address for sent in desk.ledger.letters() for address in (*sent.to, *sent.copies)}
        # Anybody can write a mail that looks like a bounce: only where we have written to that address.
        if failed in ours:
            bury(desk, failed, because=f"退信：{message.screening.because}")
    elif message.screening.verdict == Verdict.PERSON and message.sender:
        revive(desk, message.sender)


def respond(desk: Desk, message: StoredMessage, letter: Letter) -> None:
    """Queue the receipt, or the question to the office, that a mail calls for now; each at most once."""
    if message.screening.verdict != Verdict.PERSON:
        return
    for notice in (receipt(desk, message, letter), question(desk, message)):
        if notice is not None:
            post(desk, notice)


def _open(desk: Desk, raw: RawMessage) -> tuple[Opened, str]:
    """Open a mail in its limited child; a mail that cannot even be split becomes an empty letter with a trouble."""
    try:
        return desk.open_mail(raw.data, raw.digest), ""
    except YuebaoError:
        raise
    except Exception as error:  # the same boundary, for the opening
        log.exception("mail %s could not be opened", raw.digest)
        reason = f"邮件无法拆开（{type(error).__name__}），已原样存档，请人工查看。"
        return _closed_letter(raw, reason), reason


def _closed_letter(raw: RawMessage, reason: str) -> Opened:
    """A mail of which nothing is known but that it is there."""
    letter = Letter(raw.digest, "", "", None, reason, (), "", (), None, None, (), "", ())
    return Opened(letter, (), (), (Unreadable("", raw.origin, Trouble.DAMAGED, reason),))


def _settle_own(desk: Desk, message: StoredMessage) -> None:
    """Our own mail coming back proves that an unsure letter was accepted."""
    if message.screening.verdict != Verdict.OWN or not message.message_id:
        return
    for letter in desk.ledger.letters(states=(LetterState.UNSURE,)):
        if letter.message_id == message.message_id and desk.ledger.move_letter(
            letter.key, LetterState.SENT, at=desk.now(), only_from=(LetterState.UNSURE,)
        ):
            desk.ledger.note(
                "letter.sent", at=desk.now(), data={"key": letter.key, "because": "在收件箱中见到本封回信"}
            )
