"""The rows of a ledger, and notes in or under a table → passages, a passage for each cell that reports."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from pipeline.model import Locus, Table
from pipeline.understanding import tables
from pipeline.understanding.cells import CellText, Ledger
from pipeline.understanding.frames import DATE_LINE
from pipeline.understanding.lines import figures_in, named_section, plan_numbers
from pipeline.understanding.passages import CellFigures, Passage
from pipeline.understanding.prose import enumerated, enumeration_start, is_base, opening_role
from pipeline.understanding.tones import CLEAR, heard, sound
from pipeline.understanding.words import Section, Words

#: The name of a section within a cell: 存在问题： at a beginning, 【存在问题】 anywhere.
_LABEL = re.compile(
    r"(?:^|(?<=[。；;！!\n]))[\s\u3000]{0,4}(?:[（(]?[\d一二三四五六]{1,2}[）)、.．]{0,2}\s{0,2})?([^，。；：:\d\n【】]{2,14})[：:]\s{0,4}"
    r"|[【\[]([^，。；：:\d\n【】\[\]]{2,14})[】\]][：:]?\s{0,4}"
)
#: Who filled in the form, at the end of a note.
_FILLED_IN = re.compile(r"(?<![\s\u3000])[\s\u3000]++(?:填表|填报|制表|审核|联系)(?:人|股室|单位)?\s*[：:][^。；]*$")
#: Whom to call, below a table.
_CONTACT = re.compile(r"^\s*(?:联系(?:人|电话|方式)|电话|手机|填表人|填报人|审核人|负责人|制表人)\s*[：:]")
#: What stands before the words of a note: its own mark, and a title (2.表中未列的情况：…).
_NOTE_LEAD = re.compile(r"^\s*(?:\d{1,2}[.．、](?!\d{1,2}(?![\d月])))?\s*(?:[^，。；：:\d]{2,14}[：:](?=\S{8}))?\s*")


#: Shorter notes are no sentences.
_SENTENCE = 5


class Ledgers:
    """Adds what tables tell to the passages of one mail, among the passages of its lines."""

    def __init__(
        self, *, words: Words, month: int | None, passages: list[Passage], new_block: Callable[[], int]
    ) -> None:
        """Start with the word lists, the month of the report, the passages to add to and a way to number blocks."""
        self._words = words
        self._month = month
        self._passages = passages
        self._new_block = new_block

    def add(
        self,
        ledger: Ledger,
        *,
        part: str,
        outer: tuple[str, ...],
        section: Section | None,
        index: int,
        cover: bool,
        written_out: Callable[[CellText, Passage], bool],
    ) -> None:
        """Append the passages of a ledger.

        Args:
            ledger: Rows and notes of the table.
            part: Part of the mail that the table stands in.
            outer: Titles of the headings above the table.
            section: Section that these headings name.
            index: Number of the document.
            cover: The table stands in a body beside attachments.
            written_out: Reads a cell that holds the report itself; false for any other cell.
        """
        last_of: dict[str, int] = {}
        columns = frozenset(
            section
            for section, used in (
                (Section.PROBLEM, any(row.problems or row.mixed for row in ledger.rows)),
                (Section.NEXT, any(row.next_steps or row.mixed for row in ledger.rows)),
            )
            if used
        )
        for row in ledger.rows:
            block = self._new_block()
            head = [title for title in row.titles if title]
            off_plan = any(self._words.section_of(title, month=self._month) is Section.OFF_PLAN for title in head)
            # 不在计划内，供参考 beside a row says what the row is, and is no word on it.
            beside = [note for note in row.notes if self._words.pattern("record_off_plan_signs").search(note.text)]
            off_plan = off_plan or any(not figures_in(note.text) for note in beside)
            titles = (*outer, *(re.sub(r"\s+", "", title) for title in head))
            numbers: list[int] = [row.plan_number] if row.plan_number is not None else []
            for title in head:
                numbers += plan_numbers(title)
            base = Passage(
                text="",
                locus=Locus(part=part, place=row.place),
                section=Section.OFF_PLAN if off_plan else section or Section.PROGRESS,
                block=block,
                titles=titles,
                numbers=tuple(dict.fromkeys(numbers)),
                own_number=row.number,
                document=index,
                cover=cover,
                ledger=True,
                columns=columns,
            )
            cells = CellFigures(figures=row.figures, status=row.status, doubts=row.doubts)
            first = True
            # 备注 beside an empty 进展 tells the work that has no other place.
            spoken = (
                []
                if row.progress
                else [note for note in row.notes if note not in beside and self._tells_work(note.text)]
            )
            for cell in (*row.progress, *spoken):
                if not titles and not numbers and written_out(cell, base):
                    continue
                text = re.sub(r"(?:(?<![ \t])[ \t]++)?\n[ \t]*", "\n", cell.text)
                parts = self._labelled(text)
                labelled = any(kind not in {None, Section.PROGRESS} for kind, _ in parts)
                for kind, told_here in parts:
                    work = kind in {None, Section.PROGRESS}
                    self._passages.append(
                        replace(
                            base,
                            text=told_here,
                            locus=Locus(part=part, place=cell.place),
                            section=base.section if work or kind is None else kind,
                            cells=cells if first and work else CellFigures(),
                            mingled=cell.mingled and not labelled,
                        )
                    )
                    first = first and not work
            if first and (row.figures or row.status or row.doubts):
                self._passages.append(replace(base, cells=cells))
            told: list[tuple[Section, tuple[CellText, ...]]] = [
                (Section.PROBLEM, row.problems),
                (Section.NEXT, row.next_steps),
                (Section.MIXED, row.mixed),
            ]
            for note in (note for note in row.notes if note not in beside and note not in spoken):
                role = opening_role(note.text, words=self._words, month=self._month)
                if role in {Section.PROBLEM, Section.NEXT}:
                    told.append((role, (note,)))
                elif len(note.text.strip()) < _SENTENCE:
                    # 牵头, 配合, 长期: a word beside the row has no tone.
                    continue
                elif not figures_in(note.text) and self._troubled(note.text):
                    told.append((Section.MIXED, (note,)))
                elif sound(note.text, words=self._words) is Section.NEXT:
                    told.append((Section.NEXT, (note,)))
            for kind, texts in told:
                for cell in texts:
                    if cell.text:
                        self._passages.append(
                            replace(base, text=cell.text, locus=Locus(part=part, place=cell.place), section=kind)
                        )
                        last_of[cell.place] = len(self._passages) - 1
                    elif cell.place in last_of:
                        place = last_of[cell.place]
                        self._passages[place] = replace(
                            self._passages[place], also=(*self._passages[place].also, block)
                        )
        for remark in ledger.remarks:
            self.remark(remark, part=part, index=index, cover=cover)

    def within(self, table: Table, *, part: str) -> bool:
        """Give the figures of a small table within a cell to the row that the cell stands in."""
        outer = table.place.rpartition("·")[0]
        places = (place for place, one in enumerate(self._passages) if one.locus == Locus(part=part, place=outer))
        at = next(places, None) if outer else None
        figures = tables.small(table, words=self._words, month=self._month) if at is not None else ()
        if at is None or not figures:
            return False
        cells = self._passages[at].cells
        self._passages[at] = replace(self._passages[at], cells=replace(cells, figures=(*cells.figures, *figures)))
        return True

    def _tells_work(self, note: str) -> bool:
        """Whether a note tells of work done in this month, with a figure; 其中线上90人 only explains one."""
        words, month = self._words, self._month
        return (
            figures_in(note)
            and not re.match(r"[（(]?(?:其中|[不未]?含|包括|扣除)", note)
            and opening_role(note, words=words, month=month) is None
            and sound(note, words=words) in {None, Section.PROGRESS}
            and not words.pattern("record_note_words").search(note)
            and not is_base(note, words=words, month=month)
        )

    def _labelled(self, text: str) -> list[tuple[Section | None, str]]:
        """A cell for everything, cut where it names a section (进展：…存在问题：…); ``None`` before the first name."""
        out: list[tuple[Section | None, str]] = []
        kind: Section | None = None
        start = 0
        for found in _LABEL.finditer(text):
            section = self._words.section_of(found.group(1) or found.group(2), month=self._month)
            if section not in {Section.PROGRESS, Section.PROBLEM, Section.NEXT, Section.MIXED}:
                continue
            out.append((kind, text[start : found.start()].strip()))
            kind, start = section, found.end()
        out.append((kind, text[start:].strip()))
        return [(kind, part) for kind, part in out if part]

    def _troubled(self, note: str) -> bool:
        """Whether a note complains, be it with a remedy beside it."""
        tone = heard(note, words=self._words)
        return tone.work < 1 - CLEAR and tone.problem >= (1 - CLEAR) / 2

    def remark(self, remark: CellText, *, part: str, index: int, cover: bool) -> None:
        """A note in or under a table: its sections are told by its own words."""
        words, month = self._words, self._month
        block = self._new_block()
        whole = re.sub(r"^\s*(?:备\s*注|附注|注|说明)\s*[：:]\s*", "", remark.text)
        parts = [part.text for part in enumerated(whole)] or [part for part in whole.split("\n") if part.strip()]
        # 12月安排：1.…；2.…: the words before the list speak for all of it.
        head = whole[: enumeration_start(whole)].strip() if len(parts) > 1 else ""
        over = opening_role(head, words=words, month=month) if head else None
        for part_text in parts:
            line = _FILLED_IN.sub("", _NOTE_LEAD.sub("", part_text))
            off_plan = words.pattern("record_off_plan_signs").search(line) is not None
            if (
                DATE_LINE.match(line)
                or _CONTACT.match(part_text)
                or words.pattern("record_note_words").search(line)
                or words.pattern("record_mistake_words").search(line)
            ):
                continue
            headed = named_section(part_text, words=words, month=month)
            role = (
                headed
                if headed in {Section.PROBLEM, Section.NEXT}
                else opening_role(line, words=words, month=month) or over
            )
            told = sound(line, words=words)
            if role is None and told is not None and (told is Section.NEXT or not figures_in(line)):
                role = told
            self._passages.append(
                Passage(
                    text=line.strip(),
                    locus=Locus(part=part, place=remark.place),
                    section=Section.OFF_PLAN if off_plan else role or Section.PROGRESS,
                    block=block,
                    document=index,
                    cover=cover,
                    opening=not off_plan and role is None and not figures_in(line),
                    ledger=True,
                )
            )
