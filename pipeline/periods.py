"""Months: ``YYYY-MM`` and the ways in which people write them → period values and their arithmetic."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

_PERIOD = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")
_DIGITS = {
    "〇": 0,
    "零": 0,
    "○": 0,
    "０": 0,
    "一": 1,
    "二": 2,
    "三": 3,
    "四": 4,
    "五": 5,
    "六": 6,
    "七": 7,
    "八": 8,
    "九": 9,
}
_MONTHS = {
    "一": 1, "二": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9, "十": 10, "十一": 11, "十二": 12,
    "元": 1, "正": 1, "腊": 12,
}  # fmt: skip


def parse_period(text: str) -> str | None:
    """``YYYY-MM`` itself, or ``None`` for anything else."""
    return text if _PERIOD.fullmatch(text) else None


def period_of(day: date) -> str:
    """The month that a day lies in."""
    return f"{day.year:04d}-{day.month:02d}"


def shift(period: str, months: int) -> str:
    """The month so many months later (or earlier)."""
    count = int(period[:4]) * 12 + int(period[5:7]) - 1 + months
    return f"{count // 12:04d}-{count % 12 + 1:02d}"


def previous_period(period: str) -> str:
    """The month before."""
    return shift(period, -1)


def next_period(period: str) -> str:
    """The month after."""
    return shift(period, 1)


@dataclass(frozen=True, slots=True)
class MonthMention:
    """One place in a text that names a month."""

    #: 1..12.
    month: int
    #: Full year, when the text gives one.
    year: int | None
    #: First month of a range such as 1—9月; ``None`` for a single month.
    first: int | None
    #: A day stands with it (9月12日): a date, not the name of a month.
    dated: bool
    start: int
    end: int


_YEAR = r"(?:(?P<year>(?:19|20)\d{2}|[一二三四五六七八九〇零○]{4})\s*[年./－-]\s*(?:度)?)?"
_NUMBER = r"(?:1[0-2]|0?[1-9]|十[一二]?|[一二三四五六七八九]|元|腊)"
_MENTION = re.compile(
    rf"(?<![\d.一二三四五六七八九十]){_YEAR}(?:(?P<first>{_NUMBER})\s*(?:月份?)?\s*[-—–－~～至到]+\s*)?"
    rf"(?P<month>{_NUMBER})\s*月(?!\s*(?:龄|嫂|饼|均|度))(?P<fen>份)?(?P<day>\s*(?:[0-3]?\d|[一二三四五六七八九十]{{1,3}})\s*[日号])?"
)
_NUMERIC = re.compile(
    r"(?<!\d)(?P<year>20\d{2})\s*[.\-/年]\s*(?P<month>1[0-2]|0?[1-9])(?![\d月])(?P<day>\s*[.\-/]\s*[0-3]?\d(?!\d))?"
)


def _month(text: str) -> int:
    return int(text) if text.isdecimal() else _MONTHS[text]


def _year(text: str) -> int:
    return int(text) if text.isdecimal() else int("".join(str(_DIGITS[sign]) for sign in text))


def months_in(text: str) -> tuple[MonthMention, ...]:
    """Every month that a text names in digits or Chinese numerals, with its year where one stands before it.

    ``1—9月`` is one mention of September whose ``first`` is 1; ``9月12日`` is dated; ``2022.9`` and ``2022-09`` count.
    """
    text = text.translate(_WIDE)
    found = []
    for match in _MENTION.finditer(text):
        first = _month(match["first"]) if match["first"] else None
        month = _month(match["month"])
        found.append(
            MonthMention(
                month,
                _year(match["year"]) if match["year"] else None,
                first if first is not None and first < month else None,
                bool(match["day"]),
                match.start(),
                match.end(),
            )
        )
    taken = [(mention.start, mention.end) for mention in found]
    found.extend(
        MonthMention(int(match["month"]), int(match["year"]), None, bool(match["day"]), match.start(), match.end())
        for match in _NUMERIC.finditer(text)
        if not any(start < match.end() and match.start() < end for start, end in taken)
    )
    return tuple(sorted(found, key=lambda mention: mention.start))


_WIDE = str.maketrans("０１２３４５６７８９", "0123456789")


def nearest(month: int, year: int | None, received: date) -> str:
    """The month meant by a month without a year: the latest one that is not after the month of receipt."""
    if year is not None:
        return f"{year:04d}-{month:02d}"
    return f"{received.year if month <= received.month else received.year - 1:04d}-{month:02d}"
