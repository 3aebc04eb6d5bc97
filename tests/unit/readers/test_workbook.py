"""Workbooks give what a person sees on their sheets."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import date

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.styles import Font, PatternFill

from pipeline.model import Cell, Document, Part, Table, Trouble, Unreadable
from pipeline.readers import Tools, read
from pipeline.readers import grid as grids
from pipeline.readers.grid import Sheet, Value, column_name, number_in
from pipeline.readers.numfmt import shown


def saved(book: openpyxl.Workbook) -> bytes:
    """Bytes of a workbook."""
    stored = io.BytesIO()
    book.save(stored)
    return stored.getvalue()


def patched(data: bytes, name: str, old: str, new: str) -> bytes:
    """A workbook with one of its parts changed."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(buffer, "w") as target:
        for each in source.namelist():
            content = source.read(each)
            target.writestr(each, re.sub(old, new, content.decode()).encode() if each == name else content)
    return buffer.getvalue()


def read_book(data: bytes) -> Document:
    """The document, which must be readable."""
    result = read(Part("1", "台账.xls", "", data), Tools())
    assert isinstance(result, Document), result
    return result


def only(document: Document) -> dict[str, Cell]:
    """Cells of the only table, by their address."""
    (block,) = document.blocks
    assert isinstance(block, Table)
    return {cell.place.partition("!")[2]: cell for cell in block.cells}


def test_hidden_is_left_out() -> None:
    """Hidden rows, columns and sheets are not read, and a warning names them."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in range(1, 5):
        for column in range(1, 5):
            sheet.cell(row, column, f"{row}{column}")
    sheet.row_dimensions[2].hidden = True
    sheet.column_dimensions["C"].hidden = True
    book.create_sheet("上月").sheet_state = "hidden"
    document = read_book(saved(book))
    cells = only(document)
    assert {"A1", "B1", "D1", "A3", "B3", "D3", "A4", "B4", "D4"} == set(cells)
    assert (cells["D3"].row, cells["D3"].column) == (1, 2)
    assert len(document.warnings) == 3


@pytest.mark.parametrize("size", ["0", "0.1"])
def test_what_was_dragged_shut_is_left_out(size: str) -> None:
    """A row or column without height or width is hidden, whether the file calls it so or not."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in range(1, 4):
        for column in range(1, 4):
            sheet.cell(row, column, f"{row}{column}")
    sheet.row_dimensions[2].height = sheet.column_dimensions["B"].width = 33
    data = patched(saved(book), "xl/worksheets/sheet1.xml", 'ht="33"', f'ht="{size}"')
    document = read_book(patched(data, "xl/worksheets/sheet1.xml", 'width="33"', f'width="{size}"'))
    assert set(only(document)) == {"A1", "C1", "A3", "C3"}
    assert len(document.warnings) == 2


def test_merged_cell_spans_what_is_visible() -> None:
    """A merged cell stands once; its span counts visible rows and columns only."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet["A1"], sheet["D2"], sheet["A4"] = "标题", "值", "尾"
    sheet.merge_cells("A1:D1")
    sheet.column_dimensions["B"].hidden = True
    cells = only(read_book(saved(book)))
    assert (cells["A1"].rows, cells["A1"].columns) == (1, 3)


@pytest.mark.parametrize(
    ("number", "code", "text"),
    [
        (0.963, "0.0%", "96.3%"), (0.963, "0%", "96%"),
        (1234.5, "#,##0.00", "1,234.50"), (12.345, "0.0", "12.3"), (37, "General", "37"),
        (0.1 + 0.2, "General", "0.3"), (5, '0"家"', "5家"), (-3, "0;(0)", "(3)"), (44804, "yyyy/m/d", "2022/8/31"),
        (44804, 'yyyy"年"m"月"', "2022年8月"), (1.0, "0.00_ ", "1.00"), (1e16, "General", "1e+16"), (0, "0;-0;;@", ""),
        (44804.5, "yyyy-mm-dd hh:mm", "2022-08-31 12:00"), (7, "000", "007"), (1500000, "0.0,,", "1.5"),
        (123456, '0!.0,"万元"', "12.3万元"), (-123456, '0!.0,"万元"', "-12.3万元"), (123456, "0\\.0,", "12.3"),
        (13912345678, "000-0000-0000", "139-1234-5678"),
    ],
)  # fmt: skip
def test_numbers_show_as_the_sheet_shows_them(number: float, code: str, text: str) -> None:
    """A number takes the looks of its format."""
    assert text == shown(number, code)


def test_percent_and_date_cells() -> None:
    """A percent cell gives the shown figure as its number; a date shows as a date; text that is a number is one."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet["A1"], sheet["B1"], sheet["C1"] = 0.963, date(2022, 8, 31), "1,386.5"
    sheet["A1"].number_format = "0.0%"
    sheet["B1"].number_format = 'yyyy"年"m"月"d"日"'
    cells = only(read_book(saved(book)))
    assert [(cells[each].text, cells[each].number) for each in ("A1", "B1", "C1")] == [
        ("96.3%", 96.3),
        ("2022年8月31日", None),
        ("1,386.5", 1386.5),
    ]


def test_formula_without_value_is_asked_about() -> None:
    """A formula whose value was never stored is a trouble, not a silent gap."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet["A1"], sheet["B1"] = "合计", "=SUM(C1:C9)"
    assert "公式没有保存计算结果" in only(read_book(saved(book)))["B1"].trouble


def test_wrong_dimension_hides_nothing() -> None:
    """WPS writes a dimension of A1; all cells are read all the same."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet["A1"], sheet["C7"] = "甲", "乙"
    data = patched(saved(book), "xl/worksheets/sheet1.xml", '<dimension ref="[^"]+"', '<dimension ref="A1"')
    assert {"A1", "C7"} == set(only(read_book(data)))


def test_far_cell_costs_nothing() -> None:
    """A cell at the end of the sheet neither blows the table up nor is lost in silence."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet["A1"], sheet["A1048576"], sheet["XFD1"] = "头", "尾", "远"
    document = read_book(saved(book))
    (block,) = document.blocks
    assert isinstance(block, Table)
    assert (block.height, block.width) == (3, 1)
    assert any("200列" in each for each in document.warnings)


def test_rows_are_capped_aloud() -> None:
    """Past 5,000 rows reading stops and says so."""
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("大")
    for row in range(5200):
        sheet.append([row])
    document = read_book(saved(book))
    (block,) = document.blocks
    assert isinstance(block, Table)
    assert len(block.cells) == 5000
    assert any("5000行" in each for each in document.warnings)


def test_entity_in_a_sheet_is_refused() -> None:
    """A document type in a part of a workbook refuses it."""
    book = openpyxl.Workbook()
    data = patched(saved(book), "xl/styles.xml", "<styleSheet", '<!DOCTYPE a [<!ENTITY x "y">]><styleSheet')
    result = read(Part("1", "坏.xlsx", "", data), Tools())
    assert isinstance(result, Unreadable)
    assert Trouble.HOSTILE is result.trouble


@given(st.floats(min_value=-1e9, max_value=1e9).map(lambda value: round(value, 4)))
def test_general_numbers_come_back(number: float) -> None:
    """What General shows is the number again."""
    assert float(shown(number, "General")) == pytest.approx(number, rel=1e-9, abs=1e-9)


@given(st.integers(0, 16383))
def test_column_names_are_unique(column: int) -> None:
    """Column letters follow the sheet: A, Z, AA."""
    name = column_name(column)
    value = 0
    for letter in name:
        value = value * 26 + ord(letter) - 64
    assert column == value - 1


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("37", 37.0),
        ("１２．５", 12.5),
        ("96.3%", 96.3),
        ("1,386", 1386.0),
        ("37户", None),
        ("", None),
        ("2106-1", None),
    ],
)
def test_numbers_stored_as_text(text: str, number: float | None) -> None:
    """Text that is a number and nothing else is one."""
    assert number == number_in(text)


def test_blank_runs_are_shortened() -> None:
    """A gap of a thousand rows is one blank row."""
    sheet = Sheet("表", {(0, 0): Value("甲"), (1000, 0): Value("乙")})
    found, _ = grids.table(sheet)
    assert found is not None
    assert [cell.row for cell in found.cells] == [0, 2]


def test_a_scaled_number_is_the_one_that_shows() -> None:
    """Under a format that shows thousands or 万 the number of a cell is the shown one, not the stored one."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for place, code in (("A1", '0!.0,"万元"'), ("B1", '#,##0.0,"千元"'), ("C1", '0"元"')):
        sheet[place] = 123400
        sheet[place].number_format = code
    cells = only(read_book(saved(book)))
    assert [cells[each].number for each in ("A1", "B1", "C1")] == [12.34, 123.4, 123400]
    assert [cells[each].text for each in ("A1", "B1")] == ["12.3万元", "123.4千元"]


def test_struck_and_white_words_are_out() -> None:
    """What is struck out or white on white in a workbook is not told, cell or stretch, and a warning says so."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet["A1"], sheet["B1"], sheet["C1"] = "新增限上企业3家", "白纸白字", "白字蓝底"
    sheet["A1"].font = Font(strike=True)
    sheet["B1"].font = Font(color="FFFFFFFF")
    sheet["C1"].font = Font(color="FFFFFFFF")
    sheet["C1"].fill = PatternFill("solid", fgColor="FF1F4E79")
    sheet["A2"] = CellRichText("新增", TextBlock(InlineFont(strike=True), "3家"), TextBlock(InlineFont(b=True), "5家"))
    sheet["B2"] = 7
    sheet["B2"].font = Font(strike=True)
    document = read_book(saved(book))
    assert [cell.text for cell in only(document).values()] == ["白字蓝底", "新增5家"]
    assert document.warnings == ("工作表“Sheet”有带删除线的文字，未计入", "工作表“Sheet”有白色文字，未计入")
