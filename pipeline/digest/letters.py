"""Facts -> the letters that leave: one function for each kind of notice.

Subject and first sentence of every letter name unit, month and items, so that no two are alike: identical mail to
thirty receivers is what NetEase refuses as spam. The first line of a text template, ``主题：…``, is the subject.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from pipeline.digest.foreign import one_line
from pipeline.digest.html import inlined
from pipeline.digest.render import TemplateError, Templates
from pipeline.digest.strangers import SINGLY, Stranger, claims, mails_of, stranger_views, summary_row
from pipeline.digest.summary import Summary, difference, label_of
from pipeline.digest.tracking import lines_of
from pipeline.digest.views import (
    due_values,
    is_sealed,
    items_of,
    mail_view,
    office_values,
    owed_items,
    questions_of,
    read_items,
    standing_bars,
    summary_values,
    unit_views,
)
from pipeline.digest.wording import (
    address_form,
    kind_name,
    moment,
    month_name,
    month_only,
    numbers,
    receipt_number,
    subject_tag,
)
from pipeline.errors import Problem
from pipeline.model import (
    Attachment,
    MailKind,
    Month,
    NotFetched,
    Notice,
    NoticeKind,
    Office,
    Question,
    QuestionKind,
    Role,
    Standing,
    StoredFiling,
    UnitMonth,
)

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
#: Mails of listed addresses that one letter tells of one by one.
_MOST_KNOWN = 20
_SUBJECT = "主题："
_SUBJECT_LIMIT = 120


def opening(
    unit_month: UnitMonth,
    *,
    key: str,
    office: Office,
    month: Month,
    previous: UnitMonth | None,
    templates: Templates,
    to: tuple[str, ...],
    full_name: str = "",
) -> Notice:
    """Letter of the 1st: items, last month's words and numbers, the due day with its reason, the workbook."""
    from pipeline.digest.workbook import file_name, prefilled  # noqa: PLC0415 - its library, for this letter alone

    values = _unit_values(unit_month, office=office, month=month, full_name=full_name) | {
        "items": items_of(unit_month, month, previous),
        "previous": month_name(previous.period) if previous and previous.records else "",
        "owed_before": numbers(previous.missing_items) if previous else "",
        "file_name": file_name(unit_month),
    }
    book = prefilled(unit_month, office=office, month=month, previous=previous)
    attachment = Attachment(name=file_name(unit_month), media_type=XLSX, data=book)
    return _notice(
        NoticeKind.OPENING, values, templates, key=key, unit_month=unit_month, to=to, attachments=(attachment,)
    )


def receipt(
    stored: StoredFiling,
    *,
    key: str,
    office: Office,
    month: Month,
    unit_month: UnitMonth | None,
    templates: Templates,
    to: tuple[str, ...],
    full_name: str = "",
) -> Notice:
    """What was read out of one mail, what is still owed, what looked odd, and how to correct it by replying.

    A mail with sealed content (secrecy mark, identity-card or bank number) is acknowledged without a word of it.
    """
    filing = stored.filing
    sealed = is_sealed(stored)
    asked = stored.open_questions
    unit = unit_month.unit if unit_month else (filing.unit or "")
    period = unit_month.period if unit_month else (filing.period or month.period)
    kind = kind_name(filing.kind, filing.other)
    roles = {duty.item: duty.role for duty in unit_month.duties} if unit_month else {}
    # Members of a group that the plan does not list: whose these items are is not known.
    shared = {item.number for item in month.plan.items if item.roster}
    read = () if sealed else read_items(stored, month)
    values = _common(office, month.at) | due_values(month, office, unit_month)
    values |= {
        "unit": unit,
        "full_name": one_line(full_name or unit),
        "you": address_form(unit) if unit else "您",
        "month": month_name(period),
        "month_only": month_only(period),
        "plan_title": month.plan.title,
        "number": receipt_number(filing.digest, period),
        "received": moment(stored.received_at, office),
        "subject": "" if sealed else one_line(stored.subject, 60),
        "kind": kind,
        "is_report": filing.kind is not MailKind.OTHER,
        "counts": stored.counts,
        "sealed": sealed,
        "junk": "" if stored.folder.upper() == "INBOX" else one_line(stored.folder, 20),
        "late": bool(unit_month and unit_month.late),
        "stamped": filing.stamped,
        "zero_report": filing.zero_report and not sealed,
        "read": read,
        "read_numbers": numbers(tuple(view.number for view in read)),
        "owed_count": len(unit_month.duties) if unit_month else 0,
        "own": bool(roles) and all(role is not Role.SUPPORT for role in roles.values()),
        "foreign": sum(view.number not in roles and view.number not in shared for view in read) if roles else 0,
        "shared": sum(view.number not in roles and view.number in shared for view in read) if roles else 0,
        "repeated": _repeated(stored, month, office) if read else "",
        "missing": owed_items(unit_month, month) if unit_month else (),
        "missing_numbers": numbers((*unit_month.missing_items, *unit_month.missing_support_items))
        if unit_month
        else "",
        "complete": unit_month is not None and unit_month.standing is Standing.COMPLETE,
        "unreadable": () if sealed else tuple(one_line(trouble.message, 200) for trouble in filing.unreadable),
        "warnings": () if sealed else tuple(one_line(warning, 200) for warning in filing.warnings),
        "questions": ()
        if sealed
        else questions_of([question for question in asked if question.kind in _FOR_SENDER], {}, office),
        "identity": any(question.kind in {QuestionKind.SENDER, QuestionKind.FORGED} for question in asked),
        "problems": 0 if sealed else len(filing.problems),
        "next_steps": 0 if sealed else len(filing.next_steps),
        "off_plan": 0 if sealed else len(filing.off_plan),
    }
    return _notice(
        NoticeKind.RECEIPT,
        values,
        templates,
        key=key,
        period=period,
        unit=unit,
        to=to,
        answers=stored.message_id,
    )


#: Doubts that the sender can settle. Identity, forgery and applications are the office's own affair; what could not be
#: read is told by its own sentence.
_FOR_SENDER = frozenset(
    {
        *(QuestionKind.PERIOD, QuestionKind.KIND, QuestionKind.MATCH, QuestionKind.FIGURE, QuestionKind.COPIES),
    }
)


def _repeated(stored: StoredFiling, month: Month, office: Office) -> str:
    """When the same was sent before: an earlier mail of the unit whose passages are word for word these."""
    said = _passages(stored)
    earlier = (
        moment(one.received_at, office)
        for one in sorted(month.filings, key=lambda one: one.received_at)
        if one.filing.unit == stored.filing.unit and one.received_at < stored.received_at and _passages(one) == said
    )
    return next(earlier, "")


def _passages(stored: StoredFiling) -> frozenset[tuple[int, str]]:
    return frozenset((record.match.item, record.progress) for record in stored.filing.records)


def reminder(
    unit_month: UnitMonth,
    *,
    key: str,
    office: Office,
    month: Month,
    step: int,
    templates: Templates,
    to: tuple[str, ...],
    previous: UnitMonth | None = None,
    full_name: str = "",
) -> Notice:
    """Before the due day: exactly what is missing, by role; ``step`` counts from 1."""
    values = _chase_values(unit_month, office=office, month=month, previous=previous, full_name=full_name, step=step)
    return _notice(NoticeKind.REMINDER, values, templates, key=key, unit_month=unit_month, to=to)


def overdue(
    unit_month: UnitMonth,
    *,
    key: str,
    office: Office,
    month: Month,
    step: int,
    templates: Templates,
    to: tuple[str, ...],
    copies: tuple[str, ...] = (),
    previous: UnitMonth | None = None,
    full_name: str = "",
) -> Notice:
    """After the due day: what is missing and for how long; ``step`` counts from 1."""
    values = _chase_values(unit_month, office=office, month=month, previous=previous, full_name=full_name, step=step)
    return _notice(NoticeKind.OVERDUE, values, templates, key=key, unit_month=unit_month, to=to, copies=copies)


def escalation(
    unit_month: UnitMonth,
    *,
    key: str,
    office: Office,
    month: Month,
    templates: Templates,
    to: tuple[str, ...],
    copies: tuple[str, ...] = (),
    copied: tuple[str, ...] = (),
    reminded_on: tuple[datetime, ...] = (),
    full_name: str = "",
    held: bool = True,
) -> Notice:
    """督办: to the unit, in copy to whom ``copies`` names, whom the letter calls ``copied``; held for approval."""
    values = _chase_values(unit_month, office=office, month=month, previous=None, full_name=full_name, step=0) | {
        "reminded": tuple(moment(instant, office) for instant in reminded_on),
        "copied": copied,
    }
    return _notice(
        NoticeKind.ESCALATION, values, templates, key=key, unit_month=unit_month, to=to, copies=copies, held=held
    )


def digest(
    month: Month,
    *,
    key: str,
    office: Office,
    templates: Templates,
    to: tuple[str, ...],
    copies: tuple[str, ...] = (),
    since: Month | None = None,
    not_fetched: tuple[NotFetched, ...] = (),
    withheld: tuple[tuple[str, str], ...] = (),
    alarms: tuple[str, ...] = (),
    strangers: tuple[Stranger, ...] = (),
) -> Notice:
    """The office's daily page: 已报 / 部分 / 未报 / 待人工 by name, new since ``since``, doubts, what did not work.

    Args:
        month: Facts now.
        key: Natural key of the notice.
        office: The collecting office.
        templates: Compiled templates.
        to: Receivers from routing.
        copies: Copies from routing.
        since: Facts at the last digest; ``None`` for the first.
        not_fetched: Mails the server listed that could not be fetched.
        withheld: (unit, reason in Chinese) of reminders that were due but did not leave.
        alarms: Sentences about the service itself.
        strangers: Addresses on no list whose mails wait; more than a few of them are told in few lines.
    """
    mails = {stored.filing.digest: stored for stored in (*month.others, *month.filings)}
    seen = {stored.filing.digest for stored in (*since.others, *since.filings)} if since else set()
    labels = {unit.unit: label_of(unit) for unit in since.units} if since else {}
    moved = [
        f"{unit.unit}：{labels.get(unit.unit, '未报')}→{label_of(unit)}"
        for unit in month.units
        if labels.get(unit.unit, "未报") != label_of(unit)
    ]
    fresh = [stored for stored in mails.values() if stored.filing.digest not in seen]
    crowd = strangers if len(mails_of(strangers)) > SINGLY else ()
    theirs = {stored.filing.digest for stored in mails_of(crowd)}
    questions = questions_of((asked for asked in month.open_questions if asked.digest not in theirs), mails, office)
    values = _common(office, month.at) | due_values(month, office)
    by_label = {label: unit_views(month, office, label) for label in ("已报", "部分报送", "未报", "待人工", "免报")}
    values |= {
        "month": month_name(month.period),
        "month_only": month_only(month.period),
        "plan_title": month.plan.title,
        "total": len(month.units),
        "complete": by_label["已报"],
        "partial": by_label["部分报送"],
        "absent": by_label["未报"],
        "waiting": by_label["待人工"],
        "exempt": by_label["免报"],
        "bars": standing_bars(month),
        "since": moment(since.at, office) if since else "",
        "moved": tuple(moved),
        "new_mails": (
            *(
                mail_view(stored, office)
                for stored in sorted(fresh, key=lambda stored: stored.received_at)
                if stored.filing.digest not in theirs
            ),
            *summary_row(crowd, fresh, office),
        ),
        "questions": (*questions, *(stranger_views(crowd, office, first=len(questions) + 1) if crowd else ())),
        "findings": lines_of(month.findings, month.period),
        "not_fetched": tuple(
            {
                "folder": one_line(lost.folder, 30),
                "uid": lost.uid,
                "size": f"{lost.size / 1024:.0f}KB",
                "reason": one_line(lost.reason, 120),
            }
            for lost in not_fetched
        ),
        "withheld": tuple({"unit": unit, "reason": one_line(reason, 120)} for unit, reason in withheld),
        "alarms": tuple(one_line(alarm_line, 200) for alarm_line in alarms),
    }
    return _notice(NoticeKind.DIGEST, values, templates, key=key, period=month.period, to=to, copies=copies)


def summary(
    closed: Summary,
    *,
    key: str,
    templates: Templates,
    to: tuple[str, ...],
    copies: tuple[str, ...] = (),
    attachments: tuple[Attachment, ...] = (),
) -> Notice:
    """Cover mail of the monthly summary: counts, bars, targets and names; the papers are ``attachments``."""
    values = _common(closed.office, closed.at) | summary_values(closed)
    values["attachment_names"] = tuple(one_line(attachment.name) for attachment in attachments)
    kind = NoticeKind.TASK_FORCE if closed.edition else NoticeKind.SUMMARY
    return _notice(
        kind, values, templates, key=key, period=closed.period, to=to, copies=copies, attachments=attachments
    )


def task_force(
    closed: Summary,
    *,
    key: str,
    templates: Templates,
    to: tuple[str, ...],
    copies: tuple[str, ...] = (),
    attachments: tuple[Attachment, ...] = (),
) -> Notice:
    """Edition for one 专班; ``closed`` is :func:`pipeline.digest.summary.summarise` with its ``edition``."""
    return summary(closed, key=key, templates=templates, to=to, copies=copies, attachments=attachments)


def supplementary(
    closed: Summary,
    *,
    issued: Summary,
    key: str,
    templates: Templates,
    to: tuple[str, ...],
    copies: tuple[str, ...] = (),
    attachments: tuple[Attachment, ...] = (),
) -> Notice:
    """What came after the summary was ``issued``: units, items and changed passages."""
    news = difference(issued, closed)
    titles = {item.number: item.title for item in closed.items}
    values = _common(closed.office, closed.at) | summary_values(closed)
    values |= {
        "attachment_names": tuple(one_line(attachment.name) for attachment in attachments),
        "issued": moment(issued.at, closed.office),
        "arrived": tuple(
            {
                "name": unit.unit,
                "received": moment(unit.first_received, closed.office) if unit.first_received else "",
                "late": f"逾期{unit.days_late}天" if unit.late else "",
                "answered": unit.answered,
                "owed": unit.owed,
            }
            for unit in news.arrived
        ),
        "completed": tuple({"unit": unit, "numbers": numbers(items)} for unit, items in news.completed),
        "changed": tuple(
            {
                "unit": entry.unit,
                "item": entry.item,
                "title": titles.get(entry.item, ""),
                "text": one_line(entry.text, 300),
                "old": one_line(old, 300),
            }
            for entry, old in news.changed
        ),
    }
    return _notice(
        NoticeKind.SUPPLEMENTARY,
        values,
        templates,
        key=key,
        period=closed.period,
        to=to,
        copies=copies,
        attachments=attachments,
    )


def question(
    stored: StoredFiling,
    *,
    key: str,
    office: Office,
    period: str,
    at: datetime,
    questions: tuple[Question, ...],
    templates: Templates,
    to: tuple[str, ...],
    copies: tuple[str, ...] = (),
) -> Notice:
    """To the office about one mail that it must look at, e.g. a stranger's; the stranger gets no answer."""
    filing = stored.filing
    sealed = is_sealed(stored)
    values = _common(office, at) | {
        "month": month_name(period) if period else "",
        "collected": "",
        "mail": mail_view(stored, office),
        "sealed": sealed,
        "guess": "" if sealed else one_line(filing.unit or ""),
        "guess_month": month_name(filing.period) if filing.period and not sealed else "",
        "clues": ()
        if sealed
        else tuple(
            dict.fromkeys(one_line(clue.because, 120) for clue in (*filing.unit_clues[:3], *filing.period_clues[:2]))
        ),
        "read_numbers": "" if sealed else numbers(tuple(record.match.item for record in filing.records)),
        "questions": questions_of(questions, {}, office),
    }
    return _notice(
        NoticeKind.QUESTION, values, templates, key=key, period=period, unit=filing.unit or "", to=to, copies=copies
    )


def collected(
    known: tuple[StoredFiling, ...],
    *,
    strangers: tuple[Stranger, ...],
    key: str,
    office: Office,
    at: datetime,
    templates: Templates,
    to: tuple[str, ...],
    copies: tuple[str, ...] = (),
) -> Notice:
    """To the office about many mails at once: those of listed addresses one by one, strangers by address.

    Args:
        known: Mails of listed addresses that wait, without a letter of their own.
        strangers: Those on no list whose mails wait.
        key: Natural key of the notice.
        office: The collecting office.
        at: The time.
        templates: Compiled templates.
        to: Receivers from routing.
        copies: Copies from routing.
    """
    mails = {stored.filing.digest: stored for stored in known[:_MOST_KNOWN]}
    asked = questions_of(
        (one for stored in mails.values() for one in stored.open_questions if one.holds), mails, office
    )
    theirs = mails_of(strangers)
    values = _common(office, at) | {
        "month": "",
        "collected": {
            "known": len(known),
            "left_out": len(known) - len(mails),
            "mails": len(theirs),
            "addresses": len(strangers),
            "claims": claims(theirs),
            "since": moment(min(stored.received_at for stored in (*known, *theirs)), office),
        },
        "questions": (*asked, *(stranger_views(strangers, office, first=len(asked) + 1) if strangers else ())),
    }
    return _notice(NoticeKind.QUESTION, values, templates, key=key, to=to, copies=copies)


def reply(
    stored: StoredFiling,
    *,
    key: str,
    office: Office,
    period: str,
    at: datetime,
    subject: str,
    paragraphs: tuple[str, ...],
    templates: Templates,
    to: tuple[str, ...],
    copies: tuple[str, ...] = (),
) -> Notice:
    """An answer to one mail in given words (an extension granted, a decision told)."""
    unit = stored.filing.unit or ""
    values = _common(office, at) | {
        "month": month_name(period) if period else "",
        "unit": unit,
        "you": address_form(unit) if unit else "您",
        "received": moment(stored.received_at, office),
        "subject": "" if is_sealed(stored) else one_line(stored.subject, 60),
        "topic": one_line(subject, 60),
        "paragraphs": tuple(one_line(paragraph) for paragraph in paragraphs),
    }
    return _notice(
        NoticeKind.REPLY,
        values,
        templates,
        key=key,
        period=period,
        unit=unit,
        to=to,
        copies=copies,
        answers=stored.message_id,
    )


def alarm(
    *,
    key: str,
    office: Office,
    at: datetime,
    topic: str,
    lines: tuple[str, ...],
    remedy: str,
    templates: Templates,
    to: tuple[str, ...],
    copies: tuple[str, ...] = (),
    period: str = "",
    over: bool = False,
) -> Notice:
    """Something about the service itself needs a person: what happened, since when, what to do; or it is over."""
    values = _common(office, at) | {
        "month": month_name(period) if period else "",
        "topic": one_line(topic, 60),
        "lines": tuple(one_line(line, 300) for line in lines),
        "remedy": one_line(remedy, 300),
        "over": over,
    }
    return _notice(NoticeKind.ALARM, values, templates, key=key, period=period, to=to, copies=copies)


# --------------------------------------------------------------------------- shared parts


def _common(office: Office, at: datetime) -> dict[str, object]:
    return office_values(office, at)


def _unit_values(unit_month: UnitMonth, *, office: Office, month: Month, full_name: str) -> dict[str, object]:
    return (
        _common(office, month.at)
        | due_values(month, office, unit_month)
        | {
            "unit": unit_month.unit,
            "full_name": one_line(full_name or unit_month.unit),
            "you": address_form(unit_month.unit),
            "month": month_name(unit_month.period),
            "month_only": month_only(unit_month.period),
            "plan_title": month.plan.title,
            "owed_count": len(unit_month.duties),
            "all_numbers": numbers(tuple(duty.item for duty in unit_month.duties)),
        }
    )


def _chase_values(
    unit_month: UnitMonth, *, office: Office, month: Month, previous: UnitMonth | None, full_name: str, step: int
) -> dict[str, object]:
    missing = owed_items(unit_month, month, previous)
    return _unit_values(unit_month, office=office, month=month, full_name=full_name) | {
        "step": step,
        "missing": missing,
        "missing_own": tuple(item for item in missing if item.role != "配合"),
        "missing_support": tuple(item for item in missing if item.role == "配合"),
        "missing_numbers": numbers((*unit_month.missing_items, *unit_month.missing_support_items)),
        "answered_count": len(unit_month.duties) - len(missing),
        "came": unit_month.standing is not Standing.NONE,
        "received": moment(unit_month.first_received, office) if unit_month.first_received else "",
        "waiting": unit_month.waiting,
    }


def _notice(
    kind: NoticeKind,
    values: Mapping[str, object],
    templates: Templates,
    *,
    key: str,
    to: tuple[str, ...],
    unit_month: UnitMonth | None = None,
    period: str = "",
    unit: str = "",
    copies: tuple[str, ...] = (),
    attachments: tuple[Attachment, ...] = (),
    answers: str = "",
    held: bool = False,
) -> Notice:
    """Render both templates of a kind; the tag goes behind the subject whatever the template says."""
    if unit_month is not None:
        period, unit = unit_month.period, unit_month.unit
    tag = subject_tag(period, key)
    values = {**values, "tag": tag, "key": key}
    name = f"mail/{kind.value}.txt.j2"
    first, _, text = templates.render(name, values).lstrip().partition("\n")
    if not first.startswith(_SUBJECT):
        problem = Problem(f"templates/{name}", 1, f"第一行必须是“{_SUBJECT}……”，请补上主题行")
        raise TemplateError(f"信函没有生成：{problem}", problems=(problem,))
    subject = f"{one_line(first.removeprefix(_SUBJECT), _SUBJECT_LIMIT)} {tag}"
    html = inlined(templates.render(f"mail/{kind.value}.html.j2", {**values, "title": subject}))
    return Notice(
        key=key,
        kind=kind,
        period=period,
        unit=unit,
        to=to,
        copies=copies,
        subject=subject,
        text=_tidy(text),
        html=html,
        attachments=attachments,
        in_reply_to=answers,
        references=(answers,) if answers else (),
        held=held,
    )


def _tidy(text: str) -> str:
    """No trailing blanks, never more than one empty line."""
    lines: list[str] = []
    for line in text.split("\n"):
        if line.strip() or (lines and lines[-1]):
            lines.append(line.rstrip())
    return "\n".join(lines).strip() + "\n"
