"""A ledger of any column names and order → its rows: task, progress, problem, next step, figures, status.

Columns are recognised by the words of their headers (lists ``table_*`` of config/reading.yaml), then by what their
cells hold. Headers of several rows, merged cells, continuation rows, group rows and cards (keys at the left) are
one thing here: a grid in which each visible cell knows how far it reaches.
"""

from __future__ import annotations

from pipeline.model import Cell, Table
from pipeline.understanding import columns, grids
from pipeline.understanding.cards import cards, is_card, keyed_at_left, lies
from pipeline.understanding.cells import CellFigure, CellText, Ledger, figure
from pipeline.understanding.columns import Head
from pipeline.understanding.listing import listed
from pipeline.understanding.naming import Role, role_of
from pipeline.understanding.prose import figures
from pipeline.understanding.words import Words


def read(table: Table, *, words: Words, month: int | None = None, above: str = "") -> Ledger:
    """Rows of a ledger.

    Args:
        table: Visible cells with their spans.
        words: Compiled lists ``table_*`` and ``quantity_*``.
        month: Month of the report, to tell apart columns that name other months.
        above: The lines that stand right above the table (单位：万元).

    Returns:
        The rows in order; a table in which neither a header nor keys are recognised gives its texts as remarks.
    """
    grid = grids.grid(table)
    if not grid or not grid[0]:
        return Ledger(rows=())
    card = is_card(grid, words=words, month=month)
    head = None if card else columns.header_rows(grid, words=words, month=month)
    if head is not None and lies(grid, head[0], words=words, month=month):
        head = None
    if head is None:
        keyed = card or keyed_at_left(grid, words=words, month=month)
        head = None if keyed else columns.unnamed_header(grid, words=words)
        carded = cards(grid, words=words, month=month) if head is None else None
        if carded is not None:
            return carded
        if head is None:
            return Ledger(rows=(), remarks=tuple(_loose(grid)))
    return listed(grid, *head, words=words, month=month, above=above)


def small(table: Table, *, words: Words, month: int | None = None) -> tuple[CellFigure, ...]:
    """Figures of a small table within a cell, each with its unit, under or beside its name; empty for any other."""
    grid = grids.grid(table)
    corner = grid[0][1] if grid and table.width > 1 else None
    if table.width > 2 or (corner is not None and not figures(corner.text)):
        named = [(_row_name(cells), grid[0][column], cell) for cells in grid[1:] for column, cell in enumerate(cells)]
    else:
        named = [("", cells[0], cells[1]) for cells in grid if len(cells) > 1]
    out: list[CellFigure] = []
    for label, name, cell in named:
        if name is None or cell is None or name is cell or not grids.told(cell.text) or grids.told(cell.text) == label:
            continue
        role, unit = role_of(name.text, words=words, month=month)
        if role in {Role.TARGET, Role.PREVIOUS}:
            continue
        found = figure(cell, Head(role=role, text=name.text, unit=unit), measure="", titles=(label,), words=words)
        if found is None or figures(name.text):
            return ()
        out.append(found)
    return tuple(out)


def _row_name(cells: list[Cell | None]) -> str:
    """What a row of a small table is about, where its first cell is a name."""
    first = cells[0]
    return grids.told(first.text) if first is not None and len(cells) > 1 and not figures(first.text) else ""


def _loose(grid: list[list[Cell | None]]) -> list[CellText]:
    """Rows of a table without a header that tell something: one passage a row, lists of names and numbers left out."""
    out: list[CellText] = []
    for row in range(len(grid)):
        cells = grids.fresh(grid, row)
        if any(len(grids.told(cell.text)) >= 16 for cell in cells):
            out.append(
                CellText("，".join(grids.told(cell.text).rstrip("。；，") for cell in cells) + "。", cells[0].place)
            )
    return out
