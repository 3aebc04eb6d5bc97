"""The floors of pipeline/__init__.py hold."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "pipeline"

#: Rooms by floor, lowest first. A new module must stand here before it may be imported.
FLOORS: tuple[frozenset[str], ...] = (
    frozenset({"model", "errors", "text", "periods", "workdays", "forms"}),
    frozenset({"mail", "readers"}),
    frozenset({"understanding", "plan", "digest"}),
    frozenset({"adapters"}),
    frozenset({"flows"}),
    frozenset({"app"}),
    frozenset({"cli", "web"}),
    frozenset({"__main__"}),
)
PURE = FLOORS[0] | FLOORS[1] | FLOORS[2]
WORLD = frozenset(
    {
        *("os", "socket", "sqlite3", "subprocess", "smtplib", "imaplib", "imapclient", "sqlite_utils", "pathlib"),
        *("tempfile", "threading", "time", "random", "shutil", "asyncio", "multiprocessing", "urllib.request"),
        *("http", "requests", "secrets", "uuid"),
    }
)
WORLDLY_CALLS = frozenset({"open", "print", "input"})
CLOCK_CALLS = frozenset({"now", "today", "utcnow"})

MODULES = sorted(path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py")


def room_of(path: Path) -> str:
    """Name of the room a module belongs to."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def floor_of(room: str) -> int:
    """Number of the floor of a room; a KeyError-like failure when the room is undeclared."""
    for number, rooms in enumerate(FLOORS):
        if room in rooms:
            return number
    pytest.fail(f"room {room!r} stands on no floor: declare it in {Path(__file__).name}")


def imports_of(path: Path) -> set[str]:
    """Every module that a file names in an import."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            found |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module or ""}
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_never_climb(path: Path) -> None:
    """A module imports its own room and the floors below it, nothing else of the package."""
    room = room_of(path)
    for name in imports_of(path):
        if name.startswith("pipeline."):
            other = name.split(".")[1]
            if other != room and floor_of(room) > 0:
                assert floor_of(other) < floor_of(room), f"{room} may not import {name}"
            elif other != room:
                assert floor_of(other) == 0, f"{room} may not import {name}"


@pytest.mark.parametrize(
    "path", [path for path in MODULES if room_of(path) in PURE], ids=lambda path: str(path.relative_to(PACKAGE))
)
def test_meaning_does_not_touch_the_world(path: Path) -> None:
    """A pure module imports nothing that reaches clock, disk, network, process or chance, and calls no such thing."""
    for name in imports_of(path):
        assert name.split(".")[0] not in WORLD, f"{path.name} imports {name}"
        assert name not in WORLD, f"{path.name} imports {name}"
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Name):
                assert node.func.id not in WORLDLY_CALLS, f"{path.name}:{node.lineno} calls {node.func.id}()"
            elif isinstance(node.func, ast.Attribute):
                assert node.func.attr not in CLOCK_CALLS, f"{path.name}:{node.lineno} calls .{node.func.attr}()"
