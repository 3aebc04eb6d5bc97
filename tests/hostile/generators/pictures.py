"""Hostile pdf files and pictures (T30, T31), written object by object."""

from __future__ import annotations

import struct
import zlib
from functools import lru_cache
from random import Random

from tests.hostile.generators.material import File, Generator, with_files

_MIB = 1024 * 1024


def pdf(objects: list[bytes], *, trailer: bytes = b"/Root 1 0 R", broken: bool = False) -> bytes:
    """Objects as a pdf with a right (or, when ``broken``, an absurd) cross-reference table."""
    out = b"%PDF-1.7\n"
    places = []
    for number, content in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n" % number + content + b"\nendobj\n"
    at = len(out)
    count = 4_000_000_000 if broken else len(objects) + 1
    out += b"xref\n0 %d\n0000000000 65535 f \n" % count
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    return out + b"trailer\n<< /Size %d " % count + trailer + b" >>\nstartxref\n%d\n%%%%EOF\n" % at


def stream(data: bytes, extra: bytes = b"") -> bytes:
    """A stream object."""
    return b"<< /Length %d " % len(data) + extra + b" >>\nstream\n" + data + b"\nendstream"


_PAGE = (
    b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>"
)
_FONT = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"
_TEXT = stream(b"BT /F1 12 Tf 50 700 Td (report 2022-08) Tj ET")


def trees(rng: Random) -> bytes:
    """T30: page trees in a circle, a hundred thousand pages, missing and self-made parents."""
    match rng.randrange(4):
        case 0:
            objects = [b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [2 0 R] /Count 1 >>"]
        case 1:
            count = rng.choice((500, 100_000))
            kids = b" ".join([b"3 0 R"] * count)
            objects = [
                b"<< /Type /Catalog /Pages 2 0 R >>",
                b"<< /Type /Pages /Kids [" + kids + b"] /Count %d >>" % count,
                _PAGE,
                _TEXT,
                _FONT,
            ]
        case 2:
            objects = [
                b"<< /Type /Catalog /Pages 2 0 R >>",
                b"<< /Type /Pages /Kids [3 0 R] /Count 2000000000 >>",
                _PAGE,
                _TEXT,
                _FONT,
            ]
        case _:
            objects = [b"1 0 R", b"[" * 20_000]
    return with_files(rng, File("8月报告.pdf", pdf(objects, broken=rng.random() < 0.3)))


@lru_cache(maxsize=2)
def _zeros(mebibytes: int) -> bytes:
    return zlib.compress(bytes(mebibytes * _MIB), 9)


def streams(rng: Random) -> bytes:
    """T30: streams that grow without end, filters upon filters, endless operators."""
    match rng.randrange(4):
        case 0:
            content = stream(_zeros(rng.choice((10, 200))), b"/Filter /FlateDecode")
        case 1:
            data = zlib.compress(_zeros(200), 9)
            content = stream(data, b"/Filter [/FlateDecode /FlateDecode]")
        case 2:
            content = stream(b"q " * 200_000 + b"BT (x) Tj ET " * rng.choice((10, 20_000)))
        case _:
            kind = rng.choice(
                (b"/JBIG2Decode", b"/JPXDecode", b"/CCITTFaxDecode", b"/LZWDecode", b"/RunLengthDecode", b"/Nonsense")
            )
            content = stream(rng.randbytes(2000), b"/Filter " + kind)
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        _PAGE,
        content,
        _FONT,
    ]
    return with_files(rng, File("8月报告.pdf", pdf(objects)))


def vast(rng: Random) -> bytes:
    """T30: pages of a milliard points, pictures of a milliard pixels."""
    box = rng.choice(
        (
            *(b"[0 0 1000000000 1000000000]", b"[-1e30 0 1e30 1]", b"[0 0 14400 14400]", b"[0 0 20001 20001]"),
            *(b"[0 0 5 5]", b"[0 0 1000000000 1]", b"[0 0 -30000 -30000]", b"[0 0 0 0]", b"[]"),
        )
    )
    size = rng.choice((100_000, 20_000))
    picture = stream(
        _zeros(10),
        b"/Type /XObject /Subtype /Image /Width %d /Height %d /BitsPerComponent 1 /ColorSpace /DeviceGray /Filter /FlateDecode"
        % (size, size),
    )
    page = (
        b"<< /Type /Page /Parent 2 0 R /MediaBox "
        + box
        + b" /Contents 4 0 R /Resources << /XObject << /I 5 0 R >> >> >>"
    )
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        page,
        stream(b"q 595 0 0 842 0 0 cm /I Do Q"),
        picture,
    ]
    return with_files(rng, File("8月报告.pdf", pdf(objects)))


def active(rng: Random) -> bytes:
    """T23, T30: JavaScript, launch actions, embedded files, encryption, forms that submit."""
    action = rng.choice(
        (
            b"/OpenAction << /S /JavaScript /JS (app.alert(1)) >>",
            b"/OpenAction << /S /Launch /F (/bin/sh) >>",
            b"/OpenAction << /S /URI /URI (http://127.0.0.1:47809/) >>",
            b"/AcroForm << /XFA 6 0 R /Fields [] >>",
            b"/Names << /EmbeddedFiles << /Names [(x.exe) << /EF << /F 4 0 R >> >>] >> >>",
        )
    )
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R " + action + b" >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        _PAGE,
        _TEXT,
        _FONT,
    ]
    trailer = b"/Root 1 0 R"
    if rng.random() < 0.3:
        trailer += (
            b" /Encrypt << /Filter /Standard /V 1 /R 2 /O ("
            + b"x" * 32
            + b") /U ("
            + b"y" * 32
            + b") /P -4 >> /ID [(a) (b)]"
        )
    return with_files(rng, File("8月报告.pdf", pdf(objects, trailer=trailer)))


def scribbled(rng: Random) -> bytes:
    """T30: pdf files cut and scribbled over."""
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>", _PAGE, _TEXT, _FONT]
    data = bytearray(pdf(objects))
    for _ in range(rng.randint(1, 40)):
        data[rng.randrange(len(data))] = rng.randrange(256)
    return with_files(rng, File("8月报告.pdf", bytes(data[: rng.randint(5, len(data))])))


def png(width: int, height: int, *, rows: bytes, depth: int = 1, colour: int = 0) -> bytes:
    """A png from its compressed rows, true or not."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def pictures(rng: Random) -> bytes:
    """T31: pictures that are small in the mail and vast in memory."""
    match rng.randrange(6):
        case 0:
            size = rng.choice((12_000, 20_000))
            data, name = png(size, size, rows=_zeros(18)), "扫描件.png"
        case 1:
            data, name = png(rng.choice((2**31 - 1, 0, 1)), rng.choice((2**31 - 1, 1)), rows=b"x"), "扫描件.png"
        case 2:
            frame = b"\x2c\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0"
            data = b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff" + frame * rng.choice((3, 50_000)) + b";"
            name = "扫描件.gif"
        case 3:
            count = 60_000
            tags = b"".join(struct.pack("<HHII", 0x8000 + number % 30_000, 4, 1, 0) for number in range(count))
            data, name = b"II*\0\x08\0\0\0" + struct.pack("<H", count) + tags, "扫描件.tif"
        case 4:
            data = b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0\xff\xc0\0\x11\x08\xff\xff\xff\xff\x03\x01\x22\0\x02\x11\x01\x03\x11\x01"
            data, name = data + rng.randbytes(500), "扫描件.jpg"
        case _:
            data = struct.pack("<2sIHHIIiiHHIIiiII", b"BM", 54, 0, 0, 54, 40, 60_000, -60_000, 1, 24, 0, 0, 0, 0, 0, 0)
            name = "扫描件.bmp"
    return with_files(rng, File(name, data, "image/png"))


GENERATORS: tuple[tuple[str, Generator], ...] = (
    ("T30/trees", trees),
    ("T30/streams", streams),
    ("T30/vast", vast),
    ("T30/active", active),
    ("T30/scribbled", scribbled),
    ("T31/pictures", pictures),
)
