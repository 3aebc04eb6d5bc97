"""What readers share: the values that cross to the injected tools, and the way a reader refuses a part."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from pipeline.model import Document, Part, Seal, Trouble

#: Limits of one part; the child process has harder ones. Source: reliability notes, T24-T32.
MAX_TEXT = 2_000_000
MAX_CELL_TEXT = 10_000
MAX_PIXELS = 50_000_000
MAX_PAGES = 300
MAX_SCANNED_PAGES = 60


class RefusalError(Exception):
    """A reader says why it gives no document. ``final``: no other reader may try."""

    def __init__(self, trouble: Trouble, message: str, *, final: bool = False) -> None:
        super().__init__(message)
        self.trouble = trouble
        self.message = message
        self.final = final


@dataclass(frozen=True, slots=True)
class Picture:
    """A decoded picture: rows of RGB bytes, top row first."""

    width: int
    height: int
    #: ``width * height * 3`` bytes.
    rgb: bytes


@dataclass(frozen=True, slots=True)
class OcrLine:
    """One recognised line; its box in pixels of the upright page, origin at the top left."""

    text: str
    left: float
    top: float
    right: float
    bottom: float
    #: 0..1, the recogniser's own confidence.
    score: float = 1.0


@dataclass(frozen=True, slots=True)
class Ruled:
    """A ruled table on a page: the boxes of its cells as (left, top, right, bottom), in pixels."""

    boxes: tuple[tuple[float, float, float, float], ...]


@dataclass(frozen=True, slots=True)
class Page:
    """One picture as text: what OCR saw after it turned the page upright."""

    width: int
    height: int
    lines: tuple[OcrLine, ...]
    tables: tuple[Ruled, ...] = ()
    #: Rows of signs that are there and could not be read.
    unread: int = 0


@dataclass(frozen=True, slots=True)
class Look:
    """A cheap look at a picture, without reading it."""

    seal: Seal
    #: Light ground with rows of dark strokes: a page of paper rather than a photograph or a logo.
    page: bool
    #: Ring text of the seal, where legible.
    seal_text: str = ""


@dataclass(frozen=True, slots=True)
class Tools:
    """The programs and engines a reader may use; ``None`` where one is not installed here."""

    #: LibreOffice: bytes, ending of their format, ending wanted -> bytes. Raises OSError with a Chinese sentence.
    convert: Callable[[bytes, str, str], bytes] | None = None
    #: Reads a picture: red dropped, turned upright, straightened.
    ocr: Callable[[Picture], Page] | None = None
    #: Looks for a red seal and judges whether the picture is a page.
    look: Callable[[Picture], Look] | None = None
    #: Whether there is time for one more page of pictures.
    enough: Callable[[], bool] = lambda: True


class Reader(Protocol):
    """One format."""

    name: str

    def accepts(self, data: bytes, name: str) -> bool:
        """Whether the content is of this format; the name decides nothing but ties."""

    def read(self, part: Part, tools: Tools) -> Document:
        """The document; raises :class:`RefusalError` when it cannot be read."""
