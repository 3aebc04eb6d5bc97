"""A document of any format -> the lines that :func:`pipeline.plan.notice.read_notice` reads."""

from __future__ import annotations

import re

from pipeline.model import Document, Paragraph, Table

_NUMBER = re.compile(r"序号|编号|^号$")
_TASK = re.compile(r"(?:工作|重点|主要|目标)?(?:任务|事项|项目|举措)(?:名称)?|任务分解")
_CONTENT = re.compile(r"内容|措施|要求|目标|标准")
_LEAD = re.compile(r"牵头|主办|主责")
_SUPPORT = re.compile(r"配合|协办|参与|协助")
_DUTY = re.compile(r"(?:责任|负责|承办|落实|实施)(?:单位|部门|主体)")
_TIME = re.compile(r"时限|时间|期限")
#: Header rows are looked for here and no deeper.
_HEAD_ROWS = 3


def lines_of(document: Document) -> tuple[str, ...]:
    """Paragraphs with their automatic numbers in front, and the rows of a task table worded as items.

    Headers, footers, footnotes and captions are left out (they carry page numbers). A table counts as a task table when
    its head names a task column and a duty column; each row then becomes ``n. task。content牵头单位：…；配合单位：…``.
    Other tables are left out of the plan's text.

    Args:
        document: What a reader gave.
    """
    lines: list[str] = []
    for block in document.blocks:
        if isinstance(block, Paragraph):
            if block.zone in {"body", "textbox"} and (block.label or block.text):
                lines.append(f"{block.label}{block.text}")
        else:
            lines += _rows(block)
    return tuple(lines)


def _rows(table: Table) -> list[str]:
    grid = _grid(table)
    for index, head in enumerate(grid[:_HEAD_ROWS]):
        columns = _columns(head)
        if columns:
            rows = grid[index + 1 :]
            return [line for number, row in enumerate(rows, 1) if (line := _line(row, columns, number))]
    return []


def _grid(table: Table) -> list[list[str]]:
    """Texts by row and column; a merged cell stands in every place that it covers."""
    grid = [["" for _ in range(table.width)] for _ in range(table.height)]
    for cell in table.cells:
        for row in range(cell.row, min(cell.row + cell.rows, table.height)):
            for column in range(cell.column, min(cell.column + cell.columns, table.width)):
                grid[row][column] = "".join(cell.text.split("\n"))
    return grid


def _columns(head: list[str]) -> dict[str, int] | None:
    """Which column holds what, or ``None`` when this is no head of a task table."""
    found: dict[str, int] = {}
    for index, raw in enumerate(head):
        name = re.sub(r"\s", "", raw)
        for key, pattern in (
            ("number", _NUMBER),
            ("lead", _LEAD),
            ("support", _SUPPORT),
            ("duty", _DUTY),
            ("time", _TIME),
            ("task", _TASK),
            ("content", _CONTENT),
        ):
            if pattern.search(name):
                found.setdefault(key, index)
                break
    named = {"lead", "duty"} & found.keys()
    if "task" not in found and "content" in found:
        found["task"] = found.pop("content")
    return found if named and "task" in found else None


def _line(row: list[str], columns: dict[str, int], number: int) -> str:
    def cell(key: str) -> str:
        return row[columns[key]].strip() if key in columns else ""

    task = cell("task").rstrip("。；")
    duties = [
        f"{label}：{cell(key)}"
        for key, label in (("lead", "牵头单位"), ("duty", "责任单位"), ("support", "配合单位"))
        if cell(key)
    ]
    if not task or not duties:
        return ""
    shown = cell("number") if cell("number").isdigit() else str(number)
    task = re.sub(rf"^{shown}[.．、]\s*", "", task)
    content = cell("content")
    time = f"完成时限：{cell('time')}。" if cell("time") else ""
    return (
        f"{shown}. {task}。{content}{'' if not content or content.endswith('。') else '。'}{'；'.join(duties)}。{time}"
    )
