"""A backup made at any moment gives the home back, and nothing that left before the loss leaves again."""

from __future__ import annotations

import json
import shutil
import sqlite3
import stat
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from pipeline.adapters.clock import SimulatedClock
from pipeline.adapters.home import init_home
from pipeline.adapters.journal import Journal
from pipeline.adapters.smtp import MemoryTransport
from pipeline.adapters.source import MemorySource
from pipeline.app import drill, examine, make_desk, replay_home
from pipeline.errors import YuebaoError
from pipeline.flows import watch
from pipeline.flows.backup import backup, generations, restore, verify
from pipeline.flows.desk import Desk
from pipeline.flows.tick import tick
from pipeline.model import LetterState
from tests.support.servers import letter

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2022, 9, 8, 10, 0, tzinfo=ZONE)
#: A mailbox of the shipped contact list.
UNIT = "xxwlj@163.example"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with the shipped configuration."""
    folder = tmp_path / "home"
    list(init_home(folder))
    return folder


@contextmanager
def desk_of(home: Path, source: MemorySource, transport: MemoryTransport, at: datetime) -> Iterator[Desk]:
    """A desk over a home at one moment, with pauses that cost nothing."""
    desk = make_desk(home, source=source, transport=transport, clock=SimulatedClock(at))
    desk.pause = lambda _least, _most: 0.0
    try:
        yield desk
    finally:
        desk.ledger.close()


def office(home: Path, *, mails: int = 3, at: datetime = NOW) -> tuple[MemorySource, MemoryTransport]:
    """A home that worked once: mails in the archive, letters out."""
    source, transport = MemorySource(), MemoryTransport()
    with desk_of(home, source, transport, at - timedelta(days=1)) as desk:
        tick(desk)
    for number in range(mails):
        source.deliver(letter(number, at=at, sender=UNIT), received_at=at)
    with desk_of(home, source, transport, at) as desk:
        tick(desk)
    return source, transport


def keys(home: Path, *states: LetterState) -> set[str]:
    """Keys of the letters of a home in these states."""
    with desk_of(home, MemorySource(), MemoryTransport(), NOW) as desk:
        return {one.key for one in desk.ledger.letters(states=states)}


def test_a_restored_home_is_the_same_home(home: Path, tmp_path: Path) -> None:
    """Archive, ledger, journal, configuration and templates come back; a replay agrees; only the owner may read."""
    own = home / "config" / "office.yaml"
    own.write_text(own.read_text(encoding="utf-8") + "# 自己的话\n", encoding="utf-8")
    office(home)
    made = backup(home, tmp_path / "safe", now=NOW)
    assert (made.mails, made.new_mails) == (3, 3)
    again = tmp_path / "again"
    assert restore(tmp_path / "safe", again, now=NOW + timedelta(days=1)).mails == 3
    for name in ("config", "templates"):
        for path in (home / name).rglob("*"):
            if path.is_file():
                assert path.read_bytes() == (again / path.relative_to(home)).read_bytes()
    agreed, lines = replay_home(again, check=True)
    assert agreed, lines
    assert Journal(again / "journal.jsonl").verify() == ()
    assert {path.name for path in (home / "inbox_archive").rglob("*.eml")} == {
        path.name for path in (again / "inbox_archive").rglob("*.eml")
    }
    for path in (again / "ledger.db", again / "journal.jsonl", made.generation / "ledger.db"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_sending_is_off_after_a_restore(home: Path, tmp_path: Path) -> None:
    """Until a person has looked nothing leaves, and doctor and tick say why."""
    source, _ = office(home)
    backup(home, tmp_path / "safe", now=NOW)
    again = tmp_path / "again"
    restore(tmp_path / "safe", again, now=NOW)
    transport = MemoryTransport()
    with desk_of(again, source, transport, NOW + timedelta(days=1)) as desk:
        done = tick(desk)
    assert transport.accepted == []
    assert "由 2022-09-08 10:00 的备份恢复" in done.delivered.stopped
    assert any("yuebao outbox resume" in line for line in examine(again, offline=True)[2])


def test_nothing_that_left_before_the_loss_leaves_again(home: Path, tmp_path: Path) -> None:
    """Yesterday's backup on another machine: today's letters are found in 已发送, only what is new leaves."""
    source, transport = office(home)
    backup(home, tmp_path / "safe", now=NOW)
    before = {one.data for one in transport.accepted} if transport.accepted else set()
    tomorrow = NOW + timedelta(days=1)
    source.deliver(letter(50, at=tomorrow, sender=UNIT), received_at=tomorrow)
    with desk_of(home, source, transport, tomorrow) as desk:
        tick(desk)
        left = {one.message_id for one in desk.ledger.letters(states=(LetterState.SENT,))}
    assert len(transport.accepted) > len(before)
    shutil.rmtree(home)
    again = tmp_path / "again"
    restore(tmp_path / "safe", again, now=tomorrow + timedelta(hours=1))
    source.sent = left
    later = MemoryTransport()
    with desk_of(again, source, later, tomorrow + timedelta(hours=2)) as desk:
        tick(desk)
        desk.ledger.set_fact("sending_off", "")
        tick(desk)
        assert {one.message_id for one in desk.ledger.letters(states=(LetterState.QUEUED,))} & left == set()
        assert left <= {one.message_id for one in desk.ledger.letters(states=(LetterState.SENT,))}
    assert [one for one in later.accepted if any(name.encode() in one.data for name in left)] == []


def test_a_backup_while_the_service_works_is_consistent(home: Path, tmp_path: Path) -> None:
    """Backups taken during polls and letters each hold one instant: every one restores, and its replay agrees."""
    source, transport = office(home, mails=1)
    stop = threading.Event()

    def work() -> None:
        number = 100
        while not stop.is_set():
            at = NOW + timedelta(minutes=number)
            source.deliver(letter(number, at=at, sender=UNIT), received_at=at)
            with desk_of(home, source, transport, at) as desk:
                tick(desk)
            number += 1

    worker = threading.Thread(target=work)
    worker.start()
    try:
        made = [backup(home, tmp_path / "safe", now=NOW + timedelta(seconds=number)) for number in range(6)]
    finally:
        stop.set()
        worker.join()
    assert made[-1].mails > 1
    for number, one in enumerate(made):
        assert verify(one.generation) == ()
        again = tmp_path / f"again{number}"
        restore(one.generation, again, now=NOW + timedelta(days=1))
        assert Journal(again / "journal.jsonl").verify() == ()
        with desk_of(again, MemorySource(), MemoryTransport(), NOW + timedelta(days=1)) as desk:
            desk.write_journal()
            known = {message.digest for message in desk.ledger.messages()}
            assert all(digest in desk.archive for digest in known)
            assert desk.archive.verify() == ()
            assert desk.journal.verify() == ()
            assert desk.ledger.unjournaled() == ()


def test_the_archive_is_shared_and_generations_stay(home: Path, tmp_path: Path) -> None:
    """A second backup copies only new mails and leaves the first as it was; the newest is restored, or the named."""
    source, transport = office(home)
    first = backup(home, tmp_path / "safe", now=NOW)
    later = NOW + timedelta(days=1)
    source.deliver(letter(60, at=later, sender=UNIT), received_at=later)
    with desk_of(home, source, transport, later) as desk:
        tick(desk)
    second = backup(home, tmp_path / "safe", now=later)
    assert (second.mails, second.new_mails) == (4, 1)
    assert (first.generation, second.generation) == generations(tmp_path / "safe")
    assert restore(tmp_path / "safe", tmp_path / "new", now=later).mails == 4
    assert restore(first.generation, tmp_path / "old", now=later).mails == 3


def damage_mail(generation: Path) -> None:
    """Change a byte of an archived mail."""
    next((generation.parent / "inbox_archive").rglob("*.eml")).write_bytes(b"forged")


def lose_mail(generation: Path) -> None:
    """Delete an archived mail."""
    next((generation.parent / "inbox_archive").rglob("*.eml")).unlink()


def damage_ledger(generation: Path) -> None:
    """Overwrite a page of the ledger."""
    with (generation / "ledger.db").open("r+b") as file:
        file.seek(8192)
        file.write(b"\x00" * 2048)


def cut_journal(generation: Path) -> None:
    """Take the journal's first line out."""
    path = generation / "journal.jsonl"
    path.write_bytes(path.read_bytes().split(b"\n", 1)[1])


def lose_configuration(generation: Path) -> None:
    """Delete a configuration file."""
    (generation / "config" / "units.yaml").unlink()


def break_manifest(generation: Path) -> None:
    """Leave half a manifest."""
    (generation / "manifest.json").write_text('{"made_at": ', encoding="utf-8")


@pytest.mark.parametrize(
    "harm", [damage_mail, lose_mail, damage_ledger, cut_journal, lose_configuration, break_manifest]
)
def test_a_damaged_backup_is_not_restored(home: Path, tmp_path: Path, harm: Callable[[Path], None]) -> None:
    """Whatever was damaged, the restore says so before it writes anything."""
    office(home)
    made = backup(home, tmp_path / "safe", now=NOW)
    harm(made.generation)
    with pytest.raises(YuebaoError, match="备份"):
        restore(tmp_path / "safe", tmp_path / "again", now=NOW)
    assert not (tmp_path / "again" / "ledger.db").exists()


def test_an_unfinished_backup_is_passed_over(home: Path, tmp_path: Path) -> None:
    """A run that was cut off before its manifest does not count, the one before it does."""
    office(home)
    whole = backup(home, tmp_path / "safe", now=NOW)
    half = tmp_path / "safe" / ".20220909T100000.unfinished"
    half.mkdir()
    (half / "ledger.db").write_bytes(b"half")
    (tmp_path / "safe" / "20220910T100000").mkdir()
    assert generations(tmp_path / "safe") == (whole.generation,)


def test_nothing_is_overwritten(home: Path, tmp_path: Path) -> None:
    """A home that holds anything is no place to restore to; a folder without a backup is none to restore from."""
    office(home)
    backup(home, tmp_path / "safe", now=NOW)
    with pytest.raises(YuebaoError, match="不覆盖"):
        restore(tmp_path / "safe", home, now=NOW)
    with pytest.raises(YuebaoError, match="没有完整的备份"):
        restore(tmp_path, tmp_path / "again", now=NOW)
    with pytest.raises(YuebaoError, match="不能放在邮件存档里面"):
        backup(home, home / "inbox_archive" / "safe", now=NOW)
    with pytest.raises(YuebaoError, match="不是工作文件夹"):
        backup(tmp_path / "nowhere", tmp_path / "safe", now=NOW)


def test_a_home_that_never_worked_can_be_backed_up(home: Path, tmp_path: Path) -> None:
    """Without ledger, journal and mails the configuration still is worth a copy."""
    made = backup(home, tmp_path / "safe", now=NOW)
    assert made.mails == 0
    restore(tmp_path / "safe", tmp_path / "again", now=NOW)
    assert (tmp_path / "again" / "config" / "plan.yaml").is_file()
    assert drill(tmp_path / "safe", home)[0] is True


def test_a_full_disk_is_told(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No room: one Chinese sentence, no generation, and the next run succeeds."""
    office(home)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device", "x")

    with monkeypatch.context() as patch:
        patch.setattr(shutil, "copyfileobj", full)
        with pytest.raises(YuebaoError, match="磁盘空间"):
            backup(home, tmp_path / "safe", now=NOW)
    assert generations(tmp_path / "safe") == ()
    assert backup(home, tmp_path / "safe", now=NOW).mails == 3


def test_the_drill_proves_the_way_back(home: Path, tmp_path: Path) -> None:
    """It restores aside and rebuilds; a ledger that the archive does not explain is not sound."""
    office(home)
    made = backup(home, tmp_path / "safe", now=NOW)
    agreed, lines = drill(tmp_path / "safe", home)
    assert agreed, lines
    assert any("可以恢复" in line for line in lines)
    with sqlite3.connect(made.generation / "ledger.db") as db:
        db.execute("UPDATE messages SET subject = '别的'")
    db.close()
    agreed, lines = drill(tmp_path / "safe", home)
    assert (agreed, "ledger.db" in lines[1]) == (False, True)


def test_a_drill_that_fails_is_an_alarm_until_one_holds(home: Path, tmp_path: Path) -> None:
    """I14: a backup that cannot be restored is told by status.json, exit code and doctor, not on the screen alone."""

    def problems() -> list[str]:
        with desk_of(home, *office_of, NOW) as desk:
            return [line for line in watch.report(desk)["problems"] if "演练" in line]

    office_of = office(home)
    made = backup(home, tmp_path / "safe", now=NOW)
    assert (drill(tmp_path / "safe", home)[0], problems()) == (True, [])
    kept = (made.generation / "journal.jsonl").read_bytes()
    (made.generation / "journal.jsonl").unlink()
    assert drill(tmp_path / "safe", home)[0] is False
    assert "journal.jsonl" in problems()[0]
    assert [row["ok"] for row in examine(home, offline=True)[1] if row["name"] == "恢复演练"] == [False]
    assert watch.look(home, now=NOW, minutes=60)[0] is False
    (made.generation / "journal.jsonl").write_bytes(kept)
    assert (drill(tmp_path / "safe", home)[0], problems()) == (True, [])


def test_doctor_knows_the_age_of_the_backup(home: Path, tmp_path: Path) -> None:
    """None, fresh, and too old are three answers."""
    office(home)

    def said() -> tuple[bool | None, str]:
        found = {row["name"]: row for row in examine(home, offline=True)[1]}
        return found["备份"]["ok"], json.dumps(found["备份"], ensure_ascii=False)

    assert said()[0] is None
    backup(home, tmp_path / "safe", now=datetime.now(ZONE) - timedelta(days=9))
    assert (said()[0], "9 天前" in said()[1]) == (False, True)
    backup(home, tmp_path / "safe", now=datetime.now(ZONE))
    assert said()[0] is True
