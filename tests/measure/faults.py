"""The fault suites → docs/faults.md: each fault of the matrix with tried and held counts.

``python -m tests.measure.faults --day 2026-11-28 [--release] [--write]`` runs the tests of each fault and counts them;
``--release`` tries each fault as often as the matrix asks for, and runs the month of full size through the crash loop
(hours on a small machine). ``--only F3 F8`` measures some lines alone and leaves the others of the page as they are.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from xml.etree import ElementTree as ET

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "faults.md"
_F = "tests/faults"
#: Fault → what it is, and the tests that try it (``file::name`` counts every test whose name begins so).
MATRIX: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("F1", "kill at named points, the month of 3 units", (f"{_F}/test_crashloop.py::test_killed_at_named_points",
                                                          f"{_F}/test_crashloop.py::test_killed_around_the_final_dot")),
    ("F1", "kill by strace at system calls", (f"{_F}/test_crashloop.py::test_killed_from_outside",)),
    ("F2", "a second kill during recovery", (f"{_F}/test_crashloop.py::test_killed_again_while_recovering",)),
    ("F3", "power cut over archive and journal", (f"{_F}/test_power_cut.py",)),
    ("F3", "power cut over everything, ledger and WAL too", (f"{_F}/test_crashloop.py::test_power_cut",)),
    ("F4", "IMAP cut at every kind of byte, silence, drip", (f"{_F}/test_wire.py::test_imap",)),
    ("F5", "odd IMAP servers", ("tests/unit/adapters/test_imap.py",)),
    ("F6", "UIDVALIDITY, rebuilt folders, moved mails", (f"{_F}/test_uidvalidity.py", f"{_F}/test_mailbox_machine.py")),
    ("F7", "SMTP: twelve faults at eight stages, once and for days", (f"{_F}/test_outbox.py",)),
    ("F7", "SMTP cut at every kind of byte", (f"{_F}/test_wire.py::test_smtp",)),
    ("F7", "9 min 50 s, no answer, a week without network, on a clock", (f"{_F}/test_patience.py",)),
    ("F8/F9", "ENOSPC, EIO, EMFILE, EROFS at named points", (f"{_F}/test_crashloop.py::test_errors_of_the_machine",)),
    ("F9", "strace lets calls on the home's files fail", (f"{_F}/test_crashloop.py::test_errors_from_outside",)),
    ("F9", "a sync fails, its bytes are gone, then the power", (f"{_F}/test_crashloop.py::test_a_sync_that_failed",)),
    ("F9", "a disk that is, or turns, read-only", (f"{_F}/test_crashloop.py::test_a_read_only_disk",
                                                   f"{_F}/test_crashloop.py::test_a_disk_that_turns")),
    ("F9", "ENOMEM in the child", (f"{_F}/test_no_memory.py",)),
    ("F8", "a file system that is really full", (f"{_F}/test_full_disk.py",)),
    ("F10", "clock: jumps, zones, wrong dates, holidays",
     (f"{_F}/test_time.py::test_the", f"{_F}/test_time.py::test_a_")),
    ("F11", "asleep over the 10th, 11th, 12th, 40 days", (f"{_F}/test_time.py::test_asleep",)),
    ("F12", "fifty rounds of twenty starts, locks left behind", (f"{_F}/test_ledger_faults.py::test_fifty",
                                                                 f"{_F}/test_ledger_faults.py::test_a_lock")),
    ("F13", "ledger cut, damaged, empty, gone, outdated, newer, locked",
     (f"{_F}/test_ledger_faults.py::test_a_harmed", f"{_F}/test_ledger_faults.py::test_a_newer",
      f"{_F}/test_ledger_faults.py::test_a_locked")),
    ("F14", "a mailbox of 10,000 mails", (f"{_F}/test_large_mailbox.py",)),
    ("F15", "1 GB attachment, lying sizes, 50,000 attachments", (f"{_F}/test_large_mails.py",)),
    ("F16", "a child dies, hangs, prints, forks, leaves files: each way in four places", (f"{_F}/test_children.py",)),
    ("F16", "mails opened in children, their limits", ("tests/unit/adapters/test_child.py",)),
    ("F17", "archived mails damaged, missing, swapped, cut, longer", (f"{_F}/test_archive_faults.py",)),
    ("F17", "one on a bad sector, told and left", (f"{_F}/test_ledger_faults.py::test_a_damaged_mail",
                                                   f"{_F}/test_ledger_faults.py::test_a_mail_on_a_bad")),
    ("F18", "backup and restore at work", (f"{_F}/test_backup.py",)),
    ("F19", "upgrade with work in flight, downgrade", (f"{_F}/test_upgrade.py",)),
    ("F20", "soak: everything at random", (f"{_F}/test_soak.py",)),
    ("F22", "fuzz of our own parsers, patterns that look back, what broke one once", (f"{_F}/test_fuzz.py",)),
    ("peers", "incidents of other programs", (f"{_F}/test_peers_mail.py", f"{_F}/test_peers_desk.py")),
)  # fmt: skip
#: What only a release runs: fault → what it is, and the words of the crash loop.
LOOPS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("F1", "kill at every passage of every named point, full month", ("--full",)),
    ("F1", "strace kills at every 20th system call, month of 3 units", ("--every", "0", "--outside", "20")),
    ("F2", "200 double kills, full month", ("--full", "--every", "0", "--double", "200", "--passes", "4")),
    ("F8/F9", "EIO, ENOSPC, EMFILE, EROFS at every named point, month of 3 units", ("--errors", "--passes", "8")),
    ("F8/F9", "strace lets every 20th call on the home fail, with every error it may have, month of 3 units",
     ("--every", "0", "--inject", "20")),
)  # fmt: skip


def counts(tests: tuple[str, ...]) -> tuple[int, int, int]:
    """Tests tried, held, skipped."""
    tried = held = skipped = 0
    for path in dict.fromkeys(test.partition("::")[0] for test in tests):
        starts = tuple(name for file, _, name in (test.partition("::") for test in tests) if file == path)
        with tempfile.TemporaryDirectory() as place:
            words = ["-k", " or ".join(starts)] if all(starts) else []
            subprocess.run(
                [sys.executable, "-m", "pytest", "-p", "no:randomly", path, *words, f"--junit-xml={place}/r.xml"],
                cwd=ROOT, capture_output=True, check=False,
            )  # fmt: skip
            report = Path(place) / "r.xml"
            if not report.exists():
                continue
            for case in ET.parse(report).iter("testcase"):  # noqa: S314 - pytest's own file
                bad = case.find("failure") is not None or case.find("error") is not None
                left_out = case.find("skipped") is not None
                skipped += left_out
                tried += not left_out
                held += not left_out and not bad
    return tried, held, skipped


def loop(words: tuple[str, ...]) -> tuple[int, int]:
    """Points tried and held of the crash loop."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.crashloop", *words], cwd=ROOT, capture_output=True, text=True, check=False
    )
    found = re.search(r"^tried (\d+) held (\d+) in", done.stdout, re.MULTILINE)
    sys.stdout.write("".join(f"  {line}\n" for line in done.stdout.splitlines()[:-1]))
    return (int(found[1]), int(found[2])) if found else (1, 0)


def main() -> None:
    """Print the matrix, and write it where asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--day", required=True)
    parser.add_argument("--release", action="store_true")
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    if options.release:
        os.environ["YUEBAO_FAULTS"] = "release"
    measured: dict[str, str] = {}
    for name, what, tests in MATRIX:
        if not options.only or name in options.only:
            tried, held, skipped = counts(tests)
            row(measured, name, what, tried, held, f" ({skipped} skipped)" if skipped else "")
    for name, what, words in LOOPS if options.release else ():
        if not options.only or name in options.only:
            row(measured, name, what, *loop(words))
    if options.write:
        PAGE.write_text(_page(PAGE.read_text(encoding="utf-8"), measured, options.day), encoding="utf-8")


def row(measured: dict[str, str], name: str, what: str, tried: int, held: int, more: str = "") -> None:  # noqa: PLR0917 - the columns of one line
    """Print and keep one line of the table."""
    line = f"| {name} | {what} | {tried}{more} | {held} |"
    measured[f"| {name} | {what} |"] = line
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _page(text: str, measured: dict[str, str], day: str) -> str:
    """The page with the lines that were measured; other lines and the words below stay."""
    lines = re.sub(r"Measured on \d{4}-\d\d-\d\d", f"Measured on {day}", text).splitlines()
    begins = {key: place for place, line in enumerate(lines) for key in measured if line.startswith(key)}
    for key, place in begins.items():
        lines[place] = measured[key]
    last = max(place for place, line in enumerate(lines) if line.startswith("|"))
    lines[last + 1 : last + 1] = [line for key, line in measured.items() if key not in begins]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
