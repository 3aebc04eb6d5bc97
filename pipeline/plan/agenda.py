"""The facts of a month and the time -> what is due now: letters to units and the office's own papers.

Everything follows from state and time, so that a missed tick, a reboot or a holiday heals itself: of each series only
the latest step that has come due is sent, the steps before it are skipped, and a key that was ever used is not used
again. Nothing here sends; the caller turns steps into notices in one transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from pipeline.model import (
    CHASING,
    CalendarDay,
    MailKind,
    Month,
    NoticeKind,
    Office,
    Standing,
    StoredFiling,
    UnitMonth,
)
from pipeline.plan.duties import last_day_of

#: Look no further than this for a working day: the longest Chinese holiday has nine days.
_FARTHEST = 30
#: This many times more units than ever before …
_FACTOR = 2
#: … and this share of all units at once: then the ledger is doubted, not the units.
_SHARE = 0.8
#: Fewer units than this cannot be told from an ordinary bad month.
_FEWEST = 5


@dataclass(frozen=True, slots=True)
class Step:
    """One letter or paper that is due now."""

    kind: NoticeKind
    #: Natural key, e.g. ``remind:2022-08:县文旅局:2``; it is used once and never again.
    key: str
    #: Unit it goes to; name of the task force for its edition; empty for the office's own papers.
    unit: str
    #: Which step of its series, from 1; 0 for single papers.
    number: int
    #: Chinese: why it is due today.
    because: str
    #: A person must release it first.
    held: bool


@dataclass(frozen=True, slots=True)
class Withheld:
    """A step that would be due but is kept back on doubt; it is looked at anew at the next tick."""

    step: Step
    #: Chinese: the doubt and what to do about it.
    because: str


@dataclass(frozen=True, slots=True)
class _Now:
    """Everything an answer leans on besides the unit."""

    month: Month
    at: datetime
    today: date
    office: Office
    calendar: Callable[[date], CalendarDay]
    sent: frozenset[str]
    #: Last day on which a report of the month is on time.
    last_day: date
    began: datetime | None


def agenda(
    month: Month,
    *,
    now: datetime,
    office: Office,
    calendar: Callable[[date], CalendarDay],
    sent_keys: frozenset[str],
    last_poll: datetime | None,
    earlier_missing: tuple[int, ...],
    unread: bool = False,
    trusted: bool = False,
    began: datetime | None = None,
) -> tuple[Step | Withheld, ...]:
    """What is due now for one month.

    - Opening letters from the first working day of the month in which reports are due, reminders
      ``office.remind_before`` working days before the due day, overdue letters ``office.overdue_after`` working days
      after it, an escalation (always held) on the working day after the last of those: only to units that still owe
      something, are chased, not exempt and not within an extension; on working days between ``send_from`` and
      ``send_until``. Overdue letters and escalations go only where an item of one's own is missing or nothing came.
    - The digest on every day of its window, days off included (it goes to the office itself); the summary with the
      editions of the task forces from the evening of the due day; a supplementary edition on the next morning after
      reports that came behind the summary.
    - No summary of a month that was closed before the service began and of which nothing came: nobody was asked.
    - Nothing outside the month in which the reports are due (and the overdue steps that reach beyond it).

    Args:
        month: Facts of the month reported on.
        now: Aware time.
        office: Rules of the office.
        calendar: Working days; it never raises for an unpublished year.
        sent_keys: Every key that the outbox ever took, whatever became of the letter.
        last_poll: Last successful poll of the mailbox, ``None`` for never.
        earlier_missing: How many units still owed something at the end of each earlier month; empty when unknown.
        began: When the service first ran in this home.
        unread: The last look at the mailbox failed or did not see all of it: nobody is chased until one succeeds.
        trusted: The operator looked at the doubt and overrides it for this run.

    Returns:
        Steps in the order in which they should leave, and steps withheld with their doubt. No key of ``sent_keys``
        and no key twice.
    """
    zone = ZoneInfo(office.timezone)
    at = now.astimezone(zone)
    last_day = month.due.until.astimezone(zone).date()
    view = _Now(month, at, at.date(), office, calendar, sent_keys, last_day, began)
    letters = [*_letters(view)] if _within(view) else []
    papers = [*_papers(view)] if _within(view) else []
    fresh = [step for step in (*letters, *papers) if step.key not in sent_keys]
    if trusted:
        return tuple(fresh)
    stale = _stale(at, last_poll, office)
    doubt = _UNREAD if unread else _crowd(fresh, month, office, earlier_missing)
    waiting = {unit.unit: unit for unit in month.units}
    return tuple(_doubted(step, stale, doubt, waiting.get(step.unit), month) for step in fresh)


def due_steps(entries: Iterable[Step | Withheld]) -> tuple[Step, ...]:
    """Only the steps that may leave."""
    return tuple(entry for entry in entries if isinstance(entry, Step))


# --------------------------------------------------------------------------- windows and working days


def _within(view: _Now) -> bool:
    """The month after the one reported on, prolonged by the last overdue step; earlier and later sends are dropped."""
    first = last_day_of(view.month.period) + timedelta(days=1)
    last = last_day_of(f"{first:%Y-%m}")
    return first <= view.today <= max(last, _escalation_day(view, view.last_day) or last)


def working_day_before(day: date, count: int, calendar: Callable[[date], CalendarDay]) -> date:
    """The ``count``-th working day before ``day``; 0 is the day itself, or the last working day before a day off."""
    found, current = 0, day
    if count == 0:
        return next(
            (one for one in (day - timedelta(days=back) for back in range(_FARTHEST)) if calendar(one).working), day
        )
    for _ in range(_FARTHEST + 3 * count):
        current -= timedelta(days=1)
        found += calendar(current).working
        if found == count:
            return current
    return day - timedelta(days=count)


def working_day_after(day: date, count: int, calendar: Callable[[date], CalendarDay]) -> date:
    """The ``count``-th working day after ``day``; 0 is the day itself, or the first working day behind a day off."""
    found, current = 0, day
    if count == 0:
        return next(
            (one for one in (day + timedelta(days=ahead) for ahead in range(_FARTHEST)) if calendar(one).working), day
        )
    for _ in range(_FARTHEST + 3 * count):
        current += timedelta(days=1)
        found += calendar(current).working
        if found == count:
            return current
    return day + timedelta(days=count)


def _held(view: _Now, *, always: bool = False) -> bool:
    until = view.office.review_until
    return always or (until is not None and view.today <= until)


def _office_hours(view: _Now) -> bool:
    clock = view.at.time()
    return view.office.send_from <= clock <= view.office.send_until and view.calendar(view.today).working


# --------------------------------------------------------------------------- letters to units


def _letters(view: _Now) -> Iterable[Step]:
    if not _office_hours(view):
        return
    for unit in view.month.units:
        if _owes(unit):
            step = _step_of(view, unit)
            if step:
                yield step


def _owes(unit: UnitMonth) -> bool:
    return unit.chased and not unit.exempt and bool(unit.missing_items or unit.missing_support_items)


def _step_of(view: _Now, unit: UnitMonth) -> Step | None:
    """The one letter that a unit is due today, if any: the latest step that has come."""
    end = unit.extended_until
    if end and view.today <= end:
        return None
    if view.at <= view.month.due.until:
        return _before(view, unit)
    if not unit.missing_items and unit.standing is not Standing.NONE:
        return None
    return _after(view, unit, max(end or view.last_day, view.last_day))


def _before(view: _Now, unit: UnitMonth) -> Step | None:
    period, name = view.month.period, unit.unit
    first = last_day_of(period) + timedelta(days=1)
    days = sorted(view.office.remind_before, reverse=True)
    steps = [(working_day_after(first, 0, view.calendar), 0, 0)]
    steps += [
        (working_day_before(view.last_day, count, view.calendar), number, count) for number, count in enumerate(days, 1)
    ]
    past = [step for step in steps if step[0] <= view.today]
    if not past:
        return None
    day, number, count = max(past, key=lambda step: step[1])
    later = [f"remind:{period}:{name}:{index}" for index in range(number + 1, len(days) + 1)]
    if any(key in view.sent for key in later):
        # The clock was set back: a later step already left.
        return None
    if number == 0:
        return Step(
            NoticeKind.OPENING,
            f"open:{period}:{name}",
            name,
            0,
            f"{day.month}月{day.day}日是当月第一个工作日，告知本期应报事项",
            _held(view),
        )
    when = "截止日当天" if count == 0 else f"截止日前{count}个工作日（{day.month}月{day.day}日）"
    return Step(
        NoticeKind.REMINDER,
        f"remind:{period}:{name}:{number}",
        name,
        number,
        f"{when}，仍缺{_owed(unit)}",
        _held(view),
    )


def _after(view: _Now, unit: UnitMonth, base: date) -> Step | None:
    period, name = view.month.period, unit.unit
    days = sorted(view.office.overdue_after)
    past = [
        (number, count)
        for number, count in enumerate(days, 1)
        if working_day_after(base, count, view.calendar) <= view.today
    ]
    escalation = _escalation_day(view, base)
    if escalation and escalation <= view.today:
        return Step(
            NoticeKind.ESCALATION,
            f"escalation:{period}:{name}",
            name,
            0,
            f"截止日后第{max(days) + 1}个工作日仍缺{_owed(unit)}，起草督办函，须人工放行",
            _held(view, always=True),
        )
    if not past:
        return None
    number, count = past[-1]
    if any(f"overdue:{period}:{name}:{index}" in view.sent for index in range(number + 1, len(days) + 1)):
        return None
    return Step(
        NoticeKind.OVERDUE,
        f"overdue:{period}:{name}:{number}",
        name,
        number,
        f"截止日后第{count}个工作日，仍缺{_owed(unit)}",
        _held(view),
    )


def _escalation_day(view: _Now, base: date) -> date | None:
    """The working day after the last overdue step; none where the office has no overdue steps."""
    if not view.office.overdue_after:
        return None
    return working_day_after(base, max(view.office.overdue_after) + 1, view.calendar)


def _owed(unit: UnitMonth) -> str:
    parts = []
    if unit.missing_items:
        parts.append(f"第{'、'.join(map(str, unit.missing_items))}条")
    if unit.missing_support_items:
        parts.append(f"第{'、'.join(map(str, unit.missing_support_items))}条的配合情况")
    return "和".join(parts) or "本期报告"


# --------------------------------------------------------------------------- the office's own papers


def _papers(view: _Now) -> Iterable[Step]:
    period, office = view.month.period, view.office
    first, last = office.digest_window
    if first <= view.today.day <= last and view.at.time() >= office.send_from and _is_due_month(view):
        yield Step(NoticeKind.DIGEST, f"digest:{view.today.isoformat()}", "", 0, "报送窗口内每日一报", held=False)
    start = summary_from(view.month, office)
    if view.at < start or (view.began and start < view.began and not any(unit.mails for unit in view.month.units)):
        return
    summary = f"summary:{period}"
    yield Step(NoticeKind.SUMMARY, summary, "", 0, f"{start.month}月{start.day}日截止，编发当月汇总", _held(view))
    forces = dict.fromkeys(item.task_force for item in view.month.plan.items if item.task_force)
    for force in forces:
        key = f"task_force:{period}:{force}"
        yield Step(NoticeKind.TASK_FORCE, key, force, 0, f"随当月汇总编发{force}分册", _held(view))
    late = _came_late(view, start)
    if late and summary in view.sent and _office_hours(view):
        key = f"supplementary:{period}:{late}"
        yield Step(NoticeKind.SUPPLEMENTARY, key, "", late, f"汇总之后又收到{late}份来件，编发增补版", _held(view))


def _is_due_month(view: _Now) -> bool:
    first = last_day_of(view.month.period) + timedelta(days=1)
    return (view.today.year, view.today.month) == (first.year, first.month)


def summary_from(month: Month, office: Office) -> datetime:
    """When the summary is due: at the end of office hours of the due day, or at the cut-off where that is earlier."""
    until = month.due.until.astimezone(ZoneInfo(office.timezone))
    return min(until, until.replace(hour=office.send_until.hour, minute=office.send_until.minute, second=0))


def _came_late(view: _Now, start: datetime) -> int:
    """How many reports came behind the summary and before this morning: one edition a day at most."""
    morning = view.at.replace(
        hour=view.office.send_from.hour, minute=view.office.send_from.minute, second=0, microsecond=0
    )
    late = {
        stored.filing.digest
        for stored in view.month.filings
        if _counts(stored, view.month.period) and start < stored.received_at <= morning
    }
    return len(late)


def _counts(stored: StoredFiling, period: str) -> bool:
    return stored.counts and stored.filing.period == period and stored.filing.kind is not MailKind.OTHER


# --------------------------------------------------------------------------- doubt

#: These say in public who did not report, so they need a mailbox that was read.
_TELLING = CHASING | {NoticeKind.SUMMARY, NoticeKind.TASK_FORCE, NoticeKind.SUPPLEMENTARY}

_UNREAD = "这次没有收到信（或只读到邮箱的一部分），报告可能已在邮箱里；收信成功后自动继续。"


def _stale(at: datetime, last_poll: datetime | None, office: Office) -> str:
    if last_poll is None:
        return "还没有成功收信，不能断定谁没有报送；请先运行 yuebao poll 并检查邮箱设置（yuebao doctor）。"
    hours = (at - last_poll).total_seconds() / 3600
    if hours > office.stale_hours:
        return (
            f"最近一次成功收信在{hours:.0f}小时前（上限{office.stale_hours}小时），可能有来信未取到；"
            "请先恢复收信（yuebao doctor），收信成功后自动继续。"
        )
    return ""


def _crowd(steps: list[Step], month: Month, office: Office, earlier_missing: tuple[int, ...]) -> str:
    """A doubt when nearly everybody suddenly seems to owe: then the ledger is wrong more likely than the units.

    Behind the due day that is many times more units than ever before and most of all units. Before it most reports are
    still to come, so only the last reminder is doubted, and only when not one unit has sent anything.
    """
    owing = [unit for unit in month.units if unit.duties and not unit.exempt]
    if not earlier_missing or len(owing) < _FEWEST:
        return ""
    most = max(earlier_missing)
    late = {step.unit for step in steps if step.kind in {NoticeKind.OVERDUE, NoticeKind.ESCALATION}}
    if len(late) > _FACTOR * most and len(late) >= _SHARE * len(owing):
        said = f"共有{len(late)}个单位逾期，而以往最多{most}个"
    elif (
        any(step.kind is NoticeKind.REMINDER and step.number == len(office.remind_before) for step in steps)
        and all(unit.standing is Standing.NONE for unit in owing)
        and _FACTOR * most < len(owing)
    ):
        said = f"临近截止还没有一个单位报送，而以往最多缺{most}个单位"
    else:
        return ""
    return f"{said}，可能是台账或收信出了问题；请先运行 yuebao status 与 yuebao replay --check 核对，确认无误后放行。"


def _doubted(step: Step, stale: str, doubt: str, unit: UnitMonth | None, month: Month) -> Step | Withheld:
    if stale and step.kind in _TELLING:
        return Withheld(step, stale)
    if doubt and step.kind in CHASING:
        return Withheld(step, doubt)
    if unit and step.kind in CHASING and _may_be_answered(unit, month):
        return Withheld(step, f"{unit.unit}有来信待人工确认，确认前不催；用 yuebao review list 查看。")
    return step


def _may_be_answered(unit: UnitMonth, month: Month) -> bool:
    """Whether what a unit owes may lie in a mail that still waits for a person.

    A report that counts and waits for a detail only is no reason for silence when more items are missing than
    details are open.
    """
    if not unit.waiting:
        return False
    if unit.standing is Standing.NONE:
        return True
    digests = {stored.filing.digest for stored in month.filings if stored.mail in unit.mails}
    mine = [question for question in month.open_questions if question.digest in digests]
    if not mine or any(question.holds for question in mine):
        return True
    return len(unit.missing_items) + len(unit.missing_support_items) <= len(mine)
