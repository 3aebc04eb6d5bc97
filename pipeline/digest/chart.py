"""A closed month -> one picture: who reported, and how the items stand.

The font is a path that is passed in; without one there is no picture, and mails show the same counts as bars made
of table cells (:func:`pipeline.digest.views.bars`): a chart with boxes for characters would be worse than none.
"""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties

from pipeline.digest.summary import Summary
from pipeline.digest.views import BarView, summary_values
from pipeline.digest.wording import month_name

#: Families that hold simplified Chinese, best first: what Windows offices have, then what Debian has.
FONT_NAMES = (
    *("Microsoft YaHei", "SimHei", "DengXian", "SimSun", "FangSong", "PingFang SC"),
    *("Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "WenQuanYi Micro Hei", "WenQuanYi Zen Hei"),
    *("AR PL SungtiL GB", "Noto Sans CJK JP"),
)


def choose_font(installed: Mapping[str, str]) -> str | None:
    """Path of the best installed font that has Chinese; ``installed`` maps family names to paths."""
    return next((installed[name] for name in FONT_NAMES if name in installed), None)


def picture(summary: Summary, *, font_path: str | None) -> bytes | None:
    """PNG of 1500 x 620 pixels; ``None`` without a Chinese font. Equal facts give equal bytes."""
    if font_path is None:
        return None
    values = summary_values(summary)
    figure = Figure(figsize=(10, 4.1), dpi=150, facecolor="white")
    canvas = FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2)
    title = f"{month_name(summary.period)}{summary.edition}报送与进展"
    figure.suptitle(title, fontproperties=FontProperties(fname=font_path, size=15), y=0.97)
    _bars(left, values["unit_bars"], f"单位报送（应报{summary.counts.due}个）", font_path)
    _bars(right, values["item_bars"], f"任务进展（共{summary.counts.items}项）", font_path)
    figure.tight_layout(rect=(0, 0, 1, 0.94), w_pad=3)
    out = BytesIO()
    # As ``savefig``, which draws once more to find out how large the picture is.
    canvas.print_png(out, metadata={"Software": None})  # type: ignore[no-untyped-call] # the method has no types
    return out.getvalue()


def _bars(axes: Axes, rows: object, title: str, font_path: str) -> None:
    """Horizontal bars with word and figure beside each: readable on a black-and-white printer."""
    if not isinstance(rows, tuple):
        raise TypeError(type(rows).__name__)
    views: list[BarView] = list(reversed(rows))
    counts = [int(view.value) for view in views]
    font = FontProperties(fname=font_path, size=12)
    drawn = axes.barh(range(len(views)), counts, color=[view.colour for view in views], height=0.62)
    axes.bar_label(drawn, labels=[view.value for view in views], padding=4, fontproperties=font)
    axes.set_yticks(range(len(views)), [view.label for view in views], fontproperties=font)
    axes.set_title(title, fontproperties=FontProperties(fname=font_path, size=13), loc="left", pad=10)
    axes.set_xlim(0, max([*counts, 1]) * 1.15)
    axes.xaxis.set_visible(False)
    for side in ("top", "right", "bottom"):
        axes.spines[side].set_visible(False)
    axes.tick_params(axis="y", length=0)
