"""Awkward strings in every field, broken templates and file rights: what leaves is inert, what stays is private."""

from __future__ import annotations

import io
import re
import stat
from datetime import timedelta
from pathlib import Path
from random import Random

import openpyxl
import pytest

from pipeline.adapters.opening import open_in_process
from pipeline.digest.summary import summarise
from pipeline.flows import facts
from pipeline.flows.notices import alarms, daily_digest
from pipeline.flows.papers import papers
from pipeline.model import Opened
from pipeline.readers import Tools
from tests.hostile.generators.material import AWKWARD, REGISTERED, plain
from tests.hostile.generators.payloads import report
from tests.hostile.office_desk import START, letters, office, parsed, take, texts

#: The others come by turns in the seeded draw.
_DRAWN = AWKWARD[::5]
_LIVE = re.compile(r"(?i)<(?:script|iframe|img[^>]+onerror|svg|object|form|base|link|meta[^>]+refresh|b/onclick)")
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069]")
_FIELDS = {
    *("date", "from", "to", "cc", "subject", "message-id", "in-reply-to", "references", "auto-submitted", "reply-to"),
    *("x-auto-response-suppress", "x-yuebao-id", "mime-version", "content-type", "content-transfer-encoding"),
}


def opened_here(data: bytes, digest: str) -> Opened:
    """These files are of our own making: they need no child."""
    return open_in_process(data, digest, tools=Tools())


@pytest.mark.slow
def test_awkward_strings_leave_only_as_text(tmp_path: Path) -> None:
    """Every fifth awkward string in all fields of a good report: no formula, no live HTML, no new header, no control character."""
    with office(tmp_path / "home", opener=opened_here) as desk:
        for number, text in enumerate(_DRAWN):
            take(desk, report(text, Random(number)), at=START + timedelta(minutes=number))
        at = desk.now() + timedelta(days=1)
        month = facts.month_facts(desk, "2022-08", at=at)
        page = daily_digest(desk, month, key="digest:test")
        assert page is not None
        bodies = [texts(letter) for letter in letters(desk)] + [(page.text, page.html)]
        assert len(bodies) >= 2
        for told, html in bodies:
            assert _LIVE.search(html) is None
            assert _CONTROLS.search(told + html) is None
        for letter in letters(desk):
            message = parsed(letter)
            assert {name.lower() for name in message.keys()} <= _FIELDS  # noqa: SIM118 - a mail is no mapping
            assert "evil.example" not in str(message["To"])
        closed = summarise(month, office=desk.settings.office)
        for paper in papers(desk, closed):
            if paper.name.endswith(".xlsx"):
                book = openpyxl.load_workbook(io.BytesIO(paper.data))
                formulas = [
                    cell.value
                    for sheet in book
                    for row in sheet.iter_rows()
                    for cell in row
                    if cell.data_type == "f" and any(word in str(cell.value) for word in ("cmd", "e.example", "1+1"))
                ]
                assert formulas == []


@pytest.mark.parametrize("broken", ["{{ nobody }}", "{% for", "{{ ''.__class__ }}", "{% for x in lines %}{{ x }}"])
def test_a_broken_template_does_not_stop_the_service(tmp_path: Path, broken: str) -> None:
    """The receipt goes out in the shipped words, and the office is told what is wrong with its template."""

    def spoil(home: Path) -> None:
        (home / "templates" / "mail").mkdir(parents=True)
        (home / "templates" / "mail" / "receipt.txt.j2").write_text(broken, encoding="utf-8")

    with office(tmp_path / "home", opener=opened_here, edit=spoil) as desk:
        take(desk, plain(Random(1), sender=REGISTERED.encode()))
        assert [letter.to for letter in letters(desk)] == [(REGISTERED,)]
        assert any("信函模板有误" in line for line in alarms(desk, at=desk.now()))


def test_what_the_home_holds_is_private(tmp_path: Path) -> None:
    """Ledger, journal and archived mails can be read by their owner only."""
    with office(tmp_path / "home", opener=opened_here) as desk:
        take(desk, plain(Random(1), sender=REGISTERED.encode()))
        kept = [
            *desk.home.glob("ledger.db*"),
            *desk.home.glob("journal*"),
            *(desk.home / "inbox_archive").rglob("*.eml"),
        ]
        assert len(kept) >= 3
        assert [path.name for path in kept if stat.S_IMODE(path.stat().st_mode) & 0o077] == []
