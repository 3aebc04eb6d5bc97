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
_BOLD, _VANISH, _STRIKE, _DOUBLE = (W + each for each in ("b", "vanish", "strike", "dstrike"))
_OUTLINE, _LISTED, _ALIGNED = (W + each for each in ("outlineLvl", "numPr", "jc"))


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

    def over(self, below: RunLook) -> RunLook:
        """This look where it says something, else the one below."""
        return RunLook(
            below.bold if self.bold is None else self.bold,
            below.hidden if self.hidden is None else self.hidden,
            below.struck if self.struck is None else self.struck,
            self.font or below.font,
            self.color or below.color,
            below.shaded if self.shaded is None else self.shaded,
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


def first(node: etree._Element, name: str) -> etree._Element | None:
    """The first child of a name; among the few children of a property element a third of the time of ``find``."""
    for child in node:
        if child.tag == name:
            return child
    return None


def switch(node: etree._Element | None, name: str) -> bool | None:
    """An on/off property: ``None`` where it is not mentioned."""
    return _on(None if node is None else node.find(W + name))


def _on(child: etree._Element | None) -> bool | None:
    return None if child is None else child.get(_VAL, "1").lower() not in _OFF


def _first(properties: etree._Element) -> dict[str, etree._Element]:
    """The first child of each name, found in one walk: searching once for each name takes most of a reading."""
    found: dict[str, etree._Element] = {}
    for child in properties:
        found.setdefault(child.tag, child)
    return found


def run_look(properties: etree._Element | None) -> RunLook:
    """The direct looks in a ``w:rPr``."""
    if properties is None:
        return RunLook()
    found = _first(properties)
    if not found:
        return RunLook()
    fonts, color = found.get(_FONTS), found.get(_COLOR)
    struck, double = _on(found.get(_STRIKE)), _on(found.get(_DOUBLE))
    return RunLook(
        bold=_on(found.get(_BOLD)),
        hidden=_on(found.get(_VANISH)),
        struck=(struck or double) if struck is not None or double is not None else None,
        font=None if fonts is None else fonts.get(W + "eastAsia"),
        color=None if color is None else color.get(_VAL),
        shaded=True if _SHD in found or _HIGHLIGHT in found else None,
    )


def paragraph_look(properties: etree._Element | None) -> ParagraphLook:
    """The direct looks in a ``w:pPr``."""
    if properties is None:
        return ParagraphLook()
    found = _first(properties)
    outline, listed, aligned = found.get(_OUTLINE), found.get(_LISTED), found.get(_ALIGNED)
    level = None
    if outline is not None:
        value = _int(outline.get(W + "val"), 9)
        level = value + 1 if 0 <= value <= 8 else 0
    number = ilvl = None
    if listed is not None:
        number_node, ilvl_node = listed.find(W + "numId"), listed.find(W + "ilvl")
        number = None if number_node is None else number_node.get(W + "val")
        ilvl = None if ilvl_node is None else _int(ilvl_node.get(W + "val"), 0)
    return ParagraphLook(level, number, ilvl, None if aligned is None else aligned.get(W + "val") == "center")


class Styles:
    """The style sheet of one document, resolved along its chains."""

    def __init__(self, tree: etree._Element | None) -> None:
        self._nodes: dict[str, etree._Element] = {}
        self._paragraphs: dict[str, ParagraphLook] = {}
        self._runs: dict[str, RunLook] = {}
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
                direct = paragraph_look(node.find(W + "pPr"))
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
                    run_look(node.find(W + "rPr")).over(look.run),
                    look.number_style if direct.number is None else name,
                )
            self._paragraphs[style] = look
        return self._paragraphs[style]

    def run(self, style: str) -> RunLook:
        """All that a character style gives."""
        if style not in self._runs:
            look = RunLook()
            for name in reversed(self._chain(style)):
                look = run_look(self._nodes[name].find(W + "rPr")).over(look)
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

    def list_of_style(self, style: str) -> str | None:
        """The list that a numbering style stands for."""
        return self.paragraph(style).number if style in self._nodes else None


def _int(text: str | None, default: int) -> int:
    try:
        return int(text or default)
    except ValueError:
        return default
