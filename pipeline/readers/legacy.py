"""Old Word and WPS files, RTF, WordML, OpenDocument -> document, by LibreOffice; old Word also by its piece table."""

from __future__ import annotations

import io
import re
import struct
from dataclasses import replace

import olefile

from pipeline.model import Cell, Document, Paragraph, Part, Table, Trouble
from pipeline.readers import docx, opc, sniff
from pipeline.readers.tools import MAX_CELL_TEXT, MAX_TEXT, RefusalError, Tools

_ENDING = {"doc": "doc", "rtf": "rtf", "wordml": "xml", "odt": "odt", "fodf": "odt", "works": "wps", "ole": "wps"}
#: A run of raw bytes in RTF, with its length.
_BINARY = re.compile(rb"\\bin(\d{1,12})")
_NO_NUMBERS = "旧版Word文件未经LibreOffice读取，自动编号没有还原"
_LEFT_OUT = "文件带有修订痕迹、隐藏或带删除线的文字，已按最终结果读取，未计入"
#: Codes of run properties: deleted under tracked changes; struck, struck twice, hidden.
_DELETED, _HIDING = 0x0800, frozenset({0x0837, 0x2A53, 0x083C})
#: As many runs as their offsets leave room for on a page.
_MOST_RUNS = 101
_OPERANDS = {0: 1, 1: 1, 2: 2, 3: 4, 4: 2, 5: 2, 7: 3}
_FIELD = re.compile(r"\x13[^\x13\x14\x15]{0,4000}(?:\x14([^\x13\x14\x15]{0,20000}))?\x15")
_SIGNS = {
    "\x1e": "-",
    "\x1f": "",
    "\x0b": "\n",
    "\x0e": "",
    "\xa0": " ",
    "\x01": "",
    "\x02": "",
    "\x05": "",
    "\x08": "",
    "\x03": "",
    "\x04": "",
}


class ConvertedReader:
    """Reads what LibreOffice can turn into docx; automatic numbers survive the turn."""

    name = "libreoffice"

    def accepts(self, data: bytes, name: str) -> bool:  # noqa: ARG002 - content decides
        """An old text document, whatever it is called."""
        return sniff.kind(data) in _ENDING

    def read(self, part: Part, tools: Tools) -> Document:
        """The converted document under the name of its own format."""
        kind = sniff.kind(part.data)
        if kind == "doc":
            refuse_locked(part.data)
        if kind in {"wordml", "fodf"}:
            opc.refuse_doctype(part.data)
        if kind == "rtf":
            _refuse_broken_rtf(part.data)
        if tools.convert is None:
            raise RefusalError(Trouble.NO_TOOL, "这是旧格式文件，本机没有安装LibreOffice，无法读取")
        try:
            turned = tools.convert(part.data, _ENDING[kind], "docx")
        except OSError as error:
            trouble = Trouble.TOO_LARGE if "超过" in str(error) else Trouble.DAMAGED
            raise RefusalError(trouble, str(error) or "LibreOffice打不开这个文件") from error
        document = docx.read_package(opc.open_package(turned), part, tools)
        document = replace(document, format="doc" if kind in {"doc", "ole", "works"} else kind)
        if kind == "doc":
            plain = _plain(part)
            if plain is not None and _lost(document, plain):
                return plain
        return document


def _refuse_broken_rtf(data: bytes) -> None:
    """Refuse what LibreOffice would turn over for ever: a picture that is longer than the file.

    Raises:
        RefusalError: the file is cut off or was made to do harm.
    """
    for found in _BINARY.finditer(data):
        if int(found[1]) > len(data) - found.end():
            raise RefusalError(Trouble.DAMAGED, "RTF文件已损坏，可能没有传完整")


class DocReader:
    """Reads old Word by its piece table: all text and cells, but no automatic numbers."""

    name = "doc"

    def accepts(self, data: bytes, name: str) -> bool:  # noqa: ARG002 - content decides
        """Old Word, whatever it is called."""
        return sniff.kind(data) == "doc"

    def read(self, part: Part, tools: Tools) -> Document:  # noqa: ARG002 - needs no tool
        """Its text in order."""
        refuse_locked(part.data)
        return _by_pieces(part)


class LockedReader:
    """Knows office files with a password."""

    name = "encrypted"

    def accepts(self, data: bytes, name: str) -> bool:  # noqa: ARG002 - content decides
        """An encrypted package."""
        return sniff.kind(data) == "encrypted-ooxml"

    def read(self, part: Part, tools: Tools) -> Document:  # noqa: ARG002 - nothing can be read
        """Refuses."""
        raise RefusalError(Trouble.ENCRYPTED, "文件设置了打开密码，请取消密码后重新发送", final=True)


def _plain(part: Part) -> Document | None:
    """The document by its own piece table, where that can be read."""
    try:
        return _by_pieces(part)
    except RefusalError:
        return None


def _by_pieces(part: Part) -> Document:
    """The document by its piece table.

    Raises:
        RefusalError: The table is missing or broken.
    """
    text, whole = piece_text(part.data)
    warnings = (_NO_NUMBERS,) if whole else (_NO_NUMBERS, _LEFT_OUT)
    return Document(part.path, part.name, "doc", _blocks(text), warnings=warnings)


def _lost(turned: Document, plain: Document) -> bool:
    """Whether the conversion lost a table or a tenth of the words; LibreOffice flattens a table at the very end."""
    tables = [sum(isinstance(block, Table) for block in each.blocks) for each in (turned, plain)]
    words = [
        sum(
            len(block.text) if isinstance(block, Paragraph) else sum(len(c.text) for c in block.cells)
            for block in each.blocks
        )
        for each in (turned, plain)
    ]
    return (tables[0] == 0 and tables[1] > 0) or words[0] < 0.9 * words[1]


def refuse_locked(data: bytes) -> None:
    """Refuse an old Word file with a password (FIB, bit 0x0100)."""
    try:
        with olefile.OleFileIO(io.BytesIO(data)) as ole:
            head = ole.openstream("WordDocument").read(32)
    except Exception as error:
        raise RefusalError(Trouble.DAMAGED, "旧版Word文件已损坏，可能没有传完整") from error
    if len(head) >= 12 and struct.unpack_from("<H", head, 10)[0] & 0x0100:
        raise RefusalError(Trouble.ENCRYPTED, "文件设置了打开密码，请取消密码后重新发送", final=True)


def _unseen(stream: bytes, table: bytes) -> list[tuple[int, int, bool]]:
    """Stretches of the stream that nobody sees, in order: from, to, whether tracked changes deleted them.

    From the pages that hold the looks of runs (MS-DOC 2.8.6, 2.9.33); looks of styles are not followed.
    """
    start, size = struct.unpack_from("<II", stream, 0x00FA)
    plc = table[start : start + size]
    count = max(0, (len(plc) - 4) // 8)
    found = []
    for page_number in struct.unpack_from(f"<{count}I", plc, 4 * (count + 1)) if count else ():
        page = stream[(page_number & 0x3FFFFF) * 512 :][:512]
        runs = page[511] if len(page) == 512 else 0
        if not 0 < runs <= _MOST_RUNS:
            continue
        ends = struct.unpack_from(f"<{runs + 1}I", page, 0)
        for run in range(runs):
            at = 2 * page[4 * (runs + 1) + run]
            gone, hidden = _looks(page[at + 1 : at + 1 + page[at]]) if at else (False, False)
            if gone or hidden:
                found.append((ends[run], ends[run + 1], gone))
    return sorted(found)


def _looks(properties: bytes) -> tuple[bool, bool]:
    """Whether run properties say deleted, and whether they say struck or hidden."""
    gone = hidden = False
    position = 0
    while position + 2 < len(properties):
        code = struct.unpack_from("<H", properties, position)[0]
        position += 2
        # How long the operand is stands in the three highest bits.
        length = _OPERANDS.get(code >> 13, properties[position] + 1)
        on = properties[position] in {1, 0x81}
        if code == _DELETED:
            gone = on
        elif code in _HIDING:
            hidden = hidden or on
        position += length
    return gone, hidden


def _seen(stream: bytes, start: int, end: int, unseen: list[tuple[int, int, bool]], encoding: str) -> str:
    """Text between two offsets, without what nobody sees; marks of cells, and of paragraphs that stay, are kept."""
    out = ""
    for first, last, gone in unseen:
        if last <= start or first >= end:
            continue
        out += stream[start : max(start, first)].decode(encoding, "replace")
        dead = stream[max(start, first) : min(end, last)].decode(encoding, "replace")
        out += "".join(sign for sign in dead if sign == "\x07" or (sign in "\r\x0c" and not gone))
        start = min(end, last)
    return out + stream[start:end].decode(encoding, "replace")


def piece_text(data: bytes) -> tuple[str, bool]:
    """Main text of an old Word file in its final view, with its control signs (MS-DOC 2.4.1); whether that is all.

    Raises:
        RefusalError: The piece table is missing or broken.
    """
    try:
        with olefile.OleFileIO(io.BytesIO(data)) as ole:
            stream = ole.openstream("WordDocument").read()
            flags = struct.unpack_from("<H", stream, 10)[0]
            table = ole.openstream("1Table" if flags & 0x0200 else "0Table").read()
        length = struct.unpack_from("<i", stream, 0x4C)[0]
        start, size = struct.unpack_from("<II", stream, 0x01A2)
        clx = table[start : start + size]
        position = 0
        while position < len(clx) and clx[position] == 1:
            position += 3 + struct.unpack_from("<H", clx, position + 1)[0]
        if position >= len(clx) or clx[position] != 2:
            raise RefusalError(Trouble.DAMAGED, "旧版Word文件的文字索引已损坏")
        count = (struct.unpack_from("<I", clx, position + 1)[0] - 4) // 12
        plc = position + 5
        ends = struct.unpack_from(f"<{count + 1}I", clx, plc)
        unseen = _unseen(stream, table)
        out: list[str] = []
        total = 0
        for index in range(count):
            code = struct.unpack_from("<I", clx, plc + 4 * (count + 1) + 8 * index + 2)[0]
            signs = min(ends[index + 1], length) - ends[index]
            if signs <= 0:
                continue
            total += signs
            if total > MAX_TEXT:
                raise RefusalError(Trouble.TOO_LARGE, "文字超过200万字，不予打开", final=True)
            at = code & 0x3FFFFFFF
            if code & 0x40000000:
                out.append(_seen(stream, at // 2, at // 2 + signs, unseen, "cp1252"))
            else:
                out.append(_seen(stream, at, at + 2 * signs, unseen, "utf-16-le"))
    except (struct.error, OSError, IndexError) as error:
        raise RefusalError(Trouble.DAMAGED, "旧版Word文件已损坏，可能没有传完整") from error
    return "".join(out), not unseen


def _blocks(text: str) -> tuple[Paragraph | Table, ...]:
    """Paragraphs and tables: 0x0D ends a paragraph, 0x07 a cell, and an empty cell after a cell ends the row."""
    for _ in range(8):
        plain = _FIELD.sub(lambda match: match[1] or "", text)
        if plain == text:
            break
        text = plain
    text = "".join(_SIGNS.get(sign, sign) for sign in text)
    found: list[Paragraph | Table] = []
    rows: list[list[str]] = []
    row: list[str] = []
    cell = ""
    number = 0

    def close() -> None:
        nonlocal rows, row
        if row:
            rows.append(row)
        if rows:
            place = f"表{sum(isinstance(each, Table) for each in found) + 1}"
            cells = tuple(
                Cell(words[:MAX_CELL_TEXT], r, c, f"{place}第{r + 1}行第{c + 1}列")
                for r, line in enumerate(rows)
                for c, words in enumerate(line)
            )
            found.append(Table(cells, len(rows), max(len(line) for line in rows), place))
        rows, row = [], []

    for piece in re.findall(r"[^\r\x07\x0c]*[\r\x07\x0c]|[^\r\x07\x0c]+$", text):
        words, end = (piece[:-1], piece[-1]) if piece[-1] in "\r\x07\x0c" else (piece, "\r")
        if end == "\x07":
            if not words and not cell and row and len(row) >= (len(rows[0]) if rows else 1):
                rows.append(row)
                row = []
            else:
                row.append((cell + words).strip())
                cell = ""
            continue
        if row:
            cell += words + "\n"
            continue
        close()
        if words.strip():
            number += 1
            found.append(Paragraph(words.strip(), f"第{number}段"))
    close()
    return tuple(found)
