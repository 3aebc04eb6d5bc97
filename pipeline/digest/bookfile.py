"""A workbook -> its file, equal for equal content; each sheet is packed once and touches no disk."""

from __future__ import annotations

import zipfile
from datetime import datetime
from io import BytesIO

from openpyxl import Workbook
from openpyxl.drawing.spreadsheet_drawing import SpreadsheetDrawing
from openpyxl.worksheet._writer import WorksheetWriter
from openpyxl.worksheet.worksheet import Worksheet
from openpyxl.writer.excel import ExcelWriter

from pipeline.digest.archive import frozen


def workbook_file(book: Workbook, *, at: datetime) -> bytes:
    """The file of a workbook without charts and pictures, with one fixed time in it."""
    out = BytesIO()
    # Not compressed here: it would be taken apart again at once.
    _InMemory(book, zipfile.ZipFile(out, "w")).save()
    return frozen(out.getvalue(), at=at)


class _InMemory(ExcelWriter):  # type: ignore[misc] # the library has no types here
    """The library's writer, which gives each sheet a temporary file of its own."""

    def write_worksheet(self, ws: Worksheet) -> None:
        """As the library does."""
        ws._drawing = SpreadsheetDrawing()  # noqa: SLF001 - as the library's own method does
        sheet = BytesIO()
        writer = WorksheetWriter(ws, sheet)
        writer.write()
        ws._rels = writer._rels  # noqa: SLF001 - the same
        self._archive.writestr(ws.path[1:], sheet.getvalue())
        self.manifest.append(ws)
