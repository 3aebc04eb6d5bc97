"""Whole numbers → Chinese numerals, for tests of what reads them."""

from __future__ import annotations


def to_chinese(number: int) -> str:
    """A whole number from 0 to 9999 in Chinese numerals with scales.

    Raises:
        ValueError: Outside that range.
    """
    if not 0 <= number <= 9999:
        raise ValueError(f"{number} is outside 0..9999")
    if number == 0:
        return "零"
    out, gap = "", False
    for scale, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = number // scale % 10
        if digit:
            out += ("零" if gap and out else "") + "零一二三四五六七八九"[digit] + name
            gap = False
        else:
            gap = True
    return out[1:] if out.startswith("一十") else out
