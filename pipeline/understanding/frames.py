"""The lines of a document → the lines that report: hard wraps joined, questions over their answers, no frame around."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipeline.understanding.lines import CN, FIELD, SENTENCE_END, Line, figures_in, named_section
from pipeline.understanding.tones import sound
from pipeline.understanding.words import Words

#: A line that holds a date and no more, perhaps with its sender before it.
# Blanks are never given back: a line of ten thousand of them took longer than anybody waits.
DATE_LINE = re.compile(
    r"^(?:[^\s，。；：:\d]{2,24}[\s\u3000]{1,6}(?=20\d\d\s?年|二[〇零○Ｏ]))?"
    r"[\s（(]*+(?:报送|填报|填表|上报|落款)?(?:日期|时间)?[：:]?\s*+"
    r"(?:20\d\d|二[〇零○Ｏ0O][一二三四五六七八九〇零○]{2})?\s*+(?:[年./-]\s*+)?"
    r"[\d一二三四五六七八九十]{1,3}\s*+[月./-]\s*+[\d一二三四五六七八九十]{1,3}\s*+[日号]?"
    r"(?:[\s（(]*+联系(?:人|电话)[^。；]{0,30})?[\s）)]*$"
)
#: Who sends a report, at its end: a section or an office, and a name before the date or the number to call.
_SENDER = re.compile(
    r"[^，。；：:、\d]{2,18}(?:局|股|室|科|办|中心|公司|支行|联社|集团)$"
    r"|[\u4e00-\u9fff]{2,6}[\s\u3000]++(?:20\d\d\s*年.{2,8}日|[\d-]{7,14}|1\d{10})$"
    r"|[^，。；：:、\d\s]{2,18}[\s\u3000]++[\u4e00-\u9fff]{1,3}(?:经理|[股科]长|科员|主任|干事|局长|会计|老师)$"
    # A unit or its room, a name, perhaps the day.
    r"|[^，。；：:、\d\s]{2,18}(?:局|股|室|科|办|中心|公司|支行|联社|集团|部|组|社|会)[\s\u3000]++[\u4e00-\u9fff]{1,4}"
    r"(?:[\s\u3000]++20\d\d\s*年.{2,8}日)?$"
)


#: What mail systems put below every letter.
_DISCLAIMER = re.compile(
    r"^[（(【*\s]*(?:本|此|该)(?:封)?(?:电子)?(?:邮件|信件)[^。]{0,60}(?:仅限|仅供|误收|错误收到|保密|机密|自动发送)"
)
#: A question of a sheet (问3：…), and an answer; both within one paragraph.
_QUESTION = re.compile(rf"^\s*问题?\s*(?:\d{{1,2}}|[{CN}]{{1,3}})?\s*[：:、.．]\s*")
_ANSWER = re.compile(r"^\s*(?:回?答|答复)\s*[：:]\s*")
#: Where an answer begins within the paragraph of its question.
ANSWERED = re.compile(r"(?<=[？?])\s*(?=(?:回?答|答复)\s*[：:])")


def mark_questions(lines: Sequence[Line]) -> None:
    """Where questions and answers alternate, take their marks off: a question heads its answer."""
    answers = [place for place, line in enumerate(lines) if place and _ANSWER.match(line.text)]
    if len(answers) < 2:
        return
    for place in answers:
        above, line = lines[place - 1], lines[place]
        line.body = _ANSWER.sub("", line.text)
        above.body = _QUESTION.sub("", above.text).rstrip("？?")
        above.mark, above.ordinal, above.asked = "", None, True


def joined(lines: list[Line], *, words: Words, month: int | None, printed: bool) -> list[Line]:
    """Put hard-wrapped lines of plain text, PDF and OCR together again.

    ``printed``: lines come off a page, where a long line that ends within a sentence always goes on below.
    """
    if not lines:
        return []
    widest = max(len(line.text) for line in lines)
    # A hard wrap shows in several lines of one and the same full length.
    full = [line for line in lines if len(line.text) >= widest - 2 and line.text[-1:] not in SENTENCE_END]
    evenly = widest >= 18 and len(full) >= max(2, len(lines) // 6)
    if not evenly and not printed:
        return lines
    heads = _headed_marks(lines)
    out: list[Line] = []
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
            and not DATE_LINE.match(line.text)
            and (words.section_of(line.text) is None or line.text[-1:] in "。；")
            and named_section(line.text, words=words, month=month) is None
        ):
            out[-1] = replace_text(before, before.text + line.text)
            if not reaches:
                wrapped.discard(id(before))
        else:
            out.append(line)
            if reaches:
                wrapped.add(id(line))
    return out


def _headed_marks(lines: list[Line]) -> frozenset[str]:
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
    told = "，" in tail or re.match(rf"(?:其?[{CN}]是|[（(]\d[）)]|\d[.．、])", tail) is not None
    return len(text) >= 14 and told and text[-1:] not in SENTENCE_END + "：:"


def replace_text(line: Line, text: str) -> Line:
    """The same line with more text behind it."""
    more = text[len(line.text) :]
    line.text = text
    line.body = line.body + more
    return line


def without_frame(lines: list[Line], *, words: Words, month: int | None) -> list[Line]:
    """Take titles, addressee, signature and date off; footnotes come last."""
    notes = [line for line in lines if line.zone == "footnote"]
    kept = [line for line in lines if line.zone != "footnote"]
    return _without_tail(_without_head(kept, words=words, month=month), words=words, month=month) + notes


def _without_head(lines: list[Line], *, words: Words, month: int | None) -> list[Line]:
    """Without the lines before the first sentence that are neither numbered nor section headings."""
    kept = list(lines)
    while kept:
        line = kept[0]
        text = line.text
        if (line.mark and not line.centered) or line.asked or FIELD.fullmatch(text):
            break
        if (
            words.section_of(line.body.rstrip("：:。"), month=month) is not None
            and not DATE_LINE.match(text)
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
            if looks_title and not line.centered and not address and follower is not None and not DATE_LINE.match(text):
                # A short first line may be the first heading of a report without a title.
                if (
                    line.bold
                    and len(kept) > 2
                    and any(other.bold and len(other.text) <= 24 for other in kept[1:])
                    and len(kept) < len(lines)
                ):
                    break
                if (
                    len(kept) < len(lines)
                    and len(text) <= 14
                    and not re.search(
                        r"(?:报告|总结|汇报|小结|月报|简报|情况|进展|局|办|中心|公司|支行|组|社|集团|部|号|日|[）)])$",
                        text,
                    )
                    and len(follower.text) > 40
                ):
                    break
            del kept[0]
            continue
        break
    return kept


def _without_tail(lines: list[Line], *, words: Words, month: int | None) -> list[Line]:
    """Without the short lines after the last sentence that have no closing sign."""
    kept = list(lines)
    while kept:
        text = kept[-1].text
        if (
            DATE_LINE.match(text)
            or _DISCLAIMER.match(text)
            or (not kept[-1].mark and not kept[-1].level and _SENDER.fullmatch(text))
            or re.search(r"^[^。；]{0,24}电话[：:]", text)
            or re.match(
                r"^[（(]?(?:联系人|联系电话|电话|填报人|附件|抄送|抄报|审核|签发|单位负责人|报送单位|填报单位|校对|印发)",
                text,
            )
        ):
            del kept[-1]
            continue
        if (
            len(text) <= 30
            and not re.search(r"[。；;！]$", text)
            and not kept[-1].mark
            and words.section_of(text, month=month) is None
            and "：" not in text
            and not figures_in(text)
            and (len(text) <= 12 or sound(text, words=words) is None)
        ):
            del kept[-1]
            continue
        break
    return kept
