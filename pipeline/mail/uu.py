"""Uuencoded files inside a plain body -> (body without them, files)."""

from __future__ import annotations

import binascii
import re

from pipeline.mail.fields import words

_BEGIN = re.compile(rb"(?m)^begin(?:-base64)? ([0-7]{3,4}) ([^\r\n]{1,255})\r?\n")
_END = re.compile(rb"(?m)^(?:end|====)[ \t]*\r?$")
#: A body holds at most this many.
_MAX_FILES = 50


def extract(body: bytes) -> tuple[bytes, tuple[tuple[str, bytes], ...]]:
    """Take ``begin 644 name … end`` blocks out of a body.

    Returns:
        The body without the blocks that could be decoded, and each file as (name, bytes).
    """
    if b"begin" not in body:
        return body, ()
    files: list[tuple[str, bytes]] = []
    kept: list[bytes] = []
    position = 0
    while len(files) < _MAX_FILES:
        begin = _BEGIN.search(body, position)
        end = _END.search(body, begin.end()) if begin else None
        if not begin or not end:
            break
        lines = body[begin.end() : end.start()].splitlines()
        data = _base64(lines) if begin[0].startswith(b"begin-base64") else _decoded(lines)
        if data is None:
            kept.append(body[position : begin.end()])
            position = begin.end()
            continue
        kept.append(body[position : begin.start()])
        files.append((words(begin[2]), data))
        position = end.end()
    return b"".join((*kept, body[position:])), tuple(files)


def decode(payload: bytes) -> bytes:
    """Octets of a part whose transfer encoding is ``x-uuencode``; as they stand when they are none."""
    _, files = extract(payload)
    return files[0][1] if files else payload


def _decoded(lines: list[bytes]) -> bytes | None:
    """Octets of uuencoded lines; ``None`` when they are something else (a poem may say "begin 100 ways")."""
    out: list[bytes] = []
    for line in lines:
        if not line.strip():
            continue
        try:
            out.append(binascii.a2b_uu(line))
        except binascii.Error:
            try:
                # Some encoders leave garbage behind the counted octets.
                out.append(binascii.a2b_uu(line[: (((line[0] - 32) & 63) * 4 + 5) // 3]))
            except binascii.Error:
                return None
    return b"".join(out) or None


def _base64(lines: list[bytes]) -> bytes | None:
    """The ``begin-base64`` variant."""
    try:
        return binascii.a2b_base64(b"".join(lines)) or None
    except binascii.Error:
        return None
