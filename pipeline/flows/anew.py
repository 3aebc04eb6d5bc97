"""What mails say → what they mean now: under another configuration or program all of them are understood anew.

The ledger says what is true *now*. With thousands of mails that takes minutes: it is done in order of receipt, in short
transactions, and for no longer than a part of each round, so that the rest of the round (new mails, letters) goes on.
How far it has come stands in the ledger: a kill loses at most the transaction in hand. No file is opened, nobody is
answered.
"""

from __future__ import annotations

import hashlib
import json
import logging
import sqlite3
from dataclasses import replace
from datetime import datetime, timedelta

from pipeline.adapters import codec
from pipeline.adapters.guard import FAILED, unread
from pipeline.adapters.kept import program_version
from pipeline.adapters.ledger.ledger import StoredMessage
from pipeline.errors import YuebaoError
from pipeline.flows import facts
from pipeline.flows.desk import Desk
from pipeline.model import Filing, Knowledge, Opened, Settings

log = logging.getLogger(__name__)

#: Seconds of one round, and of one transaction.
_ROUND, _BREATH = 180.0, 1.0
#: Facts: the configuration and the program in force; what of the configuration a mail's meaning follows from; and,
#: while mails are understood anew, how far that has come.
_CONFIG, _READER, _MEANING, _REACHED = "config", "reader", "meaning", "anew"


def follow_configuration(desk: Desk) -> int:
    """After an edit of config/, or under another program, understand the mails anew, as far as this round allows.

    Returns:
        How many mails still wait.
    """
    digest, reader = desk.settings.digest, program_version()
    if desk.ledger.fact(_CONFIG) != digest or desk.ledger.fact(_READER) != reader:
        _begin(desk, digest, reader)
    return _go_on(desk)


def left(desk: Desk) -> int:
    """How many mails still wait to be understood under the configuration of now."""
    reached = desk.ledger.fact(_REACHED)
    return len(_waiting(desk, json.loads(reached)["after"])) if reached else 0


def said(waiting: int) -> str:
    """The same for people."""
    return f"配置或程序有改动，正在按新的重新读懂已收邮件：还有 {waiting} 封，其他工作照常进行"


def rewind(desk: Desk, *, since: datetime) -> bool:
    """Have what is under way take the mails from an instant on once more; False when nothing is under way."""
    found = desk.ledger.fact(_REACHED)
    if not found:
        return False
    state = json.loads(found)
    if state["after"]:
        before = min(datetime.fromisoformat(state["after"][0]), since - timedelta(microseconds=1))
        with desk.ledger.atomic():
            desk.ledger.set_fact(_REACHED, json.dumps(state | {"after": [before.isoformat(), "~"]}))
    return True


def _begin(desk: Desk, digest: str, reader: str) -> None:
    """Put configuration and program in force; whatever was under way for others begins from the first mail."""
    meaning = _meaning(desk.settings)
    same = (
        desk.ledger.fact(_READER) == reader and desk.ledger.fact(_MEANING) == meaning and not desk.ledger.fact(_REACHED)
    )
    with desk.ledger.atomic():
        desk.ledger.set_fact(_CONFIG, digest)
        desk.ledger.set_fact(_READER, reader)
        desk.ledger.set_fact(_MEANING, meaning)
        if same:
            # Another hour of sending, another server: no mail means anything else by it.
            desk.ledger.hold_under(digest)
            desk.ledger.note("config.in_force", at=desk.now(), data={"digest": digest, "changed": 0})
        else:
            desk.ledger.set_fact(_REACHED, json.dumps({"after": None, "changed": 0}))


def _meaning(settings: Settings) -> str:
    """A name for all of the configuration that :func:`read_mail` leans on."""
    known = facts.knowledge_of(settings, at=datetime.fromisoformat("2000-01-01T00:00:00+00:00"))
    whole = codec.dump(replace(known, plan=settings.plan), Knowledge)
    return hashlib.sha256(f"{settings.office.timezone} {whole}".encode()).hexdigest()[:32]


def _go_on(desk: Desk) -> int:
    """Understand the next mails anew, transaction by transaction; returns how many are left."""
    found = desk.ledger.fact(_REACHED)
    if not found:
        return 0
    state = json.loads(found)
    waiting = _waiting(desk, state["after"])
    end = desk.stopwatch() + _ROUND
    done = 0
    while done < len(waiting) and not desk.stopping and (not done or desk.stopwatch() < end):
        breath = desk.stopwatch() + _BREATH
        with desk.ledger.atomic():
            for message in waiting[done:]:
                state["changed"] += _file_anew(desk, message, rewrite=True)
                state["after"] = [message.received_at.isoformat(), message.digest]
                done += 1
                if desk.stopwatch() >= breath:
                    break
            desk.ledger.set_fact(_REACHED, json.dumps(state))
        desk.say(f"重新读懂 {done}/{len(waiting)}")
    if done == len(waiting):
        digest = desk.ledger.fact(_CONFIG)
        with desk.ledger.atomic():
            desk.ledger.set_fact(_REACHED, "")
            desk.ledger.note("config.in_force", at=desk.now(), data={"digest": digest, "changed": state["changed"]})
    return len(waiting) - done


def _waiting(desk: Desk, after: list[str] | None) -> tuple[StoredMessage, ...]:
    """The mails behind a place of the row, in order of receipt."""
    if after is None:
        return desk.ledger.messages()
    received, digest = datetime.fromisoformat(after[0]), after[1]
    found = desk.ledger.messages(since=received)
    return tuple(one for one in found if (one.received_at, one.digest) > (received, digest))


def read_mail(desk: Desk, message: StoredMessage, opened: Opened) -> Filing:
    """What a mail means with what the office knew when it arrived; a failure of the reading is a question.

    That it is a report after all, the office may have said since.
    """
    known = facts.knowledge(desk, until=message.received_at)
    lessons = (*known.memory.lessons, *facts.said_to_be(desk, message.digest))
    try:
        return desk.understand(
            opened,
            received_at=message.received_at.astimezone(desk.now().tzinfo),
            screening=message.screening,
            knowledge=replace(known, memory=replace(known.memory, lessons=lessons)),
        )
    except (YuebaoError, OSError, sqlite3.Error):
        raise
    except Exception:  # the one boundary: a mistake in reading one mail must not stop the others
        log.exception("mail %s could not be understood", message.digest)
        return unread(message.digest, FAILED)


def refile(desk: Desk, *, since: datetime, but: frozenset[str] = frozenset()) -> None:
    """Understand again, from what their files said, the mails received from an instant on."""
    for message in desk.ledger.messages(since=since):
        if message.digest not in but:
            _file_anew(desk, message)


def _file_anew(desk: Desk, message: StoredMessage, *, rewrite: bool = False) -> bool:
    """Understand one mail again; returns whether it means something else now.

    With ``rewrite`` it is written in any case: it holds under the configuration of now, and a later release spells
    more fields out.
    """
    before = desk.ledger.filing(message.digest)
    after = read_mail(desk, message, desk.ledger.opened(message.digest))
    if rewrite or after != before:
        desk.ledger.put_filing(after, config=desk.settings.digest)
    return after != before
