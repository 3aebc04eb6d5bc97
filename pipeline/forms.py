"""The head line of a pre-filled workbook (填报表) ⇄ its unit and month, with a check code against editing by hand."""

from __future__ import annotations

import hashlib
import re

from pipeline.model import Document, Table
from pipeline.text import visible

_MARK = re.compile(r"填报单位[：:]\s*(\S+?)\s+月份[：:]\s*(\d{4})年(\d{1,2})月\s+表号\s*(YB-\d{6}-[0-9A-F]{6})")
#: The head line stands within so many blocks and rows.
_BLOCKS, _ROWS = 12, 8


def form_number(unit: str, period: str) -> str:
    """表号: month and a check code over unit and month, so that a copied or edited head line is noticed."""
    check = hashlib.sha256(f"{unit}|{period}".encode()).hexdigest()[:6].upper()
    return f"YB-{period.replace('-', '')}-{check}"


def head_line(unit: str, period: str) -> str:
    """``填报单位：县文旅局  月份：2022年8月  表号 YB-202208-0A1B2C``."""
    return f"填报单位：{unit}  月份：{int(period[:4])}年{int(period[5:])}月  表号 {form_number(unit, period)}"


def recognise(document: Document) -> tuple[str, str] | None:
    """Unit and period of a returned workbook, from its head line or its title property; ``None`` for any other paper.

    The check code must fit: a head line edited by hand (last month's file, another month typed in) proves nothing.
    """
    candidates = [value for name, value in document.properties if name in {"title", "keywords", "subject"}]
    for block in document.blocks[:_BLOCKS]:
        if isinstance(block, Table):
            rows: dict[int, list[str]] = {}
            for cell in block.cells:
                if cell.row < _ROWS:
                    rows.setdefault(cell.row, []).append(cell.text)
            candidates += [" ".join(texts) for _, texts in sorted(rows.items())]
            candidates.append(block.title)
        else:
            candidates.append(block.text)
    # What the clerk sees goes first: properties survive a change of the sheet.
    for text in reversed(candidates):
        found = _MARK.search(" ".join(visible(text).split()))
        if found:
            unit, year, month, number = found.groups()
            period = f"{year}-{int(month):02d}"
            if number == form_number(unit, period):
                return unit, period
    return None
