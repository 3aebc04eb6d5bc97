"""Documents → passages in reading order, each with its headings, its section and the plan numbers it names.

Levels of headings follow from how the numbering is used in this very document (the pattern met first lies
outside), from Word's outline levels and from bold or colon-ended lines; no fixed list of levels is assumed.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from pipeline.model import Document, Paragraph, Table
from pipeline.understanding import tables
from pipeline.understanding.cells import CellText
from pipeline.understanding.frames import ANSWERED, joined, mark_questions, without_frame
from pipeline.understanding.headings import month_of_part, shape
from pipeline.understanding.ledgers import Ledgers
from pipeline.understanding.lines import CN, Line, figures_in, line_of, listed
from pipeline.understanding.passages import CellFigures, Passage
from pipeline.understanding.prose import is_frame, opening_role, split
from pipeline.understanding.tones import CLEAR, heard
from pipeline.understanding.words import Section, Words, is_later

_RANK = {
    name: number
    for number, name in enumerate(
        (
            "part",
            "level",
            "cn",
            "cn()",
            "ar",
            "multi",
            "ar()",
            "ar)",
            "ring",
            "nth",
            "is",
            "star",
            "dot",
            "plain",
            "inline",
        )
    )
}
#: A line that calls itself a note.
_NOTED = re.compile(r"^(?:备\s*注|附?注)\s*[：:]\s*(?=\S{4})")


@dataclass(slots=True)
class _Entry:
    mark: str
    ordinal: int | None
    title: str
    section: Section | None
    block: int
    numbers: tuple[int, ...]
    bodied: bool = False
    own: int | None = None
    #: Status that the heading gives to all tasks under it (正常推进的任务).
    status: str = ""


def _boxes(lines: Sequence[Line]) -> list[list[Line]]:
    """Text boxes of several paragraphs: each is a small document of its own, with headings and text below them."""
    found: list[list[Line]] = []
    for box, inside in itertools.groupby(lines, key=lambda line: line.locus.place if line.zone == "textbox" else ""):
        told = list(inside)
        if box and len(told) > 1:
            for line in told:
                line.zone = "body"
            found.append(told)
    return found


class Outliner:
    """Builds the passages of one mail's documents; blocks are numbered through all of them."""

    def __init__(self, *, words: Words, month: int | None, subject: Callable[[str], bool] = lambda _: False) -> None:
        """Start with the word lists, the month of the report, and a way to tell that a heading names a plan item."""
        self._words = words
        self._subject = subject
        self._month = month
        self._block = 0
        self.passages: list[Passage] = []
        self.warnings: list[str] = []
        self._ledgers = Ledgers(words=words, month=month, passages=self.passages, new_block=self._new_block)

    def _new_block(self) -> int:
        self._block += 1
        return self._block

    def add(self, document: Document, *, index: int, cover: bool = False) -> None:
        """Read one document, appending its passages."""
        lines: list[Line | Table] = []
        chunk: list[Line] = []
        printed = document.format in {"pdf", "image"} or document.scanned
        wrapped = document.format in {"text", "pdf", "image"} or document.scanned
        for block in document.blocks:
            if isinstance(block, Table):
                lines += joined(chunk, words=self._words, month=self._month, printed=printed) if wrapped else chunk
                chunk = []
                lines.append(block)
            elif block.zone not in {"header", "footer"} and block.text.strip():
                whole = ANSWERED.sub("\n", block.text)
                for text in itertools.chain.from_iterable(map(listed, whole.split("\n"))):
                    if text.strip():
                        chunk.append(line_of(replace(block, text=text), document.part))
        lines += joined(chunk, words=self._words, month=self._month, printed=printed) if wrapped else chunk
        mark_questions([line for line in lines if isinstance(line, Line)])
        self._read(lines, document=document, index=index, cover=cover)

    def _read(self, lines: Sequence[Line | Table], *, document: Document, index: int, cover: bool) -> None:
        paragraphs = [line for line in lines if isinstance(line, Line)]
        has_table = len(paragraphs) < len(lines)
        boxes = _boxes(paragraphs)
        boxed = {id(line) for box in boxes for line in box}
        kept = without_frame(
            [line for line in paragraphs if id(line) not in boxed], words=self._words, month=self._month
        )
        alive = {id(line) for line in kept}
        shaped = shape(kept, words=self._words, month=self._month, subject=self._subject)
        stack: list[_Entry] = []
        headed = any(line.heading or line.mark for line in shaped)
        started = False
        above = ""
        parts = {id(line): named for line in shaped if (named := month_of_part(line)) is not None}
        of_several = self._month in parts.values() and len(set(parts.values())) > 1
        earlier: Line | None = None
        for line in lines:
            if id(line) in boxed:
                box = next((box for box in boxes if box[0] is line), [])
                inner: list[_Entry] = []
                told = without_frame(box, words=self._words, month=self._month)
                for each in shape(told, words=self._words, month=self._month, subject=self._subject):
                    self._paragraph(each, inner, index=index, cover=cover, opening=False)
                continue
            if isinstance(line, Line) and of_several:
                # 第一部分 11月份 beside 第二部分 12月份: what was done before is no part of this month's report.
                named = parts.get(id(line))
                if named is not None:
                    earlier = None if named == self._month or is_later(named, self._month or 0) else line
                    if earlier is not None:
                        self.warnings.append(
                            f"“{line.text}”说的是{named}月的工作，没有计入本月；{named}月还没有报告的，请另行处理。"
                        )
                elif earlier is not None and line.heading and line.mark and line.mark == earlier.mark:
                    earlier = None
            if earlier is not None:
                continue
            if isinstance(line, Table):
                self._table(line, stack, document=document, index=index, cover=cover, above=above)
                started, above = True, ""
                continue
            above = line.text
            if id(line) not in alive:
                continue
            if has_table and not line.heading and is_frame(line.text, words=self._words):
                continue
            if line.heading or line.mark or line.title or line.numbers:
                started = started or line.heading or bool(line.mark)
            opening = (headed or has_table) and not started and not line.title
            self._paragraph(line, stack, index=index, cover=cover, opening=opening)

    # ------------------------------------------------------------------ paragraphs

    def _place(self, line: Line, stack: list[_Entry]) -> None:
        """Pop the headings that a new heading or numbered line closes."""
        mark = "level" + str(line.level) if line.level and line.heading else line.mark or "plain"
        name = "level" if mark.startswith("level") else mark
        at = next((place for place in range(len(stack) - 1, -1, -1) if stack[place].mark == mark), None)
        top = stack[-1] if stack else None
        restart = (
            at is not None
            and line.ordinal == 1
            and stack[at].ordinal is not None
            and top is not None
            and not top.bodied
            and at < len(stack) - 1
        )
        if name == "level":
            while stack and (not stack[-1].mark.startswith("level") or int(stack[-1].mark[5:]) >= line.level):
                stack.pop()
        elif at is not None and not restart:
            del stack[at:]
        elif at is None and stack and name != "plain":
            rank = _RANK[name]
            nested = line.ordinal == 1 and top is not None and not top.bodied
            if not nested:
                # A list below a heading without a number belongs to it, whatever its marks.
                while (
                    stack
                    and stack[-1].mark != "plain"
                    and _RANK["level" if stack[-1].mark.startswith("level") else stack[-1].mark] > rank
                ):
                    stack.pop()
        elif at is None and name == "plain" and line.section is not None:
            # 存在问题 as a bare line closes numbered subjects that have their text.
            while stack and (stack[-1].bodied or stack[-1].section is not None) and stack[-1].mark != "plain":
                stack.pop()

    def _paragraph(self, line: Line, stack: list[_Entry], *, index: int, cover: bool, opening: bool) -> None:
        words = self._words
        if line.zone == "textbox":
            self._emit(
                line, stack, section=line.section, block=self._new_block(), index=index, cover=cover, opening=False
            )
            return
        noted = _NOTED.match(line.body)
        if not line.heading and (noted or re.fullmatch(r"备\s*注|附?注|说明", line.title or "")):
            body = line.body[noted.end() :] if noted else line.body
            self._ledgers.remark(CellText(body, line.locus.place), part=line.locus.part, index=index, cover=cover)
            return
        if (
            line.section is Section.PROGRESS
            and self._words.pattern("record_measure_heads").fullmatch(line.title)
            and self.passages
            and self.passages[-1].section is Section.PROBLEM
        ):
            # 措施 behind the problems is what the unit means to do about them.
            line.section = Section.NEXT
        opens = line.heading or line.mark or (line.title and line.section is not None)
        if opens:
            inline_section = not line.heading and not line.mark
            if not inline_section:
                self._place(line, stack)
                if line.guessed and any(entry.section is Section.PROGRESS for entry in stack):
                    # （四）…研发短板仍待补齐 among the subjects under 主要工作 is one of them.
                    line.section = None
            elif stack and stack[-1].mark == "inline":
                stack.pop()
            if inline_section and stack:
                # 进展：… is the text of the heading above it.
                stack[-1].bodied = True
            subject = line.title if line.section is None else ""
            stack.append(
                _Entry(
                    mark="inline"
                    if inline_section
                    else ("level" + str(line.level) if line.level and line.heading else line.mark or "plain"),
                    ordinal=line.ordinal,
                    title=subject,
                    section=line.section,
                    block=self._new_block(),
                    numbers=line.numbers,
                    bodied=bool(line.body),
                    status=self._status(line.title),
                    own=line.ordinal if line.mark in {"ar", "cn", "cn()", "ar()", "ar)"} else None,
                )
            )
            if line.body:
                self._emit(line, stack, section=None, block=stack[-1].block, index=index, cover=cover, opening=opening)
            return
        if stack and stack[-1].mark == "inline" and self._leaves_inline(line):
            stack.pop()
        top = stack[-1] if stack else None
        if line.title:
            block = self._new_block()
            self._emit(
                line, stack, section=None, block=block, index=index, cover=cover, opening=opening, title=line.title
            )
            return
        fresh = top is None or (top.section is not None and not top.title) or top.mark == "inline"
        block = self._new_block() if fresh or top is None else top.block
        if top is not None:
            top.bodied = True
        role = opening_role(line.body, words=words, month=self._month)
        if role is Section.PROBLEM and self._turns_to_work(line.body):
            role = None
        self._emit(line, stack, section=role, block=block, index=index, cover=cover, opening=opening)

    def _status(self, title: str) -> str:
        """The heading itself when it sorts tasks by status, else nothing."""
        keys = ("done", "on_track", "behind", "not_started")
        sorts = any(self._words.pattern(f"status_head_{key}").fullmatch(title) for key in keys)
        return title if title and len(title) <= 16 and sorts else ""

    def _turns_to_work(self, text: str) -> bool:
        """Whether a paragraph that opens with a difficulty goes on to what was done (针对这一情况，走访企业146户)."""
        later = [piece.text for piece in split(text)][1:]
        return any(figures_in(one) and heard(one, words=self._words).work >= CLEAR for one in later)

    def _leaves_inline(self, line: Line) -> bool:
        """Whether an unnumbered paragraph after 存在问题：… talks of work again."""
        if re.match(rf"^\s*(?:[{CN}]是|[2-9][、.．)）]|[（(][2-9二三四五][）)])", line.text):
            return False
        role = opening_role(line.body, words=self._words, month=self._month)
        if role is not None:
            return role is Section.OFF_PLAN
        return bool(line.title) or figures_in(line.body)

    def _emit(
        self,
        line: Line,
        stack: list[_Entry],
        *,
        section: Section | None,
        block: int,
        index: int,
        cover: bool,
        opening: bool,
        title: str = "",
    ) -> None:
        if not line.body.strip():
            return
        body = line.body.strip()
        inherited = next((entry.section for entry in reversed(stack) if entry.section is not None), None)
        # A subject heading below 其他工作 or 工作进展 keeps the section; 存在问题 below a subject ends with it.
        role = section or inherited or Section.PROGRESS
        if (
            role in {Section.PROBLEM, Section.NEXT, Section.MIXED}
            and line.title
            and line.section is None
            and not line.heading
        ):
            # 资金瓶颈突出。… in a list of problems is the problem itself, no heading.
            body = line.full or body
            if stack and stack[-1].title == line.title:
                stack[-1].title = ""
            title = "" if title == line.title else title
        numbers = line.numbers or next((entry.numbers for entry in reversed(stack) if entry.numbers), ())
        titles = tuple(entry.title for entry in stack if entry.title) + ((title,) if title else ())
        owner = None
        if inherited in {Section.PROBLEM, Section.NEXT, Section.MIXED}:
            below = next(place for place in range(len(stack) - 1, -1, -1) if stack[place].section is inherited)
            owner = next((entry.block for entry in reversed(stack[:below]) if entry.title or entry.numbers), None)
        if line.zone == "textbox" and line.title and line.section is None:
            titles = (*titles, line.title)
        self.passages.append(
            Passage(
                text=body,
                locus=line.locus,
                section=role,
                block=block,
                titles=titles,
                numbers=numbers,
                own_number=next((entry.own for entry in reversed(stack) if entry.own is not None), None),
                marked=bool(line.mark) and line.section is None,
                cells=CellFigures(status=next((entry.status for entry in reversed(stack) if entry.status), "")),
                owner=owner,
                document=index,
                opening=opening,
                cover=cover,
            )
        )

    # ------------------------------------------------------------------ tables

    def _table(
        self, table: Table, stack: list[_Entry], *, document: Document, index: int, cover: bool, above: str
    ) -> None:
        part = document.part
        if self._ledgers.within(table, part=part):
            return
        ledger = tables.read(table, words=self._words, month=self._month, above=above)
        self.warnings += ledger.warnings
        self._ledgers.add(
            ledger,
            part=part,
            outer=tuple(entry.title for entry in stack if entry.title),
            section=next((entry.section for entry in reversed(stack) if entry.section is not None), None),
            index=index,
            cover=cover,
            written_out=lambda cell, base: self._written_out(cell, base, stack, document=document),
        )

    def _written_out(self, cell: CellText, base: Passage, stack: list[_Entry], *, document: Document) -> bool:
        """Read the cell of a form that holds the report itself, paragraph by paragraph; false for any other cell."""
        place = cell.place
        lines = [
            line_of(Paragraph(text=text, place=place), document.part) for text in cell.text.split("\n") if text.strip()
        ]
        if len(lines) < 2 or not any(line.mark for line in lines):
            return False
        inner = list(stack)
        headed = False
        for line in shape(lines, words=self._words, month=self._month, subject=self._subject):
            headed = headed or line.heading or bool(line.mark)
            self._paragraph(line, inner, index=base.document, cover=base.cover, opening=not headed)
        return True
