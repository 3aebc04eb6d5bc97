"""Pictures -> decoded pixels, and what OCR saw of them -> paragraphs and tables."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterable

from PIL import Image, ImageOps, UnidentifiedImageError

from pipeline.model import Paragraph, Seal, Table, Trouble
from pipeline.readers import layout, sniff
from pipeline.readers.tools import MAX_PIXELS, Look, Page, Picture, RefusalError

_RANK = {Seal.ABSENT: 0, Seal.UNKNOWN: 1, Seal.PRESENT: 2}
#: Longest side that is read; larger pictures lose nothing but time.
_LONGEST = 3600
_WIDE = {",": "，", ";": "；", ":": "：", "?": "？", "!": "！", "(": "（", ")": "）"}
_NARROW = re.compile(
    r"(?<=[\u4e00-\u9fff”》）%])[,;:?!](?!\d{3}(?!\d))|(?<=[\u4e00-\u9fff])\((?=\S)|\((?=[\u4e00-\u9fff])|(?<=[\u4e00-\u9fff])\)"
)


def stronger(left: Look, right: Look) -> Look:
    """Of two looks the one that saw more of a seal."""
    better = right if (_RANK[right.seal], bool(right.seal_text)) > (_RANK[left.seal], bool(left.seal_text)) else left
    return Look(better.seal, left.page or right.page, better.seal_text)


def decode(data: bytes, *, frame: int = 0) -> Picture:
    """Pixels of a picture, turned by its EXIF mark, at most some 3600 on a side.

    Raises:
        RefusalError: No picture, damaged, over 50 million pixels (told from the header), or no decoder for it.
    """
    if sniff.kind(data) == "heif":
        return _heif(data)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(data)) as image:
                _bounded(image.size)
                if frame:
                    image.seek(frame)
                return _picture(image)
    except RefusalError:
        raise
    except Image.DecompressionBombError as error:
        # The library refuses by the header too, before it tells the size.
        raise RefusalError(Trouble.TOO_LARGE, "图片超过5000万像素，请缩小后重新发送", final=True) from error
    except UnidentifiedImageError as error:
        raise RefusalError(Trouble.DAMAGED, "图片打不开，可能没有传完整") from error
    except Exception as error:
        raise RefusalError(Trouble.DAMAGED, f"图片打不开，可能没有传完整（{type(error).__name__}）") from error


def _bounded(size: tuple[int, int]) -> None:
    """Refuse a picture too large to decode, by its header."""
    if size[0] * size[1] > MAX_PIXELS:
        raise RefusalError(
            Trouble.TOO_LARGE, f"图片有{size[0]}×{size[1]}像素，超过5000万像素，请缩小后重新发送", final=True
        )


def frames(data: bytes) -> int:
    """How many pages a picture has (TIFF from a scanner); 1 for all others."""
    if data[:4] not in {b"II*\x00", b"MM\x00*"}:
        return 1
    try:
        with Image.open(io.BytesIO(data)) as image:
            return int(getattr(image, "n_frames", 1))
    except Exception:  # noqa: BLE001 - the same; decode says it in words
        return 1


def _heif(data: bytes) -> Picture:
    try:
        import pi_heif  # noqa: PLC0415 - part of the optional extra
    except ImportError as error:
        raise RefusalError(Trouble.NO_TOOL, "这是苹果手机的HEIC照片，本机没有安装读取组件，请改发JPG照片") from error
    try:
        stored = pi_heif.open_heif(data)
        _bounded(stored.size)
        return _picture(stored.to_pillow())
    except RefusalError:
        raise
    except Exception as error:
        raise RefusalError(Trouble.DAMAGED, "HEIC照片打不开，请改发JPG照片") from error


def _picture(image: Image.Image) -> Picture:
    """An opened image as RGB on white, upright by its EXIF mark."""
    if image.mode == "CMYK" or image.mode.startswith("I;16") or image.mode in {"I", "F"}:
        image.draft("RGB", image.size)
    if max(image.size) > 2 * _LONGEST:
        image.draft("RGB", (_LONGEST, _LONGEST))
    turned = ImageOps.exif_transpose(image)
    if turned.mode.startswith("I") or turned.mode == "F":
        turned = turned.point(lambda value: value / 256).convert("L")
    if turned.mode in {"RGBA", "LA", "PA"} or "transparency" in turned.info:
        rgba = turned.convert("RGBA")
        ground = Image.new("RGBA", rgba.size, (255, 255, 255, 255))
        turned = Image.alpha_composite(ground, rgba)
    rgb = turned.convert("RGB")
    if max(rgb.size) > _LONGEST:
        rgb.thumbnail((_LONGEST, _LONGEST), Image.Resampling.LANCZOS)
    return Picture(rgb.width, rgb.height, rgb.tobytes())


def punctuated(text: str) -> str:
    """Punctuation as Chinese prose has it: OCR takes full-width signs for their narrow twins."""
    return _NARROW.sub(lambda match: _WIDE[match[0]], text)


def missing(pages: Iterable[Page]) -> tuple[str, ...]:
    """What is to be told about rows that could not be read; nothing where all were."""
    count = sum(page.unread for page in pages)
    return (f"图片上约有{count}行字没有读出来，请重新拍一张平整、清楚的照片，或改发Word文件",) if count else ()


def blocks(pages: tuple[Page, ...], *, place: str = "") -> tuple[Paragraph | Table, ...]:
    """What OCR saw as paragraphs and tables in reading order.

    Args:
        pages: Pages in order.
        place: Name of the picture for the places; empty for a file of pages, which count themselves.
    """
    return layout.blocks(
        tuple(
            layout.Sheet(
                name=place or f"第{number}页",
                width=page.width,
                height=page.height,
                lines=tuple(
                    layout.Line(punctuated(line.text), line.left, line.top, line.right, line.bottom)
                    for line in page.lines
                ),
                grids=tuple(each.boxes for each in page.tables),
            )
            for number, page in enumerate(pages, 1)
        ),
        scanned=True,
    )
