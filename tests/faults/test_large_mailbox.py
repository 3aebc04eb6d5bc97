"""F14: ten thousand mails in the mailbox, six hundred of them relevant: first start and steady poll, in bounded memory.

A tenth of it at every change, all of it before a release.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from pipeline.adapters.archive import Archive
from pipeline.adapters.ledger.ledger import Ledger
from pipeline.app import LEDGER
from tests.faults.crashloop import Worker
from tests.faults.fullmonth import UNITS, address, full, report_text
from tests.faults.month import at, mail
from tests.faults.scale import RELEASE
from tests.support.imapscript import Mail, ScriptedImap

ROOT = Path(__file__).resolve().parents[2]
MAILS = 10_000 if RELEASE else 1_000
#: Every so many mails one is a report.
RELEVANT = 17
MEBIBYTES = 300
#: First start: twenty minutes for ten thousand mails; steady poll: two seconds (on a machine of our own).
FIRST_SECONDS = 1200 * MAILS / 10_000
STEADY_SECONDS = 2.0 if RELEASE else 5.0


def mailbox(count: int) -> list[Mail]:
    """So many small mails, every seventeenth from a unit."""
    found = []
    for number in range(count):
        when = at(1) + timedelta(minutes=number)
        if number % RELEVANT == 0:
            unit = number // RELEVANT % len(UNITS)
            body = report_text(unit, month=8, more=f"第{number}件。")
            data = mail(number, when, sender=address(unit), subject=f"{UNITS[unit]}8月报告", body=body)
        else:
            data = mail(number, when, sender=f"s{number}@other.example", subject=f"通知{number}", body="请参会。\n")
        found.append(Mail(number + 1, data))
    return found


@contextmanager
def order(home: Path, server: ScriptedImap, *, minutes: int = 0) -> Iterator[dict[str, object]]:
    """One wake-up of the program against the server; nothing is sent."""
    report = home.parent / "report.json"
    yield {
        "home": str(home), "imap": server.port, "smtp": 9, "report": str(report),
        "at": (at(9) + timedelta(minutes=minutes)).isoformat(), "child": RELEASE,
    }  # fmt: skip


def test_ten_thousand_mails(tmp_path: Path, record_property: object) -> None:
    """The first start archives and files all of them, the next poll finds nothing new; never over 300 MB."""
    home = tmp_path / "home"
    full().write_config(home, ROOT)
    mails = mailbox(MAILS)
    with ScriptedImap(mails) as server, Worker() as worker:
        with order(home, server) as first:
            code, seconds, told = worker.run(first)
        assert (code, told["error"]) == (0, "")
        assert worker.mebibytes < MEBIBYTES
        assert seconds < FIRST_SECONDS
        first_run = (seconds, worker.mebibytes)
        with order(home, server, minutes=10) as steady:
            code, seconds, told = worker.run(steady)
        assert (code, told["error"]) == (0, "")
        assert worker.mebibytes < MEBIBYTES
        assert seconds < STEADY_SECONDS
    print(json.dumps({"mails": MAILS, "first": first_run, "steady": (seconds, worker.mebibytes)}))  # noqa: T201 - figures
    archive, ledger = Archive(home / "inbox_archive"), Ledger(home / LEDGER)
    try:
        assert len(archive) == MAILS
        assert len(ledger.messages()) == MAILS
        filed = [filing for _, filing in ledger.filings() if filing.unit and filing.period == "2022-08"]
        assert len(filed) >= 0.95 * (MAILS / RELEVANT)
    finally:
        ledger.close()
