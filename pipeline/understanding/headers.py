"""A header that no list knows (梗在哪儿) → how alike it is to the headers of each kind that the lists do know.

Offices invent names for their columns, but out of the same signs: 梗 as in 梗阻, 在哪 as in 卡在哪. So the lists
``table_*`` of config/reading.yaml serve as samples of a naive Bayes model over signs and pairs of signs.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from functools import lru_cache

from pipeline.understanding.words import Words

#: Added to every count, so that a sign never seen before rules nothing out.
SMOOTH = 0.3


def _grams(text: str) -> list[str]:
    return [*text, *(text[place : place + 2] for place in range(len(text) - 1))]


@lru_cache(maxsize=16)
def _model(
    samples: tuple[tuple[str, tuple[str, ...]], ...],
) -> tuple[dict[str, tuple[Counter[str], int]], frozenset[str]]:
    """Signs and pairs of each kind with their counts and the sum of these, and all signs and pairs there are."""
    counts = {kind: Counter(gram for name in names for gram in _grams(name)) for kind, names in samples}
    seen = frozenset(gram for counted in counts.values() for gram in counted)
    return {kind: (counted, counted.total()) for kind, counted in counts.items()}, seen


def likeness(header: str, kinds: tuple[str, ...], *, words: Words) -> Mapping[str, float]:
    """Logarithm of the chance that a header of each kind reads like this one; only differences tell anything.

    Args:
        header: The header, without brackets, months and signs.
        kinds: Names of the lists, without ``table_``.
        words: Compiled lists.
    """
    model, seen = _model(tuple((kind, words.words(f"table_{kind}")) for kind in kinds))
    spread = len(seen) or 1
    known = [gram for gram in _grams(header) if gram in seen]
    return {
        kind: sum(math.log((counted[gram] + SMOOTH) / (total + SMOOTH * spread)) for gram in known)
        for kind, (counted, total) in model.items()
    }


def shares_pair(header: str, kind: str, *, words: Words) -> bool:
    """Whether a header shares at least two neighbouring signs with a header that the list of a kind knows."""
    known = {name[place : place + 2] for name in words.words(f"table_{kind}") for place in range(len(name) - 1)}
    return any(header[place : place + 2] in known for place in range(len(header) - 1))
