"""Sentences of a passage that no heading explains → the role of each: work, difficulty, intention.

A sentence alone is often mute (目前正在协调), so the passage is heard as a row: staying with a role is free, taking up
another costs, and an opening in so many words (存在的问题是…, 下一步…) outweighs what the sentence sounds like.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.understanding import prose, tones
from pipeline.understanding.words import Section, Words, month_number

_STATES = (Section.PROGRESS, Section.PROBLEM, Section.NEXT)
#: What an opening in so many words is worth, in natural logarithms like all points here.
OPENED = 8.0
#: What an opening with the month reported on says for work.
OF_MONTH = 2.5
#: What stands in a cell for work although a column for such things stands beside it, and where there is none.
COLUMN, CELL = 3.0, 1.0
#: No single sentence is surer than this.
SUREST = 0.985


@dataclass(frozen=True, slots=True)
class Around:
    """What is known of a passage besides its sentences."""

    #: The report tells its problems, its intentions, under headings of their own.
    problems_elsewhere: bool = False
    steps_elsewhere: bool = False
    #: A cell of a ledger, and which of the others have columns of their own there.
    ledger: bool = False
    columns: frozenset[Section] = frozenset()
    #: A heading or a list mark of its own opens the passage.
    headed: bool = False
    #: Work has been told before it.
    seen: bool = False
    #: Role that the passage before ended with, where no heading stands between.
    before: Section | None = None


def _change(left: Section, right: Section, *, turns: bool = False) -> float:
    if left is right or (turns and right is Section.PROGRESS):
        return 0.0
    if right is Section.PROGRESS:
        return -1.6
    return -0.4 if left is not Section.PROGRESS else -1.2


def _start(state: Section, around: Around) -> float:
    if around.before is not None and not around.headed:
        return _change(around.before, state)
    if state is Section.PROGRESS:
        return 0.0
    return -1.6 if around.seen and not around.headed else -3.0


def _of_column(state: Section, around: Around) -> float:
    """What a sentence in the column for work must earn to be anything else."""
    return (COLUMN if state in around.columns else CELL) if around.ledger else 0.0


def _of_month(sentence: str, month: int | None) -> bool:
    """Whether a sentence opens with the very month that is reported on: 9月组织外出学习 in a report on September."""
    found = re.match(r"\s*(1[0-2]|[1-9]|十[一二]?|[一二三四五六七八九])月(?:份)?(?!底|末)", sentence)
    return found is not None and month is not None and month_number(found.group(1)) == month


def told(sentences: Sequence[str], around: Around, *, words: Words, month: int | None) -> tuple[Section, ...]:
    """Role of each sentence of a passage.

    Args:
        sentences: In order, as :func:`prose.split` gives them.
        around: Where the passage stands.
        words: Compiled lists.
        month: Month of the report; a later one opens an intention.
    """
    if not sentences:
        return ()
    reserve = {
        Section.PROGRESS: 0.0,
        Section.PROBLEM: -(1.25 if around.problems_elsewhere else 0.0) - _of_column(Section.PROBLEM, around),
        Section.NEXT: -(1.8 if around.steps_elsewhere else 0.0) - _of_column(Section.NEXT, around),
    }
    best: list[float] = []
    rows: list[list[int]] = []
    for place, sentence in enumerate(sentences):
        heard = tones.chances(sentence, words=words)
        opened = prose.opening_role(sentence, words=words, month=month)
        if opened is Section.MIXED:
            opened = Section.PROBLEM
        gains = [
            math.log(min(SUREST, max(1 - SUREST, heard.of(state)))) + (OPENED if opened is state else reserve[state])
            for state in _STATES
        ]
        if opened is None and _of_month(sentence, month):
            gains[0] += OF_MONTH
        # A subject named in front of a figure (审批方面，办件14件) turns back to work at no cost.
        turns = opened is None and prose.topic(sentence) is not None and prose.figures(sentence) > 0
        if place == 0:
            best = [_start(state, around) + gain for state, gain in zip(_STATES, gains, strict=True)]
            continue
        back: list[int] = []
        now: list[float] = []
        for at, state in enumerate(_STATES):
            reached = [points + _change(left, state, turns=turns) for points, left in zip(best, _STATES, strict=True)]
            source = reached.index(max(reached))
            back.append(source)
            now.append(reached[source] + gains[at])
        rows.append(back)
        best = now
    path = [best.index(max(best))]
    for back in reversed(rows):
        path.append(back[path[-1]])
    return tuple(_STATES[at] for at in reversed(path))
