"""A stored number and its number format -> the text the sheet shows (0.963 with ``0.0%`` -> 96.3%)."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import lru_cache

#: Formats that a workbook uses by number without spelling them (ECMA-376 part 1, 18.8.30, zh-cn where it differs).
BUILTIN = {
    0: "General", 1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%", 11: "0.00E+00", 12: "# ?/?",
    13: "# ??/??", 14: "yyyy/m/d", 15: "d-mmm-yy", 16: "d-mmm", 17: "mmm-yy", 18: "h:mm AM/PM", 19: "h:mm:ss AM/PM",
    20: "h:mm", 21: "h:mm:ss", 22: "yyyy/m/d h:mm",
    27: 'yyyy"年"m"月"', 28: 'm"月"d"日"', 29: 'm"月"d"日"', 30: "m-d-yy",
    31: 'yyyy"年"m"月"d"日"', 32: 'h"时"mm"分"', 33: 'h"时"mm"分"ss"秒"', 36: 'yyyy"年"m"月"', 37: "#,##0", 38: "#,##0",
    39: "#,##0.00", 40: "#,##0.00", 45: "mm:ss", 46: "[h]:mm:ss", 47: "mm:ss.0", 48: "##0.0E+0", 49: "@",
    50: 'yyyy"年"m"月"',
    51: 'm"月"d"日"', 52: 'yyyy"年"m"月"', 53: 'm"月"d"日"', 54: 'm"月"d"日"', 57: 'yyyy"年"m"月"', 58: 'm"月"d"日"',
}  # fmt: skip

_TOKEN = re.compile(
    r'"([^"]*)"|[\\!](.)|_.|\*.|\[([^\]]*)\]|(?i:am/pm|上午/下午)|(yyyy|yy|[eE](?![+-])|mmmmm|mmmm|mmm|mm|m|dddd|ddd|dd|d|aaaa|aaa|hh|h|ss|s)|([0#?][0#?,]*(?:\.[0#?]*,*)?|\.[0#?]+,*)|(.)',
    re.DOTALL,
)
_DATE = re.compile(r"(?i)[ymdhs]|(?<![0#.])e(?![+-])|aaa")
_FIGURE = re.compile(r"[1-9]")
_THOUSANDS = re.compile(r"(?<=\d)(?=(\d{3})+$)")
_GENERAL = re.compile(r"(?i)general|@")
_SCIENCE = re.compile(r"(?i)[0#]e[+-]|/")
_WEEKDAYS = "一二三四五六日"
_MAX_DECIMALS = 15
#: Signs of a format that are looked at; Excel takes 255.
_LONGEST = 1000


@lru_cache(maxsize=512)
def _sections(code: str) -> tuple[str, ...]:
    """Sections of a format; a semicolon in quotes does not part."""
    out, start, quoted = [], 0, False
    code = code[:_LONGEST]
    for position, sign in enumerate(code):
        if sign == '"':
            quoted = not quoted
        elif sign == ";" and not quoted and (position == 0 or code[position - 1] not in "\\!"):
            out.append(code[start:position])
            start = position + 1
    return (*out, code[start:])


@lru_cache(maxsize=512)
def _bare(section: str) -> str:
    """A section without its literals."""
    return re.sub(r'"[^"]*"|[\\!].|_.|\*.|\[(?!h|m|s)[^\]]*\]', "", section)


@lru_cache(maxsize=512)
def is_date(code: str) -> bool:
    """Whether a format shows days or times."""
    bare = _bare(_sections(code)[0])
    return "general" not in bare.lower() and bool(_DATE.search(bare))


@lru_cache(maxsize=512)
def scale(code: str) -> Decimal:
    """By what a stored number is multiplied to be the one that is shown.

    A hundred under a percent sign, a thousandth for each comma behind the last place; a point written as a literal
    between two places (``0!.0,"万元"``, the usual way to show 万) parts the number like any other.
    """
    bare = _bare(_sections(code)[0])
    if is_date(code) or "general" in bare.lower() or _SCIENCE.search(bare):
        return Decimal(1)
    tokens = _tokens(_sections(code)[0])
    places = [match[5] for match in tokens if match[5]]
    factor = Decimal(100 ** bare.count("%"))
    if places and (len(places) == 1 or not any("." in each for each in places)):
        factor /= Decimal(1000) ** _thousandths(places[-1])
        last = max((at for at, match in enumerate(tokens) if (match[1] or match[2]) == "."), default=None)
        if last is not None and any(match[5] for match in tokens[:last]):
            factor /= Decimal(10) ** sum(len(match[5].rstrip(",")) for match in tokens[last:] if match[5])
    return factor


def plain(number: float) -> str:
    """A number as ``General`` shows it: no trailing zeros, no binary noise."""
    if number == int(number) and abs(number) < 1e15:
        return str(int(number))
    text = f"{number:.10g}"
    if "e" in text:
        text = f"{Decimal(text):f}" if 1e-10 < abs(number) < 1e15 else text
    return text


@lru_cache(maxsize=512)
def _tokens(section: str) -> tuple[re.Match[str], ...]:
    """A section taken apart."""
    return tuple(_TOKEN.finditer(section))


def general(number: float) -> str:
    """A number under ``General``, the sign with it: what rounds to nothing has none."""
    text = plain(abs(number))
    return "-" + text if number < 0 and _FIGURE.search(text) else text


def moment(number: float, *, since1904: bool = False) -> datetime | None:
    """The instant a serial number stands for; ``None`` outside the calendar."""
    if not 0 <= number < 2_958_466:
        return None
    if since1904:
        return datetime(1904, 1, 1) + timedelta(days=number)  # noqa: DTZ001 - sheets know no zones
    # The sheet believes in 29 February 1900.
    base = datetime(1899, 12, 30) if number >= 60 else datetime(1899, 12, 31)  # noqa: DTZ001 - the same
    return base + timedelta(seconds=round(number * 86400))


def shown(number: float, code: str, *, since1904: bool = False) -> str:
    """The text of a numeric cell.

    Args:
        number: The stored number.
        code: Its format; sections, literals, thousands, percent and date signs are understood, colours dropped.
        since1904: The workbook counts days from 1904.

    Returns:
        What the sheet shows; a format that cannot be understood shows the number plainly.
    """
    sections = _sections(code or "General")
    if is_date(code):
        instant = moment(number, since1904=since1904)
        return plain(number) if instant is None else _dated(instant, sections[0])
    section = sections[0]
    negative = number < 0
    if len(sections) > 1 and not sections[0].lstrip().startswith("["):
        if number == 0 and len(sections) > 2:
            section = sections[2]
        elif negative:
            section, negative, number = sections[1], False, -number
    try:
        text = plain(abs(number)) if section == "General" else _counted(abs(number), section)
    except (InvalidOperation, ValueError, OverflowError):
        return plain(number)
    return ("-" if negative and _FIGURE.search(text) else "") + text


def _counted(number: float, section: str) -> str:
    bare = _bare(section)
    if not bare.strip() or "general" in bare.lower() or bare.strip() == "@":
        literal = _GENERAL.sub("\x00", section) if _GENERAL.search(section) else ""
        if not literal:
            return "".join(match[1] or match[2] or "" for match in _TOKEN.finditer(section)) if section.strip() else ""
        return "".join(
            plain(number) if match[0] == "\x00" else match[1] or match[2] or (match[6] or "")
            for match in _TOKEN.finditer(literal)
        )
    if _SCIENCE.search(bare):
        return plain(number)
    value = Decimal(repr(number)) * (100 ** bare.count("%"))
    out, placed = "", False
    tokens = _tokens(section)
    places = [match[5] for match in tokens if match[5]]
    parted = iter(_parted(value, places)) if len(places) > 1 and not any("." in each for each in places) else None
    for match in tokens:
        if match[1] is not None or match[2] is not None:
            out += match[1] or match[2] or ""
        elif match[5] is not None:
            if parted is not None:
                out += next(parted)
            elif not placed:
                out += _figures(value, match[5])
            placed = True
        elif match[6] is not None and match[6] != ",":
            out += match[6]
        elif match[3] is not None and match[3].startswith("$"):
            out += match[3][1:].partition("-")[0]
    return out.strip() if placed else plain(number)


def _thousandths(pattern: str) -> int:
    """Commas behind the last place."""
    return len(pattern) - len(pattern.rstrip(","))


def _parted(value: Decimal, places: list[str]) -> list[str]:
    """Digits of one whole number shared out over places that literals part, from the right."""
    digits = _figures(value, "".join(places))
    shares: list[str] = []
    for each in reversed(places[1:]):
        width = len(each.rstrip(","))
        shares.append(digits[-width:])
        digits = digits[:-width]
    return [digits, *reversed(shares)]


def _figures(value: Decimal, pattern: str) -> str:
    trailing = _thousandths(pattern)
    whole, _, fraction = pattern.rstrip(",").partition(".")
    value = value / (Decimal(1000) ** trailing)
    most = min(len(fraction), _MAX_DECIMALS)
    least = len(fraction.rstrip("#?"))
    text = f"{value.quantize(Decimal(1).scaleb(-most), rounding=ROUND_HALF_UP):f}"
    head, _, tail = text.partition(".")
    while len(tail) > least and tail.endswith("0"):
        tail = tail[:-1]
    width = whole.count("0")
    head = head.zfill(width) if width else head.lstrip("0")
    if "," in whole:
        head = _THOUSANDS.sub(",", head)
    return (head or "0") + ("." + tail if tail else "")


def _dated(instant: datetime, section: str) -> str:
    """A day or time by its format."""
    tokens = _tokens(section)
    out = ""
    hours = False
    for position, match in enumerate(tokens):
        sign = (match[4] or "").lower()
        if match[1] is not None or match[2] is not None:
            out += match[1] or match[2] or ""
        elif sign:
            # m after hours or before seconds is minutes.
            after = next((each[4].lower() for each in tokens[position + 1 :] if each[4]), "")
            minutes = sign in {"m", "mm"} and (hours or after.startswith("s"))
            hours = sign.startswith("h")
            out += _piece(instant, "minutes" if minutes else sign, len(sign))
        elif match[3] is not None:
            inner = match[3].lower()
            if inner in {"h", "hh"}:
                hours = True
                out += str(instant.hour)
        elif match[6] is not None:
            out += match[6]
    return out.strip()


def _piece(instant: datetime, sign: str, width: int) -> str:
    if sign == "minutes":
        return f"{instant.minute:02d}" if width == 2 else str(instant.minute)
    if sign.startswith("y"):
        return f"{instant.year}" if width > 2 else f"{instant.year % 100:02d}"
    if sign == "e":
        return str(instant.year)
    if sign.startswith("a") or sign in {"ddd", "dddd"}:
        return ("星期" if width == 4 else "") + _WEEKDAYS[instant.weekday()]
    value = {"m": instant.month, "d": instant.day, "h": instant.hour, "s": instant.second}[sign[0]]
    return f"{value:02d}" if width == 2 else str(value)


def iso(day: date) -> str:
    """A day where no format says how to show it."""
    return day.isoformat()
