"""Lines and signs on a page -> boxes of the cells of tables that nobody ruled, told by a head and gaps beneath it.

Prose must never become a table: a head has words that heads have, each of its columns a gap that no sign below
enters, and what a line bridges ends the table.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass

from pipeline.readers.layout import Box, Line

#: Words that stand over the columns of reports.
_HEAD = re.compile(
    r"^(?:序号?|编号)$|任务|事项|项目|指标|内容|进展|进度|完成|累计|目标|计划|问题|困难|打算|措施|安排|单位|责任|备注|数量|占比|增速|同比"
)
_LONGEST_HEAD = 12
_MOST_COLUMNS = 12
#: Signs of a sentence: no head has them.
_SAID = re.compile(r"[。；，！？]")
_SIGNED = re.compile(r"[：:]|^\s*(?:[一二三四五六七八九十]{1,3}、|注)")
_FIGURE = re.compile(r"[\d.,%％+-]+")

#: Left and right of a column.
_Span = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Found:
    """A table: its columns, the top and bottom of its rows, and whether its last row is the last of the page."""

    columns: tuple[_Span, ...]
    rows: tuple[_Span, ...]
    last: bool

    def boxes(self) -> tuple[Box, ...]:
        """Its cells."""
        across, down = _parted(self.columns), _parted(self.rows)
        return tuple((left, top, right, bottom) for top, bottom in down for left, right in across)


@dataclass(slots=True)
class _Row:
    """Pieces of text on one line."""

    pieces: list[Line]

    @property
    def top(self) -> float:
        return min(piece.top for piece in self.pieces)

    @property
    def bottom(self) -> float:
        return max(piece.bottom for piece in self.pieces)


def find(lines: tuple[Line, ...], signs: list[Box], before: Found | None = None) -> tuple[Found, ...]:
    """Tables without rules.

    Args:
        lines: Pieces of lines, parted where the gap is wide.
        signs: Boxes of all visible signs.
        before: The table that the page before ended with: it may go on here, downwards or to the right.
    """
    rows = _rows(lines)
    found: list[Found] = []
    if before is not None and rows:
        more = _to_the_right(rows, before) or (_below(rows, signs, before) if before.last else None)
        if more is not None:
            found.append(more)
            rows = [row for row in rows if row.top > more.rows[-1][1]]
    start = 0
    while start < len(rows):
        table = _at(rows, start, signs)
        if table is not None:
            found.append(table)
            start += sum(row.bottom <= table.rows[-1][1] for row in rows[start:])
        start += 1
    return tuple(found)


def _rows(lines: tuple[Line, ...]) -> list[_Row]:
    """Pieces by the line they stand on, from the top."""
    found: list[_Row] = []
    for line in sorted(lines, key=lambda each: each.middle):
        if found and line.middle < found[-1].bottom and line.top < found[-1].pieces[0].middle:
            found[-1].pieces.append(line)
        else:
            found.append(_Row([line]))
    for row in found:
        row.pieces.sort(key=lambda each: each.left)
    return found


def _at(rows: list[_Row], start: int, signs: list[Box]) -> Found | None:
    """The table whose head is a certain row."""
    heads = rows[start].pieces
    if not _is_head(heads):
        return None
    size = heads[0].height
    spans = tuple((head.left, head.right) for head in heads)
    body = _body(rows[start + 1 :], spans, size, rows[start])
    columns = _columns(body, spans, signs, size)
    if columns is None:
        return None
    bands = _bands(body, columns, size)
    if bands is None:
        return None
    return Found(columns, ((rows[start].top, rows[start].bottom), *bands), start + 1 + len(body) >= len(rows) - 1)


def _is_head(heads: list[Line]) -> bool:
    """Whether the pieces of a row stand over columns."""
    words = [head.text.strip() for head in heads]
    known = sum(bool(_HEAD.search(word)) for word in words)
    if not 2 <= len(words) <= _MOST_COLUMNS or known < 2 or known * 2 < len(words):
        return False
    if any(len(word) > _LONGEST_HEAD or _SAID.search(word) or _SIGNED.search(word) for word in words):
        return False
    return all(after.left - before.right > before.height for before, after in itertools.pairwise(heads))


def _body(rows: list[_Row], spans: tuple[_Span, ...], size: float, above: _Row) -> list[_Row]:
    """Rows under a head down to one that bridges columns or stands far off."""
    body: list[_Row] = []
    for row in rows:
        bridges = any(
            sum(min(piece.right, right) - max(piece.left, left) > 0.3 * size for left, right in spans) > 1
            for piece in row.pieces
        )
        if bridges or row.top - above.bottom > 3 * size or row.pieces[-1].left > spans[-1][1] + 12 * size:
            break
        body.append(row)
        above = row
    # Who filled it in, a note and the next heading stand below the first column and are no row.
    while body and len(body[-1].pieces) == 1 and _SIGNED.search(body[-1].pieces[0].text):
        body.pop()
    return body


def _columns(body: list[_Row], spans: tuple[_Span, ...], signs: list[Box], size: float) -> tuple[_Span, ...] | None:
    """Head and text of each column together; ``None`` when they do not part."""
    if len(body) < 2:
        return None
    top, bottom = body[0].top, body[-1].bottom
    covered = sorted((box[0], box[2]) for box in signs if top <= (box[1] + box[3]) / 2 <= bottom)
    stretches: list[_Span] = []
    for left, right in covered:
        if stretches and left - stretches[-1][1] < 0.12 * size:
            stretches[-1] = (stretches[-1][0], max(stretches[-1][1], right))
        else:
            stretches.append((left, right))
    columns = list(spans)
    for left, right in stretches:
        under = [place for place, span in enumerate(spans) if min(right, span[1]) - max(left, span[0]) > 0]
        if len(under) > 1:
            return None
        # Figures stand to the right of a head that begins where its column does.
        home = under[0] if under else sum(span[0] <= left for span in spans) - 1
        home = max(home, 0)
        columns[home] = (min(columns[home][0], left), max(columns[home][1], right))
    if any(after[0] - before[1] < 0.05 * size for before, after in itertools.pairwise(columns)):
        return None
    filled = [
        sum(any(left <= (piece.left + piece.right) / 2 <= right for piece in row.pieces) for row in body)
        for left, right in columns
    ]
    return tuple(columns) if filled[0] and sum(count >= 2 for count in filled) >= 2 else None


def _bands(body: list[_Row], columns: tuple[_Span, ...], size: float) -> list[_Span] | None:
    """Lines to rows of cells: top and bottom of each; ``None`` when it cannot be told where rows begin."""
    steps = [after.top - before.top for before, after in itertools.pairwise(body)]
    small = min(steps)
    parted = any(step > 1.3 * small for step in steps) and small < 1.9 * size
    groups: list[list[_Row]] = []
    for place, row in enumerate(body):
        named = _in(row, columns[0]) is not None
        wide = place > 0 and parted and steps[place - 1] > 1.3 * small
        if not groups or wide:
            groups.append([row])
        elif named and any(_in(above, columns[0]) for above in groups[-1]):
            goes_on = _goes_on(groups[-1][-1], row, columns, size)
            if goes_on:
                groups[-1].append(row)
            else:
                groups.append([row])
        elif named and not parted:
            # A name in the middle of its row, and nothing tells where the row began.
            return None
        else:
            groups[-1].append(row)
    return [(group[0].top, max(row.bottom for row in group)) for group in groups]


def _in(row: _Row, column: _Span) -> Line | None:
    """The piece of a row that stands in a column."""
    return next((piece for piece in row.pieces if column[0] - 1 <= piece.left <= column[1] + 1), None)


def _goes_on(above: _Row, row: _Row, columns: tuple[_Span, ...], size: float) -> bool:
    """Whether every piece of a line goes on from one above it that fills its column."""
    for place, column in enumerate(columns):
        piece, before = _in(row, column), _in(above, column)
        if piece is None:
            continue
        if before is None or _FIGURE.fullmatch(piece.text.strip()) or _FIGURE.fullmatch(before.text.strip()):
            return False
        edge = columns[place + 1][0] - 1.2 * size if place + 1 < len(columns) else column[1]
        if before.right + 1.05 * size < edge:
            return False
    return True


def _below(rows: list[_Row], signs: list[Box], before: Found) -> Found | None:
    """The rest of a table of the page before, whose head is not said again."""
    size = rows[0].pieces[0].height
    filled = sum(_in(rows[0], column) is not None for column in before.columns)
    if filled < 2 or filled != len(rows[0].pieces):
        return None
    body = _body(rows, before.columns, size, _Row([rows[0].pieces[0]]))
    columns = _columns(body, before.columns, signs, size)
    bands = None if columns is None else _bands(body, columns, size)
    return None if columns is None or bands is None else Found(columns, tuple(bands), len(body) == len(rows))


def _to_the_right(rows: list[_Row], before: Found) -> Found | None:
    """Columns of a sheet that was too wide for its paper: they stand on the next page at the heights of their rows."""
    heads = rows[0].pieces
    if not any(_HEAD.search(head.text) for head in heads) or any(_SAID.search(head.text) for head in heads):
        return None
    if abs(rows[0].top - before.rows[0][0]) > 0.3 * heads[0].height:
        return None
    if len(rows) < 3 or any(not any(top - 1 <= row.top < bottom for top, bottom in before.rows) for row in rows):
        return None
    spans = [[head.left, head.right] for head in heads]
    for row in rows[1:]:
        for piece in row.pieces:
            home = spans[max(sum(span[0] <= piece.left + 1 for span in spans) - 1, 0)]
            home[0], home[1] = min(home[0], piece.left), max(home[1], piece.right)
    columns = tuple((left, right) for left, right in spans)
    if any(after[0] <= one[1] for one, after in itertools.pairwise(columns)):
        return None
    return Found(columns, before.rows, last=False)


def _parted(spans: tuple[_Span, ...]) -> list[_Span]:
    """Stretches that touch, each edge halfway between two neighbours."""
    edges = [
        spans[0][0] - 2,
        *((before[1] + after[0]) / 2 for before, after in itertools.pairwise(spans)),
        spans[-1][1] + 2,
    ]
    return list(itertools.pairwise(edges))
