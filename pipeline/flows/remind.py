"""ledger.facts | duties due at NOW | compose | enqueue: what is due is queued, each letter at most once."""

from __future__ import annotations

from dataclasses import dataclass, replace

from pipeline.flows import facts
from pipeline.flows.desk import Desk
from pipeline.flows.notices import NAMED, collected, due_now, is_frozen, month_before, notice_for, still_true
from pipeline.flows.outbox import post, written
from pipeline.model import OutgoingLetter
from pipeline.periods import previous_period
from pipeline.plan.agenda import Step, Withheld, due_steps


@dataclass(frozen=True, slots=True)
class Queued:
    """What one round put into the outbox, and what it kept back."""

    queued: tuple[Step, ...] = ()
    withheld: tuple[Withheld, ...] = ()
    #: Steps whose letter has nobody to go to.
    unaddressed: tuple[Step, ...] = ()


def queue_due(desk: Desk) -> Queued:
    """Queue every letter and paper that is due now; those of the month before last may still be due (overdue steps)."""
    now = desk.now()
    current = facts.current_period(now)
    queued: list[Step] = []
    withheld: list[Withheld] = []
    unaddressed: list[Step] = []
    for period in (previous_period(current), current):
        first = desk.settings.office.first_period
        if first and period < first:
            continue
        quick = facts.month_facts(desk, period, at=now, tracked=False)
        entries = due_now(desk, quick, at=now)
        withheld.extend(entry for entry in entries if isinstance(entry, Withheld))
        steps = due_steps(entries)
        if not steps:
            continue
        month = facts.month_facts(desk, period, at=now)
        before = month_before(desk, month)
        for step in steps:
            notice = notice_for(desk, step, month, before=before)
            if notice is None:
                unaddressed.append(step)
            elif post(desk, replace(notice, held=notice.held or step.held)):
                queued.append(step)
    _queue_collected(desk)
    desk.write_journal()
    return Queued(tuple(queued), tuple(withheld), tuple(unaddressed))


def _queue_collected(desk: Desk) -> None:
    """The letter about all mails that wait for a person and have none of their own, with the note of which it names."""
    found = collected(desk)
    if found is None:
        return
    notice, named = found
    with desk.ledger.atomic():
        if post(desk, notice):
            desk.ledger.set_fact(NAMED, named)


def recheck(desk: Desk, letter: OutgoingLetter) -> tuple[str, bytes] | None:
    """Whether a letter is still true at the second of sending; see :data:`pipeline.flows.deliver.Recheck`."""
    still = still_true(desk, letter)
    if still is None:
        return None
    subject, notice = still
    if is_frozen(notice):
        return subject, letter.data
    # To whom it goes was settled when it was queued; a letter that waited for its release must not say otherwise.
    notice = replace(notice, to=letter.to, copies=letter.copies)
    return subject, written(desk, notice, message_id=letter.message_id, date=letter.queued_at)
