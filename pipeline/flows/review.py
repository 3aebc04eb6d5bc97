"""question | decision | remember | file again: the office answers, once, and the answer is kept.

A decision is committed with its event before anything is recomputed; the mail it concerns is then read again with
what was learned, and whatever that makes due (a receipt to a newly confirmed address) is queued.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date, datetime

from pipeline.adapters.ledger.ledger import StoredMessage, decision_key
from pipeline.digest.wording import receipt_number
from pipeline.errors import YuebaoError
from pipeline.flows import facts
from pipeline.flows.anew import read_mail
from pipeline.flows.desk import Desk
from pipeline.flows.ingest import respond
from pipeline.model import Action, Decision, Filing, MailKind, Question
from pipeline.periods import parse_period
from pipeline.text import measured
from pipeline.understanding.quantities import is_unit
from pipeline.understanding.settling import figure_asked
from pipeline.understanding.words import compiled

_RECEIPT_NUMBER = re.compile(r"HZ\d{6}-[0-9A-F]{6}")


@dataclass(frozen=True, slots=True)
class Asked:
    """One open question with the mail it is about."""

    #: Short handle for people: the first characters of the mail's digest and a running number.
    handle: str
    question: Question
    message: StoredMessage
    filing: Filing


def open_questions(desk: Desk, *, at: datetime | None = None) -> tuple[Asked, ...]:
    """Everything that waits for a person, oldest mail first."""
    found: list[Asked] = []
    for message, settled in facts.settled_filings(desk, until=at or desk.now()):
        found.extend(
            Asked(f"{message.digest[:8]}-{number}", question, message, settled.filing)
            for number, question in enumerate(settled.open_questions, 1)
        )
    return tuple(found)


def decide(desk: Desk, decision: Decision) -> bool:
    """Take an answer; False when this very answer was given before.

    Raises:
        YuebaoError: the answer does not fit (unknown mail, unit, month, item), with the remedy.
    """
    decision = _checked(desk, decision)
    with desk.ledger.atomic():
        if not desk.ledger.add_decision(decision):
            return False
        desk.ledger.note("decision", at=decision.at, data=_trace(decision))
        if decision.digest:
            _file_again(desk, decision.digest)
    desk.write_journal()
    return True


def paper_of(desk: Desk, copy: str, period: str) -> tuple[str, str]:
    """Unit and month of a paper copy.

    Args:
        desk: The home.
        copy: The receipt number in its corner (``HZ202208-FA906C``), or the name of a unit.
        period: Month meant where only a unit is named.

    Raises:
        YuebaoError: the number is of no report, or of none whose unit and month are known.
    """
    number = copy.strip().upper()
    if _RECEIPT_NUMBER.fullmatch(number) is None:
        return copy.strip(), period
    for message, settled in facts.settled_filings(desk, until=desk.now()):
        unit, month = settled.filing.unit, settled.filing.period
        if unit and month and receipt_number(message.digest, month) == number:
            return unit, month
    raise YuebaoError(f"没有回执编号为“{copy}”的月报。请核对编号，或写单位名并加 --period。")


def _file_again(desk: Desk, digest: str) -> None:
    """Read the mail again with what was learned, and answer it if it may be answered now."""
    message = desk.ledger.message(digest)
    if message is None:
        return
    opened = desk.ledger.opened(digest)
    filing = read_mail(desk, message, opened)
    if filing != desk.ledger.filing(digest):
        desk.ledger.put_filing(filing, config=desk.settings.digest)
    if message.answerable:
        respond(desk, message, opened.letter)


def _checked(desk: Desk, decision: Decision) -> Decision:
    """The decision with its mail's full digest and its unit's proper name."""
    problems = []
    if decision.digest:
        message = desk.ledger.message(decision.digest)
        if message is None:
            problems.append(f"没有编号为“{decision.digest}”的邮件，请用 yuebao review list 查看编号。")
        else:
            decision = replace(decision, digest=message.digest)
    names = {unit.name: unit.name for unit in desk.settings.units}
    for unit in desk.settings.units:
        names.setdefault(unit.full_name, unit.name)
        for alias in unit.aliases:
            names.setdefault(alias.name, unit.name)
    if decision.action == Action.UNIT:
        if decision.value in names:
            decision = replace(decision, value=names[decision.value])
        else:
            problems.append(f"单位“{decision.value}”不在 config/units.yaml 中。")
    if decision.unit and decision.unit not in names:
        problems.append(f"单位“{decision.unit}”不在 config/units.yaml 中。")
    elif decision.unit:
        decision = replace(decision, unit=names[decision.unit])
    if decision.action == Action.PERIOD and parse_period(decision.value) is None:
        problems.append(f"月份“{decision.value}”应写成 2022-08 的样子。")
    if decision.action == Action.KIND and decision.value not in set(MailKind):
        problems.append("邮件种类只能是 report、supplement、correction、other 之一。")
    if decision.action == Action.ITEM and decision.value:
        numbers = {str(item.number) for item in desk.settings.plan.items}
        if decision.value not in numbers:
            problems.append(f"行动计划中没有第 {decision.value} 项。")
    if decision.action == Action.FIGURE:
        problems += _of_no_figure(desk, decision)
    if decision.action in {Action.EXTEND, Action.PAPER}:
        try:
            date.fromisoformat(decision.value)
        except ValueError:
            problems.append(f"日期“{decision.value}”应写成 2022-09-15 的样子。")
    if decision.action == Action.REVOKE and decision.value not in {
        decision_key(given) for given in desk.ledger.decisions()
    }:
        problems.append(f"没有编号为“{decision.value}”的决定可撤销。")
    if decision.action == Action.STRANGER:
        problems += _of_ours(desk, decision.value.split())
    if problems:
        raise YuebaoError("这项决定无法执行：" + "".join(problems))
    return decision


def _of_no_figure(desk: Desk, decision: Decision) -> list[str]:
    """Why an answer cannot stand for the figure that is asked about."""
    filing = desk.ledger.filing(decision.digest)
    found = figure_asked(filing, decision.place) if filing is not None else None
    if found is None:
        return ["这个问题问的不是数据，--figure 只能回答“数据待核”。"]
    known = found[1].unit
    words = compiled(desk.settings.lexicon)
    told = measured(decision.value, unit=known)
    if not told or not all(unit == known or is_unit(unit, words=words) for _, unit in told):
        return [f"“{decision.value}”不是数据，应写成 742户、74.2% 或 12家、3.5万元 的样子；原表没有单位的要写单位。"]
    return []


def _of_ours(desk: Desk, tokens: list[str]) -> list[str]:
    """Why some of these addresses cannot be refused for good: they speak for a unit."""
    taught = facts.knowledge(desk, until=desk.now()).memory.lessons
    confirmed = {lesson.text.lower(): lesson.unit for lesson in taught if lesson.kind == "address"}
    known = facts.listed(desk.settings)
    problems = [f"{one} 在通讯录中，不能整址拒收，请逐封答复。" for one in tokens if one in known]
    return problems + [
        f"{one} 已确认为{confirmed[one]}的邮箱，请先用 yuebao review lessons 找到那个决定并撤销。"
        for one in tokens
        if one in confirmed
    ]


def waiting_of(desk: Desk, address: str) -> tuple[str, ...]:
    """Digests of the mails of an address about which something is open, in order of receipt."""
    found = (one.message for one in open_questions(desk) if one.message.sender.lower() == address.lower())
    return tuple(dict.fromkeys(message.digest for message in found))


def _trace(decision: Decision) -> dict[str, str]:
    """The decision as the journal keeps it; a replay reads it back from here."""
    return {
        "action": decision.action,
        "at": decision.at.isoformat(),
        "digest": decision.digest,
        "question": decision.question,
        "place": decision.place,
        "value": decision.value,
        "unit": decision.unit,
        "period": decision.period,
        "by": decision.by,
        "note": decision.note,
    }
