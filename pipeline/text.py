"""Text as people type it → text that can be compared: widths, invisible signs, spaces, Chinese numerals, likeness."""

from __future__ import annotations

import re
import unicodedata

from rapidfuzz import fuzz

#: Signs that are drawn as nothing.
_INVISIBLE = re.compile("[\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")
_SPACE = re.compile(r"\s+")
_NOT_WORD = re.compile(r"[\W_]+")
_WIDE_DIGITS = str.maketrans("０１２３４５６７８９．％", "0123456789.%")
_NUMERALS = {sign: number for number, sign in enumerate("零一二三四五六七八九")} | {"〇": 0, "○": 0, "两": 2}
_SCALES = {"十": 10, "百": 100, "千": 1000}
_BIG_SCALES = {"万": 10_000, "亿": 100_000_000}
_FIGURE = re.compile(r"\d+(?:\.\d+)?")
_MEASURED = re.compile(r"([-+]?\d{1,15}(?:\.\d{1,9})?)([^\W\d_]{0,8}|%)")
_THOUSANDS = re.compile(r"(?<=\d)[,，](?=\d{3}(?!\d))")


def visible(text: str) -> str:
    """Without signs that are drawn as nothing (zero-width, direction marks, BOM)."""
    return _INVISIBLE.sub("", text)


def folded(text: str) -> str:
    """One width for letters, digits and punctuation (NFKC), nothing invisible, no white space at all."""
    spaceless = _SPACE.sub("", unicodedata.normalize("NFKC", visible(text)))
    # A lone accent unfolds to a blank and a mark, which then joins the letter before it.
    return unicodedata.normalize("NFKC", spaceless)


def bare(text: str) -> str:
    """Only letters, digits and characters, in lower case: what two carriers of one text share."""
    return _NOT_WORD.sub("", folded(folded(text).lower()))


def ascii_digits(text: str) -> str:
    """Full-width digits, decimal point and percent sign as ASCII; everything else as it was."""
    return text.translate(_WIDE_DIGITS)


def figures(text: str) -> tuple[str, ...]:
    """Every number written in digits, in order, without thousands separators and trailing zeros."""
    plain = _THOUSANDS.sub("", ascii_digits(visible(text)))
    found = []
    for hit in _FIGURE.findall(plain):
        whole, _, rest = hit.partition(".")
        rest = rest.rstrip("0")
        whole = whole.lstrip("0") or "0"
        found.append(f"{whole}.{rest}" if rest else whole)
    return tuple(found)


def measured(text: str, *, unit: str = "") -> tuple[tuple[float, str], ...]:
    """Figures with their units as a person types them in answer to a question.

    Args:
        text: ``742户``, ``74.2%``, ``12家、3.5万元``; a bare number has the unit that is known.
        unit: That unit; empty where none is known.

    Returns:
        Value and unit of each; nothing where one of them is no figure or has no unit.
    """
    found = []
    for piece in re.split(r"[、；;]|[,，](?!\d{3}(?!\d))", folded(text)):
        hit = _MEASURED.fullmatch(_THOUSANDS.sub("", piece))
        if hit is None or not (hit.group(2) or unit):
            return ()
        found.append((float(hit.group(1)), hit.group(2) or unit))
    return tuple(found)


def chinese_number(text: str) -> int | None:
    """A whole number written in Chinese numerals, ``None`` for anything else.

    Both ways of writing are read: with scales (一百二十三, 两千零五, 三万二) and sign by sign (二〇二二).
    """
    if not text or any(sign not in _NUMERALS and sign not in _SCALES and sign not in _BIG_SCALES for sign in text):
        return None
    if not any(sign in _SCALES or sign in _BIG_SCALES for sign in text):
        return int("".join(str(_NUMERALS[sign]) for sign in text))
    total = section = digit = 0
    scale = 1
    waiting = False
    for sign in text:
        if sign in _NUMERALS:
            if waiting:
                return None
            digit, waiting = _NUMERALS[sign], _NUMERALS[sign] > 0
            if not waiting:
                scale = 1
        elif sign in _SCALES:
            if not waiting and (section or total or sign != "十"):
                return None
            scale = _SCALES[sign]
            section += (digit if waiting else 1) * scale
            digit, waiting = 0, False
        else:
            scale = _BIG_SCALES[sign]
            if not section + digit and not total:
                return None
            total = (total + section + digit) * scale if scale > total else total + (section + digit) * scale
            section = digit = 0
            waiting = False
    # 三万二 is 32000, 一百五 is 150: the last digit takes the scale below the one before it.
    return total + section + (digit * (scale // 10) if waiting and scale > 10 else digit)


def likeness(one: str, other: str) -> float:
    """How alike two texts are, 0..1, whatever their widths, spaces and punctuation."""
    return fuzz.ratio(bare(one), bare(other)) / 100


def near(name: str, text: str) -> float:
    """How nearly a name stands somewhere in a text, 0..1 (1: word for word); for text with slips of OCR or typing."""
    needle, hay = bare(name), bare(text)
    if not needle or len(hay) < len(needle):
        return 0.0
    return fuzz.partial_ratio(needle, hay) / 100
