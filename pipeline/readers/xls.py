"""Old Excel and WPS workbooks (.xls, .et) -> sheets as stored, with what is hidden and merged (BIFF records)."""

from __future__ import annotations

import io

import xlrd

from pipeline.model import Trouble
from pipeline.readers.grid import MAX_CELLS, MAX_COLUMNS, MAX_ROWS, MAX_SHEETS, Sheet, Value, number_in
from pipeline.readers.tools import RefusalError
from pipeline.readers.xlsx import Book, numeric

#: Twentieths of a point of a row and 256ths of a sign of a column that nobody sees.
_LEAST_HEIGHT, _LEAST_WIDTH = 30, 38
_ERRORS = {0x00: "#NULL!", 0x07: "#DIV/0!", 0x0F: "#VALUE!", 0x17: "#REF!", 0x1D: "#NAME?", 0x24: "#NUM!", 0x2A: "#N/A"}


def book(data: bytes) -> Book:
    """Read an old workbook.

    Raises:
        RefusalError: Encrypted, damaged, or no workbook.
    """
    try:
        stored = xlrd.open_workbook(file_contents=data, formatting_info=True, logfile=io.StringIO())
    except xlrd.XLRDError as error:
        if "encrypted" in str(error).lower():
            raise RefusalError(Trouble.ENCRYPTED, "工作簿设置了打开密码", final=True) from error
        raise RefusalError(Trouble.DAMAGED, "工作簿已损坏") from error
    except Exception as error:
        raise RefusalError(Trouble.DAMAGED, f"工作簿已损坏（{type(error).__name__}）") from error
    found = Book()
    if stored.nsheets > MAX_SHEETS:
        found.warnings.append(f"工作簿有{stored.nsheets}张工作表，只读了前{MAX_SHEETS}张")
    left = MAX_CELLS
    for index in range(min(stored.nsheets, MAX_SHEETS)):
        sheet = stored.sheet_by_index(index)
        if sheet.visibility:
            found.warnings.append(f"工作表“{sheet.name}”是隐藏的，未计入")
            continue
        read = _sheet(sheet, stored, left)
        left -= len(read.values)
        found.sheets.append(read)
    return found


def _sheet(stored: xlrd.sheet.Sheet, book_: xlrd.Book, left: int) -> Sheet:
    """One sheet."""
    sheet = Sheet(stored.name)
    sheet.hidden_rows = {row for row, info in stored.rowinfo_map.items() if info.hidden or info.height < _LEAST_HEIGHT}
    sheet.hidden_columns = [
        (column, column) for column, info in stored.colinfo_map.items() if info.hidden or info.width < _LEAST_WIDTH
    ]
    sheet.merges = [(top, first, bottom - 1, last - 1) for top, bottom, first, last in stored.merged_cells]
    filled = 0
    unseen: dict[int | None, str] = {}
    left_out: set[str] = set()
    codes: dict[int | None, str] = {}
    #: Numbers shown before, by what is stored and the looks: a ledger holds few different ones.
    numbers: dict[tuple[float, int | None], Value | None] = {}
    for row in range(stored.nrows):
        some = False
        shown = zip(range(MAX_COLUMNS), stored.row_types(row), stored.row_values(row), strict=False)
        for column, kind, content in shown:
            if kind in {xlrd.XL_CELL_NUMBER, xlrd.XL_CELL_DATE}:
                index = stored.cell_xf_index(row, column)
                if index not in codes:
                    codes[index] = _code(index, book_)
                number = float(content)
                # Zero and minus zero are one key and two values.
                value = numbers.get((number, index)) if number else None
                if value is None:
                    value = numeric(number, codes[index], since1904=bool(book_.datemode))
                    numbers[number, index] = value
            else:
                runs = stored.rich_text_runlist_map.get((row, column)) if kind == xlrd.XL_CELL_TEXT else None
                words = _unstruck(str(content), runs, book_) if runs else content
                if words != content:
                    left_out.add("带删除线的")
                value = _value(kind, words)
            if value is None:
                continue
            looks = stored.cell_xf_index(row, column)
            if looks not in unseen:
                unseen[looks] = _unseen(looks, book_)
            if unseen[looks]:
                left_out.add(unseen[looks])
                continue
            if filled >= MAX_ROWS or len(sheet.values) >= left:
                sheet.warnings.append(f"工作表“{stored.name}”过大，没有读完")
                return sheet
            some = True
            sheet.values[(row, column)] = value
        filled += some
    sheet.warnings += [f"工作表“{stored.name}”有{reason}文字，未计入" for reason in sorted(left_out)]
    if stored.ncols > MAX_COLUMNS:
        sheet.warnings.append(f"工作表“{stored.name}”超过{MAX_COLUMNS}列，只读了前{MAX_COLUMNS}列")
    return sheet


def _code(index: int | None, book_: xlrd.Book) -> str:
    """The number format of a cell's looks."""
    if index is not None and 0 <= index < len(book_.xf_list):
        known = book_.format_map.get(book_.xf_list[index].format_key)
        return known.format_str if known is not None else "General"
    return "General"


def _unseen(index: int | None, book_: xlrd.Book) -> str:
    """Why the words of a cell of these looks are not seen; empty for what is."""
    if index is None or not 0 <= index < len(book_.xf_list):
        return ""
    looks = book_.xf_list[index]
    if not 0 <= looks.font_index < len(book_.font_list):
        return ""
    font = book_.font_list[looks.font_index]
    if font.struck_out:
        return "带删除线的"
    white = book_.colour_map.get(font.colour_index) == (255, 255, 255)
    return "白色" if white and looks.background.fill_pattern == 0 else ""


def _unstruck(text: str, runs: list[tuple[int, int]], book_: xlrd.Book) -> str:
    """A text whose stretches have fonts of their own, without those that are struck out."""
    starts = [(0, None), *runs]
    ends = [start for start, _ in runs] + [len(text)]
    return "".join(
        text[start:end]
        for (start, font), end in zip(starts, ends, strict=True)
        if font is None or not (0 <= font < len(book_.font_list) and book_.font_list[font].struck_out)
    )


def _value(kind: int, content: object) -> Value | None:
    """What a cell without a number shows."""
    if kind == xlrd.XL_CELL_TEXT:
        text = str(content).strip()
        return Value(text, number_in(text)) if text else None
    if kind == xlrd.XL_CELL_BOOLEAN:
        return Value("TRUE" if content else "FALSE")
    if kind == xlrd.XL_CELL_ERROR:
        text = _ERRORS.get(int(str(content)), "#N/A")
        return Value(text, None, f"公式出错（{text}），请核对数值")
    return None
