"""The project's own sample mails and documents, each with one thing done to it; bases that are dear to read seldom."""

from __future__ import annotations

import base64
import contextlib
import io
import quopri
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from email import message_from_bytes
from email.header import decode_header, make_header
from functools import lru_cache
from pathlib import Path
from random import Random

from PIL import Image

from pipeline.readers import sniff
from tests.hostile.generators.material import File, Generator, headers, with_files, zipped

_CORPUS = Path(__file__).resolve().parents[2] / "corpus"


#: One draw in so many takes a base whose reading costs seconds: a scan (OCR), an old format (LibreOffice), a piece of one.
#: The rest are read in milliseconds; what one change to a file may break is broken as well in small files.
_SCAN_IN, _OLD_IN, _PIECE_IN = 400, 80, 60
_SCANS = frozenset({"image", "heif", "ofd"})
_OLD = frozenset({"doc", "xls", "rtf", "wordml", "mht", "xmlss", "ole", "works", "odt", "fodf"})


@dataclass(frozen=True, slots=True)
class Bases:
    """Bases by what reading them costs."""

    quick: tuple[tuple[str, bytes], ...]
    old: tuple[tuple[str, bytes], ...]
    scans: tuple[tuple[str, bytes], ...]
    #: Strips of pictures with a line or two on them, which OCR reads in a moment.
    pieces: tuple[tuple[str, bytes], ...] = ()

    def draw(self, rng: Random) -> tuple[str, bytes]:
        """One base: seldom a dear one."""
        turn = rng.random()
        for share, bases in ((_SCAN_IN, self.scans), (_OLD_IN, self.old), (_PIECE_IN, self.pieces)):
            turn -= 1 / share
            if turn < 0:
                return rng.choice(bases or self.quick)
        return rng.choice(self.quick)


def _files(mail: bytes) -> Iterator[tuple[str, bytes]]:
    """Names and bytes of a mail's files."""
    for part in message_from_bytes(mail).walk():
        name, content = part.get_filename(), part.get_payload(decode=True)
        if name and isinstance(content, bytes) and content:
            try:
                name = str(make_header(decode_header(name)))
            except (ValueError, LookupError):
                name = "附件.dat"
            yield name, content


def _cost(data: bytes, depth: int = 0) -> str:
    """What reading a file needs: ``scan``, ``old`` or ``quick``."""
    kind = sniff.kind(data)
    if kind in _SCANS or (kind == "pdf" and b"/Image" in data) or (kind in {"docx", "xlsx"} and b"/media/" in data):
        return "scan"
    if kind in _OLD:
        return "old"
    if kind == "zip" and depth < 2:
        with contextlib.suppress(zipfile.BadZipFile, RuntimeError, NotImplementedError, ValueError, OSError):
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                inner = {_cost(archive.read(name), depth + 1) for name in archive.namelist()}
            return max(inner, key=("quick", "old", "scan").index, default="quick")
    return "scan" if kind == "archive" else "quick"


def _sorted(found: Iterable[tuple[str, bytes]], cost: Callable[[bytes], str]) -> Bases:
    groups: dict[str, list[tuple[str, bytes]]] = {"quick": [], "old": [], "scan": []}
    for one in found:
        groups[cost(one[1])].append(one)
    return Bases(tuple(groups["quick"]), tuple(groups["old"]), tuple(groups["scan"]))


@lru_cache(maxsize=1)
def mails() -> Bases:
    """Every labelled mail."""

    def cost(mail: bytes) -> str:
        return max((_cost(data) for _, data in _files(mail)), key=("quick", "old", "scan").index, default="quick")

    return _sorted(((path.name, path.read_bytes()) for path in sorted(_CORPUS.rglob("*.eml"))), cost)


@lru_cache(maxsize=1)
def documents() -> Bases:
    """Every file in them, with its name; and of each picture a small piece."""
    bases = mails()
    found: dict[bytes, str] = {}
    for _name, mail in (*bases.quick, *bases.old, *bases.scans):
        found.update({content: name for name, content in _files(mail)})
    pieces = tuple((name, piece) for content, name in found.items() if (piece := _piece(content)))
    return replace(_sorted(((name, content) for content, name in found.items()), _cost), pieces=pieces)


def _piece(data: bytes) -> bytes:
    """A strip of a picture with a line or two on it; empty for what is no picture."""
    if sniff.kind(data) != "image":
        return b""
    with Image.open(io.BytesIO(data)) as picture:
        wide, high = picture.size
        strip = picture.convert("L").crop((wide // 8, high // 8, wide // 8 + 480, high // 8 + 160))
    out = io.BytesIO()
    strip.save(out, "JPEG", quality=80)
    return out.getvalue()


def _cut(data: bytes, rng: Random) -> bytes:
    return data[: rng.randrange(1, max(2, len(data)))]


def _flip(data: bytes, rng: Random) -> bytes:
    out = bytearray(data)
    for _ in range(rng.choice((1, 3, 20))):
        out[rng.randrange(len(out))] ^= 1 << rng.randrange(8)
    return bytes(out)


def _zero(data: bytes, rng: Random) -> bytes:
    at = rng.randrange(len(data))
    length = rng.choice((16, 512, 4096))
    return data[:at] + bytes(min(length, len(data) - at)) + data[at + length :]


def _swap(data: bytes, rng: Random) -> bytes:
    first, second = sorted(rng.randrange(len(data)) for _ in range(2))
    middle = (first + second) // 2
    return data[:first] + data[middle:second] + data[first:middle] + data[second:]


def _double(data: bytes, rng: Random) -> bytes:
    at = rng.randrange(len(data))
    return data[:at] + data[max(0, at - 2000) : at] * rng.choice((1, 5)) + data[at:]


_CHANGES: tuple[Callable[[bytes, Random], bytes], ...] = (_cut, _flip, _zero, _swap, _double)
_ENDINGS = (
    ".docx",
    ".xlsx",
    ".doc",
    ".xls",
    ".pdf",
    ".jpg",
    ".png",
    ".zip",
    ".7z",
    ".txt",
    ".html",
    ".eml",
    ".wps",
    ".ofd",
    "",
)


def mail(rng: Random) -> bytes:
    """A mail with one change to its bytes."""
    return rng.choice(_CHANGES)(mails().draw(rng)[1], rng)


def document(rng: Random) -> bytes:
    """A file with one change, in an otherwise good mail."""
    name, data = documents().draw(rng)
    return with_files(rng, File(name, rng.choice(_CHANGES)(data, rng)))


def renamed(rng: Random) -> bytes:
    """T33: a file under the ending of another format."""
    name, data = documents().draw(rng)
    return with_files(rng, File(name.rpartition(".")[0] + rng.choice(_ENDINGS), data))


def wrapped(rng: Random) -> bytes:
    """A file, changed or not, in an archive (sometimes in another)."""
    name, data = documents().draw(rng)
    data = rng.choice(_CHANGES)(data, rng) if rng.random() < 0.5 else data
    inner = zipped({name: data})
    if rng.random() < 0.3:
        inner = zipped({"附件.zip": inner})
    return with_files(rng, File("8月附件.zip", inner))


def oddly_coded(rng: Random) -> bytes:
    """A file in a part whose transfer encoding is odd, wrong or broken."""
    _name, data = documents().draw(rng)
    data = data[:40_000]
    coding, content = rng.choice(
        (
            (b"base64", base64.b64encode(data)[:-3]),
            (b"base64", base64.encodebytes(data).replace(b"A", b"A!\r\n", 200)),
            (b"quoted-printable", quopri.encodestring(data)),
            (b"quoted-printable", data),
            (b"8bit", data),
            (b"x-unknown", data),
            (b"7bit", base64.b64encode(data)),
            (b"uuencode", b"begin 644 a.docx\r\n" + data[:2000] + b"\r\nend"),
        )
    )
    head = [
        *headers(rng),
        b"Content-Type: application/octet-stream; name=a.docx",
        b"Content-Transfer-Encoding: " + coding,
    ]
    return b"\r\n".join([*head, b"", content])


GENERATORS: tuple[tuple[str, Generator], ...] = (
    ("F21/mail", mail),
    ("F21/document", document),
    ("F21/renamed", renamed),
    ("F21/wrapped", wrapped),
    ("F21/coded", oddly_coded),
)
