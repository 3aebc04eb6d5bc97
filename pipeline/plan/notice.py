"""The paragraphs of an official notice -> the action plan that it lays down, with what it leaves open."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise

from pipeline.errors import PlanError, Problem
from pipeline.model import Plan, PlanItem, Role, RosterEntry
from pipeline.plan.duty_words import DutyWords, duties_in
from pipeline.plan.flow import Flow, pour
from pipeline.plan.targets import read_targets

#: Fewer items with a named duty than this are no plan.
_FEWEST = 2
#: At least this share of the items must name who does them.
_LEAST_SHARE = 0.5
_LONGEST_TITLE = 40
#: So many characters behind a short first line may still be its title.
_WRAPPED = 12

_DIGITS = {char: value for value, char in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_CN = "[一二三四五六七八九十百零〇]{1,5}"


@dataclass(frozen=True, slots=True)
class Counts:
    """What was counted in a notice, for the person who imports it."""

    items: int
    #: Units named one by one.
    units: int
    #: Unit x item.
    duties: int
    #: Items by the roles they use, e.g. ``("牵头+配合", 10)``.
    roles: tuple[tuple[str, int], ...]
    task_forces: tuple[str, ...]
    #: Sectors without a task force, with their items.
    without_task_force: tuple[tuple[str, tuple[int, ...]], ...]
    targets: int

    def lines(self) -> tuple[str, ...]:
        """The counts as Chinese lines."""
        roles = "、".join(f"{name} {count} 条" for name, count in self.roles)
        return (
            f"事项 {self.items} 条，单位 {self.units} 个，分工 {self.duties} 项，量化目标 {self.targets} 个。",
            f"按分工方式：{roles}。",
            f"专班 {len(self.task_forces)} 个：{'、'.join(self.task_forces)}。" if self.task_forces else "没有专班。",
        )


@dataclass(frozen=True, slots=True)
class NoticeReading:
    """A plan read out of a notice."""

    plan: Plan
    counts: Counts
    #: Chinese sentences: what the text leaves open, with the remedy.
    unresolved: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Style:
    """One way of numbering headings."""

    name: str
    pattern: re.Pattern[str]


_STYLES = (
    _Style("chapter", re.compile(rf"第({_CN}|\d{{1,2}})(?:章|部分|篇|节)")),
    # 一、二、三产业 and 二、三季度 are words of a sentence.
    _Style("section", re.compile(rf"({_CN})、(?!{_CN}(?:产业|季度|[、，月]))")),
    _Style("group", re.compile(rf"（({_CN})）[、.]?")),
    _Style("article", re.compile(rf"第({_CN}|\d{{1,3}})条[：、.]?")),
    # A figure with decimals is no label, a year behind the dot (1.2022年底…) may well be one.
    _Style("arabic", re.compile(r"(\d{1,3})[.、](?!\d)|(\d{1,3})[.、](?=(?:19|20)\d\d年)")),
    _Style("paren", re.compile(r"（(\d{1,3})）[、.]?")),
)


#: Styles of headings above the items.
_HEADING_STYLES = frozenset({"chapter", "section", "group"})
_TITLE_ENDS = re.compile(r"(?:计划|方案|要点|措施|意见|规划|清单|任务)$")


@dataclass(slots=True, eq=False)
class _Block:
    """One numbered heading with all text down to the next one."""

    style: str
    number: int
    start: int
    #: Where its text begins, behind the label.
    body: int
    end: int
    parents: tuple[_Block, ...] = ()
    children: list[_Block] = field(default_factory=list)


def read_notice(paragraphs: tuple[str, ...]) -> NoticeReading:
    """Read an official notice (通知) that assigns numbered items to units.

    Lines may be broken anywhere. Automatic numbers must already stand in front of their paragraph's text.

    Args:
        paragraphs: Lines or paragraphs in reading order.

    Raises:
        PlanError: when the text is no such plan; every reason is in ``problems``.
    """
    flow = pour(paragraphs)
    blocks, end = _outline(flow)
    items = _items_of(flow, blocks)
    _refuse_unless_plan(flow, blocks, items)
    return _assemble(flow, blocks, items, end)


# --------------------------------------------------------------------------- outline


def chinese_number(text: str) -> int:
    """Value of a small Chinese or Arabic numeral: 二十一, 廿 excluded, 105, 一百零三."""
    if text.isascii() and text.isdigit():
        return int(text)
    total, current = 0, 0
    for char in text:
        if char == "百":
            total += (current or 1) * 100
            current = 0
        elif char == "十":
            total += (current or 1) * 10
            current = 0
        else:
            current = _DIGITS[char]
    return total + current


def _candidates(flow: Flow) -> list[tuple[int, int, str, int, bool]]:
    """Every place that looks like a label: (start, end, style, number, stands at a line start)."""
    starts, found = set(flow.starts), []
    for style in _STYLES:
        for match in style.pattern.finditer(flow.text):
            at_start = match.start() in starts
            behind = flow.text[match.start() - 1 : match.start()]
            # Readers that glue paragraphs together still leave the full stop or the bracket before a label.
            glued = style.name == "group" or (style.name == "arabic" and "." in match[0])
            title = style.name in _HEADING_STYLES and _TITLE_ENDS.search(flow.text[: match.start()][-6:])
            if at_start or title or behind in {"。", "）"} or (glued and behind.isalpha() and not behind.isascii()):
                digits = next(group for group in match.groups() if group)
                number = chinese_number(digits)
                found.append((match.start(), match.end(), style.name, number, at_start or bool(title and number == 1)))
    return sorted(found)


def _ranks(candidates: list[tuple[int, int, str, int, bool]]) -> dict[str, float]:
    """Outline depth by style. 条 stands above the style of bracketed Chinese numbers that it introduces."""
    ranks = {style.name: float(index) for index, style in enumerate(_STYLES)}
    first: dict[str, int] = {}
    for start, _, style, number, at_start in candidates:
        if number == 1 and at_start:
            first.setdefault(style, start)
    if "article" in first:
        if first["article"] < first.get("section", len(candidates) + 10**9):
            ranks["article"] = ranks["section"] - 0.5
        elif first["article"] < first.get("group", 10**9):
            ranks["article"] = ranks["group"] - 0.5
    return ranks


def _outline(flow: Flow) -> tuple[list[_Block], int]:
    """The numbered headings in order, and where the plan's own text ends (annexes and tail excluded)."""
    candidates = _candidates(flow)
    ranks = _ranks(candidates)
    annexes = [
        start
        for start in flow.starts
        if re.match(r"附(?:件|表|录)\s*\d*[：:一二三四五]?|附：", flow.text[start : start + 6])
    ]
    blocks: list[_Block] = []
    last: dict[str, int] = {}
    stack: list[_Block] = []
    duty_seen, end = False, len(flow.text)
    for start, body, style, number, at_start in candidates:
        here = blocks[-1] if blocks else None
        if here and start < here.body:
            continue
        closed = here is not None and bool(_unit_duties(flow.text[here.body : start]))
        annex = next((a for a in annexes if here and here.body < a <= start), None)
        if annex is not None and (duty_seen or closed):
            end = annex
            break
        rank = ranks[style]
        above = [block for block in stack if ranks[block.style] < rank]
        heading = (
            here is not None and ranks[here.style] < rank and not re.search("[。，]", flow.text[here.body : start])
        )
        glued = not at_start and flow.text[start - 1] not in "。）"
        if glued and style == "arabic" and not (closed or heading):
            continue
        if not _fits(
            number,
            last.get(style, 0),
            at_start=at_start or heading,
            closed=closed and here is not None and here.style == style,
            heads=style in _HEADING_STYLES,
            fresh=not any(block.style == style for block in stack) or not (duty_seen or closed),
        ):
            continue
        if number == 1 and not (duty_seen or closed) and not above:
            # The letter in front of the plan had numbers of its own; the plan begins here.
            last.clear()
        duty_seen = duty_seen or closed
        block = _Block(style, number, start, body, len(flow.text), tuple(above))
        if here:
            here.end = start
        if above:
            above[-1].children.append(block)
        stack = [*above, block]
        last[style] = number
        blocks.append(block)
    if blocks:
        late = [
            a for a in annexes if a > blocks[-1].body and (duty_seen or _unit_duties(flow.text[blocks[-1].body : a]))
        ]
        end = min([end, *late])
        blocks[-1].end = end
    return blocks, end


def _fits(number: int, last: int, *, at_start: bool, closed: bool, heads: bool, fresh: bool) -> bool:
    """Whether a label continues its series: next number, new series, or a slip of the pen behind a closed item.

    Of headings one may have been lost (glued to the line before it): the next one still counts.
    """
    if number == last + 1:
        return True
    if number == 1:
        return fresh and at_start
    if heads and at_start and number == last + 2:
        return True
    return closed and at_start and last <= number <= last + 3


# --------------------------------------------------------------------------- items


def _unit_duties(text: str) -> list[tuple[int, int, DutyWords]]:
    return [row for row in duties_in(text) if row[2].units or row[2].groups]


def _items_of(flow: Flow, blocks: list[_Block]) -> list[_Block]:
    """The plan items: blocks of the style that most often carries a duty, and lonely headings with one."""
    carrying: Counter[str] = Counter()
    own: Counter[str] = Counter()
    for block in blocks:
        if _unit_duties(flow.text[block.body : _end_of(block)]):
            carrying[block.style] += 1
        own[block.style] += bool(_unit_duties(flow.text[block.body : block.end]))
    if not carrying:
        return []
    order = [style.name for style in _STYLES]
    most = sorted((name for name in carrying if carrying[name] == max(carrying.values())), key=order.index)
    # (1)(2)(3)（某局负责）: the duty behind the last point belongs to the item around the points. Where most points
    # have their own, the points are the items.
    total = Counter(block.style for block in blocks)
    style = next((name for name in reversed(most) if own[name] >= _LEAST_SHARE * total[name]), most[0])
    items = []
    for block in blocks:
        if block.style == style:
            items.append(block)
        elif any(parent.style == style for parent in block.parents) or _has_child(block, style):
            continue
        elif _unit_duties(flow.text[block.body : _end_of(block)]) and not any(p in items for p in block.parents):
            items.append(block)
    with_duty = [block for block in items if _unit_duties(flow.text[block.body : _end_of(block)])]
    sections = {block.parents for block in with_duty}
    # 一、指导思想 1. 2. 3.: numbered principles in a section where nobody has a duty are no items.
    return [block for block in items if block in with_duty or block.parents in sections]


def _end_of(block: _Block) -> int:
    """End of a block with everything below it."""
    return max([block.end, *(_end_of(child) for child in block.children)])


def _has_child(block: _Block, style: str) -> bool:
    return any(child.style == style or _has_child(child, style) for child in block.children)


def _title_and_rest(flow: Flow, start: int, end: int) -> tuple[str, int, bool]:
    """The heading at ``start``: its text, where the rest begins, and whether it is a real title.

    A title ends at its full stop, or with its line where the author ended the line early.
    """
    text = flow.text[start:end]
    stop = re.search(r"[。；！？]", text)
    colon = re.match(r"[^，。；]{2,24}：(?!$)", text)
    # A label on a line of its own: the title is the next line.
    breaks = [p - start for p in flow.paragraphs if start + 1 < p <= end]
    line = breaks[0] if breaks else len(text)
    if (
        stop
        and line < stop.start() <= min(line + _WRAPPED, _LONGEST_TITLE)
        and not re.search("[，：]", text[: stop.start()])
    ):
        # A few plain characters up to the full stop are the rest of a title that the margin broke early.
        line = len(text)
    stops = [stop.start() if stop else len(text), line]
    if colon and colon.end() <= min(stops):
        return colon[0][:-1], start + colon.end(), True
    cut = min(stops)
    title = text[:cut]
    behind = start + cut + (1 if stop and cut == stop.start() else 0)
    bracket = re.match(r"（([^（）]{2,30})）", text)
    if bracket and not duties_in(bracket[0]):
        # 第一条（县域物流）… puts the title in brackets.
        return bracket[1], start + bracket.end(), True
    if len(title) <= _LONGEST_TITLE:
        return title.strip("，：、"), behind, True
    short = re.split(r"[，：]", title)[0][:_LONGEST_TITLE]
    return short, start, False


def _read_item(flow: Flow, block: _Block, *, last: bool) -> tuple[str, str, list[DutyWords], bool]:
    """Title, text without the duty, duties, and whether the title is a real one."""
    start, end = block.body, _end_of(block)
    duties = duties_in(flow.text[start:end])
    if last and duties:
        end = _cut_tail(flow, start, end, duties)
        duties = duties_in(flow.text[start:end])
    kept, position = "", start
    for begin, finish, _ in duties:
        kept += flow.text[position : start + begin]
        position = start + finish
    kept += flow.text[position:end]
    body_end = start + duties[0][0] if duties else end
    title, rest, real = _title_and_rest(flow, start, body_end)
    text = kept[rest - start :] if rest - start <= len(kept) else ""
    text = re.sub(r"。{2,}", "。", text.strip()).removeprefix("。")
    if text and text[-1] not in "。！？”；":
        text += "。"
    return title, text, [duty for _, _, duty in duties], real


def _cut_tail(flow: Flow, start: int, end: int, duties: tuple[tuple[int, int, DutyWords], ...]) -> int:
    """Where the last item ends: with the line of its last duty, not with the signature below it."""
    begin, finish, _ = duties[-1]
    if flow.text[start + begin] == "（":
        stop = start + finish
        return stop + 1 if flow.text[stop : stop + 1] == "。" else stop
    for line in flow.paragraphs:
        if start + begin < line < end and flow.text[line - 1] not in "、，：" and not _more_duty(flow.text[line:end]):
            return line
    return end


def _more_duty(text: str) -> bool:
    return bool(re.match(r"[^。：]{2,8}(?:单位|部门|时限|时间)：", text))


# --------------------------------------------------------------------------- refusal

_REPORT_WORD = re.compile(r"(?:总结|报告|汇报|简报|通报|情况|纪要|新闻|快讯|动态|信息)(?:的报告)?$")


def _refuse_unless_plan(flow: Flow, blocks: list[_Block], items: list[_Block]) -> None:
    """Raise with every reason why a text is no plan."""
    reasons = []
    if not flow.text:
        reasons.append("文件里没有文字（空文件，或只有图片）。")
    elif not blocks:
        reasons.append("没有找到编号的条目（如“一、”“（一）”“1.”“第一条”）。")
    with_duty = [block for block in items if _unit_duties(flow.text[block.body : _end_of(block)])]
    if flow.text and len(with_duty) < _FEWEST:
        reasons.append(
            "没有找到写明责任单位的条目（如“（县某局负责）”“责任单位：县某局”）。"
            if not with_duty
            else "只有一条写明了责任单位，不足以成为行动计划。"
        )
    elif items and len(with_duty) < _LEAST_SHARE * len(items):
        reasons.append(f"{len(items)} 条里只有 {len(with_duty)} 条写明了责任单位，不像是任务分工。")
    title = _title_of(flow, blocks)
    if title and _REPORT_WORD.search(title) and not re.search(r"印发|下达", title):
        reasons.append(f"标题“{title}”是报告或情况类材料，不是布置任务的计划。")
    if reasons:
        raise PlanError(
            "这份文件不是行动计划：" + "".join(reasons) + "请换成印发的计划原文（docx、pdf、txt 或 doc）。",
            problems=tuple(Problem("通知正文", 0, reason) for reason in reasons),
        )


# --------------------------------------------------------------------------- front matter

_NUMBER = re.compile(r"([一-龥]{2,14}[〔\[【（]\d{4}[〕\]】）]第?\d{1,4}号)")
_DATE = re.compile(
    r"(\d{4})年(\d{1,2})月(\d{1,2})日|([二〇零一三四五六七八九○Ｏ]{4})年([一二三四五六七八九十]{1,2})月([一二三四五六七八九十]{1,3})日"
)
_PLAN_END = (
    r"(?:行动计划|实施方案|行动方案|工作方案|工作要点|任务清单|分工方案|若干措施|实施意见|工作计划|工作任务|推进方案|攻坚方案"
    r"|计划|方案|规划|要点|措施|意见|办法|安排|细则|清单|任务|事项)"
)


def _front(flow: Flow, blocks: list[_Block]) -> str:
    return flow.text[: blocks[0].start if blocks else len(flow.text)]


def _number_of(flow: Flow, blocks: list[_Block]) -> str:
    """Document number (发文字号): a line of its own in the head, else the first number outside 《》 and brackets."""
    front = _front(flow, blocks)
    marks = [*(start for start in flow.starts if start < len(front)), len(front)]
    for a, b in pairwise(marks):
        if own := _NUMBER.fullmatch(flow.text[a:b].strip("（）")):
            return own[1]
    loose = re.search(rf"(?:^|[件室府会局])({_NUMBER.pattern})", re.sub(r"《[^》]*》", "", front))
    return re.sub(r"^.*(?:文件|办公室|政府|委员会|通知|[局厅])(?=[一-龥]{2})", "", loose[2]) if loose else ""


def _lines(flow: Flow, end: int) -> list[str]:
    """The author's lines up to ``end``: those that the margin broke are joined."""
    marks = [*(start for start in flow.paragraphs if start < end), end]
    return [flow.text[a:b] for a, b in pairwise(marks)]


def _title_of(flow: Flow, blocks: list[_Block]) -> str:
    """The plan's own title; where only the covering letter names it, that name; else the first line."""
    front = _front(flow, blocks)
    named = re.search(rf"(?:印发|下达|转发)(?:《([^《》]{{4,80}})》|([^。《》]{{4,80}}?{_PLAN_END})的通知)", front)
    if named:
        return (named[1] or named[2]).strip()
    lines = _lines(flow, len(front))
    own = [line for line in lines if re.fullmatch(rf".{{4,60}}{_PLAN_END}(?:（[^）]*）)?", line) and "，" not in line]
    if own:
        return own[0]
    return next((line for line in lines if 4 <= len(line) <= 60 and not _DATE.fullmatch(line)), "")


def _date_in(text: str) -> date | None:
    match = _DATE.search(text)
    if match is None:
        return None
    try:
        if match[1]:
            return date(int(match[1]), int(match[2]), int(match[3]))
        year = int("".join(str(_DIGITS.get(char, 0)) for char in match[4]))
        return date(year, chinese_number(match[5]), chinese_number(match[6]))
    except ValueError:
        return None


def _issued_on(flow: Flow, blocks: list[_Block], end: int) -> date | None:
    """Date under the covering letter, else the date of printing at the end."""
    front, tail = _front(flow, blocks), flow.text[blocks[-1].body if blocks else 0 :]
    lines = _lines(flow, len(front)) + [
        flow.text[a:b] for a, b in zip(flow.starts, flow.starts[1:], strict=False) if b <= len(front)
    ]
    standing = [line for line in lines if _DATE.fullmatch(line.strip("（）"))]
    if standing:
        return _date_in(standing[0])
    printed = re.search(rf"(?:{_DATE.pattern})印发", tail)
    if printed:
        return _date_in(printed[0])
    signed = [line for line in _lines(flow, len(flow.text)) if _DATE.fullmatch(line.strip("（）"))]
    if signed:
        return _date_in(signed[-1])
    bracket = re.search(rf"（(?:{_DATE.pattern})[^）]{{0,12}}）", front)
    near = bracket or re.search(rf"(?:{_DATE.pattern})(?=（此件|$)", front)
    return _date_in(near[0]) if near else _date_in(flow.text[end:])


# --------------------------------------------------------------------------- assembling


def _heading(flow: Flow, block: _Block) -> tuple[str, str | None, DutyWords | None]:
    """Name of a heading, its task force, and a duty that its items inherit."""
    end = block.end
    duties = duties_in(flow.text[block.body : end])
    near = [row for row in duties if not re.search(r"[。；]", flow.text[block.body : block.body + row[0]])]
    if near:
        begin, _, words = near[0]
        name = flow.text[block.body : block.body + begin]
        return name.strip("，：。"), (words.task_forces or (None,))[0], words if words.units or words.groups else None
    name, _, _ = _title_and_rest(flow, block.body, end)
    return name, None, None


def _assemble(flow: Flow, blocks: list[_Block], items: list[_Block], end: int) -> NoticeReading:
    unresolved: list[str] = []
    title = _title_of(flow, blocks)
    issued = _issued_on(flow, blocks, end)
    number = _number_of(flow, blocks)
    year = _year_of(title, issued)
    numbers = [block.number for block in items]
    running = sorted(set(numbers)) == numbers
    plan_items = []
    for index, block in enumerate(items):
        given = block.number if running else index + 1
        item, notes = _item(flow, block, number=given, year=year, last=index == len(items) - 1)
        plan_items.append(item)
        unresolved += notes
    if not running:
        unresolved.append(
            f"原文的条目编号不连续或各部分重新起编，已按先后顺序统一编为第1至{len(items)}条；请与原文核对。"
        )
    elif missing := sorted(set(range(numbers[0], numbers[-1] + 1)) - set(numbers)):
        unresolved.append(f"编号 {'、'.join(map(str, missing))} 在原文中没有找到，请核对是否漏排。")
    rosters = _rosters(flow, tuple(plan_items), end)
    plan = Plan(
        title=title,
        number=number,
        issued_on=issued,
        items=tuple(plan_items),
        rosters=rosters,
        targets=read_targets("。".join(_lines(flow, items[0].start)), year=year, headline=True),
    )
    if not number:
        unresolved.append("没有找到发文字号，请在 config/plan.yaml 的 number 中填写。")
    if issued is None:
        unresolved.append("没有找到成文日期，请在 config/plan.yaml 的 issued_on 中填写。")
    counts = count(plan)
    return NoticeReading(plan, counts, (*_open_rosters(plan), *_bare_sectors(counts), *unresolved))


def _year_of(title: str, issued: date | None) -> int | None:
    stated = re.search(r"(20\d\d)年?", title)
    if stated:
        return int(stated[1])
    return issued.year if issued else None


def _item(flow: Flow, block: _Block, *, number: int, year: int | None, last: bool) -> tuple[PlanItem, list[str]]:
    title, text, duties, real = _read_item(flow, block, last=last)
    notes = [] if real else [f"第{number}条没有单独的标题，暂以首句“{title}”为题。"]
    section = group = task_force = inherited = None
    for depth, parent in enumerate(block.parents):
        name, force, duty = _heading(flow, parent)
        if depth == 0:
            section = name
        else:
            group = name
        task_force, inherited = force or task_force, duty or inherited
    if not duties and inherited:
        duties = [inherited]
    units: dict[str, Role] = {}
    groups: dict[str, Role] = {}
    for duty in duties:
        for name, role in duty.units:
            units.setdefault(name, role)
        for name, role in duty.groups:
            groups.setdefault(name, role)
        task_force = (duty.task_forces or (task_force,))[0]
        notes += [f"第{number}条写有“{words}”，没有列全单位，请核对。" for words in duty.vague]
    if not units and not groups:
        notes.append(f"第{number}条（{title}）没有写明责任单位，请在 config/plan.yaml 中补上 units。")
    if len(set(groups.values())) > 1:
        notes.append(
            f"第{number}条的几个未列名群体分工不同（{'、'.join(groups)}），暂按{next(iter(groups.values()))}处理。"
        )
    whole = f"{title}。{text}" if text else title
    return (
        PlanItem(
            number=number,
            title=title,
            text=text or title,
            section=section or "",
            group=group,
            task_force=task_force,
            units=tuple(units.items()),
            roster="、".join(groups) or None,
            roster_role=next(iter(groups.values()), Role.RESPONSIBLE),
            targets=read_targets(whole, year=year),
        ),
        notes,
    )


def count(plan: Plan) -> Counts:
    """Count items, units, duties, roles and task forces of a plan."""
    named = {name for item in plan.items for name, _ in item.units}
    roles: Counter[str] = Counter()
    order = (Role.LEAD, Role.RESPONSIBLE, Role.SUPPORT)
    for item in plan.items:
        used = {role for _, role in item.units} | ({item.roster_role} if item.roster else set())
        roles["+".join(role.value for role in order if role in used) or "未写明"] += 1
    bare: dict[str, list[int]] = {}
    for item in plan.items:
        if item.group and not item.task_force:
            bare.setdefault(item.group, []).append(item.number)
    return Counts(
        items=len(plan.items),
        units=len(named),
        duties=sum(len(item.units) for item in plan.items),
        roles=tuple(roles.most_common()),
        task_forces=tuple(dict.fromkeys(item.task_force for item in plan.items if item.task_force)),
        without_task_force=tuple((name, tuple(numbers)) for name, numbers in bare.items()),
        targets=sum(len(item.targets) for item in plan.items),
    )


def _open_rosters(plan: Plan) -> list[str]:
    listed = {entry.roster for entry in plan.rosters}
    waiting: dict[str, list[int]] = {}
    for item in plan.items:
        if item.roster and item.roster not in listed:
            waiting.setdefault(item.roster, []).append(item.number)
    return [
        f"第{'、'.join(map(str, numbers))}条由“{name}”承担，通知没有列出名单；"
        "请在 config/plan.yaml 的 rosters 中逐个填写单位（可注明起止日期），填写前这些条目不计入应报。"
        for name, numbers in waiting.items()
    ]


def _bare_sectors(counts: Counts) -> list[str]:
    if not counts.task_forces or not counts.without_task_force:
        return []
    sectors = "；".join(f"{name}（第{'、'.join(map(str, numbers))}条）" for name, numbers in counts.without_task_force)
    return [f"以下行业没有专班，汇总时单列“无专班”：{sectors}。"]


# --------------------------------------------------------------------------- rosters in an annex

_PERSON = re.compile(r"^(?:组长|副组长|召集人|主任|副主任|办公室|联络员|联系人|总召集人)：")


def _core(name: str) -> str:
    return re.sub(r"有关|相关|名单|各|附件\d*[：:]?|《|》", "", name)


def _rosters(flow: Flow, items: tuple[PlanItem, ...], end: int) -> tuple[RosterEntry, ...]:
    """Membership lists that the notice carries behind its items, for the groups that its items name."""
    wanted = tuple(dict.fromkeys(item.roster for item in items if item.roster))
    if not wanted or end >= len(flow.text):
        return ()
    lines = [line for line in _annex_lines(flow, end) if line]
    entries: list[RosterEntry] = []
    for name in wanted:
        units: list[str] = []
        for line in lines[_heading_of_roster(lines, name) :]:
            units += _members(line)
        entries += [RosterEntry(name, unit) for unit in dict.fromkeys(units)]
    return tuple(entries)


def _annex_lines(flow: Flow, end: int) -> list[str]:
    marks = [*(start for start in flow.paragraphs if start >= end), len(flow.text)]
    return [flow.text[a:b] for a, b in pairwise(marks)]


def _heading_of_roster(lines: list[str], name: str) -> int:
    """Index behind the line that names the roster; the end when no line does."""
    core = _core(name)
    for index, line in enumerate(lines):
        if _core(line).startswith(core) or (core in _core(line) and len(line) < len(core) + 16):
            # 成员单位：甲局、乙局 names and lists in one line.
            return index if "：" in line and not line.startswith("附件") else index + 1
    return len(lines)


def _members(line: str) -> list[str]:
    if _PERSON.match(line) or re.search(r"\d{4}年", line):
        return []
    line = re.sub(r"^(?:\d{1,3}[.、]|（\w{1,3}）|[^：]{0,20}(?:成员|成员单位|名单)：)", "", line)
    names = [name.strip("。；，、 ") for name in re.split(r"[、，；。]", line)]
    if "：" in line or any(len(name) > 26 for name in names):
        return []
    return [
        name
        for name in names
        if re.search(r"[局委办部行司团组站院会社心府署队所店厂处馆镇乡道动信通]$", name) and len(name) > 2
    ]
