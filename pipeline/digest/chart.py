"""A closed month -> one picture: who reported, and how the items stand.

The font is a path that is passed in; without one there is no picture, and mails show the same counts as bars made
of table cells (:func:`pipeline.digest.views.bars`): a chart with boxes for characters would be worse than none.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from io import BytesIO

from PIL import Image, ImageColor, ImageDraw, ImageFont

from pipeline.digest.summary import Summary
from pipeline.digest.views import BarView, summary_values
from pipeline.digest.wording import month_name

#: Families that hold simplified Chinese, best first: what Windows offices have, then what Debian has.
FONT_NAMES = (
    *("Microsoft YaHei", "SimHei", "DengXian", "SimSun", "FangSong", "PingFang SC"),
    *("Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "WenQuanYi Micro Hei", "WenQuanYi Zen Hei"),
    *("AR PL SungtiL GB", "Noto Sans CJK JP"),
)

_WIDTH, _HEIGHT, _DPI = 1500, 615, 150
#: In pixels from above: the line of the title, of the panels' titles, and the span of the bars.
_TITLE, _HEADS, _TOP, _BOTTOM = 35, 127, 160, 595
#: Where each panel's bars begin, and how long the longest of them is.
_PANELS, _LONGEST = (140, 900), 500
#: Ink and paper are shades of grey; the darker shades, which no letter needs, stand for the colours of bars.
_INK, _PAPER = 26, 255


def choose_font(installed: Mapping[str, str]) -> str | None:
    """Path of the best installed font that has Chinese; ``installed`` maps family names to paths."""
    return next((installed[name] for name in FONT_NAMES if name in installed), None)


def picture(summary: Summary, *, font_path: str | None) -> bytes | None:
    """PNG of 1500 x 615 pixels; ``None`` without a Chinese font. Equal facts give equal bytes.

    One byte a pixel: a library for charts, and a picture in full colours, took ten times as long for two rows of bars.
    """
    if font_path is None:
        return None
    values = summary_values(summary)
    image = Image.new("L", (_WIDTH, _HEIGHT), _PAPER)
    draw = ImageDraw.Draw(image)
    title = f"{month_name(summary.period)}{summary.edition}报送与进展"
    draw.text((_WIDTH / 2, _TITLE), title, _INK, _font(font_path, 15), anchor="mm")
    colours: dict[str, int] = {}
    for left, heading, bars in (
        (_PANELS[0], f"单位报送（应报{summary.counts.due}个）", values["unit_bars"]),
        (_PANELS[1], f"任务进展（共{summary.counts.items}项）", values["item_bars"]),
    ):
        draw.text((left, _HEADS), heading, _INK, _font(font_path, 13), anchor="lm")
        _bars(draw, bars, _font(font_path, 12), left=left, colours=colours)
    image.putpalette(_palette(colours))
    out = BytesIO()
    image.save(out, "PNG", dpi=(_DPI, _DPI))
    return out.getvalue()


def _bars(
    draw: ImageDraw.ImageDraw, rows: object, font: ImageFont.FreeTypeFont, *, left: int, colours: dict[str, int]
) -> None:
    """Horizontal bars with word and figure beside each: readable on a black-and-white printer."""
    if not isinstance(rows, tuple):
        raise TypeError(type(rows).__name__)
    views: tuple[BarView, ...] = rows
    counts = [int(view.value) for view in views]
    step = (_BOTTOM - _TOP) / max(len(views), 1)
    for number, (view, count) in enumerate(zip(views, counts, strict=True)):
        middle, half = round(_TOP + (number + 0.5) * step), round(step * 0.31)
        length = round(_LONGEST * count / max([*counts, 1]))
        if length:
            shade = colours.setdefault(view.colour, len(colours))
            draw.rectangle((left, middle - half, left + length - 1, middle + half - 1), shade)
        draw.text((left - 10, middle), view.label, _INK, font, anchor="rm")
        draw.text((left + length + 10, middle), view.value, _INK, font, anchor="lm")
    draw.rectangle((left - 1, _TOP, left, _BOTTOM), _INK)


def _palette(colours: Mapping[str, int]) -> bytes:
    """What each byte of the picture shows: its shade of grey, or the colour of a bar."""
    shown = [(shade, shade, shade) for shade in range(256)]
    for colour, shade in colours.items():
        shown[shade] = ImageColor.getrgb(colour)[:3]
    return bytes(value for triple in shown for value in triple)


@lru_cache(maxsize=8)
def _font(path: str, points: int) -> ImageFont.FreeTypeFont:
    """A font in a size; the plain layout is the same on every machine."""
    return ImageFont.truetype(path, points * _DPI / 72, layout_engine=ImageFont.Layout.BASIC)
