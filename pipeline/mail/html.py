"""HTML of a mail body -> its text as a reader sees it, one line a block, table cells apart by tabs."""

from __future__ import annotations

import re

from lxml import etree
from lxml import html as lxml_html

_BLOCKS = frozenset(
    {
        *("address", "article", "aside", "blockquote", "body", "center", "dd", "div", "dl", "dt", "fieldset", "figure"),
        *("footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol", "p", "pre"),
        *("section", "table", "tbody", "tfoot", "thead", "tr", "ul"),
    }
)
_SILENT = frozenset({"script", "style", "head", "title", "meta", "link", "template", "noscript", "object", "svg"})
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all", re.IGNORECASE)
_XML_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
_BLANKS = re.compile("[ \t\r\n\f\u00a0]+")
_NUL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
#: Deeper trees are no letters; libxml2 stops at 256 by itself.
_MAX_DEPTH = 250


def tree(html: str) -> etree._Element | None:
    """Parse HTML leniently; ``None`` when there is nothing in it."""
    text = _NUL.sub("", _XML_DECLARATION.sub("", html))
    if not text.strip():
        return None
    parser = lxml_html.HTMLParser(encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True)
    try:
        return lxml_html.document_fromstring(text.encode("utf-8"), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        return None


def to_text(html: str) -> str:
    """Text of an HTML body: blocks on lines, cells parted by tabs, hidden things left out."""
    root = tree(html)
    if root is None:
        return ""
    out: list[str] = []
    _walk(root, out, 0, pre=False)
    lines = [re.sub(" ?\t ?", "\t", re.sub(" +", " ", line)).strip(" ") for line in "".join(out).split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(line.rstrip() for line in lines)).strip("\n")


def _walk(node: etree._Element, out: list[str], depth: int, *, pre: bool) -> None:
    """Append the text of one element and its children."""
    tag = node.tag if isinstance(node.tag, str) else ""
    if tag and tag not in _SILENT and not _HIDDEN.search(node.get("style", "")) and depth < _MAX_DEPTH:
        block = tag in _BLOCKS
        if block:
            _newline(out)
        if tag == "br":
            out.append("\n")
        if tag == "blockquote" and out and out[-1] != "\n":
            out.append("\n")
        keep = pre or tag in {"pre", "textarea"}
        inner = [] if tag in {"td", "th"} else out
        _say(node.text, inner, pre=keep)
        for child in node:
            _walk(child, inner, depth + 1, pre=keep)
        if inner is not out:
            text = "".join(inner)
            # Word puts paragraphs into cells; a row of a ledger is still one line. A lone cell is page layout.
            out.append(" ".join(text.split("\n")).strip() if _is_ledger_cell(node) else text)
            out.append("\t")
        if block:
            _newline(out)
    _say(node.tail, out, pre=pre)


def _is_ledger_cell(cell: etree._Element) -> bool:
    """Whether a cell stands beside others and holds no table of its own."""
    row = cell.getparent()
    return row is not None and len(row) > 1 and cell.find(".//table") is None


def _say(text: str | None, out: list[str], *, pre: bool) -> None:
    """Append text with its blanks as a browser would show them."""
    if text:
        out.append(text.replace("\r", "") if pre else _BLANKS.sub(" ", text))


def _newline(out: list[str]) -> None:
    """Begin a new line unless one has just begun."""
    while out and out[-1] in {" ", "\t", ""}:
        out.pop()
    if out and not out[-1].endswith("\n"):
        out.append("\n")


def with_targets(html: str) -> str:
    """Text of an HTML body with the address of each link behind its words."""
    root = tree(html)
    if root is None:
        return ""
    for anchor in root.iter("a"):
        target = (anchor.get("href") or "").strip()
        if target.lower().startswith(("http://", "https://")):
            anchor.tail = f" {target} {anchor.tail or ''}"
    text: str = etree.tostring(root, encoding="unicode")
    return to_text(text)
