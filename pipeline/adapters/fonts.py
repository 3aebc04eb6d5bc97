"""Installed fonts → the file of one that has Chinese, for charts. Contains no business logic."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from PIL import ImageFont

from pipeline.digest.chart import choose_font

_KINDS = frozenset({".ttf", ".ttc", ".otf", ".otc"})
_PLAIN = frozenset({"Regular", "Normal", "Book"})
_MOST_FACES = 64


@cache
def chinese_font() -> str | None:
    """Path of the best installed font with simplified Chinese; ``None`` where there is none."""
    installed: dict[str, str] = {}
    for path in _files():
        for family, style in _faces(path):
            # A family has a file for each weight; of several the plain one is meant.
            if family not in installed or style in _PLAIN:
                installed[family] = str(path)
    return choose_font(installed)


def _faces(path: Path) -> Iterator[tuple[str, str]]:
    """Family and style of every font in a file; a collection holds several."""
    for index in range(_MOST_FACES):
        try:
            family, style = ImageFont.truetype(str(path), index=index).getname()
        except (OSError, ValueError):
            return
        if family:
            yield family, style or ""


def _files() -> Iterator[Path]:
    """Every font file where this system keeps them, in a fixed order."""
    for folder in _folders():
        for place, _, names in os.walk(folder):
            yield from (Path(place, name) for name in sorted(names) if Path(name).suffix.lower() in _KINDS)


def _folders() -> tuple[Path, ...]:
    """Where fonts of the machine and of the user lie."""
    home = Path.home()
    match sys.platform:
        case "win32":
            mine = Path(os.environ.get("LOCALAPPDATA", home / "AppData" / "Local"), "Microsoft", "Windows", "Fonts")
            return Path(os.environ.get("WINDIR", "C:\\Windows"), "Fonts"), mine
        case "darwin":
            return Path("/System/Library/Fonts"), Path("/Library/Fonts"), home / "Library" / "Fonts"
        case _:
            mine = Path(os.environ.get("XDG_DATA_HOME", home / ".local" / "share"), "fonts")
            return Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), mine, home / ".fonts"
