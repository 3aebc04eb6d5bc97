"""Facts -> the plain values that templates print: names, numbers and lines, with nothing left to compute."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from pipeline.digest.foreign import clean, ended, one_line, quoted
from pipeline.digest.summary import (
    STATUS_RULE,
    Goal,
    ItemLine,
    Progress,
    Stated,
    Summary,
    UnitLine,
    headline,
    label_of,
    names_with_items,
    status_name,
    wanted_text,
)
from pipeline.digest.tracking import lines_of
from pipeline.digest.wording import (
    QUESTION,
    SEALED,
    STATUS,
    day_name,
    days_between,
    figure,
    full_day,
    kind_name,
    moment,
    month_name,
    month_only,
    numbers,
    part_name,
    said,
    spot,
    zone_of,
)
from pipeline.model import (
    Month,
    Office,
    Quantity,
    Question,
    Role,
    Standing,
    StoredFiling,
    UnitMonth,
)

_ROLE = {Role.LEAD: "牵头", Role.SUPPORT: "配合", Role.RESPONSIBLE: "负责"}


@dataclass(frozen=True, slots=True)
class ItemView:
    """A duty as a letter lists it."""

    number: int
    title: str
    role: str
    #: Targets of the item, as papers print them.
    wanted: str
    #: Last month's passage on one line, its figures and its status; empty when there was none.
    before: str
    figures: str
    status: str


@dataclass(frozen=True, slots=True)
class ReadView:
    """One item as it was read out of a mail."""

    number: int
    title: str
    status: str
    excerpt: str
    figures: str
    where: str
    doubtful: bool


@dataclass(frozen=True, slots=True)
class QuestionView:
    """A doubt as it is put to a person."""

    number: int
    kind: str
    text: str
    suggestion: str
    options: str
    #: The mail it is about, never for sealed ones.
    mail: str
    where: str


@dataclass(frozen=True, slots=True)
class UnitView:
    """A unit in a list."""

    name: str
    label: str
    detail: str
    received: str
    owed: int
    answered: int


@dataclass(frozen=True, slots=True)
class MailView:
    """A mail in a list."""

    received: str
    sender: str
    subject: str
    kind: str
    note: str


@dataclass(frozen=True, slots=True)
class BarView:
    """One row of a bar chart made of table cells; widths in percent."""

    label: str
    value: str
    width: int
    rest: int
    colour: str


def items_of(unit_month: UnitMonth, month: Month, previous: UnitMonth | None) -> tuple[ItemView, ...]:
    """All duties of a unit with last month's words."""
    return _items([(duty.item, duty.role) for duty in unit_month.duties], month, previous)


def owed_items(unit_month: UnitMonth, month: Month, previous: UnitMonth | None = None) -> tuple[ItemView, ...]:
    """The duties still unanswered, 负责 and 牵头 first."""
    roles = {duty.item: duty.role for duty in unit_month.duties}
    missing = (*unit_month.missing_items, *unit_month.missing_support_items)
    return _items([(item, roles.get(item, Role.SUPPORT)) for item in missing], month, previous)


def _items(pairs: Iterable[tuple[int, Role]], month: Month, previous: UnitMonth | None) -> tuple[ItemView, ...]:
    plan = {item.number: item for item in month.plan.items}
    before = {record.match.item: record for record in previous.records if not record.doubtful} if previous else {}
    found = []
    for number, role in pairs:
        item, record = plan.get(number), before.get(number)
        targets = item.targets if item else ()
        found.append(
            ItemView(
                number=number,
                title=item.title if item else "",
                role=_ROLE[role],
                wanted="；".join(f"{target.of}{wanted_text(target)}" for target in targets),
                before=one_line(record.progress, 90) if record else "",
                figures="；".join(figures_of(clean(record.progress), record.quantities)) if record else "",
                status=STATUS[record.status] if record else "",
            )
        )
    return tuple(found)


def figures_of(text: str, quantities: Iterable[Quantity]) -> tuple[str, ...]:
    """The clauses in which the figures of a passage stand, word for word: ``全县累计达到178个``.

    What was counted is guessed from the words around it; to a reader only those words themselves are shown. A figure
    from elsewhere (a column of its own) stands with what it counts.
    """
    found = []
    start = 0
    for fact in quantities:
        at = text.find(fact.text, start) if fact.text else -1
        at = text.find(fact.text) if at < 0 and fact.text else at
        if at < 0:
            found.append(f"{one_line(fact.of, 20)}{figure(fact.value)}{one_line(fact.unit, 8)}")
            continue
        start = at + len(fact.text)
        found.append(one_line(_clause(text, at, start), 40))
    return tuple(dict.fromkeys(found))


_PAUSE = re.compile(r"[，。；：！？\n（）()]")


def _clause(text: str, at: int, end: int) -> str:
    """The words around a figure up to the next pauses; 、 between names is none, between figures it is."""
    head = max((match.end() for match in _PAUSE.finditer(text, 0, at)), default=0)
    tail = _PAUSE.search(text, end)
    before = text[head:at].split("、")
    after = text[end : tail.start() if tail else len(text)].split("、")
    first = max((place for place, words in enumerate(before[:-1], 1) if _FIGURE.search(words)), default=0)
    last = next((place for place, words in enumerate(after) if place and _FIGURE.search(words)), len(after))
    return "、".join(before[first:]) + text[at:end] + "、".join(after[:last])


_FIGURE = re.compile(r"\d")


def read_items(stored: StoredFiling, month: Month) -> tuple[ReadView, ...]:
    """What was read out of one mail, in the order of the plan."""
    titles = {item.number: item.title for item in month.plan.items}
    records = sorted(stored.filing.records, key=lambda record: record.match.item)
    return tuple(
        ReadView(
            number=record.match.item,
            title=titles.get(record.match.item, ""),
            status=STATUS[record.status],
            excerpt=quoted(one_line(record.progress, 40)),
            figures="；".join(figures_of(clean(record.progress), record.quantities)),
            where="、".join(
                dict.fromkeys(f"{part_name(locus.part)} {one_line(locus.place, 30)}" for locus in record.loci)
            ),
            doubtful=record.doubtful,
        )
        for record in records
    )


def is_sealed(stored: StoredFiling) -> bool:
    """The mail must not be quoted: a secrecy mark, an identity-card or bank number was seen in it."""
    return any(question.kind in SEALED for question in (*stored.filing.questions, *stored.open_questions))


def others(question: Question) -> tuple[str, ...]:
    """What may be answered besides the suggestion."""
    return tuple(option for option in question.options if option != question.suggestion)


def questions_of(
    questions: Iterable[Question], mails: Mapping[str, StoredFiling], office: Office
) -> tuple[QuestionView, ...]:
    """Open questions, numbered; a sealed mail is named by its time of receipt only."""
    found = []
    for number, question in enumerate(questions, start=1):
        stored = mails.get(question.digest)
        sealed = question.kind in SEALED or (stored is not None and is_sealed(stored))
        if stored is None:
            mail = ""
        elif sealed:
            mail = f"{moment(stored.received_at, office)}收到的邮件"
        else:
            subject = one_line(stored.subject, 40) or "（无主题）"
            mail = f"{moment(stored.received_at, office)} {one_line(stored.sender, 50)}《{subject}》"
        found.append(
            QuestionView(
                number=number,
                kind=QUESTION[question.kind],
                text="邮件疑似含有涉密标志或身份证号、银行账号，已隔离，内容不在邮件中引用，"
                "请在办公室电脑上查看原件（yuebao review show）。"
                if sealed
                else one_line(question.text, 300),
                suggestion="" if sealed else said(question.suggestion or "", question.kind),
                options="" if sealed else "、".join(said(option, question.kind) for option in others(question)[:5]),
                mail=mail,
                where="" if sealed else spot(question.place),
            )
        )
    return tuple(found)


def unit_views(month: Month, office: Office, label: str) -> tuple[UnitView, ...]:
    """Units of one label in plan order, with what is missing or when it came."""
    return tuple(_unit_view(unit, office) for unit in month.units if label_of(unit) == label)


def _unit_view(unit: UnitMonth, office: Office) -> UnitView:
    missing = tuple(sorted((*unit.missing_items, *unit.missing_support_items)))
    notes = []
    if unit.exempt:
        notes.append(one_line(unit.exempt, 40))
    elif unit.standing is Standing.PARTIAL:
        notes.append(f"还缺任务{numbers(missing)}")
    elif unit.standing is Standing.NONE:
        notes.append(f"应报{len(unit.duties)}项：任务{numbers(tuple(duty.item for duty in unit.duties))}")
    if unit.zero_report:
        notes.append("零报告")
    if unit.late and unit.standing is not Standing.NONE:
        notes.append("逾期")
    if unit.waiting:
        notes.append("有问题待确认")
    if unit.extended_until:
        notes.append(f"已准延期至{full_day(unit.extended_until)}")
    return UnitView(
        name=unit.unit,
        label=label_of(unit),
        detail="；".join(notes),
        received=moment(unit.first_received, office) if unit.first_received else "",
        owed=len(unit.duties),
        answered=len(unit.duties) - len(missing),
    )


def mail_view(stored: StoredFiling, office: Office) -> MailView:
    """A mail that is no report; sealed ones without subject."""
    filing = stored.filing
    kind = kind_name(filing.kind, filing.other)
    return MailView(
        received=moment(stored.received_at, office),
        sender=one_line(stored.sender, 60),
        subject="（已隔离，不引用）" if is_sealed(stored) else one_line(stored.subject, 50) or "（无主题）",
        kind=kind,
        note="" if stored.folder.upper() == "INBOX" else f"在“{one_line(stored.folder, 20)}”文件夹中",
    )


def due_values(month: Month, office: Office, unit_month: UnitMonth | None = None) -> dict[str, object]:
    """The due day with its reason, an extension of the unit applied."""
    today = month.at.astimezone(zone_of(office)).date()
    extended = unit_month.extended_until if unit_month else None
    day = extended or month.due.day
    return {
        "due": day_name(day),
        "due_full": full_day(day),
        "due_because": one_line(month.due.because),
        "provisional": month.due.provisional,
        "extended": full_day(extended) if extended else "",
        "days_left": days_between(today, day),
        "days_late": max(days_between(day, today), 0),
    }


def office_values(office: Office, at: datetime) -> dict[str, object]:
    """Foot and head of every letter."""
    return {
        "office": one_line(office.name),
        "signature": one_line(office.signature),
        "mailbox": office.mailbox,
        "phone": office.phone,
        "today": full_day(at.astimezone(zone_of(office)).date()),
        "now": moment(at, office),
    }


_COLOURS = {"已报": "#2e7d32", "部分报送": "#f9a825", "待人工": "#6d4c41", "未报": "#c62828", "免报": "#9e9e9e"}
_STATUS_COLOURS = (
    ("已完成", "done", "#2e7d32"),
    ("正常推进", "on_track", "#1565c0"),
    ("进度滞后", "behind", "#c62828"),
    ("尚未启动", "not_started", "#f9a825"),
)


def bars(rows: Iterable[tuple[str, int, str]], whole: int) -> tuple[BarView, ...]:
    """Rows of (label, count, colour) against ``whole``; a bar that counts something is never invisible."""
    found = []
    for label, count, colour in rows:
        width = min(max(round(100 * count / whole), 2), 100) if count and whole else 0
        found.append(BarView(label=label, value=str(count), width=width, rest=100 - width, colour=colour))
    return tuple(found)


def standing_bars(month: Month) -> tuple[BarView, ...]:
    """Units by standing."""
    labels = [label_of(unit) for unit in month.units]
    return bars(
        [(label, labels.count(label), colour) for label, colour in _COLOURS.items() if label in labels], len(labels)
    )


def summary_values(summary: Summary) -> dict[str, object]:
    """Everything that the papers of a closed month print."""
    counts = summary.counts
    office = summary.office
    by_label = [
        ("按时报送", counts.on_time, "#2e7d32"),
        ("逾期报送", counts.late, "#f9a825"),
        ("待人工", counts.held, "#6d4c41"),
        ("未报", counts.none, "#c62828"),
    ]
    by_status = [(label, getattr(counts, name), colour) for label, name, colour in _STATUS_COLOURS]
    silent = counts.items - counts.items_reported
    return {
        **office_values(office, summary.at),
        "summary": summary,
        "counts": counts,
        "headline": headline(summary),
        "month": month_name(summary.period),
        "month_only": month_only(summary.period),
        "edition": summary.edition,
        "plan_title": summary.plan_title,
        "plan_number": summary.plan_number,
        "due": day_name(summary.due),
        "due_full": full_day(summary.due),
        "due_because": one_line(summary.due_because),
        "provisional": summary.provisional,
        "unit_bars": bars(by_label, counts.due),
        "item_bars": bars([*by_status, ("本月无报告", silent, "#9e9e9e")], counts.items),
        "missing_units": tuple(unit.unit for unit in summary.missing),
        "waiting_units": tuple(unit.unit for unit in summary.units if unit.label == "待人工"),
        "exempt_units": tuple(unit.unit for unit in summary.units if unit.exempt),
        "late_units": tuple(f"{unit.unit}（逾期{unit.days_late}天）" for unit in summary.late),
        "partial_units": names_with_items(tuple(unit for unit in summary.units if unit.standing is Standing.PARTIAL)),
        "zero_units": tuple(unit.unit for unit in summary.units if unit.zero_report),
        "units": tuple(unit_row(unit, office) for unit in summary.units),
        "behind_items": tuple(item_row(item) for item in summary.items if _is_behind(item)),
        "silent_items": tuple(item_row(item) for item in summary.items if not item.progress),
        "goals": tuple(goal_row(goal) for goal in summary.goals),
        "goals_reported": tuple(goal_row(goal) for goal in summary.goals if goal.reported),
        "goals_silent": sum(not goal.reported for goal in summary.goals),
        "silent_numbers": numbers(tuple(item.number for item in summary.items if not item.progress)),
        "problems": tuple(stated_row(stated) for stated in summary.problems),
        "next_steps": tuple(stated_row(stated) for stated in summary.next_steps),
        "off_plan": tuple(stated_row(stated) for stated in summary.off_plan),
        "findings": lines_of(summary.findings, summary.period),
        "sections": sections(summary),
        "status_rule": STATUS_RULE,
    }


def _is_behind(item: ItemLine) -> bool:
    return item.status is not None and STATUS[item.status] in {"进度滞后", "尚未启动"}


def unit_row(unit: UnitLine, office: Office) -> dict[str, object]:
    """A unit's line in tables."""
    missing = tuple(sorted((*unit.missing, *unit.missing_support)))
    return {
        "name": unit.unit,
        "label": unit.label,
        "owed": unit.owed,
        "answered": unit.answered,
        "missing": numbers(missing),
        "received": moment(unit.first_received, office) if unit.first_received else "",
        "late": f"逾期{unit.days_late}天" if unit.late and unit.standing is not Standing.NONE else "",
        "colour": _COLOURS[unit.label],
        "stamped": "已见" if unit.stamped else "未见",
    }


def item_row(item: ItemLine) -> dict[str, object]:
    """An item's line in lists."""
    owing = "、".join(unit for unit, role in item.units if role is not Role.SUPPORT)
    return {
        "number": item.number,
        "title": item.title,
        "status": status_name(item.status),
        "units": owing or item.roster or "未列明单位",
        "silent": "、".join(item.silent),
        "task_force": item.task_force,
    }


def goal_row(goal: Goal) -> dict[str, object]:
    """A target's line in tables."""
    return {
        "item": goal.item,
        "title": goal.title,
        "of": goal.of,
        "wanted": goal.wanted,
        "due": full_day(goal.due) if goal.due else "",
        "reported": "；".join(goal.reported) or "—",
        "percent": goal.percent,
        "width": min(max(round(goal.percent), 2), 100) if goal.percent else 0,
        "verdict": goal.verdict,
    }


def stated_row(stated: Stated) -> dict[str, object]:
    """A difficulty or intention in lists."""
    return {"unit": stated.unit, "text": ended(stated.text), "numbers": numbers(stated.items)}


def outside(entry: Progress, item: ItemLine) -> bool:
    """Whether a unit speaks of an item that is not its own; a group that nobody listed may hold any unit."""
    return entry.role is None and not item.roster


def sections(summary: Summary) -> tuple[dict[str, object], ...]:
    """Items by section and group (行业) of the plan, in its order, each with what the units said."""
    found: dict[tuple[str, str, str], list[dict[str, object]]] = {}
    for item in summary.items:
        said = tuple(
            {
                "unit": entry.unit,
                "text": ended(entry.text),
                "status": STATUS[entry.status],
                "change": entry.change,
                "support": entry.role is Role.SUPPORT,
                "outside": outside(entry, item),
            }
            for entry in item.progress
        )
        row = {**item_row(item), "said": said, "silent_support": "、".join(item.silent_support)}
        found.setdefault((item.section, item.group, item.task_force), []).append(row)
    return tuple(
        {"section": section, "group": group, "task_force": force, "rows": tuple(rows)}
        for (section, group, force), rows in found.items()
    )
