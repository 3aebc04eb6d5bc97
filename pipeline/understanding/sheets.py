"""A workbook of several sheets → those that tell of the month that is reported on.

Clerks copy last month's sheet and fill it in (8月, 9月, 10月); what they sent before still lies in front of it, and
what the office wrote on how to fill it in behind it.
"""

from __future__ import annotations

import re
from dataclasses import replace

from pipeline.model import Document, Table
from pipeline.understanding.words import month_number

_TITLE = re.compile(
    r"(?:20\d\d年?[.\-]?)?(1[0-2]|0?[1-9]|十[一二]?|[一二三四五六七八九])月?(?:份)?"
    r"(?:重点|工作|任务|进展|完成|情况|数据|填报|上报|报送|台账|报表|月报|表)*(?:[（(【\[][^（()）【】\[\]]{1,6}[）)】\]])?"
)
#: A sheet that only looks ahead: 10月计划 behind 9月.
_PLANNED = re.compile(_TITLE.pattern + r"(?:工作)?(?:计划|打算|安排)")
#: Sheets on how a form is filled in, by their name; 说明 alone may also tell of work.
_MANUAL = re.compile(r"(?:填[表报写]|编[制写报]|报送|上报|使用|操作|指标|口径)(?:说明|须知|要求|指南|规范|注意事项)")
#: Words of a line that tells how to report.
_ASKED = re.compile(
    r"请(?:各|按|于|将|在|如实|认真|勿)|须|不得|务必|应当?(?:填|按|于|写|报)|填(?:写|报|表|列)|(?:报送|上报|填报)(?:时限|时间|范围|方式|要求|邮箱)"
    r"|日前(?:将|加盖|报送|上报|报|发|填)|联系(?:人|电话|方式)|加盖公章|填表说明"
)


def months(document: Document) -> tuple[int, ...]:
    """Months that name sheets of a document, in their order; empty unless two or more sheets are named so."""
    named = [number for block in document.blocks if isinstance(block, Table) and (number := _month(block)) is not None]
    return tuple(dict.fromkeys(named)) if len(set(named)) > 1 else ()


def of_month(document: Document, month: int | None) -> Document:
    """The document without the sheets of other months, where one is named by this month, and without instructions."""
    reported = month if month is not None and month in months(document) else None
    kept = tuple(
        block
        for block in document.blocks
        if not isinstance(block, Table) or reported is None or _month(block) in {None, reported}
    )
    told = tuple(
        block for block in kept if not isinstance(block, Table) or not (_instructs(block) or _plans(block, month))
    )
    # A sheet that is the only one is what was sent, whatever its name.
    kept = told if any(isinstance(block, Table) for block in told) else kept
    return document if len(kept) == len(document.blocks) else replace(document, blocks=kept)


def _month(table: Table) -> int | None:
    title = re.sub(r"\s+", "", table.title)
    found = _TITLE.fullmatch(title)
    return month_number(found.group(1).lstrip("0")) if found and ("月" in title) else None


def _plans(table: Table, month: int | None) -> bool:
    """Whether a sheet holds the plan of another month, by its name."""
    found = _PLANNED.fullmatch(re.sub(r"\s+", "", table.title))
    return found is not None and month_number(found.group(1).lstrip("0")) != month


def _instructs(table: Table) -> bool:
    """Whether a sheet only tells how to fill in the others: by its name, or line by line."""
    title = re.sub(r"\s+", "", table.title)
    if not title:
        return False
    if _MANUAL.search(title):
        return True
    rows = {cell.row for cell in table.cells if cell.text.strip()}
    lines = [line for cell in table.cells for line in cell.text.split("\n") if line.strip()]
    alone = len(rows) == sum(bool(cell.text.strip()) for cell in table.cells)
    return alone and bool(lines) and sum(_ASKED.search(line) is not None for line in lines) / len(lines) > 0.5
