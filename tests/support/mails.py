"""A few lines of text → a real mail, parsed, with its documents: the input of understanding, for tests.

The mail is composed and parsed for real; only the files beside it are given as text instead of being read.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from email.message import EmailMessage
from email.utils import format_datetime

from pipeline.mail.parse import parse
from pipeline.mail.screen import screen
from pipeline.model import Cell, Document, Letter, Opened, Paragraph, Screening, Seal, Table, Unreadable

CHINA = timezone(timedelta(hours=8))
OWN = "fwytzzx2022bs@163.example"


@dataclass(frozen=True, slots=True)
class File:
    """An attachment as its reader would give it."""

    name: str
    lines: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    seal: Seal = Seal.ABSENT
    seal_text: str = ""
    scanned: bool = False
    header: str = ""
    format: str = "docx"
    #: Scans of it that stand in it.
    scans: tuple[File, ...] = ()


def file(name: str, text: str = "", **more: object) -> File:
    """A file whose lines are the lines of ``text``."""
    return File(name, tuple(line.strip() for line in text.splitlines() if line.strip()), **more)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Arrived:
    """A mail as understanding meets it."""

    opened: Opened
    screening: Screening
    received_at: datetime


def arrived(
    subject: str,
    body: str,
    *files: File,
    sender: str = "xxczj@163.example",
    display: str = "",
    day: str = "2022-09-06",
    headers: tuple[tuple[str, str], ...] = (),
    unreadable: tuple[Unreadable, ...] = (),
    inner: tuple[str, str, str] | None = None,
    inner_files: tuple[File, ...] = (),
) -> Arrived:
    """Build a mail.

    Args:
        subject: Subject line.
        body: Plain body.
        files: Attachments.
        sender: From address; written raw when it holds ``<``.
        display: Display name.
        day: Day of receipt, ``YYYY-MM-DD``; the time is 10:30 in China.
        headers: Further header fields.
        unreadable: Parts that gave no text.
        inner: (from, subject, body) of a mail enclosed as part 1.
        inner_files: Attachments of the enclosed mail.
    """
    at = datetime.fromisoformat(f"{day}T10:30:00").replace(tzinfo=CHINA)
    letter = _letter(subject, body, sender=sender, display=display, at=at, headers=headers)
    documents = [_body(letter, "")]
    enclosed: tuple[tuple[str, Letter], ...] = ()
    if inner is not None:
        second = _letter(inner[1], inner[2], sender=inner[0], display="", at=at - timedelta(hours=2), headers=())
        enclosed = (("1", second),)
        documents.append(_body(second, "1/"))
        documents += [_document(one, f"1/{number}") for number, one in enumerate(inner_files, 1)]
    documents += [_document(one, str(number)) for number, one in enumerate(files, 1 + len(enclosed))]
    kept = tuple(document for document in documents if document.blocks)
    verdict = screen(letter, own=frozenset({OWN}), own_ids=frozenset())
    return Arrived(Opened(letter, enclosed, kept, unreadable), verdict, at)


def _letter(
    subject: str, body: str, *, sender: str, display: str, at: datetime, headers: tuple[tuple[str, str], ...]
) -> Letter:
    message = EmailMessage()
    message["From"] = f"{display} <{sender}>" if display and "<" not in sender else sender
    message["To"] = OWN
    message["Subject"] = subject
    message["Date"] = format_datetime(at)
    message["Message-ID"] = f"<{hashlib.sha256((subject + body + sender).encode()).hexdigest()[:20]}@mail.example>"
    for name, value in headers:
        message[name] = value
    message.set_content(body)
    data = message.as_bytes()
    return replace(parse(data, digest=hashlib.sha256(data).hexdigest()))


def _body(letter: Letter, prefix: str) -> Document:
    lines = (line for line in letter.body.splitlines() if line.strip())
    return Document(
        f"{prefix}body", "正文.txt", "text", tuple(Paragraph(line, f"第{n}段") for n, line in enumerate(lines, 1))
    )


def _document(one: File, part: str) -> Document:
    blocks: list[Paragraph | Table] = []
    if one.header:
        blocks.append(Paragraph(one.header, "页眉", zone="header"))
    blocks += [Paragraph(line, f"第{number}段") for number, line in enumerate(one.lines, 1)]
    if one.rows:
        cells = tuple(
            Cell(text, row, column, f"表1!R{row + 1}C{column + 1}")
            for row, line in enumerate(one.rows)
            for column, text in enumerate(line)
        )
        blocks.append(Table(cells, len(one.rows), max(map(len, one.rows)), "表1"))
    return Document(
        part, one.name, one.format, tuple(blocks), seal=one.seal, seal_text=one.seal_text, scanned=one.scanned,
        scans=tuple(_document(scan, f"{part}/scan") for scan in one.scans),
    )  # fmt: skip
