"""Whole ledgers in which a figure could be filed under a wrong meaning or magnitude, each with what is right.

Every variant is a real workbook or Word file, built here and read by the real readers. A wanted figure is "value
unit", with ``m`` or ``c`` where the month or the sum since January is meant; ``asked`` says that a person must be asked
about a figure of it.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import docx
import openpyxl

from pipeline.model import Document, Part
from pipeline.readers import Tools, read

#: Value and number format of a cell.
Shown = tuple[float, str]
ITEMS = ("打造重点文旅项目", "培育文旅体消费热点")
SAID = ("夏都水疗中心内装收尾，介子推文化园绿化完工", "司马光祠碑楼修缮完工，研学旅行有序开展")


@dataclass(frozen=True, slots=True)
class Variant:
    """One ledger: rows as written, what is merged, and what a careful person files."""

    name: str
    rows: tuple[tuple[Any, ...], ...]
    wanted: tuple[str, ...]
    asked: bool = False
    merged: tuple[str, ...] = ()
    word: bool = False
    #: Lines above the table of a Word file; in a workbook they are rows.
    above: tuple[str, ...] = ()


def ledger(head: tuple[Any, ...], *rows: tuple[Any, ...], top: tuple[Any, ...] = ()) -> tuple[tuple[Any, ...], ...]:
    """Rows with number, task and progress before the columns of figures; lines above stand alone."""
    lines = [(line,) for line in top]
    lines.append(("序号", "工作任务", "进展情况", *head))
    lines += [(place + 1, ITEMS[place], SAID[place], *row) for place, row in enumerate(rows)]
    return tuple(lines)


VARIANTS = (
    Variant(
        "unit above",
        ledger(("本月完成", "累计完成"), (860, 8900), (120, 1360), top=("重点任务台账", "单位：万元")),
        ("860 万元 m", "8900 万元 c", "120 万元 m", "1360 万元 c"),
    ),
    Variant(
        "unit above against a header's own",
        ledger(("完成投资", "接待人次"), (860, 23000), (120, 18600), top=("单位：万元",)),
        ("860 万元", "23000 人次", "120 万元", "18600 人次"),
    ),
    Variant(
        "unit above against a header's own in brackets",
        ledger(("完成投资", "接待游客（人次）"), (860, 23000), (120, 18600), top=("单位：万元",)),
        ("860 万元", "23000 人次", "120 万元", "18600 人次"),
    ),
    Variant(
        "unit above against the cell's own",
        ledger(("完成量", "备注"), ("860万元", ""), ("12场", ""), top=("单位：万元",)),
        ("860 万元", "12 场"),
    ),
    Variant(
        "unit above counts no households",
        ledger(("补贴", "惠及户数"), (86.4, 1426), (12.5, 230), top=("单位：万元",)),
        ("86.4 万元", "1426 户", "12.5 万元", "230 户"),
    ),
    Variant(
        "two units above",
        ledger(("完成投资", "接待游客"), (860, 2.3), (120, 1.86), top=("单位：万元、万人次",)),
        ("860 万元", "120 万元"),
        asked=True,
    ),
    Variant(
        "unit above holds a share",
        ledger(("完成投资", "完成率"), (860, 74.2), (120, 60), top=("单位：万元",)),
        ("860 万元", "74.2 %", "120 万元", "60 %"),
    ),
    Variant(
        "mixed units in a column",
        ledger(("累计完成",), ("1.2亿元",), ("8600万元",)),
        ("1.2 亿元 c", "8600 万元 c"),
    ),
    Variant(
        "mixed units under a unit",
        ledger(("累计完成（万元）",), ("1.2亿元",), (8600,)),
        ("1.2 亿元 c", "8600 万元 c"),
    ),
    Variant(
        "ten thousand in cell and header",
        ledger(("累计完成（万元）",), ("860万",), (1360,)),
        ("860 万元 c", "1360 万元 c"),
    ),
    Variant(
        "full unit in cell and header",
        ledger(("累计完成（万元）",), ("860万元",), (1360,)),
        ("860 万元 c", "1360 万元 c"),
    ),
    Variant(
        "plain money under ten thousands",
        ledger(("累计完成（万元）",), (8600000,), (1360,)),
        ("1360 万元 c",),
        asked=True,
    ),
    Variant(
        "share stored as a part",
        ledger(("完成率",), ((0.742, "0.0%"),), ((0.6, "0%"),)),
        ("74.2 %", "60 %"),
    ),
    Variant(
        "share written as a part",
        ledger(("完成率",), (0.742,), (0.6,)),
        (),
        asked=True,
    ),
    Variant(
        "share written as a part under percent",
        ledger(("完成率（%）",), (0.742,), (0.6,)),
        (),
        asked=True,
    ),
    Variant(
        "one part among shares",
        ledger(("完成率（%）",), (0.6,), (74.2,)),
        ("74.2 %",),
        asked=True,
    ),
    Variant(
        "thousands shown as 万",
        ledger(("累计完成",), ((8600000, '0!.0,"万元"'),), ((13600000, '0!.0,"万元"'),)),
        ("860 万元 c", "1360 万元 c"),
    ),
    Variant(
        "thousands hidden by commas",
        ledger(("累计完成（千元）",), ((8600000, "#,##0,"),), ((13600000, "#,##0,"),)),
        ("8600 千元 c", "13600 千元 c"),
    ),
    Variant(
        "rounded for show",
        ledger(("累计完成（万元）",), ((860.4567, "0.0"),), ((1360.5, "0"),)),
        ("860.5 万元 c", "1361 万元 c"),
    ),
    Variant(
        "month and sum swapped",
        ledger(("本月完成（万元）", "累计完成（万元）"), (8900, 860), (1360, 120)),
        (),
        asked=True,
    ),
    Variant(
        "sum and month",
        ledger(("累计完成（万元）", "本月完成（万元）"), (8900, 860), (1360, 120)),
        ("8900 万元 c", "860 万元 m", "1360 万元 c", "120 万元 m"),
    ),
    Variant(
        "month under a merged sum",
        (
            ("序号", "工作任务", "进展情况", "累计完成（万元）", ""),
            ("", "", "", "1-9月", "10月"),
            (1, ITEMS[0], SAID[0], 8040, 860),
            (2, ITEMS[1], SAID[1], 1240, 120),
        ),
        ("860 万元 m", "120 万元 m"),
        merged=("D1:E1", "A1:A2", "B1:B2", "C1:C2"),
    ),
    Variant(
        "this month under a merged sum",
        (
            ("序号", "工作任务", "进展情况", "累计完成（万元）", ""),
            ("", "", "", "本月", "上月"),
            (1, ITEMS[0], SAID[0], 860, 780),
            (2, ITEMS[1], SAID[1], 120, 96),
        ),
        ("860 万元 m", "120 万元 m"),
        merged=("D1:E1", "A1:A2", "B1:B2", "C1:C2"),
    ),
    Variant(
        "plan and done under a merged head",
        (
            ("序号", "工作任务", "进展情况", "投资（万元）", ""),
            ("", "", "", "计划", "完成"),
            (1, ITEMS[0], SAID[0], 12000, 8900),
            (2, ITEMS[1], SAID[1], 2000, 1360),
        ),
        ("8900 万元 c", "1360 万元 c"),
        merged=("D1:E1", "A1:A2", "B1:B2", "C1:C2"),
    ),
    Variant(
        "last year beside this year",
        ledger(("2021年（万元）", "2022年（万元）", "同比"), (7900, 8900, "12.7%"), (1500, 1360, "-9.3%")),
        ("8900 万元", "12.7 %", "1360 万元", "-9.3 %"),
    ),
    Variant(
        "last month's column by its number",
        ledger(("9月（场）", "10月（场）"), (4, 6), (3, 2)),
        ("6 场 m", "2 场 m"),
    ),
    Variant(
        "target named 数",
        ledger(("任务数（个）", "完成数（个）"), (12, 9), (6, 6)),
        ("9 个 c", "6 个 c"),
    ),
    Variant(
        "should be and is",
        ledger(("应完成（个）", "实际完成（个）"), (12, 9), (6, 6)),
        ("9 个 c", "6 个 c"),
    ),
    Variant(
        "what remains",
        ledger(("累计完成（个）", "剩余（个）"), (9, 3), (4, 2)),
        ("9 个 c", "4 个 c"),
    ),
    Variant(
        "whole investment and this year's",
        ledger(
            ("总投资（万元）", "年度计划投资（万元）", "累计完成投资（万元）"), (32000, 12000, 8900), (5000, 2000, 1360)
        ),
        ("8900 万元 c", "1360 万元 c"),
    ),
    Variant(
        "scientific",
        ledger(("累计完成（元）",), ((12000, "0.0E+00"),), ((86000000, "0.00E+00"),)),
        ("12000 元 c", "86000000 元 c"),
    ),
    Variant(
        "scientific as text",
        ledger(("累计完成（元）",), ("1.2E+04",), ("8.6E+07",)),
        ("12000 元 c", "86000000 元 c"),
    ),
    Variant(
        "bracketed is negative",
        ledger(("较上月增减（户）", "累计完成（户）"), ("（12）", "1,200"), ("8", "860")),
        ("1200 户 c", "860 户 c"),
    ),
    Variant(
        "accounting brackets",
        ledger(("同比（%）", "累计完成（户）"), ((-12.5, "0.0_);(0.0)"), 1200), ((8, "0.0_);(0.0)"), 860)),
        ("-12.5 %", "1200 户 c", "8 %", "860 户 c"),
    ),
    Variant(
        "two figures in a cell",
        ledger(("完成情况（万元）",), ("本月860，累计8900",), ("本月120，累计1360",)),
        (),
        asked=True,
    ),
    Variant(
        "month over sum in a cell",
        ledger(("本月/累计（万元）",), ("860/8900",), ("120/1360",)),
        (),
        asked=True,
    ),
    Variant(
        "decimal comma",
        ledger(("累计完成（万元）",), ("8,9",), ("13,60",)),
        (),
        asked=True,
    ),
    Variant(
        "ideographic point",
        ledger(("累计完成（万元）",), ("8。9",), ("13·6",)),
        (),
        asked=True,
    ),
    Variant(
        "Word: unit above",
        ledger(("本月完成", "累计完成"), ("860", "8900"), ("120", "1360")),
        ("860 万元 m", "8900 万元 c", "120 万元 m", "1360 万元 c"),
        word=True,
        above=("单位：万元",),
    ),
    Variant(
        "Word: unit column",
        (
            ("序号", "工作任务", "进展情况", "计量单位", "本月", "累计"),
            ("1", ITEMS[0], SAID[0], "万元", "860", "8900"),
            ("2", ITEMS[1], SAID[1], "万人次", "2.3", "18.6"),
        ),
        ("860 万元 m", "8900 万元 c", "2.3 万人次 m", "18.6 万人次 c"),
        word=True,
    ),
    Variant(
        "Word: mixed units",
        ledger(("累计完成（万元）",), ("1.2亿",), ("8600",)),
        ("1.2 亿元 c", "8600 万元 c"),
        word=True,
    ),
    Variant(
        "Word: unit line between title and table for money only",
        ledger(
            ("完成投资", "新增民宿"),
            ("860", "4"),
            ("120", "2"),
        ),
        ("860 万元", "120 万元"),
        asked=True,
        word=True,
        above=("（金额单位：万元）",),
    ),
    Variant(
        "sum of the month before",
        ledger(("截至上月底累计（家）", "截至本月底累计（家）"), (120, 132), (16, 18)),
        ("132 家 c", "18 家 c"),
    ),
    Variant(
        "hoped for",
        ledger(("预计完成（万元）", "实际完成（万元）"), (1000, 860), (200, 120)),
        ("860 万元 c", "120 万元 c"),
    ),
    Variant(
        "planned investment",
        ledger(("拟投资额（万元）", "完成投资（万元）"), (12000, 8900), (2000, 1360)),
        ("8900 万元", "1360 万元"),
    ),
    Variant(
        "the city's figure beside the county's",
        ledger(("完成率（%）", "全市平均（%）"), (74.2, 68.1), (60, 66)),
        ("74.2 %", "60 %"),
    ),
    Variant(
        "points of an examination",
        ledger(("完成数（个）", "分值（分）", "权重（%）"), (9, 5, 10), (4, 3, 20)),
        ("9 个 c", "4 个 c"),
    ),
    Variant(
        "price and sum",
        ledger(("补贴标准（元）", "补贴户数（户）", "补贴金额（万元）"), (200, 1426, 28.52), (500, 190, 9.5)),
        ("1426 户", "28.52 万元", "190 户", "9.5 万元"),
    ),
    Variant(
        "budget and outlay",
        ledger(("预算（万元）", "支出（万元）"), (600, 120), (80, 42)),
        ("120 万元", "42 万元"),
    ),
    Variant(
        "unit over a group with households in it",
        (
            ("序号", "工作任务", "进展情况", "发放贷款（万元）", "", ""),
            ("", "", "", "户数", "金额", "占比"),
            (1, ITEMS[0], SAID[0], 37, 1386.5, "62.5%"),
            (2, ITEMS[1], SAID[1], 12, 300, "31%"),
        ),
        ("37 户", "1386.5 万元", "62.5 %", "12 户", "300 万元", "31 %"),
        merged=("D1:F1", "A1:A2", "B1:B2", "C1:C2"),
    ),
    Variant(
        "share without its sign under a unit of a group",
        (
            ("序号", "工作任务", "进展情况", "投资（万元）", ""),
            ("", "", "", "累计完成", "完成率"),
            (1, ITEMS[0], SAID[0], 8900, 74.2),
            (2, ITEMS[1], SAID[1], 1360, 60),
        ),
        ("8900 万元 c", "74.2 %", "1360 万元 c", "60 %"),
        merged=("D1:E1", "A1:A2", "B1:B2", "C1:C2"),
    ),
    Variant(
        "less than nothing",
        ledger(("本月完成（户）", "累计完成（户）"), (-3, 120), (5, 60)),
        ("120 户 c", "5 户 m", "60 户 c"),
        asked=True,
    ),
    Variant(
        "change stored as a part",
        ledger(("累计完成（万元）", "同比"), (8900, 0.127), (1360, -0.093)),
        ("8900 万元 c", "1360 万元 c"),
        asked=True,
    ),
    Variant(
        "small change under percent",
        ledger(("累计完成（万元）", "同比（%）"), (8900, 0.7), (1360, -0.3)),
        ("8900 万元 c", "0.7 %", "1360 万元 c", "-0.3 %"),
    ),
    Variant(
        "share of a thousand and more",
        ledger(("完成率（%）",), (8900,), (60,)),
        ("60 %",),
        asked=True,
    ),
    Variant(
        "thousands parted wrongly",
        ledger(("累计完成（万元）",), ("1,2500",), ("13.600.000",)),
        (),
        asked=True,
    ),
    Variant(
        "at least so many",
        ledger(("累计完成（家）",), ("≥12",), ("4",)),
        ("4 家 c",),
        asked=True,
    ),
    Variant(
        "card with a part for a share",
        (
            ("工作任务", ITEMS[0]),
            ("进展情况", SAID[0]),
            ("累计完成（万元）", "8900"),
            ("完成率", "0.742"),
        ),
        ("8900 万元 c",),
        asked=True,
        word=True,
    ),
    Variant(
        "blank in the thousands",
        ledger(("累计完成（万元）",), ("1 250",), ("12 345.6",)),
        ("1250 万元 c", "12345.6 万元 c"),
    ),
    Variant(
        "sum of all rows",
        (*ledger(("累计完成（万元）",), (8900,), (1360,)), ("", "全县合计", "", 10260)),
        ("8900 万元 c", "1360 万元 c"),
    ),
)


def _workbook(variant: Variant) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    if sheet is None:
        raise TypeError
    for row, told in enumerate(variant.rows, 1):
        for column, value in enumerate(told, 1):
            number, code = value if isinstance(value, tuple) else (value, "")
            cell = sheet.cell(row, column, number if number != "" else None)
            if code:
                cell.number_format = code
    for span in variant.merged:
        sheet.merge_cells(span)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _word(variant: Variant) -> bytes:
    paper = docx.Document()
    paper.add_paragraph("10月份重点任务进展")
    for line in variant.above:
        paper.add_paragraph(line)
    table = paper.add_table(rows=len(variant.rows), cols=max(map(len, variant.rows)))
    for row, told in enumerate(variant.rows):
        for column, value in enumerate(told):
            table.cell(row, column).text = str(value)
    out = io.BytesIO()
    paper.save(out)
    return out.getvalue()


def documents() -> Iterator[tuple[Variant, Document]]:
    """Every variant with its file as the readers give it."""
    for variant in VARIANTS:
        data, name = (_word(variant), "台账.docx") if variant.word else (_workbook(variant), "台账.xlsx")
        document = read(Part("1", name, "", data), Tools())
        if not isinstance(document, Document):
            raise TypeError(document)
        yield variant, document
