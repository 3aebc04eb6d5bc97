"""Pictures (JPG, PNG, HEIC, TIFF, BMP, WebP, GIF) -> document, by OCR; a photograph without text gives no text."""

from __future__ import annotations

from pipeline.model import Document, Part, Seal, Trouble
from pipeline.readers import ocrtext, sniff
from pipeline.readers.tools import MAX_SCANNED_PAGES, Look, RefusalError, Tools

#: Smaller than this on a side, a picture is a logo or a signature's ornament.
_MIN_SIDE = 90
_MIN_AREA = 40_000
_LITTLE_TEXT = 40


class ImageReader:
    """Reads pictures."""

    name = "image"

    def accepts(self, data: bytes, name: str) -> bool:  # noqa: ARG002 - content decides
        """Any picture, whatever it is called."""
        return sniff.kind(data) in {"image", "heif"}

    def read(self, part: Part, tools: Tools) -> Document:
        """Its text and its seal; no blocks for a decoration."""
        warnings: list[str] = []
        pages = []
        seal = Look(Seal.ABSENT, page=False)
        count = ocrtext.frames(part.data)
        if count > MAX_SCANNED_PAGES:
            warnings.append(f"扫描件有{count}页，只读了前{MAX_SCANNED_PAGES}页")
        for number in range(min(count, MAX_SCANNED_PAGES)):
            if number and not tools.enough():
                warnings.append(f"扫描件有{count}页，只读了前{number}页，请把其余各页分成另外的文件重新发送")
                break
            picture = ocrtext.decode(part.data, frame=number)
            if min(picture.width, picture.height) < _MIN_SIDE or picture.width * picture.height < _MIN_AREA:
                continue
            if tools.ocr is None or tools.look is None:
                raise RefusalError(Trouble.NO_TOOL, "这是图片，本机没有安装文字识别组件，请补发Word文件")
            look = tools.look(picture)
            seal = ocrtext.stronger(seal, look)
            if part.inline and not look.page and look.seal is Seal.ABSENT:
                continue
            page = tools.ocr(picture)
            # A poster, a badge or a photograph with a banner is no report.
            if look.page or sum(len(line.text) for line in page.lines) >= _LITTLE_TEXT:
                pages.append(page)
        return Document(
            part.path,
            part.name,
            "image",
            ocrtext.blocks(tuple(pages)),
            seal.seal,
            seal.seal_text,
            scanned=True,
            warnings=(*warnings, *ocrtext.missing(pages)),
        )
