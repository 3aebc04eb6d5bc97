"""Bytes of one mail → everything readable in it. For now in this very process; limits and isolation follow."""

from __future__ import annotations

from pipeline.adapters.opening import open_in_process
from pipeline.model import Document, Opened, Part, Unreadable
from pipeline.readers import Tools, read


def open_mail(data: bytes, digest: str) -> Opened:
    """Open one mail."""
    return open_in_process(data, digest, tools=Tools())


def read_part(part: Part) -> Document | Unreadable:
    """Read one file."""
    return read(part, Tools())
