"""Made-up files, mails and a mailbox -> one table: how long we take, how long the plain library takes, and the ratio.

``nice python -m tests.measure.speed [--only docx]`` runs both sides in turn in one process and prints medians. Nothing
is read from disk or from the corpus. Times of a shared machine move; the ratio is what may be quoted.
"""

from __future__ import annotations

import argparse
import base64
import gc
import hashlib
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.message import EmailMessage
from io import BytesIO
from pathlib import Path
from typing import Any

import docx
import mailparser
import openpyxl
import pdfplumber
import pytest
import xlrd
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn
from imapclient import IMAPClient
from PIL import Image, ImageDraw, ImageFont

from pipeline.adapters import child, forks, keeper, office
from pipeline.adapters.ahead import Opening
from pipeline.adapters.embedded import EmbeddedImap
from pipeline.adapters.home import init_home
from pipeline.adapters.imap import ImapSource
from pipeline.adapters.kept import Kept
from pipeline.adapters.opening import open_in_process
from pipeline.adapters.settings import load_settings
from pipeline.adapters.source import Cursor
from pipeline.digest import docx as papers
from pipeline.mail.parse import parse
from pipeline.model import Document, Paragraph, Part, RawMessage, Table
from pipeline.readers import Tools, read
from tests.corpus.halfyear.make import HERE, build
from tests.support.dovecot import dovecot

Job = Callable[[], object]
_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_SENTENCE = "本月新开通5G基站11个，累计178个，完成全年任务的88.6%，重点企业服务平台建设按计划推进，资金到位320万元。"
_FONTS = (
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc",
)
_ROOT = Path(__file__).resolve().parents[2]
_MAILS = 200
_THOUSANDS = 3000


# --------------------------------------------------------------------------- the stopwatch


def seconds(job: Job) -> float:
    """Wall time of one run, without the rubbish of the run before."""
    gc.collect()
    start = time.perf_counter()
    job()
    return time.perf_counter() - start


def race(what: str, ours: Job, plain: Job, *, rounds: int = 7, times: int = 1) -> str:
    """One row: medians of alternating runs after one run of each that does not count.

    Args:
        what: First column.
        ours: Our side.
        plain: The other side.
        rounds: Runs of each side; who begins changes each round.
        times: How often one run repeats its job, so that short jobs are long enough to be timed.
    """

    def repeated(job: Job) -> Job:
        return lambda: [job() for _ in range(times)]

    first, second = repeated(ours), repeated(plain)
    ours()
    plain()
    pairs: list[tuple[float, float]] = []
    for number in range(rounds):
        if number % 2:
            other = seconds(second)
            pairs.append((seconds(first), other))
        else:
            own = seconds(first)
            pairs.append((own, seconds(second)))
    own = statistics.median(pair[0] for pair in pairs)
    other = statistics.median(pair[1] for pair in pairs)
    ratios = sorted(pair[1] / pair[0] for pair in pairs)
    return row(what, own / times, other / times, f"{ratios[0]:.2f}-{ratios[-1]:.2f}")


def row(what: str, own: float, other: float, spread: str = "one pair") -> str:
    """A row of the table; times in milliseconds."""
    return f"| {what} | {own * 1000:,.1f} | {other * 1000:,.1f} | **{other / own:.2f}x** | {spread} |"


# --------------------------------------------------------------------------- what is read


def word_file() -> bytes:
    """About ten pages: 一、（一）1. as automatic numbers, 120 paragraphs and five tables of 12 rows."""
    document = docx.Document()
    # The library's template brings 780 KB of table styles that no office's file has; both sides would only parse them.
    styles = document.styles.element
    for style in list(styles.iterfind(qn("w:style"))):
        if style.get(qn("w:type")) == "table" and style.get(qn("w:styleId")) not in {"TableNormal", "TableGrid"}:
            styles.remove(style)
    levels = (("chineseCounting", "%1、"), ("chineseCounting", "（%2）"), ("decimal", "%3."))
    xml = "".join(
        f'<w:lvl w:ilvl="{at}"><w:start w:val="1"/><w:numFmt w:val="{form}"/><w:lvlText w:val="{text}"/></w:lvl>'
        for at, (form, text) in enumerate(levels)
    )
    numbering = document.part.numbering_part.element
    numbering.insert(0, parse_xml(f'<w:abstractNum {nsdecls("w")} w:abstractNumId="77">{xml}</w:abstractNum>'))
    numbering.append(parse_xml(f'<w:num {nsdecls("w")} w:numId="77"><w:abstractNumId w:val="77"/></w:num>'))
    for number in range(120):
        paragraph = document.add_paragraph()
        # People's files hold several runs a paragraph.
        for piece in (f"第{number}项", _SENTENCE, _SENTENCE[:30]):
            paragraph.add_run(piece).bold = piece.startswith("第")
        level = 0 if number % 12 == 0 else 1 if number % 4 == 0 else 2
        paragraph._p.get_or_add_pPr().append(
            parse_xml(f'<w:numPr {nsdecls("w")}><w:ilvl w:val="{level}"/><w:numId w:val="77"/></w:numPr>')
        )
        if number % 24 == 23:
            table = document.add_table(rows=12, cols=5, style="Table Grid")
            for index, line in enumerate(table.rows):
                for cell, text in zip(line.cells, (str(index), "县工信科局", "新开通5G基站", "11", "个"), strict=True):
                    cell.text = text
    return saved(document)


def saved(document: Any) -> bytes:
    """What the document or workbook would be on disk."""
    stream = BytesIO()
    document.save(stream)
    return stream.getvalue()


def sheet_file(rows: int) -> bytes:
    """A workbook of one sheet with eight columns: words, figures, percentages."""
    book = openpyxl.Workbook()
    page = book.active
    page.append(["序号", "单位", "任务", "本月", "累计", "全年目标", "完成率", "备注"])
    for number in range(1, rows):
        page.append([number, f"单位{number % 30}", f"重点任务{number}", number * 3, number * 7.5, 900, 0.886, "按计划"])
        page.cell(number + 1, 7).number_format = "0.0%"
    return saved(book)


def mail_bytes(number: int, files: tuple[tuple[str, str, bytes], ...]) -> bytes:
    """A mail with a Chinese subject and attachments (name, media type, bytes)."""
    mail = EmailMessage()
    mail["From"] = "王科长 <wang@gxj.example>"
    mail["To"] = "fazhan@xian.example"
    mail["Subject"] = f"县工信科局2022年9月工作进展情况报告（{number}）"
    mail["Message-ID"] = f"<{number}@gxj.example>"
    mail["Date"] = "Mon, 05 Sep 2022 09:00:00 +0800"
    mail.set_content("领导好：现将本月进展报上，请查收。\n" * 5)
    for name, kind, data in files:
        main, _, sub = kind.partition("/")
        mail.add_attachment(data, maintype=main, subtype=sub, filename=name)
    return bytes(mail)


def mails(count: int) -> list[bytes]:
    """Mails of 1-3 attachments, about 120 KiB on the mean; the bytes cannot be compressed, as in real office files."""
    dice = random.Random(20220901)  # noqa: S311 - a fixed seed is the point
    return [
        mail_bytes(
            number,
            tuple(
                (f"附件{n}.docx", _WORD, dice.randbytes(dice.randrange(20_000, 70_000))) for n in range(1 + number % 3)
            ),
        )
        for number in range(count)
    ]


def scan() -> bytes:
    """A page of 25 lines at 150 dpi, as PNG."""
    name = next((name for name in _FONTS if Path(name).exists()), None)
    if name is None:
        message = "no Chinese font: apt install fonts-noto-cjk"
        raise SystemExit(message)
    page = Image.new("RGB", (1240, 1754), "white")
    pen, font = ImageDraw.Draw(page), ImageFont.truetype(name, 30)
    for number in range(25):
        pen.text((140, 160 + number * 56), f"{number + 1}．{_SENTENCE[:28]}", fill="black", font=font)
    stream = BytesIO()
    page.save(stream, "PNG")
    return stream.getvalue()


def part(name: str, data: bytes) -> Part:
    """One attachment."""
    return Part("1", name, "application/octet-stream", data)


def must(result: object) -> Document:
    """The document; a file that could not be read is no measurement."""
    assert isinstance(result, Document), result
    return result


# --------------------------------------------------------------------------- the races


def word_race() -> Iterator[str]:
    """Reading a Word file: final view, numbers, tables with spans; against texts of paragraphs and cells."""
    data = word_file()

    def plain() -> list[str]:
        document = docx.Document(BytesIO(data))
        texts = [paragraph.text for paragraph in document.paragraphs]
        return texts + [cell.text for table in document.tables for line in table.rows for cell in line.cells]

    blocks = must(read(part("报告.docx", data), Tools())).blocks
    assert sum(isinstance(block, Paragraph) and bool(block.label) for block in blocks) == 120
    assert sum(len(block.cells) for block in blocks if isinstance(block, Table)) == 5 * 12 * 5
    yield race(
        "docx, 10 pages, 5 tables, numbering; python-docx: no numbers",
        lambda: read(part("报告.docx", data), Tools()),
        plain,
        times=3,
    )


def sheet_race() -> Iterator[str]:
    """Reading a workbook as shown (formats applied, hidden rows known), against plain values."""
    for rows in (64, 1000):
        data = sheet_file(rows)

        def ours(data: bytes = data) -> Document:
            return must(read(part("报表.xlsx", data), Tools()))

        def plain(data: bytes = data) -> list[tuple[Any, ...]]:
            book = openpyxl.load_workbook(BytesIO(data), data_only=True)
            return [line for page in book for line in page.iter_rows(values_only=True)]

        assert rows * 8 == sum(len(block.cells) for block in ours().blocks if isinstance(block, Table))
        yield race(f"xlsx, {rows:,} rows × 8; openpyxl", ours, plain, rounds=5, times=5 if rows < 100 else 1)


def mail_race() -> Iterator[str]:
    """Subject, bodies and attachments' bytes out of 60 mails."""
    raws = mails(60)

    def ours() -> list[bytes]:
        letters = [parse(raw, digest=hashlib.sha256(raw).hexdigest()) for raw in raws]
        return [each.data for letter in letters for each in letter.parts if each.name.endswith(".docx")]

    def plain() -> list[bytes]:
        found = []
        for raw in raws:
            mail = mailparser.parse_from_bytes(raw)
            assert mail.subject
            assert mail.text_plain
            found += [base64.b64decode(each["payload"]) for each in mail.attachments]
        return found

    assert plain() == ours()
    yield race("60 mails parsed, bytes out; mail-parser + base64", ours, plain, rounds=5)


def table_race() -> Iterator[str]:
    """The summary's ruled table of 64 rows and 8 columns, alone in a document and saved."""
    heads = tuple(f"列{number}" for number in range(8))
    rows = [tuple(f"第{line}行第{column}列" for column in range(8)) for line in range(64)]

    def ours() -> bytes:
        document = docx.Document()
        papers._table(document, heads, (20,) * 8, rows, points=9)
        return saved(document)

    def by_cell() -> bytes:
        document = docx.Document()
        table = document.add_table(rows=len(rows) + 1, cols=8, style="Table Grid")
        for line, values in enumerate((heads, *rows)):
            for column, value in enumerate(values):
                table.cell(line, column).text = value
        return saved(document)

    def by_row() -> bytes:
        document = docx.Document()
        table = document.add_table(rows=len(rows) + 1, cols=8, style="Table Grid")
        for line, values in zip(table.rows, (heads, *rows), strict=True):
            for cell, value in zip(line.cells, values, strict=True):
                cell.text = value
        return saved(document)

    def said(data: bytes) -> list[str]:
        return [node.text for node in docx.Document(BytesIO(data)).element.body.iter(qn("w:t"))]

    assert said(by_row()) == said(ours())
    yield race("table of 64 rows × 8 written; python-docx table.cell", ours, by_cell, rounds=3)
    yield race("the same; python-docx rows/cells", ours, by_row, rounds=5)


@contextmanager
def mailbox(raws: list[bytes]) -> Iterator[tuple[str, Any]]:
    """A mailbox with mails: Dovecot, or the embedded server where Dovecot is not installed."""
    at = datetime(2022, 9, 5, 1, tzinfo=UTC)
    try:
        running = dovecot()
        server = running.__enter__()
    except pytest.skip.Exception:
        with EmbeddedImap() as embedded:
            for raw in raws:
                embedded.deliver(raw, received_at=at)
            yield "embedded server", embedded
        return
    try:
        with server.client() as client:
            client._imap.debug = 0
            for raw in raws:
                client.append("INBOX", raw, msg_time=at)
        yield "Dovecot", server
    finally:
        running.__exit__(None, None, None)


def imap_race() -> Iterator[str]:
    """Fetching a whole mailbox: log in, list, fetch, leave."""
    raws = mails(_MAILS)
    with mailbox(raws) as (name, server):
        source = ImapSource(server.host, server.port, server.user, server.password, security="none")

        def ours() -> int:
            kept: list[RawMessage] = []
            source.poll(Cursor(), keep=kept.append)
            return len(kept)

        def plain(*, quiet: bool = False) -> int:
            kept = []
            with IMAPClient(server.host, server.port, ssl=False, timeout=60) as client:
                if quiet:
                    client._imap.debug = 0
                client.login(server.user, server.password)
                client.select_folder("INBOX", readonly=True)
                for uid in client.search("ALL"):
                    data = client.fetch([uid], ["BODY.PEEK[]"])[uid][b"BODY[]"]
                    kept.append((hashlib.sha256(data).hexdigest(), data))
            return len(kept)

        assert ours() == plain() == len(raws)
        yield race(f"IMAP, {_MAILS} mails from {name}; imapclient one by one", ours, plain, rounds=5)
        yield race("the same; imapclient one by one with debug=0", ours, lambda: plain(quiet=True), rounds=5)


def scan_race() -> Iterator[str]:
    """A scanned page, once with the engine to be loaded and then with it warm."""
    page = part("扫描件.png", scan())
    tools = keeper.tools()
    if tools.ocr is None:
        yield "| scanned page | not measured: rapidocr is not installed | | | |"
        return
    cold = seconds(lambda: must(read(page, tools)))
    warm = statistics.median(seconds(lambda: must(read(page, tools))) for _ in range(3))
    yield row("scanned page of 25 lines, engine warm; its first page with loading", warm, cold, "3 to 1")


def open_race() -> Iterator[str]:
    """A whole mail with a Word file and a workbook, in our own process and in the fenced child."""
    raw = mail_bytes(1, (("报告.docx", _WORD, word_file()), ("报表.xlsx", _SHEET, sheet_file(64))))
    digest, tools = hashlib.sha256(raw).hexdigest(), keeper.tools()

    def apart() -> int:
        return len(child.open_mail(raw, digest).documents)

    def here() -> int:
        return len(open_in_process(raw, digest, tools=tools).documents)

    assert here() == apart()
    yield race("whole mail opened in the fenced child; in process", apart, here, rounds=5, times=3)


def old_race() -> Iterator[str]:
    """PDF with text, .doc and .xls, made by LibreOffice from the files above."""
    program = office.find()
    if program is None:
        yield "| PDF, .doc, .xls | not measured: LibreOffice is not installed | | | |"
        return
    convert = office.Office(program).convert
    pdf = convert(word_file(), "docx", "pdf")

    def by_pdfplumber() -> list[object]:
        with pdfplumber.open(BytesIO(pdf)) as stored:
            return [(page.extract_text(), page.extract_tables()) for page in stored.pages]

    yield race(
        "PDF of the Word file; pdfplumber, text and tables",
        lambda: must(read(part("报告.pdf", pdf), Tools())),
        by_pdfplumber,
        rounds=3,
    )
    xls = convert(sheet_file(1000), "xlsx", "xls")

    def by_xlrd() -> list[list[Any]]:
        book = xlrd.open_workbook(file_contents=xls)
        return [page.row_values(line) for page in book.sheets() for line in range(page.nrows)]

    yield race("xls, 1,000 rows × 8; xlrd", lambda: must(read(part("报表.xls", xls), Tools())), by_xlrd, rounds=5)
    doc, tools = convert(word_file(), "docx", "doc"), keeper.tools()

    def by_conversion() -> list[str]:
        document = docx.Document(BytesIO(convert(doc, "doc", "docx")))
        texts = [paragraph.text for paragraph in document.paragraphs]
        return texts + [cell.text for table in document.tables for line in table.rows for cell in line.cells]

    yield race(
        "doc of the Word file, LibreOffice; LibreOffice + python-docx",
        lambda: must(read(part("报告.doc", doc), tools)),
        by_conversion,
        rounds=3,
    )
    yield race(
        "the same without LibreOffice (no numbers); LibreOffice + python-docx",
        lambda: must(read(part("报告.doc", doc), Tools())),
        by_conversion,
        rounds=3,
    )


def thousands_race() -> Iterator[str]:
    """A mailbox of thousands of small mails, fetched for the first time and looked at again."""
    raws = [mail_bytes(number, ()) for number in range(_THOUSANDS)]
    with mailbox(raws) as (name, server):
        source = ImapSource(server.host, server.port, server.user, server.password, security="none")

        def plain() -> int:
            with IMAPClient(server.host, server.port, ssl=False, timeout=60) as client:
                client._imap.debug = 0
                client.login(server.user, server.password)
                client.select_folder("INBOX", readonly=True)
                return len([client.fetch([uid], ["BODY.PEEK[]"]) for uid in client.search("ALL")])

        reached = source.poll(Cursor(), keep=lambda _mail: None).cursor

        def first() -> int:
            return source.poll(Cursor(), keep=lambda _mail: None).kept

        def again() -> int:
            return source.poll(reached, keep=lambda _mail: None).kept

        assert first() == plain() == _THOUSANDS
        assert again() == 0
        yield race(f"{_THOUSANDS:,} small mails from {name}; one by one with debug=0", first, plain, rounds=3)
        yield race("looked at again, nothing new; fetched again", again, plain, rounds=3)


def again_race() -> Iterator[str]:
    """A mail with a scanned page opened a second time in the same home."""
    if keeper.tools().ocr is None:
        yield "| scan read again | not measured: rapidocr is not installed | | | |"
        return
    raw = mail_bytes(1, (("扫描件.png", "image/png", scan()),))
    digest = hashlib.sha256(raw).hexdigest()
    with tempfile.TemporaryDirectory() as folder:
        opening = Opening(Kept(Path(folder)), children=1)
        cold = seconds(lambda: opening.open(raw, digest))
        again = statistics.median(seconds(lambda: opening.open(raw, digest)) for _ in range(5))
    yield row("mail with a scan opened again in one home; the first time", again, cold, "5 to 1")


def memory_race() -> Iterator[str]:
    """The most memory that a child holds while it reads, and what it has before it begins."""
    tools = keeper.tools()
    files = [part("报告.docx", word_file()), part("报表.xlsx", sheet_file(1000))]
    files += [part("扫描件.png", scan())] if tools.ocr is not None else []

    def most(work: Job) -> float:
        def told() -> bytes:
            work()
            return str(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss).encode()

        answer, why = forks.forked(told, keeper.needs(files[-1].data))
        assert answer is not None, why
        return int(answer) / 1024

    idle = most(lambda: None)
    for file in files:
        peak = most(lambda file=file: must(read(file, tools)))  # type: ignore[misc]
        yield f"| memory of a child at most, {file.name}; before it reads | {peak:,.0f} MB | {idle:,.0f} MB | | |"


def processor(*words: str) -> float:
    """Processor time of a command and all that it starts."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *words], cwd=_ROOT, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def command_race() -> Iterator[str]:
    """Processor time of a command that only looks, in a new home; against importing the libraries that it needs."""
    libraries = "import click, imapclient, jinja2, lxml.etree, pydantic, rapidfuzz, sqlite_utils, yaml, css_inline"
    with tempfile.TemporaryDirectory() as folder:
        list(init_home(Path(folder)))
        for command in (("status",), ("outbox", "list")):
            pairs = []
            for _ in range(7):
                own = processor("-m", "pipeline", "--home", folder, *command)
                pairs.append((own, processor("-c", libraries)))
            own, other = (statistics.median(each) for each in zip(*pairs, strict=True))
            what = f"yuebao {' '.join(command)}, processor time; its libraries imported"
            yield row(what, own, other, "medians of 7")


def months_race() -> Iterator[str]:
    """Processor time of half a year of mails without scans, all letters and papers of it written."""
    with tempfile.TemporaryDirectory() as folder:
        home, mails, out = (Path(folder) / name for name in ("home", "mails", "out"))
        list(init_home(home))
        settings = load_settings(home)
        count = build(
            mails,
            units={unit.name: (unit.full_name, unit.mailboxes[0]) for unit in settings.units},
            titles={item.number: item.title for item in settings.plan.items},
        )
        spent = processor(
            *("-m", "pipeline", "--home", str(home), "simulate", "--mails", str(mails), "--out", str(out)),
            *("--from", "2022-09-01", "--to", "2023-01-20", "--decisions", str(HERE / "decisions.json")),
        )
        letters = len(list((out / "letters").iterdir()))
        yield f"| half a year, {count} mails, {letters} letters; processor time | {spent * 1000:,.0f} | | | |"


RACES: dict[str, Callable[[], Iterator[str]]] = {
    "docx": word_race,
    "xlsx": sheet_race,
    "mail": mail_race,
    "table": table_race,
    "imap": imap_race,
    "open": open_race,
    "old": old_race,
    "thousands": thousands_race,
    "memory": memory_race,
    "again": again_race,
    "command": command_race,
    "months": months_race,
    "scan": scan_race,
}


def main() -> None:
    """Print the table."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--only", choices=sorted(RACES), action="append", help="one race; may be repeated")
    # Before the engine for scanned pages is loaded.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    chosen = words.parse_args().only or list(RACES)
    print("| what; against | ours, ms | other, ms | other / ours | lowest-highest |")  # noqa: T201 - the result
    print("|---|---|---|---|---|")  # noqa: T201 - the result
    for name in chosen:
        for line in RACES[name]():
            print(line, flush=True)  # noqa: T201 - the result


if __name__ == "__main__":
    main()
