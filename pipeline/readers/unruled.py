"""Lines and signs on a page -> boxes of the cells of tables that nobody ruled, told by a head and gaps beneath it.

Prose must never become a table: a head has words that heads have, each of its columns a gap that no sign below
enters, and what a line bridges ends the table.
"""

from __future__ import annotations

import itertools
import re
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.readers.layout import Box, Line

#: Words that stand over the columns of reports.
_HEAD = re.compile(
    r"^(?:序号?|编号)$|任务|事项|项目|指标|内容|进展|进度|完成|累计|目标|计划|问题|困难|打算|措施|安排|单位|责任|备注|数量|占比|增速|同比"
)
_LONGEST_HEAD = 12
_MOST_COLUMNS = 12
_SPACED = re.compile(r"序号|备注|任务|单位|合计|项目|指标|事项")
#: Signs of a sentence: no head has them.
_SAID = re.compile(r"[。；，！？]")
_SIGNED = re.compile(r"[：:]|^\s*(?:[一二三四五六七八九十]{1,3}、|注)")
_FIGURE = re.compile(r"[\d.,%％+-]+")

#: A gap narrower than this share of a sign is none.
_GAP = 0.12

#: Left and right of a column, top and bottom of a row.
_Span = tuple[float, float]
#: A sign, its left, top, right and bottom; whether it is bold.
Sign = tuple[str, float, float, float, float, bool]


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


def find(lines: tuple[Line, ...], signs: Sequence[Sign], before: Found | None = None) -> tuple[Found, ...]:
    """Tables without rules.

    Args:
        lines: Pieces of lines, parted where the gap is wide.
        signs: All signs of the page.
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


def _at(rows: list[_Row], start: int, signs: Sequence[Sign]) -> Found | None:
    """The table whose head is a certain row."""
    if sum(bool(_HEAD.search(piece.text)) for piece in rows[start].pieces) < 2:
        return None
    heads = _heads(_on(rows[start], signs))
    if not _is_head(heads):
        return None
    body = _body(rows[start + 1 :], tuple((head.left, head.right) for head in heads), signs, rows[start])
    if body is None:
        return None
    columns, lines, bands = body
    return Found(columns, ((rows[start].top, rows[start].bottom), *bands), start + 1 + lines == len(rows))


def _on(row: _Row, signs: Sequence[Sign]) -> list[Sign]:
    """The signs of a line, from the left."""
    own = (each for each in signs if row.top <= (each[2] + each[4]) / 2 <= row.bottom and not each[0].isspace())
    return sorted(own, key=lambda each: each[1])


def _heads(signs: list[Sign]) -> list[Line]:
    """The heads of a line: they may stand closer than other pieces, and two signs of one (序  号) further apart."""
    found: list[Line] = []
    for sign, left, top, right, bottom, _ in signs:
        last = found[-1] if found else None
        if last is not None:
            both = last.text + sign
            size = last.height
            if left - last.right < 0.5 * size or (_SPACED.fullmatch(both) and left - last.right < 4 * size):
                found[-1] = Line(both, last.left, min(last.top, top), right, max(last.bottom, bottom))
                continue
        found.append(Line(sign, left, top, right, bottom))
    return found


def _is_head(heads: list[Line]) -> bool:
    """Whether the pieces of a row stand over columns."""
    words = [head.text.strip() for head in heads]
    known = sum(bool(_HEAD.search(word)) for word in words)
    if not 2 <= len(words) <= _MOST_COLUMNS or known < 2 or known * 2 < len(words):
        return False
    return not any(len(word) > _LONGEST_HEAD or _SAID.search(word) or word[-1:] in "：:" for word in words)


def _body(
    rows: list[_Row], spans: tuple[_Span, ...], signs: Sequence[Sign], above: _Row
) -> tuple[tuple[_Span, ...], int, list[_Span]] | None:
    """Columns, the number of lines and the rows under a head, down to what bridges columns or stands far off."""
    size = above.pieces[0].height
    free: list[list[_Span]] = [[(one[1], after[0])] for one, after in itertools.pairwise(spans)]
    told: list[list[Sign]] = []
    for row in rows:
        if row.top - above.bottom > 3 * size:
            break
        own = _on(row, signs)
        left = [_left_free(gaps, own, size) for gaps in free]
        if not own or not all(left):
            break
        free, above = left, row
        told.append(own)
    body = rows[: len(told)]
    # Who filled it in, a note and the next heading stand below the first column and are no row.
    while body and len(body[-1].pieces) == 1 and _SIGNED.search(body[-1].pieces[0].text):
        body.pop()
    columns = _columns(told[: len(body)], spans, size)
    if columns is None:
        return None
    cut = [_cut(own, columns) for own in told[: len(body)]]
    filled = [sum(column in row for row in cut) for column in range(len(columns))]
    if not filled[0] or sum(count >= 2 for count in filled) < 2:
        return None
    bands = _bands(cut, columns, size)
    return None if bands is None else (columns, len(body), bands)


def _left_free(gaps: list[_Span], signs: list[Sign], size: float) -> list[_Span]:
    """What a line leaves free of the gaps between two heads; signs that are spaced out leave nothing between them."""
    spaces = [max(0.0, after[1] - before[3]) for before, after in itertools.pairwise(signs)]
    needed = max(_GAP * size, 2 * statistics.median(spaces) if spaces else 0.0)
    edges = [-1e9, *(edge for sign in signs for edge in (sign[1], sign[3])), 1e9]
    open_ = [(edges[at], edges[at + 1]) for at in range(0, len(edges), 2) if edges[at + 1] - edges[at] >= needed]
    both = [(max(one[0], other[0]), min(one[1], other[1])) for one in gaps for other in open_]
    return [(left, right) for left, right in both if right - left >= _GAP * size]


def _columns(told: list[list[Sign]], spans: tuple[_Span, ...], size: float) -> tuple[_Span, ...] | None:
    """Head and text of each column together; ``None`` when they do not part."""
    if len(told) < 2:
        return None
    stretches: list[_Span] = []
    for left, right in sorted((sign[1], sign[3]) for row in told for sign in row):
        if stretches and left - stretches[-1][1] < _GAP * size:
            stretches[-1] = (stretches[-1][0], max(stretches[-1][1], right))
        else:
            stretches.append((left, right))
    columns = list(spans)
    for left, right in stretches:
        under = [place for place, span in enumerate(spans) if min(right, span[1]) - max(left, span[0]) > 0]
        if len(under) > 1:
            return None
        # Figures stand to the right of a head that begins where its column does.
        home = under[0] if under else max(sum(span[0] <= left for span in spans) - 1, 0)
        columns[home] = (min(columns[home][0], left), max(columns[home][1], right))
    if any(after[0] - before[1] < 0.05 * size for before, after in itertools.pairwise(columns)):
        return None
    return tuple(columns)


def _cut(signs: list[Sign], columns: tuple[_Span, ...]) -> dict[int, Line]:
    """What a line says by columns."""
    found: dict[int, Line] = {}
    for column, (left, right) in enumerate(columns):
        own = [sign for sign in signs if left <= (sign[1] + sign[3]) / 2 <= right]
        if own:
            text = "".join(sign[0] for sign in own)
            top, bottom = min(sign[2] for sign in own), max(sign[4] for sign in own)
            found[column] = Line(text, own[0][1], top, own[-1][3], bottom)
    return found


def _bands(body: list[dict[int, Line]], columns: tuple[_Span, ...], size: float) -> list[_Span] | None:
    """Lines to rows of cells: top and bottom of each; ``None`` when it cannot be told where rows begin."""
    tops = [min(piece.top for piece in row.values()) for row in body]
    bottoms = [max(piece.bottom for piece in row.values()) for row in body]
    steps = [after - before for before, after in itertools.pairwise(tops)]
    # Lines of two columns may stand at heights of their own.
    small = sorted(steps)[len(steps) // 4]
    parted = any(step > 1.3 * small for step in steps) and small < 1.9 * size
    groups: list[list[int]] = [[0]]
    for place in range(1, len(body)):
        named = 0 in body[place]
        if parted and steps[place - 1] > 1.3 * small:
            groups.append([place])
        elif named and any(0 in body[above] for above in groups[-1]):
            if _goes_on(body[place - 1], body[place], columns, size):
                groups[-1].append(place)
            else:
                groups.append([place])
        elif named and not parted:
            # A name in the middle of its row, and nothing tells where the row began.
            return None
        else:
            groups[-1].append(place)
    return [(tops[group[0]], max(bottoms[place] for place in group)) for group in groups]


def _goes_on(above: dict[int, Line], row: dict[int, Line], columns: tuple[_Span, ...], size: float) -> bool:
    """Whether every piece of a line goes on from one above it that fills its column."""
    for column, piece in row.items():
        before = above.get(column)
        if before is None or _FIGURE.fullmatch(piece.text) or _FIGURE.fullmatch(before.text):
            return False
        edge = columns[column + 1][0] - 1.2 * size if column + 1 < len(columns) else columns[column][1]
        if before.right + 1.05 * size < edge:
            return False
    return True


def _below(rows: list[_Row], signs: Sequence[Sign], before: Found) -> Found | None:
    """The rest of a table of the page before, whose head is not said again."""
    first = rows[0].pieces
    homes = {
        place for piece in first for place, span in enumerate(before.columns) if span[0] - 1 <= piece.left <= span[1]
    }
    if len(homes) < 2 or len(homes) != len(first):
        return None
    body = _body(rows, before.columns, signs, _Row([first[0]]))
    return None if body is None else Found(body[0], tuple(body[2]), body[1] == len(rows))


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
