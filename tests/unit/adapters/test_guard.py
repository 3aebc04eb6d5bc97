"""Understanding stands under a budget: what overstays becomes a question with its reason; nothing is left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.adapters import guard
from pipeline.adapters.forks import forked
from pipeline.adapters.guard import FAILED, Understander, guarded, unread
from pipeline.adapters.limits import MEBIBYTE, Limits
from pipeline.adapters.lock import process_lock
from pipeline.adapters.opening import open_in_process
from pipeline.mail.screen import screen
from pipeline.model import Filing, Knowledge, MailKind, Memory, Opened, QuestionKind, Screening
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


def told(
    meaning: Understander, *, budget: Limits = SMALL, known: Knowledge | None = None, mail: Opened | None = None
) -> Filing:
    """A mail under a function of the test's own."""
    mail = mail or opened()
    known = known or knowledge()
    return guarded(mail, received_at=AT, screening=_screened(mail), knowledge=known, meaning=meaning, budget=budget)


def understood(mail: Opened, *, known: Knowledge | None = None) -> Filing:
    """A mail as the desk has it understood."""
    return guarded(mail, received_at=AT, screening=_screened(mail), knowledge=known or knowledge())


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


def test_one_fork_understands_mail_after_mail() -> None:
    """The next mail is understood where the last one was; after the end nothing is left, not even a zombie."""
    guard.end()
    before = children(os.getpid())
    first, second = (understood(opened(path)) and guard.standing() for path in MAILS[:2])
    assert first == second
    assert children(os.getpid()) == [*before, first]
    guard.end()
    assert children(os.getpid()) == before


def test_what_was_learned_reaches_the_fork() -> None:
    """Memory, letters and vouched domains of now count, and those of the mail before are forgotten."""
    seen = []

    def telling(opened: Opened, *, received_at: datetime, screening: Screening, knowledge: Knowledge) -> Filing:
        return replace(unread("a" * 64, ""), warnings=(str(len(knowledge.memory.earlier)), *sorted(knowledge.vouched)))

    for earlier, vouched in (((), ()), ((("县文旅局", 1, "民宿"),), ("a.example",)), ((), ("b.example",))):
        known = replace(knowledge(), memory=Memory((), earlier), vouched=frozenset(vouched))
        seen.append(told(telling, known=known).warnings)
    assert seen == [("0",), ("1", "a.example"), ("0", "b.example")]


@given(st.lists(st.integers(0, 4)), st.lists(st.integers(0, 4)), st.integers(0, 5), st.integers(0, 5))
def test_a_row_is_made_again_from_its_change(old: list[int], more: list[int], first: int, last: int) -> None:
    """Whatever falls off or is added anywhere, the fork has the row that its parent has."""
    for new in (old[first:] + more, old[:last] + more, more + old, more, old[first:last]):
        change = guard._change(tuple(old), tuple(new))
        assert guard._after(tuple(old), change) == tuple(new)
    row = tuple(range(1000))
    assert guard._change(row, (*row[3:], 2000)) == (3, (2000,))


def test_another_configuration_has_another_fork() -> None:
    """A fork knows the configuration it was born under; equal words are the same configuration."""
    understood(opened())
    first = guard.standing()
    understood(opened(), known=replace(knowledge(), units=tuple(map(replace, knowledge().units))))
    assert guard.standing() == first
    understood(opened(), known=replace(knowledge(), campaign=("别的行动",)))
    assert guard.standing() != first


def test_a_fork_that_was_killed_between_two_mails_costs_neither() -> None:
    """Only a mail that fells a fresh fork too is told as one that cannot be understood."""
    mail = opened()
    expected = understood(mail)
    fork = guard.standing()
    assert fork is not None
    os.kill(fork, signal.SIGKILL)
    assert understood(mail) == expected
    assert guard.standing() != fork


def test_each_mail_has_its_whole_time() -> None:
    """Processor time is counted for each mail: many that each stay within it never add up to too much."""

    def busy(opened: Opened, *, received_at: datetime, screening: Screening, knowledge: Knowledge) -> Filing:
        end = time.process_time() + 0.4
        while time.process_time() < end:
            pass
        return unread("a" * 64, "")

    budget = replace(SMALL, cpu=1, wall=30.0)
    forks = {told(busy, budget=budget).questions[0].text + str(guard.standing()) for _ in range(6)}
    assert forks == {str(guard.standing())}


def test_time_of_the_processor_is_taken_once() -> None:
    """What uses all its time in a fork that served before is not given as much again."""
    begun = time.process_time()

    def sometimes(opened: Opened, *, received_at: datetime, screening: Screening, knowledge: Knowledge) -> Filing:
        while opened.letter.subject == "忙":
            pass
        return unread("a" * 64, "")

    mail, budget = opened(), replace(SMALL, cpu=1, wall=30.0)
    told(sometimes, budget=budget)
    fork = guard.standing()
    late = replace(mail, letter=replace(mail.letter, subject="忙"))
    assert "处理器限制" in question_of(told(sometimes, budget=budget, mail=late))
    assert guard.standing() is None
    assert told(sometimes, budget=budget) == unread("a" * 64, "")
    assert guard.standing() != fork
    assert time.process_time() - begun < 1


def test_a_fork_that_grew_is_replaced() -> None:
    """What a mail left in the fork's memory does not stay there for ever."""
    left = []

    def keeping(opened: Opened, *, received_at: datetime, screening: Screening, knowledge: Knowledge) -> Filing:
        left.append(b"x" * (100 * MEBIBYTE))
        return replace(unread("a" * 64, ""), warnings=(str(len(left)),))

    budget = replace(SMALL, wall=20.0)
    assert [told(keeping, budget=budget).warnings for _ in range(4)] == [("1",), ("2",), ("3",), ("1",)]


def test_the_fork_holds_no_lock_and_no_file(tmp_path: Path) -> None:
    """A home may be locked again, and a connection ends, though the fork that was born meanwhile lives on."""
    guard.end()
    with process_lock(tmp_path):
        understood(opened())
    fork = guard.standing()
    assert fork is not None
    links = [str(link.readlink()) for link in Path(f"/proc/{fork}/fd").iterdir()]
    assert [link for link in links if link != os.devnull and not link.startswith("pipe:")] == []
    with process_lock(tmp_path):
        assert guard.standing() == fork


def test_the_fork_ends_with_its_process() -> None:
    """A service that is killed leaves no fork behind."""
    code = (
        "import os, signal, sys; from tests.unit.adapters import test_guard as t\n"
        "t.understood(t.opened()); print(t.guard.standing(), flush=True); os.kill(os.getpid(), signal.SIGKILL)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    end = time.monotonic() + 5
    while Path(f"/proc/{int(done.stdout)}").exists() and time.monotonic() < end:
        time.sleep(0.05)
    assert not Path(f"/proc/{int(done.stdout)}").exists()


def test_a_fork_of_ours_has_a_fork_of_its_own() -> None:
    """Two processes never speak into the same pipes."""
    expected, ours = understood(opened()), guard.standing()

    def elsewhere() -> bytes:
        agrees = understood(opened()) == expected
        found = guard.standing()
        guard.end()
        return f"{agrees} {found != ours}".encode()

    assert forked(elsewhere, Limits(memory=8192 * MEBIBYTE)) == (b"True True", "")
    assert understood(opened()) == expected
    assert guard.standing() == ours
