"""claim | send | settle: letters in the outbox leave, each at most once, in the office's pace."""

from __future__ import annotations

import logging
import sqlite3
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol, runtime_checkable

from pipeline.adapters.failpoints import failpoint
from pipeline.errors import SourceError, YuebaoError
from pipeline.flows import facts
from pipeline.flows.desk import Desk
from pipeline.flows.outbox import reword
from pipeline.model import CHASING, LetterState, NoticeKind, OutgoingLetter, SendResult, SendVerdict

log = logging.getLogger(__name__)

#: Between two looks for an unsure letter in 已发送: the provider files its copy with a delay.
_LOOK_AGAIN = timedelta(minutes=15)
#: After a day of looking once an hour is enough; a person is told all the while.
_LOOK_RARELY = timedelta(hours=1)
#: So long after a restore every letter is looked for in 已发送 first: what is due now may have left before the loss.
_RESTORE_DOUBTS = timedelta(days=40)
#: No back-off is longer than this.
_LONGEST_WAIT = timedelta(days=2)
#: Least seconds between two tries of one letter that a server put off: one quick try more, then ever rarer.
_WAITS = (60, 30 * 60, 3600, 2 * 3600, 4 * 3600)
#: After this many tries that ended before the final dot, a person looks at it: within a day, well before a due day.
_MOST_TRIES = 8
#: Seconds until a queue that reached no server is tried again, by rounds that failed; the last one for ever.
_OFFLINE_WAITS = (5 * 60, 10 * 60, 30 * 60)
#: Rounds in a row that reached no server, in :meth:`Ledger.fact`.
_OFFLINE = "offline_rounds"
#: Addresses that failed for good, in :meth:`Ledger.fact`.
DEAD_ADDRESSES = "dead_addresses"
#: Event: the text of a claimed letter is out.
AT_DOT = "letter.at_dot"
#: Letters that must not leave at night or on a day off; receipts and the office's own papers may.
_OFFICE_HOURS = CHASING | {NoticeKind.OPENING}


@runtime_checkable
class _Announcing(Protocol):
    """A transport that tells when the whole text is out and the final dot is next."""

    before_dot: Callable[[], object] | None


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
    recover(desk)
    settle_unsure(desk)
    while sum(counts.values()) < most:
        today = _left_today(desk)
        stopped = "服务正在停止，其余的信下次启动后继续。" if desk.stopping else _closed(desk, left=len(today))
        if stopped:
            return _tally(counts, stopped)
        letter = _next(desk, today)
        if letter is None:
            return _tally(counts, "")
        try:
            still = recheck(desk, letter)
        except (YuebaoError, OSError, sqlite3.Error):
            raise
        except Exception:  # one letter's trouble stops nobody else: it waits for a person
            log.exception("letter %s could not be looked at again", letter.key)
            _step(desk, letter, LetterState.HELD, only_from=(LetterState.QUEUED,), because="发送前复核时出错")
            counts["refused"] += 1
            continue
        failpoint("deliver.rechecked")
        if still is None:
            _step(desk, letter, LetterState.DROPPED, only_from=(LetterState.QUEUED,))
            counts["dropped"] += 1
            continue
        try:
            left = _left_before_restore(desk, letter)
        except SourceError as error:
            return _tally(counts, f"恢复备份后，发信前要先在“已发送”中核对，而邮箱此刻读不了：{error.message}")
        if left:
            because = "在邮箱中见到本封（Message-ID 相同），恢复备份之前已发出"
            _step(desk, letter, LetterState.SENT, only_from=(LetterState.QUEUED,), because=because)
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


def recover(desk: Desk) -> None:
    """Letters that a crash left claimed: before the final dot nobody has them (again); behind it nobody knows (unsure).

    Only for the process that holds the home's lock. Its own claims are always settled before the next round, so
    that what is still claimed here is from a process that died.
    """
    for letter in desk.ledger.letters(states=(LetterState.SENDING,)):
        if desk.ledger.at_dot(letter.key):
            because = "上次运行在等待服务器答复时中断，不知道是否送达"
            _step(desk, letter, LetterState.UNSURE, only_from=(LetterState.SENDING,), because=because)
        else:
            because = "上次运行在正文发完之前中断，信没有发出，重新排队"
            _step(desk, letter, LetterState.QUEUED, only_from=(LetterState.SENDING,), because=because)
        failpoint("deliver.recovered")


def settle_unsure(desk: Desk) -> None:
    """Letters whose answer never came: found in 已发送 means sent; otherwise a person decides. Never sent again."""
    now = desk.now()
    for letter in desk.ledger.letters(states=(LetterState.UNSURE,)):
        # A clock that was set back must not keep it from being looked for.
        if now < letter.not_before <= now + _LOOK_RARELY:
            continue
        try:
            found = desk.source.find_sent(letter.message_id)
        except SourceError as error:
            # The mailbox cannot be read: the letter stays unsure, and nothing else waits for it.
            log.warning("已发送暂时不能核对：%s", error.message)
            return
        failpoint("deliver.looked")
        if found:
            because = "在邮箱中见到本封（Message-ID 相同）"
            _step(desk, letter, LetterState.SENT, only_from=(LetterState.UNSURE,), because=because)
            continue
        since = letter.settled_at or now
        wait = _LOOK_AGAIN if now - since < timedelta(days=1) else _LOOK_RARELY
        with desk.ledger.atomic():
            desk.ledger.look_again(letter.key, not_before=now + wait)


def _closed(desk: Desk, *, left: int) -> str:
    """Why nothing may leave now: the kill switch, a stop from the server, the day's ceiling."""
    now = desk.now()
    if (desk.home / "STOP").exists():
        return "发现停发文件 STOP：已暂停全部发信。处理完毕后删除该文件即可恢复。"
    if desk.ledger.fact("sending_off"):
        return f"发信处于关闭状态：{desk.ledger.fact('sending_off')}。核对后执行 yuebao outbox resume。"
    until = desk.ledger.fact("sending_stopped_until")
    # As for a single letter: a clock that was set back must not stop the queue for weeks.
    if until and now < datetime.fromisoformat(until) <= now + _LONGEST_WAIT:
        return desk.ledger.fact("sending_stopped_because")
    office = desk.settings.office
    if left >= office.daily_limit:
        return f"今日已发 {left} 封，达到每日上限 {office.daily_limit}，其余明日继续。"
    return ""


def _left_today(desk: Desk) -> tuple[tuple[str, ...], ...]:
    """Receivers of each letter that left, or may have left, on this day of the office."""
    midnight = desk.now().replace(hour=0, minute=0, second=0, microsecond=0)
    return desk.ledger.addressed(since=midnight, before=midnight + timedelta(days=1))


def _next(desk: Desk, today: tuple[tuple[str, ...], ...]) -> OutgoingLetter | None:
    """The oldest letter that may leave at this instant."""
    now = desk.now()
    office = desk.settings.office
    hours = office.send_from <= now.time() <= office.send_until and desk.calendar(now.date()).working
    doubted = facts.unread(desk) and not facts.trusted(desk, at=now)
    per_address = Counter(address for receivers in today for address in receivers)
    for letter in desk.ledger.letters(states=(LetterState.QUEUED,)):
        # A wait of days was counted by a clock that was set back since: no back-off is longer than a day.
        if now < letter.not_before <= now + _LONGEST_WAIT or (letter.kind in _OFFICE_HOURS and not hours):
            continue
        if letter.kind in CHASING and doubted:
            # Its report may have come since it was queued.
            continue
        # Questions go to the office itself: how many there may be in a day is settled where they are written.
        if (
            letter.unit
            and letter.kind != NoticeKind.QUESTION
            and any(per_address[address] >= office.per_address_limit for address in letter.to)
        ):
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
        failpoint("deliver.claiming")
    desk.write_journal()
    failpoint("deliver.claimed")
    result = _on_the_wire(desk, letter, data)
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
        case SendVerdict.STOP | SendVerdict.OFFLINE:
            state, outcome = LetterState.QUEUED, "stopped"
        case _:
            state, outcome = (
                (LetterState.QUEUED, "deferred") if letter.attempts + 1 < _MOST_TRIES else (LetterState.HELD, "refused")
            )
    offline = result.verdict == SendVerdict.OFFLINE
    later = now if offline else _not_before(letter, result, now) if state == LetterState.QUEUED else None
    with desk.ledger.atomic():
        desk.ledger.move_letter(
            letter.key, state, at=now, only_from=(LetterState.SENDING,), result=result, not_before=later,
            counts=not offline,
        )  # fmt: skip
        _bury(desk, result)
        if result.verdict == SendVerdict.STOP:
            wait = timedelta(seconds=max(1800, result.wait_seconds))
            desk.ledger.set_fact("sending_stopped_until", (now + wait).isoformat())
            desk.ledger.set_fact("sending_stopped_because", f"邮箱服务器要求停发：{result.because}（{result.code}）")
        _wait_for_the_network(desk, result)
        desk.ledger.note(f"letter.{state}", at=now, data=_trace(letter, result))
        failpoint("deliver.settling")
    failpoint("deliver.settled")
    desk.write_journal()
    failpoint("deliver.journaled")
    return outcome


def _not_before(letter: OutgoingLetter, result: SendResult, now: datetime) -> datetime:
    """When a letter that was put off may be tried again: as the server says, and the rarer the more often it was."""
    least = _WAITS[min(letter.attempts, len(_WAITS) - 1)]
    return now + timedelta(seconds=max(least, result.wait_seconds))


def _wait_for_the_network(desk: Desk, result: SendResult) -> None:
    """Let the whole queue wait where no server could be spoken to, be it for a week; call it inside a transaction."""
    rounds = int(desk.ledger.fact(_OFFLINE, "0"))
    if result.verdict != SendVerdict.OFFLINE:
        if rounds:
            desk.ledger.set_fact(_OFFLINE, "0")
        return
    wait = timedelta(seconds=_OFFLINE_WAITS[min(rounds, len(_OFFLINE_WAITS) - 1)])
    desk.ledger.set_fact(_OFFLINE, str(rounds + 1))
    desk.ledger.set_fact("sending_stopped_until", (desk.now() + wait).isoformat())
    desk.ledger.set_fact("sending_stopped_because", f"{result.because}其余的信一起等待。")


def _on_the_wire(desk: Desk, letter: OutgoingLetter, data: bytes) -> SendResult:
    """Hand a claimed letter over; that its text is out is on the disk before the final dot is."""

    def text_is_out() -> None:
        with desk.ledger.atomic():
            desk.ledger.mark_at_dot(letter.key)
            desk.ledger.note(AT_DOT, at=desk.now(), data={"key": letter.key})
        failpoint("deliver.at_dot")
        desk.write_journal()
        failpoint("deliver.at_dot_journaled")

    transport = desk.transport
    announced = isinstance(transport, _Announcing)
    if isinstance(transport, _Announcing):
        transport.before_dot = text_is_out
    else:
        # A transport that cannot tell: from the claim on nobody knows.
        text_is_out()
    try:
        return transport.send(
            data,
            sender=desk.settings.office.mailbox,
            recipients=letter.to + letter.copies,
            attempts=letter.attempts,
        )
    finally:
        if announced and isinstance(transport, _Announcing):
            transport.before_dot = None


def _bury(desk: Desk, result: SendResult) -> None:
    """Remember addresses that a server refused for good: the next letter goes to the unit's next contact."""
    for address in result.refused:
        bury(desk, address, because=f"发信时被拒收：{result.because}")


def bury(desk: Desk, address: str, *, because: str) -> None:
    """Remember that an address is dead, in the audit too; call it inside a transaction."""
    dead = desk.ledger.fact(DEAD_ADDRESSES).split()
    if address in dead or not address or address == desk.settings.office.mailbox:
        return
    desk.ledger.set_fact(DEAD_ADDRESSES, " ".join((*dead, address)))
    desk.ledger.note("address.dead", at=desk.now(), data={"address": address, "because": because[:300]})


def revive(desk: Desk, address: str) -> None:
    """An address that was given up lives when a mail comes from it; call it inside a transaction."""
    dead = desk.ledger.fact(DEAD_ADDRESSES).split()
    if address not in dead:
        return
    desk.ledger.set_fact(DEAD_ADDRESSES, " ".join(one for one in dead if one != address))
    desk.ledger.note("address.alive", at=desk.now(), data={"address": address})


def _step(
    desk: Desk, letter: OutgoingLetter, state: LetterState, *, only_from: tuple[LetterState, ...], because: str = ""
) -> None:
    """Move a letter without touching the wire, and say so in the audit."""
    now = desk.now()
    with desk.ledger.atomic():
        if desk.ledger.move_letter(letter.key, state, at=now, only_from=only_from):
            data = {"key": letter.key, "message_id": letter.message_id, "because": because}
            desk.ledger.note(f"letter.{state}", at=now, data=data)
    failpoint("deliver.stepped")
    desk.write_journal()


def _trace(letter: OutgoingLetter, result: SendResult) -> dict[str, str | int | bool | list[str]]:
    """What the audit keeps of one try."""
    return {
        "refused": list(result.refused),
        "key": letter.key,
        "message_id": letter.message_id,
        "code": result.code,
        "reply": result.reply[:300],
        "because": result.because,
        "offline": result.verdict == SendVerdict.OFFLINE,
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
