"""A month that is killed at every durable step, restarted and compared with the same month undisturbed.

``python -m tests.faults.crashloop [--full] [--passes N] [--every N] [--seed S] [--double N] [--errors] [--outside N]``

The undisturbed month is played once and photographed before every wake-up (home and servers). Each point then starts
from its photograph: the process dies there, is started again until it rests, and must end where the undisturbed one
ended, with every invariant. ``--double`` kills the recovery too, ``--errors`` lets the point fail with EIO, ENOSPC or
EMFILE instead, ``--outside N`` lets strace kill at every N-th system call of each kind,
``--inject EIO ENOSPC`` lets the calls fail too. ``--share 0/2`` and ``--share 1/2`` do half each, side by side.

A whole recovery and all invariants for each of thousands of points take a day. ``--passes N`` takes many points in one
wake-up: it is played N times, in each pass every N-th point strikes, the program is started again where it fell and
goes on to the next, and the invariants are checked when it is at rest. Passages are then counted over all starts of a
pass. A point that its pass does not come by (what was done is not done again) is tried in another pass, and at last
alone, as all are without the option; the second kill of a pair that finds nothing to hit makes it no pair.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import IO, Any, Self

from pipeline.adapters import failpoints
from pipeline.adapters.embedded import NETEASE, Accepted, EmbeddedImap, EmbeddedSmtp
from tests.faults import replayer
from tests.faults.fullmonth import full
from tests.faults.invariants import broken, message_id, unsure
from tests.faults.month import CODE, MAILBOX, Plot, Step, small

ROOT = Path(__file__).resolve().parents[2]
Broken = tuple[str, ...]
#: Points that a letter passes between "the text is out" and the server's answer; some of them at other times too.
_DOUBTFUL = ("deliver.at_dot", "smtp.before_dot", "smtp.after_dot", "journal.", "ledger.")
#: Seconds of work that a restart may take until the home is at rest, its letters sent.
RECOVERY = 10.0
#: System calls that fail, and those at which strace kills.
WRITING = ("fsync", "fdatasync", "pwrite64", "write", "link", "rename", "unlink", "ftruncate", "mkdir")
CALLS = ("fsync", "fdatasync", "rename", "link", "unlink", "pwrite64", "write", "connect", "sendto", "recvfrom")


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
        self.passed = answer["passed"]
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


@dataclass(frozen=True)
class Point:
    """Where to strike: in which wake-up, at which passage of which point, and how."""

    number: int
    orders: tuple[str, ...]

    def __str__(self) -> str:
        """One line to repeat it."""
        return f"{self.number}:{'+'.join(self.orders)}"


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
        #: Blows that may have left a letter of which nobody knows, those of pairs that were none among them.
        self.doubtful = 0
        self._passed: Counter[str] = Counter()
        # Those that struck in the last start, so that the next one recovers from them.
        self._last: list[Point] = []
        self._armed: dict[str, tuple[int, str]] = {}

    def armed(self) -> str:
        """The orders of the next start: of each name the next passage, and the second blow of a pair."""
        self._armed = {}
        for name, queue in self.waiting.items():
            _, count, mode = _parts(queue[0].orders[0])
            self._armed[name] = max(1, count - self._passed[name]), mode
        for point in self._last:
            for order in point.orders[1:]:
                name, count, mode = _parts(order)
                self._armed[name] = count, mode
        return ",".join(f"{name}:{count}={mode}" for name, (count, mode) in self._armed.items())

    def met(self, passed: dict[str, int], wrong: Broken) -> bool:
        """Take in how often a start passed each armed point, and what was wrong with it; whether anything struck."""
        hit = {name for name, (count, _) in self._armed.items() if passed[name] >= count}
        self.doubtful += sum(name.startswith(_DOUBTFUL) for name in hit)
        self._passed.update(passed)
        for point in self._last:
            # A pair whose second blow found nothing to hit was none.
            if all(_parts(order)[0] in hit for order in point.orders[1:]):
                self.struck[point] = wrong
        self._last = []
        for name in hit & set(self.waiting):
            queue = self.waiting[name]
            if _parts(queue[0].orders[0])[1] <= self._passed[name]:
                self._last.append(queue.pop(0))
            if not queue:
                del self.waiting[name]
        return bool(hit)


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
        everything = ",".join(f"{name}:1000000000" for name in failpoints.names())
        for number, step in enumerate(self.plot.steps):
            shot = Photograph(step, number, self.root / f"photo-{number}", accepted)
            shutil.copytree(home, shot.home)
            self.photographs.append(shot)
            with self.servers(shot) as (imap, smtp):
                code, _, told = self.worker.run(self._order(home, imap, smtp, step, fail=everything))
                if code or told.get("error"):
                    raise RuntimeError(f"the undisturbed month fails: {told}")
                accepted = tuple(smtp.accepted)
                wrong = broken(home, imap, (mail.data for mail in accepted))
                if wrong:
                    raise RuntimeError(f"the undisturbed month breaks: {wrong}")
            shot.after = accepted
            shot.passed = {name: count for name, count in self.worker.passed.items() if count}

    @contextmanager
    def servers(self, shot: Photograph) -> Iterator[tuple[EmbeddedImap, EmbeddedSmtp]]:
        """Mailbox and submission server as they were before a wake-up, its arrivals delivered."""
        with EmbeddedImap(NETEASE, user=MAILBOX, password=CODE) as imap:
            for earlier in self.photographs[: shot.number + 1]:
                for arrival in earlier.step.arrivals:
                    imap.deliver(arrival.data, received_at=arrival.at, folder=arrival.folder)
            with EmbeddedSmtp(user=MAILBOX, password=CODE, mailbox=imap) as smtp:
                for letter in shot.before:
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
        """Pairs: the first kills, the second kills what recovers from it."""
        chance = random.Random(seed)  # noqa: S311 - a seeded draw
        singles = self.points()
        # What the wake-up passes at all may be passed by its recovery; what only a recovery passes comes on top.
        own = ("deliver.recovered", "deliver.looked", "journal.torn_cut")
        return [
            Point(one.number, (one.orders[0], f"{chance.choice(names)}:{chance.randint(1, 3)}"))
            for one in chance.choices(singles, k=count)
            for names in [sorted({*self.photographs[one.number].passed, *own})]
        ]

    def strike(self, point: Point) -> Broken:
        """Strike once; what is broken afterwards."""
        shot = self.photographs[point.number]
        home = self._fresh(shot)
        try:
            with self.servers(shot) as (imap, smtp):
                for order in point.orders:
                    code, _, told = self.worker.run(self._order(home, imap, smtp, shot.step, fail=order))
                    if code == 1:
                        return (f"stopped instead of going on: {told.get('error', '')[-800:]}",)
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
                    order = self._order(home, imap, smtp, shot.step, fail=aims.armed(), late=late)
                    code, seconds, told = self.worker.run(order)
                    hit = aims.met(self.worker.passed, self._slow(seconds))
                    if code == 1 or (code and not hit):
                        return aims.struck, (f"stopped instead of going on: {told.get('error', '')[-800:]}",)
                    if hit:
                        continue
                    if late or not aims.waiting:
                        return aims.struck, self._recover(home, shot, imap, smtp, strikes=aims.doubtful, since=late)
                    # The rest of the points may lie behind the wait for another look at 已发送.
                    late = 20
        finally:
            shutil.rmtree(home)

    def strike_outside(self, number: int, call: str, nth: int, *, how: str = "signal=KILL") -> tuple[bool, Broken]:
        """Let strace kill at the N-th call, or let it fail; whether it struck, and what is broken afterwards."""
        shot = self.photographs[number]
        home = self._fresh(shot)
        try:
            with self.servers(shot) as (imap, smtp):
                log = self.root / "trace.txt"
                order = self._order(home, imap, smtp, shot.step)
                injection = f"inject={call}:{how}:when={nth}"
                order |= {"trace": ["-f", "-qq", "-e", f"trace={call}", "-e", injection], "log": str(log)}
                code, _, told = self.worker.run(order)
                if code == 1:
                    return True, (f"stopped instead of going on: {told.get('error', '')[-800:]}",)
                if code != -signal.SIGKILL and b"INJECTED" not in log.read_bytes():
                    return False, ()
                return True, self._recover(home, shot, imap, smtp)
        finally:
            shutil.rmtree(home)

    def record(self, number: int) -> tuple[Path, list[str]]:
        """Play a wake-up once more under strace: where, and the lines of its trace."""
        shot = self.photographs[number]
        home, log = self._fresh(shot), self.root / f"trace-{number}.txt"
        with self.servers(shot) as (imap, smtp):
            order = self._order(home, imap, smtp, shot.step) | {"trace": list(replayer.STRACE), "log": str(log)}
            code, _, told = self.worker.run(order)
            if code:
                raise RuntimeError(f"the traced wake-up fails: {told}")
        return home, log.read_text(encoding="ascii").splitlines()

    def cut_power(self, number: int, recorded: tuple[Path, list[str]], chance: random.Random) -> Broken:
        """Let the power go at some write or sync of a wake-up; what is broken after it came back."""
        shot = self.photographs[number]
        root, lines = recorded
        disk = replayer.Disk(root, shot.home)
        told = [place for place, line in enumerate(lines) if disk.play(line)]
        last = chance.choice(told)
        disk = replayer.Disk(root, shot.home)
        for line in lines[: last + 1]:
            disk.play(line)
        self._count += 1
        home = self.root / f"struck-{self._count}"
        disk.cut(home, chance)
        try:
            with self.servers(shot) as (imap, smtp):
                for letter in shot.after[len(shot.before) : len(shot.before) + disk.dots]:
                    smtp.accept(letter)
                return self._recover(home, shot, imap, smtp, resume=True)
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
        # The second wake-up comes when a wait of minutes (a refused try) is over.
        for late in (since, 40):
            order = self._order(home, imap, smtp, shot.step, late=late)
            # After a rebuilt ledger a person looks and lets the letters go.
            code, seconds, told = self.worker.run(order | {"resume": bool(late and resume)})
            if code:
                return (f"does not start again ({code}): {told.get('error', '')[-800:]}",)
            if late == since:
                found += self._slow(seconds)
        found += broken(home, imap, (mail.data for mail in smtp.accepted))
        wanted = {message_id(mail.data) for mail in shot.after}
        got = {message_id(mail.data) for mail in smtp.accepted}
        # Killed between "the text is out" and the final dot: one letter waits for a person, and he is told.
        doubts = unsure(home)
        if len(doubts) > strikes:
            found.append(f"{len(doubts)} letters unsure after {strikes} kills")
        found += [f"never sent: {one}" for one in sorted(wanted - got - doubts)]
        found += [f"sent without reason: {one}" for one in sorted(got - wanted)]
        return tuple(found)


@dataclass(frozen=True)
class Outside:
    """A kill or an error at a system call."""

    number: int
    call: str
    nth: int
    how: str

    def __str__(self) -> str:
        """One line to repeat it."""
        return f"{self.number}:{self.call}:{self.nth}:{self.how}"


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

    def count(self, kind: str, point: Point | Outside, wrong: Broken) -> None:
        """One point more."""
        self.tried[kind] += 1
        self.held[kind] += not wrong
        if wrong:
            self.tell(str(point), wrong)

    def tell(self, what: str, wrong: Broken) -> None:
        """Say what broke where."""
        sys.stdout.write(f"{what}: {'; '.join(wrong)[:1000]}\n")
        sys.stdout.flush()


def inside(loop: Crashloop, options: argparse.Namespace, tally: Tally) -> None:
    """Named points: kills, errors, double kills."""
    points = [("kill", point) for point in loop.points()]
    if options.errors:
        points += [(mode, point) for mode in ("eio", "enospc", "emfile") for point in loop.points(mode)]
    points = points[options.seed % options.every :: options.every]
    points += [("double", point) for point in loop.doubles(options.double, seed=options.seed)]
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
    """Strike at many points in each pass over a wake-up; those that no pass came by, pairs left out."""
    while passes and points:
        left = _passes(loop, points, passes, tally)
        if len(left) == len(points) or tally.over:
            break
        # Fewer are left: fewer passes.
        points, passes = left, passes // 2
    return [(kind, point) for kind, point in points if kind != "double"]


def _passes(loop: Crashloop, points: list[tuple[str, Point]], passes: int, tally: Tally) -> list[tuple[str, Point]]:
    """Play each wake-up so many times; the points that did not strike."""
    left: list[tuple[str, Point]] = []
    kinds = {point: kind for kind, point in points}
    # A kill and an error want another pass: one ends the process, the other only what it does.
    groups: dict[tuple[str, int], list[Point]] = {}
    for _, point in points:
        groups.setdefault((_parts(point.orders[0])[2], point.number), []).append(point)
    chains = [(start, group) for group in groups for start in range(min(passes, len(groups[group])))]
    for start, group in sorted(chains):
        if tally.over:
            break
        if not tally.ours():
            continue
        members = groups[group][start::passes]
        struck, wrong = loop.chain(group[1], members)
        if wrong:
            tally.tell(f"wake-up {group[1]}, {group[0]}, pass {start} of {passes}, all of its points", wrong)
        for point, slow in struck.items():
            tally.tried[kinds[point]] += 1
            tally.held[kinds[point]] += not (slow or wrong)
            if slow:
                tally.tell(str(point), slow)
        left += [(kinds[point], point) for point in members if point not in struck]
    return left


def outside(loop: Crashloop, options: argparse.Namespace, tally: Tally) -> None:
    """Every N-th system call of each kind in each wake-up, until a wake-up makes no more of them."""
    for shot in loop.photographs:
        for how in ("signal=KILL", *(f"error={name}" for name in options.inject)):
            for call in CALLS if how == "signal=KILL" else WRITING:
                nth = 1 + options.seed % options.outside
                while not tally.over:
                    if tally.ours():
                        struck, wrong = loop.strike_outside(shot.number, call, nth, how=how)
                        if not struck:
                            break
                        kind = "outside" if how == "signal=KILL" else how
                        tally.count(kind, Outside(shot.number, call, nth, how), wrong)
                    nth += options.outside


def main(words: list[str] | None = None) -> int:
    """Run the points asked for; exit code 1 when anything broke."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="the month of 30 units and 120 mails")
    parser.add_argument(
        "--passes", type=int, default=0, help="strike at every N-th point of a wake-up in each of N passes"
    )
    parser.add_argument("--every", type=int, default=1, help="only every N-th named point; 1000000: none")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--double", type=int, default=0, help="so many random double kills")
    parser.add_argument("--errors", action="store_true", help="EIO, ENOSPC and EMFILE at the points too")
    parser.add_argument("--outside", type=int, default=0, help="strace kills at every N-th system call")
    parser.add_argument("--inject", nargs="*", default=[], help="errors that strace injects as well: EIO ENOSPC")
    parser.add_argument("--most", type=float, default=1e9, help="seconds after which no new point is begun")
    parser.add_argument("--share", default="0/1", help="only every M-th point, beginning with the K-th: K/M")
    options = parser.parse_args(words)
    began = time.monotonic()
    share, _, of = options.share.partition("/")
    with tempfile.TemporaryDirectory(prefix="yuebao-crash-") as folder, Worker() as worker:
        loop = Crashloop(Path(folder), worker, full() if options.full else small())
        tally = Tally(options.most, (int(share), int(of)))
        inside(loop, options, tally)
        if options.outside:
            outside(loop, options, tally)
    sys.stdout.write(f"longest restart: {loop.longest:.1f} s of work\n")
    for kind, tried in sorted(tally.tried.items()):
        sys.stdout.write(f"{kind}: tried {tried} held {tally.held[kind]}\n")
    tried, held = tally.tried.total(), tally.held.total()
    sys.stdout.write(f"tried {tried} held {held} in {time.monotonic() - began:.0f} s\n")
    return 0 if tried == held else 1


if __name__ == "__main__":
    sys.exit(main())
