"""Word (.docx, and the same XML in one flat file) -> document in its final view, automatic numbers rebuilt.

What a person sees in Word with all changes accepted: insertions in, deletions, hidden and struck text out, text
boxes, headers and papers put in whole in, a table of contents out; a note stands behind the sentence that it
belongs to. Nothing is executed and nothing external is fetched.
"""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from lxml import etree

from pipeline.model import Cell, Document, Paragraph, Part, Seal, Table, Trouble, Unreadable
from pipeline.readers import ocrtext, opc, sniff, workbook
from pipeline.readers.numbering import Numbering
from pipeline.readers.opc import Package, Relation
from pipeline.readers.tools import MAX_CELL_TEXT, MAX_TEXT, Look, RefusalError, Tools
from pipeline.readers.wordstyles import Direct, Heir, ParagraphLook, Styles, first, switch

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
V = "{urn:schemas-microsoft-com:vml}"
O = "{urn:schemas-microsoft-com:office:office}"  # noqa: E741 - the customary prefix of this namespace
MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
DGM = "{http://schemas.openxmlformats.org/drawingml/2006/diagram}"
PKG = "{http://schemas.microsoft.com/office/2006/xmlPackage}"

#: Names met at every step of a document, joined once.
_P, _R, _T, _TBL, _SDT = (W + each for each in ("p", "r", "t", "tbl", "sdt"))
_P_PR, _R_PR, _TC_PR, _TR_PR = (W + each for each in ("pPr", "rPr", "tcPr", "trPr"))
_SPAN, _SHD, _VAL = (W + each for each in ("gridSpan", "shd", "val"))
_V_MERGE, _H_MERGE, _CELL_DEL, _TR, _TC = (W + each for each in ("vMerge", "hMerge", "cellDel", "tr", "tc"))
_FIELD_CHAR, _NO_BREAK_HYPHEN, _SYM, _RUBY = (W + each for each in ("fldChar", "noBreakHyphen", "sym", "ruby"))
_TABS, _BREAKS = frozenset({W + "tab", W + "ptab"}), frozenset({W + "br", W + "cr"})
_MATHS = frozenset({M + "oMath", M + "oMathPara"})
_ALTERNATIVE = MC + "AlternateContent"
#: Elements that only wrap what stands inside them.
_THROUGH = frozenset(
    {
        W + each
        for each in ("ins", "moveTo", "hyperlink", "smartTag", "customXml", "sdtContent", "fldSimple", "dir", "bdo")
    }
)
_GONE = frozenset({W + "del", W + "moveFrom"})
_NOTES = {W + "footnoteReference": "footnotes", W + "endnoteReference": "endnotes"}
_ALT_CHUNK = W + "altChunk"
#: Papers put into papers are opened, and those in these; deeper lies only what was made to do harm.
_MAX_CHUNKS = 2
_CHUNK = "/插入"
_GRAPHIC = frozenset({W + "drawing", W + "pict", W + "object"})
#: Programs whose embedded objects are papers of their own.
_PAPERS = ("Word.", "WPS.", "KWPS.", "Package", "Acro", "Foxit", "PowerPoint.")
_PAGE_NUMBER = re.compile(
    # Possessive: signs that two neighbours could take are never shared out anew.
    r"^[\s\-—–－·•~～]*+(?:第\s*+)?[\dIVXivx]{0,5}[\s\-—–－·•~～]*+页?(?:[\s,，/]*+共\s*+\d*+\s*+页)?[\s\-—–－·•~～]*+$"
)
#: Symbol fonts hide their signs in the private area; these are the ticks and boxes of forms.
_SYMBOLS = {0xFC: "✓", 0xFE: "☑", 0xA8: "□", 0xFB: "✗", 0xFD: "☒", 0x6F: "□", 0x52: "☑", 0x2A: "□"}
#: What an empty content control asks for, in the words of Word and of forms made with it.
_PROMPT = re.compile(
    r"(?:单击|点击|点按|轻触|请(?:在|于)?)[^。]{0,10}?(?:输入|选择|填写|录入|填入)|^\W*选择一?[项个]|^\W*(?:在?此处?|这里)(?:输入|填写)"
    r"|(?i:\bclick\b|\btap\b|choose an item|enter text)"
)
_CALLED = re.compile(r"(?:备注|附注|注释?|说明|数据来源)[\s:：]")
#: What ends a sentence that a note can stand behind.
_CLOSING = "。！？；!?;"
_DIGIT, _CHINESE = re.compile(r"\d"), re.compile(r"[\u4e00-\u9fff]")
#: Less own text than this, and the pictures are the document.
_LITTLE_TEXT = 60
#: What is compared of two texts.
_SIGN = re.compile(r"[\u4e00-\u9fff0-9]")
_MAX_DEPTH = 40
_MAX_PICTURES = 60
_MAX_READ_PICTURES = 20
_MIN_SIDE = 90


@dataclass(slots=True)
class _Line:
    """One paragraph while it is put together."""

    #: (text, bold, in a heading's font) in order.
    runs: list[tuple[str, bool, bool]] = field(default_factory=list)
    #: What hangs in it: text boxes, pictures, embedded files.
    hung: list[_Block] = field(default_factory=list)
    #: Notes by the length of the text before their marks.
    notes: list[tuple[int, list[_Block]]] = field(default_factory=list)
    length: int = 0

    def say(self, text: str, bold: bool = False, heading_font: bool = False) -> None:  # noqa: FBT001, FBT002 - once a run: keywords take a third longer
        """Append text, merged with an equal run before it."""
        if self.length > MAX_TEXT:
            raise RefusalError(Trouble.TOO_LARGE, "文字超过200万字，不予打开", final=True)
        self.length += len(text)
        if self.runs:
            before, was_bold, was_font = self.runs[-1]
            if was_bold is bold and was_font is heading_font:
                self.runs[-1] = (before + text, bold, heading_font)
                return
        self.runs.append((text, bold, heading_font))


@dataclass(frozen=True, slots=True)
class _PictureAt:
    """A picture where it stands in the text."""

    name: str


@dataclass(slots=True)
class _Spoken:
    """A paragraph that is said; most stand in cells, where only label and text are wanted."""

    text: str
    label: str
    zone: str
    #: Of the body's paragraphs, or of the text boxes.
    number: int
    line: _Line
    direct: ParagraphLook
    inherited: ParagraphLook

    def paragraph(self) -> Paragraph:
        """The paragraph with all that is known of it."""
        direct, inherited = self.direct, self.inherited
        spoken = [run for run in self.line.runs if run[0].strip()]
        return Paragraph(
            text=self.text,
            place=_PLACES.get(self.zone)
            or f"{'文本框' if self.zone == 'textbox' else '第'}{self.number}{'' if self.zone == 'textbox' else '段'}",
            label=self.label,
            level=direct.level if direct.level is not None else inherited.level or 0,
            zone=self.zone,
            bold=bool(spoken) and all(run[1] for run in spoken),
            lead=_lead(spoken),
            centered=bool(direct.centered if direct.centered is not None else inherited.centered),
        )


_PLACES = {"header": "页眉", "footer": "页脚", "footnote": "脚注"}
_SPOKEN = (_Spoken, Paragraph)
_Block = _Spoken | Paragraph | Table | _PictureAt


class DocxReader:
    """Reads Word files and their flat form."""

    name = "docx"

    def accepts(self, data: bytes, name: str) -> bool:  # noqa: ARG002 - content decides
        """A Word package, whatever it is called."""
        return sniff.kind(data) in {"docx", "flatopc"}

    def read(self, part: Part, tools: Tools) -> Document:
        """The final view."""
        package = _flat(part.data) if sniff.kind(part.data) == "flatopc" else opc.open_package(part.data)
        return _Word(package, part, tools).document()


def read_package(package: Package, part: Part, tools: Tools) -> Document:
    """A document from an already opened package (the result of a conversion)."""
    return _Word(package, part, tools).document()


def _flat(data: bytes) -> Package:
    """The one-file form of a package."""
    tree = opc.parse_xml(data)
    parts: dict[str, bytes] = {}
    for node in tree.iter(PKG + "part"):
        name = node.get(PKG + "name", "").lstrip("/")
        inner = node.find(PKG + "xmlData")
        binary = node.find(PKG + "binaryData")
        if inner is not None and len(inner):
            parts[name] = etree.tostring(inner[0])
        elif binary is not None:
            try:
                parts[name] = b64decode("".join((binary.text or "").split()))
            except ValueError:
                continue
    return Package(parts)


class _Word:
    """One reading of one document."""

    def __init__(self, package: Package, part: Part, tools: Tools) -> None:
        self._package = package
        self._part = part
        self._tools = tools
        main = next(
            (each.target for each in package.relations("").values() if each.type == "officeDocument"),
            "word/document.xml",
        )
        self._main = main if package.has(main) else "word/document.xml"
        related = {each.type: each.target for each in package.relations(self._main).values() if not each.external}
        self._styles = Styles(package.xml(related.get("styles", "word/styles.xml")))
        self._numbering = Numbering(package.xml(related.get("numbering", "word/numbering.xml")))
        self._relations: dict[str, Relation] = {}
        self._fields: list[str] = []
        self._warnings: list[str] = []
        self._paragraphs = 0
        self._tables = 0
        self._boxes = 0
        self._carry: _Line | None = None
        self._shaded = False
        self._depth = 0
        #: Notes whose marks were met: (kind, id).
        self._noted: set[tuple[str, str]] = set()
        #: The notes of the file by their kind and id, and the part they stand in.
        self._stored: dict[tuple[str, str], tuple[str, etree._Element]] | None = None
        self._in_cell = 0
        #: Notes to cells that hold no sentence: they follow the table.
        self._below: list[_Block] = []
        self._chunks = 0
        self._unread: list[Unreadable] = []

    # ---------------------------------------------------------------- the whole

    def document(self) -> Document:
        """Everything in reading order: letterhead, body, footers, then pictures read where needed."""
        tree = self._package.xml(self._main)
        body = None if tree is None else tree.find(W + "body")
        if tree is None or body is None:
            raise RefusalError(Trouble.DAMAGED, "文件里没有正文部分，可能没有保存完整")
        self._relations = self._package.relations(self._main)
        relations = self._relations
        self._warn_dangers()
        heads, feet = self._margins(tree, relations)
        self._relations = relations
        blocks = list(heads)
        blocks += self._blocks(body, zone="body")
        blocks += self._flush("body")
        blocks += feet
        finished, look, scanned, scans = self._pictures(blocks)
        return Document(
            part=self._part.path,
            name=self._part.name,
            format="docx",
            blocks=tuple(finished),
            seal=look.seal,
            seal_text=look.seal_text,
            scanned=scanned,
            warnings=tuple(dict.fromkeys(self._warnings)),
            properties=self._properties(),
            scans=scans,
            unread=tuple(self._unread),
        )

    def _warn_dangers(self) -> None:
        names = [each.lower() for each in self._package.names()]
        if any(each.endswith("vbaproject.bin") for each in names):
            self._warnings.append("文件带有宏，未执行")
        if any(
            each.external and each.type in {"attachedTemplate", "image", "oleObject", "frame", "subDocument", "aFChunk"}
            for each in self._relations.values()
        ):
            self._warnings.append("文件引用了外部链接的内容，未获取")

    def _properties(self) -> tuple[tuple[str, str], ...]:
        """Title, author and company of the file."""
        found: list[tuple[str, str]] = []
        for name, wanted in (
            ("docProps/core.xml", {"title", "creator", "lastModifiedBy", "subject"}),
            ("docProps/app.xml", {"Company", "Application"}),
        ):
            try:
                tree = self._package.xml(name)
            except RefusalError as refusal:
                if refusal.final:
                    raise
                continue
            for node in tree if tree is not None else ():
                tag = etree.QName(node).localname
                if tag in wanted and (node.text or "").strip():
                    found.append((tag, node.text.strip()[:200]))
        return tuple(found)

    def _margins(self, tree: etree._Element, relations: dict[str, Relation]) -> tuple[list[_Block], list[_Block]]:
        """Headers and footers that are shown, each text once."""
        settings = self._package.xml("word/settings.xml")
        even = bool(switch(settings, "evenAndOddHeaders"))
        heads: list[_Block] = []
        feet: list[_Block] = []
        seen: set[str] = set()
        for section in tree.iter(W + "sectPr"):
            first = bool(switch(section, "titlePg"))
            for reference in section:
                if reference.tag not in {W + "headerReference", W + "footerReference"}:
                    continue
                kind = reference.get(W + "type", "default")
                relation = relations.get(reference.get(R + "id", ""))
                if relation is None or (kind == "first" and not first) or (kind == "even" and not even):
                    continue
                zone = "header" if reference.tag == W + "headerReference" else "footer"
                if relation.target in seen:
                    continue
                seen.add(relation.target)
                margin = self._package.xml(relation.target)
                if margin is None:
                    continue
                self._relations = self._package.relations(relation.target)
                found = self._blocks(margin, zone=zone) + self._flush(zone)
                for block in found:
                    if isinstance(block, _SPOKEN):
                        if _PAGE_NUMBER.match(block.text) or zone + block.text in seen:
                            continue
                        seen.add(zone + block.text)
                    (heads if zone == "header" else feet).append(block)
        return heads, feet

    def _note(self, kind: str, identifier: str, line: _Line) -> None:
        """Take down a note where its mark stands; one whose mark was deleted or hidden is seen by nobody."""
        if self._stored is None:
            self._stored = {}
            for relation in self._package.relations(self._main).values():
                tree = self._package.xml(relation.target) if relation.type in _NOTES.values() else None
                for node in tree if tree is not None else ():
                    if node.get(W + "type") in {None, "normal"}:
                        self._stored[relation.type, node.get(W + "id", "")] = (relation.target, node)
        if (kind, identifier) in self._noted or (kind, identifier) not in self._stored:
            return
        self._noted.add((kind, identifier))
        target, node = self._stored[kind, identifier]
        relations, self._relations = self._relations, self._package.relations(target)
        fields, self._fields = self._fields, []
        carry, self._carry = self._carry, None
        in_cell, self._in_cell = self._in_cell, 0
        line.notes.append((line.length, self._blocks(node, zone="footnote") + self._flush("footnote")))
        self._relations, self._fields, self._carry, self._in_cell = relations, fields, carry, in_cell

    def _chunk(self, identifier: str) -> list[_Block]:
        """What a paper says that a program put into this one whole; that it cannot be read is told like of any part."""
        from pipeline.readers.reader import read  # noqa: PLC0415 - the reader of all formats knows this one

        relation = self._relations.get(identifier)
        if relation is None or relation.external:
            return []
        self._chunks += 1
        path, name = f"{self._part.path}{_CHUNK}{self._chunks}", f"{self._part.name}里插入的文档"
        if path.count(_CHUNK) > _MAX_CHUNKS:
            raise RefusalError(Trouble.HOSTILE, "文件内部嵌套过深，不予打开", final=True)
        result = read(Part(path, name, "", self._package.get(relation.target)), self._tools)
        if isinstance(result, Unreadable):
            if result.trouble is not Trouble.EMPTY:
                self._unread.append(result)
            return []
        self._warnings += result.warnings
        self._unread += result.unread
        return [
            _moved(block, f"插入部分{self._chunks}·")
            for block in result.blocks
            if isinstance(block, Table) or block.zone not in {"header", "footer"}
        ]

    # ---------------------------------------------------------------- blocks

    def _blocks(self, container: etree._Element, *, zone: str) -> list[_Block]:
        """Blocks of a container, in order."""
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise RefusalError(Trouble.HOSTILE, "文件内部嵌套过深，不予打开", final=True)
        found: list[_Block] = []
        for child in container[:]:
            tag = child.tag
            if tag == _P:
                found += self._paragraph(child, zone)
            elif tag == _TC_PR:
                continue
            elif tag == _TBL:
                found += self._flush(zone) + self._table(child, zone)
            elif tag == _SDT:
                gallery = child.find(f"{W}sdtPr/{W}docPartObj/{W}docPartGallery")
                if (gallery is not None and gallery.get(_VAL) == "Table of Contents") or _asks(child):
                    continue
                content = child.find(W + "sdtContent")
                if content is not None:
                    found += self._blocks(content, zone=zone)
            elif tag in _THROUGH:
                found += self._blocks(child, zone=zone)
            elif tag == _ALTERNATIVE:
                found += self._blocks(_chosen(child), zone=zone)
            elif tag == _ALT_CHUNK:
                found += self._flush(zone) + self._chunk(child.get(R + "id", ""))
            elif tag in _GONE:
                self._warnings.append("文件带有修订痕迹，已按接受全部修订后的内容读取")
        self._depth -= 1
        return found

    def _paragraph(self, node: etree._Element, zone: str) -> list[_Block]:
        """One paragraph with what hangs in it; a deleted paragraph mark joins it to the next."""
        properties = first(node, _P_PR)
        direct = self._styles.direct(properties)
        inherited = self._styles.paragraph(direct.style)
        if inherited.contents:
            return []
        line = self._carry or _Line()
        self._carry = None
        depth = len(self._fields)
        before = self._shaded
        self._shaded = before or direct.shaded
        self._inline(node, line, self._styles.heir(direct.style))
        self._shaded = before
        # An instruction that never reached its result does not swallow the next paragraph.
        while len(self._fields) > depth and self._fields[-1] == "instruction":
            self._fields.pop()
        if direct.joined:
            self._warnings.append("文件带有修订痕迹，已按接受全部修订后的内容读取")
            self._carry = line
            return []
        return self._finished(line, direct, inherited, zone)

    def _flush(self, zone: str) -> list[_Block]:
        """A paragraph that waits for its continuation, where none comes."""
        if self._carry is None:
            return []
        line, self._carry = self._carry, None
        return self._finished(line, Direct(), ParagraphLook(), zone)

    def _finished(self, line: _Line, direct: Direct, inherited: ParagraphLook, zone: str) -> list[_Block]:
        runs = line.runs
        text = runs[0][0] if len(runs) == 1 else "".join([run[0] for run in runs])
        notes: list[_Block] = []
        if line.notes:
            text, notes = _annotated(text, line.notes)
        text = text.strip()
        look = direct.look
        label = ""
        if look.number is not None or inherited.number is not None:
            label = self._label(look, inherited, direct.style, empty=not text and not line.hung)
        if zone == "body" and (text or label):
            self._paragraphs += 1
        number = self._boxes if zone == "textbox" else self._paragraphs
        if notes:
            # Beside a figure or a head in a cell a note would be taken for a part of it.
            if self._in_cell and not (_DIGIT.search(text) and _CHINESE.search(text)):
                self._below += notes
                notes = []
            notes = [_noted(each, zone, number) for each in notes]
        if not text and not label:
            return notes + line.hung
        return [_Spoken(text, label, zone, number, line, look, inherited), *notes, *line.hung]

    def _label(self, direct: ParagraphLook, inherited: ParagraphLook, style: str, *, empty: bool) -> str:
        """The automatic number; a paragraph without text is counted by Word too, unless nothing at all is in it."""
        number = direct.number if direct.number is not None else inherited.number
        if number in {None, "", "0"}:
            return ""
        assert number is not None  # noqa: S101 - for the type checker: the set above holds None
        if direct.ilvl is not None:
            ilvl = direct.ilvl
        elif direct.number is None and inherited.ilvl is None:
            ilvl = self._numbering.level_of_style(number, inherited.number_style or style)
        else:
            ilvl = inherited.ilvl or 0
        label = self._numbering.step(number, ilvl).strip()
        return "" if empty else label

    # ---------------------------------------------------------------- inside a paragraph

    def _inline(self, node: etree._Element, line: _Line, heir: Heir) -> None:
        """Runs of a paragraph in order."""
        for child in node[:]:
            tag = child.tag
            if tag == _R:
                self._run(child[:], line, heir)
            elif tag == _P_PR:
                continue
            elif tag in _THROUGH:
                self._inline(child, line, heir)
            elif tag == _SDT:
                content = child.find(W + "sdtContent")
                if content is not None and not _asks(child):
                    self._inline(content, line, heir)
            elif tag in _GONE:
                self._warnings.append("文件带有修订痕迹，已按接受全部修订后的内容读取")
            elif tag == _ALTERNATIVE:
                self._inline(_chosen(child), line, heir)
            elif tag in _MATHS:
                line.say("".join(each.text or "" for each in child.iter(M + "t")))
            elif tag in _GRAPHIC:
                self._graphic(child, line)

    def _run(self, children: list[etree._Element], line: _Line, heir: Heir) -> None:
        properties = None
        for child in children:
            if child.tag == _R_PR:
                properties = child
                break
        voice = self._styles.voice(properties, heir)
        if voice.placeholder and _prompts(children):
            return
        unseen = voice.unseen or ("白色文字" if voice.white and not self._shaded else "")
        if unseen and any((each.text or "").strip() for child in children for each in child.iter(_T)):
            self._warnings.append(f"文件带有{unseen}，未计入")
        bold, font = voice.bold, voice.heading_font
        for child in children:
            tag = child.tag
            if tag == _T and not unseen and not self._fields:
                line.say(child.text or "", bold, font)
                continue
            if tag == _FIELD_CHAR:
                if not unseen and "instruction" not in self._fields:
                    line.say(_form_field(child), bold, font)
                self._field(child.get(W + "fldCharType", ""))
            elif tag == _R_PR or unseen or (self._fields and "instruction" in self._fields):
                continue
            elif tag == _T:
                line.say(child.text or "", bold, font)
            elif tag in _TABS:
                line.say("\t", bold, font)
            elif tag in _BREAKS:
                if child.get(W + "type") not in {"page", "column"}:
                    line.say("\n", bold, font)
            elif tag == _NO_BREAK_HYPHEN:
                line.say("-", bold, font)
            elif tag in _NOTES:
                self._note(_NOTES[tag], child.get(W + "id", ""), line)
            elif tag == _SYM:
                line.say(_symbol(child.get(W + "char", "")), bold, font)
            elif tag == _RUBY:
                base = child.find(W + "rubyBase")
                if base is not None:
                    self._inline(base, line, heir)
            elif tag in _GRAPHIC:
                self._graphic(child, line)
            elif tag == _ALTERNATIVE:
                for inner in _chosen(child):
                    if inner.tag in _GRAPHIC:
                        self._graphic(inner, line)
                    elif inner.tag == _T:
                        line.say(inner.text or "", bold, font)

    def _field(self, kind: str) -> None:
        if kind == "begin":
            self._fields.append("instruction")
        elif kind == "separate" and self._fields:
            self._fields[-1] = "result"
        elif kind == "end" and self._fields:
            self._fields.pop()

    # ---------------------------------------------------------------- text boxes, pictures, embedded files

    def _graphic(self, node: etree._Element, line: _Line) -> None:
        """What a drawing holds: text boxes once, pictures, diagrams and embedded workbooks."""
        embedded = False
        for child in _walk(node):
            tag = child.tag
            if tag == W + "txbxContent":
                self._boxes += 1
                fields, self._fields = self._fields, []
                carry, self._carry = self._carry, None
                line.hung += self._blocks(child, zone="textbox") + self._flush("textbox")
                self._fields, self._carry = fields, carry
            elif tag == A + "blip":
                self._hang_picture(child.get(R + "embed", ""), line)
            elif tag == V + "imagedata" and not embedded:
                self._hang_picture(child.get(R + "id", ""), line)
            elif tag == O + "OLEObject":
                # The picture beside it only shows what the workbook says.
                read = self._embedded(self._relations.get(child.get(R + "id", "")), child.get("ProgID", ""))
                if read:
                    line.hung = [*(each for each in line.hung if not isinstance(each, _PictureAt)), *read]
                    embedded = True
            elif tag == DGM + "relIds":
                line.hung += self._diagram(self._relations.get(child.get(R + "dm", "")))

    def _hang_picture(self, identifier: str, line: _Line) -> None:
        relation = self._relations.get(identifier)
        if relation is not None and not relation.external:
            line.hung.append(_PictureAt(relation.target))

    def _embedded(self, relation: Relation | None, program: str) -> list[_Block]:
        """Tables of an embedded workbook."""
        if relation is None or relation.external:
            return []
        data = self._package.get(relation.target)
        try:
            data = workbook.embedded(data)
            if not data:
                # An equation is an object too, and no file.
                if program.startswith(_PAPERS):
                    self._warnings.append("文件里嵌入了另一份文件，嵌入的内容没有读，请作为附件单独发送")
                return []
            inner = workbook.read_tables(data)
        except RefusalError as refusal:
            if refusal.final:
                raise
            self._warnings.append(f"嵌入的表格未能读取：{refusal.message}")
            return []
        self._warnings += inner.warnings
        return [_moved(table, "嵌入表格·") for table in inner.tables]

    def _diagram(self, relation: Relation | None) -> list[_Block]:
        tree = self._package.xml(relation.target) if relation is not None and not relation.external else None
        if tree is None:
            return []
        self._boxes += 1
        texts = ["".join(each.text or "" for each in node.iter(A + "t")) for node in tree.iter(A + "p")]
        return [Paragraph(text, f"文本框{self._boxes}", zone="textbox") for text in texts if text.strip()]

    def _pictures(self, blocks: list[_Block]) -> tuple[list[Paragraph | Table], Look, bool, tuple[Document, ...]]:
        """Look at every picture for a seal; read those that are pages, or all when the text is in them.

        The scan of a report in the report itself says nothing twice: it comes as a carrier of its own.
        """
        said = [
            "".join(cell.text for cell in block.cells) if isinstance(block, Table) else block.text
            for block in blocks
            if not isinstance(block, _PictureAt) and (isinstance(block, Table) or block.zone == "body")
        ]
        own = sum(map(len, said))
        seen: set[str] = set()
        finished: list[Paragraph | Table] = []
        best = shown = Look(Seal.ABSENT, page=False)
        copied: list[Paragraph | Table] = []
        read = 0
        for block in blocks:
            if not isinstance(block, _PictureAt):
                finished.append(block.paragraph() if isinstance(block, _Spoken) else block)
                continue
            if block.name in seen or len(seen) >= _MAX_PICTURES:
                continue
            seen.add(block.name)
            texts, look, tried = self._picture(
                block.name, len(seen), little=own < _LITTLE_TEXT, may_read=read < _MAX_READ_PICTURES
            )
            read += tried
            if own >= _LITTLE_TEXT and texts and _repeats("".join(said), texts):
                copied += texts
                shown = ocrtext.stronger(shown, look)
            else:
                finished += texts
            best = ocrtext.stronger(best, look)
        scanned = own < _LITTLE_TEXT and read > 0 and bool(finished)
        path, name = self._part.path, self._part.name
        scan = Document(
            f"{path}/scan", f"{name}里的扫描图", "image", tuple(copied), shown.seal, shown.seal_text, scanned=True
        )
        return finished, best, scanned, (scan,) if copied else ()

    def _picture(
        self, name: str, position: int, *, little: bool, may_read: bool
    ) -> tuple[list[Paragraph | Table], Look, bool]:
        nothing = Look(Seal.ABSENT, page=False)
        data = self._package.get(name)
        try:
            picture = ocrtext.decode(data)
        except RefusalError as refusal:
            if refusal.trouble is Trouble.TOO_LARGE:
                self._warnings.append(f"图片{position}未能读取：{refusal.message}")
            return [], nothing, False
        if min(picture.width, picture.height) < _MIN_SIDE or self._tools.look is None:
            if self._tools.look is None and little:
                self._warnings.append("文件内容是图片，本机没有安装文字识别组件，未能读取图片里的文字")
            return [], nothing, False
        look = self._tools.look(picture)
        if not (look.page or little) or self._tools.ocr is None or not may_read:
            return [], look, False
        if position > 1 and not self._tools.enough():
            self._warnings.append("图片过多，后面的图片没有读，请分成几个文件重新发送")
            return [], look, False
        page = self._tools.ocr(picture)
        self._warnings += ocrtext.missing((page,))
        return list(ocrtext.blocks((page,), place=f"图片{position}")), look, True

    # ---------------------------------------------------------------- tables

    def _table(self, node: etree._Element, zone: str) -> list[_Block]:
        """A table; small ones in its cells are told in their rows, others stand behind it; a frame is no table."""
        self._tables += 1
        own = self._tables
        rows = [row for row in _rows(node) if not _row_gone(row)]
        styled = node.find(f"{W}tblPr/{W}tblStyle") is not None
        cells: dict[tuple[int, int], Cell] = {}
        #: Which cell covers a column from above: column -> key of the cell.
        above: dict[int, tuple[int, int]] = {}
        behind: list[_Block] = []
        width = 0
        single: list[_Block] = []
        for number, row in enumerate(rows):
            properties = first(row, _TR_PR)
            before = None if properties is None else properties.find(W + "gridBefore")
            column = 0 if before is None else _int(before.get(_VAL), 0)
            below: dict[int, tuple[int, int]] = {}
            for cell_node in _cells(row):
                inside = cell_node[:]
                plain = len(inside) == 2 and inside[0].tag == _TC_PR and inside[1].tag == _P
                properties = inside[0] if plain else first(cell_node, _TC_PR)
                look = {} if properties is None else {each.tag: each for each in properties[::-1]}
                if _CELL_DEL in look:
                    continue
                span = 1 if _SPAN not in look else min(max(_int(look[_SPAN].get(_VAL), 1), 1), 200)
                merge, sideways = look.get(_V_MERGE), look.get(_H_MERGE)
                if sideways is not None and sideways.get(_VAL, "continue") == "continue" and column:
                    left = next(
                        (key for key, cell in cells.items() if key[0] == number and key[1] + cell.columns == column),
                        None,
                    )
                    if left is not None:
                        cells[left] = replace(cells[left], columns=cells[left].columns + span)
                        column += span
                        continue
                key = above.get(column)
                if merge is not None and merge.get(_VAL, "continue") == "continue" and key is not None:
                    cells[key] = replace(cells[key], rows=number - key[0] + 1)
                    below[column] = key
                    column += span
                    continue
                shaded, self._shaded = self._shaded, self._shaded or styled or _SHD in look
                self._in_cell += 1
                content = self._paragraph(inside[1], zone) if plain else self._blocks(cell_node, zone=zone)
                if self._carry is not None:
                    content += self._flush(zone)
                self._in_cell -= 1
                self._shaded = shaded
                single = content
                text, nested = _cell_text(content)
                place = f"表{own}第{number + 1}行第{column + 1}列"
                # A table within a cell says where it stands.
                behind += [
                    replace(one, place=f"{place}·{one.place}") if isinstance(one, Table) else one for one in nested
                ]
                cells[(number, column)] = Cell(text[:MAX_CELL_TEXT], number, column, place, 1, span)
                if merge is not None:
                    below[column] = (number, column)
                column += span
            width = max(width, column)
            above = below
        if len(cells) <= 1:
            return single
        if not self._in_cell:
            behind += [_noted(each, zone, self._paragraphs) for each in self._below]
            self._below = []
        if not any(cell.text for cell in cells.values()):
            return behind
        return [Table(tuple(cells.values()), len(rows), width, f"表{own}"), *behind]


def _annotated(text: str, notes: list[tuple[int, list[_Block]]]) -> tuple[str, list[_Block]]:
    """A text with its notes behind the sentences that bear their marks, and what there is no sentence for."""
    left: list[_Block] = []
    for at, blocks in reversed(notes):
        said = "".join(each.text for each in blocks if isinstance(each, _SPOKEN)).strip()
        before = text[:at].rstrip()
        ends = [place for sign in _CLOSING if (place := text.find(sign, at)) >= 0]
        end = len(before) if before[-1:] in set(_CLOSING) else min(ends) + 1 if ends else 0
        # What calls itself a note explains the sentence and is no part of it.
        if said and end and not _CALLED.match(said):
            said += "" if said[-1] in _CLOSING else text[end - 1]
            text = text[:end] + said + text[end:]
            blocks = [each for each in blocks if not isinstance(each, _SPOKEN)]  # noqa: PLW2901 - these are told
        left = blocks + left
    return text, left


def _noted(block: _Block, zone: str, number: int) -> _Block:
    """A paragraph of a note that stands by itself behind the one that bears its mark."""
    if not isinstance(block, _SPOKEN):
        return block
    return Paragraph(block.label + block.text, f"第{number}段脚注", zone=zone)


def _moved(block: Paragraph | Table, where: str) -> Paragraph | Table:
    """A block of another file, its places led by where that stands in this one."""
    if isinstance(block, Paragraph):
        return replace(block, place=where + block.place)
    cells = tuple(replace(cell, place=where + cell.place) for cell in block.cells)
    return replace(block, place=where + block.place, cells=cells)


def _cell_text(content: list[_Block]) -> tuple[str, list[_Block]]:
    """Text of a cell, and the tables and pictures that stand in it."""
    if len(content) == 1 and isinstance(content[0], _Spoken):
        return (content[0].label + content[0].text).strip(), []
    lines: list[str] = []
    nested: list[_Block] = []
    for block in content:
        if isinstance(block, _SPOKEN):
            lines.append((block.label + block.text).strip())
        elif isinstance(block, Table) and block.height == 1:
            # One row is a line: 托育机构 | 2家.
            lines.append(" ".join(" ".join(cell.text.split()) for cell in block.cells))
        else:
            nested.append(block)
    return "\n".join(lines).strip(), nested


def _lead(spoken: list[tuple[str, bool, bool]]) -> str:
    """Leading run that stands out (bold, or in a heading's font) before plain text."""
    lead = ""
    for text, bold, font in spoken:
        if not (bold or font):
            return lead.strip()
        lead += text
    return ""


def _chosen(node: etree._Element) -> etree._Element:
    """The branch of an alternative that has something to say; both would say it twice."""
    branches = [child for child in node if child.tag in {MC + "Choice", MC + "Fallback"}]
    for branch in branches:
        for inner in branch.iter(
            W + "txbxContent", _T, A + "blip", V + "imagedata", O + "OLEObject", DGM + "relIds", _P
        ):
            if inner is not None:
                return branch
    return branches[0] if branches else node


def _walk(node: etree._Element) -> Iterator[etree._Element]:
    """What a drawing holds, not entering text boxes, and only one branch of an alternative."""
    for child in node:
        if child.tag == _ALTERNATIVE:
            yield from _walk(_chosen(child))
            continue
        yield child
        if child.tag != W + "txbxContent":
            yield from _walk(child)


def _rows(table: etree._Element) -> Iterator[etree._Element]:
    for child in table[:]:
        if child.tag == _TR:
            yield child
        elif child.tag in _THROUGH:
            yield from _rows(child)
        elif child.tag == _SDT and child.find(W + "sdtContent") is not None:
            yield from _rows(child.find(W + "sdtContent"))


def _cells(row: etree._Element) -> Iterator[etree._Element]:
    for child in row[:]:
        if child.tag == _TC:
            yield child
        elif child.tag in _THROUGH:
            yield from _cells(child)
        elif child.tag == _SDT and child.find(W + "sdtContent") is not None:
            yield from _cells(child.find(W + "sdtContent"))


def _row_gone(row: etree._Element) -> bool:
    """A row that tracked changes deleted or that is hidden."""
    properties = first(row, _TR_PR)
    return properties is not None and (properties.find(W + "del") is not None or bool(switch(properties, "hidden")))


def _repeats(own: str, texts: list[Paragraph | Table]) -> bool:
    """Whether a picture repeats the text around it."""
    shown = "".join(
        "".join(cell.text for cell in block.cells) if isinstance(block, Table) else block.text for block in texts
    )
    signs, have = _SIGN.findall(shown), "".join(_SIGN.findall(own))
    pieces = ["".join(signs[at : at + 4]) for at in range(len(signs) - 3)]
    return len(pieces) >= _LITTLE_TEXT and sum(piece in have for piece in pieces) >= 0.7 * len(pieces)


def _asks(control: etree._Element) -> bool:
    """Whether a content control shows the words by which it asks to be filled in."""
    if not switch(control.find(W + "sdtPr"), "showingPlcHdr"):
        return False
    return _PROMPT.search("".join(each.text or "" for each in control.iter(_T))) is not None


def _prompts(children: list[etree._Element]) -> bool:
    """Whether a run in a prompt's look stands in a content control that nobody filled in."""
    control = next(children[0].iterancestors(_SDT), None) if children else None
    return control is not None and bool(switch(control.find(W + "sdtPr"), "showingPlcHdr"))


def _form_field(node: etree._Element) -> str:
    """What an old form field shows that keeps it in its own properties: a chosen entry, a ticked box."""
    chosen, box = node.find(f"{W}ffData/{W}ddList"), node.find(f"{W}ffData/{W}checkBox")
    if chosen is not None:
        entries = [each.get(_VAL, "") for each in chosen.iterfind(W + "listEntry")]
        result = chosen.find(W + "result")
        at = _int(None if result is None else result.get(_VAL), 0)
        return entries[at] if 0 <= at < len(entries) else ""
    if box is not None:
        return "☑" if switch(box, "checked" if box.find(W + "checked") is not None else "default") else "□"
    return ""


def _symbol(code: str) -> str:
    try:
        point = int(code, 16)
    except ValueError:
        return ""
    if 0xF000 <= point <= 0xF0FF:
        return _SYMBOLS.get(point - 0xF000, "")
    return chr(point) if 0x20 <= point <= 0x10FFFF and not 0xD800 <= point <= 0xDFFF else ""


def _int(text: str | None, default: int) -> int:
    try:
        return int(text or default)
    except ValueError:
        return default
