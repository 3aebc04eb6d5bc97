"""A month that is killed at every durable step, restarted and compared with the same month undisturbed.

``python -m tests.faults.crashloop [--full] [--passes N] [--every N] [--seed S] [--double N] [--errors] [--outside N]``

The undisturbed month is played once and photographed before every wake-up (home and servers). Each point then starts
from its photograph: the process dies there, is started again until it rests, and must end where the undisturbed one
ended, with every invariant. ``--every 0`` leaves these out, for one of the following alone. ``--double`` kills the
recovery too, at a point drawn from those that it passes when it is let be; ``--errors`` lets the points fail with EIO,
ENOSPC, EMFILE or EROFS instead; ``--outside N`` lets strace kill at every N-th system call of each kind, at one at
least of each kind in each wake-up; ``--inject N`` lets every N-th call on the home's files fail with each error that it
may have. ``--share 0/2`` and ``--share 1/2`` do half each, side by side.

A whole recovery and all invariants for each of thousands of points take a day. ``--passes N`` takes many points in one
wake-up: it is played N times, in each pass every N-th point strikes, the program is started again where it fell and
goes on to the next, and the invariants are checked when it is at rest. Passages are then counted over all starts of a
pass, but for those that a second kill ends. A point that its pass does not come by (what was done is not done again) is
tried in another pass, and at last alone, as all are without the option.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count as counting
from pathlib import Path
from typing import IO, Any, Self

from pipeline.adapters import failpoints
from pipeline.adapters.embedded import NETEASE, Accepted, EmbeddedImap, EmbeddedSmtp
from tests.faults import replayer
from tests.faults.disks import Ext4, Tmpfs
from tests.faults.fullmonth import full
from tests.faults.invariants import broken, message_id, unsure
from tests.faults.month import CODE, MAILBOX, Plot, Step, small

ROOT = Path(__file__).resolve().parents[2]
Broken = tuple[str, ...]
#: Points that a letter passes between "the text is out" and the server's answer; some of them at other times too.
_DOUBTFUL = ("deliver.at_dot", "smtp.before_dot", "smtp.after_dot", "journal.", "ledger.")
#: Seconds of work that a restart may take until the home is at rest, its letters sent.
RECOVERY = 10.0
#: System calls at which strace kills.
CALLS = ("fsync", "fdatasync", "rename", "link", "unlink", "pwrite64", "write", "connect", "sendto", "recvfrom")
_NAMING = ("link", "rename", "mkdir")
_WRITING = ("fsync", "fdatasync", "pwrite64", "write")
#: Errors of the machine, each with the calls on the home's files that may have it.
ERRORS = {
    "EIO": (*_WRITING, *_NAMING, "unlink", "ftruncate", "openat", "read", "pread64"),
    "ENOSPC": (*_WRITING, *_NAMING, "openat"),
    "EMFILE": ("openat",),
    "EROFS": (*_NAMING, "unlink", "openat"),
}
#: Stands for the second blow of a pair until it is seen what the recovery from the first passes.
DRAWN = "?"
_CALL = re.compile(r"(\d+) +(\w+)\(")


class Worker:
    """The process that forks one process for each wake-up."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.worker"],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment(),
        )  # fmt: skip
        assert self._out.readline() == "ready\n"
        #: Memory of the largest process of the last run, as the system counted it.
        self.mebibytes = 0.0
        #: Seconds for which it kept a processor busy, whatever else the machine does.
        self.busy = 0.0
        #: How often it passed each armed point, killed or not.
        self.passed: dict[str, int] = {}
        #: Of the process that did the last run.
        self.did = 0

    @property
    def pid(self) -> int:
        """Whose children do the work."""
        return self._process.pid

    @property
    def _out(self) -> IO[str]:
        assert self._process.stdout is not None
        return self._process.stdout

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(30)
        self._out.close()

    def run(self, order: dict[str, Any]) -> tuple[int, float, dict[str, Any]]:
        """Exit code (137 for killed), seconds, and what the process reported if it lived."""
        report = Path(order["report"])
        report.unlink(missing_ok=True)
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._out.readline())
        self.mebibytes, self.busy = float(answer["mebibytes"]), float(answer["busy"])
        self.passed, self.did = answer["passed"], answer["pid"]
        told = json.loads(report.read_text(encoding="utf-8")) if report.exists() else {}
        return answer["status"], answer["seconds"], told


def environment() -> dict[str, str]:
    """What a worker needs and nothing else."""
    return {"PATH": os.environ.get("PATH", ""), "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8", "MPLBACKEND": "Agg"}


@dataclass
class Photograph:
    """Home and servers before one wake-up of the undisturbed month, and what came of it."""

    step: Step
    number: int
    home: Path
    #: Letters accepted before, and after it.
    before: tuple[Accepted, ...]
    after: tuple[Accepted, ...] = ()
    #: How often each fail point was passed.
    passed: dict[str, int] = field(default_factory=dict)
    #: Files and folders of the home at its end.
    files: tuple[str, ...] = ()


@dataclass(frozen=True)
class Recording:
    """A wake-up as strace saw it: where it was played, line by line, and the letters that the server has after it."""

    number: int
    home: Path
    lines: list[str]
    accepted: tuple[Accepted, ...]


@dataclass(frozen=True)
class Point:
    """Where to strike: in which wake-up, at which passage of which point (or system call), and how."""

    number: int
    orders: tuple[str, ...]
    #: By strace, at a system call.
    outside: bool = False

    def __str__(self) -> str:
        """One line to repeat it."""
        return f"{self.number}:{'+'.join(self.orders)}"

    @classmethod
    def of(cls, line: str) -> Self:
        """Inverse of ``str``."""
        number, _, orders = line.partition(":")
        return cls(int(number), tuple(orders.split("+")), outside="signal=" in orders or "error=" in orders)

    @property
    def kind(self) -> tuple[str, bool, int]:
        """Points that one pass may hold: a kill ends the process, an error only what it does."""
        return _parts(self.orders[0])[2], self.outside, self.number


def _parts(order: str) -> tuple[str, int, str]:
    """Name, count and mode of an order."""
    where, _, mode = order.partition("=")
    name, _, count = where.partition(":")
    return name, int(count or 1), mode or "kill"


class Aims:
    """Points that are to strike in one wake-up, their passages counted over all of its starts."""

    def __init__(self, points: list[Point]) -> None:
        #: By name, those that did not strike yet, the next one first.
        self.waiting: dict[str, list[Point]] = {}
        for point in sorted(points, key=lambda one: _parts(one.orders[0])[1]):
            self.waiting.setdefault(_parts(point.orders[0])[0], []).append(point)
        self.struck: dict[Point, Broken] = {}
        #: Blows that may have left a letter of which nobody knows.
        self.doubtful = 0
        self._passed: Counter[str] = Counter()
        # Those that struck in the last start, so that the next one recovers from them.
        self._last: list[Point] = []
        self._armed: dict[str, tuple[int, str]] = {}

    @property
    def pair(self) -> Point | None:
        """The pair whose first blow fell in the last start; the second is to fall in the next one."""
        return next((point for point in self._last if len(point.orders) > 1), None)

    def armed(self, second: str = "") -> str:
        """The orders of the next start: the second blow of a pair alone, or of each name the next passage."""
        self._armed = {}
        if second:
            name, count, mode = _parts(second)
            self._armed[name] = count, mode
        else:
            for name, queue in self.waiting.items():
                _, count, mode = _parts(queue[0].orders[0])
                self._armed[name] = max(1, count - self._passed[name]), mode
        return ",".join(f"{name}:{count}={mode}" for name, (count, mode) in self._armed.items())

    def met(self, passed: dict[str, int], wrong: Broken) -> bool:
        """Take in how often a start passed each armed point, and what was wrong with it; whether anything struck."""
        hit = {name for name, (count, _) in self._armed.items() if passed.get(name, 0) >= count}
        self.doubtful += sum(name in CALLS or name.startswith(_DOUBTFUL) for name in hit)
        pair = self.pair
        if pair is None:
            self._passed.update(passed)
        for point in self._last:
            # A pair whose second blow found nothing to hit is tried again.
            if point is not pair or hit:
                self.struck[point] = wrong
        self._last = []
        for name in hit & set(self.waiting) if pair is None else ():
            queue = self.waiting[name]
            if _parts(queue[0].orders[0])[1] <= self._passed[name]:
                self._last.append(queue.pop(0))
            if not queue:
                del self.waiting[name]
        return bool(hit)


def _stride(count: int, every: int, seed: int) -> range:
    """Every N-th of so many, one at least; the seed says with which one it begins."""
    return range(1 + seed % min(every, count), count + 1, every) if count else range(0)


#: Arms every point, none of which strikes: they are counted.
_EVERYTHING = ",".join(f"{name}:1000000000" for name in failpoints.names())


class Crashloop:
    """The undisturbed month and the points at which it can be struck."""

    def __init__(self, root: Path, worker: Worker, plot: Plot) -> None:
        self.root = root
        self.worker = worker
        self.plot = plot
        self.photographs: list[Photograph] = []
        self._count = 0
        #: Seconds of work that the longest restart took.
        self.longest = 0.0
        self._play()

    # ------------------------------------------------------------------ the undisturbed month

    def _play(self) -> None:
        home = self.root / "month"
        self.plot.write_config(home, ROOT)
        accepted: tuple[Accepted, ...] = ()
        for number, step in enumerate(self.plot.steps):
            shot = Photograph(step, number, self.root / f"photo-{number}", accepted)
            shutil.copytree(home, shot.home)
            self.photographs.append(shot)
            with self.servers(shot) as (imap, smtp):
                code, _, told = self.worker.run(self._order(home, imap, smtp, step, fail=_EVERYTHING))
                if code or told.get("error"):
                    raise RuntimeError(f"the undisturbed month fails: {told}")
                accepted = tuple(smtp.accepted)
                wrong = broken(home, imap, (mail.data for mail in accepted))
                if wrong:
                    raise RuntimeError(f"the undisturbed month breaks: {wrong}")
            shot.after = accepted
            shot.passed = {name: count for name, count in self.worker.passed.items() if count}
            shot.files = tuple(sorted(path.relative_to(home).as_posix() for path in home.rglob("*")))

    @contextmanager
    def servers(
        self, shot: Photograph, letters: Iterable[Accepted] | None = None
    ) -> Iterator[tuple[EmbeddedImap, EmbeddedSmtp]]:
        """Mailbox and submission server before a wake-up, its arrivals delivered; or when these letters were sent."""
        with EmbeddedImap(NETEASE, user=MAILBOX, password=CODE) as imap:
            for earlier in self.photographs[: shot.number + 1]:
                for arrival in earlier.step.arrivals:
                    imap.deliver(arrival.data, received_at=arrival.at, folder=arrival.folder)
            with EmbeddedSmtp(user=MAILBOX, password=CODE, mailbox=imap) as smtp:
                for letter in shot.before if letters is None else letters:
                    smtp.accept(letter)
                yield imap, smtp

    def _order(
        self, home: Path, imap: EmbeddedImap, smtp: EmbeddedSmtp, step: Step, *, fail: str = "", late: int = 0
    ) -> dict[str, Any]:
        return {
            # The office's acts belong to the hour of the wake-up, not to the round after a wait.
            "acts": [] if late else step.acts,
            "home": str(home), "imap": imap.port, "smtp": smtp.port, "fail": fail,
            "at": (step.at + timedelta(minutes=late)).isoformat(), "report": str(self.root / "report.json"),
        }  # fmt: skip

    # ------------------------------------------------------------------ points

    def points(self, mode: str = "kill") -> list[Point]:
        """Every passage of every point in every wake-up (of one name at most eight a wake-up, spread)."""
        found = []
        for shot in self.photographs:
            for name, count in sorted(shot.passed.items()):
                passages = sorted({1, 2, 3, count, *range(1, count + 1, max(1, count // 5))})
                found += [Point(shot.number, (f"{name}:{n}={mode}",)) for n in passages if n <= count]
        return found

    def doubles(self, count: int, *, seed: int) -> list[Point]:
        """Pairs: the first kills, the second kills what recovers from it, where the recovery does pass."""
        singles = self.points()
        drawn = random.Random(seed).sample(singles, min(count, len(singles)))  # noqa: S311 - a seeded draw
        return [Point(one.number, (*one.orders, f"{DRAWN}:{seed}")) for one in drawn]

    def calls(self, every: int, *, seed: int) -> list[Point]:
        """Every N-th system call of each kind in each wake-up, of each kind one at least; each is to kill."""
        return [
            Point(number, (f"{call}:{nth}=signal=KILL",), outside=True)
            for number, counts in enumerate(self._called(CALLS))
            for call in CALLS
            for nth in _stride(counts[call], every, seed)
        ]

    def failures(self, every: int, *, seed: int) -> list[Point]:
        """The same of the calls on the home's files, each to fail with every error that it may have."""
        kinds = tuple(sorted({call for calls in ERRORS.values() for call in calls}))
        return [
            Point(number, (f"{call}:{nth}=error={error}",), outside=True)
            for number, counts in enumerate(self._called(kinds, at_home=True))
            for error, calls in ERRORS.items()
            for call in calls
            for nth in _stride(counts[call], every, seed)
        ]

    def _called(self, calls: tuple[str, ...], *, at_home: bool = False) -> Iterator[Counter[str]]:
        """How often each undisturbed wake-up makes each of these calls."""
        for shot in self.photographs:
            home = self._fresh(shot)
            with self.servers(shot) as (imap, smtp):
                order = self._order(home, imap, smtp, shot.step)
                order |= self._traced(home, shot, calls, at_home=at_home)
                code, _, told = self.worker.run(order)
                if code:
                    raise RuntimeError(f"the traced wake-up fails: {told}")
            yield self._counted()
            shutil.rmtree(home)

    def _traced(
        self, home: Path, shot: Photograph, calls: Iterable[str], *, at_home: bool, inject: Iterable[str] = ()
    ) -> dict[str, Any]:
        """What an order says for strace to watch or strike at calls; at those on files of the home alone."""
        # What is half-way has no name in the photograph.
        writing = [f"inbox_archive/tmp/{Path(name).stem}" for name in shot.files if name.endswith(".eml")]
        names = ("", *shot.files, *writing, "ledger.db-wal", "ledger.db-shm", ".status.json.tmp") if at_home else ()
        paths = [word for name in names for word in ("-P", str(home / name))]
        injected = [word for one in inject for word in ("-e", f"inject={one}")]
        trace = ["-f", "-qq", "-e", f"trace={','.join(calls)}", "-e", "signal=none", *paths, *injected]
        return {"trace": trace, "log": str(self.root / "trace.txt")}

    def _counted(self) -> Counter[str]:
        """The traced calls of the process itself: strace counts those of each process and thread apart."""
        lines = (self.root / "trace.txt").read_text(encoding="utf-8", errors="replace").splitlines()
        found = (_CALL.match(line) for line in lines)
        return Counter(one[2] for one in found if one is not None and int(one[1]) == self.worker.did)

    # ------------------------------------------------------------------ striking

    def _strike(
        self, home: Path, shot: Photograph, order: dict[str, Any], orders: str, *, outside: bool
    ) -> tuple[int, float, dict[str, Any], dict[str, int]]:
        """One start under orders: as :meth:`Worker.run`, and how often it passed each point or made each call."""
        if not outside:
            answer = self.worker.run(order | {"fail": orders})
            return *answer, self.worker.passed
        parts = [_parts(one) for one in orders.split(",") if one]
        inject = [f"{call}:{how}:when={nth}" for call, nth, how in parts]
        at_home = any(how.startswith("error=") for _, _, how in parts)
        if inject:
            order |= self._traced(home, shot, (call for call, _, _ in parts), at_home=at_home, inject=inject)
        answer = self.worker.run(order)
        return *answer, self._counted() if inject else {}

    def strike(self, point: Point) -> Broken:
        """Strike once; what is broken afterwards."""
        shot = self.photographs[point.number]
        home = self._fresh(shot)
        try:
            with self.servers(shot) as (imap, smtp):
                order = self._order(home, imap, smtp, shot.step)
                for blow in point.orders:
                    aim = self._drawn(point, home, shot, smtp) if blow.startswith(DRAWN) else blow
                    code, _, told, passed = self._strike(home, shot, order, aim, outside=point.outside)
                    if code == 1:
                        return (f"stopped instead of going on: {told.get('error', '')[-800:]}",)
                    name, count, _ = _parts(aim)
                    if passed.get(name, 0) < count:
                        return (f"the start did not come by {aim}",)
                return self._recover(home, shot, imap, smtp, strikes=len(point.orders))
        finally:
            shutil.rmtree(home)

    def chain(self, number: int, points: list[Point]) -> tuple[dict[Point, Broken], Broken]:
        """Strike at many points in one wake-up, each after a start where the last one fell.

        Returns:
            The points that struck, each with what its recovery broke; and what is broken at the end.
        """
        shot = self.photographs[number]
        home = self._fresh(shot)
        aims = Aims(points)
        late = 0
        try:
            with self.servers(shot) as (imap, smtp):
                while True:
                    second = self._drawn(aims.pair, home, shot, smtp, late=late) if aims.pair else ""
                    order = self._order(home, imap, smtp, shot.step, late=late)
                    code, seconds, told, passed = self._strike(
                        home, shot, order, aims.armed(second), outside=points[0].outside
                    )
                    hit = aims.met(passed, self._slow(seconds))
                    if code == 1 or (code and not hit):
                        return aims.struck, (f"stopped instead of going on: {told.get('error', '')[-800:]}",)
                    if hit or second:
                        continue
                    if late or not aims.waiting:
                        return aims.struck, self._recover(home, shot, imap, smtp, strikes=aims.doubtful, since=late)
                    # The rest of the points may lie behind the wait for another look at 已发送.
                    late = 20
        finally:
            shutil.rmtree(home)

    def read_only(self, number: int, disk: Tmpfs | Ext4, *, at: str = "", nth: int = 1) -> Broken:
        """Let the home's disk turn read-only before a wake-up, or at the N-th command to a server; what is broken.

        Two starts meet it so, then it is mended.

        Args:
            number: The wake-up.
            disk: Where its home lies.
            at: A command of IMAP; ``letter`` for the letters that the SMTP server takes; nothing for before the start.
            nth: At which of these.
        """
        shot = self.photographs[number]
        home = Path(shutil.copytree(shot.home, disk.place / "home"))
        disk.settle()
        with self.servers(shot) as (imap, smtp):
            left = counting(nth, -1)

            def met(what: str) -> None:
                if what == at and next(left) == 1:
                    disk.turn()

            refusal = imap.next_refusal
            imap.next_refusal = lambda command: met(command) or refusal(command)  # type: ignore[method-assign,func-returns-value]
            smtp.on_accept = lambda _: met("letter")
            if not at:
                disk.turn()
            for late in (0, 5):
                code, _, told = self.worker.run(self._order(home, imap, smtp, shot.step, late=late))
                words = told.get("error", "") + "".join(told.get("lines", ()))
                if code == 1 or not any(sign in words for sign in ("下一轮", "磁盘")):
                    return (f"stopped or said nothing ({code}): {words[-800:]}",)
            disk.mend()
            return self._recover(home, shot, imap, smtp)

    def _drawn(self, pair: Point, home: Path, shot: Photograph, smtp: EmbeddedSmtp, *, late: int = 0) -> str:
        """The second blow of a pair: some passage of some point that the recovery from the first one passes.

        The recovery is played once beside, from where the first blow fell, and let be.
        """
        self._count += 1
        beside = Path(shutil.copytree(home, self.root / f"beside-{self._count}"))
        with self.servers(shot, smtp.accepted) as (imap, other):
            self.worker.run(self._order(beside, imap, other, shot.step, fail=_EVERYTHING, late=late))
        shutil.rmtree(beside)
        passed = {name: count for name, count in self.worker.passed.items() if count}
        chance = random.Random(str(pair))  # noqa: S311 - a seeded draw
        name = chance.choice(sorted(passed))
        return f"{name}:{chance.randint(1, passed[name])}=kill"

    def record(self, number: int, *, fail: str = "") -> Recording:
        """Play a wake-up once more under strace; when a call is to fail, the next start too."""
        shot = self.photographs[number]
        home, log = self._fresh(shot), self.root / "trace.txt"
        lines: list[str] = []
        with self.servers(shot) as (imap, smtp):
            for more in (("-e", f"inject={fail}"), ()) if fail else ((),):
                order = self._order(home, imap, smtp, shot.step)
                order |= {"trace": [*replayer.STRACE, *more], "log": str(log)}
                code, _, told = self.worker.run(order)
                if code == 1 or (code and not more):
                    raise RuntimeError(f"the traced wake-up fails: {told}")
                lines += [replayer.RESTART, *log.read_text(encoding="ascii").splitlines()]
            return Recording(number, home, lines, tuple(smtp.accepted))

    def cut_power(self, recording: Recording, chance: random.Random) -> Broken:
        """Let the power go at some write or sync of a wake-up, after what failed in it; what is broken afterwards."""
        shot = self.photographs[recording.number]
        root, lines = recording.home, recording.lines
        disk = replayer.Disk(root, shot.home)
        told = [place for place, line in enumerate(lines) if disk.play(line)]
        failed = [place for place, line in enumerate(lines) if "(INJECTED)" in line]
        last = chance.choice([place for place in told if place >= min(failed, default=0)] or [len(lines)])
        disk = replayer.Disk(root, shot.home)
        for line in lines[: last + 1]:
            disk.play(line)
        self._count += 1
        home = self.root / f"struck-{self._count}"
        disk.cut(home, chance)
        try:
            with self.servers(shot, recording.accepted[: len(shot.before) + disk.dots]) as (imap, smtp):
                return self._recover(home, shot, imap, smtp, strikes=1 + len(failed), resume=True)
        finally:
            shutil.rmtree(home)

    def _slow(self, seconds: float) -> Broken:
        """What is to be said of the last restart's time."""
        self.longest = max(self.longest, self.worker.busy)
        if self.worker.busy <= RECOVERY:
            return ()
        return (f"recovery took {self.worker.busy:.1f} s of work, {seconds:.1f} s in all",)

    def _fresh(self, shot: Photograph) -> Path:
        self._count += 1
        return Path(shutil.copytree(shot.home, self.root / f"struck-{self._count}"))

    def _recover(
        self,
        home: Path,
        shot: Photograph,
        imap: EmbeddedImap,
        smtp: EmbeddedSmtp,
        *,
        strikes: int = 1,
        since: int = 0,
        resume: bool = False,
    ) -> Broken:
        """Restart until at rest, then compare with the undisturbed month."""
        found: list[str] = []
        wanted = {message_id(mail.data) for mail in shot.after}
        # The second wake-up comes when a wait of minutes (a refused try) is over, the third when that of a letter is
        # which one error after another put off.
        for late in (since, since + 40, since + 100):
            if late == since + 100 and wanted <= {message_id(mail.data) for mail in smtp.accepted} | unsure(home):
                break
            order = self._order(home, imap, smtp, shot.step, late=late)
            # After a rebuilt ledger a person looks and lets the letters go.
            code, seconds, told = self.worker.run(order | {"resume": bool(late and resume)})
            if code:
                return (f"does not start again ({code}): {told.get('error', '')[-800:]}",)
            if late == since:
                found += self._slow(seconds)
        found += broken(home, imap, (mail.data for mail in smtp.accepted))
        got = {message_id(mail.data) for mail in smtp.accepted}
        # Killed between "the text is out" and the final dot: one letter waits for a person, and he is told.
        doubts = unsure(home)
        if len(doubts) > strikes:
            found.append(f"{len(doubts)} letters unsure after {strikes} kills")
        found += [f"never sent: {one}" for one in sorted(wanted - got - doubts)]
        found += [f"sent without reason: {one}" for one in sorted(got - wanted)]
        return tuple(found)


class Tally:
    """Points tried and held, by kind, printed as they break."""

    def __init__(self, most: float, share: tuple[int, int]) -> None:
        self._ends = time.monotonic() + most
        self._share, self._of = share
        self._begun = 0
        self.tried: Counter[str] = Counter()
        self.held: Counter[str] = Counter()

    def ours(self) -> bool:
        """Whether the next point belongs to this share of the work."""
        self._begun += 1
        return self._begun % self._of == self._share

    @property
    def over(self) -> bool:
        """Whether no new point is to be begun."""
        return time.monotonic() > self._ends

    def count(self, kind: str, point: Point, wrong: Broken) -> None:
        """One point more."""
        self.tried[kind] += 1
        self.held[kind] += not wrong
        if wrong:
            self.tell(str(point), wrong)

    def tell(self, what: str, wrong: Broken) -> None:
        """Say what broke where."""
        sys.stdout.write(f"{what}: {'; '.join(wrong)[:1000]}\n")
        sys.stdout.flush()


def chosen(loop: Crashloop, options: argparse.Namespace) -> list[tuple[str, Point]]:
    """The points that were asked for, each with the kind it is counted as."""
    points = [("again", Point.of(line)) for line in options.points]
    if options.every and not points:
        modes = ("eio", "enospc", "emfile", "erofs") if options.errors else ("kill",)
        points += [(mode, point) for mode in modes for point in loop.points(mode)]
        points = points[options.seed % options.every :: options.every]
    points += [("double", point) for point in loop.doubles(options.double, seed=options.seed)]
    if options.outside:
        found = loop.calls(options.outside, seed=options.seed)
        points += [(f"outside, {_parts(point.orders[0])[0]}", point) for point in found]
    if options.inject:
        found = loop.failures(options.inject, seed=options.seed)
        points += [(f"{point.kind[0].partition('=')[2]}, {_parts(point.orders[0])[0]}", point) for point in found]
    return points


def strike_all(loop: Crashloop, options: argparse.Namespace, tally: Tally) -> None:
    """All points that were asked for, in passes or alone."""
    points = chosen(loop, options)
    # A run that is cut short by its time has then tried all kinds and all wake-ups.
    random.Random(options.seed).shuffle(points)  # noqa: S311 - a seeded draw
    if options.passes:
        points = chained(loop, points, options.passes, tally)
    for kind, point in points:
        if tally.over:
            return
        if tally.ours():
            tally.count(kind, point, loop.strike(point))


def chained(loop: Crashloop, points: list[tuple[str, Point]], passes: int, tally: Tally) -> list[tuple[str, Point]]:
    """Strike at many points in each pass over a wake-up; those that no pass came by."""
    while passes and points:
        left = _passes(loop, points, passes, tally)
        if len(left) == len(points) or tally.over:
            break
        # Fewer are left: fewer passes.
        points, passes = left, passes // 2
    return points


def _passes(loop: Crashloop, points: list[tuple[str, Point]], passes: int, tally: Tally) -> list[tuple[str, Point]]:
    """Play each wake-up so many times; the points that did not strike."""
    left: list[tuple[str, Point]] = []
    kinds = {point: kind for kind, point in points}
    groups: dict[tuple[str, bool, int], list[Point]] = {}
    for _, point in points:
        groups.setdefault(point.kind, []).append(point)
    chains = [(start, group) for group in groups for start in range(min(passes, len(groups[group])))]
    for start, group in sorted(chains):
        if tally.over:
            break
        if not tally.ours():
            continue
        members = groups[group][start::passes]
        struck, wrong = loop.chain(members[0].number, members)
        if wrong:
            words = " ".join(map(str, struck))
            tally.tell(f"wake-up {members[0].number}, pass {start} of {passes}, all of its points ({words})", wrong)
        for point, slow in struck.items():
            tally.tried[kinds[point]] += 1
            tally.held[kinds[point]] += not (slow or wrong)
            if slow:
                tally.tell(str(point), slow)
        left += [(kinds[point], point) for point in members if point not in struck]
    return left


def main(words: list[str] | None = None) -> int:
    """Run the points asked for; exit code 1 when anything broke."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="the month of 30 units and 120 mails")
    parser.add_argument(
        "--passes", type=int, default=0, help="strike at every N-th point of a wake-up in each of N passes"
    )
    parser.add_argument("--every", type=int, default=1, help="only every N-th named point; 0: none")
    parser.add_argument("--points", nargs="*", default=[], help="these alone, as they are told when they break")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--double", type=int, default=0, help="so many random double kills")
    parser.add_argument("--errors", action="store_true", help="errors of the machine at the points instead of kills")
    parser.add_argument("--outside", type=int, default=0, help="strace kills at every N-th system call")
    parser.add_argument("--inject", type=int, default=0, help="strace lets every N-th call on the home's files fail")
    parser.add_argument("--most", type=float, default=1e9, help="seconds after which no new point is begun")
    parser.add_argument("--share", default="0/1", help="only every M-th point, beginning with the K-th: K/M")
    options = parser.parse_args(words)
    began = time.monotonic()
    share, _, of = options.share.partition("/")
    with tempfile.TemporaryDirectory(prefix="yuebao-crash-") as folder, Worker() as worker:
        loop = Crashloop(Path(folder), worker, full() if options.full else small())
        tally = Tally(options.most, (int(share), int(of)))
        strike_all(loop, options, tally)
    sys.stdout.write(f"longest restart: {loop.longest:.1f} s of work\n")
    for kind, tried in sorted(tally.tried.items()):
        sys.stdout.write(f"{kind}: tried {tried} held {tally.held[kind]}\n")
    tried, held = tally.tried.total(), tally.held.total()
    sys.stdout.write(f"tried {tried} held {held} in {time.monotonic() - began:.0f} s\n")
    return 0 if tried == held else 1


if __name__ == "__main__":
    sys.exit(main())
