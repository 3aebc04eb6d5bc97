"""File systems of their own that a test may fill, or turn read-only under a program; skipped where none can be made."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

MIB = 1024 * 1024


@dataclass(frozen=True)
class Tmpfs:
    """A file system in memory; it turns read-only only while nobody writes to an open file."""

    place: Path

    def remount(self, how: str) -> None:
        """With another size, or for reading alone (``ro``), or for both again (``rw``)."""
        subprocess.run(["mount", "-o", f"remount,{how}", str(self.place)], check=True)

    def settle(self) -> None:
        """Nothing waits to be written: it lies in memory."""

    def turn(self) -> None:
        """Nothing can be written any more."""
        self.remount("ro")

    def mend(self) -> None:
        """Somebody mends it."""
        self.remount("rw")


@dataclass(frozen=True)
class Ext4:
    """A file system as disks have it: after an error it turns read-only, whoever has files open."""

    place: Path
    image: Path

    def settle(self) -> None:
        """Bring all that was written to the disk."""
        subprocess.run(["sync", "-f", str(self.place)], check=True)

    def turn(self) -> None:
        """The disk had an error: the kernel lets nobody write from now on."""
        subprocess.run(["mount", "-o", "remount,abort", str(self.place)], check=True)

    def mend(self) -> None:
        """Checked and mounted again, as after a restart of the machine."""
        subprocess.run(["umount", str(self.place)], check=True)
        # 1 means mended.
        if subprocess.run(["e2fsck", "-fy", str(self.image)], capture_output=True, check=False).returncode > 1:
            raise RuntimeError("the file system cannot be mended")
        subprocess.run(["mount", "-o", "loop", str(self.image), str(self.place)], check=True)


@contextmanager
def tmpfs(place: Path, size: int) -> Iterator[Tmpfs]:
    """A file system of its own with so many bytes."""
    place.mkdir()
    if os.name == "nt" or subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size},mode=700", "yuebao-test", str(place)],
        capture_output=True, check=False,
    ).returncode:  # fmt: skip
        pytest.skip("a tmpfs cannot be mounted here (not root, or not allowed): its faults are not tried")
    try:
        yield Tmpfs(place)
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


@contextmanager
def ext4(place: Path, size: int = 64 * MIB) -> Iterator[Ext4]:
    """A file system of its own in a file."""
    place.mkdir()
    if not all(map(shutil.which, ("mkfs.ext4", "e2fsck", "mount"))):
        pytest.skip("no mkfs.ext4 here: a disk that turns read-only at work is not tried")
    image = place.with_suffix(".img")
    with image.open("wb") as file:
        file.truncate(size)
    subprocess.run(["mkfs.ext4", "-q", str(image)], check=True)
    mounted = subprocess.run(["mount", "-o", "loop", str(image), str(place)], capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip("a file cannot be mounted here (not root, or not allowed): a disk read-only at work is not tried")
    try:
        yield Ext4(place, image)
    finally:
        subprocess.run(["umount", "-l", str(place)], check=False)
