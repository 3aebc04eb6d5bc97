"""The months of all units -> cumulative figures over time, and what an honest reader would remark on.

Each remark is one function in :data:`FINDERS`. They prefer silence to a wrong suspicion: an accusation that turns out
to be a misreading costs the office more trust than a remark it had to find itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
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
    common target for the thing, or both sentences say 全县. Several companies on one item always report parts.
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
                        if scope_of(fact) is Scope.CUMULATIVE and fact.unit not in _RATES
                    )
        for number, said in sorted(totals.items()):
            item = items.get(number)
            if item is not None:
                yield from _conflicts(item, said, period)


def _conflicts(item: PlanItem, said: list[tuple[str, Quantity, str]], period: str) -> Iterator[Finding]:
    companies = {unit for unit, _ in item.units if address_form(unit) in {"贵公司", "贵行"}}
    told: set[tuple[str, str, str]] = set()
    for (unit, fact, context), (other, rival, its_context) in combinations(said, 2):
        if unit == other or not (same_thing(fact.of, rival.of) or _is_only(said, (unit, fact), (other, rival))):
            continue
        base, factor = magnitude(fact.unit)
        its_base, its_factor = magnitude(rival.unit)
        mine, theirs = fact.value * factor, rival.value * its_factor
        slack = 0.05 * max(mine, theirs) if fact.approximate or rival.approximate else 1e-9 * max(mine, theirs)
        if base != its_base or abs(mine - theirs) <= slack:
            continue
        whole = bool(_WHOLE.search(context)) and bool(_WHOLE.search(its_context))
        if not whole and (
            _OWN.search(context + its_context)
            or (len(companies) > 1 and companies & {unit, other})
            or not any(_is_common(target, fact, rival) for target in item.targets)
        ):
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
                f"任务{item.number}“{thing}”{month_name(period)}累计数不一致："
                f"{unit}报{figure(fact.value)}{fact.unit}，{other}报{figure(rival.value)}{rival.unit}，请两家单位核对。"
            ),
        )


def _is_only(said: list[tuple[str, Quantity, str]], mine: tuple[str, Quantity], theirs: tuple[str, Quantity]) -> bool:
    """One of two totals names no thing (累计建成132个), and each is its unit's only total in that measure."""
    (unit, fact), (other, rival) = mine, theirs
    if bare_name(fact.of) and bare_name(rival.of):
        return False
    return all(
        sum(name == speaker and magnitude(total.unit)[0] == magnitude(own.unit)[0] for name, total, _ in said) == 1
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


#: Shorter passages (本月无进展, 持续推进中) repeat honestly.
_COPY_LENGTH = 24
_COPY_LIKENESS = 97.0
_MONTH_WORDS = re.compile(r"\d{1,2}(?=月)|[一二三四五六七八九十]+(?=月份)")


def text_copied(months: Months, plan: Plan, units: tuple[Unit, ...]) -> Iterator[Finding]:
    """A passage is last month's, word for word but for the name of the month, and the work is not finished."""
    del plan, units
    for unit, reports in _by_unit(months):
        for before, after in pairwise(reports):
            old = {record.match.item: record for record in before.records if not record.doubtful}
            for record in after.records:
                earlier = old.get(record.match.item)
                if earlier is None or record.doubtful or record.status is earlier.status is Status.DONE:
                    continue
                mine, theirs = _bare_text(record.progress), _bare_text(earlier.progress)
                likeness = fuzz.ratio(mine, theirs)
                same_figures = re.findall(r"\d+(?:\.\d+)?", mine) == re.findall(r"\d+(?:\.\d+)?", theirs)
                if min(len(mine), len(theirs)) >= _COPY_LENGTH and same_figures and likeness >= _COPY_LIKENESS:
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


def _bare_text(text: str) -> str:
    return _MONTH_WORDS.sub("", "".join(clean(text).split()))


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
    """An item that a unit answers for appears in none of its reports, or a unit never reported at all.

    A month counts for «never reported at all» only when at least half of the units have reported: before the due
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
        full = [report for report in came if not report.zero_report and not report.waiting and report.records]
        if len(full) > 1:
            spoken = {record.match.item for report in every for record in report.records}
            unanswered = frozenset(full[0].missing_items).intersection(*(report.missing_items for report in full[1:]))
            for item in sorted(unanswered - spoken):
                periods = tuple(report.period for report in full)
                silent.setdefault(item, {}).setdefault(periods, []).append(unit)
    for item, groups in sorted(silent.items()):
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
#: Share of a passage's own word pairs that must come back for it to be spoken of again.
_SPOKEN = 0.22


def _pairs(text: str) -> frozenset[str]:
    found = set()
    for run in _HAN.findall(clean(text)):
        found |= {run[index : index + 2] for index in range(len(run) - 1)}
    return frozenset(found - _COMMON)


def _said(unit: UnitMonth) -> str:
    """All that a unit said in a month."""
    remarks: tuple[Remark, ...] = (*unit.problems, *unit.next_steps, *unit.off_plan)
    return "\n".join((*(record.progress for record in unit.records), *(remark.text for remark in remarks)))


def _is_spoken_of(remark: Remark, reports: list[UnitMonth]) -> bool:
    mine = _pairs(remark.text)
    said = frozenset().union(*(_pairs(_said(report)) for report in reports))
    return not mine or len(mine & said) / len(mine) >= _SPOKEN


_NOTHING = re.compile("^(暂?无|没有|未发现|不存在)|无(突出|明显)?(困难|问题)")


def problem_vanished(months: Months, plan: Plan, units: tuple[Unit, ...]) -> Iterator[Finding]:
    """A difficulty of one report is not spoken of in the next one, which reports its item as not finished."""
    del plan, units
    for unit, reports in _by_unit(months):
        for before, after in pairwise(reports):
            done = {record.match.item for record in after.records if record.status is Status.DONE}
            told = {record.match.item for record in after.records if not record.doubtful}
            if after.zero_report or after.waiting or not after.records:
                continue
            for problem in before.problems:
                if len(_pairs(problem.text)) < 5 or _NOTHING.search(problem.text.strip()):
                    continue
                # An item that is missing altogether is asked for by the reminders already.
                if problem.items and not told.intersection(problem.items):
                    continue
                if (problem.items and done.issuperset(problem.items)) or _is_spoken_of(problem, [after]):
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


_BY = re.compile(r"(?:(\d{4})年)?(\d{1,2})月(?:份|底|末|上旬|中旬|下旬|\d{1,2}[日号]|前|内)")
_NEXT_MONTH = re.compile("下个?月|次月")


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
    return None


def promise_forgotten(months: Months, plan: Plan, units: tuple[Unit, ...]) -> Iterator[Finding]:
    """An intention with a month falls due, and no report since then speaks of it."""
    del plan, units
    for unit, reports in _by_unit(months):
        for place, before in enumerate(reports):
            for promise in before.next_steps:
                promised = _promised_month(promise.text, before.period)
                later = reports[place + 1 :]
                if promised is None or len(_pairs(promise.text)) < 5:
                    continue
                due = next((report for report in later if report.period >= promised), None)
                if due is None or due.zero_report or due.waiting or not due.records:
                    continue
                since = [report for report in later if report.period <= due.period]
                done = {
                    record.match.item for report in since for record in report.records if record.status is Status.DONE
                }
                if (promise.items and done.issuperset(promise.items)) or _is_spoken_of(promise, since):
                    continue
                yield Finding(
                    kind="promise_forgotten",
                    item=promise.items[0] if len(promise.items) == 1 else None,
                    units=(unit,),
                    months=(before.period, due.period),
                    because=(
                        f"{unit}{month_only(before.period)}承诺“{one_line(promise.text, 50)}”，"
                        f"时限为{month_name(promised)}，至{month_only(due.period)}报告仍未提到结果，请督促反馈。"
                    ),
                )


def _by_unit(months: Months, *, reported_only: bool = True) -> Iterator[tuple[str, list[UnitMonth]]]:
    """Units in the order of their first appearance, each with its months in order."""
    found: dict[str, list[UnitMonth]] = {}
    for _, unit_months in months:
        for unit in unit_months:
            if not reported_only or unit.standing is not Standing.NONE:
                found.setdefault(unit.unit, []).append(unit)
    yield from found.items()


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
