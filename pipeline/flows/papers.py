"""A closed month → the files that the office signs, files and sends."""

from __future__ import annotations

from pipeline.digest.summary import Summary
from pipeline.flows.desk import Desk
from pipeline.model import Attachment

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def papers(desk: Desk, closed: Summary) -> tuple[Attachment, ...]:
    """月报.docx and 台账.xlsx of one edition."""
    from pipeline.digest import docx, xlsx  # noqa: PLC0415 - Word, Excel and charts: half a second most commands spare

    report = docx.summary_docx(closed, templates=desk.compiled, font=desk.font())
    return (
        Attachment(docx.file_name(closed), DOCX, report),
        Attachment(xlsx.file_name(closed), XLSX, xlsx.summary_xlsx(closed)),
    )
