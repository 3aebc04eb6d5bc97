"""Rows of signs are seen by their ink: however a page lies, whatever stands around it, and no word is cut off."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PIL import Image, ImageDraw

pytest.importorskip("rapidocr")

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.adapters import ocr, rows, sheets
from pipeline.adapters.engine import Read

Array = NDArray[np.uint8]
SIGN, PITCH, ROWS = 30, 60, 14


def sheet(width: int = 1200, height: int = 1600, *, signs: int = 28) -> Image.Image:
    """A page of signs in rows: boxes with strokes in them, as tall as wide."""
    image = Image.new("RGB", (width, height), (250, 250, 248))
    pen = ImageDraw.Draw(image)
    for row in range(ROWS):
        for number in range(signs if row % 3 else signs // 2):
            x, y = 130 + number * (SIGN + 4), 150 + row * PITCH
            pen.rectangle((x, y, x + SIGN - 4, y + SIGN), outline=(25, 25, 25), width=3)
            pen.line((x, y + SIGN // 2, x + SIGN - 4, y + SIGN // 2), fill=(25, 25, 25), width=3)
            if number % 3:
                pen.line((x + SIGN // 2, y, x + SIGN // 2, y + SIGN), fill=(25, 25, 25), width=3)
    return image


def pixels(image: Image.Image) -> Array:
    """As the libraries want them."""
    return np.ascontiguousarray(np.asarray(image.convert("RGB"))[:, :, ::-1])


def bent(image: Array, by: float) -> Array:
    """A page that curls: rows run along a wave."""
    height, width = image.shape[:2]
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    wave = (by * np.sin(x / width * np.pi * 1.3)).astype(np.float32)
    return np.asarray(cv2.remap(image, x, y + wave, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.uint8)


def on_a_desk(*placed: tuple[Image.Image, tuple[int, int]], shadow: float = 1.0) -> Array:
    """Sheets on a dark desk, its right half in a shadow with an edge."""
    desk = Image.new("RGB", (2700, 1900), (120, 75, 40))
    for image, place in placed:
        desk.paste(image, place)
    seen = pixels(desk)
    seen[:, 1500:] = (seen[:, 1500:] * shadow).astype(np.uint8)
    return seen


def test_rows_of_a_page() -> None:
    """Each row of a page is found once, straight and level."""
    found = rows.rows(pixels(sheet()))
    assert len(found) == ROWS
    assert rows.bend(found, 1200) < 0.05
    assert abs(rows.tilt(found, 1200)) < 0.1
    assert abs(found[0].height - SIGN) < 6


@pytest.mark.parametrize("turn", [-3.0, 5.0])
def test_tilt_is_told(turn: float) -> None:
    """By how much a page is turned is told from its rows."""
    image = sheet().rotate(-turn, expand=True, fillcolor=(250, 250, 248), resample=Image.Resampling.BICUBIC)
    assert rows.tilt(rows.rows(pixels(image)), image.width) == pytest.approx(turn, abs=0.2)


def test_a_curved_page_is_made_level() -> None:
    """A page that curls by two rows is bent back: its rows are straight then, and none is lost."""
    image = bent(pixels(sheet()), 60.0)
    found = rows.rows(image)
    assert rows.bend(found, 1200) > rows.BENT
    level = rows.levelled(image, found)
    assert level is not None
    again = rows.rows(level)
    assert len(again) == ROWS
    assert rows.bend(again, 1200) < rows.BENT / 2
    assert abs(rows.tilt(again, 1200)) < 0.3


def test_a_sheet_is_cut_out_of_its_background() -> None:
    """One sheet on a desk is found by its corners."""
    (quad,) = sheets.find(on_a_desk((sheet(), (700, 150))))
    assert np.abs(quad - np.array([[700, 150], [1900, 150], [1900, 1750], [700, 1750]])).max() < 20


def test_what_lies_in_shadow_is_not_cut_off() -> None:
    """Where only the lit part of a sheet looks like one, nothing is cut."""
    seen = on_a_desk((sheet(), (700, 150)), shadow=0.4)
    assert not sheets.find(seen)


def test_sheets_side_by_side_are_read_in_order() -> None:
    """Two sheets are told apart; the left is read first, whichever way the picture is turned."""
    quads = sheets.find(on_a_desk((sheet(1150), (120, 150)), (sheet(1150), (1400, 160))))
    assert len(quads) == 2
    left, right = sorted(float(quad[:, 0].mean()) for quad in quads)
    assert left < 900
    assert right > 1800
    # In a picture that must be turned to the right, what is to the left at last lies below now.
    below, above = np.array([500.0, 900.0]), np.array([500.0, 200.0])
    assert ocr._place(below, 1) < ocr._place(above, 1)
    assert ocr._place(above, 3) < ocr._place(below, 3)
    assert ocr._place(np.array([900.0, 500.0]), 2) < ocr._place(np.array([200.0, 500.0]), 2)


def ruled() -> Image.Image:
    """A low and wide picture of a table."""
    image = Image.new("RGB", (1302, 350), "white")
    pen = ImageDraw.Draw(image)
    for line in range(4):
        pen.line((10, 10 + 110 * line, 1290, 10 + 110 * line), fill=(90, 90, 90), width=2)
    for x in (10, 90, 300, 900, 1290):
        pen.line((x, 10, x, 340), fill=(90, 90, 90), width=2)
    for line in range(3):
        for x in (100, 310, 910):
            for number in range(5):
                pen.rectangle(
                    (x + 30 * number, 40 + 110 * line, x + 22 + 30 * number, 64 + 110 * line), outline="black"
                )
    return image


def logo() -> Image.Image:
    """A disc and a name beside it."""
    image = Image.new("RGB", (600, 160), "white")
    pen = ImageDraw.Draw(image)
    pen.ellipse((10, 10, 150, 150), fill=(30, 60, 200))
    for number in range(9):
        pen.rectangle((170 + 45 * number, 55, 205 + 45 * number, 100), outline="black", width=4)
    return image


def card() -> Image.Image:
    """Three short rows of a signature."""
    return sheet(700, 330, signs=12).crop((0, 100, 700, 330))


@pytest.mark.parametrize(
    ("expected", "draw"),
    [("page", ruled), ("page", sheet), ("page", lambda: sheet().crop((0, 130, 1200, 480))), ("", logo), ("", card)],
)
def test_small_pictures_are_pages_by_what_they_hold(expected: str, draw: Callable[[], Image.Image]) -> None:
    """A low picture of a table or of some rows is a page; a logo and a signature are none."""
    assert ocr._is_page(pixels(draw())) is bool(expected)


def test_rows_under_no_line_are_known() -> None:
    """A row, or half a row, over which no line was read is left over."""
    found = rows.rows(pixels(sheet()))

    def line(row: rows.Row, until: float) -> Read:
        left, middle, half = float(row.points[0, 0]) - 9, float(row.points[:, 1].mean()), row.height
        corners = [[left, middle - half], [until, middle - half], [until, middle + half], [left, middle + half]]
        return Read(np.array(corners, np.float32), "字", 1.0)

    lines = [line(row, 1190.0) for row in found]
    assert not ocr._uncovered(found, lines)
    lines[4] = line(found[4], 500.0)
    (half, whole) = ocr._uncovered(found, [*lines[:7], *lines[8:]])
    assert half.points[0, 0] > 480
    assert whole.points[0, 0] < 160


@pytest.mark.ocr
def test_rows_that_were_passed_over_are_read_or_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows over which no line was read are read by themselves; where nothing sure comes of it they are counted."""
    image = pixels(sheet())
    title = Read(np.array([[400, 60], [800, 60], [800, 110], [400, 110]], np.float32), "关于进展情况的报告", 1.0)
    lines, unread = ocr._passed_over(image, [title], rows.rows(image))
    assert (len(lines), unread) == (1 + ROWS, 0)
    monkeypatch.setattr(ocr, "_BELIEVED", 1.1)
    assert ocr._passed_over(image, [title], rows.rows(image)) == ([title], ROWS)


def test_a_short_last_line_is_no_other_size() -> None:
    """Around few signs the engine draws its box too high; a paragraph goes on all the same."""
    corners = np.array([[229, 1274], [308, 1274], [308, 1340], [229, 1340]], np.float32)
    _, top, _, bottom = ocr._box(Read(corners, "成。", 1.0))
    assert bottom - top < 52
    assert (top + bottom) / 2 == pytest.approx(1307)
