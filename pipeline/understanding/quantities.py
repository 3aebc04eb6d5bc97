"""A sentence of a report → the figures of work done in it, each with its unit and what it counts.

Kept: figures of work done, shares, and changes (同比增长5.6%). Left out: dates, ordinals, names with digits
(5G, 12348), targets and plan values, values of last year or last month themselves, the starting value of a
change, delays, fixed numbers of policies or fields, and vague numbers (几家). The unit keeps its magnitude:
3.2万元 is 3.2 with 万元.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace

from pipeline.model import Scope
from pipeline.understanding.achieved import (
    chinese_counts,
    clause_after,
    clause_before,
    in_range,
    is_achieved,
    last_end,
    quoted_from_plan,
)
from pipeline.understanding.numerals import (
    ARABIC,
    BIG,
    POWER,
    VAGUE,
    WIDE,
    arabic_number,
    chinese_number,
    numbers_in,
    split_big,
)
from pipeline.understanding.words import Words

_ABOUT_AFTER = r"多|余|来|好几"
_MAGNITUDE = r"百万|千万|十万|万亿|万|亿|千"
_QUOTED = re.compile(r"“[^“”]{1,16}”|「[^「」]{1,16}」|《[^《》]*》|‘[^‘’]{1,16}’|\"[^\"]{1,16}\"")
_DATE = re.compile(
    r"(?:19|20)\d\d\s*年(?:度)?(?:\s*\d{1,2}\s*月(?:份)?(?:\s*\d{1,2}\s*[日号])?)?"
    r"|\d{1,2}\s*[-—–~至到]\s*\d{1,2}\s*月(?:份)?"
    r"|\d{1,2}\s*月\s*\d{1,2}\s*[日号]?\s*[-—–~至到]\s*(?:\d{1,2}\s*月\s*)?\d{1,2}\s*[日号]"
    r"|\d{1,2}\s*月(?:份|底|末|初|中旬|上旬|下旬|中)?(?:\s*\d{1,2}\s*[日号])?"
    r"|\d{1,2}\s*[日号](?=[^\d]|$)(?!楼|线|桥|院|机|店|井|地块|标)"
    # 2022.10 is a month, 2060.35万元 and 2012.5亩 are none.
    r"|(?:19|20)\d\d[.\-/](?:1[0-2]|0?[1-9])(?![\d.])(?!\s*[万亿千百元%％个家户人名件笔亩吨公米平立度株头])"
    r"|(?:19|20)\d\d[.\-/]\d{1,2}[.\-/]\d{1,2}"
    r"|\d{1,2}[.]\d{1,2}(?=日)"
    r"|\d{1,2}:\d\d(?::\d\d)?|\d{1,2}\s*[点时](?:\d{1,2}分|半|整)?(?=[前后至到，。开])"
    r"|[一二三四五六七八九十]{1,3}月(?:份|底|末|初|中旬|上旬|下旬)?(?:[一二三四五六七八九十]{1,3}[日号])?"
    r"|[二一][零〇一二三四五六七八九]{3}年(?:度)?"
    r"|(?:前|头)?[一二三四1-4]\s*(?:个)?季度|十[三四五]五|[一二三四两]季报"
)
#: 前3名 is a rank; 目前3家, and 庙前 among names (水头、庙前2个乡镇), are none.
_FIRST_FEW = r"(?<![目日])(?<![、和与][\u4e00-\u9fff])前"
_ORDINAL_BEFORE = re.compile(
    rf"(?:第|{_FIRST_FEW}|排名|(?<![安摸彩预增加])排|位[居列]|名列|No\.?|NO\.?|编号|文号|〔\d{4}〕|初|星期|周|礼拜|其)\s*$"
)
_NAME_AFTER = re.compile(
    r"^\s*(?!kW|KW|kw|MW|GW|km|KM|kg|KG|m2|m²|m3|t(?![a-z]))[A-Za-z+]|^\s*[-—/]\s*[A-Za-z]|^(?:\+|×)\d"
)
_NAME_BEFORE = re.compile(r"[A-Za-z+Ⅰ-Ⅻ][-—_]?\s*$")
#: iPad 30台: a word of letters and a blank before the figure make no name of it.
_APART = re.compile(r"[A-Za-z]{3}\s$")
_LETTER_NAME = re.compile(r"\d{1,15}+(?:\.\d{1,15}+)?[GKAHVPDgk](?![a-zA-Z])\+?")
_LATIN_UNIT = re.compile(r"^(?:kWh|kW|KW|kw|MWh|MW|GW|km|KM|kg|KG|m²|m2|m³|㎡|m3|t)(?![A-Za-z])")
_FRACTION = re.compile(
    r"(?<![一二三四五六七八九十百])([一二三四五六七八九十百]++)分之([一二三四五六七八九十百零]+(?:点[零一二三四五六七八九]+)?|\d+(?:\.\d+)?)"
)


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure in a text: positions are those of the text given."""

    value: float
    unit: str
    #: What was counted, in words of the text around it.
    of: str
    start: int
    end: int
    scope: Scope = Scope.UNSAID
    approximate: bool = False
    text: str = ""


def is_unit(text: str, *, words: Words) -> bool:
    """Whether a text is nothing but a unit of measure, with its magnitude: 家, 万亩, 万人次, 吨标准煤, %."""
    bare = text.strip()
    if not bare:
        return False
    if bare == "%" or words.pattern("quantity_header_units").fullmatch(bare) or _LATIN_UNIT.fullmatch(bare):
        return True
    found = re.match(_MAGNITUDE, bare)
    return words.pattern("quantity_units").fullmatch(bare[found.end() if found else 0 :]) is not None


def _masks(text: str) -> list[tuple[int, int]]:
    """Stretches in which no figure stands: dates, times, names in quotation marks, names with letters."""
    spans = [(found.start(), found.end()) for found in _DATE.finditer(text)]
    spans += [(found.start(), found.end()) for found in _LETTER_NAME.finditer(text)]
    for found in _QUOTED.finditer(text):
        inside = found.group(0)[1:-1]
        # “展示板”挂牌 is a name; a quotation with a full clause of figures is not.
        if not re.search(r"(?<!\d)\d{2,}+(?:\.\d++)?\s*+(?:万|亿)?(?:元|户|家|人|吨)", inside):
            spans.append((found.start(), found.end()))
    return spans


@dataclass(frozen=True, slots=True)
class _Unit:
    name: str
    length: int
    about: bool
    factor: float = 1.0


def _unit_at(text: str, position: int, *, words: Words, chinese: bool) -> _Unit | None:
    """The unit of measure that starts at a position, with the magnitude before it."""
    rest = text[position:]
    about = False
    length = 0
    gap = re.match(r"\s*", rest)
    length += gap.end() if gap else 0
    fuzzy = re.match(_ABOUT_AFTER, rest[length:])
    if fuzzy:
        about = True
        length += fuzzy.end()
    magnitude = ""
    found = re.match(_MAGNITUDE, rest[length:])
    if found:
        magnitude = found.group(0)
        length += found.end()
        again = re.match(_ABOUT_AFTER, rest[length:])
        if again:
            about = True
            length += again.end()
    if not magnitude and not chinese and re.match(r"\s*%", rest[length:]):
        # A bare percent sign belongs to the number.
        blank = re.match(r"\s*%(?:以上|左右|多)?", rest[length:])
        return _Unit("%", length + (blank.end() if blank else 1), about)
    latin = _LATIN_UNIT.match(rest[length:])
    if latin:
        return _Unit(magnitude + latin.group(0), length + latin.end(), about)
    name = words.pattern("quantity_units").match(rest[length:])
    if not name or not name.group(0):
        if magnitude in {"万", "亿"} and not chinese:
            return None
        return None
    unit = magnitude + name.group(0)
    length += name.end()
    both = re.match(r"[（(](次|套|件|户|处|项|个)[）)]", rest[length:])
    if both:
        # 2台（套）, 15家（次）
        unit += f"（{both.group(1)}）"
        length += both.end()
    each = re.match(r"[/／]\s*(?=[^\d\s])", rest[length:]) if name.group(0) == "元" else None
    counted = rest[length + each.end() :] if each else ""
    per = words.pattern("quantity_units").match(counted) or _LATIN_UNIT.match(counted) if each else None
    if each and per and per.group(0):
        # 4860元/平方米 is no sum of money.
        unit += f"/{per.group(0)}"
        length += each.end() + per.end()
    tail = re.match(r"(?:多|余|左右|以上|上下)", rest[length:])
    if tail:
        about = True
    return _Unit(unit, length, about)


#: Words that stand where the counted thing should, and say nothing of it.
_GENERIC = re.compile(
    r"(?:全县|全市|全年|全镇|两家|三家|总数|总量|总计|合计|一共|现在|现有|至今|年度|当年|今年|以来|我县|我局|目前|月底|月末|累计|达到|"
    r"现|共|已|年初|到|县|总|其中|当月|本月|的)*"
)


def find(text: str, *, words: Words, plan_text: str = "", previous: tuple[int, ...] = ()) -> tuple[Figure, ...]:
    """Figures of work done in a text.

    Args:
        text: Words of the report, as written.
        words: Compiled lists ``quantity_*`` of config/reading.yaml: units, words of targets, of earlier values …
        plan_text: What the plan item counts besides its targets: a number that the report only quotes from it
            (22项措施) is left out. Give it without the targets.
        previous: Months before the one reported on whose values are only for comparison.

    Returns:
        Figures in the order of the text.
    """
    plain = text.translate(WIDE)
    masks = _masks(plain)
    figures: list[Figure] = []
    fractions: list[tuple[int, int]] = []
    for found in _FRACTION.finditer(plain):
        fractions.append((found.start(), found.end()))
        base = chinese_number(found.group(1))
        part = arabic_number(found.group(2)) if found.group(2)[0].isdecimal() else chinese_number(found.group(2))
        if (
            base == 100
            and part is not None
            and is_achieved(plain, found.start(), found.end(), unit="%", chinese=False, words=words, previous=previous)
        ):
            share = _Unit("%", 0, about=False)
            figures.append(_figure(text, (found.start(), found.end()), value=part, unit=share, words=words))
    for start, end, counted, chinese in numbers_in(plain):
        value = counted
        if any(left < end and start < right for left, right in (*masks, *fractions)):
            continue
        word = plain[start:end]
        stop = end
        if chinese:
            if VAGUE.search(word):
                # 七八家, 四五十人: nobody counted.
                continue
            if word in POWER and word != "十" and re.search(r"(?:不足|不到|每)$", plain[:start]):
                # 不足百户: fewer than a hundred, nobody says how many.
                continue
            if word in {"千", "万", "百"} and re.match(r"人(?:口|均|拥有)", plain[end:]):
                # 千人口托位数: a rate by its name.
                continue
            word, big = split_big(word)
            magnitude = next((sign for sign in "亿万" if sign in word), "")
            if magnitude:
                # 十三亿七千万元 is 13.7 with 亿元, 四万二千元 is 4.2 with 万元: the largest magnitude that is said.
                whole = chinese_number(plain[start:end])
                if whole is None:
                    continue
                unit = _unit_at(plain, end, words=words, chinese=True)
                if unit is None:
                    continue
                finish = end + unit.length
                if is_achieved(plain, start, finish, unit=unit.name, chinese=True, words=words, previous=previous):
                    large = replace(unit, name=magnitude + unit.name)
                    scaled = round(whole / BIG[magnitude], 8)
                    figures.append(_figure(text, (start, finish), value=scaled, unit=large, words=words))
                continue
            if big:
                stop = start + len(word)
                value_or_none = chinese_number(word)
                if value_or_none is None:
                    continue
                value = value_or_none
        if _NAME_AFTER.match(plain[stop:]) and not _LATIN_UNIT.match(plain[stop:].lstrip()):
            continue
        if _NAME_BEFORE.search(plain[:start]) and not _APART.search(plain[:start]):
            continue
        if not chinese and _ORDINAL_BEFORE.search(plain[:start]):
            continue
        if chinese and re.search(rf"(?:第|{_FIRST_FEW}|其|之|初|十|星期|周|数|好几|几)$", plain[:start]):
            continue
        if (
            not chinese
            and re.search(r"(?:\d[-—–/.:]|〔|\[|No)$", plain[:start])
            and not re.search(r"\d\s*[-—–~]$", plain[:start])
        ):
            continue
        unit = _unit_at(plain, stop, words=words, chinese=chinese)
        if unit is None:
            continue
        finish = stop + unit.length
        if in_range(plain, start, finish, unit=unit.name):
            continue
        if chinese and not chinese_counts(plain, start, finish, word=word, unit=unit.name, words=words):
            continue
        if not is_achieved(plain, start, finish, unit=unit.name, chinese=chinese, words=words, previous=previous):
            continue
        if plan_text and quoted_from_plan(plain, finish, value=value, unit=unit.name, plan_text=plan_text):
            continue
        figures.append(_figure(text, (start, finish), value=value, unit=unit, words=words))
    figures.sort(key=lambda figure: figure.start)
    named: list[Figure] = []
    for figure in figures:
        if len(figure.of) < 2 or _GENERIC.fullmatch(figure.of):
            # 新开通基站11个，累计达到178个: the second figure counts what the first one counts.
            before = next((other.of for other in reversed(named) if other.unit == figure.unit and other.of), "")
            before = before or (named[-1].of if named else "")
            figure = replace(figure, of=before or figure.of)  # noqa: PLW2901 - the same figure, named
        named.append(figure)
    return tuple(named)


_TRIM_HEAD = re.compile(
    r"^(?:其中|以及|并且|并|且|和|与|同时|另外|已经|已|共|累计|本月|当月|目前|全县|我局|我县|现场|今年|为|将|把|给|在|了|、|的|等|约|近|达到|达|至)+"
)
#: So far before a figure its noun is looked for.
_NEAR = 200
_TRIM_TAIL = re.compile(
    r"(?:达到了?|达|共计|合计|总计|累计|共|约|近|超过|超|为|了|有|是|到|至|在|、|：|:|的|等|（|\(|突破|不少于|计|(?<![演支产输进])出|起来|总数|总量|余)+$"
)


def _figure(text: str, span: tuple[int, int], *, value: float, unit: _Unit, words: Words) -> Figure:
    """A figure with what it counts and how it is meant, from the words around it."""
    plain = text.translate(WIDE)
    start, finish = span
    about = unit.about
    before = clause_before(plain, start)
    after = clause_after(plain, finish)
    approximate = (
        about
        or bool(re.search(r"(?:约|近|超|逾|大约|将近|超过|突破)\s*$", before))
        or bool(re.match(r"(?:左右|以上|多|余|上下)", after))
    )
    of = _counted(before, after, words=words)
    return Figure(
        value=value,
        unit=unit.name,
        of=of,
        start=start,
        end=finish,
        scope=scope_of(before, words=words),
        approximate=approximate,
        text=text[start:finish],
    )


def _counted(before: str, after: str, *, words: Words) -> str:
    """What a figure counts: its noun may stand behind (14家电商企业) or before it (电商企业14家)."""
    ahead = _DATE.sub("、", before)
    for found in re.finditer(rf"(?:{ARABIC})(?![GgKkAaHPD\d.])", ahead):
        # Another figure of the same clause takes the words before it.
        rest = ahead[found.end() :]
        skipped = re.match(r"(?:余|多|来)?(?:万|亿)?(?:余|多)?%?", rest)
        rest = rest[skipped.end() if skipped else 0 :]
        named = words.pattern("quantity_units").match(rest)
        cut = "、" * (len(ahead) - len(rest)) + "、" * (named.end() if named else 0)
        ahead = cut + rest[named.end() if named else 0 :]
    ahead = re.split(r"[、）)]", ahead)[-1]
    behind = re.split(r"[、（(“]|\d", after, maxsplit=1)[0].strip()
    if behind.startswith(("以上", "左右", "余", "多")):
        behind = behind[2 if behind.startswith(("以上", "左右")) else 1 :]
    ahead = _TRIM_HEAD.sub("", _TRIM_TAIL.sub("", ahead[-_NEAR:])).strip()
    if len(behind) >= 2:
        return (ahead[-8:] + behind[:12]).strip()
    return ahead[-16:].strip()


def scope_of(before: str, *, words: Words) -> Scope:
    """Whether the words before a figure make it one of the month or one since the start of the year."""
    total = last_end(words, "quantity_cumulative_words", before)
    month = last_end(words, "quantity_month_words", before)
    since = last_end(words, "quantity_new_since_words", before)
    if since is not None and since == month:
        return Scope.CUMULATIVE
    if total is not None and (month is None or total >= month):
        return Scope.CUMULATIVE
    return Scope.MONTH if month is not None else Scope.UNSAID


def parse_cell(text: str, *, number: float | None, unit: str, words: Words) -> tuple[float, str] | None:
    """Value and unit of a number cell of a ledger; ``None`` when the cell holds no number.

    Args:
        text: Shown text of the cell, e.g. ``24.6``, ``68.3%``, ``12家``.
        number: The stored number, when the cell holds one.
        unit: Unit that the header or the measure column gives.
        words: Compiled lists; ``quantity_units`` names the units a cell may carry itself.
    """
    plain = text.translate(WIDE).strip()
    found = re.match(rf"^[约近超]?[-－−]?[￥¥$]?\s*({ARABIC})", plain)
    if not found:
        return (number, unit) if number is not None and math.isfinite(number) and not plain else None
    value = arabic_number(found.group(1))
    if value is None:
        return None
    power = re.match(r"[eE]\+?(\d{1,2})(?!\d)", plain[found.end() :])
    if power:
        # 1.2E+04 as a narrow column shows it.
        value *= 10.0 ** int(power.group(1))
    rest = plain[found.end() + (power.end() if power else 0) :].strip()
    if rest.startswith("%"):
        return value, "%"
    if not rest or re.fullmatch(r"(?:余|多|左右|以上)", rest):
        return value, unit
    if unit and re.fullmatch(_MAGNITUDE, rest):
        # 3.8万 under 人次 is 3.8 with 万人次, and under 万元 3.8 with 万元.
        return value, rest + re.sub(rf"^(?:{_MAGNITUDE})(?=.)", "", unit)
    own = _unit_at(plain, found.end(), words=words, chinese=False)
    if own is not None and found.end() + own.length >= len(plain) - 4:
        return value, own.name
    return None
