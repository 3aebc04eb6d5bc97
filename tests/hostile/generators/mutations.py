"""The project's own sample mails and documents, each with one thing done to it."""

from __future__ import annotations

import base64
import quopri
from collections.abc import Callable
from email import message_from_bytes
from email.header import decode_header, make_header
from functools import lru_cache
from pathlib import Path
from random import Random

from tests.hostile.generators.material import File, Generator, headers, with_files, zipped

_CORPUS = Path(__file__).resolve().parents[2] / "corpus"


@lru_cache(maxsize=1)
def mails() -> tuple[bytes, ...]:
    """Every labelled mail."""
    return tuple(path.read_bytes() for path in sorted(_CORPUS.rglob("*.eml")))


@lru_cache(maxsize=1)
def documents() -> tuple[tuple[str, bytes], ...]:
    """Every file in them, with its name."""
    found = {}
    for mail in mails():
        for part in message_from_bytes(mail).walk():
            name, content = part.get_filename(), part.get_payload(decode=True)
            if name and isinstance(content, bytes) and content:
                try:
                    name = str(make_header(decode_header(name)))
                except (ValueError, LookupError):
                    name = "附件.dat"
                found[content] = name
    return tuple((name, content) for content, name in found.items())


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
    return rng.choice(_CHANGES)(rng.choice(mails()), rng)


def document(rng: Random) -> bytes:
    """A file with one change, in an otherwise good mail."""
    name, data = rng.choice(documents())
    return with_files(rng, File(name, rng.choice(_CHANGES)(data, rng)))


def renamed(rng: Random) -> bytes:
    """T33: a file under the ending of another format."""
    name, data = rng.choice(documents())
    return with_files(rng, File(name.rpartition(".")[0] + rng.choice(_ENDINGS), data))


def wrapped(rng: Random) -> bytes:
    """A file, changed or not, in an archive (sometimes in another)."""
    name, data = rng.choice(documents())
    data = rng.choice(_CHANGES)(data, rng) if rng.random() < 0.5 else data
    inner = zipped({name: data})
    if rng.random() < 0.3:
        inner = zipped({"附件.zip": inner})
    return with_files(rng, File("8月附件.zip", inner))


def oddly_coded(rng: Random) -> bytes:
    """A file in a part whose transfer encoding is odd, wrong or broken."""
    _name, data = rng.choice(documents())
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
