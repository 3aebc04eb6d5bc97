"""A sentence → how strongly it speaks of each item of the plan, and how strongly of none, by learned weights.

Items that share words are told apart by what units say of one and not of the other, which no list holds. One weight a
gram and item, as a linear machine learns them from sentences of labelled reports (``tests/measure/train_subjects.py``);
items are known by their titles, so that another plan is read without them.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from operator import add

from pipeline.understanding import votes

#: A number that says nothing about the subject; 5G and 4A do.
FIGURE = re.compile(r"(?<!\d)\d++(?:\.\d++)?(?![GgAaKk\d.])")
#: Stands for no item among the titles: frames of a report, work beside the plan.
NOTHING = "-"


def grams(text: str) -> Counter[str]:
    """Single signs and pairs of a text with how often they stand in it."""
    plain = FIGURE.sub(" ", text)
    counted = Counter(plain)
    counted.update(map(add, plain, plain[1:]))
    return Counter({gram: times for gram, times in counted.items() if gram.isalnum()})


def parts(counted: Mapping[str, int], rarity: Mapping[str, float]) -> dict[str, float]:
    """What each known gram is of a text: rare ones more, repeated ones a little more, the whole of length one."""
    shares = {gram: (1 + math.log(times)) * rarity[gram] for gram, times in counted.items() if gram in rarity}
    norm = math.sqrt(sum(share * share for share in shares.values())) or 1.0
    return {gram: share / norm for gram, share in shares.items()}


@dataclass(frozen=True, slots=True, eq=False)
class Subjects:
    """What was learned of the items of a plan."""

    #: In the order of the weights; :data:`NOTHING` is among them.
    titles: tuple[str, ...]
    bias: tuple[float, ...]
    rarity: Mapping[str, float]
    #: Of a gram: position of a title and what the gram says for or against it.
    weights: Mapping[str, tuple[tuple[int, float], ...]]

    def evidence(self, text: str) -> dict[str, float]:
        """How strongly a text speaks of each title: 0 like most texts of others, 2 like most of its own."""
        sums = list(self.bias)
        for gram, share in parts(grams(text), self.rarity).items():
            for place, weight in self.weights[gram]:
                sums[place] += share * weight
        return {title: value + 1 for title, value in zip(self.titles, sums, strict=True) if value > -1}


#: Knows no item.
NONE_LEARNED = Subjects((), (), {}, {})


def shown(learned: Subjects, *, title: str) -> str:
    """The text of a file: a comment, the titles, their bias; then a gram a line with its rarity and its weights."""
    lines = [
        f"# {title}",
        "\t".join(learned.titles),
        "\t".join(f"{value:.2f}" for value in learned.bias),
        *(
            "\t".join(
                [gram, f"{learned.rarity[gram]:.2f}", " ".join(f"{place}:{weight:.2f}" for place, weight in weights)]
            )
            for gram, weights in sorted(learned.weights.items())
        ),
    ]
    return "\n".join([*lines, ""])


def told(text: str) -> Subjects:
    """The inverse of :func:`shown`."""
    _, titles, bias, *lines = text.removesuffix("\n").split("\n")
    rarity: dict[str, float] = {}
    weights: dict[str, tuple[tuple[int, float], ...]] = {}
    for line in lines:
        gram, rare, entries = line.split("\t")
        rarity[gram] = float(rare)
        pairs = (entry.split(":") for entry in entries.split(" "))
        weights[gram] = tuple((int(place), float(weight)) for place, weight in pairs)
    return Subjects(tuple(titles.split("\t")), tuple(map(float, bias.split("\t"))), rarity, weights)


@cache
def kept() -> Subjects:
    """The weights that come with the program, as its modules do."""
    return told(votes.shipped("subjects.tsv"))
