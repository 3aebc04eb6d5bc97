"""Plain text and csv -> document."""

from __future__ import annotations

import csv
import io
import re

from pipeline.model import Cell, Document, Paragraph, Part, Table, Trouble
from pipeline.readers import sniff
from pipeline.readers.grid import MAX_COLUMNS, MAX_ROWS, number_in
from pipeline.readers.tools import MAX_CELL_TEXT, MAX_TEXT, RefusalError, Tools

_SEPARATORS = (",", "\t", ";", "，", "|")
_MAX_LINE = 20_000


def decode(data: bytes) -> str:
    """Characters of an attached text: by its mark, else UTF-8, UTF-16 without mark, GB18030 (holds GBK and GB2312)."""
    if data[:3] == b"\xef\xbb\xbf":
        return data[3:].decode("utf-8", "replace")
    if data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        pass
    zeros = data[:4096].count(0)
    if zeros:
        return data.decode("utf-16-le" if data[1:4096:2].count(0) > zeros // 2 else "utf-16-be", "replace")
    # A text cut in the middle of a character is still UTF-8.
    lenient = data.decode("utf-8", "replace")
    strict = data.decode("gb18030", "replace")
    return lenient if lenient.count("\ufffd") < strict.count("\ufffd") else strict


class CsvReader:
    """Reads separated values: several lines with the same number of the same separator."""

    name = "csv"

    def accepts(self, data: bytes, name: str) -> bool:
        """Text whose lines are parted alike; the name breaks the tie with prose."""
        if sniff.kind(data) != "text":
            return False
        text = decode(data[:65536])
        return _separator(text, sure=name.lower().endswith((".csv", ".tsv"))) != ""

    def read(self, part: Part, tools: Tools) -> Document:  # noqa: ARG002 - text needs no tool
        """One table."""
        text = decode(part.data)[:MAX_TEXT]
        separator = _separator(text[:65536], sure=True)
        warnings: list[str] = []
        cells: list[Cell] = []
        height = width = 0
        try:
            for row in csv.reader(io.StringIO(text.replace("\x00", ""), newline=""), delimiter=separator or ","):
                if height >= MAX_ROWS:
                    warnings.append(f"表格超过{MAX_ROWS}行，只读了前{MAX_ROWS}行")
                    break
                if not any(value.strip() for value in row):
                    continue
                for column, value in enumerate(row[:MAX_COLUMNS]):
                    words = _unquoted(value)
                    if words:
                        cells.append(
                            Cell(
                                words[:MAX_CELL_TEXT],
                                height,
                                column,
                                f"第{height + 1}行第{column + 1}列",
                                number=number_in(words),
                            )
                        )
                        width = max(width, column + 1)
                height += 1
        except csv.Error as error:
            raise RefusalError(Trouble.DAMAGED, "表格文本的引号或分隔不完整") from error
        table = Table(tuple(cells), height, width, "表1")
        return Document(part.path, part.name, "csv", (table,) if cells else (), warnings=tuple(warnings))


def _unquoted(value: str) -> str:
    """A field; ``="0123"`` is how sheets keep text that looks like a number."""
    value = value.strip()
    match = re.fullmatch(r'="?([^"]*)"?', value)
    return match[1].strip() if match else value


def _separator(text: str, *, sure: bool) -> str:
    """The sign that parts the columns; empty when this is prose."""
    lines = [line for line in text.splitlines()[:40] if line.strip()]
    if not lines:
        return ""
    best, most = "", 0.0
    for sign in _SEPARATORS:
        if sign == "，" and not sure:
            continue
        try:
            rows = [row for row in csv.reader(io.StringIO(text), delimiter=sign) if any(row)][:40]
        except csv.Error:
            continue
        rows = rows[:-1] if len(rows) > 2 and len(text) >= 60000 else rows
        if not rows:
            # Lines of nothing but this sign.
            continue
        counts = [len(row) for row in rows]
        common = max(set(counts), key=counts.count)
        alike = counts.count(common) / len(counts)
        if common > 1 and alike * common > most and (sure or (len(rows) >= 3 and common >= 3 and alike >= 0.8)):
            best, most = sign, alike * common
    return best


class TextReader:
    """Reads plain text: one paragraph a line."""

    name = "text"

    def accepts(self, data: bytes, name: str) -> bool:  # noqa: ARG002 - content decides
        """Text of any Chinese charset."""
        return sniff.kind(data) in {"text", "xml"}

    def read(self, part: Part, tools: Tools) -> Document:  # noqa: ARG002 - text needs no tool
        """Its lines that say something."""
        text = decode(part.data)
        warnings = ("文字超过200万字，只读了前面部分",) if len(text) > MAX_TEXT else ()
        return Document(part.path, part.name, "text", paragraphs(text[:MAX_TEXT]), warnings=warnings)


def paragraphs(text: str) -> tuple[Paragraph, ...]:
    """Lines as paragraphs; ``>`` marks and indents are left to those who know mail."""
    found = []
    for number, line in enumerate(re.split(r"\r\n|\r|\n|\f|\x0b|\u2028|\u2029", text), 1):
        words = line.strip().strip("\u200b\ufeff")
        if words:
            found.append(Paragraph(words[:_MAX_LINE], f"第{number}行"))
    return tuple(found)
