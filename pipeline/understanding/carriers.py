"""A mail laid open → its papers: which words are the sender's own, which are quoted, and which papers are reports.

Quoted history is no report; an inline forward is. A provincial bulletin full of figures, a list of names or a poster
beside the report is set aside, and so is a cover note that only points to its attachment.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from pipeline.model import Document, Knowledge, Letter, Opened, Seal
from pipeline.periods import months_in
from pipeline.text import bare, folded
from pipeline.understanding.history import Inline, halves, inline_head, is_forward, without_head
from pipeline.understanding.likeness import REPORT, addressed_elsewhere, is_of_others, unit_named, weigh
from pipeline.understanding.papers import Paper, is_body, paper_of, pattern

#: From this score on a body that reads like a report is taken as one, and a person is asked.
MAYBE = 2.0
#: Signs on a picture from which it is a page of text.
_PAGE = 60
#: Most signs of a page that only carries the seal (本月报送内容已经审核同意).
_SEALED_PAGE = 80


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
            papers += [paper_of(one, letter=home, knowledge=knowledge) for one in (document, *document.scans)]
    own: list[str] = []
    inline: list[Inline] = []
    found: list[Paper] = []
    for home, documents in bodies.items():
        body, quoted = halves(letters[home], documents)
        first = paper_of(body, letter=home, knowledge=knowledge)
        found.append(first)
        own.append(first.text)
        if quoted is None or not is_forward(letters[home], first, quoted):
            continue
        second = replace(paper_of(without_head(quoted), letter=home, knowledge=knowledge), forwarded=True)
        head = inline_head(quoted)
        if (
            head.sender in knowledge.own
            or weigh(first, knowledge=knowledge, cover=False, unit=unit, subject=subject) >= REPORT
        ):
            continue
        found.append(second)
        inline.append(head)
    astray = any(addressed_elsewhere(paper, knowledge=knowledge) for paper in found if not paper.forwarded)
    papers = found + papers
    scores = tuple(
        weigh(paper, knowledge=knowledge, cover=False, unit=unit, subject=subject, astray=astray) for paper in papers
    )
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
    void = {month for saying in _SAYING.split(told) if (month := _voided(saying)) is not None}

    def meant(paper: Paper) -> bool:
        name = folded(f"{paper.document.name} {paper.title}")
        if valid is not None:
            return valid[1] in name
        return not void & {mention.month for mention in months_in(name)}

    if valid is None and not void:
        return main
    chosen = tuple(paper for paper in main if not paper.body and meant(paper))
    return chosen or main


def _voided(saying: str) -> int | None:
    """The month of which a sentence says that it came by mistake: the one named last before that is said.

    10月的打了包，9月那个是存底的，不用管 takes September back, and October not.
    """
    mistaken = _VOID.search(saying)
    if mistaken is None:
        return None
    named = months_in(saying[: mistaken.start()]) or months_in(saying[mistaken.end() :])[:1]
    return named[-1].month if named else None


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
        and (
            len(bare(paper.text)) >= _PAGE
            or (paper.lines and is_signed(paper, knowledge=knowledge))
            or (paper.lines and paper.document.seal is Seal.PRESENT)
        )
        and not beside.search(f"{paper.document.name}{paper.title}")
        and not is_of_others(paper, knowledge=knowledge)
    ]
    return tuple(paper for paper in papers if paper in main or paper in pages)


def is_signed(paper: Paper, *, knowledge: Knowledge) -> bool:
    """Whether a paper ends with the name of one of our units and a date, or is hardly more than name and seal."""
    tail = folded("".join(paper.tail))
    dated = bool(months_in(tail)) or (paper.document.seal is Seal.PRESENT and len(bare(paper.text)) <= _SEALED_PAGE)
    return dated and any(unit_named(unit, tail) for unit in knowledge.units)


def _home(part: str, letters: Mapping[str, Letter]) -> str:
    """Path of the innermost letter that holds a part."""
    return max((path for path in letters if not path or part.startswith(f"{path}/")), key=len)
