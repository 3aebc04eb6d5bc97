"""A document -> the same within a length that later steps can read in seconds; what was cut is said in a warning."""

from __future__ import annotations

from dataclasses import replace

from pipeline.model import Document, Paragraph, Table

#: Characters of one paragraph or cell: ten pages without a break are no prose any more.
MOST_OF_A_BLOCK = 10_000
#: Characters of one document, some three hundred pages, and of all documents of one mail.
MOST_OF_A_DOCUMENT = 200_000
MOST_OF_A_MAIL = 300_000


def length(document: Document) -> int:
    """Characters of everything that a document says."""
    return sum(map(_length, document.blocks))


def capped(document: Document, *, room: int = MOST_OF_A_DOCUMENT) -> Document:
    """Cut a document to ``room`` characters at most, and each paragraph and cell to its own measure."""
    left = min(room, MOST_OF_A_DOCUMENT)
    if length(document) <= min(left, MOST_OF_A_BLOCK):
        return document
    kept: list[Paragraph | Table] = []
    warnings: list[str] = []
    for block in document.blocks:
        short = _cut(block)
        if short is not block:
            warnings.append(f"{_place(block)}过长，每段（格）只读了前 {MOST_OF_A_BLOCK} 字，请核对原件")
        left -= _length(short)
        if left < 0:
            warnings.append(f"文字过多，从{_place(block)}起没有读，请核对原件")
            break
        kept.append(short)
    if not warnings:
        return document
    return replace(document, blocks=tuple(kept), warnings=(*document.warnings, *dict.fromkeys(warnings[:20])))


def _length(block: Paragraph | Table) -> int:
    if isinstance(block, Paragraph):
        return len(block.text) + len(block.label)
    return len(block.title) + sum(len(cell.text) for cell in block.cells)


def _place(block: Paragraph | Table) -> str:
    return f"“{block.place[:40]}”"


def _cut(block: Paragraph | Table) -> Paragraph | Table:
    """The block itself when nothing in it is too long."""
    if isinstance(block, Paragraph):
        if len(block.text) <= MOST_OF_A_BLOCK and len(block.lead) <= MOST_OF_A_BLOCK:
            return block
        return replace(block, text=block.text[:MOST_OF_A_BLOCK], lead=block.lead[:MOST_OF_A_BLOCK])
    if all(len(cell.text) <= MOST_OF_A_BLOCK for cell in block.cells):
        return block
    return replace(block, cells=tuple(replace(cell, text=cell.text[:MOST_OF_A_BLOCK]) for cell in block.cells))
