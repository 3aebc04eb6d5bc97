"""A unit's duties -> the pre-filled workbook (填报表) that it may use.

The sheet is an ordinary ledger: a reader that knows nothing of this module reads it by its header row.
"""

from __future__ import annotations

from copy import copy

from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Border, Font, PatternFill, Protection, Side
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from pipeline.digest.bookfile import workbook_file
from pipeline.digest.foreign import clean, one_line
from pipeline.digest.wording import STATUS, figure, full_day, month_name
from pipeline.forms import form_number, head_line
from pipeline.model import Month, Office, ReportRecord, Role, Status, UnitMonth

HEADERS = (
    *("序号", "任务编号", "工作任务", "本单位职责", "上月（供参考，不需填写）"),
    *("进展情况", "完成数量", "状态", "存在问题", "下一步工作"),
)
_WIDTHS = (6, 9, 30, 11, 38, 46, 16, 11, 28, 28)
STATUSES = tuple(STATUS[status] for status in (Status.DONE, Status.ON_TRACK, Status.BEHIND, Status.NOT_STARTED))
_TITLE = "工作进展填报表"
_CELL_LIMIT = 1500

_THIN = Side(style="thin", color="FF999999")
_FRAME = Border(left=_THIN, right=_THIN, top=_THIN, bottom=_THIN)
_GREY = Font(name="宋体", size=10, color="FF6F6F6F")
_PLAIN = Font(name="宋体", size=11)
_HEAD = Font(name="黑体", size=11, color="FF1F3864")
_FILL_HEAD = PatternFill("solid", fgColor="FFDCE6F1")
_FILL_ASK = PatternFill("solid", fgColor="FFFFFBE6")
_WRAP = Alignment(wrap_text=True, vertical="center")
_MIDDLE = Alignment(wrap_text=True, vertical="center", horizontal="center")


def file_name(unit_month: UnitMonth) -> str:
    """``县文旅局2022年8月填报表.xlsx``."""
    return f"{one_line(unit_month.unit)}{month_name(unit_month.period)}填报表.xlsx"


def prefilled(unit_month: UnitMonth, *, office: Office, month: Month, previous: UnitMonth | None) -> bytes:
    """The workbook for one unit: its items only, its role, last month's text in grey, empty columns to fill in.

    Deterministic: the same facts give the same bytes.
    """
    book = Workbook()
    sheet = book.active
    sheet.title = "填报表"
    unit = one_line(unit_month.unit)
    number = form_number(unit, unit_month.period)
    _head(sheet, unit_month, office=office, month=month)
    items = {item.number: item for item in month.plan.items}
    before = {record.match.item: record for record in previous.records} if previous else {}
    first = 5
    for offset, duty in enumerate(unit_month.duties):
        item = items.get(duty.item)
        record = before.get(duty.item)
        values = (offset + 1, duty.item, item.title if item else "", _role(duty.role), _reminder(record), *("",) * 5)
        for column, value in enumerate(values, start=1):
            cell = sheet.cell(row=first + offset, column=column)
            _write(cell, value)
            if offset:
                # A column looks alike all the way down; openpyxl is slow at setting and quick at copying styles.
                cell._style = copy(sheet.cell(row=first, column=column)._style)  # noqa: SLF001 - as its manual does
                continue
            cell.border = _FRAME
            cell.font = _GREY if column == 5 else _PLAIN
            cell.alignment = _MIDDLE if column in {1, 2, 4, 8} else _WRAP
            if column > 5:
                cell.fill = _FILL_ASK
                cell.protection = Protection(locked=False)
        sheet.row_dimensions[first + offset].height = _height(values)
    last = first + len(unit_month.duties) - 1
    _finish(sheet, first=first, last=max(last, first))
    book.defined_names["月报标识"] = DefinedName(
        "月报标识", attr_text='"' + f"{number}|{unit}|{unit_month.period}".replace('"', "") + '"', hidden=True
    )
    book.properties.title = head_line(unit, unit_month.period)
    book.properties.creator = office.name
    book.properties.keywords = number
    return workbook_file(book, at=month.at)


def _head(sheet: Worksheet, unit_month: UnitMonth, *, office: Office, month: Month) -> None:
    """Title, mark line, the clerk's line and the header row.

    Advice is shown by the cells themselves: as text it would come back as part of a report.
    """
    unit = one_line(unit_month.unit)
    width = len(HEADERS)
    _write(sheet.cell(row=1, column=1), f"{month.plan.title}{month_name(unit_month.period)}{_TITLE}")
    _write(sheet.cell(row=2, column=1), head_line(unit, unit_month.period))
    _write(sheet.cell(row=3, column=1), "填报人：　　　　　　联系电话：　　　　　　　　填报时间：　　　　　　")
    for row, size in ((1, 16), (2, 11), (3, 10)):
        sheet.merge_cells(start_row=row, start_column=1, end_row=row, end_column=width)
        cell = sheet.cell(row=row, column=1)
        cell.font = Font(name="黑体" if row == 1 else "宋体", size=size, bold=row == 1)
        cell.alignment = Alignment(horizontal="center" if row == 1 else "left", vertical="center", wrap_text=row == 3)
    for row, height in ((1, 30), (2, 20), (3, 20), (4, 32)):
        sheet.row_dimensions[row].height = height
    for column, text in enumerate(HEADERS, start=1):
        cell = sheet.cell(row=4, column=column)
        _write(cell, text)
        if column == 1:
            cell.font, cell.fill, cell.border, cell.alignment = _HEAD, _FILL_HEAD, _FRAME, _MIDDLE
        else:
            cell._style = copy(sheet.cell(row=4, column=1)._style)  # noqa: SLF001 - as below
    advice = (
        f"请于{full_day(month.due.day)}前填写黄色各列，将本表作为附件发回{office.mailbox}。"
        "没有进展的任务请写“本月无进展”并说明原因。也可不用本表，照常发送Word或Excel材料。"
    )
    sheet.cell(row=4, column=6).comment = Comment(advice, one_line(office.name), height=110, width=320)


def _finish(sheet: Worksheet, *, first: int, last: int) -> None:
    """Validation list, widths, frozen head, print set-up."""
    choice = DataValidation(type="list", formula1='"' + ",".join(STATUSES) + '"', allow_blank=True)
    choice.error = "请从下拉列表中选择：" + "、".join(STATUSES)
    choice.errorTitle = "状态"
    choice.errorStyle = "warning"
    choice.promptTitle, choice.prompt = "状态", "请从下拉列表选择，也可不填"
    told = DataValidation(allow_blank=True)
    told.promptTitle, told.prompt = "进展情况", "写本月做法、成效和数字；没有进展请写“本月无进展”并说明原因"
    told.add(f"F{first}:F{last}")
    sheet.add_data_validation(told)
    sheet.add_data_validation(choice)
    choice.add(f"H{first}:H{last}")
    for column, width in enumerate(_WIDTHS, start=1):
        sheet.column_dimensions[chr(64 + column)].width = width
    sheet.freeze_panes = f"D{first}"
    sheet.print_title_rows = "4:4"
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
    sheet.page_setup.fitToWidth = 1
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.page_margins.left = sheet.page_margins.right = 0.4
    sheet.oddFooter.center.text = "第 &P 页 共 &N 页"


def _write(cell: object, value: object) -> None:
    """A figure as a figure, every text as an explicit string: ``=1+1`` stays text."""
    if isinstance(value, int):
        cell.value = value  # type: ignore[attr-defined]
        return
    text = one_line(str(value)) if "\n" not in str(value) else clean(str(value))
    cell.value = text  # type: ignore[attr-defined]
    if text:
        cell.data_type = "s"  # type: ignore[attr-defined]


def _role(role: Role) -> str:
    return {Role.LEAD: "牵头", Role.SUPPORT: "配合", Role.RESPONSIBLE: "负责"}[role]


def _reminder(record: ReportRecord | None) -> str:
    """Last month's text, status and cumulative figures, cut to what a cell shows."""
    if record is None:
        return ""
    shown = clean(record.progress).strip()
    if len(shown) > _CELL_LIMIT:
        shown = shown[:_CELL_LIMIT] + "……（已截短）"
    counted = [f"{one_line(fact.of, 20)}{figure(fact.value)}{fact.unit}" for fact in record.quantities]
    tail = f"〔{STATUS[record.status]}" + (f"；{'、'.join(counted)}" if counted else "") + "〕"
    return f"{shown}\n{tail}"


def _height(values: tuple[object, ...]) -> float:
    """Row height in points for the tallest wrapped cell; Excel does not compute it for merged or new rows."""
    lines = 1
    for value, width in zip(values, _WIDTHS, strict=True):
        shown = sum(-(-max(len(line) * 2, 1) // (width - 1)) for line in str(value).split("\n"))
        lines = max(lines, shown)
    return float(min(max(lines * 14.5 + 6, 48), 400))
