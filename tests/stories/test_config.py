"""An edit of the configuration takes effect without a restart, on what came before it too."""

from __future__ import annotations

import shutil
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from pipeline.adapters.clock import SimulatedClock
from pipeline.adapters.smtp import MemoryTransport
from pipeline.adapters.source import MemorySource
from pipeline.app import make_desk, replay_home
from pipeline.flows.tick import tick

ROOT = Path(__file__).resolve().parents[2]
ZONE = ZoneInfo("Asia/Shanghai")
MAIL = ROOT / "tests" / "corpus" / "demo" / "INBOX" / "B02.eml"


def test_registering_an_address_settles_the_mail_that_came_from_it(tmp_path: Path) -> None:
    """A stranger's mail waits; once the office writes his address into units.yaml it counts, and a replay agrees."""
    shutil.copytree(ROOT / "config", tmp_path / "config")
    source, clock = MemorySource(), SimulatedClock(datetime(2022, 9, 9, 9, tzinfo=ZONE))
    desk = make_desk(tmp_path, source=source, transport=MemoryTransport(), clock=clock)
    try:
        tick(desk)
        source.deliver(MAIL.read_bytes(), received_at=datetime(2022, 9, 9, 21, tzinfo=ZONE))
        clock.set(datetime(2022, 9, 9, 22, tzinfo=ZONE))
        tick(desk)
        ((_message, waiting),) = desk.ledger.filings()
        assert (waiting.unit, waiting.sender_known) == ("县能源局", False)

        units = tmp_path / "config" / "units.yaml"
        text = units.read_text(encoding="utf-8")
        units.write_text(
            text.replace("- xxnyuanj@163.example", "- xxnyuanj@163.example\n      - gao_energy88@qq.example"),
            encoding="utf-8",
        )
        clock.set(datetime(2022, 9, 9, 23, tzinfo=ZONE))
        tick(desk)
        ((_message, counted),) = desk.ledger.filings()
        assert (counted.unit, counted.sender_known) == ("县能源局", True)
        assert not any(question.holds for question in counted.questions)
    finally:
        desk.ledger.close()
    agreed, lines = replay_home(tmp_path, check=True)
    assert agreed, lines
