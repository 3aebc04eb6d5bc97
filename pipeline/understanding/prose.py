"""A paragraph → its sentences, its enumerated parts and the role each of them plays.

Sentences keep their closing sign; nothing inside quotation marks or brackets ends one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.understanding.words import Section, Words, is_later, month_number

_OPEN = "“（《(「【[‘"
_CLOSE = "”）》)」】]’"
_ENUMERATOR = re.compile(
    r"(?:(?<=[。；;：:，,\s\n])|^)(?:其?[一二三四五六七八九十][是则要](?![否非素求])|第[一二三四五六七八九十](?=[，、,：:是])|其[一二三四五六七八九](?=[，、,：:是])"
    r"|[（(][1-9一二三四五六七八九十][）)]|[①②③④⑤⑥⑦⑧⑨⑩]|(?<![\d.])[1-9]\d?[、．](?!\d)|(?<![\d.第])[1-9]\d?[.．](?:(?!\d)|(?=\d{1,2}月))|[1-9]\d?[)）](?=[^\d]))[，、,：:]?\s*"
)
#: What may follow the number of a month: a day of it and on which side of that something lies.
_OF_MONTH = r"月(?:份|底前|底|上旬前?|中旬前?|下旬前?|\d{1,2}[日号](?:之?前|起)?|前)?"
_MONTH = rf"(?:20\d\d年)?(\d{{1,2}}|十[一二]?|[一二三四五六七八九]){_OF_MONTH}"
_MONTH_OPENING = re.compile(rf"^(?:在|到|于)?{_MONTH}")


_STOPS = frozenset("。！？")
_GOES_ON = re.compile(r"\s{0,4}[\u4e00-\u9fff\d]")


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a paragraph with its position in it."""

    text: str
    start: int
    end: int


def split(text: str, *, signs: str = "。！？!?\n") -> tuple[Piece, ...]:
    """Cut a text after each closing sign that does not stand inside quotation marks or brackets."""
    pieces: list[Piece] = []
    depth, start = 0, 0
    for place, sign in enumerate(text):
        if sign in _OPEN:
            depth += 1
        elif sign in _CLOSE:
            depth = max(0, depth - 1)
            if depth == 0 and text[place - 1 : place] in _STOPS and _GOES_ON.match(text, place + 1):
                # 第三条应为“…36件。”原文误写为26件。 A quoted sentence is one of its own.
                _add(pieces, text, start=start, end=place + 1)
                start = place + 1
        elif sign in signs and (depth == 0 or sign == "\n"):
            if sign == "\n":
                depth = 0
            _add(pieces, text, start=start, end=place + 1)
            start = place + 1
    _add(pieces, text, start=start, end=len(text))
    return tuple(pieces)


_CORRECTING = r"(?:(?:改|更正|订正|修改|调整)(?:为|成)|(?:应|实际)[为是])[：:]"
_FRAME_END = re.compile(
    rf"(?:如下[：:]|以下(?:[几两三四五六]个?[项件方]面?)?(?:的|重点|主要)*工作[：:]|{_CORRECTING})\s*(?=\S{{6}}|$)"
)


def unframed(pieces: Sequence[Piece]) -> tuple[Piece, ...]:
    """Sentences with what frames them cut off: 我局就此项报告如下：大厅换了牌子 tells of the hall.

    What stands before 应改为： is what was wrong, back to the beginning of the paragraph.
    """
    out: list[Piece] = []
    for piece in pieces:
        frame = _FRAME_END.search(piece.text)
        if frame is None:
            out.append(piece)
            continue
        before = Piece(text=piece.text[: frame.end()].rstrip(), start=piece.start, end=piece.start + frame.end())
        if corrects(before.text) and out:
            before = Piece(text="".join(one.text for one in (*out, before)), start=out[0].start, end=before.end)
            out = []
        out.append(before)
        if frame.end() < len(piece.text):
            out.append(Piece(text=piece.text[frame.end() :], start=piece.start + frame.end(), end=piece.end))
    return tuple(out)


def _add(pieces: list[Piece], text: str, *, start: int, end: int) -> None:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if start < end:
        pieces.append(Piece(text=text[start:end], start=start, end=end))


def clauses(text: str) -> tuple[Piece, ...]:
    """Sentences cut further at semicolons: the smallest stretch that can belong to one plan item."""
    return split(text, signs="。！？!?\n；;")


def enumerated(text: str) -> tuple[Piece, ...]:
    """Parts of an inline enumeration (一是…；二是… / 1.…2.… / ①…), without their markers.

    Empty when the text is no enumeration: fewer than two markers, or markers that do not count upwards.
    """
    marks = [found for found in _ENUMERATOR.finditer(text) if _depth(text, found.start()) == 0]
    marks = _rising(marks)
    if len(marks) < 2:
        return ()
    parts: list[Piece] = []
    for number, mark in enumerate(marks):
        end = marks[number + 1].start() if number + 1 < len(marks) else len(text)
        _add(parts, text, start=mark.end(), end=end)
    return tuple(parts)


def enumeration_start(text: str) -> int:
    """Where the first marker of an inline enumeration stands; the length of the text when there is none."""
    marks = _rising([found for found in _ENUMERATOR.finditer(text) if _depth(text, found.start()) == 0])
    return marks[0].start() if len(marks) >= 2 else len(text)


def _depth(text: str, position: int) -> int:
    depth = 0
    for sign in text[:position]:
        if sign in "“《「【‘":
            depth += 1
        elif sign in "”》」】’":
            depth = max(0, depth - 1)
    return depth


_ORDER = {sign: number for number, sign in enumerate("一二三四五六七八九十", start=1)} | {
    sign: number for number, sign in enumerate("①②③④⑤⑥⑦⑧⑨⑩", start=1)
}


def _rank(mark: str) -> tuple[str, int]:
    digits = re.search(r"\d+", mark)
    if digits:
        return re.sub(r"\d+", "1", mark.strip()), int(digits.group(0))
    for sign in mark:
        if sign in _ORDER:
            shape = re.sub(r"[一二三四五六七八九十①②③④⑤⑥⑦⑧⑨⑩]", "一", mark.strip())
            return re.sub(r"[，、,：:\s]+$", "", shape), _ORDER[sign]
    return mark, 0


def _rising(marks: list[re.Match[str]]) -> list[re.Match[str]]:
    """Markers of one shape that count 1, 2, 3 …; those of the shape that comes first."""
    if not marks:
        return []
    shape, _ = _rank(marks[0].group(0))
    kept: list[re.Match[str]] = []
    for mark in marks:
        other, number = _rank(mark.group(0))
        if other == shape and number == len(kept) + 1:
            kept.append(mark)
    return kept


def opening_role(sentence: str, *, words: Words, month: int | None) -> Section | None:
    """Section that a sentence opens by its first words, ``None`` when it goes on as before.

    Args:
        sentence: One sentence.
        words: Lists ``record_problem_openers`` and ``record_next_openers``.
        month: Month of the report; 9月将… in a report on August speaks of intentions.
    """
    head = re.sub(r"^[\s、，]+", "", sentence)
    head = re.sub(
        r"^(?:但是?|不过|然而|同时|另外|此外|当然|目前来看|总的看|总体看|(?:针对|对于?)(?:上述|以上|这些)?(?:问题|困难|情况))[，,]?",
        "",
        head,
    )
    found = words.pattern("record_problem_openers").match(head)
    if found:
        return Section.PROBLEM
    found = words.pattern("record_next_openers").match(head)
    if found:
        return Section.NEXT
    opened = _MONTH_OPENING.match(head)
    if opened and month is not None:
        number = month_number(opened.group(1))
        if number is not None and is_later(number, month):
            if opened.group(0).endswith("前"):
                return Section.NEXT
            if opened.group(0).endswith("起") and not words.pattern("record_finished_words").search(head):
                return Section.NEXT
            rest = head[opened.end() : opened.end() + 16]
            if re.match(
                r"[，,：:]?(?:我[局们单公行社中办部组]|本[局单公]|将|计划|准备|拟|打算|继续|争取|力争|重点|主要|抓|启动|开展|组织|完成|推出|举办|召开|会同|联合|一是|再|要|[一首]要|首先|推动|推进|督促|请)",
                rest,
            ):
                return Section.NEXT
            if _ordered(head[opened.end() :], words=words):
                return Section.NEXT
            if re.match(r"[，,：:]", rest) and not words.pattern("record_finished_words").search(head):
                # 11月份，跑一趟太原科技大学 in a report on October: nothing of that month is told as done.
                return Section.NEXT
    lead = re.match(r"^[^，。；：:]{1,16}[：:]", head)
    if lead:
        section = words.section_of(lead.group(0)[:-1], month=month)
        if section in {Section.PROBLEM, Section.NEXT, Section.MIXED, Section.OFF_PLAN}:
            return section
    return None


_TOPIC = re.compile(
    r"^(?:同时|另外|此外|与此同时)?[，,]?(?:在|就|关于)?([^，。；：、\d]{2,14}?)(?:方面|这块|这一块|这头|这边|这件事上|一块|工作上|工作中)[，,：:]"
)


def topic(sentence: str) -> str | None:
    """The subject that a sentence names in front of all (数字文旅这块，…); it serves as a heading of its own."""
    found = _TOPIC.match(sentence)
    return found.group(1) if found else None


def _ordered(rest: str, *, words: Words) -> bool:
    """Whether what follows a later month is a plain order to act, without a word of anything being done."""
    plain = re.sub(r"^[，,：:\s]*", "", rest)
    return (
        words.pattern("record_verb_starts").match(plain) is not None
        and words.pattern("record_finished_words").search(plain) is None
    )


_COUNTED_UNITS = "元家户人名件笔项处场次期份张条台辆套间所座亩吨个例宗批支组本万亿%％"
_FIGURES = re.compile(
    rf"\d{{1,15}}+(?:\.\d{{1,15}}+)?\s{{0,8}}(?:万|亿)?(?:[{_COUNTED_UNITS}])"
    rf"|百分之[零一二三四五六七八九十百点]{{1,12}}+|(?<![第前])[一二两三四五六七八九十百千万亿零]{{2,24}}+(?:点[一二三四五六七八九]{{1,8}}+)?余?[{_COUNTED_UNITS}]"
    rf"|(?<![第前])[两二三四五六七八九十](?:余)?[家户人名件笔场次期份张辆套座亩吨宗]"
)


def figures(text: str) -> int:
    """How many figures with a unit a text holds, in digits or in characters (四十一万二千元, 百分之八十六)."""
    return len(_FIGURES.findall(text))


def counts(text: str) -> bool:
    """Whether a text holds a figure of work."""
    return figures(text) > 0


#: Words that leave the subject.
_ELSE = re.compile(r"^(?:此外|另外|除此之外|与此同时|同期(?=[，,])|同时[，,](?=全面|扎实|统筹)|另(?=[：:，,]))")


def leaves_subject(text: str) -> bool:
    """Whether a text begins with 此外，… and so leaves what was being told of."""
    return _ELSE.match(text) is not None


def gives_reason(sentence: str, *, words: Words) -> bool:
    """Whether a sentence behind work done says why it is not better (原因是…, 主要卡在…, 虽然…但是不…)."""
    return words.pattern("record_reason_openers").match(sentence.lstrip("\u3000 ，、")) is not None


def strip_opening(sentence: str, *, words: Words, month: int | None) -> str:
    """Take a heading-like opening (存在问题：…, 下一步，…, 突出的问题是…) off a sentence; others stay."""
    opened = words.pattern("record_bare_openers").match(sentence.lstrip())
    if opened and len(sentence.lstrip()) - opened.end() >= 8:
        return sentence.lstrip()[opened.end() :]
    reason = words.pattern("record_reason_strip").match(sentence.lstrip())
    if reason and len(sentence.lstrip()) - reason.end() >= 6:
        return sentence.lstrip()[reason.end() :]
    announced = words.pattern("record_announced").match(sentence.lstrip())
    if announced and len(sentence.lstrip()) - announced.end() >= 8 and not re.search(r"\d", announced.group(0)):
        return sentence.lstrip()[announced.end() :]
    lead = re.match(r"^\s*[^，。；：:]{1,18}[：:]\s*", sentence)
    if lead and words.section_of(re.sub(r"[：:]\s*$", "", lead.group(0)), month=month) is not None:
        return sentence[lead.end() :]
    return sentence


def remark_parts(text: str, *, numbered: bool = False, words: Words, month: int | None) -> tuple[str, ...]:
    """A passage of problems or intentions → the single ones, split as the report splits them.

    An enumeration is split at its markers; otherwise sentences are told apart, and semicolons where the passage is
    a list of them. A passage that carries its own list number stays whole.
    """
    body = strip_opening(text.strip(), words=words, month=month)
    parts = enumerated(body)
    if parts:
        head = body[: enumeration_start(body)].strip()
        texts = [part.text for part in parts]
        if len(head) >= 12 and head[-1:] in "。；" and not words.pattern("record_frame_words").search(head):
            texts.insert(0, head)
        return tuple(_tidy(part) for part in texts if not is_nothing(part, words=words))
    if numbered:
        return () if is_nothing(body, words=words) else (_tidy(body),)
    out: list[str] = []
    for sentence in split(body):
        pieces = clauses(sentence.text)
        if len(pieces) >= 2 and all(len(piece.text) >= 5 for piece in pieces):
            out += [piece.text for piece in pieces]
        else:
            out.append(sentence.text)
    return tuple(_tidy(part) for part in out if not is_nothing(part, words=words))


#: 在攻坚上求突破，…: a motto before a measure.
_MOTTO = re.compile(r"^在[^，。；]{2,6}上[^，。；]{2,6}，(?=\S{8})")


def _tidy(text: str) -> str:
    return _MOTTO.sub("", text.strip(" \u3000\n\t，、"))


def is_nothing(text: str, *, words: Words) -> bool:
    """Whether a passage only says that there is nothing: 无, 暂无问题, a dash."""
    bare = text.strip(" \u3000\n\t。．.，；;：:")
    if not bare:
        return True
    return words.pattern("table_empty").fullmatch(bare) is not None or (
        len(bare) <= 14 and words.pattern("record_nothing").fullmatch(bare) is not None
    )


def is_frame(sentence: str, *, words: Words) -> bool:
    """Whether a sentence only frames the report (现将…报告如下, 特此报告)."""
    return corrects(sentence) or words.pattern("record_frame_words").search(sentence) is not None


def corrects(frame: str) -> bool:
    """Whether a frame announces what a figure should have been; it names the task, and holds what was wrong."""
    return re.search(rf"{_CORRECTING}\s*$", frame) is not None


_ONLY_THEN = re.compile(r"[^，。；]{0,12}(?:只|才|仅|为|是)")


def is_base(sentence: str, *, words: Words, month: int | None) -> bool:
    """Whether a sentence only gives what others are read against: values of an earlier year or month, a target."""
    if not re.search(r"\d|[二三四五六七八九十]", sentence):
        return False
    opened = words.pattern("record_base_openers").match(sentence.lstrip())
    if opened is None:
        opened = _MONTH_OPENING.match(sentence.lstrip())
        told = month_number(opened.group(1)) if opened is not None else None
        if opened is None or told is None or month is None or told == month or is_later(told, month):
            return False
        if _ONLY_THEN.match(sentence.lstrip(), opened.end()) is None:
            return False
    rest = sentence.lstrip()[opened.end() :]
    return (
        re.search(r"今年|本年|目前|截至|现有|本月|当月|(?<!\d)\d{1,2}月|至今|现已|现在", rest) is None
        and words.pattern("quantity_change_words").search(rest) is None
    )
