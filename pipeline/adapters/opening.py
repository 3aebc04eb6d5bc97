"""Bytes of one mail -> everything readable in it, in this very process: parse, unpack, read each part."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace

from pipeline.mail.archives import Unrar
from pipeline.mail.html import to_text
from pipeline.mail.parse import parse
from pipeline.mail.quote import strip_quoted_html
from pipeline.mail.unpack import unpack
from pipeline.model import Document, Letter, Opened, Part, Unreadable
from pipeline.readers import Tools, caps, pages, read

#: Parts in, the result of each in the same order out.
ReadParts = Callable[[tuple[Part, ...]], Iterable[Document | Unreadable]]


def open_in_process(raw: bytes, digest: str, *, tools: Tools, unrar: Unrar | None = None) -> Opened:
    """Open a mail without the protection of a child process.

    Args:
        raw: The mail as the server held it.
        digest: SHA-256 of the bytes, lower-case hex.
        tools: LibreOffice, OCR; what is missing makes its parts unreadable with a remedy.
        unrar: Opens rar archives.

    Returns:
        The letter, enclosed mails, one document for each part that could be read, and the reasons for the others.
        Part bytes are emptied: they stay in the archive.
    """
    return open_with(raw, digest, read_parts=lambda parts: (read(part, tools) for part in parts), unrar=unrar)


def open_with(raw: bytes, digest: str, *, read_parts: ReadParts, unrar: Unrar | None = None) -> Opened:
    """The same, with another way to read the parts (in children, say)."""
    letter = parse(raw, digest=digest)
    unpacked = unpack(letter, unrar=unrar)
    results: list[Document | Unreadable] = []
    # Meaning is found outside the child: what it is given must be short enough for that, whatever a file holds.
    room = caps.MOST_OF_A_MAIL
    for result in read_parts(tuple(own_html(letter, part) for part in unpacked.parts)):
        if isinstance(result, Document):
            short = caps.capped(result, room=room)
            room = max(0, room - caps.length(short))
            results += [short, *short.unread]
        else:
            results.append(result)
    return Opened(
        emptied(letter),
        tuple((path, emptied(inner)) for path, inner in unpacked.enclosed),
        pages.made_whole(tuple(each for each in results if isinstance(each, Document))),
        unpacked.unreadable + tuple(each for each in results if isinstance(each, Unreadable)),
    )


_REPLY = re.compile(r"\s*(?:re|回复|答复)\s*[:：]", re.IGNORECASE)


def own_html(letter: Letter, part: Part) -> Part:
    """The HTML body of a reply without the mail it answers; anything else, and a forward, as it is.

    Here the bytes are still at hand; afterwards an answer above an old report cannot be told from the report.
    """
    is_reply = bool(letter.in_reply_to) or _REPLY.match(letter.subject) is not None
    if part.path != "body-html" or not is_reply:
        return part
    own = strip_quoted_html(part.data.decode("utf-8", "replace"))
    return replace(part, data=own.encode()) if to_text(own).strip() else part


def emptied(letter: Letter) -> Letter:
    """A letter whose parts keep their labels but not their bytes, and whose body is no longer than a document."""
    parts = tuple(replace(part, data=b"") for part in letter.parts)
    return replace(letter, parts=parts, body=letter.body[: caps.MOST_OF_A_DOCUMENT])
