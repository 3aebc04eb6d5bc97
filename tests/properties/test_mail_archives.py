"""Archives of any shape come out under their limits, and broken ones without raising."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile

import py7zr
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.mail.archives import MAX_DEPTH, Budget, open_archive
from pipeline.mail.names import ending

SMALL = st.binary(max_size=400)
FILES = st.lists(st.tuples(st.sampled_from(["a.txt", "总结.docx", "目录/报告.xls", "../x", "b"]), SMALL), max_size=5)


def zipped(files: list[tuple[str, bytes]]) -> bytes:
    """A zip; names may repeat."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, (name, data) in enumerate(files):
            archive.writestr(f"{number}-{name}", data)
    return out.getvalue()


def tarred(files: list[tuple[str, bytes]]) -> bytes:
    """A tar."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, data in files:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def sevenzip(files: list[tuple[str, bytes]]) -> bytes:
    """A 7z."""
    out = io.BytesIO()
    with py7zr.SevenZipFile(out, "w") as archive:
        for number, (name, data) in enumerate(files):
            archive.writestr(data, f"{number}-{name.replace('..', '')}")
    return out.getvalue()


MAKERS = {
    "zip": zipped,
    "tar": tarred,
    "gz": lambda files: gzip.compress(tarred(files)),
    "bz2": lambda files: bz2.compress(tarred(files)),
    "xz": lambda files: lzma.compress(tarred(files)),
    "7z": sevenzip,
}


@settings(deadline=None, max_examples=120)
@given(kind=st.sampled_from(sorted(MAKERS)), files=FILES, total=st.integers(0, 2000), members=st.integers(0, 6))
def test_the_budget_is_never_overdrawn(kind: str, files: list[tuple[str, bytes]], total: int, members: int) -> None:
    """What comes out fits the budget and is charged to it; all of it, when the budget allows."""
    data = MAKERS[kind](files)
    budget = Budget(total, members)
    opened = open_archive(data, kind=kind, name="a", budget=budget, unrar=None)
    sizes = [len(member.data) for member in opened.members]
    assert (total - sum(sizes), members - len(sizes)) == (budget.total, budget.members)
    assert budget.total >= 0
    assert budget.members >= 0
    if sum(len(each) for _, each in files) * 20 + 12_000 < total and len(files) <= members:
        assert sorted(each for _, each in files) == sorted(member.data for member in opened.members)


@settings(deadline=None, max_examples=200)
@given(
    kind=st.sampled_from(sorted(MAKERS)),
    files=FILES,
    flips=st.lists(st.tuples(st.integers(0, 4000), st.integers(0, 255)), max_size=8),
    cut=st.integers(0, 200),
)
def test_broken_archives_never_raise(
    kind: str, files: list[tuple[str, bytes]], flips: list[tuple[int, int]], cut: int
) -> None:
    """A damaged archive gives members, refusals, or both, and always says something."""
    data = bytearray(MAKERS[kind](files))
    for at, value in flips:
        data[at % len(data)] = value
    broken = bytes(data[: len(data) - cut])
    for guess in {kind, ending(broken)} & set(MAKERS):
        opened = open_archive(broken, kind=guess, name="a", budget=Budget(), unrar=None)
        assert opened.members or opened.refusals


@settings(deadline=None, max_examples=100)
@given(st.sampled_from(["zip", "7z", "rar", "gz", "bz2", "xz", "tar"]), st.binary(max_size=600))
def test_random_bytes_are_no_archive(kind: str, data: bytes) -> None:
    """Random bytes said to be an archive are refused, not raised."""
    assert open_archive(data, kind=kind, name="a", budget=Budget(), unrar=None).refusals or kind in {
        "gz",
        "bz2",
        "xz",
        "tar",
    }


def test_depth_is_what_the_threat_table_says() -> None:
    """Three levels of archives, no more."""
    assert MAX_DEPTH == 3
