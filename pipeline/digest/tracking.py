"""The months of all units -> cumulative figures over time, and what an honest reader would remark on.

Each remark is one function in :data:`FINDERS`. They prefer silence to a wrong suspicion: an accusation that turns out
to be a misreading costs the office more trust than a remark it had to find itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import combinations, pairwise

from rapidfuzz import fuzz

from pipeline.digest.figures import bare_name, same_thing, scope_of
from pipeline.digest.foreign import clean, one_line, sentences
from pipeline.digest.wording import address_form, figure, month_name, month_only, numbers
from pipeline.model import (
    Finding,
    Plan,
    PlanItem,
    Quantity,
    Remark,
    ReportRecord,
    Role,
    Scope,
    Series,
    Standing,
    Status,
    Target,
    TargetKind,
    Unit,
    UnitMonth,
)
from pipeline.periods import next_period

#: Months in order of time, each with all its units.
Months = tuple[tuple[str, tuple[UnitMonth, ...]], ...]

_MAGNITUDES = (("万亿", 1e12), ("千亿", 1e11), ("亿", 1e8), ("千万", 1e7), ("百万", 1e6), ("万", 1e4))
#: Rates and balances may fall honestly.
_MAY_FALL = re.compile("余额|存量|库存|结余|在建|占比|比重|比例|平均|人均|用时|均价|价格|率")
_RATES = ("%", "％", "‰", "个百分点", "百分点", "倍", "名次", "位次")


def magnitude(measure: str) -> tuple[str, float]:
    """A measure without its magnitude, and the factor: ``万元`` -> (元, 10000)."""
    for prefix, factor in _MAGNITUDES:
        if measure.startswith(prefix) and len(measure) > len(prefix):
            return measure[len(prefix) :], factor
    return measure, 1.0


class _Row:
    """One cumulative figure while its months are gathered."""

    __slots__ = ("measure", "months", "names")

    def __init__(self, name: str, measure: str) -> None:
        self.names = [name]
        self.measure = measure
        self.months: dict[str, tuple[float, bool]] = {}

    def likeness(self, fact: Quantity) -> float:
        """How well a figure continues this row, 0 where it does not."""
        if magnitude(fact.unit)[0] != magnitude(self.measure)[0]:
            return 0.0
        near = [fuzz.ratio(bare_name(name), bare_name(fact.of)) for name in self.names if same_thing(name, fact.of)]
        return max(near, default=0.0)

    @property
    def name(self) -> str:
        """The first name that names a thing, else the first as it stood."""
        return next(filter(None, map(bare_name, self.names)), self.names[0])


def series(months: Months) -> tuple[Series, ...]:
    """Cumulative figures by item, unit, counted thing and measure; corrections are in the records already.

    Names of the counted thing may differ a little from month to month; the first name stands. Two figures of one
    report never share a row. Magnitudes are brought to those of the first month (1.2亿元 after 9800万元 is 12000).
    """
    return tuple(
        Series(
            item=item,
            unit=unit,
            of=row.name,
            measure=row.measure,
            months=tuple((period, value) for period, (value, _) in sorted(row.months.items())),
        )
        for (item, unit), rows in sorted(_rows(months).items())
        for row in rows
    )


def _rows(months: Months) -> dict[tuple[int, str], list[_Row]]:
    found: dict[tuple[int, str], list[_Row]] = {}
    for period, units in sorted(months):
        for unit in units:
            for record in unit.records:
                if record.doubtful:
                    continue
                facts = [fact for fact in record.quantities if scope_of(fact) is Scope.CUMULATIVE]
                if facts:
                    _continue(found.setdefault((record.match.item, unit.unit), []), facts, period)
    return found


def _continue(rows: list[_Row], facts: list[Quantity], period: str) -> None:
    """Put this month's figures behind the rows they continue, best likeness first; the rest begin rows of their own."""
    pairs = sorted(
        ((row.likeness(fact), index, place) for index, row in enumerate(rows) for place, fact in enumerate(facts)),
        key=lambda pair: (-pair[0], pair[1], pair[2]),
    )
    used: set[int] = set()
    for likeness, index, place in pairs:
        row, fact = rows[index], facts[place]
        if likeness <= 0 or place in used or period in row.months:
            continue
        used.add(place)
        _append(row, fact, period)
    for place, fact in enumerate(facts):
        if place not in used and (only := _only_row(rows, facts, fact)) is not None and period not in only.months:
            used.add(place)
            _append(only, fact, period)
    for place, fact in enumerate(facts):
        if place not in used and not any(
            row.likeness(fact) == 100 and row.months.get(period, (None,))[0] == fact.value for row in rows
        ):
            row = _Row(fact.of, fact.unit)
            row.months[period] = (fact.value, fact.approximate)
            rows.append(row)


def _append(row: _Row, fact: Quantity, period: str) -> None:
    factor = magnitude(fact.unit)[1] / magnitude(row.measure)[1]
    row.months[period] = (round(fact.value * factor, 6), fact.approximate)
    if fact.of not in row.names:
        row.names.append(fact.of)


def _only_row(rows: list[_Row], facts: list[Quantity], fact: Quantity) -> _Row | None:
    """The one row that a nameless total can continue: «累计开通98个» where only one total in 个 is known and told."""
    base = magnitude(fact.unit)[0]
    mine = [row for row in rows if magnitude(row.measure)[0] == base]
    rivals = [other for other in facts if magnitude(other.unit)[0] == base]
    if len(mine) != 1 or len(rivals) != 1:
        return None
    nameless = not bare_name(fact.of) or not any(map(bare_name, mine[0].names))
    return mine[0] if nameless else None


# --------------------------------------------------------------------------- remarks


def findings(months: Months, *, plan: Plan, units: tuple[Unit, ...]) -> tuple[Finding, ...]:
    """Every remark on the months, in the order of :data:`FINDERS`; empty where there is nothing to say."""
    ordered = tuple(sorted(months))
    return tuple(finding for finder in FINDERS for finding in finder(ordered, plan, units))


def cumulative_falls(months: Months, plan: Plan, units: tuple[Unit, ...]) -> Iterator[Finding]:
    """A cumulative figure is lower than in the unit's report before, within one year."""
    del units
    items = {item.number: item for item in plan.items}
    for (item, unit), rows in sorted(_rows(months).items()):
        for row in rows:
            if row.measure in _RATES or any(map(_MAY_FALL.search, row.names)) or _is_reduced(items.get(item), row):
                continue
            for (before, (high, rough)), (after, (low, rough_too)) in pairwise(sorted(row.months.items())):
                slack = 0.03 * high if rough or rough_too else 0.0
                if before[:4] == after[:4] and low < high - slack:
                    yield Finding(
                        kind="cumulative_falls",
                        item=item,
                        units=(unit,),
                        months=(before, after),
                        because=(
                            f"{unit}任务{item}“{one_line(row.name, 30)}”累计数由{month_only(before)}的"
                            f"{figure(high)}{row.measure}降为{month_only(after)}的{figure(low)}{row.measure}，"
                            "累计数一般不应减少，请核实是否口径变化或笔误。"
                        ),
                    )


def _is_reduced(item: PlanItem | None, row: _Row) -> bool:
    """The plan wants this figure to go down."""
    targets = item.targets if item else ()
    return any(
        target.kind is TargetKind.REDUCE
        and (same_thing(target.of, row.name) or (target.measure and target.measure == row.measure))
        for target in targets
    )


_WHOLE = re.compile("全县|全市|全区|全省|全旗|全辖|我县|县域|辖区")
_OWN = re.compile("我公司|本公司|我行|本行|我单位|我局|两家合计|共建共享")


def conflicting_numbers(months: Months, plan: Plan, units: tuple[Unit, ...]) -> Iterator[Finding]:
    """Two units give different totals of one thing for one item and month.

    Units may each report their own part, so a difference counts only where both speak of one whole: the plan sets a
    common target for the thing, both sentences say 全县, or the thing is a state that one register keeps (入统, 挂牌).
    Several companies on one item always report parts, and a monthly figure is compared only where it cannot be a deed
    of the unit itself (走访, 培训).
    """
    del units
    items = {item.number: item for item in plan.items}
    for period, unit_months in months:
        totals: dict[int, list[tuple[str, Quantity, str]]] = {}
        for unit in unit_months:
            for record in unit.records:
                if not record.doubtful:
                    totals.setdefault(record.match.item, []).extend(
                        (unit.unit, fact, _sentence_of(record, fact))
                        for fact in record.quantities
                        if fact.unit not in _RATES
                    )
        for number, said in sorted(totals.items()):
            item = items.get(number)
            if item is not None:
                yield from _conflicts(item, said, period)


def _conflicts(item: PlanItem, said: list[tuple[str, Quantity, str]], period: str) -> Iterator[Finding]:
    companies = {unit for unit, _ in item.units if address_form(unit) in {"贵公司", "贵行"}}
    told: set[tuple[str, str, str]] = set()
    for (unit, fact, context), (other, rival, its_context) in combinations(said, 2):
        scope = scope_of(fact)
        if unit == other or scope_of(rival) is not scope:
            continue
        total = scope is Scope.CUMULATIVE
        if not same_thing(fact.of, rival.of) and not (total and _is_only(said, (unit, fact), (other, rival))):
            continue
        base, factor = magnitude(fact.unit)
        its_base, its_factor = magnitude(rival.unit)
        mine, theirs = fact.value * factor, rival.value * its_factor
        slack = 0.05 * max(mine, theirs) if fact.approximate or rival.approximate else 1e-9 * max(mine, theirs)
        if base != its_base or abs(mine - theirs) <= slack:
            continue
        if total:
            whole = bool(_WHOLE.search(context)) and bool(_WHOLE.search(its_context))
        else:
            whole = all(map(_is_whole, ((fact, context), (rival, its_context))))
        own = _OWN.search(context + its_context) or (len(companies) > 1 and companies & {unit, other})
        if not whole and (own or not (_is_registered(fact, rival) or (total and _has_target(item, fact, rival)))):
            continue
        if (unit, other, bare_name(fact.of)) in told:
            continue
        told.add((unit, other, bare_name(fact.of)))
        thing = one_line(bare_name(fact.of) or bare_name(rival.of) or fact.of, 30)
        yield Finding(
            kind="conflicting_numbers",
            item=item.number,
            units=(unit, other),
            months=(period,),
            because=(
                f"任务{item.number}“{thing}”{month_name(period)}{'累计数' if total else '数据'}不一致："
                f"{unit}报{figure(fact.value)}{fact.unit}，{other}报{figure(rival.value)}{rival.unit}，请两家单位核对。"
            ),
        )


#: What a unit does itself: two units' figures of it differ honestly.
_DEEDS = re.compile(
    "走访|培训|检查|发放|开展|组织|举办|召开|参加|参与|服务(?!业)|受理|办理|办结|接待|排查|推送|宣传|宣讲|慰问|指导|对接|整改|巡查|核查|摸底|调研"
    "|帮扶|帮助|协调|推荐|收集|征求|拨付|减免|退税|投放|授信|支持|接入|推广|惠及|督促|约谈|抽查|审核|辅导"
)
#: States that one register of the county keeps, whoever reports them.
_REGISTER = re.compile("入统|纳统|入库企业|升规|达限|挂牌|认定|备案|获评|评定|授牌|上市|新登记|注册登记")
#: A set-apart part of the sentence.
_CLAUSE = re.compile("[，,；;。：:]")


def _is_whole(told: tuple[Quantity, str]) -> bool:
    """The very clause of a figure speaks of the whole county, and of no deed of the unit."""
    fact, context = told
    needle = fact.text or figure(fact.value)
    clause = next((part for part in _CLAUSE.split(context) if needle in part), "") + fact.of
    return bool(_WHOLE.search(clause)) and not _DEEDS.search(clause)


def _is_registered(fact: Quantity, rival: Quantity) -> bool:
    """Both count entries of one register, by its own word: 新增入统企业 of 统计局 and of 发改局 are the same firms."""
    words = [
        frozenset(_REGISTER.findall(one.of)) if not _DEEDS.search(one.of) else frozenset() for one in (fact, rival)
    ]
    return bool(words[0]) and words[0] == words[1]


def _has_target(item: PlanItem, fact: Quantity, rival: Quantity) -> bool:
    return any(_is_common(target, fact, rival) for target in item.targets)


def _is_only(said: list[tuple[str, Quantity, str]], mine: tuple[str, Quantity], theirs: tuple[str, Quantity]) -> bool:
    """One of two totals names no thing (累计建成132个), and each is its unit's only total in that measure."""
    (unit, fact), (other, rival) = mine, theirs
    if bare_name(fact.of) and bare_name(rival.of):
        return False
    return all(
        sum(
            name == speaker
            and scope_of(total) is Scope.CUMULATIVE
            and magnitude(total.unit)[0] == magnitude(own.unit)[0]
            for name, total, _ in said
        )
        == 1
        for speaker, own in ((unit, fact), (other, rival))
    )


def _is_common(target: Target, fact: Quantity, rival: Quantity) -> bool:
    """The plan sets one whole for the thing that both count.

    A stock, a coverage or a reduction is one whole by nature, so one of the names need fit; of other targets units
    may each add their own, so both must be named as the plan names it.
    """
    named = (same_thing(target.of, fact.of), same_thing(target.of, rival.of))
    if target.kind in {TargetKind.CUMULATIVE, TargetKind.COVERAGE, TargetKind.REDUCE}:
        return any(named) or _coverage_of(target, fact, rival)
    return all(named)


def _coverage_of(target: Target, fact: Quantity, rival: Quantity) -> bool:
    """Both figures fit under the whole (N of n/N) of a coverage target of the same measure."""
    whole = target.start or target.value
    fits = target.kind is TargetKind.COVERAGE and target.measure in {fact.unit, rival.unit}
    return bool(fits and whole and 0 < fact.value <= whole and 0 < rival.value <= whole)


def _sentence_of(record: ReportRecord, fact: Quantity) -> str:
    """The clause around a figure."""
    needle = clean(fact.text) or figure(fact.value)
    return next((sentence for sentence in sentences(record.progress) if needle in sentence), "") + fact.of


#: Shorter passages (本月无进展, 持续推进中) repeat honestly; without a figure even longer ones are standing phrases.
_COPY_LENGTH = 24
_STANDING_LENGTH = 36
_COPY_LIKENESS = 97.0
_MONTH_WORDS = re.compile(r"\d{1,2}(?=月)|(?<![一二三四五六七八九十])[一二三四五六七八九十]++(?=月份)")


def text_copied(months: Months, plan: Plan, units: tuple[Unit, ...]) -> Iterator[Finding]:
    """A passage is last month's, word for word but for the name of the month, and the work is not finished."""
    del units
    titles = {item.number: _bare_text(item.title) for item in plan.items}
    for unit, reports in _by_unit(months):
        for before, after in pairwise(reports):
            old = {record.match.item: record for record in before.records if not record.doubtful}
            for record in after.records:
                earlier = old.get(record.match.item)
                if earlier is None or record.doubtful or record.status is earlier.status is Status.DONE:
                    continue
                title = titles.get(record.match.item, "")
                mine, theirs = (_untitled(_bare_text(one.progress), title) for one in (record, earlier))
                likeness = fuzz.ratio(mine, theirs)
                figures = _FIGURES.findall(mine)
                least = _COPY_LENGTH if figures else _STANDING_LENGTH
                same_figures = figures == _FIGURES.findall(theirs)
                if min(len(mine), len(theirs)) >= least and same_figures and likeness >= _COPY_LIKENESS:
                    yield Finding(
                        kind="text_copied",
                        item=record.match.item,
                        units=(unit,),
                        months=(before.period, after.period),
                        because=(
                            f"{unit}任务{record.match.item}的{month_only(after.period)}进展与"
                            f"{month_only(before.period)}文字基本相同"
                            f"（相似度{figure(round(likeness, 1))}%，数字也未变）："
                            f"“{one_line(record.progress, 40)}”。"
                        ),
                    )


_FIGURES = re.compile(r"\d+(?:\.\d+)?")


def _bare_text(text: str) -> str:
    return _MONTH_WORDS.sub("", "".join(clean(text).split()))


def _untitled(text: str, title: str) -> str:
    """Without the item's title in front: a body repeats it where a table has it in a column of its own."""
    return text.removeprefix(title).lstrip("：:。，,、") if title else text


#: A match weaker than this may be the program's own mistake.
_SURE = 0.9


def foreign_item(months: Months, plan: Plan, units: tuple[Unit, ...]) -> Iterator[Finding]:
    """A unit reports on an item in which the plan gives it no part."""
    del units
    items = {item.number: item for item in plan.items}
    seen: dict[tuple[str, int], list[str]] = {}
    for period, unit_months in months:
        for unit in unit_months:
            owed = {duty.item for duty in unit.duties}
            for record in unit.records:
                item = items.get(record.match.item)
                if record.doubtful or record.match.confidence < _SURE or item is None or item.number in owed:
                    continue
                # A roster (领导小组成员单位) that the plan does not list may include anybody.
                if item.units and not item.roster and unit.unit not in {name for name, _ in item.units}:
                    seen.setdefault((unit.unit, item.number), []).append(period)
    for (name, number), periods in sorted(seen.items(), key=lambda entry: (entry[0][1], entry[0][0])):
        holders = "、".join(holder for holder, role in items[number].units if role is not Role.SUPPORT)
        yield Finding(
            kind="foreign_item",
            item=number,
            units=(name,),
            months=tuple(periods),
            because=(
                f"{name}在{'、'.join(month_name(period) for period in periods)}报告了任务{number}"
                f"“{one_line(items[number].title, 24)}”，按计划该任务由{holders}承担，请确认是否误报或代报。"
            ),
        )


#: Words that any report on any item could hold; what is left of a passage is what it says.
_VAGUE = re.compile(
    "严格|按照|按要求|按计划|按时序|按序时|进度|有序|稳步|扎实|积极|正常|全力|持续|深入|推进|推动|开展|落实|实施|加快|加强|加大|力度"
    "|各项|工作|任务|措施|取得|成效|明显|较好|良好|阶段性|部署|安排|要求|县委|县政府|上级|认真|继续|不断|进一步|相关|有关|本月|当月"
    "|目前|特殊|情况|需要|说明|顺利|进展|展开|进行|完成|确保|我局|我单位|本单位|计划|目标|达到|预期|总体|整体|基本|无|暂|已|正在|均|了|的|和"
)
#: Han characters that must be left for a passage without a figure to say something.
_LEFT = 8


def empty_report(months: Months, plan: Plan, units: tuple[Unit, ...]) -> Iterator[Finding]:
    """A report came, but no passage has substance and no difficulty is stated; 零报告 is honest and does not count."""
    del units
    titles = {item.number: item.title for item in plan.items}
    for period, unit_months in months:
        for unit in unit_months:
            if unit.standing is Standing.NONE or unit.zero_report or unit.waiting or unit.exempt or not unit.mails:
                continue
            if unit.problems or unit.off_plan or any(_has_substance(record, titles) for record in unit.records):
                continue
            if not unit.records and not (unit.missing_items or unit.missing_support_items):
                continue
            if unit.records and all(record.status is Status.DONE for record in unit.records):
                continue
            said = "、".join(f"“{one_line(record.progress, 20)}”" for record in unit.records[:3])
            yield Finding(
                kind="empty_report",
                item=None,
                units=(unit.unit,),
                months=(period,),
                because=(
                    f"{unit.unit}{month_name(period)}有来件但没有实质内容"
                    + (f"（如{said}，无具体做法和数字）" if said else "（读不到任何任务的进展）")
                    + "，建议退回补充。"
                ),
            )


def _has_substance(record: ReportRecord, titles: Mapping[int, str]) -> bool:
    """A figure, or words that are neither the item's own title nor fit for every item."""
    said = record.progress.replace(titles.get(record.match.item, "\n"), "")
    return bool(record.quantities) or len(re.findall("[\u4e00-\u9fff]", _VAGUE.sub("", said))) >= _LEFT


def never_reported(months: Months, plan: Plan, units: tuple[Unit, ...]) -> Iterator[Finding]:
    """An item that nobody answered in any month, or one unit in none of its reports; a unit that never reported at all.

    A month counts for «nobody» and «never at all» only when at least half of the units have reported: before the due
    day nobody is silent yet.
    """
    del plan
    unchased = {unit.name for unit in units if not unit.chased}
    alive = {
        period
        for period, unit_months in months
        if 2 * sum(unit.standing is not Standing.NONE for unit in unit_months) >= len(unit_months) > 0
    }
    silent: dict[int, dict[tuple[str, ...], list[str]]] = {}
    for unit, every in _by_unit(months, reported_only=False):
        if unit in unchased:
            continue
        came = [report for report in every if report.standing is not Standing.NONE]
        quiet = [report.period for report in every if report.period in alive and report.duties and not report.exempt]
        if not came and not any(report.waiting for report in every) and len(quiet) > 1:
            yield Finding(
                kind="never_reported",
                item=None,
                units=(unit,),
                months=tuple(quiet),
                because=f"{unit}自{month_name(quiet[0])}至{month_name(quiet[-1])}连续{len(quiet)}个月没有任何报送。",
            )
        full = [report for report in came if _has_content(report)]
        if len(full) > 1:
            spoken = {record.match.item for report in every for record in report.records}
            unanswered = frozenset(full[0].missing_items).intersection(*(report.missing_items for report in full[1:]))
            for item in sorted(unanswered - spoken):
                periods = tuple(report.period for report in full)
                silent.setdefault(item, {}).setdefault(periods, []).append(unit)
    unanswered_by = _unanswered(months, alive, unchased)
    for item, (owing, quiet_months) in sorted(unanswered_by.items()):
        yield Finding(
            kind="never_reported",
            item=item,
            units=owing,
            months=quiet_months,
            because=(
                f"任务{item}（{'、'.join(owing)}）自{month_name(quiet_months[0])}至{month_name(quiet_months[-1])}"
                f"连续{len(quiet_months)}个月承担单位均未报告，请核实。"
            ),
        )
    for item, groups in sorted(silent.items()):
        if item in unanswered_by:
            continue
        for periods, names in sorted(groups.items()):
            yield Finding(
                kind="never_reported",
                item=item,
                units=tuple(names),
                months=periods,
                because=(
                    f"任务{item}：{'、'.join(names)}在{'、'.join(month_only(period) for period in periods)}"
                    f"的{len(periods)}次报送中均未提到，请核实是否遗漏。"
                ),
            )


def _unanswered(
    months: Months, alive: set[str], unchased: set[str]
) -> dict[int, tuple[tuple[str, ...], tuple[str, ...]]]:
    """Items that several months in a row nobody has answered, each with those who owe it and these months."""
    owed: dict[int, dict[str, None]] = {}
    periods: dict[int, list[str]] = {}
    answered: set[int] = set()
    for period, unit_months in months:
        due = set()
        for unit in unit_months:
            missing = {*unit.missing_items, *unit.missing_support_items}
            for duty in unit.duties:
                if duty.item not in missing:
                    answered.add(duty.item)
                elif unit.unit not in unchased and not unit.waiting:
                    due.add(duty.item)
                    owed.setdefault(duty.item, {})[unit.unit] = None
        if period in alive:
            for item in due:
                periods.setdefault(item, []).append(period)
    return {
        item: (tuple(owed[item]), tuple(quiet))
        for item, quiet in periods.items()
        if len(quiet) > 1 and item not in answered
    }


# --------------------------------------------------------------------------- problems and promises


_HAN = re.compile("[\u4e00-\u9fffA-Za-z]+")
#: Word pairs of every report; they tie nothing to anything.
_COMMON = frozenset(
    {
        *(
            "工作",
            "推进",
            "加强",
            "进一",
            "一步",
            "下一",
            "步将",
            "继续",
            "问题",
            "存在",
            "目前",
            "部分",
            "不足",
            "困难",
        ),
        *(
            "加大",
            "力度",
            "积极",
            "确保",
            "落实",
            "开展",
            "做好",
            "完成",
            "建设",
            "项目",
            "进行",
            "组织",
            "协调",
            "加快",
        ),
        *(
            "进度",
            "相关",
            "有关",
            "单位",
            "企业",
            "全县",
            "我局",
            "我县",
            "服务",
            "发展",
            "一是",
            "二是",
            "三是",
            "月份",
        ),
        *(
            "月底",
            "底前",
            "年底",
            "较大",
            "较慢",
            "滞后",
            "影响",
            "由于",
            "需要",
            "情况",
            "任务",
            "提升",
            "尚未",
            "争取",
        ),
    }
)
#: Share of a remark's own word pairs that one passage must hold to speak of it again.
_SPOKEN = 0.22
#: Words of its own, apart from each other, that a later difficulty must share to be the same one in other words.
_RUNS = 2
#: A run of this many characters is hardly shared by chance.
_LONG_RUN = 4
#: With fewer word pairs of its own a remark cannot be followed.
_TRACEABLE = 4

_SETTLED = re.compile(
    "解决|缓解|化解|消除|打通|理顺|破解|改善|补齐|补充|充实|到位|落实|恢复|协调|整改|办结|销号|进场|复工|完工|投用|印发|出台|增加|新增|配齐|招聘"
)
#: The difficulties of before are said to be over without naming them.
_ALL_SETTLED = re.compile(
    "(?:上月|上个月|上期|前期|此前|之前|以前)[^。；]{0,14}(?:问题|困难)[^。；]{0,16}(?:解决|化解|缓解|销号|整改|消除)"
)


def _words(text: str) -> list[str]:
    return _HAN.findall(clean(text))


def _pairs(text: str) -> frozenset[str]:
    found = set()
    for run in _words(text):
        found |= {run[index : index + 2] for index in range(len(run) - 1)}
    return frozenset(found - _COMMON)


def _runs(text: str, pairs: frozenset[str]) -> list[str]:
    """Stretches of a text made of the given pairs: what it shares with the passage that they came from."""
    found = []
    for word in _words(text):
        start = None
        for index in range(len(word)):
            if word[index : index + 2] in pairs:
                start = index if start is None else start
            elif start is not None:
                found.append(word[start : index + 1])
                start = None
    return found


def _shares(text: str, own: frozenset[str], *, least: int = _RUNS) -> bool:
    """Whether a text holds some words of a remark's own, or one long one."""
    shared = _runs(text, own)
    return len(set(shared)) >= least or any(len(run) >= _LONG_RUN for run in shared)


def _passages(unit: UnitMonth) -> tuple[str, ...]:
    """All that a unit said in a month, passage by passage."""
    return (*(record.progress for record in unit.records), *(remark.text for remark in _remarks(unit)))


def _remarks(unit: UnitMonth) -> tuple[Remark, ...]:
    return (*unit.problems, *unit.next_steps, *unit.off_plan)


def _own_pairs(remark: Remark, report: UnitMonth, titles: Mapping[int, str]) -> frozenset[str]:
    """Word pairs by which a remark is known again: those that the unit's report and the plan do not use anyway."""
    usual = "\n".join(
        (*(record.progress for record in report.records), *(titles.get(item, "") for item in remark.items))
    )
    mine = _pairs(remark.text)
    rare = mine - _pairs(usual)
    return rare if 2 * len(rare) >= len(mine) else mine


def _is_spoken_of(own: frozenset[str], reports: list[UnitMonth]) -> bool:
    """One passage of a later report holds enough of the remark's own words."""
    return any(len(own & _pairs(text)) / len(own) >= _SPOKEN for report in reports for text in _passages(report))


def _is_repeated(problem: Remark, own: frozenset[str], reports: list[UnitMonth]) -> bool:
    """A later difficulty says the same in other words: some words of its own, fewer where it is on the same item."""
    return any(
        _shares(later.text, own, least=1 if set(problem.items) & set(later.items) else _RUNS)
        for report in reports
        for later in report.problems
    )


def _is_settled(own: frozenset[str], reports: list[UnitMonth]) -> bool:
    """A later sentence says that something came right, in the remark's own words or of all difficulties at once."""
    for report in reports:
        for text in _passages(report):
            if _ALL_SETTLED.search(text):
                return True
            if any(_SETTLED.search(sentence) and _shares(sentence, own) for sentence in sentences(text)):
                return True
    return False


_NOTHING = re.compile("^(暂?无|没有|未发现|不存在)|无(突出|明显)?(困难|问题)")


def _has_content(report: UnitMonth) -> bool:
    """Whether a report tells of work, and no question keeps it from counting."""
    return bool(report.records) and not report.zero_report and not report.waiting


def _next_on(remark: Remark, later: list[UnitMonth]) -> UnitMonth | None:
    """The next report in which the remark could have been spoken of: one with content, on its item if it has one."""
    for report in later:
        told = {record.match.item for record in report.records if not record.doubtful}
        if not _has_content(report):
            continue
        # An item that is missing altogether is asked for by the reminders already.
        if not remark.items or told.intersection(remark.items):
            return report
    return None


def _is_done(remark: Remark, reports: list[UnitMonth]) -> bool:
    done = {record.match.item for report in reports for record in report.records if record.status is Status.DONE}
    return bool(remark.items) and done.issuperset(remark.items)


def problem_vanished(months: Months, plan: Plan, units: tuple[Unit, ...]) -> Iterator[Finding]:
    """A difficulty of one report is neither repeated nor settled in the next one on its item, nor in any since."""
    del units
    titles = {item.number: item.title for item in plan.items}
    for unit, reports in _by_unit(months):
        for place, before in enumerate(reports):
            later = reports[place + 1 :]
            for problem in before.problems:
                after = _next_on(problem, later)
                if after is None or _NOTHING.search(problem.text.strip()):
                    continue
                since = later[later.index(after) :]
                own = _own_pairs(problem, before, titles)
                if len(own) < _TRACEABLE or _is_done(problem, since):
                    continue
                if _is_spoken_of(own, since) or _is_repeated(problem, own, since) or _is_settled(own, since):
                    continue
                yield Finding(
                    kind="problem_vanished",
                    item=problem.items[0] if len(problem.items) == 1 else None,
                    units=(unit,),
                    months=(before.period, after.period),
                    because=(
                        f"{unit}{month_only(before.period)}提出的问题“{one_line(problem.text, 50)}”"
                        + (f"（任务{numbers(problem.items)}）" if problem.items else "")
                        + f"在{month_only(after.period)}报告中既未再提，也未说明已解决，请核实是否销号。"
                    ),
                )


_BY = re.compile(r"(?:(\d{4})年)?(\d{1,2})月(?:份|底|末|上旬|中旬|下旬|\d{1,2}[日号]|前|内)?(?!\d)")
_NEXT_MONTH = re.compile("下个?月|次月")
_YEAR_END = re.compile("年底|年末|年终|年内")


def _promised_month(text: str, period: str) -> str | None:
    """The month by which a stated intention falls due; ``None`` where it names none."""
    found = _BY.search(text)
    if found:
        year, month = int(found[1] or period[:4]), int(found[2])
        if not 1 <= month <= 12:
            return None
        if not found[1] and month < int(period[5:7]):
            year += 1
        promised = f"{year}-{month:02d}"
        return promised if promised > period else None
    if _NEXT_MONTH.search(text):
        return next_period(period)
    if _YEAR_END.search(text):
        return f"{period[:4]}-12" if period[5:7] < "12" else None
    return None


#: A time that no single month stands for.
_LATER = re.compile(
    "季度|半年|明年|来年|年后|节前|节后|春节|元旦|国庆|入冬|开春|汛期|学期|期间|年度|全年|今后|届时|适时|条件成熟|到位后|批复后"
)
#: A promise that names no month is followed only where it names a thing to be done once.
_DEED = re.compile(
    "建成|建立|新建|举办|召开|开展一次|组织一次|出台|印发|投入使用|投用|启用|上线|开工|动工|竣工|签约|签订|落地|挂牌|揭牌|开业|开通"
)
_GOING_ON = re.compile(
    "继续|持续|进一步|不断|加大|加强|加快|强化|深化|深入|常态化|做好|抓好|推进|推动|逐步|积极|及时|随时|按照|每月|定期"
)
#: Reports that must be silent on it before it counts as forgotten.
_PATIENCE = 2


def promise_forgotten(months: Months, plan: Plan, units: tuple[Unit, ...]) -> Iterator[Finding]:
    """An intention with a month falls due, or a deed without one is twice passed over, and no report speaks of it.

    Where the report of the promised month is missing, the next one has no reason to tell what was kept in it: two
    later reports must be silent.
    """
    del units
    titles = {item.number: item.title for item in plan.items}
    for unit, reports in _by_unit(months):
        for place, before in enumerate(reports):
            later = reports[place + 1 :]
            for promise in before.next_steps:
                promised = _promised_month(promise.text, before.period)
                own = _own_pairs(promise, before, titles)
                due = _falls_due(promise, promised, later)
                if due is None or len(own) < _TRACEABLE or _is_done(promise, later):
                    continue
                if _is_spoken_of(own, later) or (promised is None and _is_hinted_at(own, later)):
                    continue
                limit = f"时限为{month_name(promised)}，" if promised else ""
                yield Finding(
                    kind="promise_forgotten",
                    item=promise.items[0] if len(promise.items) == 1 else None,
                    units=(unit,),
                    months=(before.period, due.period),
                    because=(
                        f"{unit}{month_only(before.period)}承诺“{one_line(promise.text, 50)}”，"
                        f"{limit}至{month_only(due.period)}报告仍未提到结果，请督促反馈。"
                    ),
                )


def _falls_due(promise: Remark, promised: str | None, later: list[UnitMonth]) -> UnitMonth | None:
    """The report in which a kept promise would have been told at the latest."""
    heard = [report for report in later if _has_content(report)]
    if promised is None:
        if any(word.search(promise.text) for word in (_BY, _YEAR_END, _LATER, _GOING_ON)) or not _DEED.search(
            promise.text
        ):
            return None
        on_item = [report for report in heard if _next_on(promise, [report])]
        return on_item[_PATIENCE - 1] if len(on_item) >= _PATIENCE else None
    in_time = [report for report in heard if report.period >= promised]
    needed = 1 if in_time and in_time[0].period == promised else _PATIENCE
    return in_time[needed - 1] if len(in_time) >= needed else None


def _is_hinted_at(own: frozenset[str], reports: list[UnitMonth]) -> bool:
    """Any two words of it, or one long one, in one passage."""
    return any(_shares(text, own) for report in reports for text in _passages(report))


def _by_unit(months: Months, *, reported_only: bool = True) -> Iterator[tuple[str, list[UnitMonth]]]:
    """Units in the order of their first appearance, each with its months in order."""
    found: dict[str, list[UnitMonth]] = {}
    for _, unit_months in months:
        for unit in unit_months:
            if not reported_only or unit.standing is not Standing.NONE:
                found.setdefault(unit.unit, []).append(unit)
    yield from found.items()


#: So many units are named in a line.
_NAMED = 3


def lines_of(found: Iterable[Finding], period: str) -> tuple[str, ...]:
    """The remarks that concern a month, as lines of a letter or paper of that month.

    What was remarked on earlier months stood in their papers; items that were never reported share one line.
    """
    lines: list[str] = []
    silent: dict[tuple[str, ...], list[str]] = {}
    for finding in found:
        if period not in finding.months:
            continue
        if finding.kind == "never_reported" and finding.item is not None:
            who = "、".join(finding.units[:_NAMED]) + (f"等{len(finding.units)}家" if finding.units[_NAMED:] else "")
            silent.setdefault(finding.months, []).append(f"任务{finding.item}（{who}）")
        else:
            lines.append(finding.because)
    for months, items in silent.items():
        lines.append(
            f"{month_name(months[0])}至{month_name(months[-1])}的{len(months)}次报送中，承担单位都没有报告："
            f"{'、'.join(items)}，请核实是否遗漏。"
        )
    return tuple(one_line(line) for line in lines)


Finder = Callable[[Months, Plan, tuple[Unit, ...]], Iterator[Finding]]

#: Every remark the program can make, in the order in which papers print them.
FINDERS: tuple[Finder, ...] = (
    cumulative_falls,
    conflicting_numbers,
    text_copied,
    foreign_item,
    empty_report,
    never_reported,
    problem_vanished,
    promise_forgotten,
)
