"""The fault suites → docs/faults.md: each fault of the matrix with tried and held counts.

``python -m tests.measure.faults --day 2026-11-25 [--write]`` runs the tests of each fault and counts them.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_F = "tests/faults"
#: Fault → what it is, and the tests that try it; no tests: not tried yet.
MATRIX: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("F1", "kill at named points and system calls (a stride; all: tests.faults.crashloop)",
     (f"{_F}/test_crashloop.py::test_killed_at_named_points",
      f"{_F}/test_crashloop.py::test_killed_around_the_final_dot",
      f"{_F}/test_crashloop.py::test_killed_from_outside")),
    ("F2", "a second kill during recovery", (f"{_F}/test_crashloop.py::test_killed_again_while_recovering",)),
    ("F3", "power cut, archive and journal", (f"{_F}/test_power_cut.py",)),
    ("F4", "IMAP cut at every kind of byte", (f"{_F}/test_wire.py",)),
    ("F5", "odd IMAP servers", ("tests/unit/adapters/test_imap.py",)),
    ("F6", "UIDVALIDITY changes, folders rebuilt", (f"{_F}/test_mailbox_machine.py",)),
    ("F7", "SMTP faults at each stage", (f"{_F}/test_outbox.py",)),
    ("F8/F9", "ENOSPC, EIO, EMFILE at named points", (f"{_F}/test_crashloop.py::test_errors_of_the_machine",)),
    ("F10/F11", "clock jumps, machine asleep, holidays", (f"{_F}/test_time.py",)),
    ("F12/F13/F17", "twenty starts, harmed ledger, harmed archive", (f"{_F}/test_ledger_faults.py",)),
    ("F14", "mailbox of 10,000 mails", ()),
    ("F15", "1 GB attachment, lying sizes", ()),
    ("F16", "reader child dies, hangs, prints garbage", ("tests/unit/adapters/test_child.py",)),
    ("F18", "backup and restore at work", (f"{_F}/test_backup.py",)),
    ("F19", "upgrade with work in flight", ()),
    ("F20", "soak of 24 months", ()),
    ("F21", "hostile inputs", ("tests/hostile",)),
    ("F22", "coverage-guided fuzz", ()),
    ("peers", "incidents of other programs", (f"{_F}/test_peers_mail.py", f"{_F}/test_peers_desk.py")),
)  # fmt: skip


def counts(tests: tuple[str, ...]) -> tuple[int, int]:
    """Tests tried and held."""
    present = [test for test in tests if (ROOT / test.partition("::")[0]).exists()]
    if not present:
        return 0, 0
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:randomly", *present],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    found = {word: int(number) for number, word in re.findall(r"(\d+) (passed|failed|error)", done.stdout)}
    dots = sum(line.count(".") for line in re.findall(r"^([.FEsx]+)\s+\[ *\d+%\]", done.stdout, re.MULTILINE))
    held = found.get("passed", dots)
    bad = sum(
        line.count("F") + line.count("E") for line in re.findall(r"^([.FEsx]+)\s+\[ *\d+%\]", done.stdout, re.MULTILINE)
    )
    return held + bad, held


def main() -> None:
    """Print the matrix, and write it where asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--day", required=True)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    lines = [
        "# Fault matrix",
        "",
        f"Measured on {options.day}.",
        "",
        "| fault | what | tried | held |",
        "|---|---|---|---|",
    ]
    for name, what, tests in MATRIX:
        tried, held = counts(tests)
        lines.append(f"| {name} | {what} | {tried or 'not yet'} | {held or ''} |")
        sys.stdout.write(lines[-1] + "\n")
        sys.stdout.flush()
    if options.write:
        (ROOT / "docs" / "faults.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
