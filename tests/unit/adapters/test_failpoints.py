"""Fail points fire where, when and how they are told, and nowhere else."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.adapters import failpoints
from pipeline.adapters.failpoints import failpoint, names


def test_unarmed_point_does_nothing() -> None:
    """Without the variable a point is silent."""
    failpoint("nowhere.at_all")


def test_armed_point_raises_on_its_passage_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """The third passage fails, those before and after do not, nor do other points."""
    monkeypatch.setenv(failpoints.VARIABLE, "a.b:3=eio, c.d=enospc")
    for passage in range(1, 6):
        if passage == 3:
            with pytest.raises(OSError, match=r"a\.b") as caught:
                failpoint("a.b")
            assert caught.value.errno == errno.EIO
        else:
            failpoint("a.b")
    failpoint("x.y")
    with pytest.raises(OSError, match=r"c\.d"):
        failpoint("c.d")


def test_unknown_mode_is_a_mistake(monkeypatch: pytest.MonkeyPatch) -> None:
    """A mode that does not exist is told, not ignored."""
    monkeypatch.setenv(failpoints.VARIABLE, "a.b=explode")
    with pytest.raises(ValueError, match="explode"):
        failpoint("a.b")


def test_killed_process_runs_no_clean_up() -> None:
    """A killed process ends at once: no finally, no atexit."""
    code = (
        "from pipeline.adapters.failpoints import failpoint\ntry:\n    failpoint('a.b')\nfinally:\n    print('cleaned')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, failpoints.VARIABLE: "a.b", "PYTHONPATH": str(Path.cwd())},
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (failpoints.KILLED, b"")


def test_every_point_is_known_by_reading_the_source() -> None:
    """The program's points are found, each named ``room.step``."""
    found = names()
    assert {"archive.after_write", "archive.after_link", "smtp.before_dot", "smtp.after_dot", "imap.kept"} <= set(found)
    assert all(name.count(".") == 1 for name in found)


def test_point_without_a_literal_is_refused(tmp_path: Path) -> None:
    """A computed name would hide a point from the tests."""
    (tmp_path / "x.py").write_text("failpoint(name)\n", encoding="utf-8")
    with pytest.raises(ValueError, match="literal"):
        names(tmp_path)
