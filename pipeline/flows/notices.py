"""What is due (a step, a mail, a paper) → the notice that says it, with its receivers from directory and routing."""

from __future__ import annotations

from datetime import datetime, timedelta

from pipeline.adapters.ledger.ledger import StoredMessage
from pipeline.digest import letters
from pipeline.digest.strangers import mails_of
from pipeline.digest.summary import summarise
from pipeline.digest.wording import NOTICE
from pipeline.flows import facts
from pipeline.flows.desk import Desk
from pipeline.flows.papers import papers
from pipeline.mail.screen import takes_no_answer
from pipeline.model import (
    CHASING,
    THE_UNIT,
    ContactRole,
    Letter,
    LetterState,
    MailKind,
    Month,
    Notice,
    NoticeKind,
    OtherKind,
    OutgoingLetter,
    StoredFiling,
    Unit,
    UnitMonth,
)
from pipeline.periods import previous_period
from pipeline.plan.agenda import Step, Withheld, agenda, summary_from

#: Letters a day about mails of strangers; the others go into a collected one.
_STRANGERS_A_DAY = 3
#: Behind ``question:`` in the key of a letter about many mails, and the least time between two of them.
_COLLECTED, _BETWEEN = "collected", timedelta(hours=4)
#: Fact: the mails that the last collected letter named, each by the first signs of its digest.
NAMED, _NAME = "collected", 16
#: Mails that get a receipt: reports of every kind, and applications (so that nobody waits in doubt).
_RECEIPTED = frozenset({OtherKind.REQUEST})


def due_now(desk: Desk, month: Month, *, at: datetime) -> tuple[Step | Withheld, ...]:
    """The agenda of one month at an instant."""
    last_poll, born = desk.ledger.fact("last_poll"), desk.ledger.fact("born")

    def due(earlier_missing: tuple[int, ...]) -> tuple[Step | Withheld, ...]:
        return agenda(
            month,
            now=at,
            office=desk.settings.office,
            calendar=desk.calendar,
            sent_keys=sent,
            last_poll=datetime.fromisoformat(last_poll) if last_poll else None,
            earlier_missing=earlier_missing,
            unread=facts.unread(desk),
            trusted=facts.trusted(desk, at=at),
            began=datetime.fromisoformat(born) if born else None,
        )

    sent = desk.ledger.letter_keys(month.period)
    found = due(())
    # What earlier months owed is asked only where it may hold a letter back: most rounds have nothing to send.
    return due(_earlier_missing(desk, month.period)) if any(_kind_of(entry) in CHASING for entry in found) else found


def _kind_of(entry: Step | Withheld) -> NoticeKind:
    """The kind of letter that a step sends or would have sent."""
    return entry.step.kind if isinstance(entry, Withheld) else entry.kind


def notice_for(desk: Desk, step: Step, month: Month, *, before: Month | None) -> Notice | None:
    """The letter or paper of one step; ``None`` where nobody is to receive it.

    Args:
        desk: The home.
        step: What is due.
        month: Facts of the month reported on.
        before: Facts of the month before, from :func:`month_before`.
    """
    match step.kind:
        case NoticeKind.OPENING | NoticeKind.REMINDER | NoticeKind.OVERDUE | NoticeKind.ESCALATION:
            return _to_unit(desk, step, month, before=before)
        case NoticeKind.DIGEST:
            return daily_digest(desk, month, key=step.key)
        case NoticeKind.SUMMARY | NoticeKind.TASK_FORCE | NoticeKind.SUPPLEMENTARY:
            return _paper(desk, step, month)
        case _:
            return None


def still_true(desk: Desk, letter: OutgoingLetter) -> tuple[str, Notice] | None:
    """A chasing letter at the second of sending: ``None`` when it was overtaken, else its words as of now.

    A question that was answered while its letter waited is overtaken too.
    """
    if letter.kind == NoticeKind.QUESTION and not _still_asked(desk, letter.key.partition(":")[2]):
        return None
    if letter.kind not in CHASING:
        return letter.subject, _FROZEN
    # What was tried before goes on: a person said that it had not left, or the server asked for another try.
    if not letter.attempts and _followed(desk, letter):
        return None
    now = desk.now()
    month = facts.month_facts(desk, letter.period, at=now, tracked=False)
    unit = next((one for one in month.units if one.unit == letter.unit), None)
    if unit is None or not (unit.missing_items or unit.missing_support_items):
        return None
    number = letter.key.rpartition(":")[2]
    step = Step(letter.kind, letter.key, letter.unit, int(number) if number.isdecimal() else 0, "", held=False)
    notice = _to_unit(desk, step, month, before=month_before(desk, month))
    return (notice.subject, notice) if notice is not None else None


def _still_asked(desk: Desk, digest: str) -> bool:
    """Whether a mail still waits for a person before it counts; a collected letter: whether any such does."""
    if digest.startswith(_COLLECTED):
        return bool(_uncalled(desk))
    settled = (held for mail, held in facts.settled_filings(desk, until=desk.now()) if mail.digest == digest)
    return any(asked.holds for held in settled for asked in held.open_questions)


def _followed(desk: Desk, letter: OutgoingLetter) -> bool:
    """Whether a later step for the same unit and month is on its way: released together, only the last one leaves."""
    gone_on = desk.ledger.letters(
        states=(LetterState.QUEUED, LetterState.SENDING, LetterState.SENT, LetterState.UNSURE),
        kinds=CHASING,
        unit=letter.unit,
        period=letter.period,
    )
    return any(_rank(one) > _rank(letter) for one in gone_on)


def _rank(letter: OutgoingLetter) -> tuple[int, int]:
    """Where a chasing letter stands in the order of steps."""
    number = letter.key.rpartition(":")[2]
    return _STEPS.index(letter.kind), int(number) if number.isdecimal() else 0


#: The order in which a unit is chased.
_STEPS = (NoticeKind.REMINDER, NoticeKind.OVERDUE, NoticeKind.ESCALATION)
#: Stands for "as frozen": papers and receipts say what was true when they were written.
_FROZEN = Notice("", NoticeKind.REPLY, "", "", (), (), "", "", "")


def is_frozen(notice: Notice) -> bool:
    """True for the answer of :func:`still_true` that changes nothing."""
    return notice is _FROZEN


def _unit(desk: Desk, name: str) -> Unit | None:
    return next((unit for unit in desk.settings.units if unit.name == name), None)


def receivers(desk: Desk, paper: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(to, copies) of one kind of paper from routing."""
    for route in desk.settings.routes:
        if route.paper == paper:
            return route.recipients, route.copies
    return (), ()


def _to_unit(desk: Desk, step: Step, month: Month, *, before: Month | None) -> Notice | None:
    """A letter to a unit; the next contact is used where a mailbox failed for good."""
    unit = _unit(desk, step.unit)
    facts_of = next((one for one in month.units if one.unit == step.unit), None)
    if unit is None or facts_of is None or not unit.chased:
        return None
    dead = frozenset(desk.ledger.fact("dead_addresses").split())
    addresses = [
        address
        for address in (*unit.mailboxes, *(contact.address for contact in unit.contacts if contact.address))
        if address not in dead
    ]
    if not addresses:
        return None
    to = (addresses[0],)
    previous = next((one for one in before.units if one.unit == step.unit), None) if before else None
    reminded = _reminded_on(desk, step.unit, month.period) if step.kind == NoticeKind.ESCALATION else ()
    # At the second of sending it is written again: with the same words, unless any of these is another by then.
    same = ("letter", step.key, month.at.date(), to, dead, facts_of, previous, reminded)
    return desk.worked_out(
        same,
        lambda: _written(
            desk, step, month, unit=unit, of=facts_of, previous=previous, to=to, dead=dead, reminded=reminded
        ),
    )


def _written(
    desk: Desk,
    step: Step,
    month: Month,
    *,
    unit: Unit,
    of: UnitMonth,
    previous: UnitMonth | None,
    to: tuple[str, ...],
    dead: frozenset[str],
    reminded: tuple[datetime, ...],
) -> Notice:
    """The words of a letter to a unit."""
    office, templates = desk.settings.office, desk.compiled
    match step.kind:
        case NoticeKind.OPENING:
            return letters.opening(
                of, key=step.key, office=office, month=month, previous=previous, templates=templates, to=to,
                full_name=unit.full_name,
            )  # fmt: skip
        case NoticeKind.REMINDER:
            return letters.reminder(
                of, key=step.key, office=office, month=month, step=step.number, templates=templates, to=to,
                previous=previous, full_name=unit.full_name,
            )  # fmt: skip
        case NoticeKind.OVERDUE:
            return letters.overdue(
                of, key=step.key, office=office, month=month, step=step.number, templates=templates, to=to,
                previous=previous, full_name=unit.full_name,
            )  # fmt: skip
        case _:
            also, copies, copied = _escalated_to(desk, unit, dead | {*to})
            return letters.escalation(
                of, key=step.key, office=office, month=month, templates=templates, to=to + also,
                copies=copies, copied=copied, reminded_on=reminded, full_name=unit.full_name,
            )  # fmt: skip


def _escalated_to(
    desk: Desk, unit: Unit, but: frozenset[str]
) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Who gets an escalation besides the unit's own mailbox: to, copies, and what the letter calls those in copy."""
    to, copies = receivers(desk, str(NoticeKind.ESCALATION))
    if not to:
        # Not routed: the unit, with its own supervisor in copy.
        copies = (ContactRole.SUPERVISOR,)

    def addresses(receiver: str) -> tuple[str, ...]:
        roles = {role.value for role in ContactRole}
        found = (one.address for one in unit.contacts if one.role == receiver) if receiver in roles else (receiver,)
        return tuple(address for address in found if address and address not in but)

    also = tuple(address for receiver in to if receiver != THE_UNIT for address in addresses(receiver))
    reached = {receiver: addresses(receiver) for receiver in copies}
    named = [f"{unit.name}{receiver}" for receiver, found in reached.items() if found and "@" not in receiver]
    others = ["有关领导"] if any(found and "@" in receiver for receiver, found in reached.items()) else []
    return also, tuple(address for found in reached.values() for address in found), (*named, *others)


def month_before(desk: Desk, month: Month) -> Month | None:
    """The month before, unless it was over before the service began and nothing of it ever came: nobody owes it."""
    period = previous_period(month.period)
    before = facts.month_facts(desk, period, at=month.at, tracked=False)
    born = desk.ledger.fact("born")
    began = facts.current_period(datetime.fromisoformat(born).astimezone(month.at.tzinfo)) if born else month.period
    return before if period >= began or any(unit.mails for unit in before.units) else None


def _reminded_on(desk: Desk, unit: str, period: str) -> tuple[datetime, ...]:
    """When this unit was reminded for this month."""
    return tuple(
        letter.settled_at
        for letter in desk.ledger.letters(states=(LetterState.SENT,), kinds=CHASING, unit=unit, period=period)
        if letter.settled_at
    )


def daily_digest(desk: Desk, month: Month, *, key: str) -> Notice | None:
    """The office's page of the day."""
    to, copies = receivers(desk, "digest")
    if not to:
        return None
    before = [
        letter.queued_at.astimezone(month.at.tzinfo)
        for letter in desk.ledger.letters(kinds=(NoticeKind.DIGEST,), until=month.at)
        if letter.key != key
    ]
    since = facts.month_facts(desk, month.period, at=max(before), tracked=False) if before else None
    withheld = tuple(
        (entry.step.unit or NOTICE[entry.step.kind], entry.because)
        for entry in due_now(desk, month, at=month.at)
        if isinstance(entry, Withheld)
    )
    return letters.digest(
        month,
        key=key,
        office=desk.settings.office,
        templates=desk.compiled,
        to=to,
        copies=copies,
        since=since,
        not_fetched=desk.ledger.not_fetched(),
        withheld=withheld,
        alarms=alarms(desk, at=month.at),
        strangers=facts.open_strangers(desk, at=month.at),
    )


def alarms(desk: Desk, *, at: datetime) -> tuple[str, ...]:
    """What does not work, as sentences with their remedy."""
    found = []
    if desk.live.trouble is not None:
        found.append(f"配置改动未生效，仍按上一份有效配置运行：{desk.live.trouble.message}")
    if desk.compiled.trouble:
        found.append(f"信函模板有误，暂用安装时自带的模板：{desk.compiled.trouble}")
    failures = int(desk.ledger.fact("failures", "0"))
    if failures:
        found.append(f"邮箱已连续 {failures} 次收取失败，请运行 yuebao doctor 查看原因。")
    count = desk.ledger.letter_counts()
    if count[LetterState.UNSURE]:
        found.append(
            f"有 {count[LetterState.UNSURE]} 封信发送结果不明，请在“已发送”中核对后用 yuebao outbox sent/resend 确认。"
        )
    if count[LetterState.REFUSED]:
        refused = desk.ledger.letters(states=(LetterState.REFUSED,))
        names = "、".join(sorted({letter.unit or NOTICE[letter.kind] for letter in refused}))
        found.append(f"有 {len(refused)} 封信被退回或拒收（{names}），请电话联系并更正通讯录。")
    dead = desk.ledger.fact("dead_addresses").split()
    if dead:
        found.append(f"以下地址已退信，不再使用，请更正通讯录：{'、'.join(dead)}。")
    damaged = desk.ledger.fact("archive_trouble")
    if damaged:
        found.append(f"邮件存档有损坏：{damaged}")
    if count[LetterState.HELD]:
        found.append(
            f"有 {count[LetterState.HELD]} 封信等待放行：yuebao outbox list 查看，yuebao outbox release 放行。"
        )
    tomorrow = desk.calendar((at + timedelta(days=60)).date())
    if tomorrow.provisional:
        found.append(f"{tomorrow.day.year} 年放假安排尚未录入，相关日期为暂定；公布后请填入 config/calendar.yaml。")
    return tuple(found)


def _paper(desk: Desk, step: Step, month: Month) -> Notice | None:
    """The summary, an edition of it for a task force, or a supplement to it."""
    office, templates = desk.settings.office, desk.compiled
    paper = f"task_force:{step.unit}" if step.kind == NoticeKind.TASK_FORCE else str(step.kind)
    to, copies = receivers(desk, paper)
    if not to and step.kind == NoticeKind.SUPPLEMENTARY:
        to, copies = receivers(desk, "summary")
    if not to:
        return None
    previous = month_before(desk, month)
    closed = summarise(month, office=office, previous=previous, edition=step.unit)
    files = papers(desk, closed)
    if step.kind == NoticeKind.SUPPLEMENTARY:
        sent = desk.ledger.letter(f"summary:{month.period}")
        issued_at = sent.queued_at.astimezone(month.at.tzinfo) if sent else summary_from(month, office)
        issued_month = facts.month_facts(desk, month.period, at=issued_at)
        issued = summarise(issued_month, office=office, previous=previous)
        return letters.supplementary(
            closed, issued=issued, key=step.key, templates=templates, to=to, copies=copies, attachments=files
        )
    make = letters.task_force if step.kind == NoticeKind.TASK_FORCE else letters.summary
    return make(closed, key=step.key, templates=templates, to=to, copies=copies, attachments=files)


def receipt(desk: Desk, message: StoredMessage, letter: Letter) -> Notice | None:
    """A receipt, when the sender may have one: a listed or once confirmed address, and a mail that calls for it."""
    settled = next(
        (held for stored, held in facts.settled_filings(desk, until=desk.now()) if stored.digest == message.digest),
        None,
    )
    if settled is None or not message.sender or takes_no_answer(message.sender):
        return None
    filing = settled.filing
    wanted = filing.kind != MailKind.OTHER or filing.other in _RECEIPTED
    known = message.sender.lower() in facts.listed(desk.settings) or (filing.sender_known and not settled.refused)
    if not wanted or not known or any(question.holds for question in settled.open_questions):
        return None
    if message.message_id and desk.ledger.message_id_seen(message.message_id, message.digest):
        return None
    period = filing.period or facts.current_period(message.received_at.astimezone(desk.now().tzinfo))
    month = facts.month_facts(desk, period, at=desk.now(), tracked=False)
    unit_month: UnitMonth | None = next((one for one in month.units if one.unit == filing.unit), None)
    unit = _unit(desk, filing.unit or "")
    notice = letters.receipt(
        facts.stored(message, settled),
        key=f"receipt:{message.digest}",
        office=desk.settings.office,
        month=month,
        unit_month=unit_month,
        templates=desk.compiled,
        to=(message.sender,),
        full_name=unit.full_name if unit else "",
    )
    return notice if letter.message_id == message.message_id else None


def question(desk: Desk, message: StoredMessage) -> Notice | None:
    """A question to the office about a mail that must not count before somebody has looked.

    Of one address one letter a day, of all strangers three: what comes beyond that goes into :func:`collected`.
    """
    to, copies = receivers(desk, "question")
    settled = next(
        (held for stored, held in facts.settled_filings(desk, until=desk.now()) if stored.digest == message.digest),
        None,
    )
    if not to or settled is None:
        return None
    holding = tuple(asked for asked in settled.open_questions if asked.holds)
    if not holding or _had_enough(desk, message):
        return None
    return letters.question(
        facts.stored(message, settled),
        key=f"question:{message.digest}",
        office=desk.settings.office,
        period=settled.filing.period or facts.current_period(message.received_at.astimezone(desk.now().tzinfo)),
        at=desk.now(),
        questions=holding,
        templates=desk.compiled,
        to=to,
        copies=copies,
    )


def _had_enough(desk: Desk, message: StoredMessage) -> bool:
    """Whether today's letters about this address, or about strangers, have been written."""
    listed = facts.listed(desk.settings)
    midnight = desk.now().replace(hour=0, minute=0, second=0, microsecond=0)
    today = [one for one in desk.ledger.letters(kinds=(NoticeKind.QUESTION,)) if one.queued_at >= midnight]
    asked = [desk.ledger.message(letter.key.partition(":")[2]) for letter in today if not _is_collected(letter.key)]
    senders = [mail.sender.lower() for mail in asked if mail is not None and mail.digest != message.digest]
    if message.sender.lower() in listed:
        return message.sender.lower() in senders
    strange = [sender for sender in senders if sender not in listed]
    return len(strange) >= _STRANGERS_A_DAY or (bool(message.sender) and message.sender.lower() in strange)


def _is_collected(key: str) -> bool:
    return key.startswith(f"{NoticeKind.QUESTION}:{_COLLECTED}")


def _uncalled(desk: Desk) -> tuple[StoredFiling, ...]:
    """Mails that wait for a person before they count, may be answered for, and have no letter of their own."""
    asked = {letter.key for letter in desk.ledger.letters(kinds=(NoticeKind.QUESTION,))}
    return tuple(
        facts.stored(message, settled)
        for message, settled in facts.settled_filings(desk, until=desk.now())
        if message.answerable
        and any(one.holds for one in settled.open_questions)
        and f"{NoticeKind.QUESTION}:{message.digest}" not in asked
    )


def collected(desk: Desk) -> tuple[Notice, str] | None:
    """One letter to the office about all mails that wait and have none of their own, when it is time for one.

    Between ``send_from`` and ``send_until`` on every day, four hours after the one before at the earliest, and only
    when a mail waits that no such letter named.

    Returns:
        The notice, and what :data:`NAMED` holds once it is queued; ``None`` where none is due.
    """
    now, office = desk.now(), desk.settings.office
    to, copies = receivers(desk, "question")
    waiting = _uncalled(desk) if to and office.send_from <= now.time() <= office.send_until else ()
    named = set(desk.ledger.fact(NAMED).split())
    here = [stored.filing.digest[:_NAME] for stored in waiting]
    if not set(here) - named:
        return None
    day = now.date().isoformat()
    before = [one for one in desk.ledger.letters(kinds=(NoticeKind.QUESTION,)) if _is_collected(one.key)]
    if any(now - _BETWEEN < one.queued_at <= now for one in before):
        return None
    number = sum(one.key.startswith(f"{NoticeKind.QUESTION}:{_COLLECTED}:{day}:") for one in before) + 1
    strange = facts.open_strangers(desk, at=now)
    theirs = {stored.filing.digest for stored in mails_of(strange)}
    notice = letters.collected(
        tuple(stored for stored in waiting if stored.filing.digest not in theirs),
        strangers=strange,
        key=f"{NoticeKind.QUESTION}:{_COLLECTED}:{day}:{number}",
        office=office,
        at=now,
        templates=desk.compiled,
        to=to,
        copies=copies,
    )
    return notice, " ".join(here)


def _earlier_missing(desk: Desk, period: str) -> tuple[int, ...]:
    """How many units still owed something of their own in each earlier month for which anything was reported."""
    reported = sorted(
        {
            settled.filing.period
            for _message, settled in facts.settled_filings(desk, until=desk.now())
            if settled.counts and settled.filing.period and settled.filing.period < period
        }
    )
    months = (facts.month_facts(desk, earlier, at=desk.now(), tracked=False) for earlier in reported[-3:])
    return tuple(sum(bool(unit.missing_items) for unit in month.units) for month in months)
