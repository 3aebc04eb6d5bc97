"""Understanding stands under a budget: what overstays becomes a question with its reason; nothing is left behind."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from pipeline.adapters.guard import BUDGET, FAILED, Understander, guarded
from pipeline.adapters.limits import MEBIBYTE, Limits
from pipeline.adapters.opening import open_in_process
from pipeline.mail.screen import screen
from pipeline.model import Filing, Knowledge, MailKind, Opened, QuestionKind, Screening
from pipeline.readers import Tools
from pipeline.understanding.reading import understand
from tests.hostile.watch import children
from tests.support.knowledge import ROOT, knowledge

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="without forks there are no limits")

AT = datetime(2022, 9, 6, 9, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
SMALL = Limits(memory=200 * MEBIBYTE, cpu=5, wall=1.5, output=MEBIBYTE)
MAILS = sorted((ROOT / "tests" / "corpus" / "first" / "mails").glob("*.eml"))[:6]


def opened(path: Path = MAILS[0]) -> Opened:
    """One labelled mail, opened."""
    return open_in_process(path.read_bytes(), "a" * 64, tools=Tools())


def told(meaning: Understander, *, budget: Limits = SMALL) -> Filing:
    """A mail under a function of the test's own."""
    mail = opened()
    return guarded(
        mail, received_at=AT, screening=_screened(mail), knowledge=knowledge(), meaning=meaning, budget=budget
    )


def _screened(mail: Opened) -> Screening:
    return screen(mail.letter, own=knowledge().own, own_ids=frozenset())


def question_of(filing: Filing) -> str:
    """The one question of a filing that a person must look at, which is not counted meanwhile."""
    (question,) = filing.questions
    assert (filing.kind, question.kind, question.holds) == (MailKind.OTHER, QuestionKind.UNREADABLE, True)
    return question.text


@pytest.mark.parametrize("path", MAILS, ids=lambda path: path.stem)
def test_the_guard_changes_nothing(path: Path) -> None:
    """A mail means under the guard what it means without."""
    mail = opened(path)
    given = {"received_at": AT, "screening": _screened(mail), "knowledge": knowledge()}
    assert guarded(mail, **given) == understand(mail, **given)  # type: ignore[arg-type]


def test_what_never_ends_is_stopped_in_time() -> None:
    """A reading that runs for ever costs its budget and no more; the question says why and what to do."""

    def endless(opened: Opened, *, received_at: datetime, screening: Screening, knowledge: Knowledge) -> Filing:
        while True:
            pass

    begun = time.monotonic()
    assert question_of(told(endless)).startswith("读懂这封邮件所需的时间超过限制，已停止。邮件已原样存档")
    assert time.monotonic() - begun < SMALL.wall + 2


def test_what_sleeps_through_its_end_is_stopped_too() -> None:
    """Ignoring SIGTERM and waiting does not help."""

    def asleep(opened: Opened, *, received_at: datetime, screening: Screening, knowledge: Knowledge) -> Filing:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        time.sleep(600)
        raise AssertionError

    assert "时间超过限制" in question_of(told(asleep))


def test_what_wants_all_memory_is_stopped() -> None:
    """Memory beyond the budget ends the reading, not the service."""

    def greedy(opened: Opened, *, received_at: datetime, screening: Screening, knowledge: Knowledge) -> Filing:
        raise AssertionError(len(bytearray(2_000 * MEBIBYTE)))

    assert "超出内存或处理器限制" in question_of(told(greedy))


def test_what_dies_is_a_question() -> None:
    """A process that is killed takes only the fork along."""

    def dying(opened: Opened, *, received_at: datetime, screening: Screening, knowledge: Knowledge) -> Filing:
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError

    assert "超出内存或处理器限制" in question_of(told(dying))


def test_what_says_too_much_is_a_question() -> None:
    """An answer beyond its length is not taken."""

    def wordy(opened: Opened, *, received_at: datetime, screening: Screening, knowledge: Knowledge) -> Filing:
        filing = understand(opened, received_at=received_at, screening=screening, knowledge=knowledge)
        return replace(filing, warnings=("长" * MEBIBYTE,))

    assert "内容过多" in question_of(told(wordy))


def test_a_mistake_of_the_program_is_a_question(caplog: pytest.LogCaptureFixture) -> None:
    """An exception is told to the office in its words, and to the log with its place."""

    def mistaken(opened: Opened, *, received_at: datetime, screening: Screening, knowledge: Knowledge) -> Filing:
        raise KeyError("甲")

    assert question_of(told(mistaken)) == FAILED
    assert "KeyError" in caplog.text


def test_no_process_stays() -> None:
    """After the guard nothing of its fork is left, not even a zombie."""
    before, mail = children(os.getpid()), opened()
    guarded(mail, received_at=AT, screening=_screened(mail), knowledge=knowledge(), budget=BUDGET)
    assert children(os.getpid()) == before
