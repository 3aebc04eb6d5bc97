"""What the ledger remembers of its mails is, after whatever was written, what one opened afresh reads."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.adapters.ledger.ledger import Ledger, StoredMessage
from pipeline.model import Filing, Letter, MailKind, Opened, OtherKind, Screening, Verdict

NOON = datetime(2022, 9, 8, 12, tzinfo=UTC)
#: Who writes: this connection, by itself or in a transaction that is taken back, wholly or a part; or another one.
WAYS = ("plain", "taken back", "part taken back", "part taken back after a look", "another")


def _write(ledger: Ledger, number: int, period: str) -> None:
    """Store a mail, where it is not known, with a meaning; two share an instant of receipt, later ones come earlier."""
    digest = f"{number:064x}"
    at = NOON - timedelta(minutes=number // 2)
    who = Screening(Verdict.PERSON, "无自动邮件标志")
    stored = StoredMessage(digest, at, "INBOX", f"{number}.eml", 10, "", "", "", who, answerable=True, trouble="")
    with ledger.atomic():
        ledger.add_message(
            stored, Opened(Letter(digest, "", "", None, "", (), "", (), None, None, (), "", ()), (), (), ())
        )
        ledger.put_filing(Filing(digest, MailKind.REPORT, OtherKind.NONE, "县文旅局", period, stamped=False), config="")


class _TakenBack(Exception):
    pass


def _play(ledger: Ledger, way: str, number: int, period: str) -> None:
    def write() -> None:
        _write(ledger, number, period)

    def fail(then: Callable[[], object] = tuple) -> None:
        with contextlib.suppress(_TakenBack), ledger.atomic():
            write()
            then()
            raise _TakenBack

    if way == "plain":
        write()
    elif way == "taken back":
        fail()
    elif way == "another":
        assert ledger.path is not None
        with closing(Ledger(ledger.path)) as other:
            _write(other, number, period)
    else:
        with ledger.atomic():
            _write(ledger, number + 1, period)
            fail(ledger.filings if way.endswith("look") else tuple)


STEP = st.tuples(st.sampled_from(WAYS), st.integers(0, 5), st.sampled_from(("2022-07", "2022-08")), st.booleans())


@settings(max_examples=60, deadline=None)
@given(st.lists(STEP, min_size=1, max_size=8))
def test_what_is_remembered_is_what_is_there(steps: list[tuple[str, int, str, bool]]) -> None:
    """All mails in order, those of a span and each alone, asked for after every step or only after some."""
    with (
        tempfile.TemporaryDirectory() as folder,
        closing(Ledger(Path(folder) / "ledger.db")) as ledger,
        # Writes nothing, so that whatever is written is another's to it, and read from the beginning.
        closing(Ledger(ledger.path)) as fresh,
    ):
        ledger.filings()
        for way, number, period, look in steps:
            _play(ledger, way, number, period)
            if look:
                assert ledger.filings() == fresh.filings()
                span = {"since": NOON - timedelta(minutes=2), "until": NOON - timedelta(minutes=1)}
                assert ledger.filings(**span) == fresh.filings(**span)
                each = [f"{one:064x}" for one in range(7)]
                assert [ledger.filing(one) for one in each] == [fresh.filing(one) for one in each]
