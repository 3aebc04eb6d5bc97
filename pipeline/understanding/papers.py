"""A document of a mail → a paper: its lines, page header and title, the places where identity is written."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from pipeline.model import Document, Knowledge, Paragraph
from pipeline.periods import months_in
from pipeline.text import folded
from pipeline.understanding.words import alternation

#: Lines that count as the opening and the close of a paper.
HEAD_LINES = 8
TAIL_LINES = 6
#: Longest line that may be a title.
TITLE = 70
#: Longest title that runs on into the text, and the lines in which one may stand.
_RUN_IN = 40
OPENING = 4
SENTENCE_END = re.compile(r"[。；;！!？?]$")


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


def is_body(document: Document) -> bool:
    """Whether a document is the body of a mail."""
    return document.part.rsplit("/", 1)[-1] in {"body", "body-html"}


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


def paper_of(document: Document, *, letter: str, knowledge: Knowledge) -> Paper:
    """The paper of a document that came in a letter."""
    lines, header = lines_of(document)
    return Paper(document, letter, is_body(document), lines, header, _title(lines, knowledge=knowledge))


def _title(lines: tuple[str, ...], *, knowledge: Knowledge) -> str:
    """The title: a short opening line with a word for a report, with the short lines before it that belong to it."""
    nouns = pattern(knowledge.lexicon, "kind_report_nouns")
    for number, line in enumerate(lines[:HEAD_LINES]):
        text = folded(line)
        opening = _opening(text, nouns=nouns) if number < OPENING else ""
        if opening and not pattern(knowledge.lexicon, "kind_cover_words").search(opening):
            return opening
        if len(text) > TITLE or SENTENCE_END.search(text) or text.endswith(":") or text.count("|") > 1:
            continue
        if nouns.search(text):
            before = [folded(one) for one in lines[max(0, number - 2) : number]]
            kept: list[str] = []
            for one in reversed(before):
                if len(one) > 40 or SENTENCE_END.search(one) or "|" in one or one.endswith(":"):
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
