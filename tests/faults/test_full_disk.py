"""F8: a file system that is really full: nothing counts as done, the office is told, and it goes on by itself."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from pipeline.adapters.embedded import NETEASE, EmbeddedImap
from pipeline.adapters.imap import ImapSource
from pipeline.adapters.smtp import MemoryTransport
from pipeline.errors import YuebaoError
from pipeline.flows.tick import tick
from tests.faults.desks import desk_in
from tests.faults.disks import MIB, tmpfs
from tests.faults.invariants import broken
from tests.faults.month import CODE, MAILBOX, at, mail, steps
from tests.faults.scale import seeds
from tests.support.servers import letter


def fill(place: Path, leave: int) -> None:
    """Another program takes the space, but for so many bytes."""
    free = os.statvfs(place).f_bavail * os.statvfs(place).f_frsize
    with (place / "other-program.bin").open("wb") as file:
        file.write(b"\0" * max(0, free - leave))


@pytest.mark.parametrize("seed", seeds(2, all_of_them=10))
@pytest.mark.parametrize("size", [1 * MIB, 8 * MIB])
def test_a_full_disk_heals_by_itself(tmp_path: Path, size: int, seed: int) -> None:
    """Rounds on a disk with almost nothing left, then space again: every mail there once, every letter left once."""
    chance = random.Random(seed)  # noqa: S311 - a seeded draw
    transport = MemoryTransport()
    with (
        tmpfs(tmp_path / "disk", size) as disk,
        EmbeddedImap(NETEASE, user=MAILBOX, password=CODE) as imap,
    ):
        source = ImapSource("127.0.0.1", imap.port, MAILBOX, CODE, security="none", silence=5)
        place = disk.place
        home = place / "home"
        with desk_in(home, at(7, 8), source=source, transport=transport) as desk:
            tick(desk)
        fill(place, chance.randint(0, 200_000))
        for arrival in (arrival for step in steps()[:3] for arrival in step.arrivals):
            imap.deliver(arrival.data, received_at=arrival.at)
        for number in range(20, 40):
            imap.deliver(letter(number, size=chance.randint(1000, 60_000)), received_at=at(8, 8, number))
        told: list[str] = []
        for minute in (0, 10, 20):
            try:
                with desk_in(home, at(8, 9, minute), source=source, transport=transport) as desk:
                    done = tick(desk)
                    told.append(done.trouble or done.ingested.trouble)
            except YuebaoError as error:
                told.append(error.message)
        assert any("磁盘" in words for words in told), told
        # Space comes back; nobody restarts or repairs anything.
        disk.remount(f"size={64 * MIB}")
        for minute in (30, 40):
            with desk_in(home, at(8, 9, minute), source=source, transport=transport) as desk:
                assert tick(desk).trouble == ""
        assert broken(home, imap, (one.data for one in transport.accepted)) == ()
        assert len(list((home / "inbox_archive").rglob("*.eml"))) == len(set(imap.mails()))


def test_a_quota_comes_back_within_one_service(tmp_path: Path) -> None:
    """The same desk, never closed: full for some rounds, then not; the poll, the ledger and the journal go on."""
    transport = MemoryTransport()
    with tmpfs(tmp_path / "disk", 16 * MIB) as disk, EmbeddedImap(NETEASE, user=MAILBOX, password=CODE) as imap:
        place = disk.place
        source = ImapSource("127.0.0.1", imap.port, MAILBOX, CODE, security="none", silence=5)
        with desk_in(place / "home", at(7, 8), source=source, transport=transport) as desk:
            tick(desk)
            fill(place, 0)
            for number in range(1, 6):
                body = f"县文旅局2022年8月服务业工作报告\n1. 发展乡村旅游：新建民宿{number}家。\n"
                data = mail(number, at(7, 9), sender="wlj@unit.example", subject="8月报告", body=body)
                imap.deliver(data, received_at=at(7, 9))
            for _ in range(3):
                desk.clock.sleep(600)
                assert tick(desk).trouble or tick(desk).ingested.trouble
            (place / "other-program.bin").unlink()
            desk.clock.sleep(600)
            assert tick(desk).trouble == ""
            desk.clock.sleep(600)
            tick(desk)
        assert broken(place / "home", imap, (one.data for one in transport.accepted)) == ()
