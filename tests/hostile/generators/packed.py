"""Hostile archives (T20 to T23), most of them written byte by byte because no library would."""

from __future__ import annotations

import gzip
import io
import lzma
import struct
import tarfile
import zlib
from functools import lru_cache
from random import Random

import py7zr

from tests.hostile.generators.material import AWKWARD, File, Generator, with_files, zipped

_MIB = 1024 * 1024


@lru_cache(maxsize=1)
def _zeros() -> bytes:
    """Raw deflate of one MiB of zeros that may be repeated: 10 GB of zeros are 10,000 times the same kilobyte."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(bytes(_MIB)) + packer.flush(zlib.Z_FULL_FLUSH)


def raw_zip(entries: list[tuple[bytes, bytes, int, int, int]], *, flags: int = 0x800) -> bytes:
    """A zip from (name, stored bytes, method, declared size, external attributes), with no check at all."""
    out, central = io.BytesIO(), io.BytesIO()
    for name, data, method, size, attributes in entries:
        at = out.tell()
        fixed = struct.pack("<HHHHHIIIHH", 20, flags, method, 0, 0x5521, 0, len(data), size, len(name), 0)
        out.write(b"PK\x03\x04" + fixed + name + data)
        central.write(b"PK\x01\x02" + struct.pack("<H", 0x031E) + fixed)
        central.write(struct.pack("<HHHII", 0, 0, 0, attributes, at) + name)
    start = out.tell()
    out.write(central.getvalue())
    count = min(len(entries), 65535)
    out.write(b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, count, count, central.tell(), start, 0))
    return out.getvalue()


def bomb(rng: Random) -> bytes:
    """T20: gigabytes of zeros, with true or lying sizes, in zip, gz, xz and bz2."""
    length = rng.choice((30, 300, 3_000))
    data = _zeros() * length + zlib.compress(b"")[2:-4]
    match rng.randrange(4):
        case 0:
            packed = File("8月报告.zip", raw_zip([(b"a.txt", data, 8, (length * _MIB) & 0xFFFFFFFF, 0)]))
        case 1:
            packed = File("8月报告.zip", raw_zip([(b"a.docx", data, 8, rng.choice((0, 100, 4_000_000_000)), 0)]))
        case 2:
            packed = File("8月报告.txt.gz", b"\x1f\x8b\x08\0\0\0\0\0\0\xff" + data + bytes(8))
        case _:
            packed = File("8月报告.txt.xz", _xz_bomb())
    return with_files(rng, packed)


@lru_cache(maxsize=1)
def _xz_bomb() -> bytes:
    return lzma.compress(bytes(64 * _MIB), preset=1) * 8


@lru_cache(maxsize=4)
def _crowd(count: int) -> bytes:
    return raw_zip([(b"%05d.txt" % number, b"x", 0, 1, 0) for number in range(count)])


def crowd(rng: Random) -> bytes:
    """T20: 65,535 members."""
    return with_files(rng, File("8月附件.zip", _crowd(rng.choice((2_500, 65_535)))))


def overlapping(rng: Random) -> bytes:
    """T20: members that share their bytes (the library of this Python reads them without complaint)."""
    kernel = zlib.compress(bytes(rng.choice((1, 10)) * _MIB), 9)[2:-4]
    count = rng.choice((20, 500))
    out = io.BytesIO()
    name = b"a000.txt"
    fixed = struct.pack("<HHHHHIIIHH", 20, 0, 8, 0, 0x5521, 0, len(kernel), _MIB, len(name), 0)
    out.write(b"PK\x03\x04" + fixed + name + kernel)
    start = out.tell()
    for number in range(count):
        label = b"a%03d.txt" % number if rng.random() < 0.5 else name
        head = struct.pack("<HHHHHIIIHH", 20, 0, 8, 0, 0x5521, 0, len(kernel), _MIB, len(label), 0)
        out.write(b"PK\x01\x02" + struct.pack("<H", 20) + head + struct.pack("<HHHII", 0, 0, 0, 0, 0) + label)
    size = out.tell() - start
    out.write(b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, count, count, size, start, 0))
    return with_files(rng, File("8月附件.zip", out.getvalue()))


def nested(rng: Random) -> bytes:
    """T20: archives in archives, by depth and by breadth."""
    inner = "一、本月办理留抵退税23户。".encode()
    name = "8月报告.txt"
    for level in range(rng.randint(3, 40)):
        inner = zipped(
            {name: inner, **({f"{level}-{n}.zip": inner for n in range(rng.randint(0, 3))} if level < 5 else {})}
        )
        name = f"{level}.zip"
        if len(inner) > 300_000:
            break
    return with_files(rng, File("8月附件.zip", inner))


#: The smallest known archive that contains itself is gzip's; here a zip whose member is cut out of itself.
def quine(rng: Random) -> bytes:
    """T20: an archive whose member is (the beginning of) itself, over and over."""
    body = b"x"
    for _ in range(rng.randint(5, 12)):
        body = raw_zip([(b"r/r.zip", body + body[: rng.randint(0, len(body))], 0, len(body), 0)])
    return with_files(rng, File("r.zip", body))


_PATHS = (
    "../../../../tmp/yuebao-escape", "/tmp/yuebao-escape", "..\\..\\tmp\\yuebao-escape", "C:\\yuebao-escape", "a/../../b",  # noqa: S108 - the path that must not be written
    "\u202excod.exe", "报告\u202exslx.exe", "CON", "a.docx\x00.exe", "x" * 4000, "./././a", "~/.bashrc", "\\\\srv\\share\\a",
    "file:///tmp/x", "A.TXT", "a.txt", "A.txt", "a:b", "aux.docx", " ", ".", "..", "/", "\r\nX: y", "报告.docx/",
)  # fmt: skip


def traversal(rng: Random) -> bytes:
    """T21: names that lead out of the folder, in every charset, in zip and tar."""
    names = [rng.choice((*_PATHS, *AWKWARD)) for _ in range(rng.randint(1, 30))]
    if rng.random() < 0.3:
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as archive:
            for name in names:
                entry = tarfile.TarInfo(name.encode("utf-8", "replace").decode() or "x")
                entry.size = 5
                archive.addfile(entry, io.BytesIO(b"hello"))
        return with_files(rng, File("8月附件.tar", out.getvalue()))
    coding = rng.choice(("utf-8", "gb18030", "cp437"))
    entries = [(name.encode(coding, "replace")[:65000], b"hello", 0, 5, 0o100644 << 16) for name in names]
    return with_files(rng, File("8月附件.zip", raw_zip(entries, flags=rng.choice((0, 0x800)))))


def linked(rng: Random) -> bytes:
    """T22: symbolic and hard links, devices, sparse members in tar, zip and 7z."""
    target = rng.choice(("/etc/passwd", "../../x", "/dev/zero", "/proc/self/mem", "a"))
    match rng.randrange(3):
        case 0:
            out = io.BytesIO()
            with tarfile.open(fileobj=out, mode=rng.choice(("w", "w:gz", "w:bz2", "w:xz"))) as archive:  # type: ignore[call-overload]
                for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE):
                    entry = tarfile.TarInfo(f"8月报告{ord(kind)}.docx")
                    entry.type, entry.linkname, entry.devmajor, entry.devminor = kind, target, 1, 5
                    archive.addfile(entry)
            return with_files(rng, File("8月附件.tar", out.getvalue()))
        case 1:
            entries = [("8月报告.docx".encode(), target.encode(), 0, len(target), 0o120777 << 16)]
            return with_files(rng, File("8月附件.zip", raw_zip(entries)))
        case _:
            return with_files(rng, File("8月附件.7z", _linked_7z()))


@lru_cache(maxsize=1)
def _linked_7z() -> bytes:
    from pathlib import Path
    from tempfile import TemporaryDirectory

    out = io.BytesIO()
    with TemporaryDirectory() as folder:
        link = Path(folder) / "link.docx"
        link.symlink_to("/etc/passwd")
        with py7zr.SevenZipFile(out, "w") as archive:
            archive.write(link, "8月报告.docx")
    return out.getvalue()


@lru_cache(maxsize=1)
def _locked_7z() -> bytes:
    out = io.BytesIO()
    with py7zr.SevenZipFile(out, "w", password="x", header_encryption=True) as archive:
        archive.writestr(b"secret" * 100, "8月报告.docx")
    return out.getvalue()


def locked(rng: Random) -> bytes:
    """T23: encrypted members and encrypted lists."""
    if rng.random() < 0.3:
        return with_files(rng, File("8月附件.7z", _locked_7z()))
    entries = [("8月报告.docx".encode(), rng.randbytes(200), 8, 150, 0)] * rng.randint(1, 3)
    return with_files(rng, File("8月附件.zip", raw_zip(entries, flags=0x801)))


def broken(rng: Random) -> bytes:
    """T20: archives cut or scribbled over, rar and 7z heads with nothing behind them."""
    good = rng.choice(
        (
            zipped({"8月报告.txt": "一、办理23户。".encode() * 50}),
            gzip.compress(b"x" * 5000, mtime=0),
            b"Rar!\x1a\x07\x01\x00" + rng.randbytes(300),
            b"Rar!\x1a\x07\x00" + rng.randbytes(300),
            b"7z\xbc\xaf\x27\x1c\x00\x04" + rng.randbytes(300),
            _locked_7z(),
        )
    )
    data = bytearray(good)
    for _ in range(rng.randint(1, 20)):
        data[rng.randrange(len(data))] = rng.randrange(256)
    ending = rng.choice((".zip", ".rar", ".7z", ".gz", ".tar", ".docx", ".z01", ".tgz"))
    return with_files(rng, File("8月报告" + ending, bytes(data[: rng.randint(1, len(data))])))


def odd_methods(rng: Random) -> bytes:
    """T20: members of unknown or rare compression, wrong counts, a comment that is another archive."""
    data = zipped({"a.txt": b"x" * 100})
    entries = [(b"8.docx", data, rng.choice((1, 6, 9, 12, 14, 93, 95, 98, 99)), len(data), 0)]
    packed = raw_zip(entries) + data if rng.random() < 0.3 else raw_zip(entries)
    return with_files(rng, File("8月附件.zip", packed))


GENERATORS: tuple[tuple[str, Generator], ...] = (
    ("T20/bomb", bomb),
    ("T20/crowd", crowd),
    ("T20/overlap", overlapping),
    ("T20/nested", nested),
    ("T20/quine", quine),
    ("T21/traversal", traversal),
    ("T22/linked", linked),
    ("T23/locked", locked),
    ("T20/broken", broken),
    ("T20/methods", odd_methods),
)

__all__ = ["GENERATORS", "raw_zip"]
