"""A closed month → the files that the office signs, files and sends."""

from __future__ import annotations

from pipeline.digest.docx import summary_docx
from pipeline.digest.summary import Summary
from pipeline.digest.xlsx import summary_xlsx
from pipeline.flows.desk import Desk
from pipeline.model import Attachment, Month

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def papers(desk: Desk, closed: Summary, month: Month) -> tuple[Attachment, ...]:
    """月报.docx and 台账.xlsx of one edition."""
    name = f"{month.period}{closed.edition}"
    return (
        Attachment(f"{name}月报.docx", DOCX, summary_docx(closed, font=desk.font)),
        Attachment(f"{name}台账.xlsx", XLSX, summary_xlsx(closed)),
    )
