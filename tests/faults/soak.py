"""Simulated months in which everything goes wrong at random, from one seed; the invariants hold at the end of each.

``python -m tests.faults.soak --seeds 100 --months 24 [--first SEED]``. The model is small: the mails that a server
listed, and the letters that it took. A failure names its seed; the same seed repeats it.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from pipeline.adapters import failpoints
from pipeline.adapters.embedded import ACCEPT_AND_DROP, DROP, NETEASE, EmbeddedImap, EmbeddedSmtp
from pipeline.app import LEDGER
from tests.faults.crashloop import Broken, Worker
from tests.faults.invariants import broken
from tests.faults.month import CODE, MAILBOX, ZONE, mail, write_config

ROOT = Path(__file__).resolve().parents[2]
UNITS = (
    ("县文旅局", "wlj", "1. 发展乡村旅游"),
    ("县商务局", "swj", "2. 建设电商服务站"),
    ("县财政局", "czj", "1. 发展乡村旅游"),
)
#: Days of a month on which the service wakes up, more or less.
DAYS = (1, 5, 7, 8, 9, 11, 12, 13, 14, 16)
REPLIES = ("421 HL:ICC", "451 MI:SFQ", "451 DT:SPM", "554 DT:SPM", "550 User not found", "552 too big", DROP)
STAGES = ("CONNECT", "EHLO", "AUTH", "MAIL", "RCPT", "DATA", "DOT")
COMMANDS = ("capability", "login", "id", "list", "examine", "search", "fetch")
JUNK = "垃圾邮件"


class Soak:
    """One seed."""

    def __init__(self, seed: int, worker: Worker, place: Path) -> None:
        self.chance = random.Random(seed)  # noqa: S311 - a seeded draw
        self.worker = worker
        self.home = place / "home"
        self.report = place / "report.json"
        self.numbers = 0
        self.uids: list[tuple[int, str]] = []
        #: What happened, for whoever looks for the cause.
        self.story: list[str] = []
        self.names = failpoints.names()

    def play(self, months: int, *, days: tuple[int, ...] = DAYS) -> Broken:
        """So many months from September 2022; what is broken at the end of the first that is not sound."""
        write_config(self.home, ROOT)
        with (
            EmbeddedImap(NETEASE, user=MAILBOX, password=CODE) as imap,
            EmbeddedSmtp(user=MAILBOX, password=CODE, mailbox=imap) as smtp,
        ):
            for number in range(months):
                year, month = 2022 + (8 + number) // 12, (8 + number) % 12 + 1
                for day in days:
                    moment = datetime(year, month, day, self.chance.randint(9, 16), tzinfo=ZONE)
                    self._world(imap, smtp, moment)
                    self._wake(imap, smtp, moment, fault=True)
                wrong = self._rest(imap, smtp, datetime(year, month, 17, 9, tzinfo=ZONE))
                if wrong:
                    return wrong
        return ()

    def _rest(self, imap: EmbeddedImap, smtp: EmbeddedSmtp, moment: datetime) -> Broken:
        smtp._script.clear()
        imap._refusals.clear()
        for hours in (0, 1, 30, 54):
            code, told = self._wake(imap, smtp, moment + timedelta(hours=hours), fault=False)
            if code:
                return (f"does not start: {told.get('error', '')[-600:]}",)
        return broken(self.home, imap, (letter.data for letter in smtp.accepted))

    def _wake(
        self, imap: EmbeddedImap, smtp: EmbeddedSmtp, moment: datetime, *, fault: bool
    ) -> tuple[int, dict[str, Any]]:
        fail = ""
        if fault and self.chance.random() < 0.5:
            mode = self.chance.choice(("kill", "kill", "eio", "enospc", "emfile"))
            fail = f"{self.chance.choice(self.names)}:{self.chance.randint(1, 4)}={mode}"
        order: dict[str, Any] = {
            "home": str(self.home), "imap": imap.port, "smtp": smtp.port, "report": str(self.report),
            "at": moment.isoformat(), "fail": fail, "resume": not fault or self.chance.random() < 0.5,
        }  # fmt: skip
        if fault and self.chance.random() < 0.2:
            order["acts"] = [[self.chance.choice(("accept", "refuse")), "2"]]
        code, _, told = self.worker.run(order)
        self.story.append(f"{moment:%Y-%m-%d %H} {fail} -> {code}")
        if code == 1:
            self.story.append(told.get("error", "")[-600:])
        return code, told

    def _world(self, imap: EmbeddedImap, smtp: EmbeddedSmtp, moment: datetime) -> None:
        """Mails arrive, people move them, servers are in a bad mood, the ledger is harmed."""
        chance = self.chance
        for _ in range(chance.randint(0, 3)):
            self._arrive(imap, moment - timedelta(minutes=chance.randint(1, 600)))
        if self.uids and chance.random() < 0.3:
            uid, folder = self.uids.pop(chance.randrange(len(self.uids)))
            imap.move(uid, to=JUNK if folder == "INBOX" else "INBOX", folder=folder)
        if chance.random() < 0.05:
            self._rebuild(imap, moment)
        for _ in range(chance.choice((0, 0, 1, 2))):
            stage = chance.choice(STAGES)
            smtp.say(stage, chance.choice((*REPLIES, ACCEPT_AND_DROP) if stage == "DOT" else REPLIES))  # type: ignore[arg-type]
        if chance.random() < 0.2:
            imap.refuse(chance.choice(COMMANDS), chance.choice((b"NO not now", b"BAD what", b"BYE")))
        if chance.random() < 0.06 and (self.home / LEDGER).exists():
            self._harm(self.home / LEDGER)

    def _arrive(self, imap: EmbeddedImap, when: datetime) -> None:
        self.numbers += 1
        chance, number = self.chance, self.numbers
        month = when.month - 1 or 12
        name, box, item = chance.choice(UNITS)
        body = f"{name}{month}月服务业工作报告\n{item}：{month}月新建{number}家，累计{number + 40}家。\n"
        kind = chance.choice(("good", "good", "good", "twice", "stranger", "automatic", "rubbish"))
        data = {
            "good": lambda: mail(number, when, sender=f"{box}@unit.example", subject=f"{month}月报告", body=body),
            "twice": lambda: mail(number, when, sender=f"{box}@unit.example", subject=f"{month}月报告", body=body),
            "stranger": lambda: mail(number, when, sender=f"x{number}@qq.example", subject=f"{month}月报告", body=body),
            "automatic": lambda: mail(number, when, sender="postmaster@mx.example", subject="退信", body="550\n",
                                      extra="Auto-Submitted: auto-replied\r\nReturn-Path: <>\r\n"),
            "rubbish": lambda: chance.randbytes(chance.randint(1, 400)),
        }[kind]()  # fmt: skip
        for _ in range(2 if kind == "twice" else 1):
            folder = chance.choice(("INBOX", "INBOX", "INBOX", JUNK))
            self.uids.append((imap.deliver(data, received_at=when, folder=folder), folder))

    def _rebuild(self, imap: EmbeddedImap, moment: datetime) -> None:
        """The provider repairs the inbox: the same mails under other numbers."""
        mails = imap.mails("INBOX")
        imap.rebuild("INBOX", validity=self.chance.choice((1, 2, 77)), first_uid=self.chance.choice((1, 5000)))
        self.uids = [one for one in self.uids if one[1] != "INBOX"]
        for data in mails:
            self.uids.append((imap.deliver(data, received_at=moment - timedelta(hours=1)), "INBOX"))
        self.story.append("inbox rebuilt")

    def _harm(self, ledger: Path) -> None:
        match self.chance.choice(("gone", "cut", "no wal", "noise")):
            case "gone":
                ledger.unlink()
            case "cut":
                ledger.write_bytes(ledger.read_bytes()[: ledger.stat().st_size // 2])
            case "no wal":
                Path(f"{ledger}-wal").unlink(missing_ok=True)
            case _:
                data = ledger.read_bytes()
                ledger.write_bytes(self.chance.randbytes(4096) + data[4096:])
        self.story.append("ledger harmed")


def soak(seed: int, months: int, worker: Worker, *, days: tuple[int, ...] = DAYS) -> tuple[Broken, list[str]]:
    """One seed; what broke, and what had happened by then."""
    with tempfile.TemporaryDirectory(prefix="yuebao-soak-") as place:
        one = Soak(seed, worker, Path(place))
        return one.play(months, days=days), one.story


def main() -> int:
    """Run the seeds; exit code 1 when anything broke."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--months", type=int, default=24)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--most", type=float, default=1e9, help="seconds after which no new seed is begun")
    options = parser.parse_args()
    began = time.monotonic()
    tried = held = 0
    with Worker() as worker:
        for seed in range(options.first, options.first + options.seeds):
            if time.monotonic() - began > options.most:
                break
            wrong, story = soak(seed, options.months, worker)
            tried += 1
            held += not wrong
            sys.stdout.write(
                f"seed {seed}: {'; '.join(wrong)[:800] or 'held'} after {time.monotonic() - began:.0f} s\n"
            )
            if wrong:
                sys.stdout.write("".join(f"  {line}\n" for line in story[-14:]))
            sys.stdout.flush()
    sys.stdout.write(f"tried {tried} held {held} in {time.monotonic() - began:.0f} s\n")
    return 0 if tried == held else 1


if __name__ == "__main__":
    sys.exit(main())
