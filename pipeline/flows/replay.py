"""archive + config + decisions -> the same ledger: rebuild it from what cannot be lost, or prove that it still agrees.

The archive gives the mails with the time of their receipt, the journal gives what people decided and what left the
house. No letter is composed here: what was queued comes back with its frozen bytes, and sending stays off until a
person has looked.
"""

from __future__ import annotations

import base64
import difflib
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from pipeline.adapters.durable import sync_folder
from pipeline.adapters.failpoints import failpoint
from pipeline.adapters.journal import Journal
from pipeline.adapters.ledger.ledger import Ledger
from pipeline.errors import LedgerDamaged
from pipeline.flows.anew import refile
from pipeline.flows.deliver import AT_DOT, DEAD_ADDRESSES
from pipeline.flows.desk import Desk
from pipeline.flows.ingest import file_archived
from pipeline.flows.outbox import from_event
from pipeline.model import Action, Decision, LetterState

log = logging.getLogger(__name__)

#: Files of one SQLite database.
_SUFFIXES = ("", "-wal", "-shm", "-journal")
#: Events that move a letter: ``letter.<state>``.
_LETTER = "letter."


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a replay found."""

    mails: int
    decisions: int
    letters: int
    #: Lines in which the rebuilt ledger differs from the one in use; empty: they are the same.
    differences: tuple[str, ...] = ()


def rebuild(desk: Desk, path: Path | None) -> tuple[Ledger, Replayed]:
    """A new ledger at ``path`` (``None``: in memory) from archive, configuration and journal."""
    ledger = Ledger(path)
    # What is read again was told when it happened: the journal is read here, and nothing is written to it.
    other = replace(desk, ledger=ledger, journal=_ReadOnly(desk.journal.path))
    decisions = letters = 0
    filed: set[str] = set()
    with ledger.atomic():
        for entry in desk.journal.entries():
            if entry.kind == "service.first_poll":
                ledger.set_fact("born", entry.at)
            elif entry.kind == "mail.filed":
                filed.add(entry.data["digest"])
            elif entry.kind in ("address.dead", "address.alive"):
                _address(ledger, entry.data["address"], dead=entry.kind == "address.dead")
            elif entry.kind == "decision":
                decisions += ledger.add_decision(_decision(entry.data))
            elif entry.kind == "letter.composed":
                letters += ledger.enqueue(from_event(entry.data))
            elif entry.kind.startswith(_LETTER):
                _move(ledger, entry.kind.removeprefix(_LETTER), entry.data, datetime.fromisoformat(entry.at))
        ledger.continue_events_after(desk.journal.last_seq)
    failpoint("replay.events_repeated")
    # A mail that was archived and never filed is new: the next round files it, and answers it.
    file_archived(other, answer=False, only=frozenset(filed) or None)
    failpoint("replay.mails_filed")
    messages = ledger.messages()
    if decisions and messages:
        refile(other, since=messages[0].received_at)
    with ledger.atomic():
        # The next event follows the journal's last line: a number left out would look like a line cut away.
        ledger.forget_events(after=desk.journal.last_seq)
    return ledger, Replayed(mails=len(messages), decisions=decisions, letters=letters)


def sound(make: Callable[[], Desk], ledger: Path) -> Desk:
    """A desk whose ledger holds: one that is damaged, or behind its journal, is set aside and rebuilt.

    Behind its journal is a ledger that lost what it had committed: cut off, its WAL deleted, an old copy put back,
    or gone. Working on with it would send letters again that have left. After a rebuild sending stays off until a
    person has looked (``yuebao outbox resume``), and then each letter is first looked for in 已发送.

    Args:
        make: Makes the desk; called again after a damaged ledger was set aside.
        ledger: The ledger's file.

    Raises:
        LedgerError: the ledger is locked, somebody else's or newer, or the journal is damaged too.
    """
    because = ""
    try:
        desk = make()
    except LedgerDamaged as error:
        because = "台账文件损坏"
        log.warning("%s", error.message)
        set_aside(ledger)
        desk = make()
    try:
        if desk.journal.last_seq <= desk.ledger.last_event:
            return desk
        mend(desk, ledger, because=because or "台账文件缺失或比日志旧")
    except BaseException:
        desk.ledger.close()
        raise
    return desk


def mend(desk: Desk, path: Path, *, because: str) -> Replayed:
    """Put a ledger rebuilt from archive and journal in place of the one at ``path``, which is kept aside."""
    fresh = path.with_name(f"{path.stem}.rebuilt{path.suffix}")
    for suffix in _SUFFIXES:
        Path(f"{fresh}{suffix}").unlink(missing_ok=True)
    desk.say(f"{because}，正在由存档和日志重建台账……")
    ledger, result = rebuild(desk, fresh)
    now = desk.now()
    with ledger.atomic():
        ledger.set_fact("sending_off", f"{because}，已由存档和日志重建。请核对 yuebao status 与 yuebao outbox list")
        ledger.set_fact("restored_at", now.isoformat())
        ledger.note("ledger.rebuilt", at=now, data={"because": because, "mails": result.mails})
    ledger.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    ledger.close()
    failpoint("replay.rebuilt")
    desk.ledger.close()
    failpoint("replay.closed")
    set_aside(path)
    failpoint("replay.set_aside")
    fresh.rename(path)
    failpoint("replay.in_place")
    sync_folder(path.parent)
    desk.ledger = Ledger(path)
    desk.write_journal()
    return result


def set_aside(path: Path) -> None:
    """Rename a ledger and its side files to ``ledger.damaged-N.db``; nothing is ever deleted."""
    number = 1
    while (kept := path.with_name(f"{path.stem}.damaged-{number}{path.suffix}")).exists():
        number += 1
    for suffix in _SUFFIXES[::-1]:
        # The main file last: killed in between, the next start still finds it and sets it aside anew.
        old = Path(f"{path}{suffix}")
        if old.exists():
            failpoint("replay.setting_aside")
            old.rename(f"{kept}{suffix}")
    sync_folder(path.parent)


class _ReadOnly(Journal):
    """A journal to which nothing is added."""

    def append(self, events: tuple[tuple[int, str, str, dict[str, Any]], ...]) -> None:
        """Leave it as it is."""


def check(desk: Desk) -> Replayed:
    """Rebuild beside the ledger in use and compare the two."""
    desk.write_journal()
    ledger, result = rebuild(desk, None)
    now, again = desk.ledger.dump().splitlines(), ledger.dump().splitlines()
    ledger.close()
    differences = tuple(
        line[:400]
        for line in difflib.unified_diff(now, again, "在用台账", "重建台账", lineterm="", n=0)
        if not line.startswith(("---", "+++", "@@"))
    )
    return replace(result, differences=differences)


def _decision(data: dict[str, Any]) -> Decision:
    """A decision as the journal keeps it → the value."""
    return Decision(
        at=datetime.fromisoformat(data["at"]),
        action=Action(data["action"]),
        digest=data["digest"],
        question=data["question"],
        place=data["place"],
        value=data["value"],
        unit=data["unit"],
        period=data["period"],
        by=data["by"],
        note=data["note"],
    )


def _move(ledger: Ledger, state: str, data: dict[str, Any], at: datetime) -> None:
    """Repeat one step of a letter's life; states that this version does not know are passed over."""
    if f"{_LETTER}{state}" == AT_DOT:
        ledger.mark_at_dot(data["key"])
        return
    if state == "reworded":
        ledger.replace_bytes(data["key"], data=base64.b64decode(data["data"]), subject=data["subject"])
        return
    if state != "claimed" and state not in tuple(LetterState):
        return
    target = LetterState.SENDING if state == "claimed" else LetterState(state)
    ledger.move_letter(data["key"], target, at=at, only_from=tuple(LetterState), counts=not data.get("offline"))


def _address(ledger: Ledger, address: str, *, dead: bool) -> None:
    """Repeat what became known of an address."""
    known = [one for one in ledger.fact(DEAD_ADDRESSES).split() if one != address]
    ledger.set_fact(DEAD_ADDRESSES, " ".join((*known, address) if dead else known))
