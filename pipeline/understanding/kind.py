"""What a mail is for the office: report, supplement, correction, or something else, with the reason.

Rules tell it from words and papers, and say why; beside them stands what the mail looks like at first sight
(``glance.py``). Where the two are at odds, the likelier kind is taken and a person is asked.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from pipeline.model import Clue, Knowledge, MailKind, OtherKind, Screening, Trouble, Verdict
from pipeline.periods import months_in, period_of, shift
from pipeline.text import bare, folded
from pipeline.understanding import glance
from pipeline.understanding.carriers import Mail
from pipeline.understanding.likeness import (
    BLANK,
    COUNTED,
    REPORT,
    foreign_campaign,
    other_genre,
    other_place,
    plan_hits,
    says_campaign,
    titles_report,
)
from pipeline.understanding.papers import HEAD_LINES, pattern

#: Mail that a machine wrote, and what it is.
SCREENED = {
    Verdict.AUTOMATIC: OtherKind.OUT_OF_OFFICE,
    Verdict.BOUNCE: OtherKind.BOUNCE,
    Verdict.RECEIPT: OtherKind.READ_RECEIPT,
    Verdict.OWN: OtherKind.OWN,
}
#: A part that may have held the report.
_OUT_OF_REACH = frozenset(
    {
        Trouble.ENCRYPTED,
        Trouble.DAMAGED,
        Trouble.UNSUPPORTED,
        Trouble.NO_TOOL,
        Trouble.TOO_LARGE,
        Trouble.LINK,
        Trouble.HOSTILE,
    }
    | {Trouble.EMPTY}
)


@dataclass(frozen=True, slots=True)
class Kind:
    """What the mail is, and how that is known."""

    kind: MailKind
    other: OtherKind
    clues: tuple[Clue, ...]
    #: The report cannot be reached: locked, damaged or only linked to.
    unreachable: bool = False
    #: Why a person should look, in Chinese; empty when it is clear.
    doubt: str = ""
    #: The report says that there is nothing to report.
    zero: bool = False
    requested_until: date | None = None
    #: The application asks to owe nothing this month.
    requested_exemption: bool = False
    #: Name of the campaign that a missent report belongs to.
    campaign: str = ""
    #: It says so in a word of its own (更正, 补充), or so plainly that it needs no second look.
    in_words: bool = False
    plain: bool = False
    #: The title of a paper names the campaign and calls it a report, or the subject is no more than such a title.
    titled: bool = False


def tell(
    mail: Mail, *, screening: Screening, received: date, knowledge: Knowledge, answer: MailKind | None = None
) -> Kind:
    """Tell what a mail is.

    Args:
        mail: The mail, sorted.
        screening: The screen's verdict; automatic mail is never a report.
        received: Day of receipt.
        knowledge: Word lists, campaign, letters sent.
        answer: What the office said that it is.
    """
    if answer is not None:
        return Kind(answer, OtherKind.NONE, (Clue(answer, 9.0, "办公室认定"),))
    if screening.verdict in SCREENED:
        other = SCREENED[screening.verdict]
        return Kind(MailKind.OTHER, other, (Clue(other, 5.0, screening.because),))
    lexicon = knowledge.lexicon
    own = folded(mail.own)
    said = f"{folded(mail.opened.letter.subject)}\n{own}"
    recalled = pattern(lexicon, "kind_recall_words").search(said)
    if recalled and all(paper.body for paper in mail.main):
        because = f"来信写着“{recalled[0]}”"
        doubt = f"{because}；先前收到的那份报告是否作废，请与单位核对"
        return Kind(MailKind.OTHER, OtherKind.NONE, (Clue("other", 3.0, because),), doubt=doubt)
    ruled = _by_rules(mail, said=said, own=own, screening=screening, received=received, knowledge=knowledge)
    if ruled.plain:
        return ruled
    return _at_odds(ruled, glance.chances(glance.of(mail, knowledge=knowledge), lexicon=lexicon), mail)


#: How often the rules call a mail what they call it, by what it is: of hands that nobody had seen, look-alikes among
#: them (docs/reading.md). Additions in everyday words are the ones that they take for reports most often.
_CALLED: Mapping[MailKind, Mapping[MailKind, float]] = {
    MailKind.REPORT: {
        MailKind.REPORT: 0.97,
        MailKind.SUPPLEMENT: 0.3,
        MailKind.CORRECTION: 0.25,
        MailKind.OTHER: 0.08,
    },
    MailKind.SUPPLEMENT: {
        MailKind.REPORT: 0.03,
        MailKind.SUPPLEMENT: 0.75,
        MailKind.CORRECTION: 0.02,
        MailKind.OTHER: 0.03,
    },
    MailKind.CORRECTION: {
        MailKind.REPORT: 0.03,
        MailKind.SUPPLEMENT: 0.02,
        MailKind.CORRECTION: 0.75,
        MailKind.OTHER: 0.03,
    },
    MailKind.OTHER: {
        MailKind.REPORT: 0.025,
        MailKind.SUPPLEMENT: 0.05,
        MailKind.CORRECTION: 0.05,
        MailKind.OTHER: 0.95,
    },
}
#: The same where the mail says in a word of its own that it changes an earlier one (更正, 补充): for a plain report and
#: for anything else; and at least which share of the kind called where the rules ask about it themselves.
_IN_WORDS, _ASKING = 0.003, 0.22
#: How often another letter is titled as a report of the campaign.
_TITLED = 0.003
#: From this score on a paper is full of the plan's work.
_FULL = 8.0
#: No look is surer than this.
_SUREST = 0.998
#: A kind that is less sure than this beside the others is asked about.
_SURE = 0.8


def _called(ruled: Kind) -> dict[MailKind, float]:
    """How often the rules say what they say of a mail of each kind."""
    row = dict(_CALLED[ruled.kind])
    if ruled.in_words:
        row |= {kind: _IN_WORDS for kind in (MailKind.REPORT, MailKind.OTHER) if kind is not ruled.kind}
    if ruled.titled:
        row[MailKind.OTHER] = _TITLED
    if ruled.doubt and ruled.kind is not MailKind.OTHER:
        row = {kind: max(often, _ASKING * row[ruled.kind]) for kind, often in row.items()}
    return row


def _at_odds(ruled: Kind, chances: Mapping[MailKind, float], mail: Mail) -> Kind:
    """What the rules say, unless the mail looks much more like another kind: then that, with a question."""
    called = _called(ruled)
    likely = {kind: max(chance, 1 - _SUREST) * called[kind] for kind, chance in chances.items()}
    best, next_best = sorted(likely, key=lambda kind: -likely[kind])[:2]
    unsure = likely[best] < _SURE * sum(likely.values())
    if best is ruled.kind:
        # What is full of the plan's work is a report, in whatever form it comes.
        full = next_best is MailKind.OTHER and max(mail.scores, default=0.0) >= _FULL
        doubt = f"来信{_like(best)}，但也{_like(next_best)}" if unsure and not full else ""
        return replace(ruled, doubt=ruled.doubt or doubt)
    because = "来信的写法不像报告" if best is MailKind.OTHER else f"来信的写法更像{_CHINESE[best]}"
    against = "不像报告" if ruled.kind is MailKind.OTHER else f"像{_CHINESE[ruled.kind]}"
    clue = Clue(best, 2.0, because)
    doubt = f"{because}，而从内容看{against}（{ruled.clues[0].because}）"
    if ruled.kind is MailKind.OTHER and not any(COUNTED.search(paper.text) for paper in mail.papers):
        # Nothing in it could be read.
        return replace(ruled, doubt=ruled.doubt or doubt)
    if best is MailKind.OTHER:
        return Kind(best, OtherKind.NONE, (clue, *ruled.clues), doubt=doubt)
    return replace(ruled, kind=best, other=OtherKind.NONE, clues=(clue, *ruled.clues), doubt=doubt)


def _by_rules(mail: Mail, *, said: str, own: str, screening: Screening, received: date, knowledge: Knowledge) -> Kind:
    """What words and papers make of a mail that a person wrote."""
    lexicon = knowledge.lexicon
    if mail.main:
        return _report(mail, said=said, knowledge=knowledge)
    if screening.verdict is Verdict.BULK:
        return Kind(MailKind.OTHER, OtherKind.ADVERT, (Clue(OtherKind.ADVERT, 4.0, screening.because),))
    foreign = _missent(mail, knowledge=knowledge)
    if foreign:
        because = f"附件是“{foreign}”方面的材料，没有提到本行动计划"
        return Kind(MailKind.OTHER, OtherKind.MISSENT, (Clue(OtherKind.MISSENT, 4.0, because),), campaign=foreign)
    aside = _set_aside(mail, knowledge=knowledge)
    if aside:
        return Kind(MailKind.OTHER, OtherKind.NONE, (Clue("other", 4.0, aside),), plain=True)
    talk = _talk(said, mail, lexicon=lexicon)
    single = _corrects_one(own, said=said, lexicon=lexicon)
    if single and not _denies(talk):
        because = f"来信更正个别内容（“{single}”）"
        doubt = f"{because}，没有重报全文；原报告的其余内容应当保留"
        return Kind(MailKind.CORRECTION, OtherKind.NONE, (Clue(MailKind.CORRECTION, 2.5, because),), doubt=doubt)
    zero = pattern(lexicon, "kind_zero_words").search(said)
    if zero and not _denies(talk):
        return Kind(
            MailKind.REPORT,
            OtherKind.NONE,
            (Clue(MailKind.REPORT, 2.5, f"正文说明“{zero[0]}”，按零报告收"),),
            zero=True,
            plain=True,
        )
    if pattern(lexicon, "record_support_words").search(said) and not _denies(talk):
        return Kind(
            MailKind.REPORT, OtherKind.NONE, (Clue(MailKind.REPORT, 2.5, "来信确认配合事项无补充"),), plain=True
        )
    lost = [part for part in mail.opened.unreadable if part.trouble in _OUT_OF_REACH]
    announced = _announces(said, mail, knowledge=knowledge)
    if lost and (announced or not talk or talk[0][0] is OtherKind.REPLY):
        because = (
            f"“{lost[0].name}”打不开，来信说的是报送报告" if announced else f"“{lost[0].name}”打不开，可能就是报告"
        )
        kind = _changes(said, mail, lexicon=lexicon)
        return Kind(
            kind[0] if kind else MailKind.REPORT,
            OtherKind.NONE,
            (Clue(MailKind.REPORT, 2.0, because),),
            unreachable=True,
            doubt="" if announced else because,
            plain=True,
        )
    if talk:
        other, weight, because = talk[0]
        until = _until(own, received=received) if other is OtherKind.REQUEST else None
        doubt = ""
        if other is OtherKind.NONE:
            doubt = "来信既不像报告，也看不出是什么事"
        spared = other is OtherKind.REQUEST and bool(pattern(lexicon, "kind_exempt_words").search(own))
        return Kind(
            MailKind.OTHER,
            other,
            (Clue(other or "other", weight, because),),
            doubt=doubt,
            requested_until=until,
            requested_exemption=spared and until is None,
            # Who asks how to fill in the form and sends it along empty reports nothing.
            plain=other is OtherKind.QUESTION and BLANK in mail.scores,
        )
    if max(mail.scores, default=0.0) >= 1.5 or (
        announced and any(not paper.body or len(bare(paper.text)) > _WORDS for paper in mail.papers)
    ):
        because = "来信像是报告，但内容与行动计划对不上"
        return Kind(MailKind.OTHER, OtherKind.NONE, (Clue("other", 1.0, because),), doubt=because)
    if announced:
        because = "来信说报送报告，但没有附件，正文也没有内容"
        return Kind(MailKind.OTHER, OtherKind.NONE, (Clue("other", 1.0, because),), doubt=because)
    related = plan_hits(said, knowledge=knowledge) or says_campaign(said, knowledge=knowledge) or mail.papers[1:]
    doubt = "来信不是报告，也看不出是什么事" if own and related else ""
    return Kind(MailKind.OTHER, OtherKind.NONE, (Clue("other", 1.0, "没有报告的特征"),), doubt=doubt)


def _set_aside(mail: Mail, *, knowledge: Knowledge) -> str:
    """Why an attached paper needs no second look: it calls itself a notice, or is another place's; else empty."""
    for paper in mail.papers:
        if paper.body:
            continue
        title = other_genre(paper, lexicon=knowledge.lexicon)
        if title:
            return f"附件按标题（“{title}”）不是报告"
        office = other_place(paper, knowledge=knowledge)
        if office:
            return f"附件是{office}的材料"
    return ""


def answered(digest: str, knowledge: Knowledge) -> MailKind | None:
    """The report, supplement or correction that the office said this mail to be; ``None`` where it did not."""
    told = next((one for one in knowledge.memory.lessons if one.kind == "kind" and one.text == digest), None)
    return MailKind(told.answer) if told is not None else None


#: Signs from which a body holds more than the announcement of a report.
_WORDS = 30
_CHANGED = re.compile(r"(?:应为|应是|应该是|改为|改成|更正为|更正成|不是)[^，。；,;]{0,12}\d")


def _corrects_one(own: str, *, said: str, lexicon: Mapping[str, tuple[str, ...]]) -> str:
    """The words in which a short letter puts one figure right (第12条应为35家); empty when it does not."""
    changed = _CHANGED.search(own)
    if not changed or len(bare(own)) > 300:
        return ""
    asked = any(pattern(lexicon, key).search(said) for key in ("kind_correction_words", "kind_amend_words"))
    return changed[0] if asked else ""


def _denies(talk: list[tuple[OtherKind, float, str]]) -> bool:
    return bool(talk) and talk[0][0] in {OtherKind.QUESTION, OtherKind.REQUEST, OtherKind.ADVERT} and talk[0][1] >= 2


def _report(mail: Mail, *, said: str, knowledge: Knowledge) -> Kind:
    lexicon = knowledge.lexicon
    best = max(mail.scores)
    clues = [
        Clue(MailKind.REPORT, min(best, 9.0), f"“{paper.document.name}”是关于行动计划的报告") for paper in mail.main[:2]
    ]
    titled = any(not paper.body and says_campaign(paper.title, knowledge=knowledge) for paper in mail.main)
    titled = titled or titles_report(mail.opened.letter.subject, knowledge=knowledge)
    change = _changes(said, mail, lexicon=lexicon)
    unsure = "来信像是报告，但与行动计划的联系不明显" if best < REPORT else ""
    if change is None:
        return Kind(MailKind.REPORT, OtherKind.NONE, tuple(clues), doubt=unsure, titled=titled)
    kind, because, doubt, in_words = change
    doubt = doubt or unsure
    return Kind(kind, OtherKind.NONE, (Clue(kind, 3.0, because), *clues), doubt=doubt, in_words=in_words, titled=titled)


def _changes(
    said: str, mail: Mail, *, lexicon: Mapping[str, tuple[str, ...]]
) -> tuple[MailKind, str, str, bool] | None:
    """Supplement or correction, by the words of subject, cover, file names and opening; ``None`` for a plain report.

    Returns:
        The kind, the reason, a doubt, and whether a word for it stands there (更正, 补充; 以此为准 is none).

    A report's own text is full of 补充 and 更正 in other senses, so of a report in the body only the opening and
    the close are asked.
    """
    bodies = [paper for paper in mail.main if paper.body]
    cover = (
        said
        if not bodies
        else "\n".join(
            (
                folded(mail.opened.letter.subject),
                *(folded(line) for paper in bodies for line in (*paper.lines[:3], *paper.lines[-3:])),
            )
        )
    )
    names = " ".join(folded(paper.document.name) for paper in mail.main if not paper.body)
    heads = " ".join(folded(line) for paper in mail.main for line in (paper.title, *paper.lines[:3]))
    inner = " ".join(folded(letter.subject) for letter in mail.letters[1:])
    correct = pattern(lexicon, "kind_correction_words")
    adds = pattern(lexicon, "kind_supplement_words")
    replaces = pattern(lexicon, "kind_replaces_words")
    in_words = False
    sums = {MailKind.CORRECTION: 0.0, MailKind.SUPPLEMENT: 0.0}
    reason: dict[MailKind, str] = {}
    for place, text, weight in (
        ("来信", cover, 2.0),
        ("附件名", names, 1.5),
        ("转发的原信主题", inner, 1.5),
        ("报告标题", heads, 1.5),
    ):
        for kind, words in ((MailKind.CORRECTION, correct), (MailKind.SUPPLEMENT, adds)):
            hits = {hit[0] for hit in words.finditer(_without_late(text, lexicon=lexicon))}
            if hits:
                sums[kind] += weight + 0.5 * (len(hits) - 1)
                in_words = in_words or any(not replaces.fullmatch(hit) for hit in hits)
                reason.setdefault(kind, f"{place}写着“{'、'.join(sorted(hits)[:3])}”")
    drafted = pattern(lexicon, "kind_draft_words").search(f"{cover} {names} {inner}")
    earlier = pattern(lexicon, "kind_earlier_words").search(cover) is not None
    if drafted and earlier:
        # A draft that somebody edited is a report; edited after it was sent, it takes the place of what was sent.
        sums[MailKind.CORRECTION] += 2.0
        reason.setdefault(MailKind.CORRECTION, f"来信说先前报过，这份是“{drafted[0]}”")
    # 以此为准 speaks of a correction where an earlier letter is named, and else of which of several papers counts.
    in_words = in_words or earlier
    if replaces.search(cover):
        sums[MailKind.CORRECTION] += 2.0
        reason.setdefault(MailKind.CORRECTION, "来信说明以本次为准")
    single = _corrects_one(folded(mail.own), said=said, lexicon=lexicon) if bodies else ""
    if single:
        sums[MailKind.CORRECTION] += 2.0
        reason.setdefault(MailKind.CORRECTION, f"来信更正个别内容（“{single}”）")
    # 其他不变 beside a figure that is put right says that the rest of the report stands; it adds nothing.
    elif pattern(lexicon, "kind_stays_words").search(cover):
        sums[MailKind.SUPPLEMENT] += 2.0
        reason.setdefault(MailKind.SUPPLEMENT, "来信说明原报告继续有效")
    best = max(sums, key=lambda kind: sums[kind])
    if not sums[best]:
        return None
    other = MailKind.SUPPLEMENT if best is MailKind.CORRECTION else MailKind.CORRECTION
    close = sums[other] > 0 and sums[best] - sums[other] < 1.0
    doubt = f"来信既像{_CHINESE[best]}又像{_CHINESE[other]}：{reason[best]}；{reason.get(other, '')}" if close else ""
    return best, reason[best], doubt, in_words


_CHINESE = {
    MailKind.CORRECTION: "更正（代替原报告）",
    MailKind.SUPPLEMENT: "补充（原报告继续有效）",
    MailKind.REPORT: "报告",
}


def _like(kind: MailKind) -> str:
    """What a mail looks like, in words."""
    return "可能不是报告" if kind is MailKind.OTHER else f"像{_CHINESE[kind]}"


def _without_late(text: str, *, lexicon: Mapping[str, tuple[str, ...]]) -> str:
    """Without phrases that only say 'late' or 'the attachment was forgotten'."""
    return pattern(lexicon, "kind_not_supplement_words").sub("", text)


def _missent(mail: Mail, *, knowledge: Knowledge) -> str:
    """Name of another campaign when the attached report is about that and nothing here names ours."""
    said = " ".join((*(letter.subject for letter in mail.letters), mail.own))
    if says_campaign(said, knowledge=knowledge):
        return ""
    nouns = pattern(knowledge.lexicon, "kind_report_nouns")
    for paper in mail.papers:
        if says_campaign(" ".join((*paper.head, paper.document.name)), knowledge=knowledge):
            return ""
    for paper in mail.papers:
        head = (
            " ".join((paper.title, *paper.lines[:HEAD_LINES])) if not paper.body or len(bare(paper.text)) > 80 else ""
        )
        named = foreign_campaign(f"{paper.title} {paper.document.name if not paper.body else ''}", knowledge=knowledge)
        if named and nouns.search(f"{head} {paper.document.name}"):
            return named
    named = foreign_campaign(said, knowledge=knowledge)
    long = any(not paper.body or len(bare(paper.text)) > 80 for paper in mail.papers)
    return named if named and long and nouns.search(folded(said)) else ""


def _announces(said: str, mail: Mail, *, knowledge: Knowledge) -> bool:
    """Whether subject, cover or file names say that a report comes with the mail."""
    lexicon = knowledge.lexicon
    names = " ".join(folded(part.name) for part in mail.opened.unreadable)
    nouns = pattern(lexicon, "kind_report_nouns")
    told = f"{said} {names}"
    return nouns.search(told) is not None and (
        says_campaign(told, knowledge=knowledge)
        or pattern(lexicon, "kind_cover_words").search(said) is not None
        or bool(months_in(told))
    )


def _talk(said: str, mail: Mail, *, lexicon: Mapping[str, tuple[str, ...]]) -> list[tuple[OtherKind, float, str]]:
    """What a mail without a report may be, most likely first."""
    length = len(bare(said))
    weights: list[tuple[OtherKind, str, float]] = [
        (OtherKind.REQUEST, "kind_request_words", 1.5),
        (OtherKind.QUESTION, "kind_question_words", 1.2),
        (OtherKind.ADVERT, "kind_advert_words", 1.3),
        (OtherKind.GREETING, "kind_greeting_words", 1.5),
        (OtherKind.REPLY, "kind_reply_words", 1.2),
    ]
    found = []
    for other, key, weight in weights:
        hits = {hit[0] for hit in pattern(lexicon, key).finditer(said)}
        if other is OtherKind.ADVERT and len(hits) < 2:
            continue
        if other is OtherKind.GREETING and length > 400:
            continue
        if hits:
            found.append((other, weight * min(len(hits), 4), f"来信写着“{'、'.join(sorted(hits)[:3])}”"))
    letter = mail.opened.letter
    answers = letter.in_reply_to or re.match(r"(?i)\s*(?:re|回复|答复)\s*[:：]", letter.subject)
    if answers and not any(other in {OtherKind.QUESTION, OtherKind.REQUEST} for other, _, _ in found):
        found.append((OtherKind.REPLY, 2.0, "是对来往信件的回复，没有报告内容"))
    return sorted(found, key=lambda one: -one[1])


_DAY = re.compile(r"(?<![\d.])(?:(\d{1,2})月)?(\d{1,2})[日号]")


def _until(own: str, *, received: date) -> date | None:
    """The day until which more time is asked: the last day named that lies ahead."""
    best = None
    for match in _DAY.finditer(own):
        month, day = match[1], int(match[2])
        for period in (period_of(received), shift(period_of(received), 1)):
            if month and int(period[5:]) != int(month):
                continue
            try:
                told = date(int(period[:4]), int(period[5:]), day)
            except ValueError:
                continue
            if told > received:
                best = told if best is None or told > best else best
                break
    return best
