"""Excel and WPS workbooks (.xlsx) -> sheets as stored, read from their XML: what is hidden or uncomputed shows."""

from __future__ import annotations

import io
import math
import re
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache

from lxml import etree

from pipeline.model import Trouble
from pipeline.readers import numfmt, opc
from pipeline.readers.grid import MAX_CELLS, MAX_COLUMNS, MAX_ROWS, MAX_SHEETS, Sheet, Value, column_name, number_in
from pipeline.readers.opc import Package
from pipeline.readers.tools import RefusalError

S = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
#: Names met at every cell, joined once.
_ROW, _CELL, _STORED, _FORMULA, _MERGE, _COL = (S + each for each in ("row", "c", "v", "f", "mergeCell", "col"))
_INLINE, _TEXT, _PIECE, _ITEM, _RUN_LOOK, _STRIKE = (S + each for each in ("is", "t", "r", "si", "rPr", "strike"))
_REFERENCE = re.compile(r"\$?([A-Z]{1,3})\$?(\d{1,7})")
#: Empty styled cells are walked over, but not without end.
_MAX_WALKED = 3_000_000
_MAX_MERGES = 20_000
_MAX_STRINGS = 1_000_000
#: Points of a row and signs of a column that nobody sees: people close them by dragging, to nothing or nearly.
_LEAST_HEIGHT, _LEAST_WIDTH = 1.5, 0.15
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
NO_VALUE = "公式没有保存计算结果，请在表格软件中打开并保存后重新发送，或填写数值"


@dataclass(slots=True)
class Book:
    """A workbook as stored: visible sheets only."""

    sheets: list[Sheet] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def book(package: Package) -> Book:
    """Read a workbook.

    Raises:
        RefusalError: It has no workbook part or its XML is broken.
    """
    main = next(
        (each.target for each in package.relations("").values() if each.type == "officeDocument"), "xl/workbook.xml"
    )
    tree = package.xml(main)
    if tree is None:
        raise RefusalError(Trouble.DAMAGED, "文件里没有工作簿部分，可能没有保存完整")
    relations = package.relations(main)
    found = Book()
    names = [each.lower() for each in package.names()]
    if any(each.endswith("vbaproject.bin") for each in names):
        found.warnings.append("文件带有宏，未执行")
    if any("/macrosheets/" in each for each in names):
        found.warnings.append("文件带有宏表，未读取")
    if any("externallinks/" in each for each in names):
        found.warnings.append("表格引用了其他工作簿，只读了文件里保存的结果")
    setting = tree.find(S + "workbookPr")
    since1904 = setting is not None and setting.get("date1904", "0") in {"1", "true"}
    strings = _Strings(
        package.xml(
            next((each.target for each in relations.values() if each.type == "sharedStrings"), "xl/sharedStrings.xml")
        )
    )
    sheet_styles = package.xml(
        next((each.target for each in relations.values() if each.type == "styles"), "xl/styles.xml")
    )
    cells = _Cells(strings, _formats(sheet_styles), _unseen(sheet_styles), since1904=since1904)
    listed = list(tree.iter(S + "sheet"))
    if len(listed) > MAX_SHEETS:
        found.warnings.append(f"工作簿有{len(listed)}张工作表，只读了前{MAX_SHEETS}张")
    budget = _Budget()
    for node in listed[:MAX_SHEETS]:
        name = node.get("name", "")
        if node.get("state", "visible") in {"hidden", "veryHidden"}:
            found.warnings.append(f"工作表“{name}”是隐藏的，未计入")
            continue
        relation = relations.get(node.get(R + "id", ""))
        if relation is None or relation.external or relation.type not in {"worksheet", ""}:
            continue
        found.sheets.append(_sheet(name, package.get(relation.target), cells=cells, budget=budget))
    return found


@dataclass(slots=True)
class _Budget:
    """Cells left for the whole workbook."""

    cells: int = MAX_CELLS
    walked: int = _MAX_WALKED


class _Strings:
    """Shared strings as values, each made when a cell first shows it; phonetic helps are left out."""

    def __init__(self, tree: etree._Element | None) -> None:
        self._nodes = [] if tree is None else [node for node in tree[:] if node.tag == _ITEM]
        if len(self._nodes) > _MAX_STRINGS:
            raise RefusalError(Trouble.TOO_LARGE, "表格的文字过多，不予打开", final=True)
        self._values: dict[int, Value | None] = {}
        #: Strings of which a stretch is struck out.
        self._partly: set[int] = set()

    def value(self, index: int) -> Value | None:
        """The string of that number; ``None`` when it is blank or missing."""
        if index not in self._values:
            node = self._nodes[index] if 0 <= index < len(self._nodes) else None
            self._values[index] = None if node is None else _words(_rich(node))
            if node is not None and _struck(node):
                self._partly.add(index)
        return self._values[index]

    def partly(self, index: int) -> bool:
        """Whether something of a string that was shown is struck out and left out."""
        return index in self._partly


def _words(text: str) -> Value | None:
    """Words as a cell shows them."""
    shown = text.strip()
    return Value(shown, number_in(text)) if shown else None


def _rich(node: etree._Element) -> str:
    """Text of a string item, plain or in runs."""
    children = node[:]
    if len(children) == 1 and children[0].tag == _TEXT:
        text = children[0].text or ""
    else:
        text = "".join(
            (each.text or "")
            for child in children
            if child.tag == _TEXT or (child.tag == _PIECE and not _out(child.find(_RUN_LOOK)))
            for each in ([child] if child.tag == _TEXT else child.iterfind(_TEXT))
        )
    if "_x" in text:
        text = _ESCAPED.sub(
            lambda match: chr(int(match[1], 16)) if int(match[1], 16) not in range(0xD800, 0xE000) else "", text
        )
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def _struck(node: etree._Element) -> bool:
    """Whether a stretch of a string item is struck out."""
    return any(_out(look) for look in node.iterfind(f"{_PIECE}/{_RUN_LOOK}"))


def _out(look: etree._Element | None) -> bool:
    """Whether a font is struck through."""
    strike = None if look is None else look.find(_STRIKE)
    return strike is not None and strike.get("val", "1") not in {"0", "false"}


def _unseen(tree: etree._Element | None) -> list[str]:
    """Of every cell style why its words are not seen; empty for what is."""
    if tree is None:
        return []
    fonts = [
        "带删除线的" if _out(node) else "白色" if _white(node.find(S + "color")) else ""
        for node in tree.iterfind(f"{S}fonts/{S}font")
    ]
    grounds = [
        node.find(S + "patternFill") is None or node.find(S + "patternFill").get("patternType", "none") == "none"
        for node in tree.iterfind(f"{S}fills/{S}fill")
    ]
    found = []
    for node in tree.iterfind(f"{S}cellXfs/{S}xf"):
        font, ground = _int(node.get("fontId"), 0), _int(node.get("fillId"), 0)
        reason = fonts[font] if 0 <= font < len(fonts) else ""
        bare = not 0 <= ground < len(grounds) or grounds[ground]
        found.append("" if reason == "白色" and not bare else reason)
    return found


def _white(color: etree._Element | None) -> bool:
    """Paper white; a theme's first colour is its paper."""
    return color is not None and (
        color.get("rgb", "").upper()[-6:] == "FFFFFF"
        or (color.get("theme") == "0" and float(color.get("tint", "0") or 0) >= 0)
        or color.get("indexed") in {"1", "9"}
    )


def _formats(tree: etree._Element | None) -> list[str]:
    """Number format of every cell style."""
    if tree is None:
        return []
    codes = dict(numfmt.BUILTIN)
    for node in tree.iterfind(f"{S}numFmts/{S}numFmt"):
        codes[_int(node.get("numFmtId"), 0)] = node.get("formatCode", "General")[:500]
    return [codes.get(_int(node.get("numFmtId"), 0), "General") for node in tree.iterfind(f"{S}cellXfs/{S}xf")]


def _sheet(name: str, data: bytes, *, cells: _Cells, budget: _Budget) -> Sheet:
    """One sheet; the stated dimension is ignored, since WPS writes it wrongly."""
    opc.refuse_doctype(data)
    if b"purl.oclc.org" in data[:8192]:
        data = data.replace(b"http://purl.oclc.org/ooxml/spreadsheetml/main", S[1:-1].encode())
    sheet = Sheet(name)
    # A table's look or a rule may lay a ground under white words.
    cells.open_sheet(grounded=b"<tablePart " in data or b"<conditionalFormatting" in data)
    row_number = -1
    rows_filled: set[int] = set()
    skipped_rows = skipped_columns = skipped_cells = False
    # Names of this function: the loop below is gone through for every cell.
    walked, left, values, show = budget.walked, budget.cells, sheet.values, cells.value
    try:
        events = etree.iterparse(
            io.BytesIO(data),
            events=("end",),
            tag=(_ROW, _MERGE, _COL),
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
        )
        for _, node in events:
            tag = node.tag
            if tag == _COL:
                if node.get("hidden", "0") in {"1", "true"} or _flat(node.get("width"), _LEAST_WIDTH):
                    sheet.hidden_columns.append((_int(node.get("min"), 1) - 1, _int(node.get("max"), 1) - 1))
                continue
            if tag == _MERGE:
                merge = _range(node.get("ref", "")) if len(sheet.merges) < _MAX_MERGES else None
                if merge is not None:
                    sheet.merges.append(merge)
                continue
            row_number = _int(node.get("r"), row_number + 2) - 1
            if node.get("hidden", "0") in {"1", "true"} or _flat(node.get("ht"), _LEAST_HEIGHT):
                sheet.hidden_rows.add(row_number)
            column = -1
            name_of_row = str(row_number + 1)
            for cell in node.iterchildren(_CELL):
                walked -= 1
                row, column = row_number, column + 1
                reference = cell.get("r")
                # Cells nearly always stand where the one before leads one to expect.
                if reference is not None and reference != column_name(column) + name_of_row:
                    row, column = _position(reference, row, column)
                value = show(cell)
                if walked < 0:
                    skipped_cells = True
                    break
                if value is None:
                    continue
                if column >= MAX_COLUMNS:
                    skipped_columns = True
                    continue
                if row not in rows_filled and len(rows_filled) >= MAX_ROWS:
                    skipped_rows = True
                    continue
                if left <= 0:
                    skipped_cells = True
                    continue
                left -= 1
                rows_filled.add(row)
                values[row, column] = value
            if walked < 0:
                break
            node.clear()
            parent = node.getparent()
            while parent is not None and node.getprevious() is not None:
                del parent[0]
    except etree.XMLSyntaxError as error:
        raise RefusalError(Trouble.DAMAGED, f"工作表“{name}”的内容已损坏") from error
    budget.walked, budget.cells = walked, left
    sheet.warnings += [f"工作表“{name}”有{reason}文字，未计入" for reason in sorted(cells.left_out)]
    if skipped_rows:
        sheet.warnings.append(f"工作表“{name}”超过{MAX_ROWS}行，只读了前{MAX_ROWS}行")
    if skipped_columns:
        sheet.warnings.append(f"工作表“{name}”超过{MAX_COLUMNS}列，只读了前{MAX_COLUMNS}列")
    if skipped_cells:
        sheet.warnings.append(f"工作簿单元格过多，工作表“{name}”没有读完")
    return sheet


class _Cells:
    """What cells of one workbook show, by its strings and formats."""

    __slots__ = ("_formats", "_grounded", "_numbers", "_since1904", "_strings", "_unseen", "left_out")

    def __init__(self, strings: _Strings, formats: list[str], unseen: list[str], *, since1904: bool) -> None:
        self._strings = strings
        self._formats = formats
        #: By the attribute as it is stored, since nearly every cell is seen.
        self._unseen = {str(style): reason for style, reason in enumerate(unseen) if reason}
        self._grounded = False
        #: Why words of the present sheet were left out.
        self.left_out: set[str] = set()
        self._since1904 = since1904
        #: Numbers shown before, by what is stored and the style: a ledger holds few different ones.
        self._numbers: dict[tuple[str, str | None], Value | None] = {}

    def open_sheet(self, *, grounded: bool) -> None:
        """Begin a sheet; ``grounded``: a ground may lie under its white words that no cell tells of."""
        self._grounded = grounded
        self.left_out = set()

    def value(self, node: etree._Element) -> Value | None:
        """What a cell shows; ``None`` when it is empty or its words are not seen."""
        value = self._stored(node)
        style = node.get("s", "0")
        if value is None or style not in self._unseen:
            return value
        reason = self._unseen[style]
        if reason == "白色" and self._grounded:
            return value
        self.left_out.add(reason)
        return None

    def _stored(self, node: etree._Element) -> Value | None:
        kind = node.get("t", "n")
        if kind == "inlineStr":
            inline = node.find(_INLINE) if node[:1] == [] or node[0].tag != _INLINE else node[0]
            if inline is not None and _struck(inline):
                self.left_out.add("带删除线的")
            return None if inline is None else _words(_rich(inline))
        stored = formula = None
        for child in node[::-1]:
            tag = child.tag
            if tag == _STORED:
                stored = child
            elif tag == _FORMULA:
                formula = child
        text = "" if stored is None else stored.text or ""
        if kind == "s":
            index = _int(text, -1)
            value = self._strings.value(index)
            if self._strings.partly(index):
                self.left_out.add("带删除线的")
            return value
        if not text.strip():
            return Value("", None, NO_VALUE) if kind == "n" and formula is not None else None
        if kind == "str":
            return _words(text)
        if kind == "b":
            return Value("TRUE" if text.strip() in {"1", "true"} else "FALSE")
        if kind == "e":
            return Value(text.strip(), None, f"公式出错（{text.strip()}），请核对数值")
        if kind == "d":
            return Value(text.strip().partition("T")[0])
        style = node.get("s")
        known = self._numbers.get((text, style), _NEW)
        if known is not _NEW:
            return known
        number = self._numbers[text, style] = self._number(text, _int(style, 0))
        return number

    def _number(self, text: str, style: int) -> Value | None:
        """A number under the format of its style."""
        try:
            number = float(text)
        except ValueError:
            return Value(text.strip())
        code = self._formats[style] if 0 <= style < len(self._formats) else "General"
        return numeric(number, code, since1904=self._since1904)


#: Stands for a number that was not shown yet.
_NEW = Value("")


def numeric(number: float, code: str, *, since1904: bool = False) -> Value | None:
    """A numeric cell under its format."""
    if not math.isfinite(number):
        return Value(str(number))
    if code == "General":
        return Value(numfmt.general(number), round(number, 10))
    text = numfmt.shown(number, code, since1904=since1904)
    if not text:
        return None
    if numfmt.is_date(code):
        return Value(text)
    return Value(text, round(float(Decimal(repr(number)) * numfmt.scale(code)), 10))


def _position(reference: str | None, row: int, column: int) -> tuple[int, int]:
    match = _REFERENCE.fullmatch(reference or "")
    if match is None:
        return row, column
    return int(match[2]) - 1, _column(match[1])


@lru_cache(maxsize=512)
def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1


def _range(reference: str) -> tuple[int, int, int, int] | None:
    first, _, last = reference.partition(":")
    start, end = _REFERENCE.fullmatch(first), _REFERENCE.fullmatch(last or first)
    if start is None or end is None:
        return None
    return int(start[2]) - 1, _column(start[1]), int(end[2]) - 1, _column(end[1])


def _flat(size: str | None, least: float) -> bool:
    """Whether a row or column is so small that nothing of it shows."""
    try:
        return size is not None and float(size) < least
    except ValueError:
        return False


def _int(text: str | None, default: int) -> int:
    try:
        return int(text) if text else default
    except ValueError:
        return default


__all__ = ["NO_VALUE", "Book", "book", "column_name", "numeric"]
