"""A paragraph → a line: its list mark, its own number, the plan numbers it names, and what is left of its text."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pipeline.model import Locus, Paragraph
from pipeline.understanding.prose import enumeration_start
from pipeline.understanding.words import Section, Words

#: Chinese numerals from one to ten.
CN = "一二三四五六七八九十"
_MARKS: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "multi",
        re.compile(
            r"^\s*(\d{1,2}(?:\.\d{1,2}){1,3})(?![\d%]|[GgKkA](?![a-z]))[\s、.．]*(?=[^\d\s%个家户人元万亿月日号])"
        ),
    ),
    ("part", re.compile(rf"^\s*第([{CN}]{{1,3}}|\d{{1,2}})(?:部分|章|节|方面)[：:、，,\s]*")),
    ("cn", re.compile(rf"^\s*([{CN}]{{1,3}})[、．.]\s*")),
    ("cn()", re.compile(rf"^\s*[（(]([{CN}]{{1,3}})[）)][、．.]?\s*")),
    # 1.5G：… and 2.12345热线 begin with a name that holds digits.
    ("ar", re.compile(r"^\s*(\d{1,2})\s*[、．.](?:(?!\d)|(?=\d{1,2}月|\d{1,2}[GgKkA](?![a-z])|\d{5}(?!\d)))\s*")),
    ("ar", re.compile(r"^\s*(\d{1,2})[ \u3000]+(?=[\u4e00-\u9fff“])")),
    ("ar()", re.compile(r"^\s*[（(](\d{1,2})[）)][、．.]?\s*")),
    ("ar)", re.compile(r"^\s*(\d{1,2})[)）]\s*")),
    ("ring", re.compile(r"^\s*([①-⑳])\s*")),
    ("is", re.compile(rf"^\s*([{CN}])是(?!否)[，,：:]?\s*")),
    ("nth", re.compile(rf"^\s*(?:第|其)([{CN}])[，,、：:]\s*")),
    # ★ over ●: two signs of a list are two levels of it.
    ("star", re.compile(r"^\s*([■◆★▲◇□※☆◎❖])\s*")),
    ("dot", re.compile(r"^\s*([●•·○▪➢►▶⊙✓√✦✧➤→＊]|[-—*](?=\s))\s*")),
)
_NUMBER_CN = {
    name: number
    for number, name in enumerate(
        [
            *CN,
            *(f"十{sign}" for sign in CN[:9]),
            *(f"{tens}十{ones}" for tens in "二三四五六" for ones in ("", *CN[:9])),
        ],
        start=1,
    )
}
#: The plan's own number, named as such: 第16条, 任务16, （计划第十六项）, 对应任务序号：16.
_PLAN_NUMBER = re.compile(
    r"(?:(?:行动)?计划|方案|文件|通知|清单|任务分解表|工作要点)?(?:中)?(?:的)?(?:任务|事项|条目|序号|编号|条款)(?:编号|序号|号)?\s*[：:]?\s*第?\s*(\d{1,2}(?:\s*[、,，和及]\s*\d{1,2})*|[一二三四五六七八九十]{1,4})(?![\d.]|\s*[%％]|个|家|户|万|月|年|季)\s*(?:号|项|条)?"
    r"|(?:行动)?(?:计划|方案|文件|通知|清单|要点)(?:中)?(?:的)?第?\s*(\d{1,2}(?:\s*[、,，和及]\s*\d{1,2})*|[一二三四五六七八九十]{1,4})\s*(?:条|项|号|款)"
    r"|第\s*(\d{1,2}(?:\s*[、,，和及]\s*\d{1,2})*|[一二三四五六七八九十]{1,4})\s*(?:条|项(?:任务|工作)?|号任务|款)(?!第)"
)
_LEAD_NUMBER = re.compile(
    r"^\s*+(?:[（(【\[]\s*+)?(?:"
    + _PLAN_NUMBER.pattern
    + r"|(?:\d{1,2})条(?=[，,、：:]))\s*[）)】\]]?\s*"
    + r"(?:[（(](?:牵头|配合|主责|参与|协办)[^（()）\d]{0,8}[）)])?\s*[：:、.．，,—\-\s]*"
)
#: A plan number in brackets, with few words beside it: （任务16）.
BRACKETED_NUMBER = re.compile(
    r"[（(【\[][^（()）】\]]{0,12}?(?:" + _PLAN_NUMBER.pattern + r")[^（()）】\]]{0,12}[）)】\]]"
)
#: A field of work as people say it, alone on a line: 数字化这块.
FIELD = re.compile(r"[^，,、；;。：:]{1,10}(?:这一?块|那一?块|方面|这边|这头|板块)")
#: Signs that end a sentence.
SENTENCE_END = "。；;！!？?"


@dataclass(slots=True)
class Line:
    """A paragraph taken apart, and what it is told to be."""

    text: str
    locus: Locus
    mark: str = ""
    ordinal: int | None = None
    body: str = ""
    title: str = ""
    numbers: tuple[int, ...] = ()
    level: int = 0
    bold: bool = False
    lead: str = ""
    zone: str = "body"
    centered: bool = False
    heading: bool = False
    section: Section | None = None
    #: The section was heard out of words that name none (研发短板仍待补齐).
    guessed: bool = False
    #: A question that the lines below answer.
    asked: bool = False
    #: Text with its run-in title.
    full: str = ""


def _ordinal(text: str) -> int | None:
    if text.isdecimal():
        return int(text)
    if text in _NUMBER_CN:
        return _NUMBER_CN[text]
    if len(text) == 1 and "①" <= text <= "⑳":
        return ord(text) - ord("①") + 1
    found = re.search(r"(?<!\d)(\d+)$", text)
    return int(found.group(1)) if found else None


def plan_numbers(text: str) -> tuple[int, ...]:
    """Numbers of plan items that a text names as such."""
    found: list[int] = []
    for match in _PLAN_NUMBER.finditer(text):
        group = next(part for part in match.groups() if part)
        parts = re.findall(r"\d+", group) or [group]
        for part in parts:
            number = int(part) if part.isdecimal() else _NUMBER_CN.get(part)
            if number is not None and number not in found:
                found.append(number)
    return tuple(found)


def listed(text: str) -> list[str]:
    """一、…。二、…。三、… within one paragraph as the lines that other reports make of it; any other text whole."""
    parts = re.split(rf"(?<=[。；;])\s*(?=[{CN}]{{1,2}}、)", text)
    counted = [re.match(rf"\s*([{CN}]{{1,2}})、", part) for part in parts]
    told = [_ordinal(found.group(1)) for found in counted if found]
    return parts if len(parts) >= 2 and told == list(range(1, len(parts) + 1)) else [text]


def line_of(paragraph: Paragraph, part: str) -> Line:
    """A paragraph taken apart: its mark, its own number and the plan numbers at its head, and its body."""
    text = paragraph.text.strip(" \u3000\t\n\ufeff")
    line = Line(
        text=text,
        locus=Locus(part=part, place=paragraph.place),
        level=paragraph.level,
        bold=paragraph.bold,
        lead=paragraph.lead.strip(),
        zone=paragraph.zone,
        centered=paragraph.centered,
    )
    rest = text
    if paragraph.label.strip():
        label = paragraph.label.strip()
        for name, pattern in _MARKS:
            found = pattern.match(label if label[-1:] in "、.．)）" else label + "、")
            if found:
                line.mark, line.ordinal = name, _ordinal(found.group(1))
                break
        else:
            line.mark = "dot"
    else:
        for name, pattern in _MARKS:
            found = pattern.match(rest)
            if found and len(rest) > found.end():
                if enumeration_start(rest) == 0:
                    # 一是…；二是… or （1）…（2）… within one paragraph: the marks belong to its parts.
                    break
                line.mark, line.ordinal = name, _ordinal(found.group(1))
                rest = rest[found.end() :]
                break
    numbered = _LEAD_NUMBER.match(rest)
    if numbered and numbered.end() > 0:
        # 17条，… at the head of a line is 第17条.
        line.numbers = plan_numbers(re.sub(r"^\s*(?=\d{1,2}条)", "第", numbered.group(0)))
        rest = rest[numbered.end() :]
        if not line.mark and line.numbers:
            line.mark, line.ordinal = "ar", line.numbers[0]
    line.body = rest.strip()
    if line.lead:
        lead = line.lead
        for _, pattern in _MARKS:
            found = pattern.match(lead)
            if found and len(lead) > found.end():
                lead = lead[found.end() :]
                break
        found = _LEAD_NUMBER.match(lead)
        if found and found.end() > 0:
            lead = lead[found.end() :]
        line.lead = lead.strip()
    return line


def figures_in(text: str) -> bool:
    """Whether a text counts something."""
    return (
        re.search(
            r"\d+(?:\.\d+)?\s*(?:%|％|万|亿|个|家|户|人|名|件|笔|项|处|场|次|期|份|张|条|台|辆|套|元|亩|吨)", text
        )
        is not None
    )


def strip_number(title: str) -> tuple[str, tuple[int, ...]]:
    """A title without the plan number in brackets (加强统计监测（任务62）)."""
    found = BRACKETED_NUMBER.search(title)
    if found:
        return (title[: found.start()] + title[found.end() :]).strip(), plan_numbers(found.group(0))
    return title, ()


def named_section(text: str, *, words: Words, month: int | None) -> Section | None:
    """The section that a line names before a colon (下月：…)."""
    lead = re.match(r"^\s*([^，。；：:]{1,12})[：:]", text)
    return words.section_of(lead.group(1), month=month) if lead else None
