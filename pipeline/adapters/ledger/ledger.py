"""Values ⇄ rows of one SQLite file: mails, filings, questions, decisions, the outbox, events.

Contains no business logic. Times are stored as UTC text so that they sort; a value goes in whole as JSON beside
the columns that are searched. Every public method that writes more than one row does it in one transaction;
callers may wrap several in :meth:`Ledger.atomic`.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Generic, TypeVar

from sqlite_utils import Database

from pipeline.adapters import codec
from pipeline.adapters.durable import rehearsing
from pipeline.adapters.failpoints import failpoint
from pipeline.adapters.ledger.schema import APPLICATION_ID, migrations
from pipeline.errors import LedgerDamaged, LedgerError
from pipeline.model import (
    Decision,
    Filing,
    LetterState,
    NotFetched,
    NoticeKind,
    Opened,
    OutgoingLetter,
    Question,
    Screening,
    SendResult,
    SentLetter,
    Verdict,
)


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """What the ledger knows of one mail before its meaning."""

    digest: str
    received_at: datetime
    folder: str
    origin: str
    size: int
    message_id: str
    subject: str
    sender: str
    screening: Screening
    #: False for back-fill: nothing old is answered automatically.
    answerable: bool
    trouble: str


#: See :attr:`Ledger.edition`.
Edition = tuple[int, int]
#: A letter without its bytes, and what stands for them.
_LETTER = (
    "key, kind, period, unit, recipients, copies, subject, message_id, state, queued_at, not_before, attempts, reply,"
    " settled_at"
)
_NO_BYTES = "x''"
#: Columns behind :func:`_message`, in its order.
_COLUMNS = "digest, received_at, folder, origin, size, message_id, subject, sender, because, answerable, trouble"
#: The same of every mail that has a meaning, and the meaning.
_FILED = f"SELECT {_COLUMNS}, data FROM messages JOIN filings USING (digest)"  # noqa: S608 - a constant


T = TypeVar("T")


@dataclass(slots=True)
class _Row(Generic[T]):
    """Something of some mails, in order of receipt."""

    #: When each was received, with its digest, in order; neither ever changes.
    order: list[tuple[str, str]] = field(default_factory=list)
    held: dict[str, T] = field(default_factory=dict)

    def put(self, received: str, digest: str, value: T | None) -> None:
        """Hold this of a mail from now on; nothing for ``None``."""
        if value is None:
            if self.held.pop(digest, None) is not None:
                del self.order[bisect_left(self.order, (received, digest))]
            return
        if digest not in self.held:
            insort(self.order, (received, digest))
        self.held[digest] = value

    def between(self, since: datetime | None, until: datetime | None) -> tuple[T, ...]:
        """What is held of the mails of a span, both bounds inclusive."""
        first = bisect_left(self.order, (_utc(since), "")) if since else 0
        last = bisect_right(self.order, (_utc(until), "~")) if until else None
        return tuple(self.held[digest] for _, digest in self.order[first:last])


#: What a pure function finds in a mail with its meaning.
Finder = Callable[[StoredMessage, Filing], T | None]


@dataclass(slots=True)
class _Remembered:
    """Every mail with its meaning as read, as one version of the file had them."""

    version: int
    mails: _Row[tuple[StoredMessage, Filing]] = field(default_factory=_Row)
    found: dict[Finder[Any], _Row[Any]] = field(default_factory=dict)
    #: Written since by the connection that remembers.
    touched: set[str] = field(default_factory=set)

    def take(self, row: tuple[Any, ...]) -> None:
        """Remember a row of :data:`_FILED`, known or new."""
        mail = (_message(row), codec.load(row[11], Filing))
        self.mails.put(row[1], row[0], mail)
        for find, found in self.found.items():
            found.put(row[1], row[0], find(*mail))


def _utc(moment: datetime) -> str:
    """An instant as sortable text."""
    if moment.tzinfo is None:
        message = "a stored time needs its zone"
        raise ValueError(message)
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def decision_key(decision: Decision) -> str:
    """Content key of a decision: the same answer given twice is one."""
    return hashlib.sha256(codec.dump(decision, Decision).encode()).hexdigest()


class Ledger:
    """The ledger of one home."""

    def __init__(self, path: Path | None) -> None:
        """Open or create the file; ``None`` is a ledger in memory.

        Raises:
            LedgerDamaged: the file's bytes do not hold; see :func:`pipeline.flows.replay.sound`.
            LedgerError: the file is locked, somebody else's, or from a newer version.
        """
        self.path = path
        #: Letters decoded before, without their bytes, by key, with the row they were decoded from.
        self._letters: dict[str, tuple[tuple[object, ...], OutgoingLetter]] = {}
        self._edits = 0
        self._remembered: _Remembered | None = None
        #: Keys of the letters of a month that was asked for, and the version of the file that had them.
        self._keys: tuple[int, dict[str, frozenset[str]]] = (-1, {})
        #: Writes to the outbox, and the letters that had left, with the times they were queued at, as of one of them.
        self._posted = 0
        self._sent: tuple[Edition, list[str], tuple[SentLetter, ...]] | None = None
        #: Answers in their order with their times, as they were at an edition.
        self._answers: tuple[Edition, list[str], tuple[Decision, ...]] | None = None
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            _guard(path)
        try:
            self._open(path)
        except LedgerDamaged:
            # SQLite says the same of a page that the disk did not give this once. What is damaged is so twice.
            self._open(path)

    def _open(self, path: Path | None) -> None:
        try:
            self.db = Database(path) if path is not None else Database(memory=True)
        except sqlite3.Error as error:
            raise _trouble(path, error) from error
        try:
            self._prepare()
        except sqlite3.Error as error:
            self.db.close()
            raise _trouble(path, error) from error
        except OSError as error:
            self.db.close()
            message = f"台账文件 {path} 打不开（{error.strerror}）。请检查该文件和所在文件夹的读写权限及磁盘。"
            raise LedgerError(message) from error
        except BaseException:
            self.db.close()
            raise

    def _prepare(self) -> None:
        """Check whose file it is, set the connection up and bring the schema up to date."""
        # A statement outside a transaction commits by itself. Python would begin one for it and leave it open, and
        # everything after it, however often "committed" inside, would be lost with the process.
        self.db.conn.isolation_level = None
        owner = self.db.conn.execute("PRAGMA application_id").fetchone()[0]
        tables = self.db.conn.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if owner != APPLICATION_ID and tables:
            raise LedgerError(f"{self.path} 不是本系统的台账文件。请检查 --home 指向的文件夹是否正确。")
        self.db.conn.execute("PRAGMA busy_timeout = 5000")
        self.db.conn.execute("PRAGMA foreign_keys = ON")
        if self.path is not None:
            self.db.conn.execute("PRAGMA journal_mode = WAL")
            # FULL: a committed letter stays committed when the power goes.
            self.db.conn.execute(f"PRAGMA synchronous = {'OFF' if rehearsing() else 'FULL'}")
            verdict = self.db.conn.execute("PRAGMA quick_check").fetchone()[0]
            if verdict != "ok":
                raise sqlite3.DatabaseError(verdict)
        known = {migration.name for migration in migrations.pending(self.db)} | {
            migration.name for migration in migrations.applied(self.db)
        }
        ours = {migration.name for migration in migrations._migrations}  # noqa: SLF001 - the list has no public name
        if known - ours:
            raise LedgerError(f"台账 {self.path} 由更新版本的程序写成。请升级本程序后再打开。")
        failpoint("ledger.before_migrations")
        # Before the tables: a file that was killed half-way is ours and is finished at the next start.
        self.db.conn.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        migrations.apply(self.db)
        failpoint("ledger.after_migrations")

    def close(self) -> None:
        """Close the file."""
        self.db.close()

    @contextmanager
    def atomic(self) -> Generator[None, None, None]:
        """One transaction; taking the write lock at once so that two processes cannot deadlock half-way."""
        if self.db.conn.in_transaction:
            try:
                with self.db.atomic():
                    yield
            except BaseException:
                self._undone()
                raise
            return
        self.db.conn.execute("BEGIN IMMEDIATE")
        try:
            failpoint("ledger.begun")
            yield
            failpoint("ledger.before_commit")
            self.db.conn.commit()
        except BaseException:
            # A commit that failed (disk full, I/O error) leaves its transaction open: what follows would join it.
            self.db.conn.rollback()
            self._undone()
            raise
        failpoint("ledger.after_commit")

    def _undone(self) -> None:
        """What was written, and perhaps remembered, is gone again."""
        self._edits += 1
        self._posted += 1
        self._remembered = None
        self._keys = (-1, {})

    def _touch(self, digest: str) -> None:
        """A mail or its meaning is being written."""
        self._edits += 1
        if self._remembered is not None:
            self._remembered.touched.add(digest)

    @property
    def edition(self) -> Edition:
        """Another one whenever a mail, a filing or an answer may have changed, by this connection or by another."""
        return self._edits, self._version

    @property
    def _version(self) -> int:
        """Another one whenever another connection has written."""
        return int(self.db.conn.execute("PRAGMA data_version").fetchone()[0])

    # ------------------------------------------------------------------ mails

    def digests(self) -> frozenset[str]:
        """Digests of all mails that were taken in."""
        return frozenset(digest for (digest,) in self.db.conn.execute("SELECT digest FROM messages"))

    def has_message(self, digest: str) -> bool:
        """True when this mail was taken in before."""
        return bool(self.db.conn.execute("SELECT 1 FROM messages WHERE digest = ?", [digest]).fetchone())

    def message_id_seen(self, message_id: str, digest: str) -> str:
        """Digest of another mail with the same Message-ID, or the empty string."""
        row = self.db.conn.execute(
            "SELECT digest FROM messages WHERE message_id = ? AND digest <> ? ORDER BY received_at LIMIT 1",
            [message_id, digest],
        ).fetchone()
        return str(row[0]) if row else ""

    def add_message(self, message: StoredMessage, opened: Opened) -> None:
        """Store a mail with what its files said; known mails stay as they are."""
        failpoint("ledger.before_message")
        self._touch(message.digest)
        self.db.conn.execute(
            "INSERT OR IGNORE INTO messages VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)",
            [
                message.digest,
                _utc(message.received_at),
                message.folder,
                message.origin,
                message.size,
                message.message_id,
                message.subject,
                message.sender,
                message.screening.verdict,
                codec.dump(message.screening, Screening),
                int(message.answerable),
                codec.pack(opened, Opened),
                message.trouble,
            ],
        )

    def messages(self, *, since: datetime | None = None, until: datetime | None = None) -> tuple[StoredMessage, ...]:
        """Mails in order of receipt (both bounds inclusive)."""
        rows = self.db.conn.execute(
            f"SELECT {_COLUMNS}"  # noqa: S608 - a constant
            " FROM messages WHERE received_at BETWEEN ? AND ? ORDER BY received_at, digest",
            [_utc(since) if since else "", _utc(until) if until else "~"],
        )
        return tuple(_message(row) for row in rows)

    def message(self, digest: str) -> StoredMessage | None:
        """One mail by its digest (or an unambiguous beginning of at least six characters)."""
        rows = self.db.conn.execute(
            f"SELECT {_COLUMNS}"  # noqa: S608 - a constant
            " FROM messages WHERE digest = ? OR (length(?) >= 6 AND digest LIKE ? || '%') LIMIT 2",
            [digest, digest, digest],
        ).fetchall()
        return _message(rows[0]) if len(rows) == 1 else None

    def opened(self, digest: str) -> Opened:
        """What the files of a mail said."""
        row = self.db.conn.execute("SELECT opened FROM messages WHERE digest = ?", [digest]).fetchone()
        return codec.unpack(row[0], Opened)

    # ------------------------------------------------------------------ filings

    def put_filing(self, filing: Filing, *, config: str) -> None:
        """Store or replace what a mail means, with its records, figures, remarks and questions."""
        with self.atomic():
            self._touch(filing.digest)
            run = self.db.conn.execute
            run(
                "DELETE FROM quantities WHERE record IN (SELECT id FROM records WHERE digest = ?)",
                [filing.digest],
            )
            for table in ("records", "remarks", "questions", "filings"):
                run(f"DELETE FROM {table} WHERE digest = ?", [filing.digest])  # noqa: S608 - names from the line above
            run(
                "INSERT INTO filings VALUES (?,?,?,?,?,?,?,?)",
                [
                    filing.digest,
                    filing.kind,
                    filing.other,
                    filing.unit,
                    filing.period,
                    int(filing.stamped),
                    config,
                    codec.dump(filing, Filing),
                ],
            )
            failpoint("ledger.filing_begun")
            for record in filing.records:
                locus = record.loci[0] if record.loci else None
                row = run(
                    "INSERT INTO records (digest, item, status, progress, confidence, doubtful, part, place)"
                    " VALUES (?,?,?,?,?,?,?,?)",
                    [
                        filing.digest,
                        record.match.item,
                        record.status,
                        record.progress,
                        record.match.confidence,
                        int(record.doubtful),
                        locus.part if locus else "",
                        locus.place if locus else "",
                    ],
                ).lastrowid
                self.db.conn.executemany(
                    "INSERT INTO quantities VALUES (?,?,?,?,?,?,?)",
                    [
                        (row, figure.value, figure.unit, figure.of, figure.scope, figure.locus.part, figure.locus.place)
                        for figure in record.quantities
                    ],
                )
            self.db.conn.executemany(
                "INSERT INTO remarks VALUES (?,?,?,?,?,?)",
                [
                    (filing.digest, kind, remark.text, json.dumps(remark.items), remark.locus.part, remark.locus.place)
                    for kind, remarks in (
                        ("problem", filing.problems),
                        ("next_step", filing.next_steps),
                        ("off_plan", filing.off_plan),
                    )
                    for remark in remarks
                ],
            )
            self.db.conn.executemany(
                "INSERT OR REPLACE INTO questions VALUES (?,?,?,?)",
                [(asked.key, asked.digest, asked.kind, codec.dump(asked, Question)) for asked in filing.questions],
            )
            failpoint("ledger.filing_done")

    def hold_under(self, config: str) -> None:
        """Say of every filing that it holds under this configuration as it stands."""
        self.db.conn.execute("UPDATE filings SET config = ?", [config])

    def filings(
        self, *, since: datetime | None = None, until: datetime | None = None
    ) -> tuple[tuple[StoredMessage, Filing], ...]:
        """Every mail with its meaning as read, in order of receipt; decisions are not yet applied."""
        return self._up_to_date().mails.between(since, until)

    def found(self, find: Finder[T], *, since: datetime | None = None, until: datetime | None = None) -> tuple[T, ...]:
        """What a pure function finds in the mails of a span, in order of receipt; where it is ``None``, left out.

        Each mail is looked at once, not at every question: of thousands a few may hold anything.
        """
        remembered = self._up_to_date()
        if find not in remembered.found:
            row = remembered.found[find] = _Row()
            for received, digest in remembered.mails.order:
                row.put(received, digest, find(*remembered.mails.held[digest]))
        return remembered.found[find].between(since, until)

    def _up_to_date(self) -> _Remembered:
        """All mails with their meaning; of those remembered only what was written since is read again."""
        version = self._version
        remembered = self._remembered
        if remembered is None or remembered.version != version:
            remembered = _Remembered(version)
            for row in self.db.conn.execute(f"{_FILED} ORDER BY received_at, digest"):
                remembered.take(row)
            self._remembered = remembered
        else:
            for digest in remembered.touched:
                for row in self.db.conn.execute(f"{_FILED} WHERE digest = ?", [digest]):
                    remembered.take(row)
            remembered.touched.clear()
        return remembered

    def filing(self, digest: str) -> Filing | None:
        """What one mail means as read, or ``None`` when it is not known."""
        if self._remembered is not None:
            # Facts are asked for far more often than mails come in.
            known = self._up_to_date().mails.held.get(digest)
            return known[1] if known else None
        row = self.db.conn.execute("SELECT data FROM filings WHERE digest = ?", [digest]).fetchone()
        return codec.load(row[0], Filing) if row else None

    # ------------------------------------------------------------------ decisions

    def add_decision(self, decision: Decision) -> bool:
        """Remember an answer; False when this very answer is known."""
        self._edits += 1
        cursor = self.db.conn.execute(
            "INSERT OR IGNORE INTO decisions VALUES (?,?,?,?)",
            [decision_key(decision), _utc(decision.at), decision.digest, codec.dump(decision, Decision)],
        )
        return cursor.rowcount == 1

    def decisions(self, *, until: datetime | None = None) -> tuple[Decision, ...]:
        """Answers in the order they were given."""
        edition = self.edition
        if self._answers is None or self._answers[0] != edition:
            rows = self.db.conn.execute("SELECT at, data FROM decisions ORDER BY at, key").fetchall()
            found = tuple(codec.load(data, Decision) for _, data in rows)
            self._answers = (edition, [at for at, _ in rows], found)
        _, times, given = self._answers
        return given[: bisect_right(times, _utc(until)) if until else None]

    # ------------------------------------------------------------------ the outbox

    def enqueue(self, letter: OutgoingLetter) -> bool:
        """Put a letter into the outbox; False when its key is there already, whatever became of it."""
        self._posted += 1
        cursor = self.db.conn.execute(
            "INSERT OR IGNORE INTO outbox VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,0)",
            [
                letter.key,
                letter.kind,
                letter.period,
                letter.unit,
                json.dumps(letter.to),
                json.dumps(letter.copies),
                letter.subject,
                letter.message_id,
                letter.state,
                _utc(letter.queued_at),
                _utc(letter.not_before),
                letter.attempts,
                letter.reply,
                _utc(letter.settled_at) if letter.settled_at else None,
            ],
        )
        if cursor.rowcount != 1:
            return False
        self._keys[1].pop(letter.period, None)
        self.db.conn.execute("INSERT INTO letter_bytes VALUES (?, ?)", [letter.key, letter.data])
        return True

    def letters(
        self,
        *,
        states: Iterable[LetterState] = (),
        kinds: Iterable[NoticeKind] = (),
        unit: str | None = None,
        period: str | None = None,
        until: datetime | None = None,
        with_data: bool = False,
    ) -> tuple[OutgoingLetter, ...]:
        """Letters in the order they were queued; without their bytes unless asked.

        Every argument narrows the choice, so that a round of today does not read the letters of all years.
        """
        wanted: list[tuple[str, tuple[str, ...]]] = []
        for column, values in (("state", tuple(states)), ("kind", tuple(kinds))):
            if values:
                wanted.append((f"{column} IN ({','.join('?' * len(values))})", values))
        for condition, value in (
            ("unit = ?", unit),
            ("period = ?", period),
            ("queued_at <= ?", _utc(until) if until else None),
        ):
            if value is not None:
                wanted.append((condition, (value,)))
        where = " AND ".join(condition for condition, _ in wanted) or "TRUE"
        rows = self.db.conn.execute(
            f"SELECT {_LETTER}, {'data' if with_data else _NO_BYTES} FROM outbox"  # noqa: S608 - conditions from above, values as parameters
            f" {'JOIN letter_bytes USING (key)' if with_data else ''} WHERE {where} ORDER BY queued_at, outbox.rowid",
            [value for _, values in wanted for value in values],
        )
        return tuple(_letter(row) if with_data else self._letter(row) for row in rows)

    def _letter(self, row: tuple[Any, ...]) -> OutgoingLetter:
        """Decode a letter's row once: the queue is read anew for each that leaves."""
        known = self._letters.get(row[0])
        if known is None or known[0] != row:
            known = (row, _letter(row))
            self._letters[row[0]] = known
        return known[1]

    def sent_letters(self, *, until: datetime) -> tuple[SentLetter, ...]:
        """Letters that had left, or may have, of those queued by an instant; no more of them than a reader needs."""
        # Asked for with every mail: read again only when a letter may have changed.
        edition = (self._posted, self._version)
        if self._sent is None or self._sent[0] != edition:
            rows = self.db.conn.execute(
                "SELECT queued_at, message_id, key, kind, unit, period FROM outbox WHERE state IN (?, ?)"
                " ORDER BY queued_at, rowid",
                [LetterState.SENT, LetterState.UNSURE],
            ).fetchall()
            found = tuple(SentLetter(row[1], row[2], NoticeKind(row[3]), row[4], row[5]) for row in rows)
            self._sent = (edition, [row[0] for row in rows], found)
        _, times, letters = self._sent
        return letters[: bisect_right(times, _utc(until))]

    def addressed(self, *, since: datetime, before: datetime) -> tuple[tuple[str, ...], ...]:
        """To whom each letter went that left, or may have left, in a span."""
        rows = self.db.conn.execute(
            # The plus keeps SQLite from walking through all letters that ever left.
            "SELECT recipients FROM outbox WHERE +state IN (?, ?) AND settled_at >= ? AND settled_at < ?",
            [LetterState.SENT, LetterState.UNSURE, _utc(since), _utc(before)],
        )
        return tuple(tuple(json.loads(row[0])) for row in rows)

    def letter_keys(self, period: str) -> frozenset[str]:
        """Keys of all letters of a month there ever were: what has its letter is not due again."""
        version = self._version
        if self._keys[0] != version:
            self._keys = (version, {})
        known = self._keys[1]
        if period not in known:
            rows = self.db.conn.execute("SELECT key FROM outbox WHERE period = ?", [period])
            known[period] = frozenset(row[0] for row in rows.fetchall())
        return known[period]

    def letter_counts(self) -> dict[LetterState, int]:
        """How many letters stand in each state; states without letters have none."""
        found = dict(self.db.conn.execute("SELECT state, count(*) FROM outbox GROUP BY state").fetchall())
        return {state: found.get(state, 0) for state in LetterState}

    def letter(self, key: str) -> OutgoingLetter | None:
        """One letter with its bytes."""
        row = self.db.conn.execute(
            f"SELECT {_LETTER}, data FROM outbox JOIN letter_bytes USING (key) WHERE key = ?",  # noqa: S608 - a constant
            [key],
        ).fetchone()
        return _letter(row) if row else None

    def replace_bytes(self, key: str, *, data: bytes, subject: str) -> None:
        """Give a letter that still waits the text that is true now."""
        changed = self.db.conn.execute(
            "UPDATE outbox SET subject = ? WHERE key = ? AND state IN ('queued', 'held')", [subject, key]
        )
        if changed.rowcount:
            self.db.conn.execute("UPDATE letter_bytes SET data = ? WHERE key = ?", [data, key])

    def move_letter(
        self,
        key: str,
        state: LetterState,
        *,
        at: datetime,
        only_from: tuple[LetterState, ...],
        result: SendResult | None = None,
        not_before: datetime | None = None,
        counts: bool = True,
    ) -> bool:
        """Step a letter's life; False when it is not in one of the states it may step from.

        A claim (``SENDING``) counts as a try and begins before the final dot, see :meth:`mark_at_dot`; with
        ``counts`` false the try that ends here was none, because no server was spoken to.
        """
        failpoint("ledger.before_step")
        self._posted += 1
        settled = state not in (LetterState.HELD, LetterState.QUEUED, LetterState.SENDING)
        marks = ",".join("?" * len(only_from))
        reply = f"{result.code} {result.reply}（{result.because}）" if result else None
        cursor = self.db.conn.execute(
            "UPDATE outbox SET state = ?, settled_at = ?, reply = coalesce(?, reply),"  # noqa: S608 - marks
            f" not_before = coalesce(?, not_before), attempts = attempts + ?, at_dot = 0"
            f" WHERE key = ? AND state IN ({marks})",
            [
                state,
                _utc(at) if settled else None,
                reply,
                _utc(not_before) if not_before else None,
                1 if state == LetterState.SENDING else 0 if counts else -1,
                key,
                *only_from,
            ],
        )
        return cursor.rowcount == 1

    def look_again(self, key: str, *, not_before: datetime) -> None:
        """When to look the next time for an unsure letter."""
        self.db.conn.execute(
            "UPDATE outbox SET not_before = ? WHERE key = ? AND state = 'unsure'", [_utc(not_before), key]
        )

    def mark_at_dot(self, key: str) -> None:
        """Remember that the text of a claimed letter is out: from here on nobody knows until the server answers."""
        failpoint("ledger.before_at_dot")
        self.db.conn.execute("UPDATE outbox SET at_dot = 1 WHERE key = ? AND state = 'sending'", [key])

    def at_dot(self, key: str) -> bool:
        """Whether the claim of a letter had reached the final dot."""
        row = self.db.conn.execute("SELECT at_dot FROM outbox WHERE key = ?", [key]).fetchone()
        return bool(row and row[0])

    # ------------------------------------------------------------------ events

    def note(self, kind: str, *, at: datetime, data: dict[str, Any]) -> None:
        """Record that something happened, in the transaction in which it did."""
        self.db.conn.execute(
            "INSERT INTO events (at, kind, data) VALUES (?,?,?)",
            [_utc(at), kind, json.dumps(data, ensure_ascii=False, sort_keys=True)],
        )

    def unjournaled(self) -> tuple[tuple[int, str, str, dict[str, Any]], ...]:
        """Events that the journal file does not hold yet: (seq, at, kind, data)."""
        rows = self.db.conn.execute("SELECT id, at, kind, data FROM events WHERE journaled = 0 ORDER BY id")
        return tuple((row[0], row[1], row[2], json.loads(row[3])) for row in rows)

    def mark_journaled(self, upto: int) -> None:
        """Remember that all events up to this one are in the journal file."""
        failpoint("ledger.before_marking")
        self.db.conn.execute("UPDATE events SET journaled = 1 WHERE journaled = 0 AND id <= ?", [upto])

    def last_journaled(self) -> int:
        """Number of the last event that the journal file holds, 0 for none."""
        return int(self.db.conn.execute("SELECT coalesce(max(id), 0) FROM events WHERE journaled = 1").fetchone()[0])

    def journaled(self, *, after: int = 0) -> Iterator[tuple[int, str, str, dict[str, Any]]]:
        """Events behind a number that were handed over to the journal file, in order: (seq, at, kind, data)."""
        rows = self.db.conn.execute(
            "SELECT id, at, kind, data FROM events WHERE journaled = 1 AND kind != 'rebuilt' AND id > ? ORDER BY id",
            [after],
        )
        return ((row[0], row[1], row[2], json.loads(row[3])) for row in rows)

    def hand_over_again(self, *, after: int) -> bool:
        """Let all events behind a line go into the journal file anew; False where not all of them are here."""
        held, last = self.db.conn.execute(
            "SELECT count(*), coalesce(max(id), 0) FROM events WHERE id > ? AND kind != 'rebuilt'", [after]
        ).fetchone()
        if held != last - after:
            return False
        self.db.conn.execute("UPDATE events SET journaled = 0 WHERE id > ?", [after])
        return True

    def continue_events_after(self, seq: int) -> None:
        """Let the next event follow the journal's last line (a rebuilt ledger starts behind an old journal)."""
        self.db.conn.execute(
            "INSERT INTO events (id, at, kind, data, journaled) SELECT ?, '', 'rebuilt', '{}', 1"
            " WHERE NOT EXISTS (SELECT 1 FROM events WHERE id >= ?)",
            [seq, seq],
        )

    def forget_events(self, *, after: int) -> None:
        """Take back what was noted behind an event, numbers too: a rebuild tells again what was told long ago."""
        self.db.conn.execute("DELETE FROM events WHERE id > ?", [after])
        self.db.conn.execute("UPDATE sqlite_sequence SET seq = ? WHERE name = 'events'", [after])

    @property
    def last_event(self) -> int:
        """Number of the newest event, 0 where nothing ever happened."""
        return int(self.db.conn.execute("SELECT coalesce(max(id), 0) FROM events").fetchone()[0])

    def events(self, *, kind: str = "", after: int = 0) -> tuple[tuple[str, str, dict[str, Any]], ...]:
        """(at, kind, data) of everything that happened behind an event, or of one kind."""
        rows = self.db.conn.execute(
            "SELECT at, kind, data FROM events WHERE id > ? AND ? IN ('', kind) ORDER BY id", [after, kind]
        )
        return tuple((row[0], row[1], json.loads(row[2])) for row in rows)

    # ------------------------------------------------------------------ operational state

    def fact(self, name: str, default: str = "") -> str:
        """A remembered operational fact: last successful poll, failures in a row, ..."""
        row = self.db.conn.execute("SELECT value FROM facts WHERE name = ?", [name]).fetchone()
        return str(row[0]) if row else default

    def set_fact(self, name: str, value: str) -> None:
        """Remember an operational fact."""
        self.db.conn.execute("INSERT OR REPLACE INTO facts VALUES (?,?)", [name, value])

    def cursor(self, name: str) -> str:
        """A mail source's cursor as JSON text, or the empty string."""
        row = self.db.conn.execute("SELECT value FROM cursors WHERE name = ?", [name]).fetchone()
        return str(row[0]) if row else ""

    def set_cursor(self, name: str, value: str) -> None:
        """Move a mail source's cursor."""
        failpoint("ledger.before_cursor")
        self.db.conn.execute("INSERT OR REPLACE INTO cursors VALUES (?,?)", [name, value])

    def set_not_fetched(self, mails: tuple[NotFetched, ...]) -> None:
        """The visible list of mails that the server listed and that could not be fetched."""
        with self.atomic():
            self.db.conn.execute("DELETE FROM not_fetched")
            self.db.conn.executemany(
                "INSERT OR REPLACE INTO not_fetched VALUES (?,?,?,?)",
                [(mail.folder, mail.uid, mail.size, mail.reason) for mail in mails],
            )

    def not_fetched(self) -> tuple[NotFetched, ...]:
        """See :meth:`set_not_fetched`."""
        return tuple(NotFetched(*row) for row in self.db.conn.execute("SELECT * FROM not_fetched ORDER BY folder, uid"))

    # ------------------------------------------------------------------ proof

    def dump(self) -> str:
        """Canonical text of everything that a replay must give again, one JSON line a row.

        Left out: cursors, facts, the not-fetched list and events (operational), row numbers, and the folder and
        origin of a mail (a mail that moves stays the same mail).
        """
        run = self.db.conn.execute
        lines: list[tuple[Any, ...]] = [
            ("message", *row)
            for row in run(
                "SELECT digest, received_at, size, message_id, subject, sender, because, trouble"
                " FROM messages ORDER BY digest"
            )
        ]
        lines.extend(("filing", *row) for row in run("SELECT digest, config, data FROM filings ORDER BY digest"))
        lines.extend(("decision", *row) for row in run("SELECT key, data FROM decisions ORDER BY key"))
        lines.extend(
            ("letter", *row[:3], hashlib.sha256(row[3]).hexdigest())
            for row in run("SELECT key, message_id, state, data FROM outbox JOIN letter_bytes USING (key) ORDER BY key")
        )
        return "\n".join(json.dumps(line, ensure_ascii=False) for line in lines)


#: Primary result codes of SQLite that mean "the bytes are wrong" (SQLITE_CORRUPT, SQLITE_NOTADB).
_WRONG_BYTES = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})


def is_damage(error: sqlite3.Error) -> bool:
    """Whether SQLite's complaint is about the file's bytes, and not about a lock, the disk or its rights."""
    if isinstance(error, sqlite3.OperationalError) and getattr(error, "sqlite_errorcode", None) is None:
        return False
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) or sqlite3.SQLITE_CORRUPT
    return (code & 0xFF) in _WRONG_BYTES


def _trouble(path: Path | None, error: sqlite3.Error) -> LedgerError:
    """SQLite's complaint as a sentence with its remedy."""
    if is_damage(error):
        return LedgerDamaged(
            f"台账文件 {path} 已损坏（{error}）。启动服务时会自动把它改名保留，并由存档和日志重建；"
            "也可先停止服务，把该文件改名，再执行 yuebao replay。"
        )
    if "locked" in str(error):
        return LedgerError(f"台账文件 {path} 正被另一个程序占用。请关闭打开它的程序（如数据库查看工具）后再试。")
    if "full" in str(error):
        return LedgerError(f"磁盘已满，台账文件 {path} 写不进去。请清出空间后再试。")
    return LedgerError(f"台账文件 {path} 打不开（{error}）。请检查该文件和所在文件夹的读写权限及磁盘。")


def _guard(path: Path) -> None:
    """Have a file that only its owner can read: SQLite would create it readable for everybody."""
    try:
        if not path.exists():
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        elif os.name != "nt" and path.stat().st_mode & 0o077:
            path.chmod(0o600)
    except OSError as error:
        raise LedgerError(
            f"台账文件 {path} 不能由本程序读写（{error.strerror}）。请把文件和文件夹的所有者改为运行本程序的用户。"
        ) from error


def _message(row: Any) -> StoredMessage:  # noqa: ANN401 - a row of sqlite3
    """Row → value; the columns in the order of the SELECTs above."""
    return StoredMessage(
        digest=row[0],
        received_at=datetime.fromisoformat(row[1]),
        folder=row[2],
        origin=row[3],
        size=row[4],
        message_id=row[5],
        subject=row[6],
        sender=row[7],
        screening=codec.load(row[8], Screening) if row[8] else Screening(Verdict.PERSON, ""),
        answerable=bool(row[9]),
        trouble=row[10],
    )


def _letter(row: Any) -> OutgoingLetter:  # noqa: ANN401 - a row of sqlite3
    """Row → value; the columns of :data:`_LETTER`, then the bytes."""
    return OutgoingLetter(
        key=row[0],
        kind=NoticeKind(row[1]),
        period=row[2],
        unit=row[3],
        to=tuple(json.loads(row[4])),
        copies=tuple(json.loads(row[5])),
        subject=row[6],
        message_id=row[7],
        state=LetterState(row[8]),
        queued_at=datetime.fromisoformat(row[9]),
        not_before=datetime.fromisoformat(row[10]),
        attempts=row[11],
        reply=row[12],
        settled_at=datetime.fromisoformat(row[13]) if row[13] else None,
        data=row[14],
    )
