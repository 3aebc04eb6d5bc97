"""A closed month -> one picture: who reported, and how the items stand.

The font is a path that is passed in; without one there is no picture, and mails show the same counts as bars made
of table cells (:func:`pipeline.digest.views.bars`): a chart with boxes for characters would be worse than none.
"""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.patches import Rectangle
from matplotlib.transforms import IdentityTransform

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
#: In pixels from below: the line of the title, of the panels' titles, and the span of the bars.
_TITLE, _HEADS, _TOP, _BOTTOM = 580, 488, 455, 20
#: Where each panel's bars begin, and how long the longest of them is.
_PANELS, _LONGEST = (140, 900), 500
_INK = "#1a1a1a"


def choose_font(installed: Mapping[str, str]) -> str | None:
    """Path of the best installed font that has Chinese; ``installed`` maps family names to paths."""
    return next((installed[name] for name in FONT_NAMES if name in installed), None)


def picture(summary: Summary, *, font_path: str | None) -> bytes | None:
    """PNG of 1500 x 615 pixels; ``None`` without a Chinese font. Equal facts give equal bytes.

    Drawn on the bare figure at fixed places: axes with their scales, ticks and the search for a layout that fits took
    five times as long, for two rows of bars that never need them.
    """
    if font_path is None:
        return None
    values = summary_values(summary)
    figure = Figure(figsize=(_WIDTH / _DPI, _HEIGHT / _DPI), dpi=_DPI, facecolor="white")
    canvas = FigureCanvasAgg(figure)
    title = f"{month_name(summary.period)}{summary.edition}报送与进展"
    _text(figure, _WIDTH / 2, _TITLE, title, font_path, size=15, side="center")
    for left, heading, bars in (
        (_PANELS[0], f"单位报送（应报{summary.counts.due}个）", values["unit_bars"]),
        (_PANELS[1], f"任务进展（共{summary.counts.items}项）", values["item_bars"]),
    ):
        _text(figure, left, _HEADS, heading, font_path, size=13, side="left")
        _bars(figure, bars, font_path, left=left)
    out = BytesIO()
    # As ``savefig``, which draws once more to find out how large the picture is.
    canvas.print_png(out, metadata={"Software": None})  # type: ignore[no-untyped-call] # the method has no types
    return out.getvalue()


def _bars(figure: Figure, rows: object, font_path: str, *, left: int) -> None:
    """Horizontal bars with word and figure beside each: readable on a black-and-white printer."""
    if not isinstance(rows, tuple):
        raise TypeError(type(rows).__name__)
    views: tuple[BarView, ...] = rows
    counts = [int(view.value) for view in views]
    step = (_TOP - _BOTTOM) / max(len(views), 1)
    for number, (view, count) in enumerate(zip(views, counts, strict=True)):
        middle = round(_TOP - (number + 0.5) * step)
        length = round(_LONGEST * count / max([*counts, 1]))
        _box(figure, (left, middle - round(step * 0.31)), (length, round(step * 0.62)), view.colour)
        _text(figure, left - 10, middle, view.label, font_path, size=12, side="right")
        _text(figure, left + length + 10, middle, view.value, font_path, size=12, side="left")
    _box(figure, (left - 1, _BOTTOM), (2, _TOP - _BOTTOM), _INK)


def _box(figure: Figure, corner: tuple[int, int], size: tuple[int, int], colour: str) -> None:
    """A filled rectangle from its lower left corner, in pixels."""
    figure.add_artist(Rectangle(corner, *size, facecolor=colour, linewidth=0, transform=IdentityTransform()))


def _text(figure: Figure, x: float, y: float, text: str, font_path: str, *, size: int, side: str) -> None:
    """One line of text, in pixels, its middle at ``y``."""
    # ``parse_math``: a dollar sign is a dollar sign.
    figure.text(
        x, y, text, fontproperties=FontProperties(fname=font_path, size=size), color=_INK, ha=side, va="center",
        transform=IdentityTransform(), parse_math=False,
    )  # fmt: skip
