"""Lines → lines told to be headings, to begin with a title, or neither, with the section that each of them names."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Sequence

from pipeline.understanding.lines import (
    BRACKETED_NUMBER,
    FIELD,
    SENTENCE_END,
    Line,
    figures_in,
    plan_numbers,
    strip_number,
)
from pipeline.understanding.prose import enumeration_start, is_frame, is_nothing
from pipeline.understanding.tones import CLEAR, heard, sound
from pipeline.understanding.words import Section, Words, month_number, names_later_month, without_the_needy

#: A heading that names a month and nothing else: 第一部分 11月份, （二）12月工作情况.
_MONTH_PART = re.compile(
    r"^(?:20\d\d\s*年\s*)?(1[0-2]|[1-9]|十[一二]?|[一二三四五六七八九])月份?\s*"
    r"(?:重点)?(?:工作|任务)?(?:完成|进展|开展|推进|落实)?(?:情况)?[：:]?$"
)


def month_of_part(line: Line) -> int | None:
    """The month that a heading names, where it names nothing else."""
    found = _MONTH_PART.match(line.title if line.heading else line.body)
    return month_number(found.group(1)) if found else None


#: A title in brackets before its text: 【短板】…, [下步] ….
_FRAMED = re.compile(r"^[【\[［〔〖「｛{]\s*([^【】\[\]［］〔〕〖〗「」]{1,18}?)\s*[】\]］〕〗」｝}]\s*[：:]?\s*")


#: A title cut off by a dash or a bar: 商标品牌——…, 托育｜….
_DASHED = re.compile(r"^([^，。；：:！？—–|｜丨]{2,16}?)\s*(?:[—–]{1,2}|--|[|｜丨])\s*(?=\S{4})")


#: A slogan said first: 立标准、树品牌，推动质量提升。…
_SLOGAN = re.compile(r"^([^。；：:！？\d]{4,24})。(?=\S{12})")
#: A subject said first, as a sentence of its own: 先说客运。…, 营商环境。…
_SAID_FIRST = re.compile(r"^[^，。；：:！？\d]{2,9}。(?=\S{8})")


def _run_in(
    line: Line, *, words: Words, month: int | None, unmarked_titles: bool, subject: Callable[[str], bool]
) -> tuple[str, str]:
    """Title and body of a paragraph that begins with its title; an empty title when it has none."""
    body = line.body
    framed = _FRAMED.match(body)
    if framed and len(body) > framed.end():
        return framed.group(1).strip(), body[framed.end() :]
    if line.lead and body.startswith(line.lead[:4]) and len(line.lead) < len(body) and len(line.lead) <= 48:
        return line.lead.strip("。．.：:，、 \u3000"), body[len(line.lead) :].lstrip("。．.：:，、 \u3000")
    dashed = _DASHED.match(body)
    if dashed and not figures_in(dashed.group(1)) and not _quoted_open(dashed.group(1)):
        title = dashed.group(1).strip()
        # 长处方——…: a whole dash; 个人住房贷款1—10月投放 holds a range.
        named = "——" in body[: dashed.end()] and subject(title)
        if line.mark or unmarked_titles or named or words.section_of(title, month=month) is not None:
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
        if (not figures_in(title) and not re.search(r"(?:已|了|完毕|正在|均|将)", title)) or words.section_of(
            title, month=month
        ):
            return title, body[stop.end() :]
    spaced = re.match(r"^([^\s，。；：:！？\d]{2,10})[ \u3000]+(?=\S{8})", body)
    if spaced and line.mark:
        return spaced.group(1), body[spaced.end() :]
    topic = re.match(
        r"^(?:在|关于|就)?([^，。；：:！？]{2,18}?)(?:方面|这块|这一块|一块|这项工作)[，,：:]\s*(?=\S)", body
    )
    if topic and not figures_in(topic.group(1)) and not _quoted_open(topic.group(1)):
        # 客运方面，… is part of its sentence; only 存在问题方面，… is a heading and no more.
        section = words.section_of(topic.group(1), month=month)
        return topic.group(1), body if section is None else body[topic.end() :]
    return "", body


def _quoted_open(text: str) -> bool:
    return text.count("“") != text.count("”") or text.count("（") != text.count("）")


#: The last words before a colon of a line that only announces what follows.
_ANNOUNCES = re.compile(r"(?:月份?|情况(?:是|为|如下)?|如下|方面|这样)$")


def _is_heading(
    line: Line, follower: Line | None, *, words: Words, month: int | None, subject: Callable[[str], bool]
) -> bool:
    """Whether a line is nothing but a heading."""
    body = strip_number(line.body)[0]
    framed = _FRAMED.fullmatch(body)
    if framed:
        return follower is not None
    bare = body.rstrip("：: \u3000")
    if line.asked:
        return True
    told = re.split(r"[：:]", bare, maxsplit=1)[1:]
    if told and is_nothing(told[0].strip(), words=words):
        # 存在问题：无。 is told and done, and stands over nothing.
        return False
    if not bare or len(bare) > 44:
        return False
    section = words.section_of(bare.rstrip("。"), month=month)
    if section is not None and len(bare) <= 30:
        return True
    if body[-1:] in SENTENCE_END:
        # A heading may end in a full stop when a paragraph without a mark follows it.
        return bool(
            line.mark and body[-1:] == "。" and len(bare) <= 30 and (line.bold or line.level) and follower is not None
        ) or bool(line.level and len(bare) <= 30 and body.count("。") == 1)
    if line.level:
        return True
    if follower is None:
        return False
    if line.mark and len(bare) <= 34 and (not figures_in(bare) or line.bold):
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
    if body[-1:] in "：:" and subject(bare) and not figures_in(re.sub(r"[（(].*?[）)]", "", bare)):
        # 我们就一项，公立医院薪酬制度改革： names the task that the next line tells of.
        return True
    if FIELD.fullmatch(bare):
        return follower.text[-1:] in SENTENCE_END and len(follower.text) > len(bare)
    if len(bare) <= 22 and not re.search(r"[，,、；;]", bare) and not figures_in(bare) and len(follower.text) >= 30:
        return follower.text[-1:] in SENTENCE_END or len(follower.text) > 60
    return False


def _under(heading: Line, later: Sequence[Line]) -> list[Line]:
    """The lines that stand under a heading: up to the next one of its kind."""

    def closes(line: Line) -> bool:
        return line.heading or bool(heading.mark and line.mark == heading.mark) or bool(heading.level and line.level)

    return list(itertools.takewhile(lambda line: not closes(line), later))


def shape(lines: list[Line], *, words: Words, month: int | None, subject: Callable[[str], bool]) -> list[Line]:
    """Decide which lines are headings and which begin with a title."""
    colons = sum(
        1
        for line in lines
        if not line.mark
        and (
            (
                re.match(r"^[^，。；：:！？]{2,20}[：:]\S", line.body) is not None
                and not figures_in(line.body.split("：")[0])
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
            line.title, line.body = _run_in(line, words=words, month=month, unmarked_titles=False, subject=subject)
            continue
        if _is_heading(line, follower, words=words, month=month, subject=subject):
            line.heading = True
            title, numbers = strip_number(line.body.strip("：:。．. \u3000【】[]［］〔〕〖〗「」"))
            line.title, line.body = title, ""
            line.numbers = line.numbers or numbers or plan_numbers(title)
            line.section = words.section_of(title, month=month)
            if line.section is None and line.asked and names_later_month(title, month):
                line.section = Section.NEXT
            if line.section is None:
                line.section = _weak(
                    title, _under(line, lines[place + 1 :]), share=place / len(lines), words=words, subject=subject
                )
                line.guessed = line.section is not None
            continue
        title, body = _run_in(line, words=words, month=month, unmarked_titles=unmarked, subject=subject)
        slogan = _SLOGAN.match(line.body) if not title and (by_slogan or line.mark in {"cn", "cn()"}) else None
        if slogan and enumeration_start(line.body) > 0:
            title, body = slogan.group(1), line.body[slogan.end() :]
        if title:
            title, numbers = strip_number(title)
            line.full = line.body
            line.title, line.body = title, body
            line.numbers = line.numbers or numbers
            line.section = words.section_of(title, month=month) or _sure(title, words=words, subject=subject)
        if not line.numbers:
            # （任务16） at the end of a passage names its item as well.
            found = BRACKETED_NUMBER.search(line.body[-24:]) or BRACKETED_NUMBER.match(line.body)
            if found:
                line.numbers = plan_numbers(found.group(0))
                line.body = line.body.replace(found.group(0), "", 1)
    _siblings(lines)
    return lines


def _sure(title: str, *, words: Words, subject: Callable[[str], bool]) -> Section | None:
    """Section of a short title that names no task but says 短板 or 打算."""
    if len(title) > 14 or subject(title):
        return None
    if words.pattern("record_sure_problem").search(without_the_needy(title)):
        return Section.PROBLEM
    return Section.NEXT if words.pattern("record_sure_next").search(title) else None


def _weak(
    title: str, below: list[Line], *, share: float, words: Words, subject: Callable[[str], bool]
) -> Section | None:
    """Section of a heading in the office's own words (正视差距，查找不足) that names no task."""
    if subject(title) or len(title) > 24:
        return None
    sure = _sure(title, words=words, subject=subject)
    if sure is not None:
        # 链条往后延 stands over work alone.
        return None if below and all(_works(line.body, words=words) for line in below) else sure
    tones = [sound(line.body, words=words) for line in below]
    if share > 0.3 and tones and words.pattern("record_weak_problem").search(title) and Section.NEXT not in tones[:1]:
        return Section.PROBLEM
    # 持续发力 heads work as often as plans: what stands under it must sound like plans.
    if share > 0.5 and words.pattern("record_weak_next").search(title) and Section.NEXT in tones[:2]:
        return Section.NEXT
    return None


def _works(text: str, *, words: Words) -> bool:
    """Whether a passage counts something and clearly sounds like work done."""
    return figures_in(text) and heard(text, words=words).work >= CLEAR


def _siblings(lines: list[Line]) -> None:
    """A run-in title among brothers that have none is no title but a first sentence."""
    for mark in {line.mark for line in lines if line.mark}:
        group = [line for line in lines if line.mark == mark and not line.heading]
        titled = [line for line in group if line.title and not line.lead and line.section is None]
        if len(group) >= 3 and titled and len(titled) / len(group) < 0.4:
            for line in titled:
                sign = "。" if f"{line.title}。" in line.text else "："
                line.body = f"{line.title}{sign}{line.body}"
                line.title = ""
