"""The name of a durable step → nothing, or the crash or disk error that a test asked for there.

``YUEBAO_FAILPOINT`` arms points: ``archive.after_link`` kills the process when it first passes there,
``archive.after_link:3`` when it passes for the third time, ``archive.after_fsync:2=enospc`` raises
"no space left" instead. Several are separated by commas. Unset, a point costs one look at the environment.
"""

from __future__ import annotations

import ast
import errno
import os
from collections import Counter
from pathlib import Path
from typing import Final

VARIABLE: Final = "YUEBAO_FAILPOINT"
#: Exit status of a killed process, as a shell reports SIGKILL.
KILLED: Final = 137
_ERRORS: Final = {
    "eio": errno.EIO,
    "enospc": errno.ENOSPC,
    "emfile": errno.EMFILE,
    "erofs": errno.EROFS,
}

_passed: Counter[str] = Counter()


def failpoint(name: str) -> None:
    """Fail here when a test armed this point; otherwise do nothing.

    Args:
        name: ``room.step``; must be a literal, so that :func:`names` finds it.

    Raises:
        OSError: In the modes ``eio``, ``enospc``, ``emfile`` and ``erofs``.
    """
    armed = os.environ.get(VARIABLE)
    if not armed:
        return
    for order in armed.split(","):
        where, _, mode = order.strip().partition("=")
        point, _, count = where.partition(":")
        if point != name:
            continue
        _passed[order] += 1
        if _passed[order] == int(count or 1):
            _fail(name, mode or "kill")


def _fail(name: str, mode: str) -> None:
    if mode == "kill":
        # No clean-up of any kind may run: that is what a pulled plug means.
        os._exit(KILLED)
    if mode not in _ERRORS:
        raise ValueError(f"{VARIABLE}: mode {mode!r} is none of kill, {', '.join(_ERRORS)}")
    raise OSError(_ERRORS[mode], f"{os.strerror(_ERRORS[mode])} (fail point {name})")


def forget() -> None:
    """Start counting passages anew; for tests that run several faults in one process."""
    _passed.clear()


def names(package: Path | None = None) -> tuple[str, ...]:
    """Every fail point of the program, sorted, read from its source so that none can be left out.

    Args:
        package: Folder to read; the ``pipeline`` package by default.

    Raises:
        ValueError: A point is named by something else than a literal.
    """
    root = package or Path(__file__).resolve().parents[1]
    found: set[str] = set()
    for path in sorted(root.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "failpoint":
                match node.args:
                    case [ast.Constant(value=str(name))]:
                        found.add(name)
                    case _:
                        raise ValueError(f"{path}:{node.lineno}: a fail point is named by one literal")
    return tuple(sorted(found))
