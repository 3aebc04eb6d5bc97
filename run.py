"""Sets Yuebao up on a fresh machine and plays a month, or runs its tests; needs nothing but Python 3.11+.

python3 run.py                       set up, then play one month of the office
python3 run.py test [--require-all]  set up, then run every check
python3 run.py COMMAND ...           set up, then run `yuebao COMMAND ...`
python3 run.py wheelhouse DIR        collect the packages for a PC without internet
--wheelhouse DIR                     before any of these: install from such a folder
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
LOCKS = {"run": ROOT / "requirements.lock", "test": ROOT / "requirements-test.lock"}

#: Debian packages behind the tests, and the program or file that shows that each is there.
DEBIAN = {
    "dovecot-imapd": "/usr/sbin/dovecot",
    "libreoffice-writer-nogui": "/usr/lib/libreoffice/program/libswlo.so",
    "libreoffice-calc-nogui": "/usr/lib/libreoffice/program/libsclo.so",
    "chromium": "/usr/bin/chromium",
    "poppler-utils": "/usr/bin/pdftoppm",
    "unar": "/usr/bin/unar",
    "strace": "/usr/bin/strace",
    "fonts-noto-cjk": "/usr/share/fonts/opentype/noto",
    "fonts-arphic-gbsn00lp": "/usr/share/fonts/truetype/arphic-gbsn00lp",
    "fonts-arphic-gkai00mp": "/usr/share/fonts/truetype/arphic-gkai00mp",
    "fonts-wqy-zenhei": "/usr/share/fonts/truetype/wqy",
}


def fail(sentence: str) -> None:
    """End with one sentence that says what to do."""
    sys.exit(f"✗ {sentence}")


def run(*command: object, check: bool = True, at: Path = ROOT) -> int:
    """Start a program and wait for it; end with its code when it fails."""
    try:
        code = subprocess.run([str(word) for word in command], cwd=at, check=False).returncode
    except KeyboardInterrupt:
        return 130  # the program was told as well
    if check and code:
        fail(f"步骤失败（退出码 {code}）：{' '.join(map(str, command[:6]))}")
    return code


def pip_command(lock: Path, wheelhouse: str | None) -> list[str]:
    """Find a pip that can install into the environment, also where ensurepip is missing (Debian).

    Args:
        lock: The locked set; it names pip itself with its digests.
        wheelhouse: A folder of packages, if one was given: its pip runs from where it lies.
    """
    if found := _pip(lock, wheelhouse):
        return found
    # Debian's Python comes without either; its own package is what its administrator would install.
    if sys.prefix == "/usr" and _is_root() and shutil.which("apt-get"):
        print("· 系统的 Python 没有 pip：安装 python3-venv …", flush=True)
        _apt_install("python3-venv")
        subprocess.run([sys.executable, "-m", "venv", "--upgrade-deps", str(VENV)], capture_output=True, check=False)
        if found := _pip(lock, wheelhouse):
            return found
    fail(
        "这台电脑的 Python 没有 pip。Debian/Ubuntu 请执行：apt install python3-venv；Windows 请重装 Python 并勾选 pip。"
        "也可在能上网的同类电脑上执行 python3 run.py wheelhouse 文件夹，拷来后用 --wheelhouse 文件夹 安装。"
    )
    raise AssertionError  # fail() does not return


def _pip(lock: Path, wheelhouse: str | None) -> list[str]:
    """The pip of the environment, of this Python, or of the folder of packages; an empty list where there is none."""
    if subprocess.run([PYTHON, "-m", "pip", "--version"], capture_output=True, check=False).returncode == 0:
        return [str(PYTHON), "-m", "pip"]
    if subprocess.run([sys.executable, "-m", "pip", "--version"], capture_output=True, check=False).returncode == 0:
        return [sys.executable, "-m", "pip", "--python", str(PYTHON)]
    known = lock.read_text(encoding="utf-8")
    for wheel in sorted(Path(wheelhouse).glob("pip-*.whl")) if wheelhouse else ():
        if f"sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}" in known:
            return [str(PYTHON), str(wheel / "pip")]
    return []


def make_environment() -> None:
    """Make .venv, with a pip in it where ensurepip is there."""
    if PYTHON.exists():
        return
    print("· 建立运行环境 .venv …", flush=True)
    if subprocess.run([sys.executable, "-m", "venv", str(VENV)], capture_output=True, check=False).returncode:
        shutil.rmtree(VENV, ignore_errors=True)
        run(sys.executable, "-m", "venv", "--without-pip", VENV)


def set_up(purpose: str, wheelhouse: str | None) -> None:
    """Make .venv and install the locked packages, unless that very set is installed already."""
    lock = LOCKS[purpose]
    stamp = VENV / f"installed-{hashlib.sha256(lock.read_bytes()).hexdigest()[:16]}"
    if stamp.exists() and PYTHON.exists():
        return
    make_environment()
    print("· 安装锁定的软件包（首次约需几分钟）…", flush=True)
    source = ["--no-index", "--find-links", wheelhouse] if wheelhouse else []
    run(
        *pip_command(lock, wheelhouse),
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--no-deps",
        "--require-hashes",
        *source,
        "-r",
        lock,
    )
    stamp.touch()


def install_system_programs() -> None:
    """On Debian as root, install what the tests need; elsewhere the tests say what they skip."""
    missing = [package for package, sign in DEBIAN.items() if not Path(sign).exists()]
    if not missing:
        return
    if not (_is_root() and shutil.which("apt-get")):
        print(f"· 未安装 {'、'.join(missing)}：相关测试将跳过并说明。", flush=True)
        return
    print(f"· 安装测试所需的系统程序：{' '.join(missing)} …", flush=True)
    _apt_install(*missing)


def _is_root() -> bool:
    return bool(getattr(os, "geteuid", lambda: 1)() == 0)


def _apt_install(*packages: str) -> None:
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update"], ["install", "-y", "--no-install-recommends", *packages]):
        subprocess.run(["apt-get", "-qq", *command], env=quiet, stdout=subprocess.DEVNULL, check=False)


def test(extra: list[str]) -> int:
    """Style, types, then every test; the last line is the test runner's count."""
    install_system_programs()
    for command in (("ruff", "check", "."), ("ruff", "format", "--check", "."), ("mypy",)):
        run(PYTHON, "-m", *command)
    workers = [] if any(word.startswith("-n") for word in extra) else ["-n", "auto", "--dist", "loadfile"]
    return run(PYTHON, "-m", "pytest", *workers, *extra, check=False)


def main(words: list[str]) -> int:
    """Set up what the words need and hand over."""
    if sys.version_info < (3, 11):
        fail(f"需要 Python 3.11 或更新版本，当前是 {sys.version.split()[0]}。请到 python.org 下载安装后再试。")
    wheelhouse = None
    if "--wheelhouse" in words:
        at = words.index("--wheelhouse")
        if at + 1 >= len(words):
            fail("--wheelhouse 后面要写软件包文件夹，例如：python3 run.py --wheelhouse D:\\wheels")
        wheelhouse = str(Path(words[at + 1]).resolve())
        del words[at : at + 2]
        if not Path(wheelhouse).is_dir():
            fail(
                f"找不到软件包文件夹 {wheelhouse}。请先在能上网的同类电脑上执行：python3 run.py wheelhouse {wheelhouse}"
            )
    os.environ.setdefault("PYTHONUTF8", "1")
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a console whose code page has no Chinese
    command = words[0] if words else "demo"
    if command == "wheelhouse":
        if len(words) < 2:
            fail("wheelhouse 后面要写文件夹，例如：python3 run.py wheelhouse wheels")
        make_environment()
        return run(
            *pip_command(LOCKS["run"], None),
            "download",
            "--no-deps",
            "--require-hashes",
            "-r",
            LOCKS["run"],
            "-d",
            Path(words[1]).resolve(),
        )
    set_up("test" if command == "test" else "run", wheelhouse)
    if command == "test":
        return test(words[1:])
    # Paths on the command line are the caller's: from this folder only the code is taken, not the place.
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    return run(PYTHON, "-P", "-m", "pipeline", command, *words[1:], check=False, at=Path.cwd())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
