"""A filing as it was read and the office's answers → the filing that counts.

Decisions are kept apart from the reading and applied here, always in the order in which they were given: a better
reading tomorrow meets the same answers, and a replay of both gives the same month.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from pipeline.model import (
    Action,
    Decision,
    Exemption,
    Extension,
    Filing,
    Lesson,
    MailKind,
    Quantity,
    Question,
    QuestionKind,
    Remark,
    ReportRecord,
    Unit,
    Withheld,
)
from pipeline.text import measured

#: Questions that a named unit settles: who it is, and whether that address may speak.
_WHO = frozenset({QuestionKind.UNIT, QuestionKind.SENDER, QuestionKind.FORGED, QuestionKind.KIND})


@dataclass(frozen=True, slots=True)
class Settled:
    """What holds of one mail after the office's answers."""

    filing: Filing
    #: A report that nobody has to wait for and nobody refused.
    counts: bool
    refused: bool
    open_questions: tuple[Question, ...]
    #: More time that was asked for in this mail and granted.
    extension: Extension | None = None
    #: Leave to owe nothing for a month that was asked for in this mail and granted.
    exemption: Exemption | None = None


def live(decisions: tuple[Decision, ...], keys: tuple[str, ...]) -> tuple[Decision, ...]:
    """Decisions without those that a later one took back; ``keys`` are their content keys, in the same order."""
    revoked = {decision.value for decision in decisions if decision.action == Action.REVOKE}
    return tuple(
        decision
        for decision, key in zip(decisions, keys, strict=True)
        if key not in revoked and decision.action != Action.REVOKE
    )


def _answers(decision: Decision, question: Question) -> bool:
    """True when this decision closes this question."""
    if decision.question and decision.question != question.kind:
        return False
    if decision.place and decision.place != question.place:
        return False
    match decision.action:
        case Action.ACCEPT | Action.REFUSE:
            return True
        case Action.UNIT:
            return question.kind in _WHO
        case Action.PERIOD:
            return question.kind == QuestionKind.PERIOD
        case Action.KIND:
            return question.kind == QuestionKind.KIND
        case Action.ITEM:
            return question.kind == QuestionKind.MATCH
        case Action.FIGURE:
            return question.kind == QuestionKind.FIGURE
        case _:
            return False


def settle(filing: Filing, decisions: tuple[Decision, ...]) -> Settled:
    """Apply the answers that concern this mail.

    Args:
        filing: what the mail says, as read.
        decisions: live decisions of the office in the order they were given; others' are ignored. One about an address
            has been made one about this mail.

    A unit's name answers who sent the mail and lets it count; an acceptance takes each suggestion as the answer; a
    refusal of the whole mail keeps it out of every figure, a refusal at a place only the passage or the figure there.
    """
    asked = list(filing.questions)
    refused = False
    extension: Extension | None = None
    exemption: Exemption | None = None
    for decision in decisions:
        if decision.digest != filing.digest:
            continue
        closing = [question for question in asked if _answers(decision, question)]
        match decision.action:
            case Action.UNIT:
                filing = replace(filing, unit=decision.value, sender_known=True)
                refused = False
            case Action.PERIOD:
                filing = replace(filing, period=decision.value)
            case Action.KIND:
                filing = replace(filing, kind=MailKind(decision.value))
            case Action.ITEM:
                filing = _assign(filing, decision.place, decision.value)
            case Action.FIGURE:
                filing = _count(filing, decision.place, decision.value)
            case Action.ACCEPT:
                refused = refused and bool(decision.place)
                for question in closing:
                    filing = _accept(filing, question)
                    if question.kind != QuestionKind.REQUEST or not filing.unit:
                        continue
                    month = decision.period or question.place
                    if filing.requested_until:
                        extension = Extension(filing.unit, month, filing.requested_until, question.text)
                    elif filing.requested_exemption:
                        exemption = Exemption(filing.unit, month, "经申请，办公室同意免报")
            case Action.REFUSE if decision.place:
                # A figure was never filed: the passage beside it stays.
                if any(question.kind is QuestionKind.MATCH for question in closing):
                    filing = _without(filing, decision.place)
            case Action.REFUSE:
                refused = True
                closing = list(asked)
            case Action.STRANGER if not filing.sender_known:
                refused = True
                closing = list(asked)
            case _:
                continue
        asked = [question for question in asked if question not in closing]
    counts = (
        filing.kind != MailKind.OTHER
        and not refused
        and filing.unit is not None
        and filing.period is not None
        and not any(question.holds for question in asked)
    )
    return Settled(
        filing, counts=counts, refused=refused, open_questions=tuple(asked), extension=extension, exemption=exemption
    )


def passage_asked(filing: Filing, place: str) -> ReportRecord | None:
    """The passage that a question about an item names."""
    return next((one for one in (*filing.records, *filing.aside) if one.asked == place), None)


def figure_asked(filing: Filing, place: str) -> tuple[ReportRecord, Withheld] | None:
    """The figure that a question names, and the record that it belongs to."""
    waiting = ((record, figure) for record in (*filing.records, *filing.aside) for figure in record.withheld)
    return next(((record, figure) for record, figure in waiting if figure.locus.key == place), None)


def _without(filing: Filing, place: str) -> Filing:
    """The passage that a question names counts nowhere, be it a record or told beside the plan."""
    gone = {(one.progress, locus) for one in filing.aside if one.asked == place for locus in one.loci}
    return replace(
        filing,
        records=tuple(one for one in filing.records if one.asked != place),
        aside=tuple(one for one in filing.aside if one.asked != place),
        off_plan=tuple(one for one in filing.off_plan if (one.text, one.locus) not in gone),
    )


def _assign(filing: Filing, place: str, item: str) -> Filing:
    """Give the passage that a question names to an item, or to none: then it is work outside the plan."""
    passage = passage_asked(filing, place)
    if passage is None:
        return filing
    rest = _without(filing, place)
    if not item:
        off = Remark(text=passage.progress, items=(), locus=passage.loci[0])
        return replace(rest, off_plan=(*rest.off_plan, off) if off.text else rest.off_plan)
    match = replace(passage.match, item=int(item), confidence=1.0, rival=None, rival_confidence=0.0)
    records = (*rest.records, replace(passage, match=match, doubtful=False))
    return replace(rest, records=tuple(sorted(records, key=lambda one: one.match.item)))


def _count(filing: Filing, place: str, value: str) -> Filing:
    """File what the office says a doubtful cell means; words that are no figures file nothing."""
    found = figure_asked(filing, place)
    if found is None:
        return filing
    record, figure = found
    told = tuple(
        Quantity(value=number, unit=unit, of=figure.of, locus=figure.locus, scope=figure.scope, text=value)
        for number, unit in measured(value, unit=figure.unit)
    )
    richer = replace(
        record,
        quantities=(*record.quantities, *told),
        withheld=tuple(one for one in record.withheld if one != figure),
    )
    records = tuple(richer if one is record else one for one in filing.records)
    if record not in filing.records and told:
        records = tuple(sorted((*records, richer), key=lambda one: one.match.item))
    return replace(filing, records=records, aside=tuple(one for one in filing.aside if one is not record or not told))


def _accept(filing: Filing, question: Question) -> Filing:
    """Take a question's suggestion as the answer."""
    match question.kind:
        case QuestionKind.UNIT if question.suggestion:
            return replace(filing, unit=question.suggestion, sender_known=True)
        case QuestionKind.SENDER:
            return replace(filing, sender_known=True)
        case QuestionKind.PERIOD if question.suggestion:
            return replace(filing, period=question.suggestion)
        case QuestionKind.KIND if question.suggestion in set(MailKind):
            return replace(filing, kind=MailKind(question.suggestion))
        case QuestionKind.MATCH:
            return _assign(filing, question.place, question.suggestion or "")
        case QuestionKind.FIGURE if question.suggestion:
            return _count(filing, question.place, question.suggestion)
        case _:
            return filing


def lessons_of(filing: Filing, sender: str, decisions: tuple[Decision, ...]) -> tuple[Lesson, ...]:
    """What the answers about one mail teach: whose address it is, and which item a phrase belongs to.

    Args:
        filing: the mail as read.
        sender: its plain address, empty where there is none to believe.
        decisions: live decisions of the office.
    """
    mine = tuple(decision for decision in decisions if decision.digest == filing.digest)
    if not mine:
        return ()
    settled = settle(filing, mine)
    learned = []
    identified = any(question.kind in _WHO for question in filing.questions) and not any(
        question.kind in _WHO for question in settled.open_questions
    )
    named = any(decision.action == Action.UNIT for decision in mine)
    if (identified or named) and not settled.refused and settled.filing.unit and sender:
        learned.append(Lesson("address", settled.filing.unit, sender, settled.filing.unit))
    unit = settled.filing.unit or ""
    for question in filing.questions:
        if question.kind == QuestionKind.FORGED and question not in settled.open_questions and not settled.refused:
            learned += [Lesson("route", unit, f"{sender.lower()} {place}", "") for place in question.place.split()]
        if question.kind != QuestionKind.MATCH or question in settled.open_questions or settled.refused:
            continue
        passage = passage_asked(filing, question.place)
        if passage is None:
            continue
        after = next((one for one in settled.filing.records if one.asked == question.place), None)
        kind, item = ("match", str(after.match.item)) if after is not None else ("not_plan", "")
        learned.append(Lesson(kind, unit, passage.progress, item, heading=passage.heading))
    return tuple(learned)


def extensions(decisions: tuple[Decision, ...]) -> tuple[Extension, ...]:
    """Extensions that the office granted without a mail (by telephone, in the console)."""
    return tuple(
        Extension(decision.unit, decision.period, date.fromisoformat(decision.value), decision.note or "经办公室批准")
        for decision in decisions
        if decision.action == Action.EXTEND and not decision.digest
    )


def paper_copies(decisions: tuple[Decision, ...]) -> dict[tuple[str, str], date]:
    """First day on which the stamped paper of a unit for a month was registered."""
    days: dict[tuple[str, str], date] = {}
    for decision in decisions:
        if decision.action == Action.PAPER:
            day = date.fromisoformat(decision.value)
            key = (decision.unit, decision.period)
            days[key] = min(day, days.get(key, day))
    return days


def exempted(
    units: tuple[Unit, ...], decisions: tuple[Decision, ...], by_mail: tuple[Exemption, ...] = ()
) -> tuple[Unit, ...]:
    """The units with the months for which the office excused them besides those in the directory.

    Args:
        units: The directory.
        decisions: Live decisions of the office; some excuse a unit without a mail.
        by_mail: What units asked for in a mail and the office granted.
    """
    granted: dict[str, list[tuple[str, str]]] = {}
    for exemption in by_mail:
        granted.setdefault(exemption.unit, []).append((exemption.period, exemption.because))
    for decision in decisions:
        if decision.action == Action.EXEMPT:
            granted.setdefault(decision.unit, []).append((decision.period, decision.note or "经办公室同意免报"))
    return tuple(replace(unit, exempt=(*unit.exempt, *granted.get(unit.name, ()))) for unit in units)
