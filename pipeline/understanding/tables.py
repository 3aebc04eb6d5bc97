"""A ledger of any column names and order → its rows: task, progress, problem, next step, figures, status.

Columns are recognised by the words of their headers (lists ``table_*`` of config/reading.yaml), then by what their
cells hold. Headers of several rows, merged cells, continuation rows, group rows and cards (keys at the left) are
one thing here: a grid in which each visible cell knows how far it reaches.
"""

from __future__ import annotations

import enum
import itertools
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from pipeline.model import Cell, Scope, Table
from pipeline.understanding import headers, tones
from pipeline.understanding.prose import figures
from pipeline.understanding.quantities import find, is_unit, parse_cell
from pipeline.understanding.words import Section, Words, is_later, month_number


class Role(enum.StrEnum):
    """What a column holds; the value is the key of its word list without ``table_``."""

    PLAN_NUMBER = "plan_number"
    NUMBER = "number"
    PREVIOUS = "previous"
    TARGET = "target"
    STATUS = "status"
    PROGRESS = "progress"
    PROBLEM = "problem"
    NEXT = "next"
    MEASURE = "measure"
    MONTH = "month"
    CUMULATIVE = "cumulative"
    RATE = "rate"
    CHANGE = "change"
    DEADLINE = "deadline"
    PERSON = "person"
    UNIT = "unit"
    TASK = "task"
    NOTE = "note"
    #: 存在问题及下步措施 in one column; told apart sentence by sentence.
    MIXED = "mixed"
    #: 进展情况、存在问题及下步措施 in one column: work first, told apart sentence by sentence as prose is.
    WHOLE = "whole"


_FIGURES = frozenset({Role.MONTH, Role.CUMULATIVE, Role.RATE, Role.CHANGE})
_CONTENT = frozenset({Role.PROGRESS, Role.PROBLEM, Role.NEXT, Role.MIXED, Role.WHOLE})
_WORK = frozenset({Role.PROGRESS, Role.WHOLE})
#: Signs between the parts of a header that names several kinds.
_AND = re.compile(r"[、，,;；/／＋+&\s（）()]|以及|[及和与暨并]")
_BRACKETS = re.compile(r"[（(【\[]([^）)】\]]{0,200})[）)】\]]")
_YEAR = re.compile(r"20\d\d年(?:度)?")
_MONTHS = re.compile(r"(?:(\d{1,2})\s*[-—–~至到]\s*)?(\d{1,2}|十[一二]?|[一二三四五六七八九])月(?:份|底|末)?")
#: What makes a column named by a month (至8月完成, 8月末) tell all that was done up to it.
_SO_FAR = re.compile(r"累计|至|截|止|以来|总|合计|现有|[月年期][份内]?[末底]|年初|存量|余额")
_NOT_WORD = re.compile(r"[^\w%]", re.UNICODE)
#: Words before the noun of a header (遇到的问题).
_FILLERS = re.compile(r"^(?:遇到的?|碰到的?|面临的?|现有的?|当前的?|主要的?|有关的?)(?=\S{2})")


@dataclass(frozen=True, slots=True)
class CellText:
    """A text of the table with the place it stands in."""

    text: str
    place: str
    #: Its column promises problems or intentions as well.
    mingled: bool = False


@dataclass(frozen=True, slots=True)
class CellFigure:
    """A figure of a number column."""

    value: float
    unit: str
    of: str
    scope: Scope
    place: str
    text: str


@dataclass(frozen=True, slots=True)
class CellDoubt:
    """A cell of a number column that was not filed."""

    #: The reason, in words for a person.
    text: str
    place: str
    of: str
    #: Unit, where it is known.
    unit: str = ""
    scope: Scope = Scope.UNSAID
    #: What the cell most likely means (``74.2%``), where one reading is likelier than all others.
    likely: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a ledger."""

    #: Titles from outside in: group row, task, sub-task.
    titles: tuple[str, ...]
    number: int | None
    plan_number: int | None
    progress: tuple[CellText, ...]
    problems: tuple[CellText, ...]
    next_steps: tuple[CellText, ...]
    #: Problems and intentions in one cell.
    mixed: tuple[CellText, ...]
    figures: tuple[CellFigure, ...]
    status: str
    place: str
    #: Rows of one task (merged or continued) share this number.
    task: int
    notes: tuple[CellText, ...] = ()
    #: Cells of number columns that were not filed.
    doubts: tuple[CellDoubt, ...] = ()


@dataclass(frozen=True, slots=True)
class Ledger:
    """All rows of one table, and what stands in it as plain text (notes under the rows)."""

    rows: tuple[Row, ...]
    remarks: tuple[CellText, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Head:
    role: Role | None
    text: str
    unit: str
    #: The name holds the month of the report: that month alone, or all up to its end.
    current: bool = False
    reached: bool = False

    @property
    def name(self) -> str:
        """The innermost level, on one line."""
        return _told(self.text.split("/")[-1])


@dataclass(slots=True)
class _Draft:
    titles: tuple[str, ...]
    number: int | None
    plan_number: int | None
    task: int
    place: str
    status: str = ""
    progress: list[CellText] = field(default_factory=list)
    problems: list[CellText] = field(default_factory=list)
    next_steps: list[CellText] = field(default_factory=list)
    mixed: list[CellText] = field(default_factory=list)
    figures: list[CellFigure] = field(default_factory=list)
    notes: list[CellText] = field(default_factory=list)
    doubts: list[CellDoubt] = field(default_factory=list)

    def told(self, role: Role) -> list[CellText]:
        """The list that texts of a role go to."""
        if role is Role.PROBLEM:
            return self.problems
        if role is Role.NEXT:
            return self.next_steps
        return self.mixed if role is Role.MIXED else self.progress

    def ask(self, head: _Head, cell: Cell, why: str, *, words: Words, unit: str = "", likely: str = "") -> None:
        """Put what a cell says before a person in place of filing it."""
        said = f"写的是“{_told(cell.text)[:_MOST_QUOTED]}”，{why}" if cell.text else why
        self.doubts.append(
            CellDoubt(
                text=f"“{head.name or '数字'}”栏{said}",
                place=cell.place,
                of=_column_of(head, self.titles, words=words),
                unit=unit,
                scope=_SCOPES.get(head.role or Role.RATE, Scope.UNSAID),
                likely=likely,
            )
        )

    def done(self) -> Row:
        return Row(
            titles=self.titles,
            number=self.number,
            plan_number=self.plan_number,
            progress=tuple(self.progress),
            problems=tuple(self.problems),
            next_steps=tuple(self.next_steps),
            mixed=tuple(self.mixed),
            figures=tuple(self.figures),
            status=self.status,
            place=self.place,
            task=self.task,
            notes=tuple(self.notes),
            doubts=tuple(self.doubts),
        )


_THIS_YEAR = frozenset({"今年", "本年", "本年度"})


def role_of(header: str, *, words: Words, month: int | None = None) -> tuple[Role | None, str]:
    """Role of a column by its header, and the unit that the header carries in brackets (完成数（家）).

    Args:
        header: The header, levels joined.
        words: Compiled lists ``table_*``.
        month: Month of the report: 10月计划 lies ahead, 7月完成 lies behind.
    """
    if _names_whole(header, words=words, month=month):
        return Role.WHOLE, ""
    unit = ""
    for inside in _BRACKETS.findall(header):
        name = inside.replace("单位", "").strip("：: 　")
        if is_unit(name, words=words):
            unit = name
    named, through = None, False
    plain = _YEAR.sub("", _BRACKETS.sub("", header))
    found = _MONTHS.search(plain)
    if found:
        named, through = month_number(found.group(2)), bool(found.group(1))
        plain = plain.replace(found.group(0), "", 1)
    bare = _NOT_WORD.sub("", plain).removeprefix("其中")
    if words.section_of(bare) is Section.MIXED:
        return Role.MIXED, unit
    if len(bare) > 22:
        return None, unit
    if "%" in bare and not unit:
        unit = "%"
    bare = bare.replace("%", "")
    if not bare or (found and bare in _THIS_YEAR):
        if found is None:
            return None, unit
        if month is None or named is None or named == month:
            return (Role.CUMULATIVE if through else Role.MONTH), unit
        return (Role.NEXT if is_later(named, month) else Role.PREVIOUS), unit
    if bare == "工作" and named is not None and named == month:
        # 10月份工作 in a report on October.
        return Role.PROGRESS, unit
    if bare in {"工作", "任务", "事项"}:
        return Role.TASK, unit
    bare = _FILLERS.sub("", bare) or bare
    best: tuple[float, int, Role] | None = None
    for rank, role in enumerate(Role):
        for word in words.words(f"table_{role.value}"):
            if word in bare:
                score = len(word) / len(bare) + (0.3 if word == bare else 0.0)
                if best is None or score > best[0] + 1e-9:
                    best = (score, -rank, role)
    if best is None or best[0] < 0.5:
        # 12月重点 in a report on November lies ahead, whatever else the header calls it.
        ahead = named is not None and month is not None and is_later(named, month)
        if ahead and len(bare) <= 6:
            return Role.NEXT, unit
        # 截至9月底 in a report on October lies behind; 截至10月底 is all that was done.
        if named is not None and month is not None and bare in {"截至", "截止", "到", "至"}:
            return (Role.CUMULATIVE if named == month else Role.PREVIOUS), unit
        return None, unit
    role = best[2]
    if role in _FIGURES and words.pattern("table_not_done").fullmatch(bare):
        # 预计完成, 全市完成率: figures, and none of work done here.
        role = Role.TARGET
    if named is not None and month is not None and named != month:
        if is_later(named, month) and role in {Role.TARGET, Role.TASK, Role.PROGRESS, Role.NEXT, Role.MONTH}:
            return Role.NEXT, unit
        if not is_later(named, month) and role in {Role.MONTH, Role.CUMULATIVE, Role.RATE, Role.PROGRESS}:
            return Role.PREVIOUS, unit
    if through and role is Role.MONTH:
        role = Role.CUMULATIVE
    if named is not None and named == month and role is Role.CUMULATIVE and not through and not _SO_FAR.search(header):
        # 8月完成 in a report on August is what August did.
        role = Role.MONTH
    return role, unit


def _names_whole(header: str, *, words: Words, month: int | None) -> bool:
    """Whether a header names work done first, and troubles or intentions with it (进展情况及下一步打算)."""
    first, *others = [part for part in _AND.split(header) if len(part) >= 2] or [""]
    if not others or len(header) > 40 or role_of(first, words=words, month=month)[0] is not Role.PROGRESS:
        return False
    told = {words.section_of(part.removeprefix("含"), month=month) for part in others}
    return bool(told & {Section.PROBLEM, Section.NEXT, Section.MIXED})


def _grid(table: Table) -> list[list[Cell | None]]:
    grid: list[list[Cell | None]] = [[None] * table.width for _ in range(table.height)]
    for cell in table.cells:
        for row in range(cell.row, min(table.height, cell.row + cell.rows)):
            for column in range(cell.column, min(table.width, cell.column + cell.columns)):
                grid[row][column] = cell
    return grid


def _row_cells(grid: list[list[Cell | None]], row: int) -> list[Cell]:
    cells: list[Cell] = []
    for cell in grid[row]:
        if cell is not None and cell not in cells:
            cells.append(cell)
    return cells


def _fresh(grid: list[list[Cell | None]], row: int) -> list[Cell]:
    """Cells that begin in a row and hold a text."""
    return [cell for cell in _row_cells(grid, row) if cell.row == row and _told(cell.text)]


def _told(text: str) -> str:
    return text.strip(" \u3000\n\t")


def _named(text: str, *, words: Words, month: int | None) -> tuple[Role | None, str]:
    """Role and unit of a short text as a name of a column or of a card's field; ``None`` for what is told under one."""
    return (None, "") if _is_value(text, words=words) else role_of(text, words=words, month=month)


def _is_value(text: str, *, words: Words) -> bool:
    """Whether a text tells a figure or an act of a month (9月培训2期, 10月完成内装): such words never name a column."""
    plain = _MONTHS.sub("", _YEAR.sub("", _BRACKETS.sub("", text)))
    if figures(plain):
        return True
    acts = words.pattern("record_verb_starts").match(plain) is not None
    return acts and _MONTHS.match(text.strip()) is not None and not _surely_names(plain, words=words)


def _surely_names(text: str, *, words: Words) -> bool:
    """Whether a text is a name by all of its words, as 存在问题 is and 经费不足 is not."""
    bare = _bare(text)
    known = any(bare == word for role in Role for word in words.words(f"table_{role.value}"))
    return known or (bare != "" and sum(len(found) for found in words.heading.findall(bare)) == len(bare))


def _header_rows(grid: list[list[Cell | None]], *, words: Words, month: int | None) -> tuple[int, int] | None:
    """First and last row of the header; ``None`` when the table has no header at its top."""
    filled = [row for row in range(len(grid)) if _fresh(grid, row)]
    listed = [row for row in filled if len(_fresh(grid, row)) >= 2]
    for row in range(min(len(grid), 8)):
        cells = _fresh(grid, row)
        if filled[-1:] == [row] and listed[:1] != [row]:
            # What stands last heads nothing.
            return None
        roles = [_named(cell.text, words=words, month=month)[0] for cell in cells]
        known = {role for role in roles if role is not None}
        # 装机（千瓦） is the head of a number column, whatever its name.
        measured = [_named(cell.text, words=words, month=month)[1] != "" for cell in cells]
        named = sum(role is not None or measure for role, measure in zip(roles, measured, strict=True))
        if named >= 2 and len(known) >= 2 and named / len(cells) >= 0.5 and known & {*_CONTENT, Role.TASK, *_FIGURES}:
            last = row
            reach = max((cell.row + cell.rows - 1 for cell in cells), default=row)
            while last + 1 < len(grid):
                below = _fresh(grid, last + 1)
                if not below:
                    if last + 1 <= reach:
                        last += 1
                        continue
                    break
                if any(len(_told(cell.text)) > 14 for cell in below):
                    break
                if last + 1 <= reach or (
                    last + 1 < filled[-1] and _goes_on(grid, last + 1, below, words=words, month=month)
                ):
                    last += 1
                    continue
                break
            return row, last
    return None


def _goes_on(grid: list[list[Cell | None]], row: int, cells: list[Cell], *, words: Words, month: int | None) -> bool:
    """Whether a row of short texts below a header names its columns further, and is no row that is told under it."""
    marks = [_named(cell.text, words=words, month=month)[0] for cell in cells]
    if sum(mark is not None for mark in marks) / len(marks) < 0.6:
        return False
    parted = False
    for cell, mark in zip(cells, marks, strict=True):
        above = grid[row - 1][cell.column]
        if mark is None:
            continue
        if above is None or above.columns > 1 or not _told(above.text):
            parted = True
        elif _named(above.text, words=words, month=month)[0] is mark:
            # 经费不足 under 存在问题 is a problem.
            return False
    return parted or None not in marks


def _unnamed_header(grid: list[list[Cell | None]], *, words: Words) -> tuple[int, int] | None:
    """A header under names that no list knows: short words above columns of which two tell different things."""
    for row in range(min(3, len(grid) - 2)):
        cells = _fresh(grid, row)
        if len(cells) < 3 or any(
            len(_told(cell.text)) > 10 or re.search(r"[\d。；]", _MONTHS.sub("", cell.text)) for cell in cells
        ):
            continue
        told = set()
        for column in range(len(grid[0])):
            texts = [text for text in _filled(grid, column, row + 1, words=words) if len(text) >= 6]
            if len(texts) >= max(2, (len(grid) - row - 1) // 2):
                head = grid[row][column]
                told.add(_told_by(_told(head.text) if head is not None else "", texts, words=words) or Role.PROGRESS)
        if len(told) >= 2:
            return row, row
    return None


def _heads(grid: list[list[Cell | None]], first: int, last: int, *, words: Words, month: int | None) -> list[_Head]:
    heads: list[_Head] = []
    width = len(grid[0])
    for column in range(width):
        chain: list[str] = []
        for row in range(first, last + 1):
            cell = _head_cell(grid, row, column, last=last)
            if cell is not None and _told(cell.text) not in chain:
                chain.append(_told(cell.text))
        role: Role | None = None
        unit = ""
        for text in (chain[-1:] and [chain[-1]]) + (["".join(chain)] if len(chain) > 1 else []) + chain[-2::-1]:
            found, carried = role_of(text, words=words, month=month)
            if not unit and text is not chain[-1]:
                # 发放贷款（万元） above 户数 and 占比: these have units of their own.
                unit = "%" if role in {Role.RATE, Role.CHANGE} else _named_unit(chain[-1], words=words)
            unit = unit or carried
            if role is None and found is not None:
                role = found
        above = [role_of(text, words=words, month=month)[0] for text in chain[:-1]]
        if role in _FIGURES and Role.PREVIOUS in above:
            role = Role.PREVIOUS
        if role in {Role.MONTH, Role.CUMULATIVE} and Role.TARGET in above:
            role = Role.TARGET
        named = _MONTHS.search(chain[-1]) if chain else None
        mine = named is not None and month is not None and month_number(named.group(2)) == month
        reached = mine and named is not None and bool(named.group(1) or _SO_FAR.search(chain[-1]))
        heads.append(_Head(role=role, text="/".join(chain), unit=unit, current=mine and not reached, reached=reached))
    return _without_earlier_years(heads)


def _head_cell(grid: list[list[Cell | None]], row: int, column: int, *, last: int) -> Cell | None:
    """The cell of a header above a column; where it was left empty beside a group of columns, that of the group."""

    def text(place: int, at: int) -> str:
        cell = grid[place][at]
        return _told(cell.text) if cell is not None else ""

    if row < last and not text(row, column) and text(row + 1, column) and column and text(row + 1, column - 1):
        # Only a name that reaches over sub-columns does so: 任务 has nothing below it.
        return _head_cell(grid, row, column - 1, last=last)
    return grid[row][column] if text(row, column) else None


def _without_earlier_years(heads: list[_Head]) -> list[_Head]:
    """Of columns of figures named by several years (2021年, 2022年) only those of the last one tell of this year."""
    years = [
        max((int(year[:4]) for year in _YEAR.findall(head.text)), default=0) if head.role in {None, *_FIGURES} else 0
        for head in heads
    ]
    last = max(years, default=0)
    return [
        replace(head, role=Role.PREVIOUS) if year and year < last else head
        for head, year in zip(heads, years, strict=True)
    ]


def _settle(
    heads: list[_Head], grid: list[list[Cell | None]], start: int, *, words: Words, whole: str = ""
) -> list[_Head]:
    """Correct what the header alone cannot say by what the cells of the column hold."""
    settled: list[_Head] = []
    tasks = [column for column, head in enumerate(heads) if head.role is Role.TASK]
    for column, head in enumerate(heads):
        texts = []
        for row in range(start, len(grid)):
            cell = grid[row][column]
            if cell is not None and cell.row == row and cell.columns == 1 and _told(cell.text):
                texts.append(_told(cell.text))
        filled = [text for text in texts if words.pattern("table_empty").fullmatch(text) is None or text == "0"]
        numeric = sum(
            parse_cell(text, number=None, unit="个", words=words) is not None and len(text) <= 14 for text in filled
        )
        mean = sum(len(text) for text in filled) / len(filled) if filled else 0.0
        role = head.role
        mostly = bool(filled) and numeric / len(filled) >= 0.6
        if role is Role.UNIT and filled and all(is_unit(text, words=words) for text in filled):
            role = Role.MEASURE
        elif role is Role.MEASURE and filled and not any(is_unit(text, words=words) for text in filled):
            role = Role.UNIT
        elif role in _WORK and mostly:
            monthly = head.current or words.pattern("table_month").search(_bare(head.text)) is not None
            role = Role.MONTH if monthly else Role.CUMULATIVE
        elif (
            role in {None, Role.PROGRESS, Role.NOTE} and tasks and tasks[0] < column and _counted_things(filled, words)
        ):
            role = Role.TASK
        elif role in {Role.NEXT, Role.PROBLEM} and mostly and _named_unit(head.text, words=words):
            # 接待人次 shares a sign with 接下来, and its cells are numbers.
            role = Role.CUMULATIVE
        elif (
            role in {Role.CUMULATIVE, Role.MONTH, Role.STATUS, Role.RATE}
            and not mostly
            and (mean >= 14 or (bool(filled) and sum(text[-1] in "。；" for text in filled) / len(filled) > 0.5))
        ):
            role = Role.PROGRESS
        elif role is Role.STATUS and mostly and any("%" in text for text in filled):
            role = Role.RATE
        elif role is None and mostly:
            known = _beside_measure(heads, column) or bool(_named_unit(head.text, words=words) or whole)
            role = _counted(head, filled, measured=known and column > 0, first=column == 0, words=words)
        elif role is None and mean >= 4:
            role = _told_by(head.text.split("/")[-1], filled, words=words, first=column == 0)
        elif role is Role.TASK and mostly and column > 0:
            role = Role.CUMULATIVE if head.unit else Role.TARGET
        settled.append(_Head(role=role, text=head.text, unit=head.unit))
    named = [_names(_filled(grid, column, start, words=words), words=words) for column in range(len(settled))]
    if all(names for head, names in zip(settled, named, strict=True) if head.role in _WORK):
        # 具体举措 holds names: what was done stands under a header that promises only notes (办理说明).
        settled = [
            _Head(role=Role.PROGRESS, text=head.text, unit="")
            if head.role is Role.NOTE and _tells(_filled(grid, column, start, words=words), words=words)
            else head
            for column, head in enumerate(settled)
        ]
    settled = _tasks_of_two(settled, named, Role.PROGRESS, before=len(settled))
    # 措施 in front of 进展, beside 下步, holds names of tasks.
    work = next((column for column, head in enumerate(settled) if head.role in _WORK), 0)
    settled = _tasks_of_two(settled, named, Role.NEXT, before=work)
    settled = _in_words(settled, grid, start, words=words)
    if not any(head.role in _WORK for head in settled):
        best, longest = -1, 9.0
        for column, head in enumerate(settled):
            if head.role not in {None, Role.NOTE} or "备注" in head.text:
                continue
            texts = [_told(cell.text) for row in grid[start:] if (cell := row[column]) is not None]
            mean = sum(map(len, texts)) / len(texts) if texts else 0.0
            if mean > longest:
                best, longest = column, mean
        if best >= 0:
            settled[best] = _Head(role=Role.PROGRESS, text=settled[best].text, unit="")
    roles = {head.role for head in settled}
    if roles & _CONTENT and not roles & _FIGURES:
        # The only figures, under a name that says nothing and without a unit: each is asked about, none is lost.
        settled = [
            replace(head, role=Role.CUMULATIVE)
            if head.role is None
            and head.text
            and column > 0
            and not _base(head, words=words)
            and _numbers(_filled(grid, column, start, words=words), words=words)
            else head
            for column, head in enumerate(settled)
        ]
    if not any(head.role is Role.TASK for head in settled):
        place = _task_column(settled, grid, start)
        if place is not None:
            settled[place] = _Head(role=Role.TASK, text=settled[place].text, unit=settled[place].unit)
    return settled


def _tasks_of_two(heads: list[_Head], named: list[bool], role: Role, *, before: int) -> list[_Head]:
    """Of several columns of one role, those before a place that hold names are tasks."""
    if sum(head.role is role for head in heads) < 2:
        return heads
    return [
        replace(head, role=Role.TASK) if head.role is role and names and column < before else head
        for column, (head, names) in enumerate(zip(heads, named, strict=True))
    ]


def _in_words(heads: list[_Head], grid: list[list[Cell | None]], start: int, *, words: Words) -> list[_Head]:
    """Columns named for figures that hold sentences: 上月完成 and 本月计划 of who writes in the month after, 计划."""

    def spoken(column: int) -> bool:
        texts = _filled(grid, column, start, words=words)
        mean = sum(map(len, texts)) / len(texts) if texts else 0.0
        return mean >= IN_WORDS and not _numbers(texts, words=words)

    out = list(heads)
    for column, head in enumerate(heads):
        worked = any(one.role in _WORK for one in out)
        after = any(one.role in _WORK for one in out[:column])
        if head.role is Role.PREVIOUS and not worked and _LAST_MONTH.match(_bare(head.text)) and spoken(column):
            out[column] = replace(head, role=Role.PROGRESS)
        elif (
            head.role is Role.TARGET
            and after
            and not any(one.role is Role.NEXT for one in heads)
            and _PLANNED.fullmatch(_bare(head.text))
            and spoken(column)
        ):
            out[column] = replace(head, role=Role.NEXT)
    return out


#: Signs of a cell on the average from which it speaks in sentences.
IN_WORDS = 7
_LAST_MONTH = re.compile(r"上(?:个)?月")
_PLANNED = re.compile(r"(?:本|当|这个)?月?(?:工作)?计划(?:安排)?")


def _task_column(heads: list[_Head], grid: list[list[Cell | None]], start: int) -> int | None:
    """The column of tasks where no header is named so: the first unknown one, with a name of its own in each row."""
    told = next((column for column, head in enumerate(heads) if head.role in _CONTENT), len(heads))
    for column, head in enumerate(heads[:told]):
        names = [_told(cell.text) for row in grid[start:] if (cell := row[column]) is not None and _told(cell.text)]
        if (
            head.role is None
            and len(names) >= 2
            and len(set(names)) == len(names)
            and all(2 <= len(name) <= 40 and not name.isdecimal() for name in names)
        ):
            return column
    return None


#: What a column of texts under an unknown name may be, and what one of numbers.
_TEXT_KINDS = (Role.TASK, Role.PROGRESS, Role.PROBLEM, Role.NEXT, Role.NOTE, Role.UNIT, Role.PERSON)
_NUMBER_KINDS = (Role.CUMULATIVE, Role.MONTH, Role.TARGET, Role.PREVIOUS, Role.RATE, Role.NUMBER)


def _filled(grid: list[list[Cell | None]], column: int, start: int, *, words: Words) -> list[str]:
    """Texts of a column that say something, each merged cell once."""
    texts = [
        _told(cell.text)
        for row in range(start, len(grid))
        if (cell := grid[row][column]) is not None and cell.row == row and cell.columns == 1
    ]
    return [text for text in texts if not _empty(text, words=words)]


def _names(texts: list[str], *, words: Words) -> bool:
    """Whether the texts are names of things: short, without figures, without a word of anything done."""
    if len(texts) < 2 or sum(map(len, texts)) / len(texts) > 14:
        return False
    telling = [
        text
        for text in texts
        if text[-1:] in "。；"
        or re.search(r"\d(?![GgKkA\d])", text)
        or words.pattern("record_finished_words").search(text)
    ]
    return len(telling) / len(texts) <= 0.2


def _base(head: _Head, *, words: Words) -> bool:
    """Whether the name of a column is most like those of targets and of earlier months."""
    alike = headers.likeness(_bare(head.text), tuple(kind.value for kind in _NUMBER_KINDS), words=words)
    return max(_NUMBER_KINDS, key=lambda kind: alike[kind.value]) in {Role.TARGET, Role.PREVIOUS, Role.NUMBER}


def _numbers(texts: list[str], *, words: Words) -> bool:
    """Whether the texts are figures for certain: no serial numbers, no years, no telephone numbers, no dates."""
    values = [parse_cell(text, number=None, unit=_ANY, words=words) for text in texts]
    if not texts or any(value is None for value in values) or any(len(re.sub(r"\D", "", text)) >= 7 for text in texts):
        return False
    numbers = [value for value, _ in filter(None, values)]
    serial = numbers == [numbers[0] + step for step in range(len(numbers))]
    return not serial and not all(1990 <= number <= 2050 for number in numbers)


def _counted_things(texts: list[str], words: Words) -> bool:
    """Whether the texts name what is counted, each with its unit in brackets: 新建5G基站（个）."""
    return bool(texts) and all(len(text) <= 24 and _title_unit((text,), words=words) for text in texts)


def _tells(texts: list[str], *, words: Words) -> bool:
    """Whether the texts tell of work done, in whole sentences."""
    if len(texts) < 2 or sum(map(len, texts)) / len(texts) < 14:
        return False
    heard = [tones.heard(text, words=words).work for text in texts]
    return sum(heard) / len(heard) >= 0.5


def _beside_measure(heads: list[_Head], column: int) -> bool:
    """Whether a column of units stands beside this one, and no known column of figures that it could speak for."""
    beside = [heads[place].role for place in (column - 1, column + 1) if 0 <= place < len(heads)]
    return Role.MEASURE in beside and not any(head.role in _FIGURES for head in heads)


def _counted(head: _Head, filled: list[str], *, measured: bool, first: bool, words: Words) -> Role | None:
    """What a column of numbers under an unknown name (实物量, 年度盘子) counts, where its unit is known."""
    if words.pattern("table_not_done").fullmatch(_bare(head.text)):
        return Role.TARGET
    if head.current:
        # 9月干了 above numbers, in a report on September.
        return Role.MONTH
    if head.reached:
        return Role.CUMULATIVE
    if not (head.unit or measured or (not first and any(not text[-1:].isdecimal() for text in filled))):
        return None
    alike = headers.likeness(_bare(head.text), tuple(kind.value for kind in _NUMBER_KINDS), words=words)
    best = max(_NUMBER_KINDS, key=lambda kind: alike[kind.value])
    if best in {Role.TARGET, Role.PREVIOUS} and not headers.shares_pair(_bare(head.text), best.value, words=words):
        # 服务组织（个） shares single signs with 任务 and no word.
        return Role.CUMULATIVE
    # Only a plain likeness takes figures out of what was done.
    lead = alike[best.value] - alike[Role.CUMULATIVE.value]
    return best if best in {Role.TARGET, Role.PREVIOUS} and lead > 2.0 else Role.CUMULATIVE


def _bare(header: str) -> str:
    """A header without brackets, months, years and signs."""
    plain = _MONTHS.sub("", _YEAR.sub("", _BRACKETS.sub("", header.rsplit("/", maxsplit=1)[-1])))
    return _NOT_WORD.sub("", plain)


def _told_by(header: str, texts: list[str], *, words: Words, first: bool = False) -> Role | None:
    """What a column under an unknown name (梗在哪儿, 接下来咋弄) is, by its name and by what its cells tell."""
    if not texts:
        return None
    heard = [tones.heard(text, words=words) for text in texts]
    work = sum(one.work for one in heard) / len(heard)
    problem = sum(one.problem for one in heard) / len(heard)
    intention = sum(one.intention for one in heard) / len(heard)
    named = _names(texts, words=words) and (first or max(problem, intention) < 0.6)
    alike = headers.likeness(_bare(header), tuple(kind.value for kind in _TEXT_KINDS), words=words)
    told = {
        Role.TASK: 0.0 if named else -4.0,
        Role.PROGRESS: math.log(max(work, 0.02)) - (4.0 if named or first else 0.0),
        Role.PROBLEM: math.log(max(problem, 0.02)) - (1.0 if named else 0.0) - (3.0 if first else 0.0),
        Role.NEXT: math.log(max(intention, 0.02)) - (1.0 if named else 0.0) - (3.0 if first else 0.0),
        Role.NOTE: -3.0,
        Role.UNIT: -1.0 if named else -6.0,
        Role.PERSON: -1.0 if named else -6.0,
    }
    best = max(_TEXT_KINDS, key=lambda kind: 2.0 * told[kind] + 0.5 * alike[kind.value])
    return None if best is Role.NOTE else best


def _integer(text: str) -> int | None:
    found = re.fullmatch(r"\s*(?:第|任务|事项)?\s*(\d{1,3})(?:\.0)?\s*(?:条|项|号)?[、.．]?\s*", text)
    return int(found.group(1)) if found else None


def _empty(text: str, *, words: Words) -> bool:
    return not _told(text) or words.pattern("table_empty").fullmatch(_told(text)) is not None


def read(table: Table, *, words: Words, month: int | None = None, above: str = "") -> Ledger:
    """Rows of a ledger.

    Args:
        table: Visible cells with their spans.
        words: Compiled lists ``table_*`` and ``quantity_*``.
        month: Month of the report, to tell apart columns that name other months.
        above: The lines that stand right above the table (单位：万元).

    Returns:
        The rows in order; a table in which neither a header nor keys are recognised gives its texts as remarks.
    """
    grid = _grid(table)
    if not grid or not grid[0]:
        return Ledger(rows=())
    card = _is_card(grid, words=words, month=month)
    head = None if card else _header_rows(grid, words=words, month=month)
    if head is not None and _lies(grid, head[0], words=words, month=month):
        head = None
    if head is None:
        keyed = card or _keyed_at_left(grid, words=words, month=month)
        head = None if keyed else _unnamed_header(grid, words=words)
        cards = _cards(grid, words=words, month=month) if head is None else None
        if cards is not None:
            return cards
        if head is None:
            return Ledger(rows=(), remarks=tuple(_loose(grid)))
    return _listed(grid, *head, words=words, month=month, above=above)


def _listed(
    grid: list[list[Cell | None]], first: int, last: int, *, words: Words, month: int | None, above: str = ""
) -> Ledger:
    """A list under a header that reaches from its first to its last row."""
    remarks = [CellText(_told(cell.text), cell.place) for row in range(first) for cell in _fresh(grid, row)]
    units = _units_above([above, *(remark.text for remark in remarks)], words=words)
    heads = _heads(grid, first, last, words=words, month=month)
    heads = _settle(heads, grid, last + 1, words=words, whole="、".join(units.names))
    if not any(item.role in {*_CONTENT, *_FIGURES} for item in heads):
        return Ledger(rows=(), remarks=())
    rows, notes, warnings = _body(grid, last + 1, heads, words=words, units=units)
    return Ledger(rows=tuple(rows), remarks=tuple(_head_remarks(remarks) + notes), warnings=tuple(warnings))


def small(table: Table, *, words: Words, month: int | None = None) -> tuple[CellFigure, ...]:
    """Figures of a small table within a cell, each with its unit, under or beside its name; empty for any other."""
    grid = _grid(table)
    corner = grid[0][1] if grid and table.width > 1 else None
    if table.width > 2 or (corner is not None and not figures(corner.text)):
        named = [(_row_name(cells), grid[0][column], cell) for cells in grid[1:] for column, cell in enumerate(cells)]
    else:
        named = [("", cells[0], cells[1]) for cells in grid if len(cells) > 1]
    out: list[CellFigure] = []
    for label, name, cell in named:
        if name is None or cell is None or name is cell or not _told(cell.text) or _told(cell.text) == label:
            continue
        role, unit = role_of(name.text, words=words, month=month)
        if role in {Role.TARGET, Role.PREVIOUS}:
            continue
        figure = _figure(cell, _Head(role=role, text=name.text, unit=unit), measure="", titles=(label,), words=words)
        if figure is None or figures(name.text):
            return ()
        out.append(figure)
    return tuple(out)


def _row_name(cells: list[Cell | None]) -> str:
    """What a row of a small table is about, where its first cell is a name."""
    first = cells[0]
    return _told(first.text) if first is not None and len(cells) > 1 and not figures(first.text) else ""


def _head_remarks(remarks: list[CellText]) -> list[CellText]:
    """Of the lines above the header only those that tell something: whole sentences, no form fields."""
    return [remark for remark in remarks if re.search(r"[。；]", remark.text) and len(remark.text) >= 20]


def _loose(grid: list[list[Cell | None]]) -> list[CellText]:
    """Rows of a table without a header that tell something: one passage a row, lists of names and numbers left out."""
    out: list[CellText] = []
    for row in range(len(grid)):
        cells = _fresh(grid, row)
        if any(len(_told(cell.text)) >= 16 for cell in cells):
            out.append(CellText("，".join(_told(cell.text).rstrip("。；，") for cell in cells) + "。", cells[0].place))
    return out


@dataclass(frozen=True, slots=True)
class _Units:
    """What a line above a table says on the units of its figures."""

    names: tuple[str, ...] = ()
    #: 金额单位：万元 speaks for sums of money alone.
    money_only: bool = False


def _units_above(lines: list[str], *, words: Words) -> _Units:
    """The units that lines above the table give to its figures (单位：万元; 单位：万元、户)."""
    for line in lines:
        for found in re.finditer(r"(金额)?(?:计量)?单位[：:]\s*([^\s，。；（）()：:]{1,16})", line):
            names = tuple(name for name in re.split(r"[、/／]", found.group(2)) if name)
            if names and all(is_unit(name, words=words) for name in names):
                return _Units(names=names, money_only=bool(found.group(1)))
    return _Units()


#: Headers that count money, and the words of a header that say nothing of what is counted.
_MONEY = re.compile(
    r"[资金额款贷税费价值入补贴偿债息薪酬益利润罚奖付拨]|营收|工资|销售|预算|支出|采购|产出|经费|成本|消费|投放|授信|让利"
)
_PLAIN_HEAD = re.compile(
    r"本年|今年|年初|全年|当年|以来|至今|本月|当月|本期|月内|累计|合计|总计|小计|总数|总量|实际|已|共|完成|新增|净增|现有|"
    r"实绩|实物|工作|任务|进度|情况|数量|数值|数字|多少|数|量|值|额度|截至|截止|目前|期末|月末|月底|月份?|年度?|至|到|底|末|[一二三四五六七八九十\d]"
)


def _whole_unit(head: _Head, units: _Units) -> str | None:
    """Unit that the line above gives to a column; ``None`` when it is not certain that it means this one."""
    if not units.names:
        return ""
    if head.unit or head.role in {Role.RATE, Role.CHANGE}:
        return ""
    bare = _bare(head.text)
    money = _MONEY.search(bare) is not None
    paid = [name for name in units.names if name.endswith("元")]
    if money and len(paid) == 1:
        return paid[0]
    rest = _PLAIN_HEAD.sub("", bare)
    if len(units.names) == 1 and (not rest or not (paid or units.money_only)):
        return units.names[0]
    return "" if units.money_only and rest and not money else None


def _body(
    grid: list[list[Cell | None]], start: int, heads: list[_Head], *, words: Words, units: _Units
) -> tuple[list[Row], list[CellText], list[str]]:
    rows: list[_Draft] = []
    notes: list[CellText] = []
    warnings: list[str] = []
    group = ""
    task = -1
    titles: tuple[str, ...] = ()
    number: int | None = None
    plan_number: int | None = None
    seen: set[int] = set()
    width = len(heads)
    task_columns = [column for column, head in enumerate(heads) if head.role is Role.TASK]
    last_anchor: tuple[int, ...] = ()
    wholes = [_whole_unit(head, units) for head in heads]
    for row in range(start, len(grid)):
        fresh = _fresh(grid, row)
        if not fresh:
            continue
        if _SUM.fullmatch(_told(fresh[0].text)):
            continue
        key = _told(fresh[0].text).rstrip("：:")
        if (
            1 < len(fresh) <= 3
            and len(key) <= 8
            and fresh[0].column == 0
            and words.section_of(key) in {Section.PROBLEM, Section.NEXT}
        ):
            # 困难 | … under all rows is told of all of them.
            notes += [CellText(f"{key}：{_told(cell.text)}", cell.place) for cell in fresh[1:]]
            continue
        widest = max(fresh, key=lambda cell: cell.columns)
        if (
            len(fresh) <= 2
            and widest.columns >= max(2, int(width * 0.6))
            and len([cell for cell in fresh if cell is not widest and len(_told(cell.text)) > 4]) == 0
        ):
            text = _told(widest.text)
            lone = " ".join(_told(cell.text) for cell in fresh) if len(fresh) > 1 and len(text) > 20 else text
            if len(text) <= 24 and not re.search(r"[。；，]", text):
                group = text
                titles, number, plan_number, task = (), None, None, task + 1
                last_anchor = ()
            else:
                notes.append(CellText(lone, widest.place))
            continue
        if _repeats_header(fresh, heads):
            continue
        # Task cells: a merged cell that reaches here from above keeps the task; an empty one continues it.
        chain: list[str] = []
        anchor: list[int] = []
        for column in task_columns:
            cell = grid[row][column]
            text = _told(cell.text) if cell is not None else ""
            if cell is not None and text and words.pattern("table_continued").fullmatch(text) is None:
                chain.append(text)
                anchor.append(id(cell))
        own_number = plan_own = None
        for column, head in enumerate(heads):
            cell = grid[row][column]
            if cell is None or cell.row != row:
                continue
            if head.role is Role.NUMBER:
                own_number = _integer(cell.text)
            elif head.role is Role.PLAN_NUMBER:
                plan_own = _integer(cell.text)
        continued = bool(task_columns) and not chain
        if not continued:
            outer = tuple(anchor[:1])
            same = outer == last_anchor and own_number is None and bool(outer)
            if not same:
                task += 1
                number, plan_number = own_number, plan_own
            elif plan_own is not None:
                plan_number = plan_own
            last_anchor = outer
            titles = tuple(chain)
        elif own_number is not None and (plan_own is not None or not task_columns):
            task += 1
            number, plan_number = own_number, plan_own
        if not task_columns:
            task += 1
            number, plan_number, titles = own_number, plan_own, ()
        draft = _Draft(
            titles=((group,) if group else ()) + titles,
            number=number,
            plan_number=plan_number,
            task=task,
            place=fresh[0].place,
        )
        measures = {
            head.text.split("/")[0] if "/" in head.text else "": _told(cell.text)
            for column, head in enumerate(heads)
            if head.role is Role.MEASURE and (cell := grid[row][column]) is not None
        }
        done: set[int] = set()
        for column, head in enumerate(heads):
            cell = grid[row][column]
            if cell is None or id(cell) in done:
                continue
            done.add(id(cell))
            text = _told(cell.text)
            if cell.trouble and head.role in _FIGURES and cell.row == row:
                draft.ask(head, cell, cell.trouble, words=words)
            elif cell.trouble:
                warnings.append(f"{cell.place}：{cell.trouble}")
            spread = cell.row != row
            if head.role in _CONTENT and not _empty(text, words=words):
                if spread:
                    # The cell was told with its first row; a text without words says that it reaches further.
                    if id(cell) in seen and head.role not in _WORK:
                        draft.told(head.role).append(CellText("", cell.place))
                    continue
                seen.add(id(cell))
                draft.told(head.role).append(CellText(text, cell.place, mingled=head.role is Role.WHOLE))
                bare = head.role is Role.PROGRESS and head.unit and re.search(r"\d{2}", text)
                if bare and not find(text, words=words):
                    # 本月860，累计8900 under 完成情况（万元）.
                    draft.ask(head, cell, "数字后面没有单位", words=words, unit=head.unit)
            elif head.role is Role.STATUS and text:
                draft.status = _light(text)
            elif head.role in _FIGURES and text and not spread:
                # A column of units speaks for the columns under its own head, or for all when it stands alone.
                measure = measures.get(head.text.split("/")[0], measures.get("", ""))
                own = measure if is_unit(measure, words=words) else _named_unit(head.text, words=words)
                unit = own or wholes[column]
                counted = own if is_unit(measure, words=words) else _title_unit(titles, words=words)
                # 人 in the row says more than 个 above all rows.
                column_head = replace(head, unit=counted) if head.unit == _ANY and counted else head
                figure = _figure(cell, column_head, measure=unit or "", titles=titles, words=words)
                several = [] if figure is not None else _several(cell, words=words)
                doubt = _doubt(cell, head, figure, told=bool(several), words=words)
                if doubt:
                    _ask(draft, cell, head, figure, doubt, words=words)
                else:
                    draft.figures += [figure] if figure is not None else several
            elif head.role is Role.NOTE and not spread and not _empty(text, words=words):
                draft.notes.append(CellText(text, cell.place))
        _ask_about_sums(draft, heads)
        rows.append(draft)
    return [row.done() for row in rows], notes, warnings


_LIGHT = re.compile(r"[红黄蓝绿橙](?:灯|色|牌)?[（(]([^（()）]{2,12})[）)]")


def _light(text: str) -> str:
    """What a light means where the cell says so: 蓝灯（完成） is 完成."""
    found = _LIGHT.fullmatch(text)
    return found.group(1) if found else text


#: A row of totals is nobody's task.
_SUM = re.compile(r"(?:合|总|小)\s*计[：:]?|共\s*计|总\s*数")


def _repeats_header(fresh: list[Cell], heads: list[_Head]) -> bool:
    """A header printed again on the next page."""
    same = sum(
        bool(heads[cell.column].text) and _told(cell.text) == heads[cell.column].text.split("/")[-1] for cell in fresh
    )
    return same >= 2 and same / len(fresh) >= 0.7


#: The unit of anything.
_ANY = "个"
_BRACKETED = re.compile(r"[（(]\s*+(\d[\d.,]*+\s*+[%％]?)\s*+[）)]")


_SCOPES = {Role.MONTH: Scope.MONTH, Role.CUMULATIVE: Scope.CUMULATIVE}


def _column_of(head: _Head, titles: tuple[str, ...], *, words: Words) -> str:
    """What a column counts in a row, without the unit that the row's name carries."""
    title = titles[-1] if titles else ""
    unit = _title_unit((title,), words=words)
    name = (
        _BRACKETS.sub(lambda found: "" if found.group(1).strip() == unit else found.group(0), title) if unit else title
    )
    return f"{name}{_BRACKETS.sub('', head.text.split('/')[-1])}"


def _figure(cell: Cell, head: _Head, *, measure: str, titles: tuple[str, ...], words: Words) -> CellFigure | None:
    unit = head.unit or ("%" if head.role is Role.RATE else measure) or _title_unit(titles, words=words)
    if head.role is Role.CHANGE and not head.unit:
        unit = "%"
    shown = cell.text
    below = _BRACKETED.fullmatch(shown.strip()) if head.role in {Role.CHANGE, Role.RATE} else None
    if below:
        # (12.5) in a column of changes is how accounts write -12.5.
        shown = f"-{below.group(1)}"
    told = parse_cell(shown, number=cell.number, unit=unit, words=words)
    if told is None:
        return None
    value, unit = told
    if not unit or value == 0:
        return None
    if head.role in {Role.CHANGE, Role.RATE} and re.match(r"\s*[-－−]\s*\d", shown):
        value = -value
    return CellFigure(
        value=value,
        unit=unit,
        of=_column_of(head, titles, words=words),
        scope=_SCOPES.get(head.role or Role.RATE, Scope.UNSAID),
        place=cell.place,
        text=_told(cell.text),
    )


_NUMBER_OF = re.compile(r"([户家宗笔件人场次台辆个处份套名组条])数$")
_TIMES = re.compile(r"(?:人|户|家|场|车|班|台|件|批|亩|例)次$|人数$")


def _named_unit(header: str, *, words: Words) -> str:
    """Unit that a header names by its last sign (接待人次, 改造户数); it holds against 单位：万元 above the table."""
    bare = _bare(header)
    times = _TIMES.search(bare)
    counted = _NUMBER_OF.search(bare)
    unit = counted.group(1) if counted else times.group(0) if times else ""
    return unit if is_unit(unit, words=words) else ""


#: What no county has: so many yuan, so many of anything else.
_MOST_YUAN, _MOST = 1e10, 1e9
#: Signs of a cell that a question quotes.
_MOST_QUOTED = 30
#: A share of more than this many per cent is no share.
_MOST_SHARE = 1000
#: A cell with more signs than these tells something in words (晋兴板目标3、展示板目标70).
_FEW_SIGNS = 4
_SIZES = {"千": 1e3, "万": 1e4, "百万": 1e6, "千万": 1e7, "亿": 1e8, "万亿": 1e12}


def _doubt(cell: Cell, head: _Head, figure: CellFigure | None, *, told: bool, words: Words) -> str:
    """Why a figure of a cell must not be filed without asking; empty when nothing speaks against it."""
    text = _told(cell.text)
    if figure is None:
        if (
            told
            or len(re.findall(r"[\u4e00-\u9fff]", text)) > _FEW_SIGNS
            or not re.search(r"[1-9]", text)
            or len(text) > 16
            or _empty(text, words=words)
        ):
            return ""
        if re.fullmatch(r"[^\d]*\d[\d.]*[^\d]*", text) and re.search(r"[\u4e00-\u9fff]", text):
            # 第3季度, 已报3: words with a number in them, no number that was misread.
            return ""
        if parse_cell(text, number=None, unit="个", words=words) is None:
            return "不像一个数"
        # Without a unit it counts nothing that could be filed, and it must not be lost either.
        return "不知道用哪个单位"
    percent = figure.unit == "%" and not re.search("[%％]", text)
    if head.role is Role.RATE and percent and not 1 < abs(figure.value) <= _MOST_SHARE:
        return "不像百分数"
    if head.role is Role.CHANGE and percent and head.unit != "%" and abs(figure.value) < 1:
        return "不像百分数"
    if head.role not in {Role.RATE, Role.CHANGE} and re.match(r"[-－−]\s*\d", text):
        return "是负数"
    size = re.match(r"万亿|百万|千万|[千万亿]", figure.unit)
    most = _MOST_YUAN if figure.unit.endswith("元") else _MOST
    if abs(figure.value) * (_SIZES[size.group(0)] if size else 1.0) >= most:
        return f"按“{figure.unit}”算大得不合常理"
    return ""


def _take(draft: _Draft, cell: Cell, head: _Head, *, measure: str, titles: tuple[str, ...], words: Words) -> bool:
    """Take the figure of a card's cell, or ask about it; whether there is one."""
    figure = _figure(cell, head, measure=measure, titles=titles, words=words)
    doubt = _doubt(cell, head, figure, told=False, words=words)
    if figure is None and not doubt:
        return False
    if figure is None or doubt:
        _ask(draft, cell, head, figure, doubt, words=words)
    else:
        draft.figures.append(figure)
    return True


def _ask(draft: _Draft, cell: Cell, head: _Head, figure: CellFigure | None, doubt: str, *, words: Words) -> None:
    """Ask about a cell, with what it most likely means."""
    likely = ""
    if figure is not None and head.role is Role.RATE and 0 < figure.value <= 1:
        # 0.742 under 完成率: a share whose cell lost its format.
        likely = f"{round(figure.value * 100, 6):g}%"
    draft.ask(head, cell, doubt, words=words, unit=figure.unit if figure is not None else "", likely=likely)


def _ask_about_sums(draft: _Draft, heads: list[_Head]) -> None:
    """A month that is more than the year it belongs to: one of both columns is named wrongly, or filled in wrongly."""
    months = [one for one in draft.figures if one.scope is Scope.MONTH]
    sums = [one for one in draft.figures if one.scope is Scope.CUMULATIVE]
    if len(months) != 1 or len(sums) != 1 or months[0].unit != sums[0].unit or months[0].value <= sums[0].value:
        return
    if not any("累计" in _bare(head.text) for head in heads):
        return
    draft.figures = [one for one in draft.figures if one not in {months[0], sums[0]}]
    draft.doubts += [
        CellDoubt(text, one.place, one.of, one.unit, one.scope)
        for one, text in (
            (months[0], f"当月数“{months[0].text}”比累计数“{sums[0].text}”还大"),
            (sums[0], f"累计数“{sums[0].text}”比当月数“{months[0].text}”还小"),
        )
    ]


def _several(cell: Cell, *, words: Words) -> list[CellFigure]:
    """Figures of a cell that holds more than one (签约12户、3150万元), each with its own unit."""
    return [
        CellFigure(value=one.value, unit=one.unit, of=one.of, scope=one.scope, place=cell.place, text=one.text)
        for one in find(_told(cell.text), words=words)
    ]


def _title_unit(titles: tuple[str, ...], *, words: Words) -> str:
    """Unit that the task itself carries in brackets: 机构培育（家）."""
    for title in reversed(titles):
        for inside in _BRACKETS.findall(title):
            if is_unit(inside.strip(), words=words):
                return str(inside.strip())
    return ""


def _is_card(grid: list[list[Cell | None]], *, words: Words, month: int | None) -> bool:
    """Whether keys for progress, problems or intentions stand each before its value, one or several in a row."""
    told: list[Role] = []
    filled = sum(bool(_fresh(grid, row)) for row in range(len(grid)))
    keyed = 0
    for row in range(len(grid)):
        cells = [cell for cell in _row_cells(grid, row) if cell.row == row]
        if not cells or len(cells) % 2 or len(grid[0]) < 2 or (len(cells) > 2 and not _told(cells[2].text)):
            continue
        roles = []
        for key, value in zip(cells[::2], cells[1::2], strict=True):
            role = _named(key.text, words=words, month=month)[0] if 2 <= len(_told(key.text)) <= 14 else None
            valued = _named(value.text, words=words, month=month)[0] if len(_told(value.text)) <= 14 else None
            if role is None or (len(cells) > 2 and not _surely_names(key.text, words=words)):
                break
            if valued in {*_CONTENT, *_FIGURES} and _surely_names(value.text, words=words):
                break
            roles.append(role)
        if 2 * len(roles) == len(cells) and (found := _CONTENT & set(roles)):
            told += found
            keyed += 1
    # 困难 and 打算 under the rows of a ledger make no card of it.
    whole = bool(_WORK & set(told)) or len(told) >= 0.5 * filled
    return (len(set(told)) >= 2 and keyed >= 2 and whole) or _cycles(grid)


def _keyed_at_left(grid: list[list[Cell | None]], *, words: Words, month: int | None) -> bool:
    """Whether the first column holds keys of several kinds, as in a table that lies on its side."""
    return len(set(_left_keys(grid, words=words, month=month).values()) & {*_CONTENT, *_FIGURES}) >= 2


def _left_keys(grid: list[list[Cell | None]], *, words: Words, month: int | None) -> dict[int, Role]:
    """Kinds of the short names in the first column, by their rows."""
    told: dict[int, Role] = {}
    for row in range(len(grid)):
        cell = grid[row][0]
        if cell is None or not 2 <= len(_told(cell.text)) <= 14:
            continue
        role = _named(cell.text, words=words, month=month)[0]
        if role is not None:
            told[row] = role
    return told


def _lies(grid: list[list[Cell | None]], header: int, *, words: Words, month: int | None) -> bool:
    """Whether a header only seems to be one: rows above it begin with names as it does, each before what it names."""
    if not _keyed_at_left(grid, words=words, month=month):
        return False
    return any(
        row < header and role in {*_CONTENT, *_FIGURES, Role.TASK} and len(_fresh(grid, row)) >= 2
        for row, role in _left_keys(grid, words=words, month=month).items()
    )


def _cycles(grid: list[list[Cell | None]]) -> bool:
    """Whether the same keys come again and again at the left, each before a single value."""
    rows: dict[str, list[int]] = {}
    for row in range(len(grid)):
        cells = _fresh(grid, row)
        if len(cells) >= 2 and cells[0].column == 0 and len(_told(cells[0].text)) <= 10:
            rows.setdefault(_label(cells[0].text), []).append(len(cells))
    again = [counted for counted in rows.values() if len(counted) >= 2]
    lone = [counted for counted in again if sum(counted) / len(counted) <= 2.5]
    return len(lone) >= 2 and len({len(counted) for counted in lone}) <= 2


def _label(text: str) -> str:
    """A key without its number: 事项1, 事项2 are one."""
    return re.sub(r"[\d一二三四五六七八九十]+$", "", _told(text)).rstrip("：: ")


def _cards(grid: list[list[Cell | None]], *, words: Words, month: int | None) -> Ledger | None:
    """Cards: keys stand at the left of their values, one card under the other or side by side."""
    height, width = len(grid), len(grid[0])
    if width < 2:
        return None
    beside = _second_column(grid)
    if beside is not None:
        halves = [_cards([row[:beside] for row in grid], words=words, month=month)]
        halves.append(_cards([row[beside:] for row in grid], words=words, month=month))
        told = [half for half in halves if half is not None]
        rows = [row for half in told for row in half.rows]
        # Tasks are numbered through both columns.
        return Ledger(rows=tuple(replace(row, task=number) for number, row in enumerate(rows))) if rows else None
    keys = _keys(grid, words=words, month=month)
    keys |= _labels(grid, keys, words=words)
    named = {kind for kind, _ in keys.values()}
    if not named & {*_CONTENT, *_FIGURES} or len(named) < 2:
        return None
    left = [grid[row][0] for row in range(height)]
    only_left = all(
        grid[row][column] is None or id(grid[row][column]) not in keys or grid[row][column] is left[row]
        for row in range(height)
        for column in range(1, width)
    )
    values = max(
        (
            sum(id(cell) not in keys and bool(_told(cell.text)) for cell in _row_cells(grid, row))
            for row in range(height)
            if left[row] is not None and id(left[row]) in keys
        ),
        default=0,
    )
    repeated = _repeats([keys[id(cell)][0] for cell in left if cell is not None and id(cell) in keys])
    if only_left and values >= 2 and not repeated:
        # A line over the whole is no column of the list.
        lone = [one[0] for row in range(height) if len(one := _fresh(grid, row)) == 1 and id(one[0]) not in keys]
        kept = [[None if cell in lone else cell for cell in cells] for cells in grid]
        return _listed(_turned(kept), 0, 0, words=words, month=month)
    drafts: list[_Draft] = []
    current: _Draft | None = None
    titles: list[str] = []
    used: set[Role] = set()
    #: Columns of a small table of figures within the card, by the keys above them.
    small: dict[int, tuple[Role, str, str]] = {}
    for row in range(height):
        role: Role | None = None
        unit = ""
        key_text = ""
        mine = [cell for cell in _row_cells(grid, row) if cell.row == row]
        inside = {cell.column: (*keys[id(cell)], _told(cell.text)) for cell in mine if id(cell) in keys}
        if len(inside) >= 2 and len(inside) >= len(mine) - 1 and {kind for kind, _, _ in inside.values()} & _FIGURES:
            small = inside
            continue
        if inside:
            small = {}
        elif small and current is not None:
            _small_row(current, mine, small, words=words)
            continue
        if not any(id(cell) in keys for cell in _row_cells(grid, row)):
            free = _unkeyed(grid, row, current, used, words=words)
            if free is not None:
                before = drafts[-1] if drafts else None
                same = before is not None and before.titles[:1] == free.titles[:1]
                free.task = before.task if same and before is not None else len(drafts)
                drafts.append(free)
                current = None
            continue
        for cell in _row_cells(grid, row):
            if id(cell) in keys and (cell.row == row or role is None):
                role, unit = keys[id(cell)]
                key_text = _told(cell.text)
                continue
            text = _told(cell.text)
            if role is None or cell.row != row or not text:
                continue
            starts = role in {Role.TASK, Role.NUMBER, Role.PLAN_NUMBER}
            if current is None or (role in used and (starts or role in _CONTENT) and (starts or Role.TASK in used)):
                if current is None or not (
                    role is Role.TASK and used <= {Role.TASK, Role.NUMBER, Role.PLAN_NUMBER, Role.UNIT}
                ):
                    current = _Draft(titles=(), number=None, plan_number=None, task=len(drafts), place=cell.place)
                    drafts.append(current)
                    titles, used = [], set()
            elif starts and used & {*_CONTENT, *_FIGURES}:
                current = _Draft(titles=(), number=None, plan_number=None, task=len(drafts), place=cell.place)
                drafts.append(current)
                titles, used = [], set()
            used.add(role)
            if role is Role.TASK:
                titles.append(text)
                current.titles = tuple(titles)
            _give(current, role, unit, key_text, cell, words=words)
    rows = [
        draft.done()
        for draft in drafts
        if draft.progress or draft.figures or draft.problems or draft.next_steps or draft.notes or draft.doubts
    ]
    return Ledger(rows=tuple(rows)) if rows else None


_DATED = re.compile(r"20\d\d\s*[年./-]\s*\d{1,2}\s*(?:[月./-]\s*(?:\d{1,2}\s*日?)?)?")


def _keys(grid: list[list[Cell | None]], *, words: Words, month: int | None) -> dict[int, tuple[Role, str]]:
    """The names of a card's fields, by their cells; what stands right behind a name is its value, whatever it says."""
    keys: dict[int, tuple[Role, str]] = {}
    for row in range(len(grid)):
        cells = _row_cells(grid, row)
        mine = [cell for cell in cells if cell.row == row]
        named: dict[int, tuple[Role, str]] = {}
        for cell in mine:
            text = _told(cell.text)
            role, unit = _named(text, words=words, month=month) if 0 < len(text) <= 14 else (None, "")
            if role is not None and _DATED.fullmatch(text) is None:
                named[id(cell)] = (role, unit)
        if _is_small_head(mine, named, words=words):
            keys |= named
            continue
        behind = False
        for cell, following in itertools.zip_longest(cells, cells[1:]):
            if cell.row != row:
                behind = id(cell) in keys
                continue
            # Farther right only a plain name before a place of its own is one: 进度滞后 tells, 本月完成 names.
            plain = (
                cell.column + cell.columns < len(grid[0])
                and not (following is not None and id(following) in named)
                and _surely_names(cell.text, words=words)
            )
            within = plain and following is not None and _told(following.text) != ""
            if id(cell) in named and (within if behind else plain or cell is cells[0]):
                keys[id(cell)] = named[id(cell)]
                behind = True
            else:
                behind = False
    return keys


def _is_small_head(cells: list[Cell], named: Mapping[int, tuple[Role, str]], *, words: Words) -> bool:
    """Whether a row of a card heads a small table of figures within it: names alone, perhaps behind a label."""
    kinds = {kind for kind, _ in named.values()}
    if len(named) < 2 or not kinds & _FIGURES or any(id(one) not in named and _told(one.text) for one in cells[1:]):
        return False
    first = named.get(id(cells[0]))
    if any(
        kind in _FIGURES and not (unit or _MONTHS.search(one.text) or _surely_names(one.text, words=words))
        for one in cells
        for kind, unit in [named.get(id(one), (Role.NOTE, ""))]
    ):
        # 工作名称 | 数字证书: what only holds a sign of a figure's name is a name of something else.
        return False
    # 存在问题 | 进度缓慢 | 完成较少 is told of troubles; 完成情况 over several rows stands beside its table.
    return first is None or first[0] not in _CONTENT or cells[0].rows > 1


def _unkeyed(
    grid: list[list[Cell | None]], row: int, current: _Draft | None, used: set[Role], *, words: Words
) -> _Draft | None:
    """A row of a card without a key: a value of the card under a name of its own, or a task before what was done."""
    filled = [cell for cell in _row_cells(grid, row) if _told(cell.text)]
    names, last = filled[:-1], filled[-1] if filled else None
    if last is None or not names or last.row != row or any(len(_told(name.text)) > 30 for name in names):
        return None
    text = _told(last.text)
    if current is not None and len(filled) == 2 and _counted_by_name(current, names[0], last, words=words):
        return None
    # A day beside 报送日期 tells nothing.
    telling = len(_DATED.sub("", text)) >= 12 and re.search(r"[，。；]", text + "。" * figures(text)) is not None
    kind = _told_by(_told(names[0].text), [text], words=words) if telling else None
    if kind not in {Role.PROGRESS, Role.PROBLEM, Role.NEXT}:
        return None
    if current is not None and current.titles:
        if kind not in used:
            used.add(kind)
            current.told(kind).append(CellText(text, last.place))
        return None
    if kind is not Role.PROGRESS:
        return None
    titles = tuple(_told(name.text) for name in names)
    return _Draft(
        titles=titles,
        number=None,
        plan_number=None,
        task=0,
        place=names[0].place,
        progress=[CellText(text, last.place)],
    )


def _counted_by_name(current: _Draft, name: Cell, value: Cell, *, words: Words) -> bool:
    """Take the figure of 累计5G基站（个） | 52: a name that carries a unit, before a number."""
    text = _told(name.text)
    unit = _title_unit((text,), words=words)
    role, _ = role_of(text, words=words)
    if not unit or role in {Role.TARGET, Role.PREVIOUS} or not re.search(r"\d", value.text):
        return False
    span = Role.CUMULATIVE if "累计" in text else Role.MONTH if re.search(r"[当本]月|新增", text) else None
    return _take(current, value, _Head(role=span, text=text, unit=unit), measure="", titles=(), words=words)


def _labels(
    grid: list[list[Cell | None]], known: Mapping[int, tuple[Role, str]], *, words: Words
) -> dict[int, tuple[Role, str]]:
    """Keys that no list knows: short words that stand before a value again and again, one card after the other."""
    values: dict[tuple[int, str], list[str]] = {}
    cells: dict[tuple[int, str], list[Cell]] = {}
    for row in range(len(grid)):
        mine = _fresh(grid, row)
        valued = {id(value) for key, value in itertools.pairwise(mine) if id(key) in known and id(value) not in known}
        for cell, value in itertools.pairwise(mine):
            text = _told(cell.text)
            if id(cell) in valued:
                # 绿灯（正常） behind 自评 comes again in each card and is no name.
                continue
            plain = len(text) <= 10 and not re.search(r"[。；，]|^\d", text) and not is_unit(text, words=words)
            if plain and id(value) not in known:
                values.setdefault((cell.column, _label(text)), []).append(_told(value.text))
                cells.setdefault((cell.column, _label(text)), []).append(cell)
    found: dict[int, tuple[Role, str]] = {}
    for (column, text), told in values.items():
        if len(told) < 2 or any(id(cell) in known for cell in cells[column, text]):
            continue
        texts = [value for value in told if not _empty(value, words=words)]
        if any(parse_cell(value, number=None, unit="", words=words) is not None for value in texts):
            continue
        # What names itself beside the values of a card (承办, 物业股) and tells nothing is nobody's progress.
        role = _told_by(text, texts, words=words) or Role.PERSON
        found |= {id(cell): (role, "") for cell in cells[column, text]}
    return found


def _second_column(grid: list[list[Cell | None]]) -> int | None:
    """Where a second column of cards begins, whose keys stand beside the same keys of the first."""
    for column in range(2, len(grid[0]) - 1):
        same = keyed = 0
        for row in grid:
            left, right = row[0], row[column]
            if left is None or not 2 <= len(_told(left.text)) <= 10:
                continue
            keyed += 1
            same += right is not None and right is not left and _told(right.text) == _told(left.text)
        if keyed >= 3 and same / keyed >= 0.5:
            return column
    return None


def _small_row(draft: _Draft, cells: list[Cell], heads: Mapping[int, tuple[Role, str, str]], *, words: Words) -> None:
    """One line of figures within a card: what is counted, its unit, its numbers."""
    named = [_told(cell.text) for cell in cells if cell.column not in heads]
    measure = next((_told(cell.text) for cell in cells if heads.get(cell.column, ("",))[0] is Role.MEASURE), "")
    for cell in cells:
        role, unit, key = heads.get(cell.column, (Role.TASK, "", ""))
        if role not in _FIGURES or not _told(cell.text):
            continue
        head = _Head(role=role, text=key, unit=unit)
        _take(draft, cell, head, measure=measure, titles=(named[0],) if named else draft.titles, words=words)


def _repeats(roles: list[Role]) -> bool:
    content = [role for role in roles if role in _CONTENT or role is Role.TASK]
    return len(set(content)) < len(content)


def _turned(grid: list[list[Cell | None]]) -> list[list[Cell | None]]:
    """The same cells with rows for columns: a list that lies on its side stands up."""
    upright: dict[int, Cell] = {
        id(cell): replace(cell, row=cell.column, column=cell.row, rows=cell.columns, columns=cell.rows)
        for row in grid
        for cell in row
        if cell is not None
    }
    return [[None if cell is None else upright[id(cell)] for cell in column] for column in zip(*grid, strict=True)]


def _give(draft: _Draft, role: Role, unit: str, key: str, cell: Cell, *, words: Words) -> None:
    text = _told(cell.text)
    if role is Role.NUMBER:
        draft.number = _integer(text)
    elif role is Role.PLAN_NUMBER:
        draft.plan_number = _integer(text)
    elif role is Role.STATUS:
        draft.status = _light(text)
        if len(text) > 16:
            draft.progress.append(CellText(text, cell.place))
    elif role in _CONTENT and not _empty(text, words=words):
        draft.told(role).append(CellText(text, cell.place, mingled=role is Role.WHOLE))
    elif role in _FIGURES:
        if len(text) > 16:
            draft.progress.append(CellText(text, cell.place))
            return
        head = _Head(role=role, text=key, unit=unit)
        taken = _take(draft, cell, head, measure="", titles=draft.titles, words=words)
        if not taken and len(text) >= 8 and not _empty(text, words=words):
            # 九月 | 步道铺到山门。: a month as a key stands before words as well.
            draft.progress.append(CellText(text, cell.place))
    elif role is Role.NOTE and not _empty(text, words=words):
        draft.notes.append(CellText(text, cell.place))
