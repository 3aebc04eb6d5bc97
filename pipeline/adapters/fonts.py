"""Installed fonts → the file of one that has Chinese, for charts. Contains no business logic."""

from __future__ import annotations

from functools import cache

from matplotlib import font_manager

from pipeline.digest.chart import choose_font


@cache
def chinese_font() -> str | None:
    """Path of the best installed font with simplified Chinese; ``None`` where there is none."""
    return choose_font({font.name: font.fname for font in font_manager.fontManager.ttflist})
