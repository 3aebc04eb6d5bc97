"""Which month a mail reports on: an evidence vote over title, text, file names, subject, thread and the day of receipt.

A cumulative report (1—9月) belongs to its last month. 上月 and 本月 are read from the day of the mail. A wrong subject
does not win over the report itself; where two months come too close, a person is asked.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from pipeline.forms import recognise
from pipeline.model import Clue, Knowledge, Table
from pipeline.periods import MonthMention, months_in, nearest, period_of, previous_period, shift
from pipeline.text import bare, folded
from pipeline.understanding import sheets
from pipeline.understanding.carriers import Mail
from pipeline.understanding.papers import HEAD_LINES, Paper, pattern
from pipeline.understanding.words import QUARTER_ENDS

#: A month needs this much more than the runner-up.
GAP = 1.0
#: Reports older than this are not expected.
_OLDEST = 14
#: Longer lines of the opening are running text: a month there is one among many.
_RUNNING = 60
#: From this day on a mail may be about the month that is just ending.
_LATE = 24
_BEHIND = re.compile(r"^\s*(?:底|末|初|上旬|中旬|下旬|前|之前|以前|起|开始|至今|以来|后)")
_SINCE = re.compile(r"截[至止](?:目前)?[^。；，,;]{0,6}$")
_LIMIT = re.compile(r"^\s*(?:底|末)?(?:之?前|以前|完成|投用|开工|竣工)")
_AHEAD = re.compile(r"(?:下一步|下步|下月|计划|拟|预计|争取|力争|将于|打算|去年|上年|同期|目标)[^。；\n]{0,12}$")


@dataclass(frozen=True, slots=True)
class Month:
    """The month of a report, and how it is known."""

    #: ``None`` where nothing speaks, or two months are too close.
    period: str | None
    #: Months by evidence, best first, with their sums.
    ranking: tuple[tuple[str, float], ...]
    clues: tuple[Clue, ...]


def determine(mail: Mail, *, received: date, knowledge: Knowledge) -> Month:
    """Weigh all evidence on the month.

    Args:
        mail: The mail, sorted.
        received: Day of receipt in the office's zone.
        knowledge: Letters sent (a reply is about their month) and word lists.
    """
    clues = list(_votes(mail, received=received, knowledge=knowledge))
    sums: dict[str, float] = defaultdict(float)
    best: dict[tuple[str, str], Clue] = {}
    for clue in clues:
        # One kind of evidence speaks once for a month, with its strongest voice.
        kind = clue.because.partition("“")[0]
        if (clue.value, kind) not in best or best[clue.value, kind].weight < clue.weight:
            best[clue.value, kind] = clue
    for clue in best.values():
        sums[clue.value] += clue.weight
    ranking = tuple(sorted(sums.items(), key=lambda pair: (-pair[1], pair[0])))
    period = None
    if ranking and (len(ranking) == 1 or ranking[0][1] - ranking[1][1] >= GAP):
        period = ranking[0][0]
    if _parted(mail, received=received):
        period = None
    elif (own := _of_form(mail)) and not any(clue.value != own and _is_named(clue) for clue in clues):
        # However late it comes back: 上月 in its own head and the day of receipt then speak of another month.
        period = own
    return Month(period, ranking, tuple(sorted(best.values(), key=lambda clue: -clue.weight)))


def _is_named(clue: Clue) -> bool:
    """Whether the sender names a month in his own words, outside what the workbook brought along or was filled with."""
    told = clue.because.partition("“")[0] in {"主题", "附件名", "正文", "来信说明是实际的月份"}
    return told and not clue.because.endswith("次")


def _of_form(mail: Mail) -> str | None:
    """The month of the pre-filled workbooks that came back, where all are of one month."""
    found = {form[1] for paper in mail.main if (form := recognise(paper.document))}
    return found.pop() if len(found) == 1 else None


def _parted(mail: Mail, *, received: date) -> bool:
    """Whether reports of different months lie in one mail: the title of each names one month, and not the same."""
    named = set()
    for paper in mail.main:
        told = {clue.value for clue in _zone(paper.title, 1.0, "标题", received=received)}
        if len(told) == 1:
            named |= told
    return len(named) > 1


def _votes(mail: Mail, *, received: date, knowledge: Knowledge) -> Iterator[Clue]:
    lexicon = knowledge.lexicon
    for paper in mail.main:
        yield from _zone(paper.title, 4.0, "标题", received=received, loose=True)
        yield from _zone(" ".join(paper.header), 3.0, "页眉", received=received, loose=True)
        newest = max((nearest(month, None, received) for month in sheets.months(paper.document)), default=None)
        if newest is not None and _is_possible(newest, received):
            yield Clue(newest, 5.0, f"工作表按月命名，最近的是{int(newest[5:])}月")
        behind = tuple(_behind(paper, newest=newest, knowledge=knowledge))
        for line in behind[:HEAD_LINES]:
            if line in paper.title:
                continue
            full = 2.0 if not paper.body else 1.8
            # A title may be last month's; 现将9月份工作总结如下 was written for this report.
            share = 2.0 if _REPORTS.search(line) else 1.0 if len(line) <= _RUNNING else 0.5
            yield from _zone(line, full * share, "开头", received=received)
        yield from _text(behind, received=received)
        yield from _signed(paper, received=received)
    for name in _file_names(mail):
        yield from _zone(_clean(name), 2.0, "附件名", received=received, loose=True)
    for letter in mail.letters:
        yield from _zone(letter.subject, 1.6, "主题", received=received, loose=True)
    for inline in mail.inline:
        yield from _zone(inline.subject, 1.6, "主题", received=received, loose=True)
    own = folded(mail.own)[:600]
    if not any(paper.body for paper in mail.main):
        yield from _zone(own, 1.6, "正文", received=received)
    spoken = "\n".join((own, *(folded(" ".join(paper.head)) for paper in mail.main)))
    if pattern(lexicon, "period_last_month").search(spoken):
        yield Clue(previous_period(period_of(received)), 2.0, f"文中说“上月”，来信在{received.month}月")
    if pattern(lexicon, "period_this_month").search(spoken) and received.day >= _LATE:
        yield Clue(period_of(received), 2.0, f"文中说“本月”，来信在{received.month}月{received.day}日")
    yield from _corrected(spoken, received=received, knowledge=knowledge)
    yield from _thread(mail, knowledge=knowledge)
    yield from _prior(received)


def _behind(paper: Paper, *, newest: str | None, knowledge: Knowledge) -> Iterator[str]:
    """The lines of a paper without what it says of the time to come.

    Left out are columns headed 12月重点 or 下月安排, sections headed 下一步打算, and sentences that begin so: months
    named there lie ahead of the month reported on.
    """
    ahead = pattern(knowledge.lexicon, "period_ahead_words")
    #: Rank of the heading that opened a section on the time to come.
    within: int | None = None
    for block in sheets.of_month(paper.document, int(newest[5:]) if newest else None).blocks:
        if isinstance(block, Table):
            if block.title.strip():
                yield block.title.strip()
            yield from _rows_behind(block, ahead=ahead)
            within = None
            continue
        if block.zone in {"header", "footer"}:
            continue
        for number, line in enumerate(block.text.split("\n")):
            text = folded(f"{block.label}{line}" if not number else line)
            if not text.strip():
                continue
            heading = _HEADING.match(text)
            if heading or (len(text) <= _SHORT_HEAD and not _ENDED.search(text)):
                rank = _rank(heading)
                if within is None or rank <= within:
                    within = rank if _points_ahead(_HEAD_END.split(text, 1)[0], ahead=ahead) else None
            if within is None:
                yield "".join(one for one in _SENTENCES.split(text) if not _opens_ahead(one, ahead=ahead))


def _rank(heading: re.Match[str] | None) -> int:
    """How deep a heading stands: 一、 before （一） before 1."""
    return 0 if heading is None else heading.lastindex or 0


def _rows_behind(table: Table, *, ahead: re.Pattern[str]) -> Iterator[str]:
    """Rows of a table, cells parted by a bar, without the columns for the time to come."""
    gone = {
        column: cell.row
        for cell in table.cells
        if cell.row < _HEADER_ROWS and len(bare(cell.text)) <= _SHORT_HEAD and _points_ahead(cell.text, ahead=ahead)
        for column in range(cell.column, cell.column + max(cell.columns, 1))
        if cell.column
    }
    rows: dict[int, list[str]] = {}
    for cell in table.cells:
        if cell.text.strip() and (cell.column not in gone or cell.row < gone[cell.column]):
            rows.setdefault(cell.row, []).append(" ".join(cell.text.split()))
    for row in sorted(rows):
        label, *rest = rows[row]
        # In a card with its labels in the first column, the row 下一步 is such a column lying down.
        if not (rest and len(label) <= _SHORT_HEAD and _points_ahead(label, ahead=ahead)):
            yield " | ".join((label, *rest))


def _points_ahead(text: str, *, ahead: re.Pattern[str]) -> bool:
    """Whether a heading is about what comes next (下一步打算, 12月重点), not about how a plan was carried out."""
    plain = folded(text)
    if _WORDS_CARRIED_OUT.search(plain):
        return False
    return ahead.search(plain) is not None or any(_is_next(plain[one.start :]) for one in months_in(plain))


def _opens_ahead(sentence: str, *, ahead: re.Pattern[str]) -> bool:
    """Whether a sentence begins by saying that it speaks of the time to come."""
    plain = _HEADING.sub("", folded(sentence), count=1).lstrip()
    opens = ahead.match(plain) is not None or _is_next(plain)
    return opens and not _WORDS_CARRIED_OUT.search(_HEAD_END.split(plain, 1)[0])


#: 现将…报告如下: the sentence that says what follows.
_REPORTS = re.compile(r"现[将就把][^。；]{0,40}(?:报告|汇报|总结|上报|通报|情况|进展)[^。；]{0,6}如下")
_HEADER_ROWS = 5
_SHORT_HEAD = 20
_HEADING = re.compile(
    r"^\s*(?:([一二三四五六七八九十]{1,3}[、.．:])|([（(][一二三四五六七八九十]{1,3}[)）])|([（(]?\d{1,2}[、.．)）](?!\d)))"
)
_HEAD_END = re.compile(r"[。；;:,，]")
_ENDED = re.compile(r"[。；;!！?？|]$")
_SENTENCES = re.compile(r"(?<=[。；;!！?？])")
_MONTH_AHEAD = re.compile(
    r"(?:1[0-2]|0?[1-9]|十[一二]?|[一二三四五六七八九])月份?的?(?:我[局们社行司办部]|我单位|我公司|我中心)?"
    r"(?:主要|重点|下步)?(?:工作|任务)?(?:重点(?!工作)|重点工作(?=安排|计划|打算)|计划|安排|打算|设想|思路|拟|将|力争|争取(?!到|了)|预计)"
)
_CARRIED_OUT = re.compile(r"^[^、和及与，,。；;]{0,6}(?:完成|落实|进展|推进|开展|执行|总结|亮点)")
_WORDS_CARRIED_OUT = re.compile(r"完成|落实|进展|推进|开展|执行|总结")


def _corrected(text: str, *, received: date, knowledge: Knowledge) -> Iterator[Clue]:
    """The sender says so: 主题误写成10月，实际是9月."""
    for key, weight, told in (("period_wrong_words", -2.0, "写错的"), ("period_right_words", 2.5, "实际的")):
        for match in pattern(knowledge.lexicon, key).finditer(text):
            clause = re.split(r"[，。；,;\n]", text[match.end() : match.end() + 16])[0]
            for mention in months_in(clause)[:1]:
                if not mention.dated:
                    period = nearest(mention.month, mention.year, received)
                    yield Clue(period, weight, f"来信说明是{told}月份“{match[0]}{clause[: mention.end]}”")


def _file_names(mail: Mail) -> tuple[str, ...]:
    main = [paper.document.name for paper in mail.main if not paper.body]
    return tuple(dict.fromkeys(main or [part.name for part in mail.opened.unreadable]))


def _clean(name: str) -> str:
    """A file name without its ending and without a date of saving (20220908, 9.8改)."""
    text = re.sub(r"\.[A-Za-z0-9]{2,5}$", "", name)
    return re.sub(r"(?<!\d)(20\d\d)(0[1-9]|1[0-2])([0-3]\d)(?!\d)", " ", text)


_COMPACT = re.compile(r"(?<!\d)(20\d\d)(0[1-9]|1[0-2])(?!\d)")


def _zone(text: str, weight: float, kind: str, *, received: date, loose: bool = False) -> Iterator[Clue]:
    """Months that a short text names; a range votes for its last month.

    Args:
        text: The text.
        weight: Weight of its vote; shared when it names several months.
        kind: What it is, for the reason.
        received: Day of receipt.
        loose: Also read 202208 (file names).
    """
    if not text:
        return
    found = [period for mention, period in _plausible(text, received=received) if not mention.dated]
    if loose and not found:
        found = [f"{year}-{month}" for year, month in _COMPACT.findall(text)]
        found = [period for period in found if _is_possible(period, received)]
    found += _spans(text, received=received)
    found = list(dict.fromkeys(found))
    for period in found:
        yield Clue(period, weight / len(found), f"{kind}“{_short(text)}”")


_WHOLE_MONTH = re.compile(
    r"(?:(20\d\d)年)?(1[0-2]|0?[1-9])月0?1日?\s*[-—–~至到]+\s*(?:(?:1[0-2]|0?[1-9])月)?(?:28|29|30|31)日"
)
_QUARTER = re.compile(r"(?:(20\d\d)年)?(?:前|第)?([一二三四1-4])季度")
_HALF = re.compile(r"(?:(20\d\d)年)?上半年")


def _spans(text: str, *, received: date) -> list[str]:
    """Months meant by 8月1日至31日, 前三季度, 上半年: the last month of the span."""
    plain = folded(text)
    told = [(match[1], int(match[2])) for match in _WHOLE_MONTH.finditer(plain)]
    told += [(match[1], QUARTER_ENDS[match[2]]) for match in _QUARTER.finditer(plain)]
    told += [(match[1], 6) for match in _HALF.finditer(plain)]
    periods = [nearest(month, int(year) if year else None, received) for year, month in told]
    return [period for period in periods if _is_possible(period, received)]


def _plausible(text: str, *, received: date) -> Iterator[tuple[MonthMention, str]]:
    """Mentions that can be the month reported on: not in the future, no deadline, no comparison."""
    for mention in months_in(text):
        after, before = text[mention.end : mention.end + 8], text[max(0, mention.start - 20) : mention.start]
        if _BEHIND.match(after) and not _SINCE.search(before) and not mention.dated and len(text) > _RUNNING:
            continue
        if _LIMIT.match(after) or _AHEAD.search(before) or _is_next(text[mention.start :]):
            continue
        period = nearest(mention.month, mention.year, received)
        if _is_possible(period, received):
            yield mention, period


def _is_next(text: str) -> bool:
    """Whether a text that begins with a month says what is planned for it (9月份工作安排)."""
    match = _MONTH_AHEAD.search(text[:20])
    return match is not None and match.start() <= len("2022年") and not _CARRIED_OUT.match(text[match.end() :])


def _is_possible(period: str, received: date) -> bool:
    now = period_of(received)
    return shift(now, -_OLDEST) <= period <= now


def _text(lines: tuple[str, ...], *, received: date) -> Iterator[Clue]:
    """Months in the running text: weak each, by their share."""
    counted: dict[str, int] = defaultdict(int)
    for line in lines:
        for mention, period in _plausible(line, received=received):
            after = line[mention.end : mention.end + 4]
            if mention.dated and period == period_of(received):
                continue
            counted[period] += 2 if not mention.dated and not _BEHIND.match(after) else 1
    total = sum(counted.values())
    for period, count in counted.items():
        yield Clue(period, 1.2 * count / total, f"正文“{int(period[5:])}月”出现{count}次")


def _signed(paper: Paper, *, received: date) -> Iterator[Clue]:
    """The date below the report: written in the first weeks after its month, or in its last days."""
    for line in reversed(paper.tail):
        text = folded(line)
        if len(text) > 40:
            continue
        for mention in months_in(text):
            if not mention.dated:
                continue
            month = nearest(mention.month, mention.year, received)
            day = re.search(r"(\d{1,2}|[一二三四五六七八九十]{1,3})[日号]?$", text[: mention.end])
            late = day is not None and day[1].isdigit() and int(day[1]) >= _LATE
            period = month if late else previous_period(month)
            if _is_possible(period, received):
                yield Clue(period, 0.8, f"落款日期“{_short(line)}”")
                return


def _thread(mail: Mail, *, knowledge: Knowledge) -> Iterator[Clue]:
    letter = mail.opened.letter
    refs = {letter.in_reply_to, *letter.references} - {""}
    for sent in knowledge.sent:
        if sent.message_id in refs and sent.period:
            yield Clue(sent.period, 1.5, f"所回复的信“{sent.period}”")
            return


def _prior(received: date) -> Iterator[Clue]:
    """Most reports of a month come in the weeks after it."""
    now = period_of(received)
    if received.day >= _LATE:
        yield Clue(now, 0.6, f"收信日期“{received:%m-%d}”在月底")
        yield Clue(previous_period(now), 0.5, f"收信日期“{received:%m-%d}”上月的迟报")
    else:
        yield Clue(previous_period(now), 1.2, f"收信日期“{received:%m-%d}”多报上月")


def _short(text: str, width: int = 30) -> str:
    line = " ".join(text.split())
    return line if len(line) <= width else f"{line[:width]}…"
