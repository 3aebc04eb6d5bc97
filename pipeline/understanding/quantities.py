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
from pipeline.understanding.words import Words

#: Full-width digits and signs become plain ones of the same length, so that positions stay.
_WIDE = str.maketrans("０１２３４５６７８９．，％：（）～〇", "0123456789.,%:()~零")
#: Thousands stand behind commas, or behind single blanks of print (1 250万元) where nothing else parts the digits.
_ARABIC = (
    r"\d+(?:[,，]\d{3})+(?:\.\d+)?"
    r"|(?<![\d.,，])[1-9]\d{0,2}(?:[ \u00a0\u2009\u202f]\d{3})+(?! ?\d)(?:\.\d+)?|\d+(?:\.\d+)?"
)
_CHINESE = r"[零一二两三四五六七八九十百千][零一二两三四五六七八九十百千万亿]*(?:点[零一二三四五六七八九]+)?"
_ABOUT_AFTER = r"多|余|来|好几"
_MAGNITUDE = r"百万|千万|十万|万亿|万|亿|千"
_DIGIT = {name: number for number, name in enumerate("零一二三四五六七八九")} | {"两": 2}
_POWER = {"十": 10, "百": 100, "千": 1000}
_BIG = {"万": 10_000, "亿": 100_000_000}

#: A clause ends here; what stands in another clause does not make a figure a target.
_CLAUSE = re.compile(r"[，,。；;！!？?\n]")
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
_ORDINAL_BEFORE = re.compile(
    r"(?:第|前|(?<!安)排名?|位[居列]|名列|No\.?|NO\.?|编号|文号|〔\d{4}〕|初|星期|周|礼拜|其)\s*$"
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
_FROM = re.compile(r"(?:由|从|较|比|自)[^，。；]{0,14}$")
_TO_AFTER = re.compile(
    r"^[^，。；]{0,6}?(?:压减|压缩|缩短|减少|减|降低|下降|降|提高|提升|增加|增长|增|扩大|扩充|扩展|上升|升|变|调整|精简|延长|拓展|扩|发展|优化|缩)"
    r"[^，。；]{0,4}?(?:至|到|为|成)"
)
#: 36个月压减至24个月: what stands before the change is the old value.
_CHANGED_AFTER = re.compile(
    r"^(?:左右)?(?:压减|压缩|缩短|减少|降低|下降|提高|提升|增加|增长|扩大|扩充|上升|精简|延长|拓展|增)(?:至|到|为)"
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


#: More digits before the point are the number of an account or a paper, more signs no numeral; very many make no float.
MOST_DIGITS, MOST_SIGNS = 18, 32


def _arabic_number(text: str) -> float | None:
    """Value of digits as :data:`_ARABIC` finds them; ``None`` where they are too many to count anything."""
    plain = re.sub("[,， \u00a0\u2009\u202f]", "", text)
    return float(plain) if len(plain.partition(".")[0]) <= MOST_DIGITS else None


def chinese_number(text: str) -> float | None:
    """Value of a number in Chinese characters (一百二十, 三千零五, 两万五千, 一点五); ``None`` when it is none.

    >>> chinese_number("一百二十"), chinese_number("两万五千"), chinese_number("一点五")
    (120.0, 25000.0, 1.5)
    """
    if "点" in text:
        whole, _, part = text.partition("点")
        head = chinese_number(whole)
        digits = [_DIGIT.get(sign) for sign in part]
        if head is None or not digits or None in digits:
            return None
        return head + float("0." + "".join(str(digit) for digit in digits))
    if not 0 < len(text) <= MOST_SIGNS:
        return None
    if len(text) > 1 and all(sign in _DIGIT for sign in text):
        return float("".join(str(_DIGIT[sign]) for sign in text))
    total, section, digit = 0, 0, 0
    last = 0
    for sign in text:
        if sign in _DIGIT:
            digit = _DIGIT[sign]
            last = last if sign != "零" else 1
        elif sign in _POWER:
            section += (digit or 1) * _POWER[sign]
            digit, last = 0, _POWER[sign]
        elif sign in _BIG:
            total = (
                (total + section + digit) * _BIG[sign] if sign == "亿" else total + (section + digit or 1) * _BIG[sign]
            )
            section, digit, last = 0, 0, _BIG[sign]
        else:
            return None
    # 一百二 is 120, 三千五 is 3500, 两万五 is 25000.
    tail = digit * (last // 10) if digit and last >= 100 else digit
    return float(total + section + tail)


def is_unit(text: str, *, words: Words) -> bool:
    """Whether a text is nothing but a unit of measure, with its magnitude: 家, 万亩, 万人次, 吨标准煤, %."""
    bare = text.strip()
    if not bare:
        return False
    if bare == "%" or words.pattern("quantity_header_units").fullmatch(bare) or _LATIN_UNIT.fullmatch(bare):
        return True
    found = re.match(_MAGNITUDE, bare)
    return words.pattern("quantity_units").fullmatch(bare[found.end() if found else 0 :]) is not None


def _clause_before(text: str, position: int) -> str:
    start = 0
    for found in _CLAUSE.finditer(text, 0, position):
        # A comma inside a number is no boundary.
        if (
            found.group(0) in ",，"
            and found.end() < len(text)
            and text[found.start() - 1 : found.start()].isdecimal()
            and re.match(r"\d{3}(?!\d)", text[found.end() : found.end() + 4])
            and found.group(0) == ","
        ):
            continue
        start = found.end()
    return text[start:position]


def _clause_after(text: str, position: int) -> str:
    found = _CLAUSE.search(text, position)
    return text[position : found.start() if found else len(text)]


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


def _tokens(text: str) -> list[tuple[int, int, float, bool]]:
    """Numbers in a text: start, end, value, whether written in Chinese characters."""
    found: list[tuple[int, int, float, bool]] = [
        (match.start(), match.end(), value, False)
        for match in re.finditer(_ARABIC, text)
        if (value := _arabic_number(match.group(0))) is not None
    ]
    taken = [(start, end) for start, end, _, _ in found]
    for match in re.finditer(_CHINESE, text):
        if any(start < match.end() and match.start() < end for start, end in taken):
            continue
        start, end = match.start(), match.end()
        word = match.group(0)
        # 3千, 2百: the Chinese part belongs to the Arabic number before it.
        if start and text[start - 1].isdecimal():
            continue
        if word[0] == "一" and text[start - 1 : start] == "唯":
            # 唯一一家 is no eleven.
            start, word = start + 1, word[1:]
        numeral = chinese_number(word) if word else None
        if numeral is not None:
            found.append((start, end, numeral, True))
    return sorted(found)


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
#: Two digits side by side are a guess: 七八, 三四十, 十五六.
_VAGUE = re.compile(r"(?<![零一二三四五六七八九点])[一二三四五六七八九][二三四五六七八九](?=[十百千万亿]|$)")


def _split_big(word: str) -> tuple[str, str]:
    """A Chinese number and the 万 or 亿 at its end that belongs to the unit (四十万元 → 四十, 万)."""
    if len(word) > 1 and word[-1] in _BIG and "亿" not in word[:-1] and "万" not in word[:-1]:
        return word[:-1], word[-1]
    return word, ""


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
    plain = text.translate(_WIDE)
    masks = _masks(plain)
    figures: list[Figure] = []
    fractions: list[tuple[int, int]] = []
    for found in _FRACTION.finditer(plain):
        fractions.append((found.start(), found.end()))
        base = chinese_number(found.group(1))
        part = _arabic_number(found.group(2)) if found.group(2)[0].isdecimal() else chinese_number(found.group(2))
        if (
            base == 100
            and part is not None
            and _wanted(plain, found.start(), found.end(), unit="%", chinese=False, words=words, previous=previous)
        ):
            share = _Unit("%", 0, about=False)
            figures.append(_figure(text, (found.start(), found.end()), value=part, unit=share, words=words))
    for start, end, counted, chinese in _tokens(plain):
        value = counted
        if any(left < end and start < right for left, right in (*masks, *fractions)):
            continue
        word = plain[start:end]
        stop = end
        if chinese:
            if _VAGUE.search(word):
                # 七八家, 四五十人: nobody counted.
                continue
            if word in _POWER and word != "十" and re.search(r"(?:不足|不到|每)$", plain[:start]):
                # 不足百户: fewer than a hundred, nobody says how many.
                continue
            if word in {"千", "万", "百"} and re.match(r"人(?:口|均|拥有)", plain[end:]):
                # 千人口托位数: a rate by its name.
                continue
            word, big = _split_big(word)
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
                if _wanted(plain, start, finish, unit=unit.name, chinese=True, words=words, previous=previous):
                    large = replace(unit, name=magnitude + unit.name)
                    scaled = round(whole / _BIG[magnitude], 8)
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
        if chinese and re.search(r"(?:第|前|其|之|初|十|星期|周|数|好几|几)$", plain[:start]):
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
        if _in_range(plain, start, finish, unit=unit.name):
            continue
        if chinese and not _chinese_counts(plain, start, finish, word=word, unit=unit.name, words=words):
            continue
        if not _wanted(plain, start, finish, unit=unit.name, chinese=chinese, words=words, previous=previous):
            continue
        if plan_text and _quoted_from_plan(plain, finish, value=value, unit=unit.name, plan_text=plan_text):
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


_NUMERAL = r"(?:\d+(?:\.\d+)?|[一二两三四五六七八九十百千]+)"


def _in_range(plain: str, start: int, finish: int, *, unit: str) -> bool:
    """Whether a figure is one end of a range (3至5家, 10%-15%), which nobody counted; a rise from A to B is none."""
    own = re.escape(unit)
    before, after = plain[:start], plain[finish:]
    first = re.search(rf"(?<![\d.一二两三四五六七八九十百千]){_NUMERAL}\s*(?:{own})?\s*(?:[~—–－-]+|至|到)\s*$", before)
    if first:
        return re.search(r"(?:由|从|自|第)[^，。；、]{0,10}$", before[: first.start()]) is None
    second = re.match(rf"\s*(?:[~—–－-]+|至|到)\s*{_NUMERAL}\s*{own}", after)
    return second is not None and re.search(r"(?:由|从|自)[^，。；、]{0,10}$", before) is None


#: 银奖一个, 督查一轮, 约谈一次: units with which 一 counts at the end of its clause.
_CLOSING_UNITS = frozenset("个项宗处件份条轮期次场批支座家名户台套本篇部")


def _second_counts(before: str, after: str, unit: str) -> bool:
    """Whether 二 counts as 两 does: behind its noun at the end of a clause (认定家庭农场二家，)."""
    return (
        unit in {"家", "户", "名", "人", "处", "座", "所", "个", "台", "辆", "场"}
        and re.search(r"[\u4e00-\u9fff]{2}$", before) is not None
        and re.match(r"[,，。;；、）)]|$", after) is not None
    )


def _chinese_counts(plain: str, start: int, finish: int, *, word: str, unit: str, words: Words) -> bool:
    """Whether a number in characters counts something here, or is an article or part of a set phrase."""
    before, after = plain[:start], plain[finish:]
    if words.pattern("quantity_set_phrases").match(plain[start : finish + 6]):
        return False
    if words.pattern("quantity_never_before").fullmatch(before[-1:]):
        return False
    if words.pattern("quantity_set_after").match(after):
        return False
    if len(word) == 1:
        if before.endswith("分"):
            # 分三批落实: how it is done, not how much.
            return False
        bare = re.sub(r"^[万亿千百]", "", unit)
        if word == "二" and not _second_counts(before, after, bare):
            return False
        if bare not in words.words("quantity_counted_units"):
            return False
        if word == "一":
            if re.search(r"(?:没有?|[^首]未|不用|不)[^，。]{0,3}$", before):
                return False
            if any(found.end() == len(before) for found in words.pattern("quantity_set_before").finditer(before)):
                return False
            # 银奖一个，: behind its noun and at the end of the clause it counts.
            if (
                re.search(r"[\u4e00-\u9fff]{2}$", before)
                and re.match(r"[,，。;；、）)]|$", after)
                and bare in _CLOSING_UNITS
                and not re.search(r"(?:每|一)[^,，。；]{0,3}$", before)
            ):
                if re.search(r"(?:[新又再]|增)[开建办签上添设](?:了|成)?$", before):
                    return True
                return not re.search(r"(?:有|是|为|成|的|同|了)$", before)
            if bare in words.words("quantity_article_units") and not (
                bare not in {"批", "种", "类", "些", "定", "级"}
                and words.pattern("quantity_made_before").search(before[-4:])
            ):
                return False
            # 一家一家, 一户一策: not a count.
            if after[:1] and after[:1] in "一二两对":
                return False
    return True


def _wanted(
    plain: str, start: int, finish: int, *, unit: str, chinese: bool, words: Words, previous: tuple[int, ...]
) -> bool:
    """Whether a figure tells of work done: no target, no earlier value, no delay, no frequency."""
    before = _without_past_days(_clause_before(plain, start), previous)
    after = _clause_after(plain, finish)
    if words.pattern("quantity_not_before").search(before[-12:]) and _touches(words, "quantity_not_before", before, 1):
        return False
    if words.pattern("quantity_not_after").match(after.lstrip()):
        return False
    target = _last(words, "quantity_target_words", before)
    if target is not None:
        rest = before[target:]
        # 完成全年任务的88.6%: the share of a target is work done.
        if not (
            unit == "%"
            and re.search(r"(?:的|率|例|达到?|为|完成|约|^)\s*$", rest)
            and "%" not in rest
            # 离年初定的60%: the share is the target itself.
            and not re.search(r"定下?的\s*$", before)
            and _achieved(words, before)
        ):
            meant = _last(words, "quantity_intent_words", before) == target
            done = _last(words, "quantity_surely_done" if meant else "quantity_done_words", before)
            if done is not None and _HOPED.search(before[:done]):
                # 力争12月底累计建成201个: the sum is hoped for as well.
                done = None
            # 比规定的10个工作日: 的 belongs to what was asked for.
            if done is None or done <= target:
                return False
    if words.pattern("quantity_target_after").match(after) and not words.pattern("quantity_target_met").match(after):
        return False
    if _OF_THE_YEAR.search(before) and _ASKED_FOR.match(after):
        return False
    if _ASKED_BEFORE.search(before) or (_ASKED_WITH.search(before) and after.startswith(("相比", "比"))):
        return False
    if _of_last_year(plain, start, words=words):
        return False
    if words.pattern("quantity_each_before").search(before[-24:]):
        return False
    if words.pattern("quantity_capacity_before").search(before[-12:]) and after.startswith("的"):
        return False
    if re.search(r"全[县市]共?有?的?$", before) and re.match(r"(?:个|家)?[^，。；\d]{0,4}[村镇区]中", after):
        # 全县171个行政村中已覆盖149个: all there are, no work done.
        return False
    if _meant_throughout(plain, start):
        return False
    if _OUGHT.search(before) and _REALLY.match(plain[finish:]):
        return False
    if words.pattern("quantity_earlier_own").search(before):
        return False
    if unit == "%" and re.search(r"(?:恢复|相当|达)[^，。；较比]{0,12}同期(?:水平)?的\s*$", before):
        # 恢复到2019年同期的82%: the share is one of today.
        return True
    told_of = _SINCE_WHEN.sub("", before)
    if words.pattern("quantity_earlier_words").search(told_of):
        place = _last(words, "quantity_earlier_words", told_of)
        rest = told_of[place:] if place is not None else ""
        if not words.pattern("quantity_change_words").search(rest):
            return False
    for month in previous:
        named = list(re.finditer(rf"(?<!\d){month}月(?:份|底|末)?", told_of))
        told = told_of[named[-1].end() :] if named else ""
        # 印发10月份工作通报1期: the month belongs to the paper, not to the figure.
        if (
            named
            and not words.pattern("quantity_change_words").search(told)
            and not _PAPER.search(told)
            and not re.match(r"(?:\d{1,2}[日号])?(?:之|以)?前", told)
        ):
            return False
    if _FROM.search(before[-18:]) and _TO_AFTER.match(after):
        return False
    if _CHANGED_AFTER.match(after):
        return False
    if re.search(
        r"(?:由|从|自)(?:原来|原先|过去|以前|以往|之前|最初|年初|去年|上年|上月|此前)?(?:的|是|约|平均)*$", before
    ) and re.search(r"(?:至|到|为|成)", after):
        return False
    if words.pattern("quantity_delay_units").fullmatch(unit) and (
        words.pattern("quantity_delay_words").search(before[-10:])
        or words.pattern("quantity_delay_words").match(after[:6])
    ):
        return False
    return not (chinese and re.search(r"每[^，。；]{0,4}$", before[-6:]))


#: 9月底前 in a report on September says when it was done; in one on August, until when it is asked for.
_BY_MONTH = re.compile(r"(?<![\d-])(1[0-2]|[1-9])月(?:份|底|末|\d{1,2}[日号])?(?:之|以)?前")


def _without_past_days(before: str, previous: tuple[int, ...]) -> str:
    """What stands before a figure, without the days up to the end of the month reported on (9月底前发放)."""
    if not previous:
        return before
    past = {*previous, previous[0] % 12 + 1}
    return _BY_MONTH.sub(lambda found: "" if int(found[1]) in past else found[0], before)


#: 全年新增1家的任务超额完成: whatever became of it, the figure is the task.
_OF_THE_YEAR = re.compile(r"(?:全年|年度|今年|年内|年初)[^，。；、\d]{0,10}$")
_ASKED_FOR = re.compile(r"(?:以上|左右)?的?(?:年度)?(?:任务|目标|指标|要求)")
#: 快于省局规定的3个工作日, 与年初部署的5家相比: what was asked for is only compared with.
_WHAT = r"[^，。；、\d]{0,8}(?:规定|要求|承诺|计划|部署|目标|任务|标准)的?\s*$"
_ASKED_BEFORE = re.compile(r"(?:[比较]|[快优短少早低高多]于)" + _WHAT)
_ASKED_WITH = re.compile(r"[与和同]" + _WHAT)
#: 去年认定的企业, 兑付2021年度补贴: the time says which ones are meant; what is done for them is done now.
_SINCE_WHEN = re.compile(
    r"(?:去年|上年|20(?:1\d|20|21)年|(?<!\d)\d{1,2}月份?)度?新?"
    r"(?:认定|入库|入统|纳统|升规|评定|评上|获评|挂牌|备案|验收|立项|达标)的?(?=[^，。；\d]{1,}|\d{1,3}[家户个])"
    r"|(?<=兑付|兑现|拨付|发放|支付|补发|清算)了?(?:去年|上年|20(?:1\d|20|21)年)度?"
)
#: 力争年底累计: a sum that is only hoped for.
_HOPED = re.compile(r"(?:力争|预计|有望|确保)(?!.*(?:已|目前|实际))[^，。；]*累计$")
#: 应接入的企业50家，实际接入3家: what ought to be, told before what is.
_OUGHT = re.compile(r"(?:^|[^适相供对响反效感呼])应(?!急|用|届|对|邀|收|税)[^，。；、]{1,10}$")
_REALLY = re.compile(r"[，,、；;](?:实际?|现已|已|目前(?:已|仅|只)|只)")
#: How a sentence opens that tells of nothing but intentions, and words that end this.
_AHEAD = re.compile(
    r"(?:下一?步|下月|下个月|下阶段|接下来|后续|今后|计划(?:在|于)?(?:\d{1,2}月|明年|下月|年底|年内)|(?:预计|拟)(?:在|于)?\d{1,2}月)"
)
_NOT_AHEAD = re.compile(r"已|目前|截至|截止|累计|实际|完成了|共完成|本月|当月|现有")


def _meant_throughout(plain: str, start: int) -> bool:
    """Whether a sentence is one of intentions from its first word on (下一步将新增网点5个，培训200名)."""
    begin = max((plain.rfind(sign, 0, start) for sign in "。；;！？!?\n"), default=-1) + 1
    before = plain[begin:start].lstrip()
    return _AHEAD.match(before) is not None and _NOT_AHEAD.search(before) is None


_PAPER = re.compile(r"通报|总结|报告|月报|台账|简报|通知|情况")
_SENTENCE = re.compile(r"[。！？!?\n]")
_NOW = re.compile(r"今年|本年|目前|截至|截止|现有|本月|当月|(?<!\d)\d{1,2}月|至今|现已|已达|现在")


def _of_last_year(plain: str, start: int, *, words: Words) -> bool:
    """Whether the whole sentence opens with a day of an earlier year (上年末余额18亿元，绿色贷款2.9亿元)."""
    begin = 0
    for found in _SENTENCE.finditer(plain, 0, start):
        begin = found.end()
    before = plain[begin:start]
    opened = words.pattern("quantity_base_openers").match(before.lstrip())
    if opened is None:
        return False
    rest = before.lstrip()[opened.end() :]
    return _NOW.search(rest) is None and words.pattern("quantity_change_words").search(rest) is None


def _achieved(words: Words, before: str) -> bool:
    return words.pattern("quantity_done_words").search(before) is not None


def _last(words: Words, key: str, text: str) -> int | None:
    place = None
    for found in words.pattern(key).finditer(text):
        place = found.end()
    return place


def _touches(words: Words, key: str, text: str, slack: int) -> bool:
    place = _last(words, key, text)
    return place is not None and len(text) - place <= slack


def _quoted_from_plan(plain: str, finish: int, *, value: float, unit: str, plan_text: str) -> bool:
    """Whether the plan item itself counts these things (22项纾困措施), so that the report only quotes it."""
    shown = f"{value:g}"
    for found in re.finditer(rf"(?<![\d.]){re.escape(shown)}{re.escape(unit)}", plan_text):
        behind = plan_text[found.end() : found.end() + 14]
        after = plain[finish : finish + 6]
        if any(
            after[place : place + 2] in behind for place in range(len(after) - 1) if after[place : place + 2].isalpha()
        ):
            return True
    return False


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
    plain = text.translate(_WIDE)
    start, finish = span
    about = unit.about
    before = _clause_before(plain, start)
    after = _clause_after(plain, finish)
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
    for found in re.finditer(rf"(?:{_ARABIC})(?![GgKkAaHPD\d.])", ahead):
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
    total = _last(words, "quantity_cumulative_words", before)
    month = _last(words, "quantity_month_words", before)
    since = _last(words, "quantity_new_since_words", before)
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
    plain = text.translate(_WIDE).strip()
    found = re.match(rf"^[约近超]?[-－−]?[￥¥$]?\s*({_ARABIC})", plain)
    if not found:
        return (number, unit) if number is not None and math.isfinite(number) and not plain else None
    value = _arabic_number(found.group(1))
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
