"""Pictures -> lines of text, ruled cells and seals, by RapidOCR and OpenCV. Contains no business logic.

Red ink of a seal is turned to paper before reading (the signature below it stays); pages are cut out of their
background, freed of shadows, turned upright, bent back and straightened first. What the engine passes over is looked
for by its ink.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from rapidocr import RapidOCR

from pipeline.adapters import rows
from pipeline.model import Seal
from pipeline.readers import Look, OcrLine, Page, Picture, Ruled

Array = NDArray[Any]

#: Redness above which a pixel is red ink where a seal is looked for, and where red is dropped.
_RED_SEEN = 16
_RED_DROPPED = 18
#: Redness of the thin signs inside a ring that was seen.
_RED_FAINT = 7
#: Longest side of the picture in which a seal is looked for: an A4 page at 50 dpi, where rings are 70-90 pixels.
_SEAL_SIDE = 640
_RING = 0.6
#: Below this mean confidence a page may stand on its head.
_SURE = 0.86
#: Rows that tell how a page lies.
_FEW = 3
_ENGINE_SIDE = 2400
#: A picture whose brightest and darkest signs differ by less is empty.
_BLANK = 12
#: Share of all that is written above which a sheet is not cut out, because so much would be cut off.
_CUT_OFF = 0.04
#: Share of the picture that one sheet takes, and each of several.
_ONE_SHEET, _SEVERAL_SHEETS = 0.35, 0.12
#: Signs that a row must have to be missed where it could not be read.
_MISSED = 8
#: Above this confidence a row that only its ink showed is believed.
_BELIEVED = 0.75
#: Cells of a table, and rows and signs of a text, that are no logo and no signature, however small the picture is.
_CELLS, _ROWS, _SIGNS = 6, 4, 60
_TRADITIONAL = Path(__file__).with_name("traditional.txt")


@dataclass(frozen=True, slots=True)
class _Oval:
    """A ring: centre, half axes, turn in degrees, all in pixels of the picture."""

    x: float
    y: float
    a: float
    b: float
    turn: float
    #: Share of directions in which the ring shows.
    ring: float


@dataclass(frozen=True, slots=True)
class _Read:
    """One line with its four corners."""

    corners: Array
    text: str
    score: float


@lru_cache(maxsize=1)
def _engine() -> Callable[..., Any]:
    """The recogniser, loaded once a process; one thread, since workers run side by side."""
    cv2.setNumThreads(1)
    return RapidOCR(
        params={
            "Global.log_level": "critical",
            "Global.use_cls": False,
            "Global.max_side_len": _ENGINE_SIDE,
            "EngineConfig.onnxruntime.intra_op_num_threads": 1,
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
        }
    )


# --------------------------------------------------------------------------- reading


def read(picture: Picture) -> Page:
    """Read a picture.

    Args:
        picture: Decoded pixels.

    Returns:
        Lines and ruled tables in pixels of the page as it was turned upright; no lines when there is no text.
    """
    image, ovals = _seen(picture)
    if int(image.max()) - int(image.min()) < _BLANK:
        # Nothing is written on one colour; the engine would look for seconds.
        return Page(picture.width, picture.height, ())
    clean = _without_seals(image, ovals)
    quads = _sheets(clean)
    if len(quads) < 2:
        return _page(_cut(clean, quads[0]) if quads else clean)[0]
    pages = [(*_page(_cut(clean, quad)), quad.mean(axis=0)) for quad in quads]
    # The sheets lie in the picture as their words do: turned with it, what was below may be to the left.
    turn = max(pages, key=lambda each: len(each[0].lines))[1]
    return _below_each_other([page for page, _, _ in sorted(pages, key=lambda each: _place(each[2], turn))])


def _page(image: Array) -> tuple[Page, int]:
    """Read one sheet, or a picture that is not cut; tells by how many quarters it was turned to the right."""
    image, first = _turned(_even(image))
    lines = _recognise(image)
    if not lines:
        return Page(image.shape[1], image.shape[0], ()), 0
    image, lines, turn = _upright(image, lines)
    image, lines = _straight(*_flat(image, lines))
    lines, unread = _passed_over(image, lines)
    tables = _ruled(image)
    found = _apart(image, lines, tables)
    ruled = tuple(Ruled(tuple(boxes)) for boxes in tables)
    return Page(image.shape[1], image.shape[0], tuple(found), ruled, unread), first + turn


def _place(middle: Array, turn: int) -> tuple[float, float]:
    """Where the middle of a sheet comes to lie when the picture is turned: its place across, then down."""
    x, y = float(middle[0]), float(middle[1])
    return ((x, y), (-y, x), (-x, -y), (y, -x))[turn % 4]


def _below_each_other(pages: list[Page]) -> Page:
    """Several sheets as one page, in order."""
    lines: list[OcrLine] = []
    tables: list[Ruled] = []
    top = 0.0
    for page in pages:
        lines += [replace(line, top=line.top + top, bottom=line.bottom + top) for line in page.lines]
        tables += [Ruled(tuple((a, b + top, c, d + top) for a, b, c, d in each.boxes)) for each in page.tables]
        top += page.height
    width, unread = max(page.width for page in pages), sum(page.unread for page in pages)
    return Page(width, int(top), tuple(lines), tuple(tables), unread)


def _array(picture: Picture) -> Array:
    """Pixels as the libraries want them: BGR."""
    rgb = np.frombuffer(picture.rgb, np.uint8).reshape(picture.height, picture.width, 3)
    return np.ascontiguousarray(rgb[:, :, ::-1])


@lru_cache(maxsize=1)
def _seen(picture: Picture) -> tuple[Array, tuple[_Oval, ...]]:
    """Pixels and seals of a picture: it is looked at first and then read."""
    image = _array(picture)
    return image, tuple(_ovals(image))


def _recognise(image: Array) -> list[_Read]:
    """All lines that the engine finds."""
    # The engine remembers what the last call switched off.
    result = _engine()(image, use_det=True, use_cls=False, use_rec=True)
    boxes, texts, scores = (
        getattr(result, "boxes", None),
        getattr(result, "txts", None),
        getattr(result, "scores", None),
    )
    if boxes is None or texts is None or scores is None:
        return []
    return [
        _Read(np.asarray(box, dtype=np.float32), simplified(text), float(score))
        for box, text, score in zip(boxes, texts, scores, strict=True)
        if text.strip()
    ]


def simplified(text: str) -> str:
    """Signs that the recogniser takes for their traditional likes (體 for 体), as they were written."""
    return text.translate(_table())


@lru_cache(maxsize=1)
def _table() -> dict[int, int]:
    """Traditional signs with their simplified ones, from lines in pairs.

    Of the signs that the recogniser knows and GB 2312 has not, those for which ICU (Hant-Hans) gives a sign of its
    first level; without those that names still use (喆, 堃, 昇). None of them stands in simplified prose.
    """
    lines = _TRADITIONAL.read_text(encoding="utf-8").splitlines()
    return str.maketrans("".join(lines[::2]), "".join(lines[1::2]))


def _without_seals(image: Array, ovals: tuple[_Oval, ...]) -> Array:
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


def _sheets(image: Array) -> list[Array]:
    """Corners of the sheets of paper on a photograph; none where nothing can be cut out without losing words.

    What is light is a sheet, or the lit part of one: then words stand outside it.
    """
    found = _light(image)
    if not found:
        return []
    written = rows.rows(_even(image))
    homes = [_homes(row, found) for row in written]
    total = sum(len(home) for home in homes)
    if sum(int((home < 0).sum()) for home in homes) > _CUT_OFF * total:
        return []
    held = [quad for number, quad in enumerate(found) if any((home == number).mean() > 0.5 for home in homes)]
    return held or found[:1]


def _homes(row: rows.Row, quads: list[Array]) -> Array:
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


def _cut(image: Array, quad: Array) -> Array:
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


def _even(image: Array) -> Array:
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


def _turned(image: Array) -> tuple[Array, int]:
    """A page turned as a few of its rows are read surely: looking for all that is written takes far longer.

    Where none is, nothing is turned: then all that is written tells how it lies.
    """
    for turn in (0, 2, 1, 3):
        turned = np.ascontiguousarray(np.rot90(image, -turn))
        found = rows.rows(turned)
        read = [
            _single(rows.strip(turned, row)) for row in sorted(found, key=lambda row: -row.length / row.height)[:_FEW]
        ]
        chinese = sum("\u4e00" <= sign <= "\u9fff" for text, _ in read for sign in text)
        if len(read) == _FEW and min(score for _, score in read) >= _SURE and chinese >= 6 * _FEW:
            tilt = rows.tilt(found, turned.shape[1])
            return (_rotated(turned, tilt) if 0.6 < abs(tilt) < 40 else turned), turn
    return image, 0


def _upright(image: Array, lines: list[_Read]) -> tuple[Array, list[_Read], int]:
    """Turn a page that lies on its side or stands on its head; tells by how many quarters to the right."""
    long = [line for line in lines if len(line.text) >= 2]
    standing = sum(_size(line)[1] for line in long if _size(line)[1] > 1.5 * _size(line)[0])
    lying = sum(_size(line)[0] for line in long if _size(line)[0] > 1.5 * _size(line)[1])
    sideways = standing > lying
    if not sideways and _confidence(lines) >= _SURE:
        return image, lines, 0
    best = (image, lines, 0) if not sideways else None
    for turn in (1, 3) if sideways else (2,):
        turned = np.ascontiguousarray(np.rot90(image, -turn))
        again = _recognise(turned)
        if again and (best is None or _worth(again) > _worth(best[1]) * 1.05):
            best = (turned, again, turn)
        if sideways and best is not None and _confidence(best[1]) >= 0.95:
            break
    return best or (image, lines, 0)


def _confidence(lines: list[_Read]) -> float:
    """Mean confidence, long lines counting more."""
    total = sum(len(line.text) for line in lines)
    return sum(line.score * len(line.text) for line in lines) / total if total else 0.0


def _worth(lines: list[_Read]) -> float:
    """How much was read, and how surely: letters weigh little where characters are expected."""
    return sum(
        max(0.0, line.score - 0.5) * sum(1.0 if "\u4e00" <= sign <= "\u9fff" else 0.3 for sign in line.text)
        for line in lines
    )


def _size(line: _Read) -> tuple[float, float]:
    """Width and height of the upright box around a line."""
    return float(np.ptp(line.corners[:, 0])), float(np.ptp(line.corners[:, 1]))


def _straight(image: Array, lines: list[_Read]) -> tuple[Array, list[_Read]]:
    """Turn a tilted page so that its lines are level."""
    angles, weights = [], []
    for line in lines:
        top = line.corners[1] - line.corners[0]
        length = float(np.hypot(*top))
        if length > 8 * max(1.0, float(np.hypot(*(line.corners[3] - line.corners[0])))):
            angles.append(math.degrees(math.atan2(float(top[1]), float(top[0]))))
            weights.append(length)
    if len(angles) < 2:
        return image, lines
    order = np.argsort(angles)
    reached = np.cumsum(np.array(weights)[order])
    tilt = float(np.array(angles)[order][int(np.searchsorted(reached, reached[-1] / 2))])
    if not 0.6 < abs(tilt) < 40:
        return image, lines
    level = _rotated(image, tilt)
    again = _recognise(level)
    return (level, again) if _worth(again) >= 0.95 * _worth(lines) else (image, lines)


def _rotated(image: Array, tilt: float) -> Array:
    """A picture turned by some degrees, nothing cut off."""
    height, width = image.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), tilt, 1.0)
    cos, sin = abs(turn[0, 0]), abs(turn[0, 1])
    wide, high = int(width * cos + height * sin), int(width * sin + height * cos)
    turn[0, 2] += (wide - width) / 2
    turn[1, 2] += (high - height) / 2
    return np.asarray(cv2.warpAffine(image, turn, (wide, high), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE))


def _flat(image: Array, lines: list[_Read]) -> tuple[Array, list[_Read]]:
    """Bend a curved page back: the engine sees nothing of a row that leaves its box."""
    found = rows.rows(image)
    if rows.bend(found, image.shape[1]) < rows.BENT:
        return image, lines
    level = rows.levelled(image, found)
    again = [] if level is None else _recognise(level)
    return (level, again) if level is not None and _worth(again) >= 0.95 * _worth(lines) else (image, lines)


def _passed_over(image: Array, lines: list[_Read]) -> tuple[list[_Read], int]:
    """Lines with the rows that the engine did not see, read one by one; and how many of these could not be read."""
    usual = float(np.median([min(_size(line)) for line in lines]))
    read, unread = list(lines), 0
    for row in _uncovered(rows.rows(image), lines):
        text, score = _single(rows.strip(image, row))
        left, right = float(row.points[0, 0]), float(row.points[-1, 0]) + row.height
        middle = float(row.points[:, 1].mean())
        signs = sum("\u4e00" <= sign <= "\u9fff" for sign in text)
        if score >= _BELIEVED and signs >= 3:
            top, bottom = middle - 0.7 * row.height, middle + 0.7 * row.height
            read.append(_Read(np.array([[left, top], [right, top], [right, bottom], [left, bottom]]), text, score))
        elif row.length > _MISSED * row.height and 0.35 * usual < row.height < 1.6 * usual:
            unread += 1
    return read, unread


def _uncovered(found: list[rows.Row], lines: list[_Read]) -> list[rows.Row]:
    """Rows, or long pieces of them, over which no line was read."""
    left = []
    for row in found:
        free = _homes(row, [line.corners.astype(np.float32) for line in lines]) < 0
        ends = np.flatnonzero(np.diff(np.concatenate([[False], free, [False]]).astype(np.int8)))
        for start, end in ends.reshape(-1, 2):
            if end - start > 1 and row.points[end - 1, 0] - row.points[start, 0] > 6 * row.height:
                left.append(replace(row, points=row.points[start:end]))
    return left


# --------------------------------------------------------------------------- ruled tables


def _ruled(image: Array) -> list[list[tuple[float, float, float, float]]]:
    """Cells of every ruled table, as boxes."""
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    height, width = grey.shape
    ink = cv2.adaptiveThreshold(grey, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV, 25, 12)
    reach = max(18, max(width, height) // 45)
    lying = cv2.morphologyEx(ink, cv2.MORPH_OPEN, cv2.getStructuringElement(cv2.MORPH_RECT, (reach, 1)))
    standing = cv2.morphologyEx(ink, cv2.MORPH_OPEN, cv2.getStructuringElement(cv2.MORPH_RECT, (1, reach)))
    lying = cv2.dilate(lying, cv2.getStructuringElement(cv2.MORPH_RECT, (9, 3)))
    standing = cv2.dilate(standing, cv2.getStructuringElement(cv2.MORPH_RECT, (3, 9)))
    rules = cv2.bitwise_or(lying, standing)
    tables = []
    count, labels, stats, _ = cv2.connectedComponentsWithStats(rules, connectivity=8)
    for label in range(1, min(count, 500)):
        left, top, wide, high, _ = (int(each) for each in stats[label])
        if wide < width * 0.15 or high < 40:
            continue
        own = (labels[top : top + high, left : left + wide] == label).astype(np.uint8)
        if not (own & (standing[top : top + high, left : left + wide] > 0)).any():
            continue
        free = cv2.copyMakeBorder(1 - own, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=1)
        cells, _, found, _ = cv2.connectedComponentsWithStats(free, connectivity=4)
        boxes = []
        for cell in range(1, min(cells, 2000)):
            x, y, w, h, area = (int(each) for each in found[cell])
            if x == 0 or y == 0 or x + w >= wide + 2 or y + h >= high + 2 or w < 14 or h < 12 or area < 0.7 * w * h:
                continue
            boxes.append((float(left + x - 1), float(top + y - 1), float(left + x + w - 1), float(top + y + h - 1)))
        if len(boxes) >= 4 and sum((b[2] - b[0]) * (b[3] - b[1]) for b in boxes) > 0.6 * wide * high:
            tables.append(boxes)
    return tables


def _apart(image: Array, lines: list[_Read], tables: list[list[tuple[float, float, float, float]]]) -> list[OcrLine]:
    """Lines as upright boxes; one that runs over the rule between two cells is read again cell by cell."""
    found: list[OcrLine] = []
    for line in lines:
        left, top, right, bottom = _box(line)
        middle = (top + bottom) / 2
        crossed = [
            box
            for boxes in tables
            for box in boxes
            if box[1] <= middle <= box[3] and min(right, box[2]) - max(left, box[0]) > 0.5 * (bottom - top)
        ]
        if len(crossed) < 2:
            found.append(OcrLine(line.text, left, top, right, bottom, line.score))
            continue
        for box in sorted(crossed):
            start, end = max(left, box[0] + 2), min(right, box[2] - 2)
            patch = image[max(0, int(top) - 2) : int(bottom) + 3, int(start) : int(end)]
            text, score = _single(patch)
            if text:
                found.append(OcrLine(text, start, top, end, bottom, score))
    return found


def _box(line: _Read) -> tuple[float, float, float, float]:
    """Upright box of a line, hardly higher than its signs are wide: around few signs the engine draws it too high."""
    left, top = (float(each) for each in line.corners.min(axis=0))
    right, bottom = (float(each) for each in line.corners.max(axis=0))
    signs = sum(1.0 if ord(sign) > 0x2E7F else 0.55 for sign in line.text)
    spare = max(0.0, bottom - top - 1.25 * (right - left) / max(signs, 1.0)) / 2
    return left, top + spare, right, bottom - spare


def _single(patch: Array) -> tuple[str, float]:
    """One line of text in a strip."""
    if min(patch.shape[:2]) < 6:
        return "", 0.0
    result = _engine()(np.ascontiguousarray(patch), use_det=False, use_cls=False, use_rec=True)
    texts, scores = getattr(result, "txts", None), getattr(result, "scores", None)
    if not texts or not scores or scores[0] < 0.5:
        return "", 0.0
    return simplified(str(texts[0]).strip()), float(scores[0])


# --------------------------------------------------------------------------- seals


def look(picture: Picture) -> Look:
    """Look for a red round or oval seal, and judge whether the picture is a page.

    A red letterhead, red text, an emblem, a logo or words circled in red are no seal: its name stands along the ring,
    legible or at least set as a seal is. On a page without any colour a ring is told only where signs along it can be
    read; else nothing can be. A red ring proves no genuine seal.
    """
    image, ovals = _seen(picture)
    page = _is_page(image)
    for oval in ovals:
        name = _ring_text(image, oval, _redness)
        if name or _set_as_a_seal(image, oval):
            return Look(Seal.PRESENT, page=page, seal_text=name)
    if page and _grey(image):
        # Black words run through a grey name: enough to tell a seal by, not to tell whose.
        seen = any(_ring_text(image, oval, _darkness) for oval in _grey_ovals(image))
        return Look(Seal.PRESENT if seen else Seal.UNKNOWN, page=page)
    return Look(Seal.ABSENT, page=page)


def _grey(image: Array) -> bool:
    """Whether a picture has no colour at all."""
    small = _shrunk(image, _SEAL_SIDE)[0].astype(np.int16)
    spread = small.max(axis=2) - small.min(axis=2)
    return float(np.percentile(spread, 99.8)) < 14


def _shrunk(image: Array, side: int) -> tuple[Array, float]:
    scale = min(1.0, side / max(image.shape[:2]))
    return (cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else image), scale


def _is_page(image: Array) -> bool:
    """Light ground of one colour with a few dark strokes on it, in rows or in ruled cells.

    What is smaller than a sheet or a strip of one needs more of them: it may be a logo or a signature.
    """
    height, width = image.shape[:2]
    small = _shrunk(image, 800)[0]
    grey = cv2.cvtColor(small, cv2.COLOR_BGR2GRAY)
    ground = cv2.medianBlur(cv2.dilate(grey, np.ones((7, 7), np.uint8)), 21)
    contrast = ground.astype(np.int16) - grey
    strokes = float((contrast > 35).mean())
    light = float((ground > max(90.0, 0.6 * float(np.percentile(ground, 95)))).mean())
    spread = small.max(axis=2).astype(np.int16) - small.min(axis=2)
    plain = float((spread < 60).mean())
    edges = (contrast > 35).astype(np.float32).mean(axis=1)
    bands = int(((edges[1:] > 0.02) & (edges[:-1] <= 0.02)).sum())
    if not (0.004 < strokes < 0.3 and light > 0.6 and plain > 0.8):
        return False
    if bands >= 4 and min(height, width) >= 420 and 0.3 < width / height < 3.4:
        return True
    if sum(map(len, _ruled(image))) >= _CELLS:
        return True
    written = rows.rows(image)
    return len(written) >= _ROWS and sum(row.length / row.height for row in written) >= _SIGNS


def _redness(image: Array) -> Array:
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


def _ovals(image: Array) -> list[_Oval]:
    """Rings of seals, the surest first, in pixels of the picture."""
    small, scale = _shrunk(image, _SEAL_SIDE)
    redness = _redness(small)
    mask = cv2.medianBlur((redness > _RED_SEEN).astype(np.uint8) * 255, 3)
    # Signs are thinner than the ring and fade first when ink or toner is short.
    faint = (cv2.GaussianBlur(np.clip(redness, 0, 255).astype(np.uint8), (0, 0), 0.8) > _RED_FAINT).astype(np.uint8)
    if int((mask > 0).sum()) < 250:
        return []
    return _rings(mask, faint, scale)


def _grey_ovals(image: Array) -> list[_Oval]:
    """Full rings on a page without colour, the surest first, in pixels of the picture."""
    small, scale = _shrunk(image, _SEAL_SIDE)
    mask = (_darkness(small) > _DARK_SEEN).astype(np.uint8) * 255
    return [each for each in _rings(mask, mask // 255, scale) if each.ring >= _SURE_RING]


def _darkness(image: Array) -> Array:
    """How much darker than the paper around it each pixel is."""
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    paper = int(np.percentile(grey, 90))
    return paper - grey.astype(np.int16)


def _rings(mask: Array, faint: Array, scale: float) -> list[_Oval]:
    """Rings in a mask, the surest first, in pixels of the picture that was shrunk by ``scale``."""
    height, width = mask.shape
    least, most = max(16, int(0.045 * min(height, width))), int(0.49 * min(height, width))
    found: list[_Oval] = []
    for shape in _circles(mask, least, most) + _ellipses(mask, least, most):
        oval = _judged(mask, faint, shape)
        if oval is not None:
            found.append(oval)
    found.sort(key=lambda each: -each.ring)
    apart: list[_Oval] = []
    for oval in found:
        if all(math.hypot(oval.x - other.x, oval.y - other.y) > 0.5 * max(other.a, other.b) for other in apart):
            apart.append(oval)
    return [
        _Oval(each.x / scale, each.y / scale, each.a / scale, each.b / scale, each.turn, each.ring)
        for each in apart[:6]
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


def _judged(mask: Array, faint: Array, shape: tuple[float, float, float, float, float]) -> _Oval | None:
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
    return _Oval(x, y, a, b, turn, share)


def _beside(mask: Array, x: float, y: float, axes: tuple[float, float]) -> float:
    """Share of red to the left or to the right of a candidate, whichever is more."""
    a, b = axes
    top, bottom = max(0, int(y - 0.6 * b)), int(y + 0.6 * b)
    sides = []
    for begin, end in ((x - 2.6 * a, x - 1.3 * a), (x + 1.3 * a, x + 2.6 * a)):
        zone = mask[top:bottom, max(0, int(begin)) : max(0, int(end))]
        sides.append(float((zone > 0).mean()) if zone.size else 0.0)
    return max(sides)


def _patch(image: Array, oval: _Oval) -> tuple[Array, int]:
    """A seal cut out with some paper around it, and half the side of that."""
    reach = int(max(oval.a, oval.b) * 1.1)
    left, top = int(oval.x) - reach, int(oval.y) - reach
    padded = cv2.copyMakeBorder(image, reach, reach, reach, reach, cv2.BORDER_CONSTANT, value=(255, 255, 255))
    return padded[top + reach : top + 3 * reach, left + reach : left + 3 * reach], reach


def _set_as_a_seal(image: Array, oval: _Oval) -> bool:
    """Several signs along the ring, something in the middle, and nothing between: what a seal's drawing has in common.

    A logo, a gear, a second ring or words in a circle have not.
    """
    patch, reach = _patch(image, oval)
    redness = np.clip(_redness(patch), 0, 255).astype(np.float32)
    flat = _unrolled(redness, oval, reach, 720, (1.05, 0.05))
    radii = np.linspace(1.05, 0.05, len(flat))
    # Ink of this seal: half as red as the reddest tenth of its ring.
    strength = float(np.percentile(flat[(radii > 0.85) & (radii <= 1.05)].max(axis=0), 50))
    inked = flat > max(6.0, 0.35 * strength)
    signs = inked[(radii > 0.58) & (radii < 0.84)].any(axis=0)
    rising = int((signs & ~np.roll(signs, 1)).sum())
    middle = float(inked[radii < 0.16].mean())
    between = float(inked[(radii > 0.34) & (radii < 0.6)].mean(axis=1).min())
    return rising >= _LEAST_SIGNS and middle > 0.3 and between < 0.06


def _ring_text(image: Array, oval: _Oval, ink_of: Callable[[Array], Array]) -> str:
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
        text, score = _single(cv2.cvtColor(page, cv2.COLOR_GRAY2BGR))
        characters = "".join(sign for sign in text if "\u4e00" <= sign <= "\u9fff")
        if score > best[1] and len(characters) >= 4:
            best = (characters, score)
    return best[0] if best[1] > 0.7 else ""


def _unrolled(ink: Array, oval: _Oval, reach: int, width: int, band: tuple[float, float]) -> Array:
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
