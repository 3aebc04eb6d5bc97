"""Word files give their final view, each trap in a file of its own."""

from __future__ import annotations

import io
import time
import zipfile

import docx as python_docx
import openpyxl
import pytest

from pipeline.model import Document, Paragraph, Part, Table, Trouble, Unreadable
from pipeline.readers import Tools, read
from pipeline.readers.numbering import counted, shown

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
NAMES = (
    f'xmlns:w="{W}" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
    'xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape" '
    'xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office"'
)
STRICT = b"http://purl.oclc.org/ooxml/officeDocument/relationships"
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def word(body: str, *, parts: dict[str, str | bytes] | None = None, relations: str = "", prolog: str = "") -> bytes:
    """A Word file around the XML of its body."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{RELATIONS}"><Relationship Id="r1" Type="{OFFICE}/officeDocument" '
            'Target="word/document.xml"/></Relationships>',
        )
        archive.writestr("word/document.xml", f"{prolog}<w:document {NAMES}><w:body>{body}</w:body></w:document>")
        archive.writestr(
            "word/_rels/document.xml.rels", f'<Relationships xmlns="{RELATIONS}">{relations}</Relationships>'
        )
        for name, content in (parts or {}).items():
            archive.writestr(name, content)
    return buffer.getvalue()


def p(text: str, properties: str = "") -> str:
    """A plain paragraph."""
    return f"<w:p><w:pPr>{properties}</w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>"


def read_word(data: bytes) -> Document:
    """The document, which must be readable."""
    result = read(Part("1", "报告.docx", "application/octet-stream", data), Tools())
    assert isinstance(result, Document), result
    return result


def lines(document: Document) -> list[str]:
    """Labels and texts of the paragraphs."""
    return [block.label + block.text for block in document.blocks if isinstance(block, Paragraph)]


def table(document: Document) -> Table:
    """The only table."""
    (found,) = [block for block in document.blocks if isinstance(block, Table)]
    return found


def test_tracked_changes_are_accepted() -> None:
    """Insertions count, deletions and moved-away text do not, and a warning says so."""
    body = (
        "<w:p><w:r><w:t>新建</w:t></w:r><w:del><w:r><w:delText>3</w:delText></w:r></w:del>"
        "<w:ins><w:r><w:t>5</w:t></w:r></w:ins><w:r><w:t>个站点</w:t></w:r>"
        "<w:moveFrom><w:r><w:t>移走</w:t></w:r></w:moveFrom><w:moveTo><w:r><w:t>。</w:t></w:r></w:moveTo></w:p>"
    )
    document = read_word(word(body))
    assert lines(document) == ["新建5个站点。"]
    assert document.warnings == ("文件带有修订痕迹，已按接受全部修订后的内容读取",)


def test_deleted_paragraph_mark_joins() -> None:
    """A deleted paragraph mark makes two paragraphs one."""
    body = "<w:p><w:pPr><w:rPr><w:del/></w:rPr></w:pPr><w:r><w:t>前半，</w:t></w:r></w:p>" + p("后半。")
    assert lines(read_word(word(body))) == ["前半，后半。"]


def test_deleted_row_is_gone() -> None:
    """A row that tracked changes deleted is no row."""
    row = "<w:tr>{0}<w:tc><w:p><w:r><w:t>{1}</w:t></w:r></w:p></w:tc><w:tc><w:p/></w:tc></w:tr>"
    body = f"<w:tbl>{row.format('', '留')}{row.format('<w:trPr><w:del/></w:trPr>', '删')}</w:tbl>"
    assert [cell.text for cell in table(read_word(word(body))).cells] == ["留", ""]


@pytest.mark.parametrize("look", ["<w:vanish/>", "<w:strike/>", '<w:color w:val="FFFFFF"/>'])
def test_unseen_text_is_out(look: str) -> None:
    """Hidden, struck and white text is left out, with a warning."""
    document = read_word(
        word(f"<w:p><w:r><w:rPr>{look}</w:rPr><w:t>看不见</w:t></w:r><w:r><w:t>看得见</w:t></w:r></w:p>")
    )
    assert lines(document) == ["看得见"]
    assert len(document.warnings) == 1


def test_text_box_once() -> None:
    """A text box stands in the text once, not again through its fallback."""
    box = "<w:txbxContent><w:p><w:r><w:t>框内文字</w:t></w:r></w:p></w:txbxContent>"
    body = (
        f"<w:p><w:r><mc:AlternateContent><mc:Choice Requires='wps'><w:drawing><wps:txbx>{box}</wps:txbx></w:drawing>"
        f"</mc:Choice><mc:Fallback><w:pict><v:textbox>{box}</v:textbox></w:pict></mc:Fallback></mc:AlternateContent>"
        "</w:r><w:r><w:t>正文</w:t></w:r></w:p>"
    )
    document = read_word(word(body))
    assert lines(document) == ["正文", "框内文字"]
    assert document.blocks[1].zone == "textbox"  # type: ignore[union-attr]


def test_header_names_the_unit_and_page_number_does_not() -> None:
    """A header is read in its zone; a footer that is only the page number is dropped."""
    section = (
        '<w:sectPr><w:headerReference w:type="default" r:id="h"/>'
        '<w:footerReference w:type="default" r:id="f"/></w:sectPr>'
    )
    relations = (
        f'<Relationship Id="h" Type="{OFFICE}/header" Target="header1.xml"/>'
        f'<Relationship Id="f" Type="{OFFICE}/footer" Target="footer1.xml"/>'
    )
    parts: dict[str, str | bytes] = {
        "word/header1.xml": f"<w:hdr {NAMES}>{p('夏县示例局')}</w:hdr>",
        "word/footer1.xml": f"<w:ftr {NAMES}>{p('— 1 —')}</w:ftr>",
    }
    document = read_word(word(p("正文") + section, parts=parts, relations=relations))
    assert [(block.zone, block.text) for block in document.blocks if isinstance(block, Paragraph)] == [
        ("header", "夏县示例局"),
        ("body", "正文"),
    ]


def test_merged_cells_stand_once() -> None:
    """GridSpan and vMerge give one cell with its spans."""

    def cell(text: str, look: str = "") -> str:
        return f"<w:tc><w:tcPr>{look}</w:tcPr><w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:tc>"

    wide, first = '<w:gridSpan w:val="2"/>', '<w:vMerge w:val="restart"/>'
    body = (
        f"<w:tbl><w:tr>{cell('标题', wide)}</w:tr>"
        f"<w:tr>{cell('任务', first)}{cell('甲')}</w:tr>"
        f"<w:tr>{cell('', '<w:vMerge/>')}{cell('乙')}</w:tr></w:tbl>"
    )
    found = table(read_word(word(body)))
    assert [(cell.text, cell.row, cell.column, cell.rows, cell.columns) for cell in found.cells] == [
        ("标题", 0, 0, 1, 2),
        ("任务", 1, 0, 2, 1),
        ("甲", 1, 1, 1, 1),
        ("乙", 2, 1, 1, 1),
    ]
    assert (found.height, found.width) == (3, 2)


def row(*cells: str) -> str:
    """A row of a table, its cells as XML."""
    return f"<w:tr>{''.join(f'<w:tc>{each}</w:tc>' for each in cells)}</w:tr>"


def shapes(document: Document) -> list[list[str] | str]:
    """Paragraphs as texts, tables as the texts of their cells."""
    return [
        [cell.text for cell in block.cells] if isinstance(block, Table) else block.text for block in document.blocks
    ]


def test_a_nested_table_is_told_in_its_row_or_names_it() -> None:
    """One row is a line of its cell; a table with a head stands behind and names the cell; a frame is no table."""
    inner = f"<w:tbl>{row(p('机构类型'), p('备案数（家）'))}{row(p('托育机构'), p('2'))}</w:tbl>"
    bare = f"<w:tbl>{row(p('托育机构'), p('2家'))}</w:tbl>"
    keyless = f"<w:tbl>{row(p('床位'), p('服务人次'))}{row(p('38张'), p('604人次'))}</w:tbl>"
    outer = f"<w:tbl>{row(p('托育'), p('备案情况：') + inner)}{row(p('养老'), bare + keyless + '<w:p/>')}</w:tbl>"
    document = read_word(word(outer + f"<w:tbl>{row(p('框'))}</w:tbl>"))
    assert shapes(document) == [
        ["托育", "备案情况：", "养老", "托育机构 2家"],
        ["机构类型", "备案数（家）", "托育机构", "2"],
        ["床位", "服务人次", "38张", "604人次"],
        "框",
    ]
    assert [block.place for block in document.blocks if isinstance(block, Table)] == [
        "表1", "表1第1行第2列·表2", "表1第2行第2列·表4",
    ]  # fmt: skip


def test_a_nested_table_of_its_own_follows_its_table() -> None:
    """A table of long cells, or one that a frame of several cells only lays out, stands behind the outer one."""
    long = "新建5G基站11个，累计建成178个，完成全年任务的89.5%，各项工作按计划推进。"
    ledger = f"<w:tbl>{row(p('任务'), p('进展'))}{row(p('基站'), p(long))}</w:tbl>"
    laid_out = f"<w:tbl>{row(p('示例局台账'))}{row('<w:tbl>' + row(p('基站'), p('11个')) + '</w:tbl><w:p/>')}</w:tbl>"
    document = read_word(word(f"<w:tbl>{row(p('外'), ledger + '<w:p/>')}</w:tbl>{laid_out}"))
    assert shapes(document) == [["外", ""], ["任务", "进展", "基站", long], ["示例局台账", "基站 11个"]]


NUMBERING = f"""<w:numbering xmlns:w="{W}">
<w:abstractNum w:abstractNumId="0">
 <w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="chineseCountingThousand"/><w:lvlText w:val="%1、"/></w:lvl>
 <w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="chineseCounting"/><w:lvlText w:val="（%2）"/></w:lvl>
 <w:lvl w:ilvl="2"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:isLgl/><w:lvlText w:val="%1.%2.%3"/></w:lvl>
</w:abstractNum>
<w:abstractNum w:abstractNumId="1">
 <w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="decimalEnclosedCircleChinese"/><w:lvlText w:val="%1"/></w:lvl>
</w:abstractNum>
<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>
<w:num w:numId="2"><w:abstractNumId w:val="0"/>
<w:lvlOverride w:ilvl="0"><w:startOverride w:val="1"/></w:lvlOverride></w:num>
<w:num w:numId="3"><w:abstractNumId w:val="1"/></w:num>
</w:numbering>"""


def numbered(text: str, number: int, level: int) -> str:
    """A paragraph in a list."""
    return p(text, f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{number}"/></w:numPr>')


def test_automatic_numbers() -> None:
    """Numbers are rebuilt at every level, start again below a new one, and where a list says so."""
    body = "".join(
        (numbered("甲", 1, 0), numbered("乙", 1, 1), numbered("丙", 1, 1), numbered("丁", 1, 2), numbered("戊", 1, 0))
    ) + "".join((numbered("己", 1, 1), numbered("庚", 2, 0), numbered("辛", 3, 0), numbered("壬", 3, 0)))
    relations = f'<Relationship Id="n" Type="{OFFICE}/numbering" Target="numbering.xml"/>'
    document = read_word(word(body, parts={"word/numbering.xml": NUMBERING}, relations=relations))
    assert [block.label for block in document.blocks if isinstance(block, Paragraph)] == [
        "一、",
        "（一）",
        "（二）",
        "1.2.1",
        "二、",
        "（一）",
        "一、",
        "①",
        "②",
    ]


def test_numbers_through_styles() -> None:
    """A style that brings a list numbers its paragraphs, and numId 0 takes the number away."""
    styles = (
        f'<w:styles xmlns:w="{W}"><w:style w:type="paragraph" w:styleId="a"><w:name w:val="heading 1"/>'
        '<w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr></w:style></w:styles>'
    )
    relations = (
        f'<Relationship Id="n" Type="{OFFICE}/numbering" Target="numbering.xml"/>'
        f'<Relationship Id="s" Type="{OFFICE}/styles" Target="styles.xml"/>'
    )
    body = p("甲", '<w:pStyle w:val="a"/>') + p("乙", '<w:pStyle w:val="a"/><w:numPr><w:numId w:val="0"/></w:numPr>')
    document = read_word(
        word(body, parts={"word/numbering.xml": NUMBERING, "word/styles.xml": styles}, relations=relations)
    )
    assert [(block.label, block.level) for block in document.blocks if isinstance(block, Paragraph)] == [
        ("一、", 1),
        ("", 1),
    ]


@pytest.mark.parametrize(
    ("number", "style", "text"),
    [
        (10, "chineseCounting", "十"), (12, "taiwaneseCountingThousand", "十二"),
        (105, "chineseCountingThousand", "一百零五"),
        (21, "japaneseCounting", "二十一"), (12, "chineseLegalSimplified", "壹拾贰"), (3, "ideographTraditional", "丙"),
        (7, "decimalEnclosedCircle", "⑦"), (3, "decimalFullWidth", "３"),
        (4, "lowerRoman", "iv"), (28, "lowerLetter", "bb"),
        (5, "decimalZero", "05"), (2, "decimalEnclosedParen", "⑵"), (9, "unheardOf", "9"),
    ],
)  # fmt: skip
def test_number_formats(number: int, style: str, text: str) -> None:
    """Every way that Word and WPS count in Chinese."""
    assert text == shown(number, style)


def test_counting_has_no_gaps() -> None:
    """1010 is 一千零一十 and 1100 一千一百."""
    assert (counted(1010), counted(1100), counted(20)) == ("一千零一十", "一千一百", "二十")


def test_bold_lead_and_content_control() -> None:
    """A bold run at the start is the lead; text in a content control counts; a table of contents does not."""
    body = (
        '<w:sdt><w:sdtPr><w:docPartObj><w:docPartGallery w:val="Table of Contents"/></w:docPartObj></w:sdtPr>'
        f"<w:sdtContent>{p('一、工作…1')}</w:sdtContent></w:sdt>"
        "<w:p><w:r><w:rPr><w:b/></w:rPr><w:t>行业纾困。</w:t></w:r><w:sdt><w:sdtContent><w:r><w:t>办理61户。</w:t></w:r>"
        "</w:sdtContent></w:sdt></w:p>"
    )
    (block,) = read_word(word(body)).blocks
    assert isinstance(block, Paragraph)
    assert (block.text, block.lead, block.bold) == ("行业纾困。办理61户。", "行业纾困。", False)


def test_field_shows_its_result() -> None:
    """Of a field only the result is seen, never the instruction."""
    body = (
        '<w:p><w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText>=SUM(A1)</w:instrText></w:r>'
        '<w:r><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:t>37</w:t></w:r>'
        '<w:r><w:fldChar w:fldCharType="end"/></w:r><w:r><w:t>户</w:t></w:r></w:p>'
    )
    assert lines(read_word(word(body))) == ["37户"]


def test_strict_dialect() -> None:
    """The strict dialect reads like the usual one."""
    data = word(p("严格格式"))
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(buffer, "w") as target:
        for name in source.namelist():
            content = source.read(name).replace(W.encode(), b"http://purl.oclc.org/ooxml/wordprocessingml/main")
            target.writestr(name, content.replace(OFFICE.encode(), STRICT))
    assert lines(read_word(buffer.getvalue())) == ["严格格式"]


def test_embedded_workbook_is_a_table() -> None:
    """A workbook embedded in the text is read as a table in its place."""
    book = openpyxl.Workbook()
    book.active["A1"], book.active["B1"] = "指标", 12  # type: ignore[index]
    stored = io.BytesIO()
    book.save(stored)
    body = '<w:p><w:r><w:object><o:OLEObject r:id="e"/></w:object></w:r></w:p>' + p("后文")
    relations = f'<Relationship Id="e" Type="{OFFICE}/package" Target="embeddings/a.xlsx"/>'
    document = read_word(word(body, parts={"word/embeddings/a.xlsx": stored.getvalue()}, relations=relations))
    assert [(cell.text, cell.number) for cell in table(document).cells] == [("指标", None), ("12", 12.0)]
    assert lines(document) == ["后文"]


@pytest.mark.parametrize("where", ["word/document.xml", "word/styles.xml"])
def test_entities_are_refused(where: str) -> None:
    """A document type in any part that is read refuses the file."""
    bomb = '<!DOCTYPE a [<!ENTITY x "y">]>'
    if where.endswith("document.xml"):
        data = word(p("&x;"), prolog=bomb)
    else:
        relations = f'<Relationship Id="s" Type="{OFFICE}/styles" Target="styles.xml"/>'
        data = word(p("正文"), parts={where: f'{bomb}<w:styles xmlns:w="{W}"/>'}, relations=relations)
    result = read(Part("1", "坏.docx", "", data), Tools())
    assert isinstance(result, Unreadable)
    assert Trouble.HOSTILE is result.trouble


def test_bomb_is_refused_before_it_opens() -> None:
    """A part of 300 MB in 0.3 MB is refused from the directory."""
    result = read(Part("1", "炸弹.docx", "", word(p("一"), parts={"word/media/a.xml": b"0" * (300 << 20)})), Tools())
    assert isinstance(result, Unreadable)
    assert Trouble.TOO_LARGE is result.trouble


def test_ten_pages_are_fast() -> None:
    """A document of ten pages with five tables is read in well under 100 ms."""
    document = python_docx.Document()
    for _ in range(120):
        document.add_paragraph("今年以来，我局围绕服务业提质增效，完成投资320万元，新增主体26家。" * 2)
    for _ in range(5):
        grid = document.add_table(12, 5)
        for cell in grid._cells:
            cell.text = "完成序时进度"
    stored = io.BytesIO()
    document.save(stored)
    read_word(stored.getvalue())
    took = []
    for _ in range(5):
        start = time.process_time()
        read_word(stored.getvalue())
        took.append(time.process_time() - start)
    assert min(took) < 0.1


def test_a_style_that_strikes_can_be_switched_off() -> None:
    """A run in a striking style that switches the stroke off is seen; its neighbour in the style is not."""
    styles = (
        f'<w:styles xmlns:w="{W}"><w:style w:type="character" w:styleId="Del"><w:name w:val="作废"/>'
        "<w:rPr><w:strike/></w:rPr></w:style></w:styles>"
    )
    run = '<w:r><w:rPr><w:rStyle w:val="Del"/>{}</w:rPr><w:t>{}</w:t></w:r>'
    body = "<w:p>" + run.format("", "完成3家") + run.format('<w:strike w:val="0"/>', "完成5家") + "</w:p>"
    relation = f'<Relationship Id="s" Type="{OFFICE}/styles" Target="styles.xml"/>'
    assert lines(read_word(word(body, parts={"word/styles.xml": styles}, relations=relation))) == ["完成5家"]


@pytest.mark.parametrize("look", ['<w:color w:val="FEFEFE"/>', '<w:sz w:val="2"/>'])
def test_what_is_nearly_unseen_is_out(look: str) -> None:
    """A white that is not quite white and signs of one point are seen by nobody."""
    body = f"<w:p><w:r><w:rPr>{look}</w:rPr><w:t>看不见</w:t></w:r><w:r><w:t>看得见</w:t></w:r></w:p>"
    document = read_word(word(body))
    assert lines(document) == ["看得见"]
    assert len(document.warnings) == 1


def test_a_prompt_that_nobody_filled_in_is_no_text() -> None:
    """The grey prompt of an empty content control is left out; what was typed into one counts."""
    styles = (
        f'<w:styles xmlns:w="{W}"><w:style w:type="character" w:styleId="a3"><w:name w:val="Placeholder Text"/>'
        "</w:style></w:styles>"
    )
    control = (
        '<w:p><w:sdt><w:sdtPr>{}</w:sdtPr><w:sdtContent><w:r><w:rPr><w:rStyle w:val="{}"/></w:rPr>'
        "<w:t>{}</w:t></w:r></w:sdtContent></w:sdt></w:p>"
    )
    body = control.format("<w:showingPlcHdr/>", "a3", "单击此处输入进展") + control.format("", "", "已完成5家")
    relation = f'<Relationship Id="s" Type="{OFFICE}/styles" Target="styles.xml"/>'
    assert lines(read_word(word(body, parts={"word/styles.xml": styles}, relations=relation))) == ["已完成5家"]


def annotated(body: str, *notes: str) -> Document:
    """A Word file with footnotes; ``{0}`` in its body is the mark of the first."""
    marks = [f'<w:r><w:footnoteReference w:id="{number}"/></w:r>' for number in range(2, 2 + len(notes))]
    stored = "".join(f'<w:footnote w:id="{number}">{p(text)}</w:footnote>' for number, text in enumerate(notes, 2))
    relation = f'<Relationship Id="f" Type="{OFFICE}/footnotes" Target="footnotes.xml"/>'
    parts: dict[str, str | bytes] = {"word/footnotes.xml": f"<w:footnotes {NAMES}>{stored}</w:footnotes>"}
    return read_word(word(body.format(*marks), parts=parts, relations=relation))


def test_a_note_lives_by_its_mark() -> None:
    """A footnote whose mark was deleted under tracked changes is gone with it."""
    body = "<w:p><w:r><w:t>正文</w:t></w:r>{0}<w:del>{1}</w:del></w:p>"
    assert lines(annotated(body, "留", "删")) == ["正文", "留"]


def test_a_note_stands_where_its_mark_stands() -> None:
    """A note is told behind the sentence of its mark, in front of its full stop or after, and behind a heading."""
    body = (
        "<w:p><w:r><w:t>农业服务</w:t></w:r>{0}</w:p>"
        "<w:p><w:r><w:t>新增企业4家</w:t></w:r>{1}<w:r><w:t>。托管18.6万亩。</w:t></w:r>{2}<w:r><w:t>贷款7笔。</w:t></w:r></w:p>"
        "<w:p><w:r><w:t>下一步工作</w:t></w:r></w:p>"
    )
    document = annotated(body, "统计到8月底", "其中果品2家", "同比增长12.5%。")
    assert lines(document) == [
        "农业服务",
        "统计到8月底",
        "新增企业4家。其中果品2家。托管18.6万亩。同比增长12.5%。贷款7笔。",
        "下一步工作",
    ]
    assert [block.place for block in document.blocks] == ["第1段", "第1段脚注", "第2段", "第3段"]


def test_a_note_that_explains_is_told_apart() -> None:
    """A note that calls itself one stands behind its paragraph: what it explains is no work of the month."""
    body = "<w:p><w:r><w:t>网签164套</w:t></w:r>{0}<w:r><w:t>。观望情绪较浓。</w:t></w:r></w:p>" + p("二、问题")
    assert lines(annotated(body, "注：去年同期198套。")) == [
        "网签164套。观望情绪较浓。",
        "注：去年同期198套。",
        "二、问题",
    ]


def test_a_note_to_a_cell() -> None:
    """A note to a cell's words stands in the cell; one to a head or a bare figure follows the table."""
    cells = [
        f"<w:p><w:r><w:t>{text}</w:t></w:r>{{{at}}}</w:p>" for at, text in enumerate(("完成率", "178", "接待1.8万人次"))
    ]
    document = annotated(f"<w:tbl>{row(*cells)}</w:tbl>" + p("二、问题"), "按投资计", "含在建", "含夜游0.3万人次")
    assert shapes(document) == [["完成率", "178", "接待1.8万人次\n含夜游0.3万人次"], "按投资计", "含在建", "二、问题"]


def test_a_prompt_without_its_look_is_no_text() -> None:
    """Words that ask to be replaced are out of an unfilled control in any look; what a program put in counts."""
    control = "<w:sdt><w:sdtPr><w:showingPlcHdr/></w:sdtPr><w:sdtContent>{}</w:sdtContent></w:sdt>"
    asking = control.format(p("单击或点击此处输入文字，例如完成货运量100万吨。"))
    assert lines(read_word(word(asking + control.format(p("货运量8.4万吨。"))))) == ["货运量8.4万吨。"]


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.docx", word(p("二、园区") + p("入驻企业23家。"))),
        ("a.htm", '<html><meta charset="utf-8"><p>二、园区</p><p>入驻企业23家。</p></html>'.encode()),
        ("a.txt", "二、园区\n入驻企业23家。".encode()),
    ],
)
def test_a_paper_put_in_whole_is_read_in_its_place(name: str, data: bytes) -> None:
    """What a program put into the document as a whole file is read where it stands."""
    relation = f'<Relationship Id="c" Type="{OFFICE}/aFChunk" Target="{name}"/>'
    body = p("一、货运") + '<w:altChunk r:id="c"/>' + p("三、其他")
    document = read_word(word(body, parts={f"word/{name}": data}, relations=relation))
    assert lines(document) == ["一、货运", "二、园区", "入驻企业23家。", "三、其他"]
    assert document.blocks[1].place.startswith("插入部分1·")
    assert (document.warnings, document.unread) == ((), ())


def test_a_paper_put_in_that_cannot_be_read_is_a_part_unread() -> None:
    """What cannot be read of a document put in whole is asked for like an attachment that cannot be read."""
    relation = f'<Relationship Id="c" Type="{OFFICE}/aFChunk" Target="a.rtf"/>'
    parts: dict[str, str | bytes] = {"word/a.rtf": b"{\\rtf1 x}"}
    document = read_word(word(p("一、货运") + '<w:altChunk r:id="c"/>', parts=parts, relations=relation))
    (lost,) = document.unread
    assert (lost.trouble, lost.name) == (Trouble.NO_TOOL, "报告.docx里插入的文档")


def test_papers_in_papers_without_end_are_refused() -> None:
    """Documents put into one another deeper than a person would are not opened."""
    data = word(p("底"))
    for _ in range(4):
        relation = f'<Relationship Id="c" Type="{OFFICE}/aFChunk" Target="a.docx"/>'
        data = word(p("面") + '<w:altChunk r:id="c"/>', parts={"word/a.docx": data}, relations=relation)
    document = read_word(data)
    assert lines(document) == ["面", "面"]
    assert [lost.trouble for lost in document.unread] == [Trouble.HOSTILE]


def test_a_row_that_begins_later_keeps_its_columns() -> None:
    """The cells of a row that leaves grid columns out in front stand under the right heads."""
    late = row(p("2家")).replace("<w:tr>", '<w:tr><w:trPr><w:gridBefore w:val="1"/></w:trPr>')
    found = table(read_word(word(f"<w:tbl>{row(p('任务'), p('进展'))}{late}</w:tbl>")))
    assert [(cell.text, cell.row, cell.column) for cell in found.cells][2:] == [("2家", 1, 1)]


def test_old_form_fields_show_what_was_chosen() -> None:
    """A chosen entry and a ticked box of an old form, which stand in the field's properties, are read."""
    field = (
        '<w:r><w:fldChar w:fldCharType="begin"><w:ffData>{}</w:ffData></w:fldChar></w:r><w:r><w:instrText>FORM'
        '</w:instrText></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r>'
    )
    chosen = '<w:ddList><w:result w:val="1"/><w:listEntry w:val="滞后"/><w:listEntry w:val="已完成"/></w:ddList>'
    ticked = field.format("<w:checkBox><w:checked/></w:checkBox>")
    body = f"<w:p>{field.format(chosen)}{ticked}<w:r><w:t>是</w:t></w:r></w:p>"
    assert lines(read_word(word(body))) == ["已完成☑是"]


@pytest.mark.parametrize(("program", "told"), [("Word.Document.12", 1), ("Equation.3", 0)])
def test_an_embedded_paper_that_is_not_read_is_told(program: str, told: int) -> None:
    """A report pasted into another as an object is asked for by itself; an equation is no file."""
    body = p("正文") + f'<w:p><w:r><w:object><o:OLEObject ProgID="{program}" r:id="o"/></w:object></w:r></w:p>'
    relation = f'<Relationship Id="o" Type="{OFFICE}/package" Target="embeddings/a.docx"/>'
    document = read_word(word(body, parts={"word/embeddings/a.docx": word(p("内嵌"))}, relations=relation))
    assert len(document.warnings) == told
