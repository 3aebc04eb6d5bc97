"""A month of full size: 64 items, 30 units, 120 mails of every kind, an administrator at work, the next month's start.

40 good reports in eight formats, 20 late, double or supplementary, 10 for the wrong month, 20 bounces and automatic
answers, 10 hostile, 20 unrelated. All mails are small and the same bytes at every run, so that a point that failed
can be repeated.
"""

from __future__ import annotations

import base64
import io
import zipfile
from datetime import datetime
from email.header import Header
from email.utils import format_datetime
from itertools import count
from pathlib import Path

from tests.faults.month import MAILBOX, ZONE, Arrival, Plot, Step, at, write_config

_NAMES = [
    "发改",
    "财政",
    "商务",
    "文旅",
    "交通",
    "住建",
    "农业农村",
    "工信",
    "教育",
    "卫健",
    "民政",
    "人社",
    "自然资源",
    "市场监管",
    "统计",
    "科技",
    "司法",
    "水利",
    "林业",
    "应急",
    "审计",
    "体育",
    "金融",
    "税务",
    "邮政",
    "供销",
    "残联",
    "气象",
    "烟草",
    "电力",
]
UNITS = tuple(f"县{name}局" for name in _NAMES)
_VERBS = ("发展", "建设", "培育", "推广", "改造", "规范", "扶持", "开展")
_NOUNS = ("乡村旅游", "电商站点", "养老机构", "物流园区", "夜间经济", "家政服务", "农贸市场", "科技中介")
ITEMS = tuple(verb + noun for verb in _VERBS for noun in _NOUNS)
FORMATS = ("body", "docx", "xlsx", "html", "csv", "txt", "zip", "forward")
#: Mails by kind; their sum is the month's.
MIX = {"good": 40, "late": 20, "wrong": 10, "automatic": 20, "hostile": 10, "unrelated": 20}
_FIXED = (2022, 9, 1, 8, 0, 0)


def address(unit: int) -> str:
    """The registered mailbox of a unit."""
    return f"unit{unit:02}@unit.example"


def items_of(unit: int) -> tuple[int, ...]:
    """Numbers of the items that a unit leads."""
    return tuple(number for number in range(1, len(ITEMS) + 1) if number % len(UNITS) == unit)


def _config(home: Path, shipped: Path) -> None:
    units = "units:\n" + "".join(
        f"  - name: {name}\n    full_name: 某{name}\n    aliases: [{name[1:]}]\n    mailboxes: [{address(number)}]\n"
        for number, name in enumerate(UNITS)
    )
    plan = "title: 某县服务业行动计划\nnumber: 某政发〔2022〕1号\nissued_on: 2022-07-01\nitems:\n" + "".join(
        f"  - number: {number}\n    title: {title}\n    section: 重点工作\n    units:\n"
        f"      - {{unit: {UNITS[number % len(UNITS)]}, role: 负责}}\n    terms: [{title[2:]}]\n"
        for number, title in enumerate(ITEMS, start=1)
    )
    write_config(home, shipped, units=units, plan=plan)


# --------------------------------------------------------------------------- files of the mails


def _zip(members: dict[str, bytes]) -> bytes:
    """An archive whose bytes do not depend on the hour."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name, _FIXED), data, zipfile.ZIP_DEFLATED)
    return out.getvalue()


_OFFICE = "application/vnd.openxmlformats-officedocument"
_TYPES = '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
_RELS = '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
_REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def _package(main: str, kind: str, parts: dict[str, str], extra_rels: str = "") -> bytes:
    overrides = "".join(f'<Override PartName="/{name}" ContentType="{kind_of}"/>' for name, kind_of in (
        (main, f"{_OFFICE}.{kind}.main+xml"),
        *((name, f"{_OFFICE}.spreadsheetml.worksheet+xml") for name in parts if "sheets/" in name),
    ))  # fmt: skip
    rels = '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    members = {
        "[Content_Types].xml": _TYPES + rels + overrides + "</Types>",
        "_rels/.rels": f'{_RELS}<Relationship Id="r1" Type="{_REL}/officeDocument" Target="{main}"/></Relationships>',
        **parts,
    }
    if extra_rels:
        folder, _, name = main.rpartition("/")
        members[f"{folder}/_rels/{name}.rels"] = f"{_RELS}{extra_rels}</Relationships>"
    return _zip({name: text.encode() for name, text in members.items()})


def docx(lines: tuple[str, ...], *, before: str = "") -> bytes:
    """The smallest Word file with these paragraphs."""
    paragraphs = "".join(f"<w:p><w:r><w:t>{line}</w:t></w:r></w:p>" for line in lines)
    space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    text = f'<?xml version="1.0"?>{before}<w:document xmlns:w="{space}"><w:body>{paragraphs}</w:body></w:document>'
    return _package("word/document.xml", "wordprocessingml.document", {"word/document.xml": text})


def xlsx(rows: tuple[tuple[str, ...], ...]) -> bytes:
    """The smallest workbook with these rows."""
    space = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    cells = "".join(
        f'<row r="{row}">'
        + "".join(
            f'<c r="{chr(64 + column)}{row}" t="inlineStr"><is><t>{text}</t></is></c>'
            for column, text in enumerate(texts, 1)
        )
        + "</row>"
        for row, texts in enumerate(rows, 1)
    )
    parts = {
        "xl/workbook.xml": f'<?xml version="1.0"?><workbook {space} xmlns:r="{_REL}"><sheets>'
        '<sheet name="月报" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/worksheets/sheet1.xml": f'<?xml version="1.0"?><worksheet {space}><sheetData>{cells}</sheetData>'
        "</worksheet>",
    }
    sheet = f'<Relationship Id="r1" Type="{_REL}/worksheet" Target="worksheets/sheet1.xml"/>'
    return _package("xl/workbook.xml", "spreadsheetml.sheet", parts, sheet)


# --------------------------------------------------------------------------- mails


def _done(unit: int, month: int, more: str) -> tuple[str, ...]:
    """One line for each of a unit's items."""
    figures = unit + month
    return tuple(
        f"{number}. {ITEMS[number - 1]}：{month}月完成{figures + number}家，累计完成{figures + number + 40}家。{more}"
        for number in items_of(unit)
    )


def report_text(unit: int, *, month: int, more: str = "") -> str:
    """A unit's report as the body of a mail."""
    return "\n".join((f"{UNITS[unit]}2022年{month}月服务业工作报告", *_done(unit, month, more), f"某{UNITS[unit]}"))


class _Post:
    """Makes mails, each with its own number."""

    def __init__(self) -> None:
        self._numbers = count(1)

    def mail(
        self, when: datetime, *, sender: str, subject: str, body: str = "", extra: str = "",
        files: tuple[tuple[str, str, bytes], ...] = (), kind: str = "plain",
    ) -> bytes:  # fmt: skip
        """A mail as it lies on the server; files are (name, type, bytes)."""
        number = next(self._numbers)
        head = (
            f"Received: from out.example by mx.demo.example with SMTP id {number};\r\n\t{format_datetime(when)}\r\n"
            f"From: <{sender}>\r\nTo: <{MAILBOX}>\r\nMessage-ID: <full{number}@unit.example>\r\n"
            f"Date: {format_datetime(when)}\r\nSubject: {Header(subject, 'utf-8').encode()}\r\n{extra}"
            "MIME-Version: 1.0\r\n"
        )
        text = f"Content-Type: text/{kind}; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" + body.replace(
            "\n", "\r\n"
        )
        if not files:
            return f"{head}{text}\r\n".encode()
        pieces = [f"--cut\r\n{text}\r\n".encode()]
        for name, mime, data in files:
            label = Header(name, "utf-8").encode()
            lines = f'Content-Type: {mime}; name="{label}"\r\nContent-Disposition: attachment; filename="{label}"\r\n'
            if mime == "message/rfc822":
                pieces.append(f"--cut\r\n{lines}\r\n".encode() + data + b"\r\n")
            else:
                wrapped = base64.encodebytes(data).replace(b"\n", b"\r\n")
                pieces.append(f"--cut\r\n{lines}Content-Transfer-Encoding: base64\r\n\r\n".encode() + wrapped)
        return f"{head}Content-Type: multipart/mixed; boundary=cut\r\n\r\n".encode() + b"".join(pieces) + b"--cut--\r\n"

    def report(self, unit: int, when: datetime, *, form: str = "body", month: int = 8, more: str = "") -> bytes:
        """A unit's report of a month in one of the eight formats."""
        name = UNITS[unit]
        title = f"{name}2022年{month}月服务业工作报告"
        done = _done(unit, month, more)
        lines = (title, *done, f"某{name}", f"2022年{month + 1}月5日")
        numbers = zip(items_of(unit), done, strict=True)
        told = [(str(number), ITEMS[number - 1], line.partition("：")[2]) for number, line in numbers]
        rows = (("序号", "任务", "进展情况"), *told)
        table = "\r\n".join(",".join(row) for row in ((title, "", ""), *rows)).encode()
        who, subject, note = address(unit), f"{name}{month}月报告", "报告见附件。\n"
        files = {
            "docx": (f"{_OFFICE}.wordprocessingml.document", docx(lines)),
            "xlsx": (f"{_OFFICE}.spreadsheetml.sheet", xlsx(((title,), *rows))),
            "csv": ("text/csv", table),
            "txt": ("text/plain; charset=utf-8", "\r\n".join(lines).encode()),
            "zip": ("application/zip", _zip({"report.docx": docx(lines)})),
        }
        if form in files:
            file = (f"{title}.{form}", *files[form])
            return self.mail(when, sender=who, subject=subject, body=note, files=(file,))
        if form == "html":
            text = "".join(f"<p>{line}</p>\n" for line in lines)
            return self.mail(when, sender=who, subject=subject, kind="html", body=text)
        if form == "forward":
            inner = self.mail(when, sender=f"clerk{unit}@unit.example", subject=subject, body="\n".join(lines))
            enclosed = (("原信.eml", "message/rfc822", inner),)
            return self.mail(when, sender=who, subject=f"转发：{subject}", body="请查收。\n", files=enclosed)
        return self.mail(when, sender=who, subject=subject, body="\n".join(lines))


def _automatic(post: _Post, number: int, when: datetime) -> bytes:
    """Bounces, out-of-office answers, lists, read receipts, mail of robots."""
    match number % 5:
        case 0:
            return post.mail(
                when,
                sender="mailer-daemon@mx.example",
                subject="Undelivered Mail Returned to Sender",
                body="550 user unknown\n",
                extra="Return-Path: <>\r\nAuto-Submitted: auto-replied\r\n",
            )
        case 1:
            return post.mail(
                when,
                sender=address(number),
                subject="自动回复：出差",
                body="我在外出差。\n",
                extra="Auto-Submitted: auto-replied\r\n",
            )
        case 2:
            return post.mail(
                when,
                sender=f"news{number}@edm.example",
                subject="促销",
                body="买\n",
                extra="List-Unsubscribe: <http://edm.example/x>\r\nPrecedence: bulk\r\n",
            )
        case 3:
            return post.mail(
                when, sender="postmaster@mx.example", subject="系统退信", body="无法投递\n", extra="Return-Path: <>\r\n"
            )
        case _:
            return post.mail(when, sender=address(number), subject="Out of Office", body="away\n",
                             extra="X-Autoreply: yes\r\nX-Auto-Response-Suppress: All\r\n")  # fmt: skip


def _hostile(post: _Post, number: int, when: datetime) -> bytes:
    """One of ten mails that want to break something."""
    sender = f"evil{number}@qq.example"
    bomb = _zip({"a.txt": b"0" * 3_000_000})
    match number:
        case 0:
            return b"\r\n\r\nno header at all\r\n"
        case 1:
            return b"From: a@b.example, <c@d.example>\r\nFrom: x\r\nSubject: =?x?Q?=FF?=\r\n\r\n\xff\x00\r\n"
        case 2:
            return b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: a/b\r\n"
        case 3:
            return post.mail(when, sender=sender, subject="8月报告", files=(("a.zip", "application/zip", bomb),))
        case 4:
            entity = '<!DOCTYPE a [<!ENTITY b "c">]>'
            return post.mail(
                when, sender=sender, subject="8月报告", files=(("a.docx", "x/y", docx(("x",), before=entity)),)
            )
        case 5:
            return post.mail(
                when, sender=sender, subject="=cmd|' /C calc'!A0", body="=HYPERLINK(1)\n<script>x</script>\n"
            )
        case 6:
            return post.mail(
                when, sender=sender, subject="8月报告", files=(("../../x.docx", "x/y", b"PK\x03\x04broken"),)
            )
        case 7:
            return post.mail(when, sender=sender, subject="'; DROP TABLE outbox; --", body="{{7*7}}\n" * 50)
        case 8:
            return post.mail(when, sender=sender, subject="8月报告", extra="X-A: b\r\n" * 300, body="\x00\x1b[2J\n")
        case _:
            named = f"{UNITS[2]} <{address(2)}> <{sender}>"
            return post.mail(when, sender="x", subject="8月报告", body="假冒\n").replace(b"<x>", named.encode())


def full() -> Plot:
    """The month: mails by kind as in :data:`MIX`, spread over its wake-ups."""
    post = _Post()
    arrivals: dict[int, list[Arrival]] = {number: [] for number in range(len(_HOURS))}
    counted = dict.fromkeys(MIX, 0)

    def put(kind: str, step: int, data: bytes, *, minutes: int, folder: str = "INBOX") -> None:
        counted[kind] += 1
        arrivals[step].append(Arrival(_before(step, minutes), data, folder))

    # 26 units report in time, 14 of them in two mails; four never do before the due day.
    good = [(unit, 1 + unit % 4) for unit in range(26)] + [(unit, 5) for unit in range(14)]
    reports: list[bytes] = []
    for number, (unit, step) in enumerate(good):
        when = _before(step, 200 - number)
        more = "另已通过验收。" if number >= 26 else ""
        reports.append(post.report(unit, when, form=FORMATS[number % 8], more=more))
        put("good", step, reports[-1], minutes=200 - number, folder="垃圾邮件" if number % 13 == 5 else "INBOX")
    for number in range(8):
        put("late", 2 + number % 4, reports[number], minutes=40 - number)
    for number in range(6):
        put("late", 5, post.report(number, _before(5, 30 - number), more="更正：数据以本次为准。"), minutes=30 - number)
    for number, unit in enumerate((26, 27, 28, 26, 27, 3)):
        put("late", 7 + number // 3, post.report(unit, _before(7 + number // 3, 50 - number)), minutes=50 - number)
    for number in range(10):
        step, month = 1 + number % 6, 7 if number % 2 else 5
        put("wrong", step, post.report(number + 8, _before(step, 90 - number), month=month), minutes=90 - number)
    for number in range(20):
        put("automatic", 1 + number % 8, _automatic(post, number, _before(1 + number % 8, 100)), minutes=100 - number)
    for number in range(10):
        put("hostile", 1 + number % 5, _hostile(post, number, _before(1 + number % 5, 20)), minutes=20 - number)
    for number in range(20):
        step = 1 + number % 7
        data = post.mail(
            _before(step, 60), sender=f"stranger{number}@other.example", subject=f"关于第{number}次会议的通知",
            body="请参加会议。\n",
        )  # fmt: skip
        put("unrelated", step, data, minutes=60 - number)
    if counted != MIX:
        raise ValueError(f"the mix is {counted}")
    acts = {4: (("accept", "3"),), 6: (("refuse", "2"), ("accept", "2")), 9: (("release", "escalation:"),)}
    steps = tuple(
        Step(hour, tuple(sorted(arrivals[number], key=lambda one: (one.at, one.data))), acts.get(number, ()))
        for number, hour in enumerate(_HOURS)
    )
    return Plot(_config, steps)


#: When the service wakes up: openings, reports coming in, two reminders, the summary, what comes after it, next month.
_HOURS = (
    *(at(1), at(5, 14), at(6, 14), at(8), at(8, 15), at(9), at(12, 21), at(13), at(14), at(15)),
    datetime(2022, 10, 8, 9, tzinfo=ZONE),
)


def _before(step: int, minutes: int) -> datetime:
    """An instant so many minutes before a wake-up."""
    return datetime.fromtimestamp(_HOURS[step].timestamp() - 60 * minutes, ZONE)
