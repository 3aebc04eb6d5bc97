"""Pictures -> lines of text, ruled cells and seals, by RapidOCR and OpenCV. Contains no business logic.

Red ink of a seal is turned to paper before reading (the signature below it stays); pages are cut out of their
background, freed of shadows, turned upright, bent back and straightened first. What the engine passes over is looked
for by its ink.
"""

from __future__ import annotations

import math
from dataclasses import replace
from functools import lru_cache

import cv2
import numpy as np

from pipeline.adapters import rows, seals, sheets
from pipeline.adapters.engine import Array, Read, recognise, single
from pipeline.model import Seal
from pipeline.readers import Look, OcrLine, Page, Picture, Ruled

#: Below this mean confidence a page may stand on its head.
_SURE = 0.86
#: Rows that tell how a page lies.
_FEW = 3
#: A picture whose brightest and darkest signs differ by less is empty.
_BLANK = 12
#: Signs that a row must have to be missed where it could not be read.
_MISSED = 8
#: Above this confidence a row that only its ink showed is believed.
_BELIEVED = 0.75
#: Cells of a table, and rows and signs of a text, that are no logo and no signature, however small the picture is.
_CELLS, _ROWS, _SIGNS = 6, 4, 60


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
    clean = seals.without_seals(image, ovals)
    quads = sheets.find(clean)
    if len(quads) < 2:
        return _page(sheets.cut(clean, quads[0]) if quads else clean)[0]
    pages = [(*_page(sheets.cut(clean, quad)), quad.mean(axis=0)) for quad in quads]
    # The sheets lie in the picture as their words do: turned with it, what was below may be to the left.
    turn = max(pages, key=lambda each: len(each[0].lines))[1]
    return _below_each_other([page for page, _, _ in sorted(pages, key=lambda each: _place(each[2], turn))])


def _page(image: Array) -> tuple[Page, int]:
    """Read one sheet, or a picture that is not cut; tells by how many quarters it was turned to the right."""
    image, first = _turned(sheets.even(image))
    lines = recognise(image)
    if not lines:
        return Page(image.shape[1], image.shape[0], ()), 0
    image, lines, turn = _upright(image, lines)
    written = rows.rows(image)
    level, lines = _straight(*_flat(image, lines, written))
    if level is not image:
        image, written = level, rows.rows(level)
    lines, unread = _passed_over(image, lines, written)
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
def _seen(picture: Picture) -> tuple[Array, tuple[seals.Oval, ...]]:
    """Pixels and seals of a picture: it is looked at first and then read."""
    image = _array(picture)
    return image, tuple(seals.red_rings(image))


def _turned(image: Array) -> tuple[Array, int]:
    """A page turned as a few of its rows are read surely: looking for all that is written takes far longer.

    Where none is, nothing is turned: then all that is written tells how it lies.
    """
    for turn in (0, 2, 1, 3):
        turned = np.ascontiguousarray(np.rot90(image, -turn))
        found = rows.rows(turned)
        read = [
            single(rows.strip(turned, row)) for row in sorted(found, key=lambda row: -row.length / row.height)[:_FEW]
        ]
        chinese = sum("\u4e00" <= sign <= "\u9fff" for text, _ in read for sign in text)
        if len(read) == _FEW and min(score for _, score in read) >= _SURE and chinese >= 6 * _FEW:
            tilt = rows.tilt(found, turned.shape[1])
            return (_rotated(turned, tilt) if 0.6 < abs(tilt) < 40 else turned), turn
    return image, 0


def _upright(image: Array, lines: list[Read]) -> tuple[Array, list[Read], int]:
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
        again = recognise(turned)
        if again and (best is None or _worth(again) > _worth(best[1]) * 1.05):
            best = (turned, again, turn)
        if sideways and best is not None and _confidence(best[1]) >= 0.95:
            break
    return best or (image, lines, 0)


def _confidence(lines: list[Read]) -> float:
    """Mean confidence, long lines counting more."""
    total = sum(len(line.text) for line in lines)
    return sum(line.score * len(line.text) for line in lines) / total if total else 0.0


def _worth(lines: list[Read]) -> float:
    """How much was read, and how surely: letters weigh little where characters are expected."""
    return sum(
        max(0.0, line.score - 0.5) * sum(1.0 if "\u4e00" <= sign <= "\u9fff" else 0.3 for sign in line.text)
        for line in lines
    )


def _size(line: Read) -> tuple[float, float]:
    """Width and height of the upright box around a line."""
    return float(np.ptp(line.corners[:, 0])), float(np.ptp(line.corners[:, 1]))


def _straight(image: Array, lines: list[Read]) -> tuple[Array, list[Read]]:
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
    again = recognise(level)
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


def _flat(image: Array, lines: list[Read], found: list[rows.Row]) -> tuple[Array, list[Read]]:
    """Bend a curved page back: the engine sees nothing of a row that leaves its box."""
    if rows.bend(found, image.shape[1]) < rows.BENT:
        return image, lines
    level = rows.levelled(image, found)
    again = [] if level is None else recognise(level)
    return (level, again) if level is not None and _worth(again) >= 0.95 * _worth(lines) else (image, lines)


def _passed_over(image: Array, lines: list[Read], found: list[rows.Row]) -> tuple[list[Read], int]:
    """Lines with the rows that the engine did not see, read one by one; and how many of these could not be read."""
    usual = float(np.median([min(_size(line)) for line in lines]))
    read, unread = list(lines), 0
    for row in _uncovered(found, lines):
        text, score = single(rows.strip(image, row))
        left, right = float(row.points[0, 0]), float(row.points[-1, 0]) + row.height
        middle = float(row.points[:, 1].mean())
        signs = sum("\u4e00" <= sign <= "\u9fff" for sign in text)
        if score >= _BELIEVED and signs >= 3:
            top, bottom = middle - 0.7 * row.height, middle + 0.7 * row.height
            read.append(Read(np.array([[left, top], [right, top], [right, bottom], [left, bottom]]), text, score))
        elif row.length > _MISSED * row.height and 0.35 * usual < row.height < 1.6 * usual:
            unread += 1
    return read, unread


def _uncovered(found: list[rows.Row], lines: list[Read]) -> list[rows.Row]:
    """Rows, or long pieces of them, over which no line was read."""
    left = []
    for row in found:
        free = sheets.homes(row, [line.corners.astype(np.float32) for line in lines]) < 0
        ends = np.flatnonzero(np.diff(np.concatenate([[False], free, [False]]).astype(np.int8)))
        for start, end in ends.reshape(-1, 2):
            if end - start > 1 and row.points[end - 1, 0] - row.points[start, 0] > 6 * row.height:
                left.append(replace(row, points=row.points[start:end]))
    return left


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


def _apart(image: Array, lines: list[Read], tables: list[list[tuple[float, float, float, float]]]) -> list[OcrLine]:
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
            text, score = single(patch)
            if text:
                found.append(OcrLine(text, start, top, end, bottom, score))
    return found


def _box(line: Read) -> tuple[float, float, float, float]:
    """Upright box of a line, hardly higher than its signs are wide: around few signs the engine draws it too high."""
    left, top = (float(each) for each in line.corners.min(axis=0))
    right, bottom = (float(each) for each in line.corners.max(axis=0))
    signs = sum(1.0 if ord(sign) > 0x2E7F else 0.55 for sign in line.text)
    spare = max(0.0, bottom - top - 1.25 * (right - left) / max(signs, 1.0)) / 2
    return left, top + spare, right, bottom - spare


def look(picture: Picture) -> Look:
    """Look for a red round or oval seal, and judge whether the picture is a page.

    A red letterhead, red text, an emblem, a logo or words circled in red are no seal: its name stands along the ring,
    legible or at least set as a seal is. On a page without any colour a ring is told only where signs along it can be
    read; else nothing can be. A red ring proves no genuine seal.
    """
    image, ovals = _seen(picture)
    page = _is_page(image)
    for oval in ovals:
        name = seals.ring_text(image, oval, seals.redness)
        if name or seals.set_as_a_seal(image, oval):
            return Look(Seal.PRESENT, page=page, seal_text=name)
    if page and _grey(image):
        # Black words run through a grey name: enough to tell a seal by, not to tell whose.
        seen = any(seals.ring_text(image, oval, seals.darkness) for oval in seals.grey_rings(image))
        return Look(Seal.PRESENT if seen else Seal.UNKNOWN, page=page)
    return Look(Seal.ABSENT, page=page)


def _grey(image: Array) -> bool:
    """Whether a picture has no colour at all."""
    small = seals.shrunk(image, seals.SEAL_SIDE)[0].astype(np.int16)
    spread = small.max(axis=2) - small.min(axis=2)
    return float(np.percentile(spread, 99.8)) < 14


def _is_page(image: Array) -> bool:
    """Light ground of one colour with a few dark strokes on it, in rows or in ruled cells.

    What is smaller than a sheet or a strip of one needs more of them: it may be a logo or a signature.
    """
    height, width = image.shape[:2]
    small = seals.shrunk(image, 800)[0]
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
