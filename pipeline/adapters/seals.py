"""A picture -> rings of red ink, the name along each, and the picture without that ink.

A ring alone is no seal: see :func:`pipeline.adapters.ocr.look`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.adapters.engine import single

Array = NDArray[Any]

#: Redness above which a pixel is red ink where a seal is looked for, and where red is dropped.
_RED_SEEN = 16
_RED_DROPPED = 18
#: Redness of the thin signs inside a ring that was seen.
_RED_FAINT = 7
#: Longest side of the picture in which a seal is looked for: an A4 page at 50 dpi, where rings are 70-90 pixels.
SEAL_SIDE = 640
_RING = 0.6


@dataclass(frozen=True, slots=True)
class Oval:
    """A ring: centre, half axes, turn in degrees, all in pixels of the picture."""

    x: float
    y: float
    a: float
    b: float
    turn: float
    #: Share of directions in which the ring shows.
    ring: float


def shrunk(image: Array, side: int) -> tuple[Array, float]:
    """A picture whose longest side is no longer than that, and the scale."""
    scale = min(1.0, side / max(image.shape[:2]))
    return (cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else image), scale


def without_seals(image: Array, ovals: tuple[Oval, ...]) -> Array:
    """Red ink turned to paper where a seal is; other red (a letterhead) stays."""
    cleaned: Array | None = None
    shade: Array
    patch: Array
    for oval in ovals:
        reach = int(max(oval.a, oval.b) * 1.15)
        top, bottom = max(0, int(oval.y) - reach), min(image.shape[0], int(oval.y) + reach)
        left, right = max(0, int(oval.x) - reach), min(image.shape[1], int(oval.x) + reach)
        if cleaned is None:
            cleaned = image.copy()
        patch = cleaned[top:bottom, left:right]
        red = patch[:, :, 2].astype(np.int16)
        mask = red - np.maximum(patch[:, :, 0], patch[:, :, 1]).astype(np.int16) > _RED_DROPPED
        if not mask.any():
            continue
        # Pure ink becomes paper; the darker a red pixel is, the more black lies under it.
        paper = float(np.percentile(patch.min(axis=2), 90))
        ink = max(80.0, 0.92 * float(np.median(red[mask])))
        shade = paper * np.clip((red[mask] - 40.0) / (ink - 40.0), 0, 1)
        patch[mask] = shade.astype(np.uint8)[:, None]
    return image if cleaned is None else cleaned


def redness(image: Array) -> Array:
    """How much redder than anything else each pixel is, the cast of the light taken out."""
    red = image[:, :, 2].astype(np.int16) - np.maximum(image[:, :, 0], image[:, :, 1]).astype(np.int16)
    return red - max(0, int(np.median(red)))


#: A ring fuller than this is a seal whatever stands beside it.
_SURE_RING = 0.8
#: Strokes along the ring of a seal whose name is too small to be read.
_LEAST_SIGNS = 4
#: How much darker than paper a ring is on a page without colour.
_DARK_SEEN = 45
#: A ring without a gap: the signs inside it may be fainter than red is elsewhere.
_FULL_RING = 0.95


def red_rings(image: Array) -> list[Oval]:
    """Rings of seals, the surest first, in pixels of the picture."""
    small, scale = shrunk(image, SEAL_SIDE)
    red = redness(small)
    mask = cv2.medianBlur((red > _RED_SEEN).astype(np.uint8) * 255, 3)
    # Signs are thinner than the ring and fade first when ink or toner is short.
    faint = (cv2.GaussianBlur(np.clip(red, 0, 255).astype(np.uint8), (0, 0), 0.8) > _RED_FAINT).astype(np.uint8)
    if int((mask > 0).sum()) < 250:
        return []
    return _rings(mask, faint, scale)


def grey_rings(image: Array) -> list[Oval]:
    """Full rings on a page without colour, the surest first, in pixels of the picture."""
    small, scale = shrunk(image, SEAL_SIDE)
    mask = (darkness(small) > _DARK_SEEN).astype(np.uint8) * 255
    return [each for each in _rings(mask, mask // 255, scale) if each.ring >= _SURE_RING]


def darkness(image: Array) -> Array:
    """How much darker than the paper around it each pixel is."""
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    paper = int(np.percentile(grey, 90))
    return paper - grey.astype(np.int16)


def _rings(mask: Array, faint: Array, scale: float) -> list[Oval]:
    """Rings in a mask, the surest first, in pixels of the picture that was shrunk by ``scale``."""
    height, width = mask.shape
    least, most = max(16, int(0.045 * min(height, width))), int(0.49 * min(height, width))
    found: list[Oval] = []
    for shape in _circles(mask, least, most) + _ellipses(mask, least, most):
        oval = _judged(mask, faint, shape)
        if oval is not None:
            found.append(oval)
    found.sort(key=lambda each: -each.ring)
    apart: list[Oval] = []
    for oval in found:
        if all(math.hypot(oval.x - other.x, oval.y - other.y) > 0.5 * max(other.a, other.b) for other in apart):
            apart.append(oval)
    return [
        Oval(each.x / scale, each.y / scale, each.a / scale, each.b / scale, each.turn, each.ring) for each in apart[:6]
    ]


def _circles(mask: Array, least: int, most: int) -> list[tuple[float, float, float, float, float]]:
    """Round candidates."""
    blurred = cv2.GaussianBlur(mask, (0, 0), 1.2)
    found: list[tuple[float, float, float, float, float]] = []
    for low, high in ((least, 3 * least), (2 * least, most)):
        if high <= low:
            continue
        circles = cv2.HoughCircles(
            blurred, cv2.HOUGH_GRADIENT, dp=1, minDist=15, param1=120, param2=14, minRadius=low, maxRadius=high
        )
        if circles is not None:
            found += [(float(x), float(y), float(r), float(r), 0.0) for x, y, r in circles.reshape(-1, 3)[:12]]
    return found


def _ellipses(mask: Array, least: int, most: int) -> list[tuple[float, float, float, float, float]]:
    """Oval candidates: outlines of connected red."""
    closed = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
    contours, _ = cv2.findContours(closed, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    found = []
    for contour in sorted(contours, key=len, reverse=True)[:12]:
        if len(contour) < 40:
            continue
        (x, y), (wide, high), turn = cv2.fitEllipse(
            cv2.convexHull(contour) if len(cv2.convexHull(contour)) >= 5 else contour
        )
        a, b = wide / 2, high / 2
        if not math.isfinite(a + b) or min(a, b) < least * 0.6 or max(a, b) > most or min(a, b) < 0.5 * max(a, b):
            continue
        found.append((x, y, a, b, turn))
    return found


def _judged(mask: Array, faint: Array, shape: tuple[float, float, float, float, float]) -> Oval | None:
    """A candidate as a seal: a thin ring, signs inside it, paper outside it."""
    x, y, a, b, turn = shape
    directions = np.arange(0, 360, 5)
    tilt = math.radians(turn)
    angles = np.radians(directions)

    def sample(radius: float, mask: Array = mask) -> Array:
        px, py = a * radius * np.cos(angles), b * radius * np.sin(angles)
        columns = np.rint(x + px * math.cos(tilt) - py * math.sin(tilt)).astype(int)
        rows = np.rint(y + px * math.sin(tilt) + py * math.cos(tilt)).astype(int)
        inside = (columns >= 0) & (columns < mask.shape[1]) & (rows >= 0) & (rows < mask.shape[0])
        values = np.zeros(len(angles), bool)
        values[inside] = mask[rows[inside], columns[inside]] > 0
        return values

    size = max(a, b)
    # The ring is a thin line somewhere near the candidate: strokes of a letterhead fill no such narrow band.
    share = 0.0
    for middle in np.linspace(0.86, 1.06, 11):
        reach = max(0.035, 1.2 / size)
        narrow = [sample(float(radius)) for radius in np.linspace(middle - reach, middle + reach, 5)]
        share = max(share, float(np.any(narrow, axis=0).mean()))
    if share < _RING:
        return None
    inner = np.array([sample(float(radius)) for radius in np.linspace(0.1, 0.8, max(6, int(size * 0.5)))])
    signs = float(inner.mean())
    outer = float(np.array([sample(float(radius)) for radius in np.linspace(1.14, 1.3, 4)]).mean())
    # The band of characters must have both ink and gaps in most of its length.
    band = np.array([sample(float(radius)) for radius in np.linspace(0.55, 0.82, 8)])
    lettered = float(band.any(axis=0).mean())
    if share > _FULL_RING and lettered < 0.08:
        band = np.array([sample(float(radius), faint) for radius in np.linspace(0.55, 0.82, 8)])
        lettered = float(band.any(axis=0).mean())
    star = float(np.array([sample(float(radius)) for radius in np.linspace(0.02, 0.3, 8)]).mean())
    if not 0.04 < signs < 0.62 or outer > 0.3 or lettered < 0.08 or (lettered < 0.3 and not 0.1 < star < 0.95):
        return None
    if share < _SURE_RING and _beside(mask, x, y, (a, b)) > 0.5 * signs:
        # Signs of a letterhead stand in a row: what looks like a ring goes on beside itself in the same red.
        return None
    return Oval(x, y, a, b, turn, share)


def _beside(mask: Array, x: float, y: float, axes: tuple[float, float]) -> float:
    """Share of red to the left or to the right of a candidate, whichever is more."""
    a, b = axes
    top, bottom = max(0, int(y - 0.6 * b)), int(y + 0.6 * b)
    sides = []
    for begin, end in ((x - 2.6 * a, x - 1.3 * a), (x + 1.3 * a, x + 2.6 * a)):
        zone = mask[top:bottom, max(0, int(begin)) : max(0, int(end))]
        sides.append(float((zone > 0).mean()) if zone.size else 0.0)
    return max(sides)


def _patch(image: Array, oval: Oval) -> tuple[Array, int]:
    """A seal cut out with some paper around it, and half the side of that."""
    reach = int(max(oval.a, oval.b) * 1.1)
    left, top = int(oval.x) - reach, int(oval.y) - reach
    padded = cv2.copyMakeBorder(image, reach, reach, reach, reach, cv2.BORDER_CONSTANT, value=(255, 255, 255))
    return padded[top + reach : top + 3 * reach, left + reach : left + 3 * reach], reach


def set_as_a_seal(image: Array, oval: Oval) -> bool:
    """Several signs along the ring, something in the middle, and nothing between: what a seal's drawing has in common.

    A logo, a gear, a second ring or words in a circle have not.
    """
    patch, reach = _patch(image, oval)
    red = np.clip(redness(patch), 0, 255).astype(np.float32)
    flat = _unrolled(red, oval, reach, 720, (1.05, 0.05))
    radii = np.linspace(1.05, 0.05, len(flat))
    # Ink of this seal: half as red as the reddest tenth of its ring.
    strength = float(np.percentile(flat[(radii > 0.85) & (radii <= 1.05)].max(axis=0), 50))
    inked = flat > max(6.0, 0.35 * strength)
    signs = inked[(radii > 0.58) & (radii < 0.84)].any(axis=0)
    rising = int((signs & ~np.roll(signs, 1)).sum())
    middle = float(inked[radii < 0.16].mean())
    between = float(inked[(radii > 0.34) & (radii < 0.6)].mean(axis=1).min())
    return rising >= _LEAST_SIGNS and middle > 0.3 and between < 0.06


def ring_text(image: Array, oval: Oval, ink_of: Callable[[Array], Array]) -> str:
    """Text along the ring, unrolled and read; empty when it is not legible."""
    if min(oval.a, oval.b) < 45:
        return ""
    patch, reach = _patch(image, oval)
    ink = np.clip(ink_of(patch), 0, 90).astype(np.float32) / 90
    width = int(2 * math.pi * 160)
    best = ("", 0.0)
    strip: Array
    page: Array
    for outside, inside in ((0.92, 0.54), (0.96, 0.62), (0.88, 0.48)):
        strip = _unrolled(ink, oval, reach, width, (outside, inside))
        strip = np.roll(strip, -_longest_gap(strip.max(axis=0) < 0.35), axis=1)
        page = (255 * (1 - np.clip(strip, 0, 1))).astype(np.uint8)
        page = cv2.copyMakeBorder(page, 12, 12, 20, 20, cv2.BORDER_CONSTANT, value=255)
        text, score = single(cv2.cvtColor(page, cv2.COLOR_GRAY2BGR))
        characters = "".join(sign for sign in text if "\u4e00" <= sign <= "\u9fff")
        if score > best[1] and len(characters) >= 4:
            best = (characters, score)
    return best[0] if best[1] > 0.7 else ""


def _unrolled(ink: Array, oval: Oval, reach: int, width: int, band: tuple[float, float]) -> Array:
    """The band of characters laid flat: clockwise from the bottom, outside upwards."""
    turns = np.linspace(0, 2 * math.pi, width, endpoint=False, dtype=np.float32) + math.pi / 2
    grid_t, grid_r = np.meshgrid(turns, np.linspace(*band, 64, dtype=np.float32))
    tilt = math.radians(oval.turn)
    px, py = oval.a * grid_r * np.cos(grid_t - tilt), oval.b * grid_r * np.sin(grid_t - tilt)
    map_x = (reach + px * math.cos(tilt) - py * math.sin(tilt)).astype(np.float32)
    map_y = (reach + px * math.sin(tilt) + py * math.cos(tilt)).astype(np.float32)
    return np.asarray(cv2.remap(ink, map_x, map_y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_CONSTANT, borderValue=0))


def _longest_gap(empty: Array) -> int:
    """Middle of the longest run of empty columns, around the end too."""
    doubled = np.concatenate([empty, empty])
    best, length, run = 0, 0, 0
    for index, value in enumerate(doubled):
        run = run + 1 if value else 0
        if run > length:
            best, length = index - run // 2, run
    return best % len(empty)
