"""One process at a time works in a home; the others are told at once, the dead ones are forgotten."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pipeline.adapters import failpoints
from pipeline.adapters.lock import LOCK, process_lock, refuse_second
from pipeline.errors import AlreadyRunning

ROOT = Path(__file__).resolve().parents[3]
HOLD = (
    "import sys, time; from pathlib import Path; from pipeline.adapters.lock import process_lock\n"
    "with process_lock(Path(sys.argv[1])):\n    print('held', flush=True); time.sleep(120)"
)


@contextmanager
def holder(home: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the lock of a home; killed without mercy at the end."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(home)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.kill()
            process.wait()


@pytest.mark.parametrize(
    "command", [["scheduler.py", "--home"], ["-m", "pipeline", "tick", "--home"], ["-m", "pipeline", "run", "--home"]]
)
def test_a_second_service_refuses_within_two_seconds(tmp_path: Path, command: list[str]) -> None:
    """Whichever door it comes through: exit code 1, one clear line with the holder's number, no traceback."""
    with holder(tmp_path) as first:
        spent = []
        for _ in range(3):
            began = time.monotonic()
            second = subprocess.run(
                [sys.executable, *command, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=False
            )
            spent.append(time.monotonic() - began)
            assert second.returncode == 1
            assert f"服务已在运行（进程 {first.pid}" in second.stderr
            assert second.stderr.count("\n") == 1
    # The quickest of three: the machine may be busy with other tests.
    assert min(spent) < 2, spent


@pytest.mark.skipif(os.name == "nt", reason="signals are POSIX")
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_the_file_of_a_dead_process_does_not_block(tmp_path: Path, how: signal.Signals) -> None:
    """The lock's file stays behind with the dead one's number, and the next process takes the home over."""
    with holder(tmp_path) as first:
        first.send_signal(how)
        first.wait()
        assert f"进程 {first.pid}" in (tmp_path / LOCK).read_text(encoding="utf-8")
        refuse_second(tmp_path)
        with process_lock(tmp_path):
            assert f"进程 {os.getpid()}" in (tmp_path / LOCK).read_text(encoding="utf-8")


def test_looking_holds_nothing(tmp_path: Path) -> None:
    """A probe of a free home neither makes the file nor keeps it; a home that is held is refused in both ways."""
    refuse_second(tmp_path)
    assert not (tmp_path / LOCK).exists()
    with process_lock(tmp_path):
        pass
    refuse_second(tmp_path)
    with holder(tmp_path):
        with pytest.raises(AlreadyRunning, match="先停止它"):
            refuse_second(tmp_path)
        with pytest.raises(AlreadyRunning), process_lock(tmp_path):
            pass


def test_two_homes_do_not_know_each_other(tmp_path: Path) -> None:
    """The lock belongs to the folder."""
    with holder(tmp_path / "a"), process_lock(tmp_path / "b"):
        pass


@pytest.mark.parametrize("command", [["scheduler.py"], ["-m", "pipeline", "tick"]])
def test_a_home_that_cannot_be_written_is_told_in_a_sentence(tmp_path: Path, command: list[str]) -> None:
    """Whichever door it comes through: exit code 1, the file and the system's reason, no traceback."""
    (tmp_path / "file").touch()
    words = [sys.executable, *command] if command[0] == "scheduler.py" else [sys.executable, *command[:2]]
    home = ["--home", str(tmp_path / "file" / "home")]
    done = subprocess.run([*words, *home, *command[2:]], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert str(tmp_path / "file") in done.stderr


def test_a_full_disk_does_not_keep_the_service_from_its_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be written is who holds it; it is held all the same."""
    failpoints.forget()
    monkeypatch.setenv(failpoints.VARIABLE, "lock.held=enospc")
    with process_lock(tmp_path), pytest.raises(AlreadyRunning):
        refuse_second(tmp_path)
    failpoints.forget()
