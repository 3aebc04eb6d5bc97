"""The ledger gives back what it was given, refuses what is not its own, and does nothing by half."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlite_utils import Database

from pipeline.adapters.durable import rehearsal
from pipeline.adapters.ledger.ledger import Ledger, StoredMessage
from pipeline.errors import LedgerError
from pipeline.model import (
    Action,
    Decision,
    Filing,
    Letter,
    LetterState,
    Locus,
    MailKind,
    Match,
    NotFetched,
    NoticeKind,
    Opened,
    OtherKind,
    OutgoingLetter,
    Quantity,
    Question,
    QuestionKind,
    Remark,
    ReportRecord,
    Screening,
    SendResult,
    SendVerdict,
    Status,
    Verdict,
)

NOON = datetime(2022, 9, 8, 12, tzinfo=UTC)
HERE = Locus("1", "第3段")


def message(digest: str = "a" * 64, *, minutes: int = 0) -> StoredMessage:
    """A stored mail."""
    return StoredMessage(
        digest, NOON + timedelta(minutes=minutes), "INBOX", "A01.eml", 1234, f"<{digest[:6]}@x.example>", "八月总结",
        "wlj@163.example", Screening(Verdict.PERSON, "无自动邮件标志"), answerable=True, trouble="",
    )  # fmt: skip


def opened(digest: str = "a" * 64) -> Opened:
    """What its files said."""
    return Opened(Letter(digest, "<a@x.example>", "八月总结", None, "", (), "", (), None, None, (), "正文", ()))


def filing(digest: str = "a" * 64) -> Filing:
    """A filing with one of everything."""
    figure = Quantity(3.2, "万元", "投资", HERE)
    return Filing(
        digest, MailKind.REPORT, OtherKind.NONE, "县文旅局", "2022-08", stamped=True,
        records=(ReportRecord(Match(34, 0.97), "建成1家。", Status.ON_TRACK, (figure,), (HERE,)),),
        problems=(Remark("资金不足。", (34,), HERE),),
        questions=(Question(QuestionKind.MATCH, digest, "1#第3段", "属于第34项吗？", "34"),),
    )  # fmt: skip


def outgoing(key: str = "remind:2022-08:县文旅局:1", state: LetterState = LetterState.QUEUED) -> OutgoingLetter:
    """A letter in the outbox."""
    return OutgoingLetter(
        key, NoticeKind.REMINDER, "2022-08", "县文旅局", ("wlj@163.example",), (), "催报", f"<{hash(key)}@x.example>",
        b"bytes", state, NOON, NOON,
    )  # fmt: skip


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    """A fresh ledger on disk."""
    return Ledger(tmp_path / "ledger.db")


def test_a_mail_and_its_meaning_come_back(ledger: Ledger) -> None:
    """Message, opened files and filing return equal, also after reopening."""
    with ledger.atomic():
        ledger.add_message(message(), opened())
        ledger.put_filing(filing(), config="c1")
    ledger.close()
    assert ledger.path is not None
    again = Ledger(ledger.path)
    assert again.filings() == ((message(), filing()),)
    assert again.opened("a" * 64) == opened()
    assert again.message("a" * 8) == message()


def test_filing_again_replaces_everything(ledger: Ledger) -> None:
    """A second filing of one mail leaves no row of the first behind."""
    ledger.add_message(message(), opened())
    ledger.put_filing(filing(), config="c1")
    empty = replace(filing(), records=(), problems=(), questions=())
    ledger.put_filing(empty, config="c2")
    counts = [ledger.db.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in  # noqa: S608 - own names
              ("records", "quantities", "remarks", "questions", "filings")]  # fmt: skip
    assert counts == [0, 0, 0, 0, 1]


def test_a_failed_transaction_leaves_nothing(ledger: Ledger) -> None:
    """An error half-way rolls back mail, filing and letter together."""

    def half_way() -> None:
        with ledger.atomic():
            ledger.add_message(message(), opened())
            ledger.put_filing(filing(), config="c1")
            ledger.enqueue(outgoing())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        half_way()
    assert ledger.messages() == ()
    assert ledger.letters() == ()


def test_a_key_is_queued_once(ledger: Ledger) -> None:
    """The second letter under one key is refused, whatever became of the first."""
    assert ledger.enqueue(outgoing())
    ledger.move_letter(outgoing().key, LetterState.DROPPED, at=NOON, only_from=(LetterState.QUEUED,))
    assert not ledger.enqueue(replace(outgoing(), message_id="<other@x.example>"))


def test_a_letter_steps_only_from_where_it_may(ledger: Ledger) -> None:
    """Two claims of one letter: one succeeds."""
    ledger.enqueue(outgoing())
    key = outgoing().key
    claims = [ledger.move_letter(key, LetterState.SENDING, at=NOON, only_from=(LetterState.QUEUED,)) for _ in "12"]
    assert claims == [True, False]
    result = SendResult(SendVerdict.ACCEPTED, 250, "Mail OK", "已接收")
    assert ledger.move_letter(key, LetterState.SENT, at=NOON, only_from=(LetterState.SENDING,), result=result)
    settled = ledger.letter(key)
    assert settled is not None
    assert (settled.state, settled.attempts, settled.settled_at) == (LetterState.SENT, 1, NOON)
    assert "已接收" in settled.reply


def test_decisions_keep_their_order_and_count_once(ledger: Ledger) -> None:
    """An answer given twice is one; they return in the order of time."""
    first = Decision(NOON, Action.UNIT, "a" * 64, value="县文旅局")
    second = Decision(NOON + timedelta(hours=1), Action.REFUSE, "b" * 64)
    assert [ledger.add_decision(second), ledger.add_decision(first), ledger.add_decision(first)] == [True, True, False]
    assert ledger.decisions() == (first, second)
    assert ledger.decisions(until=NOON) == (first,)


def test_mails_come_in_order_of_receipt(ledger: Ledger) -> None:
    """Whatever the order of filing, the order of receipt rules; bounds are inclusive."""
    for digest, minutes in (("b" * 64, 5), ("a" * 64, 0), ("c" * 64, 9)):
        ledger.add_message(message(digest, minutes=minutes), opened(digest))
    assert [found.digest[0] for found in ledger.messages()] == ["a", "b", "c"]
    assert [found.digest[0] for found in ledger.messages(since=NOON + timedelta(minutes=5))] == ["b", "c"]


def test_what_could_not_be_fetched_is_listed(ledger: Ledger) -> None:
    """The list is replaced as a whole."""
    ledger.set_not_fetched((NotFetched("INBOX", 7, 10, "断线"),))
    ledger.set_not_fetched((NotFetched("INBOX", 8, 10, "太大"),))
    assert ledger.not_fetched() == (NotFetched("INBOX", 8, 10, "太大"),)


def test_somebody_elses_database_is_refused(tmp_path: Path) -> None:
    """A file with other tables is not touched."""
    Database(tmp_path / "ledger.db")["photos"].insert({"id": 1})
    with pytest.raises(LedgerError, match="不是本系统的台账"):
        Ledger(tmp_path / "ledger.db")


def test_garbage_is_refused_with_the_remedy(tmp_path: Path) -> None:
    """A damaged file names the way back."""
    (tmp_path / "ledger.db").write_bytes(b"not a database, surely" * 500)
    with pytest.raises(LedgerError, match="yuebao replay"):
        Ledger(tmp_path / "ledger.db")


def test_a_newer_ledger_is_refused(ledger: Ledger) -> None:
    """A file that a later version migrated is not opened by an older one."""
    ledger.db["_sqlite_migrations"].insert({"migration_set": "ledger", "name": "m999_future", "applied_at": "2030"})
    ledger.close()
    assert ledger.path is not None
    with pytest.raises(LedgerError, match="更新版本"):
        Ledger(ledger.path)


def test_only_the_owner_may_read_it(ledger: Ledger) -> None:
    """The file is made for its owner alone."""
    assert ledger.path is not None
    assert ledger.path.stat().st_mode & 0o077 == 0


def test_a_single_statement_commits_by_itself(ledger: Ledger) -> None:
    """A cursor moved outside a transaction leaves none open: what follows is durable when it says so."""
    ledger.set_cursor("163", "{}")
    assert not ledger.db.conn.in_transaction
    with ledger.atomic():
        ledger.add_message(message(), opened())
    assert ledger.path is not None
    seen = sqlite3.connect(ledger.path)
    assert seen.execute("SELECT count(*) FROM messages").fetchone() == (1,)
    seen.close()


def test_foreign_keys_hold(ledger: Ledger) -> None:
    """A filing without its mail cannot be stored."""
    with pytest.raises(sqlite3.IntegrityError):
        ledger.put_filing(filing(), config="c1")


def test_what_changed_is_read_again(ledger: Ledger) -> None:
    """Mails and answers that were read before follow writing, taking back, and another connection's writing."""

    def half_way() -> None:
        with ledger.atomic():
            ledger.put_filing(replace(filing(), period="2022-07"), config="c1")
            ledger.add_decision(Decision(NOON, Action.REFUSE, "a" * 64))
            assert ledger.filings()[0][1].period == "2022-07"
            assert len(ledger.decisions()) == 1
            raise ZeroDivisionError

    with ledger.atomic():
        ledger.add_message(message(), opened())
        ledger.put_filing(filing(), config="c1")
    before = ledger.edition
    assert ledger.filings() == ((message(), filing()),)
    assert (ledger.edition, ledger.filings(until=NOON - timedelta(minutes=1))) == (before, ())
    with pytest.raises(ZeroDivisionError):
        half_way()
    assert ledger.filings() == ((message(), filing()),)
    assert ledger.decisions() == ()
    other = Ledger(ledger.path)
    other.put_filing(replace(filing(), period="2022-07"), config="c1")
    other.add_decision(Decision(NOON, Action.REFUSE, "a" * 64))
    other.close()
    assert ledger.filings()[0][1].period == "2022-07"
    assert len(ledger.decisions()) == 1
    assert ledger.edition != before


def test_who_was_written_to_is_told_without_the_letters(ledger: Ledger) -> None:
    """Receivers of what left in a span, and the few columns of what had left that a reader needs."""
    ledger.enqueue(outgoing())
    key = outgoing().key
    later = NOON + timedelta(hours=1)
    assert ledger.addressed(since=NOON, before=later) == ()
    assert ledger.sent_letters(until=later) == ()
    ledger.move_letter(key, LetterState.SENDING, at=NOON, only_from=(LetterState.QUEUED,))
    ledger.move_letter(key, LetterState.SENT, at=NOON, only_from=(LetterState.SENDING,))
    assert ledger.addressed(since=NOON, before=later) == (outgoing().to,)
    assert ledger.addressed(since=NOON - timedelta(hours=1), before=NOON) == ()
    assert [one.key for one in ledger.sent_letters(until=NOON)] == [key]
    assert ledger.sent_letters(until=NOON - timedelta(minutes=1)) == ()


def test_keys_of_a_months_letters_are_those_of_now(ledger: Ledger) -> None:
    """Remembered from look to look, but not past a letter that was added, one undone, or another program's."""

    def undone() -> None:
        with ledger.atomic():
            ledger.enqueue(outgoing())
            assert ledger.letter_keys("2022-08") == {outgoing().key}
            raise ZeroDivisionError

    assert ledger.letter_keys("2022-08") == frozenset()
    with pytest.raises(ZeroDivisionError):
        undone()
    assert ledger.letter_keys("2022-08") == frozenset()
    ledger.enqueue(outgoing())
    assert ledger.letter_keys("2022-08") == {outgoing().key}
    assert ledger.letter_keys("2022-07") == frozenset()
    other = Ledger(ledger.path)
    other.enqueue(replace(outgoing(), key="other", message_id="<other@x.example>"))
    other.close()
    assert ledger.letter_keys("2022-08") == {outgoing().key, "other"}


def test_only_in_a_rehearsal_the_ledger_waits_for_no_disk(tmp_path: Path) -> None:
    """A committed letter stays committed when the power goes; a simulated year need not."""
    with rehearsal():
        rehearsed = Ledger(tmp_path / "rehearsed.db")
    real = Ledger(tmp_path / "real.db")
    assert [one.db.execute("PRAGMA synchronous").fetchone()[0] for one in (rehearsed, real)] == [0, 2]
    rehearsed.close()
    real.close()


def test_a_mail_that_comes_in_does_not_have_the_others_read_again(ledger: Ledger) -> None:
    """The cost of a mail must not grow with the number of those there: only what was written is read."""
    ledger.filings()
    asked: list[str] = []
    ledger.db.conn.set_trace_callback(asked.append)
    for number in range(5):
        digest = f"{number:064x}"
        with ledger.atomic():
            ledger.add_message(message(digest, minutes=-number), opened(digest))
            ledger.put_filing(filing(digest), config="c1")
        assert len(ledger.filings()) == number + 1
    whole = [one for one in asked if "JOIN filings" in one and "WHERE" not in one]
    assert (whole, len([one for one in asked if "JOIN filings" in one])) == ([], 5)


def test_what_is_found_in_mails_follows_them(ledger: Ledger) -> None:
    """A finding is in order of receipt, made once a writing, and follows writing, taking back, and others' writing."""
    looked: list[str] = []

    def june(mail: StoredMessage, meaning: Filing) -> str | None:
        looked.append(mail.digest)
        return mail.digest if meaning.period == "2022-06" else None

    def file(digest: str, period: str, *, minutes: int = 0, by: Ledger = ledger) -> None:
        with by.atomic():
            by.add_message(message(digest, minutes=minutes), opened(digest))
            by.put_filing(replace(filing(digest), period=period), config="c1")

    def half_way() -> None:
        with ledger.atomic():
            file("a" * 64, "2022-07")
            assert ledger.found(june) == ("b" * 64,)
            raise ZeroDivisionError

    for digest, period, minutes in (("a", "2022-06", 3), ("b", "2022-07", 2), ("c", "2022-06", 1)):
        file(digest * 64, period, minutes=minutes)
    assert ledger.found(june) == ("c" * 64, "a" * 64)
    assert ledger.found(june, since=NOON + timedelta(minutes=2)) == ("a" * 64,)
    assert ledger.found(june, until=NOON + timedelta(minutes=2)) == ("c" * 64,)
    assert sorted(looked) == ["a" * 64, "b" * 64, "c" * 64]
    file("b" * 64, "2022-06")
    assert ledger.found(june) == ("c" * 64, "b" * 64, "a" * 64)
    assert looked[3:] == ["b" * 64]
    file("c" * 64, "2022-05")
    assert ledger.found(june) == ("b" * 64, "a" * 64)
    with pytest.raises(ZeroDivisionError):
        half_way()
    assert ledger.found(june) == ("b" * 64, "a" * 64)
    other = Ledger(ledger.path)
    file("a" * 64, "2022-05", by=other)
    other.close()
    assert ledger.found(june) == ("b" * 64,)


def test_letters_that_had_left_follow_the_outbox(ledger: Ledger) -> None:
    """They are read once, and again after a step, a step taken back, and another connection's step."""

    def sent() -> list[str]:
        return [one.key for one in ledger.sent_letters(until=NOON)]

    def leave(key: str, by: Ledger = ledger) -> None:
        by.move_letter(key, LetterState.SENT, at=NOON, only_from=(LetterState.QUEUED,))

    def half_way() -> None:
        with ledger.atomic():
            leave("b")
            assert sent() == ["a", "b"]
            raise ZeroDivisionError

    for key in ("a", "b", "c"):
        ledger.enqueue(outgoing(key))
    leave("a")
    assert sent() == ["a"]
    with pytest.raises(ZeroDivisionError):
        half_way()
    assert sent() == ["a"]
    other = Ledger(ledger.path)
    leave("c", other)
    other.close()
    assert sent() == ["a", "c"]
    asked: list[str] = []
    ledger.db.conn.set_trace_callback(asked.append)
    sent()
    assert [one for one in asked if "outbox" in one] == []
