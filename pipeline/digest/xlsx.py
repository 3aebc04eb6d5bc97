"""A closed month -> 台账.xlsx: by unit, by item, the matrix unit x item, targets, problems, who is missing, 溯源表.

Whatever came from a mail is written as an explicit string: no cell of this workbook is ever a formula.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from copy import copy

from openpyxl import Workbook
from openpyxl.cell.cell import Cell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.styles.cell_style import StyleArray
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from pipeline.digest.bookfile import workbook_file
from pipeline.digest.foreign import clean, one_line
from pipeline.digest.summary import STATUS_RULE, ItemLine, Progress, Summary, UnitLine, headline, status_name
from pipeline.digest.views import figures_of, goal_row, outside, unit_row
from pipeline.digest.wording import STATUS, full_day, month_name, numbers, receipt_number, zone_of
from pipeline.model import Role, Standing

#: Excel holds 32,767 characters in a cell; openpyxl would cut there without a word.
CELL_LIMIT = 32_767
_CUT = "……（超出单元格上限，已截断，全文见来件）"
#: First characters that make a spreadsheet read text as a formula, full-width forms included.
_DANGER = tuple("=+-@\t＝＋－＠")

_SIDE = Side(style="thin", color="FFB7B7B7")
_FRAME = Border(left=_SIDE, right=_SIDE, top=_SIDE, bottom=_SIDE)
_TITLE = Font(name="黑体", size=15)
_NOTE = Font(name="宋体", size=10, color="FF666666")
_HEAD = Font(name="黑体", size=11)
_PLAIN = Font(name="宋体", size=10.5)
_HEAD_FILL = PatternFill("solid", fgColor="FFDCE6F1")
_TOP = Alignment(vertical="center", wrap_text=True)
_CENTRE = Alignment(vertical="center", horizontal="center", wrap_text=True)
_FILLS = {
    "已报": "FFE2F0D9",
    "部分报送": "FFFFF2CC",
    "未报": "FFF8CBAD",
    "待人工": "FFEDE1D6",
    "免报": "FFEDEDED",
    "已完成": "FFE2F0D9",
    "正常推进": "FFDDEBF7",
    "进度滞后": "FFF8CBAD",
    "尚未启动": "FFFFF2CC",
    "缺": "FFF8CBAD",
    "缺（配合）": "FFFCE4D6",
}
_PATTERNS = {name: PatternFill("solid", fgColor=colour) for name, colour in _FILLS.items()}


def summary_xlsx(summary: Summary) -> bytes:
    """台账.xlsx. Equal facts give equal bytes."""
    book = Workbook()
    book.remove(book.active)
    for name, heads, widths, rows, centred in (
        _by_unit(summary),
        _by_item(summary),
        _matrix(summary),
        _goals(summary),
        _problems(summary),
        _missing(summary),
        _sources(summary),
    ):
        _sheet(book.create_sheet(name), summary, heads=heads, widths=widths, rows=rows, centred=centred)
    book.properties.title = f"{one_line(summary.plan_title)}{summary.period}台账"
    book.properties.creator = one_line(summary.office.name)
    return workbook_file(book, at=summary.at)


def file_name(summary: Summary) -> str:
    """``2022年9月台账.xlsx``, ``2022年9月台账（文旅专班）.xlsx``."""
    edition = f"（{one_line(summary.edition)}）" if summary.edition else ""
    return f"{month_name(summary.period)}台账{edition}.xlsx"


_Value = str | int | float | None
_Rows = list[tuple[_Value, ...]]
_Plan = tuple[str, tuple[str, ...], tuple[float, ...], _Rows, frozenset[int]]


def _by_unit(summary: Summary) -> _Plan:
    rows: _Rows = []
    for number, unit in enumerate(summary.units, start=1):
        row = unit_row(unit, summary.office)
        rows.append(
            (
                *(number, unit.unit, unit.label, unit.owed, unit.answered, numbers(unit.missing)),
                *(numbers(unit.missing_support), str(row["received"]), str(row["late"])),
                "零报告" if unit.zero_report else unit.exempt,
                _stamp(unit),
                full_day(unit.extended_until) if unit.extended_until else "",
                "、".join(unit.mails),
            )
        )
    heads = (
        *("序号", "单位", "情况", "应报项数", "已报项数", "缺（负责、牵头）", "缺（配合）", "首次收到"),
        *("时效", "备注", "盖章件", "准予延期至", "来件（回执编号）"),
    )
    return "按单位", heads, (6, 26, 11, 9, 9, 31, 14, 21, 9, 12, 9, 12, 32), rows, frozenset({1, 3, 4, 5, 9, 11})


def _stamp(unit: UnitLine) -> str:
    """What is known of the red seal and of the stamped paper."""
    seen = "已见" if unit.stamped else "未见" if unit.standing is not Standing.NONE else ""
    paper = f"纸质{full_day(unit.paper_on)}登记" if unit.paper_on else ""
    return "；".join(part for part in (seen, paper) if part)


def _by_item(summary: Summary) -> _Plan:
    rows: _Rows = []
    for item in summary.items:
        head = (item.number, item.title, item.group or item.section, item.task_force)
        said = [
            (
                *(*head, entry.unit, _part(entry, item), STATUS[entry.status]),
                *(entry.text, _figures(entry), entry.change, _marks(entry.sources)),
            )
            for entry in item.progress
        ]
        roles = dict(item.units)
        silent = [(unit, roles[unit].value) for unit in (*item.silent, *item.silent_support)]
        rows += said
        rows += [(*head, unit, role, "本月未报", "", "", "", "") for unit, role in silent]
        if not said and not silent:
            rows.append((*head, "", "", "本月无报告", "", "", "", ""))
    heads = (
        *("任务编号", "工作任务", "行业（部分）", "专班", "单位", "职责", "状态"),
        *("进展情况", "数据", "与上月相比", "溯源表序号"),
    )
    return "按事项", heads, (9, 28, 18, 14, 18, 10, 11, 60, 32, 12, 12), rows, frozenset({1, 6, 7, 10})


def _part(entry: Progress, item: ItemLine) -> str:
    """What the unit is to the item."""
    return entry.role.value if entry.role else "非责任单位" if outside(entry, item) else "成员单位"


def _matrix(summary: Summary) -> _Plan:
    """Unit x item: the status where reported, 缺 where owed and silent, blank where there is no duty."""
    cells: dict[tuple[str, int], str] = {}
    for item in summary.items:
        for unit, role in item.units:
            cells[unit, item.number] = _empty_cell(item, unit, role)
        for entry in item.progress:
            cells[entry.unit, item.number] = STATUS[entry.status]
    rows: _Rows = [
        (unit.unit, unit.label, *(cells.get((unit.unit, item.number), "") for item in summary.items))
        for unit in summary.units
    ]
    rows.append(("各任务总体", "", *(status_name(item.status) for item in summary.items)))
    heads = ("单位", "情况", *(f"{item.number}" for item in summary.items))
    # Two characters a line: the whole matrix stays legible on one sheet of A3.
    widths = (32, 10, *(5.0 for _ in summary.items))
    return "任务矩阵", heads, widths, rows, frozenset(range(2, len(heads) + 1))


def _empty_cell(item: ItemLine, unit: str, role: Role) -> str:
    if unit in item.silent or unit in item.silent_support:
        return "缺（配合）" if role is Role.SUPPORT else "缺"
    return "—"


def _goals(summary: Summary) -> _Plan:
    rows: _Rows = []
    for goal in summary.goals:
        row = goal_row(goal)
        rows.append(
            (
                *(goal.item, goal.title, goal.of, goal.wanted, str(row["due"]) or "—", "；".join(goal.reported)),
                *(goal.percent, goal.verdict),
            )
        )
    heads = ("任务编号", "工作任务", "指标", "目标", "时限", "报告数", "完成率（%）", "判断")
    return "目标指标", heads, (9, 28, 20, 24, 16, 40, 12, 40), rows, frozenset({1, 5, 7})


def _problems(summary: Summary) -> _Plan:
    rows: _Rows = []
    for kind, stated in (
        ("存在问题", summary.problems),
        ("下一步工作", summary.next_steps),
        ("计划外工作", summary.off_plan),
    ):
        rows += [(kind, entry.unit, numbers(entry.items), entry.text, _marks(entry.sources)) for entry in stated]
    rows += [
        ("数据核对提示", "、".join(finding.units), str(finding.item or ""), finding.because, "")
        for finding in summary.findings
        if summary.period in finding.months
    ]
    heads = ("类别", "单位", "任务编号", "内容", "溯源表序号")
    return "问题", heads, (14, 26, 12, 90, 14), rows, frozenset({1, 3})


def _missing(summary: Summary) -> _Plan:
    rows: _Rows = []
    for unit in summary.units:
        missing = tuple(sorted((*unit.missing, *unit.missing_support)))
        if unit.label in {"未报", "待人工", "部分报送"} or (unit.late and unit.standing is not Standing.NONE):
            row = unit_row(unit, summary.office)
            late = f"逾期{unit.days_late}天" if row["late"] else ""
            rows.append(
                (len(rows) + 1, unit.unit, unit.label, len(missing), numbers(missing), str(row["received"]), late)
            )
    heads = ("序号", "单位", "情况", "缺项数", "所缺任务", "首次收到", "时效")
    return "未报名单", heads, (6, 28, 12, 9, 40, 21, 12), rows, frozenset({1, 3, 4, 7})


def _sources(summary: Summary) -> _Plan:
    rows: _Rows = [
        (
            *(
                source.number,
                source.item or "",
                source.unit,
                source.sentence,
                receipt_number(source.digest, summary.period) if source.digest else "",
                source.subject,
                source.sender,
            ),
            f"{source.received_at.astimezone(zone_of(summary.office)):%Y-%m-%d %H:%M}" if source.received_at else "",
            *(source.part, source.place, source.digest[:16]),
        )
        for source in summary.sources
    ]
    heads = (
        *("序号", "任务编号", "单位", "语句", "回执编号", "主题", "发件人", "收到时间"),
        *("部分", "位置", "原件摘要（SHA-256前16位）"),
    )
    return "溯源表", heads, (7, 9, 20, 64, 18, 30, 28, 17, 14, 18, 20), rows, frozenset({1, 2, 8})


def _figures(entry: Progress) -> str:
    return "；".join(figures_of(entry.text, entry.quantities))


def _marks(sources: tuple[int, ...]) -> str:
    return numbers(sources)


# --------------------------------------------------------------------------- sheets


def _sheet(
    sheet: Worksheet,
    summary: Summary,
    *,
    heads: Sequence[str],
    widths: Sequence[float],
    rows: Iterable[tuple[_Value, ...]],
    centred: frozenset[int],
) -> None:
    """Title, note, header row and body; frozen, sized, ready to print across on A4, the matrix on A3."""
    edition = f"（{summary.edition}）" if summary.edition else ""
    put(
        sheet.cell(row=1, column=1),
        f"{summary.plan_title}　{month_name(summary.period)}{_TITLES[sheet.title]}{edition}",
    )
    put(sheet.cell(row=2, column=1), headline(summary) if sheet.title == "按单位" else _note(summary, sheet.title))
    sheet.cell(row=1, column=1).font = _TITLE
    sheet.cell(row=2, column=1).font = _NOTE
    sheet.row_dimensions[1].height = 26
    sheet.row_dimensions[3].height = 30
    # openpyxl looks a style up by all it consists of, at each setting: hence once a look, copied afterwards.
    looks: dict[tuple[bool, str], StyleArray] = {}
    for column, (head, width) in enumerate(zip(heads, widths, strict=True), start=1):
        cell = sheet.cell(row=3, column=column)
        if column == 1:
            cell.font, cell.fill, cell.border, cell.alignment = _HEAD, _HEAD_FILL, _FRAME, _CENTRE
            header = cell._style  # noqa: SLF001 - as its manual copies styles
        cell._style = copy(header)  # noqa: SLF001 - the same
        put(cell, head)
        sheet.column_dimensions[get_column_letter(column)].width = width
    last = 3
    for last, values in enumerate(rows, start=4):
        for column, value in enumerate(values, start=1):
            cell = sheet.cell(row=last, column=column)
            middle = column in centred
            state = str(value) if middle and str(value) in _PATTERNS else ""
            if (middle, state) not in looks:
                cell.font, cell.border = _PLAIN, _FRAME
                cell.alignment = _CENTRE if middle else _TOP
                if state:
                    cell.fill = _PATTERNS[state]
                looks[middle, state] = cell._style  # noqa: SLF001 - the same
            cell._style = copy(looks[middle, state])  # noqa: SLF001 - the same
            put(cell, value)
        sheet.row_dimensions[last].height = _height(values, widths)
    sheet.freeze_panes = "C4"
    sheet.print_title_rows = "3:3"
    sheet.print_title_cols = "A:B" if sheet.title == "任务矩阵" else None
    if sheet.title != "任务矩阵" and last > 3:
        sheet.auto_filter.ref = f"A3:{get_column_letter(len(heads))}{last}"
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A3 if sheet.title == "任务矩阵" else sheet.PAPERSIZE_A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.page_margins.left = sheet.page_margins.right = 0.4
    sheet.oddFooter.center.text = "第 &P 页 共 &N 页"


_TITLES = {
    "按单位": "报送情况（按单位）",
    "按事项": "任务完成情况（按事项）",
    "任务矩阵": "任务完成情况（单位和任务对照）",
    "目标指标": "目标指标完成情况",
    "问题": "存在问题、下一步工作和计划外工作",
    "未报名单": "未报、缺报和逾期名单",
    "溯源表": "溯源表",
}
_NOTES = {
    "按事项": "进展情况为各单位原文；“溯源表序号”指向本工作簿“溯源表”。",
    "任务矩阵": "格内为该单位所报状态；“缺”为应报未报，“—”为零报告或免报，空白为无此任务。" + STATUS_RULE,
    "目标指标": "只在单一单位报出累计数时计算完成率；多家报数不相加。",
    "问题": "内容为各单位原文；“数据核对提示”由系统比对得出，请核实。",
    "未报名单": "含未报、待人工、部分报送和逾期报送的单位。",
    "溯源表": "每句话的来件、部分和位置；回执编号与发给单位的回执一致；原件按摘要存放于来件归档目录。",
}


def _note(summary: Summary, title: str) -> str:
    return f"截至{full_day(summary.at.astimezone(zone_of(summary.office)).date())}。{_NOTES.get(title, '')}"


def put(cell: Cell, value: _Value) -> None:
    """Write a figure as a figure and any text as an explicit string, whatever it begins with.

    Illegal characters are taken out; text over the limit of a cell is cut with a mark. Text that a spreadsheet would
    take for a formula gets the quote prefix, so that it stays text when a person edits the cell or saves it as CSV.
    """
    if value is None or value == "":
        return
    if isinstance(value, int | float):
        cell.value = value
        return
    text = clean(value)
    if len(text) > CELL_LIMIT:
        text = text[: CELL_LIMIT - len(_CUT)] + _CUT
    cell.value = text
    cell.data_type = "s"
    if text.startswith(_DANGER):
        cell.quotePrefix = True


def _height(values: Sequence[_Value], widths: Sequence[float]) -> float:
    """Row height in points for the tallest wrapped cell; Excel's own limit is 409."""
    lines = 1
    for value, width in zip(values, widths, strict=True):
        text = str(value or "")
        if 2 * len(text) < width - 1 and "\n" not in text:
            continue
        wrapped = sum(-(-max(_breadth(line), 1) // max(int(width) - 1, 1)) for line in text.split("\n"))
        lines = max(lines, wrapped)
    return float(min(lines * 14 + 6, 409))


def _breadth(text: str) -> int:
    """Columns that a line takes: Han characters two, the rest one."""
    return sum(2 if ord(char) > 0x2E7F else 1 for char in text)
