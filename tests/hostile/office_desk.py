"""A whole home over a memory mailbox with the shipped configuration: what the hostile suites work on."""

from __future__ import annotations

import contextlib
import hashlib
import shutil
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from zoneinfo import ZoneInfo

from pipeline.adapters.child import open_mail
from pipeline.adapters.clock import SimulatedClock
from pipeline.adapters.smtp import MemoryTransport
from pipeline.adapters.source import MemorySource
from pipeline.app import make_desk
from pipeline.flows import ingest
from pipeline.flows.desk import Desk
from pipeline.model import Filing, Opened, OutgoingLetter, RawMessage

ROOT = Path(__file__).resolve().parents[2]
ZONE = ZoneInfo("Asia/Shanghai")
START = datetime(2022, 9, 6, 9, 0, tzinfo=ZONE)


@contextlib.contextmanager
def office(
    home: Path,
    *,
    start: datetime = START,
    opener: Callable[[bytes, str], Opened] = open_mail,
    edit: Callable[[Path], None] = lambda _home: None,
) -> Iterator[Desk]:
    """A desk with the repository's configuration; ``edit`` may change the files before they are read."""
    if not (home / "config").exists():
        home.mkdir(parents=True, exist_ok=True)
        shutil.copytree(ROOT / "config", home / "config")
    edit(home)
    desk = make_desk(
        home, source=MemorySource(), transport=MemoryTransport(), clock=SimulatedClock(start), opener=opener
    )
    desk.pause = lambda _least, _most: 0.0
    try:
        with desk.ledger.atomic():
            if not desk.ledger.fact("born"):
                desk.ledger.set_fact("born", (start - timedelta(days=30)).isoformat())
        yield desk
    finally:
        desk.ledger.close()


def raw_of(data: bytes, at: datetime, *, origin: str = "") -> RawMessage:
    """Bytes as a mail taken in at a time."""
    return RawMessage(hashlib.sha256(data).hexdigest(), data, at, origin=origin or "hostile.eml")


def take(desk: Desk, data: bytes, *, at: datetime | None = None, origin: str = "") -> Filing:
    """One mail through archive and the real flow."""
    raw = raw_of(data, at or desk.now(), origin=origin)
    desk.archive.keep(raw)
    return ingest.take_in(desk, raw)


def clock_of(desk: Desk) -> SimulatedClock:
    """The desk's clock, to be moved."""
    assert isinstance(desk.clock, SimulatedClock)
    return desk.clock


def accepted(desk: Desk) -> list[tuple[str, ...]]:
    """Recipients of everything that left."""
    assert isinstance(desk.transport, MemoryTransport)
    return [one.recipients for one in desk.transport.accepted]


def letters(desk: Desk) -> tuple[OutgoingLetter, ...]:
    """All letters with their bytes."""
    return desk.ledger.letters(with_data=True)


def parsed(letter: OutgoingLetter | bytes) -> EmailMessage:
    """A letter as a mail reader sees it."""
    message = message_from_bytes(letter if isinstance(letter, bytes) else letter.data, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def texts(letter: OutgoingLetter | bytes) -> tuple[str, str]:
    """(plain, html) body of a letter."""
    message = parsed(letter)
    plain, html = message.get_body(("plain",)), message.get_body(("html",))
    return (plain.get_content() if plain else "", html.get_content() if html else "")
