"""The lines of a paper → how much of them tells, with figures, of tasks that a unit has in the plan.

A clerk in a hurry writes neither title nor 报告: 长处方开了1326张，药店添了9家. Such lines are known by what they tell.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from pipeline.model import Knowledge
from pipeline.understanding import matching, prose, tones
from pipeline.understanding.words import Section, compiled

#: 17条, 第17条: a task by its number.
_NUMBERED = re.compile(r"(?<![\d.])(\d{1,2})\s*条(?!例|件|线|路|街|款)")
#: A number and its unit in two cells.
_PARTED = re.compile(r"(\d)\s*\|\s*(?=[\u4e00-\u9fff%]{1,3}\s*\|)")
#: A question or a request is no account.
_ASKS = re.compile(r"[？?]|请问|请示|申请|是否|能否|比对|怎么|如何|哪")
#: Sentences that are looked at; a report tells of its tasks early.
MOST = 60
#: Points from which a sentence is about a task, for one of the unit's own and for any other.
OWN, ANY = 2.5, 5.8


@dataclass(frozen=True, slots=True)
class Substance:
    """What a paper tells of the plan."""

    #: Sentences on the unit's own tasks that count something done, and on those of anybody.
    own: int
    any: int
    #: A task of the unit is named by its number in the plan (17条).
    named: bool
    #: A difficulty, an intention stands beside them.
    problem: bool
    intention: bool


def substance(lines: Iterable[str], *, unit: str | None, knowledge: Knowledge) -> Substance:
    """Weigh the sentences of a paper.

    Args:
        lines: Lines of the paper; cells of a row are parted by bars.
        unit: The unit that wrote it, where it is known; its own tasks need fewer words.
        knowledge: Plan and word lists.
    """
    words = compiled(knowledge.lexicon)
    index = matching.index_for(knowledge, words)
    mine = {place for place, item in enumerate(index.items) if any(name == unit for name, _ in item.units)}
    numbers = {index.items[place].number for place in mine}
    own = other = 0
    named = False
    problem = intention = False
    sentences: list[str] = []
    for line in lines:
        row = line.count("|") > 1
        sentences += [_PARTED.sub(r"\1", line)] if row else [piece.text for piece in prose.split(line)]
    for sentence in sentences[:MOST]:
        heard = tones.chances(sentence, words=words)
        opened = prose.opening_role(sentence, words=words, month=None)
        if heard.work >= 0.5 and not _ASKS.search(sentence):
            named = named or any(int(found) in numbers for found in _NUMBERED.findall(sentence))
        problem = problem or opened is Section.PROBLEM or heard.problem >= tones.CLEAR
        intention = intention or opened is Section.NEXT or heard.intention >= tones.CLEAR
        if _ASKS.search(sentence) or opened in {Section.PROBLEM, Section.NEXT}:
            continue
        # A row of a table tells work in one of its cells, with difficulties and intentions beside it.
        if not prose.figures(sentence) or (heard.work < 0.5 and "|" not in sentence):
            continue
        points = matching.scores(sentence, index, common=words.pattern("record_common")).points
        own += any(points[place] >= OWN for place in mine)
        other += max(points, default=0.0) >= ANY
    return Substance(own, other, named, problem, intention)
