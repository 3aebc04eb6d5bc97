"""What is told as problems and intentions → single remarks, each with the items that it concerns."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from rapidfuzz import fuzz

from pipeline.model import Remark
from pipeline.understanding import matching, prose
from pipeline.understanding.assigning import NONE, Run
from pipeline.understanding.sorting import Said, Sentence
from pipeline.understanding.weighing import Weigher
from pipeline.understanding.words import Words


def block_items(progress: Sequence[Sentence], runs: Sequence[Run], index: matching.Index) -> dict[int, tuple[int, ...]]:
    """Numbers of the items told of under each heading, in the order of the report."""
    out: dict[int, list[int]] = defaultdict(list)
    for run in runs:
        if run.item != NONE:
            number = index.items[run.item].number
            block = progress[run.first].passage.block
            if number not in out[block]:
                out[block].append(number)
    return {block: tuple(numbers) for block, numbers in out.items()}


def remarks(
    said: Sequence[Said],
    *,
    reported: Mapping[int, tuple[int, ...]],
    weigher: Weigher,
    words: Words,
    month: int | None,
) -> tuple[Remark, ...]:
    """Single problems or intentions with the items they concern.

    Args:
        said: What is told of one section.
        reported: Numbers of the items told of in each block.
        weigher: What the words of the report say of each item.
        words: Word lists.
        month: Month reported on, when it is known.
    """
    everywhere = frozenset(number for numbers in reported.values() for number in numbers)
    out: list[Remark] = []
    # 问题：… once behind the last item gathers those of all; behind several items it belongs to each.
    owners = len({one.passage.owner for one in said if one.passage.owner is not None})
    # A number alone is that of the whole section: what stands in it is no entry of a list.
    listed = len({one.passage for one in said if one.passage.marked}) > 1
    for one in said:
        for text in prose.remark_parts(
            one.text,
            numbered=listed and one.passage.marked and not one.passage.titles,
            words=words,
            month=month,
        ):
            items: tuple[int, ...] = ()
            owner = one.passage.owner if owners > 1 else None
            blocks = (one.passage.block, *one.passage.also) if owner is None else (owner,)
            items = tuple(dict.fromkeys(number for block in blocks for number in reported.get(block, ())))
            if not items or (len(items) > 1 and not one.passage.ledger):
                inherit = owners > 1 or one.passage.owner is None
                items = _concerned(text, one, everywhere, items, inherit=inherit, weigher=weigher)
            if len(text) <= 40 and prose.is_frame(text, words=words):
                continue
            if any(fuzz.ratio(text, other.text) >= 92 for other in out):
                continue
            out.append(Remark(text=text, items=items, locus=one.passage.locus))
    return tuple(out)


def _concerned(
    text: str, one: Said, reported: frozenset[int], among: tuple[int, ...], *, inherit: bool, weigher: Weigher
) -> tuple[int, ...]:
    """The item that a remark speaks of: those reported, and those told of beside it, sooner than others."""
    scored = weigher.scores(text)
    head, _ = weigher.heading(one.passage.titles if inherit else ())
    best, points = None, 0.0
    for place, item in enumerate(weigher.index.items):
        value = scored.points[place] + head[place] + weigher.duty[place]
        if item.number in reported:
            value += 2.5
        if item.number in among:
            value += 2.0
        if inherit and item.number in one.passage.numbers:
            value += matching.WEIGHTS["number"]
        if best is None or value > points:
            best, points = item.number, value
    if best is None or points < 5.5:
        return among[:1]
    return (best,)
