"""An opened mail → its filing: kind, unit, month, seal, secrecy, and the records of the report, each with its reasons.

What cannot be settled safely is a question with a suggestion; nothing here decides for the office.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from pipeline.mail.sender import Authentication, authentication, doubts, looks_like, unused_way
from pipeline.mail.sender import Verdict as Word
from pipeline.mail.way import is_handed_in
from pipeline.model import (
    Clue,
    Document,
    Filing,
    Knowledge,
    Letter,
    MailKind,
    Opened,
    OtherKind,
    Question,
    QuestionKind,
    Screening,
    Seal,
    Table,
    Trouble,
    Verdict,
)
from pipeline.text import bare, folded
from pipeline.understanding import copies, kind, names, period, prose, secrecy, unit
from pipeline.understanding.carriers import Mail, is_signed, lay_open
from pipeline.understanding.kind import Kind
from pipeline.understanding.likeness import other_place
from pipeline.understanding.papers import Paper, pattern
from pipeline.understanding.records import Extraction, extract
from pipeline.understanding.unit import WORTH, Identity

_KINDS = {MailKind.REPORT: "报告", MailKind.SUPPLEMENT: "补充", MailKind.CORRECTION: "更正", MailKind.OTHER: "其他来信"}
_OFFERED = 4


def understand(opened: Opened, *, received_at: datetime, screening: Screening, knowledge: Knowledge) -> Filing:
    """Read one mail.

    Args:
        opened: The letter, the mails inside it, and what its files say.
        received_at: When the collecting server took it in, in the office's zone.
        screening: What the screen says of it; automatic mail is filed as such and never asked about.
        knowledge: Plan, units, memory, letters sent and word lists, as of that time.
    """
    day = received_at.date()
    letter = opened.letter
    answer = kind.answered(letter.digest, knowledge)
    mail = lay_open(opened, knowledge=knowledge, insist=answer is not None)
    told = kind.tell(mail, screening=screening, received=day, knowledge=knowledge, answer=answer)
    if told.kind is not MailKind.OTHER and not mail.main and not (told.unreachable or told.zero):
        # A report by its looks alone: its likeliest paper is read, and the question holds it.
        mail = lay_open(opened, knowledge=knowledge, insist=True)
    if told.kind is MailKind.OTHER:
        return _other(mail, told, screening=screening, received_at=received_at, knowledge=knowledge)

    single = copies.reconcile(mail.main, digest=letter.digest)
    speakers = tuple(paper for paper in mail.papers if paper in mail.main) or mail.papers
    who = unit.identify(mail, day=day, knowledge=knowledge, papers=speakers)
    when = period.determine(mail, received=day, knowledge=knowledge)
    questions = list(secrecy.questions(mail, digest=letter.digest))
    word = authentication(letter, knowledge.authservers)
    questions += _sender_questions(letter, who, word, knowledge=knowledge)
    questions += _unit_question(letter, who)
    questions += _period_question(letter, when)
    questions += _seal_questions(mail, who, received_at=received_at, knowledge=knowledge)
    questions += single.questions
    questions += _kind_question(letter, told)
    questions += _unreadable_questions(mail, told, knowledge=knowledge)
    extraction = Extraction()
    if single.main:
        extraction = extract(
            tuple(paper.document for paper in single.main),
            unit=who.unit,
            period=when.period,
            digest=letter.digest,
            knowledge=knowledge,
        )
    extraction, asked = _work_only(extraction, single.main, told, knowledge=knowledge)
    said_nothing = pattern(knowledge.lexicon, "kind_zero_words").search(
        folded("\n".join(paper.text for paper in single.main))
    )
    zero = (told.zero or extraction.zero_report or said_nothing is not None) and not extraction.records
    confirmed = pattern(knowledge.lexicon, "record_support_words").search(mail.own) is not None
    if not (extraction.records or zero or confirmed or extraction.support_confirmed):
        questions += _nothing_question(letter, told, single.main, (*questions, *asked))
    return Filing(
        digest=letter.digest,
        kind=told.kind,
        other=OtherKind.NONE,
        unit=who.unit,
        period=when.period,
        stamped=any(
            paper.document.seal is Seal.PRESENT
            for paper in mail.papers
            if _is_carrier(paper, mail, knowledge=knowledge)
        ),
        records=extraction.records,
        problems=extraction.problems,
        next_steps=extraction.next_steps,
        off_plan=extraction.off_plan,
        aside=extraction.aside,
        questions=tuple(dict.fromkeys((*questions, *asked))),
        kind_clues=told.clues,
        unit_clues=who.clues,
        period_clues=when.clues,
        unreadable=opened.unreadable,
        zero_report=zero,
        support_confirmed=extraction.support_confirmed or confirmed,
        sender_known=who.known,
        vouched=word.verdict is Word.PASS,
        warnings=(
            *((f"由{who.speaks_for[0]}的邮箱代{who.unit}报送。",) if who.entrusted else ()),
            *_warnings(mail, single.main, extraction),
        ),
    )


def _work_only(
    extraction: Extraction, main: tuple[Paper, ...], told: Kind, *, knowledge: Knowledge
) -> tuple[Extraction, tuple[Question, ...]]:
    """Without what is no work: run-in titles, and words that only tell what a correction changes and what it leaves.

    Returns:
        The extraction and its questions, both without such sentences.
    """
    titles = {bare(paper.title) for paper in main if paper.title}
    keys = ("kind_correction_words", "kind_supplement_words", "kind_stays_words", "kind_replaces_words")
    changing = told.kind in {MailKind.CORRECTION, MailKind.SUPPLEMENT}
    telling = [pattern(knowledge.lexicon, key) for key in keys] if changing else []
    idle = [
        one
        for one in extraction.off_plan
        if bare(one.text) in titles or any(words.search(folded(one.text)) for words in telling)
    ]
    words_of = {one.text for one in idle}
    dropped = {one.asked for one in extraction.aside if one.progress in words_of}
    asked = tuple(one for one in extraction.questions if one.kind is not QuestionKind.MATCH or one.place not in dropped)
    kept = tuple(one for one in extraction.off_plan if one not in idle)
    aside = tuple(one for one in extraction.aside if one.asked not in dropped)
    return replace(extraction, off_plan=kept, aside=aside), asked


def _other(mail: Mail, told: Kind, *, screening: Screening, received_at: datetime, knowledge: Knowledge) -> Filing:
    """A mail that is no report: whose it is where that is known, and what a person must know of it."""
    letter = mail.opened.letter
    name: str | None = None
    clues: tuple[Clue, ...] = ()
    known = False
    questions: list[Question] = []
    if screening.verdict in {Verdict.AUTOMATIC, Verdict.RECEIPT, Verdict.BULK} or told.other in {
        OtherKind.ADVERT,
        OtherKind.GREETING,
    }:
        name, clues = unit.of_sender(letter, knowledge)
        known = name is not None
    elif screening.verdict is Verdict.PERSON:
        who = unit.identify(mail, day=received_at.date(), knowledge=knowledge, papers=mail.papers)
        name, clues, known = who.unit, who.clues, who.known
        if not known and any(not paper.body and other_place(paper, knowledge=knowledge) for paper in mail.papers):
            # 住建局8月份报告 of the next county came here by mistake.
            name = None
        questions += secrecy.questions(mail, digest=letter.digest)
        questions += _request(letter, told, who, knowledge=knowledge, received_at=received_at)
        questions += _kind_question(letter, told)
        if told.doubt:
            questions += _unreadable_questions(mail, told, knowledge=knowledge)
    return Filing(
        digest=letter.digest,
        kind=MailKind.OTHER,
        other=told.other,
        unit=name,
        period=None,
        # A sealed application is sealed, though no report.
        stamped=any(paper.document.seal is Seal.PRESENT for paper in mail.papers if not paper.body),
        questions=tuple(dict.fromkeys(questions)),
        kind_clues=told.clues,
        unit_clues=clues,
        unreadable=mail.opened.unreadable,
        sender_known=known,
        vouched=authentication(letter, knowledge.authservers).verdict is Word.PASS,
        requested_until=told.requested_until,
        requested_exemption=told.requested_exemption,
    )


def _is_carrier(paper: Paper, mail: Mail, *, knowledge: Knowledge) -> bool:
    """Papers whose seal counts: the report, its copies, and its sealed page of signature sent as a picture."""
    if paper in mail.main:
        return True
    if not paper.document.scanned or not mail.main:
        return False
    return any(copies.is_copy(one, paper) for one in mail.main) or is_signed(paper, knowledge=knowledge)


# ------------------------------------------------------------------------------------------ questions


def _reasons(clues: tuple[Clue, ...], limit: int = 3) -> str:
    """The strongest reasons in one phrase."""
    return "、".join(clue.because for clue in clues[:limit])


def _sender_questions(letter: Letter, who: Identity, word: Authentication, *, knowledge: Knowledge) -> list[Question]:
    """Is the sender who they seem to be, by the receiving server's word and by what we know?"""
    if letter.sender is None:
        shown = f"从内容看是{who.unit}的材料" if who.unit else "从内容也看不出是哪个单位的材料"
        text = f"{letter.sender_trouble or '发件人无法确认'}。{shown}；确认前不计入。"
        return [Question(QuestionKind.FORGED, letter.digest, "", text, suggestion=who.unit, holds=True)]
    domain = letter.sender.addr.rpartition("@")[2]
    because = word.because if word.verdict is Word.FAIL else ""
    if word.verdict is Word.NONE and domain.lower() in knowledge.vouched and not is_handed_in(letter):
        # The server has shown that it can tell: silence on a mail of that domain is not what it writes on true ones.
        because = f"收件服务器以往会确认来自 {domain} 的邮件，这一封却没有验证结果，可能是冒用"
    elif word.verdict is Word.NONE and knowledge.authentication == "required":
        because = word.because
    if because:
        text = f"{because}。来信自称{who.unit or letter.sender.addr}；请电话核实，确认前不计入。"
        return [Question(QuestionKind.FORGED, letter.digest, "", text, suggestion=who.unit, holds=True)]
    if who.known or who.entrusted:
        # A listed office that says for whom it reports is believed as much; the warning shows it to everybody.
        return [] if word.verdict is Word.PASS else _other_hands(letter, who, knowledge=knowledge)
    registered = frozenset(box.lower() for one in knowledge.units for box in one.mailboxes)
    imitated = looks_like(letter.sender.addr, registered) if letter.sender.addr.lower() not in registered else None
    if imitated:
        text = (
            f"发件地址 {letter.sender.addr} 与登记的 {imitated} 极为相似但不是同一个，可能是冒用；"
            "请电话核实，确认前不计入。"
        )
        return [Question(QuestionKind.FORGED, letter.digest, "", text, suggestion=who.unit, holds=True)]
    if who.unit is None:
        return []
    because = _reasons(tuple(clue for clue in who.clues if clue.value == who.unit))
    if who.speaks_for:
        told = f"发件地址 {letter.sender.addr} 登记的是{'、'.join(who.speaks_for)}，报告却是{who.unit}的（{because}）"
        ask = f"是否由{who.speaks_for[0]}代{who.unit}报送？确认后，这个邮箱以后也可以代{who.unit}报送。"
    else:
        told = f"发件地址 {letter.sender.addr} 没有登记，从内容看是{who.unit}的报告（{because}）"
        ask = f"是否确认？确认后，这个邮箱以后就算{who.unit}的。"
    options = tuple(name for name, _ in who.ranking[:_OFFERED])
    return [Question(QuestionKind.SENDER, letter.digest, "", f"{told}。{ask}", who.unit, options, holds=True)]


def _other_hands(letter: Letter, who: Identity, *, knowledge: Knowledge) -> list[Question]:
    """A known address beside which the header names others: one question, unless the office has said that it is so."""
    mine = {who.unit, *who.speaks_for}
    beside = {box.lower() for one in knowledge.units if one.name in mine for box in one.mailboxes}
    sender = letter.sender.addr.lower() if letter.sender else ""
    agreed = frozenset(lesson.text for lesson in knowledge.memory.lessons if lesson.kind == "route")
    found = [
        doubt
        for doubt in doubts(letter, own=frozenset(beside) | knowledge.own)
        if f"{sender} {doubt.place}" not in agreed
    ]
    if knowledge.authentication == "habit":
        found += unused_way(letter, agreed)
    if not found:
        return []
    text = (
        f"{'；'.join(doubt.because for doubt in found)}。来信自称{who.unit or sender}，可能是冒用；"
        "请电话核实，确认前不计入。确认后，同样的写法不再询问。"
    )
    place = " ".join(doubt.place for doubt in found)
    return [Question(QuestionKind.FORGED, letter.digest, place, text, suggestion=who.unit, holds=True)]


def _unit_question(letter: Letter, who: Identity) -> list[Question]:
    if who.unit is not None:
        return []
    options = tuple(name for name, score in who.ranking[:_OFFERED] if score >= WORTH)
    if not options:
        text = "看不出这封邮件是哪个单位报的：发件地址没有登记，主题、附件和正文都没有写单位。请指定单位，或回信询问。"
        return [Question(QuestionKind.UNIT, letter.digest, "", text, holds=True)]
    best = _reasons(tuple(clue for clue in who.clues if clue.value == options[0]), 2)
    if len(options) > 1:
        rival = _reasons(tuple(clue for clue in who.clues if clue.value == options[1]), 2)
        text = (
            f"不能确定是哪个单位的报告：像{options[0]}（{best}），也像{options[1]}（{rival}）。"
            f"建议按{options[0]}计，请确认。"
        )
    else:
        text = f"可能是{options[0]}的报告，但依据不足（{best}）。建议按{options[0]}计，请确认。"
    return [Question(QuestionKind.UNIT, letter.digest, "", text, options[0], options, holds=True)]


def _period_question(letter: Letter, when: period.Month) -> list[Question]:
    if when.period is not None:
        return []
    options = tuple(name for name, _ in when.ranking[:_OFFERED])
    if not options:
        text = "看不出报的是哪个月的工作：主题、标题和正文都没有写月份。请指定月份。"
        return [Question(QuestionKind.PERIOD, letter.digest, "", text, holds=True)]
    first = _reasons(tuple(clue for clue in when.clues if clue.value == options[0]), 2)
    second = _reasons(tuple(clue for clue in when.clues if len(options) > 1 and clue.value == options[1]), 2)
    text = f"报的是哪个月不能确定：{_month(options[0])}（{first}）"
    if len(options) > 1:
        text += f"，还是{_month(options[1])}（{second}）"
    text += f"？建议按{_month(options[0])}计，请确认。"
    return [Question(QuestionKind.PERIOD, letter.digest, "", text, options[0], options, holds=True)]


def _month(name: str) -> str:
    return f"{name[:4]}年{int(name[5:])}月"


def _seal_questions(mail: Mail, who: Identity, *, received_at: datetime, knowledge: Knowledge) -> list[Question]:
    """The seal on a report is another unit's."""
    known = names.names_of(knowledge, received_at.date())
    asked = []
    for paper in mail.main:
        text = paper.document.seal_text
        if paper.document.seal is not Seal.PRESENT or not text or who.unit is None:
            continue
        sealed = names.seen_in(text, known)
        if sealed and sealed != who.unit:
            told = (
                f"“{paper.document.name}”上的印章是“{text}”，像是{sealed}的，而报告是{who.unit}的。"
                f"建议仍按{who.unit}计，请与报送单位核实用印。"
            )
            place = f"{paper.document.part}#印章"
            asked.append(
                Question(QuestionKind.COPIES, mail.opened.letter.digest, place, told, who.unit, (who.unit, sealed))
            )
    return asked


def _kind_question(letter: Letter, told: Kind) -> list[Question]:
    if not told.doubt:
        return []
    held = told.kind is not MailKind.OTHER
    text = f"{told.doubt}。建议按“{_KINDS[told.kind]}”处理，请确认。"
    options = tuple(one.value for one in (MailKind.REPORT, MailKind.SUPPLEMENT, MailKind.CORRECTION, MailKind.OTHER))
    return [Question(QuestionKind.KIND, letter.digest, "", text, told.kind.value, options, holds=held)]


def _unreadable_questions(mail: Mail, told: Kind, *, knowledge: Knowledge) -> list[Question]:
    """Parts that could not be read and may hold the report."""
    asked = []
    nouns = pattern(knowledge.lexicon, "kind_report_nouns")
    for part in mail.opened.unreadable:
        if mail.main and part.trouble is not Trouble.LINK and not nouns.search(part.name):
            continue
        place = part.part if part.trouble is not Trouble.LINK else f"{part.part}#{part.name}"
        end = "请让对方重新发送。" if told.unreachable else "其余内容已经读取，请看是否需要对方重发。"
        message = part.message.rstrip("。")
        asked.append(Question(QuestionKind.UNREADABLE, mail.opened.letter.digest, place, f"{message}。{end}"))
    return asked


def _tells(paper: Paper) -> bool:
    """Whether a paper holds something that may be work: a figure with a unit, or rows of a table."""
    return prose.figures(paper.text) > 0 or any(
        isinstance(block, Table) and block.height > 1 for block in paper.document.blocks
    )


def _nothing_question(
    letter: Letter, told: Kind, papers: tuple[Paper, ...], asked: tuple[Question, ...]
) -> list[Question]:
    """A report in which no work was found: somebody must look, unless a question already leads them to its content."""
    if not any(_tells(paper) for paper in papers):
        # Empty words: an honest look finds no work in them either, and says so (``empty_report``).
        return []
    leads = {QuestionKind.KIND, QuestionKind.MATCH, QuestionKind.UNREADABLE, QuestionKind.COPIES, QuestionKind.SECRET}
    if leads & {question.kind for question in asked}:
        return []
    text = f"来信是{_KINDS[told.kind]}，但没有读出任何一项的进展，请打开原件看。"
    return [Question(QuestionKind.UNREADABLE, letter.digest, "", text)]


def _request(
    letter: Letter, told: Kind, who: Identity, *, knowledge: Knowledge, received_at: datetime
) -> list[Question]:
    if told.other is not OtherKind.REQUEST:
        return []
    month = next((sent.period for sent in knowledge.sent if sent.message_id == letter.in_reply_to and sent.period), "")
    month = month or _previous(received_at)
    until = f"，要求延到{told.requested_until.month}月{told.requested_until.day}日" if told.requested_until else ""
    name = who.unit or "一个尚未确认的单位"
    granted = "同意免报的，该月不再要求报送" if told.requested_exemption else "准予延期的，在期限前不再催报"
    text = f"{name}来信提出申请（{_reasons(told.clues, 1)}）{until}。请决定准或不准；{granted}。"
    suggestion = told.requested_until.isoformat() if told.requested_until else None
    return [Question(QuestionKind.REQUEST, letter.digest, month, text, suggestion)]


def _previous(received_at: datetime) -> str:
    year, month = (received_at.year, received_at.month - 1) if received_at.month > 1 else (received_at.year - 1, 12)
    return f"{year:04d}-{month:02d}"


def _warnings(mail: Mail, main: tuple[Paper, ...], extraction: Extraction) -> tuple[str, ...]:
    """What a person should know: warnings of the papers that were read, and papers that were set aside."""
    said = [f"{paper.document.name}：{warning}" for paper in main for warning in paper.document.warnings]
    said += extraction.warnings
    read: set[Document] = {paper.document for paper in mail.main}
    aside = [
        paper.document.name for paper in mail.papers if not paper.body and paper.document not in read and paper.lines
    ]
    if aside and main:
        said.append(f"没有当作报告读的附件：{'、'.join(aside)}")
    return tuple(dict.fromkeys(said))
