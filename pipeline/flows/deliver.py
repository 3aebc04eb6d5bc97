"""claim | send | settle: letters in the outbox leave, each at most once, in the office's pace."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from pipeline.adapters.failpoints import failpoint
from pipeline.flows.desk import Desk
from pipeline.flows.outbox import reword
from pipeline.model import LetterState, NoticeKind, OutgoingLetter, SendResult, SendVerdict

#: A letter that was claimed but never settled becomes unsure after this long (RFC 5321 §4.5.3.2.6 waits ten minutes).
_CLAIM_LASTS = timedelta(minutes=15)
#: So long after a restore every letter is looked for in 已发送 first: what is due now may have left before the loss.
_RESTORE_DOUBTS = timedelta(days=40)
#: After this many tries that ended before the final dot, a person looks at it.
_MOST_TRIES = 8
#: Letters that must not leave at night or on a day off; receipts and the office's own papers may.
_OFFICE_HOURS = frozenset({NoticeKind.OPENING, NoticeKind.REMINDER, NoticeKind.OVERDUE, NoticeKind.ESCALATION})

#: Says whether a letter is still true: ``None`` to drop it, or its subject and bytes as they must be now.
Recheck = Callable[[Desk, OutgoingLetter], tuple[str, bytes] | None]


@dataclass(frozen=True, slots=True)
class Delivered:
    """What one round did."""

    sent: int = 0
    deferred: int = 0
    refused: int = 0
    dropped: int = 0
    unsure: int = 0
    #: Why nothing (more) left, in Chinese; empty when the queue was worked off.
    stopped: str = ""


def deliver(desk: Desk, *, recheck: Recheck, most: int = 1000) -> Delivered:
    """Send what is due, oldest first, until the queue, the day's ceiling or ``most`` is reached."""
    counts: Counter[str] = Counter()
    settle_unsure(desk)
    while sum(counts.values()) < most:
        stopped = _closed(desk)
        if stopped:
            return _tally(counts, stopped)
        letter = _next(desk)
        if letter is None:
            return _tally(counts, "")
        still = recheck(desk, letter)
        if still is None:
            _step(desk, letter, LetterState.DROPPED, only_from=(LetterState.QUEUED,))
            counts["dropped"] += 1
            continue
        if _left_before_restore(desk, letter):
            _step(desk, letter, LetterState.SENT, only_from=(LetterState.QUEUED,))
            counts["dropped"] += 1
            continue
        subject, data = still
        verdict = _send(desk, letter, subject=subject, data=data)
        counts[verdict] += 1
        if verdict == "stopped":
            return _tally(counts, desk.ledger.fact("sending_stopped_because"))
        least, longest = desk.settings.office.pause_seconds
        desk.clock.sleep(desk.pause(least, longest))
    return _tally(counts, "本轮发信数量已到上限，其余下一轮继续。")


def _left_before_restore(desk: Desk, letter: OutgoingLetter) -> bool:
    """Whether a letter left between a backup and the loss that it was restored for: its Message-ID is in 已发送.

    Raises:
        SourceError: the mailbox cannot be asked now; then nothing leaves.
    """
    restored = desk.ledger.fact("restored_at")
    if not restored or letter.queued_at > datetime.fromisoformat(restored) + _RESTORE_DOUBTS:
        return False
    return desk.source.find_sent(letter.message_id)


def settle_unsure(desk: Desk) -> None:
    """Letters whose answer never came: found in 已发送 means sent; otherwise a person decides. Never sent again."""
    now = desk.now()
    for letter in desk.ledger.letters(states=(LetterState.SENDING,)):
        # A claim of this very process is always settled before the next round: what is left over is from a crash.
        _step(desk, letter, LetterState.UNSURE, only_from=(LetterState.SENDING,))
    for letter in desk.ledger.letters(states=(LetterState.UNSURE,)):
        if letter.not_before > now:
            continue
        if desk.source.find_sent(letter.message_id):
            _step(desk, letter, LetterState.SENT, only_from=(LetterState.UNSURE,))
        else:
            # Looked for again later: the provider files its copy with a delay.
            with desk.ledger.atomic():
                desk.ledger.move_letter(
                    letter.key,
                    LetterState.UNSURE,
                    at=now,
                    only_from=(LetterState.UNSURE,),
                    not_before=now + _CLAIM_LASTS,
                )


def _closed(desk: Desk) -> str:
    """Why nothing may leave now: the kill switch, a stop from the server, the day's ceiling."""
    now = desk.now()
    if (desk.home / "STOP").exists():
        return "发现停发文件 STOP：已暂停全部发信。处理完毕后删除该文件即可恢复。"
    if desk.ledger.fact("sending_off"):
        return f"发信处于关闭状态：{desk.ledger.fact('sending_off')}。核对后执行 yuebao outbox resume。"
    until = desk.ledger.fact("sending_stopped_until")
    if until and datetime.fromisoformat(until) > now:
        return desk.ledger.fact("sending_stopped_because")
    office = desk.settings.office
    today = [
        letter
        for letter in desk.ledger.letters(states=(LetterState.SENT, LetterState.UNSURE))
        if letter.settled_at and letter.settled_at.astimezone(now.tzinfo).date() == now.date()
    ]
    if len(today) >= office.daily_limit:
        return f"今日已发 {len(today)} 封，达到每日上限 {office.daily_limit}，其余明日继续。"
    return ""


def _next(desk: Desk) -> OutgoingLetter | None:
    """The oldest letter that may leave at this instant."""
    now = desk.now()
    office = desk.settings.office
    hours = office.send_from <= now.time() <= office.send_until and desk.calendar(now.date()).working
    per_address: Counter[str] = Counter()
    for letter in desk.ledger.letters(states=(LetterState.SENT, LetterState.UNSURE)):
        if letter.settled_at and letter.settled_at.astimezone(now.tzinfo).date() == now.date():
            per_address.update(letter.to)
    for letter in desk.ledger.letters(states=(LetterState.QUEUED,)):
        if letter.not_before > now or (letter.kind in _OFFICE_HOURS and not hours):
            continue
        if letter.unit and any(per_address[address] >= office.per_address_limit for address in letter.to):
            continue
        return desk.ledger.letter(letter.key)
    return None


def _send(desk: Desk, letter: OutgoingLetter, *, subject: str, data: bytes) -> str:
    """Claim, touch the wire, settle; returns what became of it."""
    with desk.ledger.atomic():
        if data != letter.data:
            reword(desk, letter, subject=subject, data=data)
        if not desk.ledger.move_letter(letter.key, LetterState.SENDING, at=desk.now(), only_from=(LetterState.QUEUED,)):
            return "deferred"
        desk.ledger.note("letter.claimed", at=desk.now(), data={"key": letter.key, "message_id": letter.message_id})
    desk.write_journal()
    failpoint("deliver.claimed")
    result = desk.transport.send(data, sender=desk.settings.office.mailbox, recipients=letter.to + letter.copies)
    failpoint("deliver.answered")
    now = desk.now()
    match result.verdict:
        case SendVerdict.ACCEPTED:
            state, outcome = LetterState.SENT, "sent"
        case SendVerdict.UNSURE:
            state, outcome = LetterState.UNSURE, "unsure"
        case SendVerdict.REFUSED:
            state, outcome = LetterState.REFUSED, "refused"
        case SendVerdict.SPAM:
            # The same words again would only harm the account: a person rewords or telephones.
            state, outcome = LetterState.HELD, "refused"
        case SendVerdict.STOP:
            state, outcome = LetterState.QUEUED, "stopped"
        case _:
            state, outcome = (
                (LetterState.QUEUED, "deferred") if letter.attempts + 1 < _MOST_TRIES else (LetterState.HELD, "refused")
            )
    later = now + timedelta(seconds=max(60, result.wait_seconds)) if state == LetterState.QUEUED else None
    with desk.ledger.atomic():
        desk.ledger.move_letter(
            letter.key, state, at=now, only_from=(LetterState.SENDING,), result=result, not_before=later
        )
        if result.verdict == SendVerdict.STOP:
            wait = timedelta(seconds=max(1800, result.wait_seconds))
            desk.ledger.set_fact("sending_stopped_until", (now + wait).isoformat())
            desk.ledger.set_fact("sending_stopped_because", f"邮箱服务器要求停发：{result.because}（{result.code}）")
        desk.ledger.note(f"letter.{state}", at=now, data=_trace(letter, result))
    desk.write_journal()
    failpoint("deliver.settled")
    return outcome


def _step(desk: Desk, letter: OutgoingLetter, state: LetterState, *, only_from: tuple[LetterState, ...]) -> None:
    """Move a letter without touching the wire, and say so in the audit."""
    now = desk.now()
    with desk.ledger.atomic():
        if desk.ledger.move_letter(letter.key, state, at=now, only_from=only_from):
            desk.ledger.note(f"letter.{state}", at=now, data={"key": letter.key, "message_id": letter.message_id})
    desk.write_journal()


def _trace(letter: OutgoingLetter, result: SendResult) -> dict[str, str | int]:
    """What the audit keeps of one try."""
    return {
        "key": letter.key,
        "message_id": letter.message_id,
        "code": result.code,
        "reply": result.reply[:300],
        "because": result.because,
    }


def _tally(counts: Counter[str], stopped: str) -> Delivered:
    """Counts as a value."""
    return Delivered(
        sent=counts["sent"],
        deferred=counts["deferred"],
        refused=counts["refused"],
        dropped=counts["dropped"],
        unsure=counts["unsure"],
        stopped=stopped,
    )
