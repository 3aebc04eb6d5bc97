"""Files whose names lie (T33): every sample file under every other ending is read as under its own."""

from __future__ import annotations

from pathlib import PurePath
from random import Random

import pytest

from pipeline.model import Document, Part
from pipeline.readers import READERS, Tools, read, sniff
from tests.hostile.generators.mutations import documents

ENDINGS = (
    *(".docx", ".doc", ".wps", ".xlsx", ".xls", ".et", ".pdf", ".ofd", ".rtf", ".txt", ".csv", ".html", ".mht"),
    *(".jpg", ".zip", ".eml", ".exe", ""),
)
_BASES = documents()
SAMPLES = (*_BASES.quick, *_BASES.old, *_BASES.scans)
KINDS = sorted({sniff.kind(data) for _, data in SAMPLES})


def routes(name: str, data: bytes) -> set[tuple[str, ...]]:
    """Which readers take a file, under each ending."""
    stem = PurePath(name).stem
    return {
        tuple(type(one).__name__ for one in READERS if one.accepts(data, stem + ending))
        for ending in (*ENDINGS, PurePath(name).suffix)
    }


@pytest.mark.parametrize("kind", KINDS)
def test_no_ending_changes_who_reads_a_file(kind: str) -> None:
    """Every sample under every ending goes to the same readers; only prose and rows of plain text ask the name."""
    for name, data in SAMPLES:
        if sniff.kind(data) == kind:
            found = routes(name, data)
            assert found <= {("CsvReader", "TextReader"), ("TextReader",)} if kind == "text" else len(found) == 1, name


@pytest.mark.parametrize("kind", sorted({sniff.kind(data) for _, data in _BASES.quick}))
def test_a_file_under_a_wrong_name_says_the_same(kind: str) -> None:
    """Every sample that needs no other program, under an ending drawn for it: the same words in the same places."""
    for name, data in _BASES.quick:
        if sniff.kind(data) != kind:
            continue
        own = PurePath(name).suffix.lower()
        text = (".tsv",) if own == ".csv" else tuple(one for one in ENDINGS if one != ".csv")
        others = [ending for ending in (text if kind == "text" else ENDINGS) if ending != own]
        first, second = (
            read(Part("1", called, "", data), Tools())
            for called in (name, PurePath(name).stem + Random(name).choice(others))
        )
        assert type(first) is type(second), name
        if isinstance(first, Document) and isinstance(second, Document):
            assert (first.format, first.blocks, first.seal) == (second.format, second.blocks, second.seal), name
