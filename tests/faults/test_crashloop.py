"""A month killed at its durable steps ends as the undisturbed month does: a stride here, every point by command."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.adapters import failpoints
from tests.faults.crashloop import Crashloop, Point, Recording, Worker
from tests.faults.disks import MIB, ext4, tmpfs
from tests.faults.month import small
from tests.faults.replayer import Disk
from tests.faults.scale import need_strace, seeds

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
    """Nothing lost, nothing doubled, recovered within ten seconds, from a draw of all points, each alone."""
    points = sample(loop.points(), 4)
    assert {str(point): loop.strike(point) for point in points} == {str(point): () for point in points}


@pytest.mark.parametrize("number", [0, 1, 3, 5])
def test_killed_at_one_named_point_after_another(loop: Crashloop, number: int) -> None:
    """The same with many kills in one wake-up, each where the start behind the last one had got to."""
    points = sample([point for point in loop.points() if point.number == number], 12)
    struck, wrong = loop.chain(number, points)
    assert len(struck) >= 0.7 * len(points)
    assert (wrong, [point for point, slow in struck.items() if slow]) == ((), [])


def test_killed_around_the_final_dot(loop: Crashloop) -> None:
    """The second that decides between never, once and twice: before the text is out, before the dot, behind it."""
    names = ("deliver.claimed", "deliver.at_dot", "smtp.before_dot", "smtp.after_dot", "smtp.after_reply")
    points = [Point(2, (f"{name}:1=kill",)) for name in names]
    assert [loop.strike(point) for point in points] == [()] * len(points)


def test_killed_again_while_recovering(loop: Crashloop) -> None:
    """A second kill during the restart, at a point that the restart does pass, changes nothing."""
    points = loop.doubles(3, seed=SEED)
    assert {str(point): loop.strike(point) for point in points} == {str(point): () for point in points}


def test_killed_again_while_recovering_one_pair_after_another(loop: Crashloop) -> None:
    """The same with many pairs in one wake-up; each second kill finds something to hit."""
    points = [point for point in loop.doubles(60, seed=SEED) if point.number == 3]
    struck, wrong = loop.chain(3, points)
    assert len(struck) >= 0.7 * len(points)
    assert (wrong, [point for point, slow in struck.items() if slow]) == ((), [])


@pytest.mark.parametrize("mode", ["eio", "enospc", "emfile", "erofs"])
def test_errors_of_the_machine(loop: Crashloop, mode: str) -> None:
    """A disk full, broken or read-only, no more handles: the round ends, the next goes on, nothing lost or doubled."""
    points = sample(loop.points(mode), 3)
    assert {str(point): loop.strike(point) for point in points} == {str(point): () for point in points}


@pytest.mark.parametrize("number", range(7))
def test_a_read_only_disk(loop: Crashloop, tmp_path: Path, number: int) -> None:
    """F9: the home cannot be written when the service starts: it says so, changes nothing, and goes on when it can."""
    with tmpfs(tmp_path / "disk", 64 * MIB) as disk:
        assert loop.read_only(number, disk) == ()


@pytest.mark.parametrize(
    ("number", "at", "nth"),
    [(1, "fetch", 1), (1, "fetch", 2), (2, "examine", 1), (2, "fetch", 2), (3, "fetch", 2), (3, "examine", 2),
     (0, "letter", 1), (0, "letter", 3), (2, "letter", 1), (3, "letter", 2), (4, "letter", 1), (5, "letter", 2)],
)  # fmt: skip
def test_a_disk_that_turns_read_only_at_work(loop: Crashloop, tmp_path: Path, number: int, at: str, nth: int) -> None:
    """F9: a real file system that lets nobody write after an error, amid the mails or amid the letters; then mended."""
    with ext4(tmp_path / "disk") as disk:
        assert loop.read_only(number, disk, at=at, nth=nth) == ()


def test_killed_from_outside(loop: Crashloop) -> None:
    """Killed by strace at system calls of the program's libraries, where no fail point stands."""
    need_strace()
    for order in ("fsync:3=signal=KILL", "link:2=signal=KILL", "pwrite64:20=signal=KILL"):
        assert (order, loop.strike(Point(1, (order,), outside=True))) == (order, ())


def test_errors_from_outside(loop: Crashloop) -> None:
    """What strace lets fail: a sync, a write of the ledger, a read of it, the opening of a file, a name."""
    need_strace()
    # SQLite calls a page that cannot be read a damaged one, be it its first or one that its check comes by.
    orders = ("fsync:3=error=EIO", "pwrite64:20=error=ENOSPC", "pread64:2=error=EIO", "pread64:9=error=EIO",
              "openat:40=error=EMFILE", "link:1=error=EROFS")  # fmt: skip
    assert {order: loop.strike(Point(1, (order,), outside=True)) for order in orders} == dict.fromkeys(orders, ())


@pytest.fixture(scope="module")
def recordings(loop: Crashloop) -> dict[int, Recording]:
    """Every wake-up of the month with mail or letters, once more under strace."""
    need_strace()
    return {number: loop.record(number) for number in (0, 1, 2, 3, 4, 5)}


@pytest.mark.parametrize("seed", seeds(8, all_of_them=100))
def test_power_cut_over_everything(loop: Crashloop, recordings: dict[int, Recording], seed: int) -> None:
    """F3: ledger, WAL, archive and journal as the disk has them when the power goes: all invariants hold afterwards."""
    chance = random.Random(seed)  # noqa: S311 - a seeded draw
    assert loop.cut_power(recordings[chance.choice(sorted(recordings))], chance) == ()


@pytest.mark.parametrize("seed", seeds(4, all_of_them=100))
def test_a_sync_that_failed_is_never_taken_for_done(
    loop: Crashloop, recordings: dict[int, Recording], seed: int
) -> None:
    """F9: a sync fails and its bytes are gone; the program goes on, is started again, the power goes: all holds."""
    chance = random.Random(seed)  # noqa: S311 - a seeded draw
    number = chance.choice(sorted(recordings))
    call, error = chance.choice(("fsync", "fdatasync")), chance.choice(("EIO", "ENOSPC"))
    calls = sum(line.startswith(f"{call}(") for line in recordings[number].lines)
    recording = loop.record(number, fail=f"{call}:error={error}:when={chance.randint(1, calls)}")
    assert loop.cut_power(recording, chance) == ()


def test_the_replayer_knows_the_disk(loop: Crashloop, recordings: dict[int, Recording]) -> None:
    """A whole trace played gives the very files that the wake-up left, so that no write escapes the power cut."""
    for number, recording in recordings.items():
        root = recording.home
        disk = Disk(root, loop.photographs[number].home)
        for line in recording.lines:
            disk.play(line)
        left = {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}
        assert {name: node.now() for name, node in disk.names.items() if not name.endswith("-shm")} == left
