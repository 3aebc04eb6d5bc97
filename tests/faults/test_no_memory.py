"""F9: a child that gets no memory at this or that place (ENOMEM): the mail is read right or put before a person."""

from __future__ import annotations

import contextlib
import sys
from datetime import datetime
from functools import cache
from zoneinfo import ZoneInfo

import pytest

from pipeline.adapters import codec
from pipeline.adapters.forks import forked
from pipeline.adapters.guard import BUDGET, guarded
from pipeline.adapters.limits import MEBIBYTE, Limits, space
from pipeline.adapters.opening import open_in_process
from pipeline.mail.screen import screen
from pipeline.model import Filing, Knowledge, Opened, QuestionKind, Screening
from pipeline.readers import Tools
from pipeline.understanding.reading import understand
from tests.faults.fullmonth import full
from tests.support.knowledge import knowledge

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="memory is limited on Linux alone")
#: Kibibytes that are left to it: nothing, then ever more, until all is well.
ROOM = [*range(0, 96, 4), *range(96, 1056, 160)]
SPACE = 16 * MEBIBYTE
AT = datetime(2022, 9, 6, 9, tzinfo=ZoneInfo("Asia/Shanghai"))


@cache
def report() -> bytes:
    """A report of the full month with a Word file."""
    return next(mail.data for step in full().steps for mail in step.arrivals if b"wordprocessingml" in mail.data)


def work() -> bytes:
    """Open it: MIME, the archive of the Word file, its XML."""
    return codec.dump(open_in_process(report(), "a" * 64, tools=Tools()), Opened).encode()


@cache
def opened() -> Opened:
    """Opened with all the memory it wants."""
    return codec.load(work(), Opened)


@cache
def meant() -> Filing:
    """What it means."""
    return understand(opened(), received_at=AT, screening=screened(), knowledge=knowledge())


def screened() -> Screening:
    """A person wrote it."""
    return screen(opened().letter, own=knowledge().own, own_ids=frozenset())


def filled(kibibytes: int) -> list[bytes]:
    """Take all memory that the process may have, but for so much."""
    left, taken = bytearray(kibibytes * 1024), []
    for size in (MEBIBYTE, 64 * 1024, 4096, 400, 100, 40):
        with contextlib.suppress(MemoryError):
            while True:
                taken.append(bytes(size))
    del left
    return taken


@pytest.mark.parametrize("kibibytes", ROOM)
def test_opening_without_memory(kibibytes: int) -> None:
    """All of the mail, or nothing and the reason; never half of it, never the parent's end."""
    whole = work()

    def cramped() -> bytes:
        taken = filled(kibibytes)
        return work() if taken else b""

    answer, why = forked(cramped, Limits(memory=space() + SPACE, cpu=20, wall=30.0, output=60 * MEBIBYTE))
    assert (answer, why) == (whole, "") or (answer is None and why == "dead") or (
        # A reader that met the end of its memory says so of its part alone.
        answer is not None and codec.load(answer, Opened).unreadable
    )  # fmt: skip


@pytest.mark.parametrize("kibibytes", ROOM)
def test_understanding_without_memory(kibibytes: int) -> None:
    """The filing as it is with memory, or a question that says why a person must look."""
    wanted = meant()

    def cramped(opened: Opened, *, received_at: datetime, screening: Screening, knowledge: Knowledge) -> Filing:
        taken = filled(kibibytes)
        filing = understand(opened, received_at=received_at, screening=screening, knowledge=knowledge)
        taken.clear()
        return filing

    budget = Limits(memory=SPACE, cpu=BUDGET.cpu, wall=BUDGET.wall, output=BUDGET.output)
    filing = guarded(
        opened(), received_at=AT, screening=screened(), knowledge=knowledge(), meaning=cramped, budget=budget
    )
    if filing != wanted:
        (question,) = filing.questions
        assert (question.kind, question.holds) == (QuestionKind.UNREADABLE, True)
        assert "内存" in question.text
