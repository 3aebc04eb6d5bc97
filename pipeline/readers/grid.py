"""One sheet as it is stored -> the table a person sees: what is hidden is out, merged cells stand once."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from functools import lru_cache
from operator import itemgetter
from typing import NamedTuple

from pipeline.model import Cell, Table
from pipeline.readers.tools import MAX_CELL_TEXT

MAX_ROWS = 5_000
MAX_COLUMNS = 200
MAX_CELLS = 200_000
MAX_SHEETS = 50
#: A longer run of blank rows says no more than one.
_BLANK_RUN = 20
_NUMBER = re.compile(r"[-+]?(?:\d{1,3}(?:,\d{3})+|\d{1,15})(?:\.\d{1,10})?%?")


class Value(NamedTuple):
    """What one stored cell shows."""

    text: str
    number: float | None = None
    trouble: str = ""


@dataclass(slots=True)
class Sheet:
    """One sheet as stored; rows and columns count from 0."""

    name: str
    values: dict[tuple[int, int], Value] = field(default_factory=dict)
    hidden_rows: set[int] = field(default_factory=set)
    #: First and last hidden column, both inclusive.
    hidden_columns: list[tuple[int, int]] = field(default_factory=list)
    #: Top, left, bottom, right, all inclusive.
    merges: list[tuple[int, int, int, int]] = field(default_factory=list)
    #: What was left out for its size.
    warnings: list[str] = field(default_factory=list)

    def column_hidden(self, column: int) -> bool:
        """Whether a column is out of sight."""
        return any(first <= column <= last for first, last in self.hidden_columns)


@lru_cache(maxsize=512)
def column_name(column: int) -> str:
    """0 -> A, 27 -> AB."""
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(65 + rest) + name
    return name


def number_in(text: str) -> float | None:
    """The number that a cell of text holds, and nothing else (full-width figures and thousands understood)."""
    if "\u4e00" <= text[:1] <= "\u9fff" or "\u4e00" <= text[-1:] <= "\u9fff":
        # Most cells hold words: a Han character is no part of a number, however it is written.
        return None
    text = (text if text.isascii() else unicodedata.normalize("NFKC", text)).strip().lstrip("'")
    if not _NUMBER.fullmatch(text):
        return None
    return float(text.rstrip("%").replace(",", ""))


def table(sheet: Sheet) -> tuple[Table | None, tuple[str, ...]]:
    """The visible table of a sheet and what a person should know about it; ``None`` when nothing is to be seen."""
    warnings = list(sheet.warnings)
    filled = {key for key, value in sheet.values.items() if value.text or value.trouble}
    hidden_columns = {column for column in {key[1] for key in filled} if sheet.column_hidden(column)}
    if sheet.hidden_rows and any(key[0] in sheet.hidden_rows for key in filled):
        warnings.append(f"工作表“{sheet.name}”有隐藏行，未计入")
    if hidden_columns:
        warnings.append(f"工作表“{sheet.name}”有隐藏列，未计入")
    covered, anchors = _merged(sheet, filled)
    shown: list[_Shown] = []
    for key in filled if anchors else sheet.values:
        if key not in filled or key in covered:
            continue
        if key not in anchors:
            if key[0] not in sheet.hidden_rows and key[1] not in hidden_columns:
                shown.append((*key, *key, key))
            continue
        top, left, bottom, right = anchors[key]
        rows = [row for row in range(top, bottom + 1) if row not in sheet.hidden_rows]
        columns = [column for column in range(left, right + 1) if not sheet.column_hidden(column)]
        if rows and columns:
            shown.append((rows[0], columns[0], rows[-1], columns[-1], key))
    if not shown:
        return None, tuple(warnings)
    tops, lefts, bottoms, rights, _ = zip(*shown, strict=True)
    row_at = _renumbered({*tops, *bottoms}, sheet, rows=True)
    column_at = _renumbered({*lefts, *rights}, sheet, rows=False)
    # Numbers rise with the numbers they stand for: the last is the largest.
    height, width = row_at[max(bottoms)] + 1, column_at[max(rights)] + 1
    names = {column: f"{sheet.name}!{column_name(column)}" for column in {key[1] for key in filled}}
    cells = []
    shown.sort(key=_place)
    for top, left, bottom, right, key in shown:
        text, number, trouble = sheet.values[key]
        place = f"{names[key[1]]}{key[0] + 1}"
        if len(text) > MAX_CELL_TEXT:
            text = text[:MAX_CELL_TEXT]
            warnings.append(f"{place}的文字过长，只读了前{MAX_CELL_TEXT}字")
        row, column = row_at[top], column_at[left]
        cells.append(
            Cell(text, row, column, place, row_at[bottom] - row + 1, column_at[right] - column + 1, number, trouble)
        )
    return Table(tuple(cells), height, width, sheet.name, sheet.name), tuple(dict.fromkeys(warnings))


#: Top, left, bottom, right of what is seen, and the key of the cell that shows there.
_Shown = tuple[int, int, int, int, tuple[int, int]]
#: Order of reading: by row, then by column; the order of the file is nearly this one.
_place = itemgetter(0, 1)


def _merged(
    sheet: Sheet, filled: set[tuple[int, int]]
) -> tuple[set[tuple[int, int]], dict[tuple[int, int], tuple[int, int, int, int]]]:
    """Cells that a merged range hides, and the range of each cell that shows."""
    covered: set[tuple[int, int]] = set()
    anchors: dict[tuple[int, int], tuple[int, int, int, int]] = {}
    by_row: dict[int, list[tuple[int, int]]] = {}
    for key in filled if sheet.merges else ():
        by_row.setdefault(key[0], []).append(key)
    for top, left, bottom, right in sheet.merges:
        if (top, left) in filled:
            anchors[(top, left)] = (top, left, min(bottom, top + MAX_ROWS), min(right, left + MAX_COLUMNS))
        rows = range(top, bottom + 1) if bottom - top < len(by_row) else [row for row in by_row if top <= row <= bottom]
        for row in rows:
            for key in by_row.get(row, ()):
                if left <= key[1] <= right and key != (top, left):
                    covered.add(key)
    return covered, anchors


def _renumbered(used: set[int], sheet: Sheet, *, rows: bool) -> dict[int, int]:
    """Old number -> new number: hidden ones gone, long runs of blanks shortened, the first used one is 0."""
    found: dict[int, int] = {}
    now = 0
    before: int | None = None
    for each in sorted(used):
        if before is not None:
            gap = each - before
            if gap > _BLANK_RUN:
                now += 2
            else:
                now += 1 + sum(
                    1
                    for between in range(before + 1, each)
                    if not (between in sheet.hidden_rows if rows else sheet.column_hidden(between))
                )
        found[each] = now
        before = each
    return found
