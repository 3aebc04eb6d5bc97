"""status.json: what another program sees of the service, and that nothing in it is anybody's secret."""

from __future__ import annotations

import json
import stat
from datetime import timedelta
from pathlib import Path

from pipeline.flows import watch
from pipeline.flows.tick import tick
from tests.hostile.office_desk import clock_of, office


def test_a_round_leaves_a_private_status(tmp_path: Path) -> None:
    """After a good round the file says so, and only its owner may read it."""
    with office(tmp_path / "home") as desk:
        tick(desk)
        told = json.loads((desk.home / watch.STATUS).read_text(encoding="utf-8"))
        assert (told["ok"], told["problems"], told["backlog"]) == (True, [], 0)
        assert told["last_poll"] is not None
        assert stat.S_IMODE((desk.home / watch.STATUS).stat().st_mode) == 0o600


def test_a_stale_mailbox_is_told_and_so_is_its_recovery(tmp_path: Path) -> None:
    """A poll that is too old is an alarm; the next good round is told as a recovery, in the audit too."""
    with office(tmp_path / "home") as desk:
        tick(desk)
        clock_of(desk).set(desk.now() + timedelta(hours=desk.settings.office.stale_hours + 1))
        stale = watch.report(desk)
        assert stale["ok"] is False
        assert "没有成功收信" in stale["problems"][0]
        tick(desk)
        assert watch.read(desk.home)["ok"] is True  # type: ignore[index]
        kinds = [entry.kind for entry in desk.journal.entries()]
        assert (kinds.count("watch.alarm"), kinds.count("watch.recovered")) == (1, 1)
