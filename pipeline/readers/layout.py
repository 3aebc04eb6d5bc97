"""Lines with boxes on pages (from a PDF or from OCR) -> paragraphs and tables in reading order, by geometry alone."""

from __future__ import annotations

import itertools
import re
import statistics
from dataclasses import dataclass, replace

from pipeline.model import Cell, Paragraph, Table
from pipeline.readers.grid import number_in
from pipeline.readers.tools import MAX_CELL_TEXT

Box = tuple[float, float, float, float]

_PAGE_NUMBER = re.compile(
    r"[\s\-—–－一·•~～_|]*(?:第\s*)?(?:\d{1,3}|[IVXivx]{1,5})\s*(?:页)?(?:\s*[/／,，]?\s*(?:共\s*)?\d{0,3}\s*页?)?[\s\-—–－一·•~～_|]*"
)
#: How a new item begins: 一、 （一） 1. （1） ① 第一条
_STARTS = re.compile(
    r"^\s*(?:[一二三四五六七八九十]{1,3}[、.．]|[（(][一二三四五六七八九十\d]{1,3}[)）]|\d{1,2}[、.．](?!\d)|[①-⑳●○■□◆◇▲△★•▪]|第[一二三四五六七八九十\d]{1,3}[、条章节项])"
)
#: What is not parted at the end of a line: a figure; a sign and the comma behind it.
_KEPT = re.compile(r"([\d.,%％+-]{2,12})|[^\W\d][，。；：、！？）”]")
_SENTENCE_END = "。！？；：!?;:…”）)"
_MARGIN_LINES = 5


#: Share of a page's height that is margin, and how much smaller than the rest a running head is set.
_MARGIN, _SMALL = 0.09, 0.92


@dataclass(frozen=True, slots=True)
class Line:
    """A piece of text on one line; origin at the top left, any unit of length."""

    text: str
    left: float
    top: float
    right: float
    bottom: float
    #: All its characters are bold.
    bold: bool = False
    #: Bold characters it begins with.
    lead: str = ""

    @property
    def height(self) -> float:
        """Height of the box."""
        return self.bottom - self.top

    @property
    def middle(self) -> float:
        """Height of its centre on the page."""
        return (self.top + self.bottom) / 2


@dataclass(frozen=True, slots=True)
class Sheet:
    """One page: its lines and the cells of its ruled tables."""

    name: str
    width: float
    height: float
    lines: tuple[Line, ...]
    grids: tuple[tuple[Box, ...], ...] = ()


@dataclass(slots=True)
class _Open:
    """A paragraph that may go on."""

    lines: list[Line]
    place: str
    centered: bool
    #: The last line reaches the right margin.
    full: bool
    #: How much of the width the last line takes.
    filled: float = 1.0


@dataclass(frozen=True, slots=True)
class _Drawn:
    """A table and the boxes of its cells on the page."""

    table: Table
    boxes: tuple[Box, ...]


def blocks(sheets: tuple[Sheet, ...], *, scanned: bool) -> tuple[Paragraph | Table, ...]:
    """Paragraphs and tables of a file of pages.

    Args:
        sheets: Pages in order.
        scanned: The lines come from OCR: their boxes are rough.

    Returns:
        Blocks in reading order. Wrapped lines are joined, also across pages; page numbers are dropped; a table
        that goes on over the page, or beside it on the next one, is one table.
    """
    found: list[Paragraph | Table] = []
    waiting: _Open | None = None
    last: tuple[Box, ...] = ()
    table_number = 0
    parted = [_parted(sheet) for sheet in sheets]
    repeated = _running(sheets, [free for free, _ in parted])
    # The boxes of a scan break where no gutter is: there only whole lines tell of columns.
    later = [not scanned and sheet is not sheets[0] for sheet in sheets]
    seen = [
        _told(_rows(free) if scanned else free, sheet, repeated, small=small)
        for sheet, (free, _), small in zip(sheets, parted, later, strict=True)
    ]
    partings = _partings(sheets, seen, scanned=scanned)
    for sheet, (free, tables), parting, small in zip(sheets, parted, partings, later, strict=True):
        gutter = None if parting is None else parting.gutter
        rows = _ordered(_told(_rows(free, gutter), sheet, repeated, small=small), gutter)
        pieces: list[_Open | _Drawn] = []
        # Tables cut the page into stretches of running text.
        bounds = sorted(tables, key=lambda each: each[0][1])
        start = 0.0
        for box, cells in [*bounds, ((0.0, sheet.height + 1, 0.0, 0.0), ())]:
            stretch = [row for row in rows if start <= row.middle < box[1]]
            pieces += _paragraphs(stretch, sheet, parting, scanned=scanned)
            start = box[1]
            if cells:
                table_number += 1
                table = _table(cells, f"{sheet.name}表{table_number}")
                if table is not None:
                    pieces.append(_Drawn(table, tuple(cell for cell, _ in cells)))
                start = max(start, box[3])
        for position, piece in enumerate(pieces):
            if isinstance(piece, _Drawn):
                before = found[-1] if found and waiting is None else None
                drawn, last = last, piece.boxes
                if position == 0 and isinstance(before, Table) and sheet is not sheets[0]:
                    if len(pieces) == 1 and _broader(drawn, piece.boxes):
                        found[-1] = _broadened(before, piece.table)
                        continue
                    if before.width == piece.table.width:
                        found[-1] = _continued(before, piece.table)
                        continue
                found += _closed(waiting)
                waiting = None
                found.append(piece.table)
                continue
            if (
                position == 0
                and waiting is not None
                and waiting.full
                and not piece.centered
                and _goes_on(waiting, piece, sheet)
            ):
                waiting.lines += piece.lines
                waiting.full = piece.full
                continue
            found += _closed(waiting)
            waiting = piece
    found += _closed(waiting)
    return tuple([Paragraph(text, "页眉", zone="header") for text in repeated] + found)


def joined(left: str, right: str) -> str:
    """Two wrapped lines as one: a blank only between Latin words."""
    if left and right and left[-1].isascii() and right[0].isascii() and left[-1].isalpha() and right[0].isalpha():
        return left + " " + right
    return left + right


def ends(text: str) -> bool:
    """Whether a line ends a sentence, or a part of one."""
    return text.rstrip()[-1:] in _SENTENCE_END


def begins(text: str) -> bool:
    """Whether a line begins a new item: 一、 （一） 1."""
    return _STARTS.match(text) is not None


# --------------------------------------------------------------------------- the page apart


def _told(lines: list[Line], sheet: Sheet, repeated: tuple[str, ...], *, small: bool = False) -> list[Line]:
    """The lines without the page's number and the running head.

    Args:
        lines: The lines of the page, without those of its tables.
        sheet: The page.
        repeated: Running heads of the document.
        small: Drop what stands smaller than the rest in the upper margin: a head that only one page carries.
    """
    usual = statistics.median(line.height for line in lines) if lines else 0.0
    return [
        line
        for line in lines
        if not _page_number(line, sheet)
        and (line.text not in repeated or not _in_margin(line, sheet))
        and not (small and line.bottom < sheet.height * _MARGIN and line.height < _SMALL * usual)
    ]


def _running(sheets: tuple[Sheet, ...], free: list[list[Line]]) -> tuple[str, ...]:
    """Text in the margin of at least three pages, and of most, or at one height on both of two: a running head."""
    if len(sheets) < 3:
        # Of two pages a table that goes on has its head at one height as well: only what stands outside tells.
        return _twice(sheets[0], *free) if len(sheets) == 2 else ()
    counts: dict[str, int] = {}
    for sheet in sheets:
        for text in {line.text for line in sheet.lines if _in_margin(line, sheet) and len(line.text) > 3}:
            counts[text] = counts.get(text, 0) + 1
    return tuple(text for text, count in counts.items() if count >= 3 and count * 2 > len(sheets))


def _twice(sheet: Sheet, first: list[Line], second: list[Line]) -> tuple[str, ...]:
    """Text that stands at the same height in the margins of two pages."""
    slack = 0.005 * sheet.height
    again = [
        line.text
        for line in first
        if len(line.text) > 3 and _in_margin(line, sheet)
        if any(line.text == other.text and abs(line.top - other.top) < slack for other in second)
    ]
    return tuple(dict.fromkeys(again))


def _in_margin(line: Line, sheet: Sheet) -> bool:
    return line.bottom < sheet.height * _MARGIN or line.top > sheet.height * (1 - _MARGIN)


def _page_number(line: Line, sheet: Sheet) -> bool:
    text = line.text.strip()
    near = line.top > sheet.height * 0.86 or line.bottom < sheet.height * 0.08
    return near and len(text) <= 14 and bool(_PAGE_NUMBER.fullmatch(text))


def _parted(sheet: Sheet) -> tuple[list[Line], list[tuple[Box, tuple[tuple[Box, tuple[Line, ...]], ...]]]]:
    """Running lines, and every table as (outline, cells with their lines)."""
    tables: list[tuple[Box, list[tuple[Box, list[Line]]]]] = []
    for boxes in sheet.grids:
        if boxes:
            outline = (
                min(b[0] for b in boxes),
                min(b[1] for b in boxes),
                max(b[2] for b in boxes),
                max(b[3] for b in boxes),
            )
            tables.append((outline, [(box, []) for box in boxes]))
    free: list[Line] = []
    for line in sheet.lines:
        if not line.text.strip():
            continue
        across, down = (line.left + line.right) / 2, line.middle
        home = next(
            (
                lines
                for _, cells in tables
                for box, lines in cells
                if box[0] <= across <= box[2] and box[1] <= down <= box[3]
            ),
            None,
        )
        (free if home is None else home).append(line)
    return free, [(outline, tuple((box, tuple(lines)) for box, lines in cells)) for outline, cells in tables]


def _rows(lines: list[Line], gutter: float | None = None) -> list[Line]:
    """Pieces that stand on one line next to each other, joined, but not over a gutter."""
    if gutter is not None:
        sides = ([line for line in lines if _column(line, gutter) == column] for column in (0, 1, 2))
        return [row for side in sides for row in _rows(side)]
    merged: list[Line] = []
    for line in sorted(lines, key=lambda each: (each.middle, each.left)):
        home = None
        for index in range(len(merged) - 1, max(-1, len(merged) - 12), -1):
            other = merged[index]
            overlap = min(line.bottom, other.bottom) - max(line.top, other.top)
            if overlap > 0.5 * min(line.height, other.height) and max(line.height, other.height) < 2.2 * min(
                line.height, other.height
            ):
                gap = max(line.left, other.left) - min(line.right, other.right)
                if gap < 1.6 * min(line.height, other.height):
                    home = index
                    break
        if home is None:
            merged.append(line)
        else:
            merged[home] = _beside(merged[home], line)
    return merged


def _beside(one: Line, other: Line) -> Line:
    left, right = (one, other) if one.left <= other.left else (other, one)
    gap = right.left - left.right
    blank = (
        " "
        if gap > 0.6 * min(left.height, right.height)
        and not (left.text[-1:].isdigit() and right.text[:1] in ".%．％、")
        else ""
    )
    return Line(
        left.text + blank + right.text,
        min(one.left, other.left), min(one.top, other.top), max(one.right, other.right), max(one.bottom, other.bottom),
        one.bold and other.bold,
        left.lead + (right.lead if left.bold else "") if left.lead or left.bold else "",
    )  # fmt: skip


def _ordered(rows: list[Line], gutter: float | None) -> list[Line]:
    """Reading order: down the page, or column after column where the page has two."""
    rows = sorted(rows, key=lambda each: (each.middle, each.left))
    if gutter is None:
        return rows
    ordered: list[Line] = []
    left: list[Line] = []
    right: list[Line] = []
    for row in rows:
        if row.left < gutter < row.right:
            ordered += [*left, *right, row]
            left, right = [], []
        else:
            (left if row.right <= gutter else right).append(row)
    return [*ordered, *left, *right]


@dataclass(frozen=True, slots=True)
class _Parting:
    """Where a page parts into columns, and how far lines of each reach."""

    gutter: float
    ends: tuple[float, float]


def _partings(sheets: tuple[Sheet, ...], pages: list[list[Line]], *, scanned: bool) -> list[_Parting | None]:
    """Where each page of two columns parts; ``None`` for a page of one.

    One page that shows its columns tells of the others of its width, too short to show theirs: a last page, say.
    """
    gutters = [_gutter(rows, sheet, scanned=scanned) for rows, sheet in zip(pages, sheets, strict=True)]
    shown = next(((place, gutter) for place, gutter in enumerate(gutters) if gutter is not None), None)
    if shown is None:
        return [None] * len(sheets)
    place, gutter = shown
    width = sheets[place].width
    sides = _Sides.of(pages[place], gutter)
    found: list[_Parting | None] = []
    for sheet, rows, seen in zip(sheets, pages, gutters, strict=True):
        alike = abs(sheet.width - width) < 0.02 * width
        own = _Sides.of(rows, gutter if seen is None else seen)
        if seen is not None:
            found.append(_Parting(seen, own.ends(sides) if alike else own.ends(own)))
        elif alike and own.beside() and own.stands_as(sides) and own.parts():
            found.append(_Parting(gutter, own.ends(sides)))
        else:
            found.append(None)
    return found


@dataclass(frozen=True, slots=True)
class _Sides:
    """Lines left and right of a gutter, and those across it."""

    left: tuple[Line, ...]
    right: tuple[Line, ...]
    across: tuple[Line, ...]

    @classmethod
    def of(cls, rows: list[Line], gutter: float) -> _Sides:
        """The lines of a page by a gutter."""
        rows = sorted(rows, key=lambda each: each.middle)
        return cls(
            tuple(row for row in rows if row.right <= gutter),
            tuple(row for row in rows if row.left >= gutter),
            tuple(row for row in rows if row.left < gutter < row.right),
        )

    def ends(self, other: _Sides) -> tuple[float, float]:
        """How far the lines of each side reach, here or on another page."""
        left, right = (max(row.right for row in both) for both in (self.left + other.left, self.right + other.right))
        return left, right

    def beside(self) -> int:
        """How many lines of the left stand where the right has some; lines of prose keep no common pitch."""
        if not self.right:
            return 0
        top, bottom = min(row.top for row in self.right), max(row.bottom for row in self.right)
        return sum(top <= row.middle <= bottom for row in self.left)

    def parts(self) -> bool:
        """Whether hardly a line runs across, and none stands beside another on its own side, as cells do."""
        if len(self.across) > 0.25 * (len(self.left) + len(self.right) + len(self.across)):
            return False
        for side in (self.left, self.right):
            beside = sum(
                min(one.bottom, other.bottom) - max(one.top, other.top) > 0.4 * min(one.height, other.height)
                for one, other in itertools.pairwise(side)
            )
            if beside > 0.1 * len(side):
                return False
        return True

    def stands_as(self, other: _Sides) -> bool:
        """Whether both sides begin where those of another page do."""
        if not self.left or not self.right:
            return False
        return all(
            abs(min(row.left for row in own) - min(row.left for row in known)) < 3 * own[0].height
            for own, known in ((self.left, other.left), (self.right, other.right))
        )


def _gutter(rows: list[Line], sheet: Sheet, *, scanned: bool) -> float | None:
    """Where a page of two columns parts by what it shows itself; ``None`` for a page of one."""
    best: tuple[int, float] | None = None
    for step in range(21):
        x = sheet.width * (0.38 + 0.012 * step)
        crossing = sum(1 for row in rows if row.left < x < row.right)
        if best is None or crossing < best[0]:
            best = (crossing, x)
    if best is None or best[0] > len(rows) * 0.25:
        return None
    sides = _Sides.of(rows, best[1])
    if not sides.left or not sides.right:
        return None
    x = (max(row.right for row in sides.left) + min(row.left for row in sides.right)) / 2
    beside = sides.beside()
    # Lines that go on tell prose from keys beside values; the boxes of a scan are too rough for that.
    going = [2, 2] if scanned else [_going_on(each) for each in (sides.left, sides.right)]
    if min(going) < 1:
        return None
    if len(rows) >= 8 and min(len(sides.left), len(sides.right)) >= 4 and beside >= 4:
        # Columns of prose fill their width; a list of keys and values does not.
        for column in (sides.left, sides.right):
            span = max(row.right for row in column) - min(row.left for row in column)
            if sum(1 for row in column if row.right - row.left > 0.7 * span) < len(column) * 0.5:
                break
        else:
            return x
    # Short paragraphs and headings leave much of the width blank.
    if scanned or beside < 2 or not sides.parts():
        return None
    spans = [max(row.right for row in each) - min(row.left for row in each) for each in (sides.left, sides.right)]
    return x if sum(going) >= 4 and max(spans) < 1.6 * min(spans) else None


def _going_on(column: tuple[Line, ...]) -> int:
    """How many lines of a column fill it and go on in the next one, at its left edge."""
    left, right = min(row.left for row in column), max(row.right for row in column)
    return sum(
        0 < after.top - before.top < 2.2 * before.height
        and right - before.right < 1.8 * before.height
        and after.left - left < 0.8 * after.height
        and not ends(before.text)
        and not _STARTS.match(after.text)
        for before, after in itertools.pairwise(column)
    )


# --------------------------------------------------------------------------- lines to paragraphs


def _paragraphs(rows: list[Line], sheet: Sheet, parting: _Parting | None, *, scanned: bool) -> list[_Open]:
    """Group lines into paragraphs."""
    if not rows:
        return []
    size = statistics.median(row.height for row in rows)
    gaps = [after.top - before.top for before, after in itertools.pairwise(rows) if after.top > before.top]
    pitch = statistics.median(gaps) if gaps else size * 1.8
    ragged = size * (1.9 if scanned else 1.6)
    columns = [_column(row, None if parting is None else parting.gutter) for row in rows]
    # How far lines reach, column by column: those of the left one are not short because the right one goes further.
    far: dict[int, float] = {}
    for column in set(columns):
        # What runs across the page is measured by the whole of it.
        rights = sorted(row.right for row, own in zip(rows, columns, strict=True) if column in {0, own})
        far[column] = rights[int(len(rights) * 0.9)] if len(rights) > 3 else rights[-1]
        if parting is not None and column and len(rights) < 8 and not scanned:
            far[column] = parting.ends[column - 1]
    found: list[_Open] = []
    for index, row in enumerate(rows):
        around = range(max(0, index - _MARGIN_LINES), min(len(rows), index + _MARGIN_LINES + 1))
        near = [rows[each] for each in around if columns[index] in {0, columns[each]}]
        left = min(each.left for each in near)
        right = max(far[columns[index]] - 2 * size, *(each.right for each in near))
        indent = row.left - left
        short = right - row.right > ragged
        centered = _centered(row, left, right, size)
        place = f"{sheet.name}第{index + 1}行"
        if found and not _starts(found[-1], row, indent=indent, size=size, pitch=pitch, centered=centered):
            found[-1].lines.append(row)
            found[-1].full = not short
            found[-1].filled = (row.right - left) / max(right - left, 1)
        else:
            found.append(
                _Open(
                    [row], place, centered, not short and indent < 5 * size, (row.right - left) / max(right - left, 1)
                )
            )
    return found


def _column(row: Line, gutter: float | None) -> int:
    """0 for a line across the page, 1 and 2 for the columns left and right of a gutter."""
    if gutter is None or row.left < gutter < row.right:
        return 0
    return 1 if row.right <= gutter else 2


def _starts(before: _Open, row: Line, *, indent: float, size: float, pitch: float, centered: bool) -> bool:
    """Whether a line begins a new paragraph."""
    last = before.lines[-1]
    if row.top < last.top - size:
        # A new column: decided as over a page.
        return not (before.full and indent < size)
    if centered or before.centered or indent > 5 * size:
        return True
    if not before.full:
        # A figure that would not fit leaves its line short.
        fits = indent < 0.8 * size and not ends(last.text) and before.filled > (0.7 if row.text[:1].isascii() else 0.88)
        if not fits or row.top - last.top > 1.7 * pitch:
            return True
    if row.top - last.top > 1.7 * pitch:
        return True
    if (
        max(row.height, last.height) > 1.35 * min(row.height, last.height)
        and abs(row.height - last.height) > 0.3 * size
        and (row.height > last.height or len(before.lines) == 1)
    ):
        return True
    if indent > size and (last.left < row.left - 0.8 * size or ends(last.text)):
        return True
    return bool(_STARTS.match(row.text)) and ends(last.text)


def _centered(row: Line, left: float, right: float, size: float) -> bool:
    before, after = row.left - left, right - row.right
    return before > 2.6 * size and after > 2.6 * size and abs(before - after) < max(1.6 * size, 0.15 * (before + after))


def _goes_on(waiting: _Open, piece: _Open, sheet: Sheet) -> bool:
    """Whether the first paragraph of a page goes on from the page before."""
    first, last = piece.lines[0], waiting.lines[-1]
    if ends(last.text) and last.text.rstrip()[-1:] != "：" and _STARTS.match(first.text):
        return False
    size = first.height
    if len(piece.lines) > 1:
        return first.left - piece.lines[1].left < 1.0 * size
    flush = min(line.left for line in sheet.lines)
    return first.left - flush < 1.2 * size


def _closed(paragraph: _Open | None) -> list[Paragraph]:
    if paragraph is None:
        return []
    text = ""
    for line in paragraph.lines:
        text = joined(text, line.text.strip())
    lead = ""
    for line in paragraph.lines:
        lead += line.text if line.bold else line.lead
        if not line.bold:
            break
    bold = all(line.bold for line in paragraph.lines)
    return (
        [Paragraph(text, paragraph.place, bold=bold, lead="" if bold else lead.strip(), centered=paragraph.centered)]
        if text
        else []
    )


# --------------------------------------------------------------------------- tables


def _table(cells: tuple[tuple[Box, tuple[Line, ...]], ...], place: str) -> Table | None:
    """Cells in their boxes -> a grid with spans."""
    if not any(lines for _, lines in cells):
        return None
    boxes = [box for box, _ in cells]
    columns = _edges([box[0] for box in boxes] + [box[2] for box in boxes], _tolerance(boxes, 0))
    rows = _edges([box[1] for box in boxes] + [box[3] for box in boxes], _tolerance(boxes, 1))
    found: dict[tuple[int, int], Cell] = {}
    for box, lines in cells:
        left, right = _nearest(columns, box[0]), _nearest(columns, box[2])
        top, bottom = _nearest(rows, box[1]), _nearest(rows, box[3])
        if right <= left or bottom <= top or (top, left) in found:
            continue
        text = _cell_text(lines, box)[:MAX_CELL_TEXT]
        found[(top, left)] = Cell(
            text, top, left, f"{place}第{top + 1}行第{left + 1}列", bottom - top, right - left, number_in(text)
        )
    if len(found) < 2:
        return None
    ordered = tuple(found[key] for key in sorted(found))
    return Table(ordered, len(rows) - 1, len(columns) - 1, place)


def _tolerance(boxes: list[Box], axis: int) -> float:
    """Edges nearer than this are one: a third of the narrowest cell."""
    return max(min(box[axis + 2] - box[axis] for box in boxes) / 3, 0.5)


def _edges(values: list[float], tolerance: float) -> list[float]:
    edges: list[list[float]] = []
    for value in sorted(values):
        if edges and value - edges[-1][-1] <= tolerance:
            edges[-1].append(value)
        else:
            edges.append([value])
    return [sum(each) / len(each) for each in edges]


def _nearest(edges: list[float], value: float) -> int:
    return min(range(len(edges)), key=lambda index: abs(edges[index] - value))


def _cell_text(lines: tuple[Line, ...], box: Box) -> str:
    """Text of a cell; a line that reaches the right edge goes on in the next."""
    out = ""
    before: Line | None = None
    rows = sorted(_rows(list(lines)), key=lambda each: (each.middle, each.left))
    widest = max((row.right for row in rows), default=box[2])
    for row in rows:
        text = row.text.strip()
        if before is None:
            out = text
        else:
            # A figure that would not fit leaves its line short, and so does a sign that stays with its comma.
            kept = None if ends(before.text) else _KEPT.match(text)
            spare = 0.0 if kept is None else before.height * (1.0 if kept[1] is None else 0.6 * len(kept[1]))
            wrapped = widest - before.right < 1.6 * before.height + spare and not (
                _STARTS.match(text) and ends(before.text)
            )
            # A narrow cell breaks words of a heading; a centred short line is part of the same.
            narrow = box[2] - box[0] < 7 * before.height
            out = joined(out, text) if wrapped or narrow else out + "\n" + text
        before = row
    return out


def _continued(before: Table, after: Table) -> Table:
    """A table that goes on over the page; a repeated head is dropped."""
    head = [(cell.column, cell.columns, cell.text) for cell in before.cells if cell.row == 0]
    again = [(cell.column, cell.columns, cell.text) for cell in after.cells if cell.row == 0]
    skip = max((cell.rows for cell in after.cells if cell.row == 0), default=1) if head == again else 0
    cells = list(before.cells)
    if rest := _broken_off(before, after, skip):
        cells = [
            replace(cell, text=joined(cell.text, rest.get(cell.column, "")), number=None)
            if cell.row + cell.rows == before.height and rest.get(cell.column)
            else cell
            for cell in cells
        ]
        skip += 1
    moved = tuple(replace(cell, row=cell.row - skip + before.height) for cell in after.cells if cell.row >= skip)
    return replace(before, cells=(*cells, *moved), height=before.height + after.height - skip)


def _broader(before: tuple[Box, ...], after: tuple[Box, ...]) -> bool:
    """Whether a table stands beside the one of the page before: its rows at the same heights, its columns others."""
    heights = [_edges([box[1] for box in each] + [box[3] for box in each], 1.0) for each in (before, after)]
    widths = [_edges([box[0] for box in each] + [box[2] for box in each], 1.0) for each in (before, after)]
    return _alike(*heights) and not _alike(*widths)


def _alike(one: list[float], other: list[float]) -> bool:
    return len(one) == len(other) and all(abs(a - b) < 1.5 for a, b in zip(one, other, strict=True))


def _broadened(before: Table, beside: Table) -> Table:
    """A table with the columns that had no room on its paper."""
    moved = tuple(replace(cell, column=cell.column + before.width) for cell in beside.cells)
    cells = sorted((*before.cells, *moved), key=lambda each: (each.row, each.column))
    return replace(before, cells=tuple(cells), width=before.width + beside.width)


def _broken_off(before: Table, after: Table, row: int) -> dict[int, str]:
    """By its columns the rest of a row that a page broke off in the middle of its sentences; empty when none was."""
    first = [cell for cell in after.cells if cell.row == row]
    last = {cell.column: cell.text for cell in before.cells if cell.row + cell.rows == before.height}
    rest = {cell.column: cell.text for cell in first}
    said = {column: text for column, text in rest.items() if text}
    if any(cell.rows > 1 for cell in first) or rest.get(0, "") or not last.get(0, ""):
        return {}
    whole = not said or any(not last.get(column) for column in said)
    return {} if whole or any(ends(last[column]) or _STARTS.match(said[column]) for column in said) else said
