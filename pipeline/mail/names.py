"""File names as mails claim them -> labels that are safe to show, and endings told from the bytes."""

from __future__ import annotations

import io
import re
import struct
import unicodedata
import zipfile

MAX_NAME = 120
#: A package has few members; a hostile directory is not walked to its end.
_MAX_LISTED = 3000
#: Longest ending that is kept when a name is cut.
_MAX_ENDING = 12
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]"
)
#: Windows drops them from the ends of a name, and so they would not be seen there either.
_EDGES = "." + "".join(filter(str.isspace, map(chr, range(0x3001))))
_FORBIDDEN = re.compile(r'[<>:"|?*]')
_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|conin\$|conout\$|clock\$|com[0-9¹²³]|lpt[0-9¹²³])(?=$|[.\s])")

#: Magic numbers, first match wins; containers are looked into by :func:`ending`.
_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"%PDF-", "pdf"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"\xff\xd8\xff", "jpg"),
    (b"GIF8", "gif"),
    (b"BM", "bmp"),
    (b"II*\x00", "tif"),
    (b"MM\x00*", "tif"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"Rar!\x1a\x07", "rar"),
    (b"\x1f\x8b", "gz"),
    (b"BZh", "bz2"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"{\\rtf", "rtf"),
    (b"\x78\x9f\x3e\x22", "tnef"),
    (b"MZ", "exe"),
    (b"\x7fELF", "elf"),
)
_HEIF = (b"heic", b"heix", b"hevc", b"mif1", b"msf1", b"heim")
_MAIL_FIELD = re.compile(
    rb"(?i)(?:received|return-path|delivered-to|date|from|to|subject|message-id|mime-version|x-[a-z0-9-]+):[ \t]"
)


def clean_name(name: str) -> str:
    """Make a claimed file name a harmless label.

    NFC; control, bidirectional and invisible characters removed; folders cut off; characters that Windows
    forbids and its reserved device names defused; at most 120 characters, the ending kept.
    """
    text = unicodedata.normalize("NFC", _UNSAFE.sub("", name))
    text = re.split(r"[\\/]", text)[-1]
    text = _FORBIDDEN.sub("_", text).strip(_EDGES)
    if _RESERVED.match(text):
        text = f"_{text}"
    if len(text) > MAX_NAME:
        stem, dot, tail = text.rpartition(".")
        if dot and 0 < len(tail) <= _MAX_ENDING:
            text = stem[: MAX_NAME - len(tail) - 1].rstrip() + "." + tail
        else:
            text = text[:MAX_NAME].rstrip(_EDGES)
    return text


def ending(data: bytes) -> str:
    """File ending by content, without dot: ``docx xlsx zip pdf eml txt html ...``; ``bin`` when unknown."""
    head = data[:4096]
    if head[:2] == b"PK" and head[2:4] in {b"\x03\x04", b"\x05\x06", b"\x07\x08"}:
        return _zipped(data)
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return _compound(data)
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            return kind
    if head[4:8] == b"ftyp" and head[8:12] in _HEIF:
        return "heic"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "webp"
    if head[257:262] == b"ustar":
        return "tar"
    return _textual(head)


def _zipped(data: bytes) -> str:
    """Office packages are zips; the names of their own members tell, not those of packages stored inside."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = set(archive.namelist()[:_MAX_LISTED])
    except (zipfile.BadZipFile, UnicodeDecodeError, struct.error, ValueError, OSError, NotImplementedError):
        # No directory (cut short): the first member still tells a damaged package from a damaged archive.
        names = {data[30 : 30 + int.from_bytes(data[26:28], "little")].decode("utf-8", "replace")}
    for place, kind in (("word/", "docx"), ("xl/", "xlsx"), ("ppt/", "pptx")):
        if "[Content_Types].xml" in names and any(name.startswith(place) for name in names):
            return kind
    if "OFD.xml" in names:
        return "ofd"
    if "mimetype" in names:
        head = data[:200]
        return "odt" if b"opendocument.text" in head else "ods" if b"opendocument.spreadsheet" in head else "zip"
    return "docx" if names == {"[Content_Types].xml"} else "zip"


def _compound(data: bytes) -> str:
    """OLE2 files name their streams in UTF-16."""
    for name, kind in (
        ("EncryptedPackage", "docx"),
        ("WordDocument", "doc"),
        ("Workbook", "xls"),
        ("PowerPoint Document", "ppt"),
        ("__substg1.0", "msg"),
    ):
        if name.encode("utf-16-le") in data:
            return kind
    return "ole"


def _textual(head: bytes) -> str:
    """Text formats, told by how they begin."""
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    lower = start[:1024].lower()
    if lower.startswith((b"<!doctype html", b"<html")) or (lower.startswith(b"<") and b"<html" in lower):
        return "html"
    if lower.startswith(b"<?xml"):
        return "xml"
    if is_mail(head):
        return "eml"
    if not head or b"\x00" in head:
        return "bin"
    if re.search(rb"[\x01-\x08\x0e-\x1a\x1c-\x1f]", head):
        return "bin"
    return "txt"


def is_mail(head: bytes) -> bool:
    """Whether bytes begin like a mail: at least three known fields before the first blank line."""
    block = re.split(rb"\r?\n\r?\n", head[:16384].lstrip(b"\r\n"), maxsplit=1)[0]
    lines = block.splitlines()
    if not lines or not (_MAIL_FIELD.match(lines[0]) or lines[0].startswith(b"From ")):
        return False
    return sum(1 for line in lines if _MAIL_FIELD.match(line)) >= 3
