"""Text that came from a mail -> text that may stand in a letter, a cell or a paragraph.

Foreign text is only ever text: what XML forbids, what reverses the writing direction and what no font shows is
taken out here, once, so that no renderer has to think of it.
"""

from __future__ import annotations

import re

#: Illegal in XML 1.0 (openpyxl and python-docx raise on it), C1 controls, surrogates and noncharacters.
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
#: Direction marks (a file name that reads backwards), zero-width signs and the byte-order mark.
_INVISIBLE = re.compile("[\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\u00ad]")
_BLANKS = re.compile(r"(?:(?<![ \t\u3000\xa0])[ \t\u3000\xa0]++)?[\r\n\x85\u2028\u2029]++[ \t\u3000\xa0]*")
_ENDS = re.compile(r"(?<=[。！？；])(?=[^”’」』）)])")

_GAPS = re.compile(r"(?<=[。！？；，、：])[ \u3000]+")

#: Marks of the document templates live among the noncharacters, which :func:`clean` takes out of foreign text.
MARK_BASE = 0xFDD0


def clean(text: str) -> str:
    """Take out what must not reach paper or wire; line ends become line feeds."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _INVISIBLE.sub("", _ILLEGAL.sub("", text))


def one_line(text: str, limit: int = 0) -> str:
    """Cleaned text on one line, cut with an ellipsis at ``limit`` characters (0: never)."""
    line = _BLANKS.sub(" ", clean(text)).strip()
    return line if not limit or len(line) <= limit else line[: limit - 1].rstrip() + "…"


def ended(text: str) -> str:
    """A passage as a paper prints it: on one line, no blank behind Chinese punctuation, closed by a full stop."""
    line = _GAPS.sub("", one_line(text)).rstrip("；;，,、：: ")
    return line if not line or line[-1] in "。！？…”’」』）)】〕" else f"{line}。"


def quoted(text: str) -> str:
    """Text that is going to stand between “ and ”: its own quotation marks become the inner ones."""
    return text.translate(_INNER)


_INNER = str.maketrans("“”", "‘’")


def sentences(text: str) -> tuple[str, ...]:
    """Sentences of a passage: cut behind 。！？； and at line ends, nothing dropped but blanks."""
    found = []
    for line in clean(text).split("\n"):
        found += [piece.strip() for piece in _ENDS.split(line) if piece.strip()]
    return tuple(found)
