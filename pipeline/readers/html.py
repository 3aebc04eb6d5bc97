"""HTML -> document: paragraphs and tables as a browser shows them, hidden elements out, numbered lists numbered."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from lxml import etree
from lxml import html as lxml_html

from pipeline.model import Cell, Document, Paragraph, Part, Table, Trouble
from pipeline.readers import numbering, sniff
from pipeline.readers.grid import number_in
from pipeline.readers.text import decode
from pipeline.readers.tools import MAX_CELL_TEXT, MAX_TEXT, RefusalError, Tools

_SKIPPED = frozenset(
    {
        "script",
        "style",
        "head",
        "title",
        "meta",
        "link",
        "noscript",
        "template",
        "object",
        "iframe",
        "svg",
        "select",
        "textarea",
        "button",
        "xml",
        "del",
        "strike",
        "s",
    }
)
_BLOCKS = frozenset(
    {
        "p",
        "div",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "li",
        "ul",
        "ol",
        "blockquote",
        "section",
        "article",
        "header",
        "footer",
        "center",
        "dl",
        "dt",
        "dd",
        "form",
        "fieldset",
        "hr",
        "pre",
        "address",
        "body",
        "main",
        "nav",
        "aside",
        "figure",
        "figcaption",
        "caption",
    }
)
_BOLD = frozenset({"b", "strong"})
_HIDDEN = re.compile(
    r"(?i)display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all|font-size\s*:\s*0(?:px|pt|em)?\s*(?:;|$)"
)
_STRUCK = re.compile(r"(?i)text-decoration[^;]{0,40}line-through")
_CHARSET = re.compile(rb"(?i)<meta\b[^>]{0,300}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_.:-]{1,40})")
_SPACES = re.compile(r"[ \t\r\n\f]+")
_MAX_DEPTH = 200
_LIST_STYLES = {"1": "decimal", "a": "lowerLetter", "A": "upperLetter", "i": "lowerRoman", "I": "upperRoman"}
_CSS_LISTS = {
    "cjk-ideographic": "chineseCounting", "simp-chinese-informal": "chineseCounting",
    "trad-chinese-informal": "chineseCounting",
    "simp-chinese-formal": "chineseLegalSimplified", "lower-alpha": "lowerLetter", "upper-alpha": "upperLetter",
    "lower-roman": "lowerRoman", "upper-roman": "upperRoman", "decimal": "decimal", "none": "none", "disc": "none",
    "circle": "none", "square": "none",
}  # fmt: skip


class HtmlReader:
    """Reads HTML, whatever it is called (many a ``.xls`` and ``.doc`` is HTML)."""

    name = "html"

    def accepts(self, data: bytes, name: str) -> bool:  # noqa: ARG002 - content decides
        """HTML by its tags."""
        return sniff.kind(data) == "html"

    def read(self, part: Part, tools: Tools) -> Document:  # noqa: ARG002 - HTML needs no tool
        """Its visible text."""
        return document(part, characters(part.data))


def characters(data: bytes) -> str:
    """Characters of an HTML file: its mark, its own word where it holds, else a guess."""
    match = _CHARSET.search(data[:4096])
    if match and not data.startswith((b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")):
        label = match[1].decode("ascii").lower()
        label = "gb18030" if label in {"gb2312", "gbk", "x-gbk", "cp936", "gb_2312-80"} else label
        try:
            return data.decode(label)
        except (LookupError, UnicodeDecodeError):
            pass
    return decode(data)


def document(part: Part, text: str, *, form: str = "html") -> Document:
    """A document from the characters of an HTML page.

    Raises:
        RefusalError: Nesting without end.
    """
    tree = _tree(text)
    if tree is None:
        return Document(part.path, part.name, form, ())
    reading = _Reading()
    try:
        reading.block(tree, 0)
    except RecursionError as error:
        raise RefusalError(Trouble.HOSTILE, "网页嵌套过深，不予打开", final=True) from error
    reading.end()
    return Document(part.path, part.name, form, tuple(reading.found), warnings=tuple(dict.fromkeys(reading.warnings)))


def _tree(text: str) -> etree._Element | None:
    cleaned = re.sub(r"(?s)<!--\[if[^\]]{0,80}\]>.{0,20000}?<!\[endif\]-->", "", text.replace("\x00", ""))
    cleaned = re.sub(r"^\s*<\?xml[^>]{0,200}\?>", "", cleaned)
    parser = lxml_html.HTMLParser(no_network=True, remove_comments=True, remove_pis=True, huge_tree=False)
    try:
        return lxml_html.document_fromstring(cleaned, parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        return None


@dataclass(slots=True)
class _Run:
    text: str
    bold: bool


@dataclass(slots=True)
class _Reading:
    """One walk over a page."""

    found: list[Paragraph | Table] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    runs: list[_Run] = field(default_factory=list)
    label: str = ""
    level: int = 0
    centered: bool = False
    zone: str = "body"
    paragraphs: int = 0
    tables: int = 0
    length: int = 0

    # ------------------------------------------------------------ text

    def say(self, text: str | None, *, bold: bool, pre: bool = False) -> None:
        if not text:
            return
        words = text if pre else _SPACES.sub(" ", text)
        self.length += len(words)
        if self.length > MAX_TEXT:
            raise RefusalError(Trouble.TOO_LARGE, "文字超过200万字，不予打开", final=True)
        self.runs.append(_Run(words, bold))

    def end(self) -> None:
        """Close the paragraph that is open."""
        runs, self.runs = self.runs, []
        text = re.sub(r" *\n *", "\n", "".join(run.text for run in runs)).replace("\xa0", " ").strip()
        if not text:
            return
        label, self.label = self.label, ""
        spoken = [run for run in runs if run.text.replace("\xa0", " ").strip()]
        bold = all(run.bold for run in spoken)
        lead = ""
        if not bold:
            for run in spoken:
                if not run.bold:
                    break
                lead += run.text
        for line in text.split("\n"):
            words = line.strip()
            if words:
                self.paragraphs += self.zone == "body"
                self.found.append(
                    Paragraph(
                        words,
                        f"第{self.paragraphs}段",
                        label=label,
                        level=self.level,
                        zone=self.zone,
                        bold=bold,
                        lead=lead.strip() if words.startswith(lead.strip()) else "",
                        centered=self.centered,
                    )
                )
                label = ""

    # ------------------------------------------------------------ elements

    def block(self, node: etree._Element, depth: int, *, bold: bool = False, pre: bool = False) -> None:
        """Walk one element: its text, its children, and the tails of its children."""
        if depth > _MAX_DEPTH:
            self.warnings.append("网页嵌套过深，深处的内容未读取")
            return
        tag = node.tag.lower() if isinstance(node.tag, str) else ""
        bold = (
            bold
            or tag in _BOLD
            or "bold" in _style(node, "font-weight")
            or _style(node, "font-weight") in {"700", "800", "900"}
        )
        pre = pre or tag == "pre" or _style(node, "white-space").startswith("pre")
        self.say(node.text, bold=bold, pre=pre)
        self.children(node, depth, bold=bold, pre=pre)

    def children(self, node: etree._Element, depth: int, *, bold: bool, pre: bool) -> None:
        counter = _Counter(node)
        for child in node:
            tag = child.tag.lower() if isinstance(child.tag, str) else ""
            if not tag or (":" in tag and tag.startswith(("v:", "w:"))):
                self.say(child.tail, bold=bold, pre=pre)
                continue
            hidden = _hidden(child)
            if tag in _SKIPPED or hidden:
                if (hidden or tag in {"del", "strike", "s"}) and child.xpath("string(.)").strip():
                    self.warnings.append("网页带有隐藏或划掉的文字，未计入")
            elif tag == "br":
                self.runs.append(_Run("\n", bold))
            elif tag == "table":
                self.end()
                self.table(child, depth + 1)
            elif tag in _BLOCKS:
                self.end()
                label, level, centered = self.label, self.level, self.centered
                if tag == "li":
                    self.label = counter.step(child)
                if tag[0] == "h" and tag[1:].isdigit():
                    self.level = int(tag[1:])
                self.centered = (
                    centered
                    or tag == "center"
                    or child.get("align", "").lower() == "center"
                    or _style(child, "text-align") == "center"
                )
                self.block(child, depth + 1, bold=bold or (tag[0] == "h" and tag[1:].isdigit()), pre=pre)
                self.end()
                self.label, self.level, self.centered = ("" if tag == "li" else label), level, centered
            else:
                self.block(child, depth + 1, bold=bold, pre=pre)
            self.say(child.tail, bold=bold, pre=pre)

    # ------------------------------------------------------------ tables

    def table(self, node: etree._Element, depth: int) -> None:
        """A table; one that only arranges the page is walked through instead."""
        rows = [row for row in _rows(node) if not _hidden(row)]
        if _arranges(node, rows):
            for row in rows:
                for cell in row:
                    if isinstance(cell.tag, str) and not _hidden(cell):
                        self.end()
                        self.block(cell, depth + 1)
                        self.end()
            return
        self.tables += 1
        own = self.tables
        caption = node.find("caption")
        cells: list[Cell] = []
        taken: set[tuple[int, int]] = set()
        after: list[Paragraph | Table] = []
        width = 0
        for number, row in enumerate(rows):
            column = 0
            for cell in row:
                if cell.tag not in {"td", "th"} or _hidden(cell):
                    continue
                while (number, column) in taken:
                    column += 1
                down = min(_span(cell, "rowspan") or len(rows), len(rows) - number)
                across = min(_span(cell, "colspan") or 1, 200)
                inner = _Reading(length=self.length, tables=self.tables)
                inner.block(cell, depth + 1)
                inner.end()
                self.length, self.tables = inner.length, inner.tables
                self.warnings += inner.warnings
                text = "\n".join(each.label + each.text for each in inner.found if isinstance(each, Paragraph))
                after += [each for each in inner.found if isinstance(each, Table)]
                taken |= {(number + i, column + j) for i in range(down) for j in range(across)}
                cells.append(
                    Cell(
                        text[:MAX_CELL_TEXT],
                        number,
                        column,
                        f"表{own}第{number + 1}行第{column + 1}列",
                        down,
                        across,
                        number_in(text),
                    )
                )
                column += across
                width = max(width, column)
        if any(cell.text for cell in cells):
            title = "" if caption is None else _SPACES.sub(" ", caption.text_content()).strip()
            self.found.append(Table(tuple(cells), len(rows), width, f"表{own}", title))
        self.found += after


class _Counter:
    """Numbers of one list."""

    def __init__(self, node: etree._Element) -> None:
        self._on = node.tag == "ol"
        self._now = _number(node.get("start"), 1) - 1
        self._style = _LIST_STYLES.get(node.get("type", "1"), "decimal")
        css = _style(node, "list-style-type") or _style(node, "list-style").partition(" ")[0]
        self._style = _CSS_LISTS.get(css, self._style)

    def step(self, item: etree._Element) -> str:
        if not self._on or "none" in _style(item, "list-style-type") or self._style == "none":
            return ""
        self._now = _number(item.get("value"), self._now + 1)
        sign = numbering.shown(self._now, self._style)
        return sign + ("、" if self._style.startswith("chinese") else ".")


def _rows(table: etree._Element) -> list[etree._Element]:
    rows = []
    for child in table:
        if child.tag == "tr":
            rows.append(child)
        elif child.tag in {"thead", "tbody", "tfoot"} and not _hidden(child):
            rows += [row for row in child if row.tag == "tr"]
    return rows[:5000]


def _arranges(table: etree._Element, rows: list[etree._Element]) -> bool:
    """Whether a table only arranges the page: a single cell a row, or long stretches of other tables in it."""
    counts = [sum(1 for cell in row if cell.tag in {"td", "th"}) for row in rows]
    if not counts or max(counts) <= 1:
        return True
    return table.get("role") == "presentation" and table.find(".//table") is not None


def _hidden(node: etree._Element) -> bool:
    style = node.get("style", "")
    return node.get("hidden") is not None or bool(style and (_HIDDEN.search(style) or _STRUCK.search(style)))


def _style(node: etree._Element, name: str) -> str:
    for piece in node.get("style", "").split(";"):
        key, _, value = piece.partition(":")
        if key.strip().lower() == name:
            return str(value.strip().lower())
    return ""


def _span(node: etree._Element, name: str) -> int:
    return max(_number(node.get(name), 1), 0)


def _number(text: str | None, default: int) -> int:
    try:
        return int((text or "").strip().rstrip("px%") or default)
    except ValueError:
        return default
