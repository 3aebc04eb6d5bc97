"""A mailbox that failed is given time, the longer the more often it did; a refused account at once an hour."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from pipeline.adapters.clock import SimulatedClock
from pipeline.adapters.home import init_home
from pipeline.adapters.opening import open_in_process
from pipeline.adapters.smtp import MemoryTransport
from pipeline.adapters.source import MemorySource
from pipeline.app import make_desk
from pipeline.errors import LoginError, NetworkError, SourceError
from pipeline.flows.desk import Desk
from pipeline.flows.ingest import ingest
from pipeline.readers import Tools

START = datetime.fromisoformat("2022-09-05T09:00:00+08:00")
MAIL = b"From: a@b.example\r\nSubject: x\r\n\r\nhello"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A new home with a mailbox in memory that was read once, and a mail that came since."""
    list(init_home(tmp_path))
    source = MemorySource()
    made = make_desk(
        tmp_path,
        source=source,
        transport=MemoryTransport(),
        clock=SimulatedClock(START),
        opener=lambda data, digest: open_in_process(data, digest, tools=Tools()),
    )
    ingest(made)
    source.deliver(MAIL, received_at=START)
    yield made
    made.ledger.close()


def fail(desk: Desk, error: SourceError) -> None:
    """One poll that fails."""
    assert isinstance(desk.source, MemorySource)
    desk.source.trouble = error
    assert ingest(desk, insist=True).trouble


def later(desk: Desk, minutes: int) -> None:
    """Move the clock."""
    assert isinstance(desk.clock, SimulatedClock)
    desk.clock.set(desk.now() + timedelta(minutes=minutes))


def test_a_refused_account_is_let_alone_for_an_hour(desk: Desk) -> None:
    """No login by the service in between; a person who asks is obeyed; after the hour it is tried again."""
    fail(desk, LoginError("授权码不对"))
    later(desk, 10)
    assert ingest(desk).poll is None
    later(desk, 51)
    assert len(ingest(desk).new) == 1


def test_a_person_who_asks_is_obeyed(desk: Desk) -> None:
    """``yuebao poll`` looks at once, whatever the service waits for."""
    fail(desk, LoginError("授权码不对"))
    assert len(ingest(desk, insist=True).new) == 1


def test_an_edit_of_the_configuration_ends_the_wait(desk: Desk) -> None:
    """Who has put the account right does not wait for an hour."""
    fail(desk, LoginError("授权码不对"))
    path = desk.home / "config" / "office.yaml"
    path.write_text(path.read_text(encoding="utf-8") + "# 已改正\n", encoding="utf-8")
    assert len(ingest(desk).new) == 1


def test_a_lost_connection_is_tried_again_at_the_next_round_and_then_ever_more_rarely(desk: Desk) -> None:
    """A short break costs nothing; a long one ends in one try an hour."""
    for _ in range(8):
        fail(desk, NetworkError("断线"))
    later(desk, 10)
    assert ingest(desk).poll is None
    later(desk, 51)
    assert len(ingest(desk).new) == 1
    fail(desk, NetworkError("断线"))
    later(desk, 10)
    assert ingest(desk).poll is not None
