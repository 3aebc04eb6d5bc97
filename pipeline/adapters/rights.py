"""Who may read what a home holds: mails, ledger and journal are their owner's alone. Contains no business logic."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from tempfile import NamedTemporaryFile

from pipeline.errors import YuebaoError

#: What holds mails, ledger or journal, in a home.
_PRIVATE = ("ledger*.db*", "journal.*", "inbox_archive", "cache")
#: In the archive's folder of a copy of the code, and nobody's secret.
_PUBLIC = frozenset({"README.md", ".gitignore", ".gitkeep"})
#: Read by others of the owner's group, and the way to it through a folder; then the same for all.
_CLASSES = ((stat.S_IRGRP, stat.S_IXGRP), (stat.S_IROTH, stat.S_IXOTH))


def exposed(home: Path) -> Iterator[Path]:
    """Private files of a home that others can read; a file behind a closed folder is closed."""
    if os.name == "nt":
        return
    found = _exposed(home)
    first = next(found, None)
    if first is None or not _has_rights(home):
        return
    yield first
    yield from found


def refuse_exposed(home: Path) -> None:
    """Say no to work in a home that others can read: it came by a copy, or somebody opened it.

    Raises:
        YuebaoError: with the first such file and the remedy.
    """
    for path in exposed(home):
        raise YuebaoError(
            f"{path} 别人也能读，里面有来信或办理记录，现在不启动。"
            f"请先执行 yuebao --home {home} doctor --close，程序会把台账、日志和存档收紧为只有本账户可读，然后再启动。"
        )


def close(home: Path) -> int:
    """Take every right to a home's private files away from others; returns how many files could be read.

    Raises:
        YuebaoError: a file is another account's.
    """
    count = 0
    for path in tuple(exposed(home)):
        try:
            path.chmod(stat.S_IMODE(path.stat().st_mode) & ~(stat.S_IRWXG | stat.S_IRWXO))
        except OSError as error:
            raise YuebaoError(
                f"{path} 的权限改不了（{error.strerror}）。请把文件的所有者改为运行本程序的账户，再执行一次。"
            ) from error
        count += 1
    return count


def _exposed(home: Path) -> Iterator[Path]:
    try:
        classes = _through(home, _CLASSES)
        for pattern in _PRIVATE:
            for path in sorted(home.glob(pattern)):
                yield from _under(path, classes)
    except OSError:
        return  # what cannot be looked at is told by whoever needs it


def _under(path: Path, classes: tuple[tuple[int, int], ...]) -> Iterator[Path]:
    """Files at or below a path that one of these classes of accounts can read."""
    if not classes or path.is_symlink():
        return
    if path.is_dir():
        inside = _through(path, classes)
        if inside:
            for child in sorted(path.iterdir()):
                yield from _under(child, inside)
    elif path.name not in _PUBLIC and any(path.stat().st_mode & read for read, _ in classes):
        yield path


def _through(folder: Path, classes: tuple[tuple[int, int], ...]) -> tuple[tuple[int, int], ...]:
    """Those of the classes that get through a folder."""
    mode = folder.stat().st_mode
    return tuple(each for each in classes if mode & each[1])


def _has_rights(home: Path) -> bool:
    """Whether the file system keeps rights at all: a disk of Windows has none, and shows the same for every file."""
    try:
        with NamedTemporaryFile(dir=home, prefix=".rights-") as probe:
            Path(probe.name).chmod(0o600)
            return not Path(probe.name).stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)
    except OSError:
        return True
