"""The archive: write-once, complete after every crash, and enough to replay from."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import tempfile
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.adapters import failpoints
from pipeline.adapters.archive import ADOPTED, Archive, Sighting, TroubleKind
from pipeline.adapters.source import raw_message
from pipeline.errors import ArchiveError
from pipeline.model import RawMessage
from tests.support.servers import CHINA, START, letter

POINTS = tuple(name for name in failpoints.names() if name.startswith("archive."))
ERRORS = tuple(name for name in POINTS if name != "archive.after_unlink")


def raw(number: int, *, at: datetime | None = None, folder: str = "INBOX") -> RawMessage:
    """A mail as a source hands it over."""
    when = at or START + timedelta(minutes=number)
    return raw_message(letter(number), received_at=when, folder=folder, origin=f"{folder}/1/{number}")


def files(root: Path) -> list[str]:
    """Every file of an archive."""
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Where the archive goes."""
    return tmp_path / "inbox_archive"


def test_kept_mail_comes_back_as_it_was(root: Path) -> None:
    """Bytes, time, folder and origin survive, also in another process."""
    mail = raw(1)
    assert Archive(root).keep(mail) is True
    assert Archive(root).read(mail.digest) == mail
    assert files(root) == [f"2022/09/{mail.digest}.eml", "index.jsonl"]


def test_known_mail_is_kept_once(root: Path) -> None:
    """A mail that comes again, from elsewhere and later, keeps its first time; the sighting is noted."""
    archive = Archive(root)
    first = raw(1)
    again = raw(1, at=START + timedelta(days=40), folder="垃圾邮件")
    assert (archive.keep(first), archive.keep(again), archive.keep(again)) == (True, False, False)
    assert archive.read(first.digest).received_at == first.received_at
    assert list(Archive(root).walk()) == [first]
    assert [sighting.folder for sighting in archive.sightings()] == ["INBOX", "垃圾邮件"]
    assert len(files(root)) == 2


def test_month_is_the_offices(root: Path) -> None:
    """A mail of the last evening in UTC lies in the next month of the office's zone."""
    mail = raw(1, at=datetime.fromisoformat("2022-08-31T20:00:00+00:00"))
    Archive(root, zone=CHINA).keep(mail)
    assert f"2022/09/{mail.digest}.eml" in files(root)


def test_walk_goes_by_time_of_receipt(root: Path) -> None:
    """Mails are walked by time of receipt, whatever the order in which they came."""
    archive = Archive(root)
    for number in (5, 1, 9, 3):
        archive.keep(raw(number))
    assert [mail.origin for mail in archive.walk()] == ["INBOX/1/1", "INBOX/1/3", "INBOX/1/5", "INBOX/1/9"]
    assert len(archive) == 4
    assert raw(5).digest in archive
    assert raw(6).digest not in archive


def test_wrong_digest_is_refused(root: Path) -> None:
    """A mail whose bytes are not what its digest says never enters."""
    wrong = RawMessage(digest="0" * 64, data=b"x", received_at=START)
    with pytest.raises(ArchiveError, match="指纹"):
        Archive(root).keep(wrong)
    assert files(root) == []


def test_opening_changes_nothing(root: Path) -> None:
    """Looking into an archive, or one that does not exist, writes nothing."""
    archive = Archive(root)
    assert (list(archive.walk()), archive.verify(), len(archive), root.exists()) == ([], (), 0, False)


def test_files_are_the_owners_alone(root: Path) -> None:
    """Neither group nor others can read what was kept."""
    Archive(root).keep(raw(1))
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (root, *root.rglob("*"))}
    assert modes <= {0o700, 0o600}


def test_damage_is_found_and_healed(root: Path) -> None:
    """A changed file is named, refused when read, set aside, and kept again when it is fetched again."""
    archive = Archive(root)
    archive.keep(raw(1))
    archive.keep(raw(2))
    path = archive.path(raw(1).digest)
    assert path is not None
    path.write_bytes(b"forged")
    (trouble,) = archive.verify()
    assert (trouble.kind, trouble.digest) == (TroubleKind.DAMAGED, raw(1).digest)
    with pytest.raises(ArchiveError, match="已被改动"):
        archive.read(raw(1).digest)
    archive.set_aside(trouble)
    assert archive.keep(raw(1)) is True
    assert archive.read(raw(1).digest) == raw(1)
    assert archive.verify() == ()


def test_missing_and_stray_files_are_found(root: Path) -> None:
    """A file that is gone and one that does not belong there are both named."""
    archive = Archive(root)
    archive.keep(raw(1))
    path = archive.path(raw(1).digest)
    assert path is not None
    path.unlink()
    (root / "2022" / "notes.txt").write_text("x", encoding="utf-8")
    kinds = {trouble.kind for trouble in Archive(root).verify()}
    assert kinds == {TroubleKind.MISSING, TroubleKind.STRAY}
    assert all(trouble.message.endswith("。") for trouble in Archive(root).verify())


def test_damaged_line_is_found_and_its_mail_adopted(root: Path) -> None:
    """A line of the index that was changed is named; its mail stays readable, with the time of its headers."""
    archive = Archive(root)
    archive.keep(raw(1))
    archive.keep(raw(2))
    index = root / "index.jsonl"
    lines = index.read_text(encoding="utf-8").splitlines(keepends=True)
    index.write_text(lines[0].replace("2022-09-08", "2022-09-18") + lines[1], encoding="utf-8")
    again = Archive(root)
    assert [trouble.kind for trouble in again.verify()] == [TroubleKind.INDEX]
    mail = again.read(raw(1).digest)
    assert (mail.origin, mail.received_at) == (ADOPTED, raw(1).received_at)


def test_file_without_a_line_is_adopted(root: Path) -> None:
    """A file laid into the archive by hand is read with the time of its topmost Received line, for good."""
    mail = raw(3)
    place = root / "2022" / "09" / f"{mail.digest}.eml"
    place.parent.mkdir(parents=True)
    place.write_bytes(mail.data)
    archive = Archive(root)
    assert [sighting.origin for sighting in archive.sightings()] == [ADOPTED]
    archive.keep(raw(4))
    assert [found.received_at for found in Archive(root).walk()] == [mail.received_at, raw(4).received_at]
    assert len(list(Archive(root).sightings())) == 2


def test_what_another_process_notes_is_seen(root: Path) -> None:
    """Sightings that somebody else adds, or changes in place, are told by an archive that looked before."""
    archive = Archive(root)
    archive.keep(raw(1))
    assert len(list(archive.sightings())) == 1
    Archive(root).keep(raw(2))
    assert [sighting.digest for sighting in archive.sightings()] == [raw(1).digest, raw(2).digest]
    index = root / "index.jsonl"
    index.write_bytes(index.read_bytes().replace(raw(2).digest.encode(), b"0" * 64))
    assert [sighting.digest for sighting in archive.sightings()] == [raw(1).digest]


def test_torn_last_line_is_forgotten(root: Path) -> None:
    """Half a line at the end is as if it had never been begun."""
    archive = Archive(root)
    archive.keep(raw(1))
    whole = (root / "index.jsonl").read_bytes()
    with (root / "index.jsonl").open("ab") as index:
        index.write(whole[: len(whole) // 2])
    again = Archive(root)
    assert again.verify() == ()
    again.keep(raw(2))
    assert (root / "index.jsonl").read_bytes().startswith(whole)
    assert [sighting.digest for sighting in Archive(root).sightings()] == [raw(1).digest, raw(2).digest]


def test_full_disk_is_said_and_heals(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """At every step a full disk ends in one Chinese sentence, nothing half is visible, and the next try works."""
    for number, point in enumerate(ERRORS, start=1):
        failpoints.forget()
        archive = Archive(root)
        monkeypatch.setenv(failpoints.VARIABLE, f"{point}=enospc")
        with pytest.raises(ArchiveError, match="磁盘已满"):
            archive.keep(raw(number))
        monkeypatch.delenv(failpoints.VARIABLE)
        troubles = [trouble for trouble in Archive(root).verify() if trouble.kind is not TroubleKind.MISSING]
        assert troubles == []
        archive.keep(raw(number))
        assert archive.read(raw(number).digest) == raw(number)
        assert Archive(root).verify() == ()
    assert len(list(Archive(root).walk())) == len(ERRORS)
    assert list((root / "tmp").iterdir()) == []


KEEPER = """
import sys
from pathlib import Path
from pipeline.adapters.archive import Archive
from tests.contracts.test_archive import raw
archive = Archive(Path(sys.argv[1]))
for number in (1, 2, 3):
    archive.keep(raw(number))
    print(number, flush=True)
"""


@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize("point", POINTS)
def test_pulled_plug_loses_and_doubles_nothing(root: Path, point: str, count: int) -> None:
    """Killed at any step of any mail: what was confirmed is there, nothing is half there, and going on completes it."""
    environment = {**os.environ, failpoints.VARIABLE: f"{point}:{count}", "PYTHONPATH": os.getcwd()}  # noqa: PTH109
    killed = subprocess.run(
        [sys.executable, "-c", KEEPER, str(root)], env=environment, capture_output=True, text=True, check=False
    )
    assert killed.returncode == failpoints.KILLED, killed.stderr
    confirmed = [raw(int(number)) for number in killed.stdout.split()]
    found = list(Archive(root).walk())
    assert [mail for mail in found if mail in confirmed] == confirmed
    archive = Archive(root)
    for number in (1, 2, 3):
        archive.keep(raw(number))
    assert list(archive.walk()) == [raw(1), raw(2), raw(3)]
    assert Archive(root).verify() == ()
    assert len(list(archive.sightings())) == 3
    assert list((root / "tmp").iterdir()) == []


def test_whole_but_unnamed_mail_is_finished_at_the_next_start(root: Path) -> None:
    """A mail whose line is on disk but whose file had no name yet is not fetched again: healing finishes it."""
    environment = {**os.environ, failpoints.VARIABLE: "archive.after_index", "PYTHONPATH": os.getcwd()}  # noqa: PTH109
    subprocess.run([sys.executable, "-c", KEEPER, str(root)], env=environment, capture_output=True, check=False)
    archive = Archive(root)
    assert raw(1).digest not in archive
    archive.heal()
    assert archive.read(raw(1).digest) == raw(1)


def test_two_processes_see_each_others_mails(root: Path) -> None:
    """An archive opened earlier finds what another one kept since."""
    early = Archive(root)
    Archive(root).keep(raw(1))
    assert early.read(raw(1).digest) == raw(1)
    assert early.keep(raw(1)) is False


@settings(max_examples=60)
@given(
    mails=st.lists(
        st.tuples(st.binary(min_size=1, max_size=200), st.integers(0, 10**6), st.text(max_size=8)), max_size=8
    )
)
def test_any_mails_come_back(mails: list[tuple[bytes, int, str]]) -> None:
    """Whatever the bytes, folders and order: each content once, its first sighting, and a second walk the same."""
    with tempfile.TemporaryDirectory() as folder:
        archive = Archive(Path(folder))
        first: dict[str, RawMessage] = {}
        for data, seconds, name in mails:
            mail = raw_message(data, received_at=START + timedelta(seconds=seconds), folder=name, origin=name)
            assert archive.keep(mail) is (mail.digest not in first)
            first.setdefault(mail.digest, mail)
        expected = sorted(first.values(), key=lambda mail: (mail.received_at, mail.digest))
        assert list(Archive(Path(folder)).walk()) == expected
        assert Archive(Path(folder)).verify() == ()


@given(st.text(), st.text(), st.datetimes(timezones=st.just(CHINA)))
def test_sighting_survives_its_line(folder: str, origin: str, at: datetime) -> None:
    """Any folder name and origin comes back from a line, which is exactly one line."""
    sighting = Sighting("a" * 64, at, folder, origin)
    line = sighting.line()
    assert line.count("\n") == 1
    assert Sighting.from_line(line) == sighting
