"""A mail laid open → its papers: which words are the sender's own, which are quoted, and which papers are reports.

Quoted history is no report; an inline forward is. A provincial bulletin full of figures, a list of names or a poster
beside the report is set aside, and so is a cover note that only points to its attachment.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from pipeline.mail.quote import own_words
from pipeline.model import Document, Knowledge, Letter, Opened, Paragraph, Plan, Table, Unit
from pipeline.periods import months_in
from pipeline.text import bare, folded
from pipeline.understanding.substance import substance
from pipeline.understanding.tables import read as read_table
from pipeline.understanding.words import alternation, compiled

#: From this score on a body that reads like a report is taken as one, and a person is asked.
MAYBE = 2.0
#: Lines that count as the opening and the close of a paper.
HEAD_LINES = 8
TAIL_LINES = 6
#: From this score on a paper is a report.
REPORT = 3.0
#: A file that uses fewer words of the plan hardly touches it.
_TOUCHES = 2
#: A shorter body needs more than one word of the plan.
_SHORT = 200
#: A body of one line.
_LINE = 45
#: Signs left in a title from which it names a topic.
_TOPIC = 2
#: Signs on a picture from which it is a page of text.
_PAGE = 60
#: Words outside the tables that a form has (填报单位, 填表人).
_FORM_WORDS = 80
#: Longest line that may be a title.
_TITLE = 70
#: Longest title that runs on into the text, and the lines in which one may stand.
_RUN_IN = 40
_OPENING = 4
_FORWARDED = re.compile(
    r"^\s*(?:(?:re|fw|fwd|回复|答复|转发|转)\s*[:：]\s*)*(?:fw|fwd|转发|转)\s*[:：]|^转发|^\[?fwd", re.IGNORECASE
)
_FORWARD_RULE = re.compile(r"转发|forwarded", re.IGNORECASE)
_FIELD = re.compile(
    r"^[\s>*|]*(发件人|发信人|寄件人|From|主题|标题|Subject|发送时间|发送日期|日期|时间|Date|Sent)\**\s*[:：]\s*(.*)$",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
#: A number begins where its run of signs begins and is not given back: other ways to part it say nothing new.
COUNTED = re.compile(
    r"(?:(?<!\d)(?=\d)|(?<![一二两三四五六七八九十百千万])(?=[一二两三四五六七八九十百千万]))"
    r"(?:\d|[一二两三四五六七八九十百千万]{2,}+)++(?:\.\d+)?[余多]?[万亿]?(?:元|家|户|人|个|场|次|件|笔|项|套|台|亩|吨|处|条|%|份|名|车|辆|公里)"
)
#: One figure put right: 第12条应为35家.
_AMENDED = re.compile(r"(?:应为|应是|应该是|改为|改成|更正为|更正成|不是)[^，。；]{0,12}\d")
_SENTENCE_END = re.compile(r"[。；;！!？?]$")


def pattern(lexicon: Mapping[str, tuple[str, ...]], key: str) -> re.Pattern[str]:
    """The words of one list as one pattern; a missing list never matches."""
    return _pattern(tuple(lexicon.get(key, ())))


@lru_cache(maxsize=64)
def _pattern(words: tuple[str, ...]) -> re.Pattern[str]:
    return alternation(words)


@dataclass(frozen=True, slots=True)
class Paper:
    """One document of a mail with the places where identity is written."""

    #: Bodies come without quoted history.
    document: Document
    #: Position path of the enclosed letter it came in; empty for the mail itself.
    letter: str
    body: bool
    #: Text lines in order, tables row by row.
    lines: tuple[str, ...]
    #: Lines of page headers.
    header: tuple[str, ...]
    title: str
    #: True for the quoted half of an inline forward.
    forwarded: bool = False

    @property
    def head(self) -> tuple[str, ...]:
        """First lines."""
        return self.lines[:HEAD_LINES]

    @property
    def tail(self) -> tuple[str, ...]:
        """Last lines, where unit and date stand."""
        return self.lines[-TAIL_LINES:]

    @property
    def text(self) -> str:
        """All lines."""
        return "\n".join(self.lines)


@dataclass(frozen=True, slots=True)
class Inline:
    """Head of a mail that is forwarded inside the body."""

    sender: str
    display: str
    subject: str


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail sorted for reading."""

    opened: Opened
    #: Every paper, bodies first as they came.
    papers: tuple[Paper, ...]
    #: The papers that are the report, in order; empty when there is none.
    main: tuple[Paper, ...]
    #: Scores of all papers, in their order.
    scores: tuple[float, ...]
    #: What the senders wrote themselves in the outer and the enclosed mails.
    own: str
    inline: tuple[Inline, ...]

    @property
    def letters(self) -> tuple[Letter, ...]:
        """The mail and those inside it, outermost first."""
        return (self.opened.letter, *(letter for _, letter in self.opened.enclosed))


def lay_open(opened: Opened, *, knowledge: Knowledge, insist: bool = False) -> Mail:
    """Sort the documents of a mail into papers and choose those that are the report.

    Args:
        opened: The mail.
        knowledge: Plan, units, word lists.
        insist: It is known to be a report, so the likeliest paper is it, however little it looks so.
    """
    letters = {"": opened.letter, **dict(opened.enclosed)}
    owners = listed(opened.letter.sender.addr, knowledge=knowledge) if opened.letter.sender else ()
    unit, subject = owners[0] if len(owners) == 1 else None, folded(opened.letter.subject)
    bodies: dict[str, list[Document]] = {}
    papers: list[Paper] = []
    for document in opened.documents:
        home = _home(document.part, letters)
        if is_body(document):
            bodies.setdefault(home, []).append(document)
        else:
            papers += [_paper(one, letter=home, knowledge=knowledge) for one in (document, *document.scans)]
    own: list[str] = []
    inline: list[Inline] = []
    found: list[Paper] = []
    for home, documents in bodies.items():
        body, quoted = _halves(letters[home], documents)
        first = _paper(body, letter=home, knowledge=knowledge)
        found.append(first)
        own.append(first.text)
        if quoted is None or not _is_forward(letters[home], first, quoted):
            continue
        second = replace(_paper(_without_head(quoted), letter=home, knowledge=knowledge), forwarded=True)
        head = _inline_head(quoted)
        if (
            head.sender in knowledge.own
            or weigh(first, knowledge=knowledge, cover=False, unit=unit, subject=subject) >= REPORT
        ):
            continue
        found.append(second)
        inline.append(head)
    papers = found + papers
    scores = tuple(weigh(paper, knowledge=knowledge, cover=False, unit=unit, subject=subject) for paper in papers)
    main = tuple(paper for paper, score in zip(papers, scores, strict=True) if score >= REPORT)
    if not main and papers and (insist or max(scores) >= MAYBE):
        files = [place for place, paper in enumerate(papers) if insist and not paper.body] or range(len(papers))
        main = (papers[max(files, key=scores.__getitem__)],)
    main = _with_pages(papers, main, knowledge=knowledge)
    attached = [paper for paper in main if not paper.body]
    if attached:
        # A cover note beside the report counts only when it reports itself.
        main = tuple(
            paper
            for paper in main
            if not paper.body or weigh(paper, knowledge=knowledge, cover=True, unit=unit, subject=subject) >= REPORT
        )
    main = _meant(main, "\n".join(own))
    return Mail(opened, tuple(papers), main, scores, "\n".join(own), tuple(inline))


#: How a cover names the one paper that counts.
_VALID = re.compile(r"以[“\"「]?([^,。;“”\"]{1,20}?)[”\"」]?的?[那这]?一?[份个版]?(?:附件|文件|材料)?为准")
#: What is said of a paper that came by mistake, and what parts the sentences of a cover.
_VOID = re.compile(r"报过|不用管|不用看|作废|[传发选放]错|误[传发选放]|多[传发放]|删不掉|没[^,。;]{0,4}删|请?忽略|不算")
_SAYING = re.compile(r"[。;!\n]")


def _meant(main: tuple[Paper, ...], said: str) -> tuple[Paper, ...]:
    """Of several papers, those that the cover means.

    That is the one it calls valid (请以“9月”那份为准), or those whose month it does not call a mistake (8月那份不用管).
    """
    told = folded(said.replace("\n", "。"))
    valid = _VALID.search(told)
    void = {mention.month for saying in _SAYING.split(told) if _VOID.search(saying) for mention in months_in(saying)}

    def meant(paper: Paper) -> bool:
        name = folded(f"{paper.document.name} {paper.title}")
        if valid is not None:
            return valid[1] in name
        return not void & {mention.month for mention in months_in(name)}

    if valid is None and not void:
        return main
    chosen = tuple(paper for paper in main if not paper.body and meant(paper))
    return chosen or main


def listed(addr: str, *, knowledge: Knowledge) -> tuple[str, ...]:
    """The units on whose list an address stands."""
    addr = addr.lower()
    return tuple(unit.name for unit in knowledge.units if addr in (box.lower() for box in unit.mailboxes))


def _with_pages(papers: list[Paper], main: tuple[Paper, ...], *, knowledge: Knowledge) -> tuple[Paper, ...]:
    """The report with its further pages: photographed page by page, only the first one looks like a report."""
    if not any(paper.document.format == "image" for paper in main):
        return main
    beside = pattern(knowledge.lexicon, "kind_beside_words")
    pages = [
        paper
        for paper in papers
        if paper.document.scanned
        and paper.document.format == "image"
        and (len(bare(paper.text)) >= _PAGE or (paper.lines and is_signed(paper, knowledge=knowledge)))
        and not beside.search(f"{paper.document.name}{paper.title}")
        and not _is_of_others(paper, knowledge=knowledge)
    ]
    return tuple(paper for paper in papers if paper in main or paper in pages)


def is_signed(paper: Paper, *, knowledge: Knowledge) -> bool:
    """Whether a paper ends with the name of one of our units and a date: a page of signature."""
    tail = folded("".join(paper.tail))
    return bool(months_in(tail)) and any(unit_named(unit, tail) for unit in knowledge.units)


def is_body(document: Document) -> bool:
    """Whether a document is the body of a mail."""
    return document.part.rsplit("/", 1)[-1] in {"body", "body-html"}


def _home(part: str, letters: Mapping[str, Letter]) -> str:
    """Path of the innermost letter that holds a part."""
    return max((path for path in letters if not path or part.startswith(f"{path}/")), key=len)


def lines_of(document: Document) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(lines of the text, lines of page headers); a row of a table is one line, its cells parted by a bar."""
    lines: list[str] = []
    header: list[str] = []
    for block in document.blocks:
        if isinstance(block, Paragraph):
            target = header if block.zone in {"header", "footer"} else lines
            target.extend(
                f"{block.label}{line}" if not n else line
                for n, line in enumerate(block.text.split("\n"))
                if line.strip()
            )
        else:
            if block.title.strip():
                lines.append(block.title.strip())
            rows: dict[int, list[str]] = {}
            for cell in block.cells:
                if cell.text.strip():
                    rows.setdefault(cell.row, []).append(" ".join(cell.text.split()))
            lines.extend(" | ".join(rows[row]) for row in sorted(rows))
    return tuple(lines), tuple(header)


def _paper(document: Document, *, letter: str, knowledge: Knowledge) -> Paper:
    lines, header = lines_of(document)
    return Paper(document, letter, is_body(document), lines, header, _title(lines, knowledge=knowledge))


def _title(lines: tuple[str, ...], *, knowledge: Knowledge) -> str:
    """The title: a short opening line with a word for a report, with the short lines before it that belong to it."""
    nouns = pattern(knowledge.lexicon, "kind_report_nouns")
    for number, line in enumerate(lines[:HEAD_LINES]):
        text = folded(line)
        opening = _opening(text, nouns=nouns) if number < _OPENING else ""
        if opening and not pattern(knowledge.lexicon, "kind_cover_words").search(opening):
            return opening
        if len(text) > _TITLE or _SENTENCE_END.search(text) or text.endswith(":") or text.count("|") > 1:
            continue
        if nouns.search(text):
            before = [folded(one) for one in lines[max(0, number - 2) : number]]
            kept: list[str] = []
            for one in reversed(before):
                if len(one) > 40 or _SENTENCE_END.search(one) or "|" in one or one.endswith(":"):
                    break
                kept.insert(0, one)
            return "".join((*kept, text))
    return ""


def _opening(text: str, *, nouns: re.Pattern[str]) -> str:
    """The title that runs on into the text: 某局8月工作小结。挂牌方面……; empty when the first sentence is none."""
    first = re.split(r"[。；;:]", text, maxsplit=1)[0]
    if first == text or len(first) > _RUN_IN or "|" in first or not months_in(first):
        return ""
    return first if any(hit.end() == len(first) for hit in nouns.finditer(first)) else ""


# ------------------------------------------------------------------------------------------ own and quoted


def _halves(letter: Letter, documents: list[Document]) -> tuple[Document, Document | None]:
    """The body as the sender wrote it, and the quoted history, as documents.

    Of a plain and an HTML body the one with a table speaks, else the longer one.
    """
    own, quoted = own_words(letter.body)
    parts = [_divide(document, own=bare(own), quoted=bare(quoted)) for document in documents]
    best = max(
        parts,
        key=lambda pair: (
            sum(isinstance(block, Table) for block in pair[0].blocks),
            len(" ".join(lines_of(pair[0])[0])),
        ),
    )
    history = best[1] if best[1].blocks else max((pair[1] for pair in parts), key=lambda one: len(one.blocks))
    if not history.blocks and quoted:
        # The reader of the body left the history out; the letter still has it.
        blocks = tuple(
            Paragraph(line.lstrip("> \t"), f"引文第{number}行")
            for number, line in enumerate(quoted.split("\n"), 1)
            if line.strip("> \t")
        )
        history = replace(history, blocks=blocks)
    return best[0], history if history.blocks else None


def _divide(document: Document, *, own: str, quoted: str) -> tuple[Document, Document]:
    """Blocks that stand in the own words, and those that stand in the quotation."""
    if not quoted:
        return document, replace(document, blocks=())
    kept: list[Paragraph | Table] = []
    history: list[Paragraph | Table] = []
    cursor = 0
    outside = False
    for block in document.blocks:
        text = bare(block.text) if isinstance(block, Paragraph) else bare("".join(cell.text for cell in block.cells))
        position = own.find(text, cursor)
        if text and position >= 0 and not (outside and text in quoted):
            cursor, outside = position + len(text), False
        elif (text and text in quoted) or (text and isinstance(block, Paragraph) and quoted.startswith(text[:12])):
            outside = True
        (history if outside else kept).append(block)
    return replace(document, blocks=tuple(kept)), replace(document, blocks=tuple(history))


def _is_forward(letter: Letter, own: Paper, quoted: Document) -> bool:
    """Whether the quoted half was sent on to be read: marked as a forward, or nothing of one's own stands above it."""
    opening = " ".join(lines_of(quoted)[0][:2])
    if _FORWARDED.search(letter.subject) or _FORWARD_RULE.search(opening):
        return True
    short = len(bare(own.text)) <= 30
    return short and not letter.in_reply_to and not re.match(r"(?i)\s*(?:re|回复|答复)\s*[:：]", letter.subject)


def _inline_head(quoted: Document) -> Inline:
    sender = display = subject = ""
    for line in lines_of(quoted)[0][:12]:
        for piece in line.split("\n"):
            match = _FIELD.match(piece)
            if not match:
                continue
            if match[1].lower() in {"发件人", "发信人", "寄件人", "from"} and not sender:
                hit = _ADDRESS.search(match[2])
                sender = hit[0].lower() if hit else ""
                display = _ADDRESS.sub("", match[2]).strip(" <>\"'“”[]():mailto")
            elif match[1].lower() in {"主题", "标题", "subject"} and not subject:
                subject = match[2].strip()
    return Inline(sender, display, subject)


_HEAD_LINE = re.compile(
    r"^[\s>*|]*(?:发件人|发信人|寄件人|收件人|收信人|抄送|发送时间|发送日期|日期|时间|主题|标题|From|To|Cc|Subject|Date|Sent)\**\s*[:：]"
    r"|[-_—=*]{3,}|写道\s*[:：]\s*$|wrote\s*:\s*$",
    re.IGNORECASE,
)


_WROTE = re.compile(r"(?:写道|wrote)\s*[:：]\s*$", re.IGNORECASE)


def _without_head(quoted: Document) -> Document:
    """The forwarded mail without the block 发件人 / 时间 / 主题 on top of it and without what it quotes itself."""
    blocks = list(quoted.blocks)
    for number, block in enumerate(blocks[:10]):
        if not isinstance(block, Paragraph) or not _HEAD_LINE.search(block.text):
            rest = blocks[number:]
            return replace(quoted, blocks=tuple(rest[: _older(rest)]))
    return quoted


def _older(blocks: list[Paragraph | Table]) -> int:
    """Where a still older mail begins within a forwarded one: marked with ``>`` as the rest is not, or by its head."""
    texts = [block.text if isinstance(block, Paragraph) else "" for block in blocks]
    marked = texts[0].lstrip().startswith(">")
    for number in range(1, len(texts)):
        if not marked and (texts[number].lstrip().startswith(">") or _WROTE.search(texts[number])):
            return number
        if all(_HEAD_LINE.search(text) for text in texts[number : number + 2]) and number + 1 < len(texts):
            return number
    return len(texts)


# ------------------------------------------------------------------------------------------ which papers are reports


@lru_cache(maxsize=8)
def _vocabulary(items: tuple[tuple[str, ...], ...], thesaurus: tuple[str, ...]) -> re.Pattern[str]:
    words: set[str] = set()
    for title, *terms in items:
        words.update(term for term in terms if len(term) >= 2)
        words.add(title)
    for line in thesaurus:
        words.update(word.strip() for word in line.partition("=")[2].split("、") if len(word.strip()) >= 3)
    return alternation(tuple(sorted(words)))


def vocabulary(plan: Plan, lexicon: Mapping[str, tuple[str, ...]]) -> re.Pattern[str]:
    """Words of the plan's work: its titles' and items' terms, and how the units put them."""
    items = tuple((item.title, *item.terms) for item in plan.items)
    return _vocabulary(items, lexicon.get("record_thesaurus", ()))


def plan_hits(text: str, *, knowledge: Knowledge) -> int:
    """How many different words of the plan's work a text uses."""
    return len(set(vocabulary(knowledge.plan, knowledge.lexicon).findall(text)))


def says_campaign(text: str, *, knowledge: Knowledge) -> bool:
    """Whether a text names the campaign."""
    plain = folded(text)
    return any(word in plain for word in (*knowledge.campaign, knowledge.plan.title) if word)


def _hints(text: str, *, knowledge: Knowledge) -> bool:
    """Whether a text uses the piece that the names of the campaign share (服务业)."""
    return any(piece in text for piece in _shared_pieces(knowledge.campaign))


@lru_cache(maxsize=8)
def _shared_pieces(names: tuple[str, ...]) -> tuple[str, ...]:
    """Pieces of three signs that at least two names of the campaign begin with or contain."""
    counted = Counter(piece for name in names for piece in {name[n : n + 3] for n in range(len(name) - 2)})
    return tuple(piece for piece, count in counted.items() if count >= 2)


def foreign_campaign(text: str, *, knowledge: Knowledge) -> str:
    """Name of another campaign that a title is about; empty when there is none, or it is work of the plan."""
    for hit in pattern(knowledge.lexicon, "kind_foreign_campaigns").finditer(folded(text)):
        if not any(hit[0] in item.title for item in knowledge.plan.items):
            return hit[0]
    return ""


def weigh(paper: Paper, *, knowledge: Knowledge, cover: bool, unit: str | None = None, subject: str = "") -> float:
    """How much a paper looks like a report on the plan; from :data:`REPORT` on it is one.

    Args:
        paper: The paper.
        knowledge: Plan, campaign and word lists.
        cover: The paper stands beside a report, so words that announce one say nothing.
        unit: The unit whose registered address sent it.
        subject: Subject of the mail.
    """
    lexicon = knowledge.lexicon
    if _is_blank_form(paper.document, lexicon=lexicon):
        # Sent with a question about it: its tasks and targets are nobody's work.
        return -8.0
    text = folded(paper.text)
    length = len(bare(text))
    head = folded(" ".join((paper.title, *paper.header, *paper.head)))
    name = "" if paper.body else folded(paper.document.name)
    hits = plan_hits(text, knowledge=knowledge)
    worked = len(pattern(lexicon, "kind_worked_words").findall(text))
    score = min(hits, 6) * 0.5 + min(worked, 6) * 0.25
    if pattern(lexicon, "kind_section_words").search(text):
        score += 0.75
    if paper.document.blocks and _has_ledger(paper.document, lexicon=lexicon):
        score += 1.5 if hits else 0.5
    named = says_campaign(head, knowledge=knowledge) or says_campaign(name, knowledge=knowledge)
    score += min(len(COUNTED.findall(text)), 8) * 0.125
    nouns = pattern(lexicon, "kind_report_nouns")
    if not cover:
        score += 1.5 if named else 0.75 if _hints(f"{head} {name}", knowledge=knowledge) else 0.0
        score += 1.0 if paper.title else 0.0
        if any(unit_named(unit, f"{paper.title}{folded(''.join(paper.tail))}") for unit in knowledge.units):
            score += 0.5
    if name and nouns.search(name):
        score += 0.75
    told = substance(paper.lines, unit=unit, knowledge=knowledge)
    elsewhere = not paper.body and hits < _TOUCHES and _topic(paper.title, knowledge=knowledge)
    amends = paper.body and (_changes(text, lexicon=lexicon) or _AMENDED.search(text) is not None)
    # Who asks again and again how to report names his task and his figures in the question.
    asks = paper.body and len(pattern(lexicon, "kind_question_words").findall(text)) >= 3
    if unit is not None and not cover and not elsewhere and not amends and not asks:
        score += min(told.own, 4) * 0.75 + 1.5 * told.named
        score += 0.75 if (told.own or told.named) and _names_month(paper, subject=subject) else 0.0
    score += 0.0 if amends else min(told.any, 4) * 0.25
    if (told.own or told.any or told.named) and not elsewhere and not amends:
        score += 0.5 * told.problem + 0.5 * told.intention
    hinted = _hints(f"{head} {name}", knowledge=knowledge)
    foreign = not named and bool(foreign_campaign(f"{paper.title} {name}", knowledge=knowledge))
    if foreign:
        # However many words both campaigns share, a title that names the other one alone decides.
        score -= 5 if hinted else 9
    if not paper.body and hits < _TOUCHES and not named and not hinted and _topic(paper.title, knowledge=knowledge):
        # The unit's own statistics or another of its duties: a title for a report, hardly a word of the plan.
        score -= 2
    beside = pattern(lexicon, "kind_beside_words")
    if (beside.search(name) or beside.search(paper.title)) and not (paper.title and named):
        score -= 3
    if _is_of_others(paper, knowledge=knowledge) and not named:
        score -= 4
    if not named and (foreign or not hinted) and _addressed_elsewhere(paper, knowledge=knowledge):
        score -= 4
    if pattern(lexicon, "kind_opinion_titles").search(f"{paper.title} {name}"):
        score -= 6
    # A paper without a word for a report has no title; its first lines still say what it is.
    tops = [folded(line) for line in paper.head[:_OPENING] if len(line) <= _TITLE]
    if any(pattern(lexicon, "kind_application_titles").search(line) for line in tops):
        score -= 6
    if pattern(lexicon, "kind_request_words").search(f"{paper.title} {subject}" if paper.body else paper.title):
        score -= 3
    if pattern(lexicon, "kind_slip_titles").search(head):
        # Who is in charge of the reports, and on which items, reports nothing.
        score -= 6
    if any(
        pattern(lexicon, "kind_notice_titles").search(line) for line in [paper.title, *(() if paper.body else tops)]
    ):
        # A call for reports speaks of the campaign as a report does.
        score -= 6
    if not hits and not named:
        score -= 2
    if len(set(pattern(lexicon, "kind_notice_words").findall(text))) > 1:
        score -= 6
    adds = paper.body and hits > 0 and COUNTED.search(text) is not None and _changes(text, lexicon=lexicon)
    if adds:
        score += 1.5
    if paper.body:
        score -= _talk(text, length=length, knowledge=knowledge) * (0.4 if adds else 1.0)
        # What adds a sentence to a report, or puts one right, is short by nature.
        if hits < _TOUCHES and not named and length < _SHORT and not adds and not (unit and (told.own or told.named)):
            score -= 1.5
        if length < _LINE and not adds:
            score -= 0.5 if len(COUNTED.findall(text)) > 1 else 2
    elif length < 30:
        score -= 4
    return score


def _names_month(paper: Paper, *, subject: str) -> bool:
    """Whether subject, file name or the first lines name a month, as reports do (9月的, 医保局11月)."""
    head = " ".join((subject, "" if paper.body else paper.document.name, *paper.lines[:2]))
    return any(not mention.dated for mention in months_in(folded(head)[:120]))


def _changes(text: str, *, lexicon: Mapping[str, tuple[str, ...]]) -> bool:
    """Whether a body says that it adds to a report or puts one right."""
    keys = ("kind_supplement_words", "kind_correction_words", "kind_stays_words")
    return any(pattern(lexicon, key).search(text) for key in keys)


def _topic(title: str, *, knowledge: Knowledge) -> str:
    """What a title is about, beside unit, month and the words for a report; empty for a bare 某局8月份工作总结."""
    rest = title
    for unit in knowledge.units:
        for name in sorted((unit.full_name, unit.name, *(alias.name for alias in unit.aliases)), key=len, reverse=True):
            rest = rest.replace(name, "")
    rest = pattern(knowledge.lexicon, "kind_report_nouns").sub("", rest)
    rest = pattern(knowledge.lexicon, "kind_title_fillers").sub("", rest)
    topic = "".join(re.findall(r"[\u4e00-\u9fff]", rest))
    return topic if len(topic) >= _TOPIC else ""


def _talk(text: str, *, length: int, knowledge: Knowledge) -> float:
    """How much a body is talk about reporting (asking, applying, announcing) rather than a report."""
    lexicon = knowledge.lexicon
    asks = len(pattern(lexicon, "kind_question_words").findall(text))
    applies = len(pattern(lexicon, "kind_request_words").findall(text))
    points = len(pattern(lexicon, "kind_cover_words").findall(text))
    sells = len(pattern(lexicon, "kind_advert_words").findall(text))
    short = 1.0 if length < 250 else 0.5
    return (min(asks, 6) * 1.2 + min(applies, 3) * 1.5 + min(points, 2) * 0.8 + min(sells, 5) * 1.2) * short


def _has_ledger(document: Document, *, lexicon: Mapping[str, tuple[str, ...]]) -> bool:
    """Whether a table has a column for progress beside one for the task."""
    progress = {bare(word) for word in lexicon.get("table_progress", ())}
    for block in document.blocks:
        if isinstance(block, Table):
            heads = {bare(cell.text) for cell in block.cells if cell.row < 5 or cell.column < 2}
            if heads & progress or any(head.endswith(("进展情况", "完成情况", "落实情况")) for head in heads):
                return True
            rows = read_table(block, words=compiled(lexicon)).rows
            if sum(bool(row.titles and row.progress and (row.problems or row.next_steps)) for row in rows) > 1:
                return True
    return False


def _is_blank_form(document: Document, *, lexicon: Mapping[str, tuple[str, ...]]) -> bool:
    """Whether a document is a ledger in which tasks stand and nothing was filled in."""
    words = compiled(lexicon)
    rows = [row for block in document.blocks if isinstance(block, Table) for row in read_table(block, words=words).rows]
    told = sum(len(block.text) for block in document.blocks if not isinstance(block, Table))
    filled = any(row.progress or row.figures or row.problems or row.next_steps or row.mixed for row in rows)
    return bool(rows) and not filled and told < _FORM_WORDS


_ADDRESSEE = re.compile(r"^(?=.{2,30}$)[^，。；\d]*(?:办公室|办|领导小组|委员会|指挥部|组|专班)[:：]$")
_OFFICE_WORDS = re.compile(
    r"办公室|领导小组|委员会|指挥部|工作|有关|各位|领导|同志|尊敬的|专班|推进|协调|联席会议|全面|发展|[县市省委办组的及:：]"
)


def _addressed_elsewhere(paper: Paper, *, knowledge: Knowledge) -> bool:
    """Whether a paper is addressed to the office of another campaign (县委全面依法治县委员会办公室：) or the city."""
    others = pattern(knowledge.lexicon, "kind_other_offices")
    for line in paper.lines[:6]:
        text = folded(line).replace(" ", "")
        if text.endswith(":") and others.fullmatch(text[:-1]):
            return True
        if not _ADDRESSEE.match(text):
            continue
        if says_campaign(text, knowledge=knowledge) or _hints(text, knowledge=knowledge):
            return False
        if any(unit_named(unit, text) for unit in knowledge.units):
            return False
        if any(item.task_force and item.task_force in text for item in knowledge.plan.items):
            return False
        return len(_OFFICE_WORDS.sub("", text)) >= 2
    return False


def _is_of_others(paper: Paper, *, knowledge: Knowledge) -> bool:
    """Whether the title speaks of a province, a city or another body and of none of our units."""
    heads = [line for line in paper.head[:2] if len(line) <= _TITLE and not (paper.body and _SENTENCE_END.search(line))]
    top = folded(" ".join((paper.title, *heads)))
    if any(unit_named(unit, top) for unit in knowledge.units):
        return False
    return pattern(knowledge.lexicon, "kind_higher_words").search(top) is not None


def unit_named(unit: Unit, text: str) -> bool:
    """Whether one of a unit's names stands in a text word for word."""
    return any(
        name in text for name in (unit.name, unit.full_name, *(alias.name for alias in unit.aliases)) if len(name) > 2
    )
