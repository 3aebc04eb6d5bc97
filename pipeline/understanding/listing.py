"""A list under a header → its rows, with merged cells, continuation rows and group rows told apart."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from pipeline.model import Cell
from pipeline.understanding import cells, columns, grids, naming
from pipeline.understanding.cells import CellText, Draft, Ledger, Row
from pipeline.understanding.columns import Head
from pipeline.understanding.naming import ANY, CONTENT, FIGURES, WORK, Role
from pipeline.understanding.quantities import find, is_unit
from pipeline.understanding.words import Section, Words


def listed(
    grid: list[list[Cell | None]], first: int, last: int, *, words: Words, month: int | None, above: str = ""
) -> Ledger:
    """A list under a header that reaches from its first to its last row."""
    remarks = [CellText(grids.told(cell.text), cell.place) for row in range(first) for cell in grids.fresh(grid, row)]
    units = _units_above([above, *(remark.text for remark in remarks)], words=words)
    heads = columns.heads(grid, first, last, words=words, month=month)
    heads = columns.settle(heads, grid, last + 1, words=words, whole="、".join(units.names))
    if not any(item.role in {*CONTENT, *FIGURES} for item in heads):
        return Ledger(rows=(), remarks=())
    rows, notes, warnings = _body(grid, last + 1, heads, words=words, units=units)
    return Ledger(rows=tuple(rows), remarks=tuple(_head_remarks(remarks) + notes), warnings=tuple(warnings))


def _head_remarks(remarks: list[CellText]) -> list[CellText]:
    """Of the lines above the header only those that tell something: whole sentences, no form fields."""
    return [remark for remark in remarks if re.search(r"[。；]", remark.text) and len(remark.text) >= 20]


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


def _whole_unit(head: Head, units: _Units) -> str | None:
    """Unit that the line above gives to a column; ``None`` when it is not certain that it means this one."""
    if not units.names:
        return ""
    if head.unit or head.role in {Role.RATE, Role.CHANGE}:
        return ""
    bare = naming.bare(head.text)
    money = _MONEY.search(bare) is not None
    paid = [name for name in units.names if name.endswith("元")]
    if money and len(paid) == 1:
        return paid[0]
    rest = _PLAIN_HEAD.sub("", bare)
    if len(units.names) == 1 and (not rest or not (paid or units.money_only)):
        return units.names[0]
    return "" if units.money_only and rest and not money else None


def _body(
    grid: list[list[Cell | None]], start: int, heads: list[Head], *, words: Words, units: _Units
) -> tuple[list[Row], list[CellText], list[str]]:
    rows: list[Draft] = []
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
        fresh = grids.fresh(grid, row)
        if not fresh:
            continue
        if _SUM.fullmatch(grids.told(fresh[0].text)) or all(_SIGNED.match(grids.told(cell.text)) for cell in fresh):
            continue
        key = grids.told(fresh[0].text).rstrip("：:")
        if (
            1 < len(fresh) <= 3
            and len(key) <= 8
            and fresh[0].column == 0
            and words.section_of(key) in {Section.PROBLEM, Section.NEXT}
        ):
            # 困难 | … under all rows is told of all of them.
            notes += [CellText(f"{key}：{grids.told(cell.text)}", cell.place) for cell in fresh[1:]]
            continue
        widest = max(fresh, key=lambda cell: cell.columns)
        if (
            len(fresh) <= 2
            and widest.columns >= max(2, int(width * 0.6))
            and len([cell for cell in fresh if cell is not widest and len(grids.told(cell.text)) > 4]) == 0
        ):
            text = grids.told(widest.text)
            lone = " ".join(grids.told(cell.text) for cell in fresh) if len(fresh) > 1 and len(text) > 20 else text
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
            text = grids.told(cell.text) if cell is not None else ""
            if cell is not None and text and words.pattern("table_continued").fullmatch(text) is None:
                chain.append(text)
                anchor.append(id(cell))
        own_number = plan_own = None
        for column, head in enumerate(heads):
            cell = grid[row][column]
            if cell is None or cell.row != row:
                continue
            if head.role is Role.NUMBER:
                own_number = cells.integer(cell.text)
            elif head.role is Role.PLAN_NUMBER:
                plan_own = cells.integer(cell.text)
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
        draft = Draft(
            titles=((group,) if group else ()) + titles,
            number=number,
            plan_number=plan_number,
            task=task,
            place=fresh[0].place,
        )
        measures = {
            head.text.split("/")[0] if "/" in head.text else "": grids.told(cell.text)
            for column, head in enumerate(heads)
            if head.role is Role.MEASURE and (cell := grid[row][column]) is not None
        }
        done: set[int] = set()
        for column, head in enumerate(heads):
            cell = grid[row][column]
            if cell is None or id(cell) in done:
                continue
            done.add(id(cell))
            text = grids.told(cell.text)
            if cell.trouble and head.role in FIGURES and cell.row == row:
                draft.ask(head, cell, cell.trouble, words=words)
            elif cell.trouble:
                warnings.append(f"{cell.place}：{cell.trouble}")
            spread = cell.row != row
            if head.role in CONTENT and not grids.empty(text, words=words):
                if spread:
                    # The cell was told with its first row; a text without words says that it reaches further.
                    if id(cell) in seen and head.role not in WORK:
                        draft.told(head.role).append(CellText("", cell.place))
                    continue
                seen.add(id(cell))
                draft.told(head.role).append(CellText(text, cell.place, mingled=head.role is Role.WHOLE))
                bare = head.role is Role.PROGRESS and head.unit and re.search(r"\d{2}", text)
                if bare and not find(text, words=words):
                    # 本月860，累计8900 under 完成情况（万元）.
                    draft.ask(head, cell, "数字后面没有单位", words=words, unit=head.unit)
            elif head.role is Role.STATUS and text:
                draft.status = cells.light(text)
            elif head.role in FIGURES and text and not spread:
                # A column of units speaks for the columns under its own head, or for all when it stands alone.
                measure = measures.get(head.text.split("/")[0], measures.get("", ""))
                own = measure if is_unit(measure, words=words) else naming.named_unit(head.text, words=words)
                unit = own or wholes[column]
                counted = own if is_unit(measure, words=words) else naming.title_unit(titles, words=words)
                # 人 in the row says more than 个 above all rows.
                column_head = replace(head, unit=counted) if head.unit == ANY and counted else head
                figure = cells.figure(cell, column_head, measure=unit or "", titles=titles, words=words)
                several = [] if figure is not None else cells.several(cell, words=words)
                doubt = cells.doubt(cell, head, figure, told=bool(several), words=words)
                if doubt:
                    cells.ask(draft, cell, head, figure, doubt, words=words)
                else:
                    draft.figures += [figure] if figure is not None else several
            elif head.role is Role.NOTE and not spread and not grids.empty(text, words=words):
                draft.notes.append(CellText(text, cell.place))
        cells.ask_about_sums(draft, heads)
        rows.append(draft)
    return [row.done() for row in rows], notes, warnings


#: The last row of a form: who filled it in, and whom to call.
_SIGNED = re.compile(
    r"^\s*(?:填报|填表|制表|审核|审签|经办|联系|报送|单位|部门|分管)?(?:人|电话|方式|日期|时间|负责人|领导)(?:签字|签名)?\s*[：:]|^\s*(?:手机|审核|制表|填表)\s*[：:]"
)
#: A row of totals is nobody's task.
_SUM = re.compile(r"(?:合|总|小)\s*计[：:]?|共\s*计|总\s*数")


def _repeats_header(fresh: list[Cell], heads: list[Head]) -> bool:
    """A header printed again on the next page."""
    same = sum(
        bool(heads[cell.column].text) and grids.told(cell.text) == heads[cell.column].text.split("/")[-1]
        for cell in fresh
    )
    return same >= 2 and same / len(fresh) >= 0.7
