"""styles.xml of a Word file -> what a paragraph or run inherits: level, number, bold, hidden, centred."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from lxml import etree

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_HEADING = re.compile(r"(?i)^(?:heading|标题)\s*([1-9])$")
_CONTENTS = re.compile(r"(?i)^(?:toc|目录)\s*[1-9]$")
_OFF = frozenset({"0", "false", "off", "none"})
_MAX_CHAIN = 20
_VAL = W + "val"
_FONTS, _COLOR, _SHD, _HIGHLIGHT = (W + each for each in ("rFonts", "color", "shd", "highlight"))
_BOLD, _VANISH, _STRIKE, _DOUBLE, _SIZE = (W + each for each in ("b", "vanish", "strike", "dstrike", "sz"))
_OUTLINE, _LISTED, _ALIGNED = (W + each for each in ("outlineLvl", "numPr", "jc"))
_NUMBER, _LEVEL, _P_STYLE, _R_STYLE, _MARK = (W + each for each in ("numId", "ilvl", "pStyle", "rStyle", "rPr"))
_GONE = frozenset({W + "del", W + "moveFrom"})
#: Children of a ``w:rPr`` that matter, and the attribute that says how.
_OF_RUN = dict.fromkeys((_BOLD, _VANISH, _STRIKE, _DOUBLE, _COLOR, _SHD, _HIGHLIGHT, _SIZE, _R_STYLE), _VAL) | {
    _FONTS: W + "eastAsia"
}
#: Children of a ``w:pPr`` that matter.
_OF_PARAGRAPH = frozenset({_P_STYLE, _OUTLINE, _LISTED, _ALIGNED, _SHD, _MARK})
#: Half points from which on a sign can be read at all.
_READABLE = 5
_NEARLY_WHITE = re.compile(r"(?i)(?:f[9a-f]){3}")
_HEADING_FONTS = ("黑体", "楷体", "小标宋", "SimHei", "KaiTi", "Heiti")

#: What a properties element says: (name, value, level of a list). What is said alike is resolved once a document.
Said = tuple[tuple[str, str | None, str | None], ...]


@dataclass(frozen=True, slots=True)
class RunLook:
    """What matters of a run's looks; ``None`` is inherited."""

    bold: bool | None = None
    hidden: bool | None = None
    struck: bool | None = None
    #: Far-eastern font.
    font: str | None = None
    color: str | None = None
    shaded: bool | None = None
    #: Half points.
    size: str | None = None

    def over(self, below: RunLook) -> RunLook:
        """This look where it says something, else the one below."""
        return RunLook(
            below.bold if self.bold is None else self.bold,
            below.hidden if self.hidden is None else self.hidden,
            below.struck if self.struck is None else self.struck,
            self.font or below.font,
            self.color or below.color,
            below.shaded if self.shaded is None else self.shaded,
            self.size or below.size,
        )


@dataclass(frozen=True, slots=True)
class ParagraphLook:
    """What matters of a paragraph's looks; ``None`` is inherited."""

    #: 1..9 a heading, 0 body text.
    level: int | None = None
    number: str | None = None
    ilvl: int | None = None
    centered: bool | None = None
    contents: bool = False
    run: RunLook = field(default_factory=RunLook)
    #: Style that brought the number, when it did not stand in the paragraph.
    number_style: str = ""


@dataclass(frozen=True, slots=True)
class Voice:
    """How the text of a run is taken down."""

    bold: bool
    heading_font: bool
    #: Why nobody sees it; empty for text that is seen.
    unseen: str = ""
    #: White without a ground of its own: seen on a shaded ground only.
    white: bool = False
    #: In the look of an empty field's prompt.
    placeholder: bool = False


@dataclass(slots=True)
class Heir:
    """What the runs of one place inherit, and the voices met there so far."""

    look: RunLook = field(default_factory=RunLook)
    voices: dict[Said, Voice] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Direct:
    """What a paragraph says of itself."""

    look: ParagraphLook = field(default_factory=ParagraphLook)
    style: str = ""
    shaded: bool = False
    #: Its mark was deleted: it goes on in the next paragraph.
    joined: bool = False


def first(node: etree._Element, name: str) -> etree._Element | None:
    """The first child of a name; among few children a tenth of the time of ``find``."""
    for child in node[:]:
        if child.tag == name:
            return child
    return None


def switch(node: etree._Element | None, name: str) -> bool | None:
    """An on/off property: ``None`` where it is not mentioned."""
    child = None if node is None else node.find(W + name)
    return None if child is None else _is_on(child.get(_VAL))


def _is_on(value: str | None) -> bool:
    return value is None or value.lower() not in _OFF


def _on(found: dict[str, tuple[str | None, str | None]], name: str) -> bool | None:
    return _is_on(found[name][0]) if name in found else None


def _first(said: Said) -> dict[str, tuple[str | None, str | None]]:
    """What is said first of each name; what follows under the same name does not count."""
    return {name: (value, level) for name, value, level in reversed(said)}


def _of_run(properties: etree._Element) -> Said:
    """What a ``w:rPr`` says, without what does not matter."""
    return tuple([(tag, child.get(_OF_RUN[tag]), None) for child in properties[:] if (tag := child.tag) in _OF_RUN])


def _of_paragraph(properties: etree._Element) -> Said:
    """What a ``w:pPr`` says, without what does not matter."""
    said: list[tuple[str, str | None, str | None]] = []
    for child in properties[:]:
        tag = child.tag
        if tag not in _OF_PARAGRAPH:
            continue
        if tag == _LISTED:
            number, level = first(child, _NUMBER), first(child, _LEVEL)
            said.append(
                (
                    tag,
                    None if number is None else number.get(_VAL),
                    None if level is None else level.get(_VAL, ""),
                )
            )
        elif tag == _MARK:
            said.append((tag, "gone" if any(each.tag in _GONE for each in child) else None, None))
        else:
            said.append((tag, child.get(_VAL), None))
    return tuple(said)


def _run_look(said: Said) -> RunLook:
    """The direct looks of a run."""
    found = _first(said)
    if not found:
        return RunLook()
    struck, double = _on(found, _STRIKE), _on(found, _DOUBLE)
    return RunLook(
        bold=_on(found, _BOLD),
        hidden=_on(found, _VANISH),
        struck=bool(struck or double) if struck is not None or double is not None else None,
        font=found[_FONTS][0] if _FONTS in found else None,
        color=found[_COLOR][0] if _COLOR in found else None,
        shaded=True if _SHD in found or _HIGHLIGHT in found else None,
        size=found[_SIZE][0] if _SIZE in found else None,
    )


def _direct(said: Said) -> Direct:
    """What a paragraph says of itself."""
    found = _first(said)
    level = number = ilvl = None
    if _OUTLINE in found:
        value = _int(found[_OUTLINE][0], 9)
        level = value + 1 if 0 <= value <= 8 else 0
    if _LISTED in found:
        number, deep = found[_LISTED]
        ilvl = None if deep is None else _int(deep, 0)
    centered = found[_ALIGNED][0] == "center" if _ALIGNED in found else None
    return Direct(
        ParagraphLook(level, number, ilvl, centered),
        found[_P_STYLE][0] or "" if _P_STYLE in found else "",
        _SHD in found,
        _MARK in found and found[_MARK][0] is not None,
    )


class Styles:
    """The style sheet of one document, resolved along its chains."""

    def __init__(self, tree: etree._Element | None) -> None:
        self._nodes: dict[str, etree._Element] = {}
        self._paragraphs: dict[str, ParagraphLook] = {}
        self._runs: dict[str, RunLook] = {}
        self._heirs: dict[str, Heir] = {}
        self._directs: dict[Said, Direct] = {}
        self._default = ""
        for node in tree.iterfind(W + "style") if tree is not None else ():
            name = node.get(W + "styleId", "")
            self._nodes[name] = node
            if node.get(W + "type") == "paragraph" and node.get(W + "default", "0") not in _OFF:
                self._default = name

    def paragraph(self, style: str) -> ParagraphLook:
        """All that a paragraph style gives (the default style where none is named)."""
        style = style or self._default
        if style not in self._paragraphs:
            look = ParagraphLook()
            for name in reversed(self._chain(style)):
                node = self._nodes[name]
                direct = self.direct(node.find(W + "pPr")).look
                title = node.find(W + "name")
                words = "" if title is None else title.get(W + "val", "")
                heading = _HEADING.match(words)
                level = direct.level if direct.level is not None else int(heading[1]) if heading else None
                look = ParagraphLook(
                    look.level if level is None else level,
                    look.number if direct.number is None else direct.number,
                    look.ilvl if direct.ilvl is None else direct.ilvl,
                    look.centered if direct.centered is None else direct.centered,
                    bool(_CONTENTS.match(words)) or look.contents,
                    _style_run(node).over(look.run),
                    look.number_style if direct.number is None else name,
                )
            self._paragraphs[style] = look
        return self._paragraphs[style]

    def direct(self, properties: etree._Element | None) -> Direct:
        """What a paragraph says of itself in its ``w:pPr``."""
        said = () if properties is None else _of_paragraph(properties)
        found = self._directs.get(said)
        if found is None:
            found = self._directs[said] = _direct(said)
        return found

    def heir(self, style: str) -> Heir:
        """What the runs of paragraphs of a style inherit."""
        found = self._heirs.get(style)
        if found is None:
            found = self._heirs[style] = Heir(self.paragraph(style).run)
        return found

    def voice(self, properties: etree._Element | None, heir: Heir) -> Voice:
        """How the text of a run is taken down, by its ``w:rPr`` and what it inherits."""
        said = () if properties is None else _of_run(properties)
        found = heir.voices.get(said)
        if found is None:
            found = heir.voices[said] = self._voice(said, heir.look)
        return found

    def _voice(self, said: Said, inherited: RunLook) -> Voice:
        style = next((value for name, value, _ in said if name == _R_STYLE), None)
        below = inherited if style is None else self.run(style).over(inherited)
        look = _run_look(said).over(below)
        return Voice(
            bold=bool(look.bold),
            heading_font=(look.font or "").startswith(_HEADING_FONTS),
            unseen="隐藏文字"
            if look.hidden
            else "带删除线的文字"
            if look.struck
            else "小得看不见的文字"
            if 0 < _int(look.size, _READABLE) < _READABLE
            else "",
            white=bool(_NEARLY_WHITE.fullmatch(look.color or "")) and not look.shaded,
            placeholder=style is not None and self._named(style) == "placeholder text",
        )

    def _named(self, style: str) -> str:
        """The name that people see of a style."""
        node = self._nodes.get(style)
        title = None if node is None else node.find(W + "name")
        return "" if title is None else title.get(_VAL, "").lower()

    def run(self, style: str) -> RunLook:
        """All that a character style gives."""
        if style not in self._runs:
            look = RunLook()
            for name in reversed(self._chain(style)):
                look = _style_run(self._nodes[name]).over(look)
            self._runs[style] = look
        return self._runs[style]

    def _chain(self, style: str) -> list[str]:
        """A style and the styles it is based on; loops are cut."""
        chain: list[str] = []
        while style in self._nodes and style not in chain and len(chain) < _MAX_CHAIN:
            chain.append(style)
            based = self._nodes[style].find(W + "basedOn")
            style = "" if based is None else based.get(W + "val", "")
        return chain


def _style_run(node: etree._Element) -> RunLook:
    """The looks of runs that a style says itself."""
    properties = node.find(W + "rPr")
    return RunLook() if properties is None else _run_look(_of_run(properties))


def _int(text: str | None, default: int) -> int:
    try:
        return int(text or default)
    except ValueError:
        return default
