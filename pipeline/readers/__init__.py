"""Part -> document, or the reason why not in Chinese: one file a format, one ordered tuple of readers.

The type is told by content, never by name. The first reader that accepts and succeeds wins; what every other
one said is kept. LibreOffice and OCR reach the readers as :class:`~pipeline.readers.tools.Tools`.
"""

from pipeline.readers.reader import READERS, read
from pipeline.readers.tools import Look, OcrLine, Page, Picture, Reader, RefusalError, Ruled, Tools

__all__ = ["READERS", "Look", "OcrLine", "Page", "Picture", "Reader", "RefusalError", "Ruled", "Tools", "read"]
