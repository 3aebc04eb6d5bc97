"""Documents → passages in reading order, each with its headings, its section and the plan numbers it names.

Levels of headings follow from how the numbering is used in this very document (the pattern met first lies
outside), from Word's outline levels and from bold or colon-ended lines; no fixed list of levels is assumed.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from pipeline.model import Document, Locus, Paragraph, Table
from pipeline.understanding import tables
from pipeline.understanding.cells import CellDoubt, CellFigure, CellText
from pipeline.understanding.prose import enumerated, enumeration_start, is_base, is_frame, opening_role
from pipeline.understanding.tones import CLEAR, heard, sound
from pipeline.understanding.words import (
    Section,
    Words,
    is_later,
    month_number,
    names_later_month,
    without_the_needy,
)

_CN = "一二三四五六七八九十"
_MARKS: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "multi",
        re.compile(
            r"^\s*(\d{1,2}(?:\.\d{1,2}){1,3})(?![\d%]|[GgKkA](?![a-z]))[\s、.．]*(?=[^\d\s%个家户人元万亿月日号])"
        ),
    ),
    ("part", re.compile(rf"^\s*第([{_CN}]{{1,3}}|\d{{1,2}})(?:部分|章|节|方面)[：:、，,\s]*")),
    ("cn", re.compile(rf"^\s*([{_CN}]{{1,3}})[、．.]\s*")),
    ("cn()", re.compile(rf"^\s*[（(]([{_CN}]{{1,3}})[）)][、．.]?\s*")),
    # 1.5G：… and 2.12345热线 begin with a name that holds digits.
    ("ar", re.compile(r"^\s*(\d{1,2})\s*[、．.](?:(?!\d)|(?=\d{1,2}月|\d{1,2}[GgKkA](?![a-z])|\d{5}(?!\d)))\s*")),
    ("ar", re.compile(r"^\s*(\d{1,2})[ \u3000]+(?=[\u4e00-\u9fff“])")),
    ("ar()", re.compile(r"^\s*[（(](\d{1,2})[）)][、．.]?\s*")),
    ("ar)", re.compile(r"^\s*(\d{1,2})[)）]\s*")),
    ("ring", re.compile(r"^\s*([①-⑳])\s*")),
    ("is", re.compile(rf"^\s*([{_CN}])是(?!否)[，,：:]?\s*")),
    ("nth", re.compile(rf"^\s*(?:第|其)([{_CN}])[，,、：:]\s*")),
    # ★ over ●: two signs of a list are two levels of it.
    ("star", re.compile(r"^\s*([■◆★▲◇□※☆◎❖])\s*")),
    ("dot", re.compile(r"^\s*([●•·○▪➢►▶⊙✓√✦✧➤→＊]|[-—*](?=\s))\s*")),
)
_RANK = {
    name: number
    for number, name in enumerate(
        (
            "part",
            "level",
            "cn",
            "cn()",
            "ar",
            "multi",
            "ar()",
            "ar)",
            "ring",
            "nth",
            "is",
            "star",
            "dot",
            "plain",
            "inline",
        )
    )
}
_NUMBER_CN = {
    name: number
    for number, name in enumerate(
        [
            *_CN,
            *(f"十{sign}" for sign in _CN[:9]),
            *(f"{tens}十{ones}" for tens in "二三四五六" for ones in ("", *_CN[:9])),
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
_BRACKETED_NUMBER = re.compile(
    r"[（(【\[][^（()）】\]]{0,12}?(?:" + _PLAN_NUMBER.pattern + r")[^（()）】\]]{0,12}[）)】\]]"
)
# Blanks are never given back: a line of ten thousand of them took longer than anybody waits.
_DATE_LINE = re.compile(
    r"^(?:[^\s，。；：:\d]{2,24}[\s\u3000]{1,6}(?=20\d\d\s?年|二[〇零○Ｏ]))?"
    r"[\s（(]*+(?:报送|填报|填表|上报|落款)?(?:日期|时间)?[：:]?\s*+"
    r"(?:20\d\d|二[〇零○Ｏ0O][一二三四五六七八九〇零○]{2})?\s*+(?:[年./-]\s*+)?"
    r"[\d一二三四五六七八九十]{1,3}\s*+[月./-]\s*+[\d一二三四五六七八九十]{1,3}\s*+[日号]?"
    r"(?:[\s（(]*+联系(?:人|电话)[^。；]{0,30})?[\s）)]*$"
)
#: The name of a section within a cell: 存在问题： at a beginning, 【存在问题】 anywhere.
_LABEL = re.compile(
    r"(?:^|(?<=[。；;！!\n]))[\s\u3000]{0,4}(?:[（(]?[\d一二三四五六]{1,2}[）)、.．]{0,2}\s{0,2})?([^，。；：:\d\n【】]{2,14})[：:]\s{0,4}"
    r"|[【\[]([^，。；：:\d\n【】\[\]]{2,14})[】\]][：:]?\s{0,4}"
)
_SENTENCE_END = "。；;！!？?"
#: Who sends a report, at its end: a section or an office, and a name before the date or the number to call.
_SENDER = re.compile(
    r"[^，。；：:、\d]{2,18}(?:局|股|室|科|办|中心|公司|支行|联社|集团)$"
    r"|[\u4e00-\u9fff]{2,6}[\s\u3000]++(?:20\d\d\s*年.{2,8}日|[\d-]{7,14}|1\d{10})$"
    r"|[^，。；：:、\d\s]{2,18}[\s\u3000]++[\u4e00-\u9fff]{1,3}(?:经理|[股科]长|科员|主任|干事|局长|会计|老师)$"
    # A unit or its room, a name, perhaps the day.
    r"|[^，。；：:、\d\s]{2,18}(?:局|股|室|科|办|中心|公司|支行|联社|集团|部|组|社|会)[\s\u3000]++[\u4e00-\u9fff]{1,4}"
    r"(?:[\s\u3000]++20\d\d\s*年.{2,8}日)?$"
)


@dataclass(frozen=True, slots=True)
class CellFigures:
    """Figures from number columns that belong to a passage, and the status column beside it."""

    figures: tuple[CellFigure, ...] = ()
    status: str = ""
    #: Cells that were not filed, with the reason.
    doubts: tuple[CellDoubt, ...] = ()


@dataclass(frozen=True, slots=True)
class Passage:
    """A paragraph or cell without its number and title, with all that stands around it."""

    text: str
    locus: Locus
    section: Section
    #: Headed unit it belongs to: passages of one block stand under one heading.
    block: int
    #: Headings that name a subject, outermost first.
    titles: tuple[str, ...] = ()
    #: Plan numbers that the report names as such.
    numbers: tuple[int, ...] = ()
    #: The report's own list number.
    own_number: int | None = None
    #: The passage carries its own list mark.
    marked: bool = False
    document: int = 0
    #: Stands before the first heading, where reports put their opening words.
    opening: bool = False
    #: Comes from a body beside attachments.
    cover: bool = False
    cells: CellFigures = field(default_factory=CellFigures)
    #: Block of the subject under which a section stands (存在问题 below one item), when there is one.
    owner: int | None = None
    #: For cells that reach over several tasks: the blocks it belongs to besides its own.
    also: tuple[int, ...] = ()
    #: From a table, and the sections for which it has columns.
    ledger: bool = False
    columns: frozenset[Section] = frozenset()
    #: From a column for work, troubles and intentions alike.
    mingled: bool = False
    #: The paragraph that this is a titled part of, and which part.
    whole: str = ""
    part: int = 0


@dataclass(slots=True)
class _Line:
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


@dataclass(slots=True)
class _Entry:
    mark: str
    ordinal: int | None
    title: str
    section: Section | None
    block: int
    numbers: tuple[int, ...]
    bodied: bool = False
    own: int | None = None
    #: Status that the heading gives to all tasks under it (正常推进的任务).
    status: str = ""


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


def _listed(text: str) -> list[str]:
    """一、…。二、…。三、… within one paragraph as the lines that other reports make of it; any other text whole."""
    parts = re.split(rf"(?<=[。；;])\s*(?=[{_CN}]{{1,2}}、)", text)
    counted = [re.match(rf"\s*([{_CN}]{{1,2}})、", part) for part in parts]
    told = [_ordinal(found.group(1)) for found in counted if found]
    return parts if len(parts) >= 2 and told == list(range(1, len(parts) + 1)) else [text]


#: A question of a sheet (问3：…), and an answer; both within one paragraph.
_QUESTION = re.compile(rf"^\s*问题?\s*(?:\d{{1,2}}|[{_CN}]{{1,3}})?\s*[：:、.．]\s*")
_ANSWER = re.compile(r"^\s*(?:回?答|答复)\s*[：:]\s*")
_ANSWERED = re.compile(r"(?<=[？?])\s*(?=(?:回?答|答复)\s*[：:])")


def _mark_questions(lines: Sequence[_Line]) -> None:
    """Where questions and answers alternate, take their marks off: a question heads its answer."""
    answers = [place for place, line in enumerate(lines) if place and _ANSWER.match(line.text)]
    if len(answers) < 2:
        return
    for place in answers:
        above, line = lines[place - 1], lines[place]
        line.body = _ANSWER.sub("", line.text)
        above.body = _QUESTION.sub("", above.text).rstrip("？?")
        above.mark, above.ordinal, above.asked = "", None, True


#: A heading that names a month and nothing else: 第一部分 11月份, （二）12月工作情况.
_MONTH_PART = re.compile(
    r"^(?:20\d\d\s*年\s*)?(1[0-2]|[1-9]|十[一二]?|[一二三四五六七八九])月份?\s*"
    r"(?:重点)?(?:工作|任务)?(?:完成|进展|开展|推进|落实)?(?:情况)?[：:]?$"
)


def _month_of_part(line: _Line) -> int | None:
    """The month that a heading names, where it names nothing else."""
    found = _MONTH_PART.match(line.title if line.heading else line.body)
    return month_number(found.group(1)) if found else None


def _line(paragraph: Paragraph, part: str) -> _Line:
    text = paragraph.text.strip(" \u3000\t\n\ufeff")
    line = _Line(
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


def _figures_in(text: str) -> bool:
    return (
        re.search(
            r"\d+(?:\.\d+)?\s*(?:%|％|万|亿|个|家|户|人|名|件|笔|项|处|场|次|期|份|张|条|台|辆|套|元|亩|吨)", text
        )
        is not None
    )


def _strip_number(title: str) -> tuple[str, tuple[int, ...]]:
    """A title without the plan number in brackets (加强统计监测（任务62）)."""
    found = _BRACKETED_NUMBER.search(title)
    if found:
        return (title[: found.start()] + title[found.end() :]).strip(), plan_numbers(found.group(0))
    return title, ()


#: A title in brackets before its text: 【短板】…, [下步] ….
_FRAMED = re.compile(r"^[【\[［〔〖「｛{]\s*([^【】\[\]［］〔〕〖〗「」]{1,18}?)\s*[】\]］〕〗」｝}]\s*[：:]?\s*")


#: A title cut off by a dash or a bar: 商标品牌——…, 托育｜….
_DASHED = re.compile(r"^([^，。；：:！？—–|｜丨]{2,16}?)\s*(?:[—–]{1,2}|--|[|｜丨])\s*(?=\S{4})")


#: A slogan said first: 立标准、树品牌，推动质量提升。…
_SLOGAN = re.compile(r"^([^。；：:！？\d]{4,24})。(?=\S{12})")
#: A subject said first, as a sentence of its own: 先说客运。…, 营商环境。…
_SAID_FIRST = re.compile(r"^[^，。；：:！？\d]{2,9}。(?=\S{8})")


def _run_in(line: _Line, *, words: Words, month: int | None, unmarked_titles: bool) -> tuple[str, str]:
    """Title and body of a paragraph that begins with its title; an empty title when it has none."""
    body = line.body
    framed = _FRAMED.match(body)
    if framed and len(body) > framed.end():
        return framed.group(1).strip(), body[framed.end() :]
    if line.lead and body.startswith(line.lead[:4]) and len(line.lead) < len(body) and len(line.lead) <= 48:
        return line.lead.strip("。．.：:，、 \u3000"), body[len(line.lead) :].lstrip("。．.：:，、 \u3000")
    dashed = _DASHED.match(body)
    if dashed and not _figures_in(dashed.group(1)) and not _quoted_open(dashed.group(1)):
        title = dashed.group(1).strip()
        if line.mark or unmarked_titles or words.section_of(title, month=month) is not None:
            return title, body[dashed.end() :]
    colon = re.match(r"^([^，。；：:！？]{2,26})[：:]\s*(?=\S)", body)
    if colon and not _quoted_open(colon.group(1)):
        title = colon.group(1)
        section = words.section_of(title, month=month)
        if section is not None or line.mark or unmarked_titles:
            return title, body[colon.end() :]
    stop = re.match(r"^([^，。；：:！？]{2,32})[。．]\s*(?=\S)", body)
    # 一是惠企纾困再加力。…二是…: the first title is one among brothers, which are told apart later.
    if stop and (line.mark or unmarked_titles) and not _quoted_open(stop.group(1)) and enumeration_start(body) > 0:
        title = stop.group(1)
        if (not _figures_in(title) and not re.search(r"(?:已|了|完毕|正在|均|将)", title)) or words.section_of(
            title, month=month
        ):
            return title, body[stop.end() :]
    spaced = re.match(r"^([^\s，。；：:！？\d]{2,10})[ \u3000]+(?=\S{8})", body)
    if spaced and line.mark:
        return spaced.group(1), body[spaced.end() :]
    topic = re.match(
        r"^(?:在|关于|就)?([^，。；：:！？]{2,18}?)(?:方面|这块|这一块|一块|这项工作)[，,：:]\s*(?=\S)", body
    )
    if topic and not _figures_in(topic.group(1)) and not _quoted_open(topic.group(1)):
        # 客运方面，… is part of its sentence; only 存在问题方面，… is a heading and no more.
        section = words.section_of(topic.group(1), month=month)
        return topic.group(1), body if section is None else body[topic.end() :]
    return "", body


def _quoted_open(text: str) -> bool:
    return text.count("“") != text.count("”") or text.count("（") != text.count("）")


#: The last words before a colon of a line that only announces what follows.
_ANNOUNCES = re.compile(r"(?:月份?|情况(?:是|为|如下)?|如下|方面|这样)$")


def _is_heading(line: _Line, follower: _Line | None, *, words: Words, month: int | None) -> bool:
    """Whether a line is nothing but a heading."""
    body = _strip_number(line.body)[0]
    framed = _FRAMED.fullmatch(body)
    if framed:
        return follower is not None
    bare = body.rstrip("：: \u3000")
    if line.asked:
        return True
    if not bare or len(bare) > 44:
        return False
    section = words.section_of(bare.rstrip("。"), month=month)
    if section is not None and len(bare) <= 30:
        return True
    if body[-1:] in _SENTENCE_END:
        # A heading may end in a full stop when a paragraph without a mark follows it.
        return bool(
            line.mark and body[-1:] == "。" and len(bare) <= 30 and (line.bold or line.level) and follower is not None
        ) or bool(line.level and len(bare) <= 30 and body.count("。") == 1)
    if line.level:
        return True
    if follower is None:
        return False
    if line.mark and len(bare) <= 34 and (not _figures_in(bare) or line.bold):
        # A numbered line without a closing sign, followed by text of another kind.
        if follower.mark == line.mark and not line.bold and "，" in bare:
            return False
        return follower.mark != line.mark or line.bold
    if line.bold and len(bare) <= 34:
        return True
    if body[-1:] in "：:" and len(bare) <= 20 and not re.search(r"[，,]", bare):
        return True
    if body[-1:] in "：:" and _ANNOUNCES.search(bare) and not is_frame(body, words=words):
        # 我局承担第52条（公立医院薪酬改革），10月份： stands over what it announces.
        return True
    if len(bare) <= 22 and not re.search(r"[，,、；;]", bare) and not _figures_in(bare) and len(follower.text) >= 30:
        return follower.text[-1:] in _SENTENCE_END or len(follower.text) > 60
    return False


def _under(heading: _Line, later: Sequence[_Line]) -> list[_Line]:
    """The lines that stand under a heading: up to the next one of its kind."""

    def closes(line: _Line) -> bool:
        return line.heading or bool(heading.mark and line.mark == heading.mark) or bool(heading.level and line.level)

    return list(itertools.takewhile(lambda line: not closes(line), later))


def _named_section(text: str, *, words: Words, month: int | None) -> Section | None:
    """The section that a line names before a colon (下月：…)."""
    lead = re.match(r"^\s*([^，。；：:]{1,12})[：:]", text)
    return words.section_of(lead.group(1), month=month) if lead else None


def _joined(lines: list[_Line], *, words: Words, month: int | None, printed: bool) -> list[_Line]:
    """Put hard-wrapped lines of plain text, PDF and OCR together again.

    ``printed``: lines come off a page, where a long line that ends within a sentence always goes on below.
    """
    if not lines:
        return []
    widest = max(len(line.text) for line in lines)
    # A hard wrap shows in several lines of one and the same full length.
    full = [line for line in lines if len(line.text) >= widest - 2 and line.text[-1:] not in _SENTENCE_END]
    evenly = widest >= 18 and len(full) >= max(2, len(lines) // 6)
    if not evenly and not printed:
        return lines
    heads = _headed_marks(lines)
    out: list[_Line] = []
    wrapped: set[int] = set()
    for line in lines:
        before = out[-1] if out else None
        reaches = len(line.text) >= widest - 3
        if (
            before is not None
            and before.mark not in heads
            and ((evenly and id(before) in wrapped) or (printed and _breaks_off(before.text)))
            and before.text[-1:] not in "。；;！!？?：:"
            and not line.mark
            and not line.numbers
            and not _DATE_LINE.match(line.text)
            and (words.section_of(line.text) is None or line.text[-1:] in "。；")
            and _named_section(line.text, words=words, month=month) is None
        ):
            out[-1] = replace_text(before, before.text + line.text)
            if not reaches:
                wrapped.discard(id(before))
        else:
            out.append(line)
            if reaches:
                wrapped.add(id(line))
    return out


def _headed_marks(lines: list[_Line]) -> frozenset[str]:
    """Marks (一、 or （一）) whose lines are all short and unfinished: headings, even those with a comma in them."""
    by_mark: dict[str, list[str]] = {}
    for line in lines:
        if line.mark in {"cn", "cn()"}:
            by_mark.setdefault(line.mark, []).append(line.text)
    return frozenset(
        mark
        for mark, texts in by_mark.items()
        if len(texts) >= 3 and all(len(text) <= 34 and not re.search(r"[。；;]", text) for text in texts)
    )


def _breaks_off(text: str) -> bool:
    """Whether a printed line stops in the middle of a sentence."""
    tail = re.split(r"[。；！？]", text)[-1]
    told = "，" in tail or re.match(rf"(?:其?[{_CN}]是|[（(]\d[）)]|\d[.．、])", tail) is not None
    return len(text) >= 14 and told and text[-1:] not in _SENTENCE_END + "：:"


def replace_text(line: _Line, text: str) -> _Line:
    """The same line with more text behind it."""
    more = text[len(line.text) :]
    line.text = text
    line.body = line.body + more
    return line


def _drop_frame(lines: list[_Line], *, words: Words, month: int | None) -> tuple[list[_Line], list[_Line]]:
    """Take titles, addressee, signature and date off; what is left, and what was dropped."""
    notes = [line for line in lines if line.zone == "footnote"]
    kept = [line for line in lines if line.zone != "footnote"]
    dropped: list[_Line] = []
    # Head: lines before the first sentence that are neither numbered nor section headings.
    while kept:
        line = kept[0]
        text = line.text
        if (line.mark and not line.centered) or line.asked:
            break
        if (
            words.section_of(line.body.rstrip("：:。"), month=month) is not None
            and not line.centered
            and len(kept) > 1
            and not kept[1].centered
            and not re.search(r"(?:报告|总结|汇报|小结|月报|简报|情况表)", text)
            and len(text) <= 12
        ):
            # 工作进展 as a first heading stays; 9月份工作总结 as a title goes.
            break
        short = len(text) <= 60 and not re.search(r"[。；;]", text)
        address = short and text[-1:] in "：:" and len(text) <= 36 and "，" not in text[:-1]
        if line.level and not re.search(r"(?:报告|总结|汇报|小结|月报|简报|情况|进展|反馈)", text) and len(kept) > 1:
            break
        looks_title = (
            short
            and text[-1:] not in "，,：:"
            and (
                line.centered
                or re.search(
                    r"(?:报告|总结|汇报|小结|月报|简报|情况|进展|反馈|台账|函|表|材料|说明)$|[）)〕号]$|(?:局|办|中心|公司|支行|监管组|联社|集团|管理部|分局|夏县\S{1,6})$",
                    text,
                )
                or len(text) <= 24
            )
        )
        if address or looks_title:
            follower = kept[1] if len(kept) > 1 else None
            if (
                looks_title
                and not line.centered
                and not address
                and follower is not None
                and not _DATE_LINE.match(text)
            ):
                # A short first line may be the first heading of a report without a title.
                if (
                    line.bold
                    and len(kept) > 2
                    and any(other.bold and len(other.text) <= 24 for other in kept[1:])
                    and len(dropped) >= 1
                ):
                    break
                if (
                    len(dropped) >= 1
                    and len(text) <= 14
                    and not re.search(
                        r"(?:报告|总结|汇报|小结|月报|简报|情况|进展|局|办|中心|公司|支行|组|社|集团|部|号|日|[）)])$",
                        text,
                    )
                    and len(follower.text) > 40
                ):
                    break
            dropped.append(kept.pop(0))
            continue
        break
    # Tail: short lines without a closing sign after the last sentence.
    while kept:
        text = kept[-1].text
        if (
            _DATE_LINE.match(text)
            or (not kept[-1].mark and not kept[-1].level and _SENDER.fullmatch(text))
            or re.search(r"^[^。；]{0,24}电话[：:]", text)
            or re.match(
                r"^[（(]?(?:联系人|联系电话|电话|填报人|附件|抄送|抄报|审核|签发|单位负责人|报送单位|填报单位|校对|印发)",
                text,
            )
        ):
            dropped.append(kept.pop())
            continue
        if (
            len(text) <= 30
            and not re.search(r"[。；;！]$", text)
            and not kept[-1].mark
            and words.section_of(text, month=month) is None
            and "：" not in text
            and not _figures_in(text)
            and (len(text) <= 12 or sound(text, words=words) is None)
        ):
            dropped.append(kept.pop())
            continue
        break
    return kept + notes, dropped


#: A line that calls itself a note, and who filled in the form, at its end.
_NOTED = re.compile(r"^(?:备\s*注|附?注)\s*[：:]\s*(?=\S{4})")
_FILLED_IN = re.compile(r"(?<![\s\u3000])[\s\u3000]++(?:填表|填报|制表|审核|联系)(?:人|股室|单位)?\s*[：:][^。；]*$")
#: What stands before the words of a note: its own mark, and a title (2.表中未列的情况：…).
_NOTE_LEAD = re.compile(r"^\s*(?:\d{1,2}[.．、](?!\d{1,2}(?![\d月])))?\s*(?:[^，。；：:\d]{2,14}[：:](?=\S{8}))?\s*")


class Outliner:
    """Builds the passages of one mail's documents; blocks are numbered through all of them."""

    def __init__(self, *, words: Words, month: int | None, subject: Callable[[str], bool] = lambda _: False) -> None:
        """Start with the word lists, the month of the report, and a way to tell that a heading names a plan item."""
        self._words = words
        self._subject = subject
        self._month = month
        self._block = 0
        self.passages: list[Passage] = []
        self.warnings: list[str] = []

    def _new_block(self) -> int:
        self._block += 1
        return self._block

    def add(self, document: Document, *, index: int, cover: bool = False) -> None:
        """Read one document, appending its passages."""
        lines: list[_Line | Table] = []
        chunk: list[_Line] = []
        printed = document.format in {"pdf", "image"} or document.scanned
        wrapped = document.format in {"text", "pdf", "image"} or document.scanned
        for block in document.blocks:
            if isinstance(block, Table):
                lines += _joined(chunk, words=self._words, month=self._month, printed=printed) if wrapped else chunk
                chunk = []
                lines.append(block)
            elif block.zone not in {"header", "footer"} and block.text.strip():
                whole = _ANSWERED.sub("\n", block.text)
                for text in itertools.chain.from_iterable(map(_listed, whole.split("\n"))):
                    if text.strip():
                        chunk.append(_line(replace(block, text=text), document.part))
        lines += _joined(chunk, words=self._words, month=self._month, printed=printed) if wrapped else chunk
        _mark_questions([line for line in lines if isinstance(line, _Line)])
        self._read(lines, document=document, index=index, cover=cover)

    def _read(self, lines: Sequence[_Line | Table], *, document: Document, index: int, cover: bool) -> None:
        paragraphs = [line for line in lines if isinstance(line, _Line)]
        has_table = len(paragraphs) < len(lines)
        kept, _ = _drop_frame(paragraphs, words=self._words, month=self._month)
        alive = {id(line) for line in kept}
        shaped = self._shape(kept)
        stack: list[_Entry] = []
        headed = any(line.heading or line.mark for line in shaped)
        started = False
        above = ""
        parts = {id(line): named for line in shaped if (named := _month_of_part(line)) is not None}
        of_several = self._month in parts.values() and len(set(parts.values())) > 1
        earlier: _Line | None = None
        for line in lines:
            if isinstance(line, _Line) and of_several:
                # 第一部分 11月份 beside 第二部分 12月份: what was done before is no part of this month's report.
                named = parts.get(id(line))
                if named is not None:
                    earlier = None if named == self._month or is_later(named, self._month or 0) else line
                elif earlier is not None and line.heading and line.mark and line.mark == earlier.mark:
                    earlier = None
            if earlier is not None:
                continue
            if isinstance(line, Table):
                self._table(line, stack, document=document, index=index, cover=cover, above=above)
                started, above = True, ""
                continue
            above = line.text
            if id(line) not in alive:
                continue
            if has_table and not line.heading and is_frame(line.text, words=self._words):
                continue
            if line.heading or line.mark or line.title or line.numbers:
                started = started or line.heading or bool(line.mark)
            opening = (headed or has_table) and not started and not line.title
            self._paragraph(line, stack, index=index, cover=cover, opening=opening)

    def _shape(self, lines: list[_Line]) -> list[_Line]:
        """Decide which lines are headings and which begin with a title."""
        words, month = self._words, self._month
        colons = sum(
            1
            for line in lines
            if not line.mark
            and (
                (
                    re.match(r"^[^，。；：:！？]{2,20}[：:]\S", line.body) is not None
                    and not _figures_in(line.body.split("：")[0])
                )
                or _DASHED.match(line.body) is not None
                or _SAID_FIRST.match(line.body) is not None
            )
        )
        unmarked = colons >= 2
        long = [line for line in lines if len(line.body) > 40]
        slogans = [line for line in long if _SLOGAN.match(line.body)]
        by_slogan = len(slogans) >= 3 and len(slogans) >= 0.5 * len(long)
        for place, line in enumerate(lines):
            follower = lines[place + 1] if place + 1 < len(lines) else None
            if line.zone == "textbox":
                line.title, line.body = _run_in(line, words=words, month=month, unmarked_titles=False)
                continue
            if _is_heading(line, follower, words=words, month=month):
                line.heading = True
                title, numbers = _strip_number(line.body.strip("：:。．. \u3000【】[]［］〔〕〖〗「」"))
                line.title, line.body = title, ""
                line.numbers = line.numbers or numbers or plan_numbers(title)
                line.section = words.section_of(title, month=month)
                if line.section is None and line.asked and names_later_month(title, month):
                    line.section = Section.NEXT
                if line.section is None:
                    line.section = self._weak(title, _under(line, lines[place + 1 :]), share=place / len(lines))
                    line.guessed = line.section is not None
                continue
            title, body = _run_in(line, words=words, month=month, unmarked_titles=unmarked)
            slogan = _SLOGAN.match(line.body) if not title and (by_slogan or line.mark in {"cn", "cn()"}) else None
            if slogan and enumeration_start(line.body) > 0:
                title, body = slogan.group(1), line.body[slogan.end() :]
            if title:
                title, numbers = _strip_number(title)
                line.full = line.body
                line.title, line.body = title, body
                line.numbers = line.numbers or numbers
                line.section = words.section_of(title, month=month) or self._sure(title)
            if not line.numbers:
                # （任务16） at the end of a passage names its item as well.
                found = _BRACKETED_NUMBER.search(line.body[-24:]) or _BRACKETED_NUMBER.match(line.body)
                if found:
                    line.numbers = plan_numbers(found.group(0))
                    line.body = line.body.replace(found.group(0), "", 1)
        self._siblings(lines)
        return lines

    def _sure(self, title: str) -> Section | None:
        """Section of a short title that names no task but says 短板 or 打算."""
        if len(title) > 14 or self._subject(title):
            return None
        if self._words.pattern("record_sure_problem").search(without_the_needy(title)):
            return Section.PROBLEM
        return Section.NEXT if self._words.pattern("record_sure_next").search(title) else None

    def _weak(self, title: str, below: list[_Line], *, share: float) -> Section | None:
        """Section of a heading in the office's own words (正视差距，查找不足) that names no task."""
        if self._subject(title) or len(title) > 24:
            return None
        sure = self._sure(title)
        if sure is not None:
            # 链条往后延 stands over work alone.
            return None if below and all(self._works(line.body) for line in below) else sure
        tones = [sound(line.body, words=self._words) for line in below]
        if (
            share > 0.3
            and tones
            and self._words.pattern("record_weak_problem").search(title)
            and Section.NEXT not in tones[:1]
        ):
            return Section.PROBLEM
        # 持续发力 heads work as often as plans: what stands under it must sound like plans.
        if share > 0.5 and self._words.pattern("record_weak_next").search(title) and Section.NEXT in tones[:2]:
            return Section.NEXT
        return None

    def _works(self, text: str) -> bool:
        """Whether a passage counts something and clearly sounds like work done."""
        return _figures_in(text) and heard(text, words=self._words).work >= CLEAR

    def _siblings(self, lines: list[_Line]) -> None:
        """A run-in title among brothers that have none is no title but a first sentence."""
        for mark in {line.mark for line in lines if line.mark}:
            group = [line for line in lines if line.mark == mark and not line.heading]
            titled = [line for line in group if line.title and not line.lead and line.section is None]
            if len(group) >= 3 and titled and len(titled) / len(group) < 0.4:
                for line in titled:
                    sign = "。" if f"{line.title}。" in line.text else "："
                    line.body = f"{line.title}{sign}{line.body}"
                    line.title = ""

    # ------------------------------------------------------------------ paragraphs

    def _place(self, line: _Line, stack: list[_Entry]) -> None:
        """Pop the headings that a new heading or numbered line closes."""
        mark = "level" + str(line.level) if line.level and line.heading else line.mark or "plain"
        name = "level" if mark.startswith("level") else mark
        at = next((place for place in range(len(stack) - 1, -1, -1) if stack[place].mark == mark), None)
        top = stack[-1] if stack else None
        restart = (
            at is not None
            and line.ordinal == 1
            and stack[at].ordinal is not None
            and top is not None
            and not top.bodied
            and at < len(stack) - 1
        )
        if name == "level":
            while stack and (not stack[-1].mark.startswith("level") or int(stack[-1].mark[5:]) >= line.level):
                stack.pop()
        elif at is not None and not restart:
            del stack[at:]
        elif at is None and stack and name != "plain":
            rank = _RANK[name]
            nested = line.ordinal == 1 and top is not None and not top.bodied
            if not nested:
                # A list below a heading without a number belongs to it, whatever its marks.
                while (
                    stack
                    and stack[-1].mark != "plain"
                    and _RANK["level" if stack[-1].mark.startswith("level") else stack[-1].mark] > rank
                ):
                    stack.pop()
        elif at is None and name == "plain" and line.section is not None:
            # 存在问题 as a bare line closes numbered subjects that have their text.
            while stack and (stack[-1].bodied or stack[-1].section is not None) and stack[-1].mark != "plain":
                stack.pop()

    def _paragraph(self, line: _Line, stack: list[_Entry], *, index: int, cover: bool, opening: bool) -> None:
        words = self._words
        if line.zone == "textbox":
            self._emit(
                line, stack, section=line.section, block=self._new_block(), index=index, cover=cover, opening=False
            )
            return
        noted = _NOTED.match(line.body)
        if not line.heading and (noted or re.fullmatch(r"备\s*注|附?注|说明", line.title or "")):
            body = line.body[noted.end() :] if noted else line.body
            self._remark(CellText(body, line.locus.place), part=line.locus.part, index=index, cover=cover)
            return
        if (
            line.section is Section.PROGRESS
            and self._words.pattern("record_measure_heads").fullmatch(line.title)
            and self.passages
            and self.passages[-1].section is Section.PROBLEM
        ):
            # 措施 behind the problems is what the unit means to do about them.
            line.section = Section.NEXT
        opens = line.heading or line.mark or (line.title and line.section is not None)
        if opens:
            inline_section = not line.heading and not line.mark
            if not inline_section:
                self._place(line, stack)
                if line.guessed and any(entry.section is Section.PROGRESS for entry in stack):
                    # （四）…研发短板仍待补齐 among the subjects under 主要工作 is one of them.
                    line.section = None
            elif stack and stack[-1].mark == "inline":
                stack.pop()
            subject = line.title if line.section is None else ""
            stack.append(
                _Entry(
                    mark="inline"
                    if inline_section
                    else ("level" + str(line.level) if line.level and line.heading else line.mark or "plain"),
                    ordinal=line.ordinal,
                    title=subject,
                    section=line.section,
                    block=self._new_block(),
                    numbers=line.numbers,
                    bodied=bool(line.body),
                    status=self._status(line.title),
                    own=line.ordinal if line.mark in {"ar", "cn", "cn()", "ar()", "ar)"} else None,
                )
            )
            if line.body:
                self._emit(line, stack, section=None, block=stack[-1].block, index=index, cover=cover, opening=opening)
            return
        if stack and stack[-1].mark == "inline" and self._leaves_inline(line):
            stack.pop()
        top = stack[-1] if stack else None
        if line.title:
            block = self._new_block()
            self._emit(
                line, stack, section=None, block=block, index=index, cover=cover, opening=opening, title=line.title
            )
            return
        fresh = top is None or (top.section is not None and not top.title) or top.mark == "inline"
        block = self._new_block() if fresh or top is None else top.block
        if top is not None:
            top.bodied = True
        role = opening_role(line.body, words=words, month=self._month)
        self._emit(line, stack, section=role, block=block, index=index, cover=cover, opening=opening)

    def _status(self, title: str) -> str:
        """The heading itself when it sorts tasks by status, else nothing."""
        keys = ("done", "on_track", "behind", "not_started")
        sorts = any(self._words.pattern(f"status_head_{key}").fullmatch(title) for key in keys)
        return title if title and len(title) <= 16 and sorts else ""

    def _leaves_inline(self, line: _Line) -> bool:
        """Whether an unnumbered paragraph after 存在问题：… talks of work again."""
        if re.match(rf"^\s*(?:[{_CN}]是|[2-9][、.．)）]|[（(][2-9二三四五][）)])", line.text):
            return False
        role = opening_role(line.body, words=self._words, month=self._month)
        if role is not None:
            return role is Section.OFF_PLAN
        return bool(line.title) or _figures_in(line.body)

    def _emit(
        self,
        line: _Line,
        stack: list[_Entry],
        *,
        section: Section | None,
        block: int,
        index: int,
        cover: bool,
        opening: bool,
        title: str = "",
    ) -> None:
        if not line.body.strip():
            return
        body = line.body.strip()
        inherited = next((entry.section for entry in reversed(stack) if entry.section is not None), None)
        # A subject heading below 其他工作 or 工作进展 keeps the section; 存在问题 below a subject ends with it.
        role = section or inherited or Section.PROGRESS
        if (
            role in {Section.PROBLEM, Section.NEXT, Section.MIXED}
            and line.title
            and line.section is None
            and not line.heading
        ):
            # 资金瓶颈突出。… in a list of problems is the problem itself, no heading.
            body = line.full or body
            if stack and stack[-1].title == line.title:
                stack[-1].title = ""
            title = "" if title == line.title else title
        numbers = line.numbers or next((entry.numbers for entry in reversed(stack) if entry.numbers), ())
        titles = tuple(entry.title for entry in stack if entry.title) + ((title,) if title else ())
        owner = None
        if inherited in {Section.PROBLEM, Section.NEXT, Section.MIXED}:
            below = next(place for place in range(len(stack) - 1, -1, -1) if stack[place].section is inherited)
            owner = next((entry.block for entry in reversed(stack[:below]) if entry.title or entry.numbers), None)
        if line.zone == "textbox" and line.title and line.section is None:
            titles = (*titles, line.title)
        self.passages.append(
            Passage(
                text=body,
                locus=line.locus,
                section=role,
                block=block,
                titles=titles,
                numbers=numbers,
                own_number=next((entry.own for entry in reversed(stack) if entry.own is not None), None),
                marked=bool(line.mark) and line.section is None,
                cells=CellFigures(status=next((entry.status for entry in reversed(stack) if entry.status), "")),
                owner=owner,
                document=index,
                opening=opening,
                cover=cover,
            )
        )

    # ------------------------------------------------------------------ tables

    def _table(
        self, table: Table, stack: list[_Entry], *, document: Document, index: int, cover: bool, above: str
    ) -> None:
        part = document.part
        if self._within(table, part=part):
            return
        ledger = tables.read(table, words=self._words, month=self._month, above=above)
        self.warnings += ledger.warnings
        outer = tuple(entry.title for entry in stack if entry.title)
        section = next((entry.section for entry in reversed(stack) if entry.section is not None), None)
        blocks: dict[int, int] = {}
        owners: dict[str, list[int]] = {}
        last_of: dict[str, int] = {}
        columns = frozenset(
            section
            for section, used in (
                (Section.PROBLEM, any(row.problems or row.mixed for row in ledger.rows)),
                (Section.NEXT, any(row.next_steps or row.mixed for row in ledger.rows)),
            )
            if used
        )
        for row in ledger.rows:
            block = self._new_block()
            blocks[row.task] = block
            head = [title for title in row.titles if title]
            off_plan = any(self._words.section_of(title, month=self._month) is Section.OFF_PLAN for title in head)
            # 不在计划内，供参考 beside a row says what the row is, and is no word on it.
            beside = [note for note in row.notes if self._words.pattern("record_off_plan_signs").search(note.text)]
            off_plan = off_plan or any(not _figures_in(note.text) for note in beside)
            titles = (*outer, *(re.sub(r"\s+", "", title) for title in head))
            numbers: list[int] = [row.plan_number] if row.plan_number is not None else []
            for title in head:
                numbers += plan_numbers(title)
            base = Passage(
                text="",
                locus=Locus(part=part, place=row.place),
                section=Section.OFF_PLAN if off_plan else section or Section.PROGRESS,
                block=block,
                titles=titles,
                numbers=tuple(dict.fromkeys(numbers)),
                own_number=row.number,
                document=index,
                cover=cover,
                ledger=True,
                columns=columns,
            )
            cells = CellFigures(figures=row.figures, status=row.status, doubts=row.doubts)
            first = True
            # 备注 beside an empty 进展 tells the work that has no other place.
            spoken = (
                []
                if row.progress
                else [note for note in row.notes if note not in beside and self._tells_work(note.text)]
            )
            for cell in (*row.progress, *spoken):
                if not titles and not numbers and self._written_out(cell, base, stack, document=document):
                    continue
                text = re.sub(r"(?:(?<![ \t])[ \t]++)?\n[ \t]*", "\n", cell.text)
                parts = self._labelled(text)
                labelled = any(kind not in {None, Section.PROGRESS} for kind, _ in parts)
                for kind, told_here in parts:
                    work = kind in {None, Section.PROGRESS}
                    self.passages.append(
                        replace(
                            base,
                            text=told_here,
                            locus=Locus(part=part, place=cell.place),
                            section=base.section if work or kind is None else kind,
                            cells=cells if first and work else CellFigures(),
                            mingled=cell.mingled and not labelled,
                        )
                    )
                    first = first and not work
            if first and (row.figures or row.status or row.doubts):
                self.passages.append(replace(base, cells=cells))
            told: list[tuple[Section, tuple[CellText, ...]]] = [
                (Section.PROBLEM, row.problems),
                (Section.NEXT, row.next_steps),
                (Section.MIXED, row.mixed),
            ]
            for note in (note for note in row.notes if note not in beside and note not in spoken):
                role = opening_role(note.text, words=self._words, month=self._month)
                if role in {Section.PROBLEM, Section.NEXT}:
                    told.append((role, (note,)))
                elif not _figures_in(note.text) and self._troubled(note.text):
                    told.append((Section.MIXED, (note,)))
                elif sound(note.text, words=self._words) is Section.NEXT:
                    told.append((Section.NEXT, (note,)))
            for kind, texts in told:
                for cell in texts:
                    if cell.text:
                        owners[cell.place] = [len(self.passages)]
                        self.passages.append(
                            replace(base, text=cell.text, locus=Locus(part=part, place=cell.place), section=kind)
                        )
                        last_of[cell.place] = len(self.passages) - 1
                    elif cell.place in last_of:
                        place = last_of[cell.place]
                        self.passages[place] = replace(self.passages[place], also=(*self.passages[place].also, block))
        for remark in ledger.remarks:
            self._remark(remark, part=part, index=index, cover=cover)

    def _within(self, table: Table, *, part: str) -> bool:
        """Give the figures of a small table within a cell to the row that the cell stands in."""
        outer = table.place.rpartition("·")[0]
        places = (place for place, one in enumerate(self.passages) if one.locus == Locus(part=part, place=outer))
        at = next(places, None) if outer else None
        figures = tables.small(table, words=self._words, month=self._month) if at is not None else ()
        if at is None or not figures:
            return False
        cells = self.passages[at].cells
        self.passages[at] = replace(self.passages[at], cells=replace(cells, figures=(*cells.figures, *figures)))
        return True

    def _tells_work(self, note: str) -> bool:
        """Whether a note tells of work done in this month, with a figure; 其中线上90人 only explains one."""
        words, month = self._words, self._month
        return (
            _figures_in(note)
            and not re.match(r"[（(]?(?:其中|[不未]?含|包括|扣除)", note)
            and opening_role(note, words=words, month=month) is None
            and sound(note, words=words) in {None, Section.PROGRESS}
            and not words.pattern("record_note_words").search(note)
            and not is_base(note, words=words, month=month)
        )

    def _labelled(self, text: str) -> list[tuple[Section | None, str]]:
        """A cell for everything, cut where it names a section (进展：…存在问题：…); ``None`` before the first name."""
        out: list[tuple[Section | None, str]] = []
        kind: Section | None = None
        start = 0
        for found in _LABEL.finditer(text):
            section = self._words.section_of(found.group(1) or found.group(2), month=self._month)
            if section not in {Section.PROGRESS, Section.PROBLEM, Section.NEXT, Section.MIXED}:
                continue
            out.append((kind, text[start : found.start()].strip()))
            kind, start = section, found.end()
        out.append((kind, text[start:].strip()))
        return [(kind, part) for kind, part in out if part]

    def _troubled(self, note: str) -> bool:
        """Whether a note complains, be it with a remedy beside it."""
        tone = heard(note, words=self._words)
        return tone.work < 1 - CLEAR and tone.problem >= (1 - CLEAR) / 2

    def _written_out(self, cell: CellText, base: Passage, stack: list[_Entry], *, document: Document) -> bool:
        """Read the cell of a form that holds the report itself, paragraph by paragraph; false for any other cell."""
        place = cell.place
        lines = [
            _line(Paragraph(text=text, place=place), document.part) for text in cell.text.split("\n") if text.strip()
        ]
        if len(lines) < 2 or not any(line.mark for line in lines):
            return False
        inner = list(stack)
        headed = False
        for line in self._shape(lines):
            headed = headed or line.heading or bool(line.mark)
            self._paragraph(line, inner, index=base.document, cover=base.cover, opening=not headed)
        return True

    def _remark(self, remark: CellText, *, part: str, index: int, cover: bool) -> None:
        """A note in or under a table: its sections are told by its own words."""
        words, month = self._words, self._month
        block = self._new_block()
        whole = re.sub(r"^\s*(?:备\s*注|附注|注|说明)\s*[：:]\s*", "", remark.text)
        parts = [part.text for part in enumerated(whole)] or [part for part in whole.split("\n") if part.strip()]
        # 12月安排：1.…；2.…: the words before the list speak for all of it.
        head = whole[: enumeration_start(whole)].strip() if len(parts) > 1 else ""
        over = opening_role(head, words=words, month=month) if head else None
        for part_text in parts:
            line = _FILLED_IN.sub("", _NOTE_LEAD.sub("", part_text))
            off_plan = words.pattern("record_off_plan_signs").search(line) is not None
            if (
                _DATE_LINE.match(line)
                or words.pattern("record_note_words").search(line)
                or words.pattern("record_mistake_words").search(line)
            ):
                continue
            headed = _named_section(part_text, words=words, month=month)
            role = (
                headed
                if headed in {Section.PROBLEM, Section.NEXT}
                else opening_role(line, words=words, month=month) or over
            )
            told = sound(line, words=words)
            if role is None and told is not None and (told is Section.NEXT or not _figures_in(line)):
                role = told
            self.passages.append(
                Passage(
                    text=line.strip(),
                    locus=Locus(part=part, place=remark.place),
                    section=Section.OFF_PLAN if off_plan else role or Section.PROGRESS,
                    block=block,
                    document=index,
                    cover=cover,
                    opening=not off_plan and role is None and not _figures_in(line),
                    ledger=True,
                )
            )
