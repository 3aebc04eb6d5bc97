"""Our own parsers of foreign text, each as one function of bytes with its claim: the one list that is fuzzed (F22).

``tests/faults/test_fuzz.py`` draws inputs from each target's pieces at every change, ``python -m tests.measure.fuzz``
lets coverage guide them before a release. What broke a parser once lies in ``tests/faults/fuzzed/TARGET`` and is tried
again at every change.
"""

from __future__ import annotations

import contextlib
import math
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from lxml import etree

from pipeline import periods, text
from pipeline.errors import PlanError
from pipeline.mail import html, links, quote
from pipeline.mail.names import clean_name
from pipeline.mail.parse import parse
from pipeline.mail.screen import screen
from pipeline.mail.sender import authentication, doubts, looks_like, read_from, recipients, speakers
from pipeline.mail.unpack import unpack
from pipeline.model import (
    Cell,
    Document,
    Letter,
    Memory,
    Opened,
    Paragraph,
    Part,
    Screening,
    Table,
    Unreadable,
    Verdict,
)
from pipeline.plan.duty_words import duties_in, read_duty
from pipeline.plan.notice import read_notice
from pipeline.plan.targets import read_targets
from pipeline.readers import Tools, numfmt, read
from pipeline.readers.grid import number_in
from pipeline.readers.numbering import Numbering, W
from pipeline.understanding import (
    matching,
    naming,
    outline,
    period,
    prose,
    quantities,
    roles,
    secrecy,
    signs,
    status,
    tables,
    tones,
)
from pipeline.understanding.carriers import lay_open
from pipeline.understanding.lines import plan_numbers
from pipeline.understanding.names import find, names_of, nearly, seen_in
from pipeline.understanding.numerals import chinese_number
from pipeline.understanding.reading import understand
from pipeline.understanding.words import Words, compiled
from tests.support.knowledge import knowledge
from tests.support.mails import CHINA, arrived

FUZZED = Path(__file__).parent / "fuzzed"
#: Parts one input into fields, and a field into lines.
FIELD, LINE = "\x1f", "\n"
RECEIVED = datetime(2022, 9, 8, 9, tzinfo=CHINA)


@dataclass(frozen=True)
class Target:
    """One parser, or some that belong together."""

    name: str
    #: Reads any bytes at all; fails where a claim does not hold.
    check: Callable[[bytes], None]
    #: What inputs are made of, beside arbitrary bytes.
    pieces: tuple[str, ...]
    #: Whole inputs from which a fuzzer starts.
    seeds: tuple[str, ...] = ()
    #: It reads much at a time: fewer inputs are drawn at every change.
    slow: bool = False


def broken(target: str) -> tuple[Path, ...]:
    """Inputs that broke a target once."""
    return tuple(sorted((FUZZED / target).glob("*.bin")))


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def _fields(data: bytes, most: int) -> list[str]:
    """So many fields, the missing ones empty."""
    found = _text(data).split(FIELD, most - 1)
    return found + [""] * (most - len(found))


@lru_cache(maxsize=1)
def _words() -> Words:
    return compiled(knowledge().lexicon)


@lru_cache(maxsize=1)
def _index() -> matching.Index:
    return matching.index_for(knowledge(), _words())


@lru_cache(maxsize=1)
def _letter() -> Letter:
    return arrived("x", "y").opened.letter


def _mail(subject: str, body: str, name: str = "", lines: str = "") -> Opened:
    """An opened mail with these very words, without a detour over bytes."""
    letter = replace(_letter(), subject=" ".join(subject.splitlines()), body=body)
    documents = [_document("body", "正文.txt", body), *([_document("1", name, lines)] if lines.strip() else ())]
    return Opened(letter, (), tuple(one for one in documents if one.blocks))


def _document(part: str, name: str, lines: str) -> Document:
    rows = (line for line in lines.splitlines() if line.strip())
    return Document(
        part, name, "text" if part == "body" else "docx",
        tuple(Paragraph(line, f"第{number}段") for number, line in enumerate(rows, 1)),
    )  # fmt: skip


def _table(rows: str) -> Table:
    """Lines of cells parted by tabs; ``>`` at a cell's beginning lets it reach over the next column too."""
    cells, width = [], 1
    lines = [line.split("\t")[:12] for line in rows.split(LINE)[:40]]
    for row, line in enumerate(lines):
        column = 0
        for one in line:
            wide = 1 + one.startswith(">")
            cells.append(
                Cell(
                    one.removeprefix(">"), row, column, f"R{row + 1}C{column + 1}", columns=wide, number=number_in(one)
                )
            )
            column += wide
        width = max(width, column)
    return Table(tuple(cells), len(lines), width, "表1")


# ----------------------------------------------------------------- what is claimed of each


def addresses(data: bytes) -> None:
    """One plain address or none with a reason; never an exception."""
    raw = tuple(data.split(FIELD.encode())[:3])
    found, because = read_from(raw)
    assert (found is None) == bool(because)
    if found is not None:
        assert found.addr.isascii()
        assert found.addr.count("@") == 1
        looks_like(found.addr, ("wlj@unit.example", "office@demo.example"))
        signs.owners_of(found.addr, knowledge())
    recipients(raw)


def results(data: bytes) -> None:
    """Whatever a field says: a verdict with its reason, and a pass only from a server that is believed."""
    words = _text(data).split(FIELD)[:4]
    names = ("authentication-results", "arc-authentication-results", "dkim-signature", "return-path")
    headers = tuple(("authentication-results", one) for one in words) + tuple(zip(names, words, strict=False))
    letter = replace(_letter(), headers=headers)
    for hops in (1, 2):
        assert authentication(letter, frozenset({"mx.163.com"}), hops=hops).because
        speakers(letter, hops=hops)
    assert authentication(letter, frozenset()).verdict != "pass"
    doubts(letter)


def months(data: bytes) -> None:
    """Months told in any way, and the evidence of a whole mail: well-formed or none, each with its reason."""
    subject, body, name, lines = _fields(data, 4)
    for words in (subject, body):
        one = periods.parse_period(words)
        assert one is None or re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", one)
        for mention in periods.months_in(words):
            assert 1 <= mention.month <= 12
            periods.nearest(mention.month, mention.year, RECEIVED.date())
    mail = lay_open(_mail(subject, body, name, lines), knowledge=knowledge())
    for one in (mail, replace(mail, main=mail.papers)):
        told = period.determine(one, received=RECEIVED.date(), knowledge=knowledge())
        assert told.period is None or re.fullmatch(r"20\d\d-(0[1-9]|1[0-2])", told.period)
        assert all(clue.because and math.isfinite(clue.weight) for clue in told.clues)


def items(data: bytes) -> None:
    """A passage against every item of the plan: points that are numbers, one for each item."""
    words, heading, learned = _fields(data, 3)
    index = _index()
    scored = matching.scores(words, index, common=_words().pattern("record_common"))
    assert len(scored.points) == len(scored.reasons) == len(index.items)
    assert all(map(math.isfinite, scored.points))
    assert all(0 <= points <= 1 for points in matching.title_points(heading, index).values())
    matching.names_subject(heading, index)
    matching.duty_points(index, unit="县文旅局", plan=knowledge().plan, text=words)
    memory = Memory(earlier=(("县文旅局", 1, learned), ("县文旅局", 9, heading)))
    matching.memory_points(words, index, unit="县文旅局", memory=memory)
    plan_numbers(heading)


def ledgers(data: bytes) -> None:
    """A table of any shape: rows whose texts and figures stand in the table where they are said to stand."""
    table = _table(_text(data))
    for month in (None, 8):
        found = tables.read(table, words=_words(), month=month)
        places = {cell.place for cell in table.cells}
        for row in found.rows:
            assert all(math.isfinite(one.value) and one.place for one in row.figures)
            for told in (*row.progress, *row.problems, *row.next_steps, *row.mixed):
                assert told.text
                assert places.intersection(re.findall(r"R\d+C\d+", told.place)), told.place
    for cell in table.cells[:12]:
        naming.role_of(cell.text, words=_words(), month=8)


def names(data: bytes) -> None:
    """Cleaned: no control, no path, not too long, and clean stays clean."""
    clean = clean_name(_text(data))
    assert not re.search(r"[\x00-\x1f/\\\u202a-\u202e\u2066-\u2069]", clean)
    assert len(clean) <= 120
    assert clean_name(clean) == clean


def figures(data: bytes) -> None:
    """Figures of a sentence, of a cell, of a number's format: finite, and in the text where they are said to stand."""
    words, cell, code = _fields(data, 3)
    for found in quantities.find(words, words=_words(), plan_text=cell, previous=(7,)):
        assert 0 <= found.start < found.end <= len(words)
        assert math.isfinite(found.value)
    quantities.scope_of(words, words=_words())
    chinese_number(cell)
    quantities.is_unit(cell, words=_words())
    number = number_in(cell)
    told = quantities.parse_cell(cell, number=number, unit="家", words=_words())
    assert told is None or math.isfinite(told[0])
    text.chinese_number(cell)
    text.figures(words)
    for value in (number if number is not None and math.isfinite(number) else 1234.5, -0.5, 0.0, 44_800.25):
        numfmt.shown(value, code)
        numfmt.shown(value, code, since1904=True)
    numfmt.scale(code)
    secrecy.is_identity_number(cell)
    secrecy.is_card_number(cell)
    secrecy.marks(words.splitlines())


def sentences(data: bytes) -> None:
    """A passage in sentences, clauses and lists: stretches of itself in order; a role for each sentence."""
    passage = _text(data)
    for cut in (prose.split, prose.clauses, prose.enumerated):
        end = 0
        for piece in cut(passage):
            assert end <= piece.start < piece.end <= len(passage)
            assert piece.text in passage
            end = piece.end
    told = [piece.text for piece in prose.split(passage)]
    words = _words()
    assert len(roles.told(told, roles.Around(), words=words, month=8)) == len(told)
    for sentence in told[:20]:
        prose.topic(sentence)
        prose.opening_role(sentence, words=words, month=8)
        prose.gives_reason(sentence, words=words)
        prose.is_frame(sentence, words=words)
        prose.is_base(sentence, words=words, month=9)
        tones.sound(sentence, words=words)
    for numbered in (False, True):
        assert all(prose.remark_parts(passage, numbered=numbered, words=words, month=8))
    prose.enumeration_start(passage)
    status.status_of(passage, words=words)
    status.is_final(passage, words=words)


def reports(data: bytes) -> None:
    """The outline of a report of any lines: passages that stand in the document."""
    for form in ("docx", "pdf"):
        outliner = outline.Outliner(words=_words(), month=8, subject=lambda heading: "旅游" in heading)
        lines = _document("1", "报告", _text(data))
        outliner.add(replace(lines, format=form), index=0)
        assert all(passage.locus.place for passage in outliner.passages)


def units(data: bytes) -> None:
    """Units named in a text: units of the directory, where they are said to stand."""
    words = _text(data)
    told = names_of(knowledge(), RECEIVED.date())
    for hit in find(words, told):
        assert hit.unit in {one.name for one in knowledge().units}
        assert 0 <= hit.start < hit.end
    nearly(words, told)
    seen_in(words, told)


_RECOVER = etree.XMLParser(recover=True, resolve_entities=False, no_network=True)


def numbering(data: bytes) -> None:
    """The lists of a Word file, whatever they define: every paragraph has a label of reasonable length."""
    space = W.strip("{}")
    # What is not well-formed is made so: the reader of a package refuses it before it comes here.
    tree = etree.fromstring(
        f'<w:numbering xmlns:w="{space}">'.encode() + data.replace(b"\0", b"") + b"</w:numbering>", _RECOVER
    )
    for counted in (Numbering(tree), Numbering(None)):
        for number in ("1", "2", "x"):
            counted.level_of_style(number, "a1")
            for level in (0, 1, 0, 2, 8, 1, 9, -1, 0):
                assert len(counted.step(number, level)) <= 40_000


def mails(data: bytes) -> None:
    """Any bytes are a mail: parsed, screened, unpacked, its own words told from quoted ones."""
    letter = parse(data, digest="0" * 64)
    assert screen(letter, own=frozenset({"office@demo.example"}), own_ids=frozenset()).because
    found = unpack(letter)
    assert len({part.path for part in found.parts}) == len(found.parts)
    quote.own_words(letter.body)
    links.find(letter.body)


def pages(data: bytes) -> None:
    """HTML of any kind as text, with and without its quoted part, and its links."""
    words = _text(data)
    html.to_text(words)
    html.with_targets(words)
    quote.split_html(words)
    for link in links.find(words):
        assert link
    found = read(Part("1", "a.html", "text/html", b"<html><body>" + data + b"</body></html>"), Tools())
    assert isinstance(found, Document | Unreadable)


def files(data: bytes) -> None:
    """A file of any content under a name that says nothing: a document, or a refusal with its reason."""
    for name in ("a.txt", "a.csv"):
        found = read(Part("1", name, "application/octet-stream", data), Tools())
        assert isinstance(found, Document) or found.message


def notices(data: bytes) -> None:
    """A notice of any words: a plan, or every reason why it is none."""
    words = _text(data)
    read_targets(words, year=2022)
    read_targets(words, year=None, headline=True)
    read_duty(words)
    duties_in(words)
    with contextlib.suppress(PlanError):
        read_notice(tuple(words.splitlines()))


def whole(data: bytes) -> None:
    """Kind, unit, month, items, tables and figures of arbitrary words: a filing."""
    subject, body, name, lines = _fields(data, 4)
    opened = _mail(subject, body, name, lines if "\t" not in lines else "")
    if "\t" in lines:
        sheet = Document("1", name, "xlsx", (_table(lines),))
        opened = replace(opened, documents=(*opened.documents, sheet))
    screening = Screening(Verdict.PERSON, "")
    filing = understand(opened, received_at=RECEIVED, screening=screening, knowledge=knowledge())
    assert filing.digest == opened.letter.digest


# ----------------------------------------------------------------- the list

_ADDRESS = (
    "a", "gov.cn", "@", "<", ">", "(", ")", '"', "\\", ",", ";", ":", ".", " ", "\t", "\r\n ", "\0",
    "=?utf-8?b?5Y6/?=", "＠", "а", "\u202e", "undisclosed", "wlj@unit.example", "\xff", FIELD, "=?gbk?q?", "?=",
)  # fmt: skip
_RESULTS = (
    "mx.163.com", ";", "=", "pass", "fail", "dmarc", "spf", "dkim", " header.from=", "header.d=", "smtp.mailfrom=",
    "gov.cn", "(", ")", '"', "/1", "\r\n\t", "none", "\\", "@", FIELD, "arc=", "i=1", "compauth=",
)  # fmt: skip
_WORDS = (
    "2022年", "8月", "1-8月", "上月", "本月", "第", "三季度", "13月", "0月", "二〇二二年", "报告", "县文旅局",
    "累计", "完成", "3家", "1,234.5万元", "％", "增长", "。", "：", "；", "\n", "1.", "（一）",
    "（", "）", "十", "万", "亿", "发展乡村旅游", "同比", "更正", "无", "\u3000", "\x0b", "\U0001f600",
    "退文", "密级：秘密", "Ⅳ", FIELD, "\t", "存在问题", "下一步", "“", "”", "①", "一、", "一是", "二是", "截至",
)  # fmt: skip
_TABLE = (
    "序号", "工作任务", "进展情况", "存在问题", "下一步打算", "责任单位", "完成率", "累计", "8月", "目标", "备注",
    "\t", "\n", "1", "12家", "68.3%", "无", "—", "合计", "县文旅局", "发展乡村旅游", "已完成", ">", "（万元）", "同上",
)  # fmt: skip
_NUMBERS = (
    "0", "1", "12", "1,234", ".", "%", "万", "亿", "十", "百", "〇", "半", "-", "至", "家", "万元", "个", "增长",
    "约", "余", "翻一番", "0.00", "#,##0", "@", "[Red]", "yyyy-mm-dd", "General", "E+00", '"元"', "!.", "_ ", "?/?",
    ";", FIELD, "1e", "9" * 20, "１", "½", "²", "٣", "110101199003074518", "6222", "。", "、", "计划",
)  # fmt: skip
_XML = (
    '<w:abstractNum w:abstractNumId="1">', "</w:abstractNum>", '<w:lvl w:ilvl="0">', '<w:lvl w:ilvl="8">', "</w:lvl>",
    '<w:start w:val="1"/>', '<w:start w:val="-99999999999"/>', '<w:numFmt w:val="chineseCounting"/>',
    '<w:numFmt w:val="upperRoman"/>', '<w:numFmt w:val="decimalEnclosedCircle"/>', '<w:lvlText w:val="%1.%2"/>',
    '<w:lvlText w:val="第%9章"/>', '<w:lvlRestart w:val="0"/>', "<w:isLgl/>", '<w:pStyle w:val="a1"/>',
    '<w:num w:numId="1">', '<w:num w:numId="2">', "</w:num>", '<w:abstractNumId w:val="1"/>',
    '<w:lvlOverride w:ilvl="0">', "</w:lvlOverride>", '<w:startOverride w:val="3"/>', '<w:numStyleLink w:val="s"/>',
    '<w:styleLink w:val="s"/>', "<!--x-->", "<?x y?>", "&#1;", "lowerLetter", "99999", "-1", "ordinal",
    "taiwaneseDigital", "ideographZodiacTraditional",
)  # fmt: skip
_MIME = (
    "From: a@b.cn\r\n", "Subject: ", "=?gb2312?B?", "?=", "Content-Type: multipart/mixed; boundary=x\r\n", "\r\n\r\n",
    "--x\r\n", "--x--\r\n", "Content-Type: text/html; charset=gbk\r\n", "Content-Transfer-Encoding: base64\r\n",
    "Content-Transfer-Encoding: quoted-printable\r\n", "=E5", "Content-Disposition: attachment; filename*0*=utf-8''a",
    'name="a.zip"', "begin 644 a\r\n", "end\r\n", "Content-Type: message/rfc822\r\n", "UEsDBA==", "Received: ",
    "Thu, 8 Sep 2022 09:00:00 +0800", "Auto-Submitted: auto-replied\r\n", "Content-Type: application/ms-tnef\r\n",
    "eJ8+Ig==", "-----原始邮件-----", "\n> ", "On 1 wrote:", "发件人：", "https://wx.mail.qq.com/ftn/download?x", "\t",
    "ISO-2022-CN", "utf-7", "Date: ", "Message-ID: <", "References: ",
)  # fmt: skip
_HTML = (
    "<table>", "<tr>", "<td colspan=99999 rowspan=2>", "<td>", "</td>", "</table>", "<p>", "<br>", "<div id=origbody>",
    "<blockquote>", "<style>", "<!--", "-->", "<![CDATA[", "&amp;", "&#x110000;", '<a href="http://a">', "</a>",
    "<script>", "<li>", "<ol start=-5>", "<h1>", "<meta charset=gbk>", "<base href=x>", "<img src=cid:1>", "<svg>",
    '<a href="https://mail.163.com/large-attachment-download/x">', "\0", "8月", "<td style=display:none>",
)  # fmt: skip
_FILES = (
    "PK\x03\x04", "%PDF-1.4", "{\\rtf1", "<html>", "<?xml", ",", "\t", "\n", '"', "\r", ";", "序号", "8月", "\ufeff",
    "\xff\xfe", "MIME-Version: 1.0\r\n", "Content-Type: multipart/related; boundary=x\r\n", "--x\r\n", "begin 644 a\n",
    "1", "=1+1", "\0", "Workbook", '<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">', "sep=;",
    "<Row>", "<Cell>", "<Data>", "</Workbook>", "ID;PWXL", "<w:wordDocument>", "From: a@b\r\n",
)  # fmt: skip
_NOTICE = (
    "某县服务业行动计划", "一、", "（一）", "1.", "发展乡村旅游。", "（县文旅局牵头，县财政局配合）", "\n",
    "（各乡镇负责）", "专班", "到2022年底", "新增10家", "不低于5%", "30亿元", "责任单位：", "、", "。", "附件", "分工",
    "力争", "第", "条", "每月12日前", "：",
)  # fmt: skip
_REPORT = (
    "县文旅局2022年8月服务业工作报告\n一、工作进展\n（一）发展乡村旅游。8月新建民宿3家，累计建成18家，完成全年任务的75%。\n"
    "二、存在问题\n一是资金紧张；二是人手不足。\n三、下一步打算\n力争9月底前开工2个项目。\n县文旅局\n2022年9月5日"
)
_SHEET = (
    "序号\t工作任务\t进展情况\t存在问题\t下一步打算\n1\t发展乡村旅游\t新建民宿3家，累计18家\t无\t继续推进\n"
    "2\t建设电商服务站\t建成2个\t资金紧张\t9月底完成"
)

TARGETS: tuple[Target, ...] = (
    Target("addresses", addresses, _ADDRESS, ('"县文旅局" <wlj@unit.example>',)),
    Target("results", results, _RESULTS, ("mx.163.com; spf=pass smtp.mailfrom=a@gov.cn; dkim=pass header.d=gov.cn",)),
    Target("months", months, _WORDS, (f"8月报告{FIELD}{_REPORT}", f"x{FIELD}y{FIELD}8月.docx{FIELD}{_REPORT}")),
    Target("items", items, _WORDS, (f"新建民宿3家，接待游客1200人次{FIELD}发展乡村旅游{FIELD}民宿",)),
    Target("ledgers", ledgers, _TABLE, (_SHEET,)),
    Target("names", names, (*_WORDS, *_ADDRESS, "CON", "..", "/", ".docx", "\u2066"), ("县文旅局8月报告.docx",)),
    Target("figures", figures, _NUMBERS, (f"新建民宿3家，累计1,234.5万元，增长5%{FIELD}68.3%{FIELD}#,##0.00",)),
    Target("sentences", sentences, _WORDS, (_REPORT, "一是资金紧张；二是人手不足。①甲；②乙。")),
    Target("reports", reports, _WORDS, (_REPORT,)),
    Target("units", units, (*_WORDS, "文化和旅游局", "夏县", "运城市", "县财政局", "局"), (_REPORT,)),
    Target("numbering", numbering, _XML, ("".join(_XML[:2]),)),
    Target("mails", mails, _MIME, ("From: a@b.cn\r\nSubject: x\r\nContent-Type: text/plain\r\n\r\nbody\r\n",)),
    Target("pages", pages, _HTML, ("<table><tr><td>序号</td><td>进展</td></tr></table>",)),
    Target("files", files, _FILES, ("序号,进展\n1,新建3家\n",)),
    Target("notices", notices, _NOTICE, ("一、壮大产业\n1.发展乡村旅游。新增10家。（县文旅局牵头，县财政局配合）",)),
    Target("whole", whole, (*_WORDS, *_TABLE),
           (f"8月报告{FIELD}{_REPORT}", f"8月{FIELD}附后{FIELD}a.xlsx{FIELD}{_SHEET}"), slow=True),
)  # fmt: skip
