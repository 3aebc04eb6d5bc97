"""The facts of a month (and of the month before) -> the Summary that every paper of the month prints.

Nothing is invented here: every passage is a unit's own words, every count can be recounted from the facts, and
every sentence gets a row in the 溯源表 that names mail, part and place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from rapidfuzz import fuzz

from pipeline.digest.figures import bare_name, same_thing, scope_of, share_a_word
from pipeline.digest.foreign import clean, one_line, sentences
from pipeline.digest.wording import (
    STATUS,
    TARGET,
    days_between,
    figure,
    full_day,
    month_only,
    numbers,
    part_name,
    receipt_number,
    zone_of,
)
from pipeline.model import (
    Finding,
    Month,
    Office,
    PlanItem,
    Quantity,
    QuestionKind,
    Remark,
    ReportRecord,
    Role,
    Scope,
    Standing,
    Status,
    StoredFiling,
    Target,
    TargetKind,
    UnitMonth,
)

#: Similarity (0..100) from which a passage counts as unchanged against last month.
SAME_TEXT = 97.0


#: How an item's status follows from its units'; printed beside the counts.
STATUS_RULE = (
    "任务状态以牵头单位所报为准；没有牵头单位的，取各责任单位所报中最靠后的一个；"
    "责任单位都没有报告的，取其他单位所报中最靠后的一个。"
)


class Change:
    """What became of an item at a unit since last month; the values are what papers print."""

    FIRST = "本月首报"
    MOVED = "有新进展"
    STILL = "与上月相同"


@dataclass(frozen=True, slots=True)
class Source:
    """One row of the 溯源表: a sentence and where it stands."""

    number: int
    item: int | None
    unit: str
    sentence: str
    #: File name or origin of the mail, its subject, sender and receipt.
    mail: str
    subject: str
    sender: str
    received_at: datetime | None
    digest: str
    #: ``第2个附件`` and ``台账!C7``.
    part: str
    place: str


@dataclass(frozen=True, slots=True)
class Progress:
    """What one unit says about one item."""

    item: int
    unit: str
    role: Role | None
    text: str
    status: Status
    quantities: tuple[Quantity, ...]
    change: str
    #: Numbers of the rows in the 溯源表.
    sources: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Goal:
    """A target with what was reported towards it."""

    item: int
    title: str
    of: str
    #: The target as papers print it: ``累计201个``.
    wanted: str
    due: date | None
    #: Reported figures as ``夏县移动 187个（累计）``; empty when none.
    reported: tuple[str, ...]
    #: Share of the target in percent, only where one figure answers it; else ``None``.
    percent: float | None
    #: The judgement in words, with the rule.
    verdict: str


@dataclass(frozen=True, slots=True)
class ItemLine:
    """One plan item with all that was said on it."""

    number: int
    title: str
    section: str
    group: str
    task_force: str
    units: tuple[tuple[str, Role], ...]
    #: Name of the group of units that the plan names without listing it; empty where there is none.
    roster: str
    progress: tuple[Progress, ...]
    #: Units that owe it (负责, 牵头) and said nothing; those of 配合.
    silent: tuple[str, ...]
    silent_support: tuple[str, ...]
    goals: tuple[Goal, ...]
    #: By :data:`STATUS_RULE`; ``None`` when nobody reported.
    status: Status | None


@dataclass(frozen=True, slots=True)
class UnitLine:
    """One unit with its standing."""

    unit: str
    standing: Standing
    #: 已报 / 部分报送 / 未报 / 待人工 / 免报, for print.
    label: str
    owed: int
    answered: int
    missing: tuple[int, ...]
    missing_support: tuple[int, ...]
    first_received: datetime | None
    late: bool
    #: Days after the due day, 0 when on time.
    days_late: int
    zero_report: bool
    stamped: bool
    paper_on: date | None
    waiting: bool
    exempt: str
    extended_until: date | None
    #: Receipt numbers of its mails.
    mails: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Stated:
    """A difficulty, an intention or a piece of off-plan work, as a unit stated it."""

    unit: str
    text: str
    items: tuple[int, ...]
    sources: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Counts:
    """The figures of the month; ``due = on_time + late + none + held``."""

    due: int
    on_time: int
    late: int
    none: int
    #: Nothing counts yet, but a mail of theirs waits for a person (待人工).
    held: int
    #: Of those that came: every duty answered, some unanswered.
    complete: int
    partial: int
    waiting: int
    exempt: int
    #: Unit-item duties owed and answered.
    duties: int
    answered: int
    #: Items of the plan, and those with at least one report.
    items: int
    items_reported: int
    done: int
    on_track: int
    behind: int
    not_started: int
    moved: int
    still: int
    zero: int
    stamped: int


@dataclass(frozen=True, slots=True)
class Summary:
    """A month, closed at one instant, for the whole plan or for one 专班."""

    period: str
    at: datetime
    #: Name of the 专班 in its edition, else empty.
    edition: str
    plan_title: str
    plan_number: str
    office: Office
    due: date
    due_because: str
    provisional: bool
    counts: Counts
    units: tuple[UnitLine, ...]
    items: tuple[ItemLine, ...]
    goals: tuple[Goal, ...]
    problems: tuple[Stated, ...]
    next_steps: tuple[Stated, ...]
    off_plan: tuple[Stated, ...]
    findings: tuple[Finding, ...]
    sources: tuple[Source, ...]
    open_questions: int

    @property
    def late(self) -> tuple[UnitLine, ...]:
        """Units whose first report came after the due day."""
        return tuple(unit for unit in self.units if unit.late and unit.standing is not Standing.NONE)

    @property
    def missing(self) -> tuple[UnitLine, ...]:
        """Units without any report, exempt ones left out."""
        return tuple(unit for unit in self.units if unit.label == "未报")


def task_forces(month: Month) -> tuple[str, ...]:
    """专班 of the plan in its order; items without one belong to no edition."""
    return tuple(dict.fromkeys(item.task_force for item in month.plan.items if item.task_force))


def summarise(month: Month, *, office: Office, previous: Month | None = None, edition: str = "") -> Summary:
    """Close a month.

    Args:
        month: Facts at one instant.
        office: For zone and names.
        previous: Facts of the month before, for changed and unchanged; ``None`` when there are none.
        edition: Name of a 专班: only its items, and only the units that have a duty in them.
    """
    items = tuple(item for item in month.plan.items if not edition or item.task_force == edition)
    wanted = frozenset(item.number for item in items)
    units = tuple(_narrow(unit, wanted) for unit in month.units) if edition else month.units
    units = tuple(unit for unit in units if unit.duties) if edition else units
    tracer = _Tracer(month, office)
    before = {
        (unit.unit, record.match.item): record
        for unit in (previous.units if previous else ())
        for record in unit.records
        if not record.doubtful
    }
    roles = {(duty.unit, duty.item): duty.role for unit in units for duty in unit.duties}
    progress: dict[int, list[Progress]] = {}
    for unit in units:
        for record in unit.records:
            if record.doubtful or record.match.item not in wanted:
                continue
            entry = Progress(
                item=record.match.item,
                unit=unit.unit,
                role=roles.get((unit.unit, record.match.item)),
                text=clean(record.progress).strip(),
                status=record.status,
                quantities=record.quantities,
                change=_change(record, before.get((unit.unit, record.match.item)), known=bool(before)),
                sources=tracer.record(unit, record),
            )
            progress.setdefault(entry.item, []).append(entry)
    lines = tuple(_item(item, units, tuple(progress.get(item.number, ())), month) for item in items)
    unit_lines = tuple(_unit(unit, month, office) for unit in units)
    return Summary(
        period=month.period,
        at=month.at,
        edition=edition,
        plan_title=month.plan.title,
        plan_number=month.plan.number,
        office=office,
        due=month.due.day,
        due_because=month.due.because,
        provisional=month.due.provisional,
        counts=_counts(lines, unit_lines),
        units=unit_lines,
        items=lines,
        goals=tuple(goal for line in lines for goal in line.goals),
        problems=_stated(units, "problems", tracer, wanted, edition),
        next_steps=_stated(units, "next_steps", tracer, wanted, edition),
        off_plan=() if edition else _stated(units, "off_plan", tracer, wanted, edition),
        findings=tuple(
            finding for finding in month.findings if not edition or finding.item is None or finding.item in wanted
        ),
        sources=tracer.rows,
        open_questions=_asked(month, units if edition else None),
    )


@dataclass(frozen=True, slots=True)
class Difference:
    """What came after the summary was issued."""

    #: Units that had nothing and now have a report.
    arrived: tuple[UnitLine, ...]
    #: Unit and items that were answered since.
    completed: tuple[tuple[str, tuple[int, ...]], ...]
    #: Progress that is new or says something else, with the text that it replaces (empty when new).
    changed: tuple[tuple[Progress, str], ...]

    def __bool__(self) -> bool:
        """False when nothing came."""
        return bool(self.arrived or self.completed or self.changed)


def difference(issued: Summary, now: Summary) -> Difference:
    """What the supplementary edition has to say: ``now`` against the summary that was ``issued``."""
    old_units = {unit.unit: unit for unit in issued.units}
    arrived, completed = [], []
    for unit in now.units:
        old = old_units.get(unit.unit)
        if unit.standing is not Standing.NONE and (old is None or old.standing is Standing.NONE):
            arrived.append(unit)
        gone = (
            tuple(sorted({*old.missing, *old.missing_support} - {*unit.missing, *unit.missing_support})) if old else ()
        )
        if gone:
            completed.append((unit.unit, gone))
    old_texts = {(entry.unit, entry.item): entry.text for line in issued.items for entry in line.progress}
    changed = tuple(
        (entry, old_texts.get((entry.unit, entry.item), ""))
        for line in now.items
        for entry in line.progress
        if old_texts.get((entry.unit, entry.item)) != entry.text
    )
    return Difference(arrived=tuple(arrived), completed=tuple(completed), changed=changed)


# --------------------------------------------------------------------------- parts


def _asked(month: Month, units: tuple[UnitMonth, ...] | None) -> int:
    """Open questions that may be told of; of an edition only those about mails of its units."""
    if units is None:
        asked = month.open_questions
    else:
        names = {unit.unit for unit in units}
        asked = tuple(
            question
            for stored in (*month.filings, *month.others)
            if stored.filing.unit in names
            for question in stored.open_questions
        )
    return sum(question.kind is not QuestionKind.SECRET for question in asked)


def _narrow(unit: UnitMonth, wanted: frozenset[int]) -> UnitMonth:
    """The unit seen through the items of one edition."""
    missing = tuple(item for item in unit.missing_items if item in wanted)
    support = tuple(item for item in unit.missing_support_items if item in wanted)
    standing = unit.standing
    if standing is Standing.PARTIAL and not missing and not support:
        standing = Standing.COMPLETE
    return UnitMonth(
        unit=unit.unit,
        period=unit.period,
        standing=standing,
        waiting=unit.waiting,
        missing_items=missing,
        missing_support_items=support,
        duties=tuple(duty for duty in unit.duties if duty.item in wanted),
        first_received=unit.first_received,
        late=unit.late,
        zero_report=unit.zero_report,
        mails=unit.mails,
        records=tuple(record for record in unit.records if record.match.item in wanted),
        problems=unit.problems,
        next_steps=unit.next_steps,
        off_plan=unit.off_plan,
        stamped=unit.stamped,
        paper_on=unit.paper_on,
        extended_until=unit.extended_until,
        exempt=unit.exempt,
    )


def _change(record: ReportRecord, before: ReportRecord | None, *, known: bool) -> str:
    if before is None:
        return Change.FIRST if known else ""
    mine, theirs = "".join(clean(record.progress).split()), "".join(clean(before.progress).split())
    same = fuzz.ratio(mine, theirs) >= SAME_TEXT and _figures(record) == _figures(before)
    return Change.STILL if same and record.status is before.status else Change.MOVED


def _figures(record: ReportRecord) -> tuple[float, ...]:
    return tuple(sorted(fact.value for fact in record.quantities))


_WORST_FIRST = (Status.BEHIND, Status.NOT_STARTED, Status.ON_TRACK, Status.DONE)


def _item(item: PlanItem, units: tuple[UnitMonth, ...], progress: tuple[Progress, ...], month: Month) -> ItemLine:
    owing = tuple((unit.unit, duty.role) for unit in units for duty in unit.duties if duty.item == item.number)
    said = next(
        filter(
            None,
            (
                [entry.status for entry in progress if entry.role is Role.LEAD],
                [entry.status for entry in progress if entry.role is Role.RESPONSIBLE],
                [entry.status for entry in progress],
            ),
        ),
        [],
    )
    return ItemLine(
        number=item.number,
        title=item.title,
        section=item.section,
        group=item.group or "",
        task_force=item.task_force or "",
        units=_by_plan(item, owing),
        roster=item.roster or "",
        progress=_progress_order(item, progress),
        silent=tuple(unit.unit for unit in units if item.number in unit.missing_items),
        silent_support=tuple(unit.unit for unit in units if item.number in unit.missing_support_items),
        goals=tuple(_goal(item, target, progress, month) for target in item.targets),
        status=next((status for status in _WORST_FIRST if status in said), None),
    )


def _by_plan(item: PlanItem, owing: tuple[tuple[str, Role], ...]) -> tuple[tuple[str, Role], ...]:
    order = {unit: place for place, (unit, _) in enumerate(item.units)}
    return tuple(sorted(owing, key=lambda pair: order.get(pair[0], len(order))))


def _progress_order(item: PlanItem, progress: tuple[Progress, ...]) -> tuple[Progress, ...]:
    """Lead first, then the order of the plan's text, 配合 last."""
    order = {unit: place for place, (unit, _) in enumerate(item.units)}
    rank = {Role.LEAD: 0, Role.RESPONSIBLE: 1, Role.SUPPORT: 2, None: 3}
    return tuple(sorted(progress, key=lambda entry: (rank[entry.role], order.get(entry.unit, len(order)))))


def _unit(unit: UnitMonth, month: Month, office: Office) -> UnitLine:
    late_days = 0
    if unit.late and unit.first_received is not None:
        due = unit.extended_until or month.due.day
        late_days = max(days_between(due, unit.first_received.astimezone(zone_of(office)).date()), 0)
    digests = {stored.mail: stored.filing.digest for stored in month.filings}
    missing = len(unit.missing_items) + len(unit.missing_support_items)
    return UnitLine(
        unit=unit.unit,
        standing=unit.standing,
        label=label_of(unit),
        owed=len(unit.duties),
        answered=len(unit.duties) - missing,
        missing=unit.missing_items,
        missing_support=unit.missing_support_items,
        first_received=unit.first_received,
        late=unit.late,
        days_late=late_days,
        zero_report=unit.zero_report,
        stamped=unit.stamped,
        paper_on=unit.paper_on,
        waiting=unit.waiting,
        exempt=unit.exempt,
        extended_until=unit.extended_until,
        mails=tuple(receipt_number(digests[mail], month.period) if mail in digests else mail for mail in unit.mails),
    )


def label_of(unit: UnitMonth) -> str:
    """已报 / 部分报送 / 未报 / 待人工 / 免报: the one word of a unit's standing.

    待人工 stands where no report counts yet but a question about one is open; a counted report keeps its own word.
    """
    if unit.standing is Standing.NONE:
        return "免报" if unit.exempt else "待人工" if unit.waiting else "未报"
    return "已报" if unit.standing is Standing.COMPLETE else "部分报送"


def _counts(items: tuple[ItemLine, ...], units: tuple[UnitLine, ...]) -> Counts:
    owing = [unit for unit in units if not unit.exempt and unit.owed]
    came = [unit for unit in owing if unit.standing is not Standing.NONE]
    states = [item.status for item in items]
    entries = [entry for item in items for entry in item.progress]
    return Counts(
        due=len(owing),
        on_time=sum(not unit.late for unit in came),
        late=sum(unit.late for unit in came),
        none=sum(unit.label == "未报" for unit in owing),
        held=sum(unit.label == "待人工" for unit in owing),
        complete=sum(unit.standing is Standing.COMPLETE for unit in came),
        partial=sum(unit.standing is Standing.PARTIAL for unit in came),
        waiting=sum(unit.waiting for unit in owing),
        exempt=sum(bool(unit.exempt) for unit in units),
        duties=sum(unit.owed for unit in owing),
        answered=sum(unit.answered for unit in owing),
        items=len(items),
        items_reported=sum(bool(item.progress) for item in items),
        done=states.count(Status.DONE),
        on_track=states.count(Status.ON_TRACK),
        behind=states.count(Status.BEHIND),
        not_started=states.count(Status.NOT_STARTED),
        moved=sum(entry.change in {Change.MOVED, Change.FIRST} for entry in entries),
        still=sum(entry.change == Change.STILL for entry in entries),
        zero=sum(unit.zero_report for unit in owing),
        stamped=sum(unit.stamped for unit in came),
    )


def _stated(
    units: tuple[UnitMonth, ...], field: str, tracer: _Tracer, wanted: frozenset[int], edition: str
) -> tuple[Stated, ...]:
    found = []
    for unit in units:
        remarks: tuple[Remark, ...] = getattr(unit, field)
        for remark in remarks:
            if edition and not wanted.intersection(remark.items):
                continue
            text = one_line(remark.text)
            found.append(Stated(unit.unit, text, remark.items, tracer.remark(unit, remark)))
    return tuple(found)


# --------------------------------------------------------------------------- targets against figures


def _goal(item: PlanItem, target: Target, progress: tuple[Progress, ...], month: Month) -> Goal:
    """One target against the figures of its item: only a figure of the same thing in the same measure answers it."""
    answers: list[tuple[str, float, Scope]] = []
    for series in month.series:
        if series.item == item.number and _answers(target, series.of, series.measure):
            latest = dict(series.months).get(month.period)
            if latest is not None:
                answers.append((series.unit, latest, Scope.CUMULATIVE))
    known = {unit for unit, _, _ in answers}
    for entry in progress:
        facts = [fact for fact in entry.quantities if _answers(target, fact.of, fact.unit)] or _nameless(
            item, target, entry
        )
        if entry.unit in known or not facts:
            continue
        best = min(facts, key=lambda fact: (_SCOPES.index(scope_of(fact)), -fact.value))
        answers.append((entry.unit, best.value, scope_of(best)))
    reported = tuple(f"{unit} {figure(value)}{target.measure}{_SCOPE_NAMES[scope]}" for unit, value, scope in answers)
    percent, verdict = _verdict(target, answers, progress)
    return Goal(
        item=item.number,
        title=item.title,
        of=target.of,
        wanted=wanted_text(target),
        due=target.due,
        reported=reported,
        percent=percent,
        verdict=verdict,
    )


def _nameless(item: PlanItem, target: Target, entry: Progress) -> list[Quantity]:
    """The unit's only total in the measure of the item's only such target: 累计开通98个 under 累计建成5G基站201个."""
    totals = [fact for fact in entry.quantities if fact.unit == target.measure and scope_of(fact) is Scope.CUMULATIVE]
    alone = sum(other.measure == target.measure for other in item.targets) == 1
    if not (target.measure and alone and len(totals) == 1):
        return []
    name = bare_name(totals[0].of)
    # n of N: 村级寄递物流站点132个 answers 171个行政村寄递物流服务全覆盖.
    whole = target.start or target.value or 0.0
    covers = target.kind is TargetKind.COVERAGE and totals[0].value <= whole and share_a_word(name, target.of)
    return totals if not name or covers else []


_SCOPES = (Scope.CUMULATIVE, Scope.UNSAID, Scope.MONTH)
_SCOPE_NAMES = {Scope.CUMULATIVE: "（累计）", Scope.MONTH: "（当月）", Scope.UNSAID: ""}


def _answers(target: Target, of: str, measure: str) -> bool:
    return (not target.measure or measure == target.measure) and same_thing(target.of, of)


def wanted_text(target: Target) -> str:
    """A target as papers print it: ``力争新增3家``, ``由36个月压减至24个月``, ``171个全覆盖``."""
    value = "" if target.value is None else figure(target.value)
    stretch = "力争" if target.stretch and target.kind is not TargetKind.STRETCH else ""
    more = "以上" if target.at_least and target.kind is not TargetKind.AT_LEAST else ""
    measure = target.measure
    match target.kind:
        case TargetKind.REDUCE if target.start is not None:
            return f"{stretch}由{figure(target.start)}{measure}压减至{value}{measure}"
        case TargetKind.COVERAGE:
            whole = figure(target.start) if target.start is not None else value
            return f"{stretch}{whole}{measure}全覆盖" if whole else f"{stretch}全覆盖"
        case TargetKind.MILESTONE:
            return f"{stretch}完成（节点）" if not value else f"{stretch}完成{value}{measure}（节点）"
        case TargetKind.AT_LEAST:
            return f"{stretch}{value}{measure}以上"
        case _:
            return f"{stretch}{TARGET[target.kind]}{value}{measure}{more}"


def _verdict(
    target: Target, answers: list[tuple[str, float, Scope]], progress: tuple[Progress, ...]
) -> tuple[float | None, str]:
    """Share in percent and the judgement in words; no share where several figures or only a monthly one answer."""
    if not progress:
        return None, "本月无单位报告此项"
    if not answers:
        return None, "已报进展，但未报此项指标的数字"
    if len(answers) > 1:
        return None, "多家单位分别报数，未相加（是否可加由承办人核定）"
    unit, value, scope = answers[0]
    if scope is Scope.MONTH and target.kind is not TargetKind.REDUCE:
        return None, f"{unit}只报了当月数，缺累计数"
    goal = target.start if target.kind is TargetKind.COVERAGE and target.start else target.value
    if goal is None or goal <= 0:
        return None, "目标没有数值，请看文字"
    hedge = "" if scope is Scope.CUMULATIVE else "（报告未说明是否累计数）"
    if target.kind is TargetKind.REDUCE:
        return None, ("已达目标" if value <= goal else f"尚差{figure(value - goal)}{target.measure}") + hedge
    percent = round(100 * value / goal, 1)
    if value >= goal:
        return percent, f"已达目标{hedge}"
    missed = "（力争目标，未达不作负面评价）" if target.stretch or target.kind is TargetKind.STRETCH else ""
    return percent, f"完成{figure(percent)}%{hedge}{missed}"


# --------------------------------------------------------------------------- 溯源


class _Tracer:
    """Numbers every sentence of the papers and finds the mail it came from."""

    def __init__(self, month: Month, office: Office) -> None:
        self._rows: list[Source] = []
        self._zone = zone_of(office)
        filed: dict[str, list[StoredFiling]] = {}
        for stored in month.filings:
            if stored.counts and stored.filing.unit and stored.filing.period == month.period:
                filed.setdefault(stored.filing.unit, []).append(stored)
        self._filed: Mapping[str, list[StoredFiling]] = filed

    @property
    def rows(self) -> tuple[Source, ...]:
        """Every row given out so far."""
        return tuple(self._rows)

    def record(self, unit: UnitMonth, record: ReportRecord) -> tuple[int, ...]:
        """Rows for one record: each passage with its own place where passages and places agree in number."""
        passages = [line for line in clean(record.progress).split("\n") if line.strip()]
        placed = len(passages) == len(record.loci)
        given = []
        for index, passage in enumerate(passages):
            stored = self._mail_of(unit.unit, record, passage)
            loci = (record.loci[index],) if placed else record.loci
            part = "、".join(dict.fromkeys(part_name(locus.part) for locus in loci))
            place = "、".join(dict.fromkeys(one_line(locus.place) for locus in loci))
            given += [
                self._row(record.match.item, unit.unit, sentence, stored, (part, place))
                for sentence in sentences(passage)
            ]
        return tuple(given)

    def remark(self, unit: UnitMonth, remark: Remark) -> tuple[int, ...]:
        """Rows for one problem, intention or off-plan passage."""
        filed = self._filed.get(unit.unit, ())
        stored = next(
            (
                stored
                for stored in reversed(filed)
                if remark in (*stored.filing.problems, *stored.filing.next_steps, *stored.filing.off_plan)
            ),
            filed[-1] if len(filed) == 1 else None,
        )
        place = (part_name(remark.locus.part), one_line(remark.locus.place))
        item = remark.items[0] if len(remark.items) == 1 else None
        return tuple(self._row(item, unit.unit, sentence, stored, place) for sentence in sentences(remark.text))

    def _mail_of(self, unit: str, record: ReportRecord, passage: str) -> StoredFiling | None:
        """The mail that says this passage: the same record, else the latest with the passage in the same item."""
        filed = self._filed.get(unit, [])
        for stored in reversed(filed):
            if record in stored.filing.records:
                return stored
        for strict in (True, False):
            for stored in reversed(filed):
                for other in stored.filing.records:
                    if passage in clean(other.progress) and (not strict or other.match.item == record.match.item):
                        return stored
        return filed[0] if len(filed) == 1 else None

    def _row(
        self, item: int | None, unit: str, sentence: str, stored: StoredFiling | None, place: tuple[str, str]
    ) -> int:
        number = len(self._rows) + 1
        self._rows.append(
            Source(
                number=number,
                item=item,
                unit=unit,
                sentence=one_line(sentence),
                mail=one_line(stored.mail) if stored else "",
                subject=one_line(stored.subject) if stored else "",
                sender=one_line(stored.sender) if stored else "",
                received_at=stored.received_at.astimezone(self._zone) if stored else None,
                digest=stored.filing.digest if stored else "",
                part=place[0],
                place=place[1],
            )
        )
        return number


# --------------------------------------------------------------------------- sentences for papers


def headline(summary: Summary) -> str:
    """The month in one paragraph: due, on time, late, missing, duties and items."""
    counts = summary.counts
    where = f"{summary.edition}" if summary.edition else "全部任务"
    said = (
        f"截至{full_day(summary.at.astimezone(zone_of(summary.office)).date())}，{where}应报单位{counts.due}个，"
        f"按时报送{counts.on_time}个，逾期报送{counts.late}个，未报{counts.none}个"
        + (f"，待人工确认{counts.held}个" if counts.held else "")
        + "；"
        f"应报事项{counts.duties}项次，已报{counts.answered}项次。"
    )
    return said + (
        f"{counts.items}项任务中，{counts.items_reported}项有单位报告{month_only(summary.period)}进展："
        f"已完成{counts.done}项，正常推进{counts.on_track}项，进度滞后{counts.behind}项，尚未启动{counts.not_started}项。"
    )


def names_with_items(units: tuple[UnitLine, ...]) -> tuple[str, ...]:
    """``县文旅局（缺33、34）`` for units with missing items."""
    said = []
    for unit in units:
        missing = tuple(sorted((*unit.missing, *unit.missing_support)))
        said.append(f"{unit.unit}（缺{numbers(missing)}）" if missing else unit.unit)
    return tuple(said)


def status_name(status: Status | None) -> str:
    """Print form of a status; 本月无报告 where nobody spoke."""
    return STATUS[status] if status is not None else "本月无报告"
