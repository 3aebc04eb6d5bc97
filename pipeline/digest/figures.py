"""Names of counted things -> whether two of them mean one thing, and what span a figure covers."""

from __future__ import annotations

import re

from rapidfuzz import fuzz

from pipeline.digest.foreign import clean
from pipeline.model import Quantity, Scope

#: Similarity (0..100) from which two bare names are one thing.
SAME_THING = 78.0

_TOTAL = re.compile("累计|总数|总量|合计|总计|共计|共有|现有|已有|保有量|达到")
_FLOW = re.compile("本月|当月|月内|单月|新开通|新增|新建|新设|新入|净增")
#: Words that say how a thing was counted, not what it is; longer ones first.
_HOW = (
    *("今年以来", "截至目前", "本年度", "年初至今"),
    *("新开通", "新开工", "全县", "全市", "本月", "当月", "年内", "累计", "合计", "总计", "共计", "现有", "共有"),
    *("完成", "建成", "建设", "新增", "新建", "新设", "开通", "达到", "总数", "数量", "个数"),
)


def bare_name(of: str) -> str:
    """A counted thing without the words that say how it was counted: ``累计建成5G基站数`` -> ``5G基站``."""
    text = "".join(clean(of).split())
    for word in _HOW:
        shorter = text.replace(word, "")
        if len(shorter) >= 2:
            text = shorter
    shorter = text.strip("的数，,、：:")
    return shorter if len(shorter) >= 2 else text


def same_thing(one: str, other: str) -> bool:
    """Whether two names of what is counted mean one thing: ``累计5G基站`` and ``5G基站``, not ``4G基站``.

    Conservative: names without the counting words must nearly agree, and digits and Latin letters in them exactly.
    """
    mine, theirs = bare_name(one), bare_name(other)
    if not mine or not theirs:
        return False
    if mine == theirs:
        return True
    return _marks(mine) == _marks(theirs) and fuzz.ratio(mine, theirs) >= SAME_THING


def _marks(name: str) -> tuple[str, ...]:
    return tuple(re.findall("[0-9A-Za-z]+", name))


def scope_of(fact: Quantity) -> Scope:
    """The span a figure covers; where the reader left it open, the name of the counted thing may tell."""
    if fact.scope is not Scope.UNSAID:
        return fact.scope
    if _TOTAL.search(fact.of):
        return Scope.CUMULATIVE
    return Scope.MONTH if _FLOW.search(fact.of) else Scope.UNSAID
