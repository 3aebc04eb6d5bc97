"""An opened mail → its filing, understood in a fork under limits: no mail holds the desk up beyond its budget.

What a mail means is told by pure functions over strangers' words. They are quick and their input is capped; should one
of them all the same not come to an end, or want all memory, the fork is killed and the mail becomes a question. Where
the system cannot fork (Windows), it is understood in this process. Contains no business logic.
"""

from __future__ import annotations

import gc
import logging
import os
import traceback
from collections import OrderedDict
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Protocol

from pydantic import ValidationError

from pipeline.adapters import codec
from pipeline.adapters.forks import forked
from pipeline.adapters.limits import MEBIBYTE, Limits
from pipeline.model import (
    Document,
    Filing,
    Knowledge,
    Letter,
    MailKind,
    Opened,
    OtherKind,
    Paragraph,
    Question,
    QuestionKind,
    Screening,
    Verdict,
)
from pipeline.understanding.reading import understand

log = logging.getLogger(__name__)

#: What understanding one mail may take; ``memory`` comes on top of what the process has.
BUDGET = Limits(memory=1024 * MEBIBYTE, cpu=30, wall=45.0, output=60 * MEBIBYTE)
_REASONS = {
    "late": "读懂这封邮件所需的时间超过限制，已停止",
    "long": "从这封邮件读出的内容过多，已停止",
    "dead": "读懂这封邮件时超出内存或处理器限制，已停止",
}
_REMEDY = "邮件已原样存档，没有计入，请人工查看，或请对方精简后重新发送。"
#: The question about a mail on which the program has a mistake.
FAILED = "程序读这封邮件时出错，已原样存档，请人工查看。"
#: A report of our own: reading it once makes the tables (words, names, items) that every fork then has.
_SAMPLE = (
    "关于2022年8月份工作情况的报告",
    "现将2022年8月份推进{campaign}工作情况报告如下：",
    "一、工作进展",
    "（一）留抵退税。本月办理23户，金额586.4万元，累计187户，完成全年任务的75%。",
    "二、存在问题",
    "（一）部分企业经营困难，资金紧张。",
    "三、下一步工作打算",
    "（一）加大工作力度，力争9月底前完成。",
)
#: Knowledge and day for which that was done last.
_PREPARED: OrderedDict[tuple[object, ...], None] = OrderedDict()
_MOST_PREPARED = 8


class Understander(Protocol):
    """Tells what a mail means with what was known when it came."""

    def __call__(self, opened: Opened, *, received_at: datetime, screening: Screening, knowledge: Knowledge) -> Filing:
        """The mail's filing."""
        ...


def guarded(
    opened: Opened,
    *,
    received_at: datetime,
    screening: Screening,
    knowledge: Knowledge,
    meaning: Understander = understand,
    budget: Limits = BUDGET,
) -> Filing:
    """Understand one mail within a budget.

    Args:
        opened: What its files say.
        received_at: When it was received, in the office's zone.
        screening: Who wrote it.
        knowledge: What the office knew then.
        meaning: The pure function; tests give others.
        budget: What it may take.

    Returns:
        Its filing; one that says only that a person must look, and why, when the budget was exceeded or the program
        has a mistake.
    """
    digest = opened.letter.digest

    def work() -> bytes:
        try:
            filing = meaning(opened, received_at=received_at, screening=screening, knowledge=knowledge)
        except MemoryError:
            raise
        except Exception:  # noqa: BLE001 - a mistake in reading one mail is told, and must not stop the others
            return b"!" + traceback.format_exc(limit=-20).encode("utf-8", "backslashreplace")
        return b"=" + codec.dump(filing, Filing).encode()

    def apart() -> bytes:
        # What was here before the fork is not looked through for garbage: that would copy its pages.
        gc.freeze()
        return work()

    answer: bytes | None
    if hasattr(os, "fork"):
        if meaning is understand:
            _prepare(knowledge, received_at)
        # The fork writes to its pipe and to no file.
        answer, why = forked(apart, replace(budget, memory=budget.memory + _size(), file=0))
    else:
        answer, why = work(), ""
    if answer is None:
        log.warning("mail %s could not be understood: %s", digest, why)
        return unread(digest, f"{_REASONS[why]}。{_REMEDY}")
    if answer[:1] != b"=":
        log.error("mail %s could not be understood: %s", digest, answer[1:].decode("utf-8", "replace"))
        return unread(digest, FAILED)
    try:
        return codec.load(answer[1:], Filing)
    except ValidationError:
        log.exception("mail %s: the answer is no filing", digest)
        return unread(digest, FAILED)


def unread(digest: str, reason: str) -> Filing:
    """A filing that says only that a person must look, and why."""
    question = Question(QuestionKind.UNREADABLE, digest, "", reason, holds=True)
    return Filing(digest, MailKind.OTHER, OtherKind.NONE, None, None, stamped=False, questions=(question,))


def _prepare(knowledge: Knowledge, received_at: datetime) -> None:
    """Make what depends on the configuration alone here, once, and not in every fork anew."""
    lists = (tuple(knowledge.lexicon.items()), tuple(knowledge.examples.items()))
    key = (knowledge.plan, knowledge.units, knowledge.campaign, lists, knowledge.memory.lessons)
    if key in _PREPARED:
        return
    text = "\n".join(_SAMPLE).format(campaign="".join(knowledge.campaign[:1]))
    lines = tuple(Paragraph(line, f"第{number}段") for number, line in enumerate(text.splitlines(), 1))
    letter = Letter("", "", _SAMPLE[0], None, "", (), "", (), None, None, (), text, ())
    opened = Opened(letter, (), (Document("body", "正文", "text", lines),))
    try:
        understand(opened, received_at=received_at, screening=Screening(Verdict.PERSON, ""), knowledge=knowledge)
    except Exception:  # noqa: BLE001 - the mail itself will say what is wrong
        log.warning("the sample report could not be read")
    _PREPARED[key] = None
    while len(_PREPARED) > _MOST_PREPARED:
        _PREPARED.popitem(last=False)


def _size() -> int:
    """Address space of this process, bytes; forks begin with it."""
    try:
        return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return 0
