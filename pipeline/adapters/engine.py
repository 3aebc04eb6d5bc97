"""The engine that recognises signs, RapidOCR: a picture -> lines with their corners; a strip -> its one line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from rapidocr import RapidOCR

Array = NDArray[Any]

_ENGINE_SIDE = 2400
_TRADITIONAL = Path(__file__).with_name("traditional.txt")


@dataclass(frozen=True, slots=True)
class Read:
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


def recognise(image: Array) -> list[Read]:
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
        Read(np.asarray(box, dtype=np.float32), simplified(text), float(score))
        for box, text, score in zip(boxes, texts, scores, strict=True)
        if text.strip()
    ]


def single(patch: Array) -> tuple[str, float]:
    """One line of text in a strip."""
    if min(patch.shape[:2]) < 6:
        return "", 0.0
    result = _engine()(np.ascontiguousarray(patch), use_det=False, use_cls=False, use_rec=True)
    texts, scores = getattr(result, "txts", None), getattr(result, "scores", None)
    if not texts or not scores or scores[0] < 0.5:
        return "", 0.0
    return simplified(str(texts[0]).strip()), float(scores[0])


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
