"""The half year's reports and its list of mails → a folder of .eml files, the same bytes at each run.

``python -m tests.corpus.halfyear.make DIR`` from the repository's root, for the shipped plan and contact list.
"""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Mapping
from datetime import datetime
from email import policy
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import docx
import openpyxl

from pipeline.adapters.home import SHIPPED
from pipeline.adapters.settings import load_settings
from pipeline.digest.archive import frozen

HERE = Path(__file__).resolve().parent
ZONE = ZoneInfo("Asia/Shanghai")
#: When every office file was written: the clock must not be in it.
_WRITTEN = datetime(2022, 9, 1, tzinfo=ZONE)
BOX = "fwytzzx2022bs@163.example"
OFFICE = "县服务业发展领导小组办公室："
LEDGER, NUMBERED, BODY = "ledger", "numbered", "body"
#: How an office writes, where it writes no document with a heading a section.
MANNERS = {
    "县金融服务中心": LEDGER,
    "夏县移动": LEDGER,
    "人行夏县支行": NUMBERED,
    "邮政分公司": NUMBERED,
    "夏县电信": NUMBERED,
    "县能源局": NUMBERED,
    "县发改局": NUMBERED,
    "市住房公积金管理中心夏县管理部": NUMBERED,
    "夏县联通": BODY,
    "县委网信办": BODY,
    "生态环境夏县分局": BODY,
    "县医保局": BODY,
}
CALLED = {"市住房公积金管理中心夏县管理部": "公积金夏县管理部"}
OWN = {
    "人行夏县支行": "我行",
    "县金融服务中心": "我中心",
    "县委网信办": "我办",
    "县供销联社": "我社",
    "生态环境夏县分局": "我分局",
    "市住房公积金管理中心夏县管理部": "我管理部",
    **dict.fromkeys(("夏县移动", "夏县电信", "夏县联通", "邮政分公司"), "我公司"),
}
TYPES = {
    "docx": "vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def _load(name: str) -> Any:
    return json.loads((HERE / name).read_text(encoding="utf-8"))


def build(folder: Path, *, units: Mapping[str, tuple[str, str]], titles: Mapping[int, str]) -> int:
    """Write every mail; returns how many.

    Args:
        folder: Where the files go.
        units: Full name and mailbox of each unit.
        titles: Titles of the plan items.
    """
    folder.mkdir(parents=True, exist_ok=True)
    reports = _load("reports.json")
    made: dict[str, bytes] = {}
    for place, row in enumerate(_load("mails.json")):
        if again := row.get("again"):
            made[row["name"]] = made[again]
        else:
            entry = row.get("entry") or reports.get(row["unit"], {}).get(str(row.get("month")), {})
            made[row["name"]] = _mail(row, place, entry=entry, units=units, titles=titles)
    for name, data in made.items():
        (folder / f"{name}.eml").write_bytes(data)
    return len(made)


def _mail(
    row: Mapping[str, Any],
    place: int,
    *,
    entry: Mapping[str, Any],
    units: Mapping[str, tuple[str, str]],
    titles: Mapping[int, str],
) -> bytes:
    """One mail with the collecting server's trace on top."""
    unit = row["unit"]
    full, address = units.get(unit, ("", ""))
    received = _when(row["received"])
    day = row.get("day") or f"{received.year}年{received.month}月{received.day}日"
    subject, text, files = row.get("subject"), row.get("text"), ()
    if "month" in row:
        made = _report(unit, row["month"], entry, full=full, day=day, titles=titles, row=row)
        subject, text, files = subject or made[0], text or made[1], made[2]
    mail = EmailMessage(policy=policy.SMTP)
    sender = row.get("sender") or address
    mail["From"] = f"{row.get('shown') or unit} <{sender}>"
    mail["To"] = BOX
    mail["Subject"] = subject
    mail["Date"] = format_datetime(_when(row.get("date") or row["received"]))
    mail["Message-ID"] = f"<{row['name']}@{sender.rpartition('@')[2]}>"
    for name, value in row.get("headers", ()):
        mail[name] = value
    mail.set_content(text, cte="base64")
    for name, data in files:
        mail.add_attachment(data, maintype="application", subtype=TYPES[name[-4:]], filename=name)
    stamp = received.strftime("%a, %d %b %Y %H:%M:%S +0800 (CST)")
    trace = f"Received: from mail.example (unknown [10.20.0.{place}])\r\n\tby mx{place % 9}.163.example (Coremail);\r\n"
    return f"{trace}\t{stamp}\r\n".encode() + mail.as_bytes()


def _when(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=ZONE)


def _report(
    unit: str,
    month: int,
    entry: Mapping[str, Any],
    *,
    full: str,
    day: str,
    titles: Mapping[int, str],
    row: Mapping[str, Any],
) -> tuple[str, str, tuple[tuple[str, bytes], ...]]:
    """Subject, body and files of a report in the office's manner."""
    items = [
        (titles[int(number)], int(number), said)
        for number, said in entry.items()
        if number.isdecimal() and int(number) in row.get("only", (int(number),))
    ]
    items.sort(key=lambda passage: passage[1])
    problems, steps = entry.get("problems", []), entry.get("next_steps", [])
    called = CALLED.get(unit, unit)
    plan = "《夏县推进服务业提质增效2022年行动计划》"
    opening = f"按照{plan}要求，现将{OWN.get(unit, '我局')}{month}月份工作完成情况报告如下："
    match MANNERS.get(unit) if "prose" not in row else "":
        case "ledger":
            data = _ledger(unit, month, items, steps, on=entry.get("steps_on", 0))
            return (
                f"{called}{month}月服务业任务台账",
                f"附件是{month}月台账。",
                ((f"{called}{month}月台账.xlsx", data),),
            )
        case "body":
            lines = [OFFICE, opening, *(f"{place}.{title}：{said}" for place, (title, _, said) in enumerate(items, 1))]
            lines += [f"存在问题：{said}" for said in problems] + [f"下一步打算：{said}" for said in steps]
            text = "\n".join(f"    {line}" for line in lines) + f"\n\n{' ' * 20}{full}\n{' ' * 20}{day}\n"
            return f"{called}{month}月份服务业提质增效工作情况", text, ()
        case "numbered":
            lines = [f"{place}.{title}。{said}" for place, (title, _, said) in enumerate(items, 1)]
            lines += [f"存在的主要问题：{said}" for said in problems] + [f"下一步工作：{said}" for said in steps]
        case _:
            lines = ["一、工作进展"] if items else [row["prose"]]
            lines += [f"（{'一二三四五六'[place]}）{title}。{said}" for place, (title, _, said) in enumerate(items)]
            for head, said in (("存在问题", problems), ("下一步打算", steps)):
                lines += [f"{'二三'[bool(problems) and said is steps]}、{head}", *said] if said else []
    title = f"{unit}2022年{month}月份服务业提质增效行动计划任务完成情况报告"
    lines = [title, OFFICE, *([opening] if items else []), *lines, full, day]
    return (
        f"{called}{month}月份报告",
        "材料见附件，请查收。",
        ((f"{called}{month}月份服务业报告.docx", _document(lines)),),
    )


def _document(lines: list[str]) -> bytes:
    document = docx.Document()
    for line in lines:
        document.add_paragraph(line)
    out = io.BytesIO()
    document.save(out)
    return frozen(out.getvalue(), at=_WRITTEN)


def _ledger(unit: str, month: int, items: list[tuple[str, int, str]], steps: list[str], *, on: int) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append([f"{unit}2022年{month}月服务业提质增效任务进展台账"])
    sheet.append(["任务序号", "工作任务", "进展情况", "存在问题", "下一步打算"])
    for title, number, said in items:
        sheet.append([number, title, said, None, "".join(steps) if number == on else None])
    out = io.BytesIO()
    book.save(out)
    return frozen(out.getvalue(), at=_WRITTEN)


def build_shipped(folder: Path) -> int:
    """Write every mail as the shipped plan and contact list have it; returns how many."""
    settings = load_settings(SHIPPED)
    return build(
        folder,
        units={unit.name: (unit.full_name, unit.mailboxes[0]) for unit in settings.units},
        titles={item.number: item.title for item in settings.plan.items},
    )


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("python -m tests.corpus.halfyear.make DIR")
    build_shipped(Path(sys.argv[1]))
