"""Notice → frozen letter in the outbox, and what a person may do with it there."""

from __future__ import annotations

import base64
from datetime import datetime
from typing import Any

from pipeline.adapters.failpoints import failpoint
from pipeline.digest.wording import STATE
from pipeline.errors import YuebaoError
from pipeline.flows.desk import Desk
from pipeline.mail.compose import compose, message_id_for
from pipeline.model import Address, LetterState, Notice, NoticeKind, OutgoingLetter


def freeze(desk: Desk, notice: Notice) -> OutgoingLetter:
    """The letter as it will leave: bytes and Message-ID never change behind its key."""
    office = desk.settings.office
    now = desk.now()
    message_id = message_id_for(notice.key, domain=office.mailbox.partition("@")[2])
    data = written(desk, notice, message_id=message_id, date=now)
    # What the service says of itself to its own office needs nobody's approval.
    review = office.review_until is not None and now.date() <= office.review_until and notice.kind != NoticeKind.ALARM
    return OutgoingLetter(
        key=notice.key,
        kind=notice.kind,
        period=notice.period,
        unit=notice.unit,
        to=notice.to,
        copies=notice.copies,
        subject=notice.subject,
        message_id=message_id,
        data=data,
        state=LetterState.HELD if notice.held or review else LetterState.QUEUED,
        queued_at=now,
        not_before=now,
    )


def written(desk: Desk, notice: Notice, *, message_id: str, date: datetime) -> bytes:
    """The bytes of a notice. A letter that leaves as it was queued is written once, though it is looked at again."""
    office = desk.settings.office
    # In the office's zone, whoever asks: two notations of one instant would be two letters.
    date = date.astimezone(desk.now().tzinfo)
    return desk.worked_out(
        ("bytes", notice, message_id, date),
        lambda: compose(notice, sender=Address(office.mailbox, office.signature), message_id=message_id, date=date),
    )


def post(desk: Desk, notice: Notice) -> bool:
    """Queue a notice; False when its key was used before. Call it in the transaction of its reason."""
    if not notice.to:
        return False
    letter = freeze(desk, notice)
    failpoint("outbox.frozen")
    with desk.ledger.atomic():
        if not desk.ledger.enqueue(letter):
            return False
        failpoint("outbox.enqueued")
        desk.ledger.note("letter.composed", at=letter.queued_at, data=as_event(letter))
        failpoint("outbox.noted")
    failpoint("outbox.posted")
    return True


def reword(desk: Desk, letter: OutgoingLetter, *, subject: str, data: bytes) -> None:
    """Give a waiting letter the text that is true now."""
    with desk.ledger.atomic():
        desk.ledger.replace_bytes(letter.key, data=data, subject=subject)
        failpoint("outbox.rewording")
        event = {"key": letter.key, "subject": subject, "data": base64.b64encode(data).decode()}
        desk.ledger.note("letter.reworded", at=desk.now(), data=event)


def move(desk: Desk, key: str, state: LetterState, *, only_from: tuple[LetterState, ...], by: str = "") -> None:
    """A person holds, releases, withdraws or settles a letter.

    Raises:
        YuebaoError: there is no such letter, or it is not in a state from which it may go there.
    """
    letter = desk.ledger.letter(key)
    if letter is None:
        raise YuebaoError(f"发件箱中没有“{key}”。请用 yuebao outbox list 查看各封信的编号。")
    failpoint("outbox.moving")
    with desk.ledger.atomic():
        if not desk.ledger.move_letter(key, state, at=desk.now(), only_from=only_from):
            raise YuebaoError(f"“{key}”当前状态是“{STATE[letter.state]}”，不能改为“{STATE[state]}”。")
        desk.ledger.note(f"letter.{state}", at=desk.now(), data={"key": key, "by": by})
    desk.write_journal()


def as_event(letter: OutgoingLetter) -> dict[str, Any]:
    """A letter as the journal keeps it, frozen bytes included."""
    return {
        "key": letter.key,
        "kind": letter.kind,
        "period": letter.period,
        "unit": letter.unit,
        "to": list(letter.to),
        "copies": list(letter.copies),
        "subject": letter.subject,
        "message_id": letter.message_id,
        "data": base64.b64encode(letter.data).decode(),
        "state": letter.state,
        "queued_at": letter.queued_at.isoformat(),
        "not_before": letter.not_before.isoformat(),
    }


def from_event(data: dict[str, Any]) -> OutgoingLetter:
    """Inverse of :func:`as_event`."""
    return OutgoingLetter(
        key=data["key"],
        kind=NoticeKind(data["kind"]),
        period=data["period"],
        unit=data["unit"],
        to=tuple(data["to"]),
        copies=tuple(data["copies"]),
        subject=data["subject"],
        message_id=data["message_id"],
        data=base64.b64decode(data["data"]),
        state=LetterState(data["state"]),
        queued_at=datetime.fromisoformat(data["queued_at"]),
        not_before=datetime.fromisoformat(data["not_before"]),
    )
