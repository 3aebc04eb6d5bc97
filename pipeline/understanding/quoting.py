"""Runs of clauses → the words of the report as they stand, passage by passage."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipeline.understanding import prose
from pipeline.understanding.assigning import Run
from pipeline.understanding.passages import Passage
from pipeline.understanding.sorting import Sentence

#: 此外 before a passage that is an item's after all.
_BESIDES = re.compile(r"^(?:此外|另外|与此同时|同时|其次|再次)[，,]?(?=\S{6})")
#: A field of work named in front (在保险方面，…), and all of a paragraph.
_FIELD = re.compile(
    r"(?:在|就)?(?:[^，。；：、\d]{2,12}(?:方面|这一?块|这头|这边)|[^，。；：、\d]{2,6}(?<![线网路马础晚早会以场之])上)(?:（[^（）]{1,30}）)?[，,：:]\s*(?=\S{6})"
)


def stretches(sentences: Sequence[Sentence]) -> list[tuple[str, Passage]]:
    """Text of neighbouring clauses, passage by passage, word for word."""
    out: list[tuple[str, Passage]] = []
    place = 0
    while place < len(sentences):
        first = sentences[place]
        last = place
        while last + 1 < len(sentences) and sentences[last + 1].paragraph == first.paragraph:
            last += 1
        text = first.passage.text[first.start : sentences[last].end]
        if sum(one.end - one.start for one in sentences[place : last + 1]) < len(text) - (last - place) * 3 - 2:
            # Something between was a problem or an intention.
            text = "".join(one.text for one in sentences[place : last + 1])
        text = _without_mark(text, first.passage, start=first.start, end=sentences[last].end)
        out.append((_without_topic(text.strip()), first.passage))
        place = last + 1
    return out


def complete(passage: Passage, sentences: Sequence[Sentence]) -> bool:
    """Whether clauses hold all parts of the paragraph that a passage was cut out of."""
    inside = [one for one in sentences if one.passage.whole == passage.whole and one.passage.block == passage.block]
    parts = {one.passage.part for one in inside}
    told = sum(one.end - one.start for one in inside)
    wanted = prose.enumerated(passage.whole)
    texts = {one.passage.part: len(one.passage.text) for one in inside}
    return set(range(1, len(wanted) + 1)) <= parts and told >= 0.95 * sum(texts.values())


def _without_mark(text: str, passage: Passage, *, start: int, end: int) -> str:
    """Of 总起。一是…；二是…, told of different items, each is quoted without its mark and the words before the list."""
    parts = prose.enumerated(passage.text)
    if not parts or (start <= prose.enumeration_start(passage.text) and end >= parts[-1].end - 1):
        return text
    for part in parts:
        mark = part.start - start
        before = text[: max(mark, 0)]
        if (
            0 < mark <= len(text)
            and not prose.counts(before)
            and not any(start < other.start < part.start for other in parts)
        ):
            return text[mark:]
    return text


def _without_topic(text: str) -> str:
    """保险方面，… begins with its title."""
    text = _BESIDES.sub("", text)
    lead = _FIELD.match(text)
    return text[lead.end() :] if lead is not None else text


def joined(sentences: Sequence[Sentence]) -> str:
    """The text of clauses, a line for each stretch."""
    return "\n".join(text for text, _ in stretches(sentences) if text)


def passages_in(progress: Sequence[Sentence], runs: Sequence[Run]) -> tuple[Passage, ...]:
    """The passages that runs are made of, each once."""
    return tuple(dict.fromkeys(one.passage for run in runs for one in progress[run.first : run.last]))
