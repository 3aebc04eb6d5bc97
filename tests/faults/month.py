"""A small month of an invented office: configuration, mails and the hours at which the service wakes up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from pathlib import Path
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Asia/Shanghai")
MAILBOX = "office@demo.example"
CODE = "demo-code"

_OFFICE = """\
name: 某县领导小组办公室
signature: 某县领导小组办公室
phone: ""
mailbox: office@demo.example
timezone: Asia/Shanghai
campaign: [服务业]
due: {day: 12, inclusive: true, holidays: keep, cutoff: "23:59:59"}
remind_before: [2, 0]
overdue_after: [1]
digest_window: [8, 12]
sending:
  from: "08:30"
  until: "18:00"
  pause_seconds: [1, 2]
  daily_limit: 120
  per_address_limit: 3
  review_until: null
stale_hours: 24
first_period: "2022-07"
source: imap
path: ""
imap: {host: 127.0.0.1, port: 993, security: ssl}
smtp: {host: 127.0.0.1, port: 465, security: ssl}
authentication: {mode: when_present, servers: []}
"""
_UNITS = """\
units:
  - name: 县文旅局
    full_name: 某县文化和旅游局
    aliases: [文旅局]
    mailboxes: [wlj@unit.example]
    contacts:
      - {role: 联络员, name: 张三, address: wlj2@unit.example}
  - name: 县商务局
    full_name: 某县商务局
    aliases: [商务局]
    mailboxes: [swj@unit.example]
  - name: 县财政局
    full_name: 某县财政局
    aliases: [财政局]
    mailboxes: [czj@unit.example]
"""
_PLAN = """\
title: 某县服务业行动计划
number: 某政发〔2022〕1号
issued_on: 2022-07-01
items:
  - number: 1
    title: 发展乡村旅游
    section: 壮大产业
    units:
      - {unit: 县文旅局, role: 牵头}
      - {unit: 县财政局, role: 配合}
    terms: [乡村旅游, 民宿]
  - number: 2
    title: 建设电商服务站
    section: 壮大产业
    units:
      - {unit: 县商务局, role: 负责}
    terms: [电商服务站, 电子商务]
"""
_ROUTING = """\
routes:
  - paper: digest
    to: [boss@demo.example]
  - paper: summary
    to: [boss@demo.example]
  - paper: question
    to: [boss@demo.example]
  - paper: alarm
    to: [boss@demo.example]
"""


def write_config(home: Path, shipped: Path, *, units: str = _UNITS, plan: str = _PLAN) -> None:
    """A home with three units and two items, or with others; calendar and words as shipped."""
    config = home / "config"
    config.mkdir(parents=True, exist_ok=True)
    for name, text in (("office", _OFFICE), ("units", units), ("plan", plan), ("routing", _ROUTING)):
        (config / f"{name}.yaml").write_text(text, encoding="utf-8")
    for name in ("calendar.yaml", "reading.yaml"):
        (config / name).write_bytes((shipped / "config" / name).read_bytes())


@dataclass(frozen=True)
class Arrival:
    """One mail of the month."""

    at: datetime
    data: bytes
    folder: str = "INBOX"


@dataclass(frozen=True)
class Step:
    """The service wakes up; these mails came since it slept."""

    at: datetime
    arrivals: tuple[Arrival, ...] = ()
    #: What the office does in the console before the round: ``(verb, what)``, see :func:`tests.faults.worker.act`.
    acts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Plot:
    """A month to play: its configuration and its wake-ups."""

    write_config: Callable[[Path, Path], None]
    steps: tuple[Step, ...]


def at(day: int, hour: int = 9, minute: int = 0) -> datetime:
    """An instant of September 2022 in the office's zone."""
    return datetime(2022, 9, day, hour, minute, tzinfo=ZONE)


def mail(number: int, when: datetime, *, sender: str, subject: str, body: str, extra: str = "") -> bytes:
    """A plain mail as it lies on the server."""
    head = (
        f"Received: from out.example by mx.demo.example with SMTP id {number};\r\n\t{format_datetime(when)}\r\n"
        f"From: <{sender}>\r\nTo: <{MAILBOX}>\r\nMessage-ID: <{number}@unit.example>\r\n"
        f"Date: {format_datetime(when)}\r\nSubject: {subject}\r\n{extra}"
        "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
    )
    return (head + body.replace("\n", "\r\n") + "\r\n").encode()


_WLJ = "县文旅局2022年8月服务业工作报告\n1. 发展乡村旅游：8月新建民宿3家，接待游客1200人次，累计建成民宿18家。\n"
_SWJ = "县商务局2022年8月服务业工作报告\n2. 建设电商服务站：8月建成电商服务站2个，累计建成12个，培训60人次。\n"
_CZJ = "县财政局2022年8月服务业工作报告\n1. 发展乡村旅游：拨付补助资金20万元，配合完成民宿验收3家。\n"


def _arrivals() -> dict[int, tuple[Arrival, ...]]:
    """Mails by step: good, double, supplementary, junk, strange, automatic, bulk, hostile, empty, late."""
    first, second = at(7, 10), at(8, 8)
    report = mail(1, first, sender="wlj@unit.example", subject="8月报告", body=_WLJ)
    away = mail(
        3, second, sender="czj@unit.example", subject="自动回复", body="我在休假。\n",
        extra="Auto-Submitted: auto-replied\r\n",
    )  # fmt: skip
    bounce = mail(
        4, second, sender="postmaster@mx.example", subject="Undelivered Mail", body="user unknown\n",
        extra="Return-Path: <>\r\nAuto-Submitted: auto-generated\r\n",
    )  # fmt: skip
    advert = mail(
        6, second, sender="news@edm.example", subject="promotion", body="buy\n",
        extra="List-Unsubscribe: <http://edm.example/x>\r\nPrecedence: bulk\r\n",
    )  # fmt: skip
    stranger = mail(5, second, sender="someone@qq.example", subject="8月报告", body=_SWJ)
    supplement = mail(
        9, at(9, 8), sender="wlj@unit.example", subject="补充8月报告", body=_WLJ + "补充：民宿累计19家。\n"
    )
    return {
        1: (
            Arrival(first, report),
            Arrival(at(7, 11), report),
            Arrival(at(7, 12), b"\r\n\r\nno header at all\r\n"),
        ),
        2: (
            Arrival(second, away),
            Arrival(second, bounce),
            Arrival(second, advert),
            Arrival(second, stranger),
            Arrival(second, b"From: a@b.example, <c@d.example>\r\nFrom: x\r\nSubject: =?x?Q?=FF?=\r\n\r\n\xff\x00\r\n"),
        ),
        3: (
            Arrival(at(9, 8), supplement),
            Arrival(
                at(9, 8, 30),
                mail(10, at(9, 8, 30), sender="czj@unit.example", subject="8月报告", body=_CZJ),
                "垃圾邮件",
            ),
            Arrival(at(9, 8, 40), b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: a/b\r\n"),
        ),
        5: (Arrival(at(13, 8), mail(11, at(13, 8), sender="swj@unit.example", subject="8月报告", body=_SWJ)),),
    }


def steps() -> tuple[Step, ...]:
    """When the service wakes up in this month."""
    arrivals = _arrivals()
    hours = (at(1), at(7, 14), at(8), at(9), at(12, 21), at(13), at(14))
    return tuple(Step(hour, arrivals.get(number, ())) for number, hour in enumerate(hours))


def small() -> Plot:
    """The small month: quick enough for a stride at every change."""
    return Plot(write_config, steps())
