"""What of a text has a vote, and learned weights → the chance of each class that the text may belong to.

Tones and statuses are heard alike: characters and the lists of config/reading.yaml vote with the weights of a
multinomial logistic regression, which ``tests/measure/train_weights.py`` learns from labelled reports.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence

_NUMBER = re.compile(
    r"\d{1,15}+(?:\.\d{1,15}+)?|(?<![第其])[一二两三四五六七八九十百千万亿零]{2,24}+(?:点[一二三四五六七八九]{1,8}+)?(?![是则要])"
    r"|(?<=[\u4e00-\u9fff])[两二三四五六七八九十](?=[家户人名件笔项处场次期份张条台辆套间所座亩吨个])"
)
#: Characters of the longest gram.
WIDEST = 3


def grams(text: str) -> set[str]:
    """The 1-, 2- and 3-grams of a text (``g:``); all numbers are one sign, for none of them says more than another."""
    plain = _NUMBER.sub("0", text)
    return {f"g:{plain[at : at + width]}" for width in range(1, WIDEST + 1) for at in range(len(plain) - width + 1)}


def chances(
    votes: Iterable[str], *, bias: Sequence[float], weights: Mapping[str, tuple[float, ...]]
) -> tuple[float, ...]:
    """The probability of each class, in the order of the weights; they add up to one."""
    sums = list(bias)
    for vote in votes:
        for place, weight in enumerate(weights.get(vote, ())):
            sums[place] += weight
    top = max(sums)
    powers = [math.exp(value - top) for value in sums]
    whole = sum(powers)
    return tuple(power / whole for power in powers)
