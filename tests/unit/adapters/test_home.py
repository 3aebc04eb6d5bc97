"""A home is made without harm to what is there, is edited with its comments, and holds one process."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from pipeline.adapters.clock import SimulatedClock
from pipeline.adapters.home import _INSTALLED, SHIPPED, init_home, save_units
from pipeline.adapters.lock import process_lock
from pipeline.adapters.settings import load_settings, load_units
from pipeline.errors import AlreadyRunning

ROOT = Path(__file__).resolve().parents[3]


def test_a_new_home_is_complete_and_valid(tmp_path: Path) -> None:
    """What init makes can be loaded, has templates and an archive."""
    list(init_home(tmp_path))
    assert load_settings(tmp_path).units
    assert (tmp_path / "inbox_archive").is_dir()
    assert (tmp_path / "templates" / "mail" / "receipt.txt.j2").is_file()


def test_init_never_overwrites(tmp_path: Path) -> None:
    """A file that is there stays as it is, and that is told."""
    own = tmp_path / "config" / "office.yaml"
    own.parent.mkdir()
    own.write_text("mine", encoding="utf-8")
    assert any("保留" in line and "office.yaml" in line for line in init_home(tmp_path))
    assert own.read_text(encoding="utf-8") == "mine"


def test_saving_what_was_read_keeps_every_comment(tmp_path: Path) -> None:
    """Units and plan saved with one change keep all comments and say the new thing."""
    list(init_home(tmp_path))
    folder = tmp_path / "config"
    path = folder / "units.yaml"
    text = path.read_text(encoding="utf-8").replace("name: 县财政局", "name: 县财政局  # 九月搬家", 1)
    path.write_text(text, encoding="utf-8")
    units = load_units(folder)
    changed = (replace(units[0], full_name="新全称"), *units[1:])
    save_units(tmp_path, changed)
    assert changed == load_units(folder)
    assert "# 九月搬家" in path.read_text(encoding="utf-8")
    assert not list(folder.glob(".*tmp"))


def test_a_unit_removed_and_one_added(tmp_path: Path) -> None:
    """Rows that go and come leave the others as they were."""
    list(init_home(tmp_path))
    units = load_units(tmp_path / "config")
    changed = (*units[1:4], replace(units[0], name="新局"), *units[5:])
    save_units(tmp_path, changed)
    assert changed == load_units(tmp_path / "config")


def test_a_second_copy_is_refused_and_a_dead_one_forgotten(tmp_path: Path) -> None:
    """While one process holds the home another is told who; the lock of a killed process does not block."""
    code = (
        "import sys, time; from pathlib import Path; from pipeline.adapters.lock import process_lock\n"
        "with process_lock(Path(sys.argv[1])):\n    print('held', flush=True); time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(AlreadyRunning, match=f"进程 {holder.pid}"), process_lock(tmp_path):
            pass
        holder.kill()
        holder.wait()
    with process_lock(tmp_path):
        pass


def test_a_simulated_clock_moves_by_sleeping() -> None:
    """Sleeping moves the clock at once; it can be set."""
    zone = ZoneInfo("Asia/Shanghai")
    clock = SimulatedClock(datetime(2022, 9, 1, tzinfo=zone))
    clock.sleep(3600)
    assert datetime(2022, 9, 1, 1, tzinfo=zone) == clock.now()
    clock.set(datetime(2022, 9, 2, tzinfo=zone))
    assert datetime(2022, 9, 2, tzinfo=zone) == clock.now()


def test_an_installed_program_finds_what_it_ships() -> None:
    """The wheel puts config/ and templates/ exactly where an installed program looks for them."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    shipped = project["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    inside = _INSTALLED.relative_to(ROOT).as_posix()
    assert {"config": f"{inside}/config", "templates": f"{inside}/templates"} == shipped
    assert ROOT == SHIPPED
    assert all((ROOT / name).is_dir() for name in shipped)
