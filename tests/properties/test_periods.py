"""Months: arithmetic without seams, and every usual way of writing one."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from pipeline import periods
from tests.support.numerals import to_chinese

YEARS = st.integers(min_value=2001, max_value=2098)
MONTHS = st.integers(min_value=1, max_value=12)
SHIFTS = st.integers(min_value=-400, max_value=400)
DIGITS = "〇一二三四五六七八九"


@given(YEARS, MONTHS, SHIFTS, SHIFTS)
def test_shifts_add_up(year: int, month: int, one: int, other: int) -> None:
    """Two steps are their sum, and back is back."""
    period = f"{year:04d}-{month:02d}"
    assert periods.shift(period, one + other) == periods.shift(periods.shift(period, one), other)
    assert period == periods.previous_period(periods.next_period(period))
    assert period == periods.parse_period(period)


@given(st.dates(min_value=date(2001, 1, 1), max_value=date(2098, 12, 31)))
def test_the_day_before_the_first_is_the_month_before(day: date) -> None:
    """Calendar and arithmetic agree."""
    last = day.replace(day=1) - timedelta(days=1)
    assert periods.period_of(last) == periods.previous_period(periods.period_of(day))


@given(
    YEARS,
    MONTHS,
    st.sampled_from(("{y}年{m}月", "{y}年{m:02d}月份", "{y}-{m:02d}", "{y}.{m}", "{cy}年{cm}月", "{y} 年 {m} 月")),
)
def test_every_way_of_writing_is_read(year: int, month: int, form: str) -> None:
    """Digits, Chinese numerals, points and hyphens name the same month."""
    chinese = "".join(DIGITS[int(sign)] for sign in str(year))
    said = form.format(y=year, m=month, cy=chinese, cm=to_chinese(month))
    found = periods.months_in(f"关于{said}工作情况的报告")
    assert [(month, year)] == [(one.month, one.year) for one in found]


@given(MONTHS, MONTHS, st.sampled_from("-—–－~～至到"))
def test_a_range_is_its_last_month(first: int, last: int, dash: str) -> None:
    """1—9月 is one mention of September."""
    found = periods.months_in(f"{first}{dash}{last}月份进展")
    assert [last] == [one.month for one in found]
    if first < last:
        assert first == found[0].first


@given(st.dates(min_value=date(2001, 1, 1), max_value=date(2098, 12, 31)), MONTHS)
def test_a_month_without_a_year_is_never_ahead(received: date, month: int) -> None:
    """The nearest such month that has begun, less than a year back."""
    period = periods.nearest(month, None, received)
    assert period <= periods.period_of(received) < periods.shift(period, 12)


@given(YEARS, MONTHS, st.integers(min_value=1, max_value=28))
def test_a_day_is_no_month(year: int, month: int, day: int) -> None:
    """9月12日 is a date."""
    assert [one.dated for one in periods.months_in(f"{year}年{month}月{day}日")] == [True]


@given(st.text(max_size=80))
def test_nothing_breaks_it(said: str) -> None:
    """Any text gives months within the calendar, inside the text."""
    for one in periods.months_in(said):
        assert 1 <= one.month <= 12
        assert 0 <= one.start < one.end <= len(said)
