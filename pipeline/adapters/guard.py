"""An opened mail → its filing, understood in a fork under limits: no mail holds the desk up beyond its budget.

What a mail means is told by pure functions over strangers' words. They are quick and their input is capped; should one
of them all the same not come to an end, or want all memory, the fork is killed and the mail becomes a question. One
fork understands mail after mail, each under limits of its own: it has the configuration from its birth, and is told
what was learned since. Where the system cannot fork (Windows), a mail is understood in this process. Contains no
business logic.
"""

from __future__ import annotations

import atexit
import logging
import os
import pickle
import threading
import traceback
from collections import OrderedDict
from dataclasses import fields, replace
from datetime import datetime
from typing import NamedTuple, Protocol, TypeVar

from pydantic import ValidationError

from pipeline.adapters import codec
from pipeline.adapters.forks import Standing
from pipeline.adapters.limits import MEBIBYTE, Limits
from pipeline.model import (
    Document,
    Filing,
    Knowledge,
    Letter,
    MailKind,
    Memory,
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
T = TypeVar("T")

#: What understanding one mail may take; ``memory`` comes on top of what the process has.
BUDGET = Limits(memory=1024 * MEBIBYTE, cpu=30, wall=45.0, output=60 * MEBIBYTE)
_REASONS = {
    "late": "读懂这封邮件所需的时间超过限制，已停止",
    "long": "从这封邮件读出的内容过多，已停止",
    "dead": "读懂这封邮件时超出内存或处理器限制，已停止",
    "spent": "读懂这封邮件时超出内存或处理器限制，已停止",
}
_REMEDY = "邮件已原样存档，没有计入，请人工查看，或请对方精简后重新发送。"
#: The question about a mail on which the program has a mistake.
FAILED = "程序读这封邮件时出错，已原样存档，请人工查看。"
#: What mails teach; the rest of what is known is configuration, which the fork is born with.
_LEARNED = ("memory", "sent", "vouched")
_CONFIGURED = tuple(one.name for one in fields(Knowledge) if one.name not in _LEARNED)
#: A fork that keeps so many bytes more than after its first mail is replaced.
_MOST_GROWN = 128 * MEBIBYTE
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
    if hasattr(os, "fork"):
        with _LOCK:
            answer, why = _asked(_Request(opened, received_at, screening, knowledge), meaning, budget)
    else:
        answer, why = _meant(_Request(opened, received_at, screening, knowledge), meaning), ""
    if answer is None:
        log.warning("mail %s could not be understood: %s", digest, why)
        return unread(digest, f"{_REASONS[why]}。{_REMEDY}")
    if answer[:1] != b"=":
        log.error("mail %s could not be understood: %s", digest, answer[1:].decode("utf-8", "replace"))
        return unread(digest, FAILED)
    try:
        filing = codec.load(answer[1:], Filing)
    except ValidationError:
        log.exception("mail %s: the answer is no filing", digest)
        return unread(digest, FAILED)
    if filing.digest != digest:
        log.error("mail %s: the answer is about another mail", digest)
        # Nothing that this fork says later can be trusted to be about the mail it is asked of.
        end()
        return unread(digest, FAILED)
    return filing


def _meant(request: _Request, meaning: Understander) -> bytes:
    """A mail's filing as JSON behind ``=``, or the program's mistake behind ``!``."""
    opened, received_at, screening, knowledge = request
    try:
        filing = meaning(opened, received_at=received_at, screening=screening, knowledge=knowledge)
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - a mistake in reading one mail is told, and must not stop the others
        return b"!" + traceback.format_exc(limit=-20).encode("utf-8", "backslashreplace")
    return b"=" + codec.dump(filing, Filing).encode()


# --------------------------------------------------------------------------- the fork


class _Reader:
    """A fork that understands mails under one configuration, and what it was told of the rest."""

    def __init__(self, meaning: Understander, budget: Limits, knowledge: Knowledge) -> None:
        self._for = (meaning, budget)
        self._told = knowledge
        known = knowledge

        def answer(request: bytes) -> bytes:
            nonlocal known
            opened, received_at, screening, lessons, earlier, sent, vouched = pickle.loads(request)  # noqa: S301 - written by our own parent
            memory = Memory(lessons, _after(known.memory.earlier, earlier))
            known = replace(known, memory=memory, sent=_after(known.sent, sent), vouched=vouched)
            return _meant(_Request(opened, received_at, screening, known), meaning)

        # The fork writes to its pipe and to no file.
        self.fork = Standing(answer, replace(budget, file=0))

    def suits(self, meaning: Understander, budget: Limits, knowledge: Knowledge) -> bool:
        """Whether it can be asked: it is ours, alive, has not grown, and was born under this configuration."""
        return (
            self._for == (meaning, budget)
            and self.fork.ours()
            and all(getattr(self._told, name) == getattr(knowledge, name) for name in _CONFIGURED)
            and self.fork.grown() < _MOST_GROWN
        )

    def ask(self, request: _Request) -> tuple[bytes | None, str]:
        """The answer to one mail; of what the office knows only that is handed over which is new."""
        opened, received_at, screening, knowledge = request
        memory, told = knowledge.memory, self._told
        self._told = knowledge
        return self.fork.ask(
            pickle.dumps(
                (
                    opened, received_at, screening, memory.lessons, _change(told.memory.earlier, memory.earlier),
                    _change(told.sent, knowledge.sent), knowledge.vouched,
                ),
                pickle.HIGHEST_PROTOCOL,
            )
        )  # fmt: skip


#: How a row differs from an earlier one: how many fell off its beginning, and what came to its end.
_Change = tuple[int, tuple[T, ...]]


def _change(old: tuple[T, ...], new: tuple[T, ...]) -> _Change[T]:
    """From mail to mail a row of thousands loses a few and gains a few."""
    first = old.index(new[0]) if new and new[0] in old else len(old)
    kept = len(old) - first
    return (first, new[kept:]) if new[:kept] == old[first:] else (len(old), new)


def _after(old: tuple[T, ...], change: _Change[T]) -> tuple[T, ...]:
    """Inverse of :func:`_change`."""
    first, more = change
    return old[first:] + more


class _Request(NamedTuple):
    """One mail and what it is understood with."""

    opened: Opened
    received_at: datetime
    screening: Screening
    knowledge: Knowledge


#: The fork of this process, asked by one thread at a time.
_READER: list[_Reader] = []
_LOCK = threading.Lock()


def _asked(request: _Request, meaning: Understander, budget: Limits) -> tuple[bytes | None, str]:
    """Have a mail understood by the fork; one that fell to something else than this mail is replaced."""
    while True:
        reader = _reader(request, meaning, budget)
        used = reader.fork.answered > 0
        answer, why = reader.ask(request)
        if answer is not None:
            return answer, why
        _READER.clear()
        # A fork that was killed from outside, or had no room left by earlier mails: a fresh one says whether it was
        # this mail. What overstayed or used up its time would do so again.
        if why != "dead" or not used:
            return None, why


def _reader(request: _Request, meaning: Understander, budget: Limits) -> _Reader:
    if _READER and not _READER[0].suits(meaning, budget, request.knowledge):
        end()
    if not _READER:
        if meaning is understand:
            _prepare(request.knowledge, request.received_at)
        _READER.append(_Reader(meaning, budget, request.knowledge))
    return _READER[0]


def end() -> None:
    """End the fork; the next mail has a new one."""
    while _READER:
        _READER.pop().fork.close()


def standing() -> int | None:
    """Process id of the fork, where there is one."""
    return _READER[0].fork.pid if _READER and _READER[0].fork.ours() else None


atexit.register(end)


def unread(digest: str, reason: str) -> Filing:
    """A filing that says only that a person must look, and why."""
    question = Question(QuestionKind.UNREADABLE, digest, "", reason, holds=True)
    return Filing(digest, MailKind.OTHER, OtherKind.NONE, None, None, stamped=False, questions=(question,))


def _prepare(knowledge: Knowledge, received_at: datetime) -> None:
    """Make what depends on the configuration alone here, once, and not in a fork that may die of a mail."""
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
