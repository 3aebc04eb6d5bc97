"""A ledger that is locked waits, one that is damaged or outdated is rebuilt from the archive with sending off."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from pipeline.adapters import failpoints
from pipeline.adapters.archive import Archive
from pipeline.adapters.lock import LOCK, process_lock
from pipeline.adapters.smtp import MemoryTransport
from pipeline.adapters.source import MemorySource
from pipeline.cli import yuebao
from pipeline.errors import AlreadyRunning, LedgerError
from pipeline.flows import replay, review
from pipeline.flows.tick import tick
from pipeline.model import Action, Decision
from tests.faults.desks import desk_in
from tests.faults.month import at, steps
from tests.faults.scale import seeds

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, MemorySource, int]:
    """A home in the middle of its month: the folder, its ledger's dump, its mailbox, letters that left."""
    home = tmp_path_factory.mktemp("lived") / "home"
    source, transport = MemorySource(), MemoryTransport()
    for step in steps()[:4]:
        for arrival in step.arrivals:
            source.deliver(arrival.data, received_at=arrival.at, folder=arrival.folder)
        with desk_in(home, step.at, source=source, transport=transport) as desk:
            tick(desk)
            dump = desk.ledger.dump()
    return home, dump, source, len(transport.accepted)


def truncate(path: Path, _: random.Random) -> None:
    """Half of it is gone."""
    os.truncate(path, path.stat().st_size // 2)


def page(path: Path, chance: random.Random) -> None:
    """A page in the middle is noise."""
    with path.open("r+b") as file:
        file.seek(4096 * chance.randint(1, path.stat().st_size // 4096 - 2))
        file.write(chance.randbytes(4096))


def head(path: Path, chance: random.Random) -> None:
    """Its first page is noise."""
    with path.open("r+b") as file:
        file.write(chance.randbytes(4096))


def empty(path: Path, _: random.Random) -> None:
    """Nothing is left of it."""
    os.truncate(path, 0)


def gone(path: Path, _: random.Random) -> None:
    """The file is not there."""
    path.unlink()


def older(path: Path, _: random.Random) -> None:
    """Somebody put last week's copy back (as after a lost WAL): events are missing."""
    with closing(sqlite3.connect(path)) as db:
        last = db.execute("SELECT max(id) FROM events").fetchone()[0]
        db.execute("DELETE FROM events WHERE id > ?", [last - 3])
        db.execute("DELETE FROM outbox WHERE rowid = (SELECT max(rowid) FROM outbox)")
        db.commit()


@pytest.mark.parametrize("seed", seeds(2, all_of_them=50))
@pytest.mark.parametrize("harm", [truncate, page, head, empty, gone, older])
def test_a_harmed_ledger_is_rebuilt(
    lived: tuple[Path, str, MemorySource, int], tmp_path: Path, harm: Callable[[Path, random.Random], None], seed: int
) -> None:
    """F13: set aside, rebuilt to the identical dump, nothing leaves until a person has looked, then nothing twice."""
    home, dump, source, _ = lived
    struck = tmp_path / "home"
    shutil.copytree(home, struck)
    harm(struck / "ledger.db", random.Random(seed))  # noqa: S311 - seeded noise
    transport = MemoryTransport()
    with desk_in(struck, steps()[3].at, source=source, transport=transport) as desk:
        rebuilt = "发信" not in desk.ledger.fact("sending_off") and bool(desk.ledger.fact("sending_off"))
        # A page that is not used at all may be noise without harm.
        assert rebuilt or harm is page
        assert desk.ledger.dump() == dump
        tick(desk)
        assert transport.accepted == [] or not rebuilt
        with desk.ledger.atomic():
            desk.ledger.set_fact("sending_off", "")
        tick(desk)
        assert transport.accepted == []
        assert replay.check(desk).differences == ()
        assert desk.journal.verify() == ()
    if harm is not gone and rebuilt:
        assert list(struck.glob("ledger.damaged-*.db"))


def test_a_check_writes_nothing(lived: tuple[Path, str, MemorySource, int], tmp_path: Path) -> None:
    """``replay --check`` leaves journal and archive byte for byte."""
    struck = tmp_path / "home"
    shutil.copytree(lived[0], struck)
    before = (struck / "journal.jsonl").read_bytes()
    with desk_in(struck, at(9)) as desk:
        assert replay.check(desk).differences == ()
    assert (struck / "journal.jsonl").read_bytes() == before


@pytest.mark.parametrize("harm", [gone, older])
def test_no_decision_goes_into_a_ledger_that_will_be_rebuilt(
    lived: tuple[Path, str, MemorySource, int], tmp_path: Path, harm: Callable[[Path, random.Random], None]
) -> None:
    """F13: before the rebuild a decision is refused with the remedy; after it the same command is remembered."""
    struck = tmp_path / "home"
    shutil.copytree(lived[0], struck)
    harm(struck / "ledger.db", random.Random(1))  # noqa: S311 - seeded noise
    words = ["--home", str(struck), "review", "extend", "县文旅局", "2022-09-15", "--period", "2022-08"]
    refused = CliRunner().invoke(yuebao, words)
    assert (refused.exit_code, "决定会丢失" in refused.output) == (1, True)
    with desk_in(struck, at(9), source=lived[2]) as desk:
        assert desk.ledger.decisions() == ()
    assert CliRunner().invoke(yuebao, words).exit_code == 0
    with desk_in(struck, at(9), source=lived[2]) as desk:
        assert [decision.unit for decision in desk.ledger.decisions()] == ["县文旅局"]
        assert replay.check(desk).differences == ()


def test_a_replay_keeps_what_a_crash_kept_out_of_the_journal(
    lived: tuple[Path, str, MemorySource, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """I4: stopped between a decision's commit and its line, the home still has the decision after ``yuebao replay``."""
    struck = tmp_path / "home"
    shutil.copytree(lived[0], struck)
    with desk_in(struck, at(9)) as desk:
        monkeypatch.setenv(failpoints.VARIABLE, "journal.before_append=enospc")
        with pytest.raises(OSError, match="No space"):
            review.decide(desk, Decision(at(9), Action.EXEMPT, unit="县文旅局", period="2022-08"))
        monkeypatch.delenv(failpoints.VARIABLE)
        assert all(entry.kind != "decision" for entry in desk.journal.entries())
    assert CliRunner().invoke(yuebao, ["--home", str(struck), "replay"]).exit_code == 0
    with desk_in(struck, at(9)) as desk:
        assert [decision.unit for decision in desk.ledger.decisions()] == ["县文旅局"]


def test_a_newer_ledger_is_refused(lived: tuple[Path, str, MemorySource, int], tmp_path: Path) -> None:
    """A ledger of a later version stays as it is: it is not rebuilt with an older program."""
    struck = tmp_path / "home"
    shutil.copytree(lived[0], struck)
    with closing(sqlite3.connect(struck / "ledger.db")) as db:
        db.execute("INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('ledger','m999','2030')")
        db.commit()
    with pytest.raises(LedgerError, match="更新版本"), desk_in(struck, at(9)):
        pass
    assert not list(struck.glob("ledger.damaged-*"))


def test_a_locked_ledger_is_tried_again(lived: tuple[Path, str, MemorySource, int], tmp_path: Path) -> None:
    """Another program holds the ledger: the round ends with a sentence, the next one goes on."""
    struck = tmp_path / "home"
    shutil.copytree(lived[0], struck)
    with desk_in(struck, at(12, 21), source=lived[2]) as desk:
        desk.ledger.db.conn.execute("PRAGMA busy_timeout = 50")
        with closing(sqlite3.connect(struck / "ledger.db")) as other:
            other.execute("BEGIN IMMEDIATE")
            assert "下一轮再试" in tick(desk).trouble
        assert tick(desk).trouble == ""


def test_a_damaged_mail_is_fetched_again(lived: tuple[Path, str, MemorySource, int], tmp_path: Path) -> None:
    """F17: the day's first round finds what does not match its name, sets it aside, and fetches it anew."""
    struck = tmp_path / "home"
    shutil.copytree(lived[0], struck)
    kept = sorted((struck / "inbox_archive").rglob("*.eml"))
    sound = {path.name: path.read_bytes() for path in kept}
    kept[0].chmod(0o600)
    kept[0].write_bytes(b"swapped")
    kept[1].unlink()
    with desk_in(struck, at(12, 8), source=lived[2]) as desk:
        tick(desk)
        assert Archive(desk.archive.root).verify() == ()
        assert replay.check(desk).differences == ()
    assert {path.name: path.read_bytes() for path in (struck / "inbox_archive" / "2022").rglob("*.eml")} == sound


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="no file here that the system refuses to read")
def test_a_mail_on_a_bad_sector_stops_nobody(lived: tuple[Path, str, MemorySource, int], tmp_path: Path) -> None:
    """F9, F17: an archived mail that gives an I/O error is told by name, stays where it is, and the round goes on."""
    struck = tmp_path / "home"
    shutil.copytree(lived[0], struck)
    kept = min((struck / "inbox_archive").rglob("*.eml"))
    kept.unlink()
    # Its first byte belongs to nobody: reading it is a real EIO.
    kept.symlink_to("/proc/self/mem")
    with desk_in(struck, at(12, 8), source=lived[2]) as desk:
        assert tick(desk).trouble == ""
        assert desk.ledger.fact("last_poll") == at(12, 8).isoformat()
        assert (kept.name in desk.ledger.fact("archive_trouble"), kept.is_symlink()) == (True, True)


#: Forks twenty starts that all look in the same moment, so many times over; prints what went wrong.
_STARTS = """
import os, sys, time, pathlib
from pipeline.adapters.lock import process_lock
from pipeline.errors import AlreadyRunning
home, rounds = pathlib.Path(sys.argv[1]), int(sys.argv[2])
for number in range(rounds):
    gate, go = os.pipe()
    told, tell = os.pipe()
    hold, end = os.pipe()
    for _ in range(20):
        if os.fork() == 0:
            os.close(go); os.close(end)
            os.read(gate, 1)
            began = time.monotonic()
            try:
                with process_lock(home):
                    os.write(tell, b"w"); os.read(hold, 1)
            except AlreadyRunning:
                os.write(tell, b"t" if time.monotonic() - began < 2 else b"s")
            os._exit(0)
    os.close(go)
    said = b""
    while len(said) < 20:
        said += os.read(told, 20)
    # The one that works is killed: its lock file stays behind, and the next round must not mind.
    os.close(end)
    for _ in range(20):
        os.wait()
    for one in (gate, told, tell, hold):
        os.close(one)
    if sorted(said) != sorted(b"w" + b"t" * 19):
        print(number, said)
print("done")
"""


def test_fifty_times_twenty_starts_at_once(tmp_path: Path) -> None:
    """F12: fifty rounds of twenty starts in one moment: one works, nineteen are told, each within two seconds."""
    done = subprocess.run(
        [sys.executable, "-c", _STARTS, str(tmp_path), "50"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.returncode) == ("done\n", 0)


@pytest.mark.parametrize("text", ["", "进程 1，电脑 别处\n", "进程 999999，电脑 别处\n", "\0" * 5000])
def test_a_lock_left_behind_is_no_lock(tmp_path: Path, text: str) -> None:
    """F12: the file of a dead process, whatever it says, stops nobody; a process that was killed lets go at once."""
    (tmp_path / LOCK).write_text(text, encoding="utf-8")
    with process_lock(tmp_path):
        pass
    code = (
        "import sys, time, pathlib\n"
        "from pipeline.adapters.lock import process_lock\n"
        "with process_lock(pathlib.Path(sys.argv[1])):\n"
        "    print('held', flush=True)\n"
        "    time.sleep(60)\n"
    )
    holder = subprocess.Popen([sys.executable, "-c", code, tmp_path], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(AlreadyRunning), process_lock(tmp_path):
        pass
    holder.kill()
    holder.wait()
    holder.stdout.close()
    with process_lock(tmp_path):
        pass
