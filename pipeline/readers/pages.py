"""Documents of one mail -> the same, a sentence that runs from one photographed page to the next made whole."""

from __future__ import annotations

import re
from dataclasses import replace

from pipeline.model import Document, Paragraph
from pipeline.readers.layout import begins, ends, joined

#: Prose, as no title, signature or date is.
_PROSE = re.compile(r"[，。；]")


def made_whole(documents: tuple[Document, ...]) -> tuple[Document, ...]:
    """Where a picture breaks off in the middle of a sentence, what goes on at the head of the next is put behind it."""
    found = list(documents)
    for place in range(len(found) - 1):
        one, other = found[place], found[place + 1]
        if not _page(one) or not _page(other) or _folder(one) != _folder(other):
            continue
        last, first = one.blocks[-1], other.blocks[0]
        if isinstance(last, Paragraph) and isinstance(first, Paragraph) and _goes_on(last, first):
            found[place] = replace(one, blocks=(*one.blocks[:-1], replace(last, text=joined(last.text, first.text))))
            found[place + 1] = replace(other, blocks=other.blocks[1:])
    return tuple(found)


def _page(document: Document) -> bool:
    return document.format == "image" and document.scanned and bool(document.blocks)


def _folder(document: Document) -> str:
    """Where a part lies: a mail, or an archive in it."""
    return document.part.rpartition("/")[0]


def _goes_on(last: Paragraph, first: Paragraph) -> bool:
    """Whether one paragraph breaks off and the other begins in the middle of a sentence."""
    if ends(last.text) or begins(first.text) or last.centered or first.centered:
        return False
    return bool(_PROSE.search(last.text) and _PROSE.search(first.text))
