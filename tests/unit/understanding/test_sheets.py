"""Of the sheets of a workbook those of the month count, and those that tell how to fill them in do not."""

from __future__ import annotations

import pytest

from pipeline.model import Cell, Document, Table
from pipeline.understanding.sheets import months, of_month


def sheet(title: str, *rows: tuple[str, ...]) -> Table:
    """A sheet of rows."""
    cells = tuple(
        Cell(text=text, row=row, column=column, place=f"{title}!{row}-{column}")
        for row, texts in enumerate(rows)
        for column, text in enumerate(texts)
    )
    return Table(cells=cells, height=len(rows), width=max(map(len, rows)), place=title, title=title)


def book(*sheets: Table) -> Document:
    """A workbook."""
    return Document(part="1", name="台账.xlsx", format="xlsx", blocks=sheets)


LEDGER = (("任务", "进展情况"), ("5G基站", "建成7个。"))


def names(document: Document) -> list[str]:
    """Names of the sheets that are left."""
    return [block.place for block in document.blocks]


@pytest.mark.parametrize("older", ["8月（已报）", "8月", "8月份台账", "2022年8月填报"])
@pytest.mark.parametrize("newer", ["9月填报", "9月", "9月任务进展表", "2022年9月（新）"])
def test_sheets_of_other_months_are_left_out_whatever_is_added_to_their_names(older: str, newer: str) -> None:
    """8月（已报） lies in front of 9月填报; a sheet without a month stays."""
    found = book(sheet(older, *LEDGER), sheet(newer, *LEDGER), sheet("企业明细", *LEDGER))

    assert months(found) == (8, 9)
    assert names(of_month(found, 9)) == [newer, "企业明细"]
    assert names(of_month(found, 10)) == [older, newer, "企业明细"]


def test_a_sheet_of_plans_is_no_newer_report() -> None:
    """10月计划 beside 9月 names no month that was reported on."""
    assert months(book(sheet("9月", *LEDGER), sheet("10月计划", *LEDGER))) == ()


@pytest.mark.parametrize(
    "manual",
    [
        sheet("填表说明", ("1.请各单位按月填写本表。",), ("2.数据截至每月末。",)),
        sheet("填报要求", ("进展情况栏写具体数据", "备注写其他")),
        sheet("说明", ("一、填报范围：县直各单位。",), ("二、每月12日前报送上月进展情况。",), ("三、联系人：张三。",)),
    ],
)
def test_instructions_are_left_out(manual: Table) -> None:
    """What tells how to fill in a form is no progress; the only sheet is read, whatever its name."""
    assert names(of_month(book(sheet("台账", *LEDGER), manual), 9)) == ["台账"]
    assert names(of_month(book(manual), 9)) == [manual.place]


def test_a_sheet_of_explanations_that_tells_work_stays() -> None:
    """说明 that holds sentences on what was done is read."""
    told = sheet("说明", ("5G基站建成7个，都已开通。",), ("老字号推荐2家企业申报。",))

    assert names(of_month(book(sheet("台账", *LEDGER), told), 9)) == ["台账", "说明"]


def test_the_plan_of_another_month_is_no_report() -> None:
    """10月计划 behind 9月 is neither a vote for the month nor work done; alone in its book it is what was sent."""
    found = book(sheet("8月", *LEDGER), sheet("9月", *LEDGER), sheet("10月工作计划", *LEDGER))

    assert months(found) == (8, 9)
    assert names(of_month(found, 9)) == ["9月"]
    assert names(of_month(book(sheet("10月计划", *LEDGER)), 9)) == ["10月计划"]
