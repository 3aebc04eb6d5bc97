"""Mails, ledger and journal are their owner's alone, or nothing starts."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from pipeline.adapters import rights
from pipeline.cli import yuebao
from pipeline.errors import YuebaoError

pytestmark = pytest.mark.skipif(os.name == "nt", reason="rights are POSIX")

PRIVATE = (
    "ledger.db",
    "ledger.damaged-1.db",
    "journal.jsonl",
    "inbox_archive/index.jsonl",
    "inbox_archive/2022/09/a.eml",
)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home in open folders, its files closed."""
    for name in (*PRIVATE, "cache/scan.json"):
        path = tmp_path / "home" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        path.chmod(0o600)
    (tmp_path / "home" / "inbox_archive" / "README.md").touch()
    for folder in (tmp_path / "home", *(path for path in (tmp_path / "home").rglob("*") if path.is_dir())):
        folder.chmod(0o755)
    return tmp_path / "home"


@pytest.mark.parametrize("name", PRIVATE)
@pytest.mark.parametrize("mode", [0o640, 0o604])
def test_a_file_that_others_can_read_stops_the_start(home: Path, name: str, mode: int) -> None:
    """It is named with the command that closes it; after that command there is nothing to refuse."""
    rights.refuse_exposed(home)
    (home / name).chmod(mode)
    with pytest.raises(YuebaoError, match=f"{Path(name).name} .*doctor --close"):
        rights.refuse_exposed(home)
    assert (rights.close(home), list(rights.exposed(home))) == (1, [])
    assert (home / name).stat().st_mode & 0o777 == 0o600


def test_a_closed_folder_closes_what_is_in_it(home: Path) -> None:
    """Behind a folder that others cannot pass no file is open."""
    (home / "journal.jsonl").chmod(0o644)
    home.chmod(0o700)
    rights.refuse_exposed(home)
    home.chmod(0o750)
    with pytest.raises(YuebaoError):
        rights.refuse_exposed(home)


def test_a_home_brought_back_by_a_copy_tells_how_to_go_on(home: Path, tmp_path: Path) -> None:
    """Files copied without their rights: ``tick`` ends with 1 and the remedy, which works, and then it goes on."""
    copy = tmp_path / "copy"
    shutil.copytree(home, copy, copy_function=shutil.copyfile)
    for path in copy.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
    copy.chmod(0o755)
    refused = CliRunner().invoke(yuebao, ["--home", str(copy), "tick"])
    assert (refused.exit_code, "doctor --close" in refused.output) == (1, True)
    closed = CliRunner().invoke(yuebao, ["--home", str(copy), "doctor", "--close"])
    assert (closed.exit_code, "已收紧 6 个文件" in closed.output) == (0, True), closed.output
    assert "别人也能读" not in CliRunner().invoke(yuebao, ["--home", str(copy), "tick"]).output
