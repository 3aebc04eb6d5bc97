"""Octets of one mail -> its tree of entities, as spans into the same octets.

Nothing is copied and nothing is decoded before it is asked for, so that a mail of 50 MB costs no second
50 MB. Limits hold before any other code sees the mail (a header block may cost gigabytes elsewhere).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from pipeline.mail.fields import EMPTY, Value, structured

MAX_HEADER_BYTES = 64 * 1024
MAX_HEADER_LINES = 1000
MAX_PARTS = 200
MAX_DEPTH = 20

_FIELD = re.compile(rb"([!-9;-~]{1,120})[ \t]*:")
_BLANK = re.compile(rb"\r?\n[ \t]*\r?\n|\A\r?\n")
_SNIFFED_BOUNDARY = re.compile(rb"(?mi)^--([^\r\n]{1,200}?)[ \t]*\r?\n(?=content-[a-z-]+[ \t]*:)")
_CONTINUES = re.compile(rb"[!-9;-~]{1,60}:[ \t]")
#: How far below a broken line another field proves that the header goes on.
_LOOK_AHEAD = 4


@dataclass(frozen=True, slots=True)
class Entity:
    """One node of the MIME tree: a leaf with its body span, or a multipart with children."""

    #: Raw fields in order: name in lower case, body as it stands (folds included).
    fields: tuple[tuple[str, bytes], ...]
    type: Value
    disposition: Value
    #: Body: from ``start`` to ``end`` of the mail's octets.
    start: int
    end: int
    children: tuple[Entity, ...] = ()

    def first(self, name: str) -> bytes:
        """Raw body of the first field with this name, or nothing."""
        return next((body for key, body in self.fields if key == name), b"")

    def leaves(self) -> Iterator[Entity]:
        """Leaves of the tree in order."""
        if self.children:
            for child in self.children:
                yield from child.leaves()
        else:
            yield self


@dataclass(slots=True)
class _Budget:
    """What is left while one mail is split, and what was met on the way."""

    parts: int = MAX_PARTS
    defects: list[str] = field(default_factory=list)

    def note(self, sentence: str) -> None:
        if sentence not in self.defects:
            self.defects.append(sentence)


def split(data: bytes) -> tuple[Entity, tuple[str, ...]]:
    """Split a mail.

    Returns:
        The root entity and what was odd, in Chinese. The root's first defect speaks of the header when
        that had to be cut.
    """
    budget = _Budget()
    start = 0
    if data.startswith((b"From ", b">From ")):
        start = data.find(b"\n") + 1 or len(data)
    return _entity(data, start, len(data), depth=0, budget=budget, digest=False), tuple(budget.defects)


def _entity(data: bytes, start: int, end: int, *, depth: int, budget: _Budget, digest: bool) -> Entity:
    """Read one entity between two offsets."""
    fields, body = _header(data, start, end, budget)
    kinds = [raw for key, raw in fields if key == "content-type"]
    kind = structured(kinds[0]) if kinds else EMPTY
    if len(kinds) > 1:
        budget.note("同一部分有多个 Content-Type，以第一个为准")
    disposition = next((structured(raw) for key, raw in fields if key == "content-disposition"), EMPTY)
    if not kinds and digest:
        kind = Value("message/rfc822", ())
    children: tuple[Entity, ...] = ()
    if kind.main.startswith("multipart/"):
        if depth >= MAX_DEPTH:
            budget.note(f"嵌套超过 {MAX_DEPTH} 层，更深的内容未展开")
        else:
            children = _children(data, body, end, kind=kind, depth=depth, budget=budget)
    return Entity(fields, kind, disposition, body, end, children)


def _header(data: bytes, start: int, end: int, budget: _Budget) -> tuple[tuple[tuple[str, bytes], ...], int]:
    """Fields of the block at ``start`` and the offset of the body behind it."""
    if data[start : start + 1] == b"\n":
        return (), start + 1
    if data[start : start + 2] == b"\r\n":
        return (), start + 2
    blank = _BLANK.search(data, start, end)
    block_end, body = (blank.start(), blank.end()) if blank else (end, end)
    cut = block_end - start > MAX_HEADER_BYTES
    block = data[start : min(block_end, start + MAX_HEADER_BYTES)]
    lines = block.split(b"\n", MAX_HEADER_LINES + 1)
    if len(lines) > MAX_HEADER_LINES:
        cut = True
        lines = lines[:MAX_HEADER_LINES]
    if cut:
        budget.note(f"信头过长，只读取前 {MAX_HEADER_BYTES // 1024} KB、{MAX_HEADER_LINES} 行")
    found: list[tuple[str, list[bytes]]] = []
    offset = start
    for number, line in enumerate(lines):
        match = _FIELD.match(line)
        if line[:1] in {b" ", b"\t"} and found:
            found[-1][1].append(line)
        elif match:
            found.append((match[1].decode("ascii").lower(), [line[match.end() :]]))
        elif found and any(_CONTINUES.match(later) for later in lines[number + 1 : number + 1 + _LOOK_AHEAD]):
            # A header broken without indentation: the words belong to the field above.
            budget.note("信头中有断行错误，已并入上一字段")
            found[-1][1].append(b" " + line)
        elif line.strip():
            budget.note("信头与正文之间缺少空行")
            return _joined(found), offset
        offset += len(line) + 1
    return _joined(found), body


def _joined(found: list[tuple[str, list[bytes]]]) -> tuple[tuple[str, bytes], ...]:
    """Fields with their continuation lines."""
    return tuple((name, b"\n".join(lines).strip(b" \t\r\n")) for name, lines in found)


def _children(data: bytes, start: int, end: int, *, kind: Value, depth: int, budget: _Budget) -> tuple[Entity, ...]:
    """Parts of a multipart between its boundary lines."""
    boundary = kind.get("boundary").encode("utf-8", "surrogateescape")
    spans, closed = _spans(data, start, end, boundary) if boundary else ([], False)
    if not spans:
        sniffed = _SNIFFED_BOUNDARY.search(data, start, min(end, start + MAX_HEADER_BYTES))
        if not sniffed:
            budget.note("多部分邮件没有可用的分隔线，按普通正文读取")
            return ()
        budget.note("分隔线与信头所写不符，按正文中实际的分隔线拆分")
        spans, closed = _spans(data, start, end, sniffed[1])
    if not closed:
        budget.note("多部分邮件没有结束分隔线，可能未传完整")
    out: list[Entity] = []
    for first, last in spans:
        if budget.parts <= 0:
            budget.note(f"部分超过 {MAX_PARTS} 个，其余未读取")
            break
        budget.parts -= 1
        out.append(_entity(data, first, last, depth=depth + 1, budget=budget, digest=kind.main == "multipart/digest"))
    return tuple(out)


def _spans(data: bytes, start: int, end: int, boundary: bytes) -> tuple[list[tuple[int, int]], bool]:
    """Offsets of the parts between lines ``--boundary``, and whether the closing line was there."""
    mark = b"--" + boundary
    spans: list[tuple[int, int]] = []
    opened = -1
    at = data.find(mark, start, end)
    while at != -1:
        behind = at + len(mark)
        stop = data.find(b"\n", behind, min(end, behind + 200))
        line_end = end if stop == -1 else stop
        tail = data[behind:line_end].strip()
        if (at == start or data[at - 1] == 0x0A) and tail in {b"", b"--"}:
            if opened >= 0:
                # The line break before a boundary belongs to the boundary.
                last = at - 1 if at > opened else at
                last -= 1 if last > opened and data[last - 1] == 0x0D else 0
                spans.append((opened, max(last, opened)))
            if tail == b"--":
                return spans, True
            opened = line_end + 1 if stop != -1 else end
            if len(spans) > MAX_PARTS:
                return spans, True
        at = data.find(mark, behind, end)
    if 0 <= opened <= end:
        spans.append((min(opened, end), end))
    return spans, False
