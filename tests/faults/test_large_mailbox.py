"""F14: ten thousand mails in the mailbox, six hundred of them relevant, in bounded memory.

First start, steady poll, a change of the configuration with a kill in its middle.

A tenth of it at every change, opened in the process; all of it before a release, each mail opened in its child.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from pipeline.adapters.archive import Archive
from pipeline.adapters.failpoints import KILLED
from pipeline.adapters.ledger.ledger import Ledger
from pipeline.adapters.source import MemorySource
from pipeline.app import LEDGER
from pipeline.flows import facts, replay
from pipeline.flows.tick import tick
from pipeline.model import Filing, Opened
from tests.faults.crashloop import Worker
from tests.faults.desks import desk_in
from tests.faults.fullmonth import UNITS, address, full, report_text
from tests.faults.month import at, mail
from tests.faults.scale import RELEASE
from tests.support.imapscript import Mail, ScriptedImap

ROOT = Path(__file__).resolve().parents[2]
MAILS = 10_000 if RELEASE else 1_000
#: Every so many mails one is a report.
RELEVANT = 17
MEBIBYTES = 300
#: Of a processor, whatever else the machine does: twenty minutes for the first start of ten thousand mails, two seconds
#: for a steady poll, two minutes for understanding all of them anew.
FIRST_SECONDS = 1200 * MAILS / 10_000
STEADY_SECONDS = 2.0
ANEW_SECONDS = max(10.0, 120 * MAILS / 10_000)


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
def order(home: Path, server: ScriptedImap, *, minutes: int = 0, fail: str = "") -> Iterator[dict[str, object]]:
    """One wake-up of the program against the server; nothing is sent."""
    report = home.parent / "report.json"
    yield {
        "home": str(home), "imap": server.port, "smtp": 9, "report": str(report),
        "at": (at(9) + timedelta(minutes=minutes)).isoformat(), "child": RELEASE, "fail": fail,
    }  # fmt: skip


def test_ten_thousand_mails(tmp_path: Path, record_property: object) -> None:
    """First start, a poll that finds nothing new, an alias more in the directory and a kill amid it: within 300 MB."""
    home = tmp_path / "home"
    full().write_config(home, ROOT)
    mails = mailbox(MAILS)
    with ScriptedImap(mails) as server, Worker() as worker:
        with order(home, server) as first:
            code, seconds, told = worker.run(first)
        assert (code, told["error"]) == (0, "")
        assert worker.mebibytes < MEBIBYTES
        assert worker.busy < FIRST_SECONDS
        first_run = (worker.busy, seconds, worker.mebibytes)
        with order(home, server, minutes=10) as steady:
            code, seconds, told = worker.run(steady)
        assert (code, told["error"]) == (0, "")
        assert worker.mebibytes < MEBIBYTES
        assert worker.busy < STEADY_SECONDS
        steady_run = (worker.busy, seconds, worker.mebibytes)
        units = home / "config" / "units.yaml"
        text = units.read_text(encoding="utf-8")
        units.write_text(text.replace("aliases: [", "aliases: [另一个名字, ", 1), encoding="utf-8")
        with order(home, server, minutes=20, fail=f"ledger.filing_done:{MAILS // 2}") as struck:
            code, _, _ = worker.run(struck)
        assert code == KILLED
        with order(home, server, minutes=30) as anew:
            code, seconds, told = worker.run(anew)
        assert (code, told["error"]) == (0, "")
        assert worker.mebibytes < MEBIBYTES
        assert worker.busy < ANEW_SECONDS
        anew_run = (worker.busy, seconds, worker.mebibytes)
    print(json.dumps({"mails": MAILS, "first": first_run, "steady": steady_run, "anew": anew_run}))  # noqa: T201 - figures
    archive, ledger = Archive(home / "inbox_archive"), Ledger(home / LEDGER)
    try:
        assert len(archive) == MAILS
        assert len(ledger.messages()) == MAILS
        filed = [filing for _, filing in ledger.filings() if filing.unit and filing.period == "2022-08"]
        assert len(filed) >= 0.95 * (MAILS / RELEVANT)
        assert [data["changed"] for _, _, data in ledger.events(kind="config.in_force")] == [0, 0]
        assert ledger.fact("anew") == ""
    finally:
        ledger.close()


@pytest.mark.parametrize("says", ["nothing", "something"])
def test_a_mail_that_came_late_is_no_reason_to_read_all_others_again(tmp_path: Path, says: str) -> None:
    """Later mails lean on what earlier ones taught: they are read again where it taught anything, and only there."""
    source, counted = MemorySource(), Counter[str]()
    report = "县文旅局2022年8月服务业工作报告\n1. 发展乡村旅游：8月新建民宿{}家，累计建成民宿18家。\n"
    for number in range(4):
        body = report.format(number + 2)
        data = mail(number, at(7, 10), sender="wlj@unit.example", subject=f"8月报告{number}", body=body)
        source.deliver(data, received_at=at(7, 10, number))
    sender = "wlj@unit.example" if says == "something" else "stranger@other.example"
    body = report.format(9) if says == "something" else "请参会。\n"
    early = mail(9, at(7, 9), sender=sender, subject="8月报告" if says == "something" else "通知", body=body)
    with desk_in(tmp_path, at(7, 11), source=source) as desk:
        tick(desk)
        understand, known = desk.understand, facts.knowledge(desk, until=at(7, 10, 3))

        def counting(opened: Opened, **words: Any) -> Filing:
            counted[opened.letter.subject] += 1
            return understand(opened, **words)

        desk.understand = counting
        source.deliver(early, received_at=at(7, 9))
        tick(desk)
        assert counted.total() == (5 if says == "something" else 1)
        assert (facts.knowledge(desk, until=at(7, 10, 3)) == known) is (says == "nothing")
        assert replay.check(desk).differences == ()
