"""Signs of whose report a mail is → the unit, where they are enough and no other comes near.

An address is strong but not the last word: a mailbox may report for another unit (代报), and then the report's own
title and signature say so.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date

from pipeline.model import Clue, Knowledge, Letter
from pipeline.understanding.carriers import Mail
from pipeline.understanding.names import names_of
from pipeline.understanding.papers import Paper
from pipeline.understanding.signs import CLUES, Sight, owners_of, reports_for

#: A unit needs this much evidence, and so much more than the runner-up.
ENOUGH = 2.0
GAP = 1.5
#: Evidence from which a unit is at least worth suggesting.
WORTH = 0.8


@dataclass(frozen=True, slots=True)
class Identity:
    """Whose mail it is, and how that is known."""

    #: ``None`` where the evidence is too weak or two units are too close.
    unit: str | None
    #: Units by evidence, best first, with their sums.
    ranking: tuple[tuple[str, float], ...]
    clues: tuple[Clue, ...]
    #: The sender's address is registered for the unit, or was confirmed for it.
    known: bool
    #: Units for which the address may speak.
    speaks_for: tuple[str, ...]
    #: A listed address says in its own words that it reports for ``unit`` (代报).
    entrusted: bool = False


def identify(mail: Mail, *, day: date, knowledge: Knowledge, papers: tuple[Paper, ...]) -> Identity:
    """Weigh all evidence on the unit.

    Args:
        mail: The mail, sorted.
        day: Day of receipt: names are read as they were valid then.
        knowledge: Units, memory, letters sent.
        papers: Papers that speak for the sender.
    """
    sight = Sight(mail, knowledge, names_of(knowledge, day), papers, day)
    clues = [clue for collector in CLUES for clue in sight.said(collector.gather)]
    sums: dict[str, float] = defaultdict(float)
    for clue in clues:
        sums[clue.value] += clue.weight
    ranking = tuple(sorted(sums.items(), key=lambda pair: (-pair[1], pair[0])))
    unit = None
    if ranking and ranking[0][1] >= ENOUGH and (len(ranking) == 1 or ranking[0][1] - ranking[1][1] >= GAP):
        unit = ranking[0][0]
    sender = mail.opened.letter.sender
    speaks_for = tuple(owner for owner, _ in owners_of(sender.addr, knowledge)) if sender else ()
    ordered = tuple(sorted(clues, key=lambda clue: -clue.weight))
    entrusted = bool(speaks_for) and unit is not None and unit not in speaks_for and reports_for(sight) == unit
    return Identity(unit, ranking, ordered, unit is not None and unit in speaks_for, speaks_for, entrusted)


def of_sender(letter: Letter, knowledge: Knowledge) -> tuple[str | None, tuple[Clue, ...]]:
    """The unit by the address alone: for automatic mail, whose words are nobody's."""
    if letter.sender is None:
        return None, ()
    owners = owners_of(letter.sender.addr, knowledge)
    clues = tuple(Clue(unit, 4.5, because) for unit, because in owners)
    return (owners[0][0], clues) if len(owners) == 1 else (None, clues)
