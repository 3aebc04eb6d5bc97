"""What a mail's files say, kept by the digest of the mail, so that a scanned page is not read a second time.

An entry is only a shortcut: it is named by the mail and by everything that could change its reading (our own code, the
libraries, the programs found here), carries a check over all of it, and whatever does not fit is thrown away and read
anew. The folder may be deleted at any time. Contains no business logic.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import shutil
import sys
import zlib
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from pipeline.adapters import codec, office
from pipeline.adapters.durable import write_whole
from pipeline.model import Opened, Trouble

log = logging.getLogger(__name__)

#: Bytes of all entries together; the oldest go first.
MOST = 256 * 1024 * 1024
_PACKAGE = Path(__file__).resolve().parents[1]
_ROOMS = ("model.py", "text.py", "periods.py", "mail", "readers", "adapters")
_LIBRARIES = (
    "lxml", "mail-parser", "olefile", "onnxruntime", "opencv-python-headless", "opencv-python", "pdfplumber",
    "pdfminer.six", "pi-heif", "pillow", "py7zr", "pypdfium2", "python-calamine", "rapidocr", "rarfile", "xlrd",
)  # fmt: skip
_CHECK = 32
#: What another attempt may read: it depended on the machine of that moment.
_PASSING = frozenset({Trouble.HOSTILE, Trouble.TOO_LARGE, Trouble.NO_TOOL})


@lru_cache(maxsize=1)
def reading_version() -> str:
    """A name for everything that decides how a mail is read; it changes when any of it does."""
    known = hashlib.sha256(sys.version.encode())
    for room in _ROOMS:
        known.update(_code(_PACKAGE / room))
    for name in _LIBRARIES:
        with contextlib.suppress(PackageNotFoundError):
            known.update(f"{name} {version(name)}\0".encode())
    for program in (office.find(), *map(shutil.which, ("lsar", "unar", "bsdtar"))):
        if program is not None:
            state = Path(program).resolve().stat()
            known.update(f"{program} {state.st_size} {state.st_mtime_ns}\0".encode())
    return known.hexdigest()[:32]


@lru_cache(maxsize=1)
def program_version() -> str:
    """A name for the whole program as it stands: what was understood under another one is understood anew."""
    return hashlib.sha256(_code(_PACKAGE)).hexdigest()[:32]


def _code(path: Path) -> bytes:
    """Names and text of a module, or of all modules of a folder."""
    files = sorted((*path.rglob("*.py"), *path.rglob("*.txt"))) if path.is_dir() else (path,)
    return b"".join(
        file.relative_to(_PACKAGE).as_posix().encode() + b"\0" + file.read_bytes() + b"\0" for file in files
    )


class Kept:
    """The entries of one home. Nothing here ever fails: what cannot be kept is read again."""

    def __init__(self, folder: Path, *, most: int = MOST) -> None:
        self._folder = folder
        self._most = most
        self._tidied = False

    def has(self, digest: str) -> bool:
        """Whether there is an entry, sound or not."""
        return self._path(digest).is_file()

    def get(self, digest: str) -> Opened | None:
        """What the mail's files say, when that is kept and sound."""
        path = self._path(digest)
        try:
            data = path.read_bytes()
        except OSError:
            return None
        try:
            if data[:_CHECK] == self._check(digest, data[_CHECK:]):
                opened = codec.unpack(data[_CHECK:], Opened)
                if opened.letter.digest == digest:
                    return opened
        except (ValueError, zlib.error):
            pass
        log.warning("kept reading of mail %s is damaged and thrown away", digest)
        with contextlib.suppress(OSError):
            path.unlink()
        return None

    def put(self, digest: str, opened: Opened) -> None:
        """Keep a reading that would come out the same tomorrow."""
        if any(refused.trouble in _PASSING for refused in opened.unreadable):
            return
        path = self._path(digest)
        data = codec.pack(opened, Opened)
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._tidy(len(data))
            write_whole(path, self._check(digest, data) + data)
            path.chmod(0o600)
        except OSError as error:
            log.warning("reading of mail %s could not be kept: %s", digest, error)

    def _path(self, digest: str) -> Path:
        return self._folder / reading_version() / digest

    @staticmethod
    def _check(digest: str, data: bytes) -> bytes:
        return hashlib.sha256(f"{reading_version()} {digest} ".encode() + data).digest()

    def _tidy(self, room: int) -> None:
        """Drop what an earlier version read, and the oldest entries when there are too many."""
        if not self._tidied:
            self._tidied = True
            for old in self._folder.iterdir():
                if old.name != reading_version():
                    shutil.rmtree(old, ignore_errors=True)
        entries = []
        for path in (self._folder / reading_version()).iterdir():
            with contextlib.suppress(OSError):
                state = path.stat()
                entries.append((state.st_mtime_ns, state.st_size, path))
        total = room + sum(size for _, size, _ in entries)
        for _, size, path in sorted(entries):
            if total <= self._most:
                break
            path.unlink(missing_ok=True)
            total -= size
