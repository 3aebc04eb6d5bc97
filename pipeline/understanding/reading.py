"""Everything that opening a mail gave → its filing: kind, unit, period, records, questions."""

from __future__ import annotations

from datetime import datetime

from pipeline.model import (
    Clue,
    Filing,
    Knowledge,
    MailKind,
    Opened,
    OtherKind,
    Question,
    QuestionKind,
    Screening,
    Seal,
    Verdict,
)
from pipeline.periods import period_of, previous_period
from pipeline.understanding.records import extract

_AUTOMATIC = {
    Verdict.AUTOMATIC: OtherKind.OUT_OF_OFFICE,
    Verdict.BOUNCE: OtherKind.BOUNCE,
    Verdict.RECEIPT: OtherKind.READ_RECEIPT,
    Verdict.BULK: OtherKind.ADVERT,
    Verdict.OWN: OtherKind.OWN,
}


def understand(opened: Opened, *, received_at: datetime, screening: Screening, knowledge: Knowledge) -> Filing:
    """What a mail means for the office."""
    letter = opened.letter
    digest = letter.digest
    sender = letter.sender.addr if letter.sender else ""
    owner = next((unit.name for unit in knowledge.units if sender in unit.mailboxes), None)
    if screening.verdict != Verdict.PERSON:
        return Filing(digest, MailKind.OTHER, _AUTOMATIC[screening.verdict], owner, None, stamped=False)
    texts = "\n".join(
        block.text for document in opened.documents for block in document.blocks if block.kind == "paragraph"
    )
    named = next(
        (
            unit.name
            for unit in knowledge.units
            for name in (unit.full_name, unit.name, *(alias.name for alias in unit.aliases))
            if name in letter.subject + texts
        ),
        None,
    )
    unit = owner or next((one.answer for one in knowledge.memory.lessons if one.text == sender), None) or named
    known = owner is not None or any(one.text == sender for one in knowledge.memory.lessons)
    period = previous_period(period_of(received_at.date()))
    main = tuple(one for one in opened.documents if not one.part.startswith("body")) or opened.documents[:1]
    found = extract(main, unit=unit, period=period, digest=digest, knowledge=knowledge)
    kind = MailKind.REPORT if found.records or opened.unreadable else MailKind.OTHER
    questions = list(found.questions)
    if unit is None:
        questions.append(Question(QuestionKind.UNIT, digest, "", "看不出这封邮件是哪个单位报的。", holds=True))
    elif not known:
        text = f"{sender} 不在通讯录中，自称是{unit}，请确认。"
        questions.append(Question(QuestionKind.SENDER, digest, "", text, unit, holds=True))
    return Filing(
        digest,
        kind,
        OtherKind.NONE,
        unit,
        period if kind != MailKind.OTHER else None,
        stamped=any(document.seal == Seal.PRESENT for document in opened.documents),
        records=found.records,
        problems=found.problems,
        next_steps=found.next_steps,
        off_plan=found.off_plan,
        questions=tuple(questions) if kind != MailKind.OTHER else (),
        unit_clues=(Clue(unit, 1.0, "发件地址"),) if unit else (),
        unreadable=opened.unreadable,
        zero_report=found.zero_report,
        support_confirmed=found.support_confirmed,
        sender_known=known,
        warnings=found.warnings,
    )
