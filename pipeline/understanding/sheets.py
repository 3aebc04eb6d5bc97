"""A workbook that grows by a sheet a month → the sheets of the month that is reported on.

Clerks copy last month's sheet and fill it in (8月, 9月, 10月); what they sent before still lies in front of it.
"""

from __future__ import annotations

import re
from dataclasses import replace

from pipeline.model import Document, Table
from pipeline.understanding.words import month_number

_TITLE = re.compile(
    r"(?:20\d\d年?[.\-]?)?(1[0-2]|0?[1-9]|十[一二]?|[一二三四五六七八九])月?(?:份)?(?:台账|报表|月报|表)?"
)


def months(document: Document) -> tuple[int, ...]:
    """Months that name sheets of a document, in their order; empty unless two or more sheets are named so."""
    named = [number for block in document.blocks if isinstance(block, Table) and (number := _month(block)) is not None]
    return tuple(dict.fromkeys(named)) if len(set(named)) > 1 else ()


def of_month(document: Document, month: int | None) -> Document:
    """The document without the sheets of other months; as it is where none is named by this month."""
    if month is None or month not in months(document):
        return document
    kept = tuple(block for block in document.blocks if not isinstance(block, Table) or _month(block) in {None, month})
    return replace(document, blocks=kept)


def _month(table: Table) -> int | None:
    title = re.sub(r"\s+", "", table.title)
    found = _TITLE.fullmatch(title)
    return month_number(found.group(1).lstrip("0")) if found and ("月" in title) else None
