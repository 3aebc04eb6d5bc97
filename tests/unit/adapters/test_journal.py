"""The journal keeps every whole line, sets torn ones aside and notices any change."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.adapters.journal import Journal
from pipeline.errors import LedgerError

Event = tuple[int, str, str, dict[str, Any]]


def event(seq: int) -> Event:
    """An event like any other."""
    return (seq, f"2022-09-{seq:02d}T08:00:00+00:00", "decision", {"value": f"第{seq}件", "n": seq})


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    """A journal of three lines."""
    journal = Journal(tmp_path / "journal.jsonl")
    journal.append((event(1), event(2)))
    journal.append((event(3),))
    return journal


def test_what_was_appended_comes_back(journal: Journal) -> None:
    """Entries return in order with their data, and the chain holds."""
    assert [entry.data for entry in journal.entries()] == [event(n)[3] for n in (1, 2, 3)]
    assert journal.verify() == ()
    assert journal.last_seq == 3


def test_an_event_is_written_once(journal: Journal) -> None:
    """Appending again after a crash before the mark adds nothing."""
    journal.append((event(2), event(3), event(4)))
    assert [entry.seq for entry in journal.entries()] == [1, 2, 3, 4]


def test_a_second_process_may_append(journal: Journal) -> None:
    """Two openers of one file see each other's lines."""
    other = Journal(journal.path)
    other.append((event(4),))
    journal.append((event(5),))
    assert [entry.seq for entry in other.entries()] == [1, 2, 3, 4, 5]
    assert other.verify() == ()


@pytest.mark.parametrize("cut", [1, 10, 60])
def test_a_torn_line_is_set_aside(journal: Journal, cut: int) -> None:
    """What a power cut left of the last line is kept apart and the next event follows the last whole one."""
    data = journal.path.read_bytes()
    journal.path.write_bytes(data[:-cut])
    again = Journal(journal.path)
    again.append((event(3),))
    assert again.path.with_suffix(".torn").exists()
    assert again.verify() == ()
    assert [entry.seq for entry in again.entries()] == [1, 2, 3]


@pytest.mark.parametrize("cut", [1, 10, 60])
def test_reading_never_writes(journal: Journal, cut: int) -> None:
    """A half line may be one that another process is just writing: who only reads leaves it alone."""
    data = journal.path.read_bytes()
    journal.path.write_bytes(data[:-cut])
    again = Journal(journal.path)
    assert again.last_seq == 2
    assert [entry.seq for entry in again.entries()] == [1, 2]
    assert again.verify() == ()
    assert data[:-cut] == journal.path.read_bytes()
    assert not journal.path.with_suffix(".torn").exists()
    journal.path.write_bytes(data)
    assert again.last_seq == 3


@pytest.mark.parametrize("field", ["data", "at", "kind"])
def test_a_changed_line_is_found(journal: Journal, field: str) -> None:
    """Any change of content breaks the check of that line."""
    lines = journal.path.read_text(encoding="utf-8").splitlines()
    entry = json.loads(lines[1])
    entry[field] = {"value": "改"} if field == "data" else "改"
    lines[1] = json.dumps(entry, ensure_ascii=False)
    journal.path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert [trouble.line for trouble in Journal(journal.path).verify()] == [2]


def test_a_removed_line_is_found(journal: Journal) -> None:
    """The line after a gap no longer fits."""
    lines = journal.path.read_text(encoding="utf-8").splitlines()
    journal.path.write_text("\n".join([lines[0], lines[2]]) + "\n", encoding="utf-8")
    assert [trouble.line for trouble in Journal(journal.path).verify()] == [2]


def test_a_file_that_lost_lines_and_went_on_is_found(journal: Journal) -> None:
    """The chain goes on over a lost end, or begins anew; the numbers tell."""
    lines = journal.path.read_bytes().splitlines(keepends=True)
    journal.path.write_bytes(lines[0])
    Journal(journal.path).append((event(4), event(5)))
    assert [(trouble.line, "截去" in trouble.message) for trouble in Journal(journal.path).verify()] == [(2, True)]
    journal.path.unlink()
    Journal(journal.path).append((event(6),))
    assert [trouble.line for trouble in Journal(journal.path).verify()] == [1]


def test_garbage_is_refused_with_the_line(journal: Journal) -> None:
    """A line that is no JSON stops the reading and names itself."""
    lines = journal.path.read_text(encoding="utf-8").splitlines()
    journal.path.write_text("\n".join([lines[0], "garbage", lines[2]]) + "\n", encoding="utf-8")
    with pytest.raises(LedgerError, match="第 2 行"):
        list(Journal(journal.path).entries())
