"""One report in every format: whatever the carrier, the same words come out."""

from __future__ import annotations

import io
import math
import zlib
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from random import Random
from typing import Any

import docx as python_docx
import openpyxl
import pypdfium2
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from docx.shared import RGBColor
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.styles import Font, PatternFill
from PIL import Image, ImageDraw, ImageFont

from pipeline.adapters import keeper, office
from pipeline.adapters.opening import open_in_process
from pipeline.model import Document, Paragraph, Part, Seal, Table, Trouble, Unreadable
from pipeline.readers import Look, OcrLine, Page, Picture, Tools, read
from tests.hostile.generators.pictures import vast

LINES = (
    "夏县示例局2022年8月份工作总结",
    "县服务业发展领导小组办公室：",
    "8月份新开通5G基站11个，全县累计达到178个，完成全年建设任务的89.5%，投资320万元，各项工作按计划推进，没有出现滞后的情况。",
    "下一步，会同住建、公安和属地乡镇集中解决基站进场难题，力争11月底前把剩下的23个站全部开通。",
    "夏县示例局",
    "2022年9月2日",
)
FONTS = (
    "/usr/share/fonts/opentype/noto/NotoSerifCJK-Regular.ttc",
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
    "/usr/share/fonts/truetype/arphic-gbsn00lp/gbsn00lp.ttf",
)


@lru_cache(maxsize=1)
def tools() -> Tools:
    """All that is installed here."""
    return keeper.tools()


@pytest.fixture
def converter() -> office.Office:
    """LibreOffice, or a loud skip."""
    program = office.find()
    if program is None:
        pytest.skip("LibreOffice is not installed")
    return office.Office(program)


def sight() -> Tools:
    """OCR, or a loud skip."""
    if tools().ocr is None:
        pytest.skip("the ocr extra is not installed")
    return tools()


def font(size: int) -> Any:
    """A Chinese font, or a loud skip."""
    found = next((path for path in FONTS if Path(path).is_file()), None)
    if found is None:
        pytest.skip("no Chinese font is installed")
    return ImageFont.truetype(found, size)


def word() -> bytes:
    """The report in Word."""
    document = python_docx.Document()
    for line in LINES:
        document.add_paragraph(line)
    table = document.add_table(2, 2)
    table.style = "Table Grid"
    for cell, text in zip(table._cells, ("事项", "完成率", "基站", "89.5%"), strict=True):
        cell.text = text
    stored = io.BytesIO()
    document.save(stored)
    return stored.getvalue()


def document_of(data: bytes, name: str = "报告.dat", *, using: Tools | None = None) -> Document:
    """The document, which must be readable."""
    result = read(Part("1", name, "", data), using or tools())
    assert isinstance(result, Document), result
    return result


def paragraphs(document: Document) -> tuple[str, ...]:
    """Texts of the paragraphs."""
    return tuple(block.text for block in document.blocks if isinstance(block, Paragraph))


@pytest.mark.office
@pytest.mark.parametrize("form", ["docx", "doc", "rtf", "pdf"])
def test_the_same_report_in_every_text_format(form: str, converter: office.Office) -> None:
    """Word old and new, rich text and PDF give the same paragraphs and the same table."""
    data = word() if form == "docx" else converter.convert(word(), "docx", form)
    document = document_of(data)
    assert paragraphs(document) == LINES
    (table,) = [block for block in document.blocks if isinstance(block, Table)]
    assert [cell.text for cell in table.cells] == ["事项", "完成率", "基站", "89.5%"]


@pytest.mark.office
def test_old_word_without_libreoffice(converter: office.Office) -> None:
    """Old Word is read by its piece table where LibreOffice is missing, and says what is lost."""
    document = document_of(converter.convert(word(), "docx", "doc"), using=Tools())
    assert paragraphs(document) == LINES
    (table,) = [block for block in document.blocks if isinstance(block, Table)]
    assert [cell.text for cell in table.cells if cell.text] == ["事项", "完成率", "基站", "89.5%"]
    assert document.warnings


@pytest.mark.office
@pytest.mark.parametrize("using", [Tools(), None])
@pytest.mark.parametrize("with_table", [False, True])
def test_old_word_tells_nothing_that_is_gone(
    using: Tools | None, converter: office.Office, *, with_table: bool
) -> None:
    """Struck, hidden and deleted words of an old Word file are out, by LibreOffice, its piece table or both."""
    document = python_docx.Document()
    document.add_paragraph("全县累计建成5G基站178个。")
    line = document.add_paragraph("新增")
    line.add_run("划掉的3家").font.strike = True
    line.add_run("藏起来的7家").font.hidden = True
    for tag, inner, text in (("del", "delText", "删去的9家"), ("ins", "t", "8家。")):
        mark = f'w:id="1" w:author="x" w:date="2022-09-01T00:00:00Z" {nsdecls("w")}'
        line._p.append(parse_xml(f"<w:{tag} {mark}><w:r><w:{inner}>{text}</w:{inner}></w:r></w:{tag}>"))
    if with_table:
        document.add_table(1, 2, style="Table Grid").cell(0, 0).text = "事项"
    stored = io.BytesIO()
    document.save(stored)
    found = document_of(converter.convert(stored.getvalue(), "docx", "doc"), using=using)
    assert paragraphs(found)[:2] == ("全县累计建成5G基站178个。", "新增8家。")
    assert any("未计入" in warning for warning in found.warnings)


@pytest.mark.office
def test_columns_of_a_pdf(converter: office.Office) -> None:
    """Paragraphs of a PDF in two columns, the right one short as on a last page, come out whole and in order."""
    document = python_docx.Document()
    document.sections[0]._sectPr.append(parse_xml(f'<w:cols {nsdecls("w")} w:num="2" w:space="425"/>'))
    said = tuple(
        f"{number}、新建5G基站{number + 9}个，累计建成{number + 99}个，各项工作按计划推进，没有出现滞后的情况。"
        for number in range(1, 15)
    )
    for line in said:
        document.add_paragraph("　　" + line)
    stored = io.BytesIO()
    document.save(stored)
    assert paragraphs(document_of(converter.convert(stored.getvalue(), "docx", "pdf"))) == said


@pytest.mark.office
@pytest.mark.parametrize("shown", [0, 90, 180, 270])
@pytest.mark.parametrize("drawn", [0, 90])
def test_a_pdf_is_read_however_it_is_turned(shown: int, drawn: int, converter: office.Office) -> None:
    """Pages whose signs stand upright, whatever a viewer shows, and pages drawn on their side, are read as they say."""
    stored = pypdfium2.PdfDocument(converter.convert(word(), "docx", "pdf"))
    for number in range(len(stored)):
        page = stored[number]
        if drawn:
            wide, high = page.get_size()
            for item in list(page.get_objects(max_depth=1)):
                item.transform(pypdfium2.PdfMatrix(0, -1, 1, 0, 0, wide))
            page.set_mediabox(0, 0, high, wide)
            page.set_cropbox(0, 0, high, wide)
        page.set_rotation(shown)
        page.gen_content()
    turned = io.BytesIO()
    stored.save(turned)
    document = document_of(turned.getvalue())
    assert paragraphs(document) == LINES
    (table,) = [block for block in document.blocks if isinstance(block, Table)]
    assert [cell.text for cell in table.cells] == ["事项", "完成率", "基站", "89.5%"]


@pytest.mark.office
@pytest.mark.parametrize("form", ["docx", "xlsx"])
def test_a_pdf_table_without_rules(form: str, converter: office.Office) -> None:
    """A table printed without its borders, from Word with wrapped cells or from a sheet with figures, is a table."""
    stored = io.BytesIO()
    rows: tuple[tuple[str | int, ...], ...]
    if form == "docx":
        rows = (
            ("任务", "进展情况", "存在问题"),
            ("强化高新技术企业培育认定", "新认定高新技术企业1家，落实奖补资金85万元，零售额3860万元。", "归集难。"),
            ("夯实大数据基础能力", "累计建成5G基站188个。", "个别小区选址难。"),
        )  # fmt: skip
        document = python_docx.Document()
        document.add_paragraph("县示例局8月份进展")
        table = document.add_table(len(rows), len(rows[0]))
        for cell, text in zip(table._cells, (text for row in rows for text in row), strict=True):
            cell.text = str(text)
        document.add_paragraph("以上进展均已核实，各项工作按计划推进，没有出现滞后的情况，下月继续按月报送。")
        document.save(stored)
    else:
        rows = (("任务", "本月完成", "累计完成", "单位"), ("基站建设", 7, 188, "个"), ("电商培训", 210, 560, "人"))
        book = openpyxl.Workbook()
        sheet = book.active
        assert sheet is not None
        for row in rows:
            sheet.append(row)
        book.save(stored)
    read_back = document_of(converter.convert(stored.getvalue(), form, "pdf"))
    (found,) = [block for block in read_back.blocks if isinstance(block, Table)]
    assert [cell.text for cell in found.cells] == [str(text) for row in rows for text in row]


@pytest.mark.office
def test_unseen_text_of_a_pdf(converter: office.Office) -> None:
    """White words on white paper are no words of a PDF, and it is told; white ones on a dark ground are."""
    document = python_docx.Document()
    paragraph = document.add_paragraph("全县累计建成5G基站178个。")
    paragraph.add_run("新增500个。").font.color.rgb = RGBColor(255, 255, 255)
    document.add_paragraph("本月新增8家企业上云。")
    table = document.add_table(rows=1, cols=2)
    table.style = "Table Grid"
    for cell, text in zip(table.rows[0].cells, ("工作任务", "进展情况"), strict=True):
        cell.paragraphs[0].add_run(text).font.color.rgb = RGBColor(255, 255, 255)
        cell._tc.get_or_add_tcPr().append(parse_xml(f'<w:shd {nsdecls("w")} w:val="clear" w:fill="1F4E79"/>'))
    stored = io.BytesIO()
    document.save(stored)
    found = document_of(converter.convert(stored.getvalue(), "docx", "pdf"))
    said = "".join(paragraphs(found)) + "".join(
        cell.text for block in found.blocks if isinstance(block, Table) for cell in block.cells
    )
    assert all(each in said for each in ("178个。", "新增8家", "工作任务"))
    assert "500" not in said
    assert any("看不见" in warning for warning in found.warnings)


@pytest.mark.office
def test_hidden_rows_of_old_sheets(converter: office.Office) -> None:
    """An old workbook tells its hidden rows, columns and sheets as a new one does."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in range(1, 4):
        for column in range(1, 4):
            sheet.cell(row, column, row * 10 + column)
    sheet["A1"], sheet["C3"] = "合并", 0.963
    sheet["C3"].number_format = "0.0%"
    sheet.merge_cells("A1:C1")
    sheet.row_dimensions[2].hidden = True
    sheet.column_dimensions["B"].hidden = True
    book.create_sheet("上月").sheet_state = "hidden"
    stored = io.BytesIO()
    book.save(stored)
    document = document_of(converter.convert(stored.getvalue(), "xlsx", "xls"))
    assert document.format == "xls"
    (table,) = document.blocks
    assert isinstance(table, Table)
    assert [(c.text, c.number, c.row, c.column, c.columns) for c in table.cells] == [
        ("合并", None, 0, 0, 2),
        ("31", 31.0, 1, 0, 1),
        ("96.3%", 96.3, 1, 1, 1),
    ]


@pytest.mark.office
def test_struck_and_white_words_of_old_sheets(converter: office.Office) -> None:
    """What is struck out or white on white in an old workbook is not told, cell or stretch, and a warning says so."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet["A1"], sheet["B1"], sheet["C1"] = "新增限上企业3家", "白纸白字", "白字蓝底"
    sheet["A1"].font = Font(strike=True)
    sheet["B1"].font = sheet["C1"].font = Font(color="FFFFFFFF")
    sheet["C1"].fill = PatternFill("solid", fgColor="FF1F4E79")
    sheet["A2"] = CellRichText("新增", TextBlock(InlineFont(strike=True), "3家"), TextBlock(InlineFont(b=True), "5家"))
    stored = io.BytesIO()
    book.save(stored)
    document = document_of(converter.convert(stored.getvalue(), "xlsx", "xls"))
    assert document.format == "xls"
    (table,) = document.blocks
    assert isinstance(table, Table)
    assert [cell.text for cell in table.cells] == ["白字蓝底", "新增5家"]
    assert document.warnings == ("工作表“Sheet”有带删除线的文字，未计入", "工作表“Sheet”有白色文字，未计入")


@pytest.mark.office
def test_a_file_that_is_none_is_refused(converter: office.Office) -> None:
    """LibreOffice that cannot open a file leaves a refusal, no exception."""
    result = read(Part("1", "坏.doc", "", b"{\\rtf1 \\bin999999999 "), tools())
    assert isinstance(result, Document | Unreadable)
    with pytest.raises(OSError, match="转换"):
        converter.convert(b"", "exe", "docx")


# --------------------------------------------------------------------------- pictures


def page(*, seal: str = "", letterhead: bool = False, width: int = 1240, height: int = 1754) -> Image.Image:
    """The report drawn on a sheet at 150 dpi, perhaps with a seal (``round``, ``oval``) over its signature."""
    image = Image.new("RGB", (width, height), (250, 250, 248))
    pen = ImageDraw.Draw(image)
    y = 120
    if letterhead:
        pen.text((340, 60), "夏县示例局文件", fill=(215, 20, 20), font=font(80))
        pen.line((120, 190, 1120, 190), fill=(215, 20, 20), width=4)
        y = 240
    for number, line in enumerate(LINES):
        if number == 0:
            pen.text(((width - 36 * len(line)) / 2, y), line, fill=(20, 20, 20), font=font(36))
            y += 80
            continue
        rest = line if number in {1, 4, 5} else "　　" + line
        while rest:
            row, rest = rest[:32], rest[32:]
            left = 780 if number in {4, 5} else 130
            pen.text((left, y), row, fill=(20, 20, 20), font=font(30))
            y += 54
        y += 8
    if seal:
        stamp(image, "夏县示例服务局", (900, y - 90), (120, 120) if seal == "round" else (140, 92))
    return image


def stamp(image: Image.Image, text: str, centre: tuple[int, int], axes: tuple[int, int]) -> None:
    """A seal: ring, star, characters along the upper arc."""
    layer = Image.new("RGBA", image.size, (0, 0, 0, 0))
    pen = ImageDraw.Draw(layer)
    x, y = centre
    a, b = axes
    red = (205, 25, 30, 215)
    pen.ellipse((x - a, y - b, x + a, y + b), outline=red, width=6)
    reach = [34.0 if k % 2 == 0 else 13.6 for k in range(10)]
    star = [(x + r * math.sin(k * math.pi / 5), y - r * math.cos(k * math.pi / 5)) for k, r in enumerate(reach)]
    pen.polygon(star, fill=red)
    for number, sign in enumerate(text):
        angle = math.radians(-110 + 220 * number / (len(text) - 1))
        tile = Image.new("RGBA", (44, 44), (0, 0, 0, 0))
        ImageDraw.Draw(tile).text((7, 2), sign, fill=red, font=font(30))
        tile = tile.rotate(-math.degrees(angle), resample=Image.Resampling.BICUBIC)
        place = (int(x + 0.76 * a * math.sin(angle)) - 22, int(y - 0.76 * b * math.cos(angle)) - 22)
        layer.alpha_composite(tile, place)
    image.paste(Image.alpha_composite(image.convert("RGBA"), layer).convert("RGB"))


def jpeg(image: Image.Image) -> bytes:
    """A picture as a scanner or a telephone sends it."""
    stored = io.BytesIO()
    image.save(stored, "JPEG", quality=85)
    return stored.getvalue()


def accuracy(document: Document) -> float:
    """Share of the report's characters that came out, by edit distance."""
    from rapidfuzz.distance import Levenshtein

    said, wanted = "".join(paragraphs(document)), "".join(LINES)
    return 1 - Levenshtein.distance(said, wanted) / len(wanted)


@pytest.mark.ocr
@pytest.mark.parametrize("turn", [0, 90, 180, 270, 4, -7])
def test_scans_are_read_however_they_lie(turn: int) -> None:
    """A stamped page is read upright, on its side, on its head and tilted, its seal found."""
    image = page(seal="round").rotate(turn, expand=True, fillcolor=(250, 250, 248), resample=Image.Resampling.BICUBIC)
    document = document_of(jpeg(image), using=sight())
    assert document.scanned
    assert document.seal is Seal.PRESENT
    assert accuracy(document) > 0.97


@pytest.mark.ocr
@pytest.mark.parametrize(
    ("drawing", "expected"),
    [
        ({"seal": "round"}, Seal.PRESENT),
        ({"seal": "oval"}, Seal.PRESENT),
        ({"seal": "round", "letterhead": True}, Seal.PRESENT),
        ({"letterhead": True}, Seal.ABSENT),
        ({}, Seal.UNKNOWN),
    ],
)
def test_seals(drawing: dict[str, Any], expected: Seal) -> None:
    """A round or oval seal is seen; a red letterhead is none; without colour a page without a ring tells nothing."""
    look = sight().look
    assert look is not None
    image = page(**drawing)
    if expected is Seal.UNKNOWN:
        image = image.convert("L").convert("RGB")
    found = look(Picture(image.width, image.height, image.tobytes()))
    assert found.seal is expected
    assert found.page


def _circled(pen: ImageDraw.ImageDraw) -> None:
    """A remark in red, circled."""
    pen.ellipse((760, 1080, 1080, 1400), outline=(220, 30, 40), width=6)
    pen.text((840, 1200), "同意　张", font=font(60), fill=(220, 30, 40))


def _logo(pen: ImageDraw.ImageDraw) -> None:
    """One sign in a ring."""
    pen.ellipse((60, 1060, 260, 1260), outline=(210, 20, 30), width=14)
    pen.text((105, 1100), "商", font=font(110), fill=(210, 20, 30))


def _rings(pen: ImageDraw.ImageDraw) -> None:
    """Two rings in one another."""
    for radius in (100, 70):
        box = (160 - radius, 1160 - radius, 160 + radius, 1160 + radius)
        pen.ellipse(box, outline=(210, 20, 30), width=8)


def _gear(pen: ImageDraw.ImageDraw) -> None:
    """A wheel with teeth."""
    for turn in range(24):
        across, down = math.cos(turn * math.pi / 12), math.sin(turn * math.pi / 12)
        ends = (160 + 80 * across, 1160 + 80 * down, 160 + 100 * across, 1160 + 100 * down)
        pen.line(ends, fill=(210, 20, 30), width=10)
    pen.ellipse((80, 1080, 240, 1240), outline=(210, 20, 30), width=8)


def _name(pen: ImageDraw.ImageDraw) -> None:
    """The square name stamp of a person."""
    pen.rectangle((850, 1100, 1010, 1260), outline=(215, 30, 40), width=8)
    pen.text((860, 1145), "李印", font=font(70), fill=(215, 30, 40))


@pytest.mark.ocr
@pytest.mark.parametrize("draw", [_circled, _logo, _rings, _gear, _name])
def test_round_and_red_is_not_yet_a_seal(draw: Callable[[ImageDraw.ImageDraw], None]) -> None:
    """Words circled in red, a logo, rings, a gear and a square name stamp are no official seal, in colour or grey."""
    look = sight().look
    assert look is not None
    image = page()
    draw(ImageDraw.Draw(image))
    assert look(Picture(image.width, image.height, image.tobytes())).seal is Seal.ABSENT
    grey = image.convert("L").convert("RGB")
    assert look(Picture(grey.width, grey.height, grey.tobytes())).seal is Seal.UNKNOWN


@pytest.mark.ocr
def test_a_seal_short_of_ink() -> None:
    """A seal in faint pink is seen, and its name read."""
    look = sight().look
    assert look is not None
    image = page()
    layer = page(seal="round")
    image = Image.blend(image, layer, 0.2)
    found = look(Picture(image.width, image.height, image.tobytes()))
    assert (found.seal, found.seal_text) == (Seal.PRESENT, "夏县示例服务局")


@pytest.mark.ocr
@pytest.mark.parametrize("shape", ["round", "oval"])
def test_a_seal_on_a_scan_without_colour(shape: str) -> None:
    """A ring with signs along it is a seal on a grey scan too; whose it is, is not told."""
    look = sight().look
    assert look is not None
    image = page(seal=shape).convert("L").convert("RGB")
    found = look(Picture(image.width, image.height, image.tobytes()))
    assert (found.seal, found.seal_text) == (Seal.PRESENT, "")


@pytest.mark.ocr
def test_a_red_letterhead_is_read() -> None:
    """The unit's name in red above the text is part of the text."""
    document = document_of(jpeg(page(letterhead=True, seal="round")), using=sight())
    said = paragraphs(document)[0]
    assert said.startswith("夏县示")
    assert said.endswith("局文件")


@pytest.mark.ocr
def test_a_scanned_pdf_is_read() -> None:
    """A PDF that is only a picture goes through OCR."""
    stored = io.BytesIO()
    page(seal="round").save(stored, "PDF", resolution=150)
    document = document_of(stored.getvalue(), using=sight())
    assert (document.format, document.scanned, document.seal) == ("pdf", True, Seal.PRESENT)
    assert accuracy(document) > 0.97


@pytest.mark.ocr
def test_a_word_file_with_its_own_scan_says_things_once() -> None:
    """The stamped scan of a report inside the report gives the seal and no second text; it is a carrier of its own."""
    document = python_docx.Document()
    for line in LINES:
        document.add_paragraph(line)
    document.add_picture(io.BytesIO(jpeg(page(seal="round"))))
    stored = io.BytesIO()
    document.save(stored)
    found = document_of(stored.getvalue(), using=sight())
    assert paragraphs(found) == LINES
    assert found.seal is Seal.PRESENT
    (scan,) = found.scans
    assert (scan.scanned, scan.seal) == (True, Seal.PRESENT)
    assert accuracy(scan) > 0.97


@pytest.mark.ocr
def test_a_traditional_sign_is_told_as_the_simplified_one() -> None:
    """What the recogniser takes for a traditional sign is told simplified; rare signs of names stay."""
    sight()
    from pipeline.adapters.engine import simplified

    assert simplified("縣衛體局張喆：學習貫徹，完成186個") == "县卫体局张喆：学习贯彻，完成186个"


@pytest.mark.ocr
def test_a_ruled_table_on_a_scan() -> None:
    """Cells between rules come out as a table."""
    image = Image.new("RGB", (1240, 900), (252, 252, 250))
    pen = ImageDraw.Draw(image)
    texts = (("序号", "工作任务", "进展情况"), ("1", "5G基站建设", "新开通11个"), ("2", "电商进农村", "签约企业14家"))
    for row in range(4):
        pen.line((100, 200 + 90 * row, 1140, 200 + 90 * row), fill=(0, 0, 0), width=3)
    for x in (100, 260, 640, 1140):
        pen.line((x, 200, x, 470), fill=(0, 0, 0), width=3)
    for row, cells in enumerate(texts):
        for x, text in zip((120, 280, 660), cells, strict=True):
            pen.text((x, 225 + 90 * row), text, fill=(0, 0, 0), font=font(32))
    pen.text((400, 100), "夏县示例局工作台账", fill=(0, 0, 0), font=font(40))
    document = document_of(jpeg(image), using=sight())
    (table,) = [block for block in document.blocks if isinstance(block, Table)]
    assert [cell.text for cell in table.cells] == [text for row in texts for text in row]


@pytest.mark.ocr
def test_a_curved_page_in_a_shadow_is_read_whole() -> None:
    """A photograph of a page that curls, half of it behind the edge of a shadow, gives every line and no warning."""
    sight()
    import cv2
    import numpy as np

    curled = np.asarray(page(seal="round"))
    y, x = np.mgrid[0:1754, 0:1240].astype(np.float32)
    wave = (45 * np.sin(x / 1240 * np.pi * 1.3)).astype(np.float32)
    photo = np.full((2100, 1600, 3), (120, 75, 40), np.uint8)
    photo[170:1924, 180:1420] = cv2.remap(curled, x, y + wave, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    photo[:, 900:] = (photo[:, 900:] * 0.5).astype(np.uint8)
    document = document_of(jpeg(Image.fromarray(photo)), using=sight())
    assert accuracy(document) > 0.97
    assert document.warnings == ()


def scanned_pages(form: str, count: int) -> bytes:
    """White pages as a scanner packs them."""
    stored = io.BytesIO()
    leaf = Image.new("RGB", (600, 800), "white")
    leaf.save(stored, form, save_all=True, append_images=[leaf] * (count - 1))
    return stored.getvalue()


@pytest.mark.parametrize("form", ["PDF", "TIFF"])
def test_what_of_a_scan_was_not_read_is_told(form: str) -> None:
    """Pages for which there was no time, and rows that could not be read, are told with a remedy."""
    seen = Page(600, 800, (OcrLine("夏县示例局关于8月份工作进展情况的报告", 50, 50, 550, 80),), unread=2)
    ready = Tools(ocr=lambda _: seen, look=lambda _: Look(Seal.ABSENT, page=True), enough=lambda: False)
    document = document_of(scanned_pages(form, 3), using=ready)
    assert len(document.blocks) == 1
    pages, missed = document.warnings
    assert "请把" in pages
    assert ("2页" if form == "PDF" else "前1页") in pages
    assert missed == "图片上约有2行字没有读出来，请重新拍一张平整、清楚的照片，或改发Word文件"


def test_points_of_a_list_are_paragraphs_of_their_own() -> None:
    """On a scan a line that begins with a bullet begins anew, its own next line does not."""
    texts = ("●十月份再与两家开发企业签订合作协议，让职工买房多", "个选择。", "●在政务大厅增设公积金自助终端一台。")
    rights = (550, 130, 400)
    lines = tuple(OcrLine(text, 50, 100 + 40 * n, rights[n], 126 + 40 * n) for n, text in enumerate(texts))
    ready = Tools(ocr=lambda _: Page(600, 800, lines), look=lambda _: Look(Seal.ABSENT, page=True))
    document = document_of(scanned_pages("TIFF", 1), using=ready)
    assert paragraphs(document) == (texts[0] + texts[1], texts[2])


@pytest.mark.ocr
def test_decorations_give_no_text() -> None:
    """A logo and a photograph without text are documents without blocks."""
    photo = Image.radial_gradient("L").resize((640, 480)).convert("RGB")
    logo = Image.new("RGB", (80, 60), (200, 30, 30))
    for image in (photo, logo):
        document = document_of(jpeg(image), using=sight())
        assert (document.blocks, document.seal) == ((), Seal.ABSENT)


@pytest.mark.parametrize("side", [12_000, 60_000])
def test_a_huge_picture_is_refused_by_its_header(side: int) -> None:
    """A picture of 144 million pixels, or of milliards, is refused as too large before it is decoded."""
    head = b"IHDR" + side.to_bytes(4, "big") * 2 + b"\x01\x00\x00\x00\x00"
    data = b"\x89PNG\r\n\x1a\n" + (13).to_bytes(4, "big") + head + zlib.crc32(head).to_bytes(4, "big")
    result = read(Part("1", "大图.png", "", data + b"\x00\x00\x00\x00IDAT\x35\xaf\x06\x1e"), tools())
    assert isinstance(result, Unreadable)
    assert result.trouble is Trouble.TOO_LARGE
    assert "5000万像素" in result.message


def test_a_vast_picture_in_a_pdf_is_not_drawn() -> None:
    """T30: a page whose picture says that it has milliards of pixels is neither drawn nor looked at."""

    def never(_picture: Picture) -> Any:
        pytest.fail("a picture was drawn")

    told = [
        refused.trouble
        for seed in range(20)
        for refused in open_in_process(vast(Random(seed)), "0" * 64, tools=Tools(ocr=never, look=never)).unreadable  # noqa: S311 - a seeded draw
    ]
    assert Trouble.TOO_LARGE in told


def test_without_ocr_a_picture_asks_for_word() -> None:
    """Where no OCR is installed a picture is refused with the remedy."""
    result = read(Part("1", "扫描.jpg", "", jpeg(Image.new("RGB", (800, 1000), "white"))), Tools())
    assert isinstance(result, Unreadable)
    assert (result.trouble, "请补发Word文件" in result.message) == (Trouble.NO_TOOL, True)
