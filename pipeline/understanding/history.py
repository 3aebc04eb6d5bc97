"""The body of a mail → the sender's own words, and the older mail below them, with the head of one that was sent on."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from pipeline.mail.quote import own_words
from pipeline.model import Document, Letter, Paragraph, Table
from pipeline.text import bare
from pipeline.understanding.papers import Paper, lines_of

_FORWARDED = re.compile(
    r"^\s*(?:(?:re|fw|fwd|回复|答复|转发|转)\s*[:：]\s*)*(?:fw|fwd|转发|转)\s*[:：]|^转发|^\[?fwd", re.IGNORECASE
)
_FORWARD_RULE = re.compile(r"转发|forwarded", re.IGNORECASE)
_FIELD = re.compile(
    r"^[\s>*|]*(发件人|发信人|寄件人|From|主题|标题|Subject|发送时间|发送日期|日期|时间|Date|Sent)\**\s*[:：]\s*(.*)$",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")


@dataclass(frozen=True, slots=True)
class Inline:
    """Head of a mail that is forwarded inside the body."""

    sender: str
    display: str
    subject: str


def halves(letter: Letter, documents: list[Document]) -> tuple[Document, Document | None]:
    """The body as the sender wrote it, and the quoted history, as documents.

    Of a plain and an HTML body the one with a table speaks, else the longer one.
    """
    own, quoted = own_words(letter.body)
    parts = [_divide(document, own=bare(own), quoted=bare(quoted)) for document in documents]
    best = max(
        parts,
        key=lambda pair: (
            sum(isinstance(block, Table) for block in pair[0].blocks),
            len(" ".join(lines_of(pair[0])[0])),
        ),
    )
    history = best[1] if best[1].blocks else max((pair[1] for pair in parts), key=lambda one: len(one.blocks))
    if not history.blocks and quoted:
        # The reader of the body left the history out; the letter still has it.
        blocks = tuple(
            Paragraph(line.lstrip("> \t"), f"引文第{number}行")
            for number, line in enumerate(quoted.split("\n"), 1)
            if line.strip("> \t")
        )
        history = replace(history, blocks=blocks)
    return best[0], history if history.blocks else None


def _divide(document: Document, *, own: str, quoted: str) -> tuple[Document, Document]:
    """Blocks that stand in the own words, and those that stand in the quotation."""
    if not quoted:
        return document, replace(document, blocks=())
    kept: list[Paragraph | Table] = []
    history: list[Paragraph | Table] = []
    cursor = 0
    outside = False
    for block in document.blocks:
        text = bare(block.text) if isinstance(block, Paragraph) else bare("".join(cell.text for cell in block.cells))
        position = own.find(text, cursor)
        if text and position >= 0 and not (outside and text in quoted):
            cursor, outside = position + len(text), False
        elif (text and text in quoted) or (text and isinstance(block, Paragraph) and quoted.startswith(text[:12])):
            outside = True
        (history if outside else kept).append(block)
    return replace(document, blocks=tuple(kept)), replace(document, blocks=tuple(history))


def is_forward(letter: Letter, own: Paper, quoted: Document) -> bool:
    """Whether the quoted half was sent on to be read: marked as a forward, or nothing of one's own stands above it."""
    opening = " ".join(lines_of(quoted)[0][:2])
    if _FORWARDED.search(letter.subject) or _FORWARD_RULE.search(opening):
        return True
    short = len(bare(own.text)) <= 30
    return short and not letter.in_reply_to and not re.match(r"(?i)\s*(?:re|回复|答复)\s*[:：]", letter.subject)


def inline_head(quoted: Document) -> Inline:
    """Sender and subject that stand on top of a forwarded mail."""
    sender = display = subject = ""
    for line in lines_of(quoted)[0][:12]:
        for piece in line.split("\n"):
            match = _FIELD.match(piece)
            if not match:
                continue
            if match[1].lower() in {"发件人", "发信人", "寄件人", "from"} and not sender:
                hit = _ADDRESS.search(match[2])
                sender = hit[0].lower() if hit else ""
                display = _ADDRESS.sub("", match[2]).strip(" <>\"'“”[]():mailto")
            elif match[1].lower() in {"主题", "标题", "subject"} and not subject:
                subject = match[2].strip()
    return Inline(sender, display, subject)


_HEAD_LINE = re.compile(
    r"^[\s>*|]*(?:发件人|发信人|寄件人|收件人|收信人|抄送|发送时间|发送日期|日期|时间|主题|标题|From|To|Cc|Subject|Date|Sent)\**\s*[:：]"
    r"|[-_—=*]{3,}|写道\s*[:：]\s*$|wrote\s*:\s*$",
    re.IGNORECASE,
)


_WROTE = re.compile(r"(?:写道|wrote)\s*[:：]\s*$", re.IGNORECASE)


def without_head(quoted: Document) -> Document:
    """The forwarded mail without the block 发件人 / 时间 / 主题 on top of it and without what it quotes itself."""
    blocks = list(quoted.blocks)
    for number, block in enumerate(blocks[:10]):
        if not isinstance(block, Paragraph) or not _HEAD_LINE.search(block.text):
            rest = blocks[number:]
            return replace(quoted, blocks=tuple(rest[: _older(rest)]))
    return replace(quoted, blocks=tuple(blocks[10:]))


def _older(blocks: list[Paragraph | Table]) -> int:
    """Where a still older mail begins within a forwarded one: marked with ``>`` as the rest is not, or by its head."""
    texts = [block.text if isinstance(block, Paragraph) else "" for block in blocks]
    marked = texts[0].lstrip().startswith(">")
    for number in range(1, len(texts)):
        if not marked and (texts[number].lstrip().startswith(">") or _WROTE.search(texts[number])):
            return number
        if all(_HEAD_LINE.search(text) for text in texts[number : number + 2]) and number + 1 < len(texts):
            return number
    return len(texts)
