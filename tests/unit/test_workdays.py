"""Working days and due days follow the published calendar, and never fail where there is none."""

from __future__ import annotations

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.model import DueRule, Holiday, HolidayPolicy
from pipeline.workdays import calendar, due_day

ZONE = "Asia/Shanghai"
DAYS = st.dates(date(1900, 1, 1), date(2100, 12, 31))
PLAIN = calendar(())
PLAIN(date(2022, 1, 1))  # the library of holidays is loaded before any test is timed


@pytest.mark.parametrize(
    ("day", "working", "source"),
    [
        (date(2022, 9, 12), False, "published"),
        (date(2022, 10, 8), True, "published"),
        (date(2022, 10, 9), True, "published"),
        (date(2022, 10, 12), True, "published"),
        (date(2022, 11, 12), False, "published"),
        (date(2025, 10, 11), True, "published"),
        (date(2026, 12, 12), False, "published"),
        (date(2099, 10, 1), False, "statutory"),
        (date(2099, 3, 7), False, "weekend"),
        (date(2099, 3, 9), True, "weekend"),
    ],
)
def test_each_layer_answers_for_its_days(day: date, working: bool, source: str) -> None:  # noqa: FBT001 - parametrized
    """Make-up days work, holidays and weekends do not, and the layer that said so is named."""
    found = PLAIN(day)
    assert (working, source) == (found.working, found.source)


def test_the_offices_own_entry_wins() -> None:
    """What the office typed stands above what the library knows."""
    own = calendar((Holiday(date(2022, 9, 12), working=True, name="加班", source="某办发1号"),))
    assert own(date(2022, 9, 12)).working
    assert own(date(2022, 9, 12)).source == "office"


def test_one_closure_does_not_publish_a_year() -> None:
    """An entry without the notice's number leaves the year's statutory holidays, and its doubt, as they were."""
    own = calendar((Holiday(date(2099, 3, 9), working=False, name="停电"),))
    assert not own(date(2099, 10, 1)).working
    assert own(date(2099, 10, 1)).provisional
    typed = calendar((Holiday(date(2099, 3, 9), working=False, name="停电", source="国办1号"),))
    assert not typed(date(2099, 10, 1)).working
    assert not typed(date(2099, 10, 1)).provisional


@pytest.mark.parametrize(
    ("period", "policy", "expected"),
    [
        ("2022-08", HolidayPolicy.KEEP, date(2022, 9, 12)),
        ("2022-08", HolidayPolicy.EARLIER, date(2022, 9, 9)),
        ("2022-08", HolidayPolicy.LATER, date(2022, 9, 13)),
        ("2022-09", HolidayPolicy.EARLIER, date(2022, 10, 12)),
        ("2022-10", HolidayPolicy.KEEP, date(2022, 11, 12)),
        ("2022-10", HolidayPolicy.EARLIER, date(2022, 11, 11)),
        ("2022-10", HolidayPolicy.LATER, date(2022, 11, 14)),
        ("2026-11", HolidayPolicy.LATER, date(2026, 12, 14)),
        ("2027-01", HolidayPolicy.KEEP, date(2027, 2, 12)),
    ],
)
def test_the_due_day_follows_the_rule(period: str, policy: HolidayPolicy, expected: date) -> None:
    """Keep, earlier and later do what they say around holidays and weekends."""
    assert expected == due_day(period, DueRule(holidays=policy), PLAIN, ZONE).day


def test_the_reason_names_holiday_and_rule() -> None:
    """The explanation says which holiday it is and which rule applied."""
    found = due_day("2022-08", DueRule(), PLAIN, ZONE)
    assert "2022年9月12日为中秋节假期" in found.because
    assert "不顺延" in found.because
    assert not found.provisional


def test_an_unpublished_year_is_provisional() -> None:
    """A year without a published calendar gives a day all the same, marked 暂定."""
    found = due_day("2098-12", DueRule(), PLAIN, ZONE)
    assert found.provisional
    assert "暂定" in found.because


def test_exclusive_and_cutoff() -> None:
    """Exclusive means the day before; the cut-off hour ends that day."""
    found = due_day("2022-09", DueRule(inclusive=False, cutoff=time(18)), PLAIN, ZONE)
    assert datetime(2022, 10, 11, 18, tzinfo=ZoneInfo(ZONE)) == found.until


def test_a_day_that_a_month_lacks_is_its_last() -> None:
    """The 31st of February is its last day."""
    assert date(2023, 2, 28) == due_day("2023-01", DueRule(day=31), PLAIN, ZONE).day


@given(DAYS)
def test_every_day_has_an_answer(day: date) -> None:
    """No day between 1900 and 2100 raises, and each has a name."""
    assert PLAIN(day).name


@given(DAYS, st.sampled_from(HolidayPolicy), st.integers(1, 31), st.booleans())
def test_moved_due_days_are_working_days(day: date, policy: HolidayPolicy, nominal: int, inclusive: bool) -> None:  # noqa: FBT001 - drawn
    """Whatever the year: earlier and later give working days, and the explanation is never empty."""
    rule = DueRule(day=nominal, inclusive=inclusive, holidays=policy)
    found = due_day(f"{day.year}-{day.month:02d}", rule, PLAIN, ZONE)
    assert found.because
    if policy != HolidayPolicy.KEEP:
        assert PLAIN(found.day).working
