"""Importing this makes the process behave like Windows where the service could notice: modules, names, files, locks.

Not Windows, but what is known to differ there: no fork, no fcntl or resource, no signals but a few; an open file is not
renamed, replaced or deleted; rename overwrites nothing; only a writable handle is synced; a descriptor opened without
``O_BINARY`` writes CRLF; folders are not opened; names know no ``<>:"|?*``; a lock that is not let go of outlives its
handle for a while. ``run`` starts a module under it, with the children of the service under it too.
"""

# ruff: noqa: PTH110, PTH112, PTH115, PTH119, PTH208
from __future__ import annotations

import asyncio  # noqa: F401
import builtins
import contextlib
import errno
import fcntl
import importlib
import io
import multiprocessing.connection  # noqa: F401
import os
import pathlib
import pkgutil
import platform
import re
import runpy
import shutil  # noqa: F401
import signal
import sqlite3  # noqa: F401
import subprocess
import sys
import tempfile  # noqa: F401
import types
import uuid  # noqa: F401
from pathlib import Path
from typing import Any

import pipeline

platform.uname()
_GONE = ("fcntl", "resource", "pwd", "grp", "termios", "tty", "pty", "syslog", "posix_ipc")
_NO_CALLS = (
    *("fork", "forkpty", "killpg", "setpgid", "getpgid", "setsid", "getuid", "geteuid", "getgid", "getegid"),
    *("sysconf", "uname", "chown", "lchown", "mkfifo", "nice", "getloadavg", "pread", "pwrite"),
    *("WIFEXITED", "WIFSIGNALED", "WEXITSTATUS", "WTERMSIG", "posix_spawn", "O_DIRECTORY", "O_NOFOLLOW"),
)
_NO_SIGNALS = ("SIGKILL", "SIGALRM", "SIGHUP", "SIGUSR1", "SIGUSR2", "SIGCHLD", "SIGPIPE", "SIGXCPU", "SIGXFSZ")
_BAD_NAME = re.compile(r'[<>:"|?*\\\x00-\x1f]|[ .]$|^(?:CON|PRN|AUX|NUL|COM\d|LPT\d)(?:\.|$)', re.IGNORECASE)
_O_BINARY = 1 << 29

_true = types.SimpleNamespace(
    open=os.open, close=os.close, write=os.write, fsync=os.fsync, rename=os.rename, replace=os.replace,
    unlink=os.unlink, fdopen=os.fdopen, io_open=io.open, mkdir=os.mkdir,
)  # fmt: skip
#: Descriptors that translate line ends.
_text: set[int] = set()
#: Lock by file, for handles that were closed without letting go: (descriptor, duplicate).
_locks: dict[int, int] = {}


def _held(path: Any) -> bool:
    """Whether this process has a file open, or one inside a folder."""
    wanted = os.path.realpath(os.fspath(path))
    for number in os.listdir("/proc/self/fd"):
        with contextlib.suppress(OSError):
            place = os.readlink(f"/proc/self/fd/{number}")
            if (place == wanted or place.startswith(f"{wanted}/")) and int(number) not in _locks.values():
                return True
    return False


def _named(path: Any) -> None:
    if isinstance(path, int):
        return
    name = os.path.basename(os.fspath(path))
    if isinstance(name, str) and _BAD_NAME.search(name) and not os.fspath(path).startswith(("/proc", "/dev")):
        raise OSError(errno.EINVAL, "The filename, directory name, or volume label syntax is incorrect", path)


def _open(path: Any, flags: int, mode: int = 0o777, **more: Any) -> int:
    if flags & os.O_CREAT:
        _named(path)
    # tempfile and shutil walk folders by descriptor here; the service must not.
    if os.path.isdir(path) and "dir_fd" not in more and "pipeline" in sys._getframe(1).f_code.co_filename:
        raise PermissionError(errno.EACCES, "Permission denied", path)
    handle = _true.open(path, flags & ~_O_BINARY, mode, **more)
    (_text.discard if flags & _O_BINARY else _text.add)(handle)
    return handle


def _close(handle: int) -> None:
    _text.discard(handle)
    _true.close(handle)


def _write(handle: int, data: Any) -> int:
    if handle in _text and handle > 2:
        whole = bytes(data)
        rest = whole.replace(b"\n", b"\r\n")
        while rest:
            rest = rest[_true.write(handle, rest) :]
        return len(whole)
    return _true.write(handle, data)


def _fdopen(handle: int, *words: Any, **more: Any) -> Any:
    _text.discard(handle)
    return _true.fdopen(handle, *words, **more)


def _fsync(handle: Any) -> None:
    number = handle if isinstance(handle, int) else handle.fileno()
    if fcntl.fcntl(number, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDONLY:
        raise OSError(errno.EBADF, "Bad file descriptor")
    _true.fsync(number)


def _refuse_open(path: Any) -> None:
    if _held(path):
        raise PermissionError(
            errno.EACCES, "The process cannot access the file because it is being used by another process", path
        )


def _rename(source: Any, target: Any, **more: Any) -> None:
    _named(target)
    if os.path.exists(target):
        raise FileExistsError(errno.EEXIST, "Cannot create a file when that file already exists", source, None, target)
    _refuse_open(source)
    _true.rename(source, target, **more)


def _replace(source: Any, target: Any, **more: Any) -> None:
    _named(target)
    _refuse_open(source)
    if os.path.exists(target):
        _refuse_open(target)
    _true.replace(source, target, **more)


def _unlink(path: Any, **more: Any) -> None:
    if not more:
        _refuse_open(path)
    _true.unlink(path, **more)


def _mkdir(path: Any, *words: Any, **more: Any) -> None:
    _named(path)
    _true.mkdir(path, *words, **more)


def _io_open(file: Any, mode: str = "r", *words: Any, **more: Any) -> Any:
    if set(mode) & set("wax+"):
        _named(file)
    return _true.io_open(file, mode, *words, **more)


def _locking(handle: int, mode: int, _count: int) -> None:
    """As msvcrt's: by handle, not by process; what is closed without LK_UNLCK stays locked for a while."""
    if mode == 0:
        kept = _locks.pop(handle)
        fcntl.flock(kept, fcntl.LOCK_UN)
        _true.close(kept)
        return
    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    _locks[handle] = os.dup(handle)


def become() -> None:
    """Hide what Windows has not, and refuse what it refuses."""
    sys.modules["msvcrt"] = types.SimpleNamespace(locking=_locking, LK_NBLCK=2, LK_UNLCK=0)  # type: ignore[assignment]
    for name in _GONE:
        sys.modules[name] = None  # type: ignore[assignment]
    for name in _NO_CALLS:
        if hasattr(os, name):
            delattr(os, name)
    kill = signal.SIGKILL
    subprocess.Popen.kill = lambda process: process.send_signal(kill)  # type: ignore[method-assign]
    for name in _NO_SIGNALS:
        if hasattr(signal, name):
            delattr(signal, name)
    pathlib.WindowsPath = pathlib.PosixPath  # type: ignore[misc,assignment]
    os.O_BINARY = _O_BINARY  # type: ignore[attr-defined]
    os.open, os.close, os.write, os.fdopen, os.fsync = _open, _close, _write, _fdopen, _fsync  # type: ignore[assignment]
    os.rename, os.replace, os.unlink, os.remove, os.mkdir = _rename, _replace, _unlink, _unlink, _mkdir  # type: ignore[assignment]
    builtins.open = io.open = _io_open  # type: ignore[assignment]
    os.name, sys.platform = "nt", "win32"


def learn() -> None:
    """Load every library that the service uses as this system's, then forget the service's own modules."""
    for found in pkgutil.walk_packages(pipeline.__path__, "pipeline."):
        if not found.name.endswith("__main__"):
            importlib.import_module(found.name)
    for name in ("apscheduler.schedulers.blocking", "apscheduler.executors.debug", "rich.progress", "pypdfium2"):
        importlib.import_module(name)
    for name in [name for name in sys.modules if name.split(".")[0] == "pipeline"]:
        del sys.modules[name]


def run(module: str, *words: str) -> None:
    """``python -m MODULE WORDS`` under it."""
    learn()
    become()
    from pipeline.adapters import child

    child._START = (
        f"import sys; sys.path.insert(0, {str(Path(__file__).resolve().parents[2])!r});"
        "from tests.support.windows_like import become, learn; learn(); become();"
        "from pipeline.adapters.keeper import serve; serve()"
    )
    sys.argv = [module, *words]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    run(sys.argv[1], *sys.argv[2:])
