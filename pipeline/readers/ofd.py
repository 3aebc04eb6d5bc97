"""OFD (the national fixed-layout format) -> document, where its text stands in text objects; else a polite refusal."""

from __future__ import annotations

import posixpath
import re

from lxml import etree

from pipeline.model import Document, Part, Trouble
from pipeline.readers import layout, opc, sniff
from pipeline.readers.opc import Package
from pipeline.readers.tools import MAX_PAGES, RefusalError, Tools

_REMEDY = "OFD文件里没有可以读取的文字，请改发Word或PDF文件"
_MAX_OBJECTS = 20_000


class OfdReader:
    """Reads the text objects of OFD pages."""

    name = "ofd"

    def accepts(self, data: bytes, name: str) -> bool:  # noqa: ARG002 - content decides
        """A package with OFD.xml."""
        return sniff.kind(data) == "ofd"

    def read(self, part: Part, tools: Tools) -> Document:  # noqa: ARG002 - needs no tool
        """Lines of every page by their places; a signed seal is not judged."""
        package = opc.open_package(part.data)
        sheets: list[layout.Sheet] = []
        for root in _targets(package.xml("OFD.xml"), "DocRoot"):
            document = package.xml(root.lstrip("/"))
            if document is None:
                continue
            folder = posixpath.dirname(root.lstrip("/"))
            for node in list(_named(document, "Page"))[: MAX_PAGES - len(sheets)]:
                place = node.get("BaseLoc", "")
                name = place.lstrip("/") if place.startswith("/") else posixpath.normpath(posixpath.join(folder, place))
                sheets.append(_page(package, name, len(sheets) + 1))
        if not any(sheet.lines for sheet in sheets):
            raise RefusalError(Trouble.UNSUPPORTED, _REMEDY, final=True)
        return Document(
            part.path, part.name, "ofd", layout.blocks(tuple(sheets), scanned=False),
            warnings=("OFD文件的电子签章没有验证，表格按文字位置读取，请核对",),
        )  # fmt: skip


def _page(package: Package, name: str, number: int) -> layout.Sheet:
    """Text objects of one page; lengths are millimetres."""
    tree = package.xml(name)
    lines: list[layout.Line] = []
    for node in list(_named(tree, "TextObject"))[:_MAX_OBJECTS] if tree is not None else ():
        box = _numbers(node.get("Boundary", ""))
        text = "".join(code.text or "" for code in _named(node, "TextCode")).strip()
        if len(box) == 4 and text:
            left, top, wide, high = box
            lines.append(layout.Line(text, left, top, left + wide, top + high))
    area = _numbers(next((node.text or "" for node in _named(tree, "PhysicalBox")), "")) if tree is not None else []
    wide, high = (area[2], area[3]) if len(area) == 4 and area[2] > 0 and area[3] > 0 else (210.0, 297.0)
    return layout.Sheet(f"第{number}页", wide, high, tuple(lines))


def _named(tree: etree._Element, name: str) -> list[etree._Element]:
    """Elements of a local name, whatever their namespace."""
    return [node for node in tree.iter() if isinstance(node.tag, str) and etree.QName(node).localname == name]


def _targets(tree: etree._Element | None, name: str) -> list[str]:
    return [] if tree is None else [(node.text or "").strip() for node in _named(tree, name)]


def _numbers(text: str) -> list[float]:
    return [float(each) for each in re.findall(r"-?\d{1,7}(?:\.\d{1,6})?", text)[:4]]
