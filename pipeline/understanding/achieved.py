"""A number in its sentence → whether it tells of work done, not of a target, an earlier value or a set phrase."""

from __future__ import annotations

import re

from pipeline.understanding.words import Words

#: A clause ends here; what stands in another clause does not make a figure a target.
_CLAUSE = re.compile(r"[，,。；;！!？?\n]")
_FROM = re.compile(r"(?:由|从|较|比|自)[^，。；]{0,14}$")
_TO_AFTER = re.compile(
    r"^[^，。；]{0,6}?(?:压减|压缩|缩短|减少|减|降低|下降|降|提高|提升|增加|增长|增|扩大|扩充|扩展|上升|升|变|调整|精简|延长|拓展|扩|发展|优化|缩)"
    r"[^，。；]{0,4}?(?:至|到|为|成)"
)
#: 36个月压减至24个月: what stands before the change is the old value.
_CHANGED_AFTER = re.compile(
    r"^(?:左右)?(?:压减|压缩|缩短|减少|降低|下降|提高|提升|增加|增长|扩大|扩充|上升|精简|延长|拓展|增)(?:至|到|为)"
)


def clause_before(text: str, position: int) -> str:
    """What stands before a position in its clause."""
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


def clause_after(text: str, position: int) -> str:
    """What stands from a position on in its clause."""
    found = _CLAUSE.search(text, position)
    return text[position : found.start() if found else len(text)]


_NUMERAL = r"(?:\d+(?:\.\d+)?|[一二两三四五六七八九十百千]+)"


def in_range(plain: str, start: int, finish: int, *, unit: str) -> bool:
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


def chinese_counts(plain: str, start: int, finish: int, *, word: str, unit: str, words: Words) -> bool:
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
        if bare == "次" and before.endswith("了") and re.match(r"[\u4e00-\u9fff]", after):
            # 开展了一次全面摸排: an article, as in 作了一次清查.
            return False
        if word == "一":
            if re.search(r"(?:没有?|[^首]未|不用|不)[^，。]{0,3}$", before):
                return False
            if any(found.end() == len(before) for found in words.pattern("quantity_set_before").finditer(before)):
                return False
            # 银奖一个，: behind its noun and at the end of the clause it counts.
            if (
                re.search(r"[\u4e00-\u9fff][\u4e00-\u9fff》”]$", before)
                and re.match(r"[,，。;；、）)]|$", after)
                and bare in _CLOSING_UNITS
                and not re.search(r"(?:每|一)[^,，。；]{0,3}$", before)
            ):
                if re.search(r"(?:[新又再]|增)[开建办签上添设](?:了|成)?$", before) or (
                    bare in "场期" and re.search(r"[开办搞]了$", before)
                ):
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


def is_achieved(
    plain: str, start: int, finish: int, *, unit: str, chinese: bool, words: Words, previous: tuple[int, ...]
) -> bool:
    """Whether a figure tells of work done: no target, no earlier value, no delay, no frequency."""
    before = _without_past_days(clause_before(plain, start), previous)
    after = clause_after(plain, finish)
    if words.pattern("quantity_not_before").search(before[-12:]) and _touches(words, "quantity_not_before", before, 1):
        return False
    if words.pattern("quantity_not_after").match(after.lstrip()) or (unit == "座" and _SEATS.match(after)):
        return False
    target = last_end(words, "quantity_target_words", before)
    if target is not None:
        rest = before[target:]
        # 完成全年任务的88.6%: the share of a target is work done.
        if not (
            unit == "%"
            and re.search(r"(?:的|率|例|达到?|为|完成|约|^)\s*$", rest)
            and "%" not in rest
            # 离年初定的60%: the share is the target itself.
            and not re.search(r"定下?的\s*$", before)
            and (_achieved(words, before) or _RATE_OF_WORK.search(rest))
        ):
            meant = last_end(words, "quantity_intent_words", before) == target
            done = last_end(words, "quantity_surely_done" if meant else "quantity_done_words", before)
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
    if (_OUGHT.search(before) and _REALLY.match(plain[finish:])) or _OUGHT_TO.match(before):
        return False
    if words.pattern("quantity_earlier_own").search(before):
        return False
    if unit == "%" and re.search(r"(?:恢复|相当|达)[^，。；较比]{0,12}同期(?:水平)?的\s*$", before):
        # 恢复到2019年同期的82%: the share is one of today.
        return True
    told_of = _SINCE_WHEN.sub("", before)
    if words.pattern("quantity_earlier_words").search(told_of):
        place = last_end(words, "quantity_earlier_words", told_of)
        rest = told_of[place:] if place is not None else ""
        if not words.pattern("quantity_change_words").search(rest) or _EARLIER_ALONE.match(told_of):
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


#: 年度供应计划执行率58.3%: a rate by its name.
_RATE_OF_WORK = re.compile(r"(?:执行|完成|达成|兑现|办结|到位|支出)率\s*$")
#: 投放7座商务车12台: how large each of them is.
_SEATS = re.compile(r"(?:商务|客|小|新能源|纯?电动|中|大)?(?:车|巴)")
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
_ASKED_BEFORE = re.compile(r"(?:[比较]|[快优短少早低高多后](?!于标准)于)" + _WHAT)
_ASKED_WITH = re.compile(r"[与和同]" + _WHAT)
#: 去年认定的企业, 兑付2021年度补贴: the time says which ones are meant; what is done for them is done now.
_SINCE_WHEN = re.compile(
    r"(?:去年|上年|20(?:1\d|20|21)年|(?<!\d)\d{1,2}月份?)度?新?"
    r"(?:认定|入库|入统|纳统|升规|评定|评上|获评|挂牌|备案|验收|立项|达标)的?(?=[^，。；\d]{1,}|\d{1,3}[家户个])"
    r"|(?<=兑付|兑现|拨付|发放|支付|补发|清算)了?(?:去年|上年|20(?:1\d|20|21)年)度?"
)
#: 上年同期减免302万元: what was done then, where nothing is compared with it.
_EARLIER_ALONE = re.compile(
    r"(?:而|但)?(?:去年|上年|20(?:1\d|20|21)年)(?:同期|同月|全年|\d{1,2}月(?:份)?)?"
    r"(?:新增|净增|减免|增加|减少|增长)(?:了|为|额)*$"
)
#: 力争年底累计: a sum that is only hoped for.
_HOPED = re.compile(r"(?:力争|预计|有望|确保)(?!.*(?:已|目前|实际))[^，。；]*累计$")
#: 应接入的企业50家，实际接入3家: what ought to be, told before what is.
_OUGHT = re.compile(r"(?:^|[^适相供对响反效感呼])应(?!急|用|届|对|邀|收|税)[^，。；、]{1,10}$")
_OUGHT_TO = re.compile(r"^应(?!急|用|届|对|邀|收|税|付|纳)[^，。；、\d]{2}$")
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


def last_end(words: Words, key: str, text: str) -> int | None:
    """Where the last word of a list ends in a text."""
    place = None
    for found in words.pattern(key).finditer(text):
        place = found.end()
    return place


def _touches(words: Words, key: str, text: str, slack: int) -> bool:
    place = last_end(words, key, text)
    return place is not None and len(text) - place <= slack


def quoted_from_plan(plain: str, finish: int, *, value: float, unit: str, plan_text: str) -> bool:
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
