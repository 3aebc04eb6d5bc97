"""Bytes of an archive -> its regular files, in memory and under limits; nothing is ever written by name.

Zip, 7z, gz, bz2, xz and tar are opened here; rar through a callable, because no free library opens it.
A refusal is a value with its remedy; what was read before it stays read.
"""

from __future__ import annotations

import bz2
import io
import lzma
import re
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import py7zr
import py7zr.exceptions
import py7zr.io
import rarfile

from pipeline.mail.charsets import decode
from pipeline.mail.names import ending
from pipeline.model import Trouble

MAX_TOTAL = 200 * 1024 * 1024
MAX_MEMBERS = 2000
MAX_RATIO = 200
#: Small members may be compressed as well as they like: a page of blanks is no bomb.
RATIO_ABOVE = 10 * 1024 * 1024
MAX_DEPTH = 3
_CHUNK = 256 * 1024
_XZ_MEMORY = 128 * 1024 * 1024
_UTF8_FLAG = 0x800
_ENCRYPTED_FLAG = 0x1
_LOCAL_HEADER = struct.Struct("<4s5H3L2H")
_JUNK = re.compile(r"(?i)(?:^|/)(?:__MACOSX/|\._[^/]*$|\.DS_Store$|Thumbs\.db$|desktop\.ini$)")

#: ``unrar(data)`` gives (name, bytes) of every regular file; raises ValueError or OSError when it cannot.
Unrar = Callable[[bytes], tuple[tuple[str, bytes], ...]]

KINDS = frozenset({"zip", "7z", "rar", "gz", "bz2", "xz", "tar"})


@dataclass(frozen=True, slots=True)
class Member:
    """One regular file of an archive; the name is only a label."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an archive or one of its members was not read, as one Chinese sentence with the remedy."""

    trouble: Trouble
    message: str
    #: Member it is about; empty for the whole archive.
    member: str = ""


@dataclass(slots=True)
class Budget:
    """What one mail may still unfold, across all its archives."""

    total: int = MAX_TOTAL
    members: int = MAX_MEMBERS


@dataclass(frozen=True, slots=True)
class Opened:
    """What came out of one archive."""

    members: tuple[Member, ...] = ()
    refusals: tuple[Refusal, ...] = ()


class _StopError(Exception):
    """Ends the reading of one archive; never leaves this module."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.message)
        self.refusal = refusal


@dataclass(slots=True)
class _Take:
    """Collects the members of one archive and watches the limits."""

    name: str
    size: int
    budget: Budget
    members: list[Member] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)

    def too_large(self, why: str) -> _StopError:
        """The archive is over a limit."""
        return _StopError(
            Refusal(Trouble.TOO_LARGE, f"压缩包“{self.name}”{why}，未予解开；请去掉无关文件，分几封邮件重新发送")
        )

    def announce(self, count: int, total: int) -> None:
        """Check what the directory declares before anything is read."""
        if count > self.budget.members:
            raise self.too_large(f"内的文件超过 {MAX_MEMBERS} 个")
        if total > self.budget.total:
            raise self.too_large(f"解开后超过 {MAX_TOTAL // 1024 // 1024} MB")

    def ratio(self, unpacked: int, packed: int) -> None:
        """A large member that is almost nothing when packed is a bomb."""
        if unpacked > RATIO_ABOVE and unpacked > MAX_RATIO * max(packed, 1):
            raise self.too_large("压缩比异常，疑似压缩炸弹")

    def read(self, chunks: Iterator[bytes], packed: int) -> bytes:
        """Join chunks while they stay within every limit; declared sizes lie."""
        out = io.BytesIO()
        for chunk in chunks:
            if out.tell() + len(chunk) > self.budget.total:
                raise self.too_large(f"解开后超过 {MAX_TOTAL // 1024 // 1024} MB")
            out.write(chunk)
            self.ratio(out.tell(), packed)
        return out.getvalue()

    def keep(self, name: str, data: bytes) -> None:
        """Keep one member and pay for it."""
        if self.budget.members <= 0:
            raise self.too_large(f"内的文件超过 {MAX_MEMBERS} 个")
        if len(data) > self.budget.total:
            raise self.too_large(f"解开后超过 {MAX_TOTAL // 1024 // 1024} MB")
        self.budget.members -= 1
        self.budget.total -= len(data)
        self.members.append(Member(name, data))

    def refuse(self, trouble: Trouble, message: str, member: str = "") -> None:
        """Note a member that was not read."""
        self.refusals.append(Refusal(trouble, message, member))

    def link(self, member: str) -> None:
        """Note a link, device or other thing that is no file."""
        self.refuse(
            Trouble.HOSTILE,
            f"压缩包“{self.name}”中的“{member}”不是普通文件（链接或设备），已忽略；请把原文件放入后重新发送",
            member,
        )


def is_junk(name: str) -> bool:
    """Files that systems leave behind unasked."""
    return bool(_JUNK.search(name.replace("\\", "/")))


def open_archive(data: bytes, *, kind: str, name: str, budget: Budget, unrar: Unrar | None) -> Opened:
    """Read the regular files of one archive.

    Args:
        data: The archive.
        kind: One of :data:`KINDS`, told from the content.
        name: Label of the archive for messages.
        budget: What the mail may still unfold; it is charged.
        unrar: Opens rar; ``None`` when no program for it is installed.

    Returns:
        Members and refusals. Never raises, whatever the bytes are.
    """
    take = _Take(name, len(data), budget)
    try:
        if kind == "rar":
            _rar(data, take, unrar)
        else:
            _OPENERS[kind](data, take)
    except _StopError as stop:
        take.refusals.append(stop.refusal)
    except (
        zipfile.BadZipFile,
        tarfile.TarError,
        zlib.error,
        lzma.LZMAError,
        rarfile.Error,
        py7zr.exceptions.ArchiveError,
        py7zr.exceptions.PasswordRequired,
        py7zr.exceptions.AbsolutePathError,
        struct.error,
        EOFError,
        OSError,
        ValueError,
        TypeError,
        LookupError,
        AttributeError,
        ArithmeticError,
        AssertionError,
        NotImplementedError,
        RuntimeError,
        MemoryError,
    ):
        # Damaged archives make the libraries raise nearly everything; all of it means the same to the sender.
        take.refuse(Trouble.DAMAGED, f"压缩包“{name}”已损坏，无法解开；请重新压缩后发送，或直接以附件发送原文件")
    if not take.members and not take.refusals:
        take.refuse(Trouble.EMPTY, f"压缩包“{name}”里没有文件；请检查后重新发送")
    return Opened(tuple(take.members), tuple(take.refusals))


def _encrypted(name: str) -> Refusal:
    return Refusal(Trouble.ENCRYPTED, f"压缩包“{name}”设有密码，无法打开；请取消密码后重新发送")


# --------------------------------------------------------------------------- zip


def member_name(raw: bytes, *, utf8: bool) -> str:
    """Name of a zip or tar member: UTF-8 when flagged, else UTF-8 if valid, else GB18030, else cp437."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        pass
    if utf8:
        return decode(raw)[0]
    try:
        return raw.decode("gb18030")
    except UnicodeDecodeError:
        return raw.decode("cp437")


def _zip(data: bytes, take: _Take) -> None:
    """Members of a zip, after its directory was checked as a whole."""
    archive, data = _opened_zip(data)
    entries = [info for info in archive.infolist() if not info.is_dir()]
    take.announce(len(entries), 0)
    _refuse_overlap(data, archive, take)
    named = [(_zip_name(info), info) for info in entries]
    named = [(name, info) for name, info in named if not is_junk(name)]
    take.announce(len(named), sum(info.file_size for _, info in named if not info.flag_bits & _ENCRYPTED_FLAG))
    locked = [name for name, info in named if info.flag_bits & _ENCRYPTED_FLAG]
    if locked and len(locked) == len(named):
        raise _StopError(_encrypted(take.name))
    for name, info in named:
        mode = info.external_attr >> 16
        if info.create_system == 3 and stat.S_IFMT(mode) not in {0, stat.S_IFREG}:
            take.link(name)
        elif info.flag_bits & _ENCRYPTED_FLAG:
            take.refuse(Trouble.ENCRYPTED, f"压缩包“{take.name}”中的“{name}”设有密码；请取消密码后重新发送", name)
        else:
            take.ratio(info.file_size, info.compress_size)
            _zip_member(archive, data, info, name=name, take=take)


def _zip_member(archive: zipfile.ZipFile, data: bytes, info: zipfile.ZipInfo, *, name: str, take: _Take) -> None:
    """One member; a damaged one does not spoil the others."""
    # Directory and local header of Chinese packers may spell the name in two charsets; zipfile insists on one.
    header = _LOCAL_HEADER.unpack_from(data, info.header_offset)
    at = info.header_offset + _LOCAL_HEADER.size
    flagged = header[2] & _UTF8_FLAG
    try:
        info.orig_filename = data[at : at + header[9]].decode("utf-8" if flagged else "cp437")
        with archive.open(info) as stream:
            content = take.read(iter(lambda: stream.read(_CHUNK), b""), info.compress_size)
    except NotImplementedError:
        take.refuse(
            Trouble.UNSUPPORTED,
            f"压缩包“{take.name}”中的“{name}”用了少见的压缩方式，无法解开；请用普通 zip 格式重新压缩后发送",
            name,
        )
        return
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, lzma.LZMAError):
        take.refuse(Trouble.DAMAGED, f"压缩包“{take.name}”中的“{name}”已损坏；请重新压缩后发送", name)
        return
    take.keep(name, content)


def _opened_zip(data: bytes) -> tuple[zipfile.ZipFile, bytes]:
    """Open a zip; one whose names wrongly carry the UTF-8 flag is given back without the flag."""
    try:
        return zipfile.ZipFile(io.BytesIO(data)), data
    except UnicodeDecodeError:
        patched = bytearray(data)
        at = patched.find(b"PK\x01\x02")
        while at != -1:
            local = struct.unpack_from("<L", patched, at + 42)[0]
            for place in (at + 8, local + 6):
                flags = struct.unpack_from("<H", patched, place)[0] & ~_UTF8_FLAG
                struct.pack_into("<H", patched, place, flags)
            at = patched.find(b"PK\x01\x02", at + 46)
        corrected = bytes(patched)
        return zipfile.ZipFile(io.BytesIO(corrected)), corrected


def _zip_name(info: zipfile.ZipInfo) -> str:
    """Member name from the octets that zipfile has already misread."""
    flagged = bool(info.flag_bits & _UTF8_FLAG)
    return member_name(info.orig_filename.encode("utf-8" if flagged else "cp437"), utf8=flagged)


def _refuse_overlap(data: bytes, archive: zipfile.ZipFile, take: _Take) -> None:
    """Members that share octets are a bomb (CVE-2024-0450; Python 3.11.7 does not notice)."""
    spans = []
    for info in archive.infolist():
        header = _LOCAL_HEADER.unpack_from(data, info.header_offset)
        if header[0] != b"PK\x03\x04":
            raise zipfile.BadZipFile
        start = info.header_offset
        spans.append((start, start + _LOCAL_HEADER.size + header[9] + header[10] + info.compress_size))
    spans.sort()
    ends = [*(start for start, _ in spans[1:]), archive.start_dir][: len(spans)]
    if any(stop > following for (_, stop), following in zip(spans, ends, strict=True)):
        raise _StopError(
            Refusal(Trouble.HOSTILE, f"压缩包“{take.name}”结构异常（文件互相重叠），已拒绝打开；请重新压缩后发送")
        )


# --------------------------------------------------------------------------- 7z


class _Sink(py7zr.io.Py7zIO):
    """Receives one member in memory and stops at the limit."""

    def __init__(self, take: _Take, packed: int) -> None:
        self.data = io.BytesIO()
        self._take = take
        self._packed = packed

    def write(self, s: bytes | bytearray) -> int:
        if self.data.tell() + len(s) > self._take.budget.total:
            raise self._take.too_large(f"解开后超过 {MAX_TOTAL // 1024 // 1024} MB")
        self._take.ratio(self.data.tell() + len(s), self._packed)
        return self.data.write(s)

    def read(self, size: int | None = None) -> bytes:
        return self.data.read(size)

    def seek(self, offset: int, whence: int = 0) -> int:
        return self.data.seek(offset, whence)

    def flush(self) -> None:
        """Nothing waits anywhere."""

    def size(self) -> int:
        return len(self.data.getvalue())


class _Sinks(py7zr.io.WriterFactory):
    """Hands out one sink a member and remembers them in order."""

    def __init__(self, take: _Take) -> None:
        self.sinks: dict[str, _Sink] = {}
        self._take = take

    def create(self, filename: str) -> _Sink:
        # In a solid archive nobody knows a member's packed size; the whole archive is the bound.
        sink = _Sink(self._take, self._take.size)
        self.sinks[filename] = sink
        return sink


def _7z(data: bytes, take: _Take) -> None:
    """Members of a 7z."""
    try:
        archive = py7zr.SevenZipFile(io.BytesIO(data), "r", max_extract_size=take.budget.total)
    except py7zr.exceptions.PasswordRequired:
        raise _StopError(_encrypted(take.name)) from None
    with archive:
        if archive.needs_password():
            raise _StopError(_encrypted(take.name))
        files = [each for each in archive.files if not each.is_directory]
        take.announce(len(files), sum(each.uncompressed for each in files))
        take.ratio(sum(each.uncompressed for each in files), take.size)
        wanted = []
        for each in files:
            if is_junk(each.filename):
                continue
            if each.is_symlink or each.is_junction or each.is_socket:
                take.link(each.filename)
            else:
                wanted.append(each.filename)
        sinks = _Sinks(take)
        try:
            archive.extract(targets=wanted, factory=sinks)
        except py7zr.exceptions.UnsupportedCompressionMethodError:
            raise _StopError(
                Refusal(
                    Trouble.UNSUPPORTED,
                    f"压缩包“{take.name}”用了少见的压缩方式，无法解开；请用普通 zip 格式重新压缩后发送",
                )
            ) from None
        except py7zr.exceptions.DecompressionBombError:
            raise take.too_large(f"解开后超过 {MAX_TOTAL // 1024 // 1024} MB") from None
        for name, sink in sinks.sinks.items():
            take.keep(name, sink.data.getvalue())


# --------------------------------------------------------------------------- rar


def _rar(data: bytes, take: _Take, unrar: Unrar | None) -> None:
    """Members of a rar: its directory is judged here, the unpacking is done outside."""
    try:
        listing = rarfile.RarFile(io.BytesIO(data))
        entries = [info for info in listing.infolist() if not info.is_dir()]
        locked = listing.needs_password() or any(info.needs_password() for info in entries)
    except rarfile.Error:
        entries, locked = [], False
    if locked:
        raise _StopError(_encrypted(take.name))
    take.announce(len(entries), sum(info.file_size or 0 for info in entries))
    take.ratio(sum(info.file_size or 0 for info in entries), take.size)
    if unrar is None:
        raise _StopError(
            Refusal(Trouble.NO_TOOL, f"压缩包“{take.name}”是 rar 格式，本机没有解压程序；请改用 zip 格式压缩后重新发送")
        )
    links = {info.filename for info in entries if info.is_symlink()}
    for name in sorted(links):
        take.link(name)
    for name, content in unrar(data):
        if not is_junk(name) and name not in links:
            take.keep(name, take.read(iter((content,)), take.size))


# --------------------------------------------------------------------------- gz, bz2, xz, tar


def _stream(kind: str, data: bytes) -> Iterator[bytes]:
    """Unfold a compressed stream in bounded steps, members behind one another included."""
    rest = data
    while rest:
        machine: zlib._Decompress | bz2.BZ2Decompressor | lzma.LZMADecompressor
        if kind == "gz":
            machine = zlib.decompressobj(31)
        elif kind == "bz2":
            machine = bz2.BZ2Decompressor()
        else:
            machine = lzma.LZMADecompressor(memlimit=_XZ_MEMORY)
        chunk = machine.decompress(rest, _CHUNK)
        while True:
            if chunk:
                yield chunk
            if machine.eof:
                break
            pending = machine.unconsumed_tail if isinstance(machine, _ZLIB) else b""
            if not chunk and not pending:
                raise EOFError
            chunk = machine.decompress(pending, _CHUNK)
        following = machine.unused_data
        # What stands behind a stream is padding unless it begins another one.
        rest = following if following[:2] == data[:2] else b""


_ZLIB = type(zlib.decompressobj())


def _single(kind: str) -> Callable[[bytes, _Take], None]:
    """Opener of a compressed single file, which is often a tar."""

    def opener(data: bytes, take: _Take) -> None:
        content = take.read(_stream(kind, data), len(data))
        if ending(content[:4096]) == "tar":
            _tar(content, take)
        else:
            take.keep(re.sub(r"(?i)\.(gz|bz2|xz)$", "", take.name) or "内容", content)

    return opener


def _tar(data: bytes, take: _Take) -> None:
    """Regular files of a tar."""
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:", encoding="utf-8", errors="surrogateescape") as archive:
        for count, info in enumerate(archive, start=1):
            name = member_name(info.name.encode("utf-8", "surrogateescape"), utf8=False)
            if count > MAX_MEMBERS:
                raise take.too_large(f"内的文件超过 {MAX_MEMBERS} 个")
            if info.isdir() or is_junk(name):
                continue
            if not info.isreg() or info.issparse():
                take.link(name)
                continue
            take.announce(1, info.size)
            stream = archive.extractfile(info)
            content = stream.read() if stream else b""
            if len(content) != info.size:
                raise EOFError
            take.keep(name, content)


_OPENERS: dict[str, Callable[[bytes, _Take], None]] = {
    "zip": _zip,
    "7z": _7z,
    "gz": _single("gz"),
    "bz2": _single("bz2"),
    "xz": _single("xz"),
    "tar": _tar,
}
