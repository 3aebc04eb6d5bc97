"""Bytes with a claimed charset -> text, the way Chinese mail has to be read.

The rules are measured ones: a gb2312 label nearly always hides GBK or GB18030, unlabelled octets are
UTF-8 or GB18030, and a label that cannot be right is not believed.
"""

from __future__ import annotations

import codecs
import re

#: Labels of one family: GB18030 is a superset of them all. Compared without punctuation and case.
_GB_FAMILY = frozenset(
    {
        *("gb2312", "gbk", "xgbk", "cp936", "ms936", "windows936", "gb231280", "gb18030", "euccn", "eucgb2312cn"),
        *("csgb2312", "csiso58gb231280", "isoir58", "chinese", "gb", "936", "xgb18030", "gb180302000", "xgb2312"),
        *("gb231280isoir58", "gb18030utf8"),
    }
)
#: Labels that mailers write without looking at the text.
_EMPTY_CLAIMS = frozenset(
    {"", "usascii", "ascii", "7bit", "8bit", "unknown8bit", "xunknown", "default", "none", "binary"}
)
_LATIN = frozenset({"iso88591", "latin1", "windows1252", "cp1252", "iso885915"})
_UTF8 = frozenset({"utf8", "utf8mb4", "unicode11utf8", "utf8sig", "xutf8"})
#: Codecs of the standard library that decode no text (``zlib``, ``rot13``) are never looked up.
_LABEL = re.compile(r"[a-z0-9][a-z0-9._:\- ]{0,38}")
_CJK = re.compile("[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]")
#: More misfits than this share means that the label is wrong, not the text damaged.
_MISFIT_SHARE = 0.02


def decode(data: bytes, label: str = "") -> tuple[str, bool]:
    """Decode octets as their label says, as far as the label can be believed.

    Args:
        data: Octets without transfer encoding.
        label: Charset as the mail claims it, in any spelling; empty when it claims none.

    Returns:
        The text and whether nothing had to be replaced.
    """
    if data.isascii() and b"\x1b" not in data and b"~{" not in data and not _sevenbit(label):
        return data.decode("ascii"), True
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if data.startswith(mark):
            return _lenient(data.removeprefix(codecs.BOM_UTF8), encoding)
    claim = re.sub(r"[^a-z0-9]", "", label.lower())
    if claim in _EMPTY_CLAIMS:
        return guess(data)
    if claim in _GB_FAMILY:
        return _as_gb(data)
    if claim in _UTF8:
        return _as_utf8(data)
    if claim in _LATIN:
        text, clean = guess(data)
        # Western text is hardly ever valid in both Chinese readings; mislabelled Chinese always is.
        return (text, True) if clean and len(_CJK.findall(text)) > 1 else (data.decode("cp1252", "replace"), True)
    encoding = known(label)
    return _lenient(data, encoding) if encoding else guess(data)


def guess(data: bytes) -> tuple[str, bool]:
    """Read unlabelled octets: UTF-8 if they are that, else GB18030."""
    try:
        return data.decode("utf-8"), True
    except UnicodeDecodeError:
        return _as_gb(data)


def known(label: str) -> str:
    """Python's name of a text charset, or the empty string for one nobody knows."""
    spelled = label.strip(" \t\"'").lower()
    if not _LABEL.fullmatch(spelled):
        return ""
    try:
        found = codecs.lookup(spelled)
    except (LookupError, ValueError):
        return ""
    # ``_is_text_encoding`` is how the standard library itself tells text codecs from rot13 and zip.
    return found.name if getattr(found, "_is_text_encoding", True) and found.name not in _NO_CHARSETS else ""


#: Text codecs of Python that no mail may choose: they read other syntaxes, not charsets.
_NO_CHARSETS = frozenset({"unicode_escape", "raw_unicode_escape", "idna", "punycode", "undefined", "mbcs", "oem"})


def _sevenbit(label: str) -> bool:
    """Whether a charset keeps its characters in seven bits, so that plain ASCII octets still need decoding."""
    claim = label.lower()
    return claim.startswith(("utf-16", "utf-32", "utf-7", "iso-2022", "hz"))


def _as_gb(data: bytes) -> tuple[str, bool]:
    """GB18030, unless the octets are plainly UTF-8 in spite of the label."""
    try:
        text = data.decode("gb18030")
    except UnicodeDecodeError:
        text = ""
    try:
        other = data.decode("utf-8")
    except UnicodeDecodeError:
        other = ""
    # Three characters of GBK that happen to be valid three-octet UTF-8 do not occur; two do (联通).
    if other and len(_CJK.findall(other)) >= (3 if text else 1):
        return other, True
    if text or not data:
        return text, True
    return _lenient(data, "gb18030")


def _as_utf8(data: bytes) -> tuple[str, bool]:
    """UTF-8; octets that cannot be it are read as GB18030 when they are clean there."""
    text, clean = _lenient(data, "utf-8")
    if clean or text.count("\ufffd") <= max(1, len(text) * _MISFIT_SHARE):
        return text, clean
    try:
        return data.decode("gb18030"), True
    except UnicodeDecodeError:
        return text, False


def _lenient(data: bytes, encoding: str) -> tuple[str, bool]:
    """Strict first, then with marks for what does not fit."""
    try:
        return data.decode(encoding), True
    except (UnicodeError, ValueError):
        return data.decode(encoding, "replace"), False
