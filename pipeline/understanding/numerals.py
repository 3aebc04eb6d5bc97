"""Digits and Chinese numerals in a text → numbers with their places."""

from __future__ import annotations

import re

#: Full-width digits and signs become plain ones of the same length, so that positions stay.
WIDE = str.maketrans("０１２３４５６７８９．，％：（）～〇", "0123456789.,%:()~零")
#: Thousands stand behind commas, or behind single blanks of print (1 250万元) where nothing else parts the digits.
ARABIC = (
    r"\d+(?:[,，]\d{3})+(?:\.\d+)?"
    r"|(?<![\d.,，])[1-9]\d{0,2}(?:[ \u00a0\u2009\u202f]\d{3})+(?! ?\d)(?:\.\d+)?|\d+(?:\.\d+)?"
)
_CHINESE = r"[零一二两三四五六七八九十百千][零一二两三四五六七八九十百千万亿]*(?:点[零一二三四五六七八九]+)?"
_DIGIT = {name: number for number, name in enumerate("零一二三四五六七八九")} | {"两": 2}
POWER = {"十": 10, "百": 100, "千": 1000}
BIG = {"万": 10_000, "亿": 100_000_000}

#: More digits before the point are the number of an account or a paper, more signs no numeral; very many make no float.
MOST_DIGITS, MOST_SIGNS = 18, 32


def arabic_number(text: str) -> float | None:
    """Value of digits as :data:`ARABIC` finds them; ``None`` where they are too many to count anything."""
    plain = re.sub("[,， \u00a0\u2009\u202f]", "", text)
    return float(plain) if len(plain.partition(".")[0]) <= MOST_DIGITS else None


def chinese_number(text: str) -> float | None:
    """Value of a number in Chinese characters (一百二十, 三千零五, 两万五千, 一点五); ``None`` when it is none.

    >>> chinese_number("一百二十"), chinese_number("两万五千"), chinese_number("一点五")
    (120.0, 25000.0, 1.5)
    """
    if "点" in text:
        whole, _, part = text.partition("点")
        head = chinese_number(whole)
        digits = [_DIGIT.get(sign) for sign in part]
        if head is None or not digits or None in digits:
            return None
        return head + float("0." + "".join(str(digit) for digit in digits))
    if not 0 < len(text) <= MOST_SIGNS:
        return None
    if len(text) > 1 and all(sign in _DIGIT for sign in text):
        return float("".join(str(_DIGIT[sign]) for sign in text))
    total, section, digit = 0, 0, 0
    last = 0
    for sign in text:
        if sign in _DIGIT:
            digit = _DIGIT[sign]
            last = last if sign != "零" else 1
        elif sign in POWER:
            section += (digit or 1) * POWER[sign]
            digit, last = 0, POWER[sign]
        elif sign in BIG:
            total = (
                (total + section + digit) * BIG[sign] if sign == "亿" else total + (section + digit or 1) * BIG[sign]
            )
            section, digit, last = 0, 0, BIG[sign]
        else:
            return None
    # 一百二 is 120, 三千五 is 3500, 两万五 is 25000.
    tail = digit * (last // 10) if digit and last >= 100 else digit
    return float(total + section + tail)


def numbers_in(text: str) -> list[tuple[int, int, float, bool]]:
    """Numbers in a text: start, end, value, whether written in Chinese characters."""
    found: list[tuple[int, int, float, bool]] = [
        (match.start(), match.end(), value, False)
        for match in re.finditer(ARABIC, text)
        if (value := arabic_number(match.group(0))) is not None
    ]
    taken = [(start, end) for start, end, _, _ in found]
    for match in re.finditer(_CHINESE, text):
        if any(start < match.end() and match.start() < end for start, end in taken):
            continue
        start, end = match.start(), match.end()
        word = match.group(0)
        # 3千, 2百: the Chinese part belongs to the Arabic number before it.
        if start and text[start - 1].isdecimal():
            continue
        if word[0] == "一" and text[start - 1 : start] == "唯":
            # 唯一一家 is no eleven.
            start, word = start + 1, word[1:]
        numeral = chinese_number(word) if word else None
        if numeral is not None:
            found.append((start, end, numeral, True))
    return sorted(found)


#: Two digits side by side are a guess: 七八, 三四十, 十五六.
VAGUE = re.compile(r"(?<![零一二三四五六七八九点])[一二三四五六七八九][二三四五六七八九](?=[十百千万亿]|$)")


def split_big(word: str) -> tuple[str, str]:
    """A Chinese number and the 万 or 亿 at its end that belongs to the unit (四十万元 → 四十, 万)."""
    if len(word) > 1 and word[-1] in BIG and "亿" not in word[:-1] and "万" not in word[:-1]:
        return word[:-1], word[-1]
    return word, ""
