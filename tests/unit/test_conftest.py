"""The build's demand that nothing is skipped is kept."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

CONFTEST = Path(__file__).resolve().parents[1] / "conftest.py"
ROOT = CONFTEST.parents[1]

TESTS = """
import pytest

def test_asks():
    pytest.skip("no such program")

@pytest.mark.xfail(reason="known")
def test_known():
    assert False

def test_fine():
    pass
"""


@pytest.mark.parametrize("options", [(), ("--require-all",)])
def test_skips_become_failures_on_demand(tmp_path: Path, options: tuple[str, ...]) -> None:
    """A skipped test and a skipped module pass by default and fail where all is required; known failures stay so."""
    (tmp_path / "conftest.py").write_text(CONFTEST.read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "test_some.py").write_text(TESTS, encoding="utf-8")
    module = "import pytest\npytest.importorskip('no_such_module')\n\ndef test_never():\n    pass\n"
    (tmp_path / "test_module.py").write_text(module, encoding="utf-8")
    (tmp_path / "pytest.ini").write_text(f"[pytest]\npythonpath = {ROOT}\n", encoding="utf-8")
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "--continue-on-collection-errors",
            *options,
            str(tmp_path),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    last = done.stdout.strip().splitlines()[-1]
    if options:
        assert done.returncode == 1
        assert "skipped although --require-all was given: Skipped: no such program" in done.stdout
        assert "1 failed, 1 passed, 1 xfailed, 1 error" in last
    else:
        assert (done.returncode, "2 skipped" in last) == (0, True)
