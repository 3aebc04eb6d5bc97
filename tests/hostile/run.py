"""Thousands of hostile mails through the real flow: ``python -m tests.hostile.run --count 10000 --seed 1 --jobs 2``.

Every mail goes archive → child → understanding → ledger → receipt, as a mail of the office would. Each has to end
filed, asked, refused or unreadable, within its budget; nothing may be raised, no process, file or connection left.
"""

from __future__ import annotations

import argparse
import contextlib
import logging
import os
import resource
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from datetime import timedelta
from json import dumps, loads
from pathlib import Path
from random import Random
from typing import Self

from pipeline.adapters import guard
from pipeline.adapters.child import _keeper
from pipeline.flows import facts
from pipeline.flows.desk import Desk
from pipeline.model import Filing, MailKind, QuestionKind, Trouble
from tests.hostile.generators.draw import again, choose
from tests.hostile.generators.material import Hostile, plain
from tests.hostile.office_desk import START, office, take
from tests.hostile.watch import Watch, children, left_folders

#: Mails in one home; then the papers of the month are made over them and a new home begins.
_HOME = 400
#: Seconds of a processor, whatever else the machine does, and bytes that one mail may take.
BUSY, MEMORY = 35.0, 2_000_000_000
_PORT = 47_809
#: Every so many mails a good one, which must be filed as if nothing had happened.
_GOOD_EVERY = 40


@dataclass(slots=True)
class Tally:
    """What became of a run."""

    ends: Counter[str] = field(default_factory=Counter)
    breaches: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    slowest: list[tuple[float, str]] = field(default_factory=list)
    largest: int = 0
    samples: int = 0
    apart: int = 0
    good: int = 0
    #: Processor seconds of everything, children included: what the run costs, however busy the machine is.
    processor: float = 0.0

    def add(self, other: Tally) -> None:
        """Join another worker's figures."""
        self.ends.update(other.ends)
        self.breaches += other.breaches
        for name, value in other.seconds.items():
            self.seconds[name] = self.seconds.get(name, 0.0) + value
        self.counts.update(other.counts)
        self.slowest = sorted(self.slowest + other.slowest, reverse=True)[:10]
        self.largest = max(self.largest, other.largest)
        self.samples += other.samples
        self.apart += other.apart
        self.good += other.good
        self.processor += other.processor


def end_of(filing: Filing, trouble: str) -> str:
    """filed, asked, refused, unreadable, or what must not be: raised."""
    if trouble or any(asked.text.startswith("程序读这封邮件时出错") for asked in filing.questions):
        return "raised"
    if any(asked.kind == QuestionKind.FORGED for asked in filing.questions) or any(
        part.trouble in {Trouble.HOSTILE, Trouble.TOO_LARGE} for part in filing.unreadable
    ):
        return "refused"
    if filing.unreadable:
        return "unreadable"
    return "asked" if filing.questions else "filed"


def work(places: Iterator[int], *, seed: int, folder: Path) -> Tally:
    """Take these places of the row in, in homes of a few hundred mails each."""
    tally = Tally()
    waiting = list(places)
    with Watch() as watch:
        for number, start in enumerate(range(0, len(waiting), _HOME)):
            with office(folder / f"home{number}") as desk:
                _fill(desk, waiting[start : start + _HOME], seed, tally, watch)
                _close(desk, tally, number)
    tally.largest, tally.samples, tally.apart = watch.largest, watch.samples, watch.apart
    tally.processor = processor()
    if watch.connected:
        tally.breaches.append(f"{watch.connected} samples of children with a socket in our network")
    below = [pid for pid in children(os.getpid()) if pid not in _keepers()]
    if below:
        tally.breaches.append(f"processes left: {below}")
    return tally


def processor() -> float:
    """Processor seconds of this process, of its forks, and of those that stay with all that they forked."""
    spent = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    total = sum(one.ru_utime + one.ru_stime for one in spent)
    for pid in _keepers():
        with contextlib.suppress(OSError):
            words = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
            total += sum(map(int, words[11:15])) / os.sysconf("SC_CLK_TCK")
    return total


def _keepers() -> list[int]:
    """The two children that are meant to stay: from the one readers are forked, the other understands mails."""
    process, standing = _keeper()._process, guard.standing()
    return [pid for pid in (process.pid if process is not None else None, standing) if pid is not None]


def _fill(desk: Desk, places: list[int], seed: int, tally: Tally, watch: Watch) -> None:
    at = START
    for step, place in enumerate(places):
        at += timedelta(seconds=30)
        if step % _GOOD_EVERY == 0:
            _good(desk, place, tally)
        mail = again(f"{choose(place)[0]}/{seed}-{place}")
        watch.mark()
        begun, busy = time.monotonic(), processor()
        try:
            filing = take(desk, mail.data, at=at, origin=mail.name.replace("/", "_"))
        except Exception as error:  # noqa: BLE001 - the very thing that must not happen is counted, and the run goes on
            tally.breaches.append(f"{mail.name}: raised {type(error).__name__}: {error}"[:300])
            continue
        spent = time.monotonic() - begun, processor() - busy
        _count(desk, mail, filing, spent=spent, tally=tally, watch=watch)


def _count(
    desk: Desk, mail: Hostile, filing: Filing, *, spent: tuple[float, float], tally: Tally, watch: Watch
) -> None:
    message = desk.ledger.message(filing.digest)
    end = end_of(filing, message.trouble if message else "not in the ledger")
    group = mail.name.rpartition("/")[0]
    tally.ends[end] += 1
    tally.counts[group] += 1
    wall, busy = spent
    tally.seconds[group] = tally.seconds.get(group, 0.0) + busy
    tally.slowest = sorted([*tally.slowest, (busy, mail.name)], reverse=True)[:10]
    if end == "raised":
        tally.breaches.append(f"{mail.name}: raised inside, see the mail's question")
    if busy > BUSY:
        tally.breaches.append(f"{mail.name}: {busy:.1f} s of work, {wall:.1f} s in all")
    if watch.recent > MEMORY:
        tally.breaches.append(f"{mail.name}: {watch.recent / 1e6:.0f} MB")


def _good(desk: Desk, place: int, tally: Tally) -> None:
    """A good report between the hostile ones is filed as always."""
    filing = take(desk, plain(Random(place), sender=b"xxczj@163.example"))
    if (filing.kind, filing.unit) != (MailKind.REPORT, "县财政局"):
        tally.breaches.append(f"good mail at {place}: {filing.kind} {filing.unit}")
    tally.good += 1


def _close(desk: Desk, tally: Tally, number: int) -> None:
    """The month can be told over all that came, the journal's chain holds, and the archive has every byte."""
    try:
        facts.month_facts(desk, "2022-08", at=desk.now() + timedelta(days=5))
    except Exception as error:  # noqa: BLE001 - counted as above
        tally.breaches.append(f"home {number}: month cannot be told: {type(error).__name__}: {error}"[:300])
    tally.breaches += [f"home {number}: {trouble}" for trouble in (*desk.journal.verify(), *desk.archive.verify())]
    if len(desk.ledger.messages()) != len(desk.archive):
        tally.breaches.append(f"home {number}: {len(desk.archive)} archived, {len(desk.ledger.messages())} filed")


# --------------------------------------------------------------------------- many at once


def play(count: int, *, seed: int, jobs: int = 1, first: int = 0) -> Tally:
    """The whole run; with several jobs each is a process of its own."""
    before = frozenset(str(path) for path in Path("/tmp").glob("yuebao-child-*"))  # noqa: S108 - the children's own folder
    total = Tally()
    with tempfile.TemporaryDirectory(prefix="yuebao-hostile-") as folder, _Listener() as heard:
        if jobs == 1:
            total.add(work(iter(range(first, first + count)), seed=seed, folder=Path(folder)))
        else:
            for tally in _spread(count, seed=seed, jobs=jobs, first=first, folder=Path(folder)):
                total.add(tally)
    if heard.calls:
        total.breaches.append(f"{heard.calls} connections to the listener on this machine")
    escaped = [path for path in ("/tmp/yuebao-escape", "/yuebao-escape") if Path(path).exists()]  # noqa: S108 - the path that must not be written
    total.breaches += [f"written outside: {path}" for path in (*escaped, *left_folders(before))]
    return total


def _spread(count: int, *, seed: int, jobs: int, first: int, folder: Path) -> Iterator[Tally]:
    workers = [
        subprocess.Popen(
            [
                sys.executable, "-m", "tests.hostile.run", "--worker", f"{job}/{jobs}", "--count", str(count),
                "--seed", str(seed), "--first", str(first), "--folder", str(folder / str(job)),
            ],
            stdout=subprocess.PIPE,
            cwd=Path(__file__).resolve().parents[2],
        )
        for job in range(jobs)
    ]  # fmt: skip
    for worker in workers:
        out, _ = worker.communicate()
        if worker.returncode != 0 or not out:
            yield Tally(breaches=[f"a worker ended with {worker.returncode}"])
            continue
        data = loads(out)
        yield Tally(
            ends=Counter(data["ends"]), breaches=data["breaches"], counts=Counter(data["counts"]),
            seconds=data["seconds"], slowest=[tuple(one) for one in data["slowest"]],
            largest=data["largest"], samples=data["samples"], apart=data["apart"], good=data["good"],
            processor=data["processor"],
        )  # fmt: skip


class _Listener:
    """Stands on the port that hostile files name and counts who calls."""

    def __init__(self) -> None:
        self.calls = 0
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)

    def __enter__(self) -> Self:
        try:
            self._socket.bind(("127.0.0.1", _PORT))
        except OSError:
            return self  # another run listens; its count speaks for both
        self._socket.listen()
        threading.Thread(target=self._listen, daemon=True).start()
        return self

    def __exit__(self, *_exception: object) -> None:
        # Only a shutdown wakes a thread that waits in accept().
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _listen(self) -> None:
        while True:
            try:
                caller, _ = self._socket.accept()
            except OSError:
                return
            self.calls += 1
            caller.close()


def lines_of(tally: Tally, spent: float) -> Iterator[str]:
    """The result for people."""
    total = sum(tally.ends.values())
    yield f"{total} hostile mails in {spent:.0f} s, {tally.good} good ones between them filed as always"
    yield f"{tally.processor:.0f} s of processor time, {1000 * tally.processor / max(1, total):.0f} ms each"
    yield "ends: " + ", ".join(f"{name} {number}" for name, number in tally.ends.most_common())
    for group, number in sorted(tally.counts.items()):
        yield f"  {group:<18}{number:>6}  {1000 * tally.seconds[group] / number:>8.0f} ms each"
    yield "slowest: " + ", ".join(f"{name} {seconds:.1f} s" for seconds, name in tally.slowest[:5])
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    yield f"largest child {tally.largest / 1e6:.0f} MB, this process {own:.0f} MB; "
    yield f"{tally.samples} looks at children, {tally.apart} of them in a network of their own"
    yield f"breaches: {len(tally.breaches)}"
    yield from (f"  ! {breach}" for breach in tally.breaches[:60])


def main() -> int:
    """Run from the command line; exit code 1 when anything was breached."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--count", type=int, default=10_000)
    words.add_argument("--seed", type=int, default=1)
    words.add_argument("--jobs", type=int, default=2)
    words.add_argument("--first", type=int, default=0)
    words.add_argument("--worker", help=argparse.SUPPRESS)
    words.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    given = words.parse_args()
    logging.disable(logging.CRITICAL)
    if given.worker:
        job, jobs = map(int, given.worker.split("/"))
        # By chance, not by turns: turns would give each worker kinds of its own, and one of them all the dear ones.
        whose = Random(f"{given.seed}/{jobs}")
        places = [place for place in range(given.first, given.first + given.count) if whose.randrange(jobs) == job]
        tally = work(iter(places), seed=given.seed, folder=given.folder)
        sys.stdout.write(dumps({one.name: getattr(tally, one.name) for one in fields(tally)}))
        return 0
    begun = time.monotonic()
    tally = play(given.count, seed=given.seed, jobs=given.jobs, first=given.first)
    for line in lines_of(tally, time.monotonic() - begun):
        print(line)
    return 1 if tally.breaches else 0


if __name__ == "__main__":
    sys.exit(main())
