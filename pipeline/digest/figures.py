"""Names of counted things -> whether two of them mean one thing, and what span a figure covers."""

from __future__ import annotations

import re

from rapidfuzz import fuzz

from pipeline.digest.foreign import clean
from pipeline.model import Quantity, Scope

#: Similarity (0..100) from which two bare names are one thing.
SAME_THING = 78.0
SAME_WORDS = 88.0

_TOTAL = re.compile("累计|总数|总量|合计|总计|共计|共有|现有|已有|保有量|(?<=.)达到")
_FLOW = re.compile("本月|当月|月内|单月|新开通|新增|新建|新设|新入|净增")
#: Words that say how a thing was counted, not what it is; longer ones first.
_HOW = re.compile(
    "今年以来|今年|截至目前|本年度|年初至今|前[一二三]季度|新开通|新开工|全县|全市|全区|全省|本月|当月|月底|月末|年内|全年|以来"
    "|累计|合计|总计|共计|一共|现有|共有|完成|建成|建设|运营|投运|新增|新建|新设|新开|开通|达到|总数|数量|个数|任务|目标"
)
#: A figure with its measure at the end of a name that was cut out of a longer sentence: ``5G基站11个``.
_TAIL = re.compile(
    r"(?:\d{1,15}+(?:\.\d{1,15}+)?|[一二三四五六七八九十两百千]{1,15})[多余]?[万亿]?[\u4e00-\u9fff]{1,3}$"
)
_CUTS = re.compile("[,，、。；;：:]+")
_DRESS = re.compile("[“”\"'‘’《》]|（[^（）]*）|\\([^()]*\\)")
_TOTALS = re.compile("累计|合计|总计|共计|一共")


def bare_name(of: str) -> str:
    """What was counted, without the words that say how: ``累计建成5G基站数`` -> ``5G基站``.

    A reader cuts the name out of running text, so it may carry the figure before it (``开通5G基站11个,全县``): the
    last clause that names a thing is taken. Empty where the name says nothing but how (``累计开通``).
    """
    for clause in reversed(_CUTS.split(_DRESS.sub("", "".join(clean(of).split())))):
        before, *after = _TOTALS.split(clause, maxsplit=1)
        for part in (*after, before):
            name = _HOW.sub("", _TAIL.sub("", part)).strip("的数共为以在和与")
            if len(name) >= 2:
                return name
    return ""


def same_thing(one: str, other: str) -> bool:
    """Whether two names of what is counted mean one thing: ``累计5G基站`` and ``5G基站``, not ``4G基站``.

    Conservative: names without the counting words must nearly agree, and digits and Latin letters in them exactly.
    """
    mine, theirs = bare_name(one), bare_name(other)
    if not mine or not theirs:
        return bool(one) and clean(one).strip() == clean(other).strip()
    if mine == theirs:
        return True
    short, long = sorted((mine, theirs), key=len)
    if len(short) >= 4 and short in long and len(short) / len(long) >= 0.55:
        return True
    if _marks(mine) != _marks(theirs):
        return False
    # The same words in another order: 企业挂牌晋兴板, 晋兴板挂牌企业.
    turned = fuzz.ratio("".join(sorted(mine)), "".join(sorted(theirs)))
    return fuzz.ratio(mine, theirs) >= SAME_THING or turned >= SAME_WORDS


def share_a_word(one: str, other: str) -> bool:
    """Whether two names have three signs in a row in common."""
    return any(one[start : start + 3] in other for start in range(len(one) - 2))


def _marks(name: str) -> tuple[str, ...]:
    return tuple(re.findall("[0-9A-Za-z]+", name))


def scope_of(fact: Quantity) -> Scope:
    """The span a figure covers; where the reader left it open, the name of the counted thing may tell."""
    if fact.scope is not Scope.UNSAID:
        return fact.scope
    if _TOTAL.search(fact.of):
        return Scope.CUMULATIVE
    return Scope.MONTH if _FLOW.search(fact.of) else Scope.UNSAID
