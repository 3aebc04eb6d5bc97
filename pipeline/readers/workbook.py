"""A workbook of any make (.xlsx, .xls, .et, .xlsb, .ods, XML of 2003) -> document: one table a visible sheet."""

from __future__ import annotations

import io
from dataclasses import dataclass

import olefile
import python_calamine

from pipeline.model import Document, Part, Seal, Table, Trouble
from pipeline.readers import grid, opc, sniff, xls, xlsx
from pipeline.readers.grid import MAX_CELLS, MAX_COLUMNS, MAX_ROWS, MAX_SHEETS, Sheet, Value, number_in
from pipeline.readers.tools import Look, RefusalError, Tools
from pipeline.readers.xlsx import Book

_KINDS = {"xlsx": "xlsx", "xls": "xls", "xlsb": "xlsx", "ods": "xlsx", "xmlss": "xls"}


@dataclass(frozen=True, slots=True)
class Tables:
    """The visible tables of a workbook and what a person should know."""

    tables: tuple[Table, ...]
    warnings: tuple[str, ...]


class WorkbookReader:
    """Reads workbooks."""

    name = "xlsx"

    def accepts(self, data: bytes, name: str) -> bool:  # noqa: ARG002 - content decides
        """Any workbook, whatever it is called."""
        return sniff.kind(data) in _KINDS

    def read(self, part: Part, tools: Tools) -> Document:
        """Its visible sheets."""
        kind = sniff.kind(part.data)
        data = part.data
        if kind == "xmlss":
            if tools.convert is None:
                raise RefusalError(Trouble.NO_TOOL, "这是旧式XML表格，本机没有安装LibreOffice，无法读取")
            opc.refuse_doctype(data)
            data = tools.convert(data, "xml", "xlsx")
        read = read_tables(data)
        seal = _seal(data, tools) if sniff.kind(data) == "xlsx" else Look(Seal.ABSENT, page=False)
        return Document(
            part.path, part.name, _KINDS[kind], read.tables, seal.seal, seal.seal_text, warnings=read.warnings
        )


def read_tables(data: bytes) -> Tables:
    """Tables of a workbook.

    Raises:
        RefusalError: It cannot be read.
    """
    kind = sniff.kind(data)
    if kind == "xlsx":
        package = opc.open_package(data)
        opc.refuse_all_doctypes(package)
        book = xlsx.book(package)
    elif kind == "xls":
        try:
            book = xls.book(data)
        except RefusalError as refusal:
            if refusal.final:
                raise
            book = _plain(data)
            book.warnings.append("工作簿结构不规范，隐藏的行列可能没有识别出来，请核对")
    else:
        if kind == "xlsb":
            opc.open_package(data)
        book = _plain(data)
        book.warnings.append("此格式看不出隐藏的行列，请核对")
    tables = []
    warnings = list(book.warnings)
    for sheet in book.sheets:
        table, remarks = grid.table(sheet)
        warnings += remarks
        if table is not None:
            tables.append(table)
    return Tables(tuple(tables), tuple(dict.fromkeys(warnings)))


def _plain(data: bytes) -> Book:
    """Values and merges by calamine, for makes whose records we do not read ourselves."""
    try:
        stored = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
        book = Book()
        left = MAX_CELLS
        for meta in stored.sheets_metadata[:MAX_SHEETS]:
            if meta.visible is not python_calamine.SheetVisibleEnum.Visible:
                book.warnings.append(f"工作表“{meta.name}”是隐藏的，未计入")
                continue
            if meta.typ is not python_calamine.SheetTypeEnum.WorkSheet:
                continue
            read = stored.get_sheet_by_name(meta.name)
            sheet = Sheet(meta.name)
            top, first = read.start or (0, 0)
            for row, values in enumerate(read.iter_rows()):
                if row >= MAX_ROWS or left <= 0:
                    sheet.warnings.append(f"工作表“{meta.name}”过大，没有读完")
                    break
                for column, stored_value in enumerate(values[:MAX_COLUMNS]):
                    value = _calamine_value(stored_value)
                    if value is not None:
                        left -= 1
                        sheet.values[(row, column)] = value
            del top, first
            sheet.merges = [(start[0], start[1], end[0], end[1]) for start, end in read.merged_cell_ranges or ()]
            book.sheets.append(sheet)
    except (python_calamine.CalamineError, OSError, ValueError) as error:
        said = str(error).lower()
        if "password" in said or "encrypt" in said:
            raise RefusalError(Trouble.ENCRYPTED, "工作簿设置了打开密码", final=True) from error
        raise RefusalError(Trouble.DAMAGED, "工作簿已损坏") from error
    return book


def _calamine_value(stored: object) -> Value | None:
    """A value without its format."""
    if isinstance(stored, bool):
        return Value("TRUE" if stored else "FALSE")
    if isinstance(stored, int | float):
        return xlsx.numeric(float(stored), "General")
    text = str(stored).strip()
    return Value(text, number_in(text)) if text else None


def embedded(data: bytes) -> bytes:
    """The workbook inside an embedded object, ``b""`` when it is none."""
    if sniff.kind(data) in {"xlsx", "xls", "xlsb"}:
        return data
    if not data.startswith(b"\xd0\xcf\x11\xe0"):
        return b""
    try:
        with olefile.OleFileIO(io.BytesIO(data)) as ole:
            for name in ("package", "Package"):
                if ole.exists(name):
                    inner = bytes(ole.openstream(name).read())
                    return inner if sniff.kind(inner) in {"xlsx", "xlsb", "xls"} else b""
    except Exception:  # noqa: BLE001 - olefile raises whatever a broken directory makes it meet
        return b""
    return b""


def _seal(data: bytes, tools: Tools) -> Look:
    """The strongest sign of a seal among the pictures of a workbook."""
    from pipeline.readers import ocrtext  # noqa: PLC0415 - a workbook without pictures needs no picture code

    best = Look(Seal.ABSENT, page=False)
    if tools.look is None:
        return best
    package = opc.open_package(data)
    for name in [each for each in package.names() if each.lower().startswith("xl/media/")][:20]:
        try:
            best = ocrtext.stronger(best, tools.look(ocrtext.decode(package.get(name))))
        except RefusalError as refusal:
            if refusal.final:
                raise
    return best
