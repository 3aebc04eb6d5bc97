"""A desk over the small month's home, with any mailbox, transport and clock."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from pipeline.adapters.clock import SimulatedClock
from pipeline.adapters.smtp import MemoryTransport, Transport
from pipeline.adapters.source import MailSource, MemorySource
from pipeline.app import LEDGER, make_desk
from pipeline.flows import replay
from pipeline.flows.desk import Desk
from tests.faults.month import write_config
from tests.faults.worker import opener

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def desk_in(
    home: Path, when: datetime, *, source: MailSource | None = None, transport: Transport | None = None
) -> Iterator[Desk]:
    """Open the home as the service does, at a moment; its pauses take no time."""
    if not (home / "config").exists():
        write_config(home, ROOT)
    clock = SimulatedClock(when)
    mailbox, carrier = source or MemorySource(), transport or MemoryTransport()
    desk = replay.sound(
        lambda: make_desk(home, source=mailbox, transport=carrier, clock=clock, opener=opener), home / LEDGER
    )
    desk.pause = lambda _least, _most: 0.0
    try:
        yield desk
    finally:
        desk.ledger.close()
