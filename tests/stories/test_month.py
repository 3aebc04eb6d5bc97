"""A month of the office, through the real flows over a folder of mails."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from pipeline.app import look_at, replay_home, simulate_months, verify
from pipeline.flows.facts import month_facts
from pipeline.model import LetterState

ROOT = Path(__file__).resolve().parents[2]
MAILS = ROOT / "tests" / "corpus" / "demo"
ZONE = ZoneInfo("Asia/Shanghai")


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's September, played once."""
    out = tmp_path_factory.mktemp("month") / "out"
    played = simulate_months(
        ROOT,
        mails=MAILS,
        since=date(2022, 9, 1),
        until=date(2022, 9, 15),
        out=out,
        decisions=MAILS / "decisions.json",
        say=lambda _line: None,
    )
    assert any("演练完成" in line for line in played)
    return out


def letters(out: Path) -> list[EmailMessage]:
    """Every letter that left, in order."""
    found = []
    for path in sorted((out / "letters").glob("*.eml")):
        parsed = message_from_bytes(path.read_bytes(), policy=policy.default)
        assert isinstance(parsed, EmailMessage)
        found.append(parsed)
    return found


def status(out: Path, at: datetime) -> dict[str, Any]:
    """``status --json`` of August at an instant."""
    with look_at(out / "home") as work:
        return work.status(period="2022-08", at=at)[0]


def test_every_mail_is_archived_and_filed(month: Path) -> None:
    """26 mails came; 26 are in the archive, in the ledger, and each has a filing."""
    with look_at(month / "home") as work:
        assert len(list(MAILS.rglob("*.eml"))) == len(work.desk.archive)
        assert len(work.desk.ledger.messages()) == len(work.desk.ledger.filings()) == len(work.desk.archive)


def test_no_letter_leaves_twice(month: Path) -> None:
    """Every key and every Message-ID is there once, and nothing is left in between."""
    with look_at(month / "home") as work:
        sent = work.desk.ledger.letters()
    assert {letter.state for letter in sent} <= {LetterState.SENT, LetterState.DROPPED, LetterState.HELD}
    ids = Counter(letter["Message-ID"] for letter in letters(month))
    assert [message_id for message_id, number in ids.items() if number > 1] == []


def test_no_two_letters_are_alike(month: Path) -> None:
    """Each text is personal: no subject and no plain body comes twice."""
    subjects = Counter(str(letter["Subject"]) for letter in letters(month))
    assert [subject for subject, number in subjects.items() if number > 1] == []
    bodies = Counter(letter.get_body(("plain",)).get_content() for letter in letters(month))  # type: ignore[union-attr]
    assert [body[:80] for body, number in bodies.items() if number > 1] == []


def test_the_month_opens_for_everybody_with_duties(month: Path) -> None:
    """31 units get their letter with a workbook on the first working day."""
    opening = [letter for letter in letters(month) if [*letter.iter_attachments()] and "预填" in str(letter["Subject"])]
    with look_at(month / "home") as work:
        keys = [letter.key for letter in work.desk.ledger.letters() if letter.kind == "opening"]
        at = {
            letter.queued_at.astimezone(ZONE).date()
            for letter in work.desk.ledger.letters()
            if letter.kind == "opening"
        }
    assert len(keys) == 31
    assert at == {date(2022, 9, 1)}
    assert opening == [] or len(opening) <= 31


def test_strangers_and_machines_get_no_answer(month: Path) -> None:
    """Nothing went to a bounce, an advert or a nameless sender, nor to a stranger before the office knew him."""
    receivers = {str(letter["To"]) for letter in letters(month)}
    for address in ("postmaster@163.example", "news@edm.peixun.example", "1532806471@qq.example"):
        assert not any(address in to.lower() for to in receivers)
    decided = datetime(2022, 9, 13, 9, 0, tzinfo=ZONE)
    with look_at(month / "home") as work:
        early = [
            letter.key
            for letter in work.desk.ledger.letters()
            if "gao_energy88@qq.example" in letter.to and letter.queued_at < decided
        ]
    assert early == []


def test_a_confirmed_stranger_counts_from_when_the_mail_came(month: Path) -> None:
    """Before the answer the unit waits; after it the report counts with its first receipt on the 9th, on time."""
    before = {unit["unit"]: unit for unit in status(month, datetime(2022, 9, 12, 20, tzinfo=ZONE))["units"]}
    after = {unit["unit"]: unit for unit in status(month, datetime(2022, 9, 13, 10, tzinfo=ZONE))["units"]}
    assert before["县能源局"]["standing"] == "none"
    assert before["县能源局"]["waiting"] is True
    assert after["县能源局"]["standing"] != "none"
    assert after["县能源局"]["first_received"] == "2022-09-09T21:14:22+08:00"
    assert after["县能源局"]["late"] is False


def test_late_means_after_the_due_day(month: Path) -> None:
    """The three reports of the 13th are late, those of the 12th and before are not."""
    late = {unit["unit"] for unit in status(month, datetime(2022, 9, 15, 12, tzinfo=ZONE))["units"] if unit["late"]}
    assert {"县发改局", "县行政审批局"} <= late
    assert "县财政局" not in late


def test_the_digest_comes_daily_and_the_summary_on_the_due_day(month: Path) -> None:
    """15 digests, one summary on the 12th, eight editions, and a supplementary edition for the late ones."""
    with look_at(month / "home") as work:
        sent = {letter.key: letter for letter in work.desk.ledger.letters(states=(LetterState.SENT,))}
    assert [key for key in sent if key.startswith("digest:")] == [f"digest:2022-09-{day:02d}" for day in range(1, 16)]
    summary = sent["summary:2022-08"]
    assert summary.settled_at is not None
    assert summary.settled_at.astimezone(ZONE).date() == date(2022, 9, 12)
    assert len([key for key in sent if key.startswith("task_force:2022-08:")]) == 8
    assert any(key.startswith("supplementary:2022-08:") for key in sent)


def test_complete_units_are_left_in_peace(month: Path) -> None:
    """A unit that answered everything before a step is not reminded at that step."""
    with look_at(month / "home") as work:
        chasing = [
            letter
            for letter in work.desk.ledger.letters(states=(LetterState.SENT,))
            if letter.kind in {"remind", "overdue"}
        ]
        assert len(chasing) > 50
        known: dict[datetime, dict[str, bool]] = {}
        for letter in chasing:
            assert letter.settled_at is not None
            at = letter.settled_at.astimezone(ZONE).replace(second=0)
            if at not in known:
                facts = month_facts(work.desk, "2022-08", at=at, tracked=False)
                known[at] = {one.unit: bool(one.missing_items or one.missing_support_items) for one in facts.units}
            assert known[at][letter.unit], letter.key


def test_the_ledger_follows_from_archive_and_decisions(month: Path) -> None:
    """A replay gives the same ledger, and journal and archive verify."""
    agreed, lines = replay_home(month / "home", check=True)
    assert agreed, lines
    sound, lines = verify(month / "home")
    assert sound, lines


def test_the_status_has_the_promised_shape(month: Path) -> None:
    """Other programs rely on these keys."""
    data = json.loads(json.dumps(status(month, datetime(2022, 9, 15, 12, tzinfo=ZONE))))
    assert {"period", "at", "due", "units", "series", "findings"} <= set(data)
    assert {
        "unit", "standing", "waiting", "missing_items", "missing_support_items", "first_received", "late",
        "zero_report", "mails",
    } <= set(data["units"][0])  # fmt: skip
    assert len(data["units"]) == 31
