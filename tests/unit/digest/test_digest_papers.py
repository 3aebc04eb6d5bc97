"""月报, 台账, page and chart: readable, traceable, deterministic, and nothing foreign in them is more than text."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import zipfile
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import docx
import openpyxl
import pytest
import sample_month as sample
from docx.oxml.ns import qn
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree
from openpyxl.comments import Comment
from PIL import Image, ImageColor

from pipeline.digest import chart, html, letters, xlsx
from pipeline.digest import docx as papers
from pipeline.digest.archive import frozen
from pipeline.digest.bookfile import workbook_file
from pipeline.digest.summary import Summary, summarise
from pipeline.model import Remark

TEMPLATES = sample.templates()
FONTS = (
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc",
)


def closed(**changes: object) -> Summary:
    """The sample month, closed."""
    return replace(summarise(sample.september(), office=sample.OFFICE, previous=sample.august()), **changes)


def font() -> str:
    """A Chinese font of this machine."""
    path = next((path for path in FONTS if Path(path).exists()), None)
    if path is None:
        pytest.skip("没有中文字体：apt install fonts-noto-cjk")
    return path


def words(data: bytes) -> str:
    """All text of a docx, tables included."""
    with zipfile.ZipFile(BytesIO(data)) as package:
        tree = etree.fromstring(package.read("word/document.xml"))
    return "\n".join("".join(p.itertext(qn("w:t"))) for p in tree.iter(qn("w:p")))


def test_the_report_has_its_parts_in_order() -> None:
    """Placeholders, title, four chapters, annexes; items carry the plan's numbers and the units' own words."""
    text = words(papers.summary_docx(closed(), templates=TEMPLATES))
    parts = (
        *("文号：（待编）", "青河县服务业提质增效2022年行动计划", "2022年9月任务完成情况月报", "一、报送情况"),
        *("二、任务进展", "7．夯实大数据基础能力", "三、存在问题", "四、下一步工作", "附件：1．报送情况明细表"),
        *("抄送：（待填）", "附件1", "附件2", "附件3"),
    )

    assert sorted(text.index(part) for part in parts) == [text.index(part) for part in parts]
    assert "县工信科局：当月新开通5G基站11个，全县累计达到178个，完成全年任务的88.6%。" in text
    assert "逾期报送的单位：县交通局（逾期1天）。" in text
    assert "未报的单位：县财政局、县税务局。" in text


def test_the_report_keeps_the_official_page() -> None:
    """A4, margins 37/35/28/26, line grid 579, body 仿宋_GB2312 16 pt at exactly 28.95 pt, 黑体 and 楷体 headings."""
    document = docx.Document(BytesIO(papers.summary_docx(closed(), templates=TEMPLATES)))
    section = document.sections[0]
    grid = section._sectPr.find(qn("w:docGrid"))
    normal = document.styles["Normal"]
    fonts = {
        paragraph.text[:2]: paragraph.runs[0]._r.rPr.rFonts.get(qn("w:eastAsia"))
        for paragraph in reversed(document.paragraphs)
        if paragraph.runs
    }

    assert [
        round(length.mm)
        for length in (
            *(section.page_width, section.page_height, section.top_margin, section.bottom_margin),
            *(section.left_margin, section.right_margin),
        )
    ] == [210, 297, 37, 35, 28, 26]
    assert (grid.get(qn("w:type")), grid.get(qn("w:linePitch"))) == ("lines", "579")
    assert normal.element.rPr.rFonts.get(qn("w:eastAsia")) == "仿宋_GB2312"
    assert (normal.font.size.pt, round(normal.paragraph_format.line_spacing.pt, 2)) == (16, 28.95)
    assert (fonts["一、"], fonts["（一"], fonts["青河"]) == ("黑体", "楷体_GB2312", "方正小标宋简体")


def test_properties_stand_in_the_order_of_the_schema() -> None:
    """Word calls a file damaged where children of w:pPr and w:rPr stand in another order."""
    order = {
        "pPr": (
            "keepNext",
            "widowControl",
            "pBdr",
            "snapToGrid",
            "spacing",
            "ind",
            "jc",
            "outlineLvl",
            "rPr",
            "sectPr",
        ),
        "rPr": ("rFonts", "b", "color", "spacing", "sz", "szCs"),
    }
    with zipfile.ZipFile(BytesIO(papers.summary_docx(closed(), templates=TEMPLATES))) as package:
        tree = etree.fromstring(package.read("word/document.xml"))
    for name, children in order.items():
        for element in tree.iter(qn(f"w:{name}")):
            known = [etree.QName(child).localname for child in element if etree.QName(child).localname in children]

            assert sorted(known, key=children.index) == known


def test_the_workbook_has_no_formula_whatever_the_mails_say() -> None:
    """Canaries in every field, hostile first characters included, are strings with their text kept."""
    hostile = tuple(f"{first}cmd|' /C calc'!A0{number}" for number, first in enumerate("=+-@\t＝＋－＠" * 23))
    summary = closed()
    problem = replace(summary.problems[0], text="")
    summary = replace(summary, problems=tuple(replace(problem, text=text, unit=text) for text in hostile[:200]))
    book = openpyxl.load_workbook(BytesIO(xlsx.summary_xlsx(summary)))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]

    assert not [cell for cell in cells if cell.data_type == "f"]
    assert set(hostile[:200]) <= {cell.value for cell in book["问题"]["D"]}
    assert all(cell.quotePrefix for cell in book["问题"]["D"][3:203])
    assert not [cell for cell in cells if cell.hyperlink]


def test_illegal_and_endless_text_does_not_stop_the_papers() -> None:
    """Controls are stripped, 40,000 characters are cut with a mark in the workbook."""
    month = sample.september()
    unit = sample.unit_of(month, "县工信科局")
    record = replace(unit.records[0], progress="长" * 40_000 + "\x00\x0b\ud800\ufffe")
    flooded = replace(unit, records=(record, *unit.records[1:]), problems=(Remark("\x01乱\ud800", (), record.loci[0]),))
    month = replace(month, units=tuple(flooded if entry is unit else entry for entry in month.units))
    summary = summarise(month, office=sample.OFFICE)
    book = openpyxl.load_workbook(BytesIO(xlsx.summary_xlsx(summary)))
    cell = next(cell for cell in book["按事项"]["H"] if str(cell.value).startswith("长"))

    assert len(cell.value) == xlsx.CELL_LIMIT
    assert cell.value.endswith("（超出单元格上限，已截断，全文见来件）")
    assert "乱" in [cell.value for cell in book["问题"]["D"]]
    assert "长" * 100 in words(papers.summary_docx(summary, templates=TEMPLATES))


def test_sheets_are_named_and_set_up() -> None:
    """Seven sheets in order, header frozen, fitted to the width of A4."""
    book = openpyxl.load_workbook(BytesIO(xlsx.summary_xlsx(closed())))

    assert book.sheetnames == ["按单位", "按事项", "任务矩阵", "目标指标", "问题", "未报名单", "溯源表"]
    for sheet in book:
        assert sheet.freeze_panes == "C4"
        assert sheet.print_title_rows == "$3:$3"
        assert sheet.page_setup.orientation == "landscape"
        assert sheet.sheet_properties.pageSetUpPr.fitToPage


def test_the_matrix_tells_duty_answer_and_gap() -> None:
    """One row a unit, one column an item."""
    sheet = openpyxl.load_workbook(BytesIO(xlsx.summary_xlsx(closed())))["任务矩阵"]
    rows = {row[0]: row for row in sheet.iter_rows(min_row=3, values_only=True)}
    column = {head: place for place, head in enumerate(rows["单位"])}

    assert rows["县工信科局"][column["8"]] == "进度滞后"
    assert rows["县工信科局"][column["9"]] == "缺"
    assert rows["青河移动"][column["8"]] == "缺（配合）"
    assert rows["县工信科局"][column["1"]] is None
    assert rows["县统计局"][column["13"]] == "—"


def test_papers_speak_to_people() -> None:
    """Mails stand by receipt number and subject, silent units with their own role, passages close with a full stop."""
    month = sample.september()
    unit = sample.unit_of(month, "县工信科局")
    record = replace(unit.records[0], progress="拨付资金3万元， 惠及2户；")
    odd = replace(unit, records=(record, *unit.records[1:]))
    month = replace(month, units=tuple(odd if one.unit == odd.unit else one for one in month.units))
    summary = summarise(month, office=sample.OFFICE)

    book = openpyxl.load_workbook(BytesIO(xlsx.summary_xlsx(summary)))
    cells = {str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None}
    assert not any("负责或牵头" in cell for cell in cells)
    assert any(re.fullmatch(r"HZ202209-[0-9A-F]{6}", cell) for cell in cells)
    assert int(book["任务矩阵"].page_setup.paperSize) == int(book["任务矩阵"].PAPERSIZE_A3)

    text = words(papers.summary_docx(summary, templates=TEMPLATES))
    assert "拨付资金3万元，惠及2户。〔" in text
    assert "；〔" not in text


def test_papers_are_deterministic() -> None:
    """Equal facts give equal bytes: docx, xlsx, PNG and page."""
    first, second = closed(), closed()
    picture = chart.picture(first, font_path=font())

    assert picture == chart.picture(second, font_path=font())
    assert picture is not None
    with Image.open(BytesIO(picture)) as shown:
        assert shown.size == (1500, 615)
        colours = {colour for _count, colour in shown.convert("RGB").getcolors(1 << 20)}
    assert {(255, 255, 255), (26, 26, 26), ImageColor.getrgb("#2e7d32"), ImageColor.getrgb("#c62828")} <= colours
    assert papers.summary_docx(first, templates=TEMPLATES, font=font()) == papers.summary_docx(
        second, templates=TEMPLATES, font=font()
    )
    assert xlsx.summary_xlsx(first) == xlsx.summary_xlsx(second)
    assert html.page(first, templates=TEMPLATES, chart=picture) == html.page(second, templates=TEMPLATES, chart=picture)


def test_a_workbook_is_written_as_the_library_writes_it() -> None:
    """Without its temporary files, and packed once: the same members with the same content."""

    def book() -> openpyxl.Workbook:
        made = openpyxl.Workbook()
        made.active["A1"] = "=1+1"
        made.active["A1"].comment = Comment("说明", "办公室")
        made.create_sheet("二").append((1, "文字", 2.5))
        return made

    plain = BytesIO()
    book().save(plain)
    at = datetime(2022, 9, 12, tzinfo=UTC)
    with (
        zipfile.ZipFile(BytesIO(frozen(plain.getvalue(), at=at))) as theirs,
        zipfile.ZipFile(BytesIO(workbook_file(book(), at=at))) as ours,
    ):
        assert {name: ours.read(name) for name in ours.namelist()} == {
            name: theirs.read(name) for name in theirs.namelist()
        }


def test_without_a_chinese_font_there_is_no_picture_but_bars() -> None:
    """Boxes instead of characters would be worse than none; the counts stand as bars of cells."""
    assert chart.picture(closed(), font_path=None) is None
    assert chart.choose_font({"DejaVu Sans": "/x.ttf"}) is None
    assert chart.choose_font({"SimHei": "/h.ttf", "AR PL SungtiL GB": "/g.ttf"}) == "/h.ttf"
    assert "按时报送" in html.page(closed(), templates=TEMPLATES)


def test_a_page_fetches_nothing_and_runs_nothing() -> None:
    """The picture is inside as data; foreign script is text."""
    page = html.page(closed(), templates=TEMPLATES, chart=chart.picture(closed(), font_path=font()))

    assert "<script" not in page
    assert "http://evil.example" in page
    assert 'href="http' not in page
    assert 'src="http' not in page


AWKWARD = st.text(
    alphabet=st.one_of(
        st.characters(),
        st.sampled_from("=+-@\t\r\n\x00\x0b\x1f\ud800\ufdd1\ufffe\u202e\u2028<>&\"'{}%#|[]\\甲国。；"),
    ),
    max_size=40,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(AWKWARD, AWKWARD, AWKWARD)
def test_awkward_text_in_every_field_never_stops_the_papers(said: str, named: str, counted: str) -> None:
    """Any text in progress, problem, figure, subject, sender, file name and warning: all papers are made."""
    month, unit = sample.september(), sample.unit_of(sample.september(), "县工信科局")
    fact = replace(unit.records[0].quantities[0], of=counted, unit=named[:6])
    record = replace(unit.records[0], progress=said, quantities=(fact,))
    remark = Remark(named, (7,), replace(record.loci[0], place=counted))
    filing = sample.filing_of(month, "县工信科局")
    filing = replace(
        filing,
        mail=named,
        subject=said,
        sender=counted,
        folder=named,
        filing=replace(filing.filing, records=(record,), problems=(remark,), warnings=(said,)),
    )
    odd = replace(unit, records=(record,), problems=(remark,), next_steps=(remark,), off_plan=(remark,), mails=(named,))
    month = replace(
        month,
        units=tuple(odd if entry is unit else entry for entry in month.units),
        filings=(filing, *month.filings),
        others=(filing,),
    )
    summary = summarise(month, office=sample.OFFICE, previous=month)
    kit = {"templates": TEMPLATES, "to": ("a@dept.example",)}
    book = openpyxl.load_workbook(BytesIO(xlsx.summary_xlsx(summary)))

    assert not [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]
    assert words(papers.summary_docx(summary, templates=TEMPLATES))
    assert letters.summary(summary, key="s", **kit).html
    assert letters.digest(month, key="d", office=sample.OFFICE, **kit).html
    assert letters.receipt(filing, key="r", office=sample.OFFICE, month=month, unit_month=odd, **kit).html
    assert letters.opening(odd, key="o", office=sample.OFFICE, month=month, previous=odd, **kit).attachments


def test_an_empty_month_has_papers_too() -> None:
    """No unit, no item, no mail: every paper is made and says so."""
    month = replace(sample.september(), plan=replace(sample.PLAN, items=()), units=(), filings=(), others=())
    summary = summarise(month, office=sample.OFFICE)

    assert "应报单位0个" in words(papers.summary_docx(summary, templates=TEMPLATES, font=font()))
    assert len(openpyxl.load_workbook(BytesIO(xlsx.summary_xlsx(summary))).sheetnames) == 7


# --------------------------------------------------------------------------- rendered by LibreOffice


FONTS_CONF = """<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>
<include ignore_missing="yes">/etc/fonts/fonts.conf</include>
<match target="pattern"><test name="family"><string>仿宋_GB2312</string></test>
<edit name="family" mode="assign" binding="same"><string>{family}</string></edit></match></fontconfig>"""
FAMILIES = ("FangSong", "仿宋_GB2312", "AR PL SungtiL GB", "Noto Serif CJK SC")


@pytest.fixture(scope="module")
def render(tmp_path_factory: pytest.TempPathFactory):  # noqa: ANN201 - a function of bytes
    """Office file -> PDF by LibreOffice, with 仿宋_GB2312 mapped to a font of this machine at render time only."""
    office = shutil.which("soffice")
    if office is None:
        pytest.skip("没有 LibreOffice：apt install libreoffice-writer libreoffice-calc")
    listed = subprocess.run(["fc-list", ":lang=zh-cn", "family"], capture_output=True, text=True, check=False).stdout
    family = next((name for name in FAMILIES if name in listed), None)
    if family is None:
        pytest.skip("没有等宽的简体宋体或仿宋：apt install fonts-arphic-gbsn00lp")
    home = tmp_path_factory.mktemp("office")
    (home / "fonts.conf").write_text(FONTS_CONF.format(family=family), encoding="utf-8")

    def run(name: str, data: bytes, target: str = "pdf") -> bytes:
        (home / name).write_bytes(data)
        subprocess.run(
            [
                *(office, f"-env:UserInstallation={(home / 'profile').as_uri()}", "--headless"),
                *("--convert-to", target, "--outdir", str(home / "out"), str(home / name)),
            ],
            check=True,
            capture_output=True,
            timeout=180,
            env={**os.environ, "FONTCONFIG_FILE": str(home / "fonts.conf")},
        )
        return (home / "out" / name).with_suffix("." + target.split(":", maxsplit=1)[0]).read_bytes()

    return run


@pytest.mark.office
@pytest.mark.slow
def test_a_full_page_has_22_lines_of_28_characters(render) -> None:  # noqa: ANN001 - the fixture above
    """GB/T 9704: the body of 月报 fills the text area with 22 lines of 28 characters."""
    import pdfplumber

    month = sample.september(hostile=False)
    unit = sample.unit_of(month, "县发改局")
    record = replace(unit.records[0], progress="国" * 28 * 66)
    month = replace(
        month, units=tuple(replace(unit, records=(record,)) if entry is unit else entry for entry in month.units)
    )
    data = render("grid.docx", papers.summary_docx(summarise(month, office=sample.OFFICE), templates=TEMPLATES))
    with pdfplumber.open(BytesIO(data)) as pdf:
        pages = [
            [line["text"] for line in page.extract_text_lines() if "—" not in line["text"]] for page in pdf.pages[:5]
        ]
    full = [lines for lines in pages if lines and all(set(line) <= {"国"} for line in lines)]

    assert full, pages
    assert {len(lines) for lines in full} == {22}
    assert {len(line) for lines in full for line in lines} == {28}


@pytest.mark.office
@pytest.mark.slow
def test_recalculation_leaves_hostile_text_alone(render) -> None:  # noqa: ANN001 - the fixture above
    """LibreOffice opens, recalculates and saves the workbook: still no formula, still the same words."""
    book = openpyxl.load_workbook(
        BytesIO(render("ledger.xlsx", xlsx.summary_xlsx(closed()), "xlsx:Calc MS Excel 2007 XML"))
    )
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]

    assert not [cell for cell in cells if cell.data_type == "f"]
    assert sample.CANARIES[1] in {cell.value for cell in cells}
