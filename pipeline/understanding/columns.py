"""The header of a table and the cells below it → its columns, each with its role.

Columns are recognised by the words of their headers, then by what their cells hold.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace

from pipeline.model import Cell
from pipeline.understanding import grids, headers, naming, tones
from pipeline.understanding.naming import ANY, CONTENT, FIGURES, MONTHS, SO_FAR, WORK, YEAR, Role, role_of
from pipeline.understanding.quantities import is_unit, parse_cell
from pipeline.understanding.status import of_cell
from pipeline.understanding.words import Words, month_number


@dataclass(frozen=True, slots=True)
class Head:
    """A column: what its header says, and the role that it gives."""

    role: Role | None
    text: str
    unit: str
    #: The name holds the month of the report: that month alone, or all up to its end.
    current: bool = False
    reached: bool = False

    @property
    def name(self) -> str:
        """The innermost level, on one line."""
        return grids.told(self.text.split("/")[-1])


def header_rows(grid: list[list[Cell | None]], *, words: Words, month: int | None) -> tuple[int, int] | None:
    """First and last row of the header; ``None`` when the table has no header at its top."""
    filled = [row for row in range(len(grid)) if grids.fresh(grid, row)]
    listed = [row for row in filled if len(grids.fresh(grid, row)) >= 2]
    for row in range(min(len(grid), 8)):
        cells = grids.fresh(grid, row)
        if filled[-1:] == [row] and listed[:1] != [row]:
            # What stands last heads nothing.
            return None
        roles = [naming.named(cell.text, words=words, month=month)[0] for cell in cells]
        known = {role for role in roles if role is not None}
        # 装机（千瓦） is the head of a number column, whatever its name.
        measured = [naming.named(cell.text, words=words, month=month)[1] != "" for cell in cells]
        named = sum(role is not None or measure for role, measure in zip(roles, measured, strict=True))
        if named >= 2 and len(known) >= 2 and named / len(cells) >= 0.5 and known & {*CONTENT, Role.TASK, *FIGURES}:
            last = row
            reach = max((cell.row + cell.rows - 1 for cell in cells), default=row)
            while last + 1 < len(grid):
                below = grids.fresh(grid, last + 1)
                if not below:
                    if last + 1 <= reach:
                        last += 1
                        continue
                    break
                if any(len(grids.told(cell.text)) > 14 for cell in below):
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
    marks = [naming.named(cell.text, words=words, month=month)[0] for cell in cells]
    if sum(mark is not None for mark in marks) / len(marks) < 0.6:
        return False
    parted = False
    for cell, mark in zip(cells, marks, strict=True):
        above = grid[row - 1][cell.column]
        if mark is None:
            continue
        if above is None or above.columns > 1 or not grids.told(above.text):
            parted = True
        elif naming.named(above.text, words=words, month=month)[0] is mark:
            # 经费不足 under 存在问题 is a problem.
            return False
    return parted or None not in marks


def unnamed_header(grid: list[list[Cell | None]], *, words: Words) -> tuple[int, int] | None:
    """A header under names that no list knows: short words above columns of which two tell different things."""
    for row in range(min(3, len(grid) - 2)):
        cells = grids.fresh(grid, row)
        if len(cells) < 3 or any(
            len(grids.told(cell.text)) > 10 or re.search(r"[\d。；]", MONTHS.sub("", cell.text)) for cell in cells
        ):
            continue
        told = set()
        for column in range(len(grid[0])):
            texts = [text for text in _filled(grid, column, row + 1, words=words) if len(text) >= 6]
            if len(texts) >= max(2, (len(grid) - row - 1) // 2):
                head = grid[row][column]
                told.add(
                    told_by(grids.told(head.text) if head is not None else "", texts, words=words) or Role.PROGRESS
                )
        if len(told) >= 2:
            return row, row
    return None


def heads(grid: list[list[Cell | None]], first: int, last: int, *, words: Words, month: int | None) -> list[Head]:
    """Columns of a table as its header names them, before their cells are looked at."""
    heads: list[Head] = []
    width = len(grid[0])
    for column in range(width):
        chain: list[str] = []
        for row in range(first, last + 1):
            cell = _head_cell(grid, row, column, last=last)
            if cell is not None and grids.told(cell.text) not in chain:
                chain.append(grids.told(cell.text))
        role: Role | None = None
        unit = ""
        for text in (chain[-1:] and [chain[-1]]) + (["".join(chain)] if len(chain) > 1 else []) + chain[-2::-1]:
            found, carried = role_of(text, words=words, month=month)
            if not unit and text is not chain[-1]:
                # 发放贷款（万元） above 户数 and 占比: these have units of their own.
                unit = "%" if role in {Role.RATE, Role.CHANGE} else naming.named_unit(chain[-1], words=words)
            unit = unit or carried
            if role is None and found is not None:
                role = found
        above = [role_of(text, words=words, month=month)[0] for text in chain[:-1]]
        if role in FIGURES and Role.PREVIOUS in above:
            role = Role.PREVIOUS
        if role in {Role.MONTH, Role.CUMULATIVE} and Role.TARGET in above:
            role = Role.TARGET
        named = MONTHS.search(chain[-1]) if chain else None
        mine = named is not None and month is not None and month_number(named.group(2)) == month
        reached = mine and named is not None and bool(named.group(1) or SO_FAR.search(chain[-1]))
        heads.append(Head(role=role, text="/".join(chain), unit=unit, current=mine and not reached, reached=reached))
    return _without_earlier_years(heads)


def _head_cell(grid: list[list[Cell | None]], row: int, column: int, *, last: int) -> Cell | None:
    """The cell of a header above a column; where it was left empty beside a group of columns, that of the group."""

    def text(place: int, at: int) -> str:
        cell = grid[place][at]
        return grids.told(cell.text) if cell is not None else ""

    if row < last and not text(row, column) and text(row + 1, column) and column and text(row + 1, column - 1):
        # Only a name that reaches over sub-columns does so: 任务 has nothing below it.
        return _head_cell(grid, row, column - 1, last=last)
    return grid[row][column] if text(row, column) else None


def _without_earlier_years(heads: list[Head]) -> list[Head]:
    """Of columns of figures named by several years (2021年, 2022年) only those of the last one tell of this year."""
    years = [
        max((int(year[:4]) for year in YEAR.findall(head.text)), default=0) if head.role in {None, *FIGURES} else 0
        for head in heads
    ]
    last = max(years, default=0)
    return [
        replace(head, role=Role.PREVIOUS) if year and year < last else head
        for head, year in zip(heads, years, strict=True)
    ]


#: Longest word of a column that tells statuses and no more.
_STATUS_WORD = 6


def settle(
    heads: list[Head], grid: list[list[Cell | None]], start: int, *, words: Words, whole: str = ""
) -> list[Head]:
    """Correct what the header alone cannot say by what the cells of the column hold."""
    settled: list[Head] = []
    tasks = [column for column, head in enumerate(heads) if head.role is Role.TASK]
    for column, head in enumerate(heads):
        texts = []
        for row in range(start, len(grid)):
            cell = grid[row][column]
            if cell is not None and cell.row == row and cell.columns == 1 and grids.told(cell.text):
                texts.append(grids.told(cell.text))
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
        elif (
            role in WORK
            and len(filled) > 1
            and any(other.role in WORK for place, other in enumerate(heads) if place != column)
            and all(len(text) <= _STATUS_WORD and of_cell(text, words=words) is not None for text in filled)
        ):
            # 完成情况 beside 推进情况 that holds nothing but 正常 and 滞后.
            role = Role.STATUS
        elif role in WORK and mostly:
            monthly = head.current or words.pattern("table_month").search(naming.bare(head.text)) is not None
            role = Role.MONTH if monthly else Role.CUMULATIVE
        elif (
            role in {None, Role.PROGRESS, Role.NOTE} and tasks and tasks[0] < column and _counted_things(filled, words)
        ):
            role = Role.TASK
        elif role in {Role.NEXT, Role.PROBLEM} and mostly and naming.named_unit(head.text, words=words):
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
            known = _beside_measure(heads, column) or bool(naming.named_unit(head.text, words=words) or whole)
            role = _counted(head, filled, measured=known and column > 0, first=column == 0, words=words)
        elif role is None and mean >= 4:
            role = told_by(head.text.split("/")[-1], filled, words=words, first=column == 0)
        elif role is Role.TASK and mostly and column > 0:
            role = Role.CUMULATIVE if head.unit else Role.TARGET
        settled.append(Head(role=role, text=head.text, unit=head.unit))
    named = [_names(_filled(grid, column, start, words=words), words=words) for column in range(len(settled))]
    if all(names for head, names in zip(settled, named, strict=True) if head.role in WORK):
        # 具体举措 holds names: what was done stands under a header that promises only notes (办理说明).
        settled = [
            Head(role=Role.PROGRESS, text=head.text, unit="")
            if head.role is Role.NOTE and _tells(_filled(grid, column, start, words=words), words=words)
            else head
            for column, head in enumerate(settled)
        ]
    settled = _tasks_of_two(settled, named, Role.PROGRESS, before=len(settled))
    # 措施 in front of 进展, beside 下步, holds names of tasks.
    work = next((column for column, head in enumerate(settled) if head.role in WORK), 0)
    settled = _tasks_of_two(settled, named, Role.NEXT, before=work)
    settled = _in_words(settled, grid, start, words=words)
    if not any(head.role in WORK for head in settled):
        best, longest = -1, 9.0
        for column, head in enumerate(settled):
            if head.role not in {None, Role.NOTE} or "备注" in head.text:
                continue
            texts = [grids.told(cell.text) for row in grid[start:] if (cell := row[column]) is not None]
            mean = sum(map(len, texts)) / len(texts) if texts else 0.0
            if mean > longest:
                best, longest = column, mean
        if best >= 0:
            settled[best] = Head(role=Role.PROGRESS, text=settled[best].text, unit="")
    roles = {head.role for head in settled}
    if roles & CONTENT and not roles & FIGURES:
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
            settled[place] = Head(role=Role.TASK, text=settled[place].text, unit=settled[place].unit)
    return settled


def _tasks_of_two(heads: list[Head], named: list[bool], role: Role, *, before: int) -> list[Head]:
    """Of several columns of one role, those before a place that hold names are tasks."""
    if sum(head.role is role for head in heads) < 2:
        return heads
    return [
        replace(head, role=Role.TASK) if head.role is role and names and column < before else head
        for column, (head, names) in enumerate(zip(heads, named, strict=True))
    ]


def _in_words(heads: list[Head], grid: list[list[Cell | None]], start: int, *, words: Words) -> list[Head]:
    """Columns named for figures that hold sentences: 上月完成 and 本月计划 of who writes in the month after, 计划."""

    def spoken(column: int) -> bool:
        texts = _filled(grid, column, start, words=words)
        mean = sum(map(len, texts)) / len(texts) if texts else 0.0
        return mean >= IN_WORDS and not _numbers(texts, words=words)

    out = list(heads)
    for column, head in enumerate(heads):
        worked = any(one.role in WORK for one in out)
        after = any(one.role in WORK for one in out[:column])
        if head.role is Role.PREVIOUS and not worked and _LAST_MONTH.match(naming.bare(head.text)) and spoken(column):
            out[column] = replace(head, role=Role.PROGRESS)
        elif (
            head.role is Role.TARGET
            and after
            and not any(one.role is Role.NEXT for one in heads)
            and _PLANNED.fullmatch(naming.bare(head.text))
            and spoken(column)
        ):
            out[column] = replace(head, role=Role.NEXT)
    return out


#: Signs of a cell on the average from which it speaks in sentences.
IN_WORDS = 7
_LAST_MONTH = re.compile(r"上(?:个)?月")
_PLANNED = re.compile(r"(?:本|当|这个)?月?(?:工作)?计划(?:安排)?")


def _task_column(heads: list[Head], grid: list[list[Cell | None]], start: int) -> int | None:
    """The column of tasks where no header is named so: the first unknown one, with a name of its own in each row."""
    told = next((column for column, head in enumerate(heads) if head.role in CONTENT), len(heads))
    for column, head in enumerate(heads[:told]):
        names = [
            grids.told(cell.text) for row in grid[start:] if (cell := row[column]) is not None and grids.told(cell.text)
        ]
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
        grids.told(cell.text)
        for row in range(start, len(grid))
        if (cell := grid[row][column]) is not None and cell.row == row and cell.columns == 1
    ]
    return [text for text in texts if not grids.empty(text, words=words)]


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


def _base(head: Head, *, words: Words) -> bool:
    """Whether the name of a column is most like those of targets and of earlier months."""
    alike = headers.likeness(naming.bare(head.text), tuple(kind.value for kind in _NUMBER_KINDS), words=words)
    return max(_NUMBER_KINDS, key=lambda kind: alike[kind.value]) in {Role.TARGET, Role.PREVIOUS, Role.NUMBER}


def _numbers(texts: list[str], *, words: Words) -> bool:
    """Whether the texts are figures for certain: no serial numbers, no years, no telephone numbers, no dates."""
    values = [parse_cell(text, number=None, unit=ANY, words=words) for text in texts]
    if not texts or any(value is None for value in values) or any(len(re.sub(r"\D", "", text)) >= 7 for text in texts):
        return False
    numbers = [value for value, _ in filter(None, values)]
    serial = numbers == [numbers[0] + step for step in range(len(numbers))]
    return not serial and not all(1990 <= number <= 2050 for number in numbers)


def _counted_things(texts: list[str], words: Words) -> bool:
    """Whether the texts name what is counted, each with its unit in brackets: 新建5G基站（个）."""
    return bool(texts) and all(len(text) <= 24 and naming.title_unit((text,), words=words) for text in texts)


def _tells(texts: list[str], *, words: Words) -> bool:
    """Whether the texts tell of work done, in whole sentences."""
    if len(texts) < 2 or sum(map(len, texts)) / len(texts) < 14:
        return False
    heard = [tones.heard(text, words=words).work for text in texts]
    return sum(heard) / len(heard) >= 0.5


def _beside_measure(heads: list[Head], column: int) -> bool:
    """Whether a column of units stands beside this one, and no known column of figures that it could speak for."""
    beside = [heads[place].role for place in (column - 1, column + 1) if 0 <= place < len(heads)]
    return Role.MEASURE in beside and not any(head.role in FIGURES for head in heads)


#: 较年初增加 tells what was won since then, and is no value of then.
_CHANGE = re.compile(r"(?:较|比)(?:年初|上年|去年|上月|同期)[^，。]{0,4}[增减升降]")


def _counted(head: Head, filled: list[str], *, measured: bool, first: bool, words: Words) -> Role | None:
    """What a column of numbers under an unknown name (实物量, 年度盘子) counts, where its unit is known."""
    if words.pattern("table_not_done").fullmatch(naming.bare(head.text)):
        return Role.TARGET
    if head.current:
        # 9月干了 above numbers, in a report on September.
        return Role.MONTH
    if head.reached or _CHANGE.search(naming.bare(head.text)):
        return Role.CUMULATIVE
    if not (head.unit or measured or (not first and any(not text[-1:].isdecimal() for text in filled))):
        return None
    alike = headers.likeness(naming.bare(head.text), tuple(kind.value for kind in _NUMBER_KINDS), words=words)
    best = max(_NUMBER_KINDS, key=lambda kind: alike[kind.value])
    if best in {Role.TARGET, Role.PREVIOUS} and not headers.shares_pair(
        naming.bare(head.text), best.value, words=words
    ):
        # 服务组织（个） shares single signs with 任务 and no word.
        return Role.CUMULATIVE
    # Only a plain likeness takes figures out of what was done.
    lead = alike[best.value] - alike[Role.CUMULATIVE.value]
    return best if best in {Role.TARGET, Role.PREVIOUS} and lead > 2.0 else Role.CUMULATIVE


def told_by(header: str, texts: list[str], *, words: Words, first: bool = False) -> Role | None:
    """What a column under an unknown name (梗在哪儿, 接下来咋弄) is, by its name and by what its cells tell."""
    if not texts:
        return None
    heard = [tones.heard(text, words=words) for text in texts]
    work = sum(one.work for one in heard) / len(heard)
    problem = sum(one.problem for one in heard) / len(heard)
    intention = sum(one.intention for one in heard) / len(heard)
    named = _names(texts, words=words) and (first or max(problem, intention) < 0.6)
    alike = headers.likeness(naming.bare(header), tuple(kind.value for kind in _TEXT_KINDS), words=words)
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
