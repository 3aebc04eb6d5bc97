"""journal + ledger + archive -> what was altered, cut off or lost since it was written; and the journal made whole.

The chain of the journal finds a line that was altered or taken out, and cannot see that its end is missing. The
ledger holds the same events: what it handed over and the journal no longer has was cut off, and is written again.
"""

from __future__ import annotations

import logging

from pipeline.adapters.journal import Journal
from pipeline.adapters.ledger.ledger import Ledger
from pipeline.errors import YuebaoError
from pipeline.flows.desk import Desk

log = logging.getLogger(__name__)

#: When the journal was last found cut off, in :meth:`Ledger.fact`.
CUT = "journal_cut"
#: What the nightly look found wrong with it; empty when nothing was.
TROUBLE = "journal_trouble"


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


def troubles(desk: Desk) -> tuple[str, ...]:
    """All that is wrong with the audit, in Chinese with the line; empty when nothing was altered."""
    try:
        found = [f"日志第 {trouble.line} 行：{trouble.message}。" for trouble in desk.journal.verify()]
        found += [f"日志第 {line} 行：与台账里的同一条记录不同，其中一份被改动。" for line in _unlike(desk)]
        missing = lost(desk.ledger, desk.journal)
    except YuebaoError as error:
        return (error.message,)
    if missing:
        found.append(f"日志{cut_off(missing)}")
    return tuple(found)


def _unlike(desk: Desk) -> tuple[int, ...]:
    """Lines that say something else than the ledger does of the same event, though the chain was mended over them."""
    found = []
    known = desk.ledger.journaled()
    held = next(known, None)
    for line, entry in enumerate(desk.journal.entries(), 1):
        while held is not None and held[0] < entry.seq:
            held = next(known, None)
        if held is not None and held[0] == entry.seq and held[1:] != (entry.at, entry.kind, entry.data):
            found.append(line)
    return tuple(found)
