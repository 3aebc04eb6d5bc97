"""Sentences and rows of tables with their labelled figures → what is read right, missed, or read where nothing counts.

usage: python tests/measure/figures.py [--half tune|check|later] [--quiet]

The labels stand in tests/corpus/figures: sentences.txt, whose top tells its form and the rule of its two halves, and
later.txt. Each mistake is printed with its passage; the passages are those of a report on October.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "support")]

from lexicon import words  # noqa: E402 - the folders above are needed first

from pipeline.model import Cell, Table  # noqa: E402 - the same
from pipeline.understanding import tables  # noqa: E402 - the same
from pipeline.understanding.quantities import find  # noqa: E402 - the same

FIGURES = ROOT / "tests" / "corpus" / "figures"
HALVES = ("tune", "check", "later")
MONTH, BEFORE = 10, (9, 8)


@dataclass(frozen=True, slots=True)
class Passage:
    """One passage with the figures that a careful person would write down."""

    lines: tuple[str, ...]
    half: str
    wanted: tuple[tuple[float, str], ...]


@dataclass(frozen=True, slots=True)
class Counted:
    """How many figures of a half are right, missing, or too many, and every mistake in words."""

    right: int
    missing: int
    extra: int
    mistakes: tuple[str, ...]


def _label(text: str) -> tuple[float, str]:
    value, _, unit = text.strip().partition(" ")
    return float(value), unit


def passages() -> Iterator[Passage]:
    """All passages, in order."""
    for name, halves in (("sentences.txt", HALVES[:2]), ("later.txt", HALVES[2:])):
        lines = (FIGURES / name).read_text(encoding="utf-8").splitlines()
        text = "\n".join(line for line in lines if not line.startswith("#"))
        blocks = [block.strip().splitlines() for block in re.split(r"\n\s*\n", text) if block.strip()]
        for place, (*told, last) in enumerate(blocks):
            named = last.removeprefix("=").strip()
            wanted = () if named == "-" else tuple(_label(one) for one in named.split("|"))
            yield Passage(lines=tuple(told), half=halves[place % len(halves)], wanted=wanted)


def _table(lines: tuple[str, ...]) -> Table:
    rows = [[cell.strip() for cell in line.strip("| ").split("|")] for line in lines]
    cells = tuple(
        Cell(text=text, row=row, column=column, place=f"R{row + 1}C{column + 1}")
        for row, told in enumerate(rows)
        for column, text in enumerate(told)
    )
    return Table(cells=cells, height=len(rows), width=max(map(len, rows)), place="表1")


def read(passage: Passage) -> list[tuple[float, str]]:
    """Value and unit of every figure that the program finds."""
    if not passage.lines[0].startswith("|"):
        found = find("\n".join(passage.lines), words=words(), previous=BEFORE)
        return [(one.value, one.unit) for one in found]
    out: list[tuple[float, str]] = []
    for row in tables.read(_table(passage.lines), words=words(), month=MONTH).rows:
        out += [(one.value, one.unit) for one in row.figures]
        for text in row.progress:
            out += [(one.value, one.unit) for one in find(text.text, words=words(), previous=BEFORE)]
    return out


def measured(half: str) -> Counted:
    """How one half is read."""
    right = missing = extra = 0
    mistakes: list[str] = []
    for passage in passages():
        if passage.half != half:
            continue
        wanted, told = Counter(passage.wanted), Counter(read(passage))
        lost, more = wanted - told, told - wanted
        right += (wanted & told).total()
        missing += lost.total()
        extra += more.total()
        if lost or more:
            signs = [f"-{value:g}{unit}" for value, unit in lost.elements()]
            signs += [f"+{value:g}{unit}" for value, unit in more.elements()]
            mistakes.append(f"{' '.join(signs)}\t{' / '.join(passage.lines)}")
    return Counted(right=right, missing=missing, extra=extra, mistakes=tuple(mistakes))


def main() -> None:
    """Print the counts and every mistake."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--half", choices=HALVES, action="append")
    parser.add_argument("--quiet", action="store_true", help="counts alone")
    asked = parser.parse_args()
    for half in asked.half or HALVES:
        told = measured(half)
        sys.stdout.write(f"{half}: right {told.right}, missing {told.missing}, extra {told.extra}\n")
        if not asked.quiet:
            sys.stdout.write("".join(f"  {mistake}\n" for mistake in told.mistakes))


if __name__ == "__main__":
    main()
