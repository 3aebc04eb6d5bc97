"""The time, real or simulated. Contains no business logic."""

from __future__ import annotations

import time
from datetime import datetime, timedelta, tzinfo
from typing import Protocol


class Clock(Protocol):
    """Tells the time in the office's zone and waits."""

    def now(self) -> datetime:
        """The time, aware."""
        ...

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        ...


class SystemClock:
    """The machine's clock."""

    def __init__(self, zone: tzinfo) -> None:
        self._zone = zone

    def now(self) -> datetime:
        """The time, aware."""
        return datetime.now(self._zone)

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        time.sleep(max(0.0, seconds))


class SimulatedClock:
    """A clock that is set by hand and moves by itself only while somebody sleeps."""

    def __init__(self, start: datetime) -> None:
        if start.tzinfo is None:
            message = "a simulated clock needs a zone"
            raise ValueError(message)
        self._now = start

    def now(self) -> datetime:
        """The time it was set to, plus all sleeps."""
        return self._now

    def sleep(self, seconds: float) -> None:
        """Move the clock on at once."""
        self._now += timedelta(seconds=max(0.0, seconds))

    def set(self, moment: datetime) -> None:
        """Set the clock, forwards or backwards."""
        self._now = moment.astimezone(self._now.tzinfo)
