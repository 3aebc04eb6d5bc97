"""The service on Windows, as far as another system can show it: see :mod:`tests.support.windows_like`."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MAILS = ROOT / "tests" / "corpus" / "demo" / "INBOX"

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the imitation looks into /proc")


def under(*words: str | Path) -> str:
    """What a module says under the imitation; it must end with 0."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.windows_like", *map(str, words)],
        cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def script(tmp_path: Path, text: str) -> str:
    """What a few lines say under the imitation."""
    (tmp_path / "lines.py").write_text(
        "import sys\n"
        f"sys.path.insert(0, {str(ROOT)!r})\n"
        "from tests.support.windows_like import become, learn\nlearn()\nbecome()\n" + text,
        encoding="utf-8",
    )
    done = subprocess.run(
        [sys.executable, str(tmp_path / "lines.py"), str(tmp_path)],
        cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_days_of_the_office_pass_and_its_home_can_be_backed_up_and_rebuilt(tmp_path: Path) -> None:
    """Mails are read and answered, letters and papers made, the journal keeps its line ends, a back-up comes back."""
    mails, out, backup, new = (tmp_path / name for name in ("mails", "out", "backup", "new"))
    mails.mkdir()
    for name in ("A02.eml", "A05.eml"):
        shutil.copy(MAILS / name, mails)
    span = ("--from", "2022-09-04", "--to", "2022-09-06")
    said = under("pipeline", "simulate", "--mails", mails, *span, "--out", out)
    assert "收信 2 封" in said
    assert "县交通局：2022年8月月报" in said
    home = out / "home"
    assert b"\r" not in (home / "journal.jsonl").read_bytes()
    under("pipeline", "--home", home, "summary", "--period", "2022-08", "--out", tmp_path / "papers")
    assert "已逐个文件核对无误" in under("pipeline", "--home", home, "backup", backup)
    under("pipeline", "--home", new, "restore", backup)
    assert "一致" in under("pipeline", "--home", new, "replay", "--check")
    assert "已重建" in under("pipeline", "--home", new, "replay")


def test_the_lock_is_given_back_at_once(tmp_path: Path) -> None:
    """Asking whether another works here does not lock out oneself; a holder locks out the next, until it ends."""
    lines = """
from pathlib import Path
from pipeline.adapters.lock import process_lock, refuse_second
from pipeline.errors import AlreadyRunning
home = Path(sys.argv[1])
for _ in range(3):
    refuse_second(home)
    with process_lock(home):
        try:
            refuse_second(home)
        except AlreadyRunning as error:
            print("refused", error.message[:6])
"""
    assert script(tmp_path, lines).split() == ["refused", "服务已在运行"] * 3


def test_a_file_that_somebody_reads_is_replaced_when_they_are_done(tmp_path: Path) -> None:
    """The watcher reads status.json while the service writes it anew."""
    lines = """
import threading
from pathlib import Path
from pipeline.adapters.durable import write_whole
path = Path(sys.argv[1]) / "status.json"
write_whole(path, b"old")
reader = path.open("rb")
threading.Timer(0.3, reader.close).start()
write_whole(path, b"new")
print(path.read_bytes().decode())
"""
    assert script(tmp_path, lines).strip() == "new"


def test_no_day_is_formatted_through_the_locale() -> None:
    """Windows gives a format to the C library in the console's code page, which may know no Chinese."""
    bad = []
    for path in [*(ROOT / "pipeline").rglob("*.py"), ROOT / "scheduler.py", ROOT / "run.py"]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            formats: list[ast.AST | None] = []
            if isinstance(node, ast.FormattedValue):
                formats = [node.format_spec]
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "strftime":
                formats = list(node.args)
            for given in formats:
                words = [str(part.value) for part in ast.walk(given or node) if isinstance(part, ast.Constant)]
                bad += [f"{path.name}: {word}" for word in words if given and "%" in word and not word.isascii()]
    assert not bad
