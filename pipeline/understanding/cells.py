"""A cell → the texts and figures that it gives to its row, or a doubt about them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from pipeline.model import Cell, Scope
from pipeline.understanding import grids, naming
from pipeline.understanding.columns import Head
from pipeline.understanding.naming import BRACKETS, Role
from pipeline.understanding.quantities import find, parse_cell
from pipeline.understanding.words import Words


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


@dataclass(slots=True)
class Draft:
    """A row while its cells are read."""

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

    def ask(self, head: Head, cell: Cell, why: str, *, words: Words, unit: str = "", likely: str = "") -> None:
        """Put what a cell says before a person in place of filing it."""
        said = f"写的是“{grids.told(cell.text)[:_MOST_QUOTED]}”，{why}" if cell.text else why
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
        """The row, with all that its cells gave."""
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


def integer(text: str) -> int | None:
    """The number of a task or of a plan item (3, 第3项, 任务3)."""
    found = re.fullmatch(r"\s*(?:第|任务|事项)?\s*(\d{1,3})(?:\.0)?\s*(?:条|项|号)?[、.．]?\s*", text)
    return int(found.group(1)) if found else None


_LIGHT = re.compile(r"[红黄蓝绿橙](?:灯|色|牌)?[（(]([^（()）]{2,12})[）)]")


def light(text: str) -> str:
    """What a light means where the cell says so: 蓝灯（完成） is 完成."""
    found = _LIGHT.fullmatch(text)
    return found.group(1) if found else text


_BRACKETED = re.compile(r"[（(]\s*+(\d[\d.,]*+\s*+[%％]?)\s*+[）)]")
_SCOPES = {Role.MONTH: Scope.MONTH, Role.CUMULATIVE: Scope.CUMULATIVE}


def _column_of(head: Head, titles: tuple[str, ...], *, words: Words) -> str:
    """What a column counts in a row, without the unit that the row's name carries."""
    title = titles[-1] if titles else ""
    unit = naming.title_unit((title,), words=words)
    name = (
        BRACKETS.sub(lambda found: "" if found.group(1).strip() == unit else found.group(0), title) if unit else title
    )
    return f"{name}{BRACKETS.sub('', head.text.split('/')[-1])}"


def figure(cell: Cell, head: Head, *, measure: str, titles: tuple[str, ...], words: Words) -> CellFigure | None:
    """The figure of a cell, with its unit and what it counts; ``None`` where there is none or its unit is not known."""
    unit = head.unit or ("%" if head.role is Role.RATE else measure) or naming.title_unit(titles, words=words)
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
        text=grids.told(cell.text),
    )


#: What no county has: so many yuan, so many of anything else.
_MOST_YUAN, _MOST = 1e10, 1e9
#: Signs of a cell that a question quotes.
_MOST_QUOTED = 30
#: A share of more than this many per cent is no share.
_MOST_SHARE = 1000
#: A cell with more signs than these tells something in words (晋兴板目标3、展示板目标70).
_FEW_SIGNS = 4
_SIZES = {"千": 1e3, "万": 1e4, "百万": 1e6, "千万": 1e7, "亿": 1e8, "万亿": 1e12}


def doubt(cell: Cell, head: Head, figure: CellFigure | None, *, told: bool, words: Words) -> str:
    """Why a figure of a cell must not be filed without asking; empty when nothing speaks against it."""
    text = grids.told(cell.text)
    if figure is None:
        if (
            told
            or len(re.findall(r"[\u4e00-\u9fff]", text)) > _FEW_SIGNS
            or not re.search(r"[1-9]", text)
            or len(text) > 16
            or grids.empty(text, words=words)
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


def take(draft: Draft, cell: Cell, head: Head, *, measure: str, titles: tuple[str, ...], words: Words) -> bool:
    """Take the figure of a card's cell, or ask about it; whether there is one."""
    found = figure(cell, head, measure=measure, titles=titles, words=words)
    why = doubt(cell, head, found, told=False, words=words)
    if found is None and not why:
        return False
    if found is None or why:
        ask(draft, cell, head, found, why, words=words)
    else:
        draft.figures.append(found)
    return True


def ask(draft: Draft, cell: Cell, head: Head, figure: CellFigure | None, doubt: str, *, words: Words) -> None:
    """Ask about a cell, with what it most likely means."""
    likely = ""
    if figure is not None and head.role is Role.RATE and 0 < figure.value <= 1:
        # 0.742 under 完成率: a share whose cell lost its format.
        likely = f"{round(figure.value * 100, 6):g}%"
    draft.ask(head, cell, doubt, words=words, unit=figure.unit if figure is not None else "", likely=likely)


def ask_about_sums(draft: Draft, heads: list[Head]) -> None:
    """A month that is more than the year it belongs to: one of both columns is named wrongly, or filled in wrongly."""
    months = [one for one in draft.figures if one.scope is Scope.MONTH]
    sums = [one for one in draft.figures if one.scope is Scope.CUMULATIVE]
    if len(months) != 1 or len(sums) != 1 or months[0].unit != sums[0].unit or months[0].value <= sums[0].value:
        return
    if not any("累计" in naming.bare(head.text) for head in heads):
        return
    draft.figures = [one for one in draft.figures if one not in {months[0], sums[0]}]
    draft.doubts += [
        CellDoubt(text, one.place, one.of, one.unit, one.scope)
        for one, text in (
            (months[0], f"当月数“{months[0].text}”比累计数“{sums[0].text}”还大"),
            (sums[0], f"累计数“{sums[0].text}”比当月数“{months[0].text}”还小"),
        )
    ]


def several(cell: Cell, *, words: Words) -> list[CellFigure]:
    """Figures of a cell that holds more than one (签约12户、3150万元), each with its own unit."""
    return [
        CellFigure(value=one.value, unit=one.unit, of=one.of, scope=one.scope, place=cell.place, text=one.text)
        for one in find(grids.told(cell.text), words=words)
    ]
