"""F19: a home that an earlier release left in the middle of its work goes on under this one; a newer one is refused."""

from __future__ import annotations

import json
import sqlite3
import zipfile
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from pipeline.adapters.embedded import NETEASE, Accepted, EmbeddedImap, EmbeddedSmtp
from pipeline.adapters.ledger.schema import migrations
from pipeline.app import LEDGER
from pipeline.errors import LedgerError
from tests.faults.crashloop import Worker
from tests.faults.desks import desk_in
from tests.faults.invariants import broken, unsure
from tests.faults.month import CODE, MAILBOX, at, steps
from tests.faults.released import FOLDER, STRUCK

RELEASES = sorted(path.stem for path in FOLDER.glob("*.zip"))


def unpack(version: str, place: Path) -> tuple[Path, list[Accepted]]:
    """The home as it was left, and what the server had taken by then."""
    home = place / "home"
    with zipfile.ZipFile(FOLDER / f"{version}.zip") as kept:
        kept.extractall(home)
    letters = json.loads((home / "accepted.json").read_text(encoding="utf-8"))
    (home / "accepted.json").unlink()
    return home, [Accepted(sender, tuple(to), data.encode("latin-1"), MAILBOX, at(9)) for sender, to, data in letters]


def applied(home: Path) -> set[str]:
    """Names of the migrations that a ledger has seen."""
    with closing(sqlite3.connect(home / LEDGER)) as db:
        return {row[0] for row in db.execute("SELECT name FROM _sqlite_migrations")}


@pytest.mark.parametrize("again", [False, True], ids=["upgraded", "killed while upgrading"])
@pytest.mark.parametrize("version", RELEASES)
def test_an_upgrade_with_work_in_flight(tmp_path: Path, version: str, *, again: bool) -> None:
    """A letter behind its final dot, others queued: after the upgrade each left once, and all invariants hold."""
    home, taken = unpack(version, tmp_path)
    before = applied(home)
    with EmbeddedImap(NETEASE, user=MAILBOX, password=CODE) as imap, Worker() as worker:
        for step in steps()[: STRUCK + 1]:
            for arrival in step.arrivals:
                imap.deliver(arrival.data, received_at=arrival.at, folder=arrival.folder)
        with EmbeddedSmtp(user=MAILBOX, password=CODE, mailbox=imap) as smtp:
            for letter in taken:
                smtp.accept(letter)
            order = {"home": str(home), "imap": imap.port, "smtp": smtp.port, "report": str(tmp_path / "report.json")}
            points = ("ledger.before_migrations", "ledger.after_migrations") if again else ()
            for point in points:
                code, _, _ = worker.run(order | {"at": steps()[STRUCK].at.isoformat(), "fail": point})
                assert code == 137
            for minutes in (5, 45):
                moment = steps()[STRUCK].at + timedelta(minutes=minutes)
                code, _, told = worker.run(order | {"at": moment.isoformat()})
                assert (code, told["error"]) == (0, "")
            assert len(smtp.accepted) > len(taken)
            assert broken(home, imap, (mail.data for mail in smtp.accepted)) == ()
    assert before <= applied(home)
    assert {migration.name for migration in migrations._migrations} == applied(home)
    assert unsure(home) == frozenset()
    assert not list(home.glob("ledger.damaged-*"))


def test_a_downgrade_is_refused_with_a_sentence(tmp_path: Path) -> None:
    """A ledger that a later version wrote stays as it is, and the sentence says what to do."""
    home, _ = unpack(RELEASES[-1], tmp_path)
    with desk_in(home, at(9)):
        pass
    with closing(sqlite3.connect(home / LEDGER)) as db:
        db.execute("INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('ledger','m999','2030')")
        db.commit()
    kept = (home / LEDGER).read_bytes()
    with pytest.raises(LedgerError, match=r"更新版本.*升级本程序"), desk_in(home, at(9)):
        pass
    assert (home / LEDGER).read_bytes() == kept
