"""The text of a plan item -> its quantified targets, each with its type and due day."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date

from pipeline.model import Target, TargetKind

#: Measures that follow a figure; 批 类 项目 and the like are too vague to be judged.
_MEASURE = (
    r"个百分点|个月|个工作日|工作日|个自然日|万平方米|平方米|平方公里|万平方公里|公里|千米|万元|亿元|亿美元|万美元|元|万人次|万人|人次|人|万户|户|万吨|吨"
    r"|万亩|亩|万辆|辆|万台|台套|台|万张|张|万件|件|万条|条|万套|套|万家|家|个|所|座|处|名|位|次|场|场次|期|项|对|艘|班|天|日|小时|倍|%|％|‰"
    r"|万千瓦|千瓦|兆瓦|万千瓦时|立方米|万立方米|米|部|支|块|只|头|株|村|镇|乡|街区|床位|张床位"
)
_FIGURE = rf"(?P<value>\d+(?:\.\d+)?|[二三四五六七八九十百两]{{1,4}}|一(?=[家个所座名]))(?P<measure>{_MEASURE})"
_MORE = r"(?P<more>以上|及以上|左右|以内|以下)?"

_REDUCE = re.compile(
    r"(?P<of>[^，。；]{0,24}?)(?:由|从)(?:原来的?|现行的?|目前的?)?(?P<start>\d+(?:\.\d+)?)(?:" + _MEASURE + r")?"
    r"(?:压减|压缩|缩短|降低|下降|减少|缩减|精简|降)(?:至|到|为)(?P<value>\d+(?:\.\d+)?)(?P<measure>" + _MEASURE + r")"
)
_DOWN_TO = re.compile(
    r"(?P<of>[^，。；]{2,24}?)(?:压减|压缩|缩短|降低|下降|减少|缩减|精简|控制|降)(?:至|到|在)(?P<value>\d+(?:\.\d+)?)(?P<measure>"
    + _MEASURE
    + r")"
)
_COVERAGE = re.compile(
    r"(?:实现|达到|做到|完成)?(?:全[县市区省镇乡州旗])?(?P<value>\d{1,15}+)(?P<measure>"
    + _MEASURE
    + r")(?P<of>[^，。；\d]{2,40}?)(?:全部)?全覆盖"
)
_STOCK = re.compile(
    r"(?P<lead>[^，。；]{0,24}?)(?:累计|总数|总量|总计|保有量|总规模|存量)(?:已)?(?:建成|建设|达到?|完成|开通|发展到|突破|超过|培育|认定|实现|形成)?"
    r"(?:至|到|了)?(?P<before>[^，。；\d]{0,20}?(?:\dG[^，。；\d]{0,16}?)?)(?:达到?|为|超过|突破)?"
    + _FIGURE
    + _MORE
    + r"(?P<after>[^，。；]*)"
)
_NEW_VERB = "|".join(
    (
        *(
            "新增",
            "新建改扩建",
            "新培育",
            "新认定",
            "新建成?",
            "新创建",
            "新发展",
            "新引进",
            "新登记",
            "新注册",
            "新改扩?建",
            "净增",
        ),
        *("新评定", "新入库", "增加", "新开工", "新签约", "新开通", "新投放", "新植"),
    )
)
_COUNT_VERB = "|".join(
    (
        *("推荐申报", "推荐", "申报", "评定", "认定", "培育", "培训", "引进", "发展", "举办", "组织", "扶持", "完成"),
        *("改造", "更新", "发放", "新评", "评选", "选树", "签约", "开通", "投放", "入库", "孵化"),
    )
)
_BUILD_VERB = r"建成|建设|创建|创成|布局|打造|开展|实施|设立|建立|开工|投用|竣工|改建|扩建|获批"
_STRIVE_VERB = r"争创|争取创建|争取|力争|确保争创|争建"
_OBJECT = (
    r"(?P<before>[^，。；\d“”]{0,30}?(?:\dG[^，。；\d]{0,16}?)?)"
    r"(?:达到?|超过|突破|不少于|不低于|至少)?" + _FIGURE + _MORE + r"(?P<after>[^，。；]*)"
)
_ACT = re.compile(rf"(?P<verb>{_NEW_VERB}|{_COUNT_VERB}|{_BUILD_VERB})" + _OBJECT)
_STRIVE = re.compile(rf"(?P<verb>{_STRIVE_VERB})" + _OBJECT)
_REACH = re.compile(
    r"(?P<before>[^，。；]{2,30}?)(?P<verb>力争达到|达到|达|突破|超过|增长到?|不低于|不少于|提高到|提升到|提高至|提升至|增速为|保持在|稳定在)(?:了|约)?"
    + _FIGURE
    + _MORE
    + r"(?P<after>[^，。；]*)"
)
_GROWTH = re.compile(r"(?:增长|增速|增幅|提高|提升|增加)$")
_THING = re.compile(
    r"(?:新创建|新建成|创成|建成|竣工|投用|开通运营|获批)(?P<of>[^，。；、]{0,24}?(?:[1-5]A级(?:旅游)?景区|景区|度假区|示范区|中心|园区|基地|大桥|医院|学校))"
)
_STRETCH = re.compile(r"力争|争取|争创|努力|奋力")
_DEDUCT = re.compile(r"奖励|补贴|奖补|补助|一次性|比例|处方|罚款|首付|利率")
_PAST = re.compile(r"上年|去年|截至|已(?:经)?(?:达到|实现|完成|建成)")
_YEAR = re.compile(r"(?<!\d)(20\d\d)年")
_DAY = re.compile(
    r"(?:(?P<year>20\d\d)年)?(?:(?P<month>\d{1,2})月(?:(?P<day>\d{1,2})日|(?P<late>底|末)?)|(?P<end>年?(?:底|末)))(?:之?前|前)?"
)


@dataclass(frozen=True, slots=True)
class _Time:
    """What a sentence says about time."""

    due: date | None
    #: A year, 年底 or 全年 stands in the sentence.
    dated: bool


def read_targets(text: str, *, year: int | None, headline: bool = False) -> tuple[Target, ...]:
    """Find the targets that carry a figure, and dated single things to be built.

    Args:
        text: Full text of an item, cleaned (no spaces between Chinese words).
        year: Year of the plan; gives 年底 and 全年 their year.
        headline: Only sentences of the plan's own year or later count (a preface tells of the past too).

    Returns:
        Targets in the order of the text. ``due`` is the stated day, the end of the stated month or year, or ``None``
        where the sentence gives no time. Figures that are no aims (奖励10万元, 4个行业) are left out.
    """
    found: list[Target] = []
    for sentence in re.split(r"[。！]", text):
        time = _Time(None, dated=False)
        for part in sentence.split("；"):
            # 2022年新增3家…；新增70家…: the year in front of the first part covers those behind it.
            own = _time_of(part, year)
            time = own if own.dated else time
            if headline and (time.due is None or time.due.year < (year or 0) or _PAST.search(part)):
                continue
            stretching = False
            for clause in _clauses(part):
                stretching = bool(_STRETCH.search(clause)) or (stretching and clause.startswith(("实现", "达到")))
                target = _target_of(clause, time, stretch=stretching)
                if target and target not in found:
                    found.append(target)
    return tuple(found)


def _clauses(sentence: str) -> list[str]:
    """Parts between commas; 、 parts only where a new verb begins (申报…2家、评定…2家)."""
    clauses = []
    for part in re.split(r"[，：]", sentence):
        clauses += re.split(rf"、(?=(?:{_NEW_VERB}|{_STRIVE_VERB}|{_COUNT_VERB}|{_BUILD_VERB})[^、]*\d)", part)
    return clauses


def _time_of(sentence: str, year: int | None) -> _Time:
    """Due day of a sentence: the last time phrase that is no document title or award year."""
    bare = re.sub(r"《[^》]*》|20\d\d年(?:度)?(?:认定|评定|发布|工作|突破|企业|国家|省级|市级|住宅)", "", sentence)
    years = [int(match[1]) for match in _YEAR.finditer(bare)]
    stated = years[-1] if years else year
    month = None
    for match in _DAY.finditer(bare):
        if match["end"]:
            months = 12
        elif match["month"] and (match["day"] or match["late"] or match[0].endswith("前")):
            months = int(match["month"])
        else:
            continue
        its_year = int(match["year"]) if match["year"] else stated
        if its_year is None or not 1 <= months <= 12:
            continue
        last = calendar.monthrange(its_year, months)[1]
        month = date(its_year, months, min(int(match["day"] or last), last))
    if month:
        return _Time(month, dated=True)
    if years or re.search(r"全年|年内|今年|本年|当年", bare):
        return _Time(date(stated, 12, 31) if stated else None, dated=True)
    return _Time(None, dated=False)


def _target_of(clause: str, time: _Time, *, stretch: bool) -> Target | None:
    """The target of one clause; patterns from the most to the least specific."""
    if match := _REDUCE.search(clause) or _DOWN_TO.search(clause):
        return Target(
            TargetKind.REDUCE,
            _noun(match["of"]),
            float(match["value"]),
            match["measure"],
            start=float(match["start"]) if "start" in match.groupdict() else None,
            due=time.due,
            stretch=stretch,
        )
    if match := _COVERAGE.search(clause):
        # 171个行政村…全覆盖: the noun right behind the measure belongs to what is counted.
        total = float(match["value"])
        return Target(
            TargetKind.COVERAGE, _noun(match["of"]), total, match["measure"], start=total, due=time.due, stretch=stretch
        )
    if _DEDUCT.search(clause):
        return None
    if match := _STOCK.search(clause):
        return _counted(match, TargetKind.CUMULATIVE, time, stretch=stretch)
    if match := _REACH.search(clause):
        value = _value(match["value"])
        growth = match["verb"].startswith("增")
        kind = TargetKind.STRETCH if stretch else TargetKind.AT_LEAST
        of = _noun(match["before"])
        return Target(
            kind,
            f"{of}增长" if growth and not _GROWTH.search(of) else of,
            value,
            match["measure"].replace("％", "%"),
            due=time.due,
            stretch=stretch,
            at_least=_at_least(match),
        )
    if match := _ACT.search(clause) or _STRIVE.search(clause):
        return _counted(match, _kind_of_act(match, stretch=stretch), time, stretch=stretch)
    if time.dated and (match := _THING.search(clause)) and not re.search(r"一批|若干|推进|加快", clause):
        return Target(TargetKind.MILESTONE, _noun(match["of"]), due=time.due, stretch=stretch)
    return None


def _kind_of_act(match: re.Match[str], *, stretch: bool) -> TargetKind:
    verb = match["verb"]
    if re.fullmatch(_NEW_VERB, verb):
        return TargetKind.NEW
    if stretch or re.fullmatch(_STRIVE_VERB, verb):
        return TargetKind.STRETCH
    if _at_least(match):
        return TargetKind.AT_LEAST
    return TargetKind.MILESTONE if re.fullmatch(_BUILD_VERB, verb) else TargetKind.NEW


def _counted(match: re.Match[str], kind: TargetKind, time: _Time, *, stretch: bool) -> Target:
    after, before = _noun(match["after"]), _noun(match["before"])
    # 新增高新技术企业1家 counts what stands before the figure, 新增3家企业挂牌“晋兴板” what stands behind it.
    of = after or before or _noun(match.groupdict().get("lead") or "")
    if "申报" in match["verb" if "verb" in match.groupdict() else 0]:
        # An application is not yet an award: the two must not be mixed up when progress is judged.
        of = f"申报{of}"
    return Target(
        kind,
        of,
        _value(match["value"]),
        match["measure"].replace("％", "%"),
        due=time.due,
        stretch=stretch or kind is TargetKind.STRETCH,
        at_least=_at_least(match),
    )


def _at_least(match: re.Match[str]) -> bool:
    groups = match.groupdict()
    return groups.get("more") in {"以上", "及以上"} or bool(re.search(r"不少于|不低于|至少|超过|突破", match[0]))


def _noun(text: str) -> str:
    """What is counted, without verbs, times and particles around it."""
    text = re.sub(r"（[^）]*）", "", text)
    text = re.sub(
        r"^(?:(?:到|至|在|确保|力争|争取|努力|实现|推动|促进|推进|使|全年|年内|今年|20\d\d年(?:年?底|年?末|内|度)?(?:前)?|年底前?)[，]?)+",
        "",
        text,
    )
    text = re.sub(r"^(?:的|了|约)|(?:的|了|约|数量)$", "", text)
    return text.strip("“”的，、 ") if text.count("“") != text.count("”") else text.strip("的，、 ")


def _value(text: str) -> float:
    if text[0].isdigit():
        return float(text)
    digits = {char: value for value, char in enumerate("零一二三四五六七八九")} | {"两": 2}
    total, current = 0, 0
    for char in text:
        if char in "十百":
            total += (current or 1) * (10 if char == "十" else 100)
            current = 0
        else:
            current = digits[char]
    return float(total + current)
