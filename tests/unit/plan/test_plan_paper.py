"""Word files become plans through the product's own reader."""

from __future__ import annotations

import io
from datetime import date

import docx
from docx.document import Document as Paper

from pipeline.model import Document, Paragraph, Part, Role
from pipeline.plan.notice import read_notice
from pipeline.plan.paper import lines_of
from pipeline.readers.docx import DocxReader
from pipeline.readers.tools import Tools

_TASKS = (
    ("修缮道路", "全年新建农村公路12公里。", "县交通局", "县财政局、各乡镇人民政府"),
    ("整治河道", "清理河道8处", "县水利局", ""),
)


def read(paper: Paper) -> Document:
    """Through the product's reader of Word files."""
    buffer = io.BytesIO()
    paper.save(buffer)
    return DocxReader().read(Part("1", "notice.docx", "", buffer.getvalue()), Tools())


def test_automatic_numbers_of_word() -> None:
    """Items numbered by Word itself have no number in their text; the label in front of it is enough."""
    paper = docx.Document()
    for text in ("某县交通提升2024年工作要点", "某政办发〔2024〕6号", "2024年3月1日", "一、加快建设"):
        paper.add_paragraph(text)
    paper.add_paragraph("修缮道路。抓紧施工。（县交通局负责）", style="List Number")
    paper.add_paragraph("整治河道。分段推进。（县水利局牵头，县财政局配合）", style="List Number")
    paper.add_paragraph("二、优化服务")
    paper.add_paragraph("畅通热线。及时答复。（县信访局负责）", style="List Number")
    plan = read_notice(lines_of(read(paper))).plan
    assert [(item.number, item.title, item.section) for item in plan.items] == [
        (1, "修缮道路", "加快建设"),
        (2, "整治河道", "加快建设"),
        (3, "畅通热线", "优化服务"),
    ]
    assert (plan.number, plan.issued_on) == ("某政办发〔2024〕6号", date(2024, 3, 1))


def test_a_task_table() -> None:
    """A table 序号 | 重点任务 | 工作内容 | 牵头单位 | 配合单位 gives its rows as items."""
    paper = docx.Document()
    paper.add_paragraph("某县2024年重点任务清单")
    table = paper.add_table(rows=1, cols=5)
    for cell, text in zip(table.rows[0].cells, ("序号", "重点任务", "工作内容", "牵头单位", "配合单位"), strict=True):
        cell.text = text
    for number, row in enumerate(_TASKS, 1):
        for cell, text in zip(table.add_row().cells, (str(number), *row), strict=True):
            cell.text = text
    first, second = read_notice(lines_of(read(paper))).plan.items
    assert (first.title, first.text) == ("修缮道路", "全年新建农村公路12公里。")
    assert (first.units, first.roster) == ((("县交通局", Role.LEAD), ("县财政局", Role.SUPPORT)), "各乡镇人民政府")
    assert (second.title, second.units) == ("整治河道", (("县水利局", Role.LEAD),))
    assert [(target.of, target.value) for target in first.targets] == [("农村公路", 12.0)]


def test_page_furniture_is_left_out() -> None:
    """Headers, footers and footnotes are no part of a plan; labels stand in front of their paragraphs."""
    blocks = (
        Paragraph("某县文件", "页眉", zone="header"),
        Paragraph("修缮道路。", "第1段", label="1."),
        Paragraph("— 3 —", "页脚", zone="footer"),
    )
    assert lines_of(Document("1", "a.docx", "docx", blocks)) == ("1.修缮道路。",)
