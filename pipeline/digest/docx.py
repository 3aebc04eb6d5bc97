"""A closed month -> 月报.docx in 公文 layout (GB/T 9704-2012), as a draft for a person to number, sign and seal.

Page: A4, margins 37/35/28/26 mm, 22 lines of 28 characters. The grid is the variant that LibreOffice, WPS and Word
agree on: document grid of lines only, exact line height 28.95 pt, character spacing -0.25 pt (measured; the
``linesAndChars`` grid that Word writes gives 14 characters a line in LibreOffice). A seal is never drawn.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from copy import deepcopy
from datetime import datetime
from functools import cache
from io import BytesIO
from typing import Any

import docx
from docx.enum.section import WD_ORIENT, WD_SECTION
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Mm, Pt, RGBColor

from pipeline.digest.archive import frozen
from pipeline.digest.chart import picture
from pipeline.digest.foreign import MARK_BASE, clean, one_line
from pipeline.digest.render import Templates
from pipeline.digest.summary import Source, Summary
from pipeline.digest.views import goal_row, summary_values, unit_row
from pipeline.digest.wording import zone_of

_Any = Any  # python-docx ships no types

#: Fonts by role: the real names, so that Word and WPS of an office find their own.
SONG, FANG, HEI, KAI, TITLE = "宋体", "仿宋_GB2312", "黑体", "楷体_GB2312", "方正小标宋简体"
_LINE = 28.95
#: Twentieths of a point between characters.
_SPACING = "-5"
_CELL_LIMIT = 2000
_SUBJECT_LIMIT = 30
#: The template's style of ruled tables.
_GRID = "TableGrid"
_TABLE_STYLES = frozenset({_GRID, "TableNormal"})
#: Relationships of the library's template that lead to what no paper uses.
_UNUSED = frozenset({"stylesWithEffects", "thumbnail"})


def summary_docx(summary: Summary, *, templates: Templates, font: str | None = None) -> bytes:
    """月报.docx. The wording is ``documents/monthly.txt.j2``; equal facts give equal bytes.

    Args:
        summary: The closed month, whole or for one 专班.
        templates: Compiled templates.
        font: Path of a Chinese font for the chart; ``None`` leaves the chart out.
    """
    chart = picture(summary, font_path=font)
    values = {**summary_values(summary), "previous_known": any(_changes(summary))}
    document = docx.Document(BytesIO(_blank()))
    models: dict[int, _Any] = {}
    titles = 0
    for line in templates.render("documents/monthly.txt.j2", values).split("\n"):
        mark, text = _split(line)
        if not text.strip():
            continue
        if mark == 1:
            _title(document, text, first=titles == 0)
            titles += 1
        elif mark == 7:
            _picture(document, chart)
        elif mark == 8:
            _annex(document, summary, text.strip())
        else:
            if titles and mark == 2 and titles > 0:
                titles = -1
                _paragraph(document, "")
            _again(document, text, mark=mark, models=models)
    _properties(document, summary)
    _in_schema_order(document.element)
    return frozen(_saved(document), at=summary.at)


def file_name(summary: Summary) -> str:
    """``2022年9月月报.docx``, ``2022年9月月报（文旅专班）.docx``."""
    edition = f"（{one_line(summary.edition)}）" if summary.edition else ""
    return f"{int(summary.period[:4])}年{int(summary.period[5:])}月月报{edition}.docx"


def _changes(summary: Summary) -> Iterable[str]:
    return (entry.change for item in summary.items for entry in item.progress)


def _split(line: str) -> tuple[int, str]:
    """Layout mark and text of a rendered line; 0 for body text."""
    code = ord(line[0]) - MARK_BASE if line else 0
    return (code, clean(line[1:])) if 0 < code < 16 else (0, clean(line))


# --------------------------------------------------------------------------- page and styles


@cache
def _blank() -> bytes:
    """A paper without words: page, styles, page numbers; made once.

    The library's template brings a hundred styles of tables, all once more for Word 2010, and a picture of itself:
    two thirds of a paper's bytes, which no paper of ours uses and for which each had to be read and written.
    """
    document = docx.Document()
    _page(document.sections[0])
    _styles(document)
    _page_numbers(document)
    for style in document.styles.element.findall(qn("w:style")):
        if style.get(qn("w:type")) == "table" and style.get(qn("w:styleId")) not in _TABLE_STYLES:
            style.getparent().remove(style)
    for rels in (document.part.rels, document.part.package.rels):
        for name in [name for name, rel in rels.items() if rel.reltype.rpartition("/")[2] in _UNUSED]:
            del rels[name]
    footers = (document.sections[0].footer, document.sections[0].even_page_footer)
    _in_schema_order(document.styles["Normal"].element)
    for footer in footers:
        _in_schema_order(footer._element)  # noqa: SLF001 - no API
    return _saved(document)


def _saved(document: _Any) -> bytes:
    out = BytesIO()
    document.save(out)
    return out.getvalue()


def _page(section: _Any, *, landscape: bool = False) -> None:
    width, height = (Mm(297), Mm(210)) if landscape else (Mm(210), Mm(297))
    section.orientation = WD_ORIENT.LANDSCAPE if landscape else WD_ORIENT.PORTRAIT
    section.page_width, section.page_height = width, height
    margins = (28, 26, 25, 25) if landscape else (37, 35, 28, 26)
    section.top_margin, section.bottom_margin, section.left_margin, section.right_margin = map(Mm, margins)
    # The number stands 7 mm under the text area: 35 - 7 - one line of 14 pt.
    section.header_distance, section.footer_distance = Mm(15), Mm(23 if not landscape else 15)
    for grid in section._sectPr.findall(qn("w:docGrid")):  # noqa: SLF001 - python-docx has no API for the grid
        section._sectPr.remove(grid)  # noqa: SLF001 - the same
    section._sectPr.append(  # noqa: SLF001 - the same
        parse_xml(f'<w:docGrid {nsdecls("w")} w:type="lines" w:linePitch="579"/>')
    )


def _styles(document: _Any) -> None:
    """Normal carries the grid; every other style is taken out of the way by setting runs explicitly."""
    normal = document.styles["Normal"]
    normal.font.size = Pt(16)
    normal.font.name = "Times New Roman"
    properties = normal.element.get_or_add_rPr()
    fonts = properties.find(qn("w:rFonts"))
    for name in ("w:eastAsia",):
        fonts.set(qn(name), FANG)
    properties.append(parse_xml(f'<w:spacing {nsdecls("w")} w:val="{_SPACING}"/>'))
    # Where lines may break follows the language; the library's template says English.
    for language in document.styles.element.iter(qn("w:lang")):
        language.set(qn("w:eastAsia"), "zh-CN")
    form = normal.paragraph_format
    form.line_spacing = Pt(_LINE)
    form.space_before = form.space_after = Pt(0)
    form.widow_control = False
    normal.paragraph_format.element.get_or_add_pPr().append(parse_xml(f'<w:snapToGrid {nsdecls("w")} w:val="0"/>'))


def _page_numbers(document: _Any) -> None:
    """— 1 — in 4号 Song; odd pages right, even pages left, one character in from the edge."""
    document.settings.odd_and_even_pages_header_footer = True
    section = document.sections[0]
    for footer, align, side in (
        (section.footer, WD_ALIGN_PARAGRAPH.RIGHT, "right_indent"),
        (section.even_page_footer, WD_ALIGN_PARAGRAPH.LEFT, "left_indent"),
    ):
        footer.is_linked_to_previous = False
        paragraph = footer.paragraphs[0]
        paragraph.alignment = align
        setattr(paragraph.paragraph_format, side, Pt(14))
        paragraph.paragraph_format.line_spacing = Pt(16)
        _run(paragraph, "— ", SONG, 14)
        for kind in ("begin", None, "end"):
            run = _run(paragraph, "", SONG, 14)
            if kind:
                run._r.append(parse_xml(f'<w:fldChar {nsdecls("w")} w:fldCharType="{kind}"/>'))  # noqa: SLF001 - fields have no API
            else:
                run._r.append(parse_xml(f'<w:instrText {nsdecls("w")} xml:space="preserve"> PAGE </w:instrText>'))  # noqa: SLF001 - the same
        _run(paragraph, " —", SONG, 14)


def _properties(document: _Any, summary: Summary) -> None:
    core = document.core_properties
    core.title = f"{one_line(summary.plan_title)}{summary.period}月报"
    core.author = one_line(summary.office.name)
    core.last_modified_by = ""
    core.comments = ""
    core.revision = 1
    core.created = core.modified = summary.at.replace(tzinfo=None)


#: Children in the order of the schema: Word calls a file damaged where they stand in another order.
_ORDER = {
    "w:pPr": (
        *("pStyle", "keepNext", "keepLines", "pageBreakBefore", "widowControl", "numPr", "pBdr", "shd", "tabs"),
        *("snapToGrid", "spacing", "ind", "contextualSpacing", "jc", "outlineLvl", "rPr", "sectPr"),
    ),
    "w:rPr": (
        "rStyle",
        "rFonts",
        "b",
        "bCs",
        "i",
        "iCs",
        "snapToGrid",
        "color",
        "spacing",
        "kern",
        "sz",
        "szCs",
        "lang",
    ),
    "w:sectPr": (
        *("headerReference", "footerReference", "type", "pgSz", "pgMar", "pgNumType", "cols", "titlePg", "docGrid"),
    ),
}


def _in_schema_order(root: _Any) -> None:
    for name, order in _ORDER.items():
        rank = {qn(f"w:{child}"): place for place, child in enumerate(order)}
        for element in root.iter(qn(name)):
            element[:] = sorted(element, key=lambda child: rank.get(child.tag, len(rank)))


# --------------------------------------------------------------------------- paragraphs


def _run(paragraph: _Any, text: str, font: str, size: float, *, bold: bool = False, grey: bool = False) -> _Any:
    run = paragraph.add_run(text)
    run.font.size = Pt(size)
    run.font.bold = bold or None
    fonts = run._r.get_or_add_rPr().get_or_add_rFonts()  # noqa: SLF001 - eastAsia fonts have no API
    latin = font if font == SONG else "Times New Roman"
    for name, value in (("w:ascii", latin), ("w:hAnsi", latin), ("w:eastAsia", font), ("w:cs", latin)):
        fonts.set(qn(name), value)
    if grey:
        run.font.color.rgb = RGBColor(0x80, 0x80, 0x80)
    return run


def _paragraph(document: _Any, text: str, *, font: str = FANG, size: float = 16, bold: bool = False) -> _Any:
    paragraph = document.add_paragraph()
    if text:
        _run(paragraph, text, font, size, bold=bold)
    return paragraph


def _again(document: _Any, text: str, *, mark: int, models: dict[int, _Any]) -> None:
    """A paragraph of the text; one whose like stands in this paper is a copy of that with other words.

    python-docx looks a place up for every property of every run: most of what a paper took, for a few kinds of them.
    """
    if mark not in models:
        _LAYOUT.get(mark, _body)(document, text)
        if mark not in _PAIRS:
            models[mark] = document.paragraphs[-1]._p  # noqa: SLF001 - copying paragraphs has no API
        return
    copy = deepcopy(models[mark])
    copy.r_lst[0].text = text
    document.element.body._insert_p(copy)  # noqa: SLF001 - the same


def _indent(paragraph: _Any) -> None:
    """Two characters at the head of the first line, in characters so that it holds in any size."""
    properties = paragraph._p.get_or_add_pPr()  # noqa: SLF001 - character units have no API
    properties.append(parse_xml(f'<w:ind {nsdecls("w")} w:firstLineChars="200" w:firstLine="630"/>'))


def _body(document: _Any, text: str) -> None:
    _indent(_paragraph(document, text))


def _heading_one(document: _Any, text: str) -> None:
    paragraph = _paragraph(document, text, font=HEI)
    _outline(paragraph, 0)
    _indent(paragraph)
    paragraph.paragraph_format.keep_with_next = True


def _heading_two(document: _Any, text: str) -> None:
    paragraph = _paragraph(document, text, font=KAI)
    _outline(paragraph, 1)
    _indent(paragraph)
    paragraph.paragraph_format.keep_with_next = True


def _heading_three(document: _Any, text: str) -> None:
    paragraph = _paragraph(document, text, bold=True)
    _indent(paragraph)
    paragraph.paragraph_format.keep_with_next = True


def _outline(paragraph: _Any, level: int) -> None:
    """Level for the navigation pane, without the look of Word's own heading styles."""
    paragraph._p.get_or_add_pPr().append(  # noqa: SLF001 - outline levels have no API
        parse_xml(f'<w:outlineLvl {nsdecls("w")} w:val="{level}"/>')
    )


def _title(document: _Any, text: str, *, first: bool) -> None:
    if first:
        _paragraph(document, "")
    paragraph = _paragraph(document, text, font=TITLE, size=22)
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    paragraph.paragraph_format.line_spacing = Pt(34)


def _signature(document: _Any, text: str) -> None:
    paragraph = _paragraph(document, text)
    paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    paragraph.paragraph_format.right_indent = Pt(32)


def _placeholder(document: _Any, text: str) -> None:
    paragraph = document.add_paragraph()
    _run(paragraph, text, KAI, 16, grey=True)


def _imprint(document: _Any, text: str) -> None:
    """版记: 4号, between thin lines as wide as the text area."""
    paragraph = document.add_paragraph()
    _run(paragraph, text, FANG, 14, grey=True)
    paragraph.paragraph_format.left_indent = paragraph.paragraph_format.right_indent = Pt(14)
    paragraph._p.get_or_add_pPr().append(  # noqa: SLF001 - borders have no API
        parse_xml(
            f'<w:pBdr {nsdecls("w")}><w:top w:val="single" w:sz="4" w:space="1" w:color="808080"/>'
            '<w:bottom w:val="single" w:sz="4" w:space="1" w:color="808080"/></w:pBdr>'
        )
    )


def _annex_note(document: _Any, text: str) -> None:
    _paragraph(document, "")
    _indent(_paragraph(document, text))


def _annex_note_next(document: _Any, text: str) -> None:
    paragraph = _paragraph(document, text)
    paragraph.paragraph_format.left_indent = Pt(5 * 15.75)


_LAYOUT = {
    2: _heading_one,
    3: _heading_two,
    4: _heading_three,
    5: _signature,
    6: _placeholder,
    9: _imprint,
    10: _annex_note,
    11: _annex_note_next,
}
#: Marks that make two paragraphs.
_PAIRS = frozenset({10})


def _picture(document: _Any, chart: bytes | None) -> None:
    if chart is None:
        return
    paragraph = document.add_paragraph()
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    # An exact line height would cut the picture down to one line.
    paragraph.paragraph_format.line_spacing = 1.0
    paragraph.add_run().add_picture(BytesIO(chart), width=Mm(152))


# --------------------------------------------------------------------------- annexes


def _annex(document: _Any, summary: Summary, name: str) -> None:
    number, title, landscape, heads, widths, rows = _ANNEXES[name](summary)
    section = document.add_section(WD_SECTION.NEW_PAGE)
    _page(section, landscape=landscape)
    _paragraph(document, f"附件{number}", font=HEI)
    heading = _paragraph(document, title, font=TITLE, size=18)
    heading.alignment = WD_ALIGN_PARAGRAPH.CENTER
    _table(document, heads, widths, rows, points=9 if landscape else 10.5)


_Annex = tuple[int, str, bool, tuple[str, ...], tuple[int, ...], Sequence[tuple[str, ...]]]


def _short(instant: datetime | None, summary: Summary) -> str:
    return f"{instant.astimezone(zone_of(summary.office)):%m-%d %H:%M}" if instant else "—"


def _lists(summary: Summary) -> _Annex:
    rows = []
    for number, unit in enumerate(summary.units, start=1):
        row = unit_row(unit, summary.office)
        share = f"{unit.answered}/{unit.owed}"
        state = "、".join(filter(None, (str(row["label"]), str(row["late"]), "零报告" if unit.zero_report else "")))
        # With a blank behind each 、 a long list of numbers breaks there and not within a number.
        owed = str(row["missing"]).replace("、", "、 ")
        note = unit.exempt or (f"缺{owed}" if owed and unit.label == "部分报送" else "")
        rows.append((str(number), unit.unit, share, state, _short(unit.first_received, summary), note))
    heads = ("序号", "单位", "已报/应报", "情况", "首次收到", "备注")
    return 1, "报送情况明细表", False, heads, (12, 33, 20, 28, 25, 38), rows


def _goals(summary: Summary) -> _Annex:
    rows = [
        (
            str(row["item"]),
            str(row["of"]),
            str(row["wanted"]),
            str(row["due"]) or "—",
            str(row["reported"]),
            str(row["verdict"]),
        )
        for row in map(goal_row, summary.goals)
    ]
    heads = ("任务", "指标", "目标", "时限", "报告数", "判断")
    return 2, "目标指标完成情况表", False, heads, (12, 27, 27, 34, 28, 28), rows


def _mail(source: Source, summary: Summary) -> str:
    """A mail as a person finds it: its subject and when it came."""
    if source.received_at is None:
        return "（未能定位到来件）"
    came = source.received_at.astimezone(zone_of(summary.office))
    subject = one_line(source.subject, _SUBJECT_LIMIT) or "无主题"
    return f"《{subject}》{came.month}月{came.day}日\xa0{came:%H:%M}"


def _sources(summary: Summary) -> _Annex:
    rows = [
        (
            str(source.number),
            str(source.item or "—"),
            source.unit,
            source.sentence,
            _mail(source, summary),
            f"{source.part} {source.place}".strip(),
        )
        for source in summary.sources
    ]
    heads = ("序号", "任务", "单位", "语句", "来件", "位置")
    return 3, "溯源表", True, heads, (13, 11, 31, 97, 58, 37), rows


_ANNEXES = {"lists": _lists, "goals": _goals, "sources": _sources}


def _table(
    document: _Any, heads: tuple[str, ...], widths: tuple[int, ...], rows: Sequence[tuple[str, ...]], *, points: float
) -> None:
    """A ruled table; rows are copies of one prepared row (``table.cell`` would take minutes for a year's sources)."""
    table = document.add_table(rows=2, cols=len(heads))
    table._tbl.tblStyle_val = _GRID  # noqa: SLF001 - by its name it is searched for among all styles, each time
    table.autofit = False
    body = table._tbl  # noqa: SLF001 - copying rows has no API
    for column, width in zip(body.tblGrid.findall(qn("w:gridCol")), widths, strict=True):
        column.set(qn("w:w"), str(Mm(width).twips))
    header, model = body.findall(qn("w:tr"))
    for row, bold in ((header, True), (model, False)):
        row.get_or_add_trPr().append(parse_xml(f"<w:cantSplit {nsdecls('w')}/>"))
        for cell, width in zip(row.findall(qn("w:tc")), widths, strict=True):
            cell.tcPr.find(qn("w:tcW")).set(qn("w:w"), str(Mm(width).twips))
            _prepare(cell, bold=bold, points=points)
    header.get_or_add_trPr().append(parse_xml(f"<w:tblHeader {nsdecls('w')}/>"))
    _fill(header, heads)
    for values in rows:
        copy = deepcopy(model)
        _fill(copy, values)
        body.append(copy)
    body.remove(model)
    if not rows:
        _body(document, "（无）")


def _prepare(cell: _Any, *, bold: bool, points: float) -> None:
    """One paragraph with one run in 小五 to 五号, at a line height of its own."""
    paragraph = cell.find(qn("w:p"))
    for child in list(paragraph):
        paragraph.remove(child)
    font, half = HEI if bold else FANG, round(points * 2)
    spacing = f'<w:spacing w:before="20" w:after="20" w:line="{round(points * 28)}" w:lineRule="exact"/>'
    paragraph.append(parse_xml(f"<w:pPr {nsdecls('w')}>{spacing}</w:pPr>"))
    paragraph.append(
        parse_xml(
            f'<w:r {nsdecls("w")}><w:rPr><w:rFonts w:ascii="Times New Roman" w:hAnsi="Times New Roman" '
            f'w:eastAsia="{font}"/><w:spacing w:val="0"/><w:sz w:val="{half}"/><w:szCs w:val="{half}"/></w:rPr>'
            '<w:t xml:space="preserve"></w:t></w:r>'
        )
    )


def _fill(row: _Any, values: tuple[str, ...]) -> None:
    for cell, value in zip(row.iter(qn("w:t")), values, strict=True):
        cell.text = one_line(value, _CELL_LIMIT)
