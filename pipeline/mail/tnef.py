"""winmail.dat (TNEF, what Outlook wraps around attachments) -> its files. Format: [MS-OXTNEF]."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from pipeline.mail.charsets import decode, guess

_REND_DATA, _TITLE, _DATA, _PROPERTIES, _CODE_PAGE = 0x9002, 0x8010, 0x800F, 0x9005, 0x9007
_LONG_NAME, _SHORT_NAME, _OBJECT = 0x3707, 0x3704, 0x3701
_FIXED = {0x0002: 4, 0x0003: 4, 0x0004: 4, 0x000A: 4, 0x000B: 4, 0x0005: 8, 0x0006: 8, 0x0007: 8, 0x0014: 8, 0x0040: 8}
_FIXED |= {0x0048: 16}
_VARIABLE = frozenset({0x000D, 0x001E, 0x001F, 0x0102})
_MULTIPLE = 0x1000
_NAMED = 0x8000


def attachments(data: bytes) -> tuple[tuple[tuple[str, bytes], ...], bool]:
    """Files of a TNEF stream as (name, bytes), and whether it could be read to its end."""
    files: list[dict[str, bytes]] = []
    names: list[str] = []
    page = ""
    whole = True
    try:
        for number, content in _attributes(data):
            if number == _CODE_PAGE and len(content) >= 4:
                page = f"cp{struct.unpack_from('<I', content)[0]}"
            elif number == _REND_DATA:
                files.append({})
                names.append("")
            elif files and number == _TITLE and not names[-1]:
                names[-1] = _ansi(content, page)
            elif files and number == _DATA:
                files[-1]["data"] = content
            elif files and number == _PROPERTIES:
                for tag, kind, value in _properties(content):
                    if tag == _LONG_NAME or (tag == _SHORT_NAME and not names[-1]):
                        names[-1] = _string(value, kind, page) or names[-1]
                    elif tag == _OBJECT and "data" not in files[-1]:
                        # An embedded object: its first 16 octets name its class.
                        files[-1]["data"] = value[16:] if kind == 0x000D else value
    except (struct.error, IndexError):
        whole = False
    return tuple((name, each["data"]) for name, each in zip(names, files, strict=True) if "data" in each), whole


def _attributes(data: bytes) -> Iterator[tuple[int, bytes]]:
    """(number, content) of each attribute."""
    at = 6
    while at + 9 <= len(data):
        _, tag, length = struct.unpack_from("<BII", data, at)
        at += 9
        if at + length > len(data):
            raise struct.error
        yield tag & 0xFFFF, data[at : at + length]
        at += length + 2


def _properties(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """(tag, type, value) of each MAPI property in an attribute."""
    count = struct.unpack_from("<I", data)[0]
    at = 4
    for _ in range(min(count, 1000)):
        kind, tag = struct.unpack_from("<HH", data, at)
        at += 4
        if tag >= _NAMED:
            named_by_text = struct.unpack_from("<I", data, at + 16)[0]
            at += 20
            length = struct.unpack_from("<I", data, at)[0] if named_by_text else 0
            at += 4 + length + -length % 4
        base = kind & ~_MULTIPLE
        values = 1
        if base in _VARIABLE or kind & _MULTIPLE:
            values = struct.unpack_from("<I", data, at)[0]
            at += 4
        for _ in range(min(values, 1000)):
            if base in _VARIABLE:
                length = struct.unpack_from("<I", data, at)[0]
                at += 4
            else:
                length = _FIXED[base] if base in _FIXED else len(data)
            if at + length > len(data):
                return
            yield tag, base, data[at : at + length]
            at += length + -length % 4


def _string(value: bytes, kind: int, page: str) -> str:
    """A property of text."""
    if kind == 0x001F:
        return value.decode("utf-16-le", "replace").rstrip("\x00")
    return _ansi(value, page)


def _ansi(value: bytes, page: str) -> str:
    """Text in the sender's code page; Chinese Outlook writes GBK and does not always say so."""
    text = value.split(b"\x00", 1)[0]
    return decode(text, page)[0] if page else guess(text)[0]
