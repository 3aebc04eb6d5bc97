"""What scans say is kept by the digest of their mail, and believed no further than its check."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.adapters import kept
from pipeline.adapters.ahead import Opening, costly
from pipeline.adapters.kept import Kept, reading_version
from pipeline.adapters.opening import open_in_process
from pipeline.adapters.practice import practice_mail
from pipeline.model import Opened, Seal, Trouble, Unreadable
from pipeline.readers import Tools

DIGEST = "a" * 64
RAW = practice_mail()


def opened(digest: str = DIGEST) -> Opened:
    """An opened mail; its Word file counts as a scan."""
    found = open_in_process(RAW, digest, tools=Tools())
    return replace(found, documents=tuple(replace(each, seal=Seal.PRESENT) for each in found.documents))


def entry(folder: Path, digest: str = DIGEST) -> Path:
    """The file of an entry."""
    return folder / reading_version() / digest


def test_what_is_kept_comes_back(tmp_path: Path) -> None:
    """A reading comes back equal, and only under its own digest."""
    store = Kept(tmp_path)
    store.put(DIGEST, opened())
    assert store.has(DIGEST)
    assert store.get(DIGEST) == opened()
    assert store.get("b" * 64) is None


def test_a_changed_entry_is_thrown_away(tmp_path: Path) -> None:
    """One changed byte, a cut, or the entry of another mail under this name: read anew, and the entry is gone."""
    store = Kept(tmp_path)
    store.put(DIGEST, opened())
    whole = entry(tmp_path).read_bytes()
    store.put("b" * 64, opened("b" * 64))
    other = entry(tmp_path, "b" * 64).read_bytes()
    for spoiled in (whole[:100] + bytes([whole[100] ^ 1]) + whole[101:], whole[:-1], b"", other):
        entry(tmp_path).write_bytes(spoiled)
        assert store.get(DIGEST) is None
        assert not store.has(DIGEST)


def test_another_version_reads_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What an earlier version read is not believed, and is cleared away when this one keeps something."""
    Kept(tmp_path).put(DIGEST, opened())
    before = entry(tmp_path)
    monkeypatch.setattr(kept, "reading_version", lambda: "0" * 32)
    store = Kept(tmp_path)
    assert store.get(DIGEST) is None
    store.put("b" * 64, opened("b" * 64))
    assert not before.exists()


def test_the_folder_stays_within_its_size(tmp_path: Path) -> None:
    """When there is no room left the oldest entries go."""
    store = Kept(tmp_path)
    store.put(DIGEST, opened())
    size = entry(tmp_path).stat().st_size
    store = Kept(tmp_path, most=3 * size)
    digests = [f"{number:064d}" for number in range(6)]
    for digest in digests:
        store.put(digest, opened(digest))
    assert sum(path.stat().st_size for path in tmp_path.rglob("*") if path.is_file()) <= 3.2 * size
    assert store.has(digests[-1])
    assert not store.has(DIGEST)


def test_what_the_moment_decided_is_not_kept(tmp_path: Path) -> None:
    """A part refused for time, memory or a missing program may be read tomorrow: nothing is kept."""
    store = Kept(tmp_path)
    for trouble in (Trouble.HOSTILE, Trouble.TOO_LARGE, Trouble.NO_TOOL):
        store.put(DIGEST, replace(opened(), unreadable=(Unreadable("1", "a.doc", trouble, "……"),)))
        assert not store.has(DIGEST)


def test_a_scan_is_read_once(tmp_path: Path) -> None:
    """The second desk over a home does not open a mail with a scan again; a plain mail it does."""
    asked: list[str] = []

    def scan(_raw: bytes, digest: str) -> Opened:
        asked.append(digest)
        return opened(digest)

    def plain(_raw: bytes, digest: str) -> Opened:
        asked.append(digest)
        return open_in_process(RAW, digest, tools=Tools())

    for _ in range(2):
        assert Opening(Kept(tmp_path), children=1, now=scan).open(b"", DIGEST) == opened()
    assert asked == [DIGEST]
    asked.clear()
    assert not costly(plain(b"", "c" * 64))
    for _ in range(2):
        Opening(Kept(tmp_path), children=1, now=plain).open(b"", "c" * 64)
    assert asked == ["c" * 64] * 3


def test_a_folder_that_cannot_be_written_stops_nobody(tmp_path: Path) -> None:
    """Where nothing can be kept, mails are opened all the same."""
    (tmp_path / "file").write_bytes(b"")
    store = Kept(tmp_path / "file")
    assert Opening(store, children=1, now=lambda _raw, digest: opened(digest)).open(b"", DIGEST) == opened()
    assert store.get(DIGEST) is None
