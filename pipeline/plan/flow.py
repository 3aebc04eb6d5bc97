"""Lines of a notice, broken anywhere -> one clean text that still knows where its lines began."""

from __future__ import annotations

import re
from dataclasses import dataclass

_WIDE = {0xFF10 + index: ord("0") + index for index in range(10)}
_WIDE |= {0xFF21 + index: ord("A") + index for index in range(26)}
_WIDE |= {0xFF41 + index: ord("a") + index for index in range(26)}
_WIDE |= {ord(old): ord(new) for old, new in zip("(﹙【)﹚】．％［］\u3000\xa0\t", "（（（）））.%[]   ", strict=True)}
_HIDDEN = dict.fromkeys(map(ord, "\u200b\u200c\u200d\ufeff\u00ad\u2060"))
_ASCII_WORD = re.compile(r"[A-Za-z0-9]")
_PAGE = re.compile(r"[-—–―·\s]*(?:第)?(\d{1,3})(?:页)?(?:[/／]?共?\d{0,3}页?)?[-—–―·\s]*$")
_UNIT_LIST = re.compile(r"(?:单位|部门)\s*[:：]")
_SPACE_BETWEEN_NAMES = re.compile(r"(?<=[一-龥）])\s+(?=[一-龥])(?![一-龥]{2,6}(?:单位|部门|时限|时间|领导)：)")
#: A line shorter than this share of a full line was ended by its author, not by the margin …
_FULL = 0.85
#: … unless only the indent of a first line and a character that may not end a line are missing.
_INDENT = 3.5


@dataclass(frozen=True, slots=True)
class Flow:
    """One clean text with the places where its lines began."""

    text: str
    #: Offsets of line starts, ascending.
    starts: tuple[int, ...]
    #: Offsets of those line starts before which the author, not the margin, ended the line.
    paragraphs: tuple[int, ...]


def clean(line: str) -> str:
    """One line with full-width punctuation among Chinese words, ASCII digits and letters, no typesetting space."""
    line = line.translate(_HIDDEN).translate(_WIDE).replace("**", "").replace("__", "")
    line = re.sub(r"^\s*#{1,6}\s+", "", line)
    line = re.sub(r",(?!\d)|(?<!\d),", "，", line)
    line = re.sub(r":(?!\d)|(?<!\d):", "：", line)
    line = line.replace(";", "；")
    if _UNIT_LIST.search(line):
        head, sep, tail = _cut_at_list(line)
        # 责任单位：甲局 乙局 - here the space is the separator.
        line = head + sep + _SPACE_BETWEEN_NAMES.sub("、", tail)
    return re.sub(r"\s+", _space, line.strip())


def _cut_at_list(line: str) -> tuple[str, str, str]:
    match = _UNIT_LIST.search(line)
    if match is None:
        return line, "", ""
    return line[: match.start()], match[0].replace(" ", "").replace(":", "："), line[match.end() :].lstrip()


def _space(match: re.Match[str]) -> str:
    before, after = match.string[: match.start()][-1:], match.string[match.end() :][:1]
    return " " if _ASCII_WORD.match(before) and _ASCII_WORD.match(after) else ""


def pour(paragraphs: tuple[str, ...]) -> Flow:
    """Join lines into one text: words broken by margins and pages grow together, page numbers fall out.

    Args:
        paragraphs: Lines of a text file, paragraphs of a document or lines of a page, in reading order.

    Returns:
        The flow; its text has no line ends.
    """
    lines = [clean(line) for paragraph in paragraphs for line in paragraph.splitlines()]
    lines = _without_pages([line for line in lines if line])
    width = _width_of_full_line(lines)
    short = min(_FULL * width, width - _INDENT)
    text, starts, authors = "", [], []
    previous = 0.0
    for line in lines:
        if text and re.match(r"[A-Za-z]", text[-1]) and re.match(r"[A-Za-z]", line):
            text += " "
        starts.append(len(text))
        if previous < short:
            authors.append(len(text))
        text += line
        previous = _length(line)
    return Flow(text, tuple(starts), tuple(authors))


def _without_pages(lines: list[str]) -> list[str]:
    """Drop page numbers: framed by dashes anywhere, bare ones only while they count upwards."""
    kept, page = [], 0
    for line in lines:
        match = _PAGE.match(line)
        if match and (not line.isdigit() or int(match[1]) in {page + 1, page + 2}):
            page = int(match[1])
        else:
            kept.append(line)
    return kept


def _length(line: str) -> float:
    return sum(0.5 if char.isascii() else 1.0 for char in line)


def _width_of_full_line(lines: list[str]) -> float:
    """Length at which the margin breaks a line: nearly the longest; outliers (one long line) do not count."""
    lengths = sorted(map(_length, lines))
    return lengths[int(len(lengths) * 0.9)] if lengths else 0.0
