"""A month killed at its durable steps ends as the undisturbed month does: a stride here, every point by command."""

from __future__ import annotations

import random
import shutil
import subprocess
from collections.abc import Iterator

import pytest

from pipeline.adapters import failpoints
from tests.faults.crashloop import Crashloop, Point, Worker
from tests.faults.month import small

#: Another stride of points every release; one number to repeat a failure.
SEED = 20221112


@pytest.fixture(scope="module")
def loop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crashloop]:
    """The undisturbed month, played once."""
    with Worker() as worker:
        yield Crashloop(tmp_path_factory.mktemp("crash"), worker, small())


def sample(points: list[Point], count: int) -> list[Point]:
    """A seeded draw."""
    return random.Random(SEED).sample(points, min(count, len(points)))  # noqa: S311 - a draw, no secret


def test_there_are_enough_fail_points(loop: Crashloop) -> None:
    """At least sixty names, and the month passes nearly all of them."""
    names = set(failpoints.names())
    passed = {name for shot in loop.photographs for name in shot.passed}
    assert len(names) >= 60
    assert len(passed) >= 45


def test_killed_at_named_points(loop: Crashloop) -> None:
    """Nothing lost, nothing doubled, recovered within ten seconds, from a stride of all points."""
    points = sample(loop.points(), 10)
    assert {str(point): loop.strike(point) for point in points} == {str(point): () for point in points}


def test_killed_around_the_final_dot(loop: Crashloop) -> None:
    """The second that decides between never, once and twice: before the text is out, before the dot, behind it."""
    names = ("deliver.claimed", "deliver.at_dot", "smtp.before_dot", "smtp.after_dot", "smtp.after_reply")
    points = [Point(2, (f"{name}:1=kill",)) for name in names]
    assert [loop.strike(point) for point in points] == [()] * len(points)


def test_killed_again_while_recovering(loop: Crashloop) -> None:
    """A second kill during the restart changes nothing."""
    points = loop.doubles(3, seed=SEED)
    assert {str(point): loop.strike(point) for point in points} == {str(point): () for point in points}


@pytest.mark.parametrize("mode", ["eio", "enospc", "emfile"])
def test_errors_of_the_machine(loop: Crashloop, mode: str) -> None:
    """A full disk, a broken one, no more handles: the round ends, the next one goes on, nothing is lost or doubled."""
    points = sample(loop.points(mode), 3)
    assert {str(point): loop.strike(point) for point in points} == {str(point): () for point in points}


def test_killed_from_outside(loop: Crashloop) -> None:
    """Killed by strace at system calls of the program's libraries, where no fail point stands."""
    tracer = shutil.which("strace")
    if tracer is None:
        pytest.skip("strace is not installed: kills from outside are not tried")
    # ptrace may be forbidden, as in some containers.
    if subprocess.run([tracer, "-o", "/dev/null", "true"], capture_output=True, check=False).returncode:
        pytest.skip("strace may not trace here: kills from outside are not tried")
    for call, nth in (("fsync", 3), ("link", 2), ("pwrite64", 20)):
        struck, wrong = loop.strike_outside(1, call, nth)
        assert (call, struck, wrong) == (call, True, ())
