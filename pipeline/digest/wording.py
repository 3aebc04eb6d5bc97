"""Values -> the words that papers print for them: months, days, parts of a mail, standings, forms of address."""

from __future__ import annotations

import hashlib
import re
from datetime import date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from pipeline.digest.foreign import one_line
from pipeline.model import (
    LetterState,
    MailKind,
    NoticeKind,
    Office,
    OtherKind,
    QuestionKind,
    Role,
    Status,
    TargetKind,
    UnitMonth,
)

STATUS = {
    Status.DONE: "已完成",
    Status.ON_TRACK: "正常推进",
    Status.BEHIND: "进度滞后",
    Status.NOT_STARTED: "尚未启动",
}
KIND = {MailKind.REPORT: "月报", MailKind.SUPPLEMENT: "补报", MailKind.CORRECTION: "更正", MailKind.OTHER: "来信"}
OTHER = {
    OtherKind.NONE: "其他来信",
    OtherKind.QUESTION: "咨询",
    OtherKind.OUT_OF_OFFICE: "自动回复",
    OtherKind.BOUNCE: "退信",
    OtherKind.READ_RECEIPT: "阅读回执",
    OtherKind.ADVERT: "广告",
    OtherKind.GREETING: "问候",
    OtherKind.MISSENT: "误投材料",
    OtherKind.REQUEST: "申请",
    OtherKind.REPLY: "回信",
    OtherKind.OWN: "本邮箱自发邮件",
}
NOTICE = {
    NoticeKind.OPENING: "月初通知",
    NoticeKind.RECEIPT: "回执",
    NoticeKind.REMINDER: "催报",
    NoticeKind.OVERDUE: "逾期通知",
    NoticeKind.ESCALATION: "督办函",
    NoticeKind.DIGEST: "每日情况",
    NoticeKind.SUMMARY: "当月汇总",
    NoticeKind.TASK_FORCE: "专班分册",
    NoticeKind.SUPPLEMENTARY: "增补版",
    NoticeKind.QUESTION: "待确认",
    NoticeKind.REPLY: "复信",
    NoticeKind.ALARM: "告警",
}
STATE = {
    LetterState.HELD: "待放行",
    LetterState.QUEUED: "待发",
    LetterState.SENDING: "发送中",
    LetterState.SENT: "已发",
    LetterState.REFUSED: "被拒",
    LetterState.UNSURE: "结果不明",
    LetterState.DROPPED: "已撤下",
}
QUESTION = {
    QuestionKind.SENDER: "发件人待确认",
    QuestionKind.UNIT: "单位待确认",
    QuestionKind.PERIOD: "月份待确认",
    QuestionKind.KIND: "性质待确认",
    QuestionKind.MATCH: "对应任务待确认",
    QuestionKind.FIGURE: "数据待核",
    QuestionKind.COPIES: "两份材料不一致",
    QuestionKind.UNREADABLE: "附件无法读取",
    QuestionKind.FORGED: "发件人存疑",
    QuestionKind.SECRET: "疑似敏感内容",
    QuestionKind.REQUEST: "申请待批",
}
#: What the office may answer beside taking the suggestion or refusing, as the command line spells it.
ANSWERS = {
    QuestionKind.SENDER: ("--unit 单位",),
    QuestionKind.UNIT: ("--unit 单位",),
    QuestionKind.PERIOD: ("--period 2022-08",),
    QuestionKind.KIND: ("--kind report（或 supplement、correction、other）", "--unit 单位"),
    QuestionKind.MATCH: ("--item 项号", "--item 0（计划外）"),
    QuestionKind.FIGURE: ("--figure 742户",),
    QuestionKind.FORGED: ("--unit 单位",),
}
TARGET = {
    TargetKind.NEW: "新增",
    TargetKind.CUMULATIVE: "累计",
    TargetKind.AT_LEAST: "不少于",
    TargetKind.COVERAGE: "全覆盖",
    TargetKind.REDUCE: "压减至",
    TargetKind.STRETCH: "力争",
    TargetKind.MILESTONE: "节点",
}
#: Questions whose mail must never be quoted in a letter: neither its subject, nor its text, nor a suggestion.
SEALED = frozenset({QuestionKind.SECRET})

_BANK = ("银行", "支行", "信用社", "农商行", "信用联社")
_COMPANY = ("移动", "电信", "联通", "公司", "集团", "铁塔", "烟草", "电网")
_AGENCY = ("监管组", "监管分局", "管理部", "分局", "中心支局")
_CHINESE = "〇一二三四五六七八九"


def month_name(period: str) -> str:
    """``2022-08`` -> ``2022年8月``."""
    return f"{int(period[:4])}年{int(period[5:7])}月"


def month_only(period: str) -> str:
    """``2022-08`` -> ``8月``."""
    return f"{int(period[5:7])}月"


def day_name(day: date) -> str:
    """``9月12日（星期一）``."""
    return f"{day.month}月{day.day}日（星期{'一二三四五六日'[day.weekday()]}）"


def full_day(day: date) -> str:
    """``2022年9月5日``: Arabic, no leading zeros (GB/T 9704)."""
    return f"{day.year}年{day.month}月{day.day}日"


def zone_of(office: Office) -> tzinfo:
    """The office's zone."""
    return ZoneInfo(office.timezone)


def moment(instant: datetime, office: Office) -> str:
    """``2022年9月9日 16:03`` in the office's zone."""
    local = instant.astimezone(zone_of(office))
    return f"{full_day(local)} {local:%H:%M}"


def days_between(earlier: date, later: date) -> int:
    """Whole days from one day to another."""
    return (later - earlier) // timedelta(days=1)


def address_form(name: str) -> str:
    """How a letter speaks to a unit: 贵行, 贵公司, 贵单位 for what is not subordinate, 你单位 for departments."""
    if name.startswith("人行") or any(word in name for word in _BANK):
        return "贵行"
    if any(word in name for word in _COMPANY):
        return "贵单位" if "医疗" in name else "贵公司"
    if any(word in name for word in _AGENCY):
        return "贵单位"
    return "你单位"


def part_name(path: str) -> str:
    """A position path as a person would say it: ``body`` 正文, ``2/1`` 第2个附件内第1个文件."""
    if path in {"body", "body-html"}:
        return "邮件正文"
    pieces = path.split("/")
    said = f"第{pieces[0]}个附件" if pieces[0].isdigit() else pieces[0]
    for piece in pieces[1:]:
        said += f"内第{piece}个文件" if piece.isdigit() else "内邮件正文" if piece.startswith("body") else f"内{piece}"
    return said


def spot(place: str) -> str:
    """A question's place as a person would look it up; a month is no place."""
    if _MONTH.fullmatch(place):
        return ""
    if place.startswith("body#"):
        return f"邮件正文中的链接“{one_line(place.removeprefix('body#'), 40)}”"
    part, _, rest = place.replace("#", " ", 1).partition(" ")
    return f"{part_name(part)} {one_line(rest, 40)}".strip() if _PART.fullmatch(part) else one_line(place, 40)


def kind_name(kind: MailKind, other: OtherKind) -> str:
    """What a mail is, in words: 月报, 补充 …, or what else it is."""
    return OTHER[other] if kind is MailKind.OTHER else KIND[kind]


def said(value: str, kind: QuestionKind) -> str:
    """An answer that a question suggests, in words: ``2022-08`` 2022年8月, ``17`` 任务17, ``report`` 月报."""
    if kind is QuestionKind.MATCH and value.isdecimal():
        return f"任务{value}"
    if kind is QuestionKind.KIND and value in set(MailKind):
        return KIND[MailKind(value)]
    if kind is QuestionKind.KIND and value in set(OtherKind):
        return OTHER[OtherKind(value)]
    if kind is QuestionKind.COPIES:
        return f"以{part_name(value)}为准" if _PART.fullmatch(value) else one_line(value, 80)
    if kind is QuestionKind.SECRET and value == "refuse":
        return "不予采用"
    if _MONTH.fullmatch(value):
        return full_day(date.fromisoformat(value)) if len(value) > len("2022-08") else month_name(value)
    return one_line(value, 80)


_PART = re.compile(r"body(?:-html)?|\d+(?:/(?:\d+|body))*")
_MONTH = re.compile(r"\d{4}-\d{2}(?:-\d{2})?")


def receipt_number(digest: str, period: str) -> str:
    """回执编号: ``HZ202208-3F9A2C``, from the mail itself, so that paper copy and file meet; stable over replays."""
    return f"HZ{period.replace('-', '')}-{digest[:6].upper()}"


def chinese_number(value: int) -> str:
    """1..99 as 一..九十九, for headings."""
    tens, ones = divmod(value, 10)
    if not tens:
        return _CHINESE[ones]
    return ("" if tens == 1 else _CHINESE[tens]) + "十" + (_CHINESE[ones] if ones else "")


def numbers(items: tuple[int, ...]) -> str:
    """Item numbers, runs of three and more joined: ``3、5、7至9``."""
    rows: list[list[int]] = []
    for item in sorted(set(items)):
        if rows and rows[-1][-1] == item - 1:
            rows[-1].append(item)
        else:
            rows.append([item])
    said = [f"{row[0]}至{row[-1]}" if len(row) > 2 else "、".join(map(str, row)) for row in rows]
    return "、".join(said)


def figure(value: float) -> str:
    """187, 3.2, 1386.5: at most four decimals, no trailing zeros, no exponent."""
    return f"{value:.4f}".rstrip("0").rstrip(".")


def roles(duties: UnitMonth, item: int) -> Role | None:
    """The unit's role in an item, ``None`` where it has no duty."""
    return next((duty.role for duty in duties.duties if duty.item == item), None)


def code(key: str, length: int = 4) -> str:
    """Short stable code of a key: upper-case hex of its SHA-256."""
    return hashlib.sha256(key.encode()).hexdigest()[:length].upper()


def subject_tag(period: str, key: str) -> str:
    """``[月报-202208-7F3A2C]``: ties an answer to the letter with this key even where mail programs cut References."""
    month = period.replace("-", "")
    return f"[月报-{month}-{code(key, 6)}]" if month else f"[月报-{code(key, 6)}]"
