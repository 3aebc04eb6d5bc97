"""Reports written for the tests (tests/corpus/own) → documents and their truth."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.model import Cell, Document, Paragraph, Table

_SPAN = re.compile(r"⟦(\d+)(?::([odbn]))?\|(.*?)⟧|⟪([PNO])\|(.*?)⟫", re.DOTALL)
_FIGURE = re.compile(r"\{([^{}=]*)(?:=([^{}]*))?\}")
_STATUS = {"o": "on_track", "d": "done", "b": "behind", "n": "not_started", None: "on_track"}
_BIG = re.compile(r"^\s*(\d+(?:\.\d+)?)\s*(.*)$")


@dataclass(frozen=True, slots=True)
class Written:
    """One report with its truth in the shape of truth.json."""

    name: str
    unit: str
    period: str
    documents: tuple[Document, ...]
    truth: dict[str, Any]


def _figures(text: str) -> list[dict[str, Any]]:
    out = []
    for shown, counted in _FIGURE.findall(text):
        told = _BIG.match((counted or shown).replace("余", "").replace("多", ""))
        if told:
            out.append({"value": float(told.group(1)), "unit": told.group(2).strip(), "of": ""})
    return out


def _clean(text: str) -> str:
    text = _SPAN.sub(lambda found: found.group(3) if found.group(3) is not None else found.group(5), text)
    return _FIGURE.sub(lambda found: found.group(1), text)


class _Truth:
    def __init__(self) -> None:
        self.items: dict[int, dict[str, Any]] = {}
        self.remarks: dict[str, list[dict[str, Any]]] = {"P": [], "N": [], "O": []}

    def item(self, number: int) -> dict[str, Any]:
        return self.items.setdefault(number, {"item": number, "progress": [], "status": "on_track", "quantities": []})

    def take(self, text: str) -> list[int]:
        seen = []
        for number, status, body, kind, remark in _SPAN.findall(text):
            if number:
                one = self.item(int(number))
                one["progress"].append(_FIGURE.sub(lambda found: found.group(1), body))
                if status:
                    one["status"] = _STATUS[status]
                one["quantities"] += _figures(body)
                seen.append(int(number))
            else:
                self.remarks[kind].append(
                    {"text": _FIGURE.sub(lambda found: found.group(1), remark), "items": seen[-1:]}
                )
        return seen

    def done(self, name: str, unit: str, period: str) -> dict[str, Any]:
        items = [{**one, "progress": "\n".join(one["progress"])} for _, one in sorted(self.items.items())]
        return {
            "mail": name,
            "kind": "report",
            "unit": unit,
            "period": period,
            "stamped": False,
            "items": items,
            "problems": self.remarks["P"],
            "next_steps": self.remarks["N"],
            "off_plan": [one["text"] for one in self.remarks["O"]],
            "tricky": "",
        }


def _table(rows: list[list[str]], truth: _Truth, number: int) -> Table:
    width = max(len(row) for row in rows)
    cells: list[dict[str, Any]] = []
    grid: dict[tuple[int, int], dict[str, Any]] = {}
    for place, row in enumerate(rows):
        numbers: list[int] = []
        loose: list[dict[str, Any]] = []
        for column, text in enumerate(row):
            if text == "^" and (place - 1, column) in grid:
                above = grid[place - 1, column]
                above["rows"] = place - above["row"] + 1
                grid[place, column] = above
                continue
            if text == "<" and (place, column - 1) in grid:
                left = grid[place, column - 1]
                left["columns"] = column - left["column"] + 1
                grid[place, column] = left
                continue
            numbers += truth.take(text)
            if not _SPAN.search(text):
                loose += _figures(text)
            cell = {
                "text": _clean(text),
                "row": place,
                "column": column,
                "place": f"表{number}!R{place + 1}C{column + 1}",
                "rows": 1,
                "columns": 1,
            }
            cells.append(cell)
            grid[place, column] = cell
        if len(numbers) > 0:
            truth.item(numbers[0])["quantities"] += loose
    return Table(cells=tuple(Cell(**cell) for cell in cells), height=len(rows), width=width, place=f"表{number}")


def read_written(path: Path) -> Written:
    """Read one file of the set."""
    lines = path.read_text(encoding="utf-8").splitlines()
    unit, _, period = (part.strip() for part in lines[0].partition("|"))
    truth = _Truth()
    blocks: list[Paragraph | Table] = []
    rows: list[list[str]] = []
    number = tables = 0

    def close() -> None:
        nonlocal rows, tables
        if rows:
            tables += 1
            blocks.append(_table(rows, truth, tables))
            rows = []

    body = False
    for line in lines[1:]:
        if line.startswith("%body"):
            body = True
            continue
        if line.startswith("|"):
            rows.append(
                [cell.strip() for cell in line.strip().strip("|").split("|_|" if "|_|" in line else "|")]
                if "⟦" not in line and "⟪" not in line
                else _cells(line)
            )
            continue
        close()
        if not line.strip():
            continue
        number += 1
        place = f"第{number}段"
        truth.take(line)
        text = _clean(line)
        if text.startswith("# "):
            blocks.append(Paragraph(text=text[2:], place=place, level=1))
        elif text.startswith("** "):
            blocks.append(Paragraph(text=text[3:], place=place, bold=True))
        elif text.startswith(">> "):
            blocks.append(Paragraph(text=text[3:], place=place, centered=True))
        elif text.startswith("@"):
            lead, _, rest = text[1:].partition("@")
            blocks.append(Paragraph(text=lead + rest, place=place, lead=lead))
        else:
            blocks.append(Paragraph(text=text, place=place))
    close()
    document = Document(
        part="body" if body else "1", name=path.name, format="text" if body else "docx", blocks=tuple(blocks)
    )
    return Written(path.stem, unit, period, (document,), truth.done(path.stem, unit, period))


def _cells(line: str) -> list[str]:
    """Cells of a row whose texts hold marks with bars of their own."""
    cells, depth, current = [], 0, ""
    for sign in line.strip().strip("|"):
        depth += (sign in "⟦⟪") - (sign in "⟧⟫")
        if sign == "|" and depth == 0:
            cells.append(current.strip())
            current = ""
        else:
            current += sign
    cells.append(current.strip())
    return cells


def written(folder: Path) -> Iterator[Written]:
    """All reports of a folder."""
    for path in sorted(folder.glob("*.txt")):
        yield read_written(path)
