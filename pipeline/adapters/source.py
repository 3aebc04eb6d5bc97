"""A mailbox and a cursor → its new mails, handed over one by one, and the cursor to store.

The contract of every mail source, the values that it leaves behind, and the source that lives in memory.

What was handed over is remembered as (folder, UIDVALIDITY, key, stamp), where the stamp stands for size and
date: a server that renumbers its mails, or gives old numbers to other mails without changing UIDVALIDITY
(163.com always says 1), is found out by the stamp at the next full comparison. This memory is a cursor only.
The identity of a mail is its digest, so fetching one twice is never wrong, only slow.
"""

from __future__ import annotations

import hashlib
import re
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final, Protocol, TypeAlias

from pipeline.errors import LoginError, SourceError
from pipeline.model import NotFetched, RawMessage

#: Every so many polls all mails are compared, not only those behind the last one: a cursor alone can skip.
FULL_EVERY: Final = 12
#: Largest mail that is fetched, in bytes. 163.com accepts 71,680,000 on the way in.
MAX_MAIL: Final = 72 * 1024 * 1024
#: Header bytes that are searched for a date; more than this is an attack, not a mail.
_HEAD: Final = 64 * 1024


#: Takes one mail over for good; returns only when it is on disk. Its exceptions end the poll.
Keep: TypeAlias = Callable[[RawMessage], object]


@dataclass(frozen=True, slots=True)
class Mark:
    """What has been handed over from one folder under one UIDVALIDITY."""

    folder: str
    #: UIDVALIDITY as the server tells it; 0 where there is none.
    validity: int
    #: (key, stamp) of every mail handed over and still listed; the key is the UID, or the file's name.
    known: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a source stands. Store it after the mails it covers are stored, never before."""

    marks: tuple[Mark, ...] = ()
    #: Listed by the server but not fetched yet; tried again at every poll, shown until it works.
    pending: tuple[NotFetched, ...] = ()
    #: Polls since all mails were compared.
    polls: int = 0

    def mark(self, folder: str, validity: int) -> Mark:
        """The mark of a folder, an empty one when it is new or its UIDVALIDITY changed."""
        for mark in self.marks:
            if mark.folder == folder and mark.validity == validity:
                return mark
        return Mark(folder, validity)

    def validity(self, folder: str) -> int | None:
        """UIDVALIDITY under which the folder was read last; ``None`` for a folder never read."""
        return next((mark.validity for mark in self.marks if mark.folder == folder), None)

    def with_mark(self, mark: Mark) -> Cursor:
        """A cursor with this mark in place of any other of its folder."""
        return replace(self, marks=(*(other for other in self.marks if other.folder != mark.folder), mark))

    def with_pending(self, folder: str, pending: Iterable[NotFetched]) -> Cursor:
        """A cursor with these unfetched mails in place of any others of the folder."""
        return replace(self, pending=(*(missing for missing in self.pending if missing.folder != folder), *pending))

    def forget(self, folder: str, key: str) -> Cursor:
        """A cursor that fetches this mail again, or no longer waits for it."""
        return Cursor(
            marks=tuple(
                replace(mark, known=tuple(pair for pair in mark.known if pair[0] != key))
                if mark.folder == folder
                else mark
                for mark in self.marks
            ),
            pending=tuple(missing for missing in self.pending if (missing.folder, str(missing.uid)) != (folder, key)),
            polls=FULL_EVERY,
        )


@dataclass(frozen=True, slots=True)
class PollResult:
    """What one poll did."""

    cursor: Cursor
    #: Mails handed over, those already archived under another number included.
    kept: int
    #: Mails that the server lists in the folders read; 0 in folders that refused.
    listed: int
    #: Listed but not in our hands; the same as ``cursor.pending``.
    not_fetched: tuple[NotFetched, ...]
    #: Folders that were read, in order.
    folders: tuple[str, ...]
    #: Things the office should know, Chinese sentences: a folder that refused, a UIDVALIDITY that changed.
    notes: tuple[str, ...] = ()
    #: True when every folder was listed to its end, whatever could not be fetched.
    complete: bool = True


class MailSource(Protocol):
    """A mailbox that is read and never changed."""

    @property
    def name(self) -> str:
        """Which mailbox this is, for people and logs; without any secret."""
        ...

    def poll(
        self,
        cursor: Cursor,
        *,
        keep: Keep,
        moved: Callable[[Cursor], object] | None = None,
        full: bool = False,
    ) -> PollResult:
        """Hand over every mail that the cursor does not know yet.

        Args:
            cursor: As stored after the last poll; ``Cursor()`` at the first.
            keep: Called for each mail, oldest first within a folder, before the cursor covers it.
            moved: Called after each batch with a cursor that may be stored, so that a long first
                run which is interrupted goes on where it stood.
            full: Compare all mails now, not only the new ones.

        Raises:
            LoginError: The account is refused; waiting does not help.
            NetworkError: No connection, or it was lost; what was kept stays kept.
            SourceError: The mailbox answers, but cannot be read.
        """
        ...

    def find_sent(self, message_id: str) -> bool:
        """Whether the newest sent mails, or copies to ourselves, hold this Message-ID.

        Raises:
            SourceError: As for :meth:`poll`. False means "looked and not there".
        """
        ...


#: A refused account is not tried more often: providers lock it for longer with every try.
LONGEST_WAIT = timedelta(hours=1)


def backoff(failures: int, error: SourceError) -> timedelta:
    """How long to wait before the next poll after so many failed ones in a row.

    Doubles from half a minute to an hour; where the account is refused, an hour at once.

    Args:
        failures: Failed polls in a row, the last one included.
        error: Why the last one failed.
    """
    if isinstance(error, LoginError):
        return LONGEST_WAIT
    return min(LONGEST_WAIT, timedelta(seconds=30 * 2 ** min(max(failures - 1, 0), 10)))


def stamp(size: int, received_at: datetime) -> str:
    """Eight hex digits that stand for a mail's size and date in a cursor."""
    return f"{zlib.crc32(f'{size} {int(received_at.timestamp())}'.encode()):08x}"


def raw_message(data: bytes, *, received_at: datetime, folder: str, origin: str) -> RawMessage:
    """Bytes with their digest, as every source hands them over."""
    return RawMessage(
        digest=hashlib.sha256(data).hexdigest(), data=data, received_at=received_at, folder=folder, origin=origin
    )


#: Parts of an RFC 5322 date; the comment with the zone's name is left out.
_FOLD: Final = re.compile(rb"\r?\n[ \t]+")


def _date(text: bytes) -> datetime | None:
    try:
        parsed = parsedate_to_datetime(text.decode("ascii", "replace").strip()[:200])
        # A date without a zone is in UTC by RFC 5322 (-0000).
        aware = parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
        # Years such as 1 or 9999 cannot be moved to another zone.
        return aware if 1970 <= aware.astimezone(UTC).year <= 2999 else None
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def arrival(data: bytes) -> datetime | None:
    """Time in the topmost Received line, else the Date header; ``None`` when neither can be read.

    The topmost Received line is written by the server that collected the mail; Date is the sender's claim.
    """
    head = _FOLD.sub(b" ", re.split(rb"\r?\n\r?\n", data[:_HEAD], maxsplit=1)[0])
    claimed: datetime | None = None
    for line in head.splitlines():
        name, _, value = line.partition(b":")
        match name.strip().lower():
            case b"received" if (at := _date(value.rpartition(b";")[2])) is not None:
                return at
            case b"date" if claimed is None:
                claimed = _date(value)
    return claimed


def message_id(data: bytes) -> str:
    """Message-ID header with its brackets, or the empty string."""
    head = _FOLD.sub(b" ", re.split(rb"\r?\n\r?\n", data[:_HEAD], maxsplit=1)[0])
    found = re.search(rb"(?im)^message-id[ \t]*:[ \t]*(<[^<>\r\n]*>)", head)
    return found[1].decode("ascii", "replace") if found else ""


@dataclass(frozen=True, slots=True)
class Held:
    """One mail as a source of whole mails (memory, files) lists it."""

    folder: str
    key: str
    stamp: str
    received_at: datetime
    size: int
    #: Reads the bytes; may raise OSError.
    read: Callable[[], bytes]
    origin: str


def hand_over(
    held: Iterable[Held],
    *,
    cursor: Cursor,
    keep: Keep,
    moved: Callable[[Cursor], object] | None,
    max_mail: int,
) -> PollResult:
    """Poll a source whose mails can be listed whole and at once: every poll compares all of them.

    Mails are handed over by (received_at, key) across all folders; the cursor moves after each hundred.
    """
    listed = sorted(held, key=lambda mail: (mail.received_at, mail.folder, mail.key))
    folders = tuple(dict.fromkeys(mail.folder for mail in listed))
    known = {(mark.folder, key): seen for mark in cursor.marks for key, seen in mark.known}
    present = {(mail.folder, mail.key) for mail in listed}
    handed = {place: seen for place, seen in known.items() if place in present}
    pending: list[NotFetched] = []
    kept = 0

    def now(*, all_pending: bool) -> Cursor:
        rest = tuple(pending)
        if not all_pending:
            seen = {(missing.folder, missing.uid) for missing in rest}
            rest += tuple(old for old in cursor.pending if (old.folder, old.uid) not in seen)
        marks: dict[str, list[tuple[str, str]]] = {folder: [] for folder in folders}
        for (folder, key), seen_stamp in handed.items():
            marks[folder].append((key, seen_stamp))
        return Cursor(tuple(Mark(folder, 0, tuple(pairs)) for folder, pairs in marks.items()), rest)

    for mail in listed:
        if handed.get((mail.folder, mail.key)) == mail.stamp:
            continue
        # Files have no UID; a number made from the name tells them apart in the list of what is missing.
        number = zlib.crc32(mail.key.encode("utf-8", "surrogateescape"))
        if mail.size > max_mail:
            pending.append(NotFetched(mail.folder, number, mail.size, too_large(mail.size, max_mail, mail.origin)))
            continue
        try:
            data = mail.read()
        except OSError as error:
            pending.append(
                NotFetched(
                    mail.folder, number, mail.size, f"{mail.origin} 读不出来（{error.strerror}），下次收取时再试。"
                )
            )
            continue
        if not data:
            pending.append(NotFetched(mail.folder, number, 0, f"{mail.origin} 是空的，下次收取时再试。"))
            continue
        keep(raw_message(data, received_at=mail.received_at, folder=mail.folder, origin=mail.origin))
        handed[mail.folder, mail.key] = mail.stamp
        kept += 1
        if moved is not None and kept % 100 == 0:
            moved(now(all_pending=False))
    after = now(all_pending=True)
    return PollResult(cursor=after, kept=kept, listed=len(listed), not_fetched=after.pending, folders=folders)


def too_large(size: int, limit: int, what: str) -> str:
    """The sentence for a mail over the size limit."""
    return (
        f"{what} 有 {size / 1048576:.0f} MB，超过上限 {limit / 1048576:.0f} MB，没有下载。"
        "请在网页邮箱中查看，或调高 office.yaml 里的邮件大小上限。"
    )


@dataclass(slots=True)
class MemorySource:
    """A mailbox in memory: for simulations and for tests of everything behind a source."""

    name: str = "memory"
    max_mail: int = MAX_MAIL
    #: Raised by the next poll instead of anything else; for tests of what a caller does then.
    trouble: Exception | None = None
    #: Message-IDs that :meth:`find_sent` finds.
    sent: set[str] = field(default_factory=set)
    #: Folder, bytes and time of receipt by number; numbers are never used again.
    mails: dict[int, tuple[str, bytes, datetime]] = field(default_factory=dict)
    _last: int = 0

    def deliver(self, data: bytes, *, received_at: datetime, folder: str = "INBOX") -> int:
        """Put a mail into the mailbox; returns its number."""
        self._last += 1
        self.mails[self._last] = (folder, data, received_at)
        return self._last

    def poll(
        self,
        cursor: Cursor,
        *,
        keep: Keep,
        moved: Callable[[Cursor], object] | None = None,
        full: bool = False,  # noqa: ARG002 - every poll of memory compares all
    ) -> PollResult:
        """As :meth:`MailSource.poll`."""
        if self.trouble is not None:
            trouble, self.trouble = self.trouble, None
            raise trouble
        held = [
            Held(
                folder=folder,
                key=str(number),
                stamp=stamp(len(data), received_at),
                received_at=received_at,
                size=len(data),
                read=lambda data=data: data,  # type: ignore[misc] # each lambda keeps its own mail
                origin=f"{folder}/1/{number}",
            )
            for number, (folder, data, received_at) in self.mails.items()
        ]
        return hand_over(held, cursor=cursor, keep=keep, moved=moved, max_mail=self.max_mail)

    def find_sent(self, message_id: str) -> bool:
        """As :meth:`MailSource.find_sent`."""
        return message_id in self.sent
