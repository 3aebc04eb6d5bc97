"""What holds for every plan, every order of mails and every history of outages."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from itertools import permutations

from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from pipeline.errors import PlanError
from pipeline.model import MailKind, Month, Plan, PlanItem, Role, RosterEntry, StoredFiling, Target, TargetKind, Unit
from pipeline.plan.agenda import Step, Withheld, agenda, due_steps
from pipeline.plan.data import contradictions, plan_from_data, plan_to_data
from pipeline.plan.diff import amend, diff
from pipeline.plan.duties import last_day_of, plan_of
from pipeline.plan.notice import read_notice
from pipeline.plan.planfile import plan_file
from pipeline.plan.standing import unit_months
from pipeline.plan.targets import read_targets
from tests.support.plan_notices import written
from tests.support.plan_values import PERIOD, PLAN, UNITS, at, calendar, due, figure, month, office, record, stored

# --------------------------------------------------------------------------- strategies

_WORDS = st.sampled_from(
    [
        "推进设施建设",
        "优化营商环境",
        "培育市场主体",
        "完善公共服务",
        "扩大有效投资",
        "加强统计监测",
        "促进产销对接",
        "提升服务品质",
    ]
)
_UNIT = st.builds(
    lambda place, work, kind: f"{place}{work}{kind}",
    st.sampled_from(["县", "市", "区", ""]),
    st.sampled_from(
        ["发展改革", "财政", "住房和城乡建设", "自然资源和规划", "文化和旅游", "供销", "移动", "供电", "邮政"]
    ),
    st.sampled_from(["局", "委", "办公室", "中心", "分公司", "联社"]),
)
_DAYS = st.none() | st.dates(date(2022, 1, 1), date(2023, 12, 31))


@st.composite
def _items(draw: st.DrawFn) -> tuple[PlanItem, ...]:
    """Items 1..n in sections and groups, each with roles in the order in which notices word them."""
    made: list[PlanItem] = []
    order = (Role.LEAD, Role.RESPONSIBLE, Role.SUPPORT)
    for section in range(draw(st.integers(1, 3))):
        groups = draw(st.integers(0, 2))
        for group in [None] if not groups else range(groups):
            force = draw(st.none() | st.sampled_from(["金融业专班", "商贸服务专班"]))
            for _ in range(draw(st.integers(1, 4))):
                names = draw(st.lists(_UNIT, min_size=1, max_size=5, unique=True))
                roles = sorted(
                    draw(st.lists(st.sampled_from(order), min_size=len(names), max_size=len(names))), key=order.index
                )
                if set(roles) == {Role.SUPPORT}:
                    roles[0] = Role.LEAD
                made.append(
                    PlanItem(
                        number=len(made) + 1,
                        title=f"{draw(_WORDS)}{'甲乙丙丁戊己庚辛壬癸'[len(made) % 10]}",
                        text="",
                        section=f"部分{'甲乙丙'[section]}",
                        group=None if group is None else f"行业{'甲乙丙'[section]}{'甲乙'[group]}",
                        task_force=force if group is not None else None,
                        units=tuple(zip(names, roles, strict=True)),
                    )
                )
    return tuple(made)


_PLANS = st.builds(
    lambda items: Plan("某某县服务业提升2023年行动计划", "某政办发〔2023〕5号", date(2023, 2, 3), items),
    _items().filter(lambda items: len(items) > 1),
)


@given(_PLANS, st.integers(14, 60), st.booleans())
@settings(max_examples=60, deadline=None)
def test_a_plan_survives_its_notice(plan: Plan, width: int, half: bool) -> None:  # noqa: FBT001 - drawn by hypothesis
    """Any plan, set as a notice, broken by any margin, with either kind of bracket, is read back fact by fact."""
    lines = []
    for paragraph in written(plan):
        text = paragraph.replace("（", "(").replace("）", ")") if half else paragraph
        row, room = "　　", 2.0
        for char in text:
            size = 0.5 if char.isascii() else 1.0
            if room + size > width:
                lines.append(row)
                row, room = "", 0.0
            row, room = row + char, room + size
        lines.append(row)
    read = read_notice(tuple(lines)).plan
    assert plan.items == tuple(replace(item, text="", targets=()) for item in read.items)
    assert (plan.title, plan.number, plan.issued_on) == (read.title, read.number, read.issued_on)


_TARGETS = st.builds(
    Target,
    st.sampled_from(TargetKind),
    st.text("甲乙丙5G“”", min_size=1, max_size=8),
    st.none() | st.integers(0, 10**6).map(float) | st.floats(0, 1000).map(lambda value: round(value, 2)),
    st.sampled_from(["", "家", "%", "个月"]),
    st.none() | st.integers(0, 999).map(float),
    _DAYS,
    st.booleans(),
    st.booleans(),
)


@given(_PLANS, st.lists(_TARGETS, max_size=4), st.lists(st.tuples(_UNIT, _DAYS, _DAYS), max_size=3))
@settings(max_examples=60, deadline=None)
def test_plain_data_lose_nothing(
    plan: Plan, targets: list[Target], members: list[tuple[str, date | None, date | None]]
) -> None:
    """Plan -> data -> plan is the identity."""
    items = (replace(plan.items[0], targets=tuple(targets), terms=("甲", "乙"), roster="成员单位"), *plan.items[1:])
    rosters = tuple(RosterEntry("成员单位", name, since, until) for name, since, until in members)
    full = replace(plan, items=items, rosters=rosters, targets=tuple(targets))
    assert full == plan_from_data(plan_to_data(full))


@given(_PLANS, _PLANS, st.dates(date(2023, 3, 2), date(2023, 11, 30)))
@settings(max_examples=60, deadline=None)
def test_an_amendment_changes_the_future_only(old: Plan, new: Plan, effective: date) -> None:
    """Before its day the old plan is in force unchanged, from it on the new one, and no two versions overlap."""
    whole = amend(old, new, effective=effective)
    before = replace(old, items=tuple(replace(item, until=None) for item in old.items))
    eve = effective - timedelta(days=1)
    then = plan_of(whole, f"{effective - timedelta(days=effective.day):%Y-%m}")
    assert not diff(before, replace(then, title=old.title, number=old.number, issued_on=old.issued_on))
    now = plan_of(whole, f"{effective:%Y-%m}")
    assert not diff(new, now)
    assert contradictions(whole) == ()
    assert all(item.until in {None, eve} for item in whole.items)


@given(st.text("一二三、（）().。县局负责牵头配合12年 \n，", max_size=200))
@settings(max_examples=200, deadline=None)
def test_any_text_is_a_plan_or_refused(text: str) -> None:
    """No text makes the reading fall over: it gives a plan that holds, or a refusal with reasons."""
    try:
        sound = contradictions(read_notice(tuple(text.splitlines())).plan) == ()
    except PlanError as refusal:
        sound = bool(refusal.problems)
    assert sound


@given(st.text("新增建成累计达到力争由压减至个家%以上全覆盖，。；年底2022月123.", max_size=60))
@settings(max_examples=200, deadline=None)
def test_targets_never_fall_over(text: str) -> None:
    """Any string of the words of targets is read without an error, and every reduction has its value."""
    for target in read_targets(text, year=2022):
        assert target.value is not None or target.kind is TargetKind.MILESTONE


# --------------------------------------------------------------------------- standing

_KINDS = st.sampled_from([MailKind.REPORT, MailKind.SUPPLEMENT])


@given(st.permutations([1, 2, 3]), st.lists(_KINDS, min_size=3, max_size=3))
def test_standing_does_not_depend_on_arrival_for_distinct_items(order: list[int], kinds: list[MailKind]) -> None:
    """Mails on different items give the same standing, missing items and records in whatever order they come."""

    def stand(sequence: list[int]) -> tuple[object, ...]:
        filings = tuple(
            stored(
                f"m{item}",
                at(f"2022-09-0{position}"),
                record(item, f"第{item}条。", figure(item)),
                kind=kinds[item - 1],
            )
            for position, item in enumerate(sequence, 1)
        )
        state = unit_months(PERIOD, plan=PLAN, units=UNITS, filings=filings, extensions=(), due=due())[0]
        return state.standing, state.missing_items, state.missing_support_items, state.records, state.first_received

    assert stand([1, 2, 3]) == stand(order)


_FILINGS = st.lists(
    st.builds(
        lambda number, day, items, kind, counts, zero: stored(
            f"m{number}", at(f"2022-09-{day:02d}"), *map(record, items), kind=kind, counts=counts, zero=zero
        ),
        st.integers(1, 9),
        st.integers(1, 28),
        st.lists(st.integers(1, 4), max_size=3, unique=True),
        st.sampled_from([MailKind.REPORT, MailKind.SUPPLEMENT, MailKind.CORRECTION, MailKind.OTHER]),
        st.booleans(),
        st.booleans(),
    ),
    max_size=6,
    unique_by=lambda one: one.filing.digest,
)


@given(_FILINGS)
@settings(max_examples=150, deadline=None)
def test_what_always_holds_of_a_standing(filings: list[StoredFiling]) -> None:
    """The ledger's order does not matter; duplicates change nothing; receipt, standing and missing items agree."""

    def stand(sequence: list[StoredFiling]) -> tuple[object, ...]:
        return unit_months(PERIOD, plan=PLAN, units=UNITS, filings=tuple(sequence), extensions=(), due=due())

    states = unit_months(PERIOD, plan=PLAN, units=UNITS, filings=tuple(filings), extensions=(), due=due())
    assert states == stand(filings[::-1])
    assert states == stand(
        [*filings, *(replace(one, folder="Junk", received_at=one.received_at + timedelta(hours=1)) for one in filings)]
    )
    state = states[0]
    counting = [one for one in filings if one.counts and one.filing.kind is not MailKind.OTHER]
    assert state.first_received == min((one.received_at for one in counting), default=None)
    assert (state.standing.value == "none") == (not counting)
    missing = (*state.missing_items, *state.missing_support_items)
    assert (state.standing.value == "complete") == (bool(counting) and not missing)
    assert {one.match.item for one in state.records}.isdisjoint(missing)
    assert {duty.item for duty in state.duties} >= set(missing)


# --------------------------------------------------------------------------- agenda

_HOURS = st.integers(0, 24 * 75 - 1)
_OUTAGES = st.lists(st.tuples(_HOURS, st.integers(1, 24 * 12)), max_size=6)
_REPORTS = st.lists(
    st.tuples(st.sampled_from(["甲局", "乙局"]), st.integers(0, 24 * 70), st.sets(st.integers(1, 3), max_size=3)),
    max_size=5,
)


@given(_OUTAGES, _REPORTS, st.integers(0, 40))
@settings(max_examples=25, deadline=None)
def test_every_key_at_most_once_through_outages(
    outages: list[tuple[int, int]], reports: list[tuple[str, int, set[int]]], stale_after: int
) -> None:
    """Ticking every hour through two months of random outages: no key twice, no unit two letters at one tick.

    No letter leaves on a day off, after hours, to a unit that owes nothing, or on a stale poll.
    """
    start = at("2022-09-01", "00:30")
    look = calendar(
        "2022-09-12", "2022-10-03", "2022-10-04", "2022-10-05", "2022-10-06", "2022-10-07", on=("2022-10-08",)
    )
    desk = office()
    sent: set[str] = set()
    asleep = {hour for begin, length in outages for hour in range(begin, begin + length)}
    arrivals = [(start + timedelta(hours=hour), unit, items) for unit, hour, items in reports]
    for hour in range(24 * 75):
        if hour in asleep:
            continue
        now = start + timedelta(hours=hour)
        poll = now - timedelta(hours=stale_after)
        facts = _facts(now, arrivals)
        entries = agenda(
            facts, now=now, office=desk, calendar=look, sent_keys=frozenset(sent), last_poll=poll, earlier_missing=()
        )
        keys = [entry.key if isinstance(entry, Step) else entry.step.key for entry in entries]
        assert sent.isdisjoint(keys)
        assert len(keys) == len(set(keys))
        for step in due_steps(entries):
            sent.add(step.key)
            state = next((unit for unit in facts.units if unit.unit == step.unit), None)
            if state:
                assert state.missing_items or state.missing_support_items
                assert look(now.date()).working
                assert desk.send_from <= now.time() <= desk.send_until
                assert stale_after <= desk.stale_hours or step.kind.value == "opening"
        letters = Counter(step.unit for step in due_steps(entries) if step.unit in {"甲局", "乙局"})
        assert all(count == 1 for count in letters.values())
    assert all(key.split(":")[1] in {"2022-08", "2022-09", "2022-10"} or key.startswith("digest:") for key in sent)


def _facts(now: object, arrivals: list[tuple[object, str, set[int]]]) -> Month:
    """The month before ``now`` as the ledger would give it then."""
    assert hasattr(now, "date")
    first = now.date().replace(day=1)
    period = f"{first - timedelta(days=1):%Y-%m}"
    filings = tuple(
        stored(f"m{index}", when, *map(record, sorted(items)), unit=unit, period=period)
        for index, (when, unit, items) in enumerate(arrivals)
        if when <= now and when.date() > last_day_of(period)  # type: ignore[operator,attr-defined]
    )
    return month(*filings, period=period, now=now)  # type: ignore[arg-type]


@given(st.sets(st.integers(0, 24 * 30 - 1), min_size=1, max_size=200))
@settings(max_examples=40, deadline=None)
def test_ticks_may_fall_anywhere(hours: set[int]) -> None:
    """Whatever hours the machine is awake in a month, a step that left is never followed by an earlier one."""
    sent: set[str] = set()
    told: list[tuple[str, str]] = []
    for hour in sorted(hours):
        now = at("2022-09-01", "00:30") + timedelta(hours=hour)
        entries = agenda(
            month(),
            now=now,
            office=office(),
            calendar=calendar("2022-09-12"),
            sent_keys=frozenset(sent),
            last_poll=now,
            earlier_missing=(),
        )
        assert not [entry for entry in entries if isinstance(entry, Withheld)]
        for step in due_steps(entries):
            sent.add(step.key)
            if step.unit == "甲局":
                told.append((step.kind.value, step.key))
    rank = {"opening": 0, "remind": 1, "overdue": 2, "escalation": 3}
    order = [(rank[kind], key) for kind, key in told]
    assert order == sorted(order)


def test_summary_editions_come_with_the_summary() -> None:
    """For every order of asking, summary and editions become due together."""
    for hours in permutations((17, 18, 19)):
        seen = [{step.kind.value for step in due_steps(_ask(hour))} & {"summary", "task_force"} for hour in hours]
        assert all(
            (hour >= 18) == (found == {"summary", "task_force"}) for hour, found in zip(hours, seen, strict=True)
        )


def _ask(hour: int) -> tuple[Step | Withheld, ...]:
    now = at("2022-09-12", f"{hour}:00")
    return agenda(
        month(units=(Unit("甲局", "某县甲局"),)),
        now=now,
        office=office(),
        calendar=calendar(),
        sent_keys=frozenset(),
        last_poll=now,
        earlier_missing=(),
    )


@given(
    _PLANS, st.text(max_size=30), st.lists(st.text(min_size=1, max_size=9), max_size=30), st.lists(_TARGETS, max_size=3)
)
@settings(max_examples=80, deadline=None)
def test_a_plan_file_is_read_back(plan: Plan, text: str, terms: list[str], targets: list[Target]) -> None:
    """Whatever stands in titles, texts and terms, the written file gives the same plan."""
    first = replace(plan.items[0], text=text, terms=tuple(terms), targets=tuple(targets), until=date(2023, 5, 6))
    full = replace(plan, title=f"计划{text}", items=(first, *plan.items[1:]), targets=tuple(targets))
    assert full == plan_from_data(YAML(typ="safe").load(plan_file(full)))
