"""What the words of a report say for each item of the plan."""

from __future__ import annotations

import sys
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))

from lexicon import plan, words

from pipeline.model import PlanItem
from pipeline.understanding import matching

ITEMS = plan().items
SAID = "晾晒场翻新了两处，木耳菌棒发到农户手里"


def leading(text: str, examples: tuple[tuple[str, tuple[str, ...]], ...]) -> tuple[int, float]:
    """Number of the item with the most points for a text, and its lead over the next."""
    lists = words()
    index = matching.index_of(plan(), lists.words("record_thesaurus"), lists.words("record_common"), examples)
    points = matching.scores(text, index, common=lists.pattern("record_common")).points
    order = sorted(range(len(points)), key=lambda place: -points[place])
    return index.items[order[0]].number, points[order[0]] - points[order[1]]


@settings(deadline=None, max_examples=24)  # an index is built each time
@given(st.sampled_from(ITEMS))
def test_an_example_draws_words_like_it_to_its_item(item: PlanItem) -> None:
    """Words that neither plan nor thesaurus knows go to the item whose example holds them, whichever it is."""
    number, lead = leading("木耳菌棒又发了一批，晾晒场翻新过半", ((item.title, (SAID,)),))
    assert (number, lead > 2) == (item.number, True)


def test_examples_of_unknown_titles_say_nothing() -> None:
    """A title that is not in the plan changes no point."""
    assert leading("木耳菌棒又发了一批", (("种木耳", (SAID,)),)) == leading("木耳菌棒又发了一批", ())
