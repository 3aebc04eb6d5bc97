"""A photograph -> the sheets of paper on it, cut out, their edges made straight, without shadows."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.adapters import rows

Array = NDArray[Any]

#: Share of all that is written above which a sheet is not cut out, because so much would be cut off.
_CUT_OFF = 0.04
#: Share of the picture that one sheet takes, and each of several.
_ONE_SHEET, _SEVERAL_SHEETS = 0.35, 0.12


def find(image: Array) -> list[Array]:
    """Corners of the sheets of paper on a photograph; none where nothing can be cut out without losing words.

    What is light is a sheet, or the lit part of one: then words stand outside it.
    """
    found = _light(image)
    if not found:
        return []
    written = rows.rows(even(image))
    held_by = [homes(row, found) for row in written]
    total = sum(len(home) for home in held_by)
    if sum(int((home < 0).sum()) for home in held_by) > _CUT_OFF * total:
        return []
    held = [quad for number, quad in enumerate(found) if any((home == number).mean() > 0.5 for home in held_by)]
    return held or found[:1]


def homes(row: rows.Row, quads: list[Array]) -> Array:
    """For each point of a row the number of the quadrilateral that holds it, or -1."""
    home = np.full(len(row.points), -1)
    for number, quad in enumerate(quads):
        inside = [cv2.pointPolygonTest(quad, (float(x), float(y)), measureDist=False) >= 0 for x, y in row.points]
        home[inside] = number
    return home


def _light(image: Array) -> list[Array]:
    """Corners of what is light and has four of them, the largest first: one, or several that are no spots."""
    height, width = image.shape[:2]
    scale = 800 / max(height, width)
    small = cv2.cvtColor(cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2GRAY)
    blurred = cv2.GaussianBlur(cv2.morphologyEx(small, cv2.MORPH_CLOSE, np.ones((15, 15), np.uint8)), (5, 5), 0)
    _, mask = cv2.threshold(blurred, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    dark, light = blurred[mask == 0], blurred[mask > 0]
    if not len(dark) or not len(light) or float(light.mean()) - float(dark.mean()) < 45:
        return []
    contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    outlines = sorted(contours, key=cv2.contourArea, reverse=True)[:4]
    quads = [
        (area, quad)
        for outline in outlines
        if _SEVERAL_SHEETS < (area := cv2.contourArea(outline) / small.size) < 0.93
        and (quad := _cornered(outline, scale)) is not None
    ]
    if len(quads) == 1 and quads[0][0] <= _ONE_SHEET:
        return []
    return [quad for _, quad in quads]


def _cornered(outline: Array, scale: float) -> Array | None:
    """Four corners of an outline that has no more, in pixels of the picture that was shrunk by ``scale``."""
    hull = cv2.convexHull(outline)
    corners = cv2.approxPolyDP(hull, 0.03 * cv2.arcLength(hull, True), True)
    if len(corners) != 4 or cv2.contourArea(outline) < 0.9 * cv2.contourArea(hull):
        return None
    quad = _sorted_corners(corners.reshape(4, 2).astype(np.float32) / scale)
    wide, high = _sides(quad)
    return quad if min(wide, high) >= 200 and 0.4 < wide / high < 2.5 else None


def _sides(quad: Array) -> tuple[int, int]:
    """Width and height of the sheet that a quadrilateral shows."""
    return (
        int(max(np.linalg.norm(quad[1] - quad[0]), np.linalg.norm(quad[2] - quad[3]))),
        int(max(np.linalg.norm(quad[3] - quad[0]), np.linalg.norm(quad[2] - quad[1]))),
    )


def cut(image: Array, quad: Array) -> Array:
    """A sheet cut out of a photograph, its edges made straight."""
    wide, high = _sides(quad)
    target = np.array([[0, 0], [wide, 0], [wide, high], [0, high]], np.float32)
    return cv2.warpPerspective(
        image,
        cv2.getPerspectiveTransform(quad, target),
        (wide, high),
        flags=cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_REPLICATE,
    )


def _sorted_corners(quad: Array) -> Array:
    """Top left, top right, bottom right, bottom left."""
    total, difference = quad.sum(axis=1), np.diff(quad, axis=1).ravel()
    return np.array(
        [quad[total.argmin()], quad[difference.argmin()], quad[total.argmax()], quad[difference.argmax()]], np.float32
    )


def even(image: Array) -> Array:
    """Shadows taken out where the ground is uneven."""
    height, width = image.shape[:2]
    scale = min(1.0, 500 / max(height, width))
    small = cv2.resize(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    ground = cv2.medianBlur(cv2.dilate(small, np.ones((9, 9), np.uint8)), 31)
    low, high = np.percentile(ground, (4, 96))
    if high - low < 40 or low < 30:
        return image
    wide = np.maximum(cv2.resize(ground, (width, height), interpolation=cv2.INTER_LINEAR).astype(np.float32), 30)
    return np.clip(image.astype(np.float32) * (245.0 / wide[:, :, None]), 0, 255).astype(np.uint8)
