"""Lists of words from config/reading.yaml → compiled patterns that the reading of records asks.

Every list has a key in the configuration, so that an office can teach the reading a new heading or a new
way of saying 'behind schedule' without touching code. A missing key is an empty list: it never matches.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

#: Matches nothing: the pattern of an empty list.
NEVER = re.compile(r"(?!)")

_SPACE = re.compile(r"[\s\u3000\u200b\ufeff]+")
_MONTH_TOKEN = re.compile(
    r"(?:20\d\d年|今年|本年度?|全年)?(\d{1,2}|十[一二]?|[一二三四五六七八九])月(?:份|中下旬|[上中下]旬|底|末)?"
)
#: Last month of a quarter by its name.
QUARTER_ENDS = {"一": 3, "二": 6, "三": 9, "四": 12, "1": 3, "2": 6, "3": 9, "4": 12}
_QUARTER = re.compile(r"第?([一二三四1-4])季度")
_PLAIN = re.compile(r"[^\w]", re.UNICODE)
_CN_MONTH = {name: place for place, name in enumerate((*"一二三四五六七八九十", "十一", "十二"), start=1)}


class Section(enum.StrEnum):
    """What a part of a report talks about."""

    PROGRESS = "progress"
    PROBLEM = "problem"
    NEXT = "next"
    #: Problems and intentions under one heading.
    MIXED = "mixed"
    #: Work outside the plan.
    OFF_PLAN = "off_plan"
    #: Remarks about the report itself: how it was made, whom to call.
    REMARK = "remark"


#: Key of the word list that speaks for a section, in order of their say.
_SECTION_KEYS: tuple[tuple[Section, str], ...] = (
    (Section.PROBLEM, "record_problem_heads"),
    (Section.NEXT, "record_next_heads"),
    (Section.OFF_PLAN, "record_off_plan_heads"),
    (Section.REMARK, "record_remark_heads"),
    (Section.PROGRESS, "record_progress_heads"),
)


@dataclass(frozen=True, slots=True)
class Words:
    """Word lists, compiled: one pattern a list, longest words first."""

    patterns: Mapping[str, re.Pattern[str]]
    lists: Mapping[str, tuple[str, ...]]
    #: All heading words and fillers in one alternation.
    heading: re.Pattern[str]
    sections: Mapping[str, Section]

    def pattern(self, key: str) -> re.Pattern[str]:
        """The alternation of one list; never matches when the list is missing."""
        return self.patterns.get(key, NEVER)

    def words(self, key: str) -> tuple[str, ...]:
        """The list itself; empty when it is missing."""
        return self.lists.get(key, ())

    def section_of(self, title: str, *, month: int | None = None) -> Section | None:
        """Which section a heading opens, ``None`` when it is no section heading but a subject.

        A heading belongs to a section when nearly all of its characters are words of the section lists or
        fillers between them, so that 存在的主要困难 opens the problems and 加大困难行业扶持力度 does not.

        Args:
            title: The heading without its number.
            month: Month of the report; a heading of a later month (9月份重点) then speaks of intentions.
        """
        bare = _PLAIN.sub("", _SPACE.sub("", without_the_needy(title)))
        if not bare or len(bare) > 30:
            return None
        later = False
        rest = re.sub(r"20\d\d年度?(?!\d)", "", bare) or bare
        for found in _MONTH_TOKEN.finditer(bare):
            number = month_number(found.group(1))
            rest = rest.replace(found.group(0), "", 1)
            later = later or (month is not None and number is not None and is_later(number, month))
        for found in _QUARTER.finditer(bare):
            # 四季度重点 in a report on September.
            first = QUARTER_ENDS[found.group(1)] - 2
            rest = rest.replace(found.group(0), "", 1)
            later = later or (month is not None and is_later(first, month))
        covered = 0
        seen: list[Section] = []
        for found in self.heading.finditer(rest):
            covered += len(found.group(0))
            section = self.sections.get(found.group(0))
            if section is not None:
                seen.append(section)
        if rest and covered / len(rest) < 0.75:
            # 12月考虑 in a report on November: the month says enough.
            return Section.NEXT if later and len(rest) <= 4 and not re.search(r"[前底]|进展|完成", bare) else None
        if self.pattern("record_carried_out").search(bare) and seen[-1:] == [Section.PROGRESS]:
            # 工作计划完成情况 and 问题整改情况 tell of work done on them.
            return Section.PROGRESS
        if later and Section.PROBLEM not in seen:
            return Section.NEXT
        if not seen:
            return None
        if Section.NEXT in seen and Section.PROBLEM in seen and seen[0] is not Section.PROGRESS:
            return Section.MIXED
        if Section.PROGRESS in seen and (Section.PROBLEM in seen or Section.NEXT in seen):
            # 工作进展及存在问题, 进展、困难、打算: told apart sentence by sentence; 下一步推进措施 is all intention.
            return (
                Section.NEXT
                if Section.NEXT in seen and seen[0] is Section.NEXT
                else (Section.PROBLEM if seen[0] is Section.PROBLEM else Section.PROGRESS)
            )
        for section, _ in _SECTION_KEYS:
            if section in seen:
                # 事项如下，不另附件 heads no remarks: it opens what follows.
                return None if section is Section.REMARK and re.search(r"[，,]", title) else section
        return None


_NEEDY = re.compile(r"(?:特殊)?困难(?=老|家庭|群众|行业|企业|户|残|学生|职工|人员|居民|群体|商户|主体|业户)")


def without_the_needy(title: str) -> str:
    """A title without those whom the work is for: 困难老人, 困难行业 tell of no difficulty of the unit."""
    return _NEEDY.sub("", title)


def month_number(text: str) -> int | None:
    """``8``, ``八`` or ``十二`` as a number of month."""
    if text.isdecimal():
        return int(text) if 1 <= int(text) <= 12 else None
    return _CN_MONTH.get(text)


def is_later(month: int, than: int) -> bool:
    """Whether a month named in a report lies ahead of the month reported on (December looks into January)."""
    return 1 <= (month - than) % 12 <= 5


def names_later_month(text: str, month: int | None) -> bool:
    """Whether a text names a month ahead of the one reported on (10月份准备抓哪几件事 in a report on September)."""
    told = (month_number(found.group(1)) for found in _MONTH_TOKEN.finditer(text))
    return month is not None and any(number is not None and is_later(number, month) for number in told)


@lru_cache(maxsize=8)
def _compile(items: tuple[tuple[str, tuple[str, ...]], ...]) -> Words:
    lists = dict(items)
    patterns = {key: alternation(words) for key, words in lists.items()}
    sections: dict[str, Section] = {}
    for section, key in reversed(_SECTION_KEYS):
        sections.update(dict.fromkeys(lists.get(key, ()), section))
    heading = alternation((*sections, *lists.get("record_heading_fillers", ())))
    return Words(patterns=patterns, lists=lists, heading=heading, sections=sections)


def alternation(words: tuple[str, ...]) -> re.Pattern[str]:
    """One pattern for many words, longest first; words may be regular expressions when they begin with ``re:``."""
    parts = sorted({word for word in words if word}, key=len, reverse=True)
    if not parts:
        return NEVER
    return re.compile("|".join(word[3:] if word.startswith("re:") else re.escape(word) for word in parts))


def compiled(lexicon: Mapping[str, tuple[str, ...]]) -> Words:
    """The lists of a lexicon, compiled once."""
    wanted = ("record_", "table_", "status_", "quantity_")
    return _compile(tuple(sorted((key, tuple(words)) for key, words in lexicon.items() if key.startswith(wanted))))
