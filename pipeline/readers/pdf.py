"""PDF -> document: text by its positions on the page, ruled tables, and OCR for pages that are only pictures."""

from __future__ import annotations

import ctypes
import io
import math
import unicodedata
from typing import cast

import pdfplumber
import pypdfium2
import pypdfium2.raw as pdfium

from pipeline.model import Document, Part, Seal, Trouble
from pipeline.readers import layout, ocrtext, sniff, unruled
from pipeline.readers.layout import Box, Line
from pipeline.readers.tools import (
    MAX_PAGES,
    MAX_PIXELS,
    MAX_SCANNED_PAGES,
    MAX_TEXT,
    Look,
    Page,
    Picture,
    RefusalError,
    Tools,
)

#: Dots per inch at which a page is drawn for OCR.
_DPI = 200
#: A page with fewer characters than this and a picture on it is a scan.
_FEW = 12
#: More paths than this on a page is a drawing, not a table.
_MAX_PATHS = 4000
_MAX_CHARACTERS = 60_000
#: Of so many signs the direction is looked at.
_ASKED = 400
_SEAL_DPI = 80
#: Signs that stand this much of their size apart begin a piece of their own: the gutter of two columns is hardly wider.
_APART = 1.1
#: From this lightness on (of 255) a sign may be unseen on paper; it is, if its ground differs less than the contrast.
_PALE = 225
_CONTRAST = 24
#: A picture with more pixels than this is not drawn: an A3 page at 800 dpi has 120 millions, a bomb milliards.
_MAX_DRAWN = 200_000_000


class PdfReader:
    """Reads PDF."""

    name = "pdf"

    def accepts(self, data: bytes, name: str) -> bool:  # noqa: ARG002 - content decides
        """PDF by its mark, near the start."""
        return sniff.kind(data) == "pdf"

    def read(self, part: Part, tools: Tools) -> Document:
        """Pages in order; scanned ones through OCR."""
        stored = _opened(part.data)
        try:
            return _document(stored, part, tools)
        finally:
            stored.close()


def _opened(data: bytes) -> pypdfium2.PdfDocument:
    try:
        return pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        said = str(error).lower()
        if "password" in said or "security" in said:
            raise RefusalError(Trouble.ENCRYPTED, "PDF设置了打开密码", final=True) from error
        raise RefusalError(Trouble.DAMAGED, "PDF已损坏，可能没有传完整") from error


def _document(stored: pypdfium2.PdfDocument, part: Part, tools: Tools) -> Document:
    count = len(stored)
    warnings: list[str] = []
    if not count:
        raise RefusalError(Trouble.DAMAGED, "PDF里没有页面，可能没有传完整")
    if count > MAX_PAGES:
        warnings.append(f"PDF有{count}页，只读了前{MAX_PAGES}页")
    sheets: list[layout.Sheet] = []
    seal = Look(Seal.ABSENT, page=False)
    before: unruled.Found | None = None
    read = unread = written = vast = 0
    scans: list[Page] = []
    for number in range(min(count, MAX_PAGES)):
        try:
            page = stored[number]
        except pypdfium2.PdfiumError:
            warnings.append(f"第{number + 1}页已损坏，未能读取")
            continue
        name = f"第{number + 1}页"
        wide, high = page.get_size()
        if not 10 < wide < 20_000 or not 10 < high < 20_000:
            warnings.append(f"{name}的尺寸异常，未读取")
            continue
        characters, legible, unseen = _characters(page)
        turn = _sideways(page)
        if turn:
            characters = [_Character((each[0], *_turned(each[1:5], turn, wide, high), each[5])) for each in characters]
        if unseen and legible and not any("看不见" in told for told in warnings):
            warnings.append("PDF带有看不见的文字，未计入")
        lines = tuple(_strung(characters))
        pictured = _pictured(page, wide, high)
        drawable = not _vast(page)
        if not drawable:
            vast += 1
            warnings.append(f"{name}上的图片超过2亿像素，未读取图片")
        scan = drawable and ((pictured > 0.5 and (not legible or _few(lines))) or (_few(lines) and pictured > 0.02))
        if scan:
            if tools.ocr is None or tools.look is None:
                unread += 1
                sheets.append(layout.Sheet(name, wide, high, lines if legible else ()))
                continue
            if read >= MAX_SCANNED_PAGES or (read and not tools.enough()):
                unread += 1
                continue
            read += 1
            picture = _drawn(page, _DPI)
            look = tools.look(picture)
            seal = ocrtext.stronger(seal, look)
            seen = tools.ocr(picture)
            scans.append(seen)
            written += sum(len(line.text) for line in seen.lines)
            sheets.append(
                layout.Sheet(
                    name, seen.width, seen.height,
                    tuple(
                        Line(ocrtext.punctuated(line.text), line.left, line.top, line.right, line.bottom)
                        for line in seen.lines
                    ),
                    tuple(each.boxes for each in seen.tables),
                )
            )  # fmt: skip
            continue
        if drawable and tools.look is not None and (pictured > 0 or _path_red(page)):
            seal = ocrtext.stronger(seal, _only_present(tools.look(_drawn(page, _SEAL_DPI))))
        grids = tuple(tuple(_turned(box, turn, wide, high) for box in grid) for grid in _grids(part.data, number, page))
        if turn in {90, 270}:
            wide, high = high, wide
        if not grids:
            bare = unruled.find(lines, characters, before)
            before = bare[-1] if bare else None
            grids = tuple(each.boxes() for each in bare)
        else:
            before = None
        sheets.append(layout.Sheet(name, wide, high, _in_cells(lines, characters, grids), grids))
        written += sum(len(line.text) for line in sheets[-1].lines)
        if written > MAX_TEXT:
            raise RefusalError(Trouble.TOO_LARGE, "文字超过200万字，不予打开", final=True)
    if vast and not any(sheet.lines for sheet in sheets):
        raise RefusalError(Trouble.TOO_LARGE, "PDF里的图片超过2亿像素，请降低分辨率后重新发送", final=True)
    if unread:
        if not any(sheet.lines for sheet in sheets):
            raise RefusalError(Trouble.NO_TOOL, "这是扫描件，本机没有安装文字识别组件，请补发Word文件")
        remedy = "，请把这些页分成另外的文件重新发送" if read else ""
        warnings.append(f"有{unread}页是扫描图片，未能读取{remedy}")
    scanned = read > 0 and read * 2 >= len(sheets)
    return Document(
        part.path, part.name, "pdf", layout.blocks(tuple(sheets), scanned=scanned), seal.seal, seal.seal_text,
        scanned=scanned, warnings=(*warnings, *ocrtext.missing(scans)), properties=_properties(stored),
    )  # fmt: skip


def _properties(stored: pypdfium2.PdfDocument) -> tuple[tuple[str, str], ...]:
    try:
        said = stored.get_metadata_dict(skip_empty=True)
    except (pypdfium2.PdfiumError, ValueError):
        return ()
    return tuple(
        (key.lower(), value.strip()[:200])
        for key, value in said.items()
        if key in {"Title", "Author", "Creator"} and value.strip()
    )


def _few(lines: tuple[Line, ...]) -> bool:
    return sum(len(line.text) for line in lines) < _FEW


def _only_present(look: Look) -> Look:
    """On a page with text of its own, only a seal that is seen counts: pictures without colour say nothing."""
    return look if look.seal is Seal.PRESENT else Look(Seal.ABSENT, page=look.page)


# --------------------------------------------------------------------------- text


class _Character(tuple[str, float, float, float, float, bool]):
    """(sign, left, top, right, bottom, bold)."""

    __slots__ = ()


def _characters(page: pypdfium2.PdfPage) -> tuple[list[_Character], bool, bool]:
    """Visible characters of a page, upright; whether they mean something (a Unicode map, no OCR layer); any unseen.

    A page whose text is mostly unseen is a scan under its OCR layer: there the layer is returned, and means nothing.
    """
    text = page.get_textpage()
    raw = text.raw
    count = min(text.count_chars(), _MAX_CHARACTERS)
    turn = page.get_rotation()
    wide, high = page.get_size()
    if turn in {90, 270}:
        wide, high = high, wide
    found: list[_Character] = []
    pale: list[int] = []
    odd = 0
    box = pdfium.FS_RECTF()
    origin_left, origin_bottom = _origin(page)
    for index in range(count):
        code = pdfium.FPDFText_GetUnicode(raw, index)
        if code < 0x20 or code in {0xFFFE, 0xAD}:
            continue
        if not pdfium.FPDFText_GetLooseCharBox(raw, index, box):
            continue
        sign = (
            unicodedata.normalize("NFKC", chr(code))
            if 0x2E80 <= code <= 0x2FDF or 0xF900 <= code <= 0xFAFF
            else chr(code)
        )
        odd += 0xE000 <= code <= 0xF8FF or code == 0xFFFD
        left, right, top, bottom = (
            box.left - origin_left,
            box.right - origin_left,
            high - (box.top - origin_bottom),
            high - (box.bottom - origin_bottom),
        )
        left, right, top, bottom = min(left, right), max(left, right), min(top, bottom), max(top, bottom)
        if not chr(code).isspace() and _pale(raw, index):
            pale.append(len(found))
        found.append(
            _Character(
                (
                    sign,
                    *_turned((left, top, right, bottom), turn, wide, high),
                    pdfium.FPDFText_GetFontWeight(raw, index) >= 600,
                )
            )
        )
    hidden = bool(count) and _invisible(raw, count)
    text.close()
    unseen = _without_contrast(page, found, pale) if pale and not hidden else set()
    if unseen:
        found = [each for place, each in enumerate(found) if place not in unseen]
    return found, bool(found) and odd * 5 < len(found) and not hidden, bool(unseen)


def _pale(raw: ctypes.c_void_p, index: int) -> bool:
    """Whether a character may be unseen: drawn nearly white, nearly transparent, or not at all."""
    red, green, blue, alpha = (ctypes.c_uint() for _ in range(4))
    if pdfium.FPDFText_GetFillColor(raw, index, red, green, blue, alpha) and (
        min(red.value, green.value, blue.value) >= _PALE or alpha.value <= 255 - _PALE
    ):
        return True
    item = pdfium.FPDFText_GetTextObject(raw, index)
    return bool(item) and pdfium.FPDFTextObj_GetTextRenderMode(item) == pdfium.FPDF_TEXTRENDERMODE_INVISIBLE


def _without_contrast(page: pypdfium2.PdfPage, found: list[_Character], pale: list[int]) -> set[int]:
    """Of the pale characters those that cannot be told from their ground: white on blue is a heading that is seen."""
    if _vast(page):
        return set()
    drawn = page.render(scale=1.0, may_draw_forms=False, grayscale=True).to_pil().convert("L")
    unseen: set[int] = set()
    for place in pale:
        _, left, top, right, bottom, _ = found[place]
        if not (left < drawn.width and right > 0 and top < drawn.height and bottom > 0):
            unseen.add(place)
            continue
        patch = drawn.crop((max(0, int(left)), max(0, int(top)), int(right) + 1, int(bottom) + 1))
        darkest, lightest = cast("tuple[int, int]", patch.getextrema())
        if lightest - darkest < _CONTRAST:
            unseen.add(place)
    return unseen


def _origin(page: pypdfium2.PdfPage) -> tuple[float, float]:
    """Lower left corner of what is shown."""
    left, bottom, _, _ = page.get_cropbox()
    return float(left), float(bottom)


def _invisible(raw: ctypes.c_void_p, count: int) -> bool:
    """Whether the text is the invisible layer that scanner software lays over a picture (render mode 3)."""
    probes = range(0, count, max(1, count // 7))[:8]
    hidden = 0
    for index in probes:
        found = pdfium.FPDFText_GetTextObject(raw, index)
        hidden += bool(found) and pdfium.FPDFTextObj_GetTextRenderMode(found) == pdfium.FPDF_TEXTRENDERMODE_INVISIBLE
    return hidden * 2 > len(probes)


def _sideways(page: pypdfium2.PdfPage) -> int:
    """By how much a page must be turned on from how it is shown, for most of its signs to stand upright."""
    text = page.get_textpage()
    count = min(text.count_chars(), _MAX_CHARACTERS)
    angles: dict[int, int] = {}
    for index in range(0, count, max(1, count // _ASKED)):
        # A sign that the file does not draw (a blank, the end of a line) has no direction.
        if chr(pdfium.FPDFText_GetUnicode(text.raw, index)).isspace():
            continue
        angle = round(math.degrees(pdfium.FPDFText_GetCharAngle(text.raw, index)) / 90) % 4 * 90
        angles[angle] = angles.get(angle, 0) + 1
    text.close()
    return (-max(angles, key=lambda each: angles[each]) - page.get_rotation()) % 360 if angles else 0


def _turned(box: Box, turn: int, wide: float, high: float) -> Box:
    """A box on a page that is shown turned."""
    left, top, right, bottom = box
    if turn == 90:
        return high - bottom, left, high - top, right
    if turn == 180:
        return wide - right, high - bottom, wide - left, high - top
    if turn == 270:
        return top, wide - right, bottom, wide - left
    return left, top, right, bottom


def _strung(characters: list[_Character]) -> list[Line]:
    """Characters strung to pieces of lines by where they stand, whatever their order in the file."""
    told = [each for each in characters if not each[0].isspace()]
    heights = sorted(each[4] - each[2] for each in told)
    usual = heights[len(heights) // 2] if heights else 0.0
    rows: list[list[_Character]] = []
    low: list[_Character] = []
    for character in sorted(told, key=lambda each: ((each[2] + each[4]) / 2, each[1])):
        if character[4] - character[2] < 0.6 * usual:
            # Of some fonts a comma's box is no higher than its ink: it belongs to the line it hangs in.
            low.append(character)
            continue
        middle = (character[2] + character[4]) / 2
        home = None
        for row in reversed(rows[-4:]):
            other = row[-1]
            if other[2] + 0.25 * (other[4] - other[2]) < middle < other[4] - 0.25 * (other[4] - other[2]):
                home = row
                break
        if home is None:
            rows.append([character])
        else:
            home.append(character)
    _hang(low, rows)
    found: list[Line] = []
    for row in rows:
        row.sort(key=lambda each: each[1])
        piece: list[_Character] = []
        for character in row:
            size = max(character[4] - character[2], usual)
            if piece and character[1] - piece[-1][3] > _APART * size:
                found.append(_line(piece))
                piece = []
            # The same sign printed twice at one place is a poor man's bold.
            if piece and character[0] == piece[-1][0] and abs(character[1] - piece[-1][1]) < 0.25 * size:
                continue
            piece.append(character)
        if piece:
            found.append(_line(piece))
    return found


def _hang(low: list[_Character], rows: list[list[_Character]]) -> None:
    """Put small signs into the rows whose height they stand in; what stands in none is a row of its own."""
    bands = [(min(each[2] for each in row), max(each[4] for each in row)) for row in rows]
    spare: list[list[_Character]] = []
    for character in low:
        middle = (character[2] + character[4]) / 2
        fits = [
            (abs(middle - (top + bottom) / 2), number)
            for number, (top, bottom) in enumerate(bands)
            if top - 0.2 * (bottom - top) < middle < bottom + 0.2 * (bottom - top)
        ]
        if fits:
            rows[min(fits)[1]].append(character)
            continue
        home = next((row for row in reversed(spare[-4:]) if row[-1][2] <= middle <= row[-1][4]), None)
        if home is None:
            spare.append([character])
        else:
            home.append(character)
    rows += spare


def _line(piece: list[_Character]) -> Line:
    text = lead = ""
    leading = True
    before: _Character | None = None
    for character in piece:
        gap = 0.0 if before is None else character[1] - before[3]
        wide = gap > 0.28 * (character[4] - character[2]) and before is not None
        latin = before is not None and before[0].isascii() and character[0].isascii()
        sign = (" " if wide and (latin or gap > 0.8 * (character[4] - character[2])) else "") + character[0]
        text += sign
        leading = leading and character[5]
        lead += sign if leading else ""
        before = character
    return Line(
        text,
        min(each[1] for each in piece),
        min(each[2] for each in piece),
        max(each[3] for each in piece),
        max(each[4] for each in piece),
        leading,
        lead,
    )


# --------------------------------------------------------------------------- pictures and rules


def _pictured(page: pypdfium2.PdfPage, wide: float, high: float) -> float:
    """Share of the page that its largest picture covers."""
    best = 0.0
    for number, item in enumerate(page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE], max_depth=4)):
        if number > 200:
            break
        try:
            left, bottom, right, top = item.get_bounds()
        except pypdfium2.PdfiumError:
            continue
        best = max(best, min(1.0, abs((right - left) * (top - bottom)) / (wide * high)))
    return best


def _vast(page: pypdfium2.PdfPage) -> bool:
    """Whether a picture of the page says that it is too large to be drawn."""
    for item in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE], max_depth=4):
        wide, high = ctypes.c_uint(), ctypes.c_uint()
        if pdfium.FPDFImageObj_GetImagePixelSize(item.raw, wide, high) and wide.value * high.value > _MAX_DRAWN:
            return True
    return False


def _path_red(page: pypdfium2.PdfPage) -> bool:
    """Whether something red is drawn: a seal can be lines instead of a picture."""
    red, green, blue, alpha = (ctypes.c_uint() for _ in range(4))
    for number, item in enumerate(page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_PATH], max_depth=4)):
        if number > 300:
            break
        for ask in (pdfium.FPDFPageObj_GetStrokeColor, pdfium.FPDFPageObj_GetFillColor):
            if ask(item.raw, red, green, blue, alpha) and red.value > 130 and green.value < 90 and blue.value < 90:
                return True
    return False


def _drawn(page: pypdfium2.PdfPage, dpi: int) -> Picture:
    """A page as pixels, within the limit."""
    wide, high = page.get_size()
    scale = min(dpi / 72, (MAX_PIXELS / 4 / (wide * high)) ** 0.5, 3600 / max(wide, high))
    image = page.render(scale=scale, may_draw_forms=False).to_pil().convert("RGB")
    return Picture(image.width, image.height, image.tobytes())


def _grids(data: bytes, number: int, page: pypdfium2.PdfPage) -> tuple[tuple[Box, ...], ...]:
    """Cells of the ruled tables of a page, from the top left; only pages with rules are looked at."""
    paths = 0
    for _ in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_PATH], max_depth=4):
        paths += 1
        if paths > _MAX_PATHS:
            return ()
    if paths < 4:
        return ()
    try:
        with pdfplumber.open(io.BytesIO(data), pages=[number + 1]) as stored:
            shown = stored.pages[0]
            offset_x, offset_y = float(shown.bbox[0]), float(shown.bbox[1])
            tables = shown.find_tables({"vertical_strategy": "lines", "horizontal_strategy": "lines"})
            return tuple(
                tuple(
                    (float(c[0]) - offset_x, float(c[1]) - offset_y, float(c[2]) - offset_x, float(c[3]) - offset_y)
                    for c in table.cells
                )
                for table in tables
                if len(table.cells) >= 4
            )
    except Exception:  # noqa: BLE001 - a second parser may stumble where the first did not; the text is there
        return ()


def _in_cells(
    lines: tuple[Line, ...], characters: list[_Character], grids: tuple[tuple[Box, ...], ...]
) -> tuple[Line, ...]:
    """Lines strung anew inside each cell, so that no line runs over a rule."""
    if not grids:
        return lines
    boxes = [box for grid in grids for box in grid]
    homes: dict[int, list[_Character]] = {}
    for character in characters:
        across, down = (character[1] + character[3]) / 2, (character[2] + character[4]) / 2
        home = next(
            (index for index, box in enumerate(boxes) if box[0] <= across <= box[2] and box[1] <= down <= box[3]), -1
        )
        homes.setdefault(home, []).append(character)
    return tuple(line for home in sorted(homes) for line in _strung(homes[home]))
