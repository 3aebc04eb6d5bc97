"""numbering.xml of a Word file -> the automatic number of each paragraph as Word shows it (一、 （一） 1. （1） ①)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from lxml import etree

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_DIGITS = "〇一二三四五六七八九"
_LEGAL = "零壹贰叁肆伍陆柒捌玖"
_STEMS = "甲乙丙丁戊己庚辛壬癸"
_BRANCHES = "子丑寅卯辰巳午未申酉戌亥"
_PLACE = re.compile(r"%([1-9])")
_MAX_LEVELS = 9
#: Counters of a file that counts to a billion are no use; the string would be as long.
_MAX_COUNT = 32_767


def counted(number: int, *, digits: str = "零一二三四五六七八九", units: str = "十百千", ten: bool = True) -> str:
    """A number in Chinese counting form: 12 -> 十二, 105 -> 一百零五; ``ten``: 十二 instead of 一十二."""
    if not 0 < number < 10_000:
        return "".join(_DIGITS[int(each)] for each in str(number))
    out = ""
    figures = [int(each) for each in str(number)]
    for position, figure in enumerate(figures):
        power = len(figures) - 1 - position
        if figure:
            out += digits[figure] + (units[power - 1] if power else "")
        elif out and not out.endswith(digits[0]) and any(figures[position:]):
            out += digits[0]
    if ten and 10 <= number < 20:
        out = out[1:]
    return out


def _spelled(number: int, alphabet: str) -> str:
    """Digit by digit: 12 -> 一二."""
    return "".join(alphabet[int(each)] for each in str(number))


def _cycled(number: int, signs: str) -> str:
    return signs[(number - 1) % len(signs)]


def _letters(number: int, first: str) -> str:
    """A b ... z aa bb."""
    return chr(ord(first) + (number - 1) % 26) * ((number - 1) // 26 + 1)


def roman(number: int) -> str:
    """A number in capital Roman figures."""
    out = ""
    for value, sign in zip(
        (1000, 900, 500, 400, 100, 90, 50, 40, 10, 9, 5, 4, 1),
        ("M", "CM", "D", "CD", "C", "XC", "L", "XL", "X", "IX", "V", "IV", "I"),
        strict=True,
    ):
        out += sign * (number // value)
        number %= value
    return out


def _circled(number: int) -> str:
    if number <= 20:
        return chr(0x2460 + number - 1)
    if number <= 35:
        return chr(0x3251 + number - 21)
    return chr(0x32B1 + number - 36) if number <= 50 else str(number)


def _from(first: int, most: int) -> Callable[[int], str]:
    """Signs that stand in a row in Unicode, up to ``most``; plain figures beyond."""
    return lambda number: chr(first + number - 1) if number <= most else str(number)


def _fullwidth(number: int) -> str:
    return "".join(chr(ord(each) + 0xFEE0) for each in str(number))


_FORMATS: dict[str, Callable[[int], str]] = {
    "decimal": str,
    "decimalHalfWidth": str,
    "decimalZero": lambda n: f"{n:02d}",
    "decimalFullWidth": _fullwidth,
    "decimalFullWidth2": _fullwidth,
    "decimalEnclosedCircle": _circled,
    "decimalEnclosedCircleChinese": _circled,
    "decimalEnclosedFullstop": _from(0x2488, 20),
    "decimalEnclosedParen": _from(0x2474, 20),
    "numberInDash": lambda n: f"- {n} -",
    "upperRoman": roman,
    "lowerRoman": lambda n: roman(n).lower(),
    "upperLetter": lambda n: _letters(n, "A"),
    "lowerLetter": lambda n: _letters(n, "a"),
    "ordinal": lambda n: f"{n}{'th' if 10 < n % 100 < 14 else {1: 'st', 2: 'nd', 3: 'rd'}.get(n % 10, 'th')}",
    "chineseCounting": counted,
    "chineseCountingThousand": counted,
    "taiwaneseCounting": counted,
    "taiwaneseCountingThousand": counted,
    "japaneseCounting": counted,
    "koreanCounting": counted,
    "japaneseDigitalTenThousand": lambda n: _spelled(n, _DIGITS),
    "taiwaneseDigital": lambda n: counted(n) if n <= 10 else _spelled(n, _DIGITS),
    "ideographDigital": lambda n: counted(n) if n <= 10 else _spelled(n, _DIGITS),
    "chineseLegalSimplified": lambda n: counted(n, digits=_LEGAL, units="拾佰仟", ten=False),
    "ideographLegalTraditional": lambda n: counted(n, digits="零壹貳參肆伍陸柒捌玖", units="拾佰仟", ten=False),
    "japaneseLegal": lambda n: counted(n, digits="零壱弐参四伍六七八九", units="拾百千", ten=False),
    "ideographTraditional": lambda n: _cycled(n, _STEMS),
    "ideographZodiac": lambda n: _cycled(n, _BRANCHES),
    "ideographZodiacTraditional": lambda n: _cycled(n, _STEMS) + _cycled(n, _BRANCHES),
    "ideographEnclosedCircle": _from(0x3280, 10),
    "none": lambda _n: "",
}


def shown(number: int, style: str) -> str:
    """A counter as the format ``w:numFmt`` shows it; unknown formats count in figures."""
    return (
        _FORMATS.get(style, str)(min(max(number, 0), _MAX_COUNT))
        if number > 0 or style in {"decimal", "decimalZero"}
        else str(number)
    )


@dataclass(frozen=True, slots=True)
class Level:
    """One level of a list."""

    format: str = "decimal"
    text: str = ""
    start: int = 1
    #: Style that takes this level by itself.
    style: str = ""
    #: The level above which this one starts again; 0: never.
    restart: int | None = None
    #: All numbers in plain figures.
    legal: bool = False


_PLAIN = Level()
_ABSTRACT, _LEVEL, _LINKED, _DEFINED = (W + each for each in ("abstractNum", "lvl", "numStyleLink", "styleLink"))
_LINKS = frozenset({_LINKED, _DEFINED})


@dataclass(slots=True)
class _List:
    """One list definition with its running counters."""

    node: etree._Element
    counts: list[int | None] = field(default_factory=lambda: [None] * _MAX_LEVELS)
    _levels: dict[int, Level] | None = None

    @property
    def levels(self) -> dict[int, Level]:
        """Its levels, read when the list is first used: files define many more than they use."""
        if self._levels is None:
            self._levels = dict(map(_level, self.node.iterfind(_LEVEL)))
        return self._levels


class Numbering:
    """Automatic numbers of one document, in reading order."""

    def __init__(self, tree: etree._Element | None) -> None:
        self._lists: dict[str, _List] = {}
        self._links: dict[str, str] = {}
        self._abstract: dict[str, str] = {}
        self._overrides: dict[str, dict[int, Level]] = {}
        self._starts: dict[str, dict[int, int]] = {}
        self._levels: dict[str, dict[int, Level]] = {}
        self._seen: set[str] = set()
        if tree is None:
            return
        defining: dict[str, str] = {}
        for node in tree:
            if node.tag != _ABSTRACT:
                continue
            name = node.get(W + "abstractNumId", "")
            self._lists[name] = _List(node)
            links = {child.tag: child.get(W + "val") for child in node[::-1] if child.tag in _LINKS}
            if (link := links.get(_LINKED)) is not None:
                self._links[name] = link
            if (style := links.get(_DEFINED)) is not None:
                defining[style] = name
        # A list that only points to a list style is that style's list.
        for name, style in self._links.items():
            if style in defining:
                self._lists[name] = self._lists[defining[style]]
        for node in tree.iterfind(W + "num"):
            number = node.get(W + "numId", "")
            self._abstract[number] = _value(node, "abstractNumId") or ""
            for override in node.iterfind(W + "lvlOverride"):
                ilvl = _int(override.get(W + "ilvl"), 0)
                level = override.find(W + "lvl")
                if level is not None:
                    self._overrides.setdefault(number, {})[ilvl] = _level(level)[1]
                if (start := _value(override, "startOverride")) is not None:
                    self._starts.setdefault(number, {})[ilvl] = _int(start, 1)

    def level_of_style(self, number: str, style: str) -> int:
        """The level that names a style as its own; 0 when none does."""
        found = self._lists.get(self._abstract.get(number, ""))
        return next((ilvl for ilvl, level in found.levels.items() if level.style == style), 0) if found else 0

    def step(self, number: str, ilvl: int) -> str:
        """Count one paragraph of list ``number`` at level ``ilvl`` and give its label (empty for bullets)."""
        found = self._lists.get(self._abstract.get(number, ""))
        if found is None or not 0 <= ilvl < _MAX_LEVELS:
            return ""
        levels = self._levels.get(number)
        if levels is None:
            levels = self._levels[number] = found.levels | self._overrides.get(number, {})
        if number not in self._seen:
            # Word starts a list anew where its first paragraph says so; other lists of one definition count on.
            self._seen.add(number)
            for each, start in self._starts.get(number, {}).items():
                if 0 <= each < _MAX_LEVELS:
                    found.counts[each] = start - 1
                    found.counts[each + 1 :] = [None] * (_MAX_LEVELS - each - 1)
        level = levels.get(ilvl, _PLAIN)
        now = found.counts[ilvl]
        found.counts[ilvl] = level.start if now is None else now + 1
        for deeper in range(ilvl + 1, _MAX_LEVELS):
            if found.counts[deeper] is None:
                continue
            restart = levels.get(deeper, _PLAIN).restart
            if restart is None or (restart and ilvl < restart):
                found.counts[deeper] = None
        if level.format == "bullet":
            return ""
        return _PLACE.sub(lambda match: self._figure(found, levels, level, int(match[1]) - 1), level.text)

    @staticmethod
    def _figure(found: _List, levels: dict[int, Level], own: Level, ilvl: int) -> str:
        level = levels.get(ilvl, _PLAIN)
        count = found.counts[ilvl]
        if count is None:
            count = level.start
        return str(count) if own.legal else shown(count, level.format)


def _level(node: etree._Element) -> tuple[int, Level]:
    """A ``w:lvl`` with its position."""
    formats = [each.get(W + "val", "decimal") for each in node.iter(W + "numFmt")]
    # A format of a later version stands in a choice; the fallback is the last word.
    style = next((each for each in formats if each in _FORMATS or each == "bullet"), "decimal")
    restart = _value(node, "lvlRestart")
    legal = node.find(W + "isLgl")
    return _int(node.get(W + "ilvl"), 0), Level(
        format=style,
        text=(_value(node, "lvlText") or "")[:100],
        start=_int(_value(node, "start"), 1),
        style=_value(node, "pStyle") or "",
        restart=None if restart is None else _int(restart, 0),
        legal=legal is not None and legal.get(W + "val", "1") not in {"0", "false", "off"},
    )


def _value(node: etree._Element, name: str) -> str | None:
    child = node.find(W + name)
    return None if child is None else child.get(W + "val")


def _int(text: str | None, default: int) -> int:
    try:
        return int(text or default)
    except ValueError:
        return default
