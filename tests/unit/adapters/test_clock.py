"""The clock tells aware times; the simulated one moves by hand and by sleeping."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.adapters.clock import SimulatedClock, SystemClock

ZONE = ZoneInfo("Asia/Shanghai")
START = datetime(2022, 9, 1, tzinfo=ZONE)


def test_the_machines_clock_is_aware_and_in_the_offices_zone() -> None:
    """Its time is the machine's, told with the offset of the zone."""
    found = SystemClock(ZONE).now()
    assert timedelta(hours=8) == found.utcoffset()
    assert abs(found - datetime.now(UTC)) < timedelta(seconds=5)


def test_the_machines_clock_waits() -> None:
    """Sleeping takes that long; a negative wait is none."""
    clock = SystemClock(ZONE)
    began = time.monotonic()
    clock.sleep(0.05)
    clock.sleep(-1)
    assert 0.04 < time.monotonic() - began < 5


@given(st.lists(st.floats(-100, 10**6), max_size=20))
def test_a_simulated_clock_moves_by_the_sum_of_sleeps(waits: list[float]) -> None:
    """It stands still but for sleeps, never goes back by one, and costs no time."""
    clock = SimulatedClock(START)
    last = clock.now()
    for wait in waits:
        clock.sleep(wait)
        assert clock.now() >= last
        last = clock.now()
    assert abs((clock.now() - START).total_seconds() - sum(max(0.0, wait) for wait in waits)) < 0.001


def test_a_simulated_clock_is_set_in_its_own_zone() -> None:
    """An instant given in another zone is the same instant, told in the clock's zone; it may go back."""
    clock = SimulatedClock(START)
    clock.set(datetime(2022, 8, 31, 20, tzinfo=UTC))
    assert datetime(2022, 9, 1, 4, tzinfo=ZONE) == clock.now()
    assert timedelta(hours=8) == clock.now().utcoffset()
    clock.set(START - timedelta(days=400))
    assert START - timedelta(days=400) == clock.now()


def test_a_time_without_zone_is_refused() -> None:
    """A simulated clock cannot begin at a time that says no zone."""
    with pytest.raises(ValueError, match="zone"):
        SimulatedClock(datetime(2022, 9, 1))  # noqa: DTZ001 - the mistake under test
