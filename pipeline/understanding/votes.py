"""What of a text has a vote, and learned weights → the chance of each class that the text may belong to.

Tones, statuses and kinds of mails are heard alike: characters and the lists of config/reading.yaml vote with the
weights of a linear machine, which ``tests/measure/train_weights.py`` learns from labelled reports.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

_NUMBER = re.compile(
    r"\d{1,15}+(?:\.\d{1,15}+)?|(?<![第其])[一二两三四五六七八九十百千万亿零]{2,24}+(?:点[一二三四五六七八九]{1,8}+)?(?![是则要])"
    r"|(?<=[\u4e00-\u9fff])[两二三四五六七八九十](?=[家户人名件笔项处场次期份张条台辆套间所座亩吨个])"
)
#: Characters of the longest gram.
WIDEST = 3


def grams(text: str) -> set[str]:
    """The 1-, 2- and 3-grams of a text (``g:``)."""
    return {f"g:{piece}" for piece in pieces(text, widest=WIDEST)}


def pieces(text: str, *, widest: int) -> set[str]:
    """All runs of up to so many signs; all numbers are one sign, for none of them says more than another."""
    plain = _NUMBER.sub("0", text)
    return {plain[at : at + width] for width in range(1, widest + 1) for at in range(len(plain) - width + 1)}


#: Stand in a file of weights for what a class has from the outset, and for how fast a lead becomes a certainty.
BIAS, STEEP = "*", "/"


@dataclass(frozen=True, slots=True)
class Learned:
    """What was learned of some classes: what each has from the outset, and what each feature of a text adds to it."""

    classes: tuple[str, ...]
    bias: tuple[float, ...]
    weights: Mapping[str, tuple[float, ...]]
    #: How fast the lead of a class becomes a certainty, as measured on texts that were not learned from.
    steep: float = 1.0

    def chances(self, found: Collection[str]) -> tuple[float, ...]:
        """The probability of each class, in their order, that a text of these features has; they add up to one."""
        sums = [0.0] * len(self.classes)
        for vote in found:
            for place, weight in enumerate(self.weights.get(vote, ())):
                sums[place] += weight
        # Each feature is an equal share of the text, so that a long one is not surer than a short one.
        share = 1 / math.sqrt(max(1, len(found)))
        leads = [self.steep * (bias + share * value) for bias, value in zip(self.bias, sums, strict=True)]
        top = max(leads)
        powers = [math.exp(value - top) for value in leads]
        whole = sum(powers)
        return tuple(power / whole for power in powers)


def shown(learned: Learned, *, title: str) -> str:
    """The weights as the text of a file: a comment, the classes, then a feature a line; rounded to hundredths."""
    steep = (learned.steep,) * len(learned.classes)
    rows = [(BIAS, learned.bias), (STEEP, steep), *sorted(learned.weights.items())]
    lines = ["\t".join([*(f"{round(value, 2) + 0.0:.2f}" for value in values), feature]) for feature, values in rows]
    return "\n".join([f"# {title}", "\t".join([*learned.classes, "feature"]), *lines, ""])


def told(text: str) -> Learned:
    """The inverse of :func:`shown`."""
    _, names, *lines = text.removesuffix("\n").split("\n")
    weights: dict[str, tuple[float, ...]] = {}
    for line in lines:
        *values, feature = line.split("\t")
        weights[feature] = tuple(map(float, values))
    return Learned(tuple(names.split("\t")[:-1]), weights.pop(BIAS), weights, weights.pop(STEEP)[0])


def shipped(name: str) -> str:
    """Text of a file of weights that comes with the program, as its modules do."""
    return resources.files("pipeline.understanding").joinpath(name).read_text(encoding="utf-8")


@cache
def kept(name: str) -> Learned:
    """Weights that tests/measure/train_weights.py wrote into the program; read when they are first asked for."""
    return told(shipped(name))
