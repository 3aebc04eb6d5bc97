"""A rar archive -> its regular files, by unar (or bsdtar), member by member. Contains no business logic."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from pipeline.adapters import limits

_TIMEOUT = 30.0
_MAX_MEMBERS = 2000
_MAX_TOTAL = 200 * 1024 * 1024

Unrar = Callable[[bytes], tuple[tuple[str, bytes], ...]]


def find() -> Unrar | None:
    """An unpacker, or ``None`` when neither unar nor bsdtar is installed."""
    lister, unpacker = shutil.which("lsar"), shutil.which("unar")
    if lister and unpacker:
        return lambda data: _unar(data, lister, unpacker)
    tar = shutil.which("bsdtar")
    return (lambda data: _bsdtar(data, tar)) if tar else None


def _unar(data: bytes, lister: str, unpacker: str) -> tuple[tuple[str, bytes], ...]:
    """List first, then pull regular members one by one to stdout; nothing is written by its own name."""
    with tempfile.TemporaryDirectory(prefix="yuebao-rar-") as folder:
        archive = Path(folder) / "in.rar"
        archive.write_bytes(data)
        try:
            listing = json.loads(_run([lister, "-json", str(archive)], folder))
        except json.JSONDecodeError as error:
            raise ValueError("压缩包打不开，可能已损坏") from error
        found: list[tuple[str, bytes]] = []
        total = 0
        for entry in listing.get("lsarContents", [])[:_MAX_MEMBERS]:
            if entry.get("XADIsDirectory") or entry.get("XADIsLink") or entry.get("XADLinkDestination"):
                continue
            if entry.get("XADIsEncrypted"):
                raise ValueError("压缩包设置了密码")
            total += int(entry.get("XADFileSize", 0) or 0)
            if total > _MAX_TOTAL:
                raise ValueError("压缩包解开后超过200MB")
            content = _member(unpacker, archive, int(entry["XADIndex"]), folder)
            found.append((str(entry.get("XADFileName", "")), content))
        return tuple(found)


def _member(unpacker: str, archive: Path, index: int, folder: str) -> bytes:
    """One member, unpacked flat into a fresh folder and read as the only regular file there."""
    with tempfile.TemporaryDirectory(dir=folder) as out:
        _run(
            [
                unpacker,
                "-quiet",
                "-no-directory",
                "-force-overwrite",
                "-output-directory",
                out,
                "-indexes",
                str(archive),
                str(index),
            ],
            folder,
        )
        files = [path for path in Path(out).rglob("*") if path.is_file() and not path.is_symlink()]
        if len(files) != 1:
            raise ValueError("压缩包里有文件解不开，可能已损坏")
        return files[0].read_bytes()


def _bsdtar(data: bytes, tar: str) -> tuple[tuple[str, bytes], ...]:
    with tempfile.TemporaryDirectory(prefix="yuebao-rar-") as folder:
        archive, out = Path(folder) / "in.rar", Path(folder) / "out"
        archive.write_bytes(data)
        out.mkdir()
        _run([tar, "-x", "-f", str(archive), "-C", str(out), "--no-same-owner", "--no-same-permissions"], folder)
        files = sorted(path for path in out.rglob("*") if path.is_file() and not path.is_symlink())
        if sum(path.stat().st_size for path in files) > _MAX_TOTAL:
            raise ValueError("压缩包解开后超过200MB")
        return tuple((path.relative_to(out).as_posix(), path.read_bytes()) for path in files[:_MAX_MEMBERS])


def _run(command: list[str], folder: str) -> bytes:
    try:
        done = subprocess.run(  # noqa: S603 - a found program with arguments of our own making
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=folder,
            env={"PATH": "/usr/bin:/bin", "HOME": folder, "LC_ALL": "C.UTF-8"},
            timeout=_TIMEOUT,
            check=False,
            preexec_fn=limits.for_office if sys.platform != "win32" else None,
        )
    except subprocess.TimeoutExpired as error:
        raise ValueError("压缩包解压超时") from error
    if done.returncode != 0:
        raise ValueError("压缩包打不开，可能已损坏或设置了密码")
    return done.stdout
