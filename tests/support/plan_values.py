"""Small values of a month, built in one line each."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from pipeline.model import (
    CalendarDay,
    DueDay,
    DueRule,
    Filing,
    Locus,
    MailKind,
    Match,
    Month,
    Office,
    OtherKind,
    Plan,
    PlanItem,
    Quantity,
    Question,
    QuestionKind,
    Remark,
    ReportRecord,
    Role,
    RosterEntry,
    Scope,
    Status,
    StoredFiling,
    Unit,
    UnitMonth,
)
from pipeline.plan.duties import last_day_of, plan_of
from pipeline.plan.standing import unit_months

ZONE = ZoneInfo("Asia/Shanghai")
PERIOD = "2022-08"
#: Two units, roles of every kind: 甲局 1 负责, 2 牵头, 3 配合; 乙局 2 配合, 3 负责.
PLAN = Plan(
    title="某县2022年行动计划",
    number="某政发〔2022〕1号",
    issued_on=date(2022, 7, 1),
    items=(
        PlanItem(1, "一事", "", "甲部分", None, None, (("甲局", Role.RESPONSIBLE),)),
        PlanItem(2, "二事", "", "甲部分", None, "一专班", (("甲局", Role.LEAD), ("乙局", Role.SUPPORT))),
        PlanItem(3, "三事", "", "乙部分", "某业", "二专班", (("乙局", Role.RESPONSIBLE), ("甲局", Role.SUPPORT))),
    ),
)
UNITS = (Unit("甲局", "某县甲局"), Unit("乙局", "某县乙局"))


def at(day: str, clock: str = "09:00") -> datetime:
    """An instant in the office's zone: ``at("2022-09-08", "10:30")``."""
    return datetime.combine(date.fromisoformat(day), time.fromisoformat(clock), ZONE)


def due(day: str = "2022-09-12") -> DueDay:
    """A due day whose last instant is its last second."""
    return DueDay(PERIOD, date.fromisoformat(day), at(day, "23:59:59"), "每月12日前，含当日")


def figure(value: float, of: str = "企业", unit: str = "家") -> Quantity:
    """A figure."""
    return Quantity(value, unit, of, Locus("1", "第1段"), Scope.MONTH)


def record(item: int, text: str = "", *quantities: Quantity, doubtful: bool = False) -> ReportRecord:
    """A record on one item."""
    return ReportRecord(
        Match(item, 0.99),
        text or f"第{item}条有进展。",
        Status.ON_TRACK,
        quantities,
        (Locus("1", f"第{item}段"),),
        doubtful=doubtful,
    )


def remark(text: str, *items: int) -> Remark:
    """A problem or an intention."""
    return Remark(text, items, Locus("1", "第9段"))


def stored(
    digest: str,
    when: datetime,
    *records: ReportRecord,
    unit: str | None = "甲局",
    kind: MailKind = MailKind.REPORT,
    period: str | None = PERIOD,
    counts: bool = True,
    zero: bool = False,
    support: bool = False,
    problems: tuple[Remark, ...] = (),
    questions: tuple[Question, ...] = (),
) -> StoredFiling:
    """A filing as the ledger hands it out."""
    filing = Filing(
        digest=digest,
        kind=kind,
        other=OtherKind.NONE,
        unit=unit,
        period=period,
        stamped=False,
        records=records,
        problems=problems,
        zero_report=zero,
        support_confirmed=support,
    )
    return StoredFiling(filing, f"{digest}.eml", "报告", "a@unit.example", when, counts, questions)


def question(digest: str, *, holds: bool = False) -> Question:
    """An open question on a mail."""
    return Question(QuestionKind.MATCH, digest, "第1段", "这一段对应哪一条？", holds=holds)


def office(**changes: object) -> Office:
    """An office with the usual steps."""
    usual: dict[str, object] = {
        "name": "某办",
        "signature": "某办",
        "mailbox": "office@mail.example",
        "timezone": "Asia/Shanghai",
        "due": DueRule(),
        "remind_before": (5, 2, 0),
        "overdue_after": (1, 3),
        "digest_window": (8, 12),
        "send_from": time(8, 30),
        "send_until": time(18, 0),
    }
    return Office(**(usual | changes))  # type: ignore[arg-type]


def calendar(*off: str, on: Iterable[str] = ()) -> Callable[[date], CalendarDay]:
    """Weekdays work, weekends do not, with exceptions."""
    days_off, days_on = set(off), set(on)

    def look(day: date) -> CalendarDay:
        name = day.isoformat()
        working = name in days_on or (day.weekday() < 5 and name not in days_off)
        return CalendarDay(day, working, "", "office")

    return look


def month(
    *filings: StoredFiling,
    plan: Plan = PLAN,
    units: tuple[Unit, ...] = UNITS,
    period: str = PERIOD,
    due_day: DueDay | None = None,
    now: datetime | None = None,
) -> Month:
    """All facts of a month."""
    last = due_day or _due_of(period)
    states: tuple[UnitMonth, ...] = unit_months(
        period, plan=plan, units=units, filings=filings, extensions=(), due=last
    )
    return Month(
        period,
        now or last.until,
        last,
        plan_of(plan, period),
        states,
        filings=filings,
        open_questions=tuple(question for filing in filings for question in filing.open_questions),
    )


def _due_of(period: str) -> DueDay:
    first = last_day_of(period) + timedelta(days=1)
    day = first.replace(day=12)
    return DueDay(period, day, datetime.combine(day, time(23, 59, 59), ZONE), "")


def member(roster: str, unit: str, since: str = "", until: str = "") -> RosterEntry:
    """A roster entry."""
    return RosterEntry(
        roster, unit, date.fromisoformat(since) if since else None, date.fromisoformat(until) if until else None
    )
