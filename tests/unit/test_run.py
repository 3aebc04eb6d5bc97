"""run.py where Python comes without pip: a folder of packages brings its own, and only the locked one is run."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import run

#: Where ensurepip keeps the pip that it would install.
BUNDLED = tuple(Path(shutil.__file__).parent.glob("ensurepip/_bundled/pip-*.whl"))


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Python and an environment without pip, and a folder of packages with one."""
    if not BUNDLED:
        pytest.skip("this Python has no ensurepip: there is no pip at hand to lay into a folder of packages")
    for name in ("system", ".venv"):
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / name], check=True)
    place = run.PYTHON.relative_to(run.VENV)
    monkeypatch.setattr(run, "PYTHON", tmp_path / ".venv" / place)
    monkeypatch.setattr(run.sys, "executable", str(tmp_path / "system" / place))
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    shutil.copy(BUNDLED[0], wheels)
    return wheels


def locked(wheels: Path) -> Path:
    """A lock that names what lies in a folder of packages."""
    lock = wheels.parent / "requirements.lock"
    lock.write_text(
        "\n".join(f"--hash=sha256:{hashlib.sha256(one.read_bytes()).hexdigest()}" for one in wheels.iterdir())
    )
    return lock


def test_the_pip_of_the_folder_of_packages_installs_where_there_is_no_other(bare: Path) -> None:
    """Neither the environment nor Python has a pip: the folder's runs inside the environment, from where it lies."""
    command = run._pip(locked(bare), str(bare))
    told = subprocess.run([*command, "--version"], capture_output=True, text=True, check=True).stdout

    assert command[0] == str(run.PYTHON)
    assert str(bare) in told


def test_a_pip_that_the_lock_does_not_name_is_not_run(bare: Path) -> None:
    """Whoever can write into the folder of packages has not won: a changed pip counts as none."""
    lock = locked(bare)
    with next(bare.iterdir()).open("ab") as wheel:
        wheel.write(b"x")

    assert run._pip(lock, str(bare)) == []


def test_without_any_pip_it_is_said_what_to_do(bare: Path) -> None:
    """The sentence names the package of Debian, the box of the Windows installer, and the way without internet."""
    if run.sys.prefix == "/usr" and run._is_root():
        pytest.skip("Debian's own Python as root would install its package here")
    with pytest.raises(SystemExit) as told:
        run.pip_command(locked(bare), None)

    for word in ("apt install python3-venv", "勾选 pip", "wheelhouse"):
        assert word in str(told.value)
