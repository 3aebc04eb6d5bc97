"""journal + ledger + archive -> what was altered, cut off or lost since it was written; and the journal made whole.

The chain of the journal finds a line that was altered or taken out, and cannot see that its end is missing. The
ledger holds the same events: what it handed over and the journal no longer has was cut off, and is written again.
"""

from __future__ import annotations

import json
import logging
from dataclasses import asdict, dataclass
from datetime import date, timedelta

from pipeline.adapters.journal import Journal, Place
from pipeline.adapters.ledger.ledger import Ledger
from pipeline.errors import YuebaoError
from pipeline.flows.desk import Desk

log = logging.getLogger(__name__)

#: When the journal was last found cut off, in :meth:`Ledger.fact`.
CUT = "journal_cut"
#: What the nightly look found wrong with it; empty when nothing was.
TROUBLE = "journal_trouble"
#: Facts: the last line of the journal as it was last found whole, and the day of the last look from its beginning.
SOUND, WHOLE_ON = "journal_sound", "journal_whole_on"
#: What was altered before that line, and fits it, waits so long to be found by itself.
_WHOLE_EVERY = timedelta(days=28)


def lost(ledger: Ledger, journal: Journal) -> int:
    """How many lines the journal's end lacks of what the ledger handed over to it."""
    # In this order: a service at work writes the line first and says so after.
    handed_over = ledger.last_journaled()
    return max(0, handed_over - journal.last_seq)


def cut_off(missing: int) -> str:
    """What is said of a journal without its end."""
    return f"末尾少了约 {missing} 行：文件被截短或换成了旧的。台账里还有，服务下一轮自动补写；请查明是谁动过它。"


def mend(desk: Desk) -> None:
    """Write lines that were cut off into the journal again, and that it was so; only for the writer.

    Without them the ledger, once damaged, would be rebuilt without letters that have left.
    """
    missing = lost(desk.ledger, desk.journal)
    if not missing:
        return
    last = desk.journal.last_seq
    with desk.ledger.atomic():
        whole = desk.ledger.hand_over_again(after=last)
        desk.ledger.note("journal.cut", at=desk.now(), data={"after": last, "lines": missing, "mended": whole})
        desk.ledger.set_fact(CUT, desk.now().isoformat())
    log.warning("the journal lacked its last %s lines, written again: %s", missing, whole)
    desk.write_journal()


@dataclass(frozen=True, slots=True)
class Looked:
    """What one way along the journal found."""

    #: All that is wrong, in Chinese with the line; empty when nothing was altered.
    troubles: tuple[str, ...]
    #: The last line that was met.
    last: Place
    #: Whether the way began at the beginning.
    whole: bool


def troubles(desk: Desk) -> tuple[str, ...]:
    """All that is wrong with the audit, in Chinese with the line; empty when nothing was altered. Reads all of it."""
    return _look(desk, known=_known(desk), after=Place()).troubles


def nightly(desk: Desk) -> Looked:
    """As :func:`troubles`, going on where the last look ended; in four weeks, and on doubt, from the beginning."""
    known = _known(desk)
    whole_on = desk.ledger.fact(WHOLE_ON)
    # A day that has not come yet was written under a wrong clock.
    lately = bool(whole_on) and timedelta(0) <= desk.now().date() - date.fromisoformat(whole_on) < _WHOLE_EVERY
    on = lately and not desk.ledger.fact(TROUBLE) and desk.journal.holds(known)
    return _look(desk, known=known, after=known if on else Place())


def remember(desk: Desk, looked: Looked) -> None:
    """Take down what a look found; belongs into a transaction.

    Only a journal without fault moves the line from which the next look goes on: while there is one, each look is
    whole and finds it again, and what the journal was before stays known.
    """
    desk.ledger.set_fact(TROUBLE, "".join(looked.troubles[:3]))
    if looked.troubles:
        return
    desk.ledger.set_fact(SOUND, json.dumps(asdict(looked.last)))
    if looked.whole:
        desk.ledger.set_fact(WHOLE_ON, desk.now().date().isoformat())


def _known(desk: Desk) -> Place:
    """The last line of the journal as it was last found whole; the beginning where it never was."""
    kept = desk.ledger.fact(SOUND)
    return Place(**json.loads(kept)) if kept else Place()


def _look(desk: Desk, *, known: Place, after: Place) -> Looked:
    """One way along the journal beside the ledger.

    A line may say something else than the ledger does of the same event though the chain was mended over it, and both
    may have been rewritten to agree: then the line that was known is another one.
    """
    found, last = [], after
    events = desk.ledger.journaled(after=after.seq)
    held = next(events, None)
    try:
        for met in desk.journal.follow(after):
            found += [f"日志第 {trouble.line} 行：{trouble.message}。" for trouble in met.troubles]
            entry, last = met.entry, met.place
            while held is not None and held[0] < entry.seq:
                held = next(events, None)
            if held is not None and held[0] == entry.seq and held[1:] != (entry.at, entry.kind, entry.data):
                found.append(f"日志第 {last.line} 行：与台账里的同一条记录不同，其中一份被改动。")
            elif last.line == known.line and (last.seq, last.hash) != (known.seq, known.hash) and not found:
                found.append(f"日志第 {last.line} 行：与上次核对时不是同一行，这一行或之前的记录被整体改写过。")
        missing = lost(desk.ledger, desk.journal)
    except YuebaoError as error:
        return Looked((*found, error.message), last, whole=not after.line)
    if missing:
        found.append(f"日志{cut_off(missing)}")
    elif last.line < known.line and not found:
        found.append(f"日志只有 {last.line} 行，上次核对时有 {known.line} 行：末尾被截去，台账里也没有。")
    return Looked(tuple(found), last, whole=not after.line)
