"""The power goes: of archive and journal only what was synced is left, cut at any byte behind it; no mail is lost."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pipeline.adapters import failpoints
from pipeline.adapters.archive import Archive
from pipeline.adapters.journal import Journal
from pipeline.adapters.source import raw_message
from pipeline.errors import ArchiveError
from tests.support.servers import START, digest, letter

Disk = dict[str, bytes]


class Recorder:
    """What is on the disk for sure: contents of synced files, and names of synced folders."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        #: inode -> bytes that were synced.
        self.synced: dict[int, bytes] = {}
        #: The disk after each sync, with what each file held in memory then.
        self.moments: list[tuple[Disk, Disk]] = []
        self._names: dict[str, int] = {}

    def sync(self, handle: int) -> None:
        """A file or folder went to the disk."""
        place = Path(f"/proc/self/fd/{handle}").resolve()
        if place.is_dir():
            below = "" if place == self.root else place.relative_to(self.root).as_posix() + "/"
            self._names = {name: node for name, node in self._names.items() if name.rpartition("/")[0] + "/" != below}
            for path in place.iterdir():
                if path.is_file():
                    self._names[path.relative_to(self.root).as_posix()] = path.stat().st_ino
        else:
            # A new name in a folder that was not synced may be gone, or not: here it stays with its synced content.
            self._names.setdefault(place.relative_to(self.root).as_posix(), os.fstat(handle).st_ino)
            self.synced[os.fstat(handle).st_ino] = place.read_bytes()
        memory = {
            path.relative_to(self.root).as_posix(): path.read_bytes() for path in self.root.rglob("*") if path.is_file()
        }
        disk = {name: self.synced.get(node, b"") for name, node in self._names.items()}
        self.moments.append((disk, memory))


@contextmanager
def recorded(root: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Recorder]:
    """Watch every sync below a folder."""
    recorder, fsync = Recorder(root), os.fsync

    def watched(handle: int) -> None:
        fsync(handle)
        recorder.sync(handle)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", watched)
        yield recorder


def after_the_cut(root: Path, disk: Disk, memory: Disk, chance: random.Random) -> None:
    """Rebuild the folder: synced bytes, plus a random piece of what was written behind them."""
    for name, data in disk.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        rest = memory.get(name, b"")[len(data) :]
        path.write_bytes(data + rest[: chance.randint(0, len(rest))])


@pytest.mark.parametrize("seed", range(100))
def test_power_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    """F3: every mail confirmed before the cut is whole afterwards, nothing wrong is visible, the chain holds."""
    if not Path("/proc/self/fd").exists():
        pytest.skip("no /proc: syncs cannot be watched here")
    chance = random.Random(seed)  # noqa: S311 - a seeded draw
    live = tmp_path / "live"
    live.mkdir()
    confirmed: list[tuple[int, str]] = []
    written: list[tuple[int, int]] = []
    with recorded(live, monkeypatch) as recorder:
        archive, journal = Archive(live), Journal(live / "journal.jsonl")
        for number in range(1, 5):
            data = letter(number, size=chance.randint(0, 20_000))
            archive.keep(raw_message(data, received_at=START, folder="INBOX", origin=str(number)))
            confirmed.append((len(recorder.moments), digest(data)))
            journal.append(((number, "2022-09-08", "test", {"number": number}),))
            written.append((len(recorder.moments), number))
    cut = chance.randint(1, len(recorder.moments))
    struck = tmp_path / "struck"
    after_the_cut(struck, *recorder.moments[cut - 1], chance)
    again = Archive(struck)
    again.heal()
    assert {one for at, one in confirmed if at <= cut} <= {raw.digest for raw in again.walk()}
    assert [trouble for trouble in again.verify() if trouble.path != "journal.jsonl"] == []
    assert not list((struck / "tmp").iterdir())
    follow = Journal(struck / "journal.jsonl")
    follow.append(((follow.last_seq + 1, "2022-09-09", "test", {}),))
    assert follow.verify() == ()
    assert {number for at, number in written if at <= cut} <= {entry.seq for entry in follow.entries()}


@pytest.mark.parametrize("anew", [False, True], ids=["same process", "started again"])
def test_a_name_that_was_given_but_not_synced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, anew: bool) -> None:
    """F9: the round ends between the name and its sync; the next one confirms the mail only with both on the disk."""
    if not Path("/proc/self/fd").exists():
        pytest.skip("no /proc: syncs cannot be watched here")
    live = tmp_path / "live"
    live.mkdir()
    data = letter(1, size=1000)
    raw = raw_message(data, received_at=START, folder="INBOX", origin="1")
    with recorded(live, monkeypatch) as recorder:
        archive = Archive(live)
        failpoints.forget()
        monkeypatch.setenv(failpoints.VARIABLE, "archive.after_link=eio")
        with pytest.raises(ArchiveError):
            archive.keep(raw)
        monkeypatch.delenv(failpoints.VARIABLE)
        failpoints.forget()
        (Archive(live) if anew else archive).keep(raw)
        disk, _ = recorder.moments[-1]
    struck = tmp_path / "struck"
    # That a name is gone may have come to the disk unasked.
    certain = {name: synced for name, synced in disk.items() if (live / name).exists()}
    after_the_cut(struck, certain, {}, random.Random(1))  # noqa: S311 - nothing is drawn
    assert [kept.digest for kept in Archive(struck).walk()] == [digest(data)]
