"""Rows of signs on a picture by their ink alone: where they run, how they are bent, and the picture made level by them.

Pure geometry, without an engine that reads. Contains no business logic.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

#: Longest side on which rows are looked for: signs of an A4 page are some 25 pixels high there.
_SIDE = 1600
#: A row has at least so many signs' heights of length.
_LEAST = 6.0
#: Signs' heights by which the middle of a row may leave the straight line before it counts as bent.
BENT = 0.15
#: Rows that must agree before a picture is bent back.
_AGREEING = 3


@dataclass(frozen=True, slots=True)
class Row:
    """One row of signs: points along its middle from left to right, and the height of its signs, in pixels."""

    points: Array
    height: float

    @property
    def length(self) -> float:
        """From the first sign to the last."""
        return float(self.points[-1, 0] - self.points[0, 0])

    def bend(self) -> float:
        """How far its middle leaves the straight line, in heights of its signs."""
        if len(self.points) < 8:
            return 0.0
        x, y = self.points[:, 0], self.points[:, 1]
        across = (x - x.mean()) / max(1.0, float(np.ptp(x)) / 2)
        curve = np.polyval(np.polyfit(across, y, 3), across) - np.polyval(np.polyfit(across, y, 1), across)
        return float(np.abs(curve).max()) / self.height


def rows(image: Array) -> list[Row]:
    """Rows of signs on a light or dark page, from the top; signs are what stands beside its like in the same size."""
    height, width = image.shape[:2]
    scale = min(1.0, _SIDE / max(height, width))
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    if scale < 1:
        grey = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    if float(np.median(grey)) < 90:
        grey = 255 - grey
    ink = cv2.adaptiveThreshold(grey, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV, 41, 22)
    # Rules of a table are no signs, but would tie them together.
    reach = max(ink.shape) // 18
    for shape in ((reach, 1), (1, reach)):
        ruled = cv2.morphologyEx(ink, cv2.MORPH_OPEN, cv2.getStructuringElement(cv2.MORPH_RECT, shape))
        ink[cv2.dilate(ruled, np.ones((3, 3), np.uint8)) > 0] = 0
    sign = _sign(ink)
    if not sign:
        return []
    ink = _of_size(ink, sign)
    joined = cv2.morphologyEx(
        ink, cv2.MORPH_CLOSE, cv2.getStructuringElement(cv2.MORPH_RECT, (max(3, int(1.3 * sign)), 1))
    )
    count, labels, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    found = []
    for label in range(1, min(count, 3000)):
        left, top, wide, high, area = (int(each) for each in stats[label])
        if wide < _LEAST * sign or area > 1.3 * sign * wide:
            continue
        own = (labels[top : top + high, left : left + wide] == label) & (ink[top : top + high, left : left + wide] > 0)
        if not _is_row(own, sign):
            continue
        middle = _middle(own, sign)
        found.append(Row(np.column_stack([(middle[:, 0] + left) / scale, (middle[:, 1] + top) / scale]), sign / scale))
    return sorted(found, key=lambda row: float(row.points[:, 1].mean()))


def _sign(ink: Array) -> float:
    """Height of a common sign, pixels; 0 where there are too few."""
    joined = cv2.morphologyEx(ink, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
    count, _, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    wide, high = stats[1:count, cv2.CC_STAT_WIDTH], stats[1:count, cv2.CC_STAT_HEIGHT]
    signs = high[(high >= 8) & (high < 90) & (wide >= 0.4 * high) & (wide < 2.5 * high)]
    return float(np.percentile(signs, 70)) if len(signs) >= 12 else 0.0


def _of_size(ink: Array, sign: float) -> Array:
    """Ink without what is far larger than a sign: pictures, seals, edges of the sheet."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    keep = np.zeros(count, bool)
    wide, high = stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT]
    keep[1:] = ((high < 2.2 * sign) & (wide < 4 * sign) & (stats[:, cv2.CC_STAT_AREA] >= 3))[1:]
    return np.where(keep[labels], ink, 0).astype(np.uint8)


def _is_row(own: Array, sign: float) -> bool:
    """Whether joined ink is signs side by side rather than grain, a rule or a shade: upright strokes with gaps."""
    columns = own.sum(axis=0)
    inked = columns > 0
    thick = [float(np.ptp(np.flatnonzero(own[:, x]))) + 1 for x in np.flatnonzero(inked)[:: max(1, int(sign / 6))]]
    tall = float(np.percentile(thick, 60)) if thick else 0.0
    gaps = int((inked[1:] & ~inked[:-1]).sum())
    share = float(own.sum()) / max(1.0, float(inked.sum()) * sign)
    return 0.4 * sign < tall < 1.5 * sign and gaps >= own.shape[1] / sign / 6 and 0.08 < share < 0.6


def _middle(own: Array, sign: float) -> Array:
    """Points along the middle of a row: of the highest and lowest ink within two signs' width."""
    step, reach = max(1, int(sign)), max(2, int(1.5 * sign))
    points = []
    for x in range(0, own.shape[1], step):
        lines = np.flatnonzero(own[:, max(0, x - reach) : x + reach].any(axis=1))
        if len(lines):
            points.append((float(x), (float(lines[0]) + float(lines[-1])) / 2))
    return np.array(points, dtype=np.float64)


def tilt(found: list[Row], width: int) -> float:
    """By how many degrees the long rows of a page fall to the right: the middle one counts; 0 where there are few."""
    slopes = sorted(
        float(np.degrees(np.arctan(np.polyfit(row.points[:, 0], row.points[:, 1], 1)[0])))
        for row in found
        if row.length > 0.25 * width and len(row.points) >= 8
    )
    return slopes[len(slopes) // 2] if len(slopes) >= _AGREEING else 0.0


def bend(found: list[Row], width: int) -> float:
    """How far the long rows of a page are bent, in heights of their signs: the middle one of them counts."""
    bends = sorted(row.bend() for row in found if row.length > 0.3 * width)
    return bends[len(bends) // 2] if len(bends) >= _AGREEING else 0.0


def levelled(image: Array, found: list[Row]) -> Array | None:
    """A bent page made level by its rows; ``None`` where they do not agree on how it is bent.

    A row at the height ``v`` in the middle of the page runs at ``v + g(x, v)``; ``g`` is one polynomial for all.
    """
    height, width = image.shape[:2]
    used = [row for row in found if row.length > 0.3 * width and len(row.points) >= 8]
    levels = np.array([float(row.points[:, 1].mean()) for row in used])
    factors = np.zeros(0)
    for _ in range(4):
        if len(used) < _AGREEING:
            return None
        parts = [
            np.column_stack([_terms(row.points[:, 0], np.full(len(row.points), level), width, height), own])
            for row, level, own in (
                (row, level, np.tile(np.eye(len(used))[number], (len(row.points), 1)))
                for number, (row, level) in enumerate(zip(used, levels, strict=True))
            )
        ]
        left = np.vstack(parts)
        right = np.concatenate([row.points[:, 1] for row in used])
        terms = left.shape[1] - len(used)
        # A little weight against terms that few points ask for.
        ridge = np.zeros((terms, left.shape[1]))
        ridge[:, :terms] = np.eye(terms) * 0.3
        solved = np.linalg.lstsq(np.vstack([left, ridge]), np.concatenate([right, np.zeros(terms)]), rcond=None)[0]
        factors, levels = solved[:terms], solved[terms:]
        missed = np.split(np.abs(left @ solved - right), np.cumsum([len(row.points) for row in used])[:-1])
        agreed = [float(np.percentile(each, 80)) < 0.5 * row.height for each, row in zip(missed, used, strict=True)]
        used = [row for row, holds in zip(used, agreed, strict=True) if holds]
        levels = levels[np.array(agreed)]
    if 2 * len(used) < sum(row.length > 0.3 * width for row in found):
        return None
    return _bent_back(image, factors)


def _terms(x: Array, level: Array, width: int, height: int) -> Array:
    """Powers of the place across, alone and by the height on the page; none is there in the middle of the page."""
    across, down = 2 * x / width - 1, 2 * level / height - 1
    powers = [across**power for power in range(1, 5)]
    return np.column_stack(powers + [power * down for power in powers])


def _bent_back(image: Array, factors: Array) -> Array:
    height, width = image.shape[:2]
    # The field is smooth: it is computed for few points and drawn out.
    x, v = np.linspace(0, width - 1, 65), np.linspace(0, height - 1, 65)
    grid_x, grid_v = np.meshgrid(x, v)
    shift = (_terms(grid_x.ravel(), grid_v.ravel(), width, height) @ factors).reshape(grid_x.shape)
    spare = int(min(np.abs(shift).max(), 0.15 * height)) + 1
    drawn = cv2.resize(shift.astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR)
    drawn = cv2.copyMakeBorder(drawn, spare, spare, 0, 0, cv2.BORDER_REPLICATE)
    lines, columns = np.mgrid[-spare : height + spare, 0:width].astype(np.float32)
    return np.asarray(cv2.remap(image, columns, lines + drawn, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE))


def strip(image: Array, row: Row) -> Array:
    """One row cut out along its middle, so that it lies straight."""
    x, y = row.points[:, 0], row.points[:, 1]
    across = (x - x.mean()) / max(1.0, float(np.ptp(x)) / 2)
    curve = np.polyfit(across, y, 3 if len(x) >= 8 else 1)
    columns = np.arange(int(x[0] - row.height), int(x[-1] + 1.5 * row.height), dtype=np.float32)
    middle = np.polyval(curve, (columns - x.mean()) / max(1.0, float(np.ptp(x)) / 2)).astype(np.float32)
    reach = np.arange(-0.85 * row.height, 0.85 * row.height, 1.0, dtype=np.float32)
    return np.asarray(
        cv2.remap(
            image, np.tile(columns, (len(reach), 1)), middle[None, :] + reach[:, None],
            cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE,
        )
    )  # fmt: skip
