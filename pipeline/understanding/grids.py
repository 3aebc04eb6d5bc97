"""A table → a grid in which each visible cell knows how far it reaches."""

from __future__ import annotations

from pipeline.model import Cell, Table
from pipeline.understanding.words import Words


def grid(table: Table) -> list[list[Cell | None]]:
    """Rows of a table's cells; a merged cell stands in every place that it covers."""
    grid: list[list[Cell | None]] = [[None] * table.width for _ in range(table.height)]
    for cell in table.cells:
        for row in range(cell.row, min(table.height, cell.row + cell.rows)):
            for column in range(cell.column, min(table.width, cell.column + cell.columns)):
                grid[row][column] = cell
    return grid


def row_cells(grid: list[list[Cell | None]], row: int) -> list[Cell]:
    """Cells that reach into a row, each once."""
    cells: list[Cell] = []
    for cell in grid[row]:
        if cell is not None and cell not in cells:
            cells.append(cell)
    return cells


def fresh(grid: list[list[Cell | None]], row: int) -> list[Cell]:
    """Cells that begin in a row and hold a text."""
    return [cell for cell in row_cells(grid, row) if cell.row == row and told(cell.text)]


def told(text: str) -> str:
    """What a text says, without the blanks and line ends around it."""
    return text.strip(" \u3000\n\t")


def empty(text: str, *, words: Words) -> bool:
    """Whether a text says nothing: it is blank, or the list ``table_empty`` knows it."""
    return not told(text) or words.pattern("table_empty").fullmatch(told(text)) is not None
