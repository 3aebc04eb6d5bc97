"""Bytes -> the name of their format, by content alone; file names lie (html named .xls, rtf named .doc)."""

from __future__ import annotations

import io
import re
import zipfile
from functools import lru_cache

import olefile

_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"%PDF-", "pdf"),
    (b"\xff\xd8\xff", "image"),
    (b"\x89PNG\r\n\x1a\n", "image"),
    (b"GIF87a", "image"),
    (b"GIF89a", "image"),
    (b"II*\x00", "image"),
    (b"MM\x00*", "image"),
    (b"{\\rtf", "rtf"),
    (b"Rar!\x1a\x07", "archive"),
    (b"7z\xbc\xaf\x27\x1c", "archive"),
    (b"\x1f\x8b", "archive"),
    (b"MZ", "program"),
    (b"\x7fELF", "program"),
    (b"ID3", "media"),
    (b"OggS", "media"),
    (b"\x1aE\xdf\xa3", "media"),
    (b"\x00\x00\x01\xba", "media"),
    (b"\xff\xfb", "media"),
    (b"AC10", "drawing"),
    (b"\xd7\xcd\xc6\x9a", "metafile"),
    (b"%!PS", "postscript"),
    (b"SQLite format 3\x00", "database"),
)
_HEIF = frozenset({b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1", b"avif"})
_HTML = re.compile(
    rb"(?i)<\s*(?:!doctype\s+html|html|head|body|table|div|p|meta|style|span|font|br|h[1-6])\b[^<]{0,400}>"
)
_MHT = re.compile(rb"(?im)^(?:mime-version:|content-type:\s*multipart/related)")
_HEADERS = re.compile(rb"(?i)\A(?:[\x21-\x39\x3b-\x7e]{1,60}:[^\n]{0,500}\r?\n(?:[ \t][^\n]{0,500}\r?\n)*){1,40}")
_HEAD = 8192


@lru_cache(maxsize=8)
def kind(data: bytes) -> str:
    """Name of the format.

    One of ``docx xlsx xlsb ods odt pptx ofd zip doc xls ole encrypted-ooxml pdf image heif rtf mht wordml flatopc xml
    html text``, or one of those that are never read (``program media archive ...``).
    """
    head = data[:_HEAD]
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _zip(data)
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return _ole(data)
    for magic, name in _MAGIC:
        if head.startswith(magic):
            return name
    if head[:2] == b"BM" and len(data) > 26 and head[6:10] == b"\x00\x00\x00\x00":
        return "image"
    if head[:4] == b"RIFF":
        return "image" if head[8:12] == b"WEBP" else "media"
    if head[4:8] == b"ftyp":
        return "heif" if head[8:12] in _HEIF else "media"
    if head[:2] == b"\x09\x08" and len(head) > 8:
        return "xls"
    if b"%PDF-" in head[:1024]:
        return "pdf"
    return _textual(data)


def _zip(data: bytes) -> str:
    """What a zip holds."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = set(archive.namelist()[:5000])
            if "mimetype" in names:
                info = archive.getinfo("mimetype")
                said = archive.read("mimetype")[:200] if info.file_size < 1000 else b""
                for word, name in (
                    (b"opendocument.text", "odt"),
                    (b"opendocument.spreadsheet", "ods"),
                    (b"opendocument.presentation", "odp"),
                ):
                    if word in said:
                        return name
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, RuntimeError, EOFError):
        # A broken zip still shows what it was.
        for word, name in (
            (b"word/document", "docx"),
            (b"xl/workbook", "xlsx"),
            (b"ppt/presentation", "pptx"),
            (b"OFD.xml", "ofd"),
        ):
            if word in data:
                return name
        return "zip"
    lower = {name.lower().replace("\\", "/").lstrip("/") for name in names}
    if "ofd.xml" in lower:
        return "ofd"
    if "xl/workbook.bin" in lower:
        return "xlsb"
    for folder, name in (("word/", "docx"), ("xl/", "xlsx"), ("ppt/", "pptx")):
        if any(each.startswith(folder) for each in lower) and "[content_types].xml" in lower:
            return name
    return "zip"


def _ole(data: bytes) -> str:
    """What an OLE2 compound file holds."""
    try:
        with olefile.OleFileIO(io.BytesIO(data)) as ole:
            names = {"/".join(path).lower() for path in ole.listdir()}
    except Exception:  # noqa: BLE001 - olefile raises whatever a broken directory makes it meet
        for word, name in (("WordDocument", "doc"), ("Workbook", "xls"), ("EncryptedPackage", "encrypted-ooxml")):
            if word.encode("utf-16-le") in data:
                return name
        return "ole"
    if "encryptedpackage" in names:
        return "encrypted-ooxml"
    if "worddocument" in names:
        return "doc"
    if "workbook" in names or "book" in names:
        return "xls"
    if "powerpoint document" in names:
        return "ppt"
    if any(name.startswith("matost") or name == "mm" for name in names):
        return "works"
    if any(name.startswith("__substg1.0_") for name in names):
        return "msg"
    return "ole"


def _textual(data: bytes) -> str:
    """Which kind of text it is, or ``binary``."""
    if data[:2] in {b"\xff\xfe", b"\xfe\xff"} or data[:3] == b"\xef\xbb\xbf":
        wide = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}.get(data[:2], "utf-8")
        head = data[: _HEAD * 2].decode(wide, "replace").encode("utf-8", "replace")
    else:
        head = data[: _HEAD * 2]
        if _binary(head):
            return "binary"
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if start.startswith(b"<"):
        if b"schemas.microsoft.com/office/word/2003/wordml" in head:
            return "wordml"
        if b"http://schemas.microsoft.com/office/2006/xmlPackage" in head:
            return "flatopc"
        if b"urn:schemas-microsoft-com:office:spreadsheet" in head and not re.search(rb"(?i)<html", head):
            return "xmlss"
        if b"opendocument:xmlns:office" in head:
            return "fodf"
    headers = _HEADERS.match(start)
    if headers and _MHT.search(headers[0]):
        return "mht"
    if _HTML.search(head):
        return "html"
    if start.startswith(b"<?xml"):
        return "xml"
    return "text"


def _binary(head: bytes) -> bool:
    """Whether bytes are no text of any Chinese charset: NUL or many control characters."""
    if not head:
        return False
    if b"\x00" in head:
        # UTF-16 without a mark: every other byte of ASCII is NUL, and Chinese has none.
        return (
            not (head[1::2].count(0) > len(head) // 5 or head[0::2].count(0) > len(head) // 5)
            or head.count(0) > len(head) * 0.6
        )
    controls = sum(head.count(each) for each in (bytes((n,)) for n in range(32) if n not in {9, 10, 12, 13, 26, 27}))
    return controls * 50 > len(head)
