"""How often a seeded fault is tried: a few times at every change, the matrix's full count before a release.

``YUEBAO_FAULTS=release`` asks for the full count; ``python -m tests.measure.faults --release`` sets it.
"""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest

RELEASE = os.environ.get("YUEBAO_FAULTS") == "release"


def seeds(few: int, *, all_of_them: int) -> range:
    """So many seeds at every change, so many before a release."""
    return range(all_of_them if RELEASE else few)


def need_strace() -> None:
    """Skip, with the reason, where system calls cannot be watched."""
    tracer = shutil.which("strace")
    if tracer is None:
        pytest.skip("strace is not installed: system calls are neither watched nor struck")
    # ptrace may be forbidden, as in some containers.
    if subprocess.run([tracer, "-o", "/dev/null", "true"], capture_output=True, check=False).returncode:
        pytest.skip("strace may not trace here: system calls are neither watched nor struck")
