"""archive + config + decisions -> the same ledger: rebuild it from what cannot be lost, or prove that it still agrees.

The archive gives the mails with the time of their receipt, the journal gives what people decided and what left the
house. No letter is composed here: what was queued comes back with its frozen bytes, and sending stays off until a
person has looked.
"""

from __future__ import annotations

import base64
import difflib
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from pipeline.adapters.ledger.ledger import Ledger
from pipeline.flows.desk import Desk
from pipeline.flows.ingest import file_archived, refile
from pipeline.flows.outbox import from_event
from pipeline.model import Action, Decision, LetterState

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
    other = replace(desk, ledger=ledger)
    decisions = letters = 0
    with ledger.atomic():
        for entry in desk.journal.entries():
            if entry.kind == "service.first_poll":
                ledger.set_fact("born", entry.at)
            elif entry.kind == "decision":
                decisions += ledger.add_decision(_decision(entry.data))
            elif entry.kind == "letter.composed":
                letters += ledger.enqueue(from_event(entry.data))
            elif entry.kind.startswith(_LETTER):
                _move(ledger, entry.kind.removeprefix(_LETTER), entry.data, datetime.fromisoformat(entry.at))
        ledger.continue_events_after(desk.journal.last_seq)
    file_archived(other, answer=False)
    messages = ledger.messages()
    if decisions and messages:
        refile(other, since=messages[0].received_at)
    return ledger, Replayed(mails=len(messages), decisions=decisions, letters=letters)


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
    """Repeat one step of a letter's life; a claim without an answer stays unsure."""
    if state == "reworded":
        ledger.replace_bytes(data["key"], data=base64.b64decode(data["data"]), subject=data["subject"])
        return
    target = LetterState.SENDING if state == "claimed" else LetterState(state)
    ledger.move_letter(data["key"], target, at=at, only_from=tuple(LetterState))
