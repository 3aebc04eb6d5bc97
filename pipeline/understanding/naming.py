"""A name of a column, of a field or of a task → the role that it gives, and the unit that it carries.

Columns are recognised by the words of their headers: lists ``table_*`` of config/reading.yaml.
"""

from __future__ import annotations

import enum
import re

from pipeline.understanding.prose import figures
from pipeline.understanding.quantities import is_unit
from pipeline.understanding.words import Section, Words, is_later, month_number


class Role(enum.StrEnum):
    """What a column holds; the value is the key of its word list without ``table_``."""

    PLAN_NUMBER = "plan_number"
    NUMBER = "number"
    PREVIOUS = "previous"
    TARGET = "target"
    STATUS = "status"
    PROGRESS = "progress"
    PROBLEM = "problem"
    NEXT = "next"
    MEASURE = "measure"
    MONTH = "month"
    CUMULATIVE = "cumulative"
    RATE = "rate"
    CHANGE = "change"
    DEADLINE = "deadline"
    PERSON = "person"
    UNIT = "unit"
    TASK = "task"
    NOTE = "note"
    #: 存在问题及下步措施 in one column; told apart sentence by sentence.
    MIXED = "mixed"
    #: 进展情况、存在问题及下步措施 in one column: work first, told apart sentence by sentence as prose is.
    WHOLE = "whole"


#: Columns of figures.
FIGURES = frozenset({Role.MONTH, Role.CUMULATIVE, Role.RATE, Role.CHANGE})
#: Columns of texts that are told.
CONTENT = frozenset({Role.PROGRESS, Role.PROBLEM, Role.NEXT, Role.MIXED, Role.WHOLE})
#: Columns of work done.
WORK = frozenset({Role.PROGRESS, Role.WHOLE})
#: Signs between the parts of a header that names several kinds.
_AND = re.compile(r"[、，,;；/／＋+&\s（）()]|以及|[及和与暨并]")
#: Brackets, with what stands in them.
BRACKETS = re.compile(r"[（(【\[]([^）)】\]]{0,200})[）)】\]]")
#: A year in a header.
YEAR = re.compile(r"20\d\d年(?:度)?")
#: A month in a header, or a span of months (1-8月).
MONTHS = re.compile(r"(?:(\d{1,2})\s*[-—–~至到]\s*)?(\d{1,2}|十[一二]?|[一二三四五六七八九])月(?:份|底|末)?")
#: What makes a column named by a month (至8月完成, 8月末) tell all that was done up to it.
SO_FAR = re.compile(r"累计|至|截|止|以来|总|合计|现有|[月年期][份内]?[末底]|年初|存量|余额")
_NOT_WORD = re.compile(r"[^\w%]", re.UNICODE)
#: Words before the noun of a header (遇到的问题).
_FILLERS = re.compile(r"^(?:遇到的?|碰到的?|面临的?|现有的?|当前的?|主要的?|有关的?)(?=\S{2})")
_THIS_YEAR = frozenset({"今年", "本年", "本年度"})
#: The unit of anything.
ANY = "个"


def role_of(header: str, *, words: Words, month: int | None = None) -> tuple[Role | None, str]:
    """Role of a column by its header, and the unit that the header carries in brackets (完成数（家）).

    Args:
        header: The header, levels joined.
        words: Compiled lists ``table_*``.
        month: Month of the report: 10月计划 lies ahead, 7月完成 lies behind.
    """
    if _names_whole(header, words=words, month=month):
        return Role.WHOLE, ""
    unit = ""
    for inside in BRACKETS.findall(header):
        name = inside.replace("单位", "").strip("：: 　")
        if is_unit(name, words=words):
            unit = name
    named, through = None, False
    plain = YEAR.sub("", BRACKETS.sub("", header))
    found = MONTHS.search(plain)
    if found:
        named, through = month_number(found.group(2)), bool(found.group(1))
        plain = plain.replace(found.group(0), "", 1)
    bare = _NOT_WORD.sub("", plain).removeprefix("其中")
    if words.section_of(bare) is Section.MIXED:
        return Role.MIXED, unit
    if len(bare) > 22:
        return None, unit
    if "%" in bare and not unit:
        unit = "%"
    bare = bare.replace("%", "")
    if not bare or (found and bare in _THIS_YEAR):
        if found is None:
            return None, unit
        if month is None or named is None or named == month:
            return (Role.CUMULATIVE if through else Role.MONTH), unit
        return (Role.NEXT if is_later(named, month) else Role.PREVIOUS), unit
    if bare == "工作" and named is not None and named == month:
        # 10月份工作 in a report on October.
        return Role.PROGRESS, unit
    if bare in {"工作", "任务", "事项"}:
        return Role.TASK, unit
    bare = _FILLERS.sub("", bare) or bare
    best: tuple[float, int, Role] | None = None
    for rank, role in enumerate(Role):
        for word in words.words(f"table_{role.value}"):
            if word in bare:
                score = len(word) / len(bare) + (0.3 if word == bare else 0.0)
                if best is None or score > best[0] + 1e-9:
                    best = (score, -rank, role)
    if best is None or best[0] < 0.5:
        # 12月重点 in a report on November lies ahead, whatever else the header calls it.
        ahead = named is not None and month is not None and is_later(named, month)
        if ahead and len(bare) <= 6:
            return Role.NEXT, unit
        # 截至9月底 in a report on October lies behind; 截至10月底 is all that was done.
        if named is not None and month is not None and bare in {"截至", "截止", "到", "至"}:
            return (Role.CUMULATIVE if named == month else Role.PREVIOUS), unit
        return None, unit
    role = best[2]
    if role in FIGURES and words.pattern("table_not_done").fullmatch(bare):
        # 预计完成, 全市完成率: figures, and none of work done here.
        role = Role.TARGET
    if named is not None and month is not None and named != month:
        if is_later(named, month) and role in {Role.TARGET, Role.TASK, Role.PROGRESS, Role.NEXT, Role.MONTH}:
            return Role.NEXT, unit
        if not is_later(named, month) and role in {Role.MONTH, Role.CUMULATIVE, Role.RATE, Role.PROGRESS}:
            return Role.PREVIOUS, unit
    if through and role is Role.MONTH:
        role = Role.CUMULATIVE
    if named is not None and named == month and role is Role.CUMULATIVE and not through and not SO_FAR.search(header):
        # 8月完成 in a report on August is what August did.
        role = Role.MONTH
    return role, unit


def _names_whole(header: str, *, words: Words, month: int | None) -> bool:
    """Whether a header names work done first, and troubles or intentions with it (进展情况及下一步打算)."""
    first, *others = [part for part in _AND.split(header) if len(part) >= 2] or [""]
    if not others or len(header) > 40 or role_of(first, words=words, month=month)[0] is not Role.PROGRESS:
        return False
    told = {words.section_of(part.removeprefix("含"), month=month) for part in others}
    return bool(told & {Section.PROBLEM, Section.NEXT, Section.MIXED})


def named(text: str, *, words: Words, month: int | None) -> tuple[Role | None, str]:
    """Role and unit of a short text as a name of a column or of a card's field; ``None`` for what is told under one."""
    return (None, "") if _is_value(text, words=words) else role_of(text, words=words, month=month)


def _is_value(text: str, *, words: Words) -> bool:
    """Whether a text tells a figure or an act of a month (9月培训2期, 10月完成内装): such words never name a column."""
    plain = MONTHS.sub("", YEAR.sub("", BRACKETS.sub("", text)))
    if figures(plain):
        return True
    acts = words.pattern("record_verb_starts").match(plain) is not None
    return acts and MONTHS.match(text.strip()) is not None and not surely_names(plain, words=words)


def surely_names(text: str, *, words: Words) -> bool:
    """Whether a text is a name by all of its words, as 存在问题 is and 经费不足 is not."""
    name = bare(text)
    known = any(name == word for role in Role for word in words.words(f"table_{role.value}"))
    return known or (name != "" and sum(len(found) for found in words.heading.findall(name)) == len(name))


def bare(header: str) -> str:
    """A header without brackets, months, years and signs."""
    plain = MONTHS.sub("", YEAR.sub("", BRACKETS.sub("", header.rsplit("/", maxsplit=1)[-1])))
    return _NOT_WORD.sub("", plain)


_NUMBER_OF = re.compile(r"([户家宗笔件人场次台辆个处份套名组条])数$")
_TIMES = re.compile(r"(?:人|户|家|场|车|班|台|件|批|亩|例)次$|人数$")


def named_unit(header: str, *, words: Words) -> str:
    """Unit that a header names by its last sign (接待人次, 改造户数); it holds against 单位：万元 above the table."""
    name = bare(header)
    times = _TIMES.search(name)
    counted = _NUMBER_OF.search(name)
    unit = counted.group(1) if counted else times.group(0) if times else ""
    return unit if is_unit(unit, words=words) else ""


def title_unit(titles: tuple[str, ...], *, words: Words) -> str:
    """Unit that the task itself carries in brackets: 机构培育（家）."""
    for title in reversed(titles):
        for inside in BRACKETS.findall(title):
            if is_unit(inside.strip(), words=words):
                return str(inside.strip())
    return ""
