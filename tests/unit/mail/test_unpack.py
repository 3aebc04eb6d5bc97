"""Whatever a mail carries is flattened under limits, and every refusal tells its remedy."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import lzma
import struct
import tarfile
import time
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable

import py7zr
import pytest
import rarfile

from pipeline.mail.archives import MAX_MEMBERS
from pipeline.mail.names import MAX_NAME, clean_name, ending
from pipeline.mail.parse import parse
from pipeline.mail.unpack import unpack
from pipeline.model import Letter, Part, Trouble, Unpacked

REPORT = "县交通局8月份工作总结。".encode()
NAME = "交通局8月总结.txt"


def carrying(*files: tuple[str, bytes], declared: str = "application/octet-stream") -> Letter:
    """A letter with these attachments."""
    parts = tuple(Part(str(number), name, declared, data) for number, (name, data) in enumerate(files, start=1))
    empty = parse(b"From: a@b.example\r\nSubject: x\r\n\r\nhello", digest="0" * 64)
    return Letter(
        digest=empty.digest,
        message_id="",
        subject="x",
        sender=empty.sender,
        sender_trouble="",
        recipients=(),
        in_reply_to="",
        references=(),
        date=None,
        received=None,
        headers=(),
        body="hello",
        parts=(*empty.parts, *parts),
    )


def opened(name: str, data: bytes, **more: Callable[[bytes], tuple[tuple[str, bytes], ...]]) -> Unpacked:
    """What comes out of one attachment."""
    return unpack(carrying((name, data)), **more)


def files(found: Unpacked) -> list[tuple[str, str, bytes]]:
    """Path, name and bytes of everything but the body."""
    return [(part.path, part.name, part.data) for part in found.parts if part.path != "body"]


def troubles(found: Unpacked) -> list[Trouble]:
    """Kinds of trouble in order."""
    return [each.trouble for each in found.unreadable]


def zipped(*members: tuple[str | zipfile.ZipInfo, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return out.getvalue()


def raw_named(raw: bytes, data: bytes, *, flag: bool = False) -> bytes:
    """A zip whose member name has exactly these octets, with or without the UTF-8 flag."""
    made = zipped(("n" * len(raw), data)).replace(b"n" * len(raw), raw)
    flags = struct.pack("<H", 0x800 if flag else 0)
    at = made.find(b"PK\x01\x02")
    return made[:6] + flags + made[8 : at + 8] + flags + made[at + 10 :]


def sevenzip(*members: tuple[str, bytes], password: str | None = None) -> bytes:
    """A 7z."""
    out = io.BytesIO()
    with py7zr.SevenZipFile(out, "w", password=password, header_encryption=False) as archive:
        for name, data in members:
            archive.writestr(data, name)
    return out.getvalue()


def rar(name: str, data: bytes, *, flags: int = 0) -> bytes:
    """A RAR 4 archive with one stored file."""

    def block(kind: int, flag: int, rest: bytes, payload: bytes = b"") -> bytes:
        body = struct.pack("<BHH", kind, flag, 7 + len(rest)) + rest
        return struct.pack("<H", zlib.crc32(body) & 0xFFFF) + body + payload

    raw = name.encode("ascii")
    head = struct.pack("<IIBIIBBHI", len(data), len(data), 3, zlib.crc32(data), 0, 29, 0x30, len(raw), 0o100644) + raw
    return (
        b"Rar!\x1a\x07\x00"
        + block(0x73, 0, b"\x00" * 6)
        + block(0x74, 0x8000 | flags, head, data)
        + block(0x7B, 0, b"")
    )


def unrar(data: bytes) -> tuple[tuple[str, bytes], ...]:
    """Opens stored rar members, which needs no program."""
    with rarfile.RarFile(io.BytesIO(data)) as archive:
        return tuple((info.filename, archive.read(info)) for info in archive.infolist())


def tarred(*members: tuple[str, bytes], odd: tuple[tarfile.TarInfo, ...] = (), encoding: str = "utf-8") -> bytes:
    """A tar."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT, encoding=encoding) as archive:
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
        for info in odd:
            archive.addfile(info)
    return out.getvalue()


def winmail(title: bytes, data: bytes, *, long_name: str = "") -> bytes:
    """A TNEF stream with one attachment."""

    def attribute(tag: int, content: bytes) -> bytes:
        return struct.pack("<BII", 2, tag, len(content)) + content + struct.pack("<H", sum(content) & 0xFFFF)

    stream = struct.pack("<IH", 0x223E9F78, 1) + attribute(0x00069002, b"\x01\x00" + b"\x00" * 12)
    stream += attribute(0x00018010, title + b"\x00") + attribute(0x0006800F, data)
    if long_name:
        text = long_name.encode("utf-16-le") + b"\x00\x00"
        number = struct.pack("<HHi", 0x0003, 0x370B, -1)
        named = struct.pack("<HH16sII", 0x0003, 0x8001, b"g" * 16, 0, 7) + struct.pack("<I", 5)
        name = struct.pack("<HHII", 0x001F, 0x3707, 1, len(text)) + text + b"\x00" * (-len(text) % 4)
        stream += attribute(0x00069005, struct.pack("<I", 3) + number + named + name)
    return stream


KINDS = [
    ("zip", zipped((NAME, REPORT))),
    ("zip, stored", zipped((NAME, REPORT), method=zipfile.ZIP_STORED)),
    ("zip, bzip2", zipped((NAME, REPORT), method=zipfile.ZIP_BZIP2)),
    ("zip, lzma", zipped((NAME, REPORT), method=zipfile.ZIP_LZMA)),
    ("zip behind other octets", b"MZ stub" * 0 + zipped((NAME, REPORT))),
    ("GBK name", raw_named(NAME.encode("gbk"), REPORT)),
    ("UTF-8 name without flag", raw_named(NAME.encode(), REPORT)),
    ("GBK name with the UTF-8 flag", raw_named(NAME.encode("gbk"), REPORT, flag=True)),
    ("7z", sevenzip((NAME, REPORT))),
    ("tar", tarred((NAME, REPORT))),
    ("tar with GBK name", tarred((NAME, REPORT), encoding="gbk")),
    ("tar.gz", gzip.compress(tarred((NAME, REPORT)))),
    ("tar.bz2", bz2.compress(tarred((NAME, REPORT)))),
    ("tar.xz", lzma.compress(tarred((NAME, REPORT)))),
]


@pytest.mark.parametrize("data", [case[1] for case in KINDS], ids=[case[0] for case in KINDS])
@pytest.mark.parametrize("label", ["总结.zip", "att.dat", "总结.docx"])
def test_archives_open_by_content(data: bytes, label: str) -> None:
    """An archive is told by its content whatever it is called; names come out Chinese, bytes exact."""
    found = opened(label, data)
    assert (files(found), found.unreadable) == ([("1/1", NAME, REPORT)], ())


def test_gz_of_one_file() -> None:
    """A compressed single file loses its ending."""
    assert files(opened("总结.txt.gz", gzip.compress(REPORT))) == [("1/1", "总结.txt", REPORT)]


def test_rar_through_the_given_program() -> None:
    """With a program for it rar opens like the others."""
    assert files(opened("a.rar", rar("a.txt", REPORT), unrar=unrar)) == [("1/1", "a.txt", REPORT)]


def test_rar_without_a_program_asks_politely() -> None:
    """Without one the sender is asked for a zip."""
    found = opened("总结.rar", rar("a.txt", REPORT))
    assert (troubles(found), "请改用 zip" in found.unreadable[0].message) == ([Trouble.NO_TOOL], True)


def test_rar_program_that_fails() -> None:
    """What the program cannot open is damaged, not lost."""

    def broken(data: bytes) -> tuple[tuple[str, bytes], ...]:
        raise ValueError(data[:4])

    assert troubles(opened("a.rar", rar("a.txt", REPORT), unrar=broken)) == [Trouble.DAMAGED]


def locked_zip() -> bytes:
    """A zip whose only member is encrypted."""
    data = bytearray(zipped(("a.txt", REPORT)))
    for at in (6, bytes(data).find(b"PK\x01\x02") + 8):
        data[at] |= 1
    return bytes(data)


RAR5_LOCKED_BODY = b"\x04\x00\x00\x00\x0f" + b"s" * 16
RAR5_LOCKED = (
    b"Rar!\x1a\x07\x01\x00"
    + struct.pack("<I", zlib.crc32(bytes([len(RAR5_LOCKED_BODY)]) + RAR5_LOCKED_BODY))
    + bytes([len(RAR5_LOCKED_BODY)])
    + RAR5_LOCKED_BODY
)


@pytest.mark.parametrize(
    "data",
    [locked_zip(), sevenzip(("a.txt", REPORT), password="x"), rar("a.txt", REPORT, flags=4), RAR5_LOCKED],
    ids=["zip", "7z", "rar", "rar5 with hidden names"],
)
def test_locked_archives_are_told_as_locked(data: bytes) -> None:
    """Encryption is recognised before anything is tried; the sender is asked for an open file."""
    found = opened("材料.zip", data, unrar=unrar)
    assert (troubles(found), files(found), "取消密码" in found.unreadable[0].message) == ([Trouble.ENCRYPTED], [], True)


def test_nested_archives_open_three_deep() -> None:
    """Three archives inside one another open, the fourth is refused; what stands beside it is read."""
    data = REPORT
    for level in range(3):
        data = zipped((f"{level}.zip" if level else NAME, data))
    assert files(opened("a.zip", data)) == [("1/1/1/1", NAME, REPORT)]
    too_deep = zipped(("more.zip", data), ("beside.txt", b"x"))
    found = opened("a.zip", too_deep)
    assert (files(found), troubles(found)) == ([("1/2", "beside.txt", b"x")], [Trouble.TOO_LARGE])


def test_total_counts_across_attachments() -> None:
    """Two hundred megabytes are for the whole mail, not for each archive."""
    block = bytes(range(256)) * 4096 * 9
    chunk = zipped(("a", block), method=zipfile.ZIP_STORED)
    one = zipped(*((f"{n}.bin", block) for n in range(12)), method=zipfile.ZIP_STORED)
    found = unpack(carrying(("1.zip", one), ("2.zip", one), ("3.zip", chunk)))
    assert (len(files(found)), troubles(found)) == (12 + 1, [Trouble.TOO_LARGE])


def overlapping() -> bytes:
    """Many directory entries that all point at one member."""
    made = zipped(("a", b"\x00" * 1000))
    at = made.find(b"PK\x01\x02")
    end = made.find(b"PK\x05\x06")
    entries = made[at:end] * 50
    return made[:at] + entries + struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 50, 50, len(entries), at, 0)


def lying_size() -> bytes:
    """A member that declares ten octets and unfolds to twenty million."""
    made = bytearray(zipped(("a", b"\x00" * 20_000_000)))
    at = bytes(made).find(b"PK\x01\x02")
    struct.pack_into("<L", made, 22, 10)
    struct.pack_into("<L", made, at + 24, 10)
    return bytes(made)


def quine_like() -> bytes:
    """An archive eight deep."""
    data = b"x"
    for _ in range(8):
        data = zipped(("r.zip", data))
    return data


BOMBS: list[tuple[str, Callable[[], bytes], Trouble]] = [
    ("300 MB of zeros", lambda: zipped(("a", b"\x00" * 300_000_000)), Trouble.TOO_LARGE),
    ("ratio above 10 MiB", lambda: zipped(("a", b"\x00" * 11_000_000)), Trouble.TOO_LARGE),
    ("many members", lambda: zipped(*((str(n), b"") for n in range(MAX_MEMBERS + 1))), Trouble.TOO_LARGE),
    ("65,535 members", lambda: zipped(*((str(n), b"") for n in range(65_535))), Trouble.TOO_LARGE),
    ("overlapping members", overlapping, Trouble.HOSTILE),
    ("lying size", lying_size, Trouble.DAMAGED),
    ("eight deep", quine_like, Trouble.TOO_LARGE),
    ("gz bomb", lambda: gzip.compress(b"\x00" * 300_000_000), Trouble.TOO_LARGE),
    ("xz bomb", lambda: lzma.compress(b"\x00" * 30_000_000), Trouble.TOO_LARGE),
    ("bz2 bomb", lambda: bz2.compress(b"\x00" * 30_000_000), Trouble.TOO_LARGE),
    ("7z bomb", lambda: sevenzip(("a", b"\x00" * 30_000_000)), Trouble.TOO_LARGE),
    (
        "tar of many",
        lambda: gzip.compress(tarred(*((str(n), b"x") for n in range(MAX_MEMBERS + 5)))),
        Trouble.TOO_LARGE,
    ),
    ("cut zip", lambda: zipped((NAME, REPORT * 100))[:-30], Trouble.DAMAGED),
    ("cut 7z", lambda: sevenzip((NAME, REPORT * 100))[:-30], Trouble.DAMAGED),
    ("cut gz", lambda: gzip.compress(bytes(range(256)) * 50)[:-30], Trouble.DAMAGED),
    ("cut rar", lambda: rar("a.txt", REPORT)[:60], Trouble.DAMAGED),
    ("only a signature", lambda: b"7z\xbc\xaf\x27\x1c" + b"\xff" * 60, Trouble.DAMAGED),
    ("empty zip", zipped, Trouble.EMPTY),
    ("wrong checksum", lambda: zipped(("a.txt", REPORT), method=0).replace(REPORT, REPORT[::-1]), Trouble.DAMAGED),
]


@pytest.mark.slow
@pytest.mark.parametrize(("make", "expected"), [case[1:] for case in BOMBS], ids=[case[0] for case in BOMBS])
def test_hostile_archives(make: Callable[[], bytes], expected: Trouble) -> None:
    """Bombs and wrecks end as one refusal with its reason, in time and memory."""
    data = make()
    tracemalloc.start()
    begun = time.process_time()
    found = opened("材料.zip", data, unrar=unrar)
    spent, (_, peak) = time.process_time() - begun, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert expected in troubles(found)
    assert all("请" in each.message for each in found.unreadable)
    # Tracing memory slows the work down several times; untraced it stays well under five seconds.
    assert (spent < 20, peak < 256 * 2**20) == (True, True)


def test_links_in_archives_are_never_made() -> None:
    """Symbolic links, hard links and devices are told and left out; files beside them are read."""
    link = zipfile.ZipInfo("evil")
    link.create_system, link.external_attr = 3, 0o120777 << 16
    found = opened("a.zip", zipped((link, b"/etc/passwd"), (NAME, REPORT)))
    assert ([name for _, name, _ in files(found)], troubles(found)) == ([NAME], [Trouble.HOSTILE])
    odd = []
    for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE):
        info = tarfile.TarInfo("evil")
        info.type, info.linkname = kind, "/etc/passwd"
        odd.append(info)
    found = opened("a.tar", tarred((NAME, REPORT), odd=tuple(odd)))
    assert ([name for _, name, _ in files(found)], troubles(found)) == ([NAME], [Trouble.HOSTILE] * 4)


@pytest.mark.parametrize(
    "name", ["../../etc/cron.d/x", "/etc/passwd", "C:\\Windows\\x.txt", "..\\..\\x", "a/../../b.txt"]
)
def test_paths_are_only_labels(name: str) -> None:
    """A member's folders vanish from its label; nothing is written anywhere."""
    labels = [label for _, label, _ in files(opened("a.zip", zipped((name, REPORT))))]
    assert [name.replace("\\", "/").rsplit("/", 1)[-1]] == labels


def test_hostile_7z_path_is_refused() -> None:
    """A 7z that would climb out of its folder is not read at all."""
    data = sevenzip(("aa_aa_evil.txt", REPORT))
    out = io.BytesIO()
    with py7zr.SevenZipFile(out, "w") as archive:
        archive.writestr(REPORT, "x.txt")
        archive.files.files_list[0]["filename"] = "../../x.txt"
    assert troubles(opened("a.7z", out.getvalue())) == [Trouble.DAMAGED]
    assert [label for _, label, _ in files(opened("a.7z", data))] == ["aa_aa_evil.txt"]


def test_system_junk_is_ignored() -> None:
    """What macOS and Windows leave in archives is nobody's report."""
    junk = ("__MACOSX/._a.docx", "._a.docx", "dir/.DS_Store", "Thumbs.db", "x/desktop.ini")
    found = opened("a.zip", zipped(*((name, b"x") for name in junk), ("报告/a.txt", REPORT)))
    assert (files(found), found.unreadable) == ([("1/1", "a.txt", REPORT)], ())


def test_empty_files_are_told() -> None:
    """A file of no octets is not silently nothing."""
    assert troubles(opened("a.docx", b"")) == [Trouble.EMPTY]


def test_office_packages_are_no_archives() -> None:
    """docx, xlsx and ofd stay whole; a zip in which they lie uncompressed is still a zip."""
    docx = zipped(("[Content_Types].xml", b"<x/>"), ("word/document.xml", b"<x/>"))
    xlsx = zipped(("[Content_Types].xml", b"<x/>"), ("xl/workbook.xml", b"<x/>"))
    ofd = zipped(("OFD.xml", b"<x/>"))
    assert [ending(each) for each in (docx, xlsx, ofd)] == ["docx", "xlsx", "ofd"]
    stored = zipped(("a.docx", docx), ("b.xlsx", xlsx), method=zipfile.ZIP_STORED)
    assert [("1/1", "a.docx", docx), ("1/2", "b.xlsx", xlsx)] == files(opened("x.dat", stored))


@pytest.mark.parametrize("long_name", ["", "县交通局8月份工作总结.docx"])
def test_winmail_is_opened(long_name: str) -> None:
    """winmail.dat gives its files, with the long name where it has one and a GBK title otherwise."""
    data = winmail("交通局~1.doc".encode("gbk"), REPORT, long_name=long_name)
    assert [("1/1", long_name or "交通局~1.doc", REPORT)] == files(opened("winmail.dat", data))


def test_cut_winmail_is_told() -> None:
    """A winmail.dat cut short says so."""
    assert troubles(opened("winmail.dat", winmail(b"a.doc", REPORT)[:-8])) == [Trouble.DAMAGED]


INNER = (
    b"Received: from a by b; Fri, 02 Sep 2022 11:05:03 +0800\r\nFrom: x@y.example\r\nTo: a@b.example\r\nSubject: in\r\n"
    b"Message-ID: <1@y.example>\r\n\r\ninner words"
)


def test_mail_in_an_archive_and_as_a_file() -> None:
    """An .eml is opened wherever it lies, and keeps its place in the path."""
    found = unpack(carrying(("a.zip", zipped(("in.eml", INNER))), ("b.eml", INNER), ("c.dat", INNER)))
    assert [path for path, _, _ in files(found)] == ["1/1/body", "2/body", "3/body"]
    assert [(path, letter.subject) for path, letter in found.enclosed] == [("1/1", "in"), ("2", "in"), ("3", "in")]
    assert {hashlib.sha256(INNER).hexdigest()} == {letter.digest for _, letter in found.enclosed}


def test_web_archive_is_no_letter() -> None:
    """An MHT file, which begins like a mail, is left to the readers."""
    mht = (
        b"From: <Saved by WPS>\r\nSubject: x\r\nDate: Fri, 02 Sep 2022 11:05:03 +0800\r\nMIME-Version: 1.0\r\n"
        b'Content-Type: multipart/related; boundary="B"; type="text/html"\r\n\r\n'
        b"--B\r\nContent-Type: text/html\r\n\r\nx\r\n--B--"
    )
    assert [("1", "报告.doc", mht)] == files(opened("报告.doc", mht))


def test_letters_inside_letters_end_somewhere() -> None:
    """Forwards of forwards are opened to a depth that people reach."""
    data = b"From: a@b.example\r\nSubject: 0\r\n\r\nx"
    for level in range(1, 30):
        data = b"From: a@b.example\r\nSubject: %d\r\nContent-Type: message/rfc822\r\n\r\n" % level + data
    found = unpack(parse(data, digest="0" * 64))
    assert (len(found.enclosed) >= 3, troubles(found)) == (True, [Trouble.TOO_LARGE])


NAMES = [
    ("a\u202etxt.exe", "atxt.exe"),
    ("CON.txt", "_CON.txt"),
    ("nul", "_nul"),
    ("com1.docx", "_com1.docx"),
    ("a:b|c?.docx", "a_b_c_.docx"),
    ("总结.docx. . ", "总结.docx"),
    ("\x00\x1b[31m红.txt", "[31m红.txt"),
    ("e\u0301.txt", "é.txt"),
    ("...", ""),
    ("\u200b\u2066", ""),
    ("长" * 4000 + ".docx", "长" * (MAX_NAME - 5) + ".docx"),
    ("\ud800a.txt", "a.txt"),
]


@pytest.mark.parametrize(("name", "expected"), NAMES)
def test_clean_names(name: str, expected: str) -> None:
    """A label has nothing that hides its ending, names a device or breaks a line."""
    assert expected == clean_name(name)


@pytest.mark.parametrize("name", ["报告.docx", "报表.xlsx", "汇报.PPTX", "总结.wps"])
def test_the_rest_of_an_office_file_is_no_archive(name: str) -> None:
    """A document cut short goes to the readers whole: who sent a Word file is not told of a 压缩包."""
    broken = zipped(("docProps/app.xml", REPORT * 100), ("word/document.xml", REPORT * 100))

    for data in (broken[:-60], broken):
        found = opened(name, data)
        assert files(found) == [("1", name, data)]
        assert found.unreadable == ()


def test_files_in_a_zip_that_is_named_like_a_document_are_taken_out() -> None:
    """A zip renamed to docx is opened all the same."""
    assert files(opened("报告.docx", zipped((NAME, REPORT)))) == [("1/1", NAME, REPORT)]
