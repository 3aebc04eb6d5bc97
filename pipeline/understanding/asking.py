"""Doubts about passages and figures → the questions that the office is asked, in Chinese."""

from __future__ import annotations

import re

from pipeline.model import Question, QuestionKind, ReportRecord
from pipeline.understanding.matching import Index
from pipeline.understanding.passages import Passage


def about_figures(passage: Passage, *, digest: str) -> list[Question]:
    """What is asked about figures of a ledger that were not filed."""
    name = f"“{passage.title}”的" if passage.titles else ""
    return [
        Question(
            kind=QuestionKind.FIGURE,
            digest=digest,
            place=passage.cell(doubt.place).key,
            text=f"{name}{doubt.text}，没有计入，请核对。",
            suggestion=doubt.likely or None,
        )
        for doubt in passage.cells.doubts
    ]


def about_work_beside(record: ReportRecord, *, digest: str, index: Index) -> Question:
    """Whether a passage that seems to be outside the plan is not the nearest item's after all."""
    item = index.items[index.numbers[record.match.item]]
    return Question(
        kind=QuestionKind.MATCH,
        digest=digest,
        place=record.asked,
        text=f"“{_short(record.progress)}”看起来不属于行动计划的任何一条，"
        f"但与第{item.number}条（{item.title}）有些接近，请确认。",
        suggestion="",
        options=(str(item.number),),
    )


def about_item(record: ReportRecord, *, digest: str, index: Index) -> Question:
    """Whether a passage is an item's, with the runner-up."""
    item = index.items[index.numbers[record.match.item]]
    options = [str(item.number)]
    text = f"“{_short(record.progress)}”像是第{item.number}条（{item.title}）的进展，但把握不大"
    if record.match.rival is not None:
        other = index.items[index.numbers[record.match.rival]]
        options.append(str(other.number))
        text += f"，也可能是第{other.number}条（{other.title}）"
    return Question(
        kind=QuestionKind.MATCH,
        digest=digest,
        place=record.asked,
        text=text + "，请确认。",
        suggestion=str(item.number),
        options=tuple(options),
    )


def unlike(key: str, taken: set[str]) -> str:
    """A key that none before it has: one paragraph may be asked about twice."""
    fresh, number = key, 1
    while fresh in taken:
        number += 1
        fresh = f"{key}（之{number}）"
    taken.add(fresh)
    return fresh


def _short(text: str, width: int = 42) -> str:
    flat = re.sub(r"\s+", " ", text)
    return flat if len(flat) <= width else flat[:width] + "…"
