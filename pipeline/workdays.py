"""Published holidays in layers → working days, and the due day of a month with its reason."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import chinese_calendar

from pipeline.model import CalendarDay, DueDay, DueRule, Holiday, HolidayPolicy
from pipeline.periods import next_period

_WEEKDAYS = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")
#: Names of the library's holidays in Chinese.
_NAMES = {
    "New Year's Day": "元旦",
    "Spring Festival": "春节",
    "Tomb-sweeping Day": "清明节",
    "Labour Day": "劳动节",
    "Dragon Boat Festival": "端午节",
    "National Day": "国庆节",
    "Mid-autumn Festival": "中秋节",
    "Anti-Fascist 70th Day": "抗战胜利纪念日",
}


def calendar(entries: tuple[Holiday, ...]) -> Callable[[date], CalendarDay]:
    """A calendar that answers for every day and never raises.

    Layers, first answer wins: the office's own entries (typed from the official notice); the published years of
    ``chinesecalendar``; statutory holidays of later years (provisional, 暂定: 调休 is unknown); weekends.
    """
    own = {entry.day: entry for entry in entries}
    #: Years whose notice the office typed: an entry without the notice's number is a closure of its own.
    typed = frozenset(entry.day.year for entry in entries if entry.source)
    years: dict[int, dict[date, str]] = {}

    @cache
    def answer(day: date) -> CalendarDay:
        if day in own:
            entry = own[day]
            return CalendarDay(day, entry.working, entry.name or _WEEKDAYS[day.weekday()], "office")
        try:
            off, name = chinese_calendar.get_holiday_detail(day)
        except NotImplementedError:
            return _unpublished(day, years, known=day.year in typed)
        label = _NAMES.get(name or "", name or "")
        weekend = day.weekday() >= 5
        if off:
            return CalendarDay(
                day, working=False, name=f"{label}假期" if label else _WEEKDAYS[day.weekday()], source="published"
            )
        name = "调休上班" if weekend else _WEEKDAYS[day.weekday()]
        return CalendarDay(day, working=True, name=name, source="published")

    return answer


def _unpublished(day: date, years: dict[int, dict[date, str]], *, known: bool) -> CalendarDay:
    """A day of a year that the library does not know; ``known`` when the office typed that year's notice."""
    if day.year not in years:
        import holidays as statutory_holidays  # noqa: PLC0415 - large, and asked only beyond the published years

        try:
            table = statutory_holidays.country_holidays("CN", years=day.year, language="zh_CN")
            years[day.year] = {when: str(name) for when, name in table.items()}
        except (NotImplementedError, ValueError, OverflowError):
            years[day.year] = {}
    provisional = not known
    if day in years[day.year]:
        # A statutory day is off whatever the year's notice moves around it.
        name = years[day.year][day].split(";")[0]
        return CalendarDay(day, working=False, name=name, source="statutory", provisional=provisional)
    return CalendarDay(day, day.weekday() < 5, _WEEKDAYS[day.weekday()], "weekend", provisional=provisional)


def next_working_day(day: date, calendar: Callable[[date], CalendarDay], *, step: int = 1) -> date:
    """The first working day from ``day`` on (itself included), forwards or (``step`` -1) backwards."""
    for _ in range(60):
        if calendar(day).working:
            return day
        day += timedelta(days=step)
    return day


def due_day(period: str, rule: DueRule, calendar: Callable[[date], CalendarDay], timezone: str) -> DueDay:
    """The due day of the report on a month, in the following month, with the rule that leads to it."""
    year, month = map(int, next_period(period).split("-"))
    last = 31
    while True:
        try:
            nominal = date(year, month, min(rule.day, last))
            break
        except ValueError:
            last -= 1
    day = nominal if rule.inclusive else nominal - timedelta(days=1)
    found = calendar(day)
    stated = f"{day.year}年{day.month}月{day.day}日"
    words = f"每月{rule.day}日前报送，{rule.day}日{'当天有效' if rule.inclusive else '当天不算，最后一天为前一日'}"
    name = found.name if found.name.startswith(("周", "星期")) else f"{found.name}（{_WEEKDAYS[day.weekday()]}）"
    if found.working:
        because = f"{words}；{stated}为{name}，是工作日。"
        final = day
    elif rule.holidays == HolidayPolicy.KEEP:
        because = f"{words}；{stated}为{name}，按“不顺延”规则，截止日不变，提醒在此前的工作日发出。"
        final = day
    elif rule.holidays == HolidayPolicy.EARLIER:
        final = next_working_day(day, calendar, step=-1)
        moved = f"按“提前”规则，截止日为此前最后一个工作日{final.month}月{final.day}日。"
        because = f"{words}；{stated}为{name}，{moved}"
    else:
        final = next_working_day(day, calendar)
        moved = f"按“顺延”规则，截止日为此后第一个工作日{final.month}月{final.day}日。"
        because = f"{words}；{stated}为{name}，{moved}"
    provisional = found.provisional or calendar(final).provisional
    if provisional:
        because += f"{final.year}年放假安排尚未公布，以上为暂定。"
    cutoff = rule.cutoff if rule.cutoff != time(0) else time(23, 59, 59)
    until = datetime.combine(final, cutoff, ZoneInfo(timezone))
    return DueDay(period, final, until, because, provisional)
